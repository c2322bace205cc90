#include "agent/renew.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "csr/name.h"

#define DEFAULT_PER_MILLE 330
#define SPREAD_MAX 86400
#define SPREAD_SHARE 20

/* FNV-1a: spreads names; nothing depends on it being hard to invert. */
static uint64_t mix(uint64_t hash, const char *s)
{
	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3ULL;
	return hash;
}

uint64_t renew_host(void)
{
	AUTO(buf) struct buf id = BUF(4096);
	struct err ignored = { 0 };
	char name[256] = "";

	if (fs_read_path(&id, "/etc/machine-id", &ignored) && id.len >= 32)
		return mix(0xcbf29ce484222325ULL, id.data);
	if (gethostname(name, sizeof(name) - 1))
		name[0] = '\0';
	return mix(0xcbf29ce484222325ULL, name);
}

/* The subject fields as one text, for comparing them. */
static void subject_text(struct buf *out, const struct conf_cert *c)
{
	const char *fields[] = { c->organization, c->organizational_unit, c->locality, c->state,
		c->country };

	buf_add_str(out, c->common_name);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		buf_addf(out, "|%s", fields[i] ? fields[i] : "");
}

static bool same_names(const struct conf_cert *cert, const struct record *meta)
{
	AUTO(strlist) struct strlist had = { 0 };

	return strlist_split(&had, record_get(meta, "names"), ' ') &&
	       csr_names_equal(&had, &cert->names);
}

static bool same_subject(const struct conf_cert *cert, const struct record *meta)
{
	AUTO(buf) struct buf subject = BUF(4096);

	subject_text(&subject, cert);
	return !strcmp(buf_str(&subject), record_get(meta, "subject"));
}

bool renew_describe(struct record *r, const struct conf_cert *cert, struct err *err)
{
	AUTO(buf) struct buf names = BUF(RECORD_MAX);
	AUTO(buf) struct buf subject = BUF(4096);

	strlist_join(&names, &cert->names, " ");
	subject_text(&subject, cert);
	return buf_check(&names, "names", err) && buf_check(&subject, "subject", err) &&
	       record_set(r, "account", cert->account_name, err) &&
	       record_set(r, "profile", cert->profile, err) &&
	       record_set(r, "names", buf_str(&names), err) &&
	       record_set(r, "subject", buf_str(&subject), err) &&
	       /* the key of one that follows has the type that its leader chose */
	       (cert->follow.path ||
		       record_set(r, "key_type", ks_key_type_name(cert->key_type), err)) &&
	       record_set(r, "key_store", cert->token ? cert->key_store : "", err) &&
	       record_set(r, "key_given", cert->key_uri, err);
}

const char *renew_key_changed(const struct conf_cert *cert, const struct record *r)
{
	if (strcmp(record_get(r, "key_type"), ks_key_type_name(cert->key_type)))
		return "key type changed";
	if (strcmp(record_get(r, "key_store"), cert->token ? cert->key_store : ""))
		return "key store changed";
	if (strcmp(record_get(r, "key_given"), cert->key_uri ? cert->key_uri : "") != 0)
		return "key URI changed";
	return NULL;
}

const char *renew_changed(const struct conf_cert *cert, const struct record *meta)
{
	const char *key = renew_key_changed(cert, meta);

	if (!same_names(cert, meta))
		return "names changed";
	if (cert->follow.path)
		return NULL;
	if (!same_subject(cert, meta))
		return "subject changed";
	if (key)
		return key;
	if (strcmp(record_get(meta, "profile"), cert->profile ? cert->profile : "") != 0)
		return "profile changed";
	if (strcmp(record_get(meta, "account"), cert->account_name))
		return "account changed";
	return NULL;
}

static int64_t window_of(const struct conf_cert *cert, int64_t lifetime, bool *too_long)
{
	int64_t window = cert->renew_before.seconds
				 ? cert->renew_before.seconds
				 : lifetime / 1000 * cert->renew_before.per_mille +
					   lifetime % 1000 * cert->renew_before.per_mille / 1000;

	*too_long = window >= lifetime;
	return *too_long ? lifetime * DEFAULT_PER_MILLE / 1000 : window;
}

void renew_by_age(struct renew_verdict *out, const struct conf_cert *cert,
	const struct record *meta, int64_t now, uint64_t host)
{
	int64_t not_before = record_get_int(meta, "not_before", 0);
	int64_t not_after = record_get_int(meta, "not_after", 0);
	char span[CLOCK_TEXT_MAX];
	int64_t window;
	int64_t spread;

	*out = (struct renew_verdict) { 0 };
	window = window_of(cert, not_after - not_before, &out->window_too_long);
	spread = window / SPREAD_SHARE < SPREAD_MAX ? window / SPREAD_SHARE : SPREAD_MAX;
	out->when = not_after - window;
	if (spread > 0)
		out->when -= (int64_t)(mix(host, cert->name) % (uint64_t)spread);
	if (now >= not_after)
		snprintf(out->why, sizeof(out->why), "expired");
	else if (now >= out->when)
		snprintf(out->why, sizeof(out->why), "expires in %s",
			clock_format_span(span, not_after - now));
	out->due = *out->why;
}

static bool issued_before(const struct record *meta, int64_t time)
{
	return record_get_int(meta, "not_before", 0) < time &&
	       record_get_int(meta, "ordered", 0) < time;
}

void renew_by_issue(struct renew_verdict *v, const struct conf_cert *cert,
	const struct record *meta, int64_t seen, int64_t now, uint64_t host)
{
	int64_t time = cert->renew_if_issued_before;
	char text[CLOCK_TEXT_MAX];

	/* what is ordered before that time would only have to be replaced again */
	if (!time || now < time || !issued_before(meta, time))
		return;
	v->replacement = seen + (int64_t)(mix(host, cert->name) % SPREAD_MAX);
	if (v->replacement < v->when)
		v->when = v->replacement;
	if (v->due || now < v->replacement)
		return;
	v->due = true;
	snprintf(v->why, sizeof(v->why), "issued before %s", clock_format(text, time));
}

void renew_at_once(struct renew_verdict *v, const char *why)
{
	v->due = true;
	snprintf(v->why, sizeof(v->why), "%s", why);
}

void renew_decide(struct renew_verdict *out, const struct conf_cert *cert,
	const struct record *meta, int64_t now, uint64_t host)
{
	const char *why;

	*out = (struct renew_verdict) { 0 };
	if (meta)
		renew_by_age(out, cert, meta, now, host);
	why = meta ? renew_changed(cert, meta) : "no certificate yet";
	if (!why)
		return;
	renew_at_once(out, why);
}
