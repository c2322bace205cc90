/*
 * Old key stores that an entry of ours is to go into. Of a PKCS #12 file what there is in it is
 * looked at, and which of it would go; a JKS file, whose digest is made to fit, is written anew,
 * and has to hold our key if that succeeds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "keystore/jks.h"
#include "keystore/ks_store.h"
#include "keystore/p12_old.h"

#define PASSWORD "changeit"
#define INPUT_MAX 65536

static struct secret *password;
static EVP_PKEY *key;
static X509 *cert;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void make_once(void)
{
	if (key)
		return;
	password = secret_new(PASSWORD, strlen(PASSWORD));
	key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	cert = X509_new();
	must(password && key && cert && X509_set_pubkey(cert, key) &&
		X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
		X509_gmtime_adj(X509_getm_notAfter(cert), 1000000000) &&
		X509_sign(cert, key, EVP_sha256()) > 0);
}

static void must_say_why(const struct err *err)
{
	must(err->kind == ERR_KEYSTORE && err->text[0]);
}

static void look(const uint8_t *data, size_t size)
{
	AUTO(p12_old) struct p12_old old = { .n = 0 };
	struct err err = { 0 };

	if (!p12_old_open(&old, data, size, password, &err) || !p12_old_mark(&old, "ours", &err)) {
		must_say_why(&err);
		return;
	}
	for (size_t i = 0; i < old.n; i++)
		must(old.item[i].bag && (!old.item[i].goes || old.item[i].safe >= 0));
}

static void update(struct buf *file)
{
	const struct ks_entry_source e = {
		.key = key, .cert = cert, .alias = "ours", .store_password = password
	};
	const struct jks_bytes body = { (unsigned char *)file->data, file->len - JKS_DIGEST_LEN };
	unsigned char digest[JKS_DIGEST_LEN];
	AUTO(buf) struct buf out = BUF(2 * INPUT_MAX);
	struct err err = { 0 };

	must(jks_digest(digest, &body, password, &err));
	memcpy(file->data + body.len, digest, sizeof(digest));
	if (ks_store_update(&out, KS_JKS, file->data, file->len, &e, &err))
		must(out.len);
	else
		must_say_why(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) struct buf file = BUF(INPUT_MAX);

	make_once();
	if (size > INPUT_MAX)
		return 0;
	if (jks_is_pkcs12(data, size)) {
		look(data, size);
	} else if (size > JKS_DIGEST_LEN && ks_store_type(KS_JKS, data, size) == KS_JKS) {
		buf_add(&file, data, size);
		update(&file);
	}
	return 0;
}
