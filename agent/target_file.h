/*
 * One file that an install target writes: where it is, who may read it, what it will hold, and the
 * temporary file that waits to take its place. What it holds is target.h's.
 */
#ifndef AGENT_TARGET_FILE_H
#define AGENT_TARGET_FILE_H

#include <limits.h>

#include "agent/conf.h"
#include "base/fs.h"

/* Owned as a whole: target_file_dispose(). */
struct target_file {
	const struct conf_target *target; /* the first one of this path */
	int dir;
	const char *name; /* in dir */
	char temp[NAME_MAX + 1];
	struct buf content;
	struct fs_attr attr;
	bool waits; /* is there under its temporary name */
};

/*
 * Its directory is opened, and what is there is looked at: that of a store is in f->content then.
 * Dispose of it also when this fails. ERR_CONFIG: others could change the directory, or what is
 * there is a link or no file. ERR_IO.
 */
MUST_USE bool target_file_open(struct target_file *f, const struct conf_target *t, struct err *err);

/* f->content, with its permissions, under the temporary name. */
MUST_USE bool target_file_prepare(struct target_file *f, struct err *err);

/* Takes the place of what is there; durable after target_file_sync(). */
MUST_USE bool target_file_put(struct target_file *f, struct err *err);
MUST_USE bool target_file_sync(const struct target_file *f, struct err *err);

/* Removes what waits; a failure is a warning. */
void target_file_drop(struct target_file *f);
void target_file_dispose(struct target_file *f);
AUTO_DEFINE_REF(target_file, struct target_file, target_file_dispose);

/* "[install:ID] PATH" before a message. Returns false. */
bool target_wrap(struct err *err, const struct conf_target *t);

#endif
