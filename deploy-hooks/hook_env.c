#include "deploy-hooks/hook_env.h"

#include <string.h>

#include "base/clock.h"

#define NAME_MAX_BYTES 64
#define VALUE_MAX (32 * 1024)

/* What is being built, and whether a list had to be cut. */
struct env {
	struct strlist *out;
	bool truncated;
};

static bool set(struct env *env, const char *name, const char *value, struct err *err)
{
	AUTO(buf) struct buf line = BUF(NAME_MAX_BYTES + VALUE_MAX);

	if (!value)
		return true;
	if (strlen(value) > VALUE_MAX)
		return err_set(err, ERR_CONFIG,
			"%s for a hook is longer than %d bytes; shorten what it is made of", name,
			VALUE_MAX);
	buf_addf(&line, "%s=%s", name, value);
	if (!buf_check(&line, name, err))
		return false;
	return strlist_add(env->out, buf_str(&line)) || err_memory(err);
}

static bool set_list(struct env *env, const char *name, const struct strlist *list, struct err *err)
{
	AUTO(buf) struct buf value = BUF(HOOK_LIST_MAX);

	if (!list)
		return true;
	for (size_t i = 0; i < list->n; i++) {
		if (value.len + strlen(list->item[i]) + 1 > HOOK_LIST_MAX) {
			env->truncated = true;
			break;
		}
		if (i)
			buf_add_str(&value, " ");
		buf_add_str(&value, list->item[i]);
	}
	return buf_check(&value, name, err) && set(env, name, buf_str(&value), err);
}

/* UNIT=nginx.service becomes SCM_AGENT_OPT_UNIT=nginx.service. */
static bool set_option(struct env *env, const char *option, struct err *err)
{
	size_t length = strspn(option, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	char name[NAME_MAX_BYTES] = "SCM_AGENT_OPT_";
	size_t prefix = strlen(name);

	if (!length || option[length] != '=' || prefix + length >= sizeof(name))
		return err_set(err, ERR_CONFIG,
			"hook option \"%s\" is not NAME=value with a short name of A-Z, 0-9 and _",
			option);
	memcpy(name + prefix, option, length);
	return set(env, name, option + length + 1, err);
}

static bool set_options(struct env *env, const struct strlist *options, struct err *err)
{
	for (size_t i = 0; options && i < options->n; i++)
		if (!set_option(env, options->item[i], err))
			return false;
	return true;
}

/* The names that certbot gives its hooks, so that scripts written for it work unchanged. */
static bool set_certbot(struct env *env, const struct hook_context *ctx, struct err *err)
{
	static const struct strlist none;

	return set(env, "RENEWED_LINEAGE", ctx->live_dir, err) &&
	       set_list(env, "RENEWED_DOMAINS", ctx->domains, err) &&
	       set_list(env, "FAILED_DOMAINS", ctx->failed_domains ? ctx->failed_domains : &none,
		       err);
}

static bool set_record(struct env *env, const struct hook_record *r, struct err *err)
{
	return !r || (set(env, "SCM_AGENT_DCV_TYPE", r->type, err) &&
			     set(env, "SCM_AGENT_DCV_HOST", r->host, err) &&
			     set(env, "SCM_AGENT_DCV_VALUE", r->value, err) &&
			     set(env, "SCM_AGENT_DCV_DOMAIN", r->domain, err));
}

bool hook_env_build(struct strlist *out, const struct hook *h, enum hook_event event,
	const struct hook_context *ctx, struct err *err)
{
	char not_after[CLOCK_TEXT_MAX];
	const struct {
		const char *name;
		const char *value;
	} values[] = {
		{ "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
		{ "LANG", "C.UTF-8" },
		{ "HOME", "/" },
		{ "SCM_AGENT_EVENT", hook_event_name(event) },
		{ "SCM_AGENT_NAME", ctx->name },
		{ "SCM_AGENT_GENERATION_DIR", ctx->generation_dir },
		{ "SCM_AGENT_CERT_PATH", ctx->cert_path },
		{ "SCM_AGENT_CHAIN_PATH", ctx->chain_path },
		{ "SCM_AGENT_FULLCHAIN_PATH", ctx->fullchain_path },
		{ "SCM_AGENT_KEY_PATH", ctx->key_path },
		{ "SCM_AGENT_KEY_URI", ctx->key_uri },
		{ "SCM_AGENT_SERIAL", ctx->serial },
		{ "SCM_AGENT_FINGERPRINT_SHA256", ctx->fingerprint },
		{ "SCM_AGENT_OLD_SERIAL", ctx->old_serial },
		{ "SCM_AGENT_ORDER_ID", ctx->order_id },
		{ "SCM_AGENT_TLSA", ctx->tlsa },
		{ "SCM_AGENT_NEXT_TLSA", ctx->next_tlsa },
		{ "SCM_AGENT_NOT_AFTER",
			ctx->not_after ? clock_format(not_after, ctx->not_after) : NULL },
	};
	struct env env = { .out = out };

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (!set(&env, values[i].name, values[i].value, err))
			return false;
	return set_list(&env, "SCM_AGENT_DOMAINS", ctx->domains, err) &&
	       set_certbot(&env, ctx, err) && set_record(&env, ctx->record, err) &&
	       set_options(&env, h->options, err) &&
	       set(&env, "SCM_AGENT_TRUNCATED", env.truncated ? "yes" : NULL, err);
}
