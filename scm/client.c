#include "scm/client.h"

#include "scm/login.h"
#include "scm/work.h"

struct job {
	struct scm_client *client;
	struct job *next; /* in the queue */
	struct scm_work *work;
};

struct scm_client {
	enum wire_api api;
	struct scm_login *login;
	struct job *first;
	struct job **last;
	size_t waiting;
	uint32_t running;
	uint32_t parallel;
	bool answered;	    /* the first call has come back */
	struct err refused; /* the credential was: nothing more is sent with it */
	scm_client_answer *answer;
	void *context;
	struct job *flying[SCM_PARALLEL_MAX];
};

static void job_free(struct job *j)
{
	if (!j)
		return;
	scm_work_free(j->work);
	free(j);
}
AUTO_DEFINE(job, struct job *, job_free);

bool scm_client_new(struct scm_client **out, const struct scm_account *account, uint32_t parallel,
	struct err *err)
{
	AUTO(scm_client) struct scm_client *c = calloc(1, sizeof(*c));

	if (!c)
		return err_memory(err);
	c->api = account->api;
	c->last = &c->first;
	c->parallel = parallel < SCM_PARALLEL_MAX ? parallel : SCM_PARALLEL_MAX;
	if (!scm_login_new(&c->login, account, c->parallel, err))
		return false;
	*out = TAKE(c);
	return true;
}

void scm_client_free(struct scm_client *c)
{
	if (!c)
		return;
	scm_login_free(c->login);
	for (size_t i = 0; i < SCM_PARALLEL_MAX; i++)
		job_free(c->flying[i]);
	while (c->first) {
		struct job *j = c->first;

		c->first = j->next;
		job_free(j);
	}
	free(c);
}

void scm_client_listen(struct scm_client *c, scm_client_answer *answer, void *context)
{
	c->answer = answer;
	c->context = context;
}

bool scm_client_ask(struct scm_client *c, const struct wire_request *r, struct err *err)
{
	AUTO(job) struct job *j = calloc(1, sizeof(*j));

	if (c->waiting == SCM_WAITING_MAX)
		return err_set(err, ERR_INTERNAL, "more than %d requests at once", SCM_WAITING_MAX);
	if (!j)
		return err_memory(err);
	j->client = c;
	if (!scm_work_new(&j->work, r, c->api, err))
		return false;
	*c->last = j;
	c->last = &j->next;
	c->waiting++;
	j = NULL;
	return true;
}

static void finish(struct job *j)
{
	struct scm_client *c = j->client;

	c->answered = true;
	if (j->work->reply.err.kind == ERR_AUTH)
		c->refused = j->work->reply.err;
	c->answer(c->context, &j->work->reply);
	for (size_t i = 0; i < SCM_PARALLEL_MAX; i++)
		if (c->flying[i] == j)
			c->flying[i] = NULL;
	c->running--;
	job_free(j);
}

static void on_done(void *context, const struct scm_answer *a);

/* Sends the next call of a job, or hands out its reply. */
static void go_on(struct job *j, bool another, struct scm_call *call)
{
	struct scm_client *c = j->client;
	struct err err = c->refused;

	if (another && err.kind == ERR_NONE && scm_login_start(c->login, call, on_done, j, &err))
		return;
	if (another)
		scm_work_fail(j->work, &err);
	finish(j);
}

static void on_done(void *context, const struct scm_answer *a)
{
	AUTO(scm_call) struct scm_call call = SCM_CALL;
	struct job *j = context;

	go_on(j, scm_work_step(j->work, a, &call), &call);
}

static void take_off(struct scm_client *c, struct job *j)
{
	size_t i = 0;

	while (c->flying[i])
		i++;
	c->flying[i] = j;
	c->running++;
}

static void start_next(struct scm_client *c)
{
	AUTO(scm_call) struct scm_call call = SCM_CALL;
	struct job *j = c->first;

	c->first = j->next;
	if (!c->first)
		c->last = &c->first;
	c->waiting--;
	take_off(c, j);
	go_on(j, scm_work_begin(j->work, &call), &call);
}

/* Accounts lock after some wrong logins: the first call goes alone, and a refusal is the last. */
static uint32_t most_running(const struct scm_client *c)
{
	return c->answered ? c->parallel : 1;
}

void scm_client_wait(struct scm_client *c, int fd, bool writing, bool hold, int timeout_ms)
{
	while (!hold && c->first && c->running < most_running(c))
		start_next(c);
	scm_http_wait(scm_login_http(c->login), fd, writing, timeout_ms);
}
