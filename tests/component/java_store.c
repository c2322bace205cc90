#include "java_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"

const char *keytool_path;

void java_run(struct proc_result *out, const struct tempdir *dir, const char *program,
	const char *const *args)
{
	static const char *const env[] = { "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", NULL };
	const char *argv[48] = { program, "-J-XX:TieredStopAtLevel=1", "-J-XX:-UsePerfData" };
	size_t n = program == keytool_path ? 3 : 1;
	char path[8][128];
	size_t paths = 0;

	for (; *args; args++) {
		bool is_file = strchr(*args, '.');

		assert_true(n + 1 < ARRAY_LEN(argv) && paths < ARRAY_LEN(path));
		argv[n++] = is_file ? tempdir_path(path[paths++], dir, *args) : *args;
	}
	argv[n] = NULL;
	assert_true(proc_run(out,
		&(struct proc_spec) { .argv = argv, .env = env, .timeout_ms = 120000 },
		&scene.err));
	if (out->status)
		fail_msg("%s ended with %d: %s", program, out->status, buf_str(&out->output));
}

void java_put(const struct tempdir *dir, const char *name, const void *data, size_t len)
{
	assert_true(fs_write(dir->fd, name, data, len, FS_ATTR(0600), &scene.err));
}

void java_get(struct buf *out, const struct tempdir *dir, const char *name)
{
	assert_true(fs_read(out, dir->fd, name, &scene.err));
}

void java_update(const struct tempdir *dir, const char *file, enum ks_credential_type type,
	const struct ks_entry_source *e)
{
	AUTO(buf) struct buf old = BUF(KS_STORE_MAX);
	AUTO(buf) struct buf new = BUF(KS_STORE_MAX);

	if (fs_exists(dir->fd, file))
		java_get(&old, dir, file);
	scene_write(&new, type, &old, e);
	java_put(dir, file, new.data, new.len);
}

void java_show(struct buf *out, const struct tempdir *dir, const char *file, const char *alias)
{
	AUTO(proc_result) struct proc_result r = { 0 };

	java_run(&r, dir, keytool_path,
		(const char *const[]) { "-list", "-v", "-keystore", file, "-storepass",
			SCENE_PASSWORD, "-alias", alias, NULL });
	buf_reset(out);
	buf_add_str(out, buf_str(&r.output));
}
