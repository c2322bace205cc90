#include "base/inherited.h"

#include <inttypes.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define COUNT (INHERITED_LAST + 1 - INHERITED_FIRST)

static bool noted[COUNT];

/* poll(2) takes no more than RLIMIT_NOFILE, and no higher number can be open. */
static nfds_t countable(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= COUNT)
		return COUNT;
	return (nfds_t)limit.rlim_cur;
}

static bool can_hold_a_secret(int fd)
{
	struct stat st;

	return !fstat(fd, &st) &&
	       (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* One call tells of all of them which are open. */
void inherited_note(void)
{
	struct pollfd all[COUNT];
	nfds_t n = countable();

	for (int i = 0; i < COUNT; i++)
		all[i] = (struct pollfd) { .fd = INHERITED_FIRST + i };
	if (poll(all, n, 0) < 0)
		return;
	for (nfds_t i = 0; i < n; i++)
		noted[i] = !(all[i].revents & POLLNVAL) && can_hold_a_secret(all[i].fd);
}

bool inherited_take(int *out, uint64_t fd, struct err *err)
{
	if (fd < INHERITED_FIRST || fd > INHERITED_LAST || !noted[fd - INHERITED_FIRST])
		return err_set(err, ERR_CONFIG,
			"descriptor %" PRIu64
			" was not open when scm-agent was started, or is no file, pipe or socket; "
			"open it, as by %" PRIu64 "</run/secret",
			fd, fd);
	noted[fd - INHERITED_FIRST] = false;
	*out = (int)fd;
	return true;
}
