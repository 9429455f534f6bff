/* One link, as a machine without a socket: four doors and a deadline (SPEC 4.22 to 4.32).
 *
 *     bytes in:   session_room → fill it → session_filled
 *     bytes out:  session_output → send some → session_sent
 *     events:     session_next until SESSION_NOTHING
 *     deadline:   session_deadline → at that time session_tick
 *
 * Fixed size, two fixed buffers of one record each, an error that sticks, entropy handed in: the memory of a
 * link is sizeof(struct session). The owner asks `session_next` until SESSION_NOTHING after filling, after
 * session_accept, and before reading more.
 *
 * After SESSION_ENDED the owner writes what session_output still gives (nothing, by then), shuts down its
 * side for writing, reads and drops until the other side closes (or a second has passed), and only then
 * closes: a socket closed over unread bytes is reset, and the BYE may be lost with it. */
#ifndef KITH_SESSION_H
#define KITH_SESSION_H

#include "kith/error.h"
#include "kith/limits.h"
#include "proto/wire/msg.h"
#include "proto/wire/noise.h"

/* The first byte of a connection. SESSION_ANY: a responder's, until it has read the byte. */
enum session_first { SESSION_ANY = 0, SESSION_LINK = 1, SESSION_JOIN = 2 };

enum session_state {
    SESSION_START,   /* responder: first byte and handshake message 1 are due */
    SESSION_PSK,     /* responder of a join: waits for session_psk */
    SESSION_SECOND,  /* initiator: message 2 is due */
    SESSION_THIRD,   /* responder: message 3 is due */
    SESSION_DECIDE,  /* responder: waits for session_accept or session_bye */
    SESSION_OPEN,    /* messages flow */
    SESSION_CLOSING, /* a BYE is on its way out; nothing more is read */
    SESSION_DEAD     /* the error says why */
};

#define SESSION_PAYLOAD_MAX 60500u /* a certificate at its largest, or a join request */
#define SESSION_BUFFER      KITH_RECORD_WIRE_MAX
/* Kept free behind every message of the owner: one PING and one BYE, each 2 + 3 + 16 bytes. */
#define SESSION_RESERVE 42u
#define SESSION_PLAIN_MAX                                                                                    \
    (SESSION_BUFFER + 1 - 2 - NOISE_TAG - SESSION_RESERVE) /* of a message; ≥ any RUN                      \
                                                            */
#define SESSION_CLOSE_MS 5000                              /* for a BYE to get out */

struct session_config {
    struct kith_net_id net;
    bool initiator;
    enum session_first first;  /* of an initiator; a responder learns it from byte 1 */
    uint8_t link_sk[32];       /* own X25519 */
    uint8_t ephemeral[32];     /* fresh entropy, used once */
    uint8_t remote[32];        /* initiator: link key of the one dialled */
    uint8_t psk[32];           /* initiator of a join: the invite's secret */
    uint8_t invite[16];        /* initiator of a join: BLAKE2b-128("kith-invite", secret), payload 1 */
    struct kith_bytes payload; /* initiator: payload of message 3; responder: of message 2 (may be empty);
                                  borrowed: must live until the link is open; ≤ SESSION_PAYLOAD_MAX */
    /* Responder after a rotation (SPEC 4.27): the link key before, for those who have not heard of the new
     * one. It is tried when message 1 does not fit link_sk; message 2 then carries previous_payload instead:
     * the newer certificate. */
    bool has_previous;
    uint8_t previous_sk[32];
    struct kith_bytes previous_payload;
    int64_t jitter_ms; /* 0 … 5000: spreads keep-alives */
};

enum session_event_type {
    SESSION_NOTHING,
    SESSION_ASK_PSK, /* responder of a join: `invite` names it; answer session_psk or session_fail */
    SESSION_PEER,    /* the other's link key and payload (3 for a responder, 2 for an initiator); a responder
                        answers session_accept or session_bye; an initiator is open already */
    SESSION_MESSAGE, /* `m` points to the owner's scratch; the bytes it borrows last until the next call.
                        Never a PING; after a BYE comes SESSION_ENDED */
    SESSION_ENDED    /* once; s->error says why (code KITH_OK after BYE_DONE, KITH_E_REFUSED after others) */
};

struct session_event {
    enum session_event_type type;
    uint8_t invite[16]; /* SESSION_ASK_PSK and SESSION_PEER of a join */
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
    uint8_t link_sk[32], previous_sk[32], ephemeral[32]; /* until the handshake is over */
    bool has_previous;
    struct noise_cipher send, recv;
    uint32_t sent_records, received_records; /* since the last rekey of each direction */
    uint8_t hh[64];                          /* handshake hash, once open */
    uint8_t invite[16];
    struct kith_bytes payload, previous_payload;
    struct kith_mono started, heard, said; /* last input; last output queued */
    struct kith_mono closing;              /* when SESSION_CLOSING was first noticed by a tick */
    bool closing_noticed;
    int64_t keepalive_ms;
    bool ended_told;
    bool told; /* the other side said BYE, with this code */
    uint32_t told_code;
    bool ping_owed;              /* a PING waits for room */
    size_t in_n, in_at, in_used; /* bytes in `in`; the first not consumed; taken by the event last given */
    size_t out_n, out_sent;
    uint64_t bytes_in, bytes_out; /* in all, for figures */
    struct kith_error error;
    uint8_t in[SESSION_BUFFER];
    uint8_t out[SESSION_BUFFER + 1];
};

/* 0; KITH_E_USAGE for a payload that is too long; KITH_E_INVALID for keys that are none. `now` begins the
 * handshake's absolute deadline. A failed session is dead, and may still be cleared and asked. */
int session_init(struct session *s, const struct session_config *c, struct kith_mono now);
void session_clear(struct session *s); /* wipes keys */

/* Where to read into; *ret_n may be 0 (dead, or a whole record waits for session_next). While a BYE is on its
 * way out, what is read is dropped. */
uint8_t *session_room(struct session *s, size_t *ret_n);
void session_filled(struct session *s, struct kith_mono now, size_t n);
/* What to write. These bytes stay where they are until session_sent is told, so an asynchronous write may
 * hold them; more may be appended behind them meanwhile. */
const uint8_t *session_output(struct session *s, size_t *ret_n);
void session_sent(struct session *s, size_t n);
/* `scratch` is the owner's one message, shared by all its sessions. */
enum session_event_type session_next(struct session *s, struct msg *scratch, struct session_event *ret);
/* When session_tick is due; it may lie in the past ("now") and is INT64_MAX once dead. Changes with every
 * call. */
struct kith_mono session_deadline(const struct session *s);
void session_tick(struct session *s, struct kith_mono now); /* keep-alive, handshake deadline, dead peer */

/* Answers of a responder; KITH_E_USAGE in any other state. */
int session_psk(struct session *s, const uint8_t psk[32]);
int session_accept(struct session *s);
/* Queues a BYE and closes once it is out. Before message 3 was read the other side is a stranger, and before
 * message 3 was written it could not read: then the link just ends. */
void session_bye(struct session *s, enum msg_bye code);
/* At once, without a word to the other side. The first reason of a session stays. code < 0. */
void session_fail(struct session *s, int code, const char *why);

/* True when a whole message of `n` plaintext bytes would fit into the out buffer now. */
bool session_can_send(const struct session *s, size_t n);
/* KITH_E_AGAIN when there is no room: nothing was queued. KITH_E_OFFLINE when the link is not open;
 * KITH_E_USAGE when the message is out of its limits. PING and BYE are the session's own: never sent here. */
int session_send(struct session *s, struct kith_mono now, const struct msg *m);

#endif
