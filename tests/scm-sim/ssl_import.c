/*
 * Certificates that were issued elsewhere: taken in, and let go again.
 */
#include "ssl_import.h"

#include "cert.h"
#include "handlers.h"
#include "hex.h"
#include "json.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LIST_LIMIT 128

/* Serial numbers are only their issuer's. */
static const struct order *find_same(const struct call *call, const X509 *cert)
{
	const struct orders *orders = call->sim->orders;

	for (size_t i = 0; i < orders_count(orders); i++) {
		const struct order *order = orders_at(orders, i);

		if (order->chain && order->state != ORDER_DELETED &&
			!X509_cmp(sk_X509_value(order->chain, 0), cert))
			return order;
	}
	return NULL;
}

/* The host names of CERT, for the event. */
static void add_names(cJSON *event, X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	cJSON *list = cJSON_AddArrayToObject(event, "sans");
	char common_name[256] = "";

	X509_NAME_get_text_by_NID(
		X509_get_subject_name(cert), NID_commonName, common_name, sizeof(common_name));
	cJSON_AddStringToObject(event, "commonName", common_name);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			cJSON_AddItemToArray(list,
				cJSON_CreateString(
					(const char *)ASN1_STRING_get0_data(name->d.dNSName)));
	}
	GENERAL_NAMES_free(names);
}

static cJSON *imported_event(const struct call *call, X509 *cert, int64_t organization)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	cJSON *event = order_event("imported", orders_next_id(call->sim->orders));
	AUTO(text) char *serial = serial_text(X509_get0_serialNumber(cert));
	size_t length;
	AUTO(der) unsigned char *der = cert_der(&length, cert);
	AUTO(text) char *base64 = base64_text(der, length);
	const char *algorithm = "";
	AUTO(text) char *param = cert_key_param(&algorithm, key);

	cJSON_AddBoolToObject(event, "imported", true);
	cJSON_AddNumberToObject(event, "orgId", (double)organization);
	add_names(event, cert);
	cJSON_AddStringToObject(event, "keyAlgorithm", algorithm);
	cJSON_AddStringToObject(event, "keyParam", param);
	cJSON_AddNumberToObject(event, "keySize", EVP_PKEY_get_bits(key));
	cJSON_AddStringToObject(event, "serial", serial);
	cJSON_AddItemToObject(event, "chain", json_one_text(base64));
	return event;
}

const struct order *ssl_import_take(
	bool *created, struct call *call, X509 *cert, const struct import *import)
{
	const struct order *order = find_same(call, cert);
	cJSON *event;

	*created = !order;
	if (order)
		return order;
	event = imported_event(call, cert, import->organization);
	store_copy(event, import->details, import->copied);
	if (!call_record(call, event))
		return NULL;
	return orders_at(call->sim->orders, orders_count(call->sim->orders) - 1);
}

X509 *ssl_import_parse(const char *text, size_t text_length)
{
	AUTO(octets) unsigned char *der = NULL;
	const unsigned char *p;
	X509 *cert = NULL;
	size_t length;

	if (base64_parse(&der, &length, text, text_length)) {
		p = der;
		cert = d2i_X509(NULL, &p, (long)length);
	}
	if (cert && !X509_get0_pubkey(cert)) {
		X509_free(cert);
		cert = NULL;
	}
	ERR_clear_error();
	return cert;
}

static cJSON *failed(const char *message)
{
	cJSON *answer = cJSON_CreateObject();

	cJSON_AddStringToObject(answer, "errorMessage", message);
	return answer;
}

/* What is wrong with the custom fields of ITEM; owned, NULL when nothing is. */
static cJSON *check_fields(const struct call *call, const cJSON *item)
{
	const cJSON *field;

	for (field = json_first(cJSON_GetObjectItemCaseSensitive(item, "customFields")); field;
		field = field->next) {
		const char *name = json_text(field, "name", "");
		AUTO(text) char *words = mem_format("Custom field cannot be found: %s", name);

		if (!json_find_text(account_custom_fields(call->sim->account), "name", name))
			return failed(words);
	}
	return NULL;
}

static cJSON *imported(const struct order *order, bool created)
{
	X509 *leaf = sk_X509_value(order->chain, 0);
	AUTO(text) char *subject = cert_name_text(X509_get_subject_name(leaf));
	cJSON *answer = cJSON_CreateObject();
	cJSON *cert = cJSON_AddObjectToObject(answer, "cert");

	cJSON_AddNumberToObject(cert, "id", (double)order->id);
	cJSON_AddStringToObject(cert, "subject", subject);
	cJSON_AddStringToObject(cert, "serialNumber", order->serial);
	cJSON_AddBoolToObject(answer, "created", created);
	return answer;
}

/* Takes one item of the list in; returns its part of the answer, NULL: the reply is an error. */
static cJSON *take_item(struct call *call, const cJSON *item)
{
	static const char *const copied[] = { "customFields", "externalRequester", "comments",
		NULL };
	const struct import import = { json_int(item, "orgID", 0), item, copied };
	const char *text = json_text(item, "cert", "");
	AUTO(cert) X509 *cert = ssl_import_parse(text, strlen(text));
	cJSON *wrong = check_fields(call, item);
	const struct order *order;
	bool created;

	if (wrong)
		return wrong;
	if (!account_organization(NULL, call->sim->account, import.organization) ||
		!account_may_use(call->sim->account, call->login, import.organization))
		return failed("Supplied orgid invalid..");
	if (!cert)
		return failed("Failed to parse certificate");
	order = ssl_import_take(&created, call, cert, &import);
	return order ? imported(order, created) : NULL;
}

void ssl_import(struct call *call)
{
	AUTO(json) cJSON *answer = cJSON_CreateArray();
	const cJSON *item;

	if (cJSON_GetArraySize(call->body) > LIST_LIMIT) {
		reply_invalid(call->reply, "certificates");
		return;
	}
	for (item = json_first(call->body); item; item = item->next) {
		cJSON *part = take_item(call, item);

		if (!part)
			return;
		cJSON_AddItemToArray(answer, part);
	}
	reply_json(call->reply, 200, TAKE(answer));
}

/* Only what came by import may go; what was ordered stays. */
void ssl_delete(struct call *call)
{
	const struct order *order = call_order_to_change(call);

	if (!order)
		return;
	if (!json_bool(order->accepted, "imported", false))
		reply_error(call->reply, 400, -3, "delete of an ordered certificate");
	else if (call_record(call, order_event("deleted", order->id)))
		reply_empty(call->reply, 204);
}
