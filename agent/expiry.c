#include "agent/expiry.h"

#include <stdio.h>
#include <string.h>

#include "agent/record.h"
#include "agent/refusal.h"
#include "base/clock.h"
#include "base/log.h"

#define FILE_NAME_MAX 96
#define DAY 86400

static void file_of(char out[static FILE_NAME_MAX], const struct conf_account *a)
{
	snprintf(out, FILE_NAME_MAX, "login-%.64s", a->name);
}

bool expiry_of(struct expiry *out, struct store *store, const struct conf_account *a)
{
	AUTO(record) struct record r = { 0 };
	char file[FILE_NAME_MAX];
	struct refusal now;
	struct err ignored = { 0 };
	bool found = false;

	file_of(file, a);
	if (a->auth != CONF_CLIENT_CERT || !record_read(&r, &found, store->cache, file, &ignored) ||
		!found || !refusal_of_account(&now, a, &ignored) ||
		strcmp(record_get(&r, "digest"), now.digest) != 0)
		return false;
	*out = (struct expiry) { .not_after = record_get_int(&r, "not_after", 0),
		.warned = record_get_int(&r, "warned", 0) };
	snprintf(out->serial, sizeof(out->serial), "%s", record_get(&r, "serial"));
	return out->not_after > 0;
}

static bool write_expiry(
	struct store *store, const struct conf_account *a, const struct expiry *e, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	char file[FILE_NAME_MAX];
	struct refusal now;

	file_of(file, a);
	return refusal_of_account(&now, a, err) && record_set(&r, "digest", now.digest, err) &&
	       record_set_int(&r, "not_after", e->not_after, err) &&
	       record_set(&r, "serial", e->serial, err) &&
	       record_set_int(&r, "warned", e->warned, err) &&
	       record_write(&r, store->cache, file, FS_ATTR(0600), err);
}

bool expiry_note(struct store *store, const struct conf_account *a, int64_t not_after,
	const char *serial, struct err *err)
{
	struct expiry e = { .not_after = not_after };
	struct expiry known;

	snprintf(e.serial, sizeof(e.serial), "%s", serial);
	if (!not_after || store->cache < 0 ||
		(expiry_of(&known, store, a) && known.not_after == not_after &&
			!strcmp(known.serial, e.serial)))
		return true;
	return write_expiry(store, a, &e, err);
}

/*
 * One that is renewed in time by a run is nobody's business before its last tenth; a month before
 * the end of a short life it is not even due.
 */
int64_t expiry_warning_time(struct run *run, const struct conf_account *a, const struct expiry *e)
{
	const struct conf_cert *cert = credential_cert(run->conf, a);
	int64_t month = e->not_after - EXPIRY_SOON;
	AUTO(situation) struct situation s = { 0 };
	const struct record *meta = &s.newest_meta.r;
	struct err ignored = { 0 };
	int64_t life;

	if (!cert || !situation_read(&s, run->store, cert->name, &ignored) ||
		strcmp(record_get(meta, "serial"), e->serial) != 0)
		return month;
	life = e->not_after - record_get_int(meta, "not_before", 0);
	return life / 10 < EXPIRY_SOON ? e->not_after - life / 10 : month;
}

void expiry_remedy(struct buf *out, struct run *run, const struct conf_account *a)
{
	const struct conf_cert *cert = credential_cert(run->conf, a);
	AUTO(situation) struct situation s = { 0 };
	struct err ignored = { 0 };

	if (!cert)
		buf_add_str(
			out, "renew it, and enter its serial number at the administrator in SCM");
	else if (situation_read(&s, run->store, cert->name, &ignored) && s.unaccepted.found)
		buf_add_str(out, record_get(&s.unaccepted.r, "message"));
	else
		buf_addf(out,
			"scm-agent run %s has to renew it, and its new serial number has to be "
			"entered at the administrator in SCM",
			cert->name);
}

static void warn(struct run *run, const struct conf_account *a, struct expiry *e, int64_t now)
{
	int64_t left = e->not_after - now;
	AUTO(buf) struct buf remedy = BUF(ERR_TEXT_MAX);
	char when[CLOCK_TEXT_MAX];
	char span[CLOCK_TEXT_MAX];
	struct err err = { 0 };

	clock_format(when, e->not_after);
	expiry_remedy(&remedy, run, a);
	if (left > 0)
		log_warning("account %s: its client certificate ends in %s, on %s; %s", a->name,
			clock_format_span(span, left), when, buf_str(&remedy));
	else
		log_warning("account %s: its client certificate has expired on %s; %s", a->name,
			when, buf_str(&remedy));
	e->warned = now;
	if (!write_expiry(run->store, a, e, &err))
		log_warning("%s", err.text);
}

void expiry_warn(struct run *run)
{
	int64_t now = clock_now();

	for (size_t i = 0; i < run->conf->accounts; i++) {
		const struct conf_account *a = &run->conf->account[i];
		struct expiry e;

		/* by the calendar, so that a timer's jitter leaves no day out */
		if (expiry_of(&e, run->store, a) && e.not_after - now < EXPIRY_SOON &&
			now / DAY != e.warned / DAY && now >= expiry_warning_time(run, a, &e))
			warn(run, a, &e, now);
	}
}
