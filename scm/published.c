#include "scm/published.h"

#include <arpa/inet.h>
#include <string.h>

#include <curl/curl.h>

#include "base/parse.h"

#define CONNECT_S 5L
#define HEADERS_MAX (16 * 1024)
#define ADDRESS_MAX 64
#define QUOTE_MAX 60 /* bytes of what was found */

/* ---- what was found -------------------------------------------------------------------------- */

/* Takes the line at *at, without its end; NULL after the last. */
static const char *next_line(size_t *len, const char **at, const char *end)
{
	const char *line = *at;
	const char *stop = memchr(line, '\n', (size_t)(end - line));

	if (line == end)
		return NULL;
	*at = stop ? stop + 1 : end;
	*len = (size_t)((stop ? stop : end) - line);
	if (*len && line[*len - 1] == '\r')
		--*len;
	return line;
}

static bool differs(const char *which, const char *line, size_t len, struct err *err)
{
	AUTO(buf) struct buf quote = BUF(4 * QUOTE_MAX);

	if (!line)
		return err_set(err, ERR_UNAVAILABLE, "the %s line is missing", which);
	buf_add_printable(&quote, line, len < QUOTE_MAX ? len : QUOTE_MAX);
	return err_set(err, ERR_UNAVAILABLE, "the %s line is '%s'%s, not what SCM wants there",
		which, buf_str(&quote), len > QUOTE_MAX ? " and so on" : "");
}

static bool same(const char *line, size_t len, const char *wanted)
{
	return line && len == strlen(wanted) && !memcmp(line, wanted, len);
}

bool scm_published_lines(
	const char *text, size_t len, const struct wire_published *p, struct err *err)
{
	const char *end = text + len;
	const char *line;
	size_t n = 0;

	line = next_line(&n, &text, end);
	if (!same(line, n, p->first_line))
		return differs("first", line, n, err);
	line = next_line(&n, &text, end);
	if (!same(line, n, p->second_line))
		return differs("second", line, n, err);
	while ((line = next_line(&n, &text, end)))
		if (n)
			return err_set(err, ERR_UNAVAILABLE, "there is more than two lines");
	return true;
}

/* ---- where to look --------------------------------------------------------------------------- */

static bool check_url(const char *url, struct err *err)
{
	size_t scheme = !strncmp(url, "http://", 7) ? 7 : !strncmp(url, "https://", 8) ? 8 : 0;
	size_t host = scheme ? strcspn(url + scheme, "/?#@\\") : 0;

	for (const char *s = url; *s; s++)
		if (*s <= ' ' || *s >= 0x7f)
			host = 0;
	if (host && url[scheme + host] == '/')
		return true;
	return err_set(err, ERR_PROTOCOL, "not an address of a file: http[s]://HOST/...");
}

/* "192.0.2.1:80" or "[2001:db8::1]:80", as libcurl wants it: instead of any host and port. */
static bool set_route(struct curl_slist **out, const char *connect, struct err *err)
{
	AUTO(buf) struct buf route = BUF(2 * ADDRESS_MAX);
	const char *colon = strrchr(connect, ':');
	size_t len = colon ? (size_t)(colon - connect) : 0;
	bool six = len > 2 && connect[0] == '[' && connect[len - 1] == ']';
	char address[ADDRESS_MAX] = "";
	struct in6_addr unused;
	uint64_t port;

	if (len < sizeof(address))
		memcpy(address, connect + six, len - 2 * six);
	if (!colon || !parse_uint(&port, colon + 1, 1, UINT16_MAX) ||
		inet_pton(six ? AF_INET6 : AF_INET, address, &unused) != 1)
		return err_set(
			err, ERR_CONFIG, "'%.80s' is no ADDRESS:PORT to connect to", connect);
	buf_addf(&route, "::%s", connect);
	*out = curl_slist_append(NULL, buf_str(&route));
	return *out || err_memory(err);
}

/* ---- the call -------------------------------------------------------------------------------- */

struct fetch {
	CURL *easy;
	struct curl_slist *route;
	struct buf body;
	size_t header_bytes;
	char error[CURL_ERROR_SIZE];
};

static void fetch_dispose(struct fetch *f)
{
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->route);
	buf_dispose(&f->body);
}
AUTO_DEFINE_REF(fetch, struct fetch, fetch_dispose);

static size_t on_header(char *line, size_t size, size_t n, void *context)
{
	struct fetch *f = context;

	(void)line;
	f->header_bytes += n;
	return f->header_bytes > HEADERS_MAX ? 0 : size * n;
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
	struct fetch *f = context;

	buf_add(&f->body, data, n);
	return buf_ok(&f->body) ? size * n : 0;
}

#define SET(option, value) (curl_easy_setopt(f->easy, CURLOPT_##option, (value)) == CURLE_OK)

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): a list, not a program */
static bool set_options(struct fetch *f, const char *url)
{
	return SET(URL, url) && SET(PROTOCOLS_STR, "http,https") && SET(FOLLOWLOCATION, 0L) &&
	       SET(PROXY, "") && SET(NOPROXY, "*") && SET(NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(HTTP_CONTENT_DECODING, 0L) &&
	       SET(NOSIGNAL, 1L) && SET(CONNECTTIMEOUT, CONNECT_S) &&
	       SET(TIMEOUT, (long)SCM_PUBLISHED_S) && SET(SSL_VERIFYPEER, 0L) &&
	       SET(SSL_VERIFYHOST, 0L) && SET(CAINFO, NULL) && SET(CAPATH, NULL) &&
	       SET(USERAGENT, "scm-agent") && SET(HEADERFUNCTION, on_header) &&
	       SET(HEADERDATA, f) && SET(WRITEFUNCTION, on_body) && SET(WRITEDATA, f) &&
	       SET(ERRORBUFFER, f->error) && (!f->route || SET(CONNECT_TO, f->route));
}

static bool describe(const struct fetch *f, CURLcode code, struct err *err)
{
	AUTO(buf) struct buf text = BUF(ERR_TEXT_MAX);
	const char *said = *f->error ? f->error : curl_easy_strerror(code);

	if (!buf_ok(&f->body))
		return err_set(
			err, ERR_UNAVAILABLE, "a file of more than %d bytes", SCM_PUBLISHED_MAX);
	if (f->header_bytes > HEADERS_MAX)
		return err_set(err, ERR_UNAVAILABLE, "headers of more than %d bytes", HEADERS_MAX);
	buf_add_printable(&text, said, strlen(said));
	return err_set(err, ERR_UNAVAILABLE, "%.300s", buf_str(&text));
}

/* The status first: what a page that says "not found" looks like does not matter. */
static bool judge_status(const struct fetch *f, struct err *err)
{
	AUTO(buf) struct buf where = BUF(4 * QUOTE_MAX);
	char *location = NULL;
	long status = 0;
	size_t len;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!status || status == 200)
		return true;
	curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &location);
	if (!location || status < 300 || status > 399)
		return err_set(err, ERR_UNAVAILABLE, "HTTP %ld", status);
	len = strlen(location);
	buf_add_printable(&where, location, len < QUOTE_MAX ? len : QUOTE_MAX);
	return err_set(err, ERR_UNAVAILABLE, "HTTP %ld: redirects to '%s', not followed", status,
		buf_str(&where));
}

static bool fetch_and_compare(const struct wire_published *p, struct err *err)
{
	AUTO(fetch) struct fetch f = { .body = BUF(SCM_PUBLISHED_MAX) };
	CURLcode code;

	if (*p->connect && !set_route(&f.route, p->connect, err))
		return false;
	f.easy = curl_easy_init();
	if (!f.easy || !set_options(&f, p->url))
		return err_set(err, ERR_INTERNAL, "libcurl can't be set up");
	code = curl_easy_perform(f.easy);
	if (!judge_status(&f, err))
		return false;
	if (code != CURLE_OK)
		return describe(&f, code, err);
	return scm_published_lines(buf_str(&f.body), f.body.len, p, err);
}

bool scm_published(const struct wire_published *p, struct err *err)
{
	AUTO(buf) struct buf url = BUF(ERR_TEXT_MAX);
	size_t len = strlen(p->url);
	bool ok;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_INTERNAL, "libcurl can't be set up");
	ok = check_url(p->url, err) && fetch_and_compare(p, err);
	buf_add_printable(&url, p->url, len < 2 * QUOTE_MAX ? len : 2 * QUOTE_MAX);
	return ok || err_wrap(err, "%s", buf_str(&url));
}
