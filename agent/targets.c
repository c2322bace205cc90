#include "agent/targets.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/login_entry.h"
#include "agent/revocation.h"
#include "agent/target.h"
#include "agent/target_file.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "keystore/ks_store.h"

#define FILE_INSTALLING "installing" /* of archive/NAME */
#define NAMES_MAX 65536		     /* of paths in a message */

void targets_dispose(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++)
		target_file_dispose(&t->item[i]);
	free(t->item);
	*t = (struct targets) { 0 };
}

static bool check_password(const char *reference, struct err *err)
{
	AUTO(secret) struct secret *password = NULL;

	return !reference || secret_read(&password, reference, err);
}

static bool rehearse(const struct conf *conf, const struct conf_target *t, const struct buf *old,
	struct err *err)
{
	AUTO(buf_secret) struct buf made = BUF(KS_STORE_MAX);

	return target_rehearse(&made, t, old, err) && login_entry_check(conf, t, &made, err);
}

bool targets_check_one(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	AUTO(target_file) struct target_file f = { .dir = -1 };

	return (!t->path || target_file_open(&f, t, err)) &&
	       check_password(t->password_file, err) && check_password(t->key_password_file, err) &&
	       (!conf_format_is_store(t->format) || rehearse(conf, t, &f.content, err));
}

bool targets_check(const struct conf *conf, const struct conf_cert *cert, struct err *err)
{
	for (size_t i = 0; i < cert->targets; i++)
		if (!targets_check_one(conf, &cert->target[i], err))
			return target_wrap(err, &cert->target[i]);
	return true;
}

static struct target_file *find(struct targets *t, const char *path)
{
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->item[i].target->path, path))
			return &t->item[i];
	return NULL;
}

/* What a file holds so far: what is on disk, and the entries of targets before this one. */
static bool render(struct targets *all, const struct conf_target *t, struct target_source *src,
	struct err *err)
{
	AUTO(buf_secret) struct buf made = BUF(KS_STORE_MAX);
	struct target_file *f = find(all, t->path);
	struct buf old;

	if (!f) {
		f = &all->item[all->n++];
		if (!target_file_open(f, t, err))
			return false;
	}
	if (!target_render(&made, t, src, &f->content, err))
		return false;
	old = f->content;
	f->content = made;
	made = old;
	return true;
}

static bool render_all(struct targets *out, const struct conf_cert *cert, struct target_source *src,
	struct err *err)
{
	for (size_t i = 0; i < cert->targets; i++) {
		const struct conf_target *t = &cert->target[i];

		if (t->path && !render(out, t, src, err))
			return target_wrap(err, t);
	}
	return true;
}

/* `*was`: a change that was begun before has not been settled. */
static bool announce(bool *was, struct run *run, const struct conf_cert *cert,
	const char *generation, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;

	if (!store_open_archive(&archive, run->store, cert->name, true, err))
		return false;
	*was = fs_exists(archive, FILE_INSTALLING);
	return record_set(&r, "generation", generation, err) &&
	       record_set_int(&r, "time", clock_now(), err) &&
	       record_write(&r, archive, FILE_INSTALLING, FS_ATTR(0600), err);
}

static bool write_temps(struct targets *t, struct err *err)
{
	for (size_t i = 0; i < t->n; i++)
		if (!target_file_prepare(&t->item[i], err))
			return target_wrap(err, t->item[i].target);
	return true;
}

/* Nothing has changed: what was announced is taken back, and what was written goes. */
static bool give_up(struct targets *t, struct run *run, const struct conf_cert *cert, bool keep)
{
	struct err err = { 0 };

	for (size_t i = 0; i < t->n; i++)
		target_file_drop(&t->item[i]);
	if (!keep && !targets_settle(run->store, cert->name, &err))
		log_warning("%s", err.text);
	return false;
}

bool targets_make(struct targets *out, struct run *run, const struct conf_cert *cert,
	const char *generation, struct err *err)
{
	AUTO(target_source) struct target_source src = { 0 };
	AUTO(targets) struct targets t = { 0 };

	if (!cert->targets)
		return true;
	t.item = calloc(cert->targets, sizeof(*t.item));
	if (!t.item)
		return err_memory(err);
	if (!revocation_check(run->store, cert->name, generation, err) ||
		!target_source_load(&src, run, cert, generation, err) ||
		!render_all(&t, cert, &src, err))
		return false;
	*out = t;
	t = (struct targets) { 0 };
	return true;
}

bool targets_prepare(struct targets *made, struct run *run, const struct conf_cert *cert,
	const char *generation, struct err *err)
{
	bool was = false;

	if (!cert->targets)
		return true;
	if (!announce(&was, run, cert, generation, err))
		return false;
	return write_temps(made, err) || give_up(made, run, cert, was);
}

static bool store_in_tokens(
	struct run *run, const struct conf_cert *cert, const char *generation, struct err *err)
{
	for (size_t i = 0; i < cert->targets; i++)
		if (cert->target[i].format == CONF_TOKEN_CERT &&
			!target_store_in_token(run, cert, generation, err))
			return target_wrap(err, &cert->target[i]);
	return true;
}

/* All names first: the shorter the time in which they differ, the better. */
static bool put_all(struct targets *t, struct err *err)
{
	for (size_t i = 0; i < t->n; i++)
		if (!target_file_put(&t->item[i], err))
			return target_wrap(err, t->item[i].target);
	for (size_t i = 0; i < t->n; i++)
		if (!target_file_sync(&t->item[i], err))
			return target_wrap(err, t->item[i].target);
	return true;
}

bool targets_switch(struct targets *t, struct run *run, const struct conf_cert *cert,
	const char *generation, struct err *err)
{
	return store_in_tokens(run, cert, generation, err) && put_all(t, err);
}

bool targets_settle(struct store *store, const char *name, struct err *err)
{
	AUTO(fd) int archive = -1;

	return store_open_archive(&archive, store, name, false, err) &&
	       (archive < 0 || fs_remove(archive, FILE_INSTALLING, err));
}

/* Which generation the files have to be of: NULL for none, since it may not serve. Owned: free().
 */
static bool choose(char **out, struct store *store, const char *name, const struct record *begun,
	struct err *err)
{
	AUTO_STR char *live = NULL;
	AUTO(strlist) struct strlist all = { 0 };
	const char *candidate[2] = { NULL, record_get(begun, "generation") };
	const char *id = NULL;

	if (!store_live(&live, store, name, err) || !store_generations(&all, store, name, err))
		return false;
	candidate[0] = live;
	for (size_t i = 0; i < ARRAY_LEN(candidate) && !id; i++) {
		struct err revoked = { 0 };

		if (candidate[i] && strlist_has(&all, candidate[i]) &&
			revocation_check(store, name, candidate[i], &revoked))
			id = candidate[i];
	}
	*out = id ? strdup(id) : NULL;
	return !id || *out || err_memory(err);
}

/* `id`: NULL when none may serve. */
static bool redo(struct run *run, const struct conf_cert *cert, const char *id, struct err *err)
{
	AUTO(targets) struct targets t = { 0 };

	if (id && cert->targets &&
		(!targets_make(&t, run, cert, id, err) ||
			!targets_prepare(&t, run, cert, id, err) || !put_all(&t, err) ||
			!store_history(run->store, err, cert->name, "recovered",
				"install targets generation=%s", id)))
		return false;
	return targets_settle(run->store, cert->name, err);
}

bool targets_recover(struct run *run, const struct conf_cert *cert, struct err *err)
{
	AUTO(record) struct record begun = { 0 };
	AUTO_STR char *id = NULL;
	AUTO(fd) int archive = -1;
	bool found;

	if (!store_open_archive(&archive, run->store, cert->name, false, err) ||
		!record_read(&begun, &found, archive, FILE_INSTALLING, err))
		return false;
	return !found ||
	       (choose(&id, run->store, cert->name, &begun, err) && redo(run, cert, id, err)) ||
	       err_wrap(err, "an installation was cut short");
}

size_t targets_missing(struct buf *names, const struct conf_cert *cert)
{
	size_t n = 0;

	for (size_t i = 0; i < cert->targets; i++) {
		const char *path = cert->target[i].path;

		if (!path || !access(path, F_OK) || errno != ENOENT)
			continue;
		buf_addf(names, "%s%s", n ? ", " : "", path);
		n++;
	}
	return n;
}

bool targets_restore(struct run *run, const struct conf_cert *cert, struct err *err)
{
	AUTO(buf) struct buf names = BUF(NAMES_MAX);
	size_t gone = targets_missing(&names, cert);
	const struct record none = { 0 };
	AUTO_STR char *id = NULL;

	if (!gone)
		return true;
	if (!choose(&id, run->store, cert->name, &none, err) || (id && !redo(run, cert, id, err)))
		return false;
	if (id)
		log_warning("%s %s gone, and %s there again", buf_str(&names),
			gone == 1 ? "was" : "were", gone == 1 ? "is" : "are");
	else
		log_warning("%s %s gone, and %s so: what is live is revoked, or its key "
			    "compromised",
			buf_str(&names), gone == 1 ? "is" : "are", gone == 1 ? "stays" : "stay");
	return true;
}
