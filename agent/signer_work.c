#include "agent/signer_work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "agent/signer.h"
#include "base/fs.h"
#include "base/secret.h"

static bool read_all(void *data, size_t len)
{
	char *at = data;

	while (len) {
		ssize_t n = read(SIGNER_FD, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Whether whoever started us is of our own user, and not somebody who found a way to lend us a
 * socket.
 */
static bool called_by_ourselves(void)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	return !getsockopt(SIGNER_FD, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       peer.uid == getuid() && getuid() == geteuid();
}

/* No words of an ended text are left to chance. */
static bool read_job(struct signer_job *job)
{
	if (!read_all(job, sizeof(*job)))
		return false;
	job->module[sizeof(job->module) - 1] = '\0';
	job->init_args[sizeof(job->init_args) - 1] = '\0';
	job->uri[sizeof(job->uri) - 1] = '\0';
	job->dir[sizeof(job->dir) - 1] = '\0';
	job->file[sizeof(job->file) - 1] = '\0';
	return job->pin_len <= SECRET_MAX;
}

static bool read_pin(struct secret **out, const struct signer_job *job)
{
	char bytes[SECRET_MAX];
	bool ok;

	if (!job->has_pin)
		return true;
	ok = read_all(bytes, job->pin_len);
	if (ok)
		*out = secret_new(bytes, job->pin_len);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return ok && *out;
}

/* After a change of user the kernel lets others of that user look into us, and our parent's end go
 * unnoticed. */
static bool close_in(const struct signer_job *job, pid_t parent, struct err *err)
{
	if (!user_become(&job->user, err))
		return false;
	if (prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL) || chdir("/"))
		return err_errno(err, ERR_INTERNAL, "shut the process in");
	return getppid() == parent || err_set(err, ERR_INTERNAL, "scm-agent has ended");
}

static bool open_store(struct ks **out, struct signer_reply *r, const struct signer_job *job,
	const struct secret *pin, struct err *err)
{
	struct ks_token token = {
		.module = job->module,
		.init_args = *job->init_args ? job->init_args : NULL,
		.uri = job->uri,
		.pin = pin,
	};
	bool refused = false;
	bool ok;

	if (!*job->module)
		return ks_open_files(out, err);
	ok = ks_open_token(out, &refused, &token, err);
	r->pin_refused = refused;
	return ok;
}

static bool open_dir(int *out, const struct signer_job *job, struct err *err)
{
	if (*job->module)
		return true;
	/* a server that opens the file needs no more than to pass */
	*out = open(job->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *out >= 0 || err_errno(err, ERR_IO, "%s", job->dir);
}

static bool describe(struct signer_reply *r, EVP_PKEY *key, struct err *err)
{
	AUTO(ossl_bytes) unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	return (len > 0 && csr_der_fingerprint(r->spki, der, (size_t)len)) || err_memory(err);
}

static bool try_key(struct signer_reply *r, const struct signer_job *job, const struct secret *pin,
	struct err *err)
{
	struct ks_trial trial[KS_SCHEMES_MAX];
	struct ks_ref ref = { .dir = -1, .file = job->file, .id = job->id, .label = "" };
	AUTO(fd) int dir = -1;
	AUTO(ks) struct ks *ks = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	size_t n = 0;

	if (!open_dir(&dir, job, err) || !open_store(&ks, r, job, pin, err))
		return false;
	ref.dir = dir;
	if (!ks_load(&key, ks, &ref, err) || !describe(r, key, err) || !ks_try(trial, &n, key, err))
		return false;
	/* at the login, or by a key that wants it again when it signs */
	r->pin_refused = r->pin_refused || ks_pin_refused(ks);
	for (size_t i = 0; i < n; i++) {
		snprintf(r->trial[i].scheme, sizeof(r->trial[i].scheme), "%s",
			trial[i].scheme->name);
		r->trial[i].why = trial[i].why;
	}
	r->n = (uint32_t)n;
	return true;
}

/* False when there is nobody to answer to. The PIN is asked for by none but the job's user. */
static bool work(struct signer_reply *r, pid_t parent)
{
	AUTO(secret) struct secret *pin = NULL;
	struct signer_job job;
	struct err err = { 0 };

	if (!read_job(&job))
		return false;
	if (!close_in(&job, parent, &err)) {
		r->err = err;
		return true;
	}
	if (!read_pin(&pin, &job))
		return false;
	if (!try_key(r, &job, pin, &err))
		r->err = err;
	return true;
}

int signer_main(void)
{
	struct signer_reply reply = { 0 };
	pid_t parent = getppid();
	struct err err = { 0 };

	if (!called_by_ourselves()) {
		fputs("scm-agent: " SIGNER_ARGUMENT " is for scm-agent alone\n", stderr);
		return err_exit_status(ERR_USAGE);
	}
	signal(SIGPIPE, SIG_IGN);
	fcntl(SIGNER_FD, F_SETFD, FD_CLOEXEC);
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) || !secret_init(&err))
		return err_exit_status(ERR_INTERNAL);
	if (!work(&reply, parent) ||
		send(SIGNER_FD, &reply, sizeof(reply), MSG_NOSIGNAL) != (ssize_t)sizeof(reply))
		return err_exit_status(ERR_INTERNAL);
	return 0;
}
