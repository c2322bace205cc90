#include "agent/revocation.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define FILE_BURNT "burnt"
#define BURNT_MAX (4 * 1024 * 1024)

static bool open_generation(
	int *out, struct store *s, const char *name, const char *generation, struct err *err)
{
	AUTO(fd) int archive = -1;

	*out = -1;
	if (!store_open_archive(&archive, s, name, false, err))
		return false;
	return archive < 0 || fs_open_dir_optional(out, archive, generation, err);
}

bool revocation_note(
	struct store *s, const char *name, const char *generation, const char *by, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;

	if (!open_generation(&dir, s, name, generation, err))
		return false;
	if (dir < 0 || fs_exists(dir, FILE_REVOKED))
		return true;
	return record_set_int(&r, "time", clock_now(), err) && record_set(&r, "by", by, err) &&
	       record_write(&r, dir, FILE_REVOKED, FS_ATTR(0644), err) &&
	       store_history(s, err, name, "revoked", "generation=%s by=%s", generation, by);
}

/* Some write whole octets, some leave out zeros at the front. */
static bool same_serial(const char *a, const char *b)
{
	return !strcmp(a + strspn(a, "0"), b + strspn(b, "0"));
}

/* A replaced order has the id of its predecessor: the serial number tells which one was meant. */
static bool means(const struct wire_reply *r, const struct record *meta)
{
	return r->err.kind == ERR_NONE && r->order_state == WIRE_ORDER_REVOKED &&
	       (!*r->serial || same_serial(r->serial, record_get(meta, "serial")));
}

bool revocation_learn(bool *revoked, struct store *s, const char *name, const char *generation,
	const struct record *meta, const struct wire_reply *r, struct err *err)
{
	*revoked = means(r, meta);
	return !*revoked || revocation_note(s, name, generation, "scm", err);
}

/* Lines of "DIGEST TIME NAME"; one that a crash cut short has no whole digest, or is as good. */
bool revocation_is_burnt(bool *out, struct store *s, const char *spki, struct err *err)
{
	AUTO(buf) struct buf all = BUF(BURNT_MAX);
	bool found;

	*out = false;
	if (!*spki || !fs_read_optional(&all, &found, s->root, FILE_BURNT, err))
		return !*spki;
	for (const char *line = buf_str(&all); *line;
		line += strcspn(line, "\n"), line += *line == '\n')
		if (strcspn(line, " \n") == strlen(spki) && !strncmp(line, spki, strlen(spki)))
			*out = true;
	return true;
}

bool revocation_burn(struct store *s, const char *name, const char *spki, struct err *err)
{
	char line[256];
	char time[CLOCK_TEXT_MAX];
	bool burnt;

	if (!*spki)
		return err_set(err, ERR_IO, "the digest of the key is not known");
	if (!revocation_is_burnt(&burnt, s, spki, err) || burnt)
		return burnt;
	snprintf(line, sizeof(line), "%.64s %s %.64s\n", spki, clock_format(time, clock_now()),
		name);
	return fs_append(s->root, FILE_BURNT, line, err) &&
	       store_history(s, err, name, "key-burnt", "spki=%s", spki);
}

/* One that is being revoked counts as revoked already. */
static bool is_revoked(
	bool *out, struct store *s, const char *name, const char *generation, struct err *err)
{
	AUTO(record) struct record revoking = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	bool found;

	if (!store_open_archive(&archive, s, name, true, err) ||
		!fs_open_dir(&dir, archive, generation, err) ||
		!record_read(&revoking, &found, archive, FILE_REVOKING, err))
		return false;
	*out = fs_exists(dir, FILE_REVOKED) ||
	       (found && !strcmp(record_get(&revoking, "generation"), generation));
	return true;
}

bool revocation_check(struct store *s, const char *name, const char *generation, struct err *err)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int dir = -1;
	bool found;
	bool bad;

	if (!open_generation(&dir, s, name, generation, err))
		return false;
	if (dir < 0)
		return err_set(err, ERR_IO, "there is no generation %s", generation);
	if (!record_read(&meta, &found, dir, FILE_META, err) ||
		!revocation_is_burnt(&bad, s, record_get(&meta, "spki"), err))
		return false;
	if (bad)
		return err_set(err, ERR_USAGE,
			"the key of generation %s is compromised, it is never deployed again",
			generation);
	if (!is_revoked(&bad, s, name, generation, err))
		return false;
	return !bad || err_set(err, ERR_USAGE, "generation %s is revoked", generation);
}
