#include "agent/leftovers.h"

#include "agent/record.h"
#include "base/log.h"

static bool add(struct strlist *out, const struct conf *conf, int dir, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };

	if (dir < 0)
		return true;
	if (!fs_list(&all, dir, err))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (!conf_find_cert(conf, all.item[i]) && !strlist_has(out, all.item[i]) &&
			!strlist_add(out, all.item[i]))
			return err_memory(err);
	return true;
}

bool leftovers_list(
	struct strlist *out, const struct conf *conf, struct store *store, struct err *err)
{
	if (!add(out, conf, store->archive, err) || !add(out, conf, store->pending, err))
		return false;
	strlist_sort(out);
	return true;
}

bool leftovers_warn_of_order(struct store *store, const char *name, struct err *err)
{
	AUTO(record) struct record order = { 0 };
	AUTO(record) struct record intent = { 0 };
	AUTO(fd) int dir = -1;
	bool ordered;
	bool intended;

	if (!store_open_pending(&dir, store, name, false, err))
		return false;
	if (dir < 0)
		return true;
	if (!record_read(&order, &ordered, dir, FILE_ORDER, err) ||
		!record_read(&intent, &intended, dir, FILE_INTENT, err))
		return false;
	if (ordered)
		log_warning("order %s goes on at SCM; decline or revoke it there",
			record_get(&order, "ssl_id"));
	else if (fs_exists(dir, FILE_SUBMITTING))
		log_warning("an order may exist at SCM, with %s in its comments",
			record_get(&intent, "tag"));
	return true;
}
