#include "daemon/control_series.h"

#include "daemon/client.h"

static void text_or_nil(struct buf *b, const char *key, const char *value)
{
    pack_cstr(b, key);
    if (value && value[0])
        pack_cstr(b, value);
    else
        pack_nil(b);
}

static void number_if(struct buf *b, const char *key, bool there, double v)
{
    pack_cstr(b, key);
    if (there)
        kind_number_put(b, v);
    else
        pack_nil(b);
}

static void truth(struct buf *b, const char *key, bool v)
{
    pack_cstr(b, key);
    pack_bool(b, v);
}

static void period(struct buf *b, const char *key, enum sdc_unit unit, int32_t serial)
{
    char text[SDC_PERIOD_TEXT_MAX];
    sdc_period_print((struct sdc_period){unit, serial}, text);
    answer_text(b, key, text);
}

static const char *state_code(enum sdc_state s)
{
    switch (s) {
    case SDC_SHOWN:
        return "shown";
    case SDC_HIDDEN:
        return "hidden";
    case SDC_MISSING:
        return "missing";
    }
    return "";
}

/* ---- cells ---- */

static void put_flags(struct buf *b, uint8_t rules)
{
    uint32_t n = 0;
    for (uint8_t bit = 1; bit < 1u << SPC_RULES; bit = (uint8_t)(bit << 1))
        n += (rules & bit) != 0;
    pack_cstr(b, "flags");
    pack_array(b, n);
    for (uint8_t bit = 1; bit < 1u << SPC_RULES; bit = (uint8_t)(bit << 1))
        if (rules & bit)
            pack_cstr(b, spc_rule_code(bit));
}

static void put_cell(struct buf *b, const struct publish *p, const struct sdc_cell *c)
{
    bool shown = c->state == SDC_SHOWN, den = p->ask.has_den, value = p->ask.is_value;
    bool counted = c->state != SDC_MISSING || (c->why != SDC_INCOMPLETE && c->why != SDC_FREE);
    bool single = p->choice.policy[0] && p->ask.policy->cells;
    pack_map(b, 14);
    period(b, "period", p->plan->unit, c->serial);
    number_if(b, "counted", counted, c->raw_num);
    number_if(b, "counted_of", counted && den, c->raw_den);
    number_if(b, "people", counted && value, c->behind);
    text_or_nil(b, "state", state_code(c->state));
    text_or_nil(b, "why", c->why == SDC_FREE || (!single && counted) ? NULL : sdc_why_text(c->why));
    number_if(b, "told", shown, c->num);
    number_if(b, "told_of", shown && den, c->den);
    number_if(b, "least", c->range.given, c->range.lo);
    number_if(b, "most", c->range.given, c->range.hi);
    truth(b, "whole", !c->range.given || c->range.whole);
    truth(b, "new", c->out == SDC_NONE && c->state != SDC_MISSING);
    truth(b, "excluded", c->excluded);
    put_flags(b, c->rules);
}

static void put_cells(struct buf *b, const struct publish *p)
{
    uint32_t n = p->is_event ? 0 : p->plan->count;
    pack_cstr(b, "cells");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        put_cell(b, p, &p->plan->cell[i]);
}

/* ---- segments, units of time, events ---- */

/* What was said of the day that lies in this period; NULL where nothing was. */
static const char *reason_at(const struct publish *p, const struct sdc_chosen_day *at, uint32_t n,
                             int32_t serial)
{
    for (uint32_t i = 0; i < n; i++)
        if (sdc_period_of_day(p->plan->unit, at[i].day, p->measure.first_month).serial == serial)
            return at[i].reason;
    return NULL;
}

static void put_segments(struct buf *b, const struct publish *p)
{
    uint32_t n = p->is_event ? 0 : p->plan->segments;
    pack_cstr(b, "segments");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct sdc_segment *s = &p->plan->segment[i];
        int32_t serial = p->plan->cell[s->start].serial;
        pack_map(b, 7);
        period(b, "start", p->plan->unit, serial);
        number_if(b, "baseline", s->baseline > 0, s->baseline);
        text_or_nil(b, "reason", i > 0 ? reason_at(p, p->choice.rephase, p->choice.rephases, serial) : NULL);
        number_if(b, "told", s->told, s->num);
        number_if(b, "told_of", s->told, s->den);
        number_if(b, "ranges", s->ranges_told, s->ranges);
        text_or_nil(b, "why", s->told ? NULL : sdc_why_text(s->why));
    }
}

/* ---- words of people, which leave as they stand ---- */

static void put_left_out(struct buf *b, const struct publish *p)
{
    uint32_t n = 0, cells = p->is_event || !p->ask.policy->cells ? 0 : p->plan->count;
    for (uint32_t i = 0; i < cells; i++)
        n += p->plan->cell[i].excluded;
    pack_cstr(b, "left_out");
    pack_array(b, n);
    for (uint32_t i = 0; i < cells; i++) {
        const struct sdc_cell *c = &p->plan->cell[i];
        if (!c->excluded)
            continue;
        pack_map(b, 2);
        period(b, "period", p->plan->unit, c->serial);
        text_or_nil(b, "reason", reason_at(p, p->choice.exclude, p->choice.excludes, c->serial));
    }
}

static void put_words(struct buf *b, const struct publish *p)
{
    put_left_out(b, p);
    pack_cstr(b, "notes");
    pack_array(b, p->choice.notes);
    for (uint32_t i = 0; i < p->choice.notes; i++) {
        pack_map(b, 2);
        answer_text(b, "date", p->choice.note[i].date);
        answer_text(b, "text", p->choice.note[i].text);
    }
    pack_cstr(b, "links");
    pack_array(b, p->choice.links);
    for (uint32_t i = 0; i < p->choice.links; i++)
        pack_cstr(b, p->choice.link[i]);
}

static void put_tried(struct buf *b, const struct publish *p)
{
    uint32_t n = p->is_event ? 0 : p->plan->tries;
    pack_cstr(b, "tried");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_map(b, 3);
        answer_text(b, "period", sdc_unit_code(p->plan->tried[i].unit));
        answer_number(b, "cells", p->plan->tried[i].cells);
        answer_number(b, "hidden", p->plan->tried[i].hidden);
    }
}

static void put_events(struct buf *b, const struct publish *p)
{
    pack_cstr(b, "events");
    if (!p->is_event) {
        pack_nil(b);
        return;
    }
    pack_map(b, 2);
    answer_number(b, "counted", p->cells);
    number_if(b, "told", p->event.events >= 0, p->event.events);
}

/* ---- the verdict ---- */

static void put_verdict(struct buf *b, const struct publish *p)
{
    bool at = p->is_event ? p->event.since.unit != SDC_NO_UNIT : p->plan->since != SDC_NONE;
    answer_text(b, "icon", spc_icon_code(p->is_event ? p->event.icon : p->plan->icon));
    if (!at)
        text_or_nil(b, "since", NULL);
    else if (p->is_event)
        period(b, "since", p->event.since.unit, p->event.since.serial);
    else
        period(b, "since", p->plan->unit, p->plan->cell[p->plan->since].serial);
    text_or_nil(b, "assurance", p->is_event ? NULL : spc_assurance_code(p->plan->assurance));
    truth(b, "as_raw", p->is_event || p->plan->verdict_as_raw);
    truth(b, "thinned", !p->is_event && p->plan->thinned);
}

void series_answer(struct publish *p, struct buf *b)
{
    char advice[PUBLISH_ADVICE_MAX] = "";
    const struct sdc_plan *plan = p->is_event ? NULL : p->plan;
    if (p->why.code != 0)
        publish_advise(p, advice);
    answer_text(b, "measure", p->of.measure);
    answer_number(b, "version", p->of.version);
    answer_text(b, "name", p->measure.name);
    text_or_nil(b, "unit", p->of.unit);
    answer_text(b, "policy", p->choice.policy);
    answer_text(b, "rules", p->choice.rules);
    answer_text(b, "chart", spc_chart_code(p->measure.chart));
    text_or_nil(b, "period", plan ? sdc_unit_code(plan->unit) : NULL);
    truth(b, "first", !p->before);
    text_or_nil(b, "same_as", p->same_as);
    truth(b, "undoes", publish_undoes(p));
    truth(b, "fresh", plan && plan->fresh);
    truth(b, "safe", p->why.code == 0);
    text_or_nil(b, "why", p->why.code ? p->why.text : NULL);
    text_or_nil(b, "advice", advice);
    answer_number(b, "shown", plan ? plan->shown : 0);
    answer_number(b, "hidden", plan ? plan->hidden : 0);
    put_verdict(b, p);
    put_tried(b, p);
    put_segments(b, p);
    put_events(b, p);
    put_words(b, p);
    put_cells(b, p);
}
