#include "base/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t clock_now(void)
{
	return (int64_t)time(NULL);
}

int64_t clock_ms(void)
{
	struct timespec ts;
	int rc = clock_gettime(CLOCK_BOOTTIME, &ts);

	assert(rc == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_built(void)
{
	return SCM_BUILD_TIME;
}

const char *clock_format(char out[static CLOCK_TEXT_MAX], int64_t t)
{
	time_t seconds = (time_t)t;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, CLOCK_TEXT_MAX, "@%" PRId64, t);
	return out;
}

bool clock_parse(int64_t *out, const char *s)
{
	struct tm tm = { 0 };
	char again[CLOCK_TEXT_MAX];
	const char *end = strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm);
	int64_t t;

	if (!end || *end)
		return false;
	t = (int64_t)timegm(&tm);
	/* strptime accepts 31 February and one-digit fields; a date that prints back is a date */
	if (strcmp(clock_format(again, t), s))
		return false;
	*out = t;
	return true;
}

int64_t clock_parse_day(const char *s)
{
	char full[sizeof("2025-05-22T00:00:00Z")];
	int64_t t;

	if (strlen(s) < 10)
		return 0;
	snprintf(full, sizeof(full), "%.10sT00:00:00Z", s);
	return clock_parse(&t, full) ? t : 0;
}

const char *clock_format_span(char out[static CLOCK_TEXT_MAX], int64_t seconds)
{
	static const struct {
		int64_t size;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	const char *sign = seconds < 0 ? "-" : "";
	uint64_t left = seconds < 0 ? -(uint64_t)seconds : (uint64_t)seconds;
	size_t i = 0;

	while (i < ARRAY_LEN(units) - 1 && left < (uint64_t)units[i].size)
		i++;
	if (i == ARRAY_LEN(units) - 1 ||
		left % (uint64_t)units[i].size < (uint64_t)units[i + 1].size)
		snprintf(out, CLOCK_TEXT_MAX, "%s%" PRIu64 "%c", sign,
			left / (uint64_t)units[i].size, units[i].unit);
	else
		snprintf(out, CLOCK_TEXT_MAX, "%s%" PRIu64 "%c %" PRIu64 "%c", sign,
			left / (uint64_t)units[i].size, units[i].unit,
			left % (uint64_t)units[i].size / (uint64_t)units[i + 1].size,
			units[i + 1].unit);
	return out;
}
