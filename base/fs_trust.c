/*
 * fs_check_trusted(): a walk along a path as the kernel would take it, link by link, because who
 * can change a link on the way can choose what is found at its end.
 */
#include "base/fs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as path_resolution(7) */

struct walk {
	char here[PATH_MAX]; /* the directory reached so far; "" is the root */
	char text[PATH_MAX]; /* the path, links put in as they are met */
	const char *rest;    /* what of it is still to go */
	unsigned links;
	const char *path; /* as asked for, and what it is, for messages */
	const char *what;
};

static bool too_long(const struct walk *w, struct err *err)
{
	errno = ENAMETOOLONG;
	return err_errno(err, ERR_CONFIG, "%s %s", w->what, w->path);
}

static bool owned_by_us(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* A sticky directory lets others add names, but not change those that are there. */
static bool check_owner(
	const struct walk *w, const char *name, const struct stat *st, bool last, struct err *err)
{
	bool sticky = !last && S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);

	if (owned_by_us(st) && (S_ISLNK(st->st_mode) || !(st->st_mode & 022) || sticky))
		return true;
	return err_set(err, ERR_CONFIG,
		"%s: %s can be changed by others (uid %u, mode %04o); chown it to root and chmod "
		"go-w",
		w->what, name, (unsigned)st->st_uid, (unsigned)(st->st_mode & 07777));
}

/* Puts a link's target before what is still to go. */
static bool follow(struct walk *w, const char *name, struct err *err)
{
	char target[PATH_MAX];
	char text[PATH_MAX];
	ssize_t n = readlink(name, target, sizeof(target) - 1);

	if (n < 0)
		return err_errno(err, ERR_CONFIG, "%s %s", w->what, name);
	target[n] = '\0';
	if (++w->links > LINKS_MAX) {
		errno = ELOOP;
		return err_errno(err, ERR_CONFIG, "%s %s", w->what, w->path);
	}
	if (snprintf(text, sizeof(text), "%s/%s", target, w->rest) >= (int)sizeof(text))
		return too_long(w, err);
	memcpy(w->text, text, sizeof(text));
	w->rest = w->text;
	if (target[0] == '/')
		w->here[0] = '\0';
	return true;
}

/* The next component taken off `rest`; false when there is none left. */
static bool next_name(char out[static NAME_MAX + 1], struct walk *w)
{
	const char *name = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(name, "/");

	if (!len || len > NAME_MAX)
		return false;
	memcpy(out, name, len);
	out[len] = '\0';
	w->rest = name + len;
	return true;
}

static bool step(struct walk *w, const char *component, struct err *err)
{
	char name[PATH_MAX];
	struct stat st;

	if (!strcmp(component, "."))
		return true;
	if (!strcmp(component, "..")) {
		char *slash = strrchr(w->here, '/');

		if (slash)
			*slash = '\0';
		return true;
	}
	if (snprintf(name, sizeof(name), "%s/%s", w->here, component) >= (int)sizeof(name))
		return too_long(w, err);
	if (lstat(name, &st))
		return err_errno(err, ERR_CONFIG, "%s %s", w->what, w->path);
	if (!check_owner(w, name, &st, !w->rest[strspn(w->rest, "/")], err))
		return false;
	if (S_ISLNK(st.st_mode))
		return follow(w, name, err);
	memcpy(w->here, name, sizeof(w->here));
	return true;
}

/* A relative path starts where the program stands: the administrator's own shell. */
static bool begin(struct walk *w, const char *path, struct err *err)
{
	char from[PATH_MAX] = "";

	if (path[0] != '/' && !getcwd(from, sizeof(from)))
		return err_errno(err, ERR_CONFIG, "%s %s", w->what, path);
	if (snprintf(w->text, sizeof(w->text), "%s/%s", from, path) >= (int)sizeof(w->text))
		return too_long(w, err);
	w->rest = w->text;
	return true;
}

bool fs_check_trusted(const char *path, const char *what, struct err *err)
{
	struct walk w = { .path = path, .what = what };
	char component[NAME_MAX + 1];

	if (!begin(&w, path, err))
		return false;
	while (next_name(component, &w))
		if (!step(&w, component, err))
			return false;
	return !w.rest[strspn(w.rest, "/")] || too_long(&w, err);
}
