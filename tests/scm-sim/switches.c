#include "switches.h"

#include "switch_table.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

struct switches *switches_new(void)
{
	struct switches *switches = mem_new(1, sizeof(*switches));

	switches->page_size = 10;
	switches->replacing = "Issued";
	switches->token_s = 300;
	switches->dcv_validity_s = 198 * (int64_t)86400;
	return switches;
}

void switches_free(struct switches *switches)
{
	if (!switches)
		return;
	free(switches->decisions);
	fault_free(&switches->faults);
	free(switches);
}

static const struct switch_word *find(const char *text)
{
	for (size_t i = 0; i < switch_word_count; i++)
		if (!strcmp(switch_words[i].word, text))
			return &switch_words[i];
	return NULL;
}

bool switches_known(bool *valued, const char *text)
{
	const struct switch_word *word = find(text);

	*valued = !word || word->value;
	return word || !strcmp(text, "fault");
}

bool switches_set(struct switches *switches, const char *text, const char *value, struct err *err)
{
	const struct switch_word *word = find(text);

	if (!strcmp(text, "fault"))
		return fault_add(&switches->faults, value, err);
	assert(word); /* switches_known() was asked before */
	if (!word->set(switches, (char *)switches + word->field, word->detail, value))
		return err_set(err, "--%s: '%s' is not %s", text, value, word->value);
	return true;
}

static struct switches *copy(const struct switches *from)
{
	struct switches *to = mem_new(1, sizeof(*to));

	*to = *from;
	to->decisions = mem_grow(NULL, from->decision_count, sizeof(struct decision));
	if (from->decision_count)
		memcpy(to->decisions, from->decisions,
			from->decision_count * sizeof(struct decision));
	to->faults = (struct faults) { 0 };
	return to;
}

/* Applies one line of a switches file. */
static bool set_line(struct switches *switches, char *line, struct err *err)
{
	char *end = line + strlen(line);
	char *value;
	bool valued;

	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return true;
	if (strncmp(line, "--", 2))
		return err_set(err, "'%s': a switch begins with --", line);
	value = line + strcspn(line, " \t=");
	if (*value)
		*value++ = '\0';
	value += strspn(value, " \t");
	if (!switches_known(&valued, line + 2))
		return err_set(err, "unknown switch '%s'", line);
	if (valued != (*value != '\0'))
		return err_set(err, "'%s' %s", line, valued ? "needs a value" : "takes no value");
	return switches_set(switches, line + 2, value, err);
}

bool switches_overlay(struct switches **out, const struct switches *base, const char *text,
	const char *path, struct err *err)
{
	struct switches *switches = copy(base);
	AUTO(text) char *lines = mem_text(text);
	struct err reason;
	char *rest = lines;

	for (int number = 1; rest; number++) {
		char *line = strsep(&rest, "\n");

		if (set_line(switches, line, &reason))
			continue;
		switches_free(switches);
		return err_set(err, "%s:%d: %s", path, number, reason.text);
	}
	*out = switches;
	return true;
}

bool switches_decided(const struct switches *switches, enum verdict verdict, int64_t ssl_id)
{
	for (size_t i = 0; i < switches->decision_count; i++) {
		const struct decision *decision = &switches->decisions[i];

		if (decision->verdict == verdict &&
			(!decision->ssl_id || decision->ssl_id == ssl_id))
			return true;
	}
	return false;
}

void switches_help(FILE *out)
{
	for (size_t i = 0; i < switch_word_count; i++)
		fprintf(out, "    --%s%s%s\n        %s\n", switch_words[i].word,
			switch_words[i].value ? " " : "",
			switch_words[i].value ? switch_words[i].value : "", switch_words[i].help);
	fputs("    --fault OPERATION:KIND[=VALUE][:[SKIP+]COUNT]\n"
	      "        let something go wrong, see FAULTS; may be given again and again\n",
		out);
}
