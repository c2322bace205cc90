/* Commands about keys: list, probe, prune. */
#include "agent/cmd_key.h"

#include <string.h>

#include "base/log.h"
#include "base/user.h"

bool key_work_each(struct key_work *w, key_use_fn *fn, struct err *err)
{
	const struct cli *cli = w->c->cli;
	const struct conf *conf = w->c->conf;

	for (size_t i = 0; i < conf->certs; i++) {
		const struct conf_cert *cert = &conf->cert[i];

		if ((cli->args < 2 || !strcmp(cli->arg[1], cert->name)) &&
			!key_uses(w->c->store, cert, fn, w, err))
			return err_wrap(err, "%s", cert->name);
	}
	return true;
}

/* Before any key is tried: one mistyped name is one error. */
static bool check_as(const struct cli *cli, const char *verb, struct err *err)
{
	const char *name = cli->value[VALUE_AS];
	struct user user;

	if (name && strcmp(verb, "probe") != 0)
		return err_set(err, ERR_USAGE, "--as goes with probe alone");
	return !name || user_find(&user, name, err) || err_wrap(err, "--as");
}

int cmd_key(struct cmd_context *c)
{
	AUTO(out) struct out *o = out_new(c->cli->json, "keys");
	AUTO(cmd_run) struct cmd_run r = { 0 };
	struct key_work w = { .c = c, .run = &r.run, .out = o };
	const char *verb = c->cli->args ? c->cli->arg[0] : "";
	struct err err = { 0 };
	bool ok;

	if (c->cli->args > 1 && !conf_find_cert(c->conf, c->cli->arg[1])) {
		err_set(&err, ERR_USAGE, "there is no certificate '%s'", c->cli->arg[1]);
		return cmd_fail(&err);
	}
	if (!check_as(c->cli, verb, &err) || !cmd_run_open(&r, c, &err))
		return cmd_fail(&err);
	if (!strcmp(verb, "list"))
		ok = key_list(&w, &err);
	else if (!strcmp(verb, "probe"))
		ok = key_probe(&w, &err);
	else if (!strcmp(verb, "prune"))
		ok = key_prune(&w, &err);
	else
		ok = err_set(&err, ERR_USAGE, "say what to do with keys: list, probe or prune");
	if (!ok)
		return cmd_fail(&err);
	if (out_is_empty(o))
		log_info("no keys");
	out_print(o);
	return w.failed ? err_exit_status(ERR_KEYSTORE) : 0;
}
