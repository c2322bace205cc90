#include "fault.h"

#include "fault_table.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool same(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && !strncmp(text, word, length);
}

static bool parse_number(long *out, const char *text, const char **end)
{
	char *rest;

	if (!isdigit((unsigned char)text[*text == '-']))
		return false;
	errno = 0;
	*out = strtol(text, &rest, 10);
	*end = rest;
	return !errno;
}

/* Reads [SKIP+]COUNT that fills TEXT. */
static bool parse_count(struct fault *fault, const char *text)
{
	const char *end;
	long number;

	if (!isdigit((unsigned char)*text) || !parse_number(&number, text, &end))
		return false;
	fault->count = number;
	if (*end == '+') {
		fault->skip = number;
		if (!isdigit((unsigned char)end[1]) || !parse_number(&fault->count, end + 1, &end))
			return false;
	}
	return !*end;
}

static bool parse_op(struct fault *fault, const char *text, size_t length, struct err *err)
{
	for (enum op op = 0; op < OP_COUNT; op++)
		if (same(text, length, fault_ops[op])) {
			fault->op = op;
			return true;
		}
	return err_set(err, "fault '%s': unknown operation '%.*s'", fault->text, (int)length, text);
}

static bool parse_kind(struct fault *fault, const char *text, size_t length, struct err *err)
{
	for (enum fault_id id = 0; id < FAULT_COUNT; id++) {
		if (!same(text, length, fault_kinds[id].name))
			continue;
		fault->id = id;
		if ((fault_kinds[id].scope == IN_ISSUE) != (fault->op == OP_ISSUE))
			return err_set(err, "fault '%s': '%s' is%s for operation 'issue'",
				fault->text, fault_kinds[id].name,
				fault->op == OP_ISSUE ? " not" : "");
		if (fault_kinds[id].scope == IN_TOKEN && fault->op != OP_TOKEN)
			return err_set(err, "fault '%s': '%s' is for operation 'token'",
				fault->text, fault_kinds[id].name);
		if (fault_kinds[id].scope == IN_COLLECT && fault->op != OP_COLLECT &&
			fault->op != OP_ENR_COLLECT && fault->op != OP_DEVICE_COLLECT &&
			fault->op != OP_SMIME_COLLECT)
			return err_set(err, "fault '%s': '%s' is for operation 'collect'",
				fault->text, fault_kinds[id].name);
		return true;
	}
	return err_set(err, "fault '%s': unknown kind '%.*s'", fault->text, (int)length, text);
}

static bool check_word(const struct fault *fault, struct err *err)
{
	const char *words = fault_words(fault->id);
	AUTO(text) char *word = NULL;

	if (!words || !fault->value)
		return true;
	word = mem_format(" %.*s ", (int)strcspn(fault->value, "/"), fault->value);
	if (strstr(words, word))
		return true;
	return err_set(err, "fault '%s': the value is none of%s", fault->text, words);
}

static bool check_value(struct fault *fault, struct err *err)
{
	enum takes takes = fault_kinds[fault->id].takes;
	const char *end = "";

	if (!fault->value && (takes == NUMBER || takes == TEXT))
		return err_set(err, "fault '%s': '%s' needs a value", fault->text,
			fault_kinds[fault->id].name);
	if (fault->value && takes == NOTHING)
		return err_set(err, "fault '%s': '%s' takes no value", fault->text,
			fault_kinds[fault->id].name);
	if (!fault->value || takes == TEXT || takes == OPTIONAL_TEXT)
		return check_word(fault, err);
	if (!parse_number(&fault->number, fault->value, &end) || *end)
		return err_set(err, "fault '%s': '%s' is not a number", fault->text, fault->value);
	return true;
}

static bool parse(struct fault *fault, struct err *err)
{
	AUTO(text) char *copy = mem_text(fault->text);
	char *kind = strchr(copy, ':');
	char *last, *value;

	if (!kind)
		return err_set(err, "fault '%s': write OPERATION:KIND[=VALUE][:[SKIP+]COUNT]",
			fault->text);
	if (!parse_op(fault, copy, (size_t)(kind++ - copy), err))
		return false;
	last = strrchr(kind, ':');
	if (last && parse_count(fault, last + 1))
		*last = '\0';
	value = strchr(kind, '=');
	if (value) {
		*value++ = '\0';
		fault->value = mem_text(value);
	}
	return parse_kind(fault, kind, strlen(kind), err) && check_value(fault, err);
}

static void clear(struct fault *fault)
{
	free(fault->text);
	free(fault->value);
}

static void push(struct faults *faults, struct fault fault)
{
	faults->list = mem_grow(faults->list, faults->count + 1, sizeof(fault));
	faults->list[faults->count++] = fault;
}

bool fault_add(struct faults *faults, const char *text, struct err *err)
{
	struct fault fault = { .text = mem_text(text), .count = -1 };

	if (!parse(&fault, err)) {
		clear(&fault);
		return false;
	}
	push(faults, fault);
	return true;
}

static void push_copy(struct faults *to, const struct fault *fault)
{
	struct fault copy = *fault;

	copy.text = mem_text(fault->text);
	copy.value = mem_text(fault->value);
	push(to, copy);
}

void fault_free(struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		clear(&faults->list[i]);
	free(faults->list);
	*faults = (struct faults) { 0 };
}

void fault_take(struct faults *struck, struct faults *faults, enum op op)
{
	for (size_t i = 0; i < faults->count; i++) {
		struct fault *fault = &faults->list[i];

		if (fault->op != op && (fault->op != OP_ANY || op == OP_ISSUE))
			continue;
		if (fault->skip > 0) {
			fault->skip--;
			continue;
		}
		if (fault->count == 0)
			continue;
		if (fault->count > 0)
			fault->count--;
		push_copy(struck, fault);
	}
}

const struct fault *fault_find(const struct faults *faults, enum fault_id id)
{
	for (size_t i = 0; i < faults->count; i++)
		if (faults->list[i].id == id)
			return &faults->list[i];
	return NULL;
}
