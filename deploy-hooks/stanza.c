#include "deploy-hooks/stanza.h"

#include <string.h>

#define PKCS11_SCHEME "pkcs11:"

/* What differs between servers; both quote with "" and take \ as the escape inside. */
struct dialect {
	const char *place; /* where the stanza is included, and with which words */
	const char *include;
	const char *certificate;
	const char *key;
	const char *uri_prefix;
	const char *end; /* of a line */
};

static const struct dialect nginx = {
	.place = "server { }",
	.include = "include",
	.certificate = "ssl_certificate",
	.key = "ssl_certificate_key",
	.uri_prefix = "engine:pkcs11:",
	.end = ";",
};

static const struct dialect apache = {
	.place = "<VirtualHost>",
	.include = "Include",
	.certificate = "SSLCertificateFile",
	.key = "SSLCertificateKeyFile",
	.uri_prefix = "",
	.end = "",
};

/* A $ begins a variable in both syntaxes, and neither can escape it. */
static bool check(const char *value, const char *what, struct err *err)
{
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '$')
			return err_set(err, ERR_CONFIG,
				"%s \"%s\" can't be written into a server's configuration: it "
				"holds "
				"a $ or a control character",
				what, value);
	return true;
}

static bool check_path(const char *path, const char *what, struct err *err)
{
	if (path[0] != '/')
		return err_set(err, ERR_CONFIG, "%s \"%s\" is not absolute", what, path);
	return check(path, what, err);
}

static bool check_all(const struct stanza *s, struct err *err)
{
	if (s->include_path && !check_path(s->include_path, "path", err))
		return false;
	if (!check_path(s->fullchain_path, "path", err))
		return false;
	if (s->key_path)
		return check_path(s->key_path, "path", err);
	if (strncmp(s->key_uri, PKCS11_SCHEME, strlen(PKCS11_SCHEME)))
		return err_set(err, ERR_CONFIG, "\"%s\" is not a pkcs11: URI", s->key_uri);
	return check(s->key_uri, "URI", err);
}

static void add_escaped(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			buf_add(out, "\\", 1);
		buf_add(out, s + i, 1);
	}
}

/* directive "value"; */
static void add_line(
	struct buf *out, const struct dialect *d, const char *directive, const char *value)
{
	buf_addf(out, "%s \"", directive);
	add_escaped(out, value, strlen(value));
	buf_addf(out, "\"%s\n", d->end);
}

static bool has_type(const char *uri, size_t len)
{
	static const char type[] = "type=";
	const char *at = memmem(uri, len, type, sizeof(type) - 1);

	return at && (at[-1] == ';' || at[-1] == ':');
}

/*
 * The URI without its query part: PIN and module are set up for the server, not here. Servers that
 * look for "the object" would find the certificate beside the key, hence the type.
 */
static void add_uri(struct buf *out, const char *uri)
{
	size_t len = strcspn(uri, "?");

	add_escaped(out, uri, len);
	if (!has_type(uri, len))
		buf_add_str(out, ";type=private");
}

static void add_uri_line(
	struct buf *out, const struct dialect *d, const char *prefix, const char *uri)
{
	buf_addf(out, "%s \"%s", d->key, prefix);
	add_uri(out, uri);
	buf_addf(out, "\"%s\n", d->end);
}

static bool write_stanza(
	struct buf *out, const struct dialect *d, const struct stanza *s, struct err *err)
{
	if (!check_all(s, err))
		return false;
	buf_addf(out,
		"# Made by scm-agent, and made anew with each certificate: do not edit.\n"
		"# To use it, write inside %s:  ",
		d->place);
	add_line(out, d, d->include, s->include_path ? s->include_path : "this file");
	add_line(out, d, d->certificate, s->fullchain_path);
	if (s->key_path)
		add_line(out, d, d->key, s->key_path);
	else
		add_uri_line(out, d, d->uri_prefix, s->key_uri);
	return true;
}

bool stanza_nginx(struct buf *out, const struct stanza *s, struct err *err)
{
	if (!write_stanza(out, &nginx, s, err))
		return false;
	if (!s->key_path) {
		buf_add_str(out, "# Instead, for an OpenSSL provider in place of the engine (nginx "
				 ">= 1.29):\n# ");
		add_uri_line(out, &nginx, "store:", s->key_uri);
	}
	return buf_check(out, "nginx stanza", err);
}

bool stanza_apache(struct buf *out, const struct stanza *s, struct err *err)
{
	return write_stanza(out, &apache, s, err) && buf_check(out, "apache stanza", err);
}
