#include "route.h"

#include <ctype.h>
#include <string.h>

#define ID_DIGITS 15

struct match {
	int64_t id, sub_id;
	const char *text;
	size_t text_length;
};

static bool match_id(int64_t *id, const char *segment, size_t length)
{
	if (length == 0 || length > ID_DIGITS)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)segment[i]))
			return false;
	*id = strtoll(segment, NULL, 10);
	return true;
}

static bool match_segment(struct match *match, const char *pattern, size_t pattern_length,
	const char *segment, size_t length)
{
	if (!strncmp(pattern, ":id", pattern_length))
		return match_id(&match->id, segment, length);
	if (!strncmp(pattern, ":sub", pattern_length))
		return match_id(&match->sub_id, segment, length);
	if (!strncmp(pattern, ":text", pattern_length)) {
		match->text = segment;
		match->text_length = length;
		return length > 0;
	}
	if (!strncmp(pattern, "vN", pattern_length))
		return length == 2 && segment[0] == 'v' && (segment[1] == '1' || segment[1] == '2');
	return length == pattern_length && !strncmp(pattern, segment, length);
}

static bool match_path(struct match *match, const char *pattern, const char *path)
{
	while (*pattern == '/' && *path == '/') {
		size_t pattern_length = strcspn(++pattern, "/");
		size_t length = strcspn(++path, "/");

		if (!match_segment(match, pattern, pattern_length, path, length))
			return false;
		pattern += pattern_length;
		path += length;
	}
	return !*pattern && (!*path || !strcmp(path, "/"));
}

const struct route *route_find(struct route_values *values, const char *method, const char *path)
{
	const char *wanted = strcmp(method, "HEAD") ? method : "GET";

	*values = (struct route_values) { 0 };
	for (size_t i = 0; i < route_count; i++) {
		struct match match = { 0 };

		if (!match_path(&match, routes[i].pattern, path))
			continue;
		if (strcmp(routes[i].method, wanted)) {
			values->other_method = true;
			continue;
		}
		*values = (struct route_values) { .id = match.id, .sub_id = match.sub_id };
		if (match.text)
			values->text = mem_copy(match.text, match.text_length);
		return &routes[i];
	}
	return NULL;
}
