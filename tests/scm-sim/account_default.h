/*
 * The account.json of a new directory. A domain without validationStatus is VALIDATED, without
 * state ACTIVE, and without delegations delegated to every organization; a profile without
 * organizations is offered to all.
 */
#ifndef SIM_ACCOUNT_DEFAULT_H
#define SIM_ACCOUNT_DEFAULT_H

extern const char account_default[];

#endif
