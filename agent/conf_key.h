/*
 * Typed keys: a table says for each key of a section what its text means, where the value goes and
 * what holds when it is not set. Used by conf.c alone.
 */
#ifndef AGENT_CONF_KEY_H
#define AGENT_CONF_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/conf.h"
#include "agent/ini.h"

struct conf_choice {
	const char *text;
	int value; /* CONF_LATER: known, but not built yet */
};

#define CONF_LATER (-1)

struct conf_key;

/* Reads `value` into the section's structure; `name` is what follows the dot of a key "prefix.". */
typedef bool conf_set(void *section, const struct conf_key *key, const char *name,
	const char *value, struct err *err);

struct conf_key {
	const char *name; /* a trailing dot makes it a prefix */
	conf_set *set;
	size_t offset;
	const char *fallback; /* value when it is not set; NULL leaves the field zero */
	bool required;
	uint64_t min; /* set_uint */
	uint64_t max;
	const struct conf_choice *choice; /* set_choice; ends with a NULL text */
};

/* A row of a table: KEY("name", set_string, offset, .required = true). */
#define KEY(n, s, at, ...)                                                                         \
	{                                                                                          \
		.name = (n), .set = (s), .offset = (at), __VA_ARGS__                               \
	}

/*
 * Applies `own`, then what `shared` (may be NULL) adds, then the fallbacks. `shared` may hold any
 * key of the table. Errors carry file:line.
 */
MUST_USE bool conf_apply(void *section, const struct conf_key *keys, size_t n,
	struct ini_section *own, struct ini_section *shared, struct err *err);

/* What `s` alone sets, without fallbacks and demands: for sections that are checked for mistakes.
 */
MUST_USE bool conf_try(void *section, const struct conf_key *keys, size_t n, struct ini_section *s,
	struct err *err);

/* Where a key stands, in `own` or `shared`; the section itself when it is not set. */
struct conf_where conf_where_of(
	const struct ini_section *own, const struct ini_section *shared, const char *key);

conf_set set_string;	/* char * */
conf_set set_path;	/* char *, absolute */
conf_set set_list;	/* struct strlist, by comma */
conf_set set_words;	/* struct strlist as set_list; no entry twice */
conf_set set_bool;	/* bool */
conf_set set_uint;	/* uint64_t within min..max */
conf_set set_duration;	/* int64_t seconds within min..max */
conf_set set_time;	/* int64_t, a date or a time of RFC 3339 in UTC */
conf_set set_mode;	/* unsigned */
conf_set set_choice;	/* enum */
conf_set set_log_level; /* enum log_level */
conf_set set_key_type;	/* enum ks_key_type */
conf_set set_window;	/* struct conf_window */
conf_set set_secret;	/* char *, where a secret is to be read; never the secret itself */
conf_set set_later;	/* refuses: known, but not built yet */

#endif
