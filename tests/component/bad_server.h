/*
 * An HTTPS server that goes wrong at an exact point, and counts what reached it: for what scm-sim
 * can't do. One connection at a time, in a thread of its own, on a free port of the loopback.
 */
#ifndef TESTS_COMPONENT_BAD_SERVER_H
#define TESTS_COMPONENT_BAD_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define BAD_WHOLE_REQUEST ((size_t)-1)

struct bad_server_spec {
	const char *identity;  /* file: certificate and key, PEM */
	const char *client_ca; /* file; NULL: no client certificate is asked for, else required */
	bool ask_late;	       /* ask for it when the request was read: TLS 1.2 renegotiates */
	int version;	       /* the one TLS version, 0 for any */
	enum bad_habit {
		BAD_ANSWER,  /* handshake, read `read` bytes, send `answer`, close */
		BAD_HANG_UP, /* close at once */
		BAD_PLAIN,   /* speak no TLS */
		BAD_HTTP,    /* as BAD_ANSWER, but speak no TLS: a bad proxy */
		BAD_SILENT,  /* take the connection, then nothing */
	} habit;
	size_t read;	    /* bytes of the request, or BAD_WHOLE_REQUEST */
	const char *answer; /* borrowed */
	size_t len;
	bool endless;	  /* send the second half of the answer for ever */
	unsigned drip_ms; /* between single bytes; 0: all at once */
	bool reset;	  /* end with a TCP reset instead of a close */
};

struct bad_server {
	struct bad_server_spec spec;
	int listener;
	unsigned port;
	char url[64];
	pthread_t thread;
	atomic_size_t connections;
	atomic_size_t received; /* bytes of requests, after TLS */
	atomic_size_t clients;	/* certificates that clients have shown */
	atomic_bool ending;
};

void bad_server_start(struct bad_server *s, const struct bad_server_spec *spec);
void bad_server_stop(struct bad_server *s);

#endif
