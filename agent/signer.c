#include "agent/signer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/secret.h"

#define STOP_TIMEOUT_MS 2000

static bool send_all(int sock, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = send(sock, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static void tell(int sock, struct signer_job *job, const struct secret *pin)
{
	job->has_pin = pin != NULL;
	job->pin_len = pin ? (uint32_t)secret_len(pin) : 0;
	if (send_all(sock, job, sizeof(*job)) && pin)
		send_all(sock, secret_bytes(pin), secret_len(pin));
}

/* Fewer bytes than `len` when the other end is gone or the time is up. */
static size_t receive(int sock, void *data, size_t len, int64_t deadline)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	size_t have = 0;

	while (have < len) {
		int64_t left = deadline - clock_ms();
		ssize_t n = -1;

		if (left <= 0)
			break;
		if (poll(&p, 1, (int)left) > 0)
			n = recv(sock, (char *)data + have, len - have, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return have;
}

static void tame(struct err *err)
{
	if (err->kind >= ERR_KIND_COUNT)
		err->kind = ERR_KEYSTORE;
	err->text[sizeof(err->text) - 1] = '\0';
}

static bool check_reply(struct signer_reply *r)
{
	tame(&r->err);
	r->spki[sizeof(r->spki) - 1] = '\0';
	if (r->n > KS_SCHEMES_MAX)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		tame(&r->trial[i].why);
		r->trial[i].scheme[sizeof(r->trial[i].scheme) - 1] = '\0';
		if (!ks_scheme_find(r->trial[i].scheme))
			return false;
	}
	return r->n || r->err.kind != ERR_NONE;
}

static bool converse(struct signer_reply *out, int sock, struct signer_job *job,
	const struct secret *pin, struct err *err)
{
	struct signer_reply reply = { 0 };
	int64_t deadline = clock_ms() + job->timeout_ms;

	/* one that gives up before it wants to hear the PIN has said why */
	tell(sock, job, pin);
	if (receive(sock, &reply, sizeof(reply), deadline) < sizeof(reply))
		return err_set(err, ERR_INTERNAL,
			clock_ms() < deadline
				? "the process that tries the key ended unexpectedly"
				: "the key did not sign in time; the process that tried was ended");
	if (!check_reply(&reply))
		return err_set(
			err, ERR_INTERNAL, "the process that tries the key answered nonsense");
	*out = reply;
	return true;
}

bool signer_run(struct signer_reply *out, struct signer_job *job, const struct secret *pin,
	const struct strlist *env, struct err *err)
{
	/* this very program, also when another one has been installed in its place meanwhile */
	static const char *const argv[] = { "/proc/self/exe", SIGNER_ARGUMENT, NULL };
	AUTO(free) void *memory = calloc(env->n + 1, sizeof(char *));
	const char **vars = memory;
	struct proc_spec spec = { .argv = argv, .env = vars };
	AUTO(fd) int sock = -1;
	pid_t pid;
	bool ok;

	if (!vars)
		return err_memory(err);
	for (size_t i = 0; i < env->n; i++)
		vars[i] = env->item[i];
	if (!proc_start(&pid, &sock, &spec, err))
		return false;
	ok = converse(out, sock, job, pin, err);
	fs_close(sock);
	sock = -1;
	proc_stop(pid, ok ? STOP_TIMEOUT_MS : 0);
	return ok;
}
