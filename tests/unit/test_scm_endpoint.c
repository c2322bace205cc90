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
static struct secret *password;

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
	password = secret_new("pass word", 9);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	X509_free(cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	buf_dispose(&pem);
	secret_free(password);
	return 0;
}

static struct scm_account account(void)
{
	return (struct scm_account) { .api = WIRE_ADMIN,
		.url = "https://cert-manager.com",
		.customer_uri = "example",
		.auth = WIRE_CLIENT_CERT,
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

static void test_no_certificate(void **state)
{
	struct scm_account a = account();

	(void)state;
	a.key = NULL;
	refuse(&a, ERR_CONFIG, "client_cert_key_store");
}

/* ---- other logins ---------------------------------------------------------------------------- */

static struct scm_account with(enum wire_auth auth)
{
	struct scm_account a = account();

	a.auth = auth;
	a.secret = password;
	a.proxy_host = "proxy.example.com";
	a.proxy_port = 3128;
	return a;
}

static void test_password(void **state)
{
	AUTO(scm_endpoint) struct scm_endpoint e = { 0 };
	struct scm_account a = with(WIRE_PASSWORD);
	struct err err = { 0 };

	(void)state;
	if (!scm_endpoint_init(&e, &a, &err))
		fail_msg("%s", err.text);
	assert_string_equal(e.base, "https://cert-manager.com/api");
	assert_true(strlist_has(&e.headers, "login: api-host01"));
	assert_true(strlist_has(&e.headers, "customerUri: example"));
	assert_int_equal(e.headers.n, 3);
	/* a copy, and nowhere else */
	assert_ptr_not_equal(e.secret, password);
	assert_string_equal(secret_bytes(e.secret), "pass word");
	assert_null(e.tls.key);
	assert_null(e.tls.certificate);
	assert_string_equal(e.proxy, "proxy.example.com:3128");
	assert_null(e.proxy_user);
	assert_non_null(strstr(scm_endpoint_remedy(&e), "password_file"));
}

static void test_oauth2(void **state)
{
	static const enum wire_api apis[] = { WIRE_ADMIN, WIRE_ENROLLMENT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(apis); i++) {
		AUTO(scm_endpoint) struct scm_endpoint e = { 0 };
		AUTO(scm_endpoint) struct scm_endpoint bare = { 0 };
		struct scm_account a = with(WIRE_OAUTH2);
		struct err err = { 0 };

		a.api = apis[i];
		assert_true(scm_endpoint_init(&e, &a, &err));
		assert_string_equal(e.base, "https://cert-manager.com/api");
		assert_string_equal(e.token_url, "");
		assert_string_equal(e.login, "api-host01");
		assert_true(strlist_has(&e.headers, "customerUri: example"));
		assert_int_equal(e.headers.n, 2);
		a.customer_uri = "";
		a.token_url = "https://auth.example.com/token";
		assert_true(scm_endpoint_init(&bare, &a, &err));
		assert_string_equal(bare.token_url, "https://auth.example.com/token");
		assert_int_equal(bare.headers.n, 1);
	}
}

static void refuse_secret(enum wire_auth auth, const void *bytes, size_t len, const char *words)
{
	AUTO(secret) struct secret *bad = secret_new(bytes, len);
	struct scm_account a = with(auth);

	a.secret = bad;
	refuse(&a, ERR_CONFIG, words);
}

static void test_bad_secrets(void **state)
{
	static char large[SECRET_MAX + 1];
	struct scm_account a = with(WIRE_PASSWORD);

	(void)state;
	memset(large, 'x', sizeof(large));
	a.secret = NULL;
	refuse(&a, ERR_CONFIG, "password_file: empty");
	refuse_secret(WIRE_PASSWORD, "", 0, "password_file: empty");
	refuse_secret(WIRE_PASSWORD, "a\r\nX: y", 7, "control characters");
	refuse_secret(WIRE_PASSWORD, "a\0b", 3, "control characters");
	refuse_secret(WIRE_PASSWORD, " a", 2, "blank");
	refuse_secret(WIRE_PASSWORD, "a ", 2, "blank");
	refuse_secret(WIRE_PASSWORD, large, sizeof(large), "longer");
	refuse_secret(WIRE_OAUTH2, "", 0, "client_secret_file: empty");
	refuse_secret(WIRE_OAUTH2, "a\nb", 3, "client_secret_file: control");
}

static void test_what_does_not_fit(void **state)
{
	static const char *const urls[] = { "http://a/token", "a", "https://u:p@a/",
		"https://a/?q" };
	struct scm_account a = with(WIRE_PASSWORD);

	(void)state;
	a.api = WIRE_ENROLLMENT;
	refuse(&a, ERR_CONFIG, "oauth2");
	a = with(WIRE_PASSWORD);
	a.customer_uri = "";
	refuse(&a, ERR_CONFIG, "customer_uri: empty");
	a = with(WIRE_OAUTH2);
	a.login = "";
	refuse(&a, ERR_CONFIG, "client_id: empty");
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		a = with(WIRE_OAUTH2);
		a.token_url = urls[i];
		refuse(&a, ERR_CONFIG, "token_url");
	}
}

static void test_proxies(void **state)
{
	static const struct {
		const char *host;
		uint32_t port;
		const char *proxy;
	} proxies[] = { { "::1", 8080, "[::1]:8080" }, { "[::1]", 8080, "[::1]:8080" },
		{ "192.0.2.1", 1, "192.0.2.1:1" }, { "a", 65535, "a:65535" }, { "a", 0, NULL },
		{ "a", 65536, NULL }, { "http://a", 80, NULL }, { "u@a", 80, NULL },
		{ "a b", 80, NULL }, { "a/", 80, NULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(proxies); i++) {
		AUTO(scm_endpoint) struct scm_endpoint e = { 0 };
		struct scm_account a = account();
		struct err err = { 0 };

		a.proxy_host = proxies[i].host;
		a.proxy_port = proxies[i].port;
		if (!proxies[i].proxy) {
			refuse(&a, ERR_CONFIG, "proxy_");
			continue;
		}
		assert_true(scm_endpoint_init(&e, &a, &err));
		assert_string_equal(e.proxy, proxies[i].proxy);
	}
}

static void test_proxy_logins(void **state)
{
	AUTO(scm_endpoint) struct scm_endpoint e = { 0 };
	struct scm_account a = with(WIRE_CLIENT_CERT);
	struct err err = { 0 };

	(void)state;
	a.proxy_user = "user";
	refuse(&a, ERR_CONFIG, "proxy_password_file: empty");
	a.proxy_password = password;
	a.proxy_user = "us:er";
	refuse(&a, ERR_CONFIG, "proxy_username");
	a.proxy_user = "user";
	assert_true(scm_endpoint_init(&e, &a, &err));
	assert_string_equal(e.proxy_user, "user");
	assert_string_equal(secret_bytes(e.proxy_password), "pass word");
	assert_null(e.secret);
}

/* ---- anchors and faults ---------------------------------------------------------------------- */

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
		cmocka_unit_test(test_no_certificate),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_oauth2),
		cmocka_unit_test(test_bad_secrets),
		cmocka_unit_test(test_what_does_not_fit),
		cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_proxy_logins),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_anchors_of_the_system),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
