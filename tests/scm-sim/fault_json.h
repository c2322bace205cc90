/*
 * Faults inside a JSON answer: members of other types, strings too long, strings that attack a
 * terminal, a shell, a format or a path.
 */
#ifndef SIM_FAULT_JSON_H
#define SIM_FAULT_JSON_H

#include "fault.h"
#include "reply.h"

/* Spoils a JSON body as the faults retype, member, huge and evil say; other bodies stay as they
 * are. */
void fault_json_spoil(struct reply *reply, const struct faults *faults);

#endif
