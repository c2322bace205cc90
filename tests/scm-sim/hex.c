#include "hex.h"

#include <ctype.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>

char *hex_text(const unsigned char *data, size_t length, bool upper, char separator)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char *text = mem_new(length * 3 + 1, 1);
	char *p = text;

	for (size_t i = 0; i < length; i++) {
		if (separator && i)
			*p++ = separator;
		*p++ = digits[data[i] >> 4];
		*p++ = digits[data[i] & 15];
	}
	return text;
}

char *hex_sha256(const void *data, size_t length)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(data, length, digest);
	return hex_text(digest, sizeof(digest), false, 0);
}

char *base64_text(const void *data, size_t length)
{
	char *text = mem_new(4 * ((length + 2) / 3) + 1, 1);

	EVP_EncodeBlock((unsigned char *)text, data, (int)length);
	return text;
}

bool base64_parse(unsigned char **out, size_t *length, const char *text, size_t text_length)
{
	AUTO(text) char *packed = mem_new(text_length + 1, 1);
	AUTO(text) char *data = NULL;
	size_t used = 0, padding = 0;
	int decoded;

	for (size_t i = 0; i < text_length; i++)
		if (!isspace((unsigned char)text[i]))
			packed[used++] = text[i];
	while (padding < used && packed[used - 1 - padding] == '=')
		padding++;
	if (used == 0 || used % 4 || padding > 2)
		return false;
	data = mem_new(used, 1);
	decoded = EVP_DecodeBlock((unsigned char *)data, (unsigned char *)packed, (int)used);
	if (decoded <= (int)padding)
		return false;
	*length = (size_t)decoded - padding;
	*out = (unsigned char *)TAKE(data);
	return true;
}

char *serial_text(const ASN1_INTEGER *serial)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
	char *digits = number ? BN_bn2hex(number) : NULL;
	char *text = serial_normal(digits ? digits : "0");

	OPENSSL_free(digits);
	BN_free(number);
	return text;
}

char *serial_colons(const char *serial)
{
	size_t length = strlen(serial);
	AUTO(text) char *even = mem_format("%s%s", length % 2 ? "0" : "", serial);
	char *text = mem_new(length * 2 + 2, 1);
	char *out = text;

	for (const char *p = even; *p; p++) {
		if (p != even && (p - even) % 2 == 0)
			*out++ = ':';
		*out++ = *p;
	}
	return text;
}

char *serial_normal(const char *text)
{
	AUTO(text) char *digits = mem_new(strlen(text) + 2, 1);
	const char *p = text + (strncasecmp(text, "0x", 2) ? 0 : 2);
	size_t used = 0;

	p += strspn(p, ":0");
	for (; *p; p++)
		if (isxdigit((unsigned char)*p))
			digits[used++] = (char)toupper((unsigned char)*p);
		else if (*p != ':')
			return NULL;
	if (!used)
		digits[0] = '0';
	return TAKE(digits);
}

char *random_text(size_t length)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	char *text = mem_new(length + 1, 1);

	if (RAND_bytes((unsigned char *)text, (int)length) != 1)
		abort();
	for (size_t i = 0; i < length; i++)
		text[i] = letters[(unsigned char)text[i] % (sizeof(letters) - 1)];
	return text;
}
