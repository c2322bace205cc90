#include "agent/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"

#define ASIDE ".tmp-aside-" /* fs_clean_temp() takes it for what it is */
#define CLOCK_SLACK 86400
#define ABANDONED "abandoned-"
#define DISCARDED ".tmp-discarded-" /* fs_clean_temp() takes it for what it is */
#define DETAIL_MAX 2048

static const struct {
	const char *name;
	size_t field;
	mode_t mode;
} rooms[] = {
	{ "pending", offsetof(struct store, pending), 0700 },
	{ "live", offsetof(struct store, live), 0755 },
	{ "archive", offsetof(struct store, archive), 0711 },
	{ "cache", offsetof(struct store, cache), 0700 },
	{ "next", offsetof(struct store, next), 0700 },
};

/* Parents of a state directory are the administrator's: made plainly, like mkdir -p. */
static bool make_parents(const char *path, struct err *err)
{
	AUTO_STR char *copy = strdup(path);

	if (!copy)
		return err_memory(err);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		AUTO(fd) int fd = -1;

		*slash = '\0';
		if (access(copy, F_OK) && !fs_make_dir(&fd, AT_FDCWD, copy, FS_ATTR(0755), err))
			return false;
		*slash = '/';
	}
	return true;
}

/* No fsync when it is there already: most runs have nothing to write. */
static bool open_room(int *out, int at, const char *name, mode_t mode, bool make, struct err *err)
{
	if (*out >= 0)
		return true;
	if (!fs_open_dir_optional(out, at, name, err))
		return false;
	return *out >= 0 || !make || fs_make_dir(out, at, name, FS_ATTR(mode), err);
}

static bool open_rooms(struct store *s, bool make, struct err *err)
{
	if ((make && !make_parents(s->path, err)) ||
		!open_room(&s->root, AT_FDCWD, s->path, 0711, make, err))
		return false;
	for (size_t i = 0; s->root >= 0 && i < ARRAY_LEN(rooms); i++) {
		int *fd = (int *)(void *)((char *)s + rooms[i].field);

		if (!open_room(fd, s->root, rooms[i].name, rooms[i].mode, make, err))
			return false;
	}
	return true;
}

bool store_open_existing(struct store **out, const char *path, struct err *err)
{
	AUTO(store) struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return err_memory(err);
	s->root = s->pending = s->live = s->archive = s->cache = s->next = s->lock = -1;
	s->path = strdup(path);
	if (!s->path)
		return err_memory(err);
	for (size_t len = strlen(s->path); len > 1 && s->path[len - 1] == '/'; len--)
		s->path[len - 1] = '\0';
	if (!open_rooms(s, false, err))
		return err_wrap(err, "state directory %s", path);
	*out = TAKE(s);
	return true;
}

bool store_make(struct store *s, struct err *err)
{
	return open_rooms(s, true, err) || err_wrap(err, "state directory %s", s->path);
}

bool store_open(struct store **out, const char *path, struct err *err)
{
	AUTO(store) struct store *s = NULL;

	if (!store_open_existing(&s, path, err) || !store_make(s, err))
		return false;
	*out = TAKE(s);
	return true;
}

/* Of a directory that is absent, who can change the one in which it will be made. */
bool store_check_trusted(const struct store *s, struct err *err)
{
	AUTO_STR char *path = strdup(s->path);

	if (!path)
		return err_memory(err);
	for (char *slash = path; slash && access(path, F_OK);) {
		slash = strrchr(path, '/');
		if (slash)
			slash[slash == path] = '\0';
	}
	return fs_check_trusted(path, "state_dir", err);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	fs_close(s->pending);
	fs_close(s->live);
	fs_close(s->archive);
	fs_close(s->cache);
	fs_close(s->next);
	fs_close(s->root);
	fs_close(s->lock);
	strlist_dispose(&s->refused);
	free(s->path);
	free(s);
}

bool store_lock(struct store *s, int64_t timeout, struct err *err)
{
	if (!store_make(s, err) || !fs_lock(&s->lock, s->root, "lock", timeout * 1000, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
		if (!fs_clean_temp(*(int *)(void *)((char *)s + rooms[i].field), err))
			return false;
	return fs_clean_temp(s->root, err);
}

bool store_check_clock(struct store *s, int64_t now, struct err *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)now } };
	char text[CLOCK_TEXT_MAX];
	char last[CLOCK_TEXT_MAX];
	struct stat st;

	if (fstat(s->lock, &st))
		return err_errno(err, ERR_IO, "lock");
	if (now < clock_built() - CLOCK_SLACK)
		return err_set(err, ERR_INTERNAL,
			"the clock says %s, before this program was built (%s); set the clock",
			clock_format(text, now), clock_format(last, clock_built()));
	if (now < (int64_t)st.st_mtime - CLOCK_SLACK)
		return err_set(err, ERR_INTERNAL,
			"the clock says %s, but the last run was at %s; set the clock, or, if it "
			"was wrong then, "
			"touch %s/lock",
			clock_format(text, now), clock_format(last, (int64_t)st.st_mtime), s->path);
	if (now > (int64_t)st.st_mtime && futimens(s->lock, times))
		return err_errno(err, ERR_IO, "lock");
	return true;
}

static bool open_below(int *out, int dir, const char *name, bool make, mode_t mode, struct err *err)
{
	if (make)
		return fs_make_dir(out, dir, name, FS_ATTR(mode), err);
	return fs_open_dir_optional(out, dir, name, err);
}

bool store_open_pending(int *out, struct store *s, const char *name, bool make, struct err *err)
{
	return open_below(out, s->pending, name, make, 0700, err);
}

bool store_open_next(int *out, struct store *s, const char *name, bool make, struct err *err)
{
	return open_below(out, s->next, name, make, 0700, err);
}

bool store_open_archive(int *out, struct store *s, const char *name, bool make, struct err *err)
{
	return open_below(out, s->archive, name, make, 0711, err);
}

static bool is_generation(const char *name)
{
	return strspn(name, "0123456789") == 6 && !name[6];
}

bool store_generations(struct strlist *out, struct store *s, const char *name, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int dir = -1;

	if (!store_open_archive(&dir, s, name, false, err))
		return false;
	if (dir < 0)
		return true;
	if (!fs_list(&all, dir, err))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (is_generation(all.item[i]) && !strlist_add(out, all.item[i]))
			return err_memory(err);
	return true;
}

bool store_clean(struct store *s, const char *name, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int pending = -1;
	AUTO(fd) int archive = -1;
	AUTO(fd) int next = -1;

	if (!store_open_pending(&pending, s, name, false, err) ||
		!store_open_next(&next, s, name, false, err) ||
		!store_open_archive(&archive, s, name, false, err) ||
		!store_generations(&all, s, name, err) ||
		(pending >= 0 && !fs_clean_temp(pending, err)) ||
		(next >= 0 && !fs_clean_temp(next, err)) ||
		(archive >= 0 && !fs_clean_temp(archive, err)))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		AUTO(fd) int dir = -1;

		if (!fs_open_dir(&dir, archive, all.item[i], err) || !fs_clean_temp(dir, err))
			return false;
	}
	return true;
}

bool store_next_generation(
	char out[static GENERATION_MAX], struct store *s, const char *name, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	uint64_t number = 0;

	if (!store_generations(&all, s, name, err))
		return false;
	if (all.n && !parse_uint(&number, all.item[all.n - 1], 0, 999998))
		return err_set(err, ERR_IO, "no generation can follow %s", all.item[all.n - 1]);
	snprintf(out, GENERATION_MAX, "%06u", (unsigned)number + 1);
	return true;
}

bool store_live(char **out, struct store *s, const char *name, struct err *err)
{
	AUTO_STR char *target = NULL;
	AUTO_STR char *ours = NULL;
	const char *id = NULL;

	if (!fs_read_link(&target, s->live, name, err))
		return false;
	if (asprintf(&ours, "../archive/%s/", name) < 0)
		return err_memory(err);
	if (target && !strncmp(target, ours, strlen(ours)))
		id = target + strlen(ours);
	if (target && (!id || !is_generation(id)))
		return err_set(err, ERR_IO,
			"%s/live/%s points at %s, which is no generation of it; remove the link, "
			"then run scm-agent deploy %s",
			s->path, name, target, name);
	*out = id ? strdup(id) : NULL;
	return !id || *out || err_memory(err);
}

bool store_switch(struct store *s, const char *name, const char *generation, struct err *err)
{
	AUTO_STR char *target = NULL;

	if (asprintf(&target, "../archive/%s/%s", name, generation) < 0)
		return err_memory(err);
	return fs_switch_link(s->live, name, target, err);
}

/* The N of abandoned-N; 0 for what is none. */
static uint64_t abandoned_number(const char *name)
{
	uint64_t n;

	if (strncmp(name, ABANDONED, strlen(ABANDONED)) ||
		!parse_uint(&n, name + strlen(ABANDONED), 1, UINT32_MAX))
		return 0;
	return n;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = abandoned_number(*(char *const *)a);
	uint64_t y = abandoned_number(*(char *const *)b);

	return (x > y) - (x < y);
}

bool store_abandoned(struct strlist *out, struct store *s, const char *name, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int dir = -1;

	if (!store_open_archive(&dir, s, name, false, err))
		return false;
	if (dir < 0)
		return true;
	if (!fs_list(&all, dir, err))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (abandoned_number(all.item[i]) && !strlist_add(out, all.item[i]))
			return err_memory(err);
	if (out->n)
		qsort(out->item, out->n, sizeof(*out->item), by_number);
	return true;
}

bool store_abandon(struct store *s, const char *name, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int archive = -1;
	uint64_t last = 0;
	char to[32];

	if (!fs_exists(s->pending, name))
		return true;
	if (!store_open_archive(&archive, s, name, true, err) ||
		!store_abandoned(&all, s, name, err))
		return false;
	if (all.n)
		last = abandoned_number(all.item[all.n - 1]);
	snprintf(to, sizeof(to), ABANDONED "%" PRIu64, last + 1);
	return fs_move(s->pending, name, archive, to, err);
}

bool store_discard(struct store *s, const char *name, struct err *err)
{
	AUTO_STR char *aside = NULL;

	if (asprintf(&aside, DISCARDED "%s", name) < 0)
		return err_memory(err);
	if (!fs_remove_tree(s->pending, aside, err))
		return false;
	if (!fs_exists(s->pending, name))
		return true;
	return fs_move(s->pending, name, s->pending, aside, err) &&
	       fs_remove_tree(s->pending, aside, err);
}

bool store_begin_aside(int *out, struct store *s, const char *name, struct err *err)
{
	AUTO_STR char *aside = NULL;

	if (asprintf(&aside, ASIDE "%s", name) < 0)
		return err_memory(err);
	return fs_remove_tree(s->pending, aside, err) &&
	       fs_make_dir(out, s->pending, aside, FS_ATTR(0700), err);
}

bool store_complete_aside(struct store *s, const char *name, struct err *err)
{
	AUTO_STR char *aside = NULL;

	if (asprintf(&aside, ASIDE "%s", name) < 0)
		return err_memory(err);
	/* what is there without an intent was cut off before it was anything */
	return store_discard(s, name, err) && fs_move(s->pending, aside, s->pending, name, err);
}

void store_drop_aside(struct store *s, const char *name)
{
	AUTO_STR char *aside = NULL;
	struct err ignored = { 0 };

	if (asprintf(&aside, ASIDE "%s", name) >= 0)
		(void)!fs_remove_tree(s->pending, aside, &ignored);
}

char *store_generation_path(
	const struct store *s, const char *name, const char *generation, const char *file)
{
	char *path = NULL;

	if (asprintf(&path, "%s/archive/%s/%s%s%s", s->path, name, generation, *file ? "/" : "",
		    file) < 0)
		return NULL;
	return path;
}

char *store_live_path(const struct store *s, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/live/%s", s->path, name) < 0)
		return NULL;
	return path;
}

bool store_history(
	struct store *s, struct err *err, const char *name, const char *event, const char *fmt, ...)
{
	AUTO(buf) struct buf line = BUF(4 * DETAIL_MAX + 256);
	char time[CLOCK_TEXT_MAX];
	char detail[DETAIL_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	buf_addf(&line, "%s %s %s", clock_format(time, clock_now()), name, event);
	if (*detail) {
		buf_add_str(&line, " ");
		buf_add_printable(&line, detail, strlen(detail));
	}
	buf_add_str(&line, "\n");
	return buf_check(&line, "history", err) && fs_append(s->root, "history", line.data, err);
}

bool store_read_history(struct buf *out, struct store *s, size_t most, struct err *err)
{
	*out = BUF(most);
	return fs_read_tail(out, s->root, "history", err);
}
