#include "chain_scene.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define MUST(condition) ((condition) ? (void)0 : abort())

EVP_PKEY *scene_root_key;
EVP_PKEY *scene_inter_key;
EVP_PKEY *scene_leaf_key;
EVP_PKEY *scene_other_key;

void scene_keys_make(void)
{
	scene_root_key = ca_ec_key("P-384");
	scene_inter_key = ca_ec_key("P-256");
	scene_leaf_key = ca_ec_key("P-256");
	scene_other_key = ca_ec_key("P-256");
}

void scene_keys_free(void)
{
	EVP_PKEY_free(scene_root_key);
	EVP_PKEY_free(scene_inter_key);
	EVP_PKEY_free(scene_leaf_key);
	EVP_PKEY_free(scene_other_key);
}

void scene_expect_names(struct scene *s, const char *names)
{
	strlist_dispose(&s->names);
	MUST(strlist_split(&s->names, names, ','));
}

static void make_request(struct scene *s)
{
	buf_reset(&s->request);
	ca_request(&s->request, s->leaf_spec.key);
	s->expect.request_pem = s->request.data;
	s->expect.request_len = s->request.len;
}

void scene_use_key(struct scene *s, EVP_PKEY *key)
{
	EVP_PKEY_free(s->own_key);
	s->own_key = key;
	s->leaf_spec.key = key;
	make_request(s);
}

void scene_init(struct scene *s)
{
	*s = (struct scene) {
		.root_spec = ca_issuer_spec("Test Root", scene_root_key),
		.inter_spec = ca_issuer_spec("Test Issuing CA", scene_inter_key),
		.leaf_spec = ca_leaf_spec(
			"www.example.com", scene_leaf_key, "DNS:www.example.com,DNS:example.com"),
		.request = BUF(16384),
		.anchors_fd = memfd_create("anchors", MFD_CLOEXEC),
	};
	for (size_t i = 0; i < SCENE_ANSWER_MAX; i++)
		s->der[i] = BUF(65536);
	MUST(s->anchors_fd >= 0);
	snprintf(s->anchors, sizeof(s->anchors), "/proc/self/fd/%d", s->anchors_fd);
	s->expect.names = &s->names;
	s->expect.anchors = s->anchors;
	s->expect.now = CA_NOW;
	s->expect.term_days = 199;
	scene_expect_names(s, "dns:www.example.com,dns:example.com");
	make_request(s);
}

void scene_dispose(struct scene *s)
{
	X509_free(s->root);
	X509_free(s->inter);
	X509_free(s->leaf);
	EVP_PKEY_free(s->own_key);
	buf_dispose(&s->request);
	strlist_dispose(&s->names);
	for (size_t i = 0; i < SCENE_ANSWER_MAX; i++)
		buf_dispose(&s->der[i]);
	close(s->anchors_fd);
}

void scene_send(struct scene *s, X509 *cert)
{
	MUST(s->n < SCENE_ANSWER_MAX);
	buf_reset(&s->der[s->n]);
	ca_der(&s->der[s->n++], cert);
}

void scene_trust(struct scene *s, X509 *first, X509 *second)
{
	FILE *f = fopen(s->anchors, "w");

	MUST(f && PEM_write_X509(f, first));
	if (second)
		MUST(PEM_write_X509(f, second));
	MUST(!fclose(f));
}

void scene_issue(struct scene *s)
{
	s->root = ca_issue(&s->root_spec, NULL, s->root_spec.key);
	s->inter = ca_issue(&s->inter_spec, s->root, s->root_spec.key);
	if (s->leaf_signs_itself)
		s->leaf = ca_issue(&s->leaf_spec, NULL, s->leaf_spec.key);
	else
		s->leaf = ca_issue(&s->leaf_spec, s->inter, s->inter_spec.key);
	scene_send(s, s->leaf);
	scene_send(s, s->inter);
	scene_trust(s, s->root, NULL);
}

bool scene_judge(struct csr_chain *out, const struct scene *s, struct err *err)
{
	struct csr_der der[SCENE_ANSWER_MAX];

	for (size_t i = 0; i < s->n; i++)
		der[i] = (struct csr_der) { s->der[i].data, s->der[i].len };
	return csr_chain_judge(out, der, s->n, &s->expect, err);
}
