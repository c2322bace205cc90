/*
 * The sandbox of scm-agent-fetch, from inside: each attempt runs in a child of its own, which is
 * sealed and then tries, as somebody would who had taken over a parser.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "fetch/sandbox.h"

static char dir[64] = "/tmp/scm-test-XXXXXX";
static char file[96];
static char other[96];
static int writable; /* a descriptor from before */
static int listener;
static unsigned short port;

/* ---- attempts: 0 when it worked, else errno -------------------------------------------------- */

static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int try_open(int flags)
{
	return result(openat(AT_FDCWD, file, flags, 0600));
}

static int old_open(int flags)
{
#ifdef SYS_open
	return result(syscall(SYS_open, file, flags, 0600));
#else
	return try_open(flags);
#endif
}

static int exec(void)
{
	char *const argv[] = { (char *)"true", NULL };

	return result(execve("/bin/true", argv, argv + 1));
}

static int exec_at(void)
{
	char *const argv[] = { (char *)"true", NULL };

	return result(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, argv + 1, 0));
}

static int make_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return result(pid);
}

static int make_process_old_way(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	return result(pid);
}

static int write_only(void)
{
	return try_open(O_WRONLY);
}

static int read_write(void)
{
	return try_open(O_RDWR);
}

static int append(void)
{
	return try_open(O_WRONLY | O_APPEND);
}

static int cut(void)
{
	return try_open(O_RDONLY | O_TRUNC);
}

static int create(void)
{
	return try_open(O_RDONLY | O_CREAT);
}

static int nameless(void)
{
	return result(open(dir, O_TMPFILE | O_RDWR, 0600));
}

static int old_write_only(void)
{
	return old_open(O_WRONLY);
}

static int open_by_new_call(void)
{
	uint64_t how[3] = { O_RDWR, 0, 0 };

	return result(syscall(SYS_openat2, AT_FDCWD, file, how, sizeof(how)));
}

static int write_to_open_file(void)
{
	return result(write(writable, "x", 1));
}

static int remove_file(void)
{
	return result(unlink(file));
}

static int rename_file(void)
{
	return result(rename(file, other));
}

static int link_file(void)
{
	return result(link(file, other));
}

static int symlink_file(void)
{
	return result(symlink(file, other));
}

static int make_dir(void)
{
	return result(mkdir(other, 0700));
}

static int make_node(void)
{
	return result(mknod(other, S_IFIFO | 0600, 0));
}

static int change_mode(void)
{
	return result(chmod(file, 0666));
}

static int change_mode_new_way(void)
{
	return result(syscall(452, AT_FDCWD, file, 0666, 0));
}

static int change_mode_by_descriptor(void)
{
	return result(fchmod(writable, 0666));
}

static int change_owner(void)
{
	return result(chown(file, 1, 1));
}

static int cut_by_name(void)
{
	return result(truncate(file, 0));
}

static int cut_by_descriptor(void)
{
	return result(ftruncate(writable, 0));
}

static int kill_parent(void)
{
	return result(kill(getppid(), 0));
}

static int kill_all(void)
{
	return result(kill(-1, 0));
}

static int open_process(void)
{
	return result(syscall(SYS_pidfd_open, getppid(), 0));
}

static int limit_parent(void)
{
	struct rlimit l;

	return result(prlimit(getppid(), RLIMIT_NOFILE, NULL, &l));
}

static int local_socket(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int local_socket_in_disguise(void)
{
	return result(syscall(SYS_socket, (1ULL << 32) | AF_UNIX, SOCK_STREAM, 0));
}

static int raw_packets(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int kernel_crypto(void)
{
	return result(socket(AF_ALG, SOCK_SEQPACKET, 0));
}

static int serve(void)
{
	return result(listen(listener, 1));
}

static int take_connection(void)
{
	return result(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
}

static int become_other(void)
{
	return result(syscall(SYS_setuid, 0));
}

static int raw_network(void)
{
	return result(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

/* A thread from before the seal, as modules have them, which makes an attempt when it is told to.
 */
static pthread_t elder;
static int elder_told[2];
static int elder_error = 203;

static void *elder_waits(void *unused)
{
	char c;

	if (read(elder_told[0], &c, 1) == 1)
		elder_error = write_only();
	return unused;
}

static bool elder_start(void)
{
	return !pipe2(elder_told, O_CLOEXEC) && !pthread_create(&elder, NULL, elder_waits, NULL);
}

static int write_only_by_elder(void)
{
	return write(elder_told[1], "x", 1) == 1 && !pthread_join(elder, NULL) ? elder_error : 204;
}

static int hidden_program(void)
{
	return result(syscall(SYS_memfd_create, "x", 0));
}

static const struct {
	const char *what;
	int (*attempt)(void);
	int error;
} refused[] = {
	{ "execve", exec, EPERM },
	{ "execveat", exec_at, EPERM },
	{ "fork", make_process, EPERM },
	{ "clone", make_process_old_way, EPERM },
	{ "open for writing", write_only, EPERM },
	{ "open for writing, thread from before", write_only_by_elder, EPERM },
	{ "open for reading and writing", read_write, EPERM },
	{ "open for appending", append, EPERM },
	{ "open and cut", cut, EPERM },
	{ "create", create, EPERM },
	{ "create without a name", nameless, EPERM },
	{ "open, old call", old_write_only, EPERM },
	{ "openat2", open_by_new_call, ENOSYS },
	{ "unlink", remove_file, EPERM },
	{ "rename", rename_file, EPERM },
	{ "link", link_file, EPERM },
	{ "symlink", symlink_file, EPERM },
	{ "mkdir", make_dir, EPERM },
	{ "mknod", make_node, EPERM },
	{ "chmod", change_mode, EPERM },
	{ "fchmodat2", change_mode_new_way, EPERM },
	{ "fchmod", change_mode_by_descriptor, EPERM },
	{ "chown", change_owner, EPERM },
	{ "truncate", cut_by_name, EPERM },
	{ "ftruncate", cut_by_descriptor, EPERM },
	{ "kill the parent", kill_parent, EPERM },
	{ "kill all", kill_all, EPERM },
	{ "pidfd_open", open_process, EPERM },
	{ "prlimit of another", limit_parent, EPERM },
	{ "local socket", local_socket, EPERM },
	{ "local socket, upper bits set", local_socket_in_disguise, EPERM },
	{ "packet socket", raw_packets, EPERM },
	{ "raw socket", raw_network, EPERM },
	{ "AF_ALG socket", kernel_crypto, EPERM },
	{ "listen", serve, EPERM },
	{ "accept", take_connection, EPERM },
	{ "setuid", become_other, EPERM },
	{ "memfd_create", hidden_program, EPERM },
};

/* Ends the process rather than the attempt. */
static const struct {
	const char *what;
	long number;
} deadly[] = {
	{ "ptrace", SYS_ptrace },
	{ "mount", SYS_mount },
	{ "umount2", SYS_umount2 },
	{ "chroot", SYS_chroot },
	{ "pivot_root", SYS_pivot_root },
	{ "unshare", SYS_unshare },
	{ "setns", SYS_setns },
	{ "bpf", SYS_bpf },
	{ "keyctl", SYS_keyctl },
	{ "add_key", SYS_add_key },
	{ "io_uring_setup", SYS_io_uring_setup },
	{ "perf_event_open", SYS_perf_event_open },
	{ "process_vm_readv", SYS_process_vm_readv },
	{ "userfaultfd", SYS_userfaultfd },
	{ "open_by_handle_at", SYS_open_by_handle_at },
	{ "init_module", SYS_init_module },
	{ "kexec_load", SYS_kexec_load },
	{ "reboot", SYS_reboot },
	{ "clock_settime", SYS_clock_settime },
	{ "fsopen", SYS_fsopen },
	{ "move_mount", SYS_move_mount },
};

/* ---- the children ---------------------------------------------------------------------------- */

#define SEAL_FAILED 255

/* Status of wait(2) of a child that is sealed and makes one attempt. */
static int attempt_sealed(enum sandbox_for what, int (*attempt)(void), long number)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		struct err err;

		if (!sandbox_begin(&err) || !elder_start() || !sandbox_seal(what, &err))
			_exit(SEAL_FAILED);
		if (attempt)
			_exit(attempt());
		syscall(number, 0, 0, 0, 0, 0, 0);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int set_up(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	writable = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (write(writable, "content", 7) != 7 ||
		bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 8) ||
		getsockname(listener, (struct sockaddr *)&at, &len))
		return -1;
	port = ntohs(at.sin_port);
	return 0;
}

static int tear_down(void **state)
{
	AUTO(fd) int tmp = -1;
	struct err err;

	(void)state;
	close(writable);
	close(listener);
	return fs_open_dir(&tmp, AT_FDCWD, "/tmp", &err) &&
			       fs_remove_tree(tmp, dir + strlen("/tmp/"), &err)
		       ? 0
		       : -1;
}

static void check_untouched(const char *what)
{
	struct stat st;

	if (stat(file, &st) || st.st_size != 7 || (st.st_mode & 07777) != 0600 || !stat(other, &st))
		fail_msg("%s: the file has changed", what);
}

static void try_all(enum sandbox_for what)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		int status = attempt_sealed(what, refused[i].attempt, 0);

		if (!WIFEXITED(status) || WEXITSTATUS(status) != refused[i].error)
			fail_msg("%s: status %x", refused[i].what, (unsigned)status);
		check_untouched(refused[i].what);
	}
	for (size_t i = 0; i < ARRAY_LEN(deadly); i++) {
		int status = attempt_sealed(what, NULL, deadly[i].number);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s: status %x", deadly[i].what, (unsigned)status);
	}
}

static void test_network(void **state)
{
	(void)state;
	try_all(SANDBOX_NETWORK);
}

static void test_token(void **state)
{
	(void)state;
	try_all(SANDBOX_TOKEN);
}

/* The attempts are made in earnest: without the sandbox the harmless ones succeed. */
static void test_attempts_are_real(void **state)
{
	(void)state;
	assert_int_equal(make_process(), 0);
	assert_int_equal(make_process_old_way(), 0);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	assert_int_equal(write_only(), 0);
	assert_int_equal(old_write_only(), 0);
	assert_int_equal(local_socket(), 0);
	assert_int_equal(serve(), 0);
	assert_int_equal(hidden_program(), 0);
	assert_int_equal(change_mode_by_descriptor(), 0);
	assert_int_equal(fchmod(writable, 0600), 0);
	assert_int_equal(link_file(), 0);
	assert_int_equal(unlink(other), 0);
}

/* ---- what must go on working ----------------------------------------------------------------- */

static void *nothing(void *context)
{
	return context;
}

static int connect_by_name(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_INET };
	struct addrinfo *list;
	char service[8];
	int fd;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo("localhost", service, &hints, &list))
		return 201;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return result(connect(fd, list->ai_addr, list->ai_addrlen));
}

static int make_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL) ? 202 : 0;
}

static int read_names(void)
{
	return result(open("/etc/hosts", O_RDONLY | O_CLOEXEC));
}

static int end_by_abort(void)
{
	abort();
}

static void test_work_goes_on(void **state)
{
	static const enum sandbox_for both[] = { SANDBOX_NETWORK, SANDBOX_TOKEN };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		assert_int_equal(attempt_sealed(both[i], connect_by_name, 0), 0);
		assert_int_equal(attempt_sealed(both[i], make_thread, 0), 0);
		assert_int_equal(attempt_sealed(both[i], read_names, 0), 0);
		assert_int_equal(WTERMSIG(attempt_sealed(both[i], end_by_abort, 0)), SIGABRT);
	}
}

static int read_file(void)
{
	return result(open(file, O_RDONLY | O_CLOEXEC));
}

static int read_users(void)
{
	return result(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int list_root(void)
{
	return result(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int read_parent(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	return result(open(path, O_RDONLY | O_CLOEXEC));
}

/* Keys of this host are out of reach, where the kernel has Landlock. */
static void test_files_out_of_reach(void **state)
{
	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
		skip();
	assert_int_equal(WEXITSTATUS(attempt_sealed(SANDBOX_NETWORK, read_file, 0)), EACCES);
	assert_int_equal(WEXITSTATUS(attempt_sealed(SANDBOX_NETWORK, read_users, 0)), EACCES);
	assert_int_equal(WEXITSTATUS(attempt_sealed(SANDBOX_NETWORK, list_root, 0)), EACCES);
	assert_int_equal(WEXITSTATUS(attempt_sealed(SANDBOX_NETWORK, read_parent, 0)), EACCES);
	assert_int_equal(WEXITSTATUS(attempt_sealed(SANDBOX_TOKEN, read_file, 0)), 0);
}

/* Capabilities of the child, as the kernel sees them: the lines CapEff, CapPrm, CapBnd. */
static int count_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return 203;
	return __builtin_popcount(data[0].effective | data[0].permitted) +
	       __builtin_popcount(data[1].effective | data[1].permitted);
}

static void test_capabilities(void **state)
{
	int kept = geteuid() ? 0 : 1;

	(void)state;
	assert_int_equal(WEXITSTATUS(attempt_sealed(SANDBOX_NETWORK, count_capabilities, 0)), 0);
	assert_int_equal(WEXITSTATUS(attempt_sealed(SANDBOX_TOKEN, count_capabilities, 0)), kept);
}

static int count_limits(void)
{
	struct rlimit core;
	struct rlimit size;
	struct rlimit files;

	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_FSIZE, &size);
	getrlimit(RLIMIT_NOFILE, &files);
	return core.rlim_max || size.rlim_max || files.rlim_max > 256;
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(attempt_sealed(SANDBOX_NETWORK, count_limits, 0), 0);
	assert_int_equal(
		WEXITSTATUS(attempt_sealed(SANDBOX_NETWORK, write_to_open_file, 0)), EFBIG);
	check_untouched("write");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attempts_are_real),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_work_goes_on),
		cmocka_unit_test(test_files_out_of_reach),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
