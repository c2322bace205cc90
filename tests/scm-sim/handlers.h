/*
 * The handlers of the API, one for each operation; each file has those of one part of it.
 */
#ifndef SIM_HANDLERS_H
#define SIM_HANDLERS_H

#include "call.h"

/* ssl_catalogue.c */
handler ssl_types;
handler ssl_custom_fields;

/* custom_field.c */
handler custom_fields;
handler custom_fields_of;
handler custom_field_details;

/* ssl_enroll.c */
handler ssl_enroll;

/* ssl_collect.c */
handler ssl_collect;
handler ssl_collect_public;

/* ssl_view.c */
handler ssl_details;

/* ssl_list.c */
handler ssl_list;

/* ssl_action.c */
handler ssl_revoke;
handler ssl_revoke_serial;
handler ssl_approve;
handler ssl_decline;
handler ssl_revoke_manual;

/* ssl_import.c */
handler ssl_import;
handler ssl_delete;

/* ssl_import_zip.c */
handler ssl_import_zip;

/* ssl_keygen.c */
handler ssl_keygen;
handler ssl_keystore;
handler key_download;

/* ssl_renew.c */
handler ssl_renew;
handler ssl_renew_by_id;
handler ssl_renew_manual;

/* ssl_replace.c */
handler ssl_replace;

/* ssl_update.c */
handler ssl_update;

/* ssl_location.c */
handler ssl_locations;
handler ssl_location;
handler ssl_location_add;
handler ssl_location_change;
handler ssl_location_remove;

/* enrollment.c */
handler enrollment_enroll;
handler enrollment_collect;
handler enrollment_revoke;
handler enrollment_status;
handler enrollment_dcv_recheck;
handler enrollment_renew;
handler enrollment_replace;

/* organization.c */
handler organization_list;
handler organization_by_role;
handler organization_by_type;
handler organization_details;

/* organization_change.c */
handler organization_create;
handler organization_change;
handler organization_delete;

/* organization_validation.c */
handler validation_list;
handler validation_details;
handler validation_submit;
handler validation_assign;
handler validation_reassign;
handler validation_again;
handler validation_validator;
handler validation_reset;

/* notification.c */
handler notification_list;
handler notification_types;
handler notification_create;
handler notification_change;
handler notification_delete;

/* ssl_dcv.c */
handler ssl_dcv;
handler ssl_dcv_recheck;

/* report.c */
handler report_make;

/* device.c */
handler device_enroll;
handler device_renew;
handler device_renew_serial;

/* smime.c */
handler smime_enroll;
handler smime_collect;
handler smime_renew;
handler smime_revoke;
handler smime_revoke_email;

/* person.c */
handler person_by_email;

/* dcv.c, dcv_start.c and dcv_submit.c */
handler dcv_list;
handler dcv_status;
handler dcv_sync;
handler dcv_clear;
handler dcv_delete;
handler dcv_start;
handler dcv_submit;
handler dcv_submit_bulk;

/* domain.c */
handler domain_list;
handler domain_details;
handler domain_count;

/* domain_change.c */
handler domain_create;
handler domain_delete;
handler domain_activate;
handler domain_suspend;
handler domain_monitoring;

/* domain_delegation.c */
handler domain_delegate;
handler domain_delegate_all;
handler domain_undelegate;
handler domain_approve;
handler domain_reject;

/* token.c */
handler token_issue;

/* admin.c */
handler admin_password;
handler admin_change_password;

#endif
