#include "order_form.h"

#include "cert.h"
#include "clock.h"
#include "csr.h"
#include "hex.h"
#include "issue.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RENEW_ID_LENGTH 20
#define CERT_ID_LENGTH 22

static void add_names(cJSON *event, const struct names *names)
{
	cJSON *list = cJSON_AddArrayToObject(event, "sans");

	for (size_t i = 0; i < names->count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(names->list[i].text));
}

static void add_request(cJSON *event, X509_REQ *request)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(request);
	size_t length;
	AUTO(der) unsigned char *der = csr_der(&length, request);
	AUTO(text) char *csr_sha256 = hex_sha256(der, length);
	AUTO(text) char *spki_sha256 = cert_spki_sha256(key);
	AUTO(text) char *base64 = base64_text(der, length);
	const char *algorithm;
	AUTO(text) char *param = cert_key_param(&algorithm, key);

	cJSON_AddStringToObject(event, "keyAlgorithm", algorithm);
	cJSON_AddStringToObject(event, "keyParam", param);
	cJSON_AddNumberToObject(event, "keySize", EVP_PKEY_get_bits(key));
	cJSON_AddStringToObject(event, "spkiSha256", spki_sha256);
	cJSON_AddStringToObject(event, "csrSha256", csr_sha256);
	cJSON_AddStringToObject(event, "csr", base64);
}

void order_form_describe(cJSON *event, const struct order_form *form)
{
	cJSON_AddStringToObject(event, "commonName", form->common_name);
	add_names(event, &form->names);
	add_request(event, form->request);
}

static cJSON *accepted_event(const struct order_form *form, const struct call *call)
{
	cJSON *event = order_event("accepted", orders_next_id(call->sim->orders));
	AUTO(text) char *renew_id = random_text(RENEW_ID_LENGTH);

	if (form->renews)
		cJSON_AddNumberToObject(event, "renews", (double)form->renews);
	cJSON_AddStringToObject(event, "renewId", renew_id);
	if (form->by_endpoint) {
		AUTO(text) char *cert_id = random_text(CERT_ID_LENGTH);

		cJSON_AddStringToObject(event, "certId", cert_id);
	}
	if (strcmp(call_kind(call), "ssl") != 0)
		cJSON_AddStringToObject(event, "kind", call_kind(call));
	cJSON_AddStringToObject(event, "login", call_login(call));
	cJSON_AddNumberToObject(event, "orgId", (double)form->org_id);
	cJSON_AddStringToObject(event, "organization", json_text(form->organization, "name", ""));
	cJSON_AddNumberToObject(event, "profile", (double)form->cert_type);
	cJSON_AddNumberToObject(event, "term", (double)form->term);
	cJSON_AddStringToObject(event, "comments", form->comments ? form->comments : "");
	cJSON_AddStringToObject(event, "externalRequester", form->requester ? form->requester : "");
	if (form->custom_fields)
		cJSON_AddItemToObject(
			event, "customFields", cJSON_Duplicate(form->custom_fields, true));
	order_form_describe(event, form);
	cJSON_AddBoolToObject(event, "approval", call->sim->switches->approval);
	return event;
}

const struct order *order_form_accept(const struct order_form *form, struct call *call)
{
	int64_t id = orders_next_id(call->sim->orders);
	struct err err;

	if (orders_record(call->sim->orders, accepted_event(form, call), &err) &&
		issue_due(call->sim, clock_now(), &err))
		return orders_find(call->sim->orders, id);
	fprintf(stderr, "scm-sim: order %" PRId64 ": %s\n", id, err.text);
	reply_error(call->reply, 500, -2, NULL);
	return NULL;
}

void order_form_of(struct order_form *form, const struct order *order)
{
	const cJSON *accepted = order->accepted;

	form->org_id = json_int(accepted, "orgId", 0);
	form->cert_type = json_int(accepted, "profile", 0);
	form->term = json_int(accepted, "term", 0);
	form->csr = json_text(accepted, "csr", NULL);
	form->san_array = cJSON_GetObjectItemCaseSensitive(accepted, "sans");
	form->comments = json_text(accepted, "comments", NULL);
	form->requester = json_text(accepted, "externalRequester", NULL);
	form->custom_fields = cJSON_GetObjectItemCaseSensitive(accepted, "customFields");
}

void order_form_clear(struct order_form *form)
{
	X509_REQ_free(form->request);
	free(form->common_name);
	names_free(&form->names);
}
