#include "fetch/sandbox.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cap-ng.h>

#include "fetch/landlock.h"
#include "fetch/seccomp.h"

#define DESCRIPTORS 256
#define ADDRESS_SPACE ((rlim_t)512 * 1024 * 1024)
#define ADDRESS_SPACE_TOKEN ((rlim_t)2 * 1024 * 1024 * 1024)

/* The address sanitizer's shadow takes terabytes of address space. */
#if defined(__SANITIZE_ADDRESS__)
#define LIMIT_ADDRESS_SPACE false
#else
#define LIMIT_ADDRESS_SPACE true
#endif

/* What the resolver, TLS and locales read. No directory that also holds keys or passwords. */
static const char *const readable[] = { "/usr", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache",
	"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
	"/etc/services", "/etc/protocols", "/etc/localtime", "/etc/ssl/certs",
	"/etc/ssl/ca-bundle.pem", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted",
	"/var/lib/ca-certificates", "/run/systemd/resolve", "/run/resolvconf",
	"/run/NetworkManager/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf",
	"/dev/urandom", NULL };

static bool limit(int resource, rlim_t most, struct err *err)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now))
		return err_errno(err, ERR_INTERNAL, "sandbox: limits");
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
		most = now.rlim_max;
	now = (struct rlimit) { most, most };
	if (setrlimit((__rlimit_resource_t)resource, &now))
		return err_errno(err, ERR_INTERNAL, "sandbox: limits");
	return true;
}

bool sandbox_begin(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return err_errno(err, ERR_INTERNAL, "sandbox: give up privileges");
	return limit(RLIMIT_CORE, 0, err) && limit(RLIMIT_NOFILE, DESCRIPTORS, err);
}

/*
 * Not for a token: SoftHSM empties a file and writes it anew when it logs in. With a limit that
 * ends in an empty file, and with that every key of the token is lost.
 */
static bool limit_files(struct err *err)
{
	/* writing beyond the limit is to fail, not to kill */
	signal(SIGXFSZ, SIG_IGN);
	return limit(RLIMIT_FSIZE, 0, err);
}

static bool drop_capabilities(bool token, struct err *err)
{
	bool owns_bounds;
	bool keep;

	capng_get_caps_process();
	owns_bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	keep = token && capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_READ_SEARCH);
	capng_clear(CAPNG_SELECT_ALL);
	if (keep)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_READ_SEARCH);
	if (capng_apply(owns_bounds ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS))
		return err_set(err, ERR_INTERNAL, "sandbox: drop capabilities");
	return true;
}

bool sandbox_seal(enum sandbox_for what, struct err *err)
{
	bool token = what == SANDBOX_TOKEN;
	rlim_t space = token ? ADDRESS_SPACE_TOKEN : ADDRESS_SPACE;

	if (!drop_capabilities(token, err))
		return false;
	if (LIMIT_ADDRESS_SPACE && !limit(RLIMIT_AS, space, err))
		return false;
	if (!token && (!limit_files(err) || !landlock_only_read(readable, err)))
		return false;
	return seccomp_refuse(err);
}
