/* The body is written from a table of its fields, in the order that canonical maps have: each says whether it
 * is there and how it is put. Nothing here decides what may be told; that was the plan's business. What a
 * plan does not tell has no field, or is a hidden or missing cell. */
#include "proto/learn/sdc_body.h"

#include "proto/learn/sdc_part.h"

#include <assert.h>

#include "kith/limits.h"
#include "proto/wire/pack.h"

struct body {
    const struct sdc_plan *p;       /* NULL: events */
    const struct sdc_ask *a;        /* NULL: events */
    const struct sdc_events *event; /* NULL: periods */
    const struct sdc_choice *c;
    const struct sdc_subject *s;
    struct buf *out;
};

static void put_period(struct buf *b, enum sdc_unit unit, int32_t serial)
{
    char text[SDC_PERIOD_TEXT_MAX];
    assert(unit != SDC_NO_UNIT);
    sdc_period_print((struct sdc_period){unit, serial}, text);
    pack_cstr(b, text);
}

static void put_text(struct buf *b, const char *key, const char *value)
{
    assert(key != NULL && value != NULL);
    pack_cstr(b, key);
    pack_cstr(b, value);
}

static void put_number(struct buf *b, const char *key, double v)
{
    assert(key != NULL);
    pack_cstr(b, key);
    kind_number_put(b, v);
}

/* ---- which fields there are ---- */

static bool always(const struct body *x)
{
    assert(x->c != NULL);
    return true;
}

static bool has_cells(const struct body *x)
{
    assert(x->c != NULL);
    return x->p && x->p->policy->cells;
}

static bool has_numerators(const struct body *x)
{
    return has_cells(x) && !x->a->is_value;
}

static bool has_denominators(const struct body *x)
{
    return has_numerators(x) && x->a->has_den;
}

static bool has_values(const struct body *x)
{
    return has_cells(x) && x->a->is_value;
}

static bool has_notes(const struct body *x)
{
    assert(x->c->notes <= SDC_NOTES_MAX);
    return x->c->notes > 0;
}

static bool has_assurance(const struct body *x)
{
    return has_cells(x) && spc_assurance_code(x->p->assurance);
}

static bool has_events(const struct body *x)
{
    assert(x->c != NULL);
    return x->event && x->event->events >= 0;
}

static bool has_excluded(const struct body *x)
{
    bool any = false;
    for (uint32_t i = 0; has_cells(x) && i < x->p->count; i++)
        any = any || x->p->cell[i].excluded;
    return any;
}

static bool has_flags(const struct body *x)
{
    bool any = false;
    for (uint32_t i = 0; has_cells(x) && i < x->p->count; i++)
        any = any || x->p->cell[i].rules;
    return any;
}

static bool has_links(const struct body *x)
{
    assert(x->c->links <= SDC_LINKS_MAX);
    return x->c->links > 0;
}

static bool has_segments(const struct body *x)
{
    return has_cells(x) && (x->p->segments > 1 || x->p->segment[0].baseline > 0);
}

static bool has_since(const struct body *x)
{
    assert(x->p || x->event);
    return x->p ? x->p->since != SDC_NONE : x->event->since.unit != SDC_NO_UNIT;
}

static bool has_supersedes(const struct body *x)
{
    assert(x->s != NULL);
    return x->s->supersedes != NULL;
}

static bool has_totals(const struct body *x)
{
    bool any = false;
    for (uint32_t i = 0; has_cells(x) && i < x->p->segments; i++)
        any = any || x->p->segment[i].told;
    return any;
}

static bool has_unit(const struct body *x)
{
    assert(x->s != NULL);
    return x->s->unit && x->s->unit[0];
}

/* ---- how they are put ---- */

static void put_notes(const struct body *x)
{
    assert(has_notes(x));
    pack_array(x->out, x->c->notes);
    for (uint32_t i = 0; i < x->c->notes; i++) {
        pack_map(x->out, 2);
        put_text(x->out, "date", x->c->note[i].date);
        put_text(x->out, "text", x->c->note[i].text);
    }
}

static void put_assurance(const struct body *x)
{
    assert(has_assurance(x));
    pack_cstr(x->out, spc_assurance_code(x->p->assurance));
}

static void put_chart(const struct body *x)
{
    assert(x->a || x->event);
    pack_cstr(x->out, spc_chart_code(x->a ? x->a->chart : x->event->chart));
}

static void put_cell(struct buf *b, enum sdc_state state, double v)
{
    switch (state) {
    case SDC_SHOWN:
        kind_number_put(b, v);
        return;
    case SDC_HIDDEN:
        pack_bool(b, false);
        return;
    case SDC_MISSING:
        pack_nil(b);
        return;
    }
    assert(false); /* there are three states */
}

static void put_numbers(const struct body *x)
{
    assert(has_cells(x));
    pack_array(x->out, x->p->count);
    for (uint32_t i = 0; i < x->p->count; i++)
        put_cell(x->out, x->p->cell[i].state, x->p->cell[i].num);
}

static void put_denominators(const struct body *x)
{
    assert(has_denominators(x));
    pack_array(x->out, x->p->count);
    for (uint32_t i = 0; i < x->p->count; i++)
        put_cell(x->out, x->p->cell[i].state, x->p->cell[i].den);
}

static void put_behind(const struct body *x)
{
    assert(has_values(x));
    pack_array(x->out, x->p->count);
    for (uint32_t i = 0; i < x->p->count; i++)
        put_cell(x->out, x->p->cell[i].state, sdc_round(x->p->policy, x->p->cell[i].behind));
}

static void put_events(const struct body *x)
{
    assert(has_events(x));
    kind_number_put(x->out, x->event->events);
}

static const struct sdc_chosen_day *chosen_in(const struct body *x, const struct sdc_chosen_day *list,
                                              uint32_t n, int32_t serial)
{
    for (uint32_t i = 0; i < n; i++) {
        struct sdc_period of = sdc_period_of_day(x->p->unit, list[i].day, x->a->history->first_month);
        if (of.serial == serial)
            return &list[i];
    }
    assert(x->p->count > 0);
    return NULL;
}

static void put_excluded(const struct body *x)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->p->count; i++)
        n += x->p->cell[i].excluded;
    assert(n > 0);
    pack_array(x->out, n);
    for (uint32_t i = 0; i < x->p->count; i++) {
        const struct sdc_cell *cell = &x->p->cell[i];
        if (!cell->excluded)
            continue;
        const struct sdc_chosen_day *at = chosen_in(x, x->c->exclude, x->c->excludes, cell->serial);
        pack_map(x->out, 2);
        pack_cstr(x->out, "period");
        put_period(x->out, x->p->unit, cell->serial);
        put_text(x->out, "reason", at ? at->reason : "");
    }
}

static uint32_t count_bits(uint8_t v)
{
    uint32_t n = 0;
    for (; v; v = (uint8_t)(v & (v - 1)))
        n++;
    assert(n <= 8);
    return n;
}

/* One flag for each rule that fires at a point. */
static void put_flags(const struct body *x)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->p->count; i++)
        n += count_bits(x->p->cell[i].rules);
    assert(n > 0);
    pack_array(x->out, n);
    for (uint32_t i = 0; i < x->p->count; i++) {
        const struct sdc_cell *cell = &x->p->cell[i];
        for (uint8_t bit = 1; bit < 1u << SPC_RULES; bit = (uint8_t)(bit << 1)) {
            if (!(cell->rules & bit))
                continue;
            pack_map(x->out, 3);
            put_text(x->out, "kind", spc_icon_code(cell->kind));
            pack_cstr(x->out, "period");
            put_period(x->out, x->p->unit, cell->serial);
            put_text(x->out, "rule", spc_rule_code(bit));
        }
    }
}

static void put_icon(const struct body *x)
{
    assert(x->p || x->event);
    pack_cstr(x->out, spc_icon_code(x->p ? x->p->icon : x->event->icon));
}

static void put_links(const struct body *x)
{
    assert(has_links(x));
    pack_array(x->out, x->c->links);
    for (uint32_t i = 0; i < x->c->links; i++)
        pack_cstr(x->out, x->c->link[i]);
}

static void put_measure(const struct body *x)
{
    assert(x->s->measure != NULL);
    pack_cstr(x->out, x->s->measure);
}

static void put_unit_of_time(const struct body *x)
{
    assert(x->p || x->event);
    pack_cstr(x->out, sdc_unit_code(x->p ? x->p->unit : SDC_QUARTER));
}

static void put_periods(const struct body *x)
{
    assert(has_cells(x));
    pack_array(x->out, x->p->count);
    for (uint32_t i = 0; i < x->p->count; i++)
        put_period(x->out, x->p->unit, x->p->cell[i].serial);
}

static void put_policy(const struct body *x)
{
    assert(x->c->policy[0] != '\0');
    pack_cstr(x->out, x->c->policy);
}

static void put_rules(const struct body *x)
{
    assert(x->c->rules[0] != '\0');
    pack_cstr(x->out, x->c->rules);
}

static void put_segments(const struct body *x)
{
    assert(has_segments(x));
    pack_array(x->out, x->p->segments);
    for (uint32_t i = 0; i < x->p->segments; i++) {
        const struct sdc_segment *g = &x->p->segment[i];
        int32_t serial = x->p->cell[g->start].serial;
        const struct sdc_chosen_day *at = i > 0 ? chosen_in(x, x->c->rephase, x->c->rephases, serial) : NULL;
        bool reason = at && at->reason[0], baseline = g->baseline > 0;
        pack_map(x->out, 1u + reason + baseline);
        if (baseline)
            put_number(x->out, "baseline", g->baseline);
        if (reason)
            put_text(x->out, "reason", at->reason);
        pack_cstr(x->out, "start");
        put_period(x->out, x->p->unit, serial);
    }
}

static void put_since(const struct body *x)
{
    assert(has_since(x));
    if (x->p)
        put_period(x->out, x->p->unit, x->p->cell[x->p->since].serial);
    else
        put_period(x->out, x->event->since.unit, x->event->since.serial);
}

static void put_supersedes(const struct body *x)
{
    assert(has_supersedes(x));
    kind_ref_put(x->out, x->s->supersedes);
}

static void put_totals(const struct body *x)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->p->segments; i++)
        n += x->p->segment[i].told;
    assert(n > 0);
    pack_array(x->out, n);
    for (uint32_t i = 0; i < x->p->segments; i++) {
        const struct sdc_segment *g = &x->p->segment[i];
        if (!g->told)
            continue;
        pack_map(x->out, g->ranges_told ? 4 : 3);
        put_number(x->out, "denominator", g->den);
        put_number(x->out, "numerator", g->num);
        if (g->ranges_told)
            put_number(x->out, "ranges", g->ranges);
        put_number(x->out, "segment", i + 1);
    }
}

static void put_unit(const struct body *x)
{
    assert(has_unit(x));
    pack_cstr(x->out, x->s->unit);
}

static void put_version(const struct body *x)
{
    assert(x->s->version > 0);
    pack_uint(x->out, x->s->version);
}

static const struct {
    const char *key;
    bool (*is_there)(const struct body *x);
    void (*put)(const struct body *x);
} fields[] = {
    {"annotations", has_notes, put_notes},
    {"assurance", has_assurance, put_assurance},
    {"behind", has_values, put_behind},
    {"chart", always, put_chart},
    {"denominators", has_denominators, put_denominators},
    {"events", has_events, put_events},
    {"excluded", has_excluded, put_excluded},
    {"flags", has_flags, put_flags},
    {"icon", always, put_icon},
    {"links", has_links, put_links},
    {"measure", always, put_measure},
    {"numerators", has_numerators, put_numbers},
    {"period", always, put_unit_of_time},
    {"periods", has_cells, put_periods},
    {"policy", always, put_policy},
    {"rules", always, put_rules},
    {"segments", has_segments, put_segments},
    {"since", has_since, put_since},
    {"supersedes", has_supersedes, put_supersedes},
    {"totals", has_totals, put_totals},
    {"unit", has_unit, put_unit},
    {"values", has_values, put_numbers},
    {"version", always, put_version},
};

static int put_body(const struct body *x, struct kith_error *e)
{
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        n += fields[i].is_there(x);
    assert(n > 0);
    pack_map(x->out, n);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!fields[i].is_there(x))
            continue;
        pack_cstr(x->out, fields[i].key);
        fields[i].put(x);
    }
    if (x->out->failed || x->out->n > KITH_BODY_MAX)
        return kith_fail(e, KITH_E_FULL,
                         "\"%s\": the record is longer than %u bytes: share it by a longer period",
                         x->s->measure, KITH_BODY_MAX);
    return 0;
}

int sdc_body_make(const struct sdc_plan *p, const struct sdc_ask *a, const struct sdc_choice *c,
                  const struct sdc_subject *s, struct buf *ret, struct kith_error *e)
{
    struct body x = {.p = p, .a = a, .c = c, .s = s, .out = ret};
    assert(p->policy == a->policy && p->count > 0);
    return put_body(&x, e);
}

int sdc_body_events(const struct sdc_events *v, const struct sdc_choice *c, const struct sdc_subject *s,
                    struct buf *ret, struct kith_error *e)
{
    struct body x = {.event = v, .c = c, .s = s, .out = ret};
    assert(v->chart == SPC_T || v->chart == SPC_G);
    return put_body(&x, e);
}
