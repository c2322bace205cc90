/*
 * Reading the files of a ZIP archive, stored or deflated, by its central directory.
 */
#ifndef SIM_ZIP_H
#define SIM_ZIP_H

#include "mem.h"

#include <stdbool.h>
#include <stdint.h>

struct zip {
	const unsigned char *data; /* borrowed */
	size_t length;
	size_t next; /* of the directory's entries */
	unsigned int left;
};

struct zip_file {
	char *name;	     /* owned */
	unsigned char *data; /* owned; NULL when it cannot be unpacked */
	size_t length;
};

/* Whether DATA is an archive; ZIP is then before its first file. */
MUST bool zip_open(struct zip *zip, const void *data, size_t length);

/* The next file; false at the end, also at one that makes no sense. */
MUST bool zip_next(struct zip_file *file, struct zip *zip);

void zip_file_clear(struct zip_file *file);

#endif
