/* The records between scm-agent and scm-agent-fetch: round trips, bounds, every cut and change. */
#include "scm/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT (8 * 1024 * 1024)
#define BYTES(s) ((struct wire_bytes) { .data = (s), .len = sizeof(s) - 1 })

static struct wire_request request_of(enum wire_op op)
{
	struct wire_request r = { .id = 7, .op = op };

	switch (op) {
	case WIRE_ACCOUNT:
		r.account = (struct wire_account) {
			.api = WIRE_ADMIN,
			.url = "https://cert-manager.com",
			.customer_uri = "example",
			.auth = WIRE_CLIENT_CERT,
			.login = "api-host01",
			.secret = BYTES("pass\0word"),
			.token_url = "https://sso.example/token",
			.store_type = WIRE_STORE_PKCS12,
			.store = BYTES("key\0store"),
			.store_password = BYTES("secret"),
			.key_password = BYTES("inner"),
			.store_alias = "scm",
			.token_module = "softhsm2",
			.token_init_args = "configdir='/x'",
			.token_uri = "pkcs11:token=web",
			.token_timeout = 300,
			.trust_type = WIRE_STORE_JKS,
			.trust_store = BYTES("-----BEGIN CERTIFICATE-----"),
			.trust_password = BYTES("changeit"),
			.proxy_host = "proxy.example.com",
			.proxy_port = 3128,
			.proxy_user = "host",
			.proxy_password = BYTES("p:w"),
			.parallel = 4,
		};
		break;
	case WIRE_SUBMIT:
		r.submit = (struct wire_submit) {
			.kind = WIRE_REPLACE,
			.order = "55",
			.org_id = 1234,
			.profile = 1018,
			.term = 199,
			.csr = "-----BEGIN CERTIFICATE REQUEST-----",
			.common_name = "a.example.com",
			.names = "a.example.com,b.example.com",
			.comments = "tag 00ff",
			.reason = "new key",
			.external_requester = "a@example.com",
			.dcv_mode = "EMAIL",
			.dcv_email = "admin@example.com",
			.field_count = 2,
			.field = { { "Cost centre", "4711" }, { "Owner", "" } },
		};
		break;
	case WIRE_FIND:
		r.find = (struct wire_find) { WIRE_RENEW, "www.example.com", "00112233", "55",
			"00ff" };
		break;
	case WIRE_COLLECT:
	case WIRE_DETAILS:
		r.order.id = "Ab3-_.~9";
		r.order.recheck = true;
		break;
	case WIRE_REVOKE:
		r.revoke = (struct wire_revoke) { "55", 4, "superseded" };
		break;
	case WIRE_LIST:
		r.list = (struct wire_list) { WIRE_LIST_CERTIFICATES, 55, 200, "a.example.com",
			"Issued", "0A1B" };
		break;
	case WIRE_DCV:
		r.dcv = (struct wire_dcv) { WIRE_DCV_SUBMIT, WIRE_DCV_EMAIL, "example.com",
			"admin@example.com" };
		break;
	case WIRE_PUBLISHED:
		r.published = (struct wire_published) { "http://example.com/x.txt", "00ff",
			"sectigo.com", "192.0.2.1:8080" };
		break;
	case WIRE_LOOKUP:
		r.lookup = (struct wire_lookup) { true, "example.com",
			"_pki-validation.example.com.", "a\"b", "192.0.2.53" };
		break;
	case WIRE_ADDRESSES:
		r.addresses = (struct wire_addresses) { "www.example.com" };
		break;
	case WIRE_PROBE:
		r.probe = (struct wire_probe) { "::1", 25, "mx.example.com", 5000,
			WIRE_STARTTLS_SMTP };
		break;
	}
	return r;
}

static const char *cells[] = { "1", "Example", "", "2", "Sub", "1" };

static struct wire_reply full_reply(void)
{
	struct wire_reply r = { .id = 9,
		.code = -36,
		.order = "55",
		.enrolled = true,
		.undecided = true,
		.order_state = WIRE_ORDER_ISSUED,
		.status = "Issued",
		.serial = "0A1B",
		.not_after = -1,
		.chain_count = 2,
		.chain = { BYTES("leaf"), BYTES("issuer\0x") },
		.next = 200,
		.columns = 3,
		.rows = 2,
		.cell = cells };

	return r;
}

static struct wire_reply failed_reply(void)
{
	struct wire_reply r = { .id = 9, .code = -36, .refused = true, .retry_after = 60 };

	err_set(&r.err, ERR_REJECTED, "POST /ssl/v1/enroll: HTTP 400");
	return r;
}

static void encode_request(struct buf *out, const struct wire_request *r)
{
	struct err err = { 0 };

	assert_true(wire_encode_request(out, r, &err));
}

static void encode_reply(struct buf *out, const struct wire_reply *r)
{
	struct err err = { 0 };

	assert_true(wire_encode_reply(out, r, &err));
}

static void same_request(const struct buf *message)
{
	AUTO(buf) struct buf again = BUF(LIMIT);
	struct wire_request r;
	struct err err = { 0 };

	assert_true(wire_decode_request(
		&r, message->data + WIRE_HEADER, message->len - WIRE_HEADER, &err));
	encode_request(&again, &r);
	assert_int_equal(again.len, message->len);
	assert_memory_equal(again.data, message->data, again.len);
}

static void test_request_round_trip(void **state)
{
	(void)state;
	for (enum wire_op op = WIRE_ACCOUNT; op <= WIRE_PROBE; op++) {
		AUTO(buf) struct buf message = BUF(LIMIT);
		struct wire_request r = request_of(op);

		encode_request(&message, &r);
		same_request(&message);
	}
}

static void test_request_fields_survive(void **state)
{
	AUTO(buf) struct buf account = BUF(LIMIT);
	AUTO(buf) struct buf submit = BUF(LIMIT);
	struct wire_request r = request_of(WIRE_ACCOUNT);
	struct wire_request s = request_of(WIRE_SUBMIT);
	struct wire_request out;
	struct err err = { 0 };

	(void)state;
	encode_request(&account, &r);
	assert_true(wire_decode_request(&out, account.data + 4, account.len - 4, &err));
	assert_int_equal(out.id, 7);
	assert_int_equal(out.op, WIRE_ACCOUNT);
	assert_string_equal(out.account.url, "https://cert-manager.com");
	assert_string_equal(out.account.login, "api-host01");
	assert_int_equal(out.account.store_type, WIRE_STORE_PKCS12);
	assert_int_equal(out.account.store.len, 9);
	assert_memory_equal(out.account.store.data, "key\0store", 9);
	assert_int_equal(out.account.parallel, 4);

	encode_request(&submit, &s);
	assert_true(wire_decode_request(&out, submit.data + 4, submit.len - 4, &err));
	assert_int_equal(out.submit.org_id, 1234);
	assert_int_equal(out.submit.profile, 1018);
	assert_int_equal(out.submit.term, 199);
	assert_string_equal(out.submit.names, "a.example.com,b.example.com");
	assert_int_equal(out.submit.field_count, 2);
	assert_string_equal(out.submit.field[0].name, "Cost centre");
	assert_string_equal(out.submit.field[1].value, "");
}

static void test_reply_round_trip(void **state)
{
	struct wire_reply reply[] = { full_reply(), failed_reply(), { .id = 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reply); i++) {
		AUTO(buf) struct buf message = BUF(LIMIT);
		AUTO(buf) struct buf again = BUF(LIMIT);
		AUTO(wire_reply) struct wire_reply r = { 0 };
		struct err err = { 0 };

		encode_reply(&message, &reply[i]);
		assert_true(wire_decode_reply(&r, message.data + 4, message.len - 4, &err));
		encode_reply(&again, &r);
		assert_int_equal(again.len, message.len);
		assert_memory_equal(again.data, message.data, again.len);
	}
}

static void test_reply_fields_survive(void **state)
{
	AUTO(buf) struct buf message = BUF(LIMIT);
	AUTO(buf) struct buf failed = BUF(LIMIT);
	AUTO(wire_reply) struct wire_reply r = { 0 };
	AUTO(wire_reply) struct wire_reply f = { 0 };
	struct wire_reply in = full_reply();
	struct wire_reply bad = failed_reply();
	struct err err = { 0 };

	(void)state;
	encode_reply(&message, &in);
	assert_true(wire_decode_reply(&r, message.data + 4, message.len - 4, &err));
	assert_int_equal(r.code, -36);
	assert_int_equal(r.order_state, WIRE_ORDER_ISSUED);
	assert_int_equal(r.not_after, -1);
	assert_int_equal(r.chain_count, 2);
	assert_int_equal(r.chain[1].len, 8);
	assert_memory_equal(r.chain[1].data, "issuer\0x", 8);
	assert_string_equal(r.cell[4], "Sub");
	assert_string_equal(r.cell[2], "");

	encode_reply(&failed, &bad);
	assert_true(wire_decode_reply(&f, failed.data + 4, failed.len - 4, &err));
	assert_int_equal(f.err.kind, ERR_REJECTED);
	assert_string_equal(f.err.text, "POST /ssl/v1/enroll: HTTP 400");
	assert_true(f.refused);
	assert_false(f.unsent);
	assert_int_equal(f.retry_after, 60);
}

/* A copy on the heap of exactly that many bytes, so that a sanitizer sees a read beyond. */
static char *exact(const char *data, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, data, len);
	return copy;
}

static void test_each_cut_is_refused(void **state)
{
	(void)state;
	for (enum wire_op op = WIRE_ACCOUNT; op <= WIRE_PROBE; op++) {
		AUTO(buf) struct buf message = BUF(LIMIT);
		struct wire_request r = request_of(op);
		struct wire_request out = { .id = 99 };

		encode_request(&message, &r);
		for (size_t len = 0; len < message.len - WIRE_HEADER; len++) {
			AUTO_STR char *cut = exact(message.data + WIRE_HEADER, len);
			struct err err = { 0 };

			assert_false(wire_decode_request(&out, cut, len, &err));
			assert_int_equal(err.kind, ERR_PROTOCOL);
		}
		assert_int_equal(out.id, 99);
	}
}

static void test_each_cut_reply_is_refused(void **state)
{
	AUTO(buf) struct buf message = BUF(LIMIT);
	struct wire_reply in = full_reply();

	(void)state;
	encode_reply(&message, &in);
	for (size_t len = 0; len < message.len - WIRE_HEADER; len++) {
		AUTO_STR char *cut = exact(message.data + WIRE_HEADER, len);
		struct wire_reply out = { .id = 99 };
		struct err err = { 0 };

		assert_false(wire_decode_reply(&out, cut, len, &err));
		assert_int_equal(err.kind, ERR_PROTOCOL);
		assert_int_equal(out.id, 99);
	}
}

static void test_bytes_too_many_are_refused(void **state)
{
	AUTO(buf) struct buf message = BUF(LIMIT);
	AUTO(buf) struct buf answer = BUF(LIMIT);
	struct wire_request r = request_of(WIRE_FIND);
	struct wire_reply a = full_reply();
	struct wire_request out;
	struct wire_reply got = { 0 };
	struct err err = { 0 };

	(void)state;
	encode_request(&message, &r);
	buf_add(&message, "", 1);
	assert_false(wire_decode_request(&out, message.data + 4, message.len - 4, &err));
	assert_int_equal(err.kind, ERR_PROTOCOL);
	encode_reply(&answer, &a);
	buf_add(&answer, "", 1);
	assert_false(wire_decode_reply(&got, answer.data + 4, answer.len - 4, &err));
}

/* Whatever still decodes after a change of one byte is a well-formed message: it encodes back. */
static void test_each_changed_byte(void **state)
{
	static const unsigned char change[] = { 0x01, 0x80, 0xff, 0x20 };
	AUTO(buf) struct buf message = BUF(LIMIT);
	struct wire_reply in = full_reply();
	size_t refused = 0;

	(void)state;
	encode_reply(&message, &in);
	for (size_t at = WIRE_HEADER; at < message.len; at++) {
		for (size_t i = 0; i < ARRAY_LEN(change); i++) {
			AUTO_STR char *body =
				exact(message.data + WIRE_HEADER, message.len - WIRE_HEADER);
			AUTO(buf) struct buf again = BUF(LIMIT);
			AUTO(wire_reply) struct wire_reply out = { 0 };
			struct err err = { 0 };

			body[at - WIRE_HEADER] = (char)(body[at - WIRE_HEADER] ^ change[i]);
			if (!wire_decode_reply(&out, body, message.len - WIRE_HEADER, &err)) {
				refused++;
				continue;
			}
			encode_reply(&again, &out);
			assert_int_equal(again.len, message.len);
			assert_memory_equal(
				again.data + WIRE_HEADER, body, message.len - WIRE_HEADER);
		}
	}
	assert_true(refused > 100);
}

static void test_each_changed_request_byte(void **state)
{
	(void)state;
	for (enum wire_op op = WIRE_ACCOUNT; op <= WIRE_PROBE; op++) {
		AUTO(buf) struct buf message = BUF(LIMIT);
		struct wire_request r = request_of(op);

		encode_request(&message, &r);
		for (size_t at = WIRE_HEADER; at < message.len; at++) {
			AUTO_STR char *body =
				exact(message.data + WIRE_HEADER, message.len - WIRE_HEADER);
			AUTO(buf) struct buf again = BUF(LIMIT);
			struct wire_request out;
			struct err err = { 0 };

			body[at - WIRE_HEADER] = (char)(body[at - WIRE_HEADER] ^ 0x81);
			if (!wire_decode_request(&out, body, message.len - WIRE_HEADER, &err))
				continue;
			encode_request(&again, &out);
			assert_memory_equal(
				again.data + WIRE_HEADER, body, message.len - WIRE_HEADER);
		}
	}
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void refuse_request(struct wire_request r)
{
	AUTO(buf) struct buf out = BUF(LIMIT);
	struct err err = { 0 };

	buf_add_str(&out, "before");
	assert_false(wire_encode_request(&out, &r, &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
	assert_string_equal(buf_str(&out), "before");
	assert_true(buf_ok(&out));
}

static void refuse_reply(struct wire_reply r)
{
	AUTO(buf) struct buf out = BUF(LIMIT);
	struct err err = { 0 };

	assert_false(wire_encode_reply(&out, &r, &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
	assert_int_equal(out.len, 0);
}

static char *text_of(size_t len)
{
	char *s = malloc(len + 1);

	assert_non_null(s);
	memset(s, 'x', len);
	s[len] = '\0';
	return s;
}

static void test_request_bounds(void **state)
{
	AUTO_STR char *fits = text_of(WIRE_STRING_MAX);
	AUTO_STR char *over = text_of(WIRE_STRING_MAX + 1);
	AUTO_STR char *large = text_of(2 * 1024 * 1024 + 1);
	AUTO(buf) struct buf message = BUF(LIMIT);
	struct wire_request r = request_of(WIRE_SUBMIT);

	(void)state;
	r.submit.csr = fits;
	encode_request(&message, &r);
	same_request(&message);
	r.submit.csr = over;
	refuse_request(r);
	r = request_of(WIRE_SUBMIT);
	r.submit.field_count = WIRE_FIELDS_MAX + 1;
	refuse_request(r);
	r = request_of(WIRE_SUBMIT);
	r.submit.field[1].value = over;
	refuse_request(r);
	r = request_of(WIRE_ACCOUNT);
	r.account.trust_store = (struct wire_bytes) { large, 2 * 1024 * 1024 + 1 };
	refuse_request(r);
	r = request_of(WIRE_ACCOUNT);
	r.account.store = (struct wire_bytes) { large, 1024 * 1024 + 1 };
	refuse_request(r);
	r = request_of(WIRE_ACCOUNT);
	r.account.parallel = 0;
	refuse_request(r);
	r = request_of(WIRE_ACCOUNT);
	r.account.store_type = WIRE_STORE_PKCS11 + 1;
	refuse_request(r);
	r = request_of(WIRE_PROBE);
	r.probe.connect_port = 65536;
	refuse_request(r);
	r = request_of(WIRE_PROBE);
	r.probe.starttls = WIRE_STARTTLS_POSTGRES + 1;
	refuse_request(r);
	r = request_of(WIRE_SUBMIT);
	r.submit.order = "";
	refuse_request(r);
	r.submit.order = "5/../6";
	refuse_request(r);
	r.submit.order = "..";
	refuse_request(r);
	r = request_of(WIRE_FIND);
	r.find.kind = WIRE_ENROLL;
	r.find.tag = "";
	refuse_request(r);
	r.find.kind = WIRE_REPLACE;
	refuse_request(r);
	r = request_of(WIRE_FIND);
	r.id = 0;
	refuse_request(r);
	r = request_of(WIRE_FIND);
	r.op = WIRE_PROBE + 1;
	refuse_request(r);
}

/* All custom fields at their largest stay below the bound of a message or are refused whole. */
static void test_message_bound(void **state)
{
	AUTO_STR char *fits = text_of(WIRE_STRING_MAX);
	struct wire_request r = request_of(WIRE_SUBMIT);

	(void)state;
	r.submit.field_count = WIRE_FIELDS_MAX;
	for (size_t i = 0; i < WIRE_FIELDS_MAX; i++)
		r.submit.field[i] = (struct wire_field) { fits, fits };
	refuse_request(r);
}

static void test_reply_bounds(void **state)
{
	AUTO_STR char *over = text_of(WIRE_TEXT_MAX + 1);
	AUTO_STR char *der = text_of(WIRE_DER_MAX + 1);
	AUTO(buf) struct buf message = BUF(LIMIT);
	struct wire_reply r = full_reply();

	(void)state;
	r.chain[0] = (struct wire_bytes) { der, WIRE_DER_MAX };
	encode_reply(&message, &r);
	r.chain[0].len++;
	refuse_reply(r);
	r.chain[0].len = 0;
	refuse_reply(r);
	r = full_reply();
	r.chain_count = WIRE_CHAIN_MAX + 1;
	refuse_reply(r);
	r = full_reply();
	r.columns = WIRE_COLUMNS_MAX + 1;
	refuse_reply(r);
	r = full_reply();
	r.rows = WIRE_ROWS_MAX + 1;
	refuse_reply(r);
	r = full_reply();
	r.status = over;
	refuse_reply(r);
	r = full_reply();
	r.status = "two\nlines";
	refuse_reply(r);
	r = full_reply();
	r.order_state = WIRE_ORDER_STATE_COUNT;
	refuse_reply(r);
	r = full_reply();
	r.order = "../55";
	refuse_reply(r);
	r.order = ".";
	refuse_reply(r);
	r = full_reply();
	r.unsent = true;
	refuse_reply(r);
	r = failed_reply();
	r.unsent = true;
	refuse_reply(r);
	r = failed_reply();
	r.err.kind = ERR_KIND_COUNT;
	refuse_reply(r);
}

static void test_other_version_is_refused(void **state)
{
	AUTO(buf) struct buf message = BUF(LIMIT);
	struct wire_request r = request_of(WIRE_FIND);
	struct wire_request out;
	struct err err = { 0 };

	(void)state;
	encode_request(&message, &r);
	message.data[WIRE_HEADER + 3] = WIRE_VERSION + 1;
	assert_false(wire_decode_request(&out, message.data + 4, message.len - 4, &err));
	assert_non_null(strstr(err.text, "version"));
}

/* ---- framing --------------------------------------------------------------------------------- */

static void test_take(void **state)
{
	AUTO(buf) struct buf message = BUF(LIMIT);
	AUTO(buf) struct buf in = BUF(LIMIT);
	struct wire_request r = request_of(WIRE_FIND);
	const char *body;
	size_t len;
	size_t used;
	struct err err = { 0 };

	(void)state;
	encode_request(&message, &r);
	encode_request(&message, &r);
	assert_false(wire_take(&body, &len, &used, &in, WIRE_REQUEST_MAX, &err));
	for (size_t i = 0; i < message.len / 2 - 1; i++) {
		buf_add(&in, message.data + i, 1);
		assert_false(wire_take(&body, &len, &used, &in, WIRE_REQUEST_MAX, &err));
		assert_int_equal(err.kind, ERR_NONE);
	}
	assert_true(wire_take(&body, &len, &used, &message, WIRE_REQUEST_MAX, &err));
	assert_int_equal(used, message.len / 2);
	assert_int_equal(len, used - WIRE_HEADER);
	assert_ptr_equal(body, message.data + WIRE_HEADER);
	assert_false(wire_take(&body, &len, &used, &message, len - 1, &err));
	assert_int_equal(err.kind, ERR_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_round_trip),
		cmocka_unit_test(test_request_fields_survive),
		cmocka_unit_test(test_reply_round_trip),
		cmocka_unit_test(test_reply_fields_survive),
		cmocka_unit_test(test_each_cut_is_refused),
		cmocka_unit_test(test_each_cut_reply_is_refused),
		cmocka_unit_test(test_bytes_too_many_are_refused),
		cmocka_unit_test(test_each_changed_byte),
		cmocka_unit_test(test_each_changed_request_byte),
		cmocka_unit_test(test_request_bounds),
		cmocka_unit_test(test_message_bound),
		cmocka_unit_test(test_reply_bounds),
		cmocka_unit_test(test_other_version_is_refused),
		cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
