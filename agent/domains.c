#include "agent/domains.h"

#include <poll.h>
#include <string.h>

#include "agent/retry.h"
#include "base/clock.h"
#include "base/log.h"
#include "dcv/name.h"

#define JUST_NOW 600 /* seconds */

void domains_dispose(struct domains *d)
{
	for (size_t i = 0; i < d->n; i++)
		validate_dispose(&d->item[i]);
	free(d->item);
}

bool domains_add(struct domains *d, struct run *run, const struct conf_dcv *conf,
	const char *domain, struct err *err)
{
	struct validate *grown;

	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->item[i].domain, domain))
			return true;
	grown = reallocarray(d->item, d->n + 1, sizeof(*grown));
	if (!grown)
		return err_memory(err);
	d->item = grown;
	d->item[d->n++] = (struct validate) {
		.run = run, .conf = conf, .domain = domain, .by_hand = run->named
	};
	return true;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* A person's mail is waited for only by who says so, and so is what is still validated. */
static bool worth_waiting(const struct validate *w)
{
	bool patient = clock_ms() < w->run->wait_until_ms;

	if (w->err.kind != ERR_PENDING)
		return false;
	return patient || (w->moved && w->conf->method != DCV_EMAIL &&
				  (w->by_hand || !validation_current(&w->v, clock_now())));
}

/* Seconds before look 1, 2, ..., as for an order; 0 when there is none any more. */
static int64_t pause_before(const struct validate *w, unsigned attempt)
{
	const struct conf_account *a = w->conf->account;
	int64_t seconds;

	if (attempt > a->max_attempts && clock_ms() >= w->run->wait_until_ms)
		return 0;
	seconds = retry_look_pause(a, attempt);
	return seconds ? seconds : 1;
}

static int64_t next_pause(const struct domains *d, unsigned attempt)
{
	int64_t shortest = 0;

	for (size_t i = 0; i < d->n; i++) {
		int64_t pause = worth_waiting(&d->item[i]) ? pause_before(&d->item[i], attempt) : 0;

		if (pause && (!shortest || pause < shortest))
			shortest = pause;
	}
	return shortest;
}

void domains_work(struct domains *d)
{
	int64_t pause;

	for (size_t i = 0; i < d->n; i++)
		validate_pass(&d->item[i]);
	for (unsigned attempt = 1; (pause = next_pause(d, attempt)); attempt++) {
		log_progress("waiting for SCM to validate domains, next look in %d s", (int)pause);
		/* keeps an eye on nothing: the connections have nothing under way */
		poll(NULL, 0, (int)pause * 1000);
		for (size_t i = 0; i < d->n; i++)
			if (worth_waiting(&d->item[i]))
				validate_pass(&d->item[i]);
	}
	log_progress_done();
}

/* ---- in a run -------------------------------------------------------------------------------- */

static bool collect(
	struct domains *d, struct run *run, const struct conf_cert *cert, struct err *err)
{
	for (size_t i = 0; cert->dcv_auto && i < cert->names.n; i++) {
		const char *domain = NULL;
		const struct conf_dcv *conf =
			conf_find_dcv(&domain, run->conf, cert->account, cert->names.item[i]);

		if (conf && !domains_add(d, run, conf, domain, err))
			return false;
	}
	return true;
}

static bool is_configured(const struct conf *conf, const char *domain)
{
	for (size_t i = 0; i < conf->dcvs; i++)
		if (strlist_has(&conf->dcv[i].domains, domain))
			return true;
	return false;
}

/* Said once: what can't be taken away by us any more is for the administrator to remove. */
static bool forget(struct run *run, const char *domain, struct err *err)
{
	AUTO(validation) struct validation v = { 0 };

	if (!validation_read(&v, run->store, domain, err))
		return false;
	if (validation_state(&v) != VALIDATION_IDLE && !validate_give_up(run, &v, err)) {
		if (err->kind != ERR_CONFIG)
			return false;
		log_warning("%s", err->text);
	}
	return validation_remove(run->store, domain, err);
}

static bool forget_all(struct run *run, struct err *err)
{
	AUTO(strlist) struct strlist known = { 0 };

	if (!validation_list(&known, run->store, err))
		return false;
	for (size_t i = 0; i < known.n; i++) {
		const char *domain = known.item[i];

		if (!dcv_name_valid(domain) || is_configured(run->conf, domain))
			continue;
		log_scope(domain);
		if (!forget(run, domain, err))
			return false;
		log_scope(NULL);
	}
	return true;
}

static int say(const char *domain, const struct err *err)
{
	log_scope(domain);
	if (err->kind == ERR_PENDING)
		log_debug("%s", err->text);
	else
		log_error("domain validation: %s", err->text);
	log_scope(NULL);
	return err->kind == ERR_PENDING ? 0 : err_exit_status(err->kind);
}

int domains_run(struct run *run, const struct job *jobs, size_t n)
{
	AUTO(domains) struct domains d = { 0 };
	struct err err = { 0 };
	int status = 0;

	if (!validation_clean(run->store, &err))
		return say(NULL, &err);
	for (size_t i = 0; i < n; i++)
		if (!collect(&d, run, jobs[i].cert, &err))
			return say(NULL, &err);
	domains_work(&d);
	for (size_t i = 0; i < d.n; i++) {
		int one = d.item[i].err.kind ? say(d.item[i].domain, &d.item[i].err) : 0;

		status = status ? status : one;
	}
	if (!forget_all(run, &err)) {
		int one = say(NULL, &err);

		status = status ? status : one;
	}
	return status;
}

bool domains_ready(const struct run *run, const struct conf_cert *cert, struct err *err)
{
	for (size_t i = 0; cert->dcv_auto && i < cert->names.n; i++) {
		AUTO(validation) struct validation v = { 0 };
		const char *domain = NULL;

		if (!conf_find_dcv(&domain, run->conf, cert->account, cert->names.item[i]))
			continue;
		if (!validation_read(&v, run->store, domain, err))
			return false;
		if (validation_current(&v, clock_now()))
			continue;
		return err_set(err, ERR_PENDING, "not ordered yet: domain %s is not validated%s%s",
			domain, *validation_note(&v) ? "; " : "", validation_note(&v));
	}
	return true;
}

/* "Domain Control Validation is either incomplete or expired", and two more with that meaning. */
static bool is_about_validation(int64_t code)
{
	return code == -107 || code == -737 || code == -1137;
}

static bool doubt(
	bool *doubted, const struct run *run, const char *domain, int64_t now, struct err *err)
{
	AUTO(validation) struct validation v = { 0 };

	if (!validation_read(&v, run->store, domain, err))
		return false;
	if (now - validation_int(&v, VALIDATION_ASKED) < JUST_NOW)
		return true;
	*doubted = true;
	return validation_set_int(&v, VALIDATION_VALID, 0, err) &&
	       validation_write(&v, run->store, err);
}

bool domains_accepted(
	const struct run *run, const struct conf_cert *cert, int64_t code, struct err *err)
{
	bool doubted = false;

	if (!cert->dcv_auto || !is_about_validation(code))
		return true;
	for (size_t i = 0; i < cert->names.n; i++) {
		const char *domain = NULL;

		if (conf_find_dcv(&domain, run->conf, cert->account, cert->names.item[i]) &&
			!doubt(&doubted, run, domain, clock_now(), err))
			return false;
	}
	return !doubted ||
	       err_set(err, ERR_PENDING, "SCM refused the order for want of a domain's validation");
}
