/*
 * The fields of the records of wire.h, in their order and with their bounds: written and read by
 * the same lines. For wire*.c alone; the messages around the records are wire.c's.
 *
 * Nothing here fails by itself: what is out of bounds is noted in the codec, and the caller asks it
 * once at the end. Decoded structures borrow from what they are decoded from.
 */
#ifndef SCM_WIRE_FIELDS_H
#define SCM_WIRE_FIELDS_H

#include "scm/codec.h"
#include "scm/wire.h"

void wire_request_fields(struct codec *c, struct wire_request *r);
void wire_reply_fields(struct codec *c, struct wire_reply *r);

/* What each record begins with. */
void wire_head(struct codec *c, uint32_t *id);

/*
 * An order's id: SCM makes it, and it goes into paths of requests, messages and records. `wanted`:
 * it must not be "".
 */
void wire_order_id(struct codec *c, const char **id, bool wanted, const char *field);

#endif
