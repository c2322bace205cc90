#include "scm/http.h"

#include <assert.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>

#include "scm/http_transfer.h"

struct scm_http {
	CURLM *multi;
	const struct scm_endpoint *endpoint;
	struct scm_transfer *transfers;
};

/* ---- memory ---------------------------------------------------------------------------------- */

/* libcurl copies headers and passwords into buffers that it frees as they are. */
static void wipe_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *wipe_realloc(void *p, size_t size)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	void *fresh = malloc(size ? size : 1);

	if (!fresh)
		return NULL;
	if (p)
		memcpy(fresh, p, old < size ? old : size);
	wipe_free(p);
	return fresh;
}

static bool set_up_libcurl(void)
{
	return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free, wipe_realloc, strdup,
		       calloc) == CURLE_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

const char *scm_http_bundle(void)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	return v->cainfo ? v->cainfo : X509_get_default_cert_file();
}

/* The credential goes into an SSL_CTX, so another TLS library behind libcurl is of no use. */
static bool has_openssl(void)
{
	const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;

	return tls && !strncmp(tls, "OpenSSL/", 8);
}

bool scm_http_new(struct scm_http **out, const struct scm_endpoint *endpoint, uint32_t parallel,
	struct err *err)
{
	AUTO(scm_http) struct scm_http *h = calloc(1, sizeof(*h));

	if (!h)
		return err_memory(err);
	h->endpoint = endpoint;
	if (!set_up_libcurl() || !(h->multi = curl_multi_init()))
		return err_set(err, ERR_INTERNAL, "libcurl can't be set up");
	if (!has_openssl())
		return err_set(err, ERR_INTERNAL, "libcurl was not built with OpenSSL");
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)parallel);
	*out = TAKE(h);
	return true;
}

void scm_http_free(struct scm_http *h)
{
	if (!h)
		return;
	while (h->transfers) {
		struct scm_transfer *t = h->transfers;

		h->transfers = t->next;
		curl_multi_remove_handle(h->multi, t->easy);
		scm_transfer_free(t);
	}
	curl_multi_cleanup(h->multi);
	free(h);
}

/* ---- requests -------------------------------------------------------------------------------- */

bool scm_http_start(struct scm_http *h, const struct scm_http_request *request, scm_http_done *done,
	void *context, struct err *err)
{
	AUTO(scm_transfer) struct scm_transfer *t = scm_transfer_new(h->endpoint, request);

	if (!t || curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
		return err_set(err, ERR_INTERNAL, "a call to SCM can't be set up");
	t->done = done;
	t->context = context;
	t->next = h->transfers;
	h->transfers = TAKE(t);
	return true;
}

static void finish(struct scm_http *h, struct scm_transfer *t, CURLcode code)
{
	struct scm_answer a = scm_transfer_answer(t, code);

	for (struct scm_transfer **at = &h->transfers; *at; at = &(*at)->next) {
		if (*at == t) {
			*at = t->next;
			break;
		}
	}
	curl_multi_remove_handle(h->multi, t->easy);
	t->done(t->context, &a);
	scm_transfer_free(t);
}

void scm_http_wait(struct scm_http *h, int fd, bool writing, int timeout_ms)
{
	struct curl_waitfd own = { .fd = fd,
		.events = (short)(CURL_WAIT_POLLIN | (writing ? CURL_WAIT_POLLOUT : 0)) };
	CURLMsg *message;
	int running;
	int left;

	curl_multi_perform(h->multi, &running);
	curl_multi_poll(h->multi, &own, 1, timeout_ms, NULL);
	curl_multi_perform(h->multi, &running);
	while ((message = curl_multi_info_read(h->multi, &left))) {
		struct scm_transfer *t = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
		assert(t);
		finish(h, t, code);
	}
}
