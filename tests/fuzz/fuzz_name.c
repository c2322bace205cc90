/*
 * Text to a name: what comes out is canonical (parsing it again changes nothing), is ASCII, and
 * has nothing in it that would make two names of it at SCM or two lines in a log.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csr/name.h"

static void check(const char *name)
{
	AUTO_STR char *again = NULL;
	struct err err = { 0 };

	if (!csr_name_parse(&again, name, &err) || strcmp(again, name) != 0)
		abort();
	for (const char *s = name; *s; s++)
		if (*s < 0x21 || *s > 0x7e || *s == ',')
			abort();
	if (!*csr_name_value(name))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_STR char *text = strndup((const char *)data, size);
	AUTO_STR char *name = NULL;
	struct err err = { 0 };

	if (!text)
		return 0;
	if (csr_name_parse(&name, text, &err))
		check(name);
	else if (err.kind != ERR_CONFIG || !err.text[0] || name)
		abort();
	return 0;
}
