/* Stores for tests, by Java's own keytool and by openssl, in a directory of the test's own. */
#ifndef JAVA_STORE_H
#define JAVA_STORE_H

#include "base/proc.h"
#include "store_scene.h"
#include "tempdir.h"

extern const char *keytool_path;

/* Arguments with a dot are files in `dir`. Fails the test, showing what it said, when it fails. */
void java_run(struct proc_result *out, const struct tempdir *dir, const char *program,
	const char *const *args);

#define KEYTOOL(dir, ...)                                                                          \
	do {                                                                                       \
		AUTO(proc_result) struct proc_result r_ = { 0 };                                   \
		java_run(&r_, dir, keytool_path, (const char *const[]) { __VA_ARGS__, NULL });     \
	} while (0)

#define OPENSSL(out, dir, ...)                                                                     \
	java_run(out, dir, "/usr/bin/openssl", (const char *const[]) { __VA_ARGS__, NULL })

void java_put(const struct tempdir *dir, const char *name, const void *data, size_t len);
void java_get(struct buf *out, const struct tempdir *dir, const char *name);

/* Puts our entry into a file, new or old. */
void java_update(const struct tempdir *dir, const char *file, enum ks_credential_type type,
	const struct ks_entry_source *e);

/* What `keytool -list -v` shows of one alias: dates, kinds, chains, fingerprints. */
void java_show(struct buf *out, const struct tempdir *dir, const char *file, const char *alias);

#endif
