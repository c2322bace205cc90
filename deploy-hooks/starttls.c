#include "deploy-hooks/starttls.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "deploy-hooks/starttls_ldap.h"

#define STEPS 3 /* greeting, what the server offers, STARTTLS */
#define QUOTED_MAX 120

enum verdict { WRONG, MORE, NEXT };

typedef enum verdict line_judge(struct starttls *s, const char *line, struct err *err);

static line_judge judge_smtp;
static line_judge judge_imap;
static line_judge judge_pop3;

/* A command before each answer; the line protocols wait for a greeting first. */
static const struct dialogue {
	const char *scheme;
	const char *name;
	line_judge *judge;
	const char *say[STEPS];
} dialogues[STARTTLS_PROTOCOL_COUNT] = {
	[STARTTLS_NONE] = { .scheme = "" },
	/* the address literal of a client without a name, RFC 5321, section 4.1.4 */
	[STARTTLS_SMTP] = { "smtp", "SMTP", judge_smtp,
		{ NULL, "EHLO [127.0.0.1]\r\n", "STARTTLS\r\n" } },
	[STARTTLS_IMAP] = { "imap", "IMAP", judge_imap,
		{ NULL, "a1 CAPABILITY\r\n", "a2 STARTTLS\r\n" } },
	[STARTTLS_POP3] = { "pop3", "POP3", judge_pop3, { NULL, "CAPA\r\n", "STLS\r\n" } },
	[STARTTLS_LDAP] = { .scheme = "ldap", .name = "LDAP" },
	[STARTTLS_POSTGRES] = { .scheme = "postgres", .name = "PostgreSQL" },
};

const char *starttls_scheme(enum starttls_protocol protocol)
{
	return dialogues[protocol].scheme;
}

void starttls_begin(struct starttls *s, enum starttls_protocol protocol)
{
	/* length 8, request code 80877103 */
	static const char ssl_request[] = { 0, 0, 0, 8, 0x04, (char)0xd2, 0x16, 0x2f };

	assert(protocol > STARTTLS_NONE && protocol < STARTTLS_PROTOCOL_COUNT);
	*s = (struct starttls) { .protocol = protocol };
	if (protocol == STARTTLS_LDAP) {
		s->say = starttls_ldap_request;
		s->say_len = STARTTLS_LDAP_REQUEST_LEN;
	} else if (protocol == STARTTLS_POSTGRES) {
		s->say = ssl_request;
		s->say_len = sizeof(ssl_request);
	}
}

static bool refuse(const struct starttls *s, const char *why, struct err *err)
{
	return err_set(err, ERR_PROTOCOL, "the %s server %s", dialogues[s->protocol].name, why);
}

static bool not_offered(const struct starttls *s, struct err *err)
{
	return refuse(s, "does not offer TLS on this port; is it switched on there?", err);
}

/* The answer as a person may read it, however hostile. */
static enum verdict refuse_line(const struct starttls *s, const char *line, struct err *err)
{
	char quoted[QUOTED_MAX + 1];
	size_t n = strnlen(line, QUOTED_MAX);

	for (size_t i = 0; i < n; i++)
		quoted[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
	quoted[n] = '\0';
	err_set(err, ERR_PROTOCOL, "the %s server answers \"%s\"%s", dialogues[s->protocol].name,
		quoted, s->step == STEPS - 1 ? " to the wish for TLS" : "");
	return WRONG;
}

/* Whether the line begins with the word, without case. */
static bool begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return !strncasecmp(line, word, n) && (line[n] == ' ' || !line[n]);
}

/* Whether the word stands in the blank-separated line. */
static bool lists(const char *line, const char *word)
{
	for (; line; line = strchr(line, ' ')) {
		line += *line == ' ';
		if (begins(line, word))
			return true;
	}
	return false;
}

static enum verdict judge_smtp(struct starttls *s, const char *line, struct err *err)
{
	static const char *const expected[STEPS] = { "220", "250", "220" };

	if (strncmp(line, expected[s->step], 3) != 0 || (line[3] && !strchr(" -", line[3])))
		return refuse_line(s, line, err);
	if (s->step == 1 && line[3] && begins(line + 4, "STARTTLS"))
		s->offered = true;
	return line[3] == '-' ? MORE : NEXT;
}

static enum verdict judge_imap(struct starttls *s, const char *line, struct err *err)
{
	static const char *const fine[STEPS] = { "* OK", "a1 OK", "a2 OK" };

	if (begins(line, fine[s->step]))
		return NEXT;
	/* untagged responses may come at any time; PREAUTH rules STARTTLS out */
	if (!s->step || strncmp(line, "* ", 2) != 0 || begins(line, "* BYE") ||
		begins(line, "* PREAUTH"))
		return refuse_line(s, line, err);
	if (s->step == 1 && begins(line, "* CAPABILITY") && lists(line, "STARTTLS"))
		s->offered = true;
	return MORE;
}

static enum verdict judge_pop3(struct starttls *s, const char *line, struct err *err)
{
	if (s->inside) {
		s->offered |= begins(line, "STLS");
		return strcmp(line, ".") ? MORE : NEXT;
	}
	if (!begins(line, "+OK"))
		return refuse_line(s, line, err);
	s->inside = s->step == 1;
	return s->inside ? MORE : NEXT;
}

/* `used` bytes were the whole answer: there may be no more, and then it is our turn, or TLS's. */
static bool next(struct starttls *s, size_t used, struct err *err)
{
	const char *say;

	if (used != s->len)
		return refuse(s,
			"says more than it was asked for before TLS, as an injection would", err);
	s->len = 0;
	s->inside = false;
	if (s->step == 1 && !s->offered)
		return not_offered(s, err);
	if (++s->step == STEPS) {
		s->done = true;
		return true;
	}
	say = dialogues[s->protocol].say[s->step];
	s->say = say;
	s->say_len = strlen(say);
	return true;
}

/* The lines that are whole, one by one; each ends in CR LF. */
static bool take_lines(struct starttls *s, struct err *err)
{
	size_t at = 0;
	char *end;

	while ((end = memchr(s->in + at, '\n', s->len - at))) {
		char *line = s->in + at;
		enum verdict verdict;

		if (end == line || end[-1] != '\r' || memchr(line, '\0', (size_t)(end - line)))
			return refuse(s, "sends what is no line of text", err);
		end[-1] = '\0';
		at = (size_t)(end + 1 - s->in);
		verdict = dialogues[s->protocol].judge(s, line, err);
		if (verdict != MORE)
			return verdict == NEXT && next(s, at, err);
	}
	memmove(s->in, s->in + at, s->len - at);
	s->len -= at;
	return true;
}

static bool take_postgres(struct starttls *s, struct err *err)
{
	switch (s->in[0]) {
	case 'S':
		s->step = STEPS - 1;
		return next(s, 1, err);
	case 'N':
		return not_offered(s, err);
	case 'E':
		return refuse(s, "answers with an error to the wish for TLS", err);
	default:
		return refuse(s, "sends no answer of its protocol", err);
	}
}

static bool take_ldap(struct starttls *s, struct err *err)
{
	size_t used = 0;

	if (!starttls_ldap_answer(&used, s->in, s->len, err))
		return false;
	s->step = STEPS - 1;
	return !used || next(s, used, err);
}

bool starttls_feed(struct starttls *s, const void *data, size_t len, struct err *err)
{
	assert(!s->done);
	s->say = NULL;
	s->say_len = 0;
	if (!len)
		return true;
	if (len > STARTTLS_BYTES_MAX - s->total)
		return refuse(s, "talks on and on before TLS", err);
	memcpy(s->in + s->len, data, len);
	s->len += len;
	s->total += len;
	if (s->protocol == STARTTLS_POSTGRES)
		return take_postgres(s, err);
	return s->protocol == STARTTLS_LDAP ? take_ldap(s, err) : take_lines(s, err);
}
