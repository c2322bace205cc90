#include <string.h>

#include "keystore/token.h"

#define CERT_MAX 32768

struct der {
	unsigned char *data;
	int len;
};

/* The certificate and what PKCS#11 4.6.3 wants to have beside it, in DER. */
struct encoded {
	struct der value;
	struct der subject;
	struct der issuer;
	struct der serial;
};

static void encoded_dispose(struct encoded *e)
{
	OPENSSL_free(e->value.data);
	OPENSSL_free(e->subject.data);
	OPENSSL_free(e->issuer.data);
	OPENSSL_free(e->serial.data);
}
AUTO_DEFINE_REF(encoded, struct encoded, encoded_dispose);

static bool encode(struct encoded *out, X509 *cert, struct err *err)
{
	out->value.len = i2d_X509(cert, &out->value.data);
	out->subject.len = i2d_X509_NAME(X509_get_subject_name(cert), &out->subject.data);
	out->issuer.len = i2d_X509_NAME(X509_get_issuer_name(cert), &out->issuer.data);
	out->serial.len = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &out->serial.data);
	if (out->value.len < 0 || out->subject.len < 0 || out->issuer.len < 0 ||
		out->serial.len < 0)
		return err_crypto(err, ERR_KEYSTORE, "encode the certificate");
	return true;
}

static CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const struct der *der)
{
	return (CK_ATTRIBUTE) { type, der->data, (CK_ULONG)der->len };
}

#define LABEL 5

/* The label with the id behind it. */
static CK_ATTRIBUTE own_label(struct buf *text, const struct ks_ref *ref)
{
	buf_addf(text, "%s ", ref->label ? ref->label : "");
	buf_add_hex(text, ref->id.data, ref->id.len);
	return (CK_ATTRIBUTE) { CKA_LABEL, text->data, text->len };
}

static bool create(
	struct token *t, const struct ks_ref *ref, const struct encoded *e, struct err *err)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE attributes[] = {
		P11_ATTR(CKA_CLASS, class),
		P11_ATTR(CKA_CERTIFICATE_TYPE, type),
		P11_ATTR(CKA_TOKEN, yes),
		P11_ATTR(CKA_PRIVATE, no),
		token_id(ref),
		[LABEL] = token_label(ref),
		attribute(CKA_SUBJECT, &e->subject),
		attribute(CKA_ISSUER, &e->issuer),
		attribute(CKA_SERIAL_NUMBER, &e->serial),
		attribute(CKA_VALUE, &e->value),
	};
	AUTO(buf) struct buf text = BUF(KS_LABEL_MAX + 2 * KS_ID_MAX + 2);
	CK_OBJECT_HANDLE object;
	CK_RV rv = P11_CALL(&t->p11, C_CreateObject, attributes, ARRAY_LEN(attributes), &object);

	/* NSS has one subject for each label, and a renewed certificate may have another subject */
	if (rv == CKR_ATTRIBUTE_VALUE_INVALID) {
		attributes[LABEL] = own_label(&text, ref);
		rv = P11_CALL(&t->p11, C_CreateObject, attributes, ARRAY_LEN(attributes), &object);
	}
	return rv == CKR_OK || token_write_err(err, rv, "store the certificate");
}

static bool same(const struct token *t, CK_OBJECT_HANDLE object, const struct der *der)
{
	unsigned char value[CERT_MAX];
	size_t len = sizeof(value);

	return p11_attr(value, &len, &t->p11, object, CKA_VALUE) && len == (size_t)der->len &&
	       !memcmp(value, der->data, len);
}

X509 *token_certificate(const struct token *t, CK_OBJECT_HANDLE object)
{
	unsigned char value[CERT_MAX];
	const unsigned char *at = value;
	size_t len = sizeof(value);

	if (!p11_attr(value, &len, &t->p11, object, CKA_VALUE))
		return NULL;
	return d2i_X509(NULL, &at, (long)len);
}

/* Whether there is one more than before, whatever the token says of its content. */
static bool one_more(struct token *t, const struct ks_ref *ref, size_t before, struct err *err)
{
	CK_OBJECT_HANDLE objects[TOKEN_TWINS_MAX];
	size_t n;

	if (!token_objects(objects, &n, t, CKO_CERTIFICATE, ref, err))
		return false;
	return n > before ||
	       err_set(err, ERR_KEYSTORE, "the certificate is not there after it was stored");
}

bool token_store_certificate(struct ks *ks, const struct ks_ref *ref, X509 *cert, struct err *err)
{
	struct token *t = token_of(ks);
	AUTO(encoded) struct encoded e = { 0 };
	CK_OBJECT_HANDLE old[TOKEN_TWINS_MAX];
	size_t n;
	size_t keep = 0;

	if (!encode(&e, cert, err) || !token_objects(old, &n, t, CKO_CERTIFICATE, ref, err))
		return false;
	while (keep < n && !same(t, old[keep], &e.value))
		keep++;
	/* the former one goes only when the new one is there */
	if (keep == n && (!create(t, ref, &e, err) || !one_more(t, ref, n, err)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (i != keep && !token_destroy(t, old[i], err))
			return err_wrap(err, "former certificate");
	return true;
}
