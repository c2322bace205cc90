/*
 * The ledger, DIR/ledger.jsonl: one JSON object a line for everything that happened to an order. It
 * is on disk before the answer leaves, so it tells what was ordered even when the answer was lost;
 * and it is all the state of the simulator: the orders are read from it at start.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "err.h"

struct ledger;

/* Called for each event in turn; the event is borrowed. False ends the reading. */
typedef bool ledger_reader(void *context, const cJSON *event, struct err *err);

/*
 * Opens PATH and hands what it holds to READER. A last line without an end was cut by a crash
 * before its answer left: it is taken off. The ledger is the caller's, closed by ledger_close().
 */
MUST bool ledger_open(struct ledger **out, const char *path, ledger_reader *reader, void *context,
	struct err *err);

void ledger_close(struct ledger *ledger);

/* Appends EVENT and waits until it is on disk. */
MUST bool ledger_append(struct ledger *ledger, const cJSON *event, struct err *err);

#endif
