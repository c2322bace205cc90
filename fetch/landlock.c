#include "fetch/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"

/* All rights of the first version of the interface: present on every kernel that has Landlock. */
#define HANDLED ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

static bool absent(void)
{
	return errno == ENOSYS || errno == EOPNOTSUPP;
}

static bool allow_reading(int ruleset, const char *path, struct err *err)
{
	AUTO(fd) int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = fd };
	struct stat st;

	if (fd < 0)
		return true;
	if (fstat(fd, &st))
		return err_errno(err, ERR_INTERNAL, "sandbox: %s", path);
	if (S_ISDIR(st.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		return err_errno(err, ERR_INTERNAL, "sandbox: allow %s", path);
	return true;
}

bool landlock_only_read(const char *const *paths, struct err *err)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = HANDLED };
	AUTO(fd)
	int ruleset =
		(int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);

	if (ruleset < 0)
		return absent() || err_errno(err, ERR_INTERNAL, "sandbox: Landlock");
	for (; *paths; paths++)
		if (!allow_reading(ruleset, *paths, err))
			return false;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0))
		return err_errno(err, ERR_INTERNAL, "sandbox: Landlock");
	return true;
}
