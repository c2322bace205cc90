/*
 * INI files as lists of entries that know where they stand: inih does the parsing, this adds file
 * and line, drop-ins, and the strictness that inih leaves out (a cut line, a cut section name, a
 * duplicate key are errors here). Nothing is known about what the keys mean.
 */
#ifndef AGENT_INI_H
#define AGENT_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct ini_entry {
	char *key;
	char *value; /* continuation lines joined by a blank */
	const char *file;
	unsigned line;
};

struct ini_section {
	char *kind; /* "certificate" of [certificate:www] */
	char *name; /* "www"; "" when there is none */
	const char *file;
	unsigned line;
	struct ini_entry *entry;
	size_t n;
};

struct ini {
	struct ini_section *section;
	size_t n;
	char **file; /* paths, owned; entries point here */
	size_t files;
};

/*
 * Reads `path`, then DIR/conf.d/ *.ini in byte order, where DIR is the directory of `path`. Each
 * must be writable by root (or the user who runs) alone. All failures are ERR_CONFIG with
 * file:line. Owned: ini_dispose().
 */
MUST_USE bool ini_load(struct ini *out, const char *path, struct err *err);
void ini_dispose(struct ini *ini);
AUTO_DEFINE_REF(ini, struct ini, ini_dispose);

/* The entry of a section, or NULL. Borrowed. */
struct ini_entry *ini_find(const struct ini_section *s, const char *key);

#endif
