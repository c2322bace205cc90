/*
 * SCM's expiry notification, as far as it matters: which certificate it is about.
 *
 * SCM publishes no form of it; the body is what the administrator of SCM writes into the template:
 * one flat JSON object (RFC 8259) with the member certificateId. All other members are read over,
 * and nothing of them leaves this file. No memory is taken, nothing is nested.
 */
#ifndef WEBHOOK_NOTICE_H
#define WEBHOOK_NOTICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The id in `text`, 1 to INT64_MAX, as a JSON integer or as a string of digits: which of them it
 * is depends on quotes in the template. ERR_PROTOCOL, naming a byte, never quoting one.
 */
MUST_USE bool notice_parse(uint64_t *id, const char *text, size_t len, struct err *err);

#endif
