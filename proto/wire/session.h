/* One link, as a machine without a socket: four doors and a deadline.
 *
 *     bytes in:   session_room → fill it → session_filled
 *     bytes out:  session_output → send some → session_sent
 *     events:     session_next until SESSION_NOTHING
 *     deadline:   session_deadline → at that time session_tick
 *
 * Fixed size, two fixed buffers of one record each, an error that sticks, entropy handed in: the memory of a
 * link is sizeof(struct session). The owner asks `session_next` after filling and before reading more. */
#ifndef KITH_SESSION_H
#define KITH_SESSION_H

#include "kith/error.h"
#include "kith/limits.h"
#include "proto/wire/msg.h"
#include "proto/wire/noise.h"

enum session_first { SESSION_LINK = 1, SESSION_JOIN = 2 }; /* the first byte of a connection */

enum session_state {
    SESSION_START,   /* first byte and handshake message 1 are due */
    SESSION_PSK,     /* responder of a join: waits for session_psk */
    SESSION_SECOND,  /* message 2 is due */
    SESSION_THIRD,   /* message 3 is due */
    SESSION_DECIDE,  /* responder: waits for session_accept */
    SESSION_OPEN,    /* messages flow */
    SESSION_CLOSING, /* a BYE is on its way out; nothing more is read */
    SESSION_DEAD     /* the error says why */
};

#define SESSION_PAYLOAD_MAX 60500u /* a certificate at its largest, or a join request */
#define SESSION_BUFFER      KITH_RECORD_WIRE_MAX

struct session_config {
    struct kith_net_id net;
    bool initiator;
    enum session_first first;   /* of an initiator; a responder learns it from byte 1 */
    uint8_t link_sk[32];        /* own X25519 */
    uint8_t ephemeral[32];      /* fresh entropy, used once */
    uint8_t remote[32];         /* initiator: link key of the one dialled */
    uint8_t psk[32];            /* initiator of a join: the invite's secret */
    uint8_t invite[16];         /* initiator of a join: BLAKE2b-128("kith-invite", secret), payload 1 */
    struct kith_bytes payload;  /* initiator: payload of message 3; responder: of message 2 (may be empty);
                                   borrowed: must live until the link is open */
    int64_t jitter_ms;          /* 0 … 5000: spreads keep-alives */
};

enum session_event_type {
    SESSION_NOTHING,
    SESSION_ASK_PSK, /* responder of a join: `invite` names it; answer session_psk or session_fail */
    SESSION_PEER,    /* the other's link key (responder: also payload 3); a responder answers session_accept or
                        session_refuse; an initiator is open already */
    SESSION_MESSAGE, /* `m` points to the session owner's scratch, valid until the next call */
    SESSION_ENDED    /* once; the error says why */
};

struct session_event {
    enum session_event_type type;
    uint8_t invite[16];
    struct kith_pk link_pk;
    enum session_first first;
    struct kith_bytes payload; /* borrowed from the session's buffer until session_next is called again */
    struct msg *m;
};

struct session {
    enum session_state state;
    bool initiator;
    enum session_first first;
    struct kith_net_id net;
    struct noise noise;
    struct noise_cipher send, recv;
    uint32_t sent_records, received_records; /* since the last rekey of each direction */
    uint8_t hh[64];                          /* handshake hash, once open */
    uint8_t invite[16];
    struct kith_bytes payload;
    struct kith_mono started, heard, said; /* last input; last output queued */
    int64_t keepalive_ms;
    bool ended_told;
    bool ping_owed; /* a PING waits for room */
    size_t in_n, in_used; /* bytes in `in`; of them consumed by the event last given */
    size_t out_n, out_sent;
    uint64_t bytes_in, bytes_out; /* in all, for figures */
    struct kith_error error;
    uint8_t in[SESSION_BUFFER];
    uint8_t out[SESSION_BUFFER + 1];
};

int session_init(struct session *s, const struct session_config *c, struct kith_mono now);
void session_clear(struct session *s); /* wipes keys */

uint8_t *session_room(struct session *s, size_t *ret_n); /* where to read into; *ret_n may be 0 */
void session_filled(struct session *s, struct kith_mono now, size_t n);
const uint8_t *session_output(struct session *s, size_t *ret_n);
void session_sent(struct session *s, size_t n);
/* `scratch` is the owner's one message, shared by all its sessions. */
enum session_event_type session_next(struct session *s, struct msg *scratch, struct session_event *ret);
struct kith_mono session_deadline(const struct session *s);
void session_tick(struct session *s, struct kith_mono now); /* keep-alive, handshake deadline, dead peer */

int session_psk(struct session *s, const uint8_t psk[32]);
int session_accept(struct session *s);
/* Queues a BYE (only where the other side can read it) and closes once it is out. */
void session_bye(struct session *s, enum msg_bye code);
void session_fail(struct session *s, int code, const char *why); /* at once, without a word to the other side */

/* True when a whole message of `n` plaintext bytes would fit into the out buffer now. */
bool session_can_send(const struct session *s, size_t n);
/* KITH_E_AGAIN when there is no room: nothing was queued. */
int session_send(struct session *s, struct kith_mono now, const struct msg *m);

#endif
