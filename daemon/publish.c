/* How a plan comes about. What was told before is read back release by release, each with its relation to the
 * series in hand; raw counts, measure and what a person chose make the question; the planner (sdc.c) answers.
 * An answer that passes its own check is then looked at once more with different eyes: as if it had been told
 * already, what could a reader infer of every cell that ever left?
 *
 * Nothing made from raw counts is stored on the way. The draft in the replica is a stub; the body exists in
 * memory, until it is signed in the transaction that also keeps what was told. */
#include "daemon/publish.h"

#include "daemon/units.h"
#include "kith/kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_MAX 8u /* measures that one is a part of */

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

/* ---- what was told before ---- */

static bool in_chain(char chain[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1], uint32_t n, const char *key)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(chain[i], key) == 0)
            return true;
    return false;
}

/* Adds what any definition of `key` names as its whole; gives how many there are now. */
static uint32_t add_wholes(struct daemon *d, const char *key, char ret[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1],
                           uint32_t n)
{
    char wholes[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1];
    uint32_t found = 0;
    struct kith_error e;
    if (store_measure_wholes(d->store, key, CHAIN_MAX, wholes, &found, &e) < 0)
        daemon_fatal(d, "store.measure", &e);
    for (uint32_t i = 0; i < found && n < CHAIN_MAX; i++) {
        struct store_measure whole;
        bool known = find_measure(d, wholes[i], 0, &whole, NULL) == 0;
        const char *name = known ? whole.key : wholes[i];
        if (!in_chain(ret, n, name))
            snprintf(ret[n++], sizeof ret[0], "%s", name);
    }
    return n;
}

/* The measures that this one is, or ever was, a part of, the nearest first; gives how many. */
static uint32_t chain_of(struct daemon *d, const char *key, char ret[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1])
{
    uint32_t n = add_wholes(d, key, ret, 0);
    for (uint32_t at = 0; at < n; at++)
        n = add_wholes(d, ret[at], ret, n);
    return n;
}

/* Is everyone of `inner` in `outer` ("": the whole site)? */
static bool contains(const struct unit_list *l, const char *outer, const char *inner)
{
    if (!outer[0] || strcmp(outer, inner) == 0)
        return true;
    return inner[0] && unit_is_within(l, inner, outer);
}

struct kinship {
    const struct unit_list *units;
    const struct store_subject *of;
    char mine[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1], theirs[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1];
    uint32_t mine_n, theirs_n;
};

static bool other_unit(const struct kinship *k, const struct store_subject *t, enum sdc_relation *ret)
{
    bool shares = contains(k->units, t->unit, k->of->unit) || contains(k->units, k->of->unit, t->unit);
    *ret = shares ? SDC_OVERLAPS : SDC_APART;
    return true;
}

/* How a release stands to the series in hand; false: not at all. */
static bool relate(struct daemon *d, struct kinship *k, const struct store_subject *t, enum sdc_relation *ret)
{
    if (strcmp(t->measure, k->of->measure) == 0) {
        if (strcmp(t->unit, k->of->unit) != 0)
            return other_unit(k, t, ret);
        *ret = t->version == k->of->version ? SDC_SAME : SDC_OTHER_VERSION;
        return true;
    }
    k->theirs_n = chain_of(d, t->measure, k->theirs);
    bool same_unit = strcmp(t->unit, k->of->unit) == 0;
    *ret = SDC_WHOLE;
    if (in_chain(k->mine, k->mine_n, t->measure))
        return contains(k->units, t->unit, k->of->unit);
    *ret = SDC_PART;
    if (in_chain(k->theirs, k->theirs_n, k->of->measure))
        return contains(k->units, k->of->unit, t->unit);
    *ret = SDC_SIBLING;
    for (uint32_t i = 0; i < k->theirs_n && same_unit; i++)
        if (in_chain(k->mine, k->mine_n, k->theirs[i]))
            return true;
    return false;
}

static int add_told(struct daemon *d, struct publish *p, const struct store_told *t, enum sdc_relation as,
                    struct kith_error *e)
{
    struct buf b;
    buf_init(&b, p->blob, sizeof p->blob);
    int rc = store_told_blob(d->store, t->number, &b, e);
    if (rc == 0 && b.n > 0)
        rc = sdc_ledger_add(p->ledger, (struct kith_bytes){p->blob, b.n},
                            as == SDC_SAME ? 0 : (uint32_t)t->series, as, e);
    return rc;
}

/* Another key, or another code of a ward, hides nothing from a reader who has the same numbers twice: they
 * are taken for what they are. */
static int find_same(struct daemon *d, struct publish *p, const struct store_told *t, bool *ret,
                     struct kith_error *e)
{
    struct buf b;
    buf_init(&b, p->blob, sizeof p->blob);
    int rc = p->is_event ? 0 : store_told_blob(d->store, t->number, &b, e);
    *ret = rc == 0 && !p->is_event && b.n > 0 &&
           sdc_told_before((struct kith_bytes){p->blob, b.n}, &p->ask, p->measure.first_month, p->plan);
    if (*ret)
        snprintf(p->same_as, sizeof p->same_as, "%s", t->of.measure);
    return rc;
}

/* One release, as far as it bears upon the series in hand. */
static int weigh_told(struct daemon *d, struct publish *p, struct kinship *k, const struct store_told *t,
                      struct kith_error *e)
{
    enum sdc_relation as = SDC_APART;
    bool same = false, related = relate(d, k, &t->of, &as);
    int rc = 0;
    if (!related || as == SDC_APART)
        rc = find_same(d, p, t, &same, e);
    if (same)
        as = SDC_OTHER_VERSION;
    return rc == 0 && (related || same) ? add_told(d, p, t, as, e) : rc;
}

static int load_ledger(struct daemon *d, struct publish *p, struct kith_error *e)
{
    static struct kinship k; /* one thread */
    struct store_told t = {.number = 0};
    int rc;
    p->same_as[0] = '\0';
    sdc_ledger_free(p->ledger);
    p->ledger = sdc_ledger_new(p->measure.first_month);
    if (!p->ledger)
        return kith_fail(e, KITH_E_FULL, "no memory for what was released of \"%s\"", p->of.measure);
    k.units = units_load(d);
    k.of = &p->of;
    k.mine_n = chain_of(d, p->of.measure, k.mine);
    while ((rc = store_told_next(d->store, t.number, &t, e)) == 0)
        if ((rc = weigh_told(d, p, &k, &t, e)) < 0)
            return rc;
    return rc == KITH_E_NOTFOUND ? 0 : rc;
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
        rc = load_ledger(d, p, e);
    if (rc < 0)
        return rc;
    p->ask.history = sdc_ledger_history(p->ledger);
    return p->is_event ? plan_events(p, e) : plan_periods(p, e);
}

bool publish_shift_at(struct publish *p, int32_t day)
{
    struct spc_segment segment[SDC_SEGMENTS_MAX];
    struct spc_verdict v;
    const struct spc_rules *rules = p->ask.rules->shift ? p->ask.rules : spc_rules_find("ptd-0.2");
    struct spc_setup setup = {
        .chart = p->ask.chart, .rules = rules, .direction = p->ask.direction, .segment = segment};
    int32_t serial = sdc_period_of_day(p->plan->unit, day, p->measure.first_month).serial;
    uint32_t at = SDC_NONE;
    for (uint32_t i = 0; i < p->plan->count; i++) {
        const struct sdc_cell *c = &p->plan->cell[i];
        bool counted = c->state != SDC_MISSING || (c->why != SDC_INCOMPLETE && c->why != SDC_FREE);
        p->point[i] = (struct spc_point){.num = c->raw_num,
                                         .den = p->ask.has_den ? c->raw_den : 1,
                                         .cell = counted ? SPC_SHOWN : SPC_MISSING,
                                         .excluded = c->excluded};
        at = c->serial == serial ? i : at;
    }
    for (uint32_t i = 0; i < p->plan->segments && p->plan->segment[i].start != at; i++)
        segment[setup.segments++] = (struct spc_segment){.start = p->plan->segment[i].start,
                                                         .baseline = p->plan->segment[i].baseline};
    if (at == SDC_NONE || setup.segments == 0)
        return false;
    /* the segment before the one that begins there goes on to the end */
    segment[setup.segments - 1].baseline = at - segment[setup.segments - 1].start;
    return spc_chart_run(&setup, p->point, p->plan->count, p->mark, NULL, &v, NULL) == 0 &&
           (p->mark[at].rules & SPC_SHIFT);
}

/* ---- what would be safe ---- */

static bool would_do(const struct publish *p, struct sdc_plan *plan, enum sdc_unit want, const char *policy)
{
    struct sdc_ask a = p->ask;
    a.want = want;
    if (policy)
        a.policy = sdc_policy_find(policy);
    return sdc_plan_make(plan, &a, NULL) == 0 && sdc_plan_check(plan, &a, NULL) == 0;
}

/* The first period of this length of which no day is out. */
static struct sdc_period first_free(const struct publish *p, enum sdc_unit unit)
{
    const struct sdc_history *h = p->ask.history;
    int32_t to = INT32_MIN;
    for (uint32_t i = 0; i < h->cells; i++) {
        struct sdc_days s = sdc_out_span(h, i);
        if (h->cell[i].relation == SDC_SAME && h->cell[i].state != SDC_MISSING && s.to > to)
            to = s.to;
    }
    struct sdc_period at = {SDC_NO_UNIT, 0};
    if (to == INT32_MIN)
        return at;
    at = sdc_period_of_day(unit, to, h->first_month);
    at.serial += sdc_period_span(at, h->first_month).from < to;
    return at;
}

/* "kith data share ASH/falls-rate@1 --unit W4" */
static void print_command(const struct publish *p, char ret[PUBLISH_COMMAND_MAX])
{
    char version[16] = "";
    if (!p->newest)
        snprintf(version, sizeof version, "@%" PRIu32, p->of.version);
    snprintf(ret, PUBLISH_COMMAND_MAX, "kith data share %s%s%s%s", p->of.measure, version,
             p->of.unit[0] ? " --unit " : "", p->of.unit);
}

/* SPEC 11.22: longer periods at once, else only the signal, else longer periods as soon as there is a whole
 * one. */
void publish_advise(const struct publish *p, char ret[PUBLISH_ADVICE_MAX])
{
    char text[SDC_PERIOD_TEXT_MAX], share[PUBLISH_COMMAND_MAX];
    struct sdc_plan *plan = p->is_event ? NULL : sdc_plan_new();
    print_command(p, share);
    ret[0] = '\0';
    if (!plan)
        return;
    enum sdc_unit next =
        p->ask.is_value || !p->ask.policy->cells ? SDC_NO_UNIT : sdc_period_coarser(p->plan->unit);
    enum sdc_unit u = next;
    while (u != SDC_NO_UNIT && !would_do(p, plan, u, NULL))
        u = sdc_period_coarser(u);
    struct sdc_period free_from =
        next != SDC_NO_UNIT ? first_free(p, next) : (struct sdc_period){SDC_NO_UNIT, 0};
    if (u != SDC_NO_UNIT)
        snprintf(ret, PUBLISH_ADVICE_MAX, "%s --period %s", share, sdc_unit_code(u));
    else if (p->plan->shown + p->plan->hidden > 0 && would_do(p, plan, p->ask.want, "signal-only/1"))
        snprintf(ret, PUBLISH_ADVICE_MAX, "%s --policy signal-only", share);
    else if (free_from.unit != SDC_NO_UNIT) {
        sdc_period_print(free_from, text);
        snprintf(ret, PUBLISH_ADVICE_MAX, "to wait until %s is counted whole, then %s --period %s", text,
                 share, sdc_unit_code(next));
    }
    sdc_plan_free(plan);
}

bool publish_undoes(const struct publish *p)
{
    const struct sdc_history *h = p->ask.history;
    if (p->is_event || !p->ask.policy->exact || p->plan->count == 0)
        return false;
    struct sdc_period first = {p->plan->unit, p->plan->cell[0].serial};
    struct sdc_period last = {p->plan->unit, p->plan->cell[p->plan->count - 1].serial};
    int32_t from = sdc_period_span(first, h->first_month).from, to = sdc_period_span(last, h->first_month).to;
    for (uint32_t i = 0; i < h->cells; i++) {
        struct sdc_days s = sdc_out_span(h, i);
        if (h->cell[i].state == SDC_HIDDEN && h->cell[i].relation != SDC_APART && s.from < to && from < s.to)
            return true;
    }
    return false;
}

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
