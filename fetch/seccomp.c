#include "fetch/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

typedef void *filter;

static void filter_release(filter f)
{
	if (f)
		seccomp_release(f);
}
AUTO_DEFINE(filter, filter, filter_release);

#define REFUSE SCMP_ACT_ERRNO(EPERM)
#define LOW_HALF 0xffffffffu /* the kernel looks at 32 bits of an int argument */

/* s390 has clone's first two arguments the other way round */
#if defined(__s390__)
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

/* Newer than libseccomp 2.5; one number on all architectures (except alpha). */
#define NR_FCHMODAT2 452
#define NR_SETXATTRAT 463
#define NR_REMOVEXATTRAT 466
#define NR_OPEN_TREE_ATTR 467
#define NR_FILE_SETATTR 469

/* Without a meaning for a client of the network, and at most a nuisance in a library. */
static const int refused[] = {
	/* programs */
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	/* names of files */
	SCMP_SYS(creat),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(link),
	SCMP_SYS(linkat),
	SCMP_SYS(symlink),
	SCMP_SYS(symlinkat),
	SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir),
	SCMP_SYS(mknod),
	SCMP_SYS(mknodat),
	/* content and attributes of files */
	SCMP_SYS(truncate),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(chmod),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),
	NR_FCHMODAT2,
	SCMP_SYS(chown),
	SCMP_SYS(fchown),
	SCMP_SYS(lchown),
	SCMP_SYS(fchownat),
	SCMP_SYS(utime),
	SCMP_SYS(utimes),
	SCMP_SYS(utimensat),
	SCMP_SYS(futimesat),
	SCMP_SYS(setxattr),
	SCMP_SYS(lsetxattr),
	SCMP_SYS(fsetxattr),
	SCMP_SYS(removexattr),
	SCMP_SYS(lremovexattr),
	SCMP_SYS(fremovexattr),
	NR_SETXATTRAT,
	NR_REMOVEXATTRAT,
	NR_FILE_SETATTR,
	SCMP_SYS(memfd_create),
	SCMP_SYS(memfd_secret),
	SCMP_SYS(fanotify_init),
	/* other processes */
	SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo),
	SCMP_SYS(tkill),
	SCMP_SYS(kcmp),
	SCMP_SYS(process_madvise),
	SCMP_SYS(process_mrelease),
	SCMP_SYS(setpriority),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_setscheduler),
	SCMP_SYS(sched_setattr),
	/* serving */
	SCMP_SYS(listen),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(mq_open),
	SCMP_SYS(msgget),
	/* who we are */
	SCMP_SYS(setuid),
	SCMP_SYS(setgid),
	SCMP_SYS(setreuid),
	SCMP_SYS(setregid),
	SCMP_SYS(setresuid),
	SCMP_SYS(setresgid),
	SCMP_SYS(setgroups),
	SCMP_SYS(setfsuid),
	SCMP_SYS(setfsgid),
	SCMP_SYS(capset),
	SCMP_SYS(setsid),
	SCMP_SYS(setpgid),
	SCMP_SYS(personality),
	SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname),
	SCMP_SYS(syslog),
};

/* What only an intruder would try. */
static const int absurd[] = {
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(mount),
	SCMP_SYS(umount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(open_tree),
	NR_OPEN_TREE_ATTR,
	SCMP_SYS(move_mount),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fspick),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(acct),
	SCMP_SYS(quotactl),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex),
	SCMP_SYS(clock_adjtime),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(modify_ldt),
	SCMP_SYS(vhangup),
	SCMP_SYS(lookup_dcookie),
};

static bool add_all(filter f, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(f, action, calls[i], 0))
			return false;
	return true;
}

/* Each flag that could change a file, on its own: a rule matches one of them being set. */
static bool refuse_writing(filter f)
{
	static const unsigned flag[] = { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND,
		O_TMPFILE & ~O_DIRECTORY };

	for (size_t i = 0; i < ARRAY_LEN(flag); i++)
		if (seccomp_rule_add(f, REFUSE, SCMP_SYS(open), 1,
			    SCMP_A1(SCMP_CMP_MASKED_EQ, flag[i], flag[i])) ||
			seccomp_rule_add(f, REFUSE, SCMP_SYS(openat), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, flag[i], flag[i])))
			return false;
	/* flags in memory can't be looked at: libraries fall back to openat() */
	return !seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
}

/*
 * The internet, and the netlink that the resolver asks for addresses of its own. Not the sockets of
 * local services: as root, one of them would start any program.
 */
static bool refuse_sockets(filter f)
{
	for (int domain = 0; domain < AF_MAX; domain++) {
		if (domain == AF_INET || domain == AF_INET6 || domain == AF_NETLINK)
			continue;
		if (seccomp_rule_add(f, REFUSE, SCMP_SYS(socket), 1,
			    SCMP_A0(SCMP_CMP_MASKED_EQ, LOW_HALF, (scmp_datum_t)domain)))
			return false;
	}
	return !seccomp_rule_add(f, REFUSE, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GE, AF_MAX));
}

/* Threads are for the resolver; processes are not. glibc falls back from clone3() to clone(). */
static bool refuse_processes(filter f)
{
	pid_t self = getpid();

	return !seccomp_rule_add(f, REFUSE, SCMP_SYS(clone), 1,
		       SCMP_CMP(CLONE_FLAGS, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) &&
	       !seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) &&
	       !seccomp_rule_add(
		       f, REFUSE, SCMP_SYS(kill), 1, SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)self)) &&
	       !seccomp_rule_add(
		       f, REFUSE, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)self)) &&
	       !seccomp_rule_add(f, REFUSE, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_NE, 0));
}

bool seccomp_refuse(struct err *err)
{
	AUTO(filter) filter f = seccomp_init(SCMP_ACT_ALLOW);

	/* a token's module may have started threads of its own */
	if (!f || seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) ||
		!add_all(f, REFUSE, refused, ARRAY_LEN(refused)) ||
		!add_all(f, SCMP_ACT_KILL_PROCESS, absurd, ARRAY_LEN(absurd)) ||
		!refuse_writing(f) || !refuse_sockets(f) || !refuse_processes(f))
		return err_set(err, ERR_INTERNAL, "sandbox: the system call filter can't be made");
	if (seccomp_load(f))
		return err_set(
			err, ERR_INTERNAL, "sandbox: the kernel takes no system call filter");
	return true;
}
