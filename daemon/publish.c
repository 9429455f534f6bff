/* How a plan comes about: what it is about, with raw counts and measure; the question made of these and of
 * what a person chose; and the answer of the planner (sdc.c), which knows what was told before
 * (publish_ledger.c). An answer that passes its own check is then looked at once more with different eyes: as
 * if it had been told already, what could a reader infer of every cell that ever left?
 *
 * Nothing made from raw counts is stored on the way. The draft in the replica is a stub; the body exists in
 * memory, until it is signed (publish_release.c). */
#include "daemon/publish.h"

#include "daemon/units.h"
#include "kith/kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct publish *publish_new(void)
{
    struct publish *p = calloc(1, sizeof *p);
    if (p)
        p->plan = sdc_plan_new();
    if (p && !p->plan) {
        free(p);
        p = NULL;
    }
    return p;
}

void publish_free(struct publish *p)
{
    if (!p)
        return;
    sdc_plan_free(p->plan);
    sdc_ledger_free(p->ledger);
    free(p);
}

/* ---- what it is about ---- */

static void network_policy(const struct daemon *d, struct council_policy *ret)
{
    if (d->roster)
        *ret = roster_council(d->roster)->policy;
    else
        council_policy_default(ret);
}

static bool network_allows(const struct council_policy *net, const char *policy)
{
    for (uint32_t i = 0; i < net->allowed_n; i++)
        if (strcmp(net->allowed[i], policy) == 0)
            return true;
    return false;
}

/* What the site's own configuration says; nothing: whatever the network allows. */
static bool site_allows(const struct daemon *d, const char *policy)
{
    for (uint32_t i = 0; i < d->config.policies_n; i++)
        if (strcmp(d->config.policy[i], policy) == 0)
            return true;
    return d->config.policies_n == 0;
}

int publish_policy_allowed(const struct daemon *d, const char *policy, struct kith_error *e)
{
    struct council_policy net;
    char list[128] = "";
    network_policy(d, &net);
    if (!sdc_policy_find(policy))
        return kith_fail(e, KITH_E_USAGE,
                         "policy: \"%.40s\": give hes-2018, midpoint6, signal-only or already-public",
                         policy);
    bool by_network = network_allows(&net, policy);
    if (by_network && site_allows(d, policy))
        return 0;
    for (uint32_t i = 0; i < net.allowed_n; i++) {
        size_t used = strlen(list);
        if (site_allows(d, net.allowed[i]))
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", net.allowed[i]);
    }
    return kith_fail(e, KITH_E_REFUSED, "policy \"%s\": %s does not allow it; allowed here: %s", policy,
                     by_network ? "this site" : "the network", list[0] ? list : "none");
}

static int check_unit(struct daemon *d, const struct store_subject *of, struct kith_error *e)
{
    const struct unit_list *l = units_load(d);
    if (!of->unit[0])
        return 0;
    for (uint32_t i = 0; i < l->count; i++) {
        if (strcmp(l->unit[i].code, of->unit) != 0)
            continue;
        return l->unit[i].open
                   ? 0
                   : kith_fail(
                         e, KITH_E_REFUSED,
                         "unit \"%s\" is closed: without its name its figures would be taken for those of "
                         "the site: kith unit open %s, or share those of the site",
                         of->unit, of->unit);
    }
    return kith_fail(e, KITH_E_NOTFOUND, "unit \"%s\": not in the list of units any more", of->unit);
}

static void choose_defaults(const struct daemon *d, struct publish *p)
{
    struct council_policy net;
    network_policy(d, &net);
    memset(&p->choice, 0, sizeof p->choice);
    const char *policy = net.small_numbers;
    for (uint32_t i = d->config.policies_n; i-- > 0 && !site_allows(d, net.small_numbers);)
        if (network_allows(&net, d->config.policy[i]))
            policy = d->config.policy[i];
    snprintf(p->choice.policy, sizeof p->choice.policy, "%s", policy);
    snprintf(p->choice.rules, sizeof p->choice.rules, "%s", p->measure.rules->code);
}

static bool same_subject(const struct store_subject *a, const struct store_subject *b)
{
    return a->version == b->version && strcmp(a->measure, b->measure) == 0 && strcmp(a->unit, b->unit) == 0;
}

/* The last release of this very series. */
static int find_last(struct daemon *d, struct publish *p, struct kith_error *e)
{
    struct store_told t = {.number = 0};
    int rc;
    p->before = false;
    while ((rc = store_told_next(d->store, t.number, &t, e)) == 0) {
        if (!same_subject(&t.of, &p->of))
            continue;
        p->before = true;
        p->last = t;
    }
    return rc == KITH_E_NOTFOUND ? 0 : rc;
}

static int find_measure(struct daemon *d, const char *key, uint32_t version, struct store_measure *ret,
                        struct kith_error *e)
{
    char text[STORE_MEASURE_KEY_MAX + 16];
    if (version)
        snprintf(text, sizeof text, "%s@%" PRIu32, key, version);
    else
        snprintf(text, sizeof text, "%s", key);
    return store_measure_find(d->store, text, ret, e);
}

int publish_load(struct daemon *d, struct publish *p, struct kith_error *e)
{
    struct store_measure newest;
    int rc = find_measure(d, p->of.measure, p->of.version, &p->measure, e);
    p->newest =
        rc == 0 && find_measure(d, p->of.measure, 0, &newest, NULL) == 0 && newest.version == p->of.version;
    if (rc == 0)
        rc = check_unit(d, &p->of, e);
    if (rc == 0)
        rc = store_raw_find(d->store, p->of.measure, p->of.version, p->of.unit, &p->raw, e);
    if (rc == 0)
        rc = find_last(d, p, e);
    if (rc == 0)
        choose_defaults(d, p);
    if (rc == 0 && p->before)
        rc = store_told_choice(d->store, p->last.number, &p->choice, e);
    return rc;
}

/* ---- the question ---- */

static int load_cells(struct daemon *d, struct publish *p, struct kith_error *e)
{
    int rc = store_raw_cells(d->store, p->raw.number, p->cell, &p->cells, e);
    if (rc < 0)
        return rc;
    if (p->cells == 0)
        return kith_fail(e, KITH_E_NOTFOUND, "nothing was counted for \"%s\" yet: kith data add %s FILE.csv",
                         p->of.measure, p->of.measure);
    for (uint32_t i = 0; i < p->cells; i++) {
        const struct raw_cell *c = &p->cell[i];
        if (!p->is_event && p->raw.shape == RAW_VALUE && c->behind < 0 && p->measure.people)
            return kith_fail(e, KITH_E_REFUSED,
                             "values of \"%s\" are of people, and how many stand behind each is not known: "
                             "add them with a column behind",
                             p->of.measure);
        p->in[i] = (struct sdc_raw){
            .serial = c->serial, .num = c->num, .den = c->den, .behind = c->behind < 0 ? 0 : c->behind};
        p->point[i] = (struct spc_point){.num = c->num, .den = p->raw.shape == RAW_RATIO ? c->den : 1};
        p->day[i] = c->serial; /* of an event: its day */
    }
    return 0;
}

/* The target that counts in the last period, on the scale that is plotted. */
static int find_target(struct daemon *d, const struct publish *p, bool *ret_has, double *ret,
                       struct kith_error *e)
{
    const char *per = p->measure.per;
    bool ratio = p->raw.shape == RAW_RATIO;
    struct sdc_period last = {p->raw.period, p->raw.last};
    int32_t day = p->is_event ? p->raw.last : sdc_period_span(last, p->measure.first_month).to - 1;
    int rc = store_measure_target(d->store, &p->measure, day, ret, e);
    *ret_has = rc == 0;
    if (rc == 0 && ratio)
        *ret /= kind_per_number(bytes_of(per));
    return rc == KITH_E_NOTFOUND ? 0 : rc;
}

static void fill_segments(struct publish *p)
{
    uint32_t n = 0;
    if (p->choice.baseline)
        p->segment[n++] = (struct sdc_ask_segment){.day = INT32_MIN, .baseline = p->choice.baseline};
    for (uint32_t i = 0; i < p->choice.rephases; i++)
        p->segment[n++] = (struct sdc_ask_segment){.day = p->choice.rephase[i].day,
                                                   .baseline = p->choice.rephase[i].baseline};
    for (uint32_t i = 0; i < p->choice.excludes; i++)
        p->excluded[i] = p->choice.exclude[i].day;
    p->ask.segment = p->segment;
    p->ask.segments = n;
    p->ask.excluded = p->excluded;
    p->ask.excludes = p->choice.excludes;
}

static int fill_ask(struct daemon *d, struct publish *p, struct kith_error *e)
{
    p->ask = (struct sdc_ask){.policy = sdc_policy_find(p->choice.policy),
                              .chart = p->measure.chart,
                              .rules = spc_rules_find(p->choice.rules),
                              .direction = p->measure.direction,
                              .has_den = p->raw.shape == RAW_RATIO,
                              .is_value = p->raw.shape == RAW_VALUE,
                              .unit = p->raw.period,
                              .want = p->choice.want,
                              .raw = p->in,
                              .count = p->cells};
    if (!p->ask.rules)
        return kith_fail(e, KITH_E_USAGE, "rule set: \"%s\": give ptd-0.2, mdc-2023, anhoej or run-ihi",
                         p->choice.rules);
    fill_segments(p);
    return find_target(d, p, &p->ask.has_target, &p->ask.target, e);
}

/* ---- the answer ---- */

static int plan_events(struct publish *p, struct kith_error *e)
{
    struct spc_setup setup = {
        .chart = p->measure.chart, .rules = p->ask.rules, .direction = p->measure.direction};
    p->event = (struct sdc_events){.chart = p->measure.chart};
    return sdc_plan_events(p->ask.policy, &setup, p->point, p->day, p->cells, p->measure.first_month,
                           &p->event.events, &p->event.icon, &p->event.since, e);
}

/* Everything that left and this, as a reader will have it: has each protected cell its whole range? */
static int look_back(struct publish *p, struct kith_error *e)
{
    char text[SDC_PERIOD_TEXT_MAX];
    int rc = sdc_ledger_add(p->ledger, (struct kith_bytes){p->blob, p->blob_n}, 0, SDC_SAME, e);
    if (rc < 0)
        return rc;
    const struct sdc_history *h = sdc_ledger_history(p->ledger);
    struct sdc_range *range = calloc(h->cells ? h->cells : 1, sizeof *range);
    rc = range ? sdc_history_infer(p->plan, h, range, e)
               : kith_fail(e, KITH_E_FULL, "no memory to look at \"%u\" cells", h->cells);
    for (uint32_t i = 0; rc == 0 && i < h->cells; i++) {
        if (!range[i].given || range[i].whole)
            continue;
        sdc_period_print(h->cell[i].period, text);
        rc = kith_fail(e, KITH_E_REFUSED,
                       "of the hidden value in \"%s\", which is out, a reader could tell that it "
                       "lies between %u and %u",
                       text, range[i].lo, range[i].hi);
    }
    free(range);
    return rc;
}

static int plan_periods(struct publish *p, struct kith_error *e)
{
    struct buf b;
    int rc = sdc_plan_make(p->plan, &p->ask, e);
    p->blob_n = 0;
    if (rc < 0)
        return rc;
    buf_init(&b, p->blob, sizeof p->blob);
    rc = sdc_plan_check(p->plan, &p->ask, &p->why);
    if (rc == 0 && sdc_plan_remember(p->plan, &p->ask, &b) < 0)
        return kith_fail(e, KITH_E_FULL, "\"%u\" periods are too many to keep", p->plan->count);
    p->blob_n = rc == 0 ? b.n : 0;
    if (rc == 0 && !p->ask.policy->exact)
        rc = look_back(p, &p->why);
    if (rc != 0 && rc != KITH_E_REFUSED && rc != KITH_E_FULL)
        return kith_fail(e, rc, "%s", p->why.text);
    if (rc != 0)
        p->why.code = KITH_E_REFUSED;
    return 0;
}

int publish_plan(struct daemon *d, struct publish *p, struct kith_error *e)
{
    p->why.code = 0;
    p->is_event = p->raw.period == SDC_NO_UNIT;
    int rc = publish_policy_allowed(d, p->choice.policy, e);
    if (rc == 0)
        rc = load_cells(d, p, e);
    if (rc == 0)
        rc = fill_ask(d, p, e);
    if (rc == 0 && p->ask.policy->exact && p->choice.links == 0)
        rc = kith_fail(e, KITH_E_USAGE, "policy \"%s\": say with --link where the figures were published",
                       p->choice.policy);
    if (rc == 0)
        rc = publish_load_ledger(d, p, e);
    if (rc < 0)
        return rc;
    p->ask.history = sdc_ledger_history(p->ledger);
    return p->is_event ? plan_events(p, e) : plan_periods(p, e);
}
