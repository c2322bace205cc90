#include "options.h"

#include "tls_identity.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define CLIENT_VALIDITY (10 * 365 * (int64_t)86400)

/* What an option is for: bits, since one may be for several commands. */
enum purpose { SERVE = 1, ADD_LOGIN = 2, ADD_CLIENT = 4, ADD = 6, ALWAYS = 7 };

/* Takes the value of an option. */
typedef bool taker(struct options *options, const char *value);

static bool number(int64_t *out, const char *text, int64_t limit)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return !errno && !*end && *out <= limit;
}

static bool take_port(struct options *options, const char *value)
{
	int64_t port;

	if (!number(&port, value, UINT16_MAX))
		return false;
	options->port = (uint16_t)port;
	return true;
}

static bool take_organization(struct options *options, const char *value)
{
	int64_t id;

	if (!number(&id, value, INT64_MAX / 2))
		return false;
	options->organizations =
		mem_grow(options->organizations, options->organization_count + 1, sizeof(id));
	options->organizations[options->organization_count++] = id;
	return true;
}

static bool take_profile(struct options *options, const char *value)
{
	return number(&options->profile, value, INT64_MAX / 2);
}

static bool take_term(struct options *options, const char *value)
{
	return number(&options->term, value, INT32_MAX);
}

static bool take_validity(struct options *options, const char *value)
{
	bool negative = *value == '-';

	if (!number(&options->client_validity, value + negative, INT32_MAX))
		return false;
	if (negative)
		options->client_validity = -options->client_validity;
	return true;
}

#define TAKE_TEXT(field)                                                                           \
	static bool take_##field(struct options *options, const char *value)                       \
	{                                                                                          \
		options->field = value;                                                            \
		return true;                                                                       \
	}

static bool take_tls_certificate(struct options *options, const char *value)
{
	options->tls_certificate = value;
	return tls_identity_known(value);
}

TAKE_TEXT(dir)
TAKE_TEXT(port_file)
TAKE_TEXT(tls_priority)
TAKE_TEXT(password_file)
TAKE_TEXT(client_cert)
TAKE_TEXT(client_csr)
TAKE_TEXT(client_key)
TAKE_TEXT(store_password_file)
TAKE_TEXT(secret_file)

static const struct {
	const char *word;
	enum purpose purpose;
	taker *take;
} words[] = {
	{ "dir", ALWAYS, take_dir },
	{ "port", SERVE, take_port },
	{ "port-file", SERVE, take_port_file },
	{ "tls-certificate", SERVE, take_tls_certificate },
	{ "tls-priority", SERVE, take_tls_priority },
	{ "password-file", ADD_LOGIN, take_password_file },
	{ "client-cert", ADD_LOGIN, take_client_cert },
	{ "client-csr", ADD_LOGIN, take_client_csr },
	{ "client-key", ADD_LOGIN, take_client_key },
	{ "client-validity", ADD_LOGIN, take_validity },
	{ "store-password-file", ADD_LOGIN, take_store_password_file },
	{ "secret-file", ADD_CLIENT, take_secret_file },
	{ "profile", ADD_CLIENT, take_profile },
	{ "term", ADD_CLIENT, take_term },
	{ "organization", ADD, take_organization },
};

/* The purposes that the arguments so far belong to. */
struct seen {
	const char *word[ALWAYS + 1];
};

static bool take_word(struct options *options, struct seen *seen, const char *word,
	const char *value, struct err *err)
{
	bool valued;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word))
			continue;
		seen->word[words[i].purpose] = words[i].word;
		return words[i].take(options, value) ||
		       err_set(err, "--%s: '%s' is not valid", word, value);
	}
	if (!switches_known(&valued, word))
		return err_set(err, "unknown option '--%s'", word);
	seen->word[SERVE] = word;
	return switches_set(options->switches, word, value, err);
}

static bool takes_value(const char *word)
{
	bool valued;

	switches_known(&valued, word);
	return valued;
}

static bool known(const char *word)
{
	bool valued;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].word, word))
			return true;
	return switches_known(&valued, word);
}

/* Takes the option at argv[*index] with its value, which may be the next argument. */
static bool take_option(struct options *options, struct seen *seen, int *index, int argc,
	char **argv, struct err *err)
{
	AUTO(text) char *word = mem_text(argv[*index] + 2);
	char *equals = strchr(word, '=');
	const char *value = equals ? strchr(argv[*index], '=') + 1 : NULL;

	if (equals)
		*equals = '\0';
	if (!known(word))
		return err_set(err, "unknown option '--%s'", word);
	if (takes_value(word) && !value && *index + 1 < argc)
		value = argv[++*index];
	if (takes_value(word) != (value != NULL))
		return err_set(err, "--%s %s", word, value ? "takes no value" : "needs a value");
	return take_word(options, seen, word, value, err);
}

static bool take_command(
	struct options *options, int *index, int argc, char **argv, struct err *err)
{
	const char *command = argv[*index];
	const char **name = !strcmp(command, "add-login")    ? &options->login
			    : !strcmp(command, "add-client") ? &options->client
							     : NULL;

	if (!name || options->login || options->client)
		return err_set(err, "unknown command '%s'", command);
	if (++*index >= argc || !*argv[*index] || argv[*index][0] == '-')
		return err_set(err, "%s needs a name", command);
	*name = argv[*index];
	return true;
}

static bool check_purposes(const struct seen *seen, enum purpose command, struct err *err)
{
	static const char *const names[] = {
		[ADD_LOGIN] = "add-login",
		[ADD_CLIENT] = "add-client",
		[ADD] = "add-login and add-client",
	};

	for (unsigned int purpose = SERVE; purpose <= ADD; purpose++) {
		if (!seen->word[purpose] || (purpose & command))
			continue;
		if (command == SERVE)
			return err_set(err, "--%s is for %s", seen->word[purpose], names[purpose]);
		return err_set(err, "--%s is not for %s", seen->word[purpose], names[command]);
	}
	return true;
}

static bool check_client(const struct options *options, struct err *err)
{
	if (!options->secret_file)
		return err_set(err, "add-client needs --secret-file");
	if (!options->profile != !options->term)
		return err_set(err, "--profile and --term go together");
	if (options->profile && options->organization_count != 1)
		return err_set(err, "--profile needs one --organization");
	return true;
}

static bool check(const struct options *options, const struct seen *seen, struct err *err)
{
	enum purpose command = options->login ? ADD_LOGIN : options->client ? ADD_CLIENT : SERVE;

	if (!options->dir || !*options->dir)
		return err_set(err, "--dir is missing");
	if (!check_purposes(seen, command, err))
		return false;
	if (options->client)
		return check_client(options, err);
	if (options->login && !options->password_file && !options->client_cert)
		return err_set(err, "add-login needs --password-file, --client-cert or both");
	if (options->client_csr && !options->client_cert)
		return err_set(err, "--client-csr needs --client-cert");
	return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct err *err)
{
	struct seen seen = { 0 };

	*options = (struct options) { .client_validity = CLIENT_VALIDITY,
		.client_key = "ec:P-256",
		.tls_certificate = "good",
		.tls_priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
		.switches = switches_new() };
	for (int i = 1; i < argc; i++) {
		options->help = options->help || !strcmp(argv[i], "--help");
		options->version = options->version || !strcmp(argv[i], "--version");
	}
	if (options->help || options->version)
		return true;
	for (int i = 1; i < argc; i++) {
		bool is_option = !strncmp(argv[i], "--", 2);

		if (!(is_option ? take_option(options, &seen, &i, argc, argv, err)
				: take_command(options, &i, argc, argv, err)))
			return false;
	}
	return check(options, &seen, err);
}

void options_free(struct options *options)
{
	switches_free(options->switches);
	free(options->organizations);
}
