#include "scm/errors.h"

#define AGAIN "order again with 'scm-agent run --force NAME'"
#define DELEGATE "delegate the domain to the organization in SCM"
#define DOMAINS "see Domains, DCV in SCM"
#define FIELDS "check custom_field.* and comments; the profile may want more than was sent"
#define KEY "choose another key_type; " PROFILES
#define LOGIN "it is unknown to SCM, or locked"
#define NAME "check common_name and subject_alt_names"
#define NEW_PASSWORD "set the password in SCM by its rules, then write it to password_file"
#define ORGANIZATION "check organization_id; 'scm-agent check' compares it with SCM"
#define PASSWORD "a temporary password must be changed in SCM before it is of use here"
#define PROFILES "'scm-agent check' compares with what SCM offers"
#define RENEWAL "the order can't be renewed, for its profile or its state"
#define REQUEST "'scm-agent csr NAME' prints the request that SCM did not understand"
#define RIGHTS "give this administrator the privilege in SCM"
#define SUPPORT "ask SCM support, with the time of this message"
#define UNKNOWN "the order does not exist at this SCM account"

/*
 * What a host can meet. Retryable are the codes that scm-api.md, section 8, lists; all others are
 * final for the request. Codes with two meanings get a remedy that fits both.
 *
 * Left out, and so final without a remedy, are codes of what a host never does: administrators and
 * their roles (-219 to -256, but for -226), certificates of persons and devices (-172, -176, -184
 * to -188, -500 to -524, but for -518, -834, -840, -1108, -5109), discovery (-303 to -305, -607 to
 * -637, -3301, -5001 to -5003), making and delegating domains (-700 to -711, -728, -731, -740,
 * -741), keys made by SCM (-43, -44), definitions of fields (-134, -160), approving (-1112, -1140),
 * marking by hand (-166, -1104), and changes that cross another administrator's (-3114, -3115).
 *
 * tests/docs/codes.sh compares it with scm-agent-scm(7).
 */
static const struct scm_code codes[] = {
	{ 0, ERR_UNAVAILABLE, true, "" },
	{ -1, ERR_REJECTED, false, SUPPORT },
	{ -2, ERR_UNAVAILABLE, false, "" },
	{ -3, ERR_REJECTED, false, RIGHTS },
	{ -7, ERR_REJECTED, false, FIELDS },
	{ -9, ERR_REJECTED, false, REQUEST },
	{ -10, ERR_REJECTED, false, REQUEST },
	{ -11, ERR_REJECTED, false, KEY },
	{ -13, ERR_REJECTED, false, KEY },
	{ -14, ERR_UNAVAILABLE, false, "" },
	{ -16, ERR_AUTH, false, LOGIN },
	{ -25, ERR_REJECTED, false, RIGHTS },
	{ -35, ERR_REJECTED, false, SUPPORT },
	{ -36, ERR_REJECTED, false, "choose one of the profile's terms; " PROFILES },
	{ -37, ERR_REJECTED, false,
		"give this administrator the privilege, and the organization the Web API, in SCM" },
	{ -39, ERR_REJECTED, false, "check profile; " PROFILES },
	{ -62, ERR_REJECTED, false, "check custom_field.* and the IP addresses among the names" },
	{ -64, ERR_REJECTED, false, FIELDS },
	{ -65, ERR_UNAVAILABLE, false, "" },
	{ -76, ERR_REJECTED, false, "ask SCM support about the profile's key usage" },
	{ -78, ERR_REJECTED, false, KEY },
	{ -102, ERR_REJECTED, false, "the order was never issued, or has ended already" },
	{ -103, ERR_UNAVAILABLE, true, "" },
	{ -105, ERR_REJECTED, false, RENEWAL },
	{ -107, ERR_REJECTED, false, "validate the domain; " DOMAINS },
	{ -109, ERR_UNAVAILABLE, true, "" },
	{ -110, ERR_REJECTED, false, AGAIN },
	{ -111, ERR_REJECTED, false, "check profile; " PROFILES },
	{ -123, ERR_REJECTED, false, RENEWAL },
	{ -124, ERR_REJECTED, false, UNKNOWN },
	{ -126, ERR_REJECTED, false, SUPPORT },
	{ -129, ERR_UNAVAILABLE, false, "" },
	{ -130, ERR_REJECTED, false,
		"the order is not issued, or still being replaced; look at it in SCM" },
	{ -131, ERR_REJECTED, false,
		"use fewer of custom_field.*, or have the customer's limit raised" },
	{ -135, ERR_REJECTED, false, "check the names of custom_field.*" },
	{ -138, ERR_REJECTED, false, REQUEST },
	{ -140, ERR_UNAVAILABLE, false, "" },
	{ -141, ERR_REJECTED, false, "choose a larger key_type; " PROFILES },
	{ -159, ERR_REJECTED, false,
		"it is revoked already, or there are too many of custom_field.*" },
	{ -164, ERR_REJECTED, false, "public CAs do not certify internal names" },
	{ -169, ERR_REJECTED, false, "look at the order in SCM" },
	{ -170, ERR_REJECTED, false, "choose an RSA key_type" },
	{ -180, ERR_REJECTED, false, RENEWAL },
	{ -181, ERR_REJECTED, false,
		"set renew_with = enroll: what is ordered differs from the order before" },
	{ -183, ERR_UNAVAILABLE, true, "" },
	{ -192, ERR_REJECTED, false, AGAIN },
	{ -194, ERR_REJECTED, false, KEY },
	{ -195, ERR_UNAVAILABLE, false, "" },
	{ -196, ERR_UNAVAILABLE, false, "" },
	{ -213, ERR_REJECTED, false, PASSWORD },
	{ -220, ERR_REJECTED, false, NEW_PASSWORD },
	{ -226, ERR_REJECTED, false,
		"give this administrator a role for that organization in SCM" },
	{ -306, ERR_REJECTED, false, NAME },
	{ -410, ERR_REJECTED, false, "check customer_uri" },
	{ -429, ERR_REJECTED, false, "ask SCM support: the customer has no login at the CA" },
	{ -518, ERR_REJECTED, false,
		"check the e-mail addresses of external_requesters and of the validation" },
	{ -639, ERR_REJECTED, false, ORGANIZATION },
	{ -712, ERR_REJECTED, false, NAME },
	{ -713, ERR_REJECTED, false, NAME },
	{ -714, ERR_REJECTED, false, NAME },
	{ -715, ERR_REJECTED, false, "activate the domain in SCM" },
	{ -723, ERR_REJECTED, false, "validate the registered domain above it; " DOMAINS },
	{ -724, ERR_REJECTED, false, "the domain's validation does not allow it now; " DOMAINS },
	{ -727, ERR_REJECTED, false, "add the domain in SCM and delegate it" },
	{ -732, ERR_REJECTED, false, NAME },
	{ -737, ERR_REJECTED, false, "validate the domain; " DOMAINS },
	{ -738, ERR_REJECTED, false, DELEGATE },
	{ -843, ERR_REJECTED, false, "have the organization validated in SCM" },
	{ -951, ERR_REJECTED, false, SUPPORT },
	{ -970, ERR_AUTH, false, PASSWORD },
	{ -976, ERR_REJECTED, false, NEW_PASSWORD },
	{ -977, ERR_REJECTED, false, NEW_PASSWORD },
	{ -982, ERR_REJECTED, false, NEW_PASSWORD },
	{ -993, ERR_REJECTED, false, "ask SCM support why orders are stopped for this customer" },
	{ -1001, ERR_REJECTED, false,
		"a value is missing that this SCM wants; check the configuration" },
	{ -1002, ERR_REJECTED, false, SUPPORT },
	{ -1010, ERR_REJECTED, false, DELEGATE },
	{ -1021, ERR_REJECTED, false, "enable the Web/REST API for the organization in SCM" },
	{ -1023, ERR_REJECTED, false, ORGANIZATION },
	{ -1113, ERR_REJECTED, false, "look at the order in SCM" },
	{ -1117, ERR_REJECTED, false, UNKNOWN },
	{ -1137, ERR_REJECTED, false, "validate the domain; " DOMAINS },
	{ -1138, ERR_REJECTED, false, KEY },
	{ -1144, ERR_REJECTED, false, "ask SCM support: the order has to be migrated" },
	{ -1148, ERR_REJECTED, false, "SCM itself installs this certificate: order another one" },
	{ -1400, ERR_UNAVAILABLE, true, "" },
	{ -1450, ERR_REJECTED, false, SUPPORT },
	{ -1601, ERR_REJECTED, false, "check the value of that field in the configuration" },
	{ -1603, ERR_REJECTED, false, DOMAINS },
	{ -1608, ERR_REJECTED, false, "ask SCM support to enable domain validation" },
	{ -5101, ERR_REJECTED, false, UNKNOWN },
	{ -7306, ERR_REJECTED, false, NEW_PASSWORD },
};

static const struct scm_code unknown = { 1, ERR_REJECTED, false, "" };

const struct scm_code *scm_code(int64_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == code)
			return &codes[i];
	return &unknown;
}
