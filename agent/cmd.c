#include "agent/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

const struct cmd cmd_table[] = {
	{ "run", cmd_run, CMD_LOCK, "nfdwhj", 1000, "[NAME...]",
		"enroll, renew and deploy what is due",
		"Does everything that is due, for all certificates or the named ones: makes keys "
		"and\n"
		"requests, orders from SCM, collects, installs, runs the deploy hooks, proves that "
		"the\n"
		"servers serve the new certificate. What a former run left unfinished goes on "
		"where it was.\n"
		"A timer calls it; nothing is printed when nothing is due. Progress is shown on a "
		"terminal.\n"
		"\n"
		"With names, the back-off between runs is ignored (never a refused credential or a "
		"hold).\n"
		"--dry-run says what would be done, and does nothing. --force renews although it "
		"is not due.\n"
		"--wait DURATION goes on asking SCM that long before leaving an order to the next "
		"run.\n"
		"--detailed-exit-code ends with 20 instead of 0 when something was changed.\n"
		"--hinted DIRECTORY takes the hints that the webhook receiver left there, and "
		"looks "
		"at the\n"
		"certificates that they mean, as a run without names does; a hint makes nothing "
		"due." },
	{ "status", cmd_status, CMD_STORE, "j", 1000, "[NAME...]",
		"state and dates of each certificate",
		"A table with the state of each certificate, when it expires, when it is renewed, "
		"and what\n"
		"is in its way. Asks nobody; needs no lock." },
	{ "show", cmd_show, CMD_STORE, "j", 1, "NAME", "everything known about one certificate",
		"Everything known about one certificate: names, key, order, serial, paths, "
		"generations." },
	{ "check", cmd_check, CMD_CONFIG, "oj", 0, "", "test configuration, keys, SCM and hooks",
		"Tests what a run will need and changes nothing: the configuration, the state "
		"directory,\n"
		"key stores and tokens (by signing), the connection to SCM and the credential, "
		"organization,\n"
		"profile and term, key types, hooks and permissions. One line a check, with the "
		"remedy.\n"
		"--config-only stops after the configuration." },
	{ "deploy", cmd_deploy, CMD_LOCK, "j", 1, "NAME", "deploy the newest generation again",
		"Makes the newest generation live, runs its hooks and proves it, also when that "
		"was done\n"
		"before. Ends the pin that `rollback` set. Never orders." },
	{ "rollback", cmd_rollback, CMD_LOCK, "j", 2, "NAME [GENERATION]",
		"go back to an earlier generation",
		"Makes an earlier generation live (the one before the live one unless it is "
		"named), deploys\n"
		"it, and stays with it until the next renewal or `deploy NAME`. The generation "
		"must not have\n"
		"expired, and its key must belong to its certificate." },
	{ "reset", cmd_reset, CMD_LOCK, "a", 1, "[NAME]",
		"clear holds, back-off, refused credentials",
		"Clears what keeps a certificate from being tried: a refusal by SCM, the back-off "
		"between\n"
		"runs, and for all accounts and tokens the memory of a refused credential. An "
		"order that is\n"
		"under way at SCM goes on; --abandon gives it up and keeps its key in the "
		"archive." },
	{ "reissue", cmd_reissue, CMD_LOCK, "rwj", 1, "NAME", "replace it: same order, new key",
		"Asks SCM for a new certificate in place of the newest one: the same order with a "
		"new key.\n"
		"The old certificate stays live until the new one has been collected and is "
		"deployed. Counts\n"
		"as an order. --reason TEXT is for SCM; --wait DURATION goes on asking that "
		"long." },
	{ "revoke", cmd_revoke, CMD_LOCK, "rgf", 1, "NAME", "revoke a certificate at SCM",
		"Revokes the live certificate, or that of --generation GENERATION. --reason is "
		"one of\n"
		"unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation, "
		"or its\n"
		"number. With keyCompromise the key is burnt first: it is never deployed again. "
		"The next\n"
		"run orders a new certificate, with a new key. --force is needed for what the "
		"agent itself\n"
		"logs in with." },
	{ "adopt", cmd_adopt, CMD_LOCK, "NkKwj", 1, "NAME", "take over an order that is at SCM",
		"Collects the certificate of an existing order, --ssl-id N, for the host's own "
		"key, and\n"
		"installs it as if it had been ordered here. --key FILE is that key, in PEM; "
		"--key-id HEX\n"
		"names it in the certificate's token. Never orders." },
	{ "forget", cmd_forget, CMD_LOCK, "", 1, "NAME", "stop managing a certificate",
		"Moves everything about a certificate that has left the configuration to "
		"forgotten/, its\n"
		"keys with it. SCM is not told; nothing is revoked." },
	{ "recover", cmd_recover, CMD_LOCK, "", 0, "", "finish interrupted work, without network",
		"For boot, before the servers start: removes left-over temporary files, finishes "
		"an\n"
		"installation that was interrupted, and makes sure that live/ points at a "
		"complete\n"
		"generation. Asks nobody and runs no hooks." },
	{ "csr", cmd_csr, CMD_STORE, "", 1, "NAME", "print the certificate request",
		"Prints the PKCS#10 request that is in work, else that of the newest generation, "
		"as PEM." },
	{ "key", cmd_key, CMD_LOCK, "nUj", 2, "list|probe|prune [NAME]", "keys in files and tokens",
		"list   the keys of all certificates: where each is used, its store, type, "
		"id,\n"
		"       pin and TLSA data\n"
		"probe  signs with the key of each certificate, in each way that a TLS server will "
		"need;\n"
		"       --as USER does so as the user that a server's workers are\n"
		"prune  deletes token keys that scm-agent made and that no order and no generation "
		"uses;\n"
		"       --dry-run names them" },
	{ "scm", cmd_scm, CMD_STORE, "ASCj", 2,
		"organizations|profiles|domains|certificates|sync [TEXT]",
		"what the account holds at SCM",
		"organizations  those that the login may see, with their departments\n"
		"profiles       certificate profiles of the account's organization, terms, key "
		"types\n"
		"domains        domains and their validation; TEXT is a domain's name\n"
		"certificates   all orders, and which of them this host manages; TEXT is a common "
		"name or\n"
		"               a serial number, --state a state as SCM writes it: Issued, "
		"Revoked, ...\n"
		"sync           refreshes what is cached, as a run does once a week\n"
		"\n"
		"--cached prints what the cache has, and asks nobody. --account NAME is for one "
		"account." },
	{ "dcv", cmd_dcv, CMD_STORE, "fawj", 1000, "[DOMAIN...]",
		"validate domains, or say how they stand",
		"Without arguments, a table of the domains that the configured names need: how SCM "
		"has them,\n"
		"how long yet, how they are to be validated, and what is under way.\n"
		"\n"
		"With domains of a [dcv:NAME], validates those that are not, or are about to end: "
		"begins at\n"
		"SCM, publishes the file or record, looks for it, submits, waits, and takes it "
		"away again.\n"
		"What a former call left unfinished goes on. --force begins anew, also what is not "
		"due or was\n"
		"begun elsewhere. --abandon ends what is under way and takes away what was "
		"published.\n"
		"--wait DURATION goes on asking SCM that long." },
	{ "history", cmd_history, CMD_STORE, "j", 1, "[NAME]", "what happened, one line an event",
		"The record of what happened: orders, installations, deployments, refusals." },
	{ "webhook", cmd_webhook, CMD_NOTHING, "lsui", 0, "--secret-file FILE",
		"receive SCM's expiry notifications",
		"Takes SCM's expiry notifications by HTTP, on the loopback interface behind a "
		"reverse proxy,\n"
		"and leaves a hint for each certificate. `run --hinted` is woken by it. Runs as "
		"any "
		"user but\n"
		"root: it needs neither configuration, keys nor state.\n"
		"\n"
		"--secret-file FILE, credential:NAME or fd:N: what a request must show, as a "
		"Bearer "
		"token,\n"
		"or with --user NAME as the password of Basic. --listen ADDRESS:PORT (default\n"
		"127.0.0.1:8757) unless systemd hands over a socket. --hints DIRECTORY (default\n"
		"/run/scm-agent-webhook/hints) is where the hints go." },
	{ "version", cmd_version, CMD_NOTHING, "j", 0, "",
		"version of the program and its libraries",
		"The version of scm-agent and of the libraries it runs with." },
	{ NULL, NULL, CMD_NOTHING, NULL, 0, NULL, NULL, NULL },
};

int cmd_fail(const struct err *err)
{
	log_error("%s", err->text);
	return err_exit_status(err->kind);
}

bool cmd_run_open(struct cmd_run *out, struct cmd_context *c, struct err *err)
{
	AUTO(keyring) struct keyring *keys = NULL;
	AUTO(net) struct net *net = NULL;

	if (!keyring_new(&keys, c->conf, c->store, err) ||
		!net_new(&net, c->conf, c->store, c->fetch_path, err))
		return false;
	out->run = (struct run) {
		.conf = c->conf,
		.store = c->store,
		.keys = TAKE(keys),
		.net = TAKE(net),
		.host = renew_host(),
		.wait_until_ms = c->cli->wait ? clock_ms() + c->cli->wait * 1000 : 0,
		.force = c->cli->force,
		.named = c->cli->args > 0,
	};
	return true;
}

void cmd_run_close(struct cmd_run *r)
{
	net_free(r->run.net);
	keyring_free(r->run.keys);
}

static bool unknown(const struct cmd_context *c, const char *name, struct err *err)
{
	AUTO(buf) struct buf known = BUF(256);

	for (size_t i = 0; i < c->conf->certs; i++)
		buf_addf(&known, "%s%s", i ? ", " : "", c->conf->cert[i].name);
	return err_set(err, ERR_USAGE, "there is no certificate '%s' in the configuration%s%s",
		name, buf_ok(&known) && known.len ? "; there are: " : "",
		buf_ok(&known) ? buf_str(&known) : "");
}

static bool wanted(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->args; i++)
		if (!strcmp(cli->arg[i], name))
			return true;
	return !cli->args;
}

bool cmd_select(
	const struct conf_cert ***out, size_t *n, const struct cmd_context *c, struct err *err)
{
	const struct conf_cert **selected = calloc(c->conf->certs + 1, sizeof(*selected));
	size_t found = 0;

	if (!selected)
		return err_memory(err);
	if (!c->conf->certs)
		log_warning("there is no [certificate:NAME] in the configuration");
	for (size_t i = 0; i < c->cli->args; i++) {
		if (conf_find_cert(c->conf, c->cli->arg[i]))
			continue;
		free(selected);
		return unknown(c, c->cli->arg[i], err);
	}
	for (size_t i = 0; i < c->conf->certs; i++)
		if (wanted(c->cli, c->conf->cert[i].name))
			selected[found++] = &c->conf->cert[i];
	*out = selected;
	*n = found;
	return true;
}

bool cmd_one(const struct conf_cert **out, const struct cmd_context *c, struct err *err)
{
	if (!c->cli->args)
		return err_set(err, ERR_USAGE, "name a certificate");
	*out = conf_find_cert(c->conf, c->cli->arg[0]);
	return *out || unknown(c, c->cli->arg[0], err);
}

bool cmd_check_orders(const struct conf_cert *cert, struct err *err)
{
	return !cert->follow.path ||
	       err_set(err, ERR_USAGE,
		       "it follows %s; what concerns its order is done on the host that ordered it",
		       cert->follow.path);
}
