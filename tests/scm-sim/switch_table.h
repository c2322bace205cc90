/*
 * The switches there are: their words, what each does to the behaviour, and what --help says.
 */
#ifndef SIM_SWITCH_TABLE_H
#define SIM_SWITCH_TABLE_H

#include "switches.h"

/* Reads VALUE into the field of a switch; false when it is not such a value. */
typedef bool switch_setter(struct switches *switches, void *field, int detail, const char *value);

struct switch_word {
	const char *word;
	const char *value; /* NULL: takes none */
	switch_setter *set;
	size_t field; /* its offset in struct switches */
	int detail;   /* for the setter */
	const char *help;
};

extern const struct switch_word switch_words[];
extern const size_t switch_word_count;

#endif
