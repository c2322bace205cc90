#include "scm/http_transfer.h"

#include <string.h>

#include "base/clock.h"

#ifndef SCM_VERSION
#define SCM_VERSION "0"
#endif

#define LATE_MS (1000 * SCM_CONNECT_S + 1000)
#define TOTAL_S 120L
#define SLOW_S 300L /* enroll waits for the CA: scm-api.md, 2 */
#define SECRET_LINE_MAX (20 * 1024)

/* ---- callbacks ------------------------------------------------------------------------------- */

static void count(struct scm_transfer *t, size_t n)
{
	t->received += n;
	if (!t->slow_since)
		t->slow_since = clock_ms();
}

/* Before the request begins, header lines are those of a proxy: bounded like others, not read. */
static size_t on_header(char *line, size_t size, size_t n, void *context)
{
	struct scm_transfer *t = context;

	t->header_bytes += n;
	t->headers_over = t->header_bytes > SCM_HEADERS_MAX;
	if (t->headers_over)
		return 0;
	if (!t->began)
		return size * n;
	count(t, n);
	if (n <= 2)
		t->headers_end = true;
	else if (!strncmp(line, "HTTP/", 5))
		t->headers_end = false;
	scm_headers_line(&t->headers, line, n, clock_now());
	return size * n;
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
	struct scm_transfer *t = context;

	count(t, n);
	buf_add(&t->body, data, n);
	t->body_over = !buf_ok(&t->body);
	return t->body_over ? 0 : size * n;
}

/*
 * libcurl looks at no clock while a proxy goes on with a body that nobody wants, but asks here for
 * each byte of it. Its own limit of speed would also count the time in which the server works on
 * its answer: here slowness starts with the first byte.
 */
static int on_progress(
	void *context, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct scm_transfer *t = context;
	int64_t now = clock_ms();

	(void)dltotal;
	(void)dlnow;
	(void)ultotal;
	(void)ulnow;
	t->too_late = !t->began && now - t->started > LATE_MS;
	if (t->too_late)
		return 1;
	if (!t->slow_since || now - t->slow_since < SCM_SLOW_MS)
		return 0;
	t->too_slow = t->received < SCM_SLOW_BYTES;
	t->slow_since = now;
	t->received = 0;
	return t->too_slow;
}

/* Called after connecting, the proxy's consent and the TLS handshake, before the first byte. */
static int on_begin(void *context, char *remote, char *local, int remote_port, int local_port)
{
	struct scm_transfer *t = context;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	t->began = true;
	t->header_bytes = 0;
	return CURL_PREREQFUNC_OK;
}

static CURLcode on_tls(CURL *easy, void *context, void *transfer)
{
	struct scm_transfer *t = transfer;
	struct err err;

	(void)easy;
	t->connected = true;
	return scm_tls_apply(context, &t->endpoint->tls, &err) ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

#define SET(option, value) (curl_easy_setopt(t->easy, CURLOPT_##option, (value)) == CURLE_OK)

/* What every request must keep to, whatever it asks. */
static bool set_rules(struct scm_transfer *t)
{
	return SET(PROTOCOLS_STR, "https") && SET(FOLLOWLOCATION, 0L) &&
	       SET(NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(HTTP_CONTENT_DECODING, 0L) &&
	       SET(NOSIGNAL, 1L) && SET(NOPROGRESS, 0L) &&
	       SET(CONNECTTIMEOUT, (long)SCM_CONNECT_S) &&
	       SET(TIMEOUT, t->request.slow ? SLOW_S : TOTAL_S) &&
	       SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(SSL_VERIFYPEER, 1L) &&
	       SET(SSL_VERIFYHOST, 2L) && SET(CAINFO, NULL) && SET(CAPATH, NULL) &&
	       SET(USERAGENT, "scm-agent/" SCM_VERSION);
}

/* Its login goes to the proxy alone, our header lines to the server alone. */
static bool set_proxy(struct scm_transfer *t)
{
	const struct scm_endpoint *e = t->endpoint;

	if (!e->proxy)
		return SET(PROXY, "") && SET(NOPROXY, "*");
	if (!SET(PROXYTYPE, (long)CURLPROXY_HTTP) || !SET(PROXY, e->proxy) || !SET(NOPROXY, "") ||
		!SET(HTTPPROXYTUNNEL, 1L) || !SET(HEADEROPT, (long)CURLHEADER_SEPARATE))
		return false;
	return !e->proxy_user || (SET(PROXYAUTH, (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST)) &&
					 SET(PROXYUSERNAME, e->proxy_user) &&
					 SET(PROXYPASSWORD, secret_bytes(e->proxy_password)));
}

static bool set_callbacks(struct scm_transfer *t)
{
	return SET(SSL_CTX_FUNCTION, on_tls) && SET(SSL_CTX_DATA, t) &&
	       SET(PREREQFUNCTION, on_begin) && SET(PREREQDATA, t) &&
	       SET(HEADERFUNCTION, on_header) && SET(HEADERDATA, t) &&
	       SET(WRITEFUNCTION, on_body) && SET(WRITEDATA, t) &&
	       SET(XFERINFOFUNCTION, on_progress) && SET(XFERINFODATA, t) &&
	       SET(ERRORBUFFER, t->error) && SET(PRIVATE, t);
}

static bool add_line(struct scm_transfer *t, const char *line)
{
	struct curl_slist *longer = curl_slist_append(t->lines, line);

	if (longer)
		t->lines = longer;
	return longer;
}

static bool set_lines(struct scm_transfer *t)
{
	const struct scm_http_request *r = &t->request;
	AUTO(buf_secret) struct buf line = BUF(SECRET_LINE_MAX);

	/* an empty value: libcurl would send "Expect: 100-continue" with a large order */
	if (!add_line(t, "Expect:"))
		return false;
	for (size_t i = 0; i < r->headers->n; i++)
		if (!add_line(t, r->headers->item[i]))
			return false;
	if (r->secret) {
		buf_add_str(&line, r->secret_header);
		buf_add(&line, secret_bytes(r->secret), secret_len(r->secret));
		if (!buf_ok(&line) || !add_line(t, buf_str(&line)))
			return false;
	}
	return SET(HTTPHEADER, t->lines);
}

static bool set_request(struct scm_transfer *t)
{
	const struct scm_http_request *r = &t->request;

	if (!SET(URL, r->url))
		return false;
	if (!strcmp(r->method, "GET"))
		return SET(HTTPGET, 1L);
	return SET(POST, 1L) && SET(CUSTOMREQUEST, r->method) &&
	       SET(POSTFIELDSIZE_LARGE, (curl_off_t)r->len) &&
	       SET(POSTFIELDS, r->len ? r->body : "");
}

/* A reused connection may be dead, and libcurl would then send the request a second time. */
static bool set_connection(struct scm_transfer *t)
{
	return !t->request.once || (SET(FRESH_CONNECT, 1L) && SET(FORBID_REUSE, 1L));
}

struct scm_transfer *scm_transfer_new(
	const struct scm_endpoint *endpoint, const struct scm_http_request *request)
{
	AUTO(scm_transfer) struct scm_transfer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->endpoint = endpoint;
	t->request = *request;
	t->started = clock_ms();
	scm_headers_init(&t->headers);
	t->body = BUF(request->answer_max);
	t->easy = curl_easy_init();
	if (!t->easy || !set_rules(t) || !set_proxy(t) || !set_callbacks(t) || !set_lines(t) ||
		!set_request(t) || !set_connection(t))
		return NULL;
	return TAKE(t);
}

void scm_transfer_free(struct scm_transfer *t)
{
	if (!t)
		return;
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->lines);
	buf_wipe(&t->body);
	free(t);
}

/* ---- the end --------------------------------------------------------------------------------- */

struct scm_answer scm_transfer_answer(const struct scm_transfer *t, CURLcode code)
{
	struct scm_answer a = { .label = t->request.label,
		.body = buf_str(&t->body),
		.len = t->body.len,
		.location = t->headers.location,
		.authorization_uri = t->headers.authorization_uri,
		.total = t->headers.total,
		.retry_after = t->headers.retry_after };

	/* libcurl takes a connection that was closed within the headers for an empty answer */
	if (code == CURLE_OK && !t->headers_end)
		code = CURLE_PARTIAL_FILE;
	if (code != CURLE_OK)
		scm_transfer_failure(&a, t, code);
	else if (curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &a.status) != CURLE_OK ||
		 a.status < 200)
		err_set(&a.err, ERR_PROTOCOL, "%s: no status in the answer", a.label);
	return a;
}
