/*
 * SCM's lists, the answers to steps of a validation, and the file of one: rows are whole, cells
 * printable and bounded, whatever comes.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "scm/json_dcv.h"
#include "scm/json_table.h"
#include "scm/published.h"
#include "scm/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	bool (*read)(struct strlist *cells, const char *text, size_t len, struct err *err);
	size_t columns;
} readers[] = {
	{ scm_json_organization, SCM_ORGANIZATION_DETAILS_COLUMNS },
	{ scm_json_fields, SCM_FIELD_COLUMNS },
	{ scm_json_domains, SCM_DOMAIN_COLUMNS },
	{ scm_json_certificates, SCM_CERTIFICATE_COLUMNS },
	{ scm_json_password, SCM_PASSWORD_COLUMNS },
	{ scm_json_validations, SCM_VALIDATION_COLUMNS },
	{ scm_json_dcv, WIRE_DCV_COLUMNS },
};

static void check_cells(const struct strlist *cells, size_t columns)
{
	assert(cells->n % columns == 0);
	for (size_t i = 0; i < cells->n; i++) {
		assert(strlen(cells->item[i]) <= WIRE_TEXT_MAX);
		for (const char *s = cells->item[i]; *s; s++)
			assert((unsigned char)*s >= 0x20 && *s != 0x7f);
	}
}

/* A reply of any row can be sent. */
static void check_reply(const struct strlist *cells, size_t columns)
{
	AUTO(buf) struct buf out = BUF(WIRE_REPLY_MAX + WIRE_HEADER);
	struct wire_reply reply = { .id = 1, .columns = (uint32_t)columns };
	struct err err = { 0 };

	reply.rows = (uint32_t)(cells->n / columns);
	reply.cell = (const char **)cells->item;
	if (reply.rows <= WIRE_ROWS_MAX)
		assert(wire_encode_reply(&out, &reply, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct wire_published file = { .first_line = "00ff", .second_line = "sectigo.com" };
	const char *text = (const char *)data;
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		AUTO(strlist) struct strlist cells = { 0 };

		if (!readers[i].read(&cells, text, size, &err))
			continue;
		check_cells(&cells, readers[i].columns);
		check_reply(&cells, readers[i].columns);
	}
	if (!scm_published_lines(text, size, &file, &err))
		assert(err.kind == ERR_UNAVAILABLE);
	return 0;
}
