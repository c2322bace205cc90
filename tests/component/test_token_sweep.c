/*
 * Every return code of PKCS#11, of each function that is used: at its first call, in the middle,
 * from there on; instead of the work, and after it. Over a key's whole life, in three parts.
 * Whatever a module says: a clean error, one login at most, and with the healthy module again no
 * key is lost that was reported made, and nothing is left that no key explains.
 *
 * With the argument "all", every point; without, an even sample.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/secret.h"
#include "p11_rvs.h"
#include "token_fixture.h"

#define SAMPLE 31 /* every n-th point; a prime, so that no habit of the loops is sampled */
#define GROWTH_MAX_KIB (64L * 1024)

/* The address sanitizer keeps what was freed. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_IS_OURS false
#else
#define MEMORY_IS_OURS true
#endif

static const struct rv {
	const char *name;
	CK_RV rv;
} rvs[] = {
	{ "CKR_OK without doing anything", CKR_OK },
#define ROW(code) { #code, code },
	FAULT_RVS(ROW)
#undef ROW
		{ "CKR_VENDOR_DEFINED|1", CKR_VENDOR_DEFINED | 1 },
	{ "nonsense 4", 4 },
	{ "nonsense 0x7fffffff", 0x7fffffff },
	{ "nonsense -1", ~0UL },
};

static const char *const names[] = {
#define NAME(name) #name,
	FAULT_CALLS(NAME)
#undef NAME
		"any call",
};

static const char *const hows[] = { "instead of", "after", "sessions lost before" };

static struct err err;
static bool all_points;

/* What the part of a life that went wrong had been told before. */
struct told {
	bool made;
	bool stored;
	bool deleting;
};

typedef bool life_fn(struct ks *ks, const struct ks_ref *ref, struct told *told);

static bool make(struct ks *ks, const struct ks_ref *ref, struct told *told)
{
	bool found = false;

	if (!ks_find(&found, ks, ref, &err))
		return false;
	told->made = found || ks_generate(ks, ref, KS_EC_P256, &err);
	return told->made;
}

static bool use(struct ks *ks, const struct ks_ref *ref, struct told *told)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(free) void *memory = NULL;
	AUTO(buf) struct buf uri = BUF(1024);
	struct ks_entry *entries = NULL;
	bool there;
	size_t n;

	told->made = true;
	if (!ks_exists(&there, ks, ref, &err) || !ks_uri(&uri, ks, ref, &err) ||
		!ks_load(&key, ks, ref, &err) || !ks_probe(key, &err))
		return false;
	told->stored = ks_store_certificate(ks, ref, token_some_certificate, &err);
	if (!told->stored || !ks_list(&entries, &n, ks, &err))
		return false;
	memory = entries;
	return true;
}

static bool end(struct ks *ks, const struct ks_ref *ref, struct told *told)
{
	told->deleting = true;
	return ks_delete(ks, ref, &err);
}

static const struct life {
	const char *name;
	life_fn *live;
} lives[] = { { "make", make }, { "use", use }, { "delete", end } };

struct point {
	const struct life *life;
	const struct rv *rv;
	enum fault_call call;
	enum fault_how how;
	unsigned nth;
	bool ever;
};

static const char *name_of(const struct point *p)
{
	static char text[160];

	snprintf(text, sizeof(text), "%s: %s %s the %u. %s%s", p->life->name, p->rv->name,
		hows[p->how], p->nth, names[p->call], p->ever ? " and all later ones" : "");
	return text;
}

static size_t objects(struct ks *ks)
{
	return token_count(ks, CKO_PRIVATE_KEY, NULL) + token_count(ks, CKO_PUBLIC_KEY, NULL) +
	       token_count(ks, CKO_CERTIFICATE, NULL);
}

/* With the healthy module: where a life begins. */
static void prepare(const struct point *p)
{
	const struct ks_ref ref = token_ref(1);
	struct told ignored;
	struct ks *ks;

	token_settle();
	ks = token_open();
	if (p->life->live != make && !make(ks, &ref, &ignored))
		fail_msg("%s: prepare: %s", name_of(p), err.text);
	ks_close(ks);
}

/* With the healthy module: what a next run makes of it. Then all is removed. */
static void recover(const struct point *p, const struct told *told)
{
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open();
	AUTO(pkey) EVP_PKEY *key = NULL;
	bool found = false;
	size_t wanted;

	if (!ks_find(&found, ks, &ref, &err) || (found && !ks_load(&key, ks, &ref, &err)) ||
		(found && !ks_probe(key, &err)))
		fail_msg("%s: then: %s", name_of(p), err.text);
	if (told->made && !told->deleting && !found)
		fail_msg("%s: a key is lost", name_of(p));
	wanted = found ? 2 : 0;
	/* a module that stores one and denies it gets another try: a twin, which goes with its key
	 */
	if (told->stored && !token_count(ks, CKO_CERTIFICATE, &ref))
		fail_msg("%s: a certificate is lost", name_of(p));
	wanted += found ? token_count(ks, CKO_CERTIFICATE, &ref) : 0;
	if (objects(ks) != wanted)
		fail_msg("%s: %zu objects instead of %zu", name_of(p), objects(ks), wanted);
	EVP_PKEY_free(TAKE(key));
	if (!ks_delete(ks, &ref, &err) || objects(ks))
		fail_msg("%s: can't be removed: %s", name_of(p), err.text);
	ks_close(ks);
}

/* One line that says of which token or module, and what. */
static void check_error(const struct point *p)
{
	if (err.kind != ERR_KEYSTORE || strlen(err.text) < 20)
		fail_msg("%s: kind %d, '%s'", name_of(p), err.kind, err.text);
	for (const char *c = err.text; *c; c++)
		if ((unsigned char)*c < ' ')
			fail_msg("%s: not one line: '%s'", name_of(p), err.text);
	/* a signature is judged by who knows the key alone */
	if (!strstr(err.text, "web") && !strstr(err.text, "fault.so") &&
		!strstr(err.text, "does not fit the public key"))
		fail_msg("%s: does not say of what: '%s'", name_of(p), err.text);
	if (strstr(err.text, "canary"))
		fail_msg("%s: '%s' gives the PIN away", name_of(p), err.text);
}

/* True when the point was reached. */
static bool try_point(const struct token_fixture *f, const struct point *p)
{
	struct faults *faults = f->faults;
	const struct ks_ref ref = token_ref(1);
	struct told told = { 0 };
	struct ks *ks = NULL;
	bool pin_refused;
	bool reached;
	bool ok;

	prepare(p);
	memset(&err, 0, sizeof(err));
	*faults = (struct faults) { .fail_call = p->call,
		.fail_at = p->nth,
		.fail_rv = p->rv->rv,
		.fail_how = p->how,
		.fail_ever = p->ever };
	ok = token_try(&ks, &pin_refused, f->fault_module, TOKEN_URI, TOKEN_PIN, &err) &&
	     p->life->live(ks, &ref, &told);
	ks_close(ks);
	reached = faults->seen >= p->nth;
	if (faults->calls[FAULT_C_Login] > 1)
		fail_msg("%s: %u logins", name_of(p), faults->calls[FAULT_C_Login]);
	*faults = (struct faults) { .fail_call = FAULT_COUNT };
	token_settle();
	if (!ok)
		check_error(p);
	if (!ok && !reached)
		fail_msg("%s: fails without a fault: %s", name_of(p), err.text);
	recover(p, &told);
	return reached;
}

/* How often a life that nothing troubles calls each function, and all of them. */
static void count_calls(
	unsigned calls[FAULT_COUNT + 1], const struct token_fixture *f, const struct life *life)
{
	const struct point p = { .life = life, .rv = &rvs[0], .call = FAULT_COUNT };
	const struct ks_ref ref = token_ref(1);
	struct told told = { 0 };
	struct ks *ks;

	prepare(&p);
	*f->faults = (struct faults) { .fail_call = FAULT_COUNT };
	ks = token_open_faulty(f);
	assert_true(life->live(ks, &ref, &told));
	ks_close(ks);
	token_settle();
	memcpy(calls, f->faults->calls, sizeof(f->faults->calls));
	calls[FAULT_COUNT] = f->faults->seen;
	recover(&p, &told);
}

struct tally {
	unsigned points;
	unsigned tried;
	unsigned reached;
};

static void consider(struct tally *t, const struct token_fixture *f, const struct point *p)
{
	if (t->points++ % SAMPLE && !all_points)
		return;
	t->tried++;
	t->reached += try_point(f, p);
}

/* Once and for ever, instead of the work and after it. */
static void each_way(struct tally *t, const struct token_fixture *f, struct point p)
{
	for (int how = FAULT_BEFORE; how <= FAULT_AFTER; how++) {
		/* nothing is wrong with a call that did its work and says so */
		if (how == FAULT_AFTER && p.rv->rv == CKR_OK)
			continue;
		p.how = (enum fault_how)how;
		p.ever = false;
		consider(t, f, &p);
		p.ever = true;
		consider(t, f, &p);
	}
}

static void each_code_of_each_function(void **state)
{
	const struct token_fixture *f = *state;
	struct rusage before;
	struct rusage after;
	struct tally t = { 0 };

	getrusage(RUSAGE_SELF, &before);
	for (size_t l = 0; l < ARRAY_LEN(lives); l++) {
		unsigned calls[FAULT_COUNT + 1];

		count_calls(calls, f, &lives[l]);
		for (size_t i = 0; i < FAULT_COUNT * ARRAY_LEN(rvs); i++) {
			struct point p = { .life = &lives[l],
				.rv = &rvs[i % ARRAY_LEN(rvs)],
				.call = (enum fault_call)(i / ARRAY_LEN(rvs)),
				.nth = 1 };

			if (!calls[p.call])
				continue;
			each_way(&t, f, p);
			p.nth = calls[p.call] / 2 + 1;
			if (p.nth > 1)
				each_way(&t, f, p);
		}
	}
	getrusage(RUSAGE_SELF, &after);
	if (MEMORY_IS_OURS)
		assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, GROWTH_MAX_KIB);
	printf("%u points: %zu codes of %d functions in %zu lives; %u tried, %u reached\n",
		t.points, ARRAY_LEN(rvs), FAULT_COUNT, ARRAY_LEN(lives), t.tried, t.reached);
	assert_int_equal(t.reached, t.tried);
}

/* The commonest failures, at each single call there is. */
static void some_codes_at_each_call(void **state)
{
	static const struct rv some[] = { { "CKR_GENERAL_ERROR", CKR_GENERAL_ERROR },
		{ "CKR_DEVICE_REMOVED", CKR_DEVICE_REMOVED },
		{ "CKR_SESSION_HANDLE_INVALID", CKR_SESSION_HANDLE_INVALID },
		{ "CKR_OK without doing anything", CKR_OK } };
	const struct token_fixture *f = *state;
	struct tally t = { 0 };

	for (size_t l = 0; l < ARRAY_LEN(lives); l++) {
		unsigned calls[FAULT_COUNT + 1];

		count_calls(calls, f, &lives[l]);
		for (unsigned nth = 1; nth <= calls[FAULT_COUNT]; nth++) {
			struct point p = { .life = &lives[l], .call = FAULT_COUNT, .nth = nth };

			for (size_t i = 0; i < ARRAY_LEN(some); i++) {
				p.rv = &some[i];
				each_way(&t, f, p);
			}
			p.how = FAULT_CLOSE;
			p.ever = false;
			consider(&t, f, &p);
		}
	}
	printf("%u points: %zu codes, and lost sessions, at each call; %u tried\n", t.points,
		ARRAY_LEN(some), t.tried);
	assert_int_equal(t.reached, t.tried);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(each_code_of_each_function),
		WITH_TOKEN(some_codes_at_each_call),
	};

	all_points = argc > 1 && !strcmp(argv[1], "all");
	if (!token_available())
		return 77;
	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, token_make_certificate, token_free_certificate);
}
