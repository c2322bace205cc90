/*
 * The handlers of the API, one for each operation; each file has those of one part of it.
 */
#ifndef SIM_HANDLERS_H
#define SIM_HANDLERS_H

#include "call.h"

/* ssl_catalogue.c */
handler ssl_types;
handler ssl_custom_fields;

/* ssl_enroll.c */
handler ssl_enroll;

/* ssl_collect.c */
handler ssl_collect;

/* ssl_view.c */
handler ssl_details;
handler ssl_list;

/* ssl_action.c */
handler ssl_revoke;
handler ssl_revoke_serial;
handler ssl_approve;
handler ssl_decline;

/* organization.c */
handler organization_list;
handler organization_details;

/* domain.c */
handler domain_list;
handler domain_details;

/* token.c */
handler token_issue;

/* admin.c */
handler admin_password;

#endif
