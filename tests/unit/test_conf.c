/* Sections of the configuration: each key of each, what they refer to, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "conf_scene.h"

#define DAY 86400

/* What every configuration must have, behind the section that a test is about. */
#define REST "\n" SCENE_ACCOUNT SCENE_CERT

static void assert_list(const struct strlist *l, const char *expected)
{
	AUTO(buf) struct buf text = BUF(8192);

	strlist_join(&text, l, "|");
	assert_string_equal(buf_str(&text), expected);
}

static void has_defaults(void **state)
{
	AUTO(conf) struct conf *conf = conf_scene_load(*state, SCENE_ACCOUNT SCENE_CERT);
	const struct conf_agent *agent = &conf->agent;
	const struct conf_account *a = conf->account;
	const struct conf_cert *c = conf->cert;

	assert_string_equal(agent->state_dir, "/var/lib/scm-agent");
	assert_int_equal(agent->parallel, 4);
	assert_int_equal(agent->keep_generations, 3);
	assert_int_equal(agent->lock_timeout, 60);
	assert_int_equal(agent->hook_timeout, 120);
	assert_int_equal(agent->order_search_window, 900);
	assert_int_equal(agent->log_level, LOG_LEVEL_INFO);
	assert_int_equal(conf->accounts, 1);
	assert_string_equal(a->name, "default");
	assert_int_equal(a->store_type, CONF_STORE_PKCS12);
	assert_true(a->enroll_immediate);
	assert_int_equal(a->back_off_timer, 2);
	assert_int_equal(a->max_back_off_timer, 32);
	assert_int_equal(a->max_attempts, 5);
	assert_null(a->store_token);
	assert_null(a->store_object);
	assert_null(a->store_alias);
	assert_null(a->store_password_file);
	assert_null(a->trust_store);
	assert_int_equal(conf->certs, 1);
	assert_string_equal(c->name, "www");
	assert_ptr_equal(c->account, a);
	assert_int_equal(c->key_type, KS_EC_P256);
	assert_string_equal(c->key_store, "file");
	assert_null(c->token);
	assert_int_equal(c->renew_before.per_mille, 330);
	assert_int_equal(c->renew_before.seconds, 0);
	assert_false(c->allow_extra_names);
	assert_int_equal(c->on_failure, CONF_ROLLBACK);
	assert_int_equal(c->key_mode, 0600);
	assert_int_equal(c->gid, FS_KEEP);
	assert_null(c->group);
	assert_null(c->comments);
	assert_null(c->trust_anchors);
	assert_null(c->organization);
	assert_int_equal(c->alt_names.n + c->external_requesters.n + c->field_names.n, 0);
	assert_int_equal(c->deploy_hooks.n + c->pre_hooks.n + c->post_hooks.n + c->verify.n, 0);
	assert_list(&c->names, "dns:www.example.com");
}

static void reads_agent(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state,
		"[agent]\nstate_dir = /srv/scm\nparallel = 64\nkeep_generations = 1\n"
		"lock_timeout = 0\nhook_timeout = 1s\norder_search_window = 7d\n"
		"log_level = debug\n" REST);
	const struct conf_agent *agent = &conf->agent;

	assert_string_equal(agent->state_dir, "/srv/scm");
	assert_int_equal(agent->parallel, 64);
	assert_int_equal(agent->keep_generations, 1);
	assert_int_equal(agent->lock_timeout, 0);
	assert_int_equal(agent->hook_timeout, 1);
	assert_int_equal(agent->order_search_window, 7 * DAY);
	assert_int_equal(agent->log_level, LOG_LEVEL_DEBUG);
}

static void reads_accounts(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state, SCENE_ACCOUNT
		"api = admin\nauth = client-cert\n"
		"client_cert_key_store_type = PEM\nclient_cert_key_alias = scm\n"
		"client_cert_key_store_password_file = credential:scm\n"
		"ssl_trust_store = /etc/ca.pem\nssl_trust_store_type = PEM\n"
		"enroll_immediate = no\nenroll_back_off_timer = 3\n"
		"enroll_max_back_off_timer = 3600\nenroll_max_attempts = 0\n"
		"[scm:other]\nurl = https://scm.example.com:8443/prefix//\ncustomer_uri = other\n"
		"organization_id = 9223372036854775807\nlogin = b\n"
		"client_cert_key_store = /b.p12\n" SCENE_CERT
		"[certificate:second]\naccount = other\ncommon_name = b.example.com\n"
		"profile = 9223372036854775807\nterm = 3650\n");
	const struct conf_account *a = &conf->account[0];
	const struct conf_account *b = &conf->account[1];

	assert_int_equal(conf->accounts, 2);
	assert_string_equal(a->name, "default");
	assert_string_equal(a->url, "https://cert-manager.com");
	assert_string_equal(a->customer_uri, "example");
	assert_int_equal(a->organization_id, 1234);
	assert_string_equal(a->login, "api-host01");
	assert_string_equal(a->store, "/etc/scm-agent/client.p12");
	assert_int_equal(a->store_type, CONF_STORE_PEM);
	assert_string_equal(a->store_alias, "scm");
	assert_string_equal(a->store_password_file, "credential:scm");
	assert_string_equal(a->trust_store, "/etc/ca.pem");
	assert_false(a->enroll_immediate);
	assert_int_equal(a->back_off_timer, 3);
	assert_int_equal(a->max_back_off_timer, 3600);
	assert_int_equal(a->max_attempts, 0);
	assert_string_equal(b->name, "other");
	assert_string_equal(b->url, "https://scm.example.com:8443/prefix");
	assert_int_equal(b->organization_id, INT64_MAX);
	assert_ptr_equal(conf->cert[0].account, a);
	assert_ptr_equal(conf->cert[1].account, b);
	assert_int_equal(conf->cert[1].profile_id, INT64_MAX);
	assert_int_equal(conf->cert[1].term, 3650);
	assert_ptr_equal(conf_find_account(conf, "default"), a);
	assert_ptr_equal(conf_find_account(conf, "other"), b);
	assert_null(conf_find_account(conf, "third"));
}

#define ACCOUNT_BUT_STORE "url = https://h\ncustomer_uri = c\norganization_id = 1\nlogin = l\n"

/* The account comes first in the file, and its certificate may be its own. */
static void reads_a_login_of_our_own(void **state)
{
	static const char text[] = "[agent]\nstate_dir = /s\n[scm]\n" ACCOUNT_BUT_STORE
				   "client_cert_key_store = certificate:www\n"
				   "[certificate:www]\ncommon_name = a\n" SCENE_ORDER
				   "[certificate:app]\ncommon_name = b\n" SCENE_ORDER;
	AUTO(conf) struct conf *conf = conf_scene_load(*state, text);
	const struct conf_account *a = conf->account;
	char digest[CSR_SHA256_HEX];

	assert_ptr_equal(a->store_cert, conf_find_cert(conf, "www"));
	assert_string_equal(a->store, "/s/live/www/fullchain.pem");
	assert_int_equal(a->store_type, CONF_STORE_PEM);
	assert_null(a->store_token);
	/* what failed because of the login is tried again when that changes */
	memcpy(digest, conf_find_cert(conf, "app")->digest, sizeof(digest));
	conf_free(conf);
	conf = conf_scene_load(*state, "[agent]\nstate_dir = /s\n[scm]\n" ACCOUNT_BUT_STORE
				       "client_cert_key_store = certificate:www\n"
				       "[certificate:www]\ncommon_name = c\n" SCENE_ORDER
				       "[certificate:app]\ncommon_name = b\n" SCENE_ORDER);
	assert_string_not_equal(conf_find_cert(conf, "app")->digest, digest);
}

static void reads_tokens(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state,
		"[certificate:www]\ncommon_name = a\nkey_store = token:hsm\n" SCENE_ORDER
		"[scm]\n" ACCOUNT_BUT_STORE "client_cert_key_store = token:hsm\n"
		"client_cert_key_store_type = pkcs11\nclient_cert_key_alias = key\n"
		"client_cert_key_store_password_file = /pin\n"
		"[token:hsm]\nmodule = /usr/lib/hsm.so\nuri = pkcs11:token=web\n"
		"init_args = configdir='sql:/x' flags=readWrite\n"
		"pin_file = fd:5\nenv.SOFTHSM2_CONF = /etc/softhsm.conf\nenv.X_1 =\n");
	const struct conf_token *t = conf->token;
	const struct conf_account *a = conf->account;

	assert_int_equal(conf->tokens, 1);
	assert_string_equal(t->name, "hsm");
	assert_string_equal(t->module, "/usr/lib/hsm.so");
	assert_string_equal(t->uri, "pkcs11:token=web");
	assert_string_equal(t->init_args, "configdir='sql:/x' flags=readWrite");
	assert_string_equal(t->pin_file, "fd:5");
	assert_list(&t->env, "SOFTHSM2_CONF=/etc/softhsm.conf|X_1=");
	assert_int_equal(a->store_type, CONF_STORE_PKCS11);
	assert_ptr_equal(a->store_token, t);
	assert_null(a->store);
	assert_null(a->store_object);
	assert_string_equal(a->store_alias, "key");
	assert_string_equal(a->store_password_file, "/pin");
	assert_ptr_equal(conf->cert->token, t);
	assert_string_equal(conf->cert->key_store, "hsm");
	assert_ptr_equal(conf_find_token(conf, "hsm"), t);
	assert_null(conf_find_token(conf, "file"));
}

/* What a certificate depends on, and nothing else, makes another configuration of it. */
static void tells_configurations_apart(void **state)
{
	static const char base[] = SCENE_ACCOUNT SCENE_CERT
		"key_store = token:hsm\n"
		"deploy_hooks = nginx, web\n" SCENE_TOKEN(
			"hsm") "[hook:web]\nscript = "
			       "nginx\n[defaults]\n[agent]\n[hook:none]\nscript = nginx\n"
			       "[certificate:other]\ncommon_name = b\n" SCENE_ORDER SCENE_TOKEN(
				       "else") "#end";
	static const struct {
		const char *section;
		const char *line;
		bool same;
	} rows[] = { { "[agent]\n", "", true },
		{ "[certificate:www]\n", "allow_extra_names = yes\n", false },
		{ "[scm]\n", "enroll_max_attempts = 1\n", false },
		{ "[defaults]\n", "country = CH\n", false },
		{ "[token:hsm]\n", "env.X = 1\n", false },
		{ "[hook:web]\n", "unit = nginx.service\n", false },
		{ "[hook:none]\n", "unit = x\n", true }, { "[token:else]\n", "env.X = 1\n", true },
		{ "[certificate:other]\n", "country = CH\n", true },
		{ "[agent]\n", "parallel = 1\n", true } };
	AUTO(conf) struct conf *before = conf_scene_load(*state, base);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf text = BUF(8192);
		const char *at = strstr(base, rows[i].section) + strlen(rows[i].section);
		AUTO(conf) struct conf *conf = NULL;

		buf_addf(&text, "%.*s%s%s", (int)(at - base), base, rows[i].line, at);
		conf = conf_scene_load(*state, buf_str(&text));
		if (!strcmp(before->cert->digest, conf->cert->digest) != rows[i].same)
			fail_msg("%s%s", rows[i].section, rows[i].line);
	}
}

/* A URI alone says which object, and the only token which module. */
static void finds_the_only_token(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state,
		"[scm]\n" ACCOUNT_BUT_STORE "client_cert_key_store = pkcs11:object=client\n"
		"client_cert_key_store_type = PKCS11\n" SCENE_TOKEN("hsm"));

	assert_ptr_equal(conf->account->store_token, conf->token);
	assert_string_equal(conf->account->store_object, "pkcs11:object=client");
	assert_null(conf->account->store);
}

static void reads_certificates(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state, SCENE_ACCOUNT
		"[certificate:a.b_c-D]\ncommon_name = WWW.Example.com.\n"
		"subject_alt_names = example.com, ip:192.0.2.1, www.example.com, 2001:DB8::1,\n"
		"  email:a@example.com, uri:https://example.com/\n"
		"organization = Example, Inc.\norganizational_unit = Web\nlocality = Town\n"
		"state = Somewhere\ncountry = us\n"
		"key_type = rsa:4096\nkey_store = file\nreuse_key = no\n" SCENE_ORDER
		"comments = a comment\nexternal_requesters = a@example.com, b@example.com\n"
		"custom_field.Cost centre = 4711\ncustom_field.b =\n"
		"renew_before = 30d\nrenew_with = enroll\ntrust_anchors = /etc/anchors.pem\n"
		"allow_extra_names = yes\non_failure = keep\ngroup = root\nkey_mode = 0640\n"
		"server_user = root\n");
	const struct conf_cert *c = conf->cert;

	assert_string_equal(c->name, "a.b_c-D");
	assert_string_equal(c->common_name, "www.example.com");
	assert_list(&c->names, "dns:www.example.com|dns:example.com|ip:192.0.2.1|ip:2001:db8::1|"
			       "email:a@example.com|uri:https://example.com/");
	assert_string_equal(c->organization, "Example, Inc.");
	assert_string_equal(c->organizational_unit, "Web");
	assert_string_equal(c->locality, "Town");
	assert_string_equal(c->state, "Somewhere");
	assert_string_equal(c->country, "us");
	assert_int_equal(c->key_type, KS_RSA_4096);
	assert_int_equal(c->profile_id, 1018);
	assert_string_equal(c->profile, "1018");
	assert_int_equal(c->term, 199);
	assert_string_equal(c->comments, "a comment");
	assert_list(&c->external_requesters, "a@example.com|b@example.com");
	assert_list(&c->field_names, "Cost centre|b");
	assert_list(&c->field_values, "4711|");
	assert_int_equal(c->renew_before.seconds, 30 * DAY);
	assert_int_equal(c->renew_before.per_mille, 0);
	assert_string_equal(c->trust_anchors, "/etc/anchors.pem");
	assert_true(c->allow_extra_names);
	assert_int_equal(c->on_failure, CONF_KEEP);
	assert_string_equal(c->group, "root");
	assert_int_equal(c->gid, 0);
	assert_int_equal(c->key_mode, 0640);
	assert_string_equal(c->server_user, "root");
	assert_ptr_equal(conf_find_cert(conf, "a.b_c-D"), c);
	assert_null(conf_find_cert(conf, "a.b_c-d"));
}

/* What identifies a certificate, and its subject, are those of the section; so is their text. */
static void gives_the_subject(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state,
		SCENE_ACCOUNT SCENE_CERT "organization = O\norganizational_unit = U\n"
					 "locality = L\nstate = S\ncountry = DE\n");
	struct csr_subject s = conf_subject(conf->cert);

	assert_string_equal(s.common_name, "www.example.com");
	assert_string_equal(s.organization, "O");
	assert_string_equal(s.organizational_unit, "U");
	assert_string_equal(s.locality, "L");
	assert_string_equal(s.state, "S");
	assert_string_equal(s.country, "DE");
}

static void takes_other_common_names(void **state)
{
	static const char *const rows[][3] = {
		{ "b\303\274cher.example", "xn--bcher-kva.example", "dns:xn--bcher-kva.example" },
		{ "*.example.com", "*.example.com", "dns:*.example.com" },
		{ "192.0.2.1", "192.0.2.1", "ip:192.0.2.1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf text = BUF(4096);
		AUTO(conf) struct conf *conf = NULL;

		buf_addf(&text, SCENE_ACCOUNT "[certificate:x]\ncommon_name = %s\n" SCENE_ORDER,
			rows[i][0]);
		conf = conf_scene_load(*state, buf_str(&text));
		assert_string_equal(conf->cert->common_name, rows[i][1]);
		assert_list(&conf->cert->names, rows[i][2]);
	}
}

/* Merged key by key; what a certificate says itself is not added to but replaced. */
static void merges_defaults(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state, SCENE_ACCOUNT
		"[certificate:a]\ncommon_name = a\nterm = 90\n"
		"custom_field.X = 1\nexternal_requesters = b@example.com\n"
		"[defaults]\nprofile = 7\nterm = 30\nkey_type = rsa:2048\nrenew_before = 50%\n"
		"custom_field.X = 2\ncustom_field.Y = 3\ncountry = DE\n"
		"external_requesters = a@example.com\n"
		"[certificate:b]\ncommon_name = b\nkey_type = ec:P-384\ncountry = FR\n");
	const struct conf_cert *a = &conf->cert[0];
	const struct conf_cert *b = &conf->cert[1];

	assert_int_equal(a->profile_id, 7);
	assert_int_equal(a->term, 90);
	assert_int_equal(a->key_type, KS_RSA_2048);
	assert_int_equal(a->renew_before.per_mille, 500);
	assert_string_equal(a->country, "DE");
	assert_list(&a->field_names, "X|Y");
	assert_list(&a->field_values, "1|3");
	assert_list(&a->external_requesters, "b@example.com");
	assert_int_equal(b->term, 30);
	assert_int_equal(b->key_type, KS_EC_P384);
	assert_string_equal(b->country, "FR");
	assert_list(&b->field_values, "2|3");
	assert_list(&b->external_requesters, "a@example.com");
}

static void reads_hooks(void **state)
{
	struct conf_scene *scene = *state;
	AUTO(conf)
	struct conf *conf = conf_scene_load(scene,
		"[agent]\nhook_timeout = 5m\n" SCENE_ACCOUNT SCENE_CERT
		"deploy_hooks = nginx, /opt/mine, web, other\npre_hooks = /opt/pre\n"
		"post_hooks =\n"
		"[hook:web]\nscript = nginx\ntimeout = 30s\nunit = nginx@web.service\n"
		"config = /etc/nginx/web.conf\nbinary = /usr/sbin/nginx\nprefix = /srv\n"
		"env = A=b\noption.Extra_1 = x = y\n"
		"[hook:other]\nscript = /opt/other\noption.a =\n");
	const struct conf_hooks *h = &conf->cert->deploy_hooks;
	char shipped[160];

	snprintf(shipped, sizeof(shipped), "%s/nginx", scene->hooks);
	assert_int_equal(h->n, 4);
	assert_string_equal(h->item[0].text, "nginx");
	assert_string_equal(h->item[0].path, shipped);
	assert_true(h->item[0].shipped);
	assert_int_equal(h->item[0].timeout, 300);
	assert_int_equal(h->item[0].options.n, 0);
	assert_string_equal(h->item[1].path, "/opt/mine");
	assert_false(h->item[1].shipped);
	assert_string_equal(h->item[2].text, "web");
	assert_string_equal(h->item[2].path, shipped);
	assert_true(h->item[2].shipped);
	assert_int_equal(h->item[2].timeout, 30);
	assert_list(&h->item[2].options,
		"UNIT=nginx@web.service|CONFIG=/etc/nginx/web.conf|BINARY=/usr/sbin/nginx|"
		"PREFIX=/srv|ENV=A=b|EXTRA_1=x = y");
	assert_string_equal(h->item[3].path, "/opt/other");
	assert_false(h->item[3].shipped);
	assert_int_equal(h->item[3].timeout, 300);
	assert_list(&h->item[3].options, "A=");
	assert_int_equal(conf->cert->pre_hooks.n, 1);
	assert_string_equal(conf->cert->pre_hooks.item[0].path, "/opt/pre");
	assert_int_equal(conf->cert->post_hooks.n, 0);
}

/* An own section under a shipped script's name gives that script options. */
static void prefers_sections_to_scripts(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state,
		SCENE_ACCOUNT SCENE_CERT "deploy_hooks = nginx\n[hook:nginx]\nscript = nginx\n"
					 "unit = a.service\n");

	assert_list(&conf->cert->deploy_hooks.item[0].options, "UNIT=a.service");
	assert_true(conf->cert->deploy_hooks.item[0].shipped);
}

static void reads_verify(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state,
		SCENE_ACCOUNT SCENE_CERT "verify = www.example.com:443,\n"
					 "  [2001:db8::1]:8443@127.0.0.1:9000, smtp://mx:25\n");
	const struct conf_verify *v = &conf->cert->verify;

	assert_int_equal(v->n, 3);
	assert_string_equal(v->item[0].host, "www.example.com");
	assert_int_equal(v->item[0].port, 443);
	assert_null(v->item[0].address);
	assert_string_equal(v->item[1].host, "2001:db8::1");
	assert_string_equal(v->item[1].address, "127.0.0.1");
	assert_int_equal(v->item[1].address_port, 9000);
	assert_int_equal(v->item[1].protocol, STARTTLS_NONE);
	assert_int_equal(v->item[2].protocol, STARTTLS_SMTP);
}

/* A section may be spread over files, and a drop-in may hold certificates of its own. */
static void reads_drop_ins(void **state)
{
	static const char more[] = "[certificate:www]\nkey_type = rsa:2048\n"
				   "[certificate:b]\ncommon_name = b\n" SCENE_ORDER;
	struct conf_scene *s = *state;
	AUTO(conf) struct conf *conf = NULL;

	conf_scene_write(s, "conf.d/x.ini", more, strlen(more));
	conf = conf_scene_load(s, SCENE_ACCOUNT SCENE_CERT);
	assert_int_equal(conf->certs, 2);
	assert_int_equal(conf->cert[0].key_type, KS_RSA_2048);
	assert_string_equal(conf->cert[1].name, "b");
	assert_words(conf->cert[1].where.file, "conf.d/x.ini");
	assert_int_equal(conf->cert[1].where.line, 3);
	assert_string_equal(conf->cert[0].where.file, s->path);
}

static void takes_nothing(void **state)
{
	AUTO(conf) struct conf *conf = conf_scene_load(*state, "");

	assert_int_equal(conf->tokens + conf->accounts + conf->certs, 0);
	assert_int_equal(conf->agent.parallel, 4);
}

/* Each row: a section, the line in it that is to blame, what is said. */
struct row {
	const char *text;
	unsigned line;
	const char *words;
};

static void refuse_rows(struct conf_scene *s, const struct row *rows, size_t n, const char *rest)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(buf) struct buf text = BUF(65536);

		buf_add_str(&text, rows[i].text);
		buf_add_str(&text, rest);
		conf_scene_refuse(s, buf_str(&text), rows[i].line, rows[i].words);
	}
}

/* Known, but not built yet: said, never passed over. */
static void refuses_what_comes_later(void **state)
{
	static const char *const lines[][2] = {
		{ "[agent]", "metrics_file = /var/lib/x.prom" },
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		AUTO(buf) struct buf text = BUF(4096);
		char key[64];

		snprintf(key, sizeof(key), "%.*s: ", (int)strcspn(lines[i][1], " "), lines[i][1]);
		buf_addf(&text, "%s\n%s\n%s", lines[i][0], lines[i][1], REST);
		conf_scene_refuse(*state, buf_str(&text), 2, "not supported by this version");
		assert_words(conf_scene_err.text, key);
	}
}

#define ENROLLMENT                                                                                 \
	"[scm]\napi = enrollment\nurl = https://h\nauth = oauth2\nclient_id = j\n"                 \
	"client_secret_file = /s\n"

/* How it is renewed, and what each API needs for that. */
static void reads_renewals(void **state)
{
	AUTO(conf)
	struct conf *a = conf_scene_load(*state, SCENE_CERT
		"renew_with = renew\nrenew_if_issued_before = 2026-01-02\n" SCENE_ACCOUNT);
	AUTO(conf)
	struct conf *b = conf_scene_load(*state,
		"[certificate:c]\ncommon_name = c.example\non_lost_answer = resubmit\n" ENROLLMENT);
	AUTO(conf) struct conf *c = conf_scene_load(*state, SCENE_CERT ENROLLMENT);

	assert_int_equal(a->cert[0].renew_with, CONF_RENEW);
	assert_int_equal(a->cert[0].renew_if_issued_before, 1767312000);
	assert_int_equal(a->cert[0].on_lost_answer, CONF_HOLD);
	assert_int_equal(b->cert[0].renew_with, CONF_ENROLL);
	assert_int_equal(b->cert[0].renew_if_issued_before, 0);
	assert_int_equal(b->cert[0].on_lost_answer, CONF_RESUBMIT);
	assert_null(b->cert[0].profile);
	assert_int_equal(c->cert[0].profile_id, 1018);
	conf_scene_refuse(*state, SCENE_CERT "on_lost_answer = resubmit\n" SCENE_ACCOUNT, 5,
		"on_lost_answer,api = enrollment");
	conf_scene_refuse(*state, SCENE_CERT "on_lost_answer = retry\n" SCENE_ACCOUNT, 5,
		"'retry',hold, resubmit");
	conf_scene_refuse(*state,
		"[certificate:c]\ncommon_name = c.example\nprofile = web\n" ENROLLMENT, 3,
		"'web' is no number");
	conf_scene_refuse(*state,
		"[certificate:c]\ncommon_name = c.example\nterm = 9\n" SCENE_ACCOUNT, 1,
		"[certificate:c] needs 'profile'");
	conf_scene_refuse(*state,
		"[certificate:c]\ncommon_name = c.example\nprofile = 9\n" SCENE_ACCOUNT, 1,
		"[certificate:c] needs 'term'");
}

static void refuses_sections(void **state)
{
	static const struct row rows[] = {
		{ "[certificte:www]\n", 1, "unknown section [certificte],certificate:NAME" },
		{ "\n\n[Agent]\nparallel = 3\n", 3, "unknown section [Agent]" },
		{ "[agent:x]\n", 1, "[agent] takes no name" },
		{ "[defaults:x]\nterm = 1\n", 1, "[defaults] takes no name" },
		{ "[certificate]\nterm = 1\n", 1, "[certificate:NAME]" },
		{ "[certificate:]\nterm = 1\n", 1, "[certificate:NAME]" },
		{ "[token]\nuri = pkcs11:\n", 1, "[token:NAME]" },
		{ "[hook:]\nscript = nginx\n", 1, "[hook:NAME]" },
		{ "[certificate:a/b]\n", 1, "'a/b' can't be a name" },
		{ "[certificate:..]\n", 1, "can't be a name" },
		{ "[certificate:-a]\n", 1, "can't be a name" },
		{ "[certificate:.a]\n", 1, "can't be a name" },
		{ "[certificate:a b]\n", 1, "can't be a name" },
		{ "[certificate: a]\n", 1, "can't be a name" },
		{ "[certificate:a:b]\n", 1, "can't be a name" },
		{ "[certificate:\303\244]\n", 1, "can't be a name" },
		{ "[scm:a/b]\n", 1, "can't be a name" },
		{ "[scm:default]\n", 1, "written [scm]" },
		{ "[token:a b]\n", 1, "can't be a name" },
		{ "[hook:a/b]\nscript = nginx\n", 1, "can't be a name" },
		{ "[certificate:empty]\n", 1, "[certificate:empty] needs 'common_name'" },
		{ "[token:empty]\n", 1, "[token:empty] needs 'module'" },
		{ "[scm:empty]\n", 1, "[scm:empty] needs 'url'" },
		{ "[hook:empty]\n", 1, "[hook:empty] needs 'script'" },
		{ "[agent]\nstate_directory = /x\n", 2,
			"unknown key 'state_directory' in [agent]" },
		{ "[defaults]\nbogus = 1\n", 2, "unknown key 'bogus' in [defaults]" },
		{ "[defaults]\ncommon_name = a\n", 2, "common_name: can't be the same" },
		{ "[defaults]\nterm = 1\nsubject_alt_names = a\n", 3, "can't be the same" },
		{ "[defaults]\nterm = x\n", 2, "term: 'x'" },
	};

	refuse_rows(*state, rows, ARRAY_LEN(rows), REST);
	conf_scene_refuse(*state, "[defaults]\nbogus = 1\n", 2, "unknown key 'bogus'");
	conf_scene_refuse(*state, SCENE_CERT, 1, "account: there is no [scm] section");
}

#define ACCOUNT_BUT_URL                                                                            \
	"customer_uri = c\norganization_id = 1\nlogin = l\nclient_cert_key_store = /x\n"
#define PKCS11 "[scm]\nclient_cert_key_store_type = PKCS11\n" ACCOUNT_BUT_STORE

#define OAUTH2                                                                                     \
	"[scm]\nurl = https://h\norganization_id = 1\nauth = oauth2\nclient_id = i\n"              \
	"client_secret_file = /s\n"

/* Every way to log in, and what belongs to it. */
static void takes_logins(void **state)
{
	static const char text[] = OAUTH2
		"token_url = https://sso/t\n"
		"[scm:enr]\napi = enrollment\nurl = https://h\nauth = oauth2\nclient_id = j\n"
		"client_secret_file = credential:s\n"
		"[scm:pw]\nurl = https://h\norganization_id = 1\ncustomer_uri = c\n"
		"auth = password\nlogin = l\npassword_file = /p\n"
		"proxy_host_name = 192.0.2.1\nproxy_port = 3128\nproxy_username = u\n"
		"proxy_password_file = /q\n"
		"[scm:java]\nurl = https://h\norganization_id = 1\ncustomer_uri = c\n"
		"login = l\nclient_cert_key_store = /k\nclient_cert_key_store_type = JKS\n"
		"client_cert_key_password_file = /kp\nssl_trust_store = /t\n"
		"ssl_trust_store_type = jceks\nssl_trust_store_password_file = /tp\n";
	AUTO(conf) struct conf *conf = conf_scene_load(*state, text);
	const struct conf_account *a;

	a = conf_find_account(conf, "default");
	assert_int_equal(a->auth, CONF_OAUTH2);
	assert_string_equal(a->login, "i");
	assert_string_equal(a->secret_file, "/s");
	assert_string_equal(a->token_url, "https://sso/t");
	assert_null(a->store);
	a = conf_find_account(conf, "enr");
	assert_int_equal(a->api, CONF_ENROLLMENT);
	assert_int_equal(a->organization_id, 0);
	a = conf_find_account(conf, "pw");
	assert_int_equal(a->auth, CONF_PASSWORD);
	assert_string_equal(a->secret_file, "/p");
	assert_string_equal(a->proxy_host, "192.0.2.1");
	assert_int_equal(a->proxy_port, 3128);
	assert_string_equal(a->proxy_user, "u");
	assert_string_equal(a->proxy_password_file, "/q");
	a = conf_find_account(conf, "java");
	assert_int_equal(a->auth, CONF_CLIENT_CERT);
	assert_int_equal(a->store_type, CONF_STORE_JKS);
	assert_string_equal(a->key_password_file, "/kp");
	assert_int_equal(a->trust_type, CONF_STORE_JCEKS);
	assert_string_equal(a->trust_password_file, "/tp");
}

#define OWN_LOGIN "[scm]\n" ACCOUNT_BUT_STORE "client_cert_key_store = certificate:none\n"

static void refuses_accounts(void **state)
{
	static const struct row rows[] = {
		{ "[scm]\nurl = http://h\n" ACCOUNT_BUT_URL, 2, "url: 'http://h',https://HOST" },
		{ "[scm]\nurl = https://\n" ACCOUNT_BUT_URL, 2, "https://HOST" },
		{ "[scm]\nurl = https:///x\n" ACCOUNT_BUT_URL, 2, "https://HOST" },
		{ "[scm]\nurl = h\n" ACCOUNT_BUT_URL, 2, "https://HOST" },
		{ "[scm]\nurl = https://h?x\n" ACCOUNT_BUT_URL, 2, "host, port and path" },
		{ "[scm]\nurl = https://h/a#b\n" ACCOUNT_BUT_URL, 2, "host, port and path" },
		{ "[scm]\nurl = https://h x\n" ACCOUNT_BUT_URL, 2, "host, port and path" },
		{ "[scm]\nurl = https://h/api\n" ACCOUNT_BUT_URL, 2, "'/api'" },
		{ "[scm]\nurl = https://h/x/api///\n" ACCOUNT_BUT_URL, 2, "'/api'" },
		{ "[scm]\nurl = https://h/private\n" ACCOUNT_BUT_URL, 2, "'/private'" },
		{ SCENE_ACCOUNT "client_cert_key_store_type = PFX\n", 7,
			"'PFX' is not one of: PKCS12" },
		{ SCENE_ACCOUNT "enroll_back_off_timer = 0\n", 7, "from 1 to 3600" },
		{ SCENE_ACCOUNT "enroll_max_back_off_timer = 0\n", 7, "from 1 to 3600" },
		{ SCENE_ACCOUNT "enroll_max_attempts = 1001\n", 7, "from 0 to 1000" },
		{ SCENE_ACCOUNT "enroll_immediate = now\n", 7, "neither yes nor no" },
		{ SCENE_ACCOUNT "ssl_trust_store = ca.pem\n", 7, "not an absolute path" },
		{ SCENE_ACCOUNT "organisation_id = 1\n", 7, "unknown key 'organisation_id'" },
		{ "[scm]\nurl = https://h\n", 1, "[scm] needs 'organization_id'" },
		{ "[scm]\nurl = https://h\norganization_id = 1\n", 1,
			"[scm] needs 'login' with auth = client-cert" },
		{ "[scm]\nurl = https://h\norganization_id = 1\nauth = password\nlogin = l\n", 1,
			"[scm] needs 'customer_uri' with auth = password" },
		{ "[scm]\nurl = https://h\norganization_id = 1\nauth = password\nlogin = l\n"
		  "customer_uri = c\n",
			1, "[scm] needs 'password_file' with auth = password" },
		{ "[scm]\nurl = https://h\norganization_id = 1\nauth = oauth2\n", 1,
			"[scm] needs 'client_id' with auth = oauth2" },
		{ OAUTH2 "login = x\n", 7, "login: has no meaning with auth = oauth2,remove it" },
		{ OAUTH2 "password_file = /p\n", 7, "password_file: has no meaning" },
		{ OAUTH2 "client_cert_key_store = /p\n", 7,
			"client_cert_key_store: has no meaning" },
		{ SCENE_ACCOUNT "client_id = x\n", 7, "client_id: has no meaning" },
		{ SCENE_ACCOUNT "password_file = /x\n", 7, "password_file: has no meaning" },
		{ SCENE_ACCOUNT "token_url = https://h\n", 7, "token_url: has no meaning" },
		{ OAUTH2 "token_url = http://h/t\n", 7, "https://HOST/PATH" },
		{ OAUTH2 "token_url = https://u@h/t\n", 7, "https://HOST/PATH" },
		{ OAUTH2 "token_url = https://h/t?x\n", 7, "https://HOST/PATH" },
		{ SCENE_ACCOUNT "api = enrollment\n", 1, "the Enrollment API takes oauth2 alone" },
		{ OAUTH2 "api = enrollment\n", 3, "organization_id: has no meaning" },
		{ SCENE_ACCOUNT "client_cert_key_password_file = /x\n", 7, "JKS or JCEKS" },
		{ OWN_LOGIN, 6, "there is no [certificate:none]" },
		{ OWN_LOGIN "client_cert_key_store_type = PEM\n", 7,
			"client_cert_key_store_type: has no meaning,certificate:NAME" },
		{ OWN_LOGIN "client_cert_key_alias = a\n", 7, "client_cert_key_alias: has no" },
		{ OWN_LOGIN "client_cert_key_store_password_file = /x\n", 7,
			"_password_file: has no" },
		{ SCENE_ACCOUNT "ssl_trust_store_type = JKS\n", 7, "there is no ssl_trust_store" },
		{ SCENE_ACCOUNT "ssl_trust_store_password_file = /x\n", 7, "has no password" },
		{ SCENE_ACCOUNT "ssl_trust_store = /t\nssl_trust_store_password_file = /x\n", 8,
			"a PEM bundle has no password,ssl_trust_store_type" },
		{ SCENE_ACCOUNT "proxy_port = 1\n", 1, "proxy_host_name is missing" },
		{ SCENE_ACCOUNT "proxy_host_name = p\n", 1, "proxy_port is missing" },
		{ SCENE_ACCOUNT "proxy_host_name = http://p:1\n", 7, "of a host alone" },
		{ SCENE_ACCOUNT "proxy_port = 65536\n", 7, "from 1 to 65535" },
		{ SCENE_ACCOUNT "proxy_host_name = p\nproxy_port = 1\nproxy_username = u\n", 1,
			"belong together" },
		{ SCENE_ACCOUNT "proxy_host_name = p\nproxy_port = 1\nproxy_username = u:v\n"
				"proxy_password_file = /p\n",
			9, "a ':' can't be in it" },
		{ "[scm]\norganization_id = 0\n", 2, "organization_id: '0'" },
		{ "[scm]\nlogin = a\033b\nurl = https://h\ncustomer_uri = c\n"
		  "organization_id = 1\nclient_cert_key_store = /x\n",
			2, "login: has a control character" },
		{ "[scm]\nclient_cert_key_store = client.p12\n" ACCOUNT_BUT_STORE, 2,
			"'client.p12' is not an absolute path,PKCS11" },
		{ "[scm]\nclient_cert_key_store = token:hsm\n" ACCOUNT_BUT_STORE, 2,
			"client_cert_key_store_type = PKCS11" },
		{ PKCS11 "client_cert_key_store = token:none\n", 7, "there is no [token:none]" },
		{ PKCS11 "client_cert_key_store = /x.p12\n", 7, "neither token:NAME nor" },
		{ PKCS11 "client_cert_key_store = pkcs11:object=a\n", 7, "0 [token:NAME],write" },
		{ PKCS11 "client_cert_key_store = pkcs11:object=a\n" SCENE_TOKEN("a")
				SCENE_TOKEN("b"),
			7, "2 [token:NAME],write token:NAME" },
		{ "[token:t]\nuri = web\nmodule = m\npin_file = /p\n", 2,
			"'web' is no PKCS#11 URI,pkcs11:token=LABEL" },
		{ "[token:t]\nuri = pkcs11:\nmodule = m\n", 1, "needs 'pin_file'" },
		{ "[token:t]\nenv.LD_PRELOAD = /x\n", 2, "LD_PRELOAD may not be set" },
		{ "[token:t]\nenv.OPENSSL_CONF = /x\n", 2, "OPENSSL_CONF may not be set" },
		{ "[token:t]\nenv.A B = /x\n", 2, "'A B' is not a variable's name" },
		{ "[token:t]\nenv. = /x\n", 2, "unknown key 'env.'" },
	};

	refuse_rows(*state, rows, ARRAY_LEN(rows), "");
}

/* Wherever somebody may put a secret, the message names the place for it and not the secret. */
static void repeats_no_secret(void **state)
{
	static const struct row rows[] = {
		{ "[scm]\npassword = hunter2\n", 2, "password_file,0600" },
		{ "[scm]\nclient_secret = hunter2\n", 2, "client_secret_file" },
		{ "[scm]\nproxy_password = hunter2\n", 2, "proxy_password_file" },
		{ "[scm]\nclient_cert_key_password = hunter2\n", 2,
			"client_cert_key_password_file" },
		{ "[scm]\nclient_cert_key_store_password = hunter2\n", 2,
			"client_cert_key_store_password_file" },
		{ "[scm]\nssl_trust_store_password = hunter2\n", 2,
			"ssl_trust_store_password_file" },
		{ "[scm]\nclient_cert_key_store_password_file = hunter2\n", 2,
			"absolute path,credential:NAME,fd:N" },
		{ "[scm]\npassword_file = hunter2\n", 2, "absolute path" },
		{ "[scm]\nclient_secret_file = hunter2\n", 2, "absolute path" },
		{ "[scm]\npin = hunter2\n", 2, "unknown key 'pin'" },
		{ "[scm]\nurl = https://u:hunter2@h\n" ACCOUNT_BUT_URL, 2, "no user or password" },
		{ "[token:t]\npin = hunter2\n", 2, "pin_file" },
		{ "[token:t]\npin_file = hunter2\n", 2, "absolute path" },
		{ "[token:t]\nuri = pkcs11:token=t?pin-value=hunter2\nmodule = m\npin_file = /p\n",
			2, "a PIN does not belong here,pin_file" },
		{ "[token:t]\nuri = PKCS11:token=t?pin-value=hunter2\nmodule = m\npin_file = /p\n",
			2, "a PIN does not belong here" },
		{ PKCS11 "client_cert_key_store = pkcs11:object=a?pin-value=hunter2\n", 7,
			"a PIN does not belong here,pin_file" },
		{ "[scm]\n" ACCOUNT_BUT_STORE
		  "client_cert_key_store = pkcs11:object=a?pin-value=hunter2\n",
			6, "a PIN does not belong here" },
		{ "[certificate:c]\npassword = hunter2\n", 2, "unknown key 'password'" },
		{ "[install:c]\npassword = hunter2\n", 2, "password,set password_file" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		conf_scene_refuse(*state, rows[i].text, rows[i].line, rows[i].words);
		if (strstr(conf_scene_err.text, "hunter2"))
			fail_msg("the secret is repeated: %s", conf_scene_err.text);
	}
}

#define CERT "[certificate:c]\ncommon_name = a.example.com\n" SCENE_ORDER
#define LONG64 "0123456789012345678901234567890123456789012345678901234567890123"

static void refuses_certificates(void **state)
{
	static const struct row rows[] = {
		{ "[certificate:c]\ncommon_name = a_b\n" SCENE_ORDER, 2, "common_name,'a_b'" },
		{ "[certificate:c]\ncommon_name =\n" SCENE_ORDER, 2, "no value" },
		{ "[certificate:c]\n" SCENE_ORDER, 1, "needs 'common_name'" },
		{ "[certificate:c]\ncommon_name = " LONG64 ".example.com\n" SCENE_ORDER, 2,
			"common_name" },
		{ CERT "subject_alt_names = b.example.com, a b\n", 5, "subject_alt_names,'a b'" },
		{ CERT "subject_alt_names = b.example.com,\n  x@y\n", 5, "email:" },
		{ CERT "organization = " LONG64 "x\n", 5, "organization,65 characters" },
		{ CERT "organization = \377\n", 5, "organization,UTF-8" },
		{ CERT "locality = a\tb\n", 5, "locality,control character" },
		{ CERT "state =\n", 5, "state: has no value" },
		{ CERT "country = Germany\n", 5, "country 'Germany',two letters" },
		{ CERT "account = other\n", 5, "account: there is no [scm:other]" },
		{ CERT "key_type = rsa:1024\n", 5, "key_type: 'rsa:1024'" },
		{ CERT "key_store = hsm\n", 5, "key_store: 'hsm',file,token:NAME" },
		{ CERT "key_store = token:hsm\n", 5, "key_store: there is no [token:hsm]" },
		{ CERT "key_store = token:\n", 5, "there is no [token:]" },
		{ "[certificate:c]\ncommon_name = c\nterm = 1\nprofile = 0\n", 4,
			"profile: '0' is no number of a profile" },
		{ "[certificate:c]\ncommon_name = c\nterm = 1\nprofile = 9223372036854775808\n", 4,
			"is no number of a profile" },
		{ "[certificate:c]\nterm = 199d\n", 2, "term: '199d'" },
		{ CERT "external_requesters = a@b, a@b\n", 5, "'a@b' stands twice" },
		{ CERT "renew_before = soon\n", 5, "renew_before: 'soon',33%,30d" },
		{ CERT "trust_anchors = anchors.pem\n", 5, "not an absolute path" },
		{ CERT "dcv_mode = MAIL\n", 5, "dcv_mode: 'MAIL' is none of CNAME" },
		{ CERT "dcv_mode = EMAIL\n", 5, "belong together" },
		{ CERT "dcv_email = a@example.com\n", 5, "belong together" },
		{ CERT "on_failure = panic\n", 5, "'panic',rollback, keep" },
		{ CERT "group = no-such-group-here\n", 5, "no group 'no-such-group-here'" },
		{ CERT "server_user = no-such-user\n", 5,
			"server_user: ,there is no user 'no-such-user'" },
		{ CERT "key_mode = 0644\n", 5, "key_mode: ,private key" },
		{ CERT "verify = www.example.com\n", 5, "verify,HOST:PORT" },
		{ CERT "verify = a:443, https://a:443\n", 5, "verify,https://a:443,scheme" },
		{ CERT "verify = a:443, a:443\n", 5, "stands twice" },
		{ CERT "deploy_hooks = apache3\n", 5, "'apache3',[hook:ID],shipped script" },
		{ CERT "deploy_hooks = README\n", 5, "'README',shipped script" },
		{ CERT "deploy_hooks = ../x\n", 5, "'../x',absolute path" },
		{ CERT "deploy_hooks = hooks/nginx\n", 5, "absolute path" },
		{ CERT "deploy_hooks = .\n", 5, "absolute path" },
		{ CERT "deploy_hooks = nginx, nginx\n", 5, "stands twice" },
		{ CERT "pre_hooks = nothing\n", 5, "'nothing'" },
		{ CERT "post_hooks = /opt/x, nothing\n", 5, "'nothing'" },
		{ "[hook:x]\nscript = nothing\n", 2, "script: 'nothing'" },
		{ "[hook:x]\nscript = nginx\nunit = a\nbogus = b\n", 4, "unknown key 'bogus'" },
		{ "[hook:x]\nscript = nginx\nunit = a\noption.unit = b\n", 4, "set twice" },
		{ "[hook:x]\nscript = nginx\noption.a-b = c\n", 3,
			"'a-b' is not an option's name" },
		{ "[hook:x]\nscript = nginx\noption." LONG64 " = c\n", 3, "too long" },
		{ "[hook:x]\nscript = nginx\ntimeout = 25h\n", 3, "not within" },
		{ CERT "custom_field. = c\n", 5, "unknown key 'custom_field.'" },
		{ CERT "bogus = c\n", 5, "unknown key 'bogus' in [certificate:c]" },
	};

	conf_scene_write(*state, "hooks/README", "", 0);
	refuse_rows(*state, rows, ARRAY_LEN(rows), REST);
}

/* The line that is to blame may stand in [defaults], whichever certificate stumbles over it. */
static void blames_defaults(void **state)
{
	static const struct row rows[] = {
		{ "[defaults]\naccount = other\n", 2, "no [scm:other]" },
		{ "[defaults]\nkey_store = token:x\n", 2, "no [token:x]" },
		{ "[defaults]\ncountry = Germany\n", 2, "country" },
		{ "[defaults]\ngroup = no-such-group-here\n", 2, "group" },
		{ "[defaults]\nterm = 1\ndeploy_hooks = nothing\n", 3, "'nothing'" },
		{ "[defaults]\nterm = 1\nverify = nothing\n", 3, "verify" },
	};

	refuse_rows(*state, rows, ARRAY_LEN(rows), REST);
}

static void limits_comments(void **state)
{
	for (int length = 960; length <= 961; length++) {
		AUTO(buf) struct buf text = BUF(65536);
		AUTO(conf) struct conf *conf = NULL;

		buf_addf(&text, CERT "comments = %0*d\n", length - 800, 0);
		for (int i = 0; i < 8; i++)
			buf_addf(&text, "  %099d\n", 0);
		buf_add_str(&text, SCENE_ACCOUNT);
		if (length == 961) {
			conf_scene_refuse(*state, buf_str(&text), 5, "comments: longer than 960");
			return;
		}
		conf = conf_scene_load(*state, buf_str(&text));
		assert_int_equal(strlen(conf->cert->comments), 960);
	}
}

/* As many as a request to scm-agent-fetch can carry, and not one fewer in silence. */
static void limits_custom_fields(void **state)
{
	AUTO(buf) struct buf text = BUF(65536);
	AUTO(conf) struct conf *conf = NULL;

	buf_add_str(&text, SCENE_ACCOUNT CERT);
	for (int i = 0; i < 64; i++)
		buf_addf(&text, "custom_field.%d = x\n", i);
	conf = conf_scene_load(*state, buf_str(&text));
	assert_int_equal(conf->cert->field_names.n, 64);
	buf_add_str(&text, "custom_field.one more = x\n");
	conf_scene_refuse(*state, buf_str(&text), 75, "more than 64");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, conf_scene_setup, conf_scene_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(has_defaults),
		TEST(reads_agent),
		TEST(reads_accounts),
		TEST(reads_a_login_of_our_own),
		TEST(reads_tokens),
		TEST(tells_configurations_apart),
		TEST(finds_the_only_token),
		TEST(reads_certificates),
		TEST(gives_the_subject),
		TEST(takes_other_common_names),
		TEST(merges_defaults),
		TEST(reads_hooks),
		TEST(prefers_sections_to_scripts),
		TEST(reads_verify),
		TEST(reads_drop_ins),
		TEST(takes_nothing),
		TEST(refuses_what_comes_later),
		TEST(reads_renewals),
		TEST(refuses_sections),
		TEST(takes_logins),
		TEST(refuses_accounts),
		TEST(repeats_no_secret),
		TEST(refuses_certificates),
		TEST(blames_defaults),
		TEST(limits_comments),
		TEST(limits_custom_fields),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
