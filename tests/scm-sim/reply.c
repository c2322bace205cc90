#include "reply.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static const struct {
	int code;
	const char *text;
} codes[] = {
	{ 0, "Being processed by Sectigo" },
	{ -1, "Unknown error." },
	{ -2, "Internal error. Please contact Support for details." },
	{ -3, "You are not authorized to perform {0}." },
	{ -9, "The CSR is not valid Base-64 data!" },
	{ -10, "Error while decoding CSR." },
	{ -11, "The CSR uses an unsupported algorithm!" },
	{ -13, "The CSR uses an unsupported key size!" },
	{ -14, "Unknown error." },
	{ -16, "Unknown user" },
	{ -35, "The Server type is invalid!" },
	{ -36, "The validity period (term) is invalid for this certificate profile." },
	{ -37, "Access denied." },
	{ -39, "The certificate profile id is invalid!" },
	{ -62, "Missing mandatory custom field!" },
	{ -65, "Internal error {0}. Please contact Support for details." },
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
	{ -134, "Custom field has to have unique name." },
	{ -135, "Custom field cannot be found." },
	{ -138, "Invalid CSR." },
	{ -140, "CSR decoding temporarily unavailable. Please try again later." },
	{ -141, "The public key size in the CSR should be {0} bits minimum." },
	{ -159, "Your certificate already revoked" },
	{ -169, "Certificate is not available, please contact administrator." },
	{ -170, "Based on the customer configuration, ECC CSRs are not allowed." },
	{ -180, "This SSL Certificate Profile doesn't allow renew" },
	{ -183, "Certificate is not collectable." },
	{ -195, "CA is not available now. Please try again later." },
	{ -715, "The domain '{0}' is inactive." },
	{ -723, "{0} is not a high-level domain. Only high-level domains can be validated." },
	{ -727, "The domain '{0}' does not exist." },
	{ -732, "Invalid domain name." },
	{ -993, "Certificate orders currently restricted" },
	{ -1001, "Value of '{0}' must not be null." },
	{ -1002, "Cannot parse message body" },
	{ -1010, "Domain '{0}' is not allowed." },
	{ -1021, "This operation cannot be performed for Organization '{0}'." },
	{ -1023, "Organization '{0}' not found." },
	{ -1112, "Certificate can't be approved cause it has state = {0}" },
	{ -1400, "The request is being processed by Sectigo." },
	{ -1601, "Field '{0}' has invalid value." },
	{ -5101, "Certificate not found. {0}" },
};

void reply_clear(struct reply *reply)
{
	free(reply->body);
	for (size_t i = 0; i < reply->header_count; i++) {
		free(reply->headers[i].name);
		free(reply->headers[i].value);
	}
	*reply = (struct reply) { 0 };
}

void reply_empty(struct reply *reply, int status)
{
	reply_clear(reply);
	reply->status = status;
}

void reply_bytes(struct reply *reply, int status, const char *type, char *body, size_t length)
{
	reply_empty(reply, status);
	reply_header(reply, "Content-Type", type);
	reply->body = body;
	reply->length = length;
}

void reply_json(struct reply *reply, int status, cJSON *body)
{
	char *text = cJSON_PrintUnformatted(body);

	if (!text)
		abort();
	cJSON_Delete(body);
	reply_bytes(reply, status, "application/json;charset=UTF-8", text, strlen(text));
}

static const char *code_text(int code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].text;
	return codes[1].text;
}

bool reply_error(struct reply *reply, int status, int code, const char *argument)
{
	const char *text = code_text(code);
	const char *hole = strstr(text, "{0}");
	AUTO(text) char *filled = NULL;

	if (hole)
		filled = mem_format(
			"%.*s%s%s", (int)(hole - text), text, argument ? argument : "", hole + 3);
	return reply_text(reply, status, code, filled ? filled : text);
}

bool reply_text(struct reply *reply, int status, int code, const char *description)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddNumberToObject(body, "code", code);
	cJSON_AddStringToObject(body, "description", description);
	reply_json(reply, status, body);
	/* Only the answer to bad credentials is documented to the byte, and it names no charset. */
	if (code == -16)
		reply_header(reply, "Content-Type", "application/json");
	return false;
}

bool reply_missing(struct reply *reply, const char *field)
{
	return reply_error(reply, 400, -1001, field);
}

bool reply_invalid(struct reply *reply, const char *field)
{
	return reply_error(reply, 400, -1601, field);
}

bool reply_unparsable(struct reply *reply)
{
	return reply_error(reply, 400, -1002, NULL);
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
	for (size_t i = 0; i < reply->header_count; i++)
		if (!strcasecmp(reply->headers[i].name, name)) {
			free(reply->headers[i].value);
			reply->headers[i].value = mem_text(value);
			return;
		}
	assert(reply->header_count < REPLY_HEADERS);
	reply->headers[reply->header_count].name = mem_text(name);
	reply->headers[reply->header_count].value = mem_text(value);
	reply->header_count++;
}
