/* A plan becomes a record, and leaves: its body, the stub that stands for it in the replica meanwhile, and
 * the plan made once more when it is released, with the counts of that moment. What was told is kept in the
 * transaction in which the body is signed. */
#include "daemon/publish.h"

#include "kith/kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the record ---- */

/* What the new record takes the place of: the last one by the same periods under the same policy, where that
 * still stands where it was put. */
static int find_replaced(struct daemon *d, const struct publish *p, struct kind_ref *ret, bool *ret_has,
                         struct kith_error *e)
{
    const struct run_entry *x;
    struct kith_id digest;
    const struct store_told *t = &p->last;
    bool other = p->is_event ? t->period != SDC_QUARTER : p->plan->fresh;
    *ret_has = false;
    if (!p->before || t->seq == 0 || other || strcmp(t->policy, p->choice.policy) != 0)
        return 0;
    *ret = (struct kind_ref){.log = {.site = d->keys.site, .epoch = t->epoch, .stream = KITH_MEASURES},
                             .seq = t->seq};
    int rc = store_entry(d->store, &ret->log, t->seq, &x, e);
    if (rc == KITH_E_INTERNAL)
        return rc;
    if (rc < 0 || !x->has_body)
        return 0;
    crypto_op_id(x->e.kind, x->body, &digest);
    if (memcmp(&digest, &t->digest, sizeof digest) != 0)
        return 0;
    struct kith_id id;
    rc = store_id_at(d->store, &ret->log, t->seq, &id);
    *ret_has = rc == 0;
    memcpy(ret->id, id.b, sizeof ret->id);
    return rc == KITH_E_INTERNAL ? rc : 0;
}

int publish_body(struct daemon *d, struct publish *p, struct kith_bytes *ret, struct kith_error *e)
{
    struct buf b;
    struct kind_ref before;
    bool replaces = false;
    struct sdc_subject s = {.measure = p->of.measure, .version = p->of.version, .unit = p->of.unit};
    int rc = find_replaced(d, p, &before, &replaces, e);
    if (rc < 0)
        return rc;
    s.supersedes = replaces ? &before : NULL;
    buf_init(&b, p->body, sizeof p->body);
    rc = p->is_event ? sdc_body_events(&p->event, &p->choice, &s, &b, e)
                     : sdc_body_make(p->plan, &p->ask, &p->choice, &s, &b, e);
    *ret = (struct kith_bytes){p->body, b.n};
    return rc;
}

int publish_stub(const struct publish *p, struct buf *ret)
{
    bool unit = p->of.unit[0] != '\0';
    pack_map(ret, unit ? 6 : 5);
    pack_cstr(ret, "chart");
    pack_cstr(ret, spc_chart_code(p->measure.chart));
    pack_cstr(ret, "measure");
    pack_cstr(ret, p->of.measure);
    pack_cstr(ret, "policy");
    pack_cstr(ret, p->choice.policy);
    pack_cstr(ret, "rules");
    pack_cstr(ret, p->choice.rules);
    if (unit) {
        pack_cstr(ret, "unit");
        pack_cstr(ret, p->of.unit);
    }
    pack_cstr(ret, "version");
    pack_uint(ret, p->of.version);
    return ret->failed ? KITH_E_FULL : 0;
}

/* ---- release ---- */

/* Nobody counted it here: it came as a record, by hand or back from a branch that was given up. */
static int check_foreign(struct daemon *d, const struct store_draft *x, struct kith_error *e)
{
    const struct sdc_facts facts = {.known = false};
    char rule[SDC_RULE_MAX];
    struct kith_bytes policy = {NULL, 0};
    struct kith_id digest;
    struct kith_error why;
    crypto_op_id(x->kind, x->body, &digest);
    int told = store_told_has(d->store, &digest, e);
    if (told != 0)
        return told < 0 ? told : 0;
    bool public = kind_get_str(x->body, "policy", &policy) && policy.n == strlen("already-public/1") &&
                  memcmp(policy.p, "already-public/1", policy.n) == 0;
    if (!public)
        return kith_fail(e, KITH_E_REFUSED,
                         "\"here-%" PRIu64
                         "\": a series is released from raw counts, which alone show that it is safe: "
                         "kith data add, then kith data share",
                         x->number);
    if (sdc_check_received(x->body, &facts, rule, &why) < 0)
        return kith_fail(e, KITH_E_INVALID, "\"here-%" PRIu64 "\": no site would take it (%s): %s", x->number,
                         rule, why.text);
    return publish_policy_allowed(d, "already-public/1", e);
}

static int plan_release(struct daemon *d, struct publish *p, uint64_t draft, struct kith_bytes *ret_body,
                        struct kith_error *e)
{
    char advice[PUBLISH_ADVICE_MAX];
    int rc = publish_load(d, p, e);
    if (rc == 0)
        rc = store_offer_get(d->store, draft, &p->of, &p->choice, e);
    if (rc == 0)
        rc = publish_plan(d, p, e);
    if (rc < 0)
        return rc;
    if (p->why.code == 0)
        return publish_body(d, p, ret_body, e);
    publish_advise(p, advice);
    return kith_fail(e, p->why.code,
                     "\"here-%" PRIu64
                     "\": readers could tell hidden counts too closely (kith outbox show here-%" PRIu64
                     "): %s%s",
                     draft, draft, advice[0] ? "safe would be " : "add more periods, or drop it", advice);
}

int publish_release(struct daemon *d, const struct store_draft *x, struct publish **ret,
                    struct kith_bytes *ret_body, struct kith_error *e)
{
    struct publish *p = publish_new();
    if (!p)
        return kith_fail(e, KITH_E_FULL, "no memory to plan \"here-%" PRIu64 "\": release it again",
                         x->number);
    int rc = store_offer_get(d->store, x->number, &p->of, NULL, e);
    if (rc == KITH_E_NOTFOUND) {
        publish_free(p);
        *ret = NULL;
        *ret_body = x->body;
        return check_foreign(d, x, e);
    }
    if (rc == 0)
        rc = plan_release(d, p, x->number, ret_body, e);
    if (rc < 0)
        publish_free(p);
    else
        *ret = p;
    return rc;
}

int publish_keep(struct daemon *d, const struct publish *p, uint64_t draft, const struct kith_id *digest,
                 uint64_t *ret_told, struct kith_error *e)
{
    *ret_told = 0;
    if (!p)
        return 0;
    struct store_told t = {.of = p->of,
                           .period = p->is_event ? SDC_QUARTER : p->plan->unit,
                           .time = daemon_wall(),
                           .draft = draft,
                           .digest = *digest};
    snprintf(t.policy, sizeof t.policy, "%s", p->choice.policy);
    return store_told_put(d->store, &t, &p->choice, (struct kith_bytes){p->blob, p->is_event ? 0 : p->blob_n},
                          ret_told, e);
}
