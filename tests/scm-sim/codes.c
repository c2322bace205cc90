#include "codes.h"

#include <stddef.h>

static const struct {
	int code;
	const char *text;
} codes[] = {
	{ 0, "Being processed by Sectigo" },
	{ -1, "Unknown error." },
	{ -2, "Internal error. Please contact Support for details." },
	{ -3, "You are not authorized to perform {0}." },
	{ -7, "{0} is required but missing." },
	{ -9, "The CSR is not valid Base-64 data!" },
	{ -10, "Error while decoding CSR." },
	{ -11, "The CSR uses an unsupported algorithm!" },
	{ -13, "The CSR uses an unsupported key size!" },
	{ -14, "Unknown error." },
	{ -16, "Unknown user" },
	{ -25, "You are not authorized to execute {0}" },
	{ -35, "The Server type is invalid!" },
	{ -36, "The validity period (term) is invalid for this certificate profile." },
	{ -37, "Access denied." },
	{ -39, "The certificate profile id is invalid!" },
	{ -62, "Missing mandatory custom field!" },
	{ -65, "Internal error {0}. Please contact Support for details." },
	{ -76, "KU/EKU template is not allowed for customer." },
	{ -78, "The public key is invalid or not supported." },
	{ -102, "Only issued certificates could be revoked." },
	{ -103, "Certificate has not been collected yet." },
	{ -105, "Error was occurred while renewing cert. Status = {0}" },
	{ -107, "Domain Control Validation is either incomplete or expired for {0}. Please "
		"complete it before requesting a certificate." },
	{ -109, "Certificate is not available now, please try again later." },
	{ -110, "Certificate has been revoked and cannot be downloaded." },
	{ -111, "No certificate profile found by id {0}" },
	{ -123, "SSL Certificate to renew is invalid (null)" },
	{ -124, "Wrong SSL certificate id {0}." },
	{ -126, "Unknown SSL certificate file format requested: {0}" },
	{ -129, "Connection error while applying certificate." },
	{ -130, "SSL state is not 'ISSUED': {0}" },
	{ -131, "Custom fields limit exceeded for customer." },
	{ -134, "Custom field has to have unique name." },
	{ -135, "Custom field cannot be found." },
	{ -138, "Invalid CSR." },
	{ -140, "CSR decoding temporarily unavailable. Please try again later." },
	{ -141, "The public key size in the CSR should be {0} bits minimum." },
	{ -159, "Your certificate already revoked" },
	{ -164, "Certificate cannot be enrolled for a Local Domain and/or Private IP for a "
		"validity "
		"period exceeding {0}." },
	{ -169, "Certificate is not available, please contact administrator." },
	{ -170, "Based on the customer configuration, ECC CSRs are not allowed." },
	{ -180, "This SSL Certificate Profile doesn't allow renew" },
	{ -181, "Anchor Certificate details do not match to your request." },
	{ -183, "Certificate is not collectable." },
	{ -185, "Customized Client Certificate Profile: {0} has no available terms." },
	{ -188, "This user have already reached the maximum allowed number of valid certificates: "
		"{0}" },
	{ -192, "Certificate has been revoked." },
	{ -194, "The CSR uses an unsupported key size." },
	{ -195, "CA is not available now. Please try again later." },
	{ -196, "Connection error while retrieving DCV email list." },
	{ -213, "Old password is incorrect" },
	{ -220, "Password can't be the same." },
	{ -429, "Customer {0} does not have a login name for CA." },
	{ -518, "Unknown email address" },
	{ -639, "Supplied orgid invalid.." },
	{ -700, "Such domain already exists" },
	{ -705, "This operation cannot be performed as the delegation status is other than "
		"\u2018\u2018Requested\u2019\u2019." },
	{ -707, "This domain delegation request has already been deleted." },
	{ -709, "Please delegate domain to at least one organization or department." },
	{ -715, "The domain '{0}' is inactive." },
	{ -723, "{0} is not a high-level domain. Only high-level domains can be validated." },
	{ -724, "The request for '{0}' cannot be processed since it's domain validation status is "
		"{1}." },
	{ -727, "The domain '{0}' does not exist." },
	{ -732, "Invalid domain name." },
	{ -737, "The domain(s): {0} are not validated! Please perform the DCV process for them "
		"before proceed." },
	{ -738, "Access denied. You are not allowed to perform the {0} operation on this domain." },
	{ -740, "This operation cannot be performed due to SSL certificates enrolled for this "
		"domain or its subdomains." },
	{ -843, "SSL certificate of this type cannot be requested due to '{0}' validation status "
		"of the selected organization." },
	{ -970, "Incorrect login credentials." },
	{ -976, "New password must be between {0} and 32 characters." },
	{ -977, "New password length must be 32 characters." },
	{ -982, "New password must not contain Login." },
	{ -993, "Certificate orders currently restricted" },
	{ -1001, "Value of '{0}' must not be null." },
	{ -1002, "Cannot parse message body" },
	{ -1010, "Domain '{0}' is not allowed." },
	{ -1021, "This operation cannot be performed for Organization '{0}'." },
	{ -1023, "Organization '{0}' not found." },
	{ -1108, "No valid client certificates found for {0}." },
	{ -1112, "Certificate can't be approved cause it has state = {0}" },
	{ -1113, "{0} certificate is not ready to be applied." },
	{ -1137, "The domain(s) {0} have not been validated under the DCV procedure." },
	{ -1138, "Error while checking size of public key in CSR." },
	{ -1140, "Since you are a requester of this certificate you can't approve it. For EV "
		 "certificates the requester and the approver must not be the same person." },
	{ -1148, "Replace is forbidden for autoinstalled certificates." },
	{ -1400, "The request is being processed by Sectigo." },
	{ -1450, "Unsupported certificate format specified: {0}" },
	{ -1601, "Field '{0}' has invalid value." },
	{ -1608, "DCV is not enabled for this customer." },
	{ -3115, "This {0} was modified or deleted by another user. Please refresh data." },
	{ -5101, "Certificate not found. {0}" },
	{ -5109, "Device Certificate Profile not found." },
	{ -7306, "Password policy violated: {0}" },
};

const char *codes_text(int code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].text;
	return "Unknown error.";
}
