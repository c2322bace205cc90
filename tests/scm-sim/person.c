/*
 * Persons: those of the account's optional list "persons", each with id and email.
 */
#include "handlers.h"
#include "json.h"

void person_by_email(struct call *call)
{
	const cJSON *person =
		json_find_text(account_persons(call->sim->account), "email", call->text);
	AUTO(text) char *words = NULL;
	cJSON *answer;

	if (!person) {
		words = mem_format("Person with e-mail: %s was not found", call->text);
		reply_text(call->reply, 404, -105, words);
		return;
	}
	answer = cJSON_CreateObject();
	cJSON_AddNumberToObject(answer, "personId", (double)json_int(person, "id", 0));
	reply_json(call->reply, 200, answer);
}
