/* What a request that brought no whole answer died of: ours, the network's, the proxy's, SCM's. */
#include <string.h>

#include "scm/http_transfer.h"

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

static const char *remedy_of(const struct scm_transfer *t, CURLcode code, enum err_kind kind)
{
	if (kind == ERR_AUTH)
		return t->endpoint->tls.key ? "; the server refuses the client certificate"
					    : "; the server wants a client certificate";
	if (code != CURLE_PEER_FAILED_VERIFICATION)
		return "";
	return t->endpoint->proxy ? "; check url and ssl_trust_store, and whether the proxy breaks "
				    "TLS open"
				  : "; check url and ssl_trust_store";
}

static const char *words_of(const struct scm_transfer *t, CURLcode code)
{
	return *t->error ? t->error : curl_easy_strerror(code);
}

static void describe_failure(struct err *err, const struct scm_transfer *t, CURLcode code)
{
	AUTO(buf) struct buf text = BUF(2 * ERR_TEXT_MAX);
	const char *said = words_of(t, code);
	enum err_kind kind = kind_of_failure(code, said);

	buf_add_printable(&text, said, strlen(said));
	err_set(err, kind, "%s: %.300s%s", t->request.label, buf_str(&text),
		remedy_of(t, code, kind));
}

/* libcurl keeps one line whole, up to 100 KiB, and calls a longer one a lack of memory. */
static bool endless_line(const struct scm_transfer *t, CURLcode code)
{
	return code == CURLE_OUT_OF_MEMORY && t->began && !t->headers_end;
}

/* ---- a proxy --------------------------------------------------------------------------------- */

/* The status of its answer to CONNECT, 0 for none. */
static long connect_status(const struct scm_transfer *t)
{
	long status = 0;

	return curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &status) == CURLE_OK ? status
											  : 0;
}

/* Up to its consent the only other side is the proxy. */
static bool failed_at_proxy(const struct scm_transfer *t)
{
	return t->endpoint->proxy && !t->connected && !t->began;
}

/* 401 is what tinyproxy says to a wrong password. */
static bool describe_refusal(struct err *err, const struct scm_transfer *t, long status)
{
	const struct scm_endpoint *e = t->endpoint;

	if ((status == 407 || status == 401) && e->proxy_user)
		return err_set(err, ERR_AUTH,
			"%s: proxy '%s' refuses proxy_username '%.100s' (HTTP %ld); check "
			"proxy_password_file",
			t->request.label, e->proxy, e->proxy_user, status);
	return err_set(err, ERR_UNAVAILABLE,
		"%s: proxy '%s' does not connect to the server: HTTP %ld%s", t->request.label,
		e->proxy, status,
		status == 407 ? "; set proxy_username and proxy_password_file" : "");
}

static void describe_proxy(struct err *err, const struct scm_transfer *t, CURLcode code)
{
	AUTO(buf) struct buf text = BUF(2 * ERR_TEXT_MAX);
	const char *said = words_of(t, code);
	long status = connect_status(t);

	if (status >= 300) {
		describe_refusal(err, t, status);
		return;
	}
	if (t->too_late)
		said = "no way to the server in time";
	if (t->headers_over)
		said = "its header is too long";
	buf_add_printable(&text, said, strlen(said));
	err_set(err, ERR_UNAVAILABLE,
		"%s: proxy '%s': %.300s; check proxy_host_name and proxy_port", t->request.label,
		t->endpoint->proxy, buf_str(&text));
}

void scm_transfer_failure(struct scm_answer *a, const struct scm_transfer *t, CURLcode code)
{
	const char *label = t->request.label;

	a->unsent = !t->began;
	a->too_large = t->body_over;
	if (failed_at_proxy(t))
		describe_proxy(&a->err, t, code);
	else if (t->too_late)
		err_set(&a->err, ERR_UNAVAILABLE, "%s: no connection in %d seconds", label,
			SCM_CONNECT_S);
	else if (t->body_over)
		err_set(&a->err, ERR_PROTOCOL, "%s: an answer of more than %zu bytes", label,
			t->request.answer_max);
	else if (t->headers_over || endless_line(t, code))
		err_set(&a->err, ERR_PROTOCOL, "%s: headers of more than %d bytes", label,
			SCM_HEADERS_MAX);
	else if (t->too_slow)
		err_set(&a->err, ERR_UNAVAILABLE,
			"%s: less than %d bytes of the answer in %d seconds", label, SCM_SLOW_BYTES,
			SCM_SLOW_MS / 1000);
	else
		describe_failure(&a->err, t, code);
}
