#include "keystore/guard.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "keystore/ks.h"

#define LEFT UINT64_MAX

/* One piece of work. Owned by who waits, and by nobody once it was left behind. */
struct piece {
	guard_work *work;
	void *arg;
	struct err err;
	bool ok;
	_Atomic uint64_t count; /* of entries and returns: odd while in the module, or LEFT */
	_Atomic int64_t since;	/* when it was entered */
	_Atomic(const char *) function;
};

static _Thread_local struct piece *at_work;
static atomic_bool any_stuck;

static int64_t now_ms(void)
{
	struct timespec ts;

	/* a host that sleeps does not keep us waiting */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void guard_enter(const char *function)
{
	struct piece *p = at_work;

	if (!p)
		return;
	atomic_store(&p->function, function);
	atomic_store(&p->since, now_ms());
	atomic_fetch_add(&p->count, 1);
}

CK_RV guard_leave(CK_RV rv)
{
	struct piece *p = at_work;
	uint64_t entered;

	if (!p)
		return rv;
	entered = atomic_load(&p->count);
	while (entered == LEFT || !atomic_compare_exchange_strong(&p->count, &entered, entered + 1))
		pause();
	return rv;
}

static void *run(void *arg)
{
	struct piece *p = arg;

	at_work = p;
	p->ok = p->work(p->arg, &p->err);
	return NULL;
}

/* Signals are for the thread that knows what to do with them. */
static bool start(pthread_t *thread, struct piece *p, struct err *err)
{
	sigset_t all;
	sigset_t before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(thread, NULL, run, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!rc)
		return true;
	errno = rc;
	return err_errno(err, ERR_INTERNAL, "start a thread for a PKCS#11 module");
}

/* Whether the call that it is in is over its time; then it is left there. */
static bool leave_behind(struct piece *p, int64_t timeout_ms)
{
	uint64_t count = atomic_load(&p->count);

	return count % 2 && now_ms() - atomic_load(&p->since) >= timeout_ms &&
	       atomic_compare_exchange_strong(&p->count, &count, LEFT);
}

/* False when the thread was left behind. */
static bool wait_for(pthread_t thread, struct piece *p, int64_t timeout_ms)
{
	int64_t until = now_ms() + timeout_ms;

	for (;;) {
		const struct timespec ts = { until / 1000, until % 1000 * 1000000 };

		if (!pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &ts))
			return true;
		if (leave_behind(p, timeout_ms))
			return false;
		until = atomic_load(&p->since) + timeout_ms;
		if (until <= now_ms())
			until = now_ms() + timeout_ms;
	}
}

bool guard_stuck(const struct guard *g, struct err *err)
{
	return err_set(err, ERR_KEYSTORE,
		"its module did not return from %s within %" PRId64
		"s; it is not called again in this run (see timeout)",
		g->stuck, g->timeout_ms / 1000);
}

bool ks_stuck(void)
{
	return atomic_load(&any_stuck);
}

bool guard_run(struct guard *g, guard_work *work, void *arg, struct err *err)
{
	struct piece *p;
	pthread_t thread;
	bool ok;

	if (g->stuck)
		return guard_stuck(g, err);
	if (!g->timeout_ms || at_work)
		return work(arg, err);
	p = calloc(1, sizeof(*p));
	if (!p)
		return err_memory(err);
	*p = (struct piece) { .work = work, .arg = arg };
	if (!start(&thread, p, err)) {
		free(p);
		return false;
	}
	if (!wait_for(thread, p, g->timeout_ms)) {
		pthread_detach(thread);
		g->stuck = atomic_load(&p->function);
		atomic_store(&any_stuck, true);
		return guard_stuck(g, err);
	}
	ok = p->ok;
	if (!ok)
		*err = p->err;
	free(p);
	return ok;
}
