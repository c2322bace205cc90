#include "agent/conf_key.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/parse.h"

#define FIELD(section, key, type) ((type *)(void *)((char *)(section) + (key)->offset))

bool conf_error(struct err *err, struct conf_where where, const char *fmt, ...)
{
	char what[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	err_set(err, ERR_CONFIG, "%s", what);
	return err_wrap(err, "%s:%u", where.file, where.line);
}

bool set_string(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	char **field = FIELD(section, key, char *);

	(void)name;
	if (!*value)
		return err_set(err, ERR_CONFIG, "has no value; give one or remove the line");
	*field = strdup(value);
	return *field || err_memory(err);
}

bool set_path(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	if (value[0] != '/')
		return err_set(err, ERR_CONFIG, "'%s' is not an absolute path", value);
	return set_string(section, key, name, value, err);
}

/* What is no reference may be the secret itself, so it is not repeated. */
bool set_secret(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	if (value[0] == '/' || !strncmp(value, "credential:", 11) || !strncmp(value, "fd:", 3))
		return set_string(section, key, name, value, err);
	return err_set(err, ERR_CONFIG,
		"names neither an absolute path, credential:NAME nor fd:N; the secret itself does "
		"not belong here");
}

bool set_list(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	(void)name;
	return strlist_split(FIELD(section, key, struct strlist), value, ',') || err_memory(err);
}

bool set_words(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	const struct strlist *list = FIELD(section, key, struct strlist);

	if (!set_list(section, key, name, value, err))
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (strlist_find(list, list->item[i]) != (long)i)
			return err_set(
				err, ERR_CONFIG, "'%s' stands twice in the list", list->item[i]);
	return true;
}

bool set_bool(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	(void)name;
	if (parse_bool(FIELD(section, key, bool), value))
		return true;
	return err_set(err, ERR_CONFIG, "'%s' is neither yes nor no", value);
}

bool set_uint(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	(void)name;
	if (parse_uint(FIELD(section, key, uint64_t), value, key->min, key->max))
		return true;
	return err_set(err, ERR_CONFIG, "'%s' is not a whole number from %llu to %llu", value,
		(unsigned long long)key->min, (unsigned long long)key->max);
}

bool set_duration(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	int64_t seconds;

	(void)name;
	if (!parse_duration(&seconds, value))
		return err_set(err, ERR_CONFIG,
			"'%s' is not a duration; write 90s, 15m, 12h or 30d", value);
	if ((uint64_t)seconds < key->min || (uint64_t)seconds > key->max)
		return err_set(err, ERR_CONFIG, "'%s' is not within %llus and %llus", value,
			(unsigned long long)key->min, (unsigned long long)key->max);
	*FIELD(section, key, int64_t) = seconds;
	return true;
}

/* A date is its beginning. */
bool set_time(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	char text[CLOCK_TEXT_MAX];

	(void)name;
	snprintf(text, sizeof(text), "%.24s%s", value, strlen(value) == 10 ? "T00:00:00Z" : "");
	if (clock_parse(FIELD(section, key, int64_t), text) && *FIELD(section, key, int64_t) > 0)
		return true;
	return err_set(err, ERR_CONFIG,
		"'%s' is neither a date such as 2026-11-21 nor a time such as 2026-11-21T09:00:00Z",
		value);
}

bool set_mode(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	unsigned mode;

	(void)name;
	if (!parse_mode(&mode, value))
		return err_set(err, ERR_CONFIG, "'%s' is not an octal mode such as 0640", value);
	if (mode & 0137 || !(mode & 0400))
		return err_set(err, ERR_CONFIG,
			"mode '%s' is not for a private key; use 0600, 0640 or tighter", value);
	*FIELD(section, key, unsigned) = mode;
	return true;
}

static void list_choices(struct buf *out, const struct conf_choice *choice)
{
	for (bool first = true; choice->text; choice++) {
		if (choice->value == CONF_LATER)
			continue;
		buf_addf(out, "%s%s", first ? "" : ", ", choice->text);
		first = false;
	}
}

bool set_choice(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	AUTO(buf) struct buf known = BUF(256);

	(void)name;
	list_choices(&known, key->choice);
	for (const struct conf_choice *c = key->choice; c->text; c++) {
		if (strcasecmp(c->text, value))
			continue;
		if (c->value == CONF_LATER)
			return err_set(err, ERR_CONFIG,
				"'%s' is not supported by this version; there is: %s", value,
				buf_str(&known));
		*FIELD(section, key, int) = c->value;
		return true;
	}
	return err_set(err, ERR_CONFIG, "'%s' is not one of: %s", value, buf_str(&known));
}

bool set_log_level(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	(void)name;
	if (log_parse_level(FIELD(section, key, enum log_level), value))
		return true;
	return err_set(err, ERR_CONFIG, "'%s' is not one of: error, warning, info, debug", value);
}

bool set_key_type(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	(void)name;
	if (ks_key_type_parse(FIELD(section, key, enum ks_key_type), value))
		return true;
	return err_set(err, ERR_CONFIG,
		"'%s' is not one of: rsa:2048, rsa:3072, rsa:4096, ec:P-256, ec:P-384, ec:P-521",
		value);
}

bool set_window(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	struct conf_window window = { 0 };
	size_t len = strlen(value);
	char digits[8];
	uint64_t percent;

	(void)name;
	if (len > 1 && len < sizeof(digits) && value[len - 1] == '%') {
		memcpy(digits, value, len - 1);
		digits[len - 1] = '\0';
		if (!parse_uint(&percent, digits, 1, 90))
			return err_set(
				err, ERR_CONFIG, "'%s' is not a share from 1%% to 90%%", value);
		window.per_mille = (unsigned)percent * 10;
	} else if (!parse_duration(&window.seconds, value) || !window.seconds) {
		return err_set(err, ERR_CONFIG,
			"'%s' is neither a share of the lifetime (33%%) nor a duration (30d)",
			value);
	}
	*FIELD(section, key, struct conf_window) = window;
	return true;
}

bool set_later(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	(void)section;
	(void)key;
	(void)name;
	(void)value;
	return err_set(err, ERR_CONFIG, "not supported by this version; remove the line");
}

static const struct conf_key *find_key(
	const struct conf_key *keys, size_t n, const char *name, const char **rest)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(keys[i].name);

		*rest = name + len;
		if (keys[i].name[len - 1] == '.' ? !strncmp(name, keys[i].name, len) && **rest
						 : !strcmp(name, keys[i].name))
			return &keys[i];
	}
	return NULL;
}

/* `password = x` where `password_file` is meant: the one mistake that must not be repeated in full.
 */
static bool unknown_key(const struct conf_key *keys, size_t n, const struct ini_section *s,
	const struct ini_entry *e, struct err *err)
{
	struct conf_where where = { e->file, e->line };
	const struct conf_key *meant;
	char by_file[64];
	const char *rest;

	snprintf(by_file, sizeof(by_file), "%s_file", e->key);
	meant = find_key(keys, n, by_file, &rest);
	if (meant && !strcmp(meant->name, by_file))
		return conf_error(err, where,
			"%s: a secret does not belong here; put it into a file of mode 0600 and "
			"set %s",
			e->key, by_file);
	return conf_error(err, where, "unknown key '%s' in [%s%s%s]", e->key, s->kind,
		*s->name ? ":" : "", s->name);
}

static bool set_one(void *section, const struct conf_key *key, const char *rest,
	const struct ini_entry *e, struct err *err)
{
	if (key->set(section, key, rest, e->value, err))
		return true;
	err_wrap(err, "%s", e->key);
	return err_wrap(err, "%s:%u", e->file, e->line);
}

static bool apply_section(void *section, const struct conf_key *keys, size_t n,
	struct ini_section *from, const struct ini_section *before, struct err *err)
{
	for (size_t i = 0; from && i < from->n; i++) {
		const struct ini_entry *e = &from->entry[i];
		const char *rest;
		const struct conf_key *key = find_key(keys, n, e->key, &rest);

		if (!key)
			return unknown_key(keys, n, from, e, err);
		if (before && ini_find(before, e->key))
			continue;
		if (!set_one(section, key, rest, e, err))
			return false;
	}
	return true;
}

static bool is_set(const char *key, const struct ini_section *a, const struct ini_section *b)
{
	return ini_find(a, key) || (b && ini_find(b, key));
}

bool conf_apply(void *section, const struct conf_key *keys, size_t n, struct ini_section *own,
	struct ini_section *shared, struct err *err)
{
	if (!apply_section(section, keys, n, own, NULL, err) ||
		!apply_section(section, keys, n, shared, own, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (is_set(keys[i].name, own, shared))
			continue;
		if (keys[i].required)
			return conf_error(err, conf_where_of(own, NULL, ""), "[%s%s%s] needs '%s'",
				own->kind, *own->name ? ":" : "", own->name, keys[i].name);
		if (keys[i].fallback && !keys[i].set(section, &keys[i], "", keys[i].fallback, err))
			return err_wrap(err, "default of %s", keys[i].name);
	}
	return true;
}

bool conf_try(void *section, const struct conf_key *keys, size_t n, struct ini_section *s,
	struct err *err)
{
	return apply_section(section, keys, n, s, NULL, err);
}

struct conf_where conf_where_of(
	const struct ini_section *own, const struct ini_section *shared, const char *key)
{
	const struct ini_entry *e = ini_find(own, key);

	if (!e && shared)
		e = ini_find(shared, key);
	return e ? (struct conf_where) { e->file, e->line }
		 : (struct conf_where) { own->file, own->line };
}
