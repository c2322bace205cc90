/*
 * Organizations and departments, for the calls that change them.
 */
#ifndef SIM_ORGANIZATION_H
#define SIM_ORGANIZATION_H

#include "call.h"

/*
 * The organization or department of the path, borrowed from the account, and the LIST that holds
 * it. NULL: the reply says that the caller has none.
 */
cJSON *organization_find(const struct call *call, cJSON **list);

#endif
