/*
 * A state file: what is read is whole lines of this version, and written again it reads the same.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/record.h"

static char folder[] = "/tmp/fuzz-record-XXXXXX";
static int dir = -1;

static void remove_folder(void)
{
	unlinkat(dir, "r", 0);
	unlinkat(dir, "again", 0);
	rmdir(folder);
}

static void make_folder(void)
{
	if (dir >= 0)
		return;
	if (!mkdtemp(folder) || atexit(remove_folder))
		abort();
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		abort();
}

/* A new file each time: file systems make one that is truncated and written again durable. */
static void put(const char *name, const void *data, size_t size)
{
	int fd;

	unlinkat(dir, name, 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd))
		abort();
}

/* As record_write() would, but without its syncs: there are many inputs. */
static void put_again(const struct record *r)
{
	AUTO(buf) struct buf text = BUF(2 * RECORD_MAX);

	for (size_t i = 0; i < r->keys.n; i++)
		buf_addf(&text, "%s=%s\n", r->keys.item[i], r->values.item[i]);
	put("again", buf_str(&text), text.len);
}

static void check(const struct record *r)
{
	AUTO(record) struct record again = { 0 };
	struct err err = { 0 };
	bool found = false;

	if (!r->keys.n || r->keys.n != r->values.n ||
		strcmp(record_get(r, "scm-agent"), "1") != 0 ||
		record_get_int(r, "not_after", -1) < -1)
		abort();
	put_again(r);
	if (!record_read(&again, &found, dir, "again", &err) || !found || again.keys.n != r->keys.n)
		abort();
	for (size_t i = 0; i < r->keys.n; i++)
		if (strcmp(r->keys.item[i], again.keys.item[i]) != 0 ||
			strcmp(r->values.item[i], again.values.item[i]) != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(record) struct record r = { 0 };
	struct err err = { 0 };
	bool found = false;

	make_folder();
	put("r", data, size);
	if (record_read(&r, &found, dir, "r", &err))
		check(&r);
	else if (err.kind != ERR_IO || strncmp(err.text, "r: ", 3) != 0 || r.keys.n)
		abort();
	return 0;
}
