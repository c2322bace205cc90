#include "sim.h"

#include "dcv_state.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SWITCHES_LIMIT (1u << 20)

/* Others may read what a client trusts; what is secret has a mode of its own. */
static bool make_dir(const char *dir)
{
	if (!mkdir(dir, 0700))
		return !chmod(dir, 0755);
	return errno == EEXIST;
}

bool sim_prepare(const char *dir, struct err *err)
{
	AUTO(text) char *path = file_path(dir, "lock");
	AUTO(fd) int lock = -1;
	struct ca *ca;

	if (!make_dir(dir))
		return err_errno(err, "make '%s'", dir);
	if (!file_lock(&lock, path, true, err) || !account_make(dir, err) ||
		!ca_open(&ca, dir, err))
		return false;
	ca_free(ca);
	return true;
}

static bool open_parts(struct sim *sim, struct err *err)
{
	AUTO(text) char *lock = file_path(sim->dir, "server.lock");

	if (!sim_prepare(sim->dir, err) || !file_lock(&sim->server_lock, lock, false, err) ||
		!ca_open(&sim->ca, sim->dir, err) || !orders_open(&sim->orders, sim->dir, err) ||
		!dcv_state_load(sim, err))
		return false;
	sim->stop = eventfd(0, EFD_CLOEXEC);
	if (sim->stop < 0)
		return err_errno(err, "make an event descriptor");
	return sim_refresh(sim, err);
}

bool sim_open(struct sim **out, const char *dir, struct switches *base, struct err *err)
{
	struct sim *sim = mem_new(1, sizeof(*sim));

	pthread_mutex_init(&sim->lock, NULL);
	sim->dir = mem_text(dir);
	sim->stop = -1;
	sim->server_lock = -1;
	sim->base = base;
	sim->tokens = tokens_new();
	sim->attempts = cJSON_CreateObject();
	if (!open_parts(sim, err)) {
		sim_close(sim);
		return false;
	}
	*out = sim;
	return true;
}

void sim_close(struct sim *sim)
{
	if (!sim)
		return;
	switches_free(sim->switches);
	switches_free(sim->base);
	free(sim->switches_text);
	account_free(sim->account);
	orders_free(sim->orders);
	tokens_free(sim->tokens);
	cJSON_Delete(sim->dcv);
	cJSON_Delete(sim->attempts);
	ca_free(sim->ca);
	fd_auto(&sim->stop);
	fd_auto(&sim->server_lock);
	pthread_mutex_destroy(&sim->lock);
	free(sim->dir);
	free(sim);
}

static bool refresh_account(struct sim *sim, struct err *err)
{
	AUTO(text) char *path = file_path(sim->dir, "account.json");
	struct file_mark mark = file_mark(path);
	struct account *account;

	if (sim->account && file_mark_same(&mark, &sim->account_mark))
		return true;
	if (!account_load(&account, sim->dir, err))
		return false;
	account_free(sim->account);
	sim->account = account;
	sim->account_mark = mark;
	return true;
}

/* The file is read each time: two edits within one tick of the clock can look the same. */
static bool refresh_switches(struct sim *sim, struct err *err)
{
	AUTO(text) char *path = file_path(sim->dir, "switches");
	struct file_mark mark = file_mark(path);
	AUTO(text) char *text = mem_text("");
	struct switches *switches;

	if (mark.present) {
		free(TAKE(text));
		if (!file_read(&text, NULL, path, SWITCHES_LIMIT, err))
			return false;
	}
	if (sim->switches && file_mark_same(&mark, &sim->switches_mark) &&
		!strcmp(text, sim->switches_text))
		return true;
	if (!switches_overlay(&switches, sim->base, text, path, err))
		return false;
	switches_free(sim->switches);
	free(sim->switches_text);
	sim->switches = switches;
	sim->switches_text = TAKE(text);
	sim->switches_mark = mark;
	return true;
}

bool sim_refresh(struct sim *sim, struct err *err)
{
	return refresh_account(sim, err) && refresh_switches(sim, err);
}

void sim_take_faults(struct faults *struck, struct sim *sim, enum op op)
{
	fault_take(struck, &sim->base->faults, op);
	fault_take(struck, &sim->switches->faults, op);
}

bool sim_wait(const struct sim *sim, int64_t ms)
{
	struct pollfd stop = { .fd = sim->stop, .events = POLLIN };
	int got;

	do {
		int step = ms > 1000000 ? 1000000 : (int)ms;

		got = poll(&stop, 1, step);
		if (got == 0)
			ms -= step;
	} while (got < 0 || (got == 0 && ms > 0));
	return got == 0;
}
