/* What a revocation leaves behind: evidence, burnt keys, and generations that never come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent/revocation.h"
#include "state_scene.h"

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void add_generation(
	struct state_scene *s, const char *name, const char *id, const char *spki)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	assert_true(store_open_archive(&archive, s->store, name, true, &err));
	assert_true(fs_make_dir(&dir, archive, id, FS_ATTR(0755), &err));
	assert_true(record_set(&r, "spki", spki, &err) && record_set(&r, "serial", "0A", &err));
	assert_true(record_write(&r, dir, FILE_META, FS_ATTR(0644), &err));
}

static bool may_go_live(struct state_scene *s, const char *name, const char *id)
{
	struct err err = { 0 };
	bool may = revocation_check(s->store, name, id, &err);

	if (!may)
		assert_int_equal(err.kind, ERR_USAGE);
	return may;
}

static bool is_burnt(struct state_scene *s, const char *spki)
{
	struct err err = { 0 };
	bool burnt = true;

	assert_true(revocation_is_burnt(&burnt, s->store, spki, &err));
	return burnt;
}

/* One line burns the key wherever it is, for ever, and no other. */
static void burns_a_key_everywhere(void **state)
{
	struct state_scene *s = *state;
	struct err err = { 0 };

	add_generation(s, "www", "000001", KEY_A);
	add_generation(s, "www", "000002", KEY_A);
	add_generation(s, "www", "000003", KEY_B);
	add_generation(s, "mail", "000001", KEY_A);
	assert_false(is_burnt(s, KEY_A));
	assert_true(may_go_live(s, "www", "000001"));
	assert_true(revocation_burn(s->store, "www", KEY_A, &err));
	assert_true(revocation_burn(s->store, "www", KEY_A, &err));
	assert_true(is_burnt(s, KEY_A));
	assert_false(is_burnt(s, KEY_B));
	assert_false(is_burnt(s, ""));
	assert_false(may_go_live(s, "www", "000001"));
	assert_false(may_go_live(s, "www", "000002"));
	assert_false(may_go_live(s, "mail", "000001"));
	assert_true(may_go_live(s, "www", "000003"));
	assert_true(revocation_burn(s->store, "mail", KEY_B, &err));
	assert_true(is_burnt(s, KEY_A) && is_burnt(s, KEY_B));
	assert_false(revocation_burn(s->store, "www", "", &err));
}

/* A crash while the line was written: the next line stands on its own. */
static void survives_a_torn_line(void **state)
{
	struct state_scene *s = *state;
	struct err err = { 0 };

	assert_true(fs_write(s->store->root, "burnt", KEY_A, 20, FS_ATTR(0600), &err));
	assert_false(is_burnt(s, KEY_A));
	assert_true(revocation_burn(s->store, "www", KEY_A, &err));
	assert_true(is_burnt(s, KEY_A));
}

static void notes_a_revocation(void **state)
{
	struct state_scene *s = *state;
	struct err err = { 0 };

	add_generation(s, "www", "000001", KEY_A);
	add_generation(s, "www", "000002", KEY_B);
	assert_true(revocation_note(s->store, "www", "000001", "us", &err));
	assert_false(may_go_live(s, "www", "000001"));
	assert_true(may_go_live(s, "www", "000002"));
	assert_true(revocation_note(s->store, "www", "000009", "us", &err));
	assert_true(revocation_note(s->store, "nobody", "000001", "us", &err));
}

/* From the decision on, not only from SCM's answer. */
static void refuses_what_is_being_revoked(void **state)
{
	struct state_scene *s = *state;
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;
	struct err err = { 0 };

	add_generation(s, "www", "000001", KEY_A);
	add_generation(s, "www", "000002", KEY_B);
	assert_true(store_open_archive(&archive, s->store, "www", false, &err));
	assert_true(record_set(&r, "generation", "000002", &err));
	assert_true(record_write(&r, archive, FILE_REVOKING, FS_ATTR(0600), &err));
	assert_true(may_go_live(s, "www", "000001"));
	assert_false(may_go_live(s, "www", "000002"));
}

/* An order that was replaced keeps its id: another serial number is another certificate. */
static void learns_from_details(void **state)
{
	struct state_scene *s = *state;
	static const struct {
		enum wire_order_state state;
		const char *serial;
		bool revoked;
	} rows[] = {
		{ WIRE_ORDER_ISSUED, "0A", false },
		{ WIRE_ORDER_REPLACED, "0A", false },
		{ WIRE_ORDER_REVOKED, "0B", false },
		{ WIRE_ORDER_REVOKED, "A", true },
		{ WIRE_ORDER_REVOKED, "0A", true },
		{ WIRE_ORDER_REVOKED, "A0", false },
		{ WIRE_ORDER_REVOKED, "", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(record) struct record meta = { 0 };
		struct wire_reply r = { .order_state = rows[i].state, .serial = rows[i].serial };
		struct err err = { 0 };
		char name[] = "www0";
		bool revoked;

		name[3] = (char)('0' + i);
		add_generation(s, name, "000001", KEY_A);
		assert_true(record_set(&meta, "serial", "0A", &err));
		assert_true(revocation_learn(&revoked, s->store, name, "000001", &meta, &r, &err));
		assert_int_equal(revoked, rows[i].revoked);
		assert_int_equal(may_go_live(s, name, "000001"), !rows[i].revoked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			burns_a_key_everywhere, state_scene_setup, state_scene_teardown),
		cmocka_unit_test_setup_teardown(
			survives_a_torn_line, state_scene_setup, state_scene_teardown),
		cmocka_unit_test_setup_teardown(
			notes_a_revocation, state_scene_setup, state_scene_teardown),
		cmocka_unit_test_setup_teardown(
			refuses_what_is_being_revoked, state_scene_setup, state_scene_teardown),
		cmocka_unit_test_setup_teardown(
			learns_from_details, state_scene_setup, state_scene_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
