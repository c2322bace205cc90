#include "dcv/name.h"

#include <string.h>
#include <strings.h>

#define NAME_BYTES 253
#define LABEL_BYTES 63

size_t dcv_name_length(const char *name)
{
	size_t n = strlen(name);

	return n && name[n - 1] == '.' ? n - 1 : n;
}

static bool label_valid(const char *label, size_t len)
{
	static const char set[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return len && len <= LABEL_BYTES && strspn(label, set) >= len && label[0] != '-' &&
	       label[len - 1] != '-';
}

bool dcv_name_valid(const char *name)
{
	size_t left = dcv_name_length(name);

	if (left > NAME_BYTES)
		return false;
	for (;;) {
		size_t len = strcspn(name, ".");

		if (!label_valid(name, len))
			return false;
		if (len == left)
			return true;
		name += len + 1;
		left -= len + 1;
	}
}

bool dcv_name_equal(const char *a, const char *b)
{
	size_t len = dcv_name_length(a);

	return len == dcv_name_length(b) && !strncasecmp(a, b, len);
}

bool dcv_name_below(const char *name, const char *domain)
{
	size_t len = dcv_name_length(domain);
	size_t all = dcv_name_length(name);

	return len && all > len + 1 && name[all - len - 1] == '.' &&
	       !strncasecmp(name + all - len, domain, len);
}

const char *dcv_domain_base(const char *domain)
{
	return strncmp(domain, "*.", 2) ? domain : domain + 2;
}

static bool covers(const char *domain, const char *name)
{
	const char *base = dcv_domain_base(domain);

	return dcv_name_valid(base) && (dcv_name_below(name, base) || dcv_name_equal(name, domain));
}

static bool is_wildcard(const char *domain)
{
	return dcv_domain_base(domain) != domain;
}

/* Both cover the same name. */
static bool closer(const char *domain, const char *than)
{
	size_t a = dcv_name_length(dcv_domain_base(domain));
	size_t b = dcv_name_length(dcv_domain_base(than));

	return a != b ? a > b : is_wildcard(domain) && !is_wildcard(than);
}

const char *dcv_domain_of(const struct strlist *domains, const char *name)
{
	const char *best = NULL;

	if (!dcv_name_valid(dcv_domain_base(name)))
		return NULL;
	for (size_t i = 0; i < domains->n; i++) {
		const char *domain = domains->item[i];

		if (covers(domain, name) && (!best || closer(domain, best)))
			best = domain;
	}
	return best;
}
