/* What SCM lists, against what is configured: found before an order, not by it. */
#include "agent/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct scene {
	struct conf_cert cert;
	struct table profiles;
	struct table fields;
};

static void fill(struct table *t, uint32_t columns, const char *const *cell, size_t n)
{
	struct err err = { 0 };

	t->columns = columns;
	for (size_t i = 0; i < n; i++)
		assert_true(table_add(t, cell[i], &err));
}

static int setup(void **state)
{
	static const char *const profiles[] = { "1018", "Web", "90,199", "RSA:2048,EC:P-256",
		"1019", "Any", "", "", "1020", "Twin", "365", "", "1021", "Twin", "365", "" };
	static const char *const fields[] = { "1", "Cost centre", "yes", "2", "Note", "no" };
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	fill(&s->profiles, 4, profiles, ARRAY_LEN(profiles));
	fill(&s->fields, 3, fields, ARRAY_LEN(fields));
	s->cert.term = 199;
	s->cert.key_type = KS_EC_P256;
	assert_true(strlist_add(&s->cert.field_names, "Cost centre"));
	assert_true(strlist_add(&s->cert.field_values, "4711"));
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	table_dispose(&s->profiles);
	table_dispose(&s->fields);
	strlist_dispose(&s->cert.field_names);
	strlist_dispose(&s->cert.field_values);
	free(s);
	return 0;
}

static void want(struct scene *s, const char *profile)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s", profile);
	s->cert.profile = text;
	s->cert.profile_id = strtoull(text, NULL, 10);
}

static void take(struct scene *s, uint64_t wanted)
{
	struct err err = { 0 };
	uint64_t id = 0;

	if (!profile_judge(&id, &s->cert, &s->profiles, &s->fields, &err))
		fail_msg("%s", err.text);
	assert_int_equal(id, wanted);
}

static void refuse(struct scene *s, const char *words)
{
	struct err err = { 0 };
	uint64_t id;

	assert_false(profile_judge(&id, &s->cert, &s->profiles, &s->fields, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
}

static void finds_by_number_and_name(void **state)
{
	want(*state, "1018");
	take(*state, 1018);
	want(*state, "Web");
	take(*state, 1018);
	want(*state, "Any");
	take(*state, 1019);
}

static void refuses_unknown_and_ambiguous(void **state)
{
	want(*state, "1017");
	refuse(*state,
		"profile 1017 is not offered to the organization; offered are: 1018 'Web', ");
	want(*state, "web");
	refuse(*state, "profile web is not offered");
	want(*state, "Twin");
	refuse(*state, "ambiguous; write the number: 1020 'Twin', 1021 'Twin'");
	((struct scene *)*state)->cert.term = 365;
	want(*state, "1021");
	take(*state, 1021);
}

static void judges_term_and_key(void **state)
{
	struct scene *s = *state;

	want(s, "1018");
	s->cert.term = 365;
	refuse(s, "term 365 is not one of profile 1018's terms: 90,199");
	s->cert.term = 19;
	refuse(s, "term 19 ");
	s->cert.term = 90;
	s->cert.key_type = KS_RSA_4096;
	refuse(s, "does not allow key_type rsa:4096; it allows RSA:2048,EC:P-256");
	s->cert.key_type = KS_RSA_2048;
	take(s, 1018);
	want(s, "Any");
	s->cert.term = 7;
	s->cert.key_type = KS_EC_P521;
	take(s, 1019);
}

static void judges_fields(void **state)
{
	struct scene *s = *state;

	want(s, "1018");
	free(s->cert.field_values.item[0]);
	s->cert.field_values.item[0] = strdup("");
	refuse(s, "custom field 'Cost centre' is mandatory at SCM; set custom_field.Cost centre");
	strlist_dispose(&s->cert.field_names);
	strlist_dispose(&s->cert.field_values);
	refuse(s, "custom field 'Cost centre' is mandatory");
}

/* Whoever may not see a list is not judged by it; only a name can't do without one. */
static void does_without_lists(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };
	uint64_t id = 0;

	want(s, "4711");
	assert_true(profile_judge(&id, &s->cert, NULL, NULL, &err));
	assert_int_equal(id, 4711);
	want(s, "Web");
	assert_false(profile_judge(&id, &s->cert, NULL, &s->fields, &err));
	assert_non_null(strstr(err.text, "profile 'Web' can't be looked up"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_by_number_and_name, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_unknown_and_ambiguous, setup, teardown),
		cmocka_unit_test_setup_teardown(judges_term_and_key, setup, teardown),
		cmocka_unit_test_setup_teardown(judges_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(does_without_lists, setup, teardown),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
