/* What all parts of the daemon share: one process, one thread, one struct.
 *
 * This stands below everything else in this folder that knows of a daemon, so it asks nothing of any part. */
#ifndef KITHD_DAEMON_H
#define KITHD_DAEMON_H

#include "daemon/address.h"
#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/invite.h"
#include "daemon/key.h"
#include "daemon/logline.h"
#include "daemon/role.h"
#include "daemon/store.h"
#include "proto/log/sync.h"
#include "proto/wire/session.h"

#include <uv.h>

#define DAEMON_SOFTWARE "kithd " KITH_VERSION
#define DAEMON_SOCKET   "kithd.sock"
#define COMMIT_MS       10   /* how long a write may wait for company */
#define LAZY_MS         1000 /* the same for projections */
#define HALF_OPEN_MAX   64u  /* accepted links that are not known yet */
#define PEERS_MAX       (SYNC_PEERS_MAX + HALF_OPEN_MAX)
#define DROP_BUFFER     4096u

struct peer;
struct dial;
struct control;
struct join;
struct carry_in;
struct store_erase;

struct listener {
    uv_tcp_t tcp;
    char address[KITH_ADDRESS_MAX + 1]; /* as bound */
    bool wildcard;
    uint16_t port;
};

/* A join that waits for another coordinator; need is 0 where there is none. */
struct joining {
    char line[INVITE_LINE_MAX];
    uint32_t have, need;
    int64_t backoff;
    struct kith_mono next;
};

/* What a part tells others that stand above it or beside it: nobody calls them, they look in their next tick,
 * which is in this turn of the loop or in the one that follows at once. */
enum daemon_note {
    NOTE_DIAL = 1,     /* members, their addresses or keys, or links may have changed */
    NOTE_ERASE = 2,    /* withdrawals, holds, the policy or what was dropped may have */
    NOTE_RECEIPT = 4,  /* what a receipt tells may have */
    NOTE_POSTS = 8,    /* the roster has: own operations may have to be posted again */
    NOTE_LINK_UP = 16, /* a member's link came up */
    NOTE_LINKS = 32    /* a link has ended, or is in step */
};

/* Erasing (erase.h); all zero at first. */
#define ERASE_READER_SIZE 64u
struct erase {
    struct store_erase *pass;            /* NULL: none is under way */
    struct kith_mono next;               /* when to look, or to step, again */
    struct kith_mono begun, waits_since; /* waits_since: 0 where no reader is in the way */
    char reader[ERASE_READER_SIZE];      /* who that is: "sqlite3 (1234)" */
    long reader_pid;                     /* 0: not known */
    char failed[KITH_ERROR_TEXT_MAX];    /* why the last pass could not be finished; "" */
};

/* Own receipts (receipt.h); all zero at first: looks once after the start. */
struct receipt_state {
    bool idle; /* nothing changed since it was looked */
    struct kith_mono next;
};

struct daemon {
    uv_loop_t uv;
    uv_signal_t sigterm, sigint, sighup;
    uv_timer_t timer;
    uv_prepare_t turn;
    uv_idle_t spin; /* active while work is left that waits for nothing */
    unsigned notes; /* bits of enum daemon_note that nobody has looked at yet */

    struct home home;
    struct config config;
    struct role_table roles;
    struct keys keys;
    char code[KITH_CODE_MAX + 1], name[KITH_NAME_MAX + 1];
    struct store *store;

    /* The network: NULL and empty until genesis or join. */
    struct roster *roster;
    struct sync *sync;
    struct kith_net_id net;
    char network[KITH_NAME_MAX + 1];
    uint8_t *cert; /* own certificate as packed; payload of message 3 */
    size_t cert_n;
    uint64_t handed;   /* ticket of the last run put into the store */
    int64_t news;      /* the last row of news that was logged */
    bool left;         /* this site has left: it dials and answers nobody, and writes nothing */
    bool told_revoked; /* a peer says that this site was revoked */
    bool publish_due;
    struct kith_mono publish_at;

    /* Links */
    struct listener *listener[CONFIG_LISTEN_MAX];
    uint32_t listeners;
    struct buckets buckets;
    struct peer *peer[PEERS_MAX];
    struct peer *number[SYNC_PEERS_MAX]; /* by their number in sync */
    struct msg scratch;                  /* decoded into */
    struct msg out;                      /* pulled out of sync */
    uint8_t drop[DROP_BUFFER];           /* read and thrown away */
    struct dial *dial;
    struct control *control;
    struct join *join; /* NULL unless this site is joining */
    struct joining joining;
    struct carry_in *carried; /* the bundle that is being applied; NULL for none */
    bool carried_dropped;     /* sync let it go; why */
    struct kith_error carried_why;

    /* Writing */
    int64_t commit_at;          /* when the open transaction must be committed; INT64_MAX: nothing is open */
    struct kith_mono input;     /* last bytes from a link */
    struct kith_mono projected; /* last slice */
    struct kith_mono heard_due, room_due;
    bool no_room; /* the file system is nearly full: nothing new is taken */
    bool packed;  /* nothing left to pack since the last store */
    bool merged;  /* nothing left to merge in the index since the last store */

    int64_t approve_at; /* when a release that waits is looked at next; INT64_MAX: none waits */

    uint32_t doubted; /* withdrawals in this site's name that it did not write */
    struct erase erase;
    struct receipt_state receipt;

    /* The own logs (heal.h) */
    int own;            /* enum sync_own, as last seen */
    uint32_t own_epoch; /* in which that was */
    bool again_due;     /* decisions may wait to be posted again (again.h) */
    uint32_t healed;    /* epoch that began by healing; 0 for none */
    bool old_home;      /* the counter says so */
    struct kith_mono heal_at, met_by, count_at;
    struct home counter; /* its directory; dir_fd −1 while there is none */

    const char *stop_why; /* somebody asked for a clean stop; NULL */
    bool stopping;        /* and it has begun */
    struct kith_mono stop_by;
    struct kith_mono started;
};

struct kith_mono daemon_now(const struct daemon *d); /* of this turn */
struct kith_wall daemon_wall(void);
/* Something was written into the store. How long may it wait for company before it is committed? */
enum daemon_wait {
    WAITS_NOT,  /* an answer, or an announcement of own entries, waits for it */
    WAITS_SOON, /* COMMIT_MS */
    WAITS_LONG  /* LAZY_MS: it can be made again from what is durable */
};
void daemon_wrote(struct daemon *d, enum daemon_wait wait);
void daemon_note(struct daemon *d, enum daemon_note what);
bool daemon_noted(struct daemon *d, enum daemon_note what); /* and it is looked at */
/* A clean stop begins in this turn of the loop; further calls do nothing. */
void daemon_stop(struct daemon *d, const char *why);
/* After a fault of the store: one line, and out. Nothing is tried again. */
void daemon_fatal(const struct daemon *d, const char *where, const struct kith_error *e)
    __attribute__((noreturn));

#endif
