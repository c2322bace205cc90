/*
 * What an order asks for, whichever call brings it, with every check the service makes before it
 * takes the order. Where the values come from is the caller's affair.
 */
#ifndef SIM_ORDER_FORM_H
#define SIM_ORDER_FORM_H

#include "call.h"
#include "names.h"

/* The upper part is filled by the caller and borrowed; the lower by order_form_check(). */
struct order_form {
	int64_t org_id, cert_type, term;
	const char *csr, *comments, *requester;
	const char *sans;	    /* separated by commas */
	const cJSON *san_array;	    /* the same as an array of strings; both may be there */
	const cJSON *custom_fields; /* an array of name and value */
	const char *wanted_name;    /* what the common name has to be, or NULL */
	int64_t renews;		    /* the order that this one renews, or 0 */
	bool by_endpoint;	    /* it came by the Enrollment API */
	const cJSON *organization, *profile; /* borrowed from the account */
	X509_REQ *request;		     /* owned */
	char *common_name;		     /* owned */
	struct names names;		     /* owned: the common name and the others */
};

/* Fills FORM with what ORDER asked for; borrowed from ORDER. */
void order_form_of(struct order_form *form, const struct order *order);

/* Checks FORM. False: the reply refuses it. */
MUST bool order_form_check(struct order_form *form, const struct call *call);

/* Checks only what does not go to the CA: comments, requesters, custom fields. */
MUST bool order_form_check_notes(const struct order_form *form, const struct call *call);

/* Takes the order of a checked FORM; borrowed. NULL: the reply says why. */
const struct order *order_form_accept(const struct order_form *form, struct call *call);

/* Adds names, key and request of a checked FORM to EVENT. */
void order_form_describe(cJSON *event, const struct order_form *form);

void order_form_clear(struct order_form *form);

static inline void order_form_auto(struct order_form *form)
{
	order_form_clear(form);
}

#endif
