/* Header lines of an answer, Retry-After above all: what is read stays within its bounds. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "scm/answer.h"
#include "scm/headers.h"
#include "scm/retry.h"

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct scm_headers h;
	size_t at = 0;

	assert(scm_retry_after(text, size, NOW) <= SCM_RETRY_MAX);
	scm_headers_init(&h);
	while (at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t len = end ? (size_t)(end - text) + 1 - at : size - at;

		scm_headers_line(&h, text + at, len, NOW);
		at += len;
	}
	assert(h.retry_after <= SCM_RETRY_MAX);
	assert(h.total == SCM_TOTAL_UNKNOWN || h.total <= UINT32_MAX);
	assert(strlen(h.location) < SCM_LOCATION_MAX);
	return 0;
}
