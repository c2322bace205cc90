#include "base/user.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

bool user_find(struct user *out, const char *name, struct err *err)
{
	const struct passwd *p = getpwnam(name);
	struct user u = { .groups = USER_GROUPS_MAX };

	if (!p)
		return err_set(err, ERR_CONFIG, "there is no user '%s' on this system", name);
	u.uid = p->pw_uid;
	u.gid = p->pw_gid;
	if (getgrouplist(name, u.gid, u.group, &u.groups) < 0)
		return err_set(err, ERR_CONFIG, "user '%s' is in more than %d groups", name,
			USER_GROUPS_MAX);
	*out = u;
	return true;
}

static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capset, &header, none);
}

/* The kernel's word for it, and not the calls' alone. */
static bool is(const struct user *user)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) || getresgid(&gid[0], &gid[1], &gid[2]))
		return false;
	for (size_t i = 0; i < 3; i++)
		if (uid[i] != user->uid || gid[i] != user->gid)
			return false;
	return getgroups(0, NULL) == user->groups;
}

bool user_become(const struct user *user, struct err *err)
{
	if (user->groups < 0 || user->groups > USER_GROUPS_MAX)
		return err_set(err, ERR_INTERNAL, "a user with %d groups", user->groups);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
		setgroups((size_t)user->groups, user->group) ||
		setresgid(user->gid, user->gid, user->gid) ||
		setresuid(user->uid, user->uid, user->uid) || !drop_capabilities())
		return err_errno(
			err, ERR_INTERNAL, "become user %u, which takes root", (unsigned)user->uid);
	if (!is(user))
		return err_set(
			err, ERR_INTERNAL, "could not become user %u alone", (unsigned)user->uid);
	return true;
}
