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

#define WIRE_VERSION 5
#define WIRE_HEADER 4			   /* bytes of the length before a body */
#define WIRE_REQUEST_MAX (4 * 1024 * 1024) /* an account carries a key store and a trust store */
#define WIRE_REPLY_MAX (1024 * 1024)
#define WIRE_CHAIN_MAX 10		 /* certificates */
#define WIRE_DER_MAX (32 * 1024)	 /* bytes of one */
#define WIRE_STRING_MAX (64 * 1024)	 /* bytes of one string of a request */
#define WIRE_TEXT_MAX (ERR_TEXT_MAX - 1) /* bytes of a message for a person */
#define WIRE_FIELDS_MAX 64		 /* custom fields of an order */
#define WIRE_ID_MAX 128			 /* bytes of an order's id */
#define WIRE_SPKI_MAX 64		 /* of SHA-256, hex */
#define WIRE_COLUMNS_MAX 12
#define WIRE_ROWS_MAX 2000

struct wire_bytes {
	const void *data;
	size_t len;
};

enum wire_op {
	WIRE_ACCOUNT = 1, /* first, once: whom to talk to and as whom */
	WIRE_SUBMIT,	  /* order a certificate: enroll, renew or replace */
	WIRE_FIND,	  /* look for the order that a lost answer was about */
	WIRE_COLLECT,	  /* state of an order, and its certificates when issued */
	WIRE_DETAILS,	  /* state of an order alone */
	WIRE_REVOKE,	  /* revoke the certificate of an order */
	WIRE_LIST,	  /* rows: what the account holds */
	WIRE_DCV,	  /* one step of a domain's validation */
	WIRE_PUBLISHED, /* whether a file of a domain's validation can be read by HTTP; as PROBE */
	WIRE_LOOKUP,	/* whether a record of a domain's validation is in the DNS; as PROBE */
	WIRE_ADDRESSES, /* what a server's name resolves to; as PROBE */
	WIRE_PROBE,	/* the chain that a TLS server shows; needs no account */
};

enum wire_api { WIRE_ADMIN = 1, WIRE_ENROLLMENT };

enum wire_auth { WIRE_CLIENT_CERT = 1, WIRE_PASSWORD, WIRE_OAUTH2 };

enum wire_store_type {
	WIRE_STORE_NONE, /* no client certificate, or the system's anchors */
	WIRE_STORE_PEM,
	WIRE_STORE_PKCS12,
	WIRE_STORE_JKS,
	WIRE_STORE_JCEKS,
	WIRE_STORE_PKCS11,
};

struct wire_account {
	enum wire_api api;
	const char *url;	  /* https://HOST[:PORT][/PREFIX], without /private and /api */
	const char *customer_uri; /* "": no such header */
	enum wire_auth auth;
	const char *login;	  /* OAuth2: the client's id */
	struct wire_bytes secret; /* the login's password, the OAuth2 client's secret, or empty */
	const char *token_url;	  /* OAuth2; "": found from a 401's WWW-Authenticate */

	enum wire_store_type store_type;
	struct wire_bytes store; /* content of the key store file; PKCS11: certificates in PEM
				    that go with the key, empty: those of the token */
	struct wire_bytes store_password; /* empty for none; the PIN for PKCS11 */
	struct wire_bytes key_password;	  /* JKS, JCEKS: of the key in it; empty: the store's */
	const char *store_alias;	  /* "" when the store has one key */
	const char *token_module;	  /* PKCS11: p11-kit name or absolute path */
	const char *token_init_args;	  /* PKCS11: for C_Initialize; "": none */
	const char *token_uri;	/* PKCS11: RFC 7512 URI of token, and of the object if given */
	uint32_t token_timeout; /* PKCS11: seconds that a call of the module may take */

	enum wire_store_type trust_type;
	struct wire_bytes trust_store; /* whom to believe; empty for the system's anchors */
	struct wire_bytes trust_password;

	const char *proxy_host; /* "": straight */
	uint32_t proxy_port;
	const char *proxy_user; /* "": no credentials */
	struct wire_bytes proxy_password;

	uint32_t parallel; /* most requests in flight */
};

struct wire_field {
	const char *name;
	const char *value;
};

enum wire_submit_kind {
	WIRE_ENROLL = 1, /* a new order (scm-api.md 3.2) */
	WIRE_RENEW,	 /* of `order`: a new order, by enrolling where the profile forbids it */
	WIRE_REPLACE,	 /* of `order`: the same order with a new key, or whatever id comes back */
};

/* Fields that a kind of order, or an API, has no use for are left out. */
struct wire_submit {
	enum wire_submit_kind kind;
	const char *order; /* RENEW, REPLACE: the id of the order that this one follows */
	uint64_t org_id;
	uint64_t profile;
	uint32_t term;		 /* days; 0 leaves it out */
	const char *csr;	 /* PEM */
	const char *common_name; /* REPLACE */
	const char *names;	 /* subjAltNames: bare values, comma separated; "" for none */
	const char *comments;
	const char *reason; /* REPLACE */
	const char *external_requester;
	const char *dcv_mode;  /* "" or as SCM writes it: "CNAME" */
	const char *dcv_email; /* with "EMAIL" */
	uint32_t field_count;
	struct wire_field field[WIRE_FIELDS_MAX];
};

/*
 * An order is ours when `tag` stands in its comments or its certificate has our key. RENEW: only
 * orders younger than `order` count. REPLACE: `order` alone, once its certificate has our key.
 *
 * Without a tag it is the newest order whose certificate has that key, whoever made it: RENEW, with
 * "0" for all orders with the common name. What is found by its key comes with its certificates.
 */
struct wire_find {
	enum wire_submit_kind kind;
	const char *common_name;
	const char *tag; /* "" with RENEW alone */
	const char *order;
	const char *spki; /* SHA-256 of our SubjectPublicKeyInfo, lower-case hex */
};

struct wire_order {
	const char *id;
	bool recheck; /* COLLECT: have SCM look at the domains' validation again, first */
};

/* scm-api.md 3.5. */
struct wire_revoke {
	const char *id;
	uint32_t code; /* RFC 5280's reasonCode; SCM takes 0, 1, 3, 4, 5 */
	const char *reason;
};

enum wire_list_kind {
	WIRE_LIST_ORGANIZATIONS = 1, /* id, name, parent's id or "" */
	WIRE_LIST_ORGANIZATION,	     /* of org_id: id, name, "yes"/"no"/"" SSL Web API enabled */
	WIRE_LIST_PROFILES,	     /* id, name, terms "90,199", key types "RSA:2048,EC:P-256" */
	WIRE_LIST_FIELDS,	     /* custom fields: id, name, "yes"/"no" mandatory */
	WIRE_LIST_DOMAINS,	     /* id, name */
	WIRE_LIST_VALIDATIONS,	/* domain, status, method, order status, expiration "2025-05-22" */
	WIRE_LIST_CERTIFICATES, /* id, common name, serial, names by blank */
	WIRE_LIST_PASSWORD,	/* state, expiration date */
};

/* Lists that SCM pages come page by page: wire_reply.next says where to go on. */
struct wire_list {
	enum wire_list_kind kind;
	uint64_t org_id;    /* 0 for all */
	uint32_t position;  /* 0-based, of the first entry */
	const char *name;   /* "", or the domain or common name to look for */
	const char *status; /* CERTIFICATES: "", or as SCM writes it */
	const char *serial; /* CERTIFICATES: "" */
};

enum wire_dcv_action { WIRE_DCV_STATUS = 1, WIRE_DCV_START, WIRE_DCV_SUBMIT, WIRE_DCV_CLEAR };

enum wire_dcv_method {
	WIRE_DCV_HTTP = 1,
	WIRE_DCV_HTTPS,
	WIRE_DCV_CNAME,
	WIRE_DCV_TXT,
	WIRE_DCV_EMAIL,
};

/*
 * scm-api.md 5. The answer is one row of WIRE_DCV_COLUMNS cells: status, order status, expiration
 * date, host, point, url, first line, second line, e-mail addresses by blank, message; "" for what
 * there is not.
 */
#define WIRE_DCV_COLUMNS 10
struct wire_dcv {
	enum wire_dcv_action action;
	enum wire_dcv_method method;
	const char *domain;
	const char *email; /* SUBMIT with EMAIL */
};

/*
 * Succeeds when the file at `url` has these two lines. Asked of a process without an account, as
 * probes are: what holds a credential talks to SCM alone.
 */
struct wire_published {
	const char *url; /* http: or https: (whose certificate does not matter) */
	const char *first_line;
	const char *second_line;
	const char *connect; /* "", or ADDRESS:PORT to go to instead of the URL's host */
};

/* Succeeds when the record is there. */
struct wire_lookup {
	bool text; /* TXT; else CNAME */
	const char *domain;
	const char *host;
	const char *point;
	const char *server; /* "" for the system's, or ADDRESS[:PORT] */
};

/* The answer is a row of one cell for each address, at most WIRE_ADDRESSES_MAX. */
#define WIRE_ADDRESSES_MAX 16
struct wire_addresses {
	const char *host;
};

/* What is spoken before TLS. */
enum wire_starttls {
	WIRE_STARTTLS_NONE,
	WIRE_STARTTLS_SMTP,
	WIRE_STARTTLS_IMAP,
	WIRE_STARTTLS_POP3,
	WIRE_STARTTLS_LDAP,
	WIRE_STARTTLS_POSTGRES,
};

/*
 * The answer is the chain, and one row of WIRE_PROBE_COLUMNS cells about its leaf: serial number
 * in upper-case hex, subject. On failure, `unsent`: nobody took the connection.
 */
#define WIRE_PROBE_COLUMNS 2
struct wire_probe {
	const char *connect_host; /* where to connect: name or address literal */
	uint32_t connect_port;
	const char *server_name; /* SNI */
	uint32_t timeout_ms;
	enum wire_starttls starttls;
};

struct wire_request {
	uint32_t id; /* chosen by the agent, not 0 */
	enum wire_op op;
	union {
		struct wire_account account;
		struct wire_submit submit;
		struct wire_find find;
		struct wire_order order; /* WIRE_COLLECT, WIRE_DETAILS */
		struct wire_revoke revoke;
		struct wire_list list;
		struct wire_dcv dcv;
		struct wire_published published;
		struct wire_lookup lookup;
		struct wire_addresses addresses;
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
 *	             PROBE: no connection came about
 *	refused      SUBMIT: a complete answer of SCM said no, so none exists (401, or a final code)
 *	             REVOKE: the same, so nothing was revoked
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

	const char *order; /* SUBMIT, FIND: its id, "" when there is none */
	bool enrolled;	   /* SUBMIT: SCM would not renew, so this is a new order */
	bool undecided;	   /* FIND: an order may be ours, which only its certificate will tell */
	enum wire_order_state order_state; /* FIND, COLLECT, DETAILS, REVOKE */
	const char *status;		   /* as SCM spells it, printable; "" when not known */
	const char *serial;   /* DETAILS, ACCOUNT (of the client certificate): upper-case hex
				 without separators, or "" */
	int64_t not_after;    /* ACCOUNT: end of the client certificate */
	uint32_t chain_count; /* COLLECT, FIND, PROBE: as the server sent them; 0 while waiting */
	struct wire_bytes chain[WIRE_CHAIN_MAX]; /* DER */
	uint32_t next;				 /* LIST: position of the next page, 0 at the end */
	uint32_t columns;			 /* LIST, DCV, ADDRESSES, PROBE */
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
