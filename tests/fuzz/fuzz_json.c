/* Every JSON answer of SCM: what is taken is printable and bounded. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "scm/json.h"
#include "scm/json_table.h"
#include "scm/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s, size_t max)
{
	assert(strlen(s) <= max);
	for (; *s; s++)
		assert((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void check_cells(const struct strlist *cells, size_t columns)
{
	assert(cells->n % columns == 0);
	for (size_t i = 0; i < cells->n; i++)
		check_text(cells->item[i], WIRE_TEXT_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(scm_details) struct scm_details details = { 0 };
	AUTO(scm_details) struct scm_details status = { 0 };
	AUTO(scm_ids) struct scm_ids ids = { 0 };
	AUTO(strlist) struct strlist organizations = { 0 };
	AUTO(strlist) struct strlist profiles = { 0 };
	const char *text = (const char *)data;
	struct scm_error error;
	char id[SCM_ID_SIZE];
	struct err err = { 0 };

	if (scm_json_error(&error, text, size, &err))
		check_text(error.description, sizeof(error.description) - 1);
	if (scm_json_ssl_id(id, text, size, &err))
		assert(*id && *id != '0' && strspn(id, "0123456789") == strlen(id));
	if (scm_json_cert_id(id, text, size, &err))
		assert(*id && strlen(id) < sizeof(id));
	if (scm_json_status(&status, text, size, &err))
		check_text(status.status, sizeof(status.status) - 1);
	if (scm_json_details(&details, text, size, &err)) {
		check_text(details.status, sizeof(details.status) - 1);
		assert(strspn(details.serial, "0123456789ABCDEF") == strlen(details.serial));
	}
	if (scm_json_ids(&ids, text, size, &err))
		for (size_t i = 0; i < ids.n; i++)
			assert(ids.id[i] > 0);
	if (scm_json_organizations(&organizations, text, size, &err))
		check_cells(&organizations, SCM_ORGANIZATION_COLUMNS);
	if (scm_json_profiles(&profiles, text, size, &err))
		check_cells(&profiles, SCM_PROFILE_COLUMNS);
	return 0;
}
