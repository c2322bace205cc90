/*
 * What SCM asks to be published: a digit for the type, the domain, then host, point, url and the
 * two lines, each ended by a NUL byte; those at the end may be missing. What passes can't leave its
 * place: neither the line of a zone's update nor the folder of a web root.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dcv/challenge.h"
#include "dcv/name.h"

#define FIELDS 6

static void check_visible(const char *s)
{
	if (!s)
		abort();
	for (; *s; s++)
		if (*s < 0x21 || *s > 0x7e)
			abort();
}

/* Visible ASCII that means nothing to a shell, to nsupdate, or in a zone file. */
static void check_plain(const char *s)
{
	check_visible(s);
	if (strpbrk(s, "\"'`;\\$()*?<>|&@#%,{}[]!^"))
		abort();
}

static void check_published(const struct dcv_challenge *c)
{
	bool file = c->type == DCV_HTTP || c->type == DCV_HTTPS;

	if (file) {
		const char *name = c->url ? dcv_challenge_file(c) : "";

		check_plain(c->url);
		check_plain(c->first);
		check_plain(c->second);
		if (!*name || !strstr(c->url, "/.well-known/pki-validation/") ||
			strstr(c->url, "..") || strchr(name, '/') || strlen(name) > 68 ||
			*name == '.')
			abort();
	} else if (c->type != DCV_EMAIL) {
		check_plain(c->host);
		/* the text of a TXT record is for the hook to quote */
		if (c->type == DCV_TXT)
			check_visible(c->point);
		else
			check_plain(c->point);
		if (*c->host != '_' || !dcv_name_below(c->host, dcv_domain_base(c->domain)))
			abort();
	}
}

static void check_refused(const struct err *err)
{
	if (err->kind != ERR_PROTOCOL || !err->text[0])
		abort();
	for (const char *s = err->text; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_STR char *text = size ? calloc(1, size + 1) : NULL;
	const char *field[FIELDS] = { NULL };
	struct dcv_challenge c = { 0 };
	struct err err = { 0 };
	char *at = text;

	if (!text)
		return 0;
	memcpy(text, data, size);
	c.type = (enum dcv_type)((unsigned char)*at++ % DCV_TYPE_COUNT);
	for (size_t i = 0; i < FIELDS && at < text + size; i++) {
		field[i] = at;
		at += strlen(at) + 1;
	}
	if (!field[0])
		return 0;
	c.domain = field[0];
	c.host = field[1];
	c.point = field[2];
	c.url = field[3];
	c.first = field[4];
	c.second = field[5];
	if (dcv_challenge_check(&c, &err))
		check_published(&c);
	else
		check_refused(&err);
	return 0;
}
