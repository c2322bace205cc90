/*
 * Details of orders.
 */
#include "ssl_view.h"
#include "cert.h"
#include "handlers.h"
#include "hex.h"
#include "json.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

/* of whoever orders: the account has no ids of logins */
#define ADMIN_ID 85
#define DATE "MM/dd/yyyy"

static void add_date(const struct call *call, cJSON *view, const char *name, int64_t time)
{
	AUTO(text) char *date = NULL;

	if (!time)
		return;
	date = call_date(call, time, DATE);
	cJSON_AddStringToObject(view, name, date);
}

static void add_hash(cJSON *details, const char *name, const X509 *cert, const EVP_MD *digest)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned int length;
	AUTO(text) char *hash = NULL;

	if (!X509_digest(cert, digest, value, &length))
		return;
	hash = hex_text(value, length, true, 0);
	cJSON_AddStringToObject(details, name, hash);
}

static void add_name(cJSON *details, const char *member, const X509_NAME *name)
{
	AUTO(text) char *text = cert_name_text(name);

	cJSON_AddStringToObject(details, member, text);
}

/* As one text, as certificates are printed. */
static void add_alt_names(cJSON *details, const cJSON *sans)
{
	AUTO(text) char *text = mem_text("");
	const cJSON *name;

	for (name = json_first(sans); name; name = name->next) {
		char *longer = mem_format("%s%sdNSName=%s", text, *text ? ", " : "",
			cJSON_IsString(name) ? name->valuestring : "");

		free(text);
		text = longer;
	}
	cJSON_AddStringToObject(details, "subjectAltNames", text);
}

static const struct usage {
	uint32_t bit;
	const char *name;
} key_usages[] = { { KU_DIGITAL_SIGNATURE, "Digital Signature" },
	{ KU_KEY_ENCIPHERMENT, "Key Encipherment" }, { KU_KEY_CERT_SIGN, "Certificate Sign" } },
  extended_usages[] = { { XKU_SSL_SERVER, "Server Authentication" },
	  { XKU_SSL_CLIENT, "Client Authentication" }, { XKU_SMIME, "E-mail Protection" } };

static void add_usages(cJSON *view, const char *name, uint32_t set, const struct usage usages[3])
{
	cJSON *list = cJSON_AddArrayToObject(view, name);

	for (size_t i = 0; set != UINT32_MAX && i < 3; i++)
		if (set & usages[i].bit)
			cJSON_AddItemToArray(list, cJSON_CreateString(usages[i].name));
}

static void add_certificate(cJSON *view, const struct order *order)
{
	X509 *leaf = sk_X509_value(order->chain, 0);
	AUTO(text) char *serial = serial_colons(order->serial);
	int signature = X509_get_signature_nid(leaf);
	cJSON *details;

	cJSON_AddStringToObject(view, "serialNumber", serial);
	cJSON_AddStringToObject(view, "signatureAlg", OBJ_nid2ln(signature));
	add_usages(view, "keyUsages", X509_get_key_usage(leaf), key_usages);
	add_usages(view, "extendedKeyUsages", X509_get_extended_key_usage(leaf), extended_usages);
	details = cJSON_AddObjectToObject(view, "certificateDetails");
	add_name(details, "issuer", X509_get_issuer_name(leaf));
	add_name(details, "subject", X509_get_subject_name(leaf));
	add_alt_names(details, cJSON_GetObjectItemCaseSensitive(order->accepted, "sans"));
	add_hash(details, "md5Hash", leaf, EVP_md5());
	add_hash(details, "sha1Hash", leaf, EVP_sha1());
	add_hash(details, "sha256Hash", leaf, EVP_sha256());
}

static void add_key(cJSON *view, const cJSON *accepted)
{
	const char *algorithm = json_text(accepted, "keyAlgorithm", "");
	const char *param = json_text(accepted, "keyParam", "");
	AUTO(text) char *type = mem_format("%s - %s", algorithm, param);

	json_copy(view, accepted, "keyAlgorithm");
	json_copy(view, accepted, "keySize");
	cJSON_AddStringToObject(view, "keyType", type);
}

static void add_order(const struct call *call, cJSON *view, const struct order *order)
{
	const cJSON *accepted = order->accepted;
	AUTO(text) char *backend = mem_format("%" PRId64, order->id + ORDER_NUMBER_BASE);
	const cJSON *profile =
		account_profile(call->sim->account, json_int(accepted, "profile", -1));

	cJSON_AddNumberToObject(view, "orderNumber", (double)(order->id + ORDER_NUMBER_BASE));
	cJSON_AddStringToObject(view, "backendCertId", backend);
	cJSON_AddStringToObject(view, "vendor", "Sectigo Certificate Manager simulator");
	if (profile)
		cJSON_AddItemToObject(view, "certType", account_profile_view(profile));
	cJSON_AddStringToObject(view, "subType", "");
	cJSON_AddStringToObject(view, "validationType", "Organization Validation (OV)");
	json_copy(view, accepted, "term");
	cJSON_AddStringToObject(view, "owner", json_text(accepted, "login", ""));
	cJSON_AddNumberToObject(view, "ownerId", ADMIN_ID);
	cJSON_AddStringToObject(view, "requester", json_text(accepted, "login", ""));
	cJSON_AddNumberToObject(view, "requesterId", ADMIN_ID);
	cJSON_AddStringToObject(view, "requestedVia", "REST API");
	json_copy(view, accepted, "externalRequester");
	json_copy(view, accepted, "comments");
}

static void add_dates(const struct call *call, cJSON *view, const struct order *order)
{
	add_date(call, view, "requested", order->accepted_at);
	add_date(call, view, "approved", order->approved_at);
	add_date(call, view, "declined", order->declined_at);
	add_date(call, view, "issued", order->issued_at);
	add_date(call, view, "expires", order->chain ? order->not_after : 0);
	add_date(call, view, "revoked", order->revoked_at);
	if (order->revoked_at)
		cJSON_AddNumberToObject(view, "reasonCode", (double)order->reason_code);
	add_date(call, view, "replaced", order->replaced_at);
	cJSON_AddBoolToObject(view, "renewed", order->renewed_at != 0);
	add_date(call, view, "renewedDate", order->renewed_at);
}

static void add_state(cJSON *view, const char *name, const char *state)
{
	cJSON_AddStringToObject(cJSON_AddObjectToObject(view, name), "state", state);
}

cJSON *ssl_view(const struct call *call, const struct order *order)
{
	const cJSON *accepted = order->accepted;
	const cJSON *sans = cJSON_GetObjectItemCaseSensitive(accepted, "sans");
	cJSON *view = cJSON_CreateObject();

	json_copy(view, accepted, "commonName");
	cJSON_AddNumberToObject(view, "sslId", (double)order->id);
	cJSON_AddNumberToObject(view, "id", (double)order->id);
	json_copy(view, accepted, "orgId");
	cJSON_AddStringToObject(view, "status", call_status(call, order));
	add_order(call, view, order);
	add_dates(call, view, order);
	if (order->chain)
		add_certificate(view, order);
	add_key(view, accepted);
	cJSON_AddItemToObject(view, "subjectAlternativeNames", cJSON_Duplicate(sans, true));
	if (cJSON_HasObjectItem(accepted, "customFields"))
		json_copy(view, accepted, "customFields");
	else
		cJSON_AddArrayToObject(view, "customFields");
	add_state(view, "autoInstallDetails", "Not configured");
	if (cJSON_HasObjectItem(accepted, "autoRenewDetails"))
		json_copy(view, accepted, "autoRenewDetails");
	else
		add_state(view, "autoRenewDetails", "Not scheduled");
	cJSON_AddBoolToObject(
		view, "suspendNotifications", json_bool(accepted, "suspendNotifications", false));
	return view;
}

void ssl_view_send(struct call *call, const struct order *order)
{
	reply_json(call->reply, 200, ssl_view(call, order));
}

void ssl_details(struct call *call)
{
	AUTO(text) char *id = mem_format("%" PRId64, call->id);
	const struct order *order = call_order(call);

	if (!order)
		reply_error(call->reply, 404, -5101, id);
	else
		ssl_view_send(call, order);
}
