#include "scm/json_dcv.h"

#include "scm/json_cells.h"
#include "scm/wire.h"

static const char *const statuses[] = { "VALIDATED", "NOT_VALIDATED", "EXPIRED", NULL };
static const char *const order_statuses[] = { "NOT_INITIATED", "AWAITING_SUBMISSION", "SUBMITTED",
	"REJECTED", NULL };

static bool add_validation(struct strlist *cells, const cJSON *entry, struct err *err)
{
	return json_cell_string(cells, entry, "domain", err) &&
	       json_cell_word(cells, entry, "dcvStatus", statuses, err) &&
	       json_cell_string(cells, entry, "dcvMethod", err) &&
	       json_cell_word(cells, entry, "dcvOrderStatus", order_statuses, err) &&
	       json_cell_string(cells, entry, "expirationDate", err);
}

/* "emails" has all of some releases; in others the groups have more. */
static bool add_mailboxes(struct strlist *cells, const cJSON *answer, struct err *err)
{
	struct json_words words = { 0 };
	const cJSON *domains = NULL;
	const cJSON *domain;

	if (!json_words_add(&words, answer, "emails", err) ||
		!json_array(&domains, answer, "dcvEmails", err))
		return false;
	cJSON_ArrayForEach(domain, domains)
	{
		if (!json_words_add(&words, domain, "whoisEmails", err) ||
			!json_words_add(&words, domain, "adminEmails", err) ||
			!json_words_add(&words, domain, "dnsTxtEmails", err))
			return false;
	}
	return strlist_add(cells, words.text) || err_memory(err);
}

/* As it is: what is to be published may not be changed, not even to be shown. */
static bool add_verbatim(
	struct strlist *cells, const cJSON *answer, const char *name, struct err *err)
{
	const char *text = "";
	size_t n = 0;

	if (!json_string(&text, answer, name, err))
		return false;
	while (text[n] > ' ' && text[n] < 0x7f)
		n++;
	if (text[n] || n > WIRE_TEXT_MAX)
		return err_set(err, ERR_PROTOCOL,
			"member '%s' is not visible ASCII of at most %d bytes", name,
			WIRE_TEXT_MAX);
	return strlist_add(cells, text) || err_memory(err);
}

static bool add_answer(struct strlist *cells, const cJSON *answer, struct err *err)
{
	static const char *const texts[] = { "host", "point", "url", "firstLine", "secondLine" };

	if (!json_cell_word(cells, answer, "status", statuses, err) ||
		!json_cell_word(cells, answer, "orderStatus", order_statuses, err) ||
		!json_cell_string(cells, answer, "expirationDate", err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!add_verbatim(cells, answer, texts[i], err))
			return false;
	return add_mailboxes(cells, answer, err) && json_cell_string(cells, answer, "message", err);
}

bool scm_json_validations(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return json_rows(cells, add_validation, text, len, err);
}

bool scm_json_dcv(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return json_row(cells, add_answer, text, len, err);
}
