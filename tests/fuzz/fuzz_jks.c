/*
 * Java key stores, as client credentials and as trust stores. The digest at the end of the input is
 * made to fit the password, so that changes reach what is behind it. A key that is opened has to
 * fit its certificate.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "keystore/jks.h"
#include "keystore/ks_credential.h"
#include "keystore/ks_trust.h"

#define PASSWORD "changeit"
#define INPUT_MAX 65536
#define PEM_MAX (4 * INPUT_MAX)

/* The password in UTF-16BE and what the JDK puts behind it. */
static const unsigned char prefix[] = "\0c\0h\0a\0n\0g\0e\0i\0tMighty Aphrodite";

static void fix_digest(struct buf *file)
{
	unsigned char *digest = (unsigned char *)file->data + file->len - JKS_DIGEST_LEN;
	const struct jks_bytes part[] = { { prefix, sizeof(prefix) - 1 },
		{ (const unsigned char *)file->data, file->len - JKS_DIGEST_LEN } };
	struct err err;

	if (!jks_sha1(digest, part, ARRAY_LEN(part), &err))
		abort();
}

/* Rounds in three bytes and more are allowed, but they take seconds. */
static bool is_slow(const uint8_t *data, size_t size)
{
	static const uint8_t oid[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x2a, 0x02, 0x13,
		0x01 };
	const size_t rounds_at = sizeof(oid) + 12; /* behind the sequence and the salt */

	for (size_t i = 0; i + rounds_at + 1 < size; i++)
		if (!memcmp(data + i, oid, sizeof(oid)) && data[i + rounds_at + 1] > 2)
			return true;
	return false;
}

static void must_say_why(const struct err *err)
{
	if (err->kind != ERR_KEYSTORE || !err->text[0])
		abort();
}

static void load_credential(const struct buf *file, const struct secret *password)
{
	const struct ks_credential_source src = {
		.type = KS_JKS, .data = file->data, .len = file->len, .password = password
	};
	AUTO(ks_credential) struct ks_credential c = { 0 };
	struct err err = { 0 };

	if (!ks_credential_load(&c, &src, &err))
		must_say_why(&err);
	else if (EVP_PKEY_eq(c.key, X509_get0_pubkey(c.cert)) != 1)
		abort();
}

static void load_anchors(const struct buf *file, const struct secret *password)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	struct err err = { 0 };

	if (!ks_trust_load(&pem, KS_JKS, file->data, file->len, password, &err))
		must_say_why(&err);
	else if (!pem.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret *password;
	AUTO(buf) struct buf file = BUF(INPUT_MAX);

	if (!password)
		password = secret_new(PASSWORD, sizeof(PASSWORD) - 1);
	if (!password)
		abort();
	/* Its own format has its own tests. */
	if (size > INPUT_MAX || jks_is_pkcs12(data, size) || is_slow(data, size))
		return 0;
	buf_add(&file, data, size);
	if (size >= JKS_DIGEST_LEN)
		fix_digest(&file);
	load_credential(&file, password);
	load_anchors(&file, password);
	return 0;
}
