/*
 * Small state files: lines of "key=value", made in memory and written whole.
 *
 * The first line is "scm-agent=1", the version of the form; a file of a later version is refused,
 * never guessed at. Values are one line of printable text.
 */
#ifndef AGENT_RECORD_H
#define AGENT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"
#include "base/strlist.h"

#define RECORD_MAX (256 * 1024)
#define RECORD_VERSION_KEY "scm-agent" /* is among the keys of a record that was read */

struct record {
	struct strlist keys;
	struct strlist values;
};

void record_dispose(struct record *r);
AUTO_DEFINE_REF(record, struct record, record_dispose);

/* Adds; false (with ERR_INTERNAL) only when memory is short. A NULL value adds nothing. */
MUST_USE bool record_set(struct record *r, const char *key, const char *value, struct err *err);
MUST_USE bool record_set_int(struct record *r, const char *key, int64_t value, struct err *err);

/* The value, "" when it is absent. Borrowed. */
const char *record_get(const struct record *r, const char *key);
/* The value as a number >= 0, `fallback` when it is absent or no number. */
int64_t record_get_int(const struct record *r, const char *key, int64_t fallback);

MUST_USE bool record_write(
	const struct record *r, int dir, const char *name, struct fs_attr attr, struct err *err);

/*
 * ERR_IO when it can't be read, is of a later version or not of this form; *found is false when
 * there is none.
 */
MUST_USE bool record_read(
	struct record *out, bool *found, int dir, const char *name, struct err *err);

#endif
