#include "csr.h"

#include "cert.h"
#include "hex.h"
#include "json.h"

#include <ctype.h>
#include <openssl/err.h>
#include <string.h>

#define CSR_LIMIT 32767

/* The pattern the API documents for the field: [a-zA-Z0-9-+=\/\s]+ */
static bool allowed_characters(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !isspace((unsigned char)*text) &&
			!strchr("-+=/", *text))
			return false;
	return true;
}

/* The part of TEXT between a BEGIN and an END line, or all of it when it has neither. */
static const char *armoured(size_t *length, const char *text)
{
	const char *begin = strstr(text, "-----BEGIN ");
	const char *end;

	if (begin)
		begin = strstr(begin + 11, "-----");
	begin = begin ? begin + 5 : text;
	end = strstr(begin, "-----END ");
	*length = end ? (size_t)(end - begin) : strlen(begin);
	return begin;
}

bool csr_parse(X509_REQ **out, const char *text, struct reply *reply)
{
	AUTO(octets) unsigned char *der = NULL;
	AUTO(req) X509_REQ *request = NULL;
	const unsigned char *p;
	const char *base64;
	size_t length;
	bool sound;

	if (!*text || strlen(text) > CSR_LIMIT)
		return reply_invalid(reply, "csr");
	base64 = armoured(&length, text);
	if (!allowed_characters(text) || !base64_parse(&der, &length, base64, length))
		return reply_error(reply, 400, -9, NULL);
	p = der;
	request = d2i_X509_REQ(NULL, &p, (long)length);
	if (!request || p != der + length || !X509_REQ_get0_pubkey(request)) {
		ERR_clear_error();
		return reply_error(reply, 400, -10, NULL);
	}
	sound = X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1;
	ERR_clear_error();
	if (!sound)
		return reply_error(reply, 400, -138, NULL);
	*out = TAKE(request);
	return true;
}

static int smallest(const cJSON *sizes)
{
	int least = 0;
	const cJSON *size;

	for (size = json_first(sizes); size; size = size->next) {
		int bits = cJSON_IsString(size) ? (int)strtol(size->valuestring, NULL, 10) : 0;

		if (bits && (!least || bits < least))
			least = bits;
	}
	return least;
}

bool csr_key_allowed(X509_REQ *request, const cJSON *profile, struct reply *reply)
{
	const cJSON *types = cJSON_GetObjectItemCaseSensitive(profile, "keyTypes");
	const EVP_PKEY *key = X509_REQ_get0_pubkey(request);
	const char *algorithm;
	AUTO(text) char *param = cert_key_param(&algorithm, key);
	const cJSON *allowed = cJSON_GetObjectItemCaseSensitive(types, algorithm);
	AUTO(text) char *minimum = mem_format("%d", smallest(allowed));
	bool rsa = !strcmp(algorithm, "RSA");

	if (!rsa && strcmp(algorithm, "EC"))
		return reply_error(reply, 400, -11, NULL);
	if (!types)
		return true;
	if (!allowed)
		return reply_error(reply, 400, rsa ? -11 : -170, NULL);
	if (json_has_text(allowed, param))
		return true;
	if (rsa && EVP_PKEY_get_bits(key) < smallest(allowed))
		return reply_error(reply, 400, -141, minimum);
	return reply_error(reply, 400, -13, NULL);
}

char *csr_common_name(const X509_REQ *request)
{
	const X509_NAME *subject = X509_REQ_get_subject_name(request);
	int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	char *name = NULL;
	int length;

	if (index < 0)
		return NULL;
	length = ASN1_STRING_to_UTF8(
		&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
	if (length > 0 && !memchr(utf8, 0, (size_t)length))
		name = mem_copy(utf8, (size_t)length);
	OPENSSL_free(utf8);
	return name;
}

unsigned char *csr_der(size_t *length, X509_REQ *request)
{
	unsigned char *der = NULL;
	int size = i2d_X509_REQ(request, &der);

	if (size <= 0)
		abort();
	*length = (size_t)size;
	return der;
}
