/*
 * A compression bomb: a small answer that swells when it is unpacked.
 */
#ifndef SIM_FAULT_BOMB_H
#define SIM_FAULT_BOMB_H

#include "reply.h"

/* Puts a gzip body that unpacks to about MEGABYTES of blanks into REPLY. */
void fault_bomb(struct reply *reply, long megabytes);

#endif
