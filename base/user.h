/*
 * Another user of this system, and becoming that user for good: with its groups, and without any
 * right beyond. For a process that was started to do one thing as somebody else; hooks have their
 * own ways (runuser, setpriv).
 */
#ifndef BASE_USER_H
#define BASE_USER_H

#include <sys/types.h>

#include "base/err.h"

#define USER_GROUPS_MAX 256

/* A plain record, to be handed to another process. */
struct user {
	uid_t uid;
	gid_t gid;
	gid_t group[USER_GROUPS_MAX]; /* all of them, gid too: as initgroups(3) makes them */
	int groups;
};

/* ERR_CONFIG when there is none of that name, or it is in more than USER_GROUPS_MAX groups. */
MUST_USE bool user_find(struct user *out, const char *name, struct err *err);

/*
 * The process becomes that user: all its user and group ids, exactly these groups, no capability,
 * and no way to a new one. Can't be undone. ERR_INTERNAL, after which the process must end: it may
 * be neither the one nor the other. Takes root, also to become oneself.
 */
MUST_USE bool user_become(const struct user *user, struct err *err);

#endif
