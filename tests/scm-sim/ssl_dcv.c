/*
 * The validation of one order's domain. Orders are only taken for domains that are validated, so
 * nobody looks for what the instructions say.
 */
#include "handlers.h"
#include "hex.h"
#include "json.h"

#include <openssl/evp.h>
#include <string.h>

static cJSON *log_entry(const struct call *call, const struct order *order)
{
	AUTO(text) char *checked = call_date(call, order->accepted_at, "yyyy-MM-dd HH:mm:ss");
	cJSON *entry = cJSON_CreateObject();

	cJSON_AddStringToObject(entry, "dcvStatus", "Validated");
	cJSON_AddStringToObject(entry, "domainName", json_text(order->accepted, "commonName", ""));
	cJSON_AddStringToObject(entry, "lastCheck", checked);
	cJSON_AddNullToObject(entry, "nextCheck");
	cJSON_AddStringToObject(entry, "dcvDate", checked);
	cJSON_AddNumberToObject(entry, "dcvEmailRefNumber", 0);
	return entry;
}

/* What would have to be published: a CNAME record made of two digests of the request. */
static cJSON *instruction(const struct order *order)
{
	const char *base64 = json_text(order->accepted, "csr", ""), *name;
	AUTO(octets) unsigned char *der = NULL;
	unsigned char md5[EVP_MAX_MD_SIZE], sha256[EVP_MAX_MD_SIZE];
	AUTO(text) char *label = NULL;
	AUTO(text) char *target = NULL;
	AUTO(text) char *host = NULL;
	AUTO(text) char *point = NULL;
	cJSON *entry = cJSON_CreateObject();
	size_t length;

	name = json_text(order->accepted, "commonName", "");
	if (!base64_parse(&der, &length, base64, strlen(base64)))
		return entry;
	EVP_Digest(der, length, md5, NULL, EVP_md5(), NULL);
	EVP_Digest(der, length, sha256, NULL, EVP_sha256(), NULL);
	label = hex_text(md5, 16, true, 0);
	target = hex_text(sha256, 32, true, 0);
	host = mem_format("_%s.%s.", label, name);
	point = mem_format("%.32s.%s.sectigo.com.", target, target + 32);
	cJSON_AddStringToObject(entry, "domainName", name);
	cJSON_AddStringToObject(entry, "dcvMode", "CNAME");
	cJSON_AddStringToObject(entry, "host", host);
	cJSON_AddStringToObject(entry, "point", point);
	return entry;
}

static void send(struct call *call, int status)
{
	const struct order *order = call_order_to_change(call);
	cJSON *answer, *log, *error;

	if (!order)
		return;
	answer = cJSON_CreateObject();
	log = cJSON_AddObjectToObject(answer, "dcvLog");
	error = cJSON_AddObjectToObject(log, "error");
	cJSON_AddNumberToObject(error, "code", 0);
	cJSON_AddNullToObject(error, "description");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(log, "log"), log_entry(call, order));
	if (status == 200)
		cJSON_AddItemToArray(
			cJSON_AddArrayToObject(answer, "instructions"), instruction(order));
	reply_json(call->reply, status, answer);
}

void ssl_dcv(struct call *call)
{
	send(call, 200);
}

void ssl_dcv_recheck(struct call *call)
{
	send(call, 202);
}
