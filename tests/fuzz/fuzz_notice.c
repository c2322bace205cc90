/* A notification, from whoever found the address: an id within its bounds, or a refusal. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "webhook/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	uint64_t id = 0;

	if (notice_parse(&id, (const char *)data, size, &err)) {
		assert(id > 0 && id <= INT64_MAX);
		assert(memmem(data, size, "\"certificateId\"", 15));
	} else {
		assert(err.kind == ERR_PROTOCOL && *err.text && !id);
	}
	return 0;
}
