#include "deploy-hooks/hook.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/proc.h"
#include "deploy-hooks/hook_env.h"

#define LINE_SHOWN 160 /* bytes of its last line in the message */

const char *hook_event_name(enum hook_event event)
{
	static const char *const names[] = {
		[HOOK_PRE] = "pre",
		[HOOK_TEST] = "test",
		[HOOK_DEPLOY] = "deploy",
		[HOOK_POST] = "post",
		[HOOK_PUBLISH] = "publish",
		[HOOK_WITHDRAW] = "withdraw",
	};

	return names[event];
}

/* Whole lines, each made printable, as long as they fit. */
static void report(struct buf *to, const struct buf *from)
{
	const char *end = buf_str(from) + from->len;

	for (const char *line = buf_str(from); line < end;) {
		AUTO(buf) struct buf safe = BUF(to->max - to->len);
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		const char *next = stop ? stop + 1 : end;

		buf_add_printable(&safe, line, (size_t)((stop ? stop : end) - line));
		buf_add_str(&safe, "\n");
		if (!buf_ok(&safe))
			return;
		buf_add(to, buf_str(&safe), safe.len);
		line = next;
	}
}

/* The last line that says anything, made printable. */
static void last_line(struct buf *out, const struct buf *from)
{
	const char *text = buf_str(from);
	size_t end = from->len;
	size_t begin;

	while (end && strchr(" \t\r\n", text[end - 1]))
		end--;
	for (begin = end; begin && text[begin - 1] != '\n';)
		begin--;
	buf_add_printable(out, text + begin, end - begin < LINE_SHOWN ? end - begin : LINE_SHOWN);
}

static bool failed(const struct proc_result *r, int64_t timeout_ms, struct err *err)
{
	AUTO(buf) struct buf line = BUF(4 * LINE_SHOWN);
	const char *between;

	last_line(&line, &r->output);
	between = line.len ? ": " : "";
	if (r->timed_out)
		return err_set(err, ERR_DEPLOY, "ended by us after %g s (hook_timeout)%s%s",
			(double)timeout_ms / 1000, between, buf_str(&line));
	if (r->status > 128)
		return err_set(err, ERR_DEPLOY, "exit status %d (signal %d)%s%s", r->status,
			r->status - 128, between, buf_str(&line));
	return err_set(err, ERR_DEPLOY, "exit status %d%s%s", r->status, between, buf_str(&line));
}

/* The list as execve() wants it; the strings stay the list's. Owned: free(). */
static char **env_vector(const struct strlist *env)
{
	char **vector = calloc(env->n + 1, sizeof(*vector));

	if (vector && env->n)
		memcpy(vector, env->item, env->n * sizeof(*vector));
	return vector;
}

bool hook_run(const struct hook *h, enum hook_event event, const struct hook_context *ctx,
	int64_t timeout_ms, struct buf *output, struct err *err)
{
	const char *const argv[] = { h->path, hook_event_name(event), ctx->name, NULL };
	AUTO(strlist) struct strlist env = { 0 };
	AUTO(proc_result) struct proc_result result = { 0 };
	AUTO(free) void *vector = NULL;
	struct proc_spec spec = { .argv = argv, .timeout_ms = timeout_ms };
	bool ok;

	if (event == HOOK_TEST && !h->shipped)
		return true;
	if (!hook_env_build(&env, h, event, ctx, err))
		return err_wrap(err, "hook %s", h->path);
	vector = env_vector(&env);
	if (!vector)
		return err_memory(err);
	spec.env = vector;
	ok = proc_run(&result, &spec, err);
	if (ok && output)
		report(output, &result.output);
	if (ok && (result.timed_out || result.status))
		ok = failed(&result, timeout_ms, err);
	return ok || err_wrap(err, "hook %s: %s", h->path, argv[1]);
}

bool hook_check(const struct hook *h, struct err *err)
{
	struct stat st;

	if (h->path[0] != '/')
		return err_set(err, ERR_CONFIG,
			"hook \"%s\" is not an absolute path, nor the name of a shipped script",
			h->path);
	if (stat(h->path, &st))
		return err_errno(err, ERR_CONFIG, "hook \"%s\"", h->path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, "hook \"%s\" is not a regular file", h->path);
	if (faccessat(AT_FDCWD, h->path, X_OK, AT_EACCESS))
		return err_errno(
			err, ERR_CONFIG, "hook \"%s\" can't be executed (chmod +x?)", h->path);
	return fs_check_trusted(h->path, "hook", err);
}
