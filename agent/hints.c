#include "agent/hints.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/log.h"
#include "base/parse.h"

#define LOOK_AT 4096 /* entries: the directory may be full of anything */

static bool take_one(struct hints *out, int dir, const char *name)
{
	struct err ignored = { 0 };
	uint64_t id;

	if (!parse_uint(&id, name, 1, INT64_MAX) || !fs_remove(dir, name, &ignored))
		return false;
	out->id[out->n++] = id;
	return true;
}

static bool open_stream(DIR **out, int dir, struct err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*out = fd < 0 ? NULL : fdopendir(fd);
	if (*out)
		return true;
	err_errno(err, ERR_IO, "list the directory of hints");
	fs_close(fd);
	return false;
}

bool hints_take(struct hints *out, const char *path, struct err *err)
{
	AUTO(fd) int dir = -1;
	const struct dirent *entry;
	DIR *stream;

	out->n = 0;
	if (!fs_open_dir_optional(&dir, AT_FDCWD, path, err))
		return false;
	if (dir < 0)
		return true;
	if (!open_stream(&stream, dir, err))
		return false;
	for (int i = 0; i < LOOK_AT && out->n < HINTS_MAX && (entry = readdir(stream)); i++)
		take_one(out, dir, entry->d_name);
	closedir(stream);
	return true;
}

static bool has(const struct hints *h, const struct record *r, const char *key)
{
	int64_t id = record_get_int(r, key, 0);

	for (size_t i = 0; id > 0 && i < h->n; i++)
		if (h->id[i] == (uint64_t)id)
			return true;
	return false;
}

bool hints_mean(const struct hints *h, const struct situation *s)
{
	return has(h, &s->order.r, "ssl_id") || has(h, &s->live_meta.r, "order") ||
	       has(h, &s->newest_meta.r, "order");
}

size_t hints_choose(
	const struct conf_cert **certs, size_t n, const struct hints *h, struct store *store)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		AUTO(situation) struct situation s = { 0 };
		struct err err = { 0 };

		if (!situation_read(&s, store, certs[i]->name, &err))
			log_debug("not looked at for a hint: %s", err.text);
		else if (hints_mean(h, &s))
			certs[kept++] = certs[i];
	}
	log_debug("%zu hints mean %zu certificates of this configuration", h->n, kept);
	return kept;
}
