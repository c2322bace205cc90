#include "scm/endpoint.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "scm/anchors.h"

#define HEADER_MAX 1024
#define HOST_MAX 255

void scm_endpoint_dispose(struct scm_endpoint *e)
{
	free(e->base);
	strlist_dispose(&e->headers);
	free(e->login);
	secret_free(e->secret);
	free(e->token_url);
	free(e->proxy);
	free(e->proxy_user);
	secret_free(e->proxy_password);
	scm_tls_dispose(&e->tls);
	*e = (struct scm_endpoint) { 0 };
}

const char *scm_endpoint_remedy(const struct scm_endpoint *e)
{
	switch (e->auth) {
	case WIRE_PASSWORD:
		return "check login, customer_uri and password_file; a temporary password must be "
		       "changed in SCM first";
	case WIRE_OAUTH2:
		return "check client_id, client_secret_file and customer_uri, and the client's "
		       "privileges in SCM";
	default:
		return "check login, customer_uri and the client certificate";
	}
}

/* ---- where ----------------------------------------------------------------------------------- */

bool scm_endpoint_plain_url(const char *url)
{
	static const char scheme[] = "https://";
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-._~:/[]%";
	const char *host = url + sizeof(scheme) - 1;

	return !strncmp(url, scheme, sizeof(scheme) - 1) && *host && *host != '/' && *host != ':' &&
	       !host[strspn(host, fine)] && strlen(url) <= SCM_URL_MAX;
}

/* Only a client certificate is looked at below /private (scm-api.md, 1b). */
static bool set_base(struct scm_endpoint *e, const char *url, struct err *err)
{
	AUTO(buf) struct buf base = BUF(SCM_URL_MAX);
	size_t len = strlen(url);

	if (!scm_endpoint_plain_url(url))
		return err_set(err, ERR_CONFIG,
			"url '%.200s': not of the form https://HOST[:PORT][/PREFIX]%s", url,
			len > SCM_URL_MAX ? ", or too long" : "");
	while (url[len - 1] == '/')
		len--;
	buf_add(&base, url, len);
	buf_add_str(&base, e->auth == WIRE_CLIENT_CERT ? "/private/api" : "/api");
	if (!buf_ok(&base))
		return err_set(err, ERR_CONFIG, "url: longer than %d bytes", SCM_URL_MAX);
	e->base = buf_detach(&base);
	return e->base || err_memory(err);
}

/* A name, or an address; one of IPv6 gets its brackets here. */
static bool set_proxy(struct scm_endpoint *e, const struct scm_account *a, struct err *err)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-._:[]";
	AUTO(buf) struct buf proxy = BUF(HOST_MAX + 10);
	const char *host = a->proxy_host ? a->proxy_host : "";
	bool bare = strchr(host, ':') && host[0] != '[';

	if (!*host)
		return true;
	if (host[strspn(host, fine)] || strlen(host) > HOST_MAX)
		return err_set(err, ERR_CONFIG,
			"proxy_host_name '%.200s': no host name and no address", host);
	if (!a->proxy_port || a->proxy_port > UINT16_MAX)
		return err_set(err, ERR_CONFIG, "proxy_port: missing");
	buf_addf(&proxy, "%s%s%s:%" PRIu32, bare ? "[" : "", host, bare ? "]" : "", a->proxy_port);
	e->proxy = buf_detach(&proxy);
	return e->proxy || err_memory(err);
}

/* ---- as whom --------------------------------------------------------------------------------- */

static bool printable(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return true;
}

static bool check_value(
	const char *name, const char *value, size_t len, size_t max, struct err *err)
{
	if (!len)
		return err_set(err, ERR_CONFIG, "%s: empty", name);
	if (!printable(value, len))
		return err_set(err, ERR_CONFIG, "%s: control characters in it", name);
	if (len > max)
		return err_set(err, ERR_CONFIG, "%s: longer than %zu bytes", name, max);
	return true;
}

static bool copy_text(char **out, const char *name, const char *value, bool needed, struct err *err)
{
	const char *from = value ? value : "";

	if ((needed || *from) && !check_value(name, from, strlen(from), HEADER_MAX, err))
		return false;
	*out = strdup(from);
	return *out || err_memory(err);
}

static bool copy_secret(
	struct secret **out, const char *name, const struct secret *from, struct err *err)
{
	const char *bytes = from ? secret_bytes(from) : "";
	size_t len = from ? secret_len(from) : 0;

	if (!check_value(name, bytes, len, SECRET_MAX, err))
		return false;
	*out = secret_new(bytes, len);
	return *out || err_memory(err);
}

static bool add_header(struct scm_endpoint *e, const char *name, const char *value, struct err *err)
{
	AUTO(buf) struct buf line = BUF(HEADER_MAX + 64);

	buf_addf(&line, "%s: %s", name, value);
	return buf_check(&line, name, err) &&
	       (strlist_add(&e->headers, buf_str(&line)) || err_memory(err));
}

static bool set_headers(struct scm_endpoint *e, const struct scm_account *a, struct err *err)
{
	AUTO_STR char *customer = NULL;
	bool oauth = e->auth == WIRE_OAUTH2;

	if (!copy_text(&e->login, oauth ? "client_id" : "login", a->login, true, err) ||
		!copy_text(&customer, "customer_uri", a->customer_uri, !oauth, err))
		return false;
	if (!oauth && !add_header(e, "login", e->login, err))
		return false;
	if (*customer && !add_header(e, "customerUri", customer, err))
		return false;
	return add_header(e, "Content-Type", "application/json;charset=UTF-8", err);
}

/* A header's value loses a blank at either end on its way (RFC 9110, 5.5). */
static bool set_password(struct scm_endpoint *e, const struct scm_account *a, struct err *err)
{
	const char *bytes;

	if (!copy_secret(&e->secret, "password_file", a->secret, err))
		return false;
	bytes = secret_bytes(e->secret);
	if (bytes[0] == ' ' || bytes[secret_len(e->secret) - 1] == ' ')
		return err_set(err, ERR_CONFIG,
			"password_file: a password that begins or ends with a blank can't be sent");
	return true;
}

static bool set_client(struct scm_endpoint *e, const struct scm_account *a, struct err *err)
{
	if (!copy_secret(&e->secret, "client_secret_file", a->secret, err) ||
		!copy_text(&e->token_url, "token_url", a->token_url, false, err))
		return false;
	if (*e->token_url && !scm_endpoint_plain_url(e->token_url))
		return err_set(err, ERR_CONFIG,
			"token_url '%.200s': not of the form https://HOST[:PORT]/PATH",
			e->token_url);
	return true;
}

static bool set_login(struct scm_endpoint *e, const struct scm_account *a, struct err *err)
{
	if (a->api == WIRE_ENROLLMENT && a->auth != WIRE_OAUTH2)
		return err_set(err, ERR_CONFIG, "api = enrollment takes auth = oauth2 alone");
	if (a->auth == WIRE_PASSWORD && !set_password(e, a, err))
		return false;
	if (a->auth == WIRE_OAUTH2 && !set_client(e, a, err))
		return false;
	return set_headers(e, a, err);
}

static bool set_proxy_login(struct scm_endpoint *e, const struct scm_account *a, struct err *err)
{
	if (!e->proxy || !a->proxy_user || !*a->proxy_user)
		return true;
	/* Basic would end the name there (RFC 7617, 2) */
	if (strchr(a->proxy_user, ':'))
		return err_set(err, ERR_CONFIG, "proxy_username: a colon in it");
	return copy_text(&e->proxy_user, "proxy_username", a->proxy_user, true, err) &&
	       copy_secret(&e->proxy_password, "proxy_password_file", a->proxy_password, err);
}

static bool set_tls(struct scm_endpoint *e, const struct scm_account *account, struct err *err)
{
	AUTO(x509_store) X509_STORE *anchors = NULL;
	struct scm_tls from = { 0 };

	if (!scm_anchors_load(
		    &anchors, account->anchors, account->anchors_len, account->bundle, err))
		return false;
	from.anchors = anchors;
	if (e->auth == WIRE_CLIENT_CERT) {
		from.key = account->key;
		from.certificate = account->certificate;
		from.chain = account->chain;
		if (!from.key || !from.certificate)
			return err_set(err, ERR_CONFIG, "client_cert_key_store: missing");
	}
	return scm_tls_init(&e->tls, &from, err);
}

bool scm_endpoint_init(struct scm_endpoint *out, const struct scm_account *account, struct err *err)
{
	AUTO(scm_endpoint) struct scm_endpoint e = { .api = account->api, .auth = account->auth };

	if (!set_base(&e, account->url, err) || !set_login(&e, account, err) ||
		!set_proxy(&e, account, err) || !set_proxy_login(&e, account, err) ||
		!set_tls(&e, account, err))
		return false;
	*out = e;
	e = (struct scm_endpoint) { 0 };
	return true;
}
