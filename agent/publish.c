#include "agent/publish.h"

#include <string.h>

#include "agent/hooks.h"
#include "dcv/webroot.h"

static bool is_file(const struct dcv_challenge *c)
{
	return c->type == DCV_HTTP || c->type == DCV_HTTPS;
}

/* A hook is the network's business here, not a deployment's. */
static bool call_hook(const struct conf_hook *h, enum hook_event event,
	const struct dcv_challenge *c, struct err *err)
{
	const struct hook_record record = { .type = dcv_type_name(c->type),
		.host = c->host,
		.value = c->point,
		.domain = c->domain };
	const struct hook_context context = { .name = c->domain, .record = &record };

	if (!dcv_challenge_check(c, err))
		return false;
	if (hooks_call(h, event, &context, err))
		return true;
	err->kind = ERR_UNAVAILABLE;
	return false;
}

bool publish_put(const struct validation *v, const struct conf_dcv *d, struct err *err)
{
	struct dcv_challenge c = validation_challenge(v);

	return is_file(&c) ? dcv_webroot_publish(d->webroot, &c, err)
			   : call_hook(&d->hook.item[0], HOOK_PUBLISH, &c, err);
}

static const struct conf_hook *find_hook(const struct conf *conf, const char *text)
{
	for (size_t i = 0; i < conf->dcvs; i++)
		if (conf->dcv[i].hook.n && !strcmp(conf->dcv[i].hook.item[0].text, text))
			return &conf->dcv[i].hook.item[0];
	return NULL;
}

bool publish_take(const struct validation *v, const struct conf *conf, struct err *err)
{
	struct dcv_challenge c = validation_challenge(v);
	const struct conf_hook *hook;

	if (c.type == DCV_EMAIL || (!*c.url && !*c.host))
		return true;
	if (is_file(&c))
		return dcv_webroot_withdraw(validation_get(v, VALIDATION_WEBROOT), &c, err);
	hook = find_hook(conf, validation_get(v, VALIDATION_HOOK));
	if (hook)
		return call_hook(hook, HOOK_WITHDRAW, &c, err);
	return err_set(err, ERR_CONFIG,
		"its hook '%s' is in no [dcv:NAME] any more; remove the %s record %s by hand",
		validation_get(v, VALIDATION_HOOK), dcv_type_name(c.type), c.host);
}

bool publish_look(
	const struct validation *v, const struct conf_dcv *d, struct net *net, struct err *err)
{
	struct dcv_challenge c = validation_challenge(v);
	AUTO(answer) struct answer answer = { 0 };
	struct wire_request r = { .op = is_file(&c) ? WIRE_PUBLISHED : WIRE_LOOKUP };
	struct fetcher *prober;

	if (is_file(&c))
		r.published = (struct wire_published) { .url = c.url,
			.first_line = c.first,
			.second_line = c.second,
			.connect = d->check_address ? d->check_address : "" };
	else
		r.lookup = (struct wire_lookup) { .text = c.type == DCV_TXT,
			.domain = c.domain,
			.host = c.host,
			.point = c.point,
			.server = d->nameserver ? d->nameserver : "" };
	if (!net_prober(&prober, net, err) || !fetcher_call(&answer, prober, &r, err))
		return false;
	if (answer.reply.err.kind == ERR_NONE)
		return true;
	*err = answer.reply.err;
	return false;
}
