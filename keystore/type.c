#include "keystore/type.h"

#include <string.h>
#include <strings.h>

/* Object identifiers of RFC 5480 2.1.1.1, in DER. */
static const unsigned char p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const unsigned char p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const unsigned char p521[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 };

static const struct ks_key_spec specs[KS_KEY_TYPE_COUNT] = {
	[KS_RSA_2048] = { .name = "rsa:2048", .bits = 2048, .digest = "SHA256" },
	[KS_RSA_3072] = { .name = "rsa:3072", .bits = 3072, .digest = "SHA256" },
	[KS_RSA_4096] = { .name = "rsa:4096", .bits = 4096, .digest = "SHA256" },
	[KS_EC_P256] = { "ec:P-256", 256, "prime256v1", p256, sizeof(p256), "SHA256" },
	[KS_EC_P384] = { "ec:P-384", 384, "secp384r1", p384, sizeof(p384), "SHA384" },
	[KS_EC_P521] = { "ec:P-521", 521, "secp521r1", p521, sizeof(p521), "SHA512" },
};

bool ks_key_type_parse(enum ks_key_type *out, const char *text)
{
	for (int i = 0; i < KS_KEY_TYPE_COUNT; i++) {
		if (!strcasecmp(text, specs[i].name)) {
			*out = (enum ks_key_type)i;
			return true;
		}
	}
	return false;
}

const char *ks_key_type_name(enum ks_key_type type)
{
	return ks_key_spec(type)->name;
}

const struct ks_key_spec *ks_key_spec(enum ks_key_type type)
{
	return &specs[type];
}

bool ks_key_type_of(enum ks_key_type *out, const EVP_PKEY *key)
{
	bool rsa = EVP_PKEY_is_a(key, "RSA");
	unsigned bits = (unsigned)EVP_PKEY_get_bits(key);
	char group[64] = "";

	if (!rsa && !EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
		return false;
	for (int i = 0; i < KS_KEY_TYPE_COUNT; i++) {
		const struct ks_key_spec *spec = &specs[i];

		if (rsa ? !spec->group && spec->bits == bits
			: spec->group && !strcmp(spec->group, group)) {
			*out = (enum ks_key_type)i;
			return true;
		}
	}
	return false;
}
