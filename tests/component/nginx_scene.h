/*
 * A real nginx on the loopback, with a small CA and two or three generations of one certificate
 * behind a symbolic link, as the agent lays them out. Failures of its own fail the test.
 */
#ifndef TESTS_COMPONENT_NGINX_SCENE_H
#define TESTS_COMPONENT_NGINX_SCENE_H

#include "base/ossl.h"
#include "deploy-hooks/hook.h"

#define SCENE_GENERATIONS 3
#define SCENE_PATH_MAX 128

struct tempdir;

struct scene {
	struct tempdir *dir;
	const char *script; /* the shipped hook */
	EVP_PKEY *ca_key;
	X509 *ca;
	X509 *leaf[SCENE_GENERATIONS]; /* by generation; NULL before it is made */
	const char *main_lines;	       /* of nginx.conf, outside any block; NULL for none */
	const char *const *env;	       /* nginx's; NULL-terminated */
	struct strlist options;	       /* the hook's */
	unsigned port;
	pid_t pid; /* 0 while nginx does not run */
	int sock;
};

/* The script's path is the caller's. `*state` becomes a struct scene. */
int scene_setup(void **state, const char *script);
int scene_teardown(void **state);

/*
 * Makes generation `number` with its stanza. Its key is a file; for a URI, `key` is in a token and
 * the file is left out.
 */
void scene_generation(struct scene *s, int number, EVP_PKEY *key, const char *key_uri);

/* Points the link at a generation: what the agent does before it runs the hook. */
void scene_switch(struct scene *s, int number);

/* Starts nginx with the generation that is linked, and waits until it answers. */
void scene_start(struct scene *s);
void scene_stop(struct scene *s);

/* What the shipped hook says to the event; its output is appended to `output`. */
bool scene_hook(struct scene *s, enum hook_event event, struct buf *output, struct err *err);

/* Whether one handshake shows this generation's leaf. */
bool scene_serves(struct scene *s, int number, struct err *err);

/* Fails unless the generation is served before long: old workers end in their own time. */
void scene_assert_served(struct scene *s, int number);

#endif
