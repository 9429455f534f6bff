/* The verbs: each stands in a file of its own, verb_NAME.c, as one table. */
#ifndef KITH_CLI_VERBS_H
#define KITH_CLI_VERBS_H

#include "cli/options.h"

extern const struct verb verb_admit;
extern const struct verb verb_bundle;
extern const struct verb verb_chart;
extern const struct verb verb_compare;
extern const struct verb verb_data;
extern const struct verb verb_coordinator;
extern const struct verb verb_edit;
extern const struct verb verb_endorse;
extern const struct verb verb_export;
extern const struct verb verb_find;
extern const struct verb verb_help;
extern const struct verb verb_import;
extern const struct verb verb_init;
extern const struct verb verb_invite;
extern const struct verb verb_join;
extern const struct verb verb_key;
extern const struct verb verb_leave;
extern const struct verb verb_lint;
extern const struct verb verb_list;
extern const struct verb verb_log;
extern const struct verb verb_members;
extern const struct verb verb_new;
extern const struct verb verb_outbox;
extern const struct verb verb_policy;
extern const struct verb verb_release;
extern const struct verb verb_revoke;
extern const struct verb verb_rotate;
extern const struct verb verb_share;
extern const struct verb verb_show;
extern const struct verb verb_status;
extern const struct verb verb_sync;
extern const struct verb verb_unit;
extern const struct verb verb_verify;
extern const struct verb verb_watch;
extern const struct verb verb_retain;
extern const struct verb verb_withdraw;

#endif
