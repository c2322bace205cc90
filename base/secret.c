#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/inherited.h"
#include "base/parse.h"

#define HEAP_SIZE (512 * 1024)
#define HEAP_SMALLEST 32
#define READ_TIMEOUT_MS 10000 /* of a pipe or socket; files never wait */

struct secret {
	size_t len;
	char bytes[];
};

static const char *credentials_dir;

bool secret_init(struct err *err)
{
	const struct rlimit none = { 0, 0 };

	umask(077);
	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0))
		return err_errno(err, ERR_INTERNAL, "switch off core dumps");
	/* 2 means that the heap exists but can't be locked: a low RLIMIT_MEMLOCK is no reason to
	 * stop */
	if (!CRYPTO_secure_malloc_initialized() &&
		!CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_SMALLEST))
		return err_set(err, ERR_INTERNAL, "no secure heap for secrets");
	return true;
}

struct secret *secret_new(const void *data, size_t len)
{
	struct secret *s = len > SIZE_MAX / 2 ? NULL : OPENSSL_secure_zalloc(sizeof(*s) + len + 1);

	if (!s)
		return NULL;
	s->len = len;
	if (len)
		memcpy(s->bytes, data, len);
	return s;
}

void secret_free(struct secret *s)
{
	if (s)
		OPENSSL_secure_clear_free(s, sizeof(*s) + s->len + 1);
}

const char *secret_bytes(const struct secret *s)
{
	return s->bytes;
}

size_t secret_len(const struct secret *s)
{
	return s->len;
}

void secret_credentials(const char *dir)
{
	credentials_dir = dir;
}

char *secret_path(const char *reference)
{
	char *path = NULL;

	if (reference[0] == '/')
		return strdup(reference);
	if (strncmp(reference, "credential:", 11) || !credentials_dir)
		return NULL;
	if (asprintf(&path, "%s/%s", credentials_dir, reference + 11) < 0)
		return NULL;
	return path;
}

/* Only the owner may read a secret; group root reading is how packages like to lay out /etc. */
static bool private_enough(const struct stat *st)
{
	mode_t others = st->st_mode & 077;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return false;
	return others == 0 || (others == 040 && (st->st_gid == 0 || st->st_gid == getegid()));
}

static bool check_private(const char *path, const struct stat *st, struct err *err)
{
	if (private_enough(st))
		return true;
	return err_set(err, ERR_CONFIG,
		"secret file %s: others may read or write it (mode %04o, uid %u); chmod 600 and "
		"chown it to root",
		path, (unsigned)(st->st_mode & 07777), (unsigned)st->st_uid);
}

bool secret_check_private(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st))
		return err_errno(err, ERR_CONFIG, "secret file %s", path);
	return check_private(path, &st, err);
}

static bool open_file(int *out, const char *reference, bool credential, struct err *err)
{
	AUTO_STR char *path = secret_path(reference);
	AUTO(fd) int fd = -1;
	struct stat st;

	if (!path)
		return err_set(err, ERR_CONFIG,
			"secret '%s': no credentials directory; start by systemd with "
			"LoadCredential=",
			reference);
	if (credential && strchr(reference, '/'))
		return err_set(
			err, ERR_CONFIG, "secret '%s': a credential's name has no '/'", reference);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_errno(err, ERR_CONFIG, "secret file %s", path);
	if (fstat(fd, &st))
		return err_errno(err, ERR_CONFIG, "secret file %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, "secret file %s: not a regular file", path);
	/* systemd alone decides who may read a credential: 0400, or 0440 by an ACL */
	if (!credential && !check_private(path, &st, err))
		return false;
	*out = fd;
	fd = -1;
	return true;
}

static bool is_descriptor(uint64_t *number, const char *reference)
{
	return !strncmp(reference, "fd:", 3) &&
	       parse_uint(number, reference + 3, INHERITED_FIRST, INHERITED_LAST);
}

static bool open_reference(int *out, const char *reference, struct err *err)
{
	uint64_t number;

	if (reference[0] == '/')
		return open_file(out, reference, false, err);
	if (!strncmp(reference, "credential:", 11))
		return open_file(out, reference, true, err);
	if (is_descriptor(&number, reference))
		return inherited_take(out, number, err) || err_wrap(err, "secret '%s'", reference);
	return err_set(err, ERR_CONFIG,
		"secret '%s': give an absolute path, credential:NAME or fd:N (3 to 1023)",
		reference);
}

/* A secret, its line end, and one byte more, so that a longer one shows. */
#define BYTES_MAX (SECRET_MAX + 3)

/* What a terminal or a forgotten writer keeps open must not keep a run. */
static bool readable(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;

	do
		left = deadline - clock_ms();
	while (left > 0 && poll(&p, 1, (int)left) < 0 && errno == EINTR);
	return p.revents;
}

static bool read_some(
	char bytes[static BYTES_MAX], size_t *len, int fd, const char *reference, struct err *err)
{
	int64_t deadline = clock_ms() + READ_TIMEOUT_MS;
	ssize_t n = 1;

	*len = 0;
	while (n > 0 && *len < BYTES_MAX) {
		if (!readable(fd, deadline))
			return err_set(err, ERR_CONFIG,
				"secret %s: its end did not come within %d s; whoever writes it "
				"must close it",
				reference, READ_TIMEOUT_MS / 1000);
		n = read(fd, bytes + *len, BYTES_MAX - *len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			*len += (size_t)n;
	}
	return n >= 0 || err_errno(err, ERR_CONFIG, "read secret %s", reference);
}

static struct secret *one_line(char *bytes, size_t len, const char *reference, struct err *err)
{
	struct secret *s = NULL;

	if (len && bytes[len - 1] == '\n')
		len--;
	if (len && bytes[len - 1] == '\r')
		len--;
	if (!len)
		err_set(err, ERR_CONFIG, "secret %s: empty", reference);
	else if (len > SECRET_MAX)
		err_set(err, ERR_CONFIG, "secret %s: more than %d bytes", reference, SECRET_MAX);
	else if (memchr(bytes, '\0', len) || memchr(bytes, '\n', len) || memchr(bytes, '\r', len))
		err_set(err, ERR_CONFIG, "secret %s: more than one line, or a NUL byte", reference);
	else if (!(s = secret_new(bytes, len)))
		err_memory(err);
	return s;
}

static bool read_secret(struct secret **out, const char *reference, struct err *err)
{
	AUTO(fd) int fd = -1;
	char bytes[BYTES_MAX];
	struct secret *s = NULL;
	size_t len;

	if (!open_reference(&fd, reference, err))
		return false;
	if (read_some(bytes, &len, fd, reference, err))
		s = one_line(bytes, len, reference, err);
	explicit_bzero(bytes, sizeof(bytes));
	if (!s)
		return false;
	*out = s;
	return true;
}

/* A descriptor can be read once, but the token of a client key may hold server keys, too. */
static bool read_descriptor(
	struct secret **out, uint64_t number, const char *reference, struct err *err)
{
	static struct secret *kept[INHERITED_LAST + 1];
	struct secret *copy;

	if (!kept[number] && !read_secret(&kept[number], reference, err))
		return false;
	copy = secret_new(secret_bytes(kept[number]), secret_len(kept[number]));
	if (!copy)
		return err_memory(err);
	*out = copy;
	return true;
}

bool secret_read(struct secret **out, const char *reference, struct err *err)
{
	uint64_t number;

	if (is_descriptor(&number, reference))
		return read_descriptor(out, number, reference, err);
	return read_secret(out, reference, err);
}
