/*
 * What scm-agent and scm-agent-fetch say to each other: the only thing that agent/ knows of scm/.
 *
 * A message is a 32-bit length (network order) and a body of that many bytes: version, operation,
 * request id, then the fields of one record, each with a bound. The agent asks; the fetcher
 * answers each request once, in any order, under the request's id. What stands in a reply came
 * through a parser of foreign bytes, so the agent decodes it strictly: a message that is too long,
 * cut, or out of range ends the conversation. Strings are NUL-terminated inside the message.
 *
 * Decoded structures borrow from the bytes they were decoded from. Encoding does not take
 * ownership of anything.
 */
#ifndef SCM_WIRE_H
#define SCM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define WIRE_VERSION 1
#define WIRE_HEADER 4			   /* bytes of the length before a body */
#define WIRE_REQUEST_MAX (4 * 1024 * 1024) /* an account carries a key store and a trust store */
#define WIRE_REPLY_MAX (1024 * 1024)
#define WIRE_CHAIN_MAX 10		 /* certificates */
#define WIRE_DER_MAX (32 * 1024)	 /* bytes of one */
#define WIRE_STRING_MAX (64 * 1024)	 /* bytes of one string of a request */
#define WIRE_TEXT_MAX (ERR_TEXT_MAX - 1) /* bytes of a message for a person */
#define WIRE_FIELDS_MAX 64		 /* custom fields of an order */
#define WIRE_COLUMNS_MAX 8
#define WIRE_ROWS_MAX 2000

struct wire_bytes {
	const void *data;
	size_t len;
};

enum wire_op {
	WIRE_ACCOUNT = 1, /* first, once: whom to talk to and as whom */
	WIRE_SUBMIT,	  /* order a certificate */
	WIRE_FIND,	  /* look for the order that carries a tag */
	WIRE_COLLECT,	  /* state of an order, and its certificates when issued */
	WIRE_DETAILS,	  /* state of an order alone */
	WIRE_LIST,	  /* rows: organizations, profiles */
	WIRE_PROBE,	  /* the chain that a TLS server shows; needs no account */
};

enum wire_store_type { WIRE_STORE_PEM = 1, WIRE_STORE_PKCS12, WIRE_STORE_PKCS11 };

struct wire_account {
	const char *url; /* https://HOST[:PORT][/PREFIX], without /private and /api */
	const char *customer_uri;
	const char *login;
	enum wire_store_type store_type;
	struct wire_bytes store;	  /* content of the key store file; empty for PKCS11 */
	struct wire_bytes store_password; /* empty for none; the PIN for PKCS11 */
	const char *store_alias;	  /* "" when the store has one key */
	const char *token_module;	  /* PKCS11: p11-kit name or absolute path */
	const char *token_uri; /* PKCS11: RFC 7512 URI of token, and of the object if given */
	struct wire_bytes trust_store; /* PEM certificates; empty for the system's anchors */
	uint32_t parallel;	       /* most requests in flight */
};

struct wire_field {
	const char *name;
	const char *value;
};

/* scm-api.md 3.2. */
struct wire_submit {
	uint64_t org_id;
	uint64_t profile;
	uint32_t term;	   /* days; 0 leaves it out */
	const char *csr;   /* PEM */
	const char *names; /* subjAltNames: bare values, comma separated; "" for none */
	const char *comments;
	const char *external_requester;
	uint32_t field_count;
	struct wire_field field[WIRE_FIELDS_MAX];
};

struct wire_find {
	const char *common_name;
	const char *tag; /* looked for in the comments of each order with that common name */
};

struct wire_order {
	uint64_t ssl_id;
};

enum wire_list_kind {
	WIRE_LIST_ORGANIZATIONS = 1, /* id, name, parent's id or "" */
	WIRE_LIST_PROFILES,	     /* id, name, terms "90,199", key types "RSA:2048,EC:P-256" */
};

struct wire_list {
	enum wire_list_kind kind;
	uint64_t org_id; /* WIRE_LIST_PROFILES: for this organization; 0 for all */
};

struct wire_probe {
	const char *connect_host; /* where to connect: name or address literal */
	uint32_t connect_port;
	const char *server_name; /* SNI */
	uint32_t timeout_ms;
};

struct wire_request {
	uint32_t id; /* chosen by the agent, not 0 */
	enum wire_op op;
	union {
		struct wire_account account;
		struct wire_submit submit;
		struct wire_find find;
		struct wire_order order; /* WIRE_COLLECT, WIRE_DETAILS */
		struct wire_list list;
		struct wire_probe probe;
	};
};

/* scm-api.md 3.4, folded into what an agent does about it. */
enum wire_order_state {
	WIRE_ORDER_NONE,    /* not an order, or WIRE_FIND found none */
	WIRE_ORDER_WAITING, /* Init, Requested, Approved, SAApproved, Applied; not collectable yet
			     */
	WIRE_ORDER_ISSUED,
	WIRE_ORDER_REFUSED, /* Declined, Rejected, Invalid */
	WIRE_ORDER_REVOKED,
	WIRE_ORDER_EXPIRED,
	WIRE_ORDER_REPLACED,
	WIRE_ORDER_UNKNOWN, /* a status that is not in the document */
	WIRE_ORDER_STATE_COUNT
};

/*
 * err.kind ERR_NONE: done, and the fields of the operation are set. Otherwise the rest says how it
 * failed:
 *	code         SCM's error code, 0 when there was none
 *	unsent       SUBMIT: no byte of the order left this host, so none can exist
 *	refused      SUBMIT: a complete answer of SCM said no, so none exists (401, or a final code)
 *	             ACCOUNT: the token would not take the PIN, which must not be tried again
 *	neither      SUBMIT: an order may exist; look for it, never submit blindly
 *	retry_after  seconds that the server asked to wait, 0 for none
 */
struct wire_reply {
	uint32_t id;
	struct err err;
	int64_t code;
	bool unsent;
	bool refused;
	uint32_t retry_after;

	uint64_t ssl_id;		   /* SUBMIT, FIND */
	enum wire_order_state order_state; /* FIND, COLLECT, DETAILS */
	const char *status;		   /* as SCM spells it, printable; "" when not known */
	const char *serial;		   /* DETAILS: upper-case hex without separators, or "" */
	int64_t not_after;		   /* ACCOUNT: end of the client certificate */
	uint32_t chain_count; /* COLLECT, PROBE: as the server sent them; 0 while waiting */
	struct wire_bytes chain[WIRE_CHAIN_MAX]; /* DER */
	uint32_t columns;			 /* LIST */
	uint32_t rows;
	const char *
		*cell; /* rows * columns, row by row; owned by the decoder, wire_reply_dispose() */
};

/*
 * Appends a whole message, length first. Fails (ERR_INTERNAL) when a field is over its bound. A
 * request with a password leaves it in `out`: buf_wipe().
 */
MUST_USE bool wire_encode_request(struct buf *out, const struct wire_request *r, struct err *err);
MUST_USE bool wire_encode_reply(struct buf *out, const struct wire_reply *r, struct err *err);

/* Decodes a body (without the length). ERR_PROTOCOL when anything is out of order. */
MUST_USE bool wire_decode_request(
	struct wire_request *out, const void *body, size_t len, struct err *err);
MUST_USE bool wire_decode_reply(
	struct wire_reply *out, const void *body, size_t len, struct err *err);

void wire_reply_dispose(struct wire_reply *r);
AUTO_DEFINE_REF(wire_reply, struct wire_reply, wire_reply_dispose);

/*
 * One message out of received bytes: true when `in` starts with a whole one; then *body and *len
 * are set and *used is what to remove. False with err->kind ERR_NONE when more bytes are needed,
 * ERR_PROTOCOL when the length is over `max`.
 */
bool wire_take(const char **body, size_t *len, size_t *used, const struct buf *in, size_t max,
	struct err *err);

#endif
