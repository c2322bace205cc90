#include "fault_table.h"

#include <string.h>

#define LINE_WIDTH 88

const char *const fault_ops[OP_COUNT] = {
	[OP_ANY] = "any",
	[OP_ISSUE] = "issue",
	[OP_TYPES] = "types",
	[OP_CUSTOM_FIELDS] = "custom-fields",
	[OP_ENROLL] = "enroll",
	[OP_COLLECT] = "collect",
	[OP_DETAILS] = "details",
	[OP_LIST] = "list",
	[OP_REVOKE] = "revoke",
	[OP_APPROVE] = "approve",
	[OP_DECLINE] = "decline",
	[OP_RENEW] = "renew",
	[OP_REPLACE] = "replace",
	[OP_UPDATE] = "update",
	[OP_DELETE] = "delete",
	[OP_LOCATION] = "location",
	[OP_ORGANIZATIONS] = "organizations",
	[OP_ORGANIZATION] = "organization",
	[OP_DOMAINS] = "domains",
	[OP_DOMAIN] = "domain",
	[OP_PASSWORD] = "password",
	[OP_TOKEN] = "token",
	[OP_ORDER_DCV] = "order-dcv",
	[OP_REPORT] = "report",
	[OP_PERSON] = "person",
	[OP_DCV_LIST] = "dcv-list",
	[OP_DCV_STATUS] = "dcv-status",
	[OP_DCV_SYNC] = "dcv-sync",
	[OP_DCV_CLEAR] = "dcv-clear",
	[OP_DCV_DELETE] = "dcv-delete",
	[OP_DCV_START] = "dcv-start",
	[OP_DCV_SUBMIT] = "dcv-submit",
	[OP_ENR_ENROLL] = "enr-enroll",
	[OP_ENR_COLLECT] = "enr-collect",
	[OP_ENR_REVOKE] = "enr-revoke",
	[OP_ENR_STATUS] = "enr-status",
	[OP_ENR_DCV_RECHECK] = "enr-dcv-recheck",
	[OP_ENR_RENEW] = "enr-renew",
	[OP_ENR_REPLACE] = "enr-replace",
	[OP_KEYGEN] = "enroll-keygen",
	[OP_KEYSTORE] = "keystore",
	[OP_IMPORT] = "import",
	[OP_ORGANIZATION_WRITE] = "organization-write",
	[OP_VALIDATION] = "organization-validation",
	[OP_DOMAIN_WRITE] = "domain-write",
	[OP_NOTIFICATION] = "notification",
	[OP_CHANGE_PASSWORD] = "change-password",
	[OP_DEVICE] = "device",
	[OP_DEVICE_ENROLL] = "device-enroll",
	[OP_DEVICE_COLLECT] = "device-collect",
	[OP_DEVICE_REVOKE] = "device-revoke",
	[OP_DEVICE_RENEW] = "device-renew",
	[OP_DEVICE_REPLACE] = "device-replace",
	[OP_SMIME] = "smime",
	[OP_SMIME_ENROLL] = "smime-enroll",
	[OP_SMIME_COLLECT] = "smime-collect",
	[OP_SMIME_REVOKE] = "smime-revoke",
	[OP_SMIME_RENEW] = "smime-renew",
	[OP_OTHER] = "other",
};

const struct fault_kind fault_kinds[FAULT_COUNT] = {
	[FAULT_STATUS] = { "status", IN_ANSWER, NUMBER,
		"=N: HTTP status N with an error body, instead of doing anything" },
	[FAULT_CODE] = { "code", IN_ANSWER, NUMBER,
		"=N: 400 with error code N, instead of doing anything" },
	[FAULT_RETRY_AFTER] = { "retry-after", IN_ANSWER, TEXT,
		"=TEXT: 429 with Retry-After: TEXT (seconds, a date, nonsense)" },
	[FAULT_UNAVAILABLE] = { "unavailable", IN_ANSWER, OPTIONAL_TEXT,
		"[=TEXT]: 503 text/plain of a gateway, with Retry-After: TEXT when given" },
	[FAULT_HTML] = { "html", IN_ANSWER, OPTIONAL_NUMBER,
		"[=STATUS]: a proxy's HTML page, status 200 unless given" },
	[FAULT_REDIRECT] = { "redirect", IN_ANSWER, TEXT,
		"=[STATUS,]URL: 302, or STATUS, with Location: URL" },
	[FAULT_BODY] = { "body", IN_ANSWER, TEXT, "=TEXT: 200 with TEXT as application/json" },
	[FAULT_BODY_FILE] = { "body-file", IN_ANSWER, TEXT,
		"=PATH: 200 with the bytes of a file as application/json" },
	[FAULT_DELAY] = { "delay", IN_ANSWER, NUMBER, "=MS: wait before doing anything" },
	[FAULT_DELAY_AFTER] = { "delay-after", IN_ANSWER, NUMBER,
		"=MS: do it, then wait before answering" },
	[FAULT_DRIP] = { "drip", IN_ANSWER, NUMBER, "=MS: one byte of the answer each MS" },
	[FAULT_HANG] = { "hang", IN_ANSWER, NOTHING, ": do it, never answer, keep the connection" },
	[FAULT_RESET] = { "reset", IN_ANSWER, NOTHING,
		": TCP reset when the request has come, nothing is done" },
	[FAULT_RESET_AFTER_ACCEPT] = { "reset-after-accept", IN_ANSWER, NOTHING,
		": do it, then TCP reset instead of an answer" },
	[FAULT_RESET_AT] = { "reset-at", IN_ANSWER, NUMBER,
		"=N: do it, then TCP reset after N bytes of the answer" },
	[FAULT_CLOSE] = { "close", IN_ANSWER, NOTHING,
		": end the connection when the request has come, nothing is done" },
	[FAULT_CLOSE_AFTER_ACCEPT] = { "close-after-accept", IN_ANSWER, NOTHING,
		": do it, then end the connection instead of an answer" },
	[FAULT_CLOSE_AT] = { "close-at", IN_ANSWER, NUMBER,
		"=N: do it, then end the connection after N bytes of the answer" },
	[FAULT_ENDLESS_BODY] = { "endless-body", IN_ANSWER, NOTHING, ": a body without end" },
	[FAULT_ENDLESS_HEADERS] = { "endless-headers", IN_ANSWER, NOTHING,
		": headers without end" },
	[FAULT_TRUNCATE] = { "truncate", IN_ANSWER, NUMBER,
		"=N: a complete answer whose body is only the first N bytes" },
	[FAULT_NEST] = { "nest", IN_ANSWER, NUMBER, "=N: the body is N nested JSON arrays" },
	[FAULT_HUGE] = { "huge", IN_ANSWER, TEXT,
		"=N[/MEMBER]: strings of N bytes (description, status, commonName, name)" },
	[FAULT_RETYPE] = { "retype", IN_ANSWER, TEXT,
		"=TYPE[/MEMBER]: members become string, number, huge-number, fraction,\n"
		"        negative, array, object, null, bool, or are gone (drop)" },
	[FAULT_EVIL] = { "evil", IN_ANSWER, TEXT,
		"=WHAT[/MEMBER]: strings (as for huge) become control, ansi, newline, format,\n"
		"        path, shell, html, nul, surrogate or utf8 (not valid UTF-8)" },
	[FAULT_MEMBER] = { "member", IN_ANSWER, TEXT,
		"=MEMBER/TEXT: members of that name become the string TEXT" },
	[FAULT_GZIP_BOMB] = { "gzip-bomb", IN_ANSWER, NUMBER,
		"=N: a gzip body that unpacks to N MiB" },
	[FAULT_LIVES] = { "lives", IN_TOKEN, NUMBER,
		"=S: the token ends after S seconds, whatever its expires_in says; 0: at once" },
	[FAULT_CHAIN] = { "chain", IN_COLLECT, TEXT,
		"=ORDER: leaf-first, root-first, shuffled, no-root, no-intermediate,\n"
		"        leaf-only, stranger, twice, loop or no-leaf, in whatever format" },
	[FAULT_FORMAT] = { "format", IN_COLLECT, TEXT, "=F: that format, whatever was asked for" },
	[FAULT_NEWLINE] = { "newline", IN_COLLECT, TEXT,
		"=crlf, none (no final line end) or double (an empty last line)" },
	[FAULT_CERTIFICATES] = { "certificates", IN_COLLECT, NUMBER,
		"=N: N certificates, the chain's and strangers" },
	[FAULT_WRONG_KEY] = { "wrong-key", IN_ISSUE, NOTHING, ": for another key" },
	[FAULT_MISSING_NAME] = { "missing-name", IN_ISSUE, NOTHING, ": without the last name" },
	[FAULT_EXTRA_NAME] = { "extra-name", IN_ISSUE, OPTIONAL_TEXT,
		"[=NAME]: with one name more" },
	[FAULT_WRONG_NAMES] = { "wrong-names", IN_ISSUE, OPTIONAL_TEXT,
		"[=NAME]: for another name altogether" },
	[FAULT_EXPIRED] = { "expired", IN_ISSUE, NOTHING, ": ended an hour ago" },
	[FAULT_NOT_YET_VALID] = { "not-yet-valid", IN_ISSUE, NOTHING, ": begins in a week" },
	[FAULT_CA_TRUE] = { "ca", IN_ISSUE, NOTHING, ": a CA certificate" },
	[FAULT_SELF_SIGNED] = { "self-signed", IN_ISSUE, NOTHING,
		": its own issuer, with a signature that does not fit" },
	[FAULT_UNKNOWN_CA] = { "unknown-ca", IN_ISSUE, NOTHING,
		": from a CA whose root is in no trust file" },
	[FAULT_SHA1] = { "sha1", IN_ISSUE, NOTHING, ": signed with SHA-1" },
	[FAULT_WEAK_ISSUER] = { "weak-issuer", IN_ISSUE, NOTHING, ": issued by an RSA-1024 CA" },
	[FAULT_NO_SERVER_AUTH] = { "no-server-auth", IN_ISSUE, NOTHING, ": clientAuth only" },
	[FAULT_UNKNOWN_CRITICAL] = { "unknown-critical", IN_ISSUE, NOTHING,
		": with a critical extension that nobody knows" },
	[FAULT_VALIDITY] = { "validity", IN_ISSUE, NUMBER, "=S: valid from now for S seconds" },
};

const char *fault_words(enum fault_id id)
{
	switch (id) {
	case FAULT_RETYPE:
		return " string number huge-number fraction negative array object null bool drop ";
	case FAULT_EVIL:
		return " control ansi newline format path shell html nul surrogate utf8 ";
	case FAULT_CHAIN:
		return " leaf-first root-first shuffled no-root no-intermediate leaf-only stranger "
		       "twice loop no-leaf ";
	case FAULT_FORMAT:
		return " x509 x509CO x509IO x509IOR x509R pem pemco pemia base64 bin ";
	case FAULT_NEWLINE:
		return " crlf none double ";
	default:
		return NULL;
	}
}

const char *fault_op_name(enum op op)
{
	return fault_ops[op];
}

static void help_ops(FILE *out)
{
	size_t column = strlen("    Operations:");

	fputs("    Operations:", out);
	for (enum op op = 0; op < OP_COUNT; op++) {
		size_t length = strlen(fault_ops[op]) + 2;

		if (column + length > LINE_WIDTH) {
			fputs("\n       ", out);
			column = 7;
		}
		fprintf(out, " %s%s", fault_ops[op], op + 1 < OP_COUNT ? "," : "\n");
		column += length;
	}
}

void fault_help(FILE *out)
{
	static const char *const titles[] = {
		[IN_ANSWER] = "Kinds, at any operation but issue",
		[IN_TOKEN] = "Kinds, at token",
		[IN_COLLECT] = "Kinds, at collect and enr-collect",
		[IN_ISSUE] = "Kinds, at issue (the next certificate is made)",
	};

	help_ops(out);
	for (enum scope scope = IN_ANSWER; scope <= IN_ISSUE; scope++) {
		fprintf(out, "\n    %s:\n", titles[scope]);
		for (enum fault_id id = 0; id < FAULT_COUNT; id++)
			if (fault_kinds[id].scope == scope)
				fprintf(out, "      %s%s\n", fault_kinds[id].name,
					fault_kinds[id].help);
	}
}
