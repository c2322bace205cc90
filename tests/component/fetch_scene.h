/* What tests of scm-agent-fetch against scm-sim share: accounts, orders, requests. */
#ifndef TESTS_COMPONENT_FETCH_SCENE_H
#define TESTS_COMPONENT_FETCH_SCENE_H

#include "fetch_client.h"
#include "sim.h"

/* An account record for a simulator, and the files it borrows. */
struct scene_account {
	struct buf store;
	struct buf trust;
	struct wire_request request;
};
void scene_account_load(struct scene_account *a, const struct sim *s);
void scene_account_dispose(struct scene_account *a);
AUTO_DEFINE_REF(scene_account, struct scene_account, scene_account_dispose);

/* Makes it come with a password, or with a client's secret, in place of the certificate. */
void scene_account_secret(
	struct scene_account *a, enum wire_auth auth, const char *name, const char *secret);

/* Starts the program with an account, which must be taken. */
void scene_open(struct fetch *f, const char *program, struct scene_account *a);
void scene_start(struct fetch *f, const char *program, const struct sim *s);

/* A certificate request of a fresh key for this name, PEM. Owned: free(). */
char *scene_csr(const char *common_name);

/* Requests that the simulator takes. */
struct wire_request scene_submit(const char *csr, const char *comments);
struct wire_request scene_order(enum wire_op op, uint64_t id); /* of the last eight */
struct wire_request scene_find(const char *common_name, const char *tag);

/* Asks for the profiles: what there is to ask without consequence. */
struct wire_request scene_profiles(void);

/* Asks for them `n` times at once; each must end like this. */
void scene_ask_many(struct fetch *f, int n, enum err_kind kind, const char *words);

/* Places an order that must be taken; its id. */
uint64_t scene_place(struct fetch *f, const char *csr, const char *comments);

/* The id in an answer, 0 for none. */
uint64_t scene_id(const struct reply *r);

/* Fails the test unless the reply is of that kind and its text holds `words`. */
void scene_expect(const struct reply *r, enum err_kind kind, const char *words);

#endif
