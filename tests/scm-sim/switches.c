#include "switches.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Reads VALUE into the field of a switch. */
typedef bool setter(struct switches *switches, void *field, int detail, const char *value);

static const char *const not_ready_words[NOT_READY_COUNT] = {
	[NOT_READY_CODE0] = "code0",
	[NOT_READY_183] = "-183",
	[NOT_READY_1400] = "-1400",
	[NOT_READY_103] = "-103",
	[NOT_READY_109] = "-109",
	[NOT_READY_404] = "404",
	[NOT_READY_EMPTY] = "empty",
};

/* VALUE times DETAIL, not negative and not absurd; with a fraction when DETAIL allows one. */
static bool set_scaled(struct switches *switches, void *field, int detail, const char *value)
{
	char *end;
	double number;

	(void)switches;
	if (!isdigit((unsigned char)*value))
		return false;
	number = strtod(value, &end) * detail;
	if (*end || number > 1e12 || (detail == 1 && strchr(value, '.')))
		return false;
	*(int64_t *)field = (int64_t)number;
	return true;
}

static bool set_seconds_or_never(
	struct switches *switches, void *field, int detail, const char *value)
{
	if (strcmp(value, "never"))
		return set_scaled(switches, field, detail, value);
	*(int64_t *)field = -1;
	return true;
}

static bool set_flag(struct switches *switches, void *field, int detail, const char *value)
{
	(void)switches;
	(void)value;
	*(bool *)field = detail;
	return true;
}

static bool set_not_ready(struct switches *switches, void *field, int detail, const char *value)
{
	(void)switches;
	(void)detail;
	for (enum not_ready form = 0; form < NOT_READY_COUNT; form++)
		if (!strcmp(not_ready_words[form], value)) {
			*(enum not_ready *)field = form;
			return true;
		}
	return false;
}

static bool set_replacing(struct switches *switches, void *field, int detail, const char *value)
{
	static const char *const statuses[] = { "Issued", "Applied", "Replaced" };

	(void)switches;
	(void)detail;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (!strcmp(statuses[i], value)) {
			*(const char **)field = statuses[i];
			return true;
		}
	return false;
}

static bool add_decision(struct switches *switches, void *field, int detail, const char *value)
{
	struct decision decision = { .verdict = (enum verdict)detail };

	(void)field;
	if (strcmp(value, "all") &&
		(!set_scaled(switches, &decision.ssl_id, 1, value) || !decision.ssl_id))
		return false;
	switches->decisions =
		mem_grow(switches->decisions, switches->decision_count + 1, sizeof(decision));
	switches->decisions[switches->decision_count++] = decision;
	return true;
}

/* [ADDRESS:]PORT, an IPv4 address or this host */
static bool set_endpoint(struct switches *switches, void *field, int detail, const char *value)
{
	const char *port = strrchr(value, ':');
	struct endpoint *endpoint = field;
	char address[INET_ADDRSTRLEN] = "127.0.0.1";
	struct in_addr parsed;
	int64_t number;

	if (port && (size_t)(port - value) < sizeof(address)) {
		memcpy(address, value, (size_t)(port - value));
		address[port - value] = '\0';
	}
	port = port ? port + 1 : value;
	if (inet_pton(AF_INET, address, &parsed) != 1 ||
		!set_scaled(switches, &number, detail, port) || number < 1 || number > UINT16_MAX)
		return false;
	snprintf(endpoint->text, sizeof(endpoint->text), "%s:%d", address, (int)number);
	return true;
}

static bool set_text(struct switches *switches, void *field, int detail, const char *value)
{
	struct endpoint *text = field;

	(void)switches;
	(void)detail;
	if (!*value || strlen(value) >= sizeof(text->text))
		return false;
	memcpy(text->text, value, strlen(value) + 1);
	return true;
}

#define FIELD(name) offsetof(struct switches, name)

static const struct word {
	const char *word;
	const char *value; /* NULL: takes none */
	setter *set;
	size_t field;
	int detail;
	const char *help;
} words[] = {
	{ "delay", "MS", set_scaled, FIELD(delay_ms), 1,
		"wait MS milliseconds before each request is worked on" },
	{ "issue-time", "S|never", set_seconds_or_never, FIELD(issue_ms), 1000,
		"issue S seconds after the order was accepted or approved (0)" },
	{ "collect-lag", "S", set_scaled, FIELD(collect_lag_ms), 1000,
		"not ready for S seconds more, though the status is Issued (0)" },
	{ "visible-after", "S", set_scaled, FIELD(visible_ms), 1000,
		"a new order appears in lists only after S seconds (0)" },
	{ "not-ready", "FORM", set_not_ready, FIELD(not_ready), 0,
		"how collect says that it has nothing yet: code0 (default), -183, -1400,\n"
		"        -103, -109 (400 with that code), 404 or empty (200), both without a "
		"body" },
	{ "replacing", "STATUS", set_replacing, FIELD(replacing), 0,
		"status until a replacement is issued: Issued (default), Applied, Replaced" },
	{ "approval", NULL, set_flag, FIELD(approval), true,
		"orders stay Requested until they are approved" },
	{ "no-approval", NULL, set_flag, FIELD(approval), false,
		"orders need no approval (default)" },
	{ "approve", "ID|all", add_decision, 0, VERDICT_APPROVE, "an administrator approves" },
	{ "decline", "ID|all", add_decision, 0, VERDICT_DECLINE, "an administrator says no" },
	{ "reject", "ID|all", add_decision, 0, VERDICT_REJECT, "the CA says no" },
	{ "invalid", "ID|all", add_decision, 0, VERDICT_INVALID,
		"the CA cannot work on the order" },
	{ "revoke", "ID|all", add_decision, 0, VERDICT_REVOKE,
		"an administrator revokes the certificate" },
	{ "old-revoke", NULL, set_flag, FIELD(old_revoke), true,
		"a revocation needs no reasonCode, as it was until 2025" },
	{ "validity", "S", set_scaled, FIELD(validity_s), 1,
		"certificates end S seconds after they are issued, whatever the term" },
	{ "match-substring", NULL, set_flag, FIELD(substring), true,
		"text filters of lists look for a part" },
	{ "match-exact", NULL, set_flag, FIELD(substring), false,
		"text filters of lists compare the whole (default)" },
	{ "page-size", "N", set_scaled, FIELD(page_size), 1,
		"entries of a list that was asked for without size (10)" },
	{ "dcv-time", "S|never", set_seconds_or_never, FIELD(dcv_ms), 1000,
		"a domain is validated S seconds after it was submitted (0)" },
	{ "dcv-validity", "S", set_scaled, FIELD(dcv_validity_s), 1,
		"the validation of a domain ends after S seconds (198 days)" },
	{ "dcv-http", "[ADDRESS:]PORT", set_endpoint, FIELD(dcv_http), 1,
		"look for the file of a validation by HTTP there, instead of at port 80 of the\n"
		"        domain, when its state is asked for; without it nothing is looked up" },
	{ "dcv-https", "[ADDRESS:]PORT", set_endpoint, FIELD(dcv_https), 1,
		"the same for HTTPS; any certificate will do" },
	{ "dcv-dns", "[ADDRESS:]PORT", set_endpoint, FIELD(dcv_dns), 1,
		"ask this name server for the CNAME or TXT record of a validation" },
	{ "dcv-email-approve", "none|all|DOMAIN", set_text, FIELD(dcv_email), 1,
		"whose mail was read and followed; without it mail does as --dcv-time says" },
	{ "lock-after", "N", set_scaled, FIELD(lock_after), 1,
		"refuse a login for good after N refusals in a row (0: never)" },
	{ "token-lifetime", "S", set_scaled, FIELD(token_s), 1,
		"access tokens end after S seconds, and their expires_in says so (300)" },
};

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

static const struct word *find(const char *text)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].word, text))
			return &words[i];
	return NULL;
}

bool switches_known(bool *valued, const char *text)
{
	const struct word *word = find(text);

	*valued = !word || word->value;
	return word || !strcmp(text, "fault");
}

bool switches_set(struct switches *switches, const char *text, const char *value, struct err *err)
{
	const struct word *word = find(text);

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
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		fprintf(out, "    --%s%s%s\n        %s\n", words[i].word, words[i].value ? " " : "",
			words[i].value ? words[i].value : "", words[i].help);
	fputs("    --fault OPERATION:KIND[=VALUE][:[SKIP+]COUNT]\n"
	      "        let something go wrong, see FAULTS; may be given again and again\n",
		out);
}
