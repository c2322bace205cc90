#include "keystore/jks_text.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/pkcs12.h>

#include "base/secret.h"
#include "keystore/jks_out.h"

#define TEXT_MAX (2 * 65536) /* bytes in UTF-8; no more than in the file, in fact */

bool jks_text_password(struct buf *out, const struct secret *password, struct err *err)
{
	unsigned char *text = NULL;
	int len = 0;

	if (secret_len(password) > JKS_PASSWORD_MAX / 2)
		return err_set(err, ERR_KEYSTORE, "the password is too long");
	if (!OPENSSL_utf82uni(secret_bytes(password), (int)secret_len(password), &text, &len))
		return err_memory(err);
	buf_add(out, text, (size_t)len - 2); /* without the NUL that OpenSSL adds */
	OPENSSL_clear_free(text, (size_t)len);
	return buf_check(out, "password", err);
}

/* How many bytes follow the first one of a character; -1 when none begins like this. */
static int tail_of(unsigned first)
{
	if (first < 0x80)
		return 0;
	if (first >> 5 == 6)
		return 1;
	return first >> 4 == 14 ? 2 : -1;
}

/* One UTF-16 unit. */
static bool take_unit(unsigned *out, struct jks_in *in)
{
	static const unsigned bits_of_first[] = { 0x7f, 0x1f, 0x0f };
	uint64_t byte;
	unsigned unit;
	int tail;

	if (!jks_in_number(&byte, in, 1) || (tail = tail_of((unsigned)byte)) < 0)
		return false;
	unit = (unsigned)byte & bits_of_first[tail];
	while (tail--) {
		if (!jks_in_number(&byte, in, 1) || byte >> 6 != 2)
			return false;
		unit = unit << 6 | ((unsigned)byte & 0x3f);
	}
	*out = unit;
	return true;
}

static bool is_surrogate(unsigned unit, unsigned first)
{
	return unit >= first && unit < first + 0x400;
}

/* One or two units. A NUL would end the text for us and not for others. */
static bool take_character(unsigned *out, struct jks_in *in)
{
	unsigned unit;
	unsigned low;

	if (!take_unit(&unit, in) || !unit || is_surrogate(unit, 0xdc00))
		return false;
	if (is_surrogate(unit, 0xd800)) {
		if (!take_unit(&low, in) || !is_surrogate(low, 0xdc00))
			return false;
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	}
	*out = unit;
	return true;
}

bool jks_text_take(char **out, struct jks_in *in)
{
	AUTO(buf) struct buf text = BUF(TEXT_MAX);
	struct jks_bytes bytes;
	struct jks_in rest;
	char *detached;

	if (!jks_in_block(&bytes, in, 2))
		return false;
	rest = (struct jks_in) { bytes.data, bytes.len };
	buf_add(&text, "", 0);
	while (rest.left) {
		unsigned char utf8[6];
		unsigned c;

		if (!take_character(&c, &rest))
			return false;
		buf_add(&text, utf8, (size_t)UTF8_putc(utf8, sizeof(utf8), c));
	}
	detached = buf_detach(&text);
	if (!detached)
		return false;
	*out = detached;
	return true;
}

static void put_unit(struct buf *out, unsigned unit)
{
	unsigned char utf8[6];

	if (!is_surrogate(unit, 0xd800) && !is_surrogate(unit, 0xdc00)) {
		buf_add(out, utf8, (size_t)UTF8_putc(utf8, sizeof(utf8), unit));
		return;
	}
	utf8[0] = 0xed;
	utf8[1] = (unsigned char)(0x80 | (unit >> 6 & 0x3f));
	utf8[2] = (unsigned char)(0x80 | (unit & 0x3f));
	buf_add(out, utf8, 3);
}

void jks_text_put(struct buf *out, const char *text)
{
	AUTO(buf) struct buf own = BUF(UINT16_MAX);
	size_t len = strlen(text);

	while (len) {
		unsigned long c;
		int n = UTF8_getc((const unsigned char *)text, (int)len, &c);

		if (n < 0) {
			out->failed = true;
			return;
		}
		text += n;
		len -= (size_t)n;
		if (c < 0x10000) {
			put_unit(&own, (unsigned)c);
			continue;
		}
		put_unit(&own, (unsigned)(0xd800 + ((c - 0x10000) >> 10)));
		put_unit(&own, (unsigned)(0xdc00 + (c & 0x3ff)));
	}
	jks_out_block(out, 2, own.data, own.len);
}
