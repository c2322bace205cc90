#include "agent/fetcher.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/secret.h"

#define STORE_MAX (1024 * 1024)
#define TRUST_MAX (2 * 1024 * 1024)
#define STOP_TIMEOUT_MS 2000
#define PATIENCE_MS (420 * 1000) /* longer than any call to SCM may take */

struct fetcher {
	pid_t pid;
	int sock;
	uint32_t last_id;
	struct buf in;
	struct answer *inbox;
	size_t n;
	int64_t heard;
	int64_t patience_ms;
	bool ended; /* nothing will come any more */
};

void answer_dispose(struct answer *a)
{
	wire_reply_dispose(&a->reply);
	free(a->body);
	*a = (struct answer) { 0 };
}

int fetcher_fd(const struct fetcher *f)
{
	return f->sock;
}

int64_t fetcher_heard(const struct fetcher *f)
{
	return f->heard;
}

int64_t fetcher_patience(const struct fetcher *f)
{
	return f->patience_ms;
}

bool fetcher_ended(const struct fetcher *f)
{
	return f->ended;
}

void fetcher_stop(struct fetcher *f)
{
	if (!f)
		return;
	fs_close(f->sock);
	if (f->pid > 0)
		proc_stop(f->pid, STOP_TIMEOUT_MS);
	for (size_t i = 0; i < f->n; i++)
		answer_dispose(&f->inbox[i]);
	free(f->inbox);
	buf_dispose(&f->in);
	free(f);
}

static bool gone(struct err *err)
{
	return err_set(err, ERR_INTERNAL, "scm-agent-fetch ended unexpectedly");
}

static bool send_all(struct fetcher *f, const struct buf *message, struct err *err)
{
	size_t sent = 0;

	while (sent < message->len) {
		ssize_t n = send(f->sock, message->data + sent, message->len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gone(err);
		sent += (size_t)n;
	}
	return true;
}

bool fetcher_send(struct fetcher *f, struct wire_request *r, struct err *err)
{
	AUTO(buf_secret) struct buf message = BUF(WIRE_REQUEST_MAX + WIRE_HEADER);

	r->id = ++f->last_id;
	return wire_encode_request(&message, r, err) && send_all(f, &message, err);
}

/* Moves whole messages from the received bytes into the inbox. */
static bool sort_in(struct fetcher *f, struct err *err)
{
	const char *body;
	size_t len;
	size_t used;

	err->kind = ERR_NONE;
	while (wire_take(&body, &len, &used, &f->in, WIRE_REPLY_MAX, err)) {
		struct answer *grown = reallocarray(f->inbox, f->n + 1, sizeof(*grown));
		struct answer a = { .body = malloc(len ? len : 1) };

		if (grown)
			f->inbox = grown;
		if (!grown || !a.body) {
			free(a.body);
			return err_memory(err);
		}
		memcpy(a.body, body, len);
		if (!wire_decode_reply(&a.reply, a.body, len, err)) {
			free(a.body);
			return err_wrap(err, "scm-agent-fetch");
		}
		f->inbox[f->n++] = a;
		memmove(f->in.data, f->in.data + used, f->in.len - used);
		f->in.len -= used;
	}
	return err->kind == ERR_NONE;
}

bool fetcher_pump(struct fetcher *f, struct err *err)
{
	char part[16384];
	ssize_t n;

	for (;;) {
		n = recv(f->sock, part, sizeof(part), MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		f->heard = clock_ms();
		buf_add(&f->in, part, (size_t)n);
		if (!buf_check(&f->in, "answers of scm-agent-fetch", err) || !sort_in(f, err))
			return false;
	}
	/* what came before the end is still good */
	f->ended = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
	return true;
}

bool fetcher_take(struct answer *out, struct fetcher *f, uint32_t id)
{
	for (size_t i = 0; i < f->n; i++) {
		if (id && f->inbox[i].reply.id != id)
			continue;
		*out = f->inbox[i];
		memmove(&f->inbox[i], &f->inbox[i + 1], (f->n - i - 1) * sizeof(*f->inbox));
		f->n--;
		return true;
	}
	return false;
}

bool fetcher_call(struct answer *out, struct fetcher *f, struct wire_request *r, struct err *err)
{
	int64_t deadline = clock_ms() + f->patience_ms;

	if (!fetcher_send(f, r, err))
		return false;
	while (!fetcher_take(out, f, r->id)) {
		struct pollfd p = { .fd = f->sock, .events = POLLIN };
		int64_t left = deadline - clock_ms();

		if (f->ended)
			return gone(err);
		if (left <= 0)
			return err_set(err, ERR_UNAVAILABLE, "scm-agent-fetch does not answer");
		if (poll(&p, 1, (int)left) > 0 && !fetcher_pump(f, err))
			return false;
	}
	return true;
}

/* What the account's record borrows from until it was sent. */
enum secret_of { SECRET_LOGIN, SECRET_STORE, SECRET_KEY, SECRET_TRUST, SECRET_PROXY, SECRET_COUNT };

struct parts {
	struct buf store;
	struct buf trust;
	struct secret *secret[SECRET_COUNT];
};

static void parts_dispose(struct parts *p)
{
	buf_wipe(&p->store);
	buf_dispose(&p->trust);
	for (size_t i = 0; i < SECRET_COUNT; i++)
		secret_free(p->secret[i]);
}
AUTO_DEFINE_REF(parts, struct parts, parts_dispose);

/* What others may have written; the state directory as a whole has been looked at. */
static bool check_file(const struct credential *from, const char *path, struct err *err)
{
	if (from->ours)
		return true;
	if (!fs_check_trusted(path, "client_cert_key_store", err))
		return false;
	/* the other formats may rely on their password, a PEM key may not be encrypted at all */
	return from->type != CONF_STORE_PEM || secret_check_private(path, err) ||
	       err_wrap(err, "client_cert_key_store");
}

static bool read_store(struct parts *p, const struct credential *from, struct err *err)
{
	p->store = BUF(STORE_MAX);
	if (from->content) {
		buf_add(&p->store, from->content->data, from->content->len);
		return buf_check(&p->store, "client_cert_key_store", err);
	}
	for (size_t i = 0; i < ARRAY_LEN(from->file) && from->file[i]; i++) {
		if (!check_file(from, from->file[i], err))
			return false;
		if (!fs_read_path(&p->store, from->file[i], err)) {
			err->kind = ERR_CONFIG;
			return err_wrap(err, "client_cert_key_store");
		}
	}
	return true;
}

static bool read_secrets(struct parts *p, const struct fetcher_start *start, struct err *err)
{
	const struct conf_account *a = start->account;
	const struct credential *from = start->credential;
	bool pin = from->token && !from->password_file;
	const struct {
		const char *key;
		const char *from;
	} secrets[SECRET_COUNT] = {
		[SECRET_LOGIN] = { a->auth == CONF_OAUTH2 ? "client_secret_file" : "password_file",
			a->secret_file },
		[SECRET_STORE] = { pin ? "pin_file" : "client_cert_key_store_password_file",
			pin ? from->token->pin_file : from->password_file },
		[SECRET_KEY] = { "client_cert_key_password_file", from->key_password_file },
		[SECRET_TRUST] = { "ssl_trust_store_password_file", a->trust_password_file },
		[SECRET_PROXY] = { "proxy_password_file", a->proxy_password_file },
	};

	for (size_t i = 0; i < SECRET_COUNT; i++)
		if (secrets[i].from && !secret_read(&p->secret[i], secrets[i].from, err))
			return err_wrap(err, "%s", secrets[i].key);
	return true;
}

static bool read_parts(struct parts *p, const struct fetcher_start *start, struct err *err)
{
	const struct conf_account *a = start->account;

	if (!read_store(p, start->credential, err) || !read_secrets(p, start, err))
		return false;
	if (!a->trust_store)
		return true;
	p->trust = BUF(TRUST_MAX);
	if (!fs_read_path(&p->trust, a->trust_store, err)) {
		err->kind = ERR_CONFIG;
		return err_wrap(err, "ssl_trust_store");
	}
	return true;
}

static struct wire_bytes bytes_of(const struct buf *b)
{
	return (struct wire_bytes) { b->data, b->len };
}

static struct wire_bytes secret_of(const struct parts *p, enum secret_of which)
{
	const struct secret *s = p->secret[which];

	return s ? (struct wire_bytes) { secret_bytes(s), secret_len(s) }
		 : (struct wire_bytes) { 0 };
}

static const enum wire_store_type store_types[] = {
	[CONF_STORE_PKCS12] = WIRE_STORE_PKCS12,
	[CONF_STORE_PEM] = WIRE_STORE_PEM,
	[CONF_STORE_JKS] = WIRE_STORE_JKS,
	[CONF_STORE_JCEKS] = WIRE_STORE_JCEKS,
	[CONF_STORE_PKCS11] = WIRE_STORE_PKCS11,
};

static void describe_login(
	struct wire_account *w, const struct conf_account *a, const struct parts *p)
{
	static const enum wire_auth auths[] = {
		[CONF_CLIENT_CERT] = WIRE_CLIENT_CERT,
		[CONF_PASSWORD] = WIRE_PASSWORD,
		[CONF_OAUTH2] = WIRE_OAUTH2,
	};

	w->api = a->api == CONF_ENROLLMENT ? WIRE_ENROLLMENT : WIRE_ADMIN;
	w->url = a->url;
	w->customer_uri = a->customer_uri;
	w->auth = auths[a->auth];
	w->login = a->login;
	w->secret = secret_of(p, SECRET_LOGIN);
	w->token_url = a->token_url;
}

static void describe_account(
	struct wire_account *w, const struct fetcher_start *start, const struct parts *p)
{
	const struct conf_account *a = start->account;
	const struct credential *from = start->credential;

	*w = (struct wire_account) {
		.store_type =
			a->auth == CONF_CLIENT_CERT ? store_types[from->type] : WIRE_STORE_NONE,
		.store = bytes_of(&p->store),
		.store_password = secret_of(p, SECRET_STORE),
		.key_password = secret_of(p, SECRET_KEY),
		.store_alias = from->alias,
		.trust_type = a->trust_store ? store_types[a->trust_type] : WIRE_STORE_NONE,
		.trust_store = bytes_of(&p->trust),
		.trust_password = secret_of(p, SECRET_TRUST),
		.proxy_host = a->proxy_host,
		.proxy_port = (uint32_t)a->proxy_port,
		.proxy_user = a->proxy_user,
		.proxy_password = secret_of(p, SECRET_PROXY),
		.parallel = (uint32_t)start->parallel,
	};
	describe_login(w, a, p);
	if (!from->token)
		return;
	w->token_module = from->token->module;
	w->token_init_args = from->token->init_args;
	w->token_uri = from->uri;
	w->token_timeout = (uint32_t)from->token->timeout;
}

/* Which file it was, and where its password came from: the fetcher knows neither. */
static bool name_source(const struct fetcher_start *start, struct err *err)
{
	const struct conf_account *a = start->account;
	const char *password = start->credential->password_file;

	if (err->kind != ERR_KEYSTORE || !a->store)
		return false;
	return err_wrap(err, "client_cert_key_store %s%s%s%s", a->store,
		password ? " with the password of " : "", password ? password : "",
		start->credential->key_password_file ? " and client_cert_key_password_file" : "");
}

/* The first exchange: the account, and whether its credential can be used. */
static bool introduce(struct fetcher *f, struct fetcher_seen *seen,
	const struct fetcher_start *start, struct err *err)
{
	AUTO(parts) struct parts parts = { 0 };
	AUTO(answer) struct answer answer = { 0 };
	struct wire_request r = { .op = WIRE_ACCOUNT };

	if (!read_parts(&parts, start, err))
		return false;
	describe_account(&r.account, start, &parts);
	if (!fetcher_call(&answer, f, &r, err))
		return false;
	seen->client_not_after = answer.reply.not_after;
	snprintf(seen->client_serial, sizeof(seen->client_serial), "%s", answer.reply.serial);
	seen->pin_refused = answer.reply.refused;
	if (answer.reply.err.kind == ERR_NONE)
		return true;
	*err = answer.reply.err;
	return name_source(start, err);
}

static const char **environment(const struct conf_token *token)
{
	size_t n = token ? token->env.n : 0;
	const char **env = calloc(n + 1, sizeof(*env));

	for (size_t i = 0; env && i < n; i++)
		env[i] = token->env.item[i];
	return env;
}

/* A token may take its time for a signature, in a call to SCM. */
static int64_t patience(const struct credential *c)
{
	return PATIENCE_MS + (c && c->token ? c->token->timeout * 1000 : 0);
}

bool fetcher_start(struct fetcher **out, struct fetcher_seen *seen,
	const struct fetcher_start *start, struct err *err)
{
	AUTO(fetcher) struct fetcher *f = calloc(1, sizeof(*f));
	const char **env = environment(start->credential ? start->credential->token : NULL);
	const char *argv[] = { start->path, NULL };
	struct proc_spec spec = { .argv = argv, .env = env };
	bool ok;

	*seen = (struct fetcher_seen) { 0 };
	if (!f || !env) {
		free(env);
		return err_memory(err);
	}
	f->sock = -1;
	f->patience_ms = patience(start->credential);
	f->in = BUF(2 * WIRE_REPLY_MAX + WIRE_HEADER);
	ok = proc_start(&f->pid, &f->sock, &spec, err);
	free(env);
	if (!ok) {
		err->kind = ERR_INTERNAL;
		return false;
	}
	if (start->account && !introduce(f, seen, start, err))
		return err_wrap(err, "account %s", start->account->name);
	*out = TAKE(f);
	return true;
}
