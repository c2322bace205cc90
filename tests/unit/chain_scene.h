/*
 * One trial of the gate: a root, an issuing CA and a leaf as they ought to be, an answer made of
 * them, and what is expected of it. A test changes one of these and judges.
 *
 * `before` changes wishes, scene_issue() makes certificates of them, and what is in der[] after
 * that is the answer.
 */
#ifndef CHAIN_SCENE_H
#define CHAIN_SCENE_H

#include "ca_fixture.h"
#include "csr/chain.h"

#define SCENE_ANSWER_MAX 16

struct scene {
	struct ca_spec root_spec;
	struct ca_spec inter_spec;
	struct ca_spec leaf_spec;
	X509 *root;
	X509 *inter;
	X509 *leaf;
	bool leaf_signs_itself;
	EVP_PKEY *own_key; /* a key made for this scene alone */
	struct buf request;
	struct strlist names;
	struct csr_expect expect;
	struct buf der[SCENE_ANSWER_MAX];
	size_t n;
	int anchors_fd;
	char anchors[32]; /* path of a file in memory, which holds the root */
};

/* Keys that all scenes share, made once: EC and RSA. Ended by scene_keys_free(). */
extern EVP_PKEY *scene_root_key;
extern EVP_PKEY *scene_inter_key;
extern EVP_PKEY *scene_leaf_key;
extern EVP_PKEY *scene_other_key;
void scene_keys_make(void);
void scene_keys_free(void);

/* Wishes for www.example.com and example.com, as they ought to be. */
void scene_init(struct scene *s);
void scene_dispose(struct scene *s);

/* Replaces the names that are expected: canonical, comma separated. */
void scene_expect_names(struct scene *s, const char *names);

/* The leaf's key, and the request's. Takes it. */
void scene_use_key(struct scene *s, EVP_PKEY *key);

/* Makes root, inter, leaf, and the answer "leaf, inter"; writes the anchors. */
void scene_issue(struct scene *s);

/* Appends a certificate to the answer. */
void scene_send(struct scene *s, X509 *cert);

/* Makes the file of anchors hold these; the second may be NULL. */
void scene_trust(struct scene *s, X509 *first, X509 *second);

bool scene_judge(struct csr_chain *out, const struct scene *s, struct err *err);

#endif
