#include "webhook/credential.h"

#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "base/secret.h"

#define USER_MAX 256
#define PLAIN_MAX (USER_MAX + 1 + SECRET_MAX)
#define BASE64_SIZE ((PLAIN_MAX + 2) / 3 * 4 + 1)

static const char basic[] = "Basic";
static const char bearer[] = "Bearer";

static bool digest_of(unsigned char out[static CREDENTIAL_DIGEST], const char *s, size_t len)
{
	return EVP_Digest(s, len, out, NULL, EVP_sha256(), NULL) > 0;
}

static bool user_allowed(const char *user)
{
	size_t len = strlen(user);

	if (!len || len > USER_MAX || strchr(user, ':'))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)user[i] < 0x20 || user[i] == 0x7f)
			return false;
	return true;
}

/* Base64 of "user:password". */
static bool digest_basic(struct credential *out, const char *user, const struct secret *password)
{
	AUTO(buf_secret) struct buf plain = BUF(PLAIN_MAX);
	unsigned char token[BASE64_SIZE];
	bool done;
	int len;

	buf_addf(&plain, "%s:", user);
	buf_add(&plain, secret_bytes(password), secret_len(password));
	if (!buf_ok(&plain))
		return false;
	len = EVP_EncodeBlock(token, (const unsigned char *)plain.data, (int)plain.len);
	done = digest_of(out->digest, (const char *)token, (size_t)len);
	OPENSSL_cleanse(token, sizeof(token));
	return done;
}

bool credential_read(
	struct credential *out, const char *reference, const char *user, struct err *err)
{
	AUTO(secret) struct secret *secret = NULL;
	struct credential c = { .scheme = user ? basic : bearer };

	if (user && !user_allowed(user))
		return err_set(err, ERR_USAGE,
			"--user: a name of 1 to %d bytes, without ':' and control characters",
			USER_MAX);
	if (!secret_read(&secret, reference, err))
		return false;
	if (!(user ? digest_basic(&c, user, secret)
		   : digest_of(c.digest, secret_bytes(secret), secret_len(secret))))
		return err_memory(err);
	*out = c;
	return true;
}

/* Comparing digests tells nothing about the secret, not even its length. */
bool credential_matches(const struct credential *c, const char *header)
{
	unsigned char digest[CREDENTIAL_DIGEST];
	size_t scheme = strlen(c->scheme);

	if (!header || strncasecmp(header, c->scheme, scheme) || header[scheme] != ' ')
		return false;
	header += scheme;
	while (*header == ' ')
		header++;
	return digest_of(digest, header, strlen(header)) &&
	       !CRYPTO_memcmp(digest, c->digest, sizeof(digest));
}

const char *credential_challenge(const struct credential *c)
{
	return c->scheme == basic ? "Basic realm=\"scm-agent\"" : "Bearer realm=\"scm-agent\"";
}
