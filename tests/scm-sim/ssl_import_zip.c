/*
 * POST /import of the first version: certificates in files of a ZIP archive, sent as a form.
 */
#include "handlers.h"
#include "json.h"
#include "ssl_import.h"
#include "zip.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <strings.h>

/* The content of the form's part "file"; borrowed from the body, NULL when there is none. */
static const char *find_part(size_t *length, const struct request *request)
{
	const char *type = request_header(request, "Content-Type");
	const char *boundary = type ? strcasestr(type, "boundary=") : NULL;
	const char *body = request->body, *start, *end;
	AUTO(text) char *mark = NULL;

	if (!body || !boundary || strncasecmp(type, "multipart/form-data", 19) != 0)
		return NULL;
	boundary += strlen("boundary=");
	boundary += *boundary == '"';
	mark = mem_format("\r\n--%.*s", (int)strcspn(boundary, "\";"), boundary);
	start = memmem(body, request->length, "name=\"file\"", 11);
	start = start ? memmem(start, request->length - (size_t)(start - body), "\r\n\r\n", 4)
		      : NULL;
	if (!start)
		return NULL;
	start += 4;
	end = memmem(start, request->length - (size_t)(start - body), mark, strlen(mark));
	*length = end ? (size_t)(end - start) : 0;
	return end ? start : NULL;
}

/* A certificate in PEM, DER or bare base64; owned. */
static X509 *parse(const struct zip_file *file)
{
	const unsigned char *p = file->data;
	AUTO(bio) BIO *bio = BIO_new_mem_buf(file->data, (int)file->length);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	if (!cert)
		cert = d2i_X509(NULL, &p, (long)file->length);
	ERR_clear_error();
	return cert ? cert : ssl_import_parse((const char *)file->data, file->length);
}

static bool has_extension(const char *name)
{
	static const char *const known[] = { ".cer", ".crt", ".pem", ".der" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcasecmp(known[i], dot))
			return true;
	return false;
}

/* What is said of FILE, owned; NULL when it was taken in, or the reply is an error. */
static char *take(struct call *call, const struct zip_file *file, const struct import *import)
{
	AUTO(cert) X509 *cert = NULL;
	bool created = true;

	if (!has_extension(file->name))
		return mem_format("%s - Unsupported file extension", file->name);
	cert = file->data ? parse(file) : NULL;
	if (!cert)
		return mem_format("%s - Failed to parse certificate", file->name);
	if (!ssl_import_take(&created, call, cert, import) || created)
		return NULL;
	return mem_format("[%s] - SSL certificate already exists. Order number: N/A", file->name);
}

/* Takes the files of ZIP in and answers. */
static void take_all(struct call *call, struct zip *zip, const struct import *import)
{
	AUTO(json) cJSON *answer = cJSON_CreateObject();
	cJSON *errors = cJSON_CreateArray();
	struct zip_file file;
	int count = 0;

	cJSON_AddItemToObject(answer, "errors", errors);
	while (!call->reply->status && zip_next(&file, zip)) {
		AUTO(text) char *wrong = NULL;

		if (*file.name && file.name[strlen(file.name) - 1] != '/') {
			wrong = take(call, &file, import);
			count++;
		}
		if (wrong)
			cJSON_AddItemToArray(errors, cJSON_CreateString(wrong));
		zip_file_clear(&file);
	}
	cJSON_AddNumberToObject(answer, "processedCount", count);
	if (!call->reply->status)
		reply_json(call->reply, 200, TAKE(answer));
}

void ssl_import_zip(struct call *call)
{
	static const char *const nothing[] = { NULL };
	const char *organization = request_query(call->request, "orgId");
	struct import import = { .copied = nothing };
	const char *part;
	struct zip zip;
	size_t length;

	if (!organization || !*organization) {
		reply_missing(call->reply, "orgId");
		return;
	}
	import.organization = strtoll(organization, NULL, 10);
	part = find_part(&length, call->request);
	if (!account_organization(NULL, call->sim->account, import.organization) ||
		!account_may_use(call->sim->account, call->login, import.organization))
		reply_error(call->reply, 400, -639, NULL);
	else if (!part || !zip_open(&zip, part, length))
		reply_unparsable(call->reply);
	else
		take_all(call, &zip, &import);
}
