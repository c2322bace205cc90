#include "request.h"

#include <string.h>
#include <strings.h>

void pairs_free(struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->list[i].name);
		free(pairs->list[i].value);
	}
	free(pairs->list);
}

void request_free(struct request *request)
{
	if (!request)
		return;
	pairs_free(&request->headers);
	pairs_free(&request->query);
	free(request->method);
	free(request->target);
	free(request->path);
	free(request->body);
	free(request->peer_serial);
	free(request);
}

void pairs_add(struct pairs *pairs, const char *name, const char *value)
{
	pairs->list = mem_grow(pairs->list, pairs->count + 1, sizeof(struct pair));
	pairs->list[pairs->count++] = (struct pair) { mem_text(name), mem_text(value) };
}

const char *request_header(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->headers.count; i++)
		if (!strcasecmp(request->headers.list[i].name, name))
			return request->headers.list[i].value;
	return NULL;
}

const char *pairs_find(const struct pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (!strcmp(pairs->list[i].name, name))
			return pairs->list[i].value;
	return NULL;
}

const char *request_query(const struct request *request, const char *name)
{
	return pairs_find(&request->query, name);
}
