/*
 * crashat: runs a command and kills it, and all that it started, at one exact point of its life.
 *
 *	crashat --count [-o FILE] -- COMMAND...		lists the points and their number
 *	crashat --at K [--mode MODE] -- COMMAND...	kills at point K
 *
 * Points: point.h. Modes: entry, exit, half (tree.h). Exit status: 0 counted, or killed as asked;
 * 1 the command could not be run; 2 usage; 3 it ended before point K; 4 "half" of a call that has
 * none; 5 it took longer than --timeout.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/parse.h"
#include "tree.h"

#define EXCLUDED_MAX 16

enum { STATUS_ENDED_BEFORE = 3, STATUS_INDIVISIBLE = 4, STATUS_LATE = 5 };

static const char usage_text[] =
	"usage: crashat --count [-o FILE] [--exclude PROGRAM]... [--timeout S] -- COMMAND...\n"
	"       crashat --at K [--mode entry|exit|half] [-o FILE] [--exclude PROGRAM]...\n"
	"               [--timeout S] -- COMMAND...\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return 2;
}

static bool parse_mode_name(enum tree_mode *out, const char *name)
{
	static const char *const names[] = {
		[TREE_ENTRY] = "entry",
		[TREE_EXIT] = "exit",
		[TREE_HALF] = "half",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!strcmp(name, names[i])) {
			*out = (enum tree_mode)i;
			return true;
		}
	}
	return false;
}

static bool parse_number(unsigned long *out, const char *s, unsigned long max)
{
	uint64_t value;

	if (!parse_uint(&value, s, 1, max))
		return false;
	*out = value;
	return true;
}

static bool open_list(struct tree_plan *plan, const char *path)
{
	plan->list = fopen(path, "we");
	if (!plan->list)
		perror(path);
	return plan->list;
}

static bool take_option(struct tree_plan *plan, int option, bool *count)
{
	static char *excluded[EXCLUDED_MAX + 1];
	static size_t n;
	unsigned long seconds;

	switch (option) {
	case 'c':
		*count = true;
		return true;
	case 'k':
		return parse_number(&plan->at, optarg, 1UL << 40);
	case 'm':
		return parse_mode_name(&plan->mode, optarg);
	case 'o':
		return open_list(plan, optarg);
	case 't':
		if (!parse_number(&seconds, optarg, 86400))
			return false;
		plan->timeout = (unsigned)seconds;
		return true;
	case 'x':
		if (n == EXCLUDED_MAX)
			return false;
		excluded[n++] = optarg;
		plan->exclude = excluded;
		return true;
	default:
		return false;
	}
}

static bool parse_options(struct tree_plan *plan, int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", no_argument, NULL, 'c' },
		{ "at", required_argument, NULL, 'k' },
		{ "mode", required_argument, NULL, 'm' },
		{ "output", required_argument, NULL, 'o' },
		{ "timeout", required_argument, NULL, 't' },
		{ "exclude", required_argument, NULL, 'x' },
		{ 0 },
	};
	bool count = false;
	int option;

	while ((option = getopt_long(argc, argv, "+o:", options, NULL)) >= 0)
		if (!take_option(plan, option, &count))
			return false;
	plan->argv = argv + optind;
	return optind < argc && count == !plan->at;
}

static int report(const struct tree_plan *plan, const struct tree_result *r)
{
	if (r->late) {
		fprintf(stderr, "crashat: not done after %u s, at point %lu\n", plan->timeout,
			r->points);
		return STATUS_LATE;
	}
	if (!plan->at) {
		printf("%lu points\n", r->points);
		if (!WIFEXITED(r->status) || WEXITSTATUS(r->status))
			fprintf(stderr, "crashat: the command itself ended with status %x\n",
				(unsigned)r->status);
		return 0;
	}
	if (r->indivisible) {
		fprintf(stderr, "crashat: point %lu can't be halved\n", plan->at);
		return STATUS_INDIVISIBLE;
	}
	if (!r->killed) {
		fprintf(stderr, "crashat: it ended after %lu points\n", r->points);
		return STATUS_ENDED_BEFORE;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct tree_plan plan = { .timeout = 120 };
	struct tree_result result;

	if (!parse_options(&plan, argc, argv))
		return usage();
	if (!tree_run(&result, &plan))
		return 1;
	if (plan.list && fclose(plan.list)) {
		perror("list");
		return 1;
	}
	return report(&plan, &result);
}
