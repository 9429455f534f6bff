/* A rotation touches two things that cannot change in one transaction: key files and the database. The order:
 *
 *   1 what is written already is committed, so that a closing never names an entry that is not on disk
 *   2 the new key files are written and synced beside the old ones           (keys_fresh)
 *   3 the certificate is appended as entry 1 of the new epoch and committed
 *   4 the old entry key, and link keys before the previous one, are removed  (keys_settle)
 *
 * Between 2 and 4 files of two epochs lie there, and the database decides which count: after 3 the new ones.
 * Nobody is told of the certificate before it is on disk, so dropping after a crash before 3 contradicts
 * nobody.
 *
 * Where logs are closed. The certificate until now has closed the logs before its epoch: its marks are taken
 * over. Those of its own epoch are closed at their heads, or, after a theft, at the last entry that this very
 * home wrote (store_own.c). The caller's marks replace both. */
#include "daemon/rotate.h"

#include "daemon/drive.h"
#include "daemon/peer.h"

#include <stdlib.h>

/* ---- where the logs are closed ---- */

/* The head, or what is named as the end where that is not held (or another branch is). */
static void mark_head(const struct daemon *d, const struct kith_log_key *key, struct cert_mark *m)
{
    uint64_t ends = 0;
    struct kith_id named;
    if (sync_forked(d->sync, key, &m->seq, &m->id))
        return; /* the branch that the network holds, and this home by now */
    bool is_named = roster_valid_end(d->roster, key, &ends, &named) == 1;
    sync_head(d->sync, key, &m->seq, &m->id);
    if (!is_named || m->seq >= ends)
        return;
    m->seq = ends;
    m->id = named;
}

static int mark_epoch(struct daemon *d, uint32_t epoch, bool compromised, struct rotate_plan *p,
                      struct kith_error *e)
{
    int r = 0;
    for (uint8_t stream = 0; stream < KITH_STREAMS && r == 0; stream++) {
        struct kith_log_key key = {d->keys.site, epoch, stream};
        struct cert_mark m = {.stream = stream, .epoch = epoch};
        if (compromised)
            r = store_own_last(d->store, stream, epoch, &m.seq, &m.id, e);
        else
            mark_head(d, &key, &m);
        if (r == 0 && m.seq > 0)
            p->closes[p->closes_n++] = m;
    }
    return r;
}

static int replace_mark(struct rotate_plan *p, const struct cert_mark *m, struct kith_error *e)
{
    uint32_t i = 0;
    while (i < p->closes_n && (p->closes[i].stream != m->stream || p->closes[i].epoch != m->epoch))
        i++;
    if (m->epoch < 1 || m->epoch >= p->epoch || m->stream >= KITH_STREAMS || m->seq > KITH_SEQ_MAX)
        return kith_fail(e, KITH_E_USAGE, "epoch \"%u\" cannot be closed by epoch %u", m->epoch, p->epoch);
    if (i == KITH_CLOSES_MAX)
        return kith_fail(e, KITH_E_FULL, "\"%u\" logs are closed already", i);
    if (m->seq > 0)
        p->closes[i] = *m;
    else if (i < p->closes_n)
        p->closes[i] = p->closes[--p->closes_n];
    if (m->seq > 0 && i == p->closes_n)
        p->closes_n++;
    return 0;
}

static int fill_plan(struct daemon *d, const struct rotate_request *q, uint32_t top, struct rotate_plan *p,
                     struct kith_error *e)
{
    int r = mark_epoch(d, top, q->compromised, p, e);
    for (uint32_t i = 0; i < q->closes_n && r == 0; i++)
        r = replace_mark(p, &q->closes[i], e);
    cert_marks_sort(p->closes, p->closes_n);
    return r;
}

int rotate_plan(struct daemon *d, const struct rotate_request *q, struct rotate_plan *ret,
                struct kith_error *e)
{
    struct rotate_plan p = {0};
    if (!d->sync)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site is in no network yet: run `kith join` with an invite line");
    const struct member *m = roster_member(d->roster, &d->keys.site);
    if (!m || m->state == MEMBER_REVOKED)
        return kith_fail(e, KITH_E_REFUSED, "this site is not a member of \"%s\"%s: ask a coordinator",
                         d->network, m ? " any more" : " yet");
    p.closes = calloc(KITH_CLOSES_MAX + KITH_STREAMS, sizeof *p.closes);
    if (!p.closes)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for a certificate");
    uint32_t top = roster_closes(d->roster, &d->keys.site, p.closes, &p.closes_n);
    p.epoch = top + 1;
    int r = 0;
    if (top < d->keys.epoch)
        r = kith_fail(
            e, KITH_E_REFUSED,
            "this site's certificate of epoch \"%u\" is not held: ask a peer for it with `kith sync`",
            d->keys.epoch);
    else if (sync_own(d->sync) == OWN_OLDER || (!q->compromised && sync_own(d->sync) == OWN_WAITS))
        r = sync_may_append(d->sync, e); /* of two certificates of one epoch only one counts */
    else if (!q->compromised && sync_own(d->sync) == OWN_FORKED)
        r = kith_fail(
            e, KITH_E_AGAIN,
            "what the network holds of this site's log is not known yet: link up and rotate again, or "
            "keep what this home wrote with kith rotate --compromised");
    else if (p.epoch > KITH_EPOCH_MAX)
        r = kith_fail(
            e, KITH_E_REFUSED,
            "epoch \"%u\" is the last: go on as a new site, admitted as the one that follows this one", top);
    else
        r = fill_plan(d, q, top, &p, e);
    if (r < 0)
        rotate_plan_clear(&p);
    else
        *ret = p;
    return r;
}

void rotate_plan_clear(struct rotate_plan *p)
{
    free(p->closes);
    *p = (struct rotate_plan){0};
}

/* ---- doing it ---- */

static int make_certificate(const struct daemon *d, const struct keys *fresh, const struct rotate_plan *p,
                            struct buf *ret, struct kith_error *e)
{
    int r = cert_make(&d->net, &fresh->secret->root, &fresh->root, &fresh->entry, &fresh->link, fresh->epoch,
                      p->closes, p->closes_n, ret);
    return r < 0 || ret->failed ? kith_fail(e, KITH_E_INTERNAL, "the certificate could not be made") : 0;
}

static int append(struct daemon *d, const struct keys *fresh, struct kith_bytes cert, struct kith_error *e)
{
    struct sync_rotation n = {.epoch = fresh->epoch, .cert = cert, .time = daemon_wall()};
    n.entry_sk = &fresh->secret->entry;
    key_random(&n.salt, sizeof n.salt);
    return sync_rotate(d->sync, &n, daemon_now(d), e);
}

/* The certificate is on disk: from here on the new keys are this site's. */
static void take_keys(struct daemon *d, struct keys *fresh, uint8_t *cert, size_t cert_n)
{
    struct kith_error e;
    peers_restart_handshakes(d); /* they borrow the old certificate */
    free(d->cert);
    d->cert = cert;
    d->cert_n = cert_n;
    keys_clear(&d->keys);
    d->keys = *fresh;
    *fresh = (struct keys){0};
    if (keys_settle(&d->keys, &d->home, &e) < 0)
        daemon_fatal(d, "rotate.settle", &e);
    d->publish_due = true; /* the addresses, in the new status log */
    daemon_note(d, NOTE_DIAL);
}

static void log_rotation(const struct daemon *d, bool compromised, uint32_t closes_n)
{
    struct logline l;
    log_begin(&l, LOG_INFO, "rotate.done");
    log_int(&l, "epoch", d->keys.epoch);
    log_int(&l, "closes", closes_n);
    log_bool(&l, "compromised", compromised);
    log_end(&l);
}

static int rotate_with(struct daemon *d, const struct rotate_plan *p, bool compromised, uint8_t *cert,
                       struct kith_error *e)
{
    struct keys fresh;
    struct buf b;
    uint64_t handed = d->handed;
    buf_init(&b, cert, KITH_CERT_MAX);
    int r = keys_fresh(&fresh, &d->keys, &d->home, p->epoch, compromised, e);
    if (r < 0)
        return r;
    r = make_certificate(d, &fresh, p, &b, e);
    if (r == 0)
        r = append(d, &fresh, (struct kith_bytes){b.p, b.n}, e);
    drive(d);
    if (r < 0 &&
        d->handed > handed) /* it lies in the open transaction: the next start has to see what is so */
        daemon_fatal(d, "rotate.append", e);
    if (r == 0) {
        drive_commit(d);
        take_keys(d, &fresh, cert, b.n);
    }
    keys_clear(&fresh);
    return r;
}

int rotate_now(struct daemon *d, const struct rotate_request *q, struct kith_error *e)
{
    struct rotate_plan p;
    if (!d->keys.has_root)
        return kith_fail(e, KITH_E_REFUSED,
                         "the root key is not on this machine: `kith key import FILE` brings it back");
    if (d->sync)
        drive_commit(d);
    int r = rotate_plan(d, q, &p, e);
    if (r < 0)
        return r;
    uint8_t *cert = malloc(KITH_CERT_MAX);
    r = cert ? rotate_with(d, &p, q->compromised, cert, e)
             : kith_fail(e, KITH_E_INTERNAL, "no memory for a certificate");
    if (r == 0) {
        log_rotation(d, q->compromised, p.closes_n);
    } else {
        struct kith_error why;
        free(cert);
        if (keys_drop(&d->home, p.epoch, &why) < 0)
            log_say(LOG_WARN, "rotate.drop", "%s", why.text);
    }
    rotate_plan_clear(&p);
    return r;
}

/* ---- after a crash ---- */

int rotate_recover(struct daemon *d, struct kith_error *e)
{
    struct kith_log_key log = {d->keys.site, d->keys.epoch, KITH_CONTROL};
    const struct run_entry *x;
    int r = keys_trim(&d->home, d->keys.epoch + 1, e);
    if (r < 0 || !keys_unsettled(&d->keys, &d->home))
        return r;
    r = store_entry(d->store, &log, 1, &x, e);
    if (r == 0) {
        log_say(LOG_INFO, "rotate.recovered", "the rotation to epoch %u is finished", d->keys.epoch);
        return keys_settle(&d->keys, &d->home, e);
    }
    if (r != KITH_E_NOTFOUND)
        return r;
    log_say(LOG_WARN, "rotate.dropped", "the rotation to epoch %u did not happen: ask for it again",
            d->keys.epoch);
    r = keys_drop(&d->home, d->keys.epoch, e);
    keys_clear(&d->keys);
    return r < 0 ? r : keys_load(&d->keys, &d->home, e);
}
