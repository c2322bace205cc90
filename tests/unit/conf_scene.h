/*
 * A configuration on disk for a test: a directory with scm-agent.ini, conf.d/, and hooks/ with a
 * shipped script "nginx". For cmocka's setup and teardown: *state is a struct conf_scene.
 */
#ifndef TESTS_UNIT_CONF_SCENE_H
#define TESTS_UNIT_CONF_SCENE_H

#include "agent/conf.h"
#include "tempdir.h"

struct conf_scene {
	struct tempdir *dir;
	char path[128]; /* of scm-agent.ini */
	char hooks[128];
};

/* A complete account "default", and what [certificate:...] can't do without but its names. */
#define SCENE_ACCOUNT                                                                              \
	"[scm]\n"                                                                                  \
	"url = https://cert-manager.com\n"                                                         \
	"customer_uri = example\n"                                                                 \
	"organization_id = 1234\n"                                                                 \
	"login = api-host01\n"                                                                     \
	"client_cert_key_store = /etc/scm-agent/client.p12\n"
#define SCENE_ORDER                                                                                \
	"profile = 1018\n"                                                                         \
	"term = 199\n"
#define SCENE_CERT "[certificate:www]\ncommon_name = www.example.com\n" SCENE_ORDER
#define SCENE_TOKEN(name)                                                                          \
	"[token:" name "]\nmodule = softhsm2\nuri = pkcs11:token=" name                            \
	"\npin_file = /etc/scm-agent/" name ".pin\n"

int conf_scene_setup(void **state);
int conf_scene_teardown(void **state);

/* Writes a file below the scene's directory; "conf.d/x.ini" makes conf.d. */
void conf_scene_write(struct conf_scene *s, const char *name, const void *text, size_t len);

/* scm-agent.ini becomes `text` and is loaded. The first fails the test when it is refused. */
struct conf *conf_scene_load(struct conf_scene *s, const char *text);

/*
 * Fails the test unless it is refused with ERR_CONFIG at `line` of scm-agent.ini (0: of no line)
 * and the message has each of the comma-separated `words`.
 */
void conf_scene_refuse(struct conf_scene *s, const char *text, unsigned line, const char *words);

/* What the last conf_scene_refuse() was told. */
extern struct err conf_scene_err;

/* Fails the test unless `text` has each of the comma-separated words. */
void assert_words(const char *text, const char *words);

#endif
