/* Frames in, frames out, one request of a client at a time: while it is in hand nothing more is read from
 * that client, so answers come in the order of requests and a client's memory is one request and one answer.
 *
 * Who may ask: whoever holds a role (daemon/role.h), by what the kernel says of who connected; each verb
 * names the one that it needs. An answer that reports something as done waits for the commit that makes it so
 * (answers_committed). */
#include "daemon/control.h"

#include "daemon/heal.h"
#include "daemon/join.h"
#include "daemon/verbs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define VERB_MAX 16u

// clang-format off
static const struct verb {
    const char *name;
    void (*run)(struct client *c, struct kith_bytes args);
    unsigned roles; /* any of these will do */
} verbs[] = {
    {"status", control_status, ROLE_ANY},
    {"share", control_share, ROLE_SHARE},
    {"release", control_release, ROLE_RELEASE},
    {"invite", control_invite, ROLE_ADMIN},
    {"join", control_join, ROLE_ADMIN},
    {"sync", control_sync, ROLE_SHARE},
    {"verify", control_verify, ROLE_SHARE},
    {"drop", control_drop, ROLE_SHARE},
    {"stop", control_stop, ROLE_ADMIN},
    {"unit_add", control_unit_add, ROLE_ADMIN},
    {"unit_set", control_unit_set, ROLE_ADMIN},
    {"outbox", control_outbox, ROLE_SHARE},
    {"history", control_history, ROLE_RELEASE | ROLE_ADMIN},
    {"rotate", control_rotate, ROLE_ADMIN},
    {"retain", control_retain, ROLE_ADMIN},
    {"withdraw", control_withdraw, ROLE_RELEASE | ROLE_ADMIN},
    {"key_export", control_key_export, ROLE_ADMIN},
    {"key_remove", control_key_remove, ROLE_ADMIN},
    {"key_import", control_key_import, ROLE_ADMIN},
    {"data_measure", control_data_measure, ROLE_DATA},
    {"data_add", control_data_add, ROLE_DATA},
    {"data_list", control_data_list, ROLE_DATA},
    {"data_show", control_data_show, ROLE_DATA},
    {"data_fix", control_data_fix, ROLE_DATA},
    {"data_drop", control_data_drop, ROLE_DATA},
    {"coordinator", control_coordinator, ROLE_ADMIN},
    {"policy", control_policy, ROLE_ADMIN},
    {"endorse", control_endorse, ROLE_ADMIN},
    {"revoke", control_revoke, ROLE_ADMIN},
    {"rename", control_rename, ROLE_ADMIN},
    {"leave", control_leave, ROLE_ADMIN},
    {"join_request", control_join_request, ROLE_ADMIN},
    {"admit", control_admit, ROLE_ADMIN},
    {"bundle_make", control_bundle_make, ROLE_SHARE},
    {"bundle_base", control_bundle_base, ROLE_SHARE},
    {"bundle_read", control_bundle_read, ROLE_SHARE},
    {"bundle_take", control_bundle_take, ROLE_SHARE},
    {"bundle_put", control_bundle_put, ROLE_SHARE},
    {"bundle_end", control_bundle_end, ROLE_SHARE},
    {"data_share", control_data_share, ROLE_DATA},
    {"outbox_show", control_outbox_show, ROLE_DATA},
};
// clang-format on

/* ---- clients ---- */

static void on_closed(uv_handle_t *h)
{
    struct client *c = h->data;
    if (c->in)
        crypto_wipe(c->in, c->in_cap);
    free(c->in);
    free(c->out);
    free(c->item);
    free(c);
}

static void client_close(struct client *c)
{
    if (c->closing)
        return;
    c->closing = true;
    join_forget(c->d, c);
    control_verify_forget(c->d, c);
    control_bundle_forget(c);
    control_key_forget(c->d, c);
    c->d->control->client[c->slot] = NULL;
    uv_close((uv_handle_t *)&c->pipe, on_closed);
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- requests ---- */

static const struct verb *find_verb(struct kith_bytes name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (name.n == strlen(verbs[i].name) && memcmp(name.p, verbs[i].name, name.n) == 0)
            return &verbs[i];
    return NULL;
}

/* [id, verb, arguments] */
static void run_request(struct client *c, struct kith_bytes frame)
{
    struct pack_reader r;
    struct kith_error e;
    pack_reader_init(&r, frame.p, frame.n, false);
    uint32_t parts = pack_get_array(&r, 3);
    c->id = pack_get_uint(&r, UINT64_MAX);
    struct kith_bytes name = pack_get_str(&r, VERB_MAX);
    struct kith_bytes args = {r.in.p, r.in.n};
    struct pack_reader map = r;
    pack_skip(&r);
    pack_get_map(&map, 64);
    c->busy = true;
    const struct verb *v = parts == 3 && pack_done(&r) && !map.failed ? find_verb(name) : NULL;
    if (v && (c->roles & v->roles)) {
        v->run(c, args);
        return;
    }
    if (v) {
        client_refuse(c, v->name, v->roles);
        return;
    }
    kith_fail(&e, KITH_E_USAGE,
              "\"%.*s\": not a request of this kithd; compare the versions of kith and kithd",
              r.failed ? 0 : (int)name.n, r.failed ? "" : (const char *)name.p);
    answer_fail(c, &e);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
    struct client *c = h->data;
    (void)suggested;
    if (c->in_n == c->in_cap) {
        size_t cap = c->in_cap ? c->in_cap * 2 : CLIENT_IN_FIRST;
        if (cap > FRAME_HEAD + CONTROL_REQUEST_MAX)
            cap = FRAME_HEAD + CONTROL_REQUEST_MAX;
        uint8_t *grown = cap > c->in_cap ? realloc(c->in, cap) : NULL;
        if (grown) {
            c->in = grown;
            c->in_cap = cap;
        }
    }
    *ret = uv_buf_init(c->in ? (char *)c->in + c->in_n : NULL, (unsigned)(c->in_cap - c->in_n));
}

static void take_requests(struct client *c);

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct client *c = stream->data;
    (void)b;
    if (c->closing || n == 0)
        return;
    if (n < 0) {
        client_close(c);
        return;
    }
    if (c->in_n == 0)
        c->begun = daemon_now(c->d);
    c->in_n += (size_t)n;
    take_requests(c);
}

static void set_reading(struct client *c, bool on)
{
    if (c->closing || on == c->reading)
        return;
    c->reading = on;
    if (!on)
        uv_read_stop((uv_stream_t *)&c->pipe);
    else if (uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) < 0)
        client_close(c);
}

/* What would be signed waits for the first comparison, if that may still come soon. */
static bool is_held(const struct client *c, struct kith_bytes frame)
{
    struct pack_reader r, flag;
    pack_reader_init(&r, frame.p, frame.n, false);
    pack_get_array(&r, 3);
    pack_get_uint(&r, UINT64_MAX);
    struct kith_bytes name = pack_get_str(&r, VERB_MAX);
    struct kith_bytes args = {r.in.p, r.in.n};
    bool release = !r.failed && control_arg(args, "release", &flag) && pack_get_bool(&flag);
    return !r.failed && !control_arg(args, "alone", &flag) && heal_holds(c->d, name, release);
}

/* The frame's bytes move to the front only after its verb ran: arguments are borrowed from them. Then nothing
 * of it stays: it may have carried a passphrase. */
static void take_requests(struct client *c)
{
    while (!c->closing && !c->lost && !c->busy && !c->writing && c->in_n >= FRAME_HEAD) {
        size_t n = get_u32(c->in);
        if (n == 0 || n > CONTROL_REQUEST_MAX) {
            log_say(LOG_WARN, "control.frame", "a request of \"%zu\" bytes, at most %u are taken", n,
                    CONTROL_REQUEST_MAX);
            client_close(c);
            return;
        }
        if (c->in_n < FRAME_HEAD + n || is_held(c, (struct kith_bytes){c->in + FRAME_HEAD, n}))
            break;
        run_request(c, (struct kith_bytes){c->in + FRAME_HEAD, n});
        if (c->closing)
            return;
        c->in_n -= FRAME_HEAD + n;
        memmove(c->in, c->in + FRAME_HEAD + n, c->in_n);
        crypto_wipe(c->in + c->in_n, FRAME_HEAD + n);
        c->begun = daemon_now(c->d);
    }
    set_reading(c, !c->busy && !c->writing);
}

/* ---- who may ask ---- */

/* The kernel keeps who connected, with all groups that the process had then. */
static void look_at_peer(struct client *c)
{
    static gid_t groups[ROLE_GROUPS_MAX]; /* one thread */
    struct ucred who;
    socklen_t n = sizeof who, list = sizeof groups;
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&c->pipe, &fd) < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &list) < 0)
        list = 0;
    struct role_caller caller = {who.uid, who.gid, (uint32_t)(list / sizeof groups[0]), groups};
    c->uid = who.uid;
    c->login = login_of_peer(fd, who.pid);
    c->by = (struct releaser){.uid = who.uid,
                              .login = c->login,
                              .in_group = role_in_group(&c->d->roles, ROLE_RELEASE, &caller),
                              .reason = c->reason};
    c->roles = role_of(&c->d->roles, &caller);
    c->known = role_knows(&c->d->roles, &caller);
}

/* May it be sent away for another? Who asks nothing, who has long left an answer unread, and who waits for
 * links. */
static bool may_go(const struct client *c)
{
    if (c->writing)
        return daemon_now(c->d).ms - c->begun.ms >= CONTROL_DEADLINE_MS;
    return !c->busy || c->wait == WAIT_SYNC;
}

/* When there are too many, the one that was silent for longest makes room, and of those only who waits for
 * links where there is no other: who connects and asks nothing must not keep out those who do. */
static void make_room(struct daemon *d)
{
    struct client *silent = NULL;
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *c = d->control->client[i];
        if (!c)
            return;
        if (may_go(c) && (!silent || c->busy < silent->busy ||
                          (c->busy == silent->busy && c->begun.ms < silent->begun.ms)))
            silent = c;
    }
    if (silent)
        client_close(silent);
}

/* The first that is free, or CONTROL_CLIENTS_MAX. */
static void take_slot(struct client *c)
{
    c->slot = CONTROL_CLIENTS_MAX;
    for (uint32_t i = CONTROL_CLIENTS_MAX; i-- > 0;)
        if (!c->d->control->client[i])
            c->slot = i;
}

static struct client *client_new(struct daemon *d)
{
    struct client *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->d = d;
    c->begun = daemon_now(d);
    take_slot(c);
    if (uv_pipe_init(&d->uv, &c->pipe, 0) < 0) {
        free(c);
        return NULL;
    }
    c->pipe.data = c->write.data = c;
    return c;
}

static void on_connection(uv_stream_t *server, int status)
{
    struct daemon *d = server->data;
    struct client *c = status < 0 ? NULL : client_new(d);
    if (!c)
        return;
    bool taken = uv_accept(server, (uv_stream_t *)&c->pipe) == 0;
    if (taken)
        look_at_peer(c);
    bool may = taken && c->known;
    if (may && c->slot == CONTROL_CLIENTS_MAX) {
        make_room(d);
        take_slot(c);
    }
    if (!may || c->slot == CONTROL_CLIENTS_MAX) {
        if (taken)
            log_say(LOG_WARN, "control.refused",
                    may ? "uid \"%u\": too many ask at once" : "uid \"%u\" may not ask", (unsigned)c->uid);
        c->closing = true;
        uv_close((uv_handle_t *)&c->pipe, on_closed);
        return;
    }
    d->control->client[c->slot] = c;
    set_reading(c, true);
}

/* ---- life ---- */

int control_start(struct daemon *d, struct kith_error *e)
{
    char path[HOME_PATH_MAX];
    d->control = calloc(1, sizeof *d->control);
    if (!d->control || !(d->control->answer = malloc(FRAME_HEAD + CONTROL_ANSWER_MAX)))
        return kith_fail(e, KITH_E_INTERNAL, "no memory for the control socket");
    int r = home_path(&d->home, DAEMON_SOCKET, path, e);
    if (r < 0)
        return r;
    if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return kith_fail(e, KITH_E_USAGE,
                         "socket \"%s\": the path is too long; choose a home with a shorter one", path);
    unlink(path); /* the lock is held: nobody listens on it */
    r = uv_pipe_init(&d->uv, &d->control->pipe, 0);
    if (r == 0) {
        d->control->listening = true;
        d->control->pipe.data = d;
        mode_t before = umask(0117);
        r = uv_pipe_bind(&d->control->pipe, path);
        umask(before);
    }
    if (r == 0)
        r = uv_listen((uv_stream_t *)&d->control->pipe, 64, on_connection);
    return r < 0 ? kith_fail(e, KITH_E_INTERNAL, "socket \"%s\": %s", path, uv_strerror(r)) : 0;
}

void control_stop_listening(struct daemon *d)
{
    if (!d->control || !d->control->listening)
        return;
    d->control->listening = false;
    uv_close((uv_handle_t *)&d->control->pipe, NULL); /* libuv unlinks the path */
}

void control_close_all(struct daemon *d)
{
    for (uint32_t i = 0; d->control && i < CONTROL_CLIENTS_MAX; i++)
        if (d->control->client[i])
            client_close(d->control->client[i]);
}

void control_free(struct daemon *d)
{
    if (!d->control)
        return;
    store_verify_end(d->control->verify);
    free(d->control->answer);
    free(d->control);
    d->control = NULL;
}

bool control_pending(const struct daemon *d)
{
    for (uint32_t i = 0; d->control && i < CONTROL_CLIENTS_MAX; i++)
        if (d->control->client[i] && d->control->client[i]->writing)
            return true;
    return false;
}

static bool is_late(const struct client *c)
{
    return c->in_n > 0 && !c->busy && !c->writing && daemon_now(c->d).ms - c->begun.ms >= CONTROL_DEADLINE_MS;
}

void control_tick(struct daemon *d)
{
    control_sync_tick(d);
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *c = d->control->client[i];
        if (c && c->lost)
            client_close(c);
        else if (c)
            take_requests(c);
        if (c && !c->closing && is_late(c)) {
            log_say(LOG_WARN, "control.late", "a request did not arrive within %d ms", CONTROL_DEADLINE_MS);
            client_close(c);
        }
    }
}

int64_t control_deadline(const struct daemon *d)
{
    int64_t due = INT64_MAX;
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        const struct client *c = d->control->client[i];
        int64_t at = INT64_MAX;
        if (c && c->wait == WAIT_SYNC)
            at = control_sync_deadline(c);
        else if (c && c->in_n > 0 && !c->busy && !c->writing)
            at = c->begun.ms + CONTROL_DEADLINE_MS;
        due = at < due ? at : due;
    }
    return due;
}
