/*
 * Orders whose key is made for the caller, and the way to that key. A key agent in the customer's
 * own network keeps such keys in the service; here DIR/keys does, a file each.
 */
#include "body.h"
#include "cert.h"
#include "handlers.h"
#include "hex.h"
#include "json.h"
#include "key_store.h"
#include "order_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What a caller says about the key. */
struct key_wish {
	const char *common_name, *algorithm, *param, *method, *passphrase;
};

static bool read_wish(struct key_wish *wish, const struct call *call)
{
	const cJSON *vault = cJSON_GetObjectItemCaseSensitive(call->body, "azureKeyVault");
	int64_t size;

	if (!body_text(&wish->common_name, call, "commonName") ||
		!body_text(&wish->algorithm, call, "algorithm") ||
		!body_text(&wish->param, call, "keyParam") ||
		!body_text(&wish->method, call, "keyGenerationMethod") ||
		!body_text(&wish->passphrase, call, "passPhrase") ||
		!body_int(&size, call, "keySize"))
		return false;
	if (!wish->common_name)
		return reply_missing(call->reply, "commonName");
	if (wish->passphrase && (strlen(wish->passphrase) < 8 || strlen(wish->passphrase) > 64))
		return reply_invalid(call->reply, "passPhrase");
	if (!strcmp(wish->method, "AZURE_KEY_VAULT"))
		return cJSON_IsObject(vault) || reply_missing(call->reply, "azureKeyVault");
	return !strcmp(wish->method, "PK_AGENT") ||
	       reply_invalid(call->reply, "keyGenerationMethod");
}

/* A fresh key and a request for it in base64. False: the reply refuses the wish. */
static bool make_request(
	EVP_PKEY **key, char **base64, const struct key_wish *wish, const struct call *call)
{
	bool rsa = !strcmp(wish->algorithm, "RSA");
	AUTO(text) char *type = mem_format("%s:%s", rsa ? "rsa" : "ec", wish->param);
	AUTO(req) X509_REQ *request = X509_REQ_new();
	unsigned char *der = NULL;
	struct err err;
	int length;

	if ((!rsa && strcmp(wish->algorithm, "EC") != 0) || !cert_key(key, type, &err))
		return reply_invalid(call->reply, "keyParam");
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
		(const unsigned char *)wish->common_name, -1, -1, 0);
	X509_REQ_set_pubkey(request, *key);
	X509_REQ_sign(request, *key, EVP_sha256());
	length = i2d_X509_REQ(request, &der);
	if (length <= 0)
		return reply_invalid(call->reply, "commonName");
	*base64 = base64_text(der, (size_t)length);
	OPENSSL_free(der);
	return true;
}

static bool read_form(struct order_form *form, const struct call *call)
{
	return body_int(&form->org_id, call, "orgId") &&
	       body_int(&form->cert_type, call, "certType") &&
	       body_int(&form->term, call, "term") &&
	       body_text(&form->sans, call, "subjAltNames") &&
	       body_text(&form->comments, call, "comments") &&
	       body_text(&form->requester, call, "externalRequester") &&
	       body_array(&form->custom_fields, call, "customFields") && body_dcv(call);
}

static bool keep(const struct call *call, EVP_PKEY *key, int64_t id)
{
	struct err err;

	if (key_store_put(call->sim->dir, id, key, &err))
		return true;
	fprintf(stderr, "scm-sim: %s\n", err.text);
	return reply_error(call->reply, 500, -2, NULL);
}

void ssl_keygen(struct call *call)
{
	struct key_wish wish = { .algorithm = "RSA", .param = "2048", .method = "PK_AGENT" };
	AUTO(order_form) struct order_form form = { 0 };
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(text) char *csr = NULL;
	const struct order *order;
	cJSON *answer;

	if (!read_wish(&wish, call) || !read_form(&form, call) ||
		!make_request(&key, &csr, &wish, call))
		return;
	form.csr = csr;
	if (!order_form_check(&form, call) || !keep(call, key, orders_next_id(call->sim->orders)))
		return;
	order = order_form_accept(&form, call);
	if (!order)
		return;
	answer = cJSON_CreateObject();
	cJSON_AddNumberToObject(answer, "sslId", (double)order->id);
	json_copy(answer, order->accepted, "renewId");
	reply_json(call->reply, 200, answer);
}

void ssl_keystore(struct call *call)
{
	const struct order *order = call_order_to_change(call);
	const char *passphrase = "", *host = request_header(call->request, "Host");
	AUTO(text) char *name = NULL;
	AUTO(text) char *link = NULL;
	struct err err;
	cJSON *answer;

	if (!order || (call->body && !body_text(&passphrase, call, "passphrase")))
		return;
	if (strlen(passphrase) > 32)
		reply_invalid(call->reply, "passphrase");
	else if (!key_store_format(call->text))
		reply_error(call->reply, 400, -1450, call->text);
	else if (order->state != ORDER_ISSUED)
		reply_error(call->reply, 400, -130, order_status(order, call->now));
	else if (!key_store_link(&name, call->sim->dir, order, call->text, passphrase, &err))
		reply_error(call->reply, 400, -169, NULL);
	else {
		link = mem_format("https://%s/download?token=%s&keyformat=%s",
			host ? host : "localhost", name, call->text);
		answer = cJSON_CreateObject();
		cJSON_AddStringToObject(answer, "link", link);
		reply_json(call->reply, 200, answer);
	}
}

/* What a link leads to; whoever has it may follow it, as often as they like. */
void key_download(struct call *call)
{
	const char *token = request_query(call->request, "token");
	struct err err;
	size_t length;
	char *data;

	if (token && key_store_read(&data, &length, call->sim->dir, token, &err))
		reply_bytes(call->reply, 200, "application/octet-stream", data, length);
	else
		reply_error(call->reply, 404, -1, NULL);
}
