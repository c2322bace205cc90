#include "issue.h"

#include "clock.h"
#include "csr.h"
#include "hex.h"
#include "issue_chain.h"
#include "json.h"

#include <string.h>

#define DAY ((time_t)86400)
#define HOUR ((time_t)3600)

/* The request to be issued; it was checked when it was accepted. */
static X509_REQ *order_request(const struct order *order)
{
	const char *base64 = json_text(order_wanted(order), "csr", "");
	AUTO(octets) unsigned char *der = NULL;
	const unsigned char *p;
	size_t length;

	if (!base64_parse(&der, &length, base64, strlen(base64)))
		return NULL;
	p = der;
	return d2i_X509_REQ(NULL, &p, (long)length);
}

static void order_names(struct names *names, const struct order *order)
{
	const cJSON *sans = cJSON_GetObjectItemCaseSensitive(order_wanted(order), "sans");
	const cJSON *name;

	for (name = json_first(sans); name; name = name->next)
		if (cJSON_IsString(name))
			names_add(names, name->valuestring, strlen(name->valuestring));
}

static void spoil_names(struct names *names, struct cert_spec *spec, const struct faults *faults)
{
	const struct fault *extra = fault_find(faults, FAULT_EXTRA_NAME);
	const struct fault *wrong = fault_find(faults, FAULT_WRONG_NAMES);

	if (wrong) {
		names_free(names);
		names_add_list(names, wrong->value ? wrong->value : "wrong.example.com");
		spec->common_name = names->count ? names->list[0].text : NULL;
	}
	if (fault_find(faults, FAULT_MISSING_NAME) && names->count) {
		names_remove(names, names->count - 1);
		if (names->count == 0)
			spec->common_name = NULL;
	}
	if (extra)
		names_add_list(names, extra->value ? extra->value : "extra.example.com");
}

static void set_dates(struct cert_spec *spec, const struct sim *sim, const struct order *order,
	const struct faults *faults)
{
	const struct fault *validity = fault_find(faults, FAULT_VALIDITY);
	time_t now = (time_t)(clock_now() / 1000);

	spec->not_before = now;
	spec->not_after = now + (time_t)json_int(order->accepted, "term", 90) * DAY;
	if (order->pending)
		spec->not_after = (time_t)(order->not_after / 1000);
	if (sim->switches->validity_s)
		spec->not_after = now + (time_t)sim->switches->validity_s;
	if (validity)
		spec->not_after = now + validity->number;
	if (fault_find(faults, FAULT_EXPIRED)) {
		spec->not_before = now - 90 * DAY;
		spec->not_after = now - HOUR;
	}
	if (fault_find(faults, FAULT_NOT_YET_VALID)) {
		spec->not_before += 7 * DAY;
		spec->not_after += 7 * DAY;
	}
}

static const char *purpose(const struct order *order)
{
	const char *kind = json_text(order->accepted, "kind", "ssl");

	if (!strcmp(kind, "smime"))
		return "clientAuth,emailProtection";
	return strcmp(kind, "ssl") ? "clientAuth" : "serverAuth,clientAuth";
}

static void set_usage(struct cert_spec *spec, const struct faults *faults)
{
	bool rsa = EVP_PKEY_is_a(spec->key, "RSA");
	bool authority = fault_find(faults, FAULT_CA_TRUE);

	spec->basic_constraints = authority ? "critical,CA:TRUE" : "critical,CA:FALSE";
	spec->key_usage =
		rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature";
	if (authority)
		spec->key_usage = "critical,digitalSignature,keyCertSign,cRLSign";
	if (fault_find(faults, FAULT_NO_SERVER_AUTH))
		spec->extended_key_usage = "clientAuth";
	spec->unknown_critical = fault_find(faults, FAULT_UNKNOWN_CRITICAL);
	if (fault_find(faults, FAULT_SHA1))
		spec->digest = EVP_sha1();
}

static cJSON *issued_event(
	const struct order *order, cert_stack *chain, const struct faults *faults)
{
	const X509 *leaf = sk_X509_value(chain, 0);
	AUTO(text) char *serial = serial_text(X509_get0_serialNumber(leaf));
	cJSON *event = order_event("issued", order->id);
	cJSON *list;

	cJSON_AddStringToObject(event, "serial", serial);
	list = cJSON_AddArrayToObject(event, "faults");
	for (size_t i = 0; i < faults->count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(faults->list[i].text));
	list = cJSON_AddArrayToObject(event, "chain");
	for (int i = 0; i < sk_X509_num(chain); i++) {
		size_t length;
		AUTO(der) unsigned char *der = cert_der(&length, sk_X509_value(chain, i));
		AUTO(text) char *base64 = base64_text(der, length);

		cJSON_AddItemToArray(list, cJSON_CreateString(base64));
	}
	return event;
}

static bool wrong_key(EVP_PKEY **out, const EVP_PKEY *right, struct err *err)
{
	return cert_key(out, EVP_PKEY_is_a(right, "RSA") ? "rsa:2048" : "ec:P-256", err);
}

static bool issue(struct sim *sim, const struct order *order, struct err *err)
{
	AUTO(req) X509_REQ *request = order_request(order);
	AUTO(faults) struct faults faults = { 0 };
	AUTO(names) struct names names = { 0 };
	AUTO(pkey) EVP_PKEY *other = NULL;
	AUTO(certs) cert_stack *chain = NULL;
	struct cert_spec spec = { .names = &names };

	if (!request)
		return err_set(err, "order %lld has no request", (long long)order->id);
	sim_take_faults(&faults, sim, OP_ISSUE);
	spec.key = X509_REQ_get0_pubkey(request);
	if (fault_find(&faults, FAULT_WRONG_KEY)) {
		if (!wrong_key(&other, spec.key, err))
			return false;
		spec.key = other;
	}
	spec.organization = json_text(order->accepted, "organization", NULL);
	spec.common_name = json_text(order_wanted(order), "commonName", NULL);
	order_names(&names, order);
	spec.extended_key_usage = purpose(order);
	spoil_names(&names, &spec, &faults);
	set_dates(&spec, sim, order, &faults);
	set_usage(&spec, &faults);
	return issue_chain(&chain, sim->ca, &spec, &faults, err) &&
	       orders_record(sim->orders, issued_event(order, chain, &faults), err);
}

/* What the administrators and the CA decided about an order that is in STATE. */
static const struct {
	enum order_state state;
	enum verdict verdict;
	const char *event;
} verdicts[] = {
	{ ORDER_REQUESTED, VERDICT_APPROVE, "approved" },
	{ ORDER_REQUESTED, VERDICT_DECLINE, "declined" },
	{ ORDER_APPLIED, VERDICT_REJECT, "rejected" },
	{ ORDER_APPLIED, VERDICT_INVALID, "invalid" },
	{ ORDER_ISSUED, VERDICT_REVOKE, "revoked" },
};

/* Whether ORDER is in STATE; one whose replacement is with the CA is there, too. */
static bool fits(const struct order *order, enum order_state state)
{
	return order->state == state || (order->pending && state == ORDER_APPLIED);
}

static bool decide(struct sim *sim, const struct order *order, struct err *err)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		cJSON *event;

		if (!fits(order, verdicts[i].state) ||
			!switches_decided(sim->switches, verdicts[i].verdict, order->id))
			continue;
		event = order_event(verdicts[i].event, order->id);
		if (verdicts[i].verdict == VERDICT_REVOKE)
			cJSON_AddStringToObject(event, "serial", order->serial);
		if (!orders_record(sim->orders, event, err))
			return false;
	}
	return true;
}

static bool is_due(const struct sim *sim, const struct order *order, int64_t now)
{
	int64_t since = order->pending ? order->replaced_at : order->approved_at;

	return fits(order, ORDER_APPLIED) && sim->switches->issue_ms >= 0 &&
	       now >= since + sim->switches->issue_ms;
}

bool issue_due(struct sim *sim, int64_t now, struct err *err)
{
	for (size_t i = 0; i < orders_count(sim->orders); i++) {
		const struct order *order = orders_at(sim->orders, i);

		if (!decide(sim, order, err))
			return false;
		if (is_due(sim, order, now) && !issue(sim, order, err))
			return false;
	}
	return true;
}
