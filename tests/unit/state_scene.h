/*
 * A state directory of its own for a test, open, below a temporary directory. For cmocka's setup
 * and teardown: *state is a struct state_scene, alone or at the beginning of something larger.
 */
#ifndef TESTS_UNIT_STATE_SCENE_H
#define TESTS_UNIT_STATE_SCENE_H

#include "agent/store.h"
#include "tempdir.h"

struct state_scene {
	struct tempdir *dir;
	struct store *store;
	char path[128]; /* of the state directory */
};

/* For a structure of `size` bytes that begins with one; the rest of it is zero. */
static inline int state_scene_make(void **state, size_t size)
{
	struct state_scene *s = calloc(1, size);
	struct err err = { 0 };

	if (!s || tempdir_setup((void **)&s->dir) ||
		!store_open(&s->store, tempdir_path(s->path, s->dir, "state"), &err))
		return -1;
	*state = s;
	return 0;
}

static inline int state_scene_setup(void **state)
{
	return state_scene_make(state, sizeof(struct state_scene));
}

static inline int state_scene_teardown(void **state)
{
	struct state_scene *s = *state;
	int status;

	store_close(s->store);
	status = tempdir_teardown((void **)&s->dir);
	free(s);
	return status;
}

#endif
