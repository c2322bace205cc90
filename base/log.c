#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <systemd/sd-journal.h>

#include "base/buf.h"

#define TEXT_MAX_BYTES 1024
#define LINE_MAX_BYTES (4 * TEXT_MAX_BYTES + 256) /* each byte may become \xNN; and the scope */
#define FIELDS_MAX 4
#define FIELD_BYTES 256

static enum log_level level = LOG_LEVEL_INFO;
static enum { TO_TEXT, TO_TERMINAL, TO_JOURNAL } sink;
static const char *scope;
static char fields[FIELDS_MAX][FIELD_BYTES];
static size_t field_count;
static bool progress_shown;

static const struct {
	const char *name;
	char priority; /* syslog's, for the journal */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", '3' },
	[LOG_LEVEL_WARNING] = { "warning", '4' },
	[LOG_LEVEL_INFO] = { "info", '6' },
	[LOG_LEVEL_DEBUG] = { "debug", '7' },
};

/* $JOURNAL_STREAM is "device:inode" of the stream that systemd connected (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st))
		return false;
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	return !strcmp(stream, own);
}

void log_init(void)
{
	if (stderr_is_journal())
		sink = TO_JOURNAL;
	else
		sink = isatty(STDERR_FILENO) ? TO_TERMINAL : TO_TEXT;
}

void log_set_level(enum log_level l)
{
	level = l;
}

bool log_enabled(enum log_level l)
{
	return l <= level;
}

bool log_parse_level(enum log_level *out, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (strcasecmp(name, levels[i].name))
			continue;
		*out = (enum log_level)i;
		return true;
	}
	return false;
}

void log_scope(const char *name)
{
	scope = name;
}

void log_field(const char *name, const char *value)
{
	if (field_count < FIELDS_MAX)
		snprintf(fields[field_count++], FIELD_BYTES, "%s=%s", name, value);
}

static void add_field(struct iovec *iov, int *n, char *text)
{
	iov[*n] = (struct iovec) { .iov_base = text, .iov_len = strlen(text) };
	(*n)++;
}

static bool send_to_journal(enum log_level l, const char *line)
{
	AUTO(buf) struct buf message = BUF(LINE_MAX_BYTES + 64);
	char priority[] = "PRIORITY=0";
	char name[FIELD_BYTES];
	struct iovec iov[FIELDS_MAX + 3];
	int n = 0;

	priority[sizeof(priority) - 2] = levels[l].priority;
	buf_addf(&message, "MESSAGE=%s", line);
	if (!buf_ok(&message))
		return false;
	add_field(iov, &n, message.data);
	add_field(iov, &n, priority);
	if (scope) {
		snprintf(name, sizeof(name), "CERT_NAME=%s", scope);
		add_field(iov, &n, name);
	}
	for (size_t i = 0; i < field_count; i++)
		add_field(iov, &n, fields[i]);
	return sd_journal_sendv(iov, n) >= 0;
}

static void clear_progress(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

static void __attribute__((format(printf, 2, 0)))
write_line(enum log_level l, const char *fmt, va_list ap)
{
	AUTO(buf) struct buf line = BUF(LINE_MAX_BYTES);
	char text[TEXT_MAX_BYTES];
	int n;

	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (scope)
		buf_addf(&line, "%s: ", scope);
	if (n > 0)
		buf_add_printable(&line, text, strlen(text));
	clear_progress();
	if (sink != TO_JOURNAL || !send_to_journal(l, buf_str(&line)))
		fprintf(stderr, "%s%s%s\n", l == LOG_LEVEL_INFO ? "" : levels[l].name,
			l == LOG_LEVEL_INFO ? "" : ": ", buf_str(&line));
}

#define LOG_FUNCTION(name, l)                                                                      \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		if (log_enabled(l))                                                                \
			write_line(l, fmt, ap);                                                    \
		va_end(ap);                                                                        \
		field_count = 0;                                                                   \
	}                                                                                          \
	struct log_semicolon

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR);
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING);
LOG_FUNCTION(log_info, LOG_LEVEL_INFO);
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG);

void log_progress(const char *fmt, ...)
{
	va_list ap;

	if (sink != TO_TERMINAL || !log_enabled(LOG_LEVEL_INFO))
		return;
	clear_progress();
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fflush(stderr);
	progress_shown = true;
}

void log_progress_done(void)
{
	clear_progress();
}
