/*
 * Runs a fuzz target without libFuzzer: each seed of a folder as it is, cut at each length, and
 * with each byte changed in a few ways. Always the same inputs in the same order, so that it is a
 * test; new inputs are libFuzzer's affair (./dev fuzz).
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

#define SEED_MAX (1 << 20)
#define POSITIONS 400 /* of cuts and changes in one seed; spread evenly over longer ones */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly the right size, so that a sanitizer sees the first byte read beyond it. */
static void run_one(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_changed(uint8_t *data, size_t size, size_t at)
{
	static const uint8_t with[] = { 0x00, 0xff, '"', '\n', '9' };
	uint8_t old = data[at];

	for (size_t i = 0; i < ARRAY_LEN(with); i++) {
		data[at] = with[i];
		run_one(data, size);
	}
	data[at] = old ^ 0x80;
	run_one(data, size);
	data[at] = (uint8_t)(old + 1);
	run_one(data, size);
	data[at] = old;
}

static void run_seed(uint8_t *data, size_t size)
{
	size_t step = size / POSITIONS + 1;

	run_one(data, size);
	for (size_t at = 0; at < size; at += step) {
		run_one(data, at);
		run_changed(data, size, at);
	}
}

static bool run_file(const char *folder, const char *name)
{
	static uint8_t data[SEED_MAX];
	char path[4096];
	FILE *file;
	size_t size;
	bool whole;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return false;
	}
	size = fread(data, 1, sizeof(data), file);
	whole = feof(file) && !ferror(file);
	fclose(file);
	if (!whole) {
		fprintf(stderr, "%s: not read whole (at most %d bytes)\n", path, SEED_MAX);
		return false;
	}
	run_seed(data, size);
	return true;
}

static int no_dot(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entry = NULL;
	int n = argc == 2 ? scandir(argv[1], &entry, no_dot, alphasort) : -1;
	int status = EXIT_SUCCESS;

	if (n <= 0) {
		fprintf(stderr, "usage: %s FOLDER, with at least one seed in it\n", argv[0]);
		return 2;
	}
	run_one((const uint8_t *)"", 0);
	for (int i = 0; i < n; i++) {
		if (!run_file(argv[1], entry[i]->d_name))
			status = EXIT_FAILURE;
		free(entry[i]);
	}
	free(entry);
	printf("%d seeds\n", n);
	return status;
}
