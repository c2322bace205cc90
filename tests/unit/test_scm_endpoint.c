/* Where SCM is and as whom we come: URLs, headers, anchors, credential, OpenSSL's error texts. */
#include "scm/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ca_fixture.h"
#include "scm/anchors.h"

#define LIMIT (1024 * 1024)

static EVP_PKEY *key;
static EVP_PKEY *other_key;
static X509 *cert;
static struct buf pem;

static int set_up(void **state)
{
	struct ca_spec spec;

	(void)state;
	key = ca_ec_key("P-256");
	other_key = ca_ec_key("P-256");
	spec = ca_leaf_spec("api.example.com", key, NULL);
	cert = ca_issue(&spec, NULL, key);
	pem = BUF(LIMIT);
	ca_pem(&pem, cert);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	X509_free(cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	buf_dispose(&pem);
	return 0;
}

static struct scm_account account(void)
{
	return (struct scm_account) { .url = "https://cert-manager.com",
		.customer_uri = "example",
		.login = "api-host01",
		.key = key,
		.certificate = cert,
		.anchors = pem.data,
		.anchors_len = pem.len };
}

static void test_whole(void **state)
{
	AUTO(scm_endpoint) struct scm_endpoint e = { 0 };
	struct scm_account a = account();
	struct err err = { 0 };

	(void)state;
	if (!scm_endpoint_init(&e, &a, &err))
		fail_msg("%s", err.text);
	assert_string_equal(e.base, "https://cert-manager.com/private/api");
	assert_true(strlist_has(&e.headers, "login: api-host01"));
	assert_true(strlist_has(&e.headers, "customerUri: example"));
	assert_true(strlist_has(&e.headers, "Content-Type: application/json;charset=UTF-8"));
	assert_int_equal(e.headers.n, 3);
	assert_ptr_equal(e.tls.certificate, cert);
}

static void test_urls(void **state)
{
	static const struct {
		const char *url;
		const char *base;
	} urls[] = {
		{ "https://a", "https://a/private/api" },
		{ "https://a/", "https://a/private/api" },
		{ "https://a:8443/x/y///", "https://a:8443/x/y/private/api" },
		{ "https://[::1]:443", "https://[::1]:443/private/api" },
		{ "https://127.0.0.1", "https://127.0.0.1/private/api" },
		{ "HTTPS://a", NULL },
		{ "http://a", NULL },
		{ "https:///a", NULL },
		{ "https://", NULL },
		{ "https://:443", NULL },
		{ "https://u@a", NULL },
		{ "https://a?x", NULL },
		{ "https://a#x", NULL },
		{ "https://a b", NULL },
		{ "https://a\r\nX: y", NULL },
		{ "https://a\\b", NULL },
		{ "file:///etc/passwd", NULL },
		{ "", NULL },
		{ "h", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		AUTO(scm_endpoint) struct scm_endpoint e = { 0 };
		struct scm_account a = account();
		struct err err = { 0 };
		bool ok;

		a.url = urls[i].url;
		ok = scm_endpoint_init(&e, &a, &err);
		if (ok != (urls[i].base != NULL))
			fail_msg("%s: %s", urls[i].url, err.text);
		if (ok)
			assert_string_equal(e.base, urls[i].base);
		else
			assert_int_equal(err.kind, ERR_CONFIG);
	}
}

static void refuse(const struct scm_account *a, enum err_kind kind, const char *words)
{
	struct scm_endpoint e = { 0 };
	struct err err = { 0 };

	assert_false(scm_endpoint_init(&e, a, &err));
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
	assert_null(e.base);
}

static void test_header_values(void **state)
{
	static const char *const bad[] = { "a\rb", "a\nb", "a\r\nX: y", "a\tb", "\x7f", "" };
	struct scm_account a = account();
	char large[2000];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		a = account();
		a.login = bad[i];
		refuse(&a, ERR_CONFIG, "login");
		a = account();
		a.customer_uri = bad[i];
		refuse(&a, ERR_CONFIG, "customer_uri");
	}
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	a = account();
	a.login = large;
	refuse(&a, ERR_CONFIG, "longer");
	a = account();
	a.url = large;
	refuse(&a, ERR_CONFIG, "url");
}

static void test_key_of_another_certificate(void **state)
{
	struct scm_account a = account();

	(void)state;
	a.key = other_key;
	refuse(&a, ERR_KEYSTORE, "client certificate");
}

static void load(const char *text, size_t len, bool fine, const char *words)
{
	AUTO(x509_store) X509_STORE *store = NULL;
	struct err err = { 0 };

	if (scm_anchors_load(&store, text, len, "/nonexistent/bundle", &err) != fine)
		fail_msg("%s", err.text);
	if (fine)
		return;
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
	assert_null(store);
}

static void test_anchors(void **state)
{
	AUTO(buf) struct buf two = BUF(LIMIT);

	(void)state;
	load(pem.data, pem.len, true, "");
	buf_add_str(&two, "# a comment\n");
	buf_add(&two, pem.data, pem.len);
	buf_add_str(&two, "\n\n");
	buf_add(&two, pem.data, pem.len);
	load(two.data, two.len, true, "");
	load(two.data, two.len - pem.len / 2, false, "certificate 2 is broken");
	load("nothing", 7, false, "no PEM certificate");
	load(NULL, 0, false, "/nonexistent/bundle");
}

/* From a file, as without ssl_trust_store. */
static void test_anchors_of_the_system(void **state)
{
	AUTO(x509_store) X509_STORE *store = NULL;
	char path[] = "/tmp/scm-test-XXXXXX";
	int fd = mkstemp(path);
	struct err err = { 0 };
	bool ok;

	(void)state;
	assert_true(fd >= 0 && write(fd, pem.data, pem.len) == (ssize_t)pem.len);
	close(fd);
	ok = scm_anchors_load(&store, NULL, 0, path, &err);
	unlink(path);
	assert_true(ok);
}

static void test_faults(void **state)
{
	static const struct {
		const char *text;
		enum scm_tls_fault fault;
	} texts[] = {
		{ "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate "
		  "required, errno 0",
			SCM_TLS_REFUSED },
		{ "error:0A000412:SSL routines::sslv3 alert bad certificate", SCM_TLS_REFUSED },
		{ "error:0A000418:SSL routines::tlsv1 alert unknown ca", SCM_TLS_REFUSED },
		{ "error:0A000415:SSL routines::sslv3 alert certificate expired", SCM_TLS_REFUSED },
		{ "error:0A000410:SSL routines::sslv3 alert handshake failure", SCM_TLS_OTHER },
		{ "error:0A00042E:SSL routines::tlsv1 alert protocol version", SCM_TLS_OTHER },
		{ "error:0A000126:SSL routines::unexpected eof while reading", SCM_TLS_OTHER },
		{ "error:40000032:pkcs11 engine:ERR_CKR_ERROR:Device removed", SCM_TLS_KEY },
		{ "error:", SCM_TLS_OTHER },
		{ "error:zz", SCM_TLS_OTHER },
		{ "Could not resolve host: a", SCM_TLS_OTHER },
		{ "", SCM_TLS_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (scm_tls_fault(texts[i].text) != texts[i].fault)
			fail_msg("%s", texts[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_header_values),
		cmocka_unit_test(test_key_of_another_certificate),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_anchors_of_the_system),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
