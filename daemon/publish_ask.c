/* What may be asked of a plan that is made: is a shift under way, what would be safe instead, does it undo
 * what was hidden. Nothing of it is changed, except room. */
#include "daemon/publish.h"

#include <inttypes.h>
#include <stdio.h>

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
