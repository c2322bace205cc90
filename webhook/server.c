#include "webhook/server.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/parse.h"
#include "webhook/notice.h"
#include "webhook/spool.h"
#include "webhook/tally.h"
#include "webhook/visitors.h"

#define CONNECTION_MEMORY                                                                          \
	32768 /* of the library: the head of a request and a piece of its body                     \
	       */

struct server {
	const struct server_spec *spec;
	struct MHD_Daemon *daemon;
	struct visitors visitors;
	struct tally tally;
	int64_t active; /* when a connection came or a request ended last */
};

/* A request whose head has come. */
struct request {
	unsigned status; /* 0 as long as nothing is wrong with it */
	const char *why;
	size_t len;
	char body[SERVER_BODY_MAX];
};

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void refuse(struct request *r, unsigned status, const char *why)
{
	r->status = status;
	r->why = why;
}

static void judge_head(struct request *r, const struct server *s, struct MHD_Connection *connection,
	const char *url, const char *method)
{
	const char *authorization = header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION);

	if (!credential_matches(s->spec->credential, authorization))
		refuse(r, MHD_HTTP_UNAUTHORIZED,
			authorization ? "a wrong secret" : "no Authorization header");
	else if (strcmp(url, "/"))
		refuse(r, MHD_HTTP_NOT_FOUND, "another path than /");
	else if (strcmp(method, MHD_HTTP_METHOD_POST))
		refuse(r, MHD_HTTP_METHOD_NOT_ALLOWED, "another method than POST");
}

static enum MHD_Result answer(
	struct server *s, struct MHD_Connection *connection, const struct request *r)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result done = MHD_YES;

	if (!response)
		return MHD_NO;
	if (r->status != MHD_HTTP_NO_CONTENT)
		tally_refusal(&s->tally, r->status, r->why);
	if (r->status == MHD_HTTP_UNAUTHORIZED)
		done = MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
			credential_challenge(s->spec->credential));
	else if (r->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		done = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "POST");
	else if (r->status == MHD_HTTP_SERVICE_UNAVAILABLE)
		done = MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "60");
	if (done == MHD_YES)
		done = MHD_queue_response(connection, r->status, response);
	MHD_destroy_response(response);
	return done;
}

/* Whether a body is announced that is not worth waiting for. */
static bool too_long(struct MHD_Connection *connection)
{
	const char *length = header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t n;

	return length && !parse_uint(&n, length, 0, SERVER_BODY_MAX);
}

/* The library calls us with the head alone, then with each piece of the body, then for an answer.
 */
static enum MHD_Result begin(struct request **out, struct server *s,
	struct MHD_Connection *connection, const char *url, const char *method)
{
	struct request *r = malloc(sizeof(*r));

	if (!r)
		return MHD_NO;
	*out = r;
	r->status = 0;
	r->len = 0;
	judge_head(r, s, connection, url, method);
	if (!too_long(connection))
		return MHD_YES;
	if (!r->status)
		refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "a body that is too long");
	return answer(s, connection, r);
}

/* A body without a length that goes on and on ends with the connection. */
static enum MHD_Result collect(struct request *r, struct server *s, const char *data, size_t len)
{
	if (len > sizeof(r->body) - r->len) {
		tally_refusal(&s->tally, MHD_HTTP_CONTENT_TOO_LARGE, "a body that is too long");
		return MHD_NO;
	}
	if (!r->status)
		memcpy(r->body + r->len, data, len);
	r->len += len;
	return MHD_YES;
}

static void deliver(struct request *r, struct server *s, struct err *err)
{
	enum spool_end end;
	uint64_t id;

	if (!notice_parse(&id, r->body, r->len, err)) {
		refuse(r, MHD_HTTP_BAD_REQUEST, err->text);
	} else if (!spool_add(&end, s->spec->spool, id, err)) {
		refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, err->text);
	} else if (end == SPOOL_FULL) {
		refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "as many hints wait as there may be");
	} else {
		r->status = MHD_HTTP_NO_CONTENT;
		if (end == SPOOL_NEW)
			tally_hint(&s->tally, id);
	}
}

/* NOLINTNEXTLINE(readability-function-size): the library asks for these parameters */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *len, void **slot)
{
	struct server *s = context;
	struct request *r = *slot;
	struct err err = { 0 };
	size_t n = *len;

	(void)version;
	if (!r)
		return begin((struct request **)slot, s, connection, url, method);
	*len = 0;
	if (n)
		return collect(r, s, data, n);
	if (!r->status)
		deliver(r, s, &err);
	return answer(s, connection, r);
}

static struct visitor *visitor_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
	enum MHD_RequestTerminationCode how)
{
	struct server *s = context;
	struct visitor *one = visitor_of(connection);

	(void)how;
	free(TAKE(*slot));
	s->active = clock_ms();
	if (one)
		visitor_renew(one, s->active);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
	enum MHD_ConnectionNotificationCode what)
{
	struct server *s = context;
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		s->active = clock_ms();
		*slot = visitors_enter(&s->visitors, fd, s->active);
	} else if (*slot) {
		visitors_leave(&s->visitors, TAKE(*slot));
	}
}

static bool start(struct server *s, struct err *err)
{
	/* from now on the library closes the listener */
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, s,
		MHD_OPTION_LISTEN_SOCKET, s->spec->listener, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)VISITORS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
	return s->daemon || err_set(err, ERR_INTERNAL, "the HTTP server does not start");
}

static bool idle(const struct server *s, int64_t now)
{
	return s->spec->idle_ms && !s->visitors.n && now >= s->active + s->spec->idle_ms;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Milliseconds until one of us has something to do without being called. */
static int patience(const struct server *s, int64_t now)
{
	int64_t next = earlier(visitors_next(&s->visitors), tally_next(&s->tally));
	MHD_UNSIGNED_LONG_LONG library;

	if (s->spec->idle_ms && !s->visitors.n)
		next = earlier(next, s->active + s->spec->idle_ms);
	if (MHD_get_timeout(s->daemon, &library) == MHD_YES)
		next = earlier(next, now + (int64_t)earlier((int64_t)library, INT32_MAX));
	if (next == INT64_MAX)
		return -1;
	return next > now ? (int)earlier(next - now, INT32_MAX) : 0;
}

static bool loop(struct server *s, int signals, struct err *err)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd p[] = { { .fd = info->epoll_fd, .events = POLLIN },
		{ .fd = signals, .events = POLLIN } };
	int64_t now = clock_ms();

	while (!p[1].revents && !idle(s, now)) {
		poll(p, ARRAY_LEN(p), patience(s, now));
		now = clock_ms();
		visitors_dismiss(&s->visitors, now);
		if (MHD_run(s->daemon) != MHD_YES)
			return err_set(err, ERR_INTERNAL, "the HTTP server fails");
		tally_report(&s->tally, now);
	}
	return true;
}

static bool catch_signals(int *out, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (!sigprocmask(SIG_BLOCK, &set, NULL))
		*out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *out >= 0 || err_errno(err, ERR_INTERNAL, "signals");
}

bool server_run(const struct server_spec *spec, struct err *err)
{
	struct server s = { .spec = spec, .active = clock_ms() };
	AUTO(fd) int signals = -1;
	bool done;

	visitors_init(&s.visitors);
	if (!catch_signals(&signals, err) || !start(&s, err))
		return false;
	done = loop(&s, signals, err);
	MHD_stop_daemon(s.daemon);
	tally_close(&s.tally);
	return done;
}
