/* Joining by line, the coordinator's side: who may come in with which invite. */
#ifndef KITHD_ADMIT_H
#define KITHD_ADMIT_H

#include "daemon/peer.h"

/* SESSION_ASK_PSK: hands the invite's secret to the session, or fails it silently. */
void admit_ask_psk(struct peer *p, const uint8_t invite[16]);
/* SESSION_PEER of a join: checks the request, appends ADMIT once, lets the joiner in or says why not. */
void admit_request(struct peer *p, const struct session_event *ev);
/* True when a member that is not `self` goes by this code. */
bool admit_code_taken(const struct roster *r, const char *code, const struct kith_site_id *self);

#endif
