#include "switch_table.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>

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

const struct switch_word switch_words[] = {
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

const size_t switch_word_count = sizeof(switch_words) / sizeof(switch_words[0]);
