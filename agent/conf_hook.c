#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/conf_load.h"

/* [hook:ID]: one script and whatever options it takes. */
struct raw_hook {
	char *script;
	struct strlist options;
	int64_t timeout;
};

static conf_set set_option;

static const struct conf_key hook_keys[] = {
	KEY("script", set_string, AT(raw_hook, script), .required = true),
	KEY("timeout", set_duration, AT(raw_hook, timeout), .fallback = "0", .max = CONF_DAY),
	KEY("option.", set_option, 0),
	KEY("unit", set_option, 1),
	KEY("config", set_option, 1),
	KEY("binary", set_option, 1),
	KEY("prefix", set_option, 1),
	KEY("env", set_option, 1),
};

static bool has_option(const struct strlist *options, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < options->n; i++)
		if (!strncmp(options->item[i], name, len) && options->item[i][len] == '=')
			return true;
	return false;
}

/* A script's option: "unit" and the like under their own name, others as option.NAME. */
static bool set_option(void *section, const struct conf_key *key, const char *name,
	const char *value, struct err *err)
{
	struct raw_hook *hook = section;
	char upper[CONF_NAME_MAX];
	const char *from = key->offset ? key->name : name;
	size_t len = strlen(from);

	if (len >= sizeof(upper))
		return err_set(err, ERR_CONFIG, "option name too long");
	for (size_t i = 0; i <= len; i++) {
		if (from[i] && !isalnum((unsigned char)from[i]) && from[i] != '_')
			return err_set(err, ERR_CONFIG, "'%s' is not an option's name", from);
		upper[i] = (char)toupper((unsigned char)from[i]);
	}
	if (has_option(&hook->options, upper))
		return err_set(err, ERR_CONFIG, "the option is set twice; keep one");
	return conf_add_pair(&hook->options, upper, value, err);
}

static void raw_hook_dispose(struct raw_hook *h)
{
	free(h->script);
	strlist_dispose(&h->options);
}
AUTO_DEFINE_REF(raw_hook, struct raw_hook, raw_hook_dispose);

/* A bare word is a [hook:ID] or else a shipped script; a path is the administrator's own program.
 */
static bool resolve_script(
	struct conf_loading *l, struct conf_hook *h, const char *script, struct err *err)
{
	if (script[0] == '/') {
		h->path = strdup(script);
		return h->path || err_memory(err);
	}
	h->shipped = true;
	if (strchr(script, '/') || script[0] == '.' ||
		asprintf(&h->path, "%s/%s", l->hook_dir, script) < 0) {
		h->path = NULL;
		return err_set(err, ERR_CONFIG,
			"'%s' is neither an absolute path nor a shipped script", script);
	}
	if (access(h->path, X_OK))
		return err_set(err, ERR_CONFIG,
			"'%s' is neither an absolute path, a [hook:ID] nor a shipped script",
			script);
	return true;
}

static bool resolve_hook(
	struct conf_loading *l, struct conf_hook *h, const char *text, struct err *err)
{
	AUTO(raw_hook) struct raw_hook raw = { 0 };
	struct ini_section *s = conf_find_section(l, "hook", text);

	h->text = strdup(text);
	h->timeout = l->conf->agent.hook_timeout;
	if (!h->text)
		return err_memory(err);
	if (!s)
		return resolve_script(l, h, text, err);
	if (!conf_apply(&raw, hook_keys, ARRAY_LEN(hook_keys), s, NULL, err))
		return false;
	if (raw.timeout)
		h->timeout = raw.timeout;
	h->options = raw.options;
	raw.options = (struct strlist) { 0 };
	return resolve_script(l, h, raw.script, err);
}

bool conf_load_hooks(struct conf_loading *l, struct conf_hooks *out, const struct strlist *texts,
	struct conf_where where, struct err *err)
{
	if (!texts->n)
		return true;
	out->item = calloc(texts->n, sizeof(*out->item));
	if (!out->item)
		return err_memory(err);
	for (size_t i = 0; i < texts->n; i++) {
		out->n++;
		if (!resolve_hook(l, &out->item[i], texts->item[i], err))
			return err_wrap(err, "%s:%u: hook", where.file, where.line);
	}
	return true;
}

bool conf_check_hook(struct conf_loading *l, struct ini_section *s, struct err *err)
{
	AUTO(raw_hook) struct raw_hook raw = { 0 };
	struct conf_hook h = { 0 };
	struct conf_where where = conf_where_of(s, NULL, "script");
	bool found;

	if (!conf_check_name(s, err) ||
		!conf_apply(&raw, hook_keys, ARRAY_LEN(hook_keys), s, NULL, err))
		return false;
	found = resolve_script(l, &h, raw.script, err);
	free(h.path);
	return found || err_wrap(err, "%s:%u: script", where.file, where.line);
}

void conf_hooks_dispose(struct conf_hooks *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->item[i].text);
		free(h->item[i].path);
		strlist_dispose(&h->item[i].options);
	}
	free(h->item);
}
