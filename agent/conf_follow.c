#include <string.h>

#include "agent/conf_load.h"

/* What decides an order or makes a key; the host that is followed has these. */
static const char *const orders[] = {
	"key_type",
	"reuse_key",
	"max_key_age",
	"next_key",
	"import_key",
	"import_key_password_file",
	"key_uri",
	"organization",
	"organizational_unit",
	"locality",
	"state",
	"country",
	"profile",
	"term",
	"comments",
	"external_requesters",
	"renew_with",
	"renew_if_issued_before",
	"allow_extra_names",
	"on_lost_answer",
	"dcv",
	"dcv_mode",
	"dcv_email",
};

static bool decides_order(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (!strcmp(key, orders[i]))
			return true;
	return !strncmp(key, "custom_field.", 13);
}

/* In [defaults] they are for others; beside `follow` somebody expects something of them. */
static bool check_own(const struct ini_section *s, struct err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (decides_order(s->entry[i].key))
			return conf_error(err, conf_where_of(s, NULL, s->entry[i].key),
				"%s: has no meaning beside follow: the host that orders the "
				"certificate decides that",
				s->entry[i].key);
	return true;
}

static bool check_alone(const struct ini_section *s, struct err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strncmp(s->entry[i].key, "follow_", 7))
			return conf_error(err, conf_where_of(s, NULL, s->entry[i].key),
				"%s: there is no follow", s->entry[i].key);
	return true;
}

bool conf_check_follow(struct conf_cert *c, const struct ini_section *s,
	const struct ini_section *d, struct err *err)
{
	if (!c->follow.path)
		return check_alone(s, err);
	if (!check_own(s, err))
		return false;
	if (c->token)
		return conf_error(err, conf_where_of(s, d, "key_store"),
			"key_store: a certificate with follow has its key in a file; set key_store "
			"= file");
	free(c->profile);
	c->profile = NULL;
	c->profile_id = 0;
	c->term = 0;
	c->renew_if_issued_before = 0;
	c->reuse_key = false;
	c->next_key = false;
	c->dcv_auto = false;
	/* it is the others' names as well */
	c->allow_extra_names = true;
	return true;
}

void conf_follow_dispose(struct conf_follow *f)
{
	free(f->path);
	free(f->alias);
	free(f->password_file);
	free(f->key_password_file);
}
