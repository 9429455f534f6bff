/* The daemon: one process, one thread, one struct.
 *
 * What happens in one turn of the loop. Callbacks of sockets and timers feed bytes into sessions and messages
 * into sync, and drive (drive.h) carries out what sync asks for at once. At the end of the turn, before the
 * loop may sleep, loop_turn commits if it is time, tells sync what became durable, lets every link with room
 * take what sync has for it, does a slice of idle work, and arms the one timer for the next deadline of
 * anybody.
 *
 * Durable before visible holds because nothing but sync decides what a peer is told, and nothing but a commit
 * moves sync's durable end; answers to the control socket wait in their clients for the same commit. */
#ifndef KITHD_LOOP_H
#define KITHD_LOOP_H

#include "daemon/address.h"
#include "daemon/config.h"
#include "daemon/erase.h"
#include "daemon/home.h"
#include "daemon/invite.h"
#include "daemon/key.h"
#include "daemon/logline.h"
#include "daemon/receipt.h"
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
#define STOP_MS         1500 /* for goodbyes, once stopping */
#define SLICE_ENTRIES   128u /* projected in one turn: some milliseconds */
#define QUIET_MS        20   /* without input for so long: links are not busy */
#define SLICE_EVERY_MS  1000 /* projected at least so often, however busy the links are */
#define PACK_AFTER_MS   5000 /* idle for so long before runs are packed */
#define HEARD_EVERY_MS  300000
#define ROOM_EVERY_MS   1000
#define SLEEP_MAX_MS    3600000
#define DROP_BUFFER     4096u

struct peer;
struct dial;
struct control;
struct join;
struct carry_in;

struct daemon_options {
    const char *home;
    uint32_t listen_n;
    const char *listen[CONFIG_LISTEN_MAX];
    const char
        *key_credential; /* the systemd credential, or else the file, with the passphrase of the keys; NULL */
    const char *key_file;
    int ready_fd; /* a byte is written here once control socket and listeners are up; −1 */
    int tell_fd;  /* closed then: where failures of the start are told; −1 */
};

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

struct daemon {
    uv_loop_t uv;
    uv_signal_t sigterm, sigint, sighup;
    uv_timer_t timer;
    uv_prepare_t turn;
    uv_idle_t spin; /* active while work is left that waits for nothing */

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
    bool govern_due;   /* the roster changed: own operations may have to be posted again */
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
    uint32_t healed;    /* epoch that began by healing; 0 for none */
    bool old_home;      /* the counter says so */
    struct kith_mono heal_at, met_by, count_at;
    struct home counter; /* its directory; dir_fd −1 while there is none */

    bool stopping;
    struct kith_mono stop_by;
    struct kith_mono started;
};

/* Opens the home, runs until told to stop, closes everything. 0, or an error that says why it could not
 * start. */
int daemon_run(const struct daemon_options *o, struct kith_error *e);
struct kith_mono daemon_now(const struct daemon *d); /* of this turn */
struct kith_wall daemon_wall(void);
/* Begins a clean stop; further calls do nothing. */
void daemon_stop(struct daemon *d, const char *why);
/* After a fault of the store: one line, and out. Nothing is tried again. */
void daemon_fatal(const struct daemon *d, const char *where, const struct kith_error *e)
    __attribute__((noreturn));

#endif
