#include "names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i].text);
	free(names->list);
	*names = (struct names) { 0 };
}

static void classify(struct name *name)
{
	if (inet_pton(AF_INET, name->text, name->address) == 1) {
		name->type = GEN_IPADD;
		name->address_length = 4;
	} else if (inet_pton(AF_INET6, name->text, name->address) == 1) {
		name->type = GEN_IPADD;
		name->address_length = 16;
	} else if (strstr(name->text, "://")) {
		name->type = GEN_URI;
	} else if (strchr(name->text, '@')) {
		name->type = GEN_EMAIL;
	} else {
		name->type = GEN_DNS;
	}
}

void names_add(struct names *names, const char *text, size_t length)
{
	struct name name = { 0 };

	while (length && isspace((unsigned char)*text)) {
		text++;
		length--;
	}
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	if (!length)
		return;
	for (size_t i = 0; i < names->count; i++)
		if (strlen(names->list[i].text) == length &&
			!strncasecmp(names->list[i].text, text, length))
			return;
	name.text = mem_copy(text, length);
	classify(&name);
	names->list = mem_grow(names->list, names->count + 1, sizeof(name));
	names->list[names->count++] = name;
}

void names_add_list(struct names *names, const char *text)
{
	while (text && *text) {
		size_t length = strcspn(text, ",");

		names_add(names, text, length);
		text += length;
		text += *text == ',';
	}
}

void names_remove(struct names *names, size_t index)
{
	free(names->list[index].text);
	names->count--;
	memmove(&names->list[index], &names->list[index + 1],
		(names->count - index) * sizeof(struct name));
}

static bool valid_label(const char *label, size_t length)
{
	if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)label[i]) && label[i] != '-' && label[i] != '_')
			return false;
	return true;
}

bool names_valid_host(const char *name)
{
	if (strlen(name) > 253)
		return false;
	if (!strncmp(name, "*.", 2))
		name += 2;
	for (;;) {
		size_t length = strcspn(name, ".");

		if (!valid_label(name, length))
			return false;
		if (!name[length])
			return true;
		name += length + 1;
	}
}

static GENERAL_NAME *general(const struct name *name)
{
	const void *data = name->type == GEN_IPADD ? (const void *)name->address : name->text;
	int length = name->type == GEN_IPADD ? name->address_length : (int)strlen(name->text);
	int kind = name->type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING;
	GENERAL_NAME *entry = GENERAL_NAME_new();
	ASN1_STRING *value = ASN1_STRING_type_new(kind);

	if (!entry || !value || !ASN1_STRING_set(value, data, length))
		abort();
	GENERAL_NAME_set0_value(entry, name->type, value);
	return entry;
}

GENERAL_NAMES *names_general(const struct names *names)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();

	if (!list)
		abort();
	for (size_t i = 0; i < names->count; i++)
		if (!sk_GENERAL_NAME_push(list, general(&names->list[i])))
			abort();
	return list;
}
