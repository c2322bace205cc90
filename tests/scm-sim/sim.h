/*
 * The simulated service: its identities, account, orders and behaviour, and one lock over them. All
 * handlers run with the lock held.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "account.h"
#include "ca.h"
#include "order.h"
#include "switches.h"
#include "tokens.h"

#include <pthread.h>

struct sim {
	char *dir;
	pthread_mutex_t lock;
	int stop; /* eventfd, readable when the server has to end */
	int server_lock;
	struct ca *ca;
	struct orders *orders;
	struct tokens *tokens;
	cJSON *dcv;	 /* see dcv_state.h */
	cJSON *attempts; /* see attempts.h */
	struct account *account;
	struct file_mark account_mark;
	struct switches *base;	   /* of the command line; its faults come on top */
	struct switches *switches; /* with DIR/switches laid over it */
	struct file_mark switches_mark;
	char *switches_text; /* the file's content when it was last read */
};

/* Makes DIR with its identities and account, unless they are there. */
MUST bool sim_prepare(const char *dir, struct err *err);

/* Opens DIR for a server, which only one process may be; takes BASE over, also on failure. */
MUST bool sim_open(struct sim **out, const char *dir, struct switches *base, struct err *err);

void sim_close(struct sim *sim);

/* Reads again what changed of DIR/account.json and DIR/switches. */
MUST bool sim_refresh(struct sim *sim, struct err *err);

/* Counts one occurrence of OP and adds to STRUCK the faults that strike it. */
void sim_take_faults(struct faults *struck, struct sim *sim, enum op op);

/* Waits MS milliseconds; false when the server has to end. Call it without the lock. */
bool sim_wait(const struct sim *sim, int64_t ms);

#endif
