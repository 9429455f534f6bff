/* data_share {measure, …}: plans a series from raw counts and puts it into the outbox as an offer. What is
 * stored is what was chosen; whether it may leave is told now, and asked again when it is released. */
#include "daemon/verbs.h"
#include "daemon/control_series.h"
#include "daemon/drive.h"
#include "daemon/screened.h"
#include "daemon/units.h"
#include "kith/kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST_MAX 16u /* dates in one request */

struct request {
    char measure[STORE_MEASURE_KEY_MAX + 16], unit[UNIT_LABEL_MAX + 1];
    char policy[SDC_CODE_MAX + 1], rules[SDC_CODE_MAX + 1], period[16];
    char reason[SDC_REASON_MAX + 1];
    uint64_t baseline;
    bool failed;
};

/* ---- arguments ---- */

static void take_text(struct request *q, struct kith_bytes args, const char *key, char *ret, size_t cap)
{
    struct pack_reader r;
    ret[0] = '\0';
    if (!control_arg(args, key, &r))
        return;
    struct kith_bytes text = pack_get_str(&r, cap - 1);
    if (r.failed || !pack_text_ok(text) || (text.n && memchr(text.p, '\n', text.n))) {
        q->failed = true;
        return;
    }
    memcpy(ret, text.n ? (const char *)text.p : "", text.n);
    ret[text.n] = '\0';
}

static int take_request(struct kith_bytes args, struct request *q, struct kith_error *e)
{
    struct pack_reader r;
    memset(q, 0, sizeof *q);
    take_text(q, args, "measure", q->measure, sizeof q->measure);
    take_text(q, args, "unit", q->unit, sizeof q->unit);
    take_text(q, args, "policy", q->policy, sizeof q->policy);
    take_text(q, args, "rules", q->rules, sizeof q->rules);
    take_text(q, args, "period", q->period, sizeof q->period);
    take_text(q, args, "reason", q->reason, sizeof q->reason);
    if (control_arg(args, "baseline", &r)) {
        q->baseline = pack_get_uint(&r, SDC_PERIODS_MAX);
        q->failed = q->failed || r.failed;
    }
    if (q->failed || !q->measure[0])
        return kith_fail(
            e, KITH_E_USAGE,
            "data_share: give a measure; a reason has at most %u bytes on one line, a baseline at "
            "most %u periods",
            SDC_REASON_MAX, SDC_PERIODS_MAX);
    return 0;
}

static int take_day(struct publish *p, struct kith_bytes text, const char *reason, struct sdc_chosen_day *ret,
                    struct kith_error *e)
{
    struct sdc_period at;
    int rc = sdc_period_parse(text, &at, e);
    if (rc < 0)
        return rc;
    *ret = (struct sdc_chosen_day){.day = sdc_period_span(at, p->measure.first_month).from};
    snprintf(ret->reason, sizeof ret->reason, "%s", reason);
    return reason[0]
               ? 0
               : kith_fail(
                     e, KITH_E_USAGE,
                     "no reason for \"%.*s\": readers are told why limits begin afresh or a point is left "
                     "out: add --reason",
                     (int)text.n, (const char *)text.p);
}

typedef int take_one(struct publish *p, const struct request *q, struct kith_bytes text,
                     struct kith_error *e);

static int take_rephase(struct publish *p, const struct request *q, struct kith_bytes text,
                        struct kith_error *e)
{
    struct sdc_chosen_day at;
    int rc = take_day(p, text, q->reason, &at, e);
    if (rc == 0)
        at.baseline = (uint32_t)q->baseline;
    return rc < 0 ? rc : sdc_choice_rephase(&p->choice, &at, e);
}

static int take_exclude(struct publish *p, const struct request *q, struct kith_bytes text,
                        struct kith_error *e)
{
    struct sdc_chosen_day at;
    int rc = take_day(p, text, q->reason, &at, e);
    return rc < 0 ? rc : sdc_choice_exclude(&p->choice, &at, e);
}

static int take_link(struct publish *p, const struct request *q, struct kith_bytes text, struct kith_error *e)
{
    struct sdc_choice *c = &p->choice;
    (void)q;
    if (text.n == 0 || text.n > SDC_LINK_MAX || !pack_text_ok(text) || memchr(text.p, '\n', text.n))
        return kith_fail(e, KITH_E_USAGE, "a link has 1 to %u bytes on one line", SDC_LINK_MAX);
    for (uint32_t i = 0; i < c->links; i++)
        if (strlen(c->link[i]) == text.n && memcmp(c->link[i], text.p, text.n) == 0)
            return 0;
    if (c->links == SDC_LINKS_MAX)
        return kith_fail(e, KITH_E_FULL, "\"%u\" links are there already: that is the most", c->links);
    memcpy(c->link[c->links], text.p, text.n);
    c->link[c->links++][text.n] = '\0';
    return 0;
}

/* "2025-08 Low lights fitted": the date, and what happened. */
static int take_note(struct publish *p, const struct request *q, struct kith_bytes text, struct kith_error *e)
{
    struct sdc_chosen_note at = {.date = ""};
    size_t n = 0;
    (void)q;
    while (n < text.n && text.p[n] != ' ')
        n++;
    size_t rest = n < text.n ? text.n - n - 1 : 0;
    if (n > SDC_DATE_MAX || rest > SDC_REASON_MAX || !pack_text_ok(text) || memchr(text.p, '\n', text.n))
        return kith_fail(
            e, KITH_E_USAGE,
            "note: \"%.*s\": a date, a space and up to %u bytes on one line: 2025-08 Low lights fitted",
            (int)(n > 40 ? 40 : n), (const char *)text.p, SDC_REASON_MAX);
    memcpy(at.date, text.p, n);
    memcpy(at.text, text.p + text.n - rest, rest);
    return sdc_choice_note(&p->choice, &at, e);
}

static int take_list(struct publish *p, const struct request *q, struct kith_bytes args, const char *key,
                     take_one *take, struct kith_error *e)
{
    struct pack_reader r;
    uint32_t n = control_arg(args, key, &r) ? pack_get_array(&r, LIST_MAX) : 0;
    for (uint32_t i = 0; i < n; i++) {
        struct kith_bytes text = pack_get_str(&r, SDC_LINK_MAX);
        int rc = r.failed ? kith_fail(e, KITH_E_USAGE, "%s: give up to %u texts", key, LIST_MAX)
                          : take(p, q, text, e);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Without a rephase in the same breath a baseline is that of the limits which count now. */
static void set_baseline(struct publish *p, const struct request *q, bool rephased)
{
    struct sdc_choice *c = &p->choice;
    if (q->baseline == 0 || rephased)
        return;
    if (c->rephases)
        c->rephase[c->rephases - 1].baseline = (uint32_t)q->baseline;
    else
        c->baseline = (uint32_t)q->baseline;
}

static int set_period(struct publish *p, const char *period, struct kith_error *e)
{
    struct sdc_choice *c = &p->choice;
    enum sdc_unit want = sdc_unit_find(period);
    if (want == SDC_NO_UNIT || p->raw.period == SDC_NO_UNIT)
        return kith_fail(e, KITH_E_USAGE, "period: \"%s\": give day, week, month, quarter, half or year%s",
                         period, p->raw.period == SDC_NO_UNIT ? "; single events have none" : "");
    if (p->before && p->last.period != want) { /* numbers of periods mean other lengths of time now */
        c->baseline = 0;
        for (uint32_t i = 0; i < c->rephases; i++)
            c->rephase[i].baseline = 0;
    }
    c->want = want;
    return 0;
}

/* What was chosen before, with what is asked for now. */
static int choose(struct client *c, struct publish *p, struct request *q, struct kith_bytes args,
                  struct kith_error *e)
{
    struct pack_reader r;
    int rc = q->period[0] ? set_period(p, q->period, e) : 0;
    const struct sdc_policy *policy = sdc_policy_newest(q->policy);
    if (q->policy[0])
        snprintf(p->choice.policy, sizeof p->choice.policy, "%s", policy ? policy->code : q->policy);
    if (q->rules[0])
        snprintf(p->choice.rules, sizeof p->choice.rules, "%s", q->rules);
    if (rc == 0)
        rc = publish_policy_allowed(c->d, p->choice.policy, e);
    if (rc == 0)
        rc = take_list(p, q, args, "rephase", take_rephase, e);
    if (rc == 0)
        rc = take_list(p, q, args, "exclude", take_exclude, e);
    if (rc == 0)
        rc = take_list(p, q, args, "links", take_link, e);
    if (rc == 0)
        rc = take_list(p, q, args, "notes", take_note, e);
    if (rc == 0)
        set_baseline(p, q, control_arg(args, "rephase", &r) && pack_get_array(&r, LIST_MAX) > 0);
    return rc;
}

static int find_subject(struct client *c, const struct request *q, struct publish *p, struct kith_error *e)
{
    const struct unit *unit = NULL;
    int rc = store_measure_find(c->d->store, q->measure, &p->measure, e);
    if (rc == 0 && q->unit[0])
        rc = unit_resolve(units_load(c->d), bytes_of(q->unit), &unit, e);
    if (rc < 0)
        return rc;
    p->of = (struct store_subject){.version = p->measure.version};
    snprintf(p->of.measure, sizeof p->of.measure, "%s", p->measure.key);
    snprintf(p->of.unit, sizeof p->of.unit, "%s", unit ? unit->code : "");
    return publish_load(c->d, p, e);
}

/* ---- into the outbox ---- */

/* Reasons and links are text for people: it is screened as all text is. */
static int screen(struct client *c, struct publish *p, struct kith_error *e)
{
    struct kith_bytes body;
    int rc = publish_body(c->d, p, &body, e);
    return rc < 0 ? rc : screened_share(kind_by_number(KITH_KIND_SERIES), body, e);
}

/* What waited of this series gives way. Gives the first that did, 0: none. */
static int replace_waiting(struct client *c, const struct publish *p, uint64_t *ret, struct kith_error *e)
{
    uint64_t number = 0;
    int rc;
    *ret = 0;
    while ((rc = store_offer_next(c->d->store, &p->of, number, &number, e)) == 0) {
        if ((rc = store_draft_drop(c->d->store, number, e)) < 0)
            break;
        *ret = *ret ? *ret : number;
    }
    return rc == KITH_E_NOTFOUND ? 0 : rc;
}

static int offer(struct client *c, struct publish *p, uint64_t *ret_number, uint64_t *ret_replaced,
                 struct kith_error *e)
{
    uint8_t room[1024];
    struct buf b;
    buf_init(&b, room, sizeof room);
    int rc = publish_stub(p, &b);
    if (rc < 0)
        return kith_fail(e, KITH_E_INTERNAL, "the record of \"%s\" does not fit", p->of.measure);
    struct store_draft stub = {.kind = KITH_KIND_SERIES,
                               .schema = KITH_KIND_SCHEMA,
                               .time = daemon_wall(),
                               .author = c->uid,
                               .body = {room, b.n}};
    rc = replace_waiting(c, p, ret_replaced, e);
    return rc < 0 ? rc : store_offer_add(c->d->store, &stub, &p->of, &p->choice, ret_number, e);
}

/* The rephases of this request at which no shift is under way: a change that is known shows in the figures.
 */
static void put_unshifted(struct publish *p, struct kith_bytes args, struct buf *b)
{
    struct pack_reader r;
    struct sdc_period at;
    struct kith_bytes list[LIST_MAX];
    uint32_t n = !p->is_event && control_arg(args, "rephase", &r) ? pack_get_array(&r, LIST_MAX) : 0,
             count = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct kith_bytes text = pack_get_str(&r, SDC_LINK_MAX);
        if (sdc_period_parse(text, &at, NULL) == 0 &&
            !publish_shift_at(p, sdc_period_span(at, p->measure.first_month).from))
            list[count++] = text;
    }
    pack_cstr(b, "unshifted");
    pack_array(b, count);
    for (uint32_t i = 0; i < count; i++)
        pack_str(b, (const char *)list[i].p, list[i].n);
}

static void answer(struct client *c, struct publish *p, struct kith_bytes args, uint64_t number,
                   uint64_t replaced)
{
    char here[32];
    struct buf *b = answer_begin(c);
    bool measure_first = p->measure.here;
    pack_map(b, 2u + (replaced > 0) + measure_first + SERIES_PAIRS);
    snprintf(here, sizeof here, "here-%" PRIu64, number);
    answer_text(b, "id", here);
    if (replaced) {
        snprintf(here, sizeof here, "here-%" PRIu64, replaced);
        answer_text(b, "instead_of", here);
    }
    if (measure_first)
        answer_text(b, "release_first", p->measure.record);
    put_unshifted(p, args, b);
    series_answer(p, b);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

void control_data_share(struct client *c, struct kith_bytes args)
{
    struct request q;
    struct kith_error e;
    struct publish *p = publish_new();
    uint64_t number = 0, replaced = 0;
    int rc =
        p ? take_request(args, &q, &e) : kith_fail(&e, KITH_E_FULL, "no memory to plan a series: try again");
    if (rc == 0 && c->d->no_room)
        rc = kith_fail(&e, KITH_E_FULL, "the disk is nearly full: make room, then share again");
    if (rc == 0)
        rc = find_subject(c, &q, p, &e);
    if (rc == 0)
        rc = choose(c, p, &q, args, &e);
    if (rc == 0)
        rc = publish_plan(c->d, p, &e);
    if (rc == 0)
        rc = screen(c, p, &e);
    if (rc == 0)
        rc = offer(c, p, &number, &replaced, &e);
    if (rc == KITH_E_INTERNAL)
        daemon_fatal(c->d, "data.share", &e);
    if (rc < 0)
        answer_fail(c, &e);
    else
        answer(c, p, args, number, replaced);
    publish_free(p);
}
