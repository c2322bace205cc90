#include "starttls_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

bool story_feed(struct starttls *s, const struct turn *t, size_t size, struct err *err)
{
	for (size_t at = 0; at < t->len; at += size) {
		size_t n = t->len - at < size ? t->len - at : size;

		if (!starttls_feed(s, t->heard + at, n, err))
			return false;
		if (at + n < t->len && (s->done || s->say)) /* answered before the end */
			fail_msg("not the whole answer was waited for");
	}
	return true;
}

void story_play(const struct story *story, size_t size)
{
	struct starttls s;
	struct err err = { 0 };
	bool fine = true;

	starttls_begin(&s, story->protocol);
	for (size_t i = 0; fine && i < STORY_TURNS && story->turn[i].len; i++) {
		assert_false(s.done);
		fine = story_feed(&s, &story->turn[i], size, &err);
	}
	if (!story->why && !fine)
		fail_msg("%s: %s", starttls_scheme(story->protocol), err.text);
	if (!story->why) {
		assert_true(s.done);
		assert_int_equal(s.say_len, 0);
		return;
	}
	assert_false(s.done);
	if (fine)
		fail_msg("it should say \"%s\"", story->why);
	assert_int_equal(err.kind, ERR_PROTOCOL);
	if (!strstr(err.text, story->why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, story->why);
}
