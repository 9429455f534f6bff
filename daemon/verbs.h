/* What clients of the control socket may ask for: one verb, one file (control_NAME.c). */
#ifndef KITHD_VERBS_H
#define KITHD_VERBS_H

#include "daemon/client.h"

/* `args` is one whole map. */
void control_status(struct client *c, struct kith_bytes args);
void control_share(struct client *c, struct kith_bytes args);
void control_release(struct client *c, struct kith_bytes args);
void control_invite(struct client *c, struct kith_bytes args);
void control_join(struct client *c, struct kith_bytes args);
void control_sync(struct client *c, struct kith_bytes args);
void control_verify(struct client *c, struct kith_bytes args);
void control_drop(struct client *c, struct kith_bytes args);
void control_stop(struct client *c, struct kith_bytes args);
void control_unit_add(struct client *c, struct kith_bytes args);
void control_unit_set(struct client *c, struct kith_bytes args);
void control_outbox(struct client *c, struct kith_bytes args);
void control_history(struct client *c, struct kith_bytes args);
void control_rotate(struct client *c, struct kith_bytes args);
void control_retain(struct client *c, struct kith_bytes args);
void control_withdraw(struct client *c, struct kith_bytes args);
void control_key_export(struct client *c, struct kith_bytes args);
void control_key_remove(struct client *c, struct kith_bytes args);
void control_key_import(struct client *c, struct kith_bytes args);
void control_data_measure(struct client *c, struct kith_bytes args);
void control_data_add(struct client *c, struct kith_bytes args);
void control_data_list(struct client *c, struct kith_bytes args);
void control_data_show(struct client *c, struct kith_bytes args);
void control_data_fix(struct client *c, struct kith_bytes args);
void control_data_drop(struct client *c, struct kith_bytes args);
void control_coordinator(struct client *c, struct kith_bytes args);
void control_policy(struct client *c, struct kith_bytes args);
void control_endorse(struct client *c, struct kith_bytes args);
void control_revoke(struct client *c, struct kith_bytes args);
void control_rename(struct client *c, struct kith_bytes args);
void control_leave(struct client *c, struct kith_bytes args);
void control_join_request(struct client *c, struct kith_bytes args);
void control_admit(struct client *c, struct kith_bytes args);
void control_bundle_make(struct client *c, struct kith_bytes args);
void control_bundle_base(struct client *c, struct kith_bytes args);
void control_bundle_read(struct client *c, struct kith_bytes args);
void control_bundle_take(struct client *c, struct kith_bytes args);
void control_bundle_put(struct client *c, struct kith_bytes args);
void control_bundle_end(struct client *c, struct kith_bytes args);
/* The client has gone: what it was about ends. */
void control_bundle_forget(struct client *c);
void control_data_share(struct client *c, struct kith_bytes args);
void control_outbox_show(struct client *c, struct kith_bytes args);

/* The argument `follows`: the code of the site whose root was lost. *ret is set where it is there. */
int control_follows(const struct daemon *d, struct kith_bytes args, bool *ret, struct kith_site_id *ret_site,
                    struct kith_error *e);

/* Clients that wait for reconciliations. */
void control_sync_tick(struct daemon *d);
int64_t control_sync_deadline(const struct client *c); /* of one that waits for it */
/* A slice of the releases that clients wait for; true when more is to do. */
bool control_release_slice(struct daemon *d);
/* A slice of a running verification; true when more is to do. */
bool control_verify_slice(struct daemon *d);
void control_verify_forget(struct daemon *d, const struct client *c);
void control_key_forget(struct daemon *d, const struct client *c);

#endif
