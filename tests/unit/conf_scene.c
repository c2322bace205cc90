#include "conf_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/strlist.h"

struct err conf_scene_err;

int conf_scene_setup(void **state)
{
	struct conf_scene *s = calloc(1, sizeof(*s));

	if (!s || tempdir_setup((void **)&s->dir))
		return -1;
	tempdir_path(s->path, s->dir, "scm-agent.ini");
	tempdir_path(s->hooks, s->dir, "hooks");
	if (mkdirat(s->dir->fd, "hooks", 0755))
		return -1;
	conf_scene_write(s, "hooks/nginx", "#!/bin/sh\n", 10);
	*state = s;
	return fchmodat(s->dir->fd, "hooks/nginx", 0755, 0);
}

int conf_scene_teardown(void **state)
{
	struct conf_scene *s = *state;
	int status = tempdir_teardown((void **)&s->dir);

	free(s);
	return status;
}

void conf_scene_write(struct conf_scene *s, const char *name, const void *text, size_t len)
{
	AUTO(fd) int fd = -1;

	if (strchr(name, '/') && strncmp(name, "conf.d/", 7) == 0)
		(void)mkdirat(s->dir->fd, "conf.d", 0755);
	fd = openat(s->dir->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
}

struct conf *conf_scene_load(struct conf_scene *s, const char *text)
{
	struct conf *conf = NULL;
	struct err err = { 0 };

	conf_scene_write(s, "scm-agent.ini", text, strlen(text));
	if (!conf_load(&conf, s->path, s->hooks, &err))
		fail_msg("refused: %s", err.text);
	return conf;
}

void assert_words(const char *text, const char *words)
{
	AUTO(strlist) struct strlist word = { 0 };

	assert_true(strlist_split(&word, words, ','));
	for (size_t i = 0; i < word.n; i++)
		if (!strstr(text, word.item[i]))
			fail_msg("'%s' is not in: %s", word.item[i], text);
}

static void assert_place(const struct conf_scene *s, unsigned line)
{
	char place[160];

	snprintf(place, sizeof(place), "%s:%u: ", s->path, line);
	if (line && strncmp(conf_scene_err.text, place, strlen(place)) != 0)
		fail_msg("line %u is not named: %s", line, conf_scene_err.text);
}

void conf_scene_refuse(struct conf_scene *s, const char *text, unsigned line, const char *words)
{
	struct conf *conf = NULL;

	conf_scene_err = (struct err) { 0 };
	conf_scene_write(s, "scm-agent.ini", text, strlen(text));
	if (conf_load(&conf, s->path, s->hooks, &conf_scene_err)) {
		conf_free(conf);
		fail_msg("accepted: %s", text);
	}
	assert_null(conf);
	assert_int_equal(conf_scene_err.kind, ERR_CONFIG);
	assert_place(s, line);
	assert_words(conf_scene_err.text, words);
}
