/* `forget`: a certificate that has left the configuration leaves the state directory, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd.h"
#include "agent/forgotten.h"
#include "agent/leftovers.h"
#include "agent/record.h"
#include "agent/revocation.h"
#include "base/log.h"

static bool warn_of_revocation(struct store *store, const char *name, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;
	bool found;

	if (!store_open_archive(&archive, store, name, false, err))
		return false;
	if (archive < 0)
		return true;
	if (!record_read(&r, &found, archive, FILE_REVOKING, err))
		return false;
	if (found)
		log_warning("order %s was to be revoked, which is not done; revoke it at SCM",
			record_get(&r, "order"));
	return true;
}

static bool forget(struct cmd_context *c, const char *name, struct err *err)
{
	AUTO_STR char *to = NULL;

	if (conf_find_cert(c->conf, name))
		return err_set(err, ERR_USAGE,
			"%s is configured; remove [certificate:%s] first, or the next run orders "
			"it anew",
			name, name);
	/* not a name that fs_list() would show */
	if (!*name || *name == '.' || strchr(name, '/'))
		return err_set(err, ERR_USAGE, "'%s' is no name of a certificate", name);
	if (!leftovers_warn_of_order(c->store, name, err) ||
		!warn_of_revocation(c->store, name, err) ||
		!forgotten_move(&to, c->store, name, err))
		return false;
	log_info("moved to %s/%s; live/%s is gone, and what is issued stays valid until it is "
		 "revoked",
		c->conf->agent.state_dir, to, name);
	return true;
}

int cmd_forget(struct cmd_context *c)
{
	struct err err = { 0 };
	int status = 0;

	if (!c->cli->args) {
		err_set(&err, ERR_USAGE, "name a certificate");
		return cmd_fail(&err);
	}
	log_scope(c->cli->arg[0]);
	if (!forget(c, c->cli->arg[0], &err))
		status = cmd_fail(&err);
	log_scope(NULL);
	return status;
}
