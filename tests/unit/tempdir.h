/*
 * A directory of its own for a test, gone with all it holds when the test ends, however it ends
 * short of a crash. For cmocka's setup and teardown: *state is a struct tempdir.
 */
#ifndef TESTS_UNIT_TEMPDIR_H
#define TESTS_UNIT_TEMPDIR_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"

struct tempdir {
	char path[64];
	int fd;
};

static inline int tempdir_setup(void **state)
{
	struct tempdir *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	snprintf(t->path, sizeof(t->path), "/tmp/scm-test-XXXXXX");
	if (!mkdtemp(t->path))
		return -1;
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = t;
	return t->fd < 0 ? -1 : 0;
}

static inline int tempdir_teardown(void **state)
{
	struct tempdir *t = *state;
	AUTO(fd) int parent = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err;
	bool gone = fs_remove_tree(parent, strrchr(t->path, '/') + 1, &err);

	if (!gone)
		fprintf(stderr, "%s\n", err.text);
	close(t->fd);
	free(t);
	return gone ? 0 : -1;
}

/* "DIR/NAME" in a buffer of the caller's. */
static inline const char *tempdir_path(
	char out[static 128], const struct tempdir *t, const char *name)
{
	snprintf(out, 128, "%s/%s", t->path, name);
	return out;
}

#endif
