/* `csr`: the request that is in work, or was last. */
#include <stdio.h>

#include "agent/cmd.h"

#define PEM_MAX (128 * 1024)

/* pending/NAME when there is a request in it, else the newest generation; -1 for neither. */
static bool open_work(
	int *out, struct store *store, const struct situation *s, const char *name, struct err *err)
{
	AUTO(fd) int archive = -1;

	*out = -1;
	if (s->request)
		return store_open_pending(out, store, name, false, err);
	if (!s->newest)
		return true;
	return store_open_archive(&archive, store, name, false, err) &&
	       fs_open_dir(out, archive, s->newest, err);
}

int cmd_csr(struct cmd_context *c)
{
	AUTO(situation) struct situation s = { 0 };
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(fd) int dir = -1;
	const struct conf_cert *cert;
	struct err err = { 0 };

	if (!cmd_one(&cert, c, &err) || !situation_read(&s, c->store, cert->name, &err) ||
		!open_work(&dir, c->store, &s, cert->name, &err))
		return cmd_fail(&err);
	if (dir < 0) {
		err_set(&err, ERR_USAGE, "there is no request yet; run scm-agent run %s",
			cert->name);
		return cmd_fail(&err);
	}
	if (!fs_read(&pem, dir, FILE_REQUEST, &err))
		return cmd_fail(&err);
	fputs(buf_str(&pem), stdout);
	return 0;
}
