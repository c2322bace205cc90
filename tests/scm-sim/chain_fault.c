#include "chain_fault.h"

#include <string.h>

static void push(cert_stack *certs, X509 *cert)
{
	if (!X509_up_ref(cert) || !sk_X509_push(certs, cert))
		abort();
}

static void push_range(cert_stack *certs, cert_stack *from, int first, int end)
{
	for (int i = first; i < end; i++)
		push(certs, sk_X509_value(from, i));
}

static void push_reversed(cert_stack *certs, cert_stack *from, int first, int end)
{
	for (int i = end - 1; i >= first; i--)
		push(certs, sk_X509_value(from, i));
}

static void push_rotated(cert_stack *certs, cert_stack *from, int64_t turn)
{
	int count = sk_X509_num(from);
	int first = count > 1 ? 1 + (int)(turn % (count - 1)) : 0;

	push_range(certs, from, first, count);
	push_range(certs, from, 0, first);
}

static bool push_strangers(cert_stack *certs, struct ca *ca, struct err *err)
{
	AUTO(certs) cert_stack *strangers = NULL;

	if (!ca_chain(&strangers, ca, CA_STRANGER_ISSUING, err))
		return false;
	push_range(certs, strangers, 0, sk_X509_num(strangers));
	return true;
}

/* A CA certificate for SUBJECT's name and KEY, issued by ISSUER. */
static bool push_crossed(cert_stack *certs, const char *subject, EVP_PKEY *key,
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
static bool push_loop(cert_stack *certs, cert_stack *chain, struct ca *ca, struct err *err)
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

/* Which part of the chain an order takes; the root is the last but for a chain of one. */
static const struct {
	const char *order;
	int first; /* 1: without the leaf */
	bool with_root, reversed, again;
} parts[] = {
	{ "leaf-first", 0, true, false, false },
	{ "twice", 0, true, false, true },
	{ "root-first", 0, true, true, false },
	{ "root-first-no-leaf", 1, true, true, false },
	{ "no-leaf", 1, true, false, false },
	{ "no-root", 0, false, false, false },
};

static bool push_part(cert_stack *certs, cert_stack *chain, const char *order)
{
	int count = sk_X509_num(chain);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int end = parts[i].with_root || count == 1 ? count : count - 1;

		if (strcmp(parts[i].order, order))
			continue;
		if (parts[i].reversed)
			push_reversed(certs, chain, parts[i].first, end);
		else
			push_range(certs, chain, parts[i].first, end);
		if (parts[i].again)
			push_range(certs, chain, parts[i].first, end);
		return true;
	}
	return false;
}

bool chain_arrange(
	cert_stack **out, const struct chain_source *source, const char *order, struct err *err)
{
	AUTO(certs) cert_stack *certs = sk_X509_new_null();
	cert_stack *chain = source->chain;
	int count = sk_X509_num(chain);
	bool ok = true;

	if (!certs)
		abort();
	if (push_part(certs, chain, order)) {
		*out = TAKE(certs);
		return true;
	}
	if (!strcmp(order, "shuffled")) {
		push_rotated(certs, chain, source->turn);
	} else if (!strcmp(order, "loop")) {
		ok = push_loop(certs, chain, source->ca, err);
	} else {
		push(certs, sk_X509_value(chain, 0));
		if (!strcmp(order, "no-intermediate") && count > 1)
			push(certs, sk_X509_value(chain, count - 1));
		if (!strcmp(order, "stranger")) {
			ok = push_strangers(certs, source->ca, err);
			push_range(certs, chain, 1, count);
		}
	}
	if (ok)
		*out = TAKE(certs);
	return ok;
}

/* A copy of CERT, signed again with another serial number. */
static X509 *sibling(X509 *cert, EVP_PKEY *key, long serial)
{
	X509 *copy;

	if (!ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) ||
		!X509_sign(cert, key, EVP_sha256()) || !(copy = X509_dup(cert)))
		abort();
	return copy;
}

bool chain_lengthen(cert_stack *certs, const struct chain_source *source, struct err *err)
{
	const struct fault *fault = fault_find(source->faults, FAULT_CERTIFICATES);
	AUTO(cert) X509 *model = NULL;
	struct cert_issuer stranger;

	if (!fault)
		return true;
	if (!ca_issuer(&stranger, source->ca, CA_STRANGER_ROOT, err))
		return false;
	model = X509_dup(stranger.cert);
	for (long i = sk_X509_num(certs); i < fault->number; i++)
		if (!sk_X509_push(certs, sibling(model, stranger.key, i)))
			abort();
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
