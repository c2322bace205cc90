#include "tokens.h"

#include "hex.h"

#include <string.h>

struct tokens {
	struct token {
		char *text, *client; /* owned */
		int64_t ends;
	} * list; /* owned */
	size_t count;
};

struct tokens *tokens_new(void)
{
	return mem_new(1, sizeof(struct tokens));
}

void tokens_free(struct tokens *tokens)
{
	if (!tokens)
		return;
	for (size_t i = 0; i < tokens->count; i++) {
		free(tokens->list[i].text);
		free(tokens->list[i].client);
	}
	free(tokens->list);
	free(tokens);
}

/* As long as the signed tokens of the real endpoint, and of the same characters. */
static char *new_text(void)
{
	AUTO(text) char *head = random_text(100);
	AUTO(text) char *body = random_text(900);
	AUTO(text) char *signature = random_text(342);

	return mem_format("%s.%s.%s", head, body, signature);
}

const char *tokens_add(struct tokens *tokens, const char *client, int64_t ends)
{
	struct token token = { new_text(), mem_text(client), ends };

	tokens->list = mem_grow(tokens->list, tokens->count + 1, sizeof(token));
	tokens->list[tokens->count++] = token;
	return token.text;
}

const char *tokens_client(const struct tokens *tokens, const char *text, int64_t now)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (!strcmp(tokens->list[i].text, text))
			return now < tokens->list[i].ends ? tokens->list[i].client : NULL;
	return NULL;
}
