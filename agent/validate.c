#include "agent/validate.h"

#include <string.h>

#include "agent/publish.h"
#include "agent/retry.h"
#include "agent/validate_step.h"
#include "base/clock.h"
#include "base/log.h"

#define LONGEST_PAUSE (7 * 86400)
#define URGENT_BEFORE (7 * 86400) /* its end */

void validate_dispose(struct validate *w)
{
	validation_dispose(&w->v);
	answer_dispose(&w->said);
}

/* ---- ending it ------------------------------------------------------------------------------- */

bool validate_give_up(struct run *run, struct validation *v, struct err *err)
{
	const struct conf_account *account =
		conf_find_account(run->conf, validation_get(v, VALIDATION_ACCOUNT));

	if (account && !validate_clear(run->net, account, v->domain, err))
		return false;
	if (!publish_take(v, run->conf, err))
		return err_wrap(err, "take away what was published");
	validation_end_work(v);
	return validation_write(v, run->store, err) &&
	       store_history(run->store, err, v->domain, "dcv-given-up", "%s", "");
}

/* ---- a pass ---------------------------------------------------------------------------------- */

static bool is_wanted(const struct validate *w)
{
	return w->anew || validation_due(&w->v, w->conf->renew_before, clock_now());
}

/* What is under way by another way than is configured, or is not wanted, does not go on. */
static bool tidy(struct validate *w, const char *way, struct err *err)
{
	bool works = validation_state(&w->v) != VALIDATION_IDLE;
	bool other = strcmp(validation_get(&w->v, VALIDATION_WAY), way) != 0;

	if (works && (other || w->anew))
		return validate_give_up(w->run, &w->v, err);
	return works || !w->anew || validate_clear(w->run->net, w->conf->account, w->domain, err);
}

static bool go_on(struct validate *w, struct err *err)
{
	for (;;) {
		enum validation_state state = validation_state(&w->v);

		if (state == VALIDATION_OVER)
			return validate_step(w, err);
		if (w->asked && state == VALIDATION_IDLE && !is_wanted(w))
			return true;
		if (!(w->asked ? validate_step(w, err) : validate_ask(w, err)))
			return false;
	}
}

static bool is_urgent(const struct validate *w)
{
	return !validation_current(&w->v, clock_now()) ||
	       validation_int(&w->v, VALIDATION_EXPIRES) - clock_now() < URGENT_BEFORE;
}

/* True while it is too early for another attempt. */
static bool is_paused(struct validate *w, const char *way)
{
	char when[CLOCK_TEXT_MAX];
	int64_t next = validation_int(&w->v, VALIDATION_NEXT);

	if (strcmp(validation_get(&w->v, VALIDATION_TRIED), way) != 0)
		validation_end_failures(&w->v);
	if (w->by_hand || clock_now() >= validation_int(&w->v, VALIDATION_NEXT) ||
		next - clock_now() > LONGEST_PAUSE)
		return false;
	err_set(&w->err, err_kind_of(validation_get(&w->v, VALIDATION_KIND), ERR_INTERNAL),
		"%s; not tried again before %s", validation_get(&w->v, VALIDATION_WHY),
		clock_format(when, next));
	return true;
}

/* A refused credential is remembered elsewhere, and what waits is no failure. */
static bool note(struct validate *w, const char *way, struct err *err)
{
	struct validation *v = &w->v;
	int64_t failures = validation_int(v, VALIDATION_FAILURES) + 1;
	int64_t pause = retry_pause((unsigned)(failures < 100 ? failures : 100), is_urgent(w));

	if (w->err.kind == ERR_AUTH || w->err.kind == ERR_KEYSTORE || w->err.kind == ERR_USAGE)
		return true;
	if (w->err.kind == ERR_PENDING) {
		validation_end_failures(v);
		return validation_set(v, VALIDATION_WAITS, w->err.text, err) &&
		       validation_write(v, w->run->store, err);
	}
	return validation_set_int(v, VALIDATION_FAILURES, failures, err) &&
	       validation_set_int(v, VALIDATION_NEXT, clock_now() + pause, err) &&
	       validation_set(v, VALIDATION_KIND, err_name(w->err.kind), err) &&
	       validation_set(v, VALIDATION_WHY, w->err.text, err) &&
	       validation_set(v, VALIDATION_TRIED, way, err) &&
	       validation_write(v, w->run->store, err) &&
	       store_history(w->run->store, err, w->domain, "dcv-failed", "%s", w->err.text);
}

static bool attempt(struct validate *w)
{
	struct err trouble = { 0 };
	char way[CSR_SHA256_HEX];

	validation_dispose(&w->v);
	if (!validate_way(way, w->conf, &w->err) ||
		!validation_read(&w->v, w->run->store, w->domain, &w->err) || is_paused(w, way))
		return false;
	if (!w->by_hand && !validation_doubtful(&w->v, w->conf->renew_before, clock_now()))
		return true;
	if (tidy(w, way, &w->err) && go_on(w, &w->err))
		return true;
	if (!note(w, way, &trouble))
		w->err = trouble;
	return false;
}

bool validate_pass(struct validate *w)
{
	bool done;

	log_scope(w->domain);
	w->err = (struct err) { 0 };
	w->asked = false;
	done = attempt(w);
	if (done)
		w->err = (struct err) { 0 };
	log_scope(NULL);
	return done;
}
