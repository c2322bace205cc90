/*
 * What calls change in the account: entries of the lists of DIR/account.json, each with an id. The
 * file is written before the answer leaves. An edit of the file by hand at the same moment is lost.
 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "call.h"

/* Entry ID of the account's LIST; borrowed, to be changed and saved. NULL when there is none. */
cJSON *store_find(const struct call *call, const char *list, int64_t id);

/* The id of the next entry of LIST: FIRST, or above all that are there. */
int64_t store_next_id(const cJSON *list, int64_t first);

/* The account's LIST, made when it is missing; borrowed. */
cJSON *store_list(const struct call *call, const char *list);

/* Puts VALUE, which is taken over, in the place of member NAME of ENTRY. */
void store_put(cJSON *entry, const char *name, cJSON *value);

/* Copies those of the body's members that NAMES (ending with NULL) lists, unless they are null. */
void store_copy(cJSON *entry, const cJSON *body, const char *const *names);

/* Writes the account. False: the reply is an error. */
MUST bool store_save(const struct call *call);

/* Writes the account and answers STATUS without a body. */
void store_done(const struct call *call, int status);

/* Writes the account and answers 201 with a Location: the FORMAT's path below the host called. */
void store_created(const struct call *call, const char *format, ...) FORMAT(2, 3);

#endif
