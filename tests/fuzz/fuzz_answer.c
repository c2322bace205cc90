/*
 * A DNS answer, judged as CNAME and as TXT: it ends, it says yes, no or broken, and never yes to an
 * answer in which the text does not even occur.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dcv/answer.h"

static const struct dcv_challenge challenges[] = {
	{ .type = DCV_CNAME,
		.domain = "example.com",
		.host = "_0123456789abcdef0123456789abcdef.example.com",
		.point = "a.b.sectigo.com" },
	{ .type = DCV_TXT,
		.domain = "example.com",
		.host = "_pki-validation.example.com",
		.point = "text" },
};

static bool occurs(const uint8_t *data, size_t size)
{
	/* the text may be in several strings; its first byte is in one of them */
	return size && memchr(data, 't', size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_LEN(challenges); i++) {
		struct err err = { 0 };
		bool found = false;

		if (!dcv_answer_has(&found, data, size, &challenges[i], &err)) {
			if (err.kind != ERR_UNAVAILABLE || found)
				abort();
		} else if (found && challenges[i].type == DCV_TXT && !occurs(data, size)) {
			abort();
		}
	}
	return 0;
}
