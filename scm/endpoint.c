#include "scm/endpoint.h"

#include <string.h>

#include "base/buf.h"
#include "scm/anchors.h"

#define URL_MAX 2048
#define HEADER_MAX 1024

void scm_endpoint_dispose(struct scm_endpoint *e)
{
	free(e->base);
	strlist_dispose(&e->headers);
	scm_tls_dispose(&e->tls);
	*e = (struct scm_endpoint) { 0 };
}

/* Scheme, host, port and path; a user, a query or a fragment would go astray. */
static bool plain_url(const char *url)
{
	static const char scheme[] = "https://";
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-._~:/[]%";
	const char *host = url + sizeof(scheme) - 1;

	return !strncmp(url, scheme, sizeof(scheme) - 1) && *host && *host != '/' && *host != ':' &&
	       !host[strspn(host, fine)];
}

static bool set_base(struct scm_endpoint *e, const char *url, struct err *err)
{
	AUTO(buf) struct buf base = BUF(URL_MAX);
	size_t len = strlen(url);

	if (!plain_url(url))
		return err_set(err, ERR_CONFIG,
			"url '%.200s': not of the form https://HOST[:PORT][/PREFIX]", url);
	while (url[len - 1] == '/')
		len--;
	buf_add(&base, url, len);
	buf_add_str(&base, "/private/api");
	if (!buf_ok(&base))
		return err_set(err, ERR_CONFIG, "url: longer than %d bytes", URL_MAX);
	e->base = buf_detach(&base);
	return e->base || err_memory(err);
}

static bool add_header(struct scm_endpoint *e, const char *line, struct err *err)
{
	return strlist_add(&e->headers, line) || err_memory(err);
}

static bool add_value(struct scm_endpoint *e, const char *header, const char *name,
	const char *value, struct err *err)
{
	AUTO(buf) struct buf line = BUF(HEADER_MAX);

	if (!*value)
		return err_set(err, ERR_CONFIG, "%s: empty", name);
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(err, ERR_CONFIG, "%s: control characters in it", name);
	buf_addf(&line, "%s: %s", header, value);
	if (!buf_ok(&line))
		return err_set(err, ERR_CONFIG, "%s: longer than %d bytes", name, HEADER_MAX);
	return add_header(e, buf_str(&line), err);
}

static bool set_headers(struct scm_endpoint *e, const struct scm_account *account, struct err *err)
{
	return add_value(e, "login", "login", account->login, err) &&
	       add_value(e, "customerUri", "customer_uri", account->customer_uri, err) &&
	       add_header(e, "Content-Type: application/json;charset=UTF-8", err);
}

static bool set_tls(struct scm_endpoint *e, const struct scm_account *account, struct err *err)
{
	AUTO(x509_store) X509_STORE *anchors = NULL;
	struct scm_tls from = {
		.key = account->key, .certificate = account->certificate, .chain = account->chain
	};

	if (!scm_anchors_load(
		    &anchors, account->anchors, account->anchors_len, account->bundle, err))
		return false;
	from.anchors = anchors;
	return scm_tls_init(&e->tls, &from, err);
}

bool scm_endpoint_init(struct scm_endpoint *out, const struct scm_account *account, struct err *err)
{
	AUTO(scm_endpoint) struct scm_endpoint e = { 0 };

	if (!set_base(&e, account->url, err) || !set_headers(&e, account, err) ||
		!set_tls(&e, account, err))
		return false;
	*out = e;
	e = (struct scm_endpoint) { 0 };
	return true;
}
