/*
 * A configuration file, through inih and all the checks: it is refused with a place and a reason,
 * or what comes out is complete and within the limits that the rest of the program relies on.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/conf.h"
#include "scm/wire.h"

static char folder[] = "/tmp/fuzz-ini-XXXXXX";
static char path[64];

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

static void make_folder(void)
{
	if (*path)
		return;
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/scm-agent.ini", folder);
	if (atexit(remove_folder))
		abort();
}

/* A new file each time: file systems make one that is truncated and written again durable. */
static void put(const uint8_t *data, size_t size)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd))
		abort();
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_cert(const struct conf *conf, const struct conf_cert *c)
{
	must(*c->name && !strchr(c->name, '/') && *c->name != '.');
	must(conf_find_cert(conf, c->name) == c);
	must(*c->common_name && c->names.n && c->names.n <= 500);
	must(c->account && conf_find_account(conf, c->account_name) == c->account);
	must(c->profile && c->term && *c->key_store);
	must((c->renew_before.per_mille == 0) != (c->renew_before.seconds == 0));
	must(c->field_names.n == c->field_values.n && c->field_names.n <= WIRE_FIELDS_MAX);
	must(!(c->key_mode & 0137));
	for (size_t i = 0; i < c->deploy_hooks.n; i++)
		must(c->deploy_hooks.item[i].path[0] == '/' && c->deploy_hooks.item[i].timeout);
	for (size_t i = 0; i < c->verify.n; i++)
		must(*c->verify.item[i].host && c->verify.item[i].port);
}

static void check(const struct conf *conf)
{
	must(conf->agent.state_dir[0] == '/' && conf->agent.parallel);
	must(conf->agent.keep_generations && conf->agent.hook_timeout);
	for (size_t i = 0; i < conf->accounts; i++) {
		const struct conf_account *a = &conf->account[i];

		must(*a->name && !strncmp(a->url, "https://", 8) && !strchr(a->url, '@'));
		must(*a->customer_uri && *a->login && a->organization_id);
		must((a->store_type == CONF_STORE_PKCS11) == (a->store_token != NULL));
		must(a->store_token || a->store[0] == '/');
		must(a->back_off_timer && a->max_back_off_timer);
	}
	for (size_t i = 0; i < conf->tokens; i++)
		must(conf->token[i].module && !strstr(conf->token[i].uri, "pin-value"));
	for (size_t i = 0; i < conf->certs; i++)
		check_cert(conf, &conf->cert[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(conf) struct conf *conf = NULL;
	struct err err = { 0 };

	make_folder();
	put(data, size);
	if (conf_load(&conf, path, "/usr/bin", &err))
		check(conf);
	else if (err.kind != ERR_CONFIG || !strstr(err.text, path) || conf)
		abort();
	return 0;
}
