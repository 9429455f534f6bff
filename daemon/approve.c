#include "daemon/approve.h"

#include <inttypes.h>
#include <string.h>

static void check(const struct daemon *d, int r, const char *where, const struct kith_error *e)
{
    if (r < 0)
        daemon_fatal(d, where, e);
}

uint32_t approve_persons(const struct daemon *d)
{
    uint32_t network = d->roster ? roster_council(d->roster)->policy.release_persons : 1;
    return d->config.release_persons > network ? d->config.release_persons : network;
}

int64_t approve_delay(const struct daemon *d)
{
    int64_t network = d->roster ? (int64_t)roster_council(d->roster)->policy.release_delay_ms : 0;
    return d->config.release_delay_ms > network ? d->config.release_delay_ms : network;
}

/* ---- two persons ---- */

/* Another login than the author's, as far as the kernel tells. */
static int check_login(const struct releaser *by, const struct store_draft *x, struct kith_error *e)
{
    if (x->login.state == LOGIN_GONE)
        return kith_fail(e, KITH_E_REFUSED,
                         "who had logged in to share it cannot be told any more: share it again");
    if (x->login.state == LOGIN_NONE)
        return 0;
    if (by->login.state != LOGIN_USER)
        return kith_fail(e, KITH_E_REFUSED,
                         "a release takes two persons here, and it cannot be told who you logged in as: ask "
                         "from a login of your own");
    if (by->login.uid == x->login.uid)
        return kith_fail(e, KITH_E_REFUSED,
                         "a release takes two persons here, and you logged in as the one who shared it (uid "
                         "\"%u\"): ask somebody else",
                         (unsigned)x->login.uid);
    return 0;
}

int approve_second(const struct releaser *by, const struct store_draft *x, struct kith_error *e)
{
    if (by->uid == 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "a release takes two persons here, and root is neither: ask somebody in the group "
                         "for releases (man kithd, ROLES)");
    if (!by->in_group)
        return kith_fail(e, KITH_E_REFUSED,
                         "a release takes two persons here, the second from the group for releases: ask "
                         "somebody in it, or to be put into it");
    if (by->uid == x->author)
        return kith_fail(e, KITH_E_REFUSED,
                         "a release takes two persons here, and you shared it yourself: ask somebody else in "
                         "the group for releases");
    int r = check_login(by, x, e);
    if (r == 0 && !by->named)
        r = kith_fail(e, KITH_E_REFUSED,
                      "a release takes two persons here: read it with kith outbox show here-%" PRIu64
                      ", which ends with the command to release just that",
                      x->number);
    return r;
}

static int check_digest(const uint8_t shown[32], const struct kith_id *digest, uint64_t draft,
                        struct kith_error *e)
{
    if (memcmp(shown, digest->b, sizeof digest->b) == 0)
        return 0;
    return kith_fail(e, KITH_E_REFUSED,
                     "this is not what was shown: read it again with kith outbox show here-%" PRIu64, draft);
}

/* ---- waiting ---- */

/* Asked for twice: the first time counts, unless the record says something else by now. */
static bool waits_already(struct daemon *d, const struct store_draft *x, const struct kith_id *digest,
                          struct kith_wall *ret_leaves)
{
    struct store_approval a;
    struct kith_error e;
    int r = store_approval_get(d->store, x->number, &a, &e);
    check(d, r, "store.approval", &e);
    if (r == 0 || a.why[0] || memcmp(a.digest, digest->b, sizeof a.digest) != 0 ||
        a.persons < approve_persons(d))
        return false;
    *ret_leaves = a.due;
    return true;
}

static void wait(struct daemon *d, const struct releaser *by, const struct store_draft *x,
                 const struct kith_id *digest, struct kith_wall *ret_leaves)
{
    struct store_approval a = {.draft = x->number,
                               .time = daemon_wall(),
                               .releaser = by->uid,
                               .login = by->login,
                               .persons = approve_persons(d)};
    struct kith_error e;
    int64_t delay = approve_delay(d);
    a.due.ms = delay > 0 ? a.time.ms + delay : STORE_DUE_WHEN_MET;
    memcpy(a.digest, digest->b, sizeof a.digest);
    memcpy(a.reason, by->reason, strlen(by->reason) + 1);
    check(d, store_approval_put(d->store, &a, &e), "store.approval", &e);
    d->approve_at = 0;
    *ret_leaves = a.due;
}

int approve_release(struct daemon *d, const struct releaser *by, const struct store_draft *x,
                    const struct kith_id *digest, struct kith_wall *ret_leaves, struct kith_error *e)
{
    int r = by->named ? check_digest(by->digest, digest, x->number, e) : 0;
    if (r == 0 && approve_persons(d) > 1)
        r = approve_second(by, x, e);
    if (r < 0 || (approve_delay(d) == 0 && sync_may_append(d->sync, NULL) == 0))
        return r;
    if (!waits_already(d, x, digest, ret_leaves))
        wait(d, by, x, digest, ret_leaves);
    return 1;
}

int approve_stands(const struct daemon *d, const struct store_approval *a, const struct kith_id *digest,
                   struct kith_error *e)
{
    if (a->persons < approve_persons(d))
        return kith_fail(e, KITH_E_REFUSED,
                         "a release takes two persons by now: read it with kith outbox show here-%" PRIu64,
                         a->draft);
    return check_digest(a->digest, digest, a->draft, e);
}

void approve_taken(struct daemon *d, uint64_t draft)
{
    struct store_approval a;
    struct store_draft x;
    struct kith_error e;
    uint64_t line;
    int r = store_approval_get(d->store, draft, &a, &e);
    check(d, r, "store.approval", &e);
    if (r == 0 || store_draft_get(d->store, draft, &x, &e) < 0)
        return;
    struct store_intent taken = {.time = daemon_wall(),
                                 .approved = a.time,
                                 .author = x.author,
                                 .author_login = x.login,
                                 .releaser = a.releaser,
                                 .releaser_login = a.login,
                                 .draft = draft,
                                 .kind = x.kind,
                                 .persons = a.persons,
                                 .reason = a.reason};
    memcpy(taken.digest, a.digest, sizeof taken.digest);
    check(d, store_journal_intent(d->store, &taken, &line, &e), "store.journal", &e);
    check(d, store_journal_taken(d->store, line, &e), "store.journal", &e);
    check(d, store_approval_drop(d->store, draft, &e), "store.approval", &e);
}
