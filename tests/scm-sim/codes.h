/*
 * The error codes of the API and their texts, as its documentation prints them.
 */
#ifndef SIM_CODES_H
#define SIM_CODES_H

/* The text of CODE, with {0} where something is to be put in; that of -1 for a code unknown. */
const char *codes_text(int code);

#endif
