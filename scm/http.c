#include "scm/http.h"

#include <assert.h>
#include <string.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "scm/headers.h"
#include "scm/tls.h"

#ifndef SCM_VERSION
#define SCM_VERSION "0"
#endif

#define CONNECT_S 15L
#define TOTAL_S 120L
#define ORDER_S 300L /* enroll waits for the CA: scm-api.md, 2 */
#define SLOW_MS 30000
#define SLOW_BYTES (100 * SLOW_MS / 1000)
#define URL_MAX 2048

struct transfer {
	struct scm_http *http;
	struct transfer *next;
	CURL *easy;
	struct scm_call call;
	char label[SCM_LABEL_MAX];
	struct buf url;
	struct buf body;
	struct scm_headers headers;
	size_t header_bytes;
	uint64_t received;  /* bytes of the answer since slow_since */
	int64_t slow_since; /* clock_ms(); 0 before the first byte */
	bool headers_end;   /* the empty line after them has come */
	bool began;	    /* from here on a byte of the request may have left */
	bool body_over;
	bool headers_over;
	bool too_slow;
	char error[CURL_ERROR_SIZE];
	scm_http_done *done;
	void *context;
};

struct scm_http {
	CURLM *multi;
	struct scm_endpoint endpoint;
	struct curl_slist *headers;
	struct transfer *transfers;
};

/* ---- callbacks ------------------------------------------------------------------------------- */

static void count(struct transfer *t, size_t n)
{
	t->received += n;
	if (!t->slow_since)
		t->slow_since = clock_ms();
}

static size_t on_header(char *line, size_t size, size_t n, void *context)
{
	struct transfer *t = context;

	count(t, n);
	t->header_bytes += n;
	t->headers_over = t->header_bytes > SCM_HEADERS_MAX;
	if (t->headers_over)
		return 0;
	if (n <= 2)
		t->headers_end = true;
	else if (!strncmp(line, "HTTP/", 5))
		t->headers_end = false;
	scm_headers_line(&t->headers, line, n, clock_now());
	return size * n;
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
	struct transfer *t = context;

	count(t, n);
	buf_add(&t->body, data, n);
	t->body_over = !buf_ok(&t->body);
	return t->body_over ? 0 : size * n;
}

/*
 * libcurl's own limit of speed would also count the time in which the server works on its answer:
 * here slowness starts with the first byte.
 */
static int on_progress(
	void *context, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct transfer *t = context;
	int64_t now = clock_ms();

	(void)dltotal;
	(void)dlnow;
	(void)ultotal;
	(void)ulnow;
	if (!t->slow_since || now - t->slow_since < SLOW_MS)
		return 0;
	t->too_slow = t->received < SLOW_BYTES;
	t->slow_since = now;
	t->received = 0;
	return t->too_slow;
}

/* Called after connecting and the TLS handshake, before the first byte of the request. */
static int on_begin(void *context, char *remote, char *local, int remote_port, int local_port)
{
	struct transfer *t = context;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	t->began = true;
	return CURL_PREREQFUNC_OK;
}

static CURLcode on_tls(CURL *easy, void *context, void *http)
{
	const struct scm_http *h = http;
	struct err err;

	(void)easy;
	return scm_tls_apply(context, &h->endpoint.tls, &err) ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static bool set_headers(struct scm_http *h, struct err *err)
{
	const struct strlist *lines = &h->endpoint.headers;

	/* an empty value: libcurl would send "Expect: 100-continue" with a large order */
	h->headers = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; h->headers && i < lines->n; i++) {
		struct curl_slist *longer = curl_slist_append(h->headers, lines->item[i]);

		if (!longer)
			return err_memory(err);
		h->headers = longer;
	}
	return h->headers || err_memory(err);
}

/* Where libcurl was built to look for the system's anchors. */
static const char *system_bundle(void)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	return v->cainfo ? v->cainfo : X509_get_default_cert_file();
}

/* The credential goes into an SSL_CTX, so another TLS library behind libcurl is of no use. */
static bool has_openssl(void)
{
	const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;

	return tls && !strncmp(tls, "OpenSSL/", 8);
}

bool scm_http_new(struct scm_http **out, const struct scm_account *account, uint32_t parallel,
	struct err *err)
{
	AUTO(scm_http) struct scm_http *h = calloc(1, sizeof(*h));
	struct scm_account whole = *account;

	if (!h)
		return err_memory(err);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->multi = curl_multi_init()))
		return err_set(err, ERR_INTERNAL, "libcurl can't be set up");
	if (!has_openssl())
		return err_set(err, ERR_INTERNAL, "libcurl was not built with OpenSSL");
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)parallel);
	if (!whole.bundle)
		whole.bundle = system_bundle();
	if (!scm_endpoint_init(&h->endpoint, &whole, err) || !set_headers(h, err))
		return false;
	*out = TAKE(h);
	return true;
}

static void transfer_free(struct transfer *t)
{
	if (!t)
		return;
	curl_easy_cleanup(t->easy);
	scm_call_dispose(&t->call);
	buf_dispose(&t->url);
	buf_dispose(&t->body);
	free(t);
}
AUTO_DEFINE(transfer, struct transfer *, transfer_free);

void scm_http_free(struct scm_http *h)
{
	if (!h)
		return;
	while (h->transfers) {
		struct transfer *t = h->transfers;

		h->transfers = t->next;
		curl_multi_remove_handle(h->multi, t->easy);
		transfer_free(t);
	}
	curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
	scm_endpoint_dispose(&h->endpoint);
	free(h);
}

/* ---- a call ---------------------------------------------------------------------------------- */

#define SET(option, value) (curl_easy_setopt(t->easy, CURLOPT_##option, (value)) == CURLE_OK)

/* What every call must keep to, whatever it asks. */
static bool set_rules(struct transfer *t)
{
	return SET(PROTOCOLS_STR, "https") && SET(FOLLOWLOCATION, 0L) && SET(PROXY, "") &&
	       SET(NOPROXY, "*") && SET(NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(HTTP_CONTENT_DECODING, 0L) &&
	       SET(NOSIGNAL, 1L) && SET(NOPROGRESS, 0L) && SET(CONNECTTIMEOUT, CONNECT_S) &&
	       SET(TIMEOUT, t->call.order ? ORDER_S : TOTAL_S) &&
	       SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(SSL_VERIFYPEER, 1L) &&
	       SET(SSL_VERIFYHOST, 2L) && SET(CAINFO, NULL) && SET(CAPATH, NULL) &&
	       SET(USERAGENT, "scm-agent/" SCM_VERSION);
}

static bool set_callbacks(struct transfer *t)
{
	return SET(SSL_CTX_FUNCTION, on_tls) && SET(SSL_CTX_DATA, t->http) &&
	       SET(PREREQFUNCTION, on_begin) && SET(PREREQDATA, t) &&
	       SET(HEADERFUNCTION, on_header) && SET(HEADERDATA, t) &&
	       SET(WRITEFUNCTION, on_body) && SET(WRITEDATA, t) &&
	       SET(XFERINFOFUNCTION, on_progress) && SET(XFERINFODATA, t) &&
	       SET(ERRORBUFFER, t->error) && SET(PRIVATE, t);
}

static bool set_request(struct transfer *t)
{
	if (!SET(URL, buf_str(&t->url)) || !SET(HTTPHEADER, t->http->headers))
		return false;
	if (!strcmp(t->call.method, "GET"))
		return SET(HTTPGET, 1L);
	return SET(POST, 1L) && SET(POSTFIELDSIZE_LARGE, (curl_off_t)t->call.body.len) &&
	       SET(POSTFIELDS, buf_str(&t->call.body));
}

/* A reused connection may be dead, and libcurl would then send the request a second time. */
static bool set_connection(struct transfer *t)
{
	return !t->call.order || (SET(FRESH_CONNECT, 1L) && SET(FORBID_REUSE, 1L));
}

static struct transfer *transfer_new(struct scm_http *h, struct scm_call *call)
{
	AUTO(transfer) struct transfer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->http = h;
	t->call = *call;
	*call = SCM_CALL;
	scm_call_label(t->label, &t->call);
	scm_headers_init(&t->headers);
	t->body = BUF(t->call.answer_max);
	t->url = BUF(URL_MAX + SCM_PATH_MAX);
	buf_addf(&t->url, "%s%s", h->endpoint.base, buf_str(&t->call.path));
	t->easy = curl_easy_init();
	if (!buf_ok(&t->url) || !t->easy || !set_rules(t) || !set_callbacks(t) || !set_request(t) ||
		!set_connection(t))
		return NULL;
	return TAKE(t);
}

bool scm_http_start(struct scm_http *h, struct scm_call *call, scm_http_done *done, void *context,
	struct err *err)
{
	AUTO(transfer) struct transfer *t = transfer_new(h, call);

	if (!t || curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
		return err_set(err, ERR_INTERNAL, "a call to SCM can't be set up");
	t->done = done;
	t->context = context;
	t->next = h->transfers;
	h->transfers = TAKE(t);
	return true;
}

/* ---- the end of a call ----------------------------------------------------------------------- */

static enum err_kind kind_of_failure(CURLcode code, const char *text)
{
	enum scm_tls_fault fault = scm_tls_fault(text);

	if (fault == SCM_TLS_REFUSED)
		return ERR_AUTH;
	if (fault == SCM_TLS_KEY || code == CURLE_SSL_CERTPROBLEM)
		return ERR_KEYSTORE;
	switch (code) {
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: no status line at all */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return ERR_PROTOCOL;
	case CURLE_URL_MALFORMAT:
		return ERR_CONFIG;
	case CURLE_OUT_OF_MEMORY:
		return ERR_INTERNAL;
	default:
		return ERR_UNAVAILABLE;
	}
}

static const char *remedy_of(CURLcode code, enum err_kind kind)
{
	if (kind == ERR_AUTH)
		return "; the server refuses the client certificate";
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return "; check url and ssl_trust_store";
	return "";
}

static void describe_failure(struct err *err, const struct transfer *t, CURLcode code)
{
	AUTO(buf) struct buf text = BUF(2 * ERR_TEXT_MAX);
	const char *said = *t->error ? t->error : curl_easy_strerror(code);
	enum err_kind kind = kind_of_failure(code, said);

	buf_add_printable(&text, said, strlen(said));
	err_set(err, kind, "%s: %.300s%s", t->label, buf_str(&text), remedy_of(code, kind));
}

/* libcurl keeps one line whole, up to 100 KiB, and calls a longer one a lack of memory. */
static bool endless_line(const struct transfer *t, CURLcode code)
{
	return code == CURLE_OUT_OF_MEMORY && t->began && !t->headers_end;
}

static void set_failure(struct scm_answer *a, const struct transfer *t, CURLcode code)
{
	a->unsent = !t->began;
	a->too_large = t->body_over;
	if (t->body_over)
		err_set(&a->err, ERR_PROTOCOL, "%s: an answer of more than %zu bytes", t->label,
			t->call.answer_max);
	else if (t->headers_over || endless_line(t, code))
		err_set(&a->err, ERR_PROTOCOL, "%s: headers of more than %d bytes", t->label,
			SCM_HEADERS_MAX);
	else if (t->too_slow)
		err_set(&a->err, ERR_UNAVAILABLE,
			"%s: less than %d bytes of the answer in %d seconds", t->label, SLOW_BYTES,
			SLOW_MS / 1000);
	else
		describe_failure(&a->err, t, code);
}

static void finish(struct scm_http *h, struct transfer *t, CURLcode code)
{
	struct scm_answer a = { .label = t->label,
		.body = buf_str(&t->body),
		.len = t->body.len,
		.location = t->headers.location,
		.total = t->headers.total,
		.retry_after = t->headers.retry_after };

	/* libcurl takes a connection that was closed within the headers for an empty answer */
	if (code == CURLE_OK && !t->headers_end)
		code = CURLE_PARTIAL_FILE;
	if (code != CURLE_OK)
		set_failure(&a, t, code);
	else if (curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &a.status) != CURLE_OK ||
		 a.status < 200)
		err_set(&a.err, ERR_PROTOCOL, "%s: no status in the answer", t->label);
	for (struct transfer **at = &h->transfers; *at; at = &(*at)->next) {
		if (*at == t) {
			*at = t->next;
			break;
		}
	}
	curl_multi_remove_handle(h->multi, t->easy);
	t->done(t->context, &a);
	transfer_free(t);
}

void scm_http_wait(struct scm_http *h, int fd, bool writing, int timeout_ms)
{
	struct curl_waitfd own = { .fd = fd,
		.events = (short)(CURL_WAIT_POLLIN | (writing ? CURL_WAIT_POLLOUT : 0)) };
	CURLMsg *message;
	int running;
	int left;

	curl_multi_perform(h->multi, &running);
	curl_multi_poll(h->multi, &own, 1, timeout_ms, NULL);
	curl_multi_perform(h->multi, &running);
	while ((message = curl_multi_info_read(h->multi, &left))) {
		struct transfer *t = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
		assert(t);
		finish(h, t, code);
	}
}
