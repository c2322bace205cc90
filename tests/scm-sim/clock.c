#include "clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* The names of the dateFormat parameter; only ISO_HMS is documented letter by letter. */
static const struct {
	const char *name, *pattern;
} named[] = {
	{ "ISO", "yyyy-MM-dd" },
	{ "ISO_HMS", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'" },
	{ "EU", "dd.MM.yyyy" },
	{ "EU_HMS", "dd.MM.yyyy HH:mm:ss" },
	{ "US", "MM/dd/yyyy" },
	{ "US_HMS", "MM/dd/yyyy HH:mm:ss" },
	{ "UK", "dd/MM/yyyy" },
	{ "UK_HMS", "dd/MM/yyyy HH:mm:ss" },
	{ "JP", "yyyy/MM/dd" },
	{ "JP_HMS", "yyyy/MM/dd HH:mm:ss" },
};

int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_stamp(char out[CLOCK_TEXT], int64_t time)
{
	if (!clock_format(out, time, "ISO_HMS"))
		out[0] = '\0';
}

bool clock_parse(int64_t *out, const char *stamp)
{
	struct tm tm = { 0 };
	const char *rest = strptime(stamp, "%Y-%m-%dT%H:%M:%S", &tm);
	char *end;
	long millis;

	if (!rest || *rest != '.')
		return false;
	millis = strtol(rest + 1, &end, 10);
	if (end != rest + 4 || millis < 0 || strcmp(end, "Z"))
		return false;
	*out = (int64_t)timegm(&tm) * 1000 + millis;
	return true;
}

static int field(char letter, const struct tm *tm, int millis)
{
	switch (letter) {
	case 'y':
		return tm->tm_year + 1900;
	case 'M':
		return tm->tm_mon + 1;
	case 'd':
		return tm->tm_mday;
	case 'H':
		return tm->tm_hour;
	case 'm':
		return tm->tm_min;
	case 's':
		return tm->tm_sec;
	case 'S':
		return millis;
	default:
		return -1;
	}
}

static const char *pattern_of(const char *name)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (!strcasecmp(named[i].name, name))
			return named[i].pattern;
	return name;
}

bool clock_format(char out[CLOCK_TEXT], int64_t time, const char *pattern)
{
	time_t seconds = (time_t)(time / 1000);
	int millis = (int)(time % 1000);
	bool quoted = false;
	size_t used = 0;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	for (const char *p = pattern_of(pattern); *p;) {
		size_t run = 1;
		int written;

		if (*p == '\'') {
			quoted = !quoted;
			p++;
			continue;
		}
		if (quoted || !isalpha((unsigned char)*p)) {
			written = snprintf(out + used, CLOCK_TEXT - used, "%c", *p);
		} else {
			int value = field(*p, &tm, millis);

			run = strspn(p, (char[2]) { *p, '\0' });
			if (value < 0 || run > 9)
				return false;
			written = snprintf(out + used, CLOCK_TEXT - used, "%0*d", (int)run, value);
		}
		used += (size_t)written;
		if (used >= CLOCK_TEXT)
			return false;
		p += run;
	}
	out[used] = '\0';
	return true;
}
