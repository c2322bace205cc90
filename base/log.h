/*
 * Outcomes, one line an event: to a terminal as text, to the journal with priority and fields.
 *
 * Only agent/ logs outcomes; other rooms return errors. stdout is never used. What comes from
 * outside is escaped here, if it was not before (buf_add_printable).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/*
 * For main, before it clears the environment: finds out whether stderr is the journal
 * ($JOURNAL_STREAM) or a terminal.
 */
void log_init(void);

void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
MUST_USE bool log_parse_level(enum log_level *out, const char *name);

/*
 * The certificate that following lines are about; NULL for none. In text it is the line's prefix,
 * in the journal also the field CERT_NAME. Borrowed until the next call.
 */
void log_scope(const char *name);

/*
 * Fields of the next line alone, shown or not, for the journal (ORDER_ID, SERIAL); values are
 * copied.
 */
void log_field(const char *name, const char *value);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * A line that replaces the one before it while something is waited for; on a terminal only, gone
 * at the next log line.
 */
void log_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_progress_done(void);

#endif
