#include "scm/body.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "base/ossl.h"

AUTO_DEFINE(pkcs7, PKCS7 *, PKCS7_free);

void scm_chain_dispose(struct scm_chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		OPENSSL_free(c->cert[i].der);
	*c = (struct scm_chain) { 0 };
}

bool scm_body_blank(const char *body, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (body[i] != ' ' && body[i] != '\t' && body[i] != '\r' && body[i] != '\n')
			return false;
	return true;
}

static bool add_certificate(struct scm_chain *out, X509 *cert, struct err *err)
{
	unsigned char *der = NULL;
	int len;

	if (out->n == WIRE_CHAIN_MAX)
		return err_set(err, ERR_PROTOCOL, "more than %d certificates", WIRE_CHAIN_MAX);
	len = i2d_X509(cert, &der);
	if (len <= 0)
		return err_crypto(err, ERR_PROTOCOL, "a certificate that can't be encoded");
	out->cert[out->n].der = der;
	out->cert[out->n++].len = (size_t)len;
	if (len > WIRE_DER_MAX)
		return err_set(err, ERR_PROTOCOL, "a certificate of %d bytes, %d at most", len,
			WIRE_DER_MAX);
	return true;
}

static bool add_pkcs7(struct scm_chain *out, const PKCS7 *p7, struct err *err)
{
	const STACK_OF(X509) *certs = NULL;

	if (PKCS7_type_is_signed(p7) && p7->d.sign)
		certs = p7->d.sign->cert;
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (!add_certificate(out, sk_X509_value(certs, i), err))
			return false;
	if (sk_X509_num(certs) < 1)
		return err_set(err, ERR_PROTOCOL, "a PKCS#7 structure without certificates");
	return true;
}

/* A certificate or a PKCS#7 structure, whatever a label around it said. */
static bool add_der(struct scm_chain *out, const unsigned char *der, long len, struct err *err)
{
	AUTO(x509) X509 *cert = NULL;
	AUTO(pkcs7) PKCS7 *p7 = NULL;
	const unsigned char *at = der;

	cert = d2i_X509(NULL, &at, len);
	if (cert && at == der + len)
		return add_certificate(out, cert, err);
	at = der;
	p7 = d2i_PKCS7(NULL, &at, len);
	if (p7 && at == der + len)
		return add_pkcs7(out, p7, err);
	ERR_clear_error();
	return err_set(err, ERR_PROTOCOL, "neither a certificate nor PKCS#7");
}

static bool known_label(const char *label)
{
	static const char *const known[] = { PEM_STRING_X509, PEM_STRING_X509_OLD, PEM_STRING_PKCS7,
		PEM_STRING_PKCS7_SIGNED, PEM_STRING_CMS };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!strcmp(label, known[i]))
			return true;
	return false;
}

struct block {
	char *label;
	char *header;
	unsigned char *data;
	long len;
};

static void block_dispose(struct block *b)
{
	OPENSSL_free(b->label);
	OPENSSL_free(b->header);
	OPENSSL_free(b->data);
}
AUTO_DEFINE_REF(block, struct block, block_dispose);

static bool add_block(struct scm_chain *out, const struct block *b, struct err *err)
{
	if (!known_label(b->label))
		return err_set(err, ERR_PROTOCOL, "a PEM block that is no certificate");
	if (*b->header)
		return err_set(err, ERR_PROTOCOL, "a PEM block with headers");
	return add_der(out, b->data, b->len, err);
}

/*
 * A text that was cut inside a BEGIN line holds no block that could be broken: so each block must
 * account for two of the lines that start with dashes.
 */
static bool cut_short(const char *body, size_t len, size_t blocks)
{
	size_t lines = 0;
	size_t at = 0;

	while (at < len) {
		const char *end = memchr(body + at, '\n', len - at);
		size_t dashes = 0;

		while (at + dashes < len && body[at + dashes] == '-')
			dashes++;
		if (dashes >= 5 || (dashes && at + dashes == len))
			lines++;
		at = end ? (size_t)(end - body) + 1 : len;
	}
	return lines != 2 * blocks;
}

/* The end of the blocks, as opposed to a block that is broken. */
static bool no_more_blocks(void)
{
	unsigned long code = ERR_peek_last_error();
	bool end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;

	ERR_clear_error();
	return end;
}

static bool add_pem(struct scm_chain *out, const char *body, size_t len, struct err *err)
{
	AUTO(bio) BIO *in = BIO_new_mem_buf(body, (int)len);
	size_t blocks;

	if (!in)
		return err_memory(err);
	for (blocks = 0;; blocks++) {
		AUTO(block) struct block b = { 0 };

		ERR_clear_error();
		if (!PEM_read_bio(in, &b.label, &b.header, &b.data, &b.len))
			break;
		if (!add_block(out, &b, err))
			return false;
	}
	if (!no_more_blocks() || cut_short(body, len, blocks))
		return err_set(err, ERR_PROTOCOL, "a PEM block that is broken or cut short");
	if (!out->n)
		return err_set(err, ERR_PROTOCOL, "no certificate in it");
	return true;
}

bool scm_body_chain(struct scm_chain *out, const char *body, size_t len, struct err *err)
{
	AUTO(scm_chain) struct scm_chain chain = { 0 };
	bool ok;

	if (len > INT_MAX)
		return err_set(err, ERR_PROTOCOL, "%zu bytes of certificates", len);
	/* 0x30, a SEQUENCE, is the digit 0 in text: no PEM starts with it */
	if (len && body[0] == 0x30)
		ok = add_der(&chain, (const unsigned char *)body, (long)len, err);
	else
		ok = add_pem(&chain, body, len, err);
	if (!ok)
		return false;
	*out = chain;
	chain.n = 0;
	return true;
}
