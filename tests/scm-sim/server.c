#include "server.h"

#include "exchange.h"
#include "hex.h"
#include "request_log.h"
#include "tls_identity.h"
#include "wire.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BODY_LIMIT (1u << 20)
#define CONNECTIONS 4000
#define IDLE_SECONDS 300
#define PEM_LIMIT 65536

struct server {
	struct sim *sim;
	struct MHD_Daemon *daemon;
	uint16_t port;
	int log;
	char *identity, *client_ca; /* PEM; the library reads them as long as it runs */
	uint64_t connections;	    /* counted so far; only the library's accepting thread writes */
};

/* What is known of one connection. */
struct link {
	uint64_t id, requests;
	struct request *pending; /* owned: begun, and not ended by the library */
};

static enum MHD_Result add_pair(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	pairs_add(context, name, value ? value : "");
	return MHD_YES;
}

static struct link *link_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/*
 * Called with the first line of a request. A request whose head is then refused by the library
 * never comes to its end, so the link keeps it.
 */
static void *begin_request(void *context, const char *target, struct MHD_Connection *connection)
{
	struct request *request = mem_new(1, sizeof(*request));
	struct link *link = link_of(connection);

	(void)context;
	request->target = mem_text(target);
	request_free(link->pending);
	link->pending = request;
	return request;
}

static void end_request(void *context, struct MHD_Connection *connection, void **request,
	enum MHD_RequestTerminationCode how)
{
	(void)context;
	(void)how;
	link_of(connection)->pending = NULL;
	request_free(TAKE(*request));
}

static void note_connection(void *context, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode what)
{
	struct server *server = context;
	struct link *link;

	(void)connection;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		link = mem_new(1, sizeof(*link));
		link->id = __atomic_add_fetch(&server->connections, 1, __ATOMIC_RELAXED);
		*socket_context = link;
	} else {
		link = TAKE(*socket_context);
		request_free(link->pending);
		free(link);
	}
}

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
}

static char *peer_serial(const gnutls_datum_t *der)
{
	const unsigned char *p = der->data;
	AUTO(cert) X509 *cert = d2i_X509(NULL, &p, (long)der->size);

	return cert ? serial_text(X509_get0_serialNumber(cert)) : mem_text("unreadable");
}

static void read_tls(struct request *request, struct MHD_Connection *connection)
{
	gnutls_session_t session = session_of(connection);
	unsigned int count = 0, status = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);

	request->tls = gnutls_protocol_get_name(gnutls_protocol_get_version(session));
	if (!chain || !count)
		return;
	request->peer_serial = peer_serial(&chain[0]);
	request->peer_trusted = gnutls_certificate_verify_peers2(session, &status) == 0 && !status;
}

static void read_head(struct request *request, struct MHD_Connection *connection,
	const char *method, const char *path)
{
	struct link *link = link_of(connection);

	request->method = mem_text(method);
	request->path = mem_text(path);
	request->connection = link->id;
	request->number = ++link->requests;
	MHD_get_connection_values(connection, MHD_HEADER_KIND, add_pair, &request->headers);
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_pair, &request->query);
	read_tls(request, connection);
}

static void read_part(struct request *request, const char *data, size_t length)
{
	if (request->length + length > BODY_LIMIT) {
		request->too_long = true;
		return;
	}
	request->body = mem_grow(request->body, request->length + length + 1, 1);
	memcpy(request->body + request->length, data, length);
	request->length += length;
	request->body[request->length] = '\0';
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct reply *reply)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(reply->length, reply->body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result queued;

	if (!response)
		return MHD_NO;
	reply->body = NULL;
	for (size_t i = 0; i < reply->header_count; i++)
		MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
	queued = MHD_queue_response(connection, (unsigned int)reply->status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result answer(const struct server *server, struct MHD_Connection *connection,
	const struct request *request)
{
	struct exchange exchange = { 0 };
	const struct fault *delay;
	enum MHD_Result result = MHD_NO;

	exchange_run(&exchange, server->sim, request);
	request_log_add(server->log, request, &exchange, wire_answers(&exchange.faults));
	delay = fault_find(&exchange.faults, FAULT_DELAY_AFTER);
	if (delay && !sim_wait(server->sim, delay->number)) {
		/* the server ends: the connection goes without an answer */
	} else if (wire_wanted(&exchange.faults)) {
		struct wire wire = {
			.session = session_of(connection),
			.fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				      ->connect_fd,
			.stop = server->sim->stop,
			.head = !strcmp(request->method, "HEAD"),
		};

		wire_run(&wire, &exchange.reply, &exchange.faults);
	} else {
		result = send_reply(connection, &exchange.reply);
	}
	exchange_clear(&exchange);
	return result;
}

/* Called once with the head of a request, then with each part of its body, then to be answered. */
/* NOLINTNEXTLINE(readability-function-size): the library asks for these parameters */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
	const char *path, const char *method, const char *version, const char *data, size_t *length,
	void **state)
{
	struct request *request = *state;

	(void)version;
	if (!request->method) {
		read_head(request, connection, method, path);
		return MHD_YES;
	}
	if (*length) {
		read_part(request, data, *length);
		*length = 0;
		return MHD_YES;
	}
	return answer(context, connection, request);
}

/* A login's certificate may also have been ordered here. */
static bool read_client_cas(struct server *server, struct err *err)
{
	AUTO(text) char *client_path = file_path(server->sim->dir, "client-ca.pem");
	AUTO(text) char *leaf_path = file_path(server->sim->dir, "leaf-ca.pem");
	AUTO(text) char *client = NULL;
	AUTO(text) char *leaf = NULL;

	if (!file_read(&client, NULL, client_path, PEM_LIMIT, err) ||
		!file_read(&leaf, NULL, leaf_path, PEM_LIMIT, err))
		return false;
	server->client_ca = mem_format("%s%s", client, leaf);
	return true;
}

static bool read_pems(struct server *server, const char *kind, struct err *err)
{
	return tls_identity_make(&server->identity, kind, server->sim->ca, err) &&
	       read_client_cas(server, err);
}

static bool listen_on(struct server *server, const struct options *options, struct err *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(options->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const union MHD_DaemonInfo *info;

	server->daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD |
						  MHD_USE_THREAD_PER_CONNECTION | MHD_USE_TLS |
						  MHD_USE_ITC,
		options->port, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, &address,
		MHD_OPTION_HTTPS_MEM_KEY, server->identity, MHD_OPTION_HTTPS_MEM_CERT,
		server->identity, MHD_OPTION_HTTPS_MEM_TRUST, server->client_ca,
		MHD_OPTION_HTTPS_PRIORITIES, options->tls_priority, MHD_OPTION_URI_LOG_CALLBACK,
		begin_request, server, MHD_OPTION_NOTIFY_COMPLETED, end_request, server,
		MHD_OPTION_NOTIFY_CONNECTION, note_connection, server, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)IDLE_SECONDS, MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned int)1024,
		MHD_OPTION_END);
	if (!server->daemon)
		return err_errno(err, "listen on 127.0.0.1:%u", options->port);
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
	server->port = info ? info->port : options->port;
	return true;
}

bool server_start(
	struct server **out, struct sim *sim, const struct options *options, struct err *err)
{
	struct server *server = mem_new(1, sizeof(*server));

	server->sim = sim;
	server->log = -1;
	if (!read_pems(server, options->tls_certificate, err) ||
		!request_log_open(&server->log, sim->dir, err) ||
		!listen_on(server, options, err)) {
		server_stop(server);
		return false;
	}
	*out = server;
	return true;
}

uint16_t server_port(const struct server *server)
{
	return server->port;
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	eventfd_write(server->sim->stop, 1);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	fd_auto(&server->log);
	free(server->identity);
	free(server->client_ca);
	free(server);
}
