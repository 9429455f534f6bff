/* One link: a TCP connection and its session. Who it is, its beginning by dialling, its end; what goes over
 * it is link.h. */
#ifndef KITHD_PEER_H
#define KITHD_PEER_H

#include "daemon/daemon.h"

#define PEER_NO_NUMBER UINT32_MAX
#define PEER_PROBATION_MAX                                                                                   \
    32u /* links of sites that are not known yet: strangers must not take the places of members */

enum peer_role {
    PEER_ACCEPTED,
    PEER_DIALLED, /* a link of own choice */
    PEER_JOINING  /* the link over which this site joins */
};

struct peer {
    struct daemon *d;
    enum peer_role role;
    uint32_t slot;   /* in d->peer */
    uint32_t number; /* in sync; PEER_NO_NUMBER until up */
    bool connected, reading, writing, resolving;
    bool ended;    /* the session is over; reads are dropped until the other side closes */
    bool closing;  /* uv_close was called */
    bool closed;   /* and has happened */
    bool expected; /* its address stands in a status entry */
    bool known;    /* site is set */
    bool older;    /* shows keys that are over, and waits for its root key to be shown (older.h) */
    bool in_step;
    enum sync_mode mode;
    struct kith_site_id site;
    uint32_t by_root;    /* the epoch that was known when it showed its root key; 0 where it did not */
    struct kith_pk link; /* the other side's link key, proved by the handshake once `known` */
    uint64_t round;      /* of the last reconciliation that ended */
    struct kith_mono begun, up_at, linger;
    struct sockaddr_storage from;
    char address[KITH_ADDRESS_MAX + 1];
    uint16_t port; /* of a name that is being resolved */
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_getaddrinfo_t resolve;
    uv_write_t write;
    uv_shutdown_t shutdown;
    size_t write_n; /* bytes that libuv holds while `writing` */
    struct session s;
};

/* NULL where there is no room. */
struct peer *peer_new(struct daemon *d, enum peer_role role);
/* Dials; the session's deadline also bounds resolving and connecting. c->payload must live as long as the
 * daemon. */
struct peer *peer_dial(struct daemon *d, enum peer_role role, const char *address,
                       const struct session_config *c, struct kith_error *e);
/* The other side is known: sync hears of it; to be followed by drive. */
void peer_up(struct peer *p, const struct kith_site_id *site, enum sync_mode mode);
/* sync forgets the link. */
void peer_down(struct peer *p);
/* The same, and a BYE goes out before it closes. */
void peer_bye(struct peer *p, enum msg_bye code);
/* It fails for this reason in this turn of the loop. */
void peer_fail(struct peer *p, int code, const char *why);
/* Its slot is free at once; p lives until libuv is through with it. */
void peer_close(struct peer *p);

struct peer *peer_of_site(const struct daemon *d, const struct kith_site_id *site); /* up, or NULL */
/* The roster may have learnt that a site has newer keys: links under older ones end, and come again. */
void peers_rekeyed(struct daemon *d);
/* This site gets other keys: what shakes hands under those before ends. */
void peers_restart_handshakes(struct daemon *d);
uint32_t peers_count(const struct daemon *d, bool up_only);

#endif
