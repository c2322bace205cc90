#include "agent/forgotten.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define MOVING ".moving" /* NAME.moving: not complete yet */

/* The parts of a certificate: where each is, and what it is called when it is forgotten. */
static const struct {
	const char *name;
	size_t room;
} parts[] = {
	{ "pending", offsetof(struct store, pending) },
	{ "next", offsetof(struct store, next) },
	{ "live", offsetof(struct store, live) },
	{ "archive", offsetof(struct store, archive) },
};

static int room_of(struct store *s, size_t i)
{
	return *(int *)(void *)((char *)s + parts[i].room);
}

static bool is_there(bool *out, int dir, const char *name, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };

	if (!fs_list(&all, dir, err))
		return false;
	*out = *out || strlist_has(&all, name);
	return true;
}

/* The name is looked up in listings, so it is never a path. */
static bool check_known(
	struct store *s, int forgotten, const char *name, const char *moving, struct err *err)
{
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!is_there(&known, room_of(s, i), name, err))
			return false;
	if (!is_there(&known, forgotten, moving, err))
		return false;
	return known || err_set(err, ERR_USAGE, "there is nothing of '%s' to forget", name);
}

static bool move_parts(struct store *s, int dir, const char *name, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		bool there = false;

		if (!is_there(&there, room_of(s, i), name, err) ||
			(there && !fs_move(room_of(s, i), name, dir, parts[i].name, err)))
			return false;
	}
	return true;
}

/*
 * A part that is there although it was moved before: the certificate has lived again since a killed
 * run. What that run moved is complete then, and is closed under a name of its own.
 */
static bool close_former(
	struct store *s, int forgotten, const char *name, const char *moving, struct err *err)
{
	AUTO_STR char *closed = NULL;
	AUTO(fd) int dir = -1;
	bool again = false;
	char time[CLOCK_TEXT_MAX];

	if (!fs_open_dir_optional(&dir, forgotten, moving, err))
		return false;
	if (dir < 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(parts) && !again; i++) {
		bool moved = false;
		bool there = false;

		if (!is_there(&moved, dir, parts[i].name, err) ||
			!is_there(&there, room_of(s, i), name, err))
			return false;
		again = moved && there;
	}
	if (!again)
		return true;
	if (asprintf(&closed, "%s-%s-before", name, clock_format(time, clock_now())) < 0)
		return err_memory(err);
	return fs_move(forgotten, moving, forgotten, closed, err);
}

bool forgotten_move(char **to, struct store *s, const char *name, struct err *err)
{
	AUTO_STR char *moving = NULL;
	AUTO_STR char *path = NULL;
	AUTO(fd) int forgotten = -1;
	AUTO(fd) int dir = -1;
	char time[CLOCK_TEXT_MAX];

	if (asprintf(&moving, "%s" MOVING, name) < 0 ||
		asprintf(&path, FORGOTTEN "/%s-%s", name, clock_format(time, clock_now())) < 0)
		return err_memory(err);
	if (!fs_make_dir(&forgotten, s->root, FORGOTTEN, FS_ATTR(0700), err) ||
		!check_known(s, forgotten, name, moving, err) ||
		!close_former(s, forgotten, name, moving, err) ||
		!fs_make_dir(&dir, forgotten, moving, FS_ATTR(0700), err) ||
		!move_parts(s, dir, name, err) ||
		!store_history(s, err, name, "forgotten", "directory=%s", path) ||
		!fs_move(forgotten, moving, forgotten, path + strlen(FORGOTTEN "/"), err))
		return false;
	*to = TAKE(path);
	return true;
}
