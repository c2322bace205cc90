#include "agent/validate_step.h"

#include <string.h>
#include <strings.h>

#include "agent/publish.h"
#include "base/clock.h"
#include "base/log.h"

#define LONGEST_WORK (7 * 86400) /* then it is begun anew */
#define UNSEEN_FAILS 3600	 /* until then what was published may be on its way */
#define WAY_MAX (64 * 1024)

/* Cells of SCM's answer (scm/wire.h). */
enum cell { STATUS, ORDER, EXPIRES, HOST, POINT, URL, FIRST, SECOND, MAILBOXES };

static const char *cell(const struct answer *a, enum cell c)
{
	const struct wire_reply *r = &a->reply;

	return r->rows && r->columns == WIRE_DCV_COLUMNS ? r->cell[c] : "";
}

static bool says(const struct answer *a, enum cell c, const char *word)
{
	return !strcmp(cell(a, c), word);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool call(
	struct answer *out, const struct validate *w, enum wire_dcv_action action, struct err *err)
{
	static const char *const verbs[] = { [WIRE_DCV_STATUS] = "ask SCM",
		[WIRE_DCV_START] = "begin",
		[WIRE_DCV_SUBMIT] = "submit",
		[WIRE_DCV_CLEAR] = "clear" };
	static const enum wire_dcv_method methods[] = { [DCV_HTTP] = WIRE_DCV_HTTP,
		[DCV_HTTPS] = WIRE_DCV_HTTPS,
		[DCV_CNAME] = WIRE_DCV_CNAME,
		[DCV_TXT] = WIRE_DCV_TXT,
		[DCV_EMAIL] = WIRE_DCV_EMAIL };
	struct wire_request r = { .op = WIRE_DCV };

	r.dcv = (struct wire_dcv) { .action = action,
		.method = methods[w->conf->method],
		.domain = w->domain,
		.email = w->conf->email ? w->conf->email : "" };
	return net_call(out, w->run->net, w->conf->account, &r, err) ||
	       err_wrap(err, "%s", verbs[action]);
}

bool validate_clear(
	struct net *net, const struct conf_account *a, const char *domain, struct err *err)
{
	AUTO(answer) struct answer answer = { 0 };
	struct wire_request r = { .op = WIRE_DCV,
		.dcv = { .action = WIRE_DCV_CLEAR, .domain = domain, .email = "" } };

	/* a refusal means that there is nothing to clear */
	return net_call(&answer, net, a, &r, err) || err->kind == ERR_REJECTED ||
	       err_wrap(err, "clear");
}

static bool over(struct validation *v, const char *why, struct err *err)
{
	return validation_set(v, VALIDATION_OVER_WHY, why, err);
}

/*
 * A domain that is still validated while it is validated anew: its end has moved, or SCM has no
 * order for it any more.
 */
static bool is_done(const struct validate *w)
{
	const struct validation *v = &w->v;
	bool moved = validation_int(v, VALIDATION_EXPIRES) != validation_int(v, VALIDATION_WAS);
	bool ended =
		validation_int(v, VALIDATION_SUBMITTED_AT) && !says(&w->said, ORDER, "SUBMITTED");

	return validation_int(v, VALIDATION_VALID) && (moved || ended);
}

/* What SCM's answer means for the work that is under way. */
static bool judge(struct validate *w, struct err *err)
{
	struct validation *v = &w->v;
	int64_t age = clock_now() - validation_int(v, VALIDATION_STARTED_AT);

	if (is_done(w))
		return over(v, "", err);
	if (age > LONGEST_WORK || age < -LONGEST_WORK)
		return over(v, "SCM has not validated it within 7 days", err);
	if (!validation_int(v, VALIDATION_SUBMITTED_AT))
		return !says(&w->said, ORDER, "SUBMITTED") ||
		       validation_set_int(v, VALIDATION_SUBMITTED_AT, clock_now(), err);
	if (says(&w->said, ORDER, "REJECTED"))
		return over(v, "SCM has rejected the validation", err);
	if (says(&w->said, ORDER, "NOT_INITIATED") || says(&w->said, ORDER, "AWAITING_SUBMISSION"))
		return over(v, "SCM has no validation under way any more", err);
	return true;
}

bool validate_ask(struct validate *w, struct err *err)
{
	struct validation *v = &w->v;

	answer_dispose(&w->said);
	if (!call(&w->said, w, WIRE_DCV_STATUS, err))
		return false;
	w->asked = true;
	return validation_set_int(v, VALIDATION_ASKED, clock_now(), err) &&
	       validation_set_int(v, VALIDATION_VALID, says(&w->said, STATUS, "VALIDATED"), err) &&
	       validation_set_int(
		       v, VALIDATION_EXPIRES, clock_parse_day(cell(&w->said, EXPIRES)), err) &&
	       (validation_state(v) == VALIDATION_IDLE || judge(w, err)) &&
	       validation_write(v, w->run->store, err);
}

/* ---- steps ----------------------------------------------------------------------------------- */

typedef bool step_fn(struct validate *w, struct err *err);

/* What the work depends on in the configuration. */
bool validate_way(char out[static CSR_SHA256_HEX], const struct conf_dcv *d, struct err *err)
{
	AUTO(buf) struct buf text = BUF(WAY_MAX);

	buf_addf(&text, "%s\n%s\n%s\n%s\n%s\n", dcv_type_name(d->method), d->account->name,
		d->webroot ? d->webroot : "", d->hook.n ? d->hook.item[0].text : "",
		d->email ? d->email : "");
	if (!buf_check(&text, "way", err))
		return false;
	return csr_der_fingerprint(out, text.data, text.len) || err_memory(err);
}

/* Takes over what SCM said is to be published, once it was found decent. */
static bool take_challenge(struct validation *v, const struct answer *a, struct err *err)
{
	struct dcv_challenge c;

	if (!validation_set(v, VALIDATION_HOST, cell(a, HOST), err) ||
		!validation_set(v, VALIDATION_POINT, cell(a, POINT), err) ||
		!validation_set(v, VALIDATION_URL, cell(a, URL), err) ||
		!validation_set(v, VALIDATION_FIRST, cell(a, FIRST), err) ||
		!validation_set(v, VALIDATION_SECOND, cell(a, SECOND), err))
		return false;
	c = validation_challenge(v);
	return dcv_challenge_check(&c, err);
}

/* The work's beginning, in memory: by what means, and where to take it away again. */
static bool open_work(struct validate *w, const struct answer *a, struct err *err)
{
	const struct conf_dcv *d = w->conf;
	struct validation *v = &w->v;
	char way[CSR_SHA256_HEX];
	int64_t was =
		validation_int(v, VALIDATION_VALID) ? validation_int(v, VALIDATION_EXPIRES) : 0;

	return validate_way(way, d, err) && validation_set(v, VALIDATION_WAY, way, err) &&
	       validation_set(v, VALIDATION_METHOD, dcv_type_name(d->method), err) &&
	       validation_set(v, VALIDATION_ACCOUNT, d->account->name, err) &&
	       validation_set(v, VALIDATION_WEBROOT, d->webroot, err) &&
	       validation_set(v, VALIDATION_HOOK, d->hook.n ? d->hook.item[0].text : NULL, err) &&
	       validation_set_int(v, VALIDATION_WAS, was, err) && take_challenge(v, a, err) &&
	       validation_set_int(v, VALIDATION_STARTED_AT, clock_now(), err);
}

static bool write_work(struct validate *w, const char *event, struct err *err)
{
	return validation_write(&w->v, w->run->store, err) &&
	       store_history(w->run->store, err, w->domain, event, "method=%s",
		       dcv_type_name(w->conf->method));
}

/* An answer that got lost, or a validation that somebody else began: it may be ours to finish. */
static bool adopt(struct validate *w, struct err *err)
{
	enum dcv_type method = w->conf->method;
	bool file = method == DCV_HTTP || method == DCV_HTTPS;
	struct err why = { 0 };

	if (method != DCV_EMAIL && *cell(&w->said, file ? URL : HOST) &&
		open_work(w, &w->said, &why))
		return validation_set_int(&w->v, VALIDATION_SUBMITTED_AT, clock_now(), err) &&
		       write_work(w, "dcv-adopted", err);
	validation_end_work(&w->v);
	return err_set(err, ERR_PENDING,
		"SCM has a validation under way that was not begun here; this waits for its end, "
		"or ends it with scm-agent dcv --force %s",
		w->domain);
}

/* SCM writes to few addresses only; a wrong one is known before somebody waits for mail. */
static bool check_mailbox(const struct validate *w, const struct answer *a, struct err *err)
{
	AUTO(strlist) struct strlist offered = { 0 };

	if (!strlist_split(&offered, cell(a, MAILBOXES), ' '))
		return err_memory(err);
	for (size_t i = 0; i < offered.n; i++)
		if (!strcasecmp(offered.item[i], w->conf->email))
			return true;
	return !offered.n || err_set(err, ERR_CONFIG, "SCM does not write to %s; it offers %s",
				     w->conf->email, cell(a, MAILBOXES));
}

static bool step_begin(struct validate *w, struct err *err)
{
	AUTO(answer) struct answer answer = { 0 };
	bool text = w->conf->method == DCV_TXT;

	w->anew = false;
	if (says(&w->said, ORDER, "SUBMITTED"))
		return adopt(w, err);
	if (!call(&answer, w, text ? WIRE_DCV_SUBMIT : WIRE_DCV_START, err))
		return false;
	if ((w->conf->method == DCV_EMAIL && !check_mailbox(w, &answer, err)) ||
		!open_work(w, &answer, err)) {
		validation_end_work(&w->v);
		return false;
	}
	/* a TXT record is told about by the submission alone */
	return (!text || validation_set_int(&w->v, VALIDATION_SUBMITTED_AT, clock_now(), err)) &&
	       write_work(w, "dcv-started", err);
}

static bool step_publish(struct validate *w, struct err *err)
{
	w->moved = true;
	return publish_put(&w->v, w->conf, err) &&
	       validation_set_int(&w->v, VALIDATION_PUBLISHED_AT, clock_now(), err) &&
	       validation_write(&w->v, w->run->store, err);
}

static bool step_look(struct validate *w, struct err *err)
{
	int64_t age = clock_now() - validation_int(&w->v, VALIDATION_PUBLISHED_AT);

	log_progress("%s: looking for what was published", w->domain);
	if (w->conf->check && !publish_look(&w->v, w->conf, w->run->net, err)) {
		if (err->kind == ERR_UNAVAILABLE && age < UNSEEN_FAILS)
			err->kind = ERR_PENDING;
		return err_wrap(err, "published, but not seen yet");
	}
	return validation_set_int(&w->v, VALIDATION_SEEN_AT, clock_now(), err) &&
	       validation_write(&w->v, w->run->store, err);
}

static bool step_submit(struct validate *w, struct err *err)
{
	AUTO(answer) struct answer answer = { 0 };

	if (!call(&answer, w, WIRE_DCV_SUBMIT, err) ||
		!validation_set_int(&w->v, VALIDATION_SUBMITTED_AT, clock_now(), err) ||
		!write_work(w, "dcv-submitted", err))
		return false;
	if (w->conf->method == DCV_EMAIL)
		log_info("SCM writes to %s; somebody has to follow the link in that mail",
			w->conf->email);
	w->moved = true;
	w->asked = false; /* it may be done at once */
	return true;
}

static bool step_wait(struct validate *w, struct err *err)
{
	if (w->conf->method == DCV_EMAIL)
		return err_set(err, ERR_PENDING, "SCM waits for an answer to its mail to %s",
			w->conf->email);
	return err_set(err, ERR_PENDING, "SCM has not validated it by %s yet",
		dcv_type_name(w->conf->method));
}

static bool finish_well(struct validate *w, struct err *err)
{
	char until[CLOCK_TEXT_MAX] = "";
	int64_t expires = validation_int(&w->v, VALIDATION_EXPIRES);

	validation_end_failures(&w->v);
	if (expires)
		clock_format(until, expires);
	log_info("validated%s%.10s", *until ? ", until " : "", until);
	return validation_set_int(&w->v, VALIDATION_SINCE, clock_now(), err) &&
	       validation_write(&w->v, w->run->store, err) &&
	       store_history(w->run->store, err, w->domain, "validated", "until=%.10s", until);
}

/* Nothing stays published, well or badly. */
static bool step_finish(struct validate *w, struct err *err)
{
	char why[ERR_TEXT_MAX];

	if (!publish_take(&w->v, w->run->conf, err))
		return err_wrap(err, "take away what was published");
	snprintf(why, sizeof(why), "%s", validation_get(&w->v, VALIDATION_OVER_WHY));
	if (*why && !validate_clear(w->run->net, w->conf->account, w->domain, err))
		return false;
	validation_end_work(&w->v);
	if (!*why)
		return finish_well(w, err);
	return validation_write(&w->v, w->run->store, err) && err_set(err, ERR_REJECTED, "%s", why);
}

/* The life of a validation. */
static step_fn *const life[VALIDATION_COUNT] = {
	[VALIDATION_IDLE] = step_begin,
	[VALIDATION_STARTED] = step_publish,
	[VALIDATION_PUBLISHED] = step_look,
	[VALIDATION_SEEN] = step_submit,
	[VALIDATION_SUBMITTED] = step_wait,
	[VALIDATION_OVER] = step_finish,
};

bool validate_step(struct validate *w, struct err *err)
{
	return life[validation_state(&w->v)](w, err);
}
