/* The order in which a coordinator hands things over makes one pass enough: the genesis, the councils, then
 * the control logs of coordinators from their entry 1, which is the certificate that names the key of all
 * that follows. Whatever does not fit into that order ends the join. */
#include "daemon/join_check.h"

#include "kith/kinds.h"

#include <stdlib.h>
#include <string.h>

int join_check_init(struct join_check *c, const struct kith_net_id *net, struct kith_error *e)
{
    memset(c, 0, sizeof *c);
    c->net = *net;
    c->ctx = run_ctx_new();
    c->run = malloc(sizeof *c->run);
    c->log = calloc(JOIN_LOGS_MAX, sizeof *c->log);
    if (c->ctx && c->run && c->log)
        return 0;
    join_check_clear(c);
    return kith_fail(e, KITH_E_INTERNAL, "no memory to join");
}

void join_check_clear(struct join_check *c)
{
    roster_free(c->roster);
    run_ctx_free(c->ctx);
    free(c->run);
    free(c->log);
    memset(c, 0, sizeof *c);
}

static int take_genesis(struct join_check *c, struct kith_bytes bytes, struct kith_error *e)
{
    struct kith_net_id net;
    crypto_net_id(bytes, &net);
    if (memcmp(&net, &c->net, sizeof net) != 0)
        return kith_fail(e, KITH_E_INVALID,
                         "the genesis that came is not that of the network in the invite line");
    c->roster = roster_new(bytes, e);
    return c->roster ? 0 : KITH_E_INVALID;
}

int join_check_council(struct join_check *c, uint32_t g, struct kith_bytes bytes, struct kith_error *e)
{
    if (!c->roster && g == 0)
        return take_genesis(c, bytes, e);
    if (!c->roster)
        return kith_fail(e, KITH_E_INVALID, "a council came before the genesis");
    int r = g == 0 ? 0 : roster_add_council(c->roster, bytes, e);
    return r < 0 ? r : 0;
}

static struct join_log *log_of(struct join_check *c, const struct kith_log_key *key)
{
    for (uint32_t i = 0; i < c->logs; i++)
        if (log_key_compare(&c->log[i].log, key) == 0)
            return &c->log[i];
    if (c->logs == JOIN_LOGS_MAX)
        return NULL;
    c->log[c->logs] = (struct join_log){.log = *key};
    return &c->log[c->logs++];
}

/* Entry 1 names the key; its root must be the one whose site this log is. */
static int take_certificate(struct join_check *c, struct join_log *l, struct kith_error *e)
{
    const struct run_entry *x = &c->run->entry[0];
    struct cert cert;
    struct kith_site_id site;
    if (x->e.kind != KITH_KIND_CERT || !x->has_body || cert_decode(x->body, &cert, e) < 0)
        return kith_fail(e, KITH_E_INVALID, "a control log came without its certificate");
    crypto_site_id(&cert.root, &site);
    if (memcmp(&site, &l->log.site, sizeof site) != 0 || cert.epoch != l->log.epoch ||
        !cert_verify(&cert, &c->net))
        return kith_fail(e, KITH_E_INVALID, "a certificate that came does not hold");
    l->entry = cert.entry;
    return 0;
}

int join_check_run(struct join_check *c, struct kith_bytes bytes, struct kith_error *e)
{
    if (!c->roster)
        return kith_fail(e, KITH_E_INVALID, "a run came before the genesis");
    int r = run_decode(c->ctx, bytes, c->run, e);
    if (r < 0)
        return r;
    struct join_log *l = log_of(c, &c->run->log);
    if (!l || c->run->log.stream != KITH_CONTROL || c->run->first != l->last + 1 ||
        memcmp(&c->run->prev, &l->last_id, sizeof l->last_id) != 0)
        return kith_fail(e, KITH_E_INVALID, "a run came that does not continue its control log");
    if (l->last == 0 && (r = take_certificate(c, l, e)) < 0)
        return r;
    if (!run_whole(c->run) || !run_verify(c->run, &c->net, &l->entry))
        return kith_fail(e, KITH_E_INVALID, "a run came whose signature does not hold");
    for (uint32_t i = 0; i < c->run->count; i++) /* a body that means nothing keeps its place (SPEC 2.13) */
        if ((r = roster_add_control(c->roster, &c->run->entry[i], e)) < 0 && r != KITH_E_INVALID)
            return r;
    l->last = c->run->first + c->run->count - 1;
    l->last_id = *run_last_id(c->run);
    return 0;
}

int join_check_end(struct join_check *c, const struct kith_pk *link, const struct kith_site_id *self,
                   bool pending, const struct member **ret_coordinator, struct kith_error *e)
{
    if (!c->roster)
        return kith_fail(e, KITH_E_INVALID, "no genesis came");
    roster_fold(c->roster);
    uint32_t epoch = 0;
    const struct member *who = roster_by_link(c->roster, link, &epoch);
    const struct member *me = roster_member(c->roster, self);
    if (!who || !roster_is_coordinator(c->roster, &who->site))
        return kith_fail(e, KITH_E_INVALID,
                         "no coordinator of the network has the link key of the invite line");
    if (!pending && (!me || me->state == MEMBER_REVOKED))
        return kith_fail(e, KITH_E_REFUSED, "\"%s\" answered, but did not admit this site: ask there",
                         who->shown);
    *ret_coordinator = who;
    return 0;
}

int join_check_member(struct join_check *c, const struct kith_site_id *self, struct kith_error *e)
{
    if (!c->roster)
        return kith_fail(e, KITH_E_INVALID, "no genesis came");
    roster_fold(c->roster);
    const struct member *me = roster_member(c->roster, self);
    if (me && me->state != MEMBER_REVOKED)
        return 0;
    uint32_t have = 0, need = 0;
    roster_admit_count(c->roster, self, &have, &need);
    return have > 0
               ? kith_fail(e, KITH_E_REFUSED,
                           "this site waits to be admitted: \"%u of %u\" coordinators have agreed; ask for "
                           "another bundle once all of them have",
                           have, need)
               : kith_fail(e, KITH_E_REFUSED,
                           "this site is %s of the network of this bundle: give a coordinator the file that "
                           "`kith join --request FILE` writes",
                           me ? "\"not a member any more\"" : "\"no member\"");
}
