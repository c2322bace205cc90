#include "scm/errors.h"

#define PROFILES "'scm-agent check' compares with what SCM offers"
#define DOMAINS "see Domains, DCV in SCM"
#define RIGHTS "give this administrator the privilege in SCM"

/*
 * Retryable are the codes that scm-api.md, section 8, lists; all others are final for the request.
 * Codes with two meanings get a remedy that fits both, or none.
 */
static const struct scm_code codes[] = {
	{ 0, ERR_UNAVAILABLE, true, "" },
	{ -1, ERR_REJECTED, false, "" },
	{ -2, ERR_UNAVAILABLE, false, "" },
	{ -3, ERR_REJECTED, false, RIGHTS },
	{ -7, ERR_REJECTED, false, "" },
	{ -9, ERR_REJECTED, false, "" },
	{ -10, ERR_REJECTED, false, "" },
	{ -11, ERR_REJECTED, false, "choose another key_type; " PROFILES },
	{ -13, ERR_REJECTED, false, "choose another key_type; " PROFILES },
	{ -14, ERR_UNAVAILABLE, false, "" },
	{ -16, ERR_AUTH, false, "check login, customer_uri and the client certificate" },
	{ -25, ERR_REJECTED, false, RIGHTS },
	{ -35, ERR_REJECTED, false, "" },
	{ -36, ERR_REJECTED, false, "choose one of the profile's terms; " PROFILES },
	{ -37, ERR_REJECTED, false, RIGHTS },
	{ -39, ERR_REJECTED, false, "check profile; " PROFILES },
	{ -62, ERR_REJECTED, false, "check custom_field.* and the IP addresses among the names" },
	{ -65, ERR_UNAVAILABLE, false, "" },
	{ -76, ERR_REJECTED, false, "ask SCM support about the profile" },
	{ -78, ERR_REJECTED, false, "choose another key_type; " PROFILES },
	{ -103, ERR_UNAVAILABLE, true, "" },
	{ -107, ERR_REJECTED, false, "validate the domain; " DOMAINS },
	{ -109, ERR_UNAVAILABLE, true, "" },
	{ -110, ERR_REJECTED, false, "order again with 'scm-agent run --force NAME'" },
	{ -111, ERR_REJECTED, false, "check profile; " PROFILES },
	{ -124, ERR_REJECTED, false, "the order does not exist at this SCM account" },
	{ -126, ERR_REJECTED, false, "" },
	{ -129, ERR_UNAVAILABLE, false, "" },
	{ -138, ERR_REJECTED, false, "" },
	{ -140, ERR_UNAVAILABLE, false, "" },
	{ -141, ERR_REJECTED, false, "choose a larger key_type; " PROFILES },
	{ -164, ERR_REJECTED, false, "public CAs do not certify internal names" },
	{ -169, ERR_REJECTED, false, "ask the SCM administrator" },
	{ -170, ERR_REJECTED, false, "choose an RSA key_type" },
	{ -180, ERR_REJECTED, false, "the profile must allow it in SCM" },
	{ -183, ERR_UNAVAILABLE, true, "" },
	{ -192, ERR_REJECTED, false, "order again with 'scm-agent run --force NAME'" },
	{ -194, ERR_REJECTED, false, "choose another key_type; " PROFILES },
	{ -195, ERR_UNAVAILABLE, false, "" },
	{ -196, ERR_UNAVAILABLE, false, "" },
	{ -226, ERR_REJECTED, false, RIGHTS },
	{ -410, ERR_REJECTED, false, "check customer_uri" },
	{ -639, ERR_REJECTED, false,
		"check organization_id; 'scm-agent check' compares it with SCM" },
	{ -715, ERR_REJECTED, false, "activate the domain in SCM" },
	{ -723, ERR_REJECTED, false, "validate the domain that SCM has, not a name below it" },
	{ -724, ERR_REJECTED, false, "'scm-agent dcv' shows how far the validation is" },
	{ -727, ERR_REJECTED, false, "add the domain in SCM and delegate it" },
	{ -737, ERR_REJECTED, false, "validate the domain; " DOMAINS },
	{ -738, ERR_REJECTED, false, "delegate the domain to the organization in SCM" },
	{ -843, ERR_REJECTED, false, "have the organization validated in SCM" },
	{ -970, ERR_AUTH, false, "check login and customer_uri" },
	{ -993, ERR_REJECTED, false, "ask SCM support why orders are stopped for this customer" },
	{ -1001, ERR_REJECTED, false, "" },
	{ -1002, ERR_REJECTED, false, "" },
	{ -1010, ERR_REJECTED, false, "delegate the domain to the organization in SCM" },
	{ -1021, ERR_REJECTED, false, "enable the Web/REST API for the organization in SCM" },
	{ -1023, ERR_REJECTED, false,
		"check organization_id; 'scm-agent check' compares it with SCM" },
	{ -1137, ERR_REJECTED, false, "validate the domain; " DOMAINS },
	{ -1400, ERR_UNAVAILABLE, true, "" },
	{ -1450, ERR_REJECTED, false, "" },
	{ -1601, ERR_REJECTED, false, "" },
	{ -1608, ERR_REJECTED, false, "ask SCM support to enable domain validation" },
	{ -5101, ERR_REJECTED, false, "the order does not exist at this SCM account" },
};

static const struct scm_code unknown = { 1, ERR_REJECTED, false, "" };

const struct scm_code *scm_code(int64_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == code)
			return &codes[i];
	return &unknown;
}
