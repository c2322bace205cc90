/* What a stranger says about access tokens: WWW-Authenticate, and the token endpoint's answers. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "scm/authenticate.h"
#include "scm/json_token.h"
#include "scm/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_challenge(const char *text, size_t size)
{
	char uri[SCM_AUTHORIZATION_URI_MAX + 1];
	struct err err = { 0 };
	const char *url = NULL;

	if (!scm_authenticate(uri, text, size))
		return;
	assert(*uri && strlen(uri) <= SCM_AUTHORIZATION_URI_MAX);
	for (const char *c = uri; *c; c++)
		assert((unsigned char)*c >= 0x20 && *c != 0x7f);
	if (scm_token_discovered(&url,
		    &(struct scm_answer) { .label = "", .status = 401, .authorization_uri = uri },
		    &err))
		assert(!strncmp(url, "https://", 8) && !strpbrk(url, "@?# \\\""));
	else
		assert(err.kind == ERR_PROTOCOL);
}

static void read_answer(const char *text, size_t size)
{
	static const long statuses[] = { 200, 302, 400, 401, 500 };

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		AUTO(secret) struct secret *token = NULL;
		struct scm_answer a = {
			.label = "", .status = statuses[i], .body = text, .len = size
		};
		struct err err = { 0 };
		int64_t ms = 0;

		if (!scm_token_read(&token, &ms, &a, &err)) {
			assert(err.kind != ERR_NONE && !token);
			continue;
		}
		assert(statuses[i] == 200 && ms > 0 && ms <= 3600000);
		assert(secret_len(token) && secret_len(token) <= SCM_TOKEN_MAX);
		assert(!strpbrk(secret_bytes(token), " \r\n\t"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_challenge((const char *)data, size);
	read_answer((const char *)data, size);
	return 0;
}
