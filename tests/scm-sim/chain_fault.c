#include "chain_fault.h"

#include <string.h>

static void push(STACK_OF(X509) * certs, X509 *cert)
{
	if (!X509_up_ref(cert) || !sk_X509_push(certs, cert))
		abort();
}

static void push_range(STACK_OF(X509) * certs, STACK_OF(X509) * from, int first, int end)
{
	for (int i = first; i < end; i++)
		push(certs, sk_X509_value(from, i));
}

static void push_reversed(STACK_OF(X509) * certs, STACK_OF(X509) * from, int first, int end)
{
	for (int i = end - 1; i >= first; i--)
		push(certs, sk_X509_value(from, i));
}

static void push_rotated(STACK_OF(X509) * certs, STACK_OF(X509) * from, int64_t turn)
{
	int count = sk_X509_num(from);
	int first = count > 1 ? 1 + (int)(turn % (count - 1)) : 0;

	push_range(certs, from, first, count);
	push_range(certs, from, 0, first);
}

static bool push_strangers(STACK_OF(X509) * certs, struct ca *ca, struct err *err)
{
	AUTO(certs) STACK_OF(X509) *strangers = NULL;

	if (!ca_chain(&strangers, ca, CA_STRANGER_ISSUING, err))
		return false;
	push_range(certs, strangers, 0, sk_X509_num(strangers));
	return true;
}

/* A CA certificate for SUBJECT's name and KEY, issued by ISSUER. */
static bool push_crossed(STACK_OF(X509) * certs, const char *subject, EVP_PKEY *key,
	const struct cert_issuer *issuer, struct err *err)
{
	struct cert_spec spec = { .key = key,
		.organization = "scm-sim",
		.common_name = subject,
		.not_before = time(NULL) - 86400,
		.not_after = time(NULL) + 86400,
		.basic_constraints = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign" };
	X509 *cert;

	if (!cert_make(&cert, &spec, issuer, err))
		return false;
	if (!sk_X509_push(certs, cert))
		abort();
	return true;
}

/* The leaf, its issuer certified by the stranger, and the stranger certified by that issuer. */
static bool push_loop(
	STACK_OF(X509) * certs, STACK_OF(X509) * chain, struct ca *ca, struct err *err)
{
	X509 *leaf = sk_X509_value(chain, 0);
	bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(leaf), "RSA");
	struct cert_issuer issuer, stranger;

	if (!ca_issuer(&issuer, ca, rsa ? CA_RSA_ISSUING : CA_EC_ISSUING, err) ||
		!ca_issuer(&stranger, ca, CA_STRANGER_ISSUING, err))
		return false;
	push(certs, leaf);
	return push_crossed(certs, rsa ? "scm-sim RSA issuing CA" : "scm-sim EC issuing CA",
		       issuer.key, &stranger, err) &&
	       push_crossed(certs, "Stranger issuing CA", stranger.key, &issuer, err);
}

bool chain_arrange(STACK_OF(X509) * *out, STACK_OF(X509) * chain, const char *order, struct ca *ca,
	int64_t turn, struct err *err)
{
	AUTO(certs) STACK_OF(X509) *certs = sk_X509_new_null();
	int count = sk_X509_num(chain);
	bool ok = true;

	if (!certs)
		abort();
	if (!strcmp(order, "leaf-first") || !strcmp(order, "twice"))
		push_range(certs, chain, 0, count);
	if (!strcmp(order, "twice"))
		push_range(certs, chain, 0, count);
	if (!strcmp(order, "root-first"))
		push_reversed(certs, chain, 0, count);
	if (!strcmp(order, "root-first-no-leaf"))
		push_reversed(certs, chain, 1, count);
	if (!strcmp(order, "no-leaf"))
		push_range(certs, chain, 1, count);
	if (!strcmp(order, "shuffled"))
		push_rotated(certs, chain, turn);
	if (!strcmp(order, "no-root"))
		push_range(certs, chain, 0, count > 1 ? count - 1 : count);
	if (!strcmp(order, "leaf-only") || !strcmp(order, "no-intermediate"))
		push_range(certs, chain, 0, 1);
	if (!strcmp(order, "no-intermediate") && count > 1)
		push(certs, sk_X509_value(chain, count - 1));
	if (!strcmp(order, "stranger")) {
		push_range(certs, chain, 0, 1);
		ok = push_strangers(certs, ca, err);
		push_range(certs, chain, 1, count);
	}
	if (!strcmp(order, "loop"))
		ok = push_loop(certs, chain, ca, err);
	if (ok)
		*out = TAKE(certs);
	return ok;
}

bool chain_lengthen(
	STACK_OF(X509) * certs, const struct fault *fault, struct ca *ca, struct err *err)
{
	AUTO(text) char *name = NULL;
	struct cert_issuer stranger;

	if (!fault)
		return true;
	if (!ca_issuer(&stranger, ca, CA_STRANGER_ROOT, err))
		return false;
	for (long i = sk_X509_num(certs); i < fault->number; i++) {
		free(name);
		name = mem_format("stranger %ld", i);
		if (!push_crossed(certs, name, stranger.key, &stranger, err))
			return false;
	}
	return true;
}

static char *with_crlf(const char *text)
{
	char *crlf = mem_new(strlen(text) * 2 + 1, 1);
	char *p = crlf;

	for (; *text; text++) {
		if (*text == '\n')
			*p++ = '\r';
		*p++ = *text;
	}
	return crlf;
}

void chain_end_lines(char **text, size_t *length, const struct fault *fault)
{
	char *changed;

	if (!fault || !*length)
		return;
	if (!strcmp(fault->value, "crlf"))
		changed = with_crlf(*text);
	else if (!strcmp(fault->value, "double"))
		changed = mem_format("%s\n", *text);
	else
		changed = mem_copy(*text, *length - 1);
	free(*text);
	*text = changed;
	*length = strlen(changed);
}
