#include "agent/give_up.h"

#include "agent/next_key.h"

bool give_up_work(struct store *store, const char *name, const struct situation *s, struct err *err)
{
	return next_key_return(store, name, s, err) && store_discard(store, name, err);
}

bool give_up_order(
	struct store *store, const char *name, const struct situation *s, struct err *err)
{
	return next_key_return(store, name, s, err) && store_abandon(store, name, err);
}
