#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "conf_scene.h"

#define HEAD "[dcv:site]\ndomains = example.com\n"
#define HTTP "method = http\nwebroot = /srv/www\n"
#define CNAME "method = cname\nhook = nginx\n"

static void reads_each_method(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state,
		"[dcv:a]\ndomains = Example.COM., example.org\n" HTTP
		"check_address = 127.0.0.1:80\ncheck = no\n"
		"[dcv:b]\ndomains = b.example\nmethod = https\nwebroot = /srv/b\n"
		"[dcv:c]\ndomains = c.example\naccount = other\nnameserver = 192.0.2.53\n" CNAME
		"[dcv:d]\ndomains = d.example\nmethod = txt\nhook = /hooks/zone\nrenew_before = "
		"7d\n"
		"[dcv:e]\ndomains = e.example\nmethod = email\nemail = hostmaster@e.example\n"
		"[scm:other]\nurl = https://other.example\ncustomer_uri = x\norganization_id = 1\n"
		"login = l\nclient_cert_key_store = /x.p12\n" SCENE_ACCOUNT);

	assert_int_equal(conf->dcvs, 5);
	assert_string_equal(conf->dcv[0].domains.item[0], "example.com");
	assert_string_equal(conf->dcv[0].domains.item[1], "example.org");
	assert_int_equal(conf->dcv[0].method, DCV_HTTP);
	assert_string_equal(conf->dcv[0].webroot, "/srv/www");
	assert_string_equal(conf->dcv[0].check_address, "127.0.0.1:80");
	assert_false(conf->dcv[0].check);
	assert_int_equal(conf->dcv[0].renew_before, 30 * 86400);
	assert_int_equal(conf->dcv[1].method, DCV_HTTPS);
	assert_true(conf->dcv[1].check);
	assert_int_equal(conf->dcv[2].method, DCV_CNAME);
	assert_ptr_equal(conf->dcv[2].account, conf_find_account(conf, "other"));
	assert_true(conf->dcv[2].hook.item[0].shipped);
	assert_string_equal(conf->dcv[2].nameserver, "192.0.2.53");
	assert_string_equal(conf->dcv[3].hook.item[0].path, "/hooks/zone");
	assert_int_equal(conf->dcv[3].renew_before, 7 * 86400);
	assert_string_equal(conf->dcv[4].email, "hostmaster@e.example");
}

static void finds_the_closest(void **state)
{
	AUTO(conf)
	struct conf *conf =
		conf_scene_load(*state, "[dcv:a]\ndomains = example.com\n" HTTP
					"[dcv:b]\ndomains = sub.example.com\n" HTTP SCENE_ACCOUNT);
	static const struct {
		const char *name;
		const char *domain;
	} cases[] = {
		{ "dns:example.com", "example.com" },
		{ "dns:*.example.com", "example.com" },
		{ "dns:www.example.com", "example.com" },
		{ "dns:sub.example.com", "sub.example.com" },
		{ "dns:a.sub.example.com", "sub.example.com" },
		{ "dns:badexample.com", NULL },
		{ "dns:com", NULL },
		{ "uri:example.com", NULL },
		{ "ip:192.0.2.1", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *domain = NULL;
		bool found = conf_find_dcv(&domain, conf, &conf->account[0], cases[i].name);

		assert_int_equal(found, cases[i].domain != NULL);
		if (found)
			assert_string_equal(domain, cases[i].domain);
	}
}

static void refuses_what_does_not_fit(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *words;
	} cases[] = {
		{ "[dcv]\ndomains = example.com\n" HTTP, 1, "needs a name" },
		{ "[dcv:a]\n" HTTP, 1, "domains" },
		{ "[dcv:a]\ndomains =\n" HTTP, 2, "domains" },
		{ HEAD, 1, "method" },
		{ HEAD "method = ftp\n", 3, "http,https,cname,txt,email" },
		{ HEAD "method = http\n", 1, "webroot,required" },
		{ HEAD "method = https\n", 1, "webroot,required" },
		{ HEAD "method = txt\n", 1, "hook,required" },
		{ HEAD "method = email\n", 1, "email,required" },
		{ HEAD HTTP "hook = nginx\n", 5, "hook,not for this method" },
		{ HEAD HTTP "nameserver = 192.0.2.1\n", 5, "nameserver,not for this method" },
		{ HEAD CNAME "check_address = 192.0.2.1:80\n", 5, "not for this method" },
		{ HEAD CNAME "email = a@b.example\n", 5, "not for this method" },
		{ HEAD "method = http\nwebroot = www\n", 4, "webroot" },
		{ HEAD "method = cname\nhook = nginx, /x\n", 4, "one alone" },
		{ HEAD "method = cname\nhook = nowhere\n", 4, "nowhere" },
		{ HEAD HTTP "account = other\n", 5, "[scm:other]" },
		{ HEAD HTTP "renew_before = 366d\n", 5, "renew_before" },
		{ "[dcv:a]\ndomains = *.example.com\n" HTTP, 2, "wildcard" },
		{ "[dcv:a]\ndomains = ex ample.com\n" HTTP, 2, "not a domain" },
		{ "[dcv:a]\ndomains = b\xc3\xbc"
		  "cher.example\n" HTTP,
			2, "xn--" },
		{ "[dcv:a]\ndomains = example.com, EXAMPLE.com.\n" HTTP, 2, "already" },
		{ "[dcv:a]\ndomains = example.com\n" HTTP HEAD CNAME, 6, "already" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) struct buf text = BUF(4096);

		buf_addf(&text, "%s%s", cases[i].text, SCENE_ACCOUNT);
		conf_scene_refuse(*state, buf_str(&text), cases[i].line, cases[i].words);
	}
}

static void auto_needs_a_way(void **state)
{
	AUTO(conf)
	struct conf *conf =
		conf_scene_load(*state, SCENE_CERT "dcv = auto\n" HEAD HTTP SCENE_ACCOUNT);

	assert_true(conf->cert[0].dcv_auto);
	conf_scene_refuse(*state,
		SCENE_CERT "dcv = auto\n[dcv:a]\ndomains = example.org\n" HTTP SCENE_ACCOUNT, 5,
		"dcv,no [dcv:NAME] section");
	conf_scene_refuse(*state, SCENE_CERT "dcv = never\n" SCENE_ACCOUNT, 5, "manual,auto");
}

static void enrollment_validates_nothing(void **state)
{
	conf_scene_refuse(*state,
		"[scm]\napi = enrollment\nurl = https://x.enroll.example\nauth = oauth2\nclient_id "
		"= "
		"a\nclient_secret_file = /s\n" HEAD HTTP,
		7, "Enrollment API");
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, conf_scene_setup, conf_scene_teardown)
	static const struct CMUnitTest tests[] = {
		SCENE(reads_each_method),
		SCENE(finds_the_closest),
		SCENE(refuses_what_does_not_fit),
		SCENE(auto_needs_a_way),
		SCENE(enrollment_validates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
