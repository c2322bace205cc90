#include "agent/validate.h"

#include <string.h>
#include <strings.h>

#include "agent/publish.h"
#include "agent/retry.h"
#include "base/clock.h"
#include "base/log.h"
#include "dcv/name.h"

#define LONGEST_WORK (7 * 86400)  /* then it is begun anew */
#define UNSEEN_FAILS 3600	  /* until then what was published may be on its way */
#define URGENT_BEFORE (7 * 86400) /* its end */
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

void validate_dispose(struct validate *w)
{
	validation_dispose(&w->v);
	answer_dispose(&w->said);
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

static bool clear_at_scm(
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

static bool ask(struct validate *w, struct err *err)
{
	struct validation *v = &w->v;

	answer_dispose(&w->said);
	if (!call(&w->said, w, WIRE_DCV_STATUS, err))
		return false;
	w->asked = true;
	return validation_set_int(v, VALIDATION_ASKED, clock_now(), err) &&
	       validation_set_int(v, VALIDATION_VALID, says(&w->said, STATUS, "VALIDATED"), err) &&
	       validation_set_int(
		       v, VALIDATION_EXPIRES, validation_date(cell(&w->said, EXPIRES)), err) &&
	       (validation_state(v) == VALIDATION_IDLE || judge(w, err)) &&
	       validation_write(v, w->run->store, err);
}

/* ---- steps ----------------------------------------------------------------------------------- */

typedef bool step_fn(struct validate *w, struct err *err);

/* What the work depends on in the configuration. */
static bool way_of(char out[static CSR_SHA256_HEX], const struct conf_dcv *d, struct err *err)
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

	return way_of(way, d, err) && validation_set(v, VALIDATION_WAY, way, err) &&
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
	if (*why && !clear_at_scm(w->run->net, w->conf->account, w->domain, err))
		return false;
	validation_end_work(&w->v);
	if (!*why)
		return finish_well(w, err);
	return validation_write(&w->v, w->run->store, err) && err_set(err, ERR_REJECTED, "%s", why);
}

/* The life of a validation, until it is over. */
static step_fn *const life[VALIDATION_COUNT] = {
	[VALIDATION_IDLE] = step_begin,
	[VALIDATION_STARTED] = step_publish,
	[VALIDATION_PUBLISHED] = step_look,
	[VALIDATION_SEEN] = step_submit,
	[VALIDATION_SUBMITTED] = step_wait,
};

/* ---- ending it ------------------------------------------------------------------------------- */

bool validate_give_up(struct run *run, struct validation *v, struct err *err)
{
	const struct conf_account *account =
		conf_find_account(run->conf, validation_get(v, VALIDATION_ACCOUNT));

	if (account && !clear_at_scm(run->net, account, v->domain, err))
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
	return works || !w->anew || clear_at_scm(w->run->net, w->conf->account, w->domain, err);
}

static bool go_on(struct validate *w, struct err *err)
{
	for (;;) {
		enum validation_state state = validation_state(&w->v);

		if (state == VALIDATION_OVER)
			return step_finish(w, err);
		if (w->asked && state == VALIDATION_IDLE && !is_wanted(w))
			return true;
		if (!(w->asked ? life[state](w, err) : ask(w, err)))
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
		next - clock_now() > LONGEST_WORK)
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
	if (w->err.kind == ERR_PENDING)
		return validation_set(v, VALIDATION_WAITS, w->err.text, err) &&
		       validation_write(v, w->run->store, err);
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
	if (!way_of(way, w->conf, &w->err) ||
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
