/* Connections that take too long are ended, others are not. Time is a number here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "webhook/visitors.h"

#define START 1000000

struct scene {
	struct visitors v;
	int ours;
	int theirs;
	struct visitor *one;
};

static int setup(void **state)
{
	static struct scene s;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return -1;
	visitors_init(&s.v);
	s.ours = pair[0];
	s.theirs = pair[1];
	s.one = visitors_enter(&s.v, s.ours, START);
	*state = &s;
	return s.one ? 0 : -1;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	return close(s->ours) || close(s->theirs) ? -1 : 0;
}

static bool ended(const struct scene *s)
{
	char c;
	ssize_t n = recv(s->theirs, &c, 1, 0);

	assert_true(n == 0 || (n < 0 && errno == EAGAIN));
	return n == 0;
}

static void patience_ends(void **state)
{
	struct scene *s = *state;

	assert_int_equal(visitors_next(&s->v), START + VISITOR_PATIENCE_MS);
	visitors_dismiss(&s->v, START + VISITOR_PATIENCE_MS - 1);
	assert_false(ended(s));
	visitors_dismiss(&s->v, START + VISITOR_PATIENCE_MS);
	assert_true(ended(s));
	/* its owner has not closed it yet; there is nothing more to do */
	assert_int_equal(visitors_next(&s->v), INT64_MAX);
	assert_int_equal(s->v.n, 1);
}

static void each_request_has_its_own(void **state)
{
	struct scene *s = *state;

	visitor_renew(s->one, START + 5000);
	visitors_dismiss(&s->v, START + VISITOR_PATIENCE_MS);
	assert_false(ended(s));
	visitors_dismiss(&s->v, START + 5000 + VISITOR_PATIENCE_MS);
	assert_true(ended(s));
}

/* The number of a descriptor that was closed may be somebody else's by now. */
static void lets_go(void **state)
{
	struct scene *s = *state;

	visitors_leave(&s->v, s->one);
	assert_int_equal(s->v.n, 0);
	visitors_dismiss(&s->v, INT64_MAX - 1);
	assert_false(ended(s));
	assert_int_equal(visitors_next(&s->v), INT64_MAX);
}

static void has_a_limit(void **state)
{
	struct scene *s = *state;
	struct visitor *last = NULL;

	for (int i = 1; i < VISITORS_MAX; i++) {
		last = visitors_enter(&s->v, s->ours, START + i);
		assert_non_null(last);
	}
	assert_null(visitors_enter(&s->v, s->ours, START));
	assert_int_equal(visitors_next(&s->v), START + VISITOR_PATIENCE_MS);
	visitors_leave(&s->v, last);
	assert_ptr_equal(visitors_enter(&s->v, s->ours, START), last);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(patience_ends),
		TEST(each_request_has_its_own),
		TEST(lets_go),
		TEST(has_a_limit),
	};

	return cmocka_run_group_tests_name("webhook/visitors", tests, NULL, NULL);
}
