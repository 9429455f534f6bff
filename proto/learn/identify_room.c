/* What the screen finds: its names, its places, what is said of it. Rules add to it. */
#include "proto/learn/identify_room.h"

#include <stdio.h>
#include <string.h>

struct what {
    const char *name;   /* code */
    const char *is;     /* as in "found: …" */
    const char *advice; /* what to do */
};

static const struct what whats[] = {
    [IDENTIFY_NHS_NUMBER] = {"nhs-number", "an NHS number", "leave it out"},
    [IDENTIFY_CHI_NUMBER] = {"chi-number", "a CHI number", "leave it out"},
    [IDENTIFY_HC_NUMBER] = {"hc-number", "an H&C number", "leave it out"},
    [IDENTIFY_TEST_NUMBER] = {"test-number", "an NHS number of the test range", "leave it out"},
    [IDENTIFY_INSURANCE_NUMBER] = {"insurance-number", "a national insurance number", "leave it out"},
    [IDENTIFY_BIRTH_DATE] = {"birth-date", "a date of birth", "say an age group"},
    [IDENTIFY_POSTCODE] = {"postcode", "a postcode", "leave it out or say the kind of place"},
    [IDENTIFY_PHONE] = {"phone", "a phone number", "leave it out or name a shared mailbox"},
    [IDENTIFY_TITLED_NAME] = {"titled-name", "a person's name", "say the role"},
    [IDENTIFY_EMAIL] = {"email", "what looks like a person's mailbox", "name a role or a shared mailbox"},
    [IDENTIFY_ONE_EVENT] = {"one-event", "a lesson from one event",
                            "ask whether the patient, the family, a colleague or a neighbour would know who "
                            "this is"},
    [IDENTIFY_EVENT_DATE] = {"event-date", "the date of a single event", "say the quarter: 2026-Q3"},
    [IDENTIFY_AGE] = {"age", "an age over 89", "say 90 or over"},
    [IDENTIFY_SINGLED_OUT] = {"singled-out", "words that single somebody out",
                              "would anyone know who or where this is?"},
    [IDENTIFY_DATED_EVENT] = {"dated-event", "the day of what happened to a person", "say the quarter"},
    [IDENTIFY_SMALL_COUNT] = {"small-count", "a small number of people", "is the number needed?"},
};

const char *identify_level_name(enum identify_level level)
{
    static const char *const names[] = {"warn", "hold", "block"};
    assert((size_t)level < sizeof names / sizeof names[0]);
    return names[level];
}

const char *identify_kind_name(enum identify_kind kind)
{
    assert((size_t)kind < sizeof whats / sizeof whats[0]);
    return whats[kind].name;
}

const char *identify_what(enum identify_kind kind)
{
    assert((size_t)kind < sizeof whats / sizeof whats[0]);
    return whats[kind].is;
}

const char *identify_advice(enum identify_kind kind)
{
    assert((size_t)kind < sizeof whats / sizeof whats[0]);
    return whats[kind].advice;
}

void identify_keep(struct identify_findings *f, const struct identify_finding *x)
{
    uint32_t at = f->count;
    assert(f->count <= IDENTIFY_MAX);
    f->blocks += x->level == IDENTIFY_BLOCK;
    f->holds += x->level == IDENTIFY_HOLD;
    f->warns += x->level == IDENTIFY_WARN;
    if (f->count < IDENTIFY_MAX) {
        f->list[f->count++] = *x;
        return;
    }
    while (at > 0 && f->list[at - 1].level >= x->level)
        at--;
    if (at == 0)
        return;
    memmove(&f->list[at - 1], &f->list[at], (f->count - at) * sizeof *x);
    f->list[f->count - 1] = *x;
}

/* The first of the findings of one text, which lie last. */
static uint32_t first_of(const struct identify_findings *f, const char *field)
{
    uint32_t from = f->count;
    assert(f->count <= IDENTIFY_MAX);
    while (from > 0 && f->list[from - 1].length > 0 && strcmp(f->list[from - 1].field, field) == 0)
        from--;
    return from;
}

/* Lines and characters for people, in one walk: the findings stand in the order of their places. Those of
 * another text with the same name have theirs. */
static void count_places(struct identify_findings *f, uint32_t from, struct kith_bytes text)
{
    uint32_t line = 1, character = 0;
    size_t at = 0;
    for (uint32_t i = from; i < f->count; i++) {
        struct identify_finding *x = &f->list[i];
        if (x->line > 0)
            continue;
        assert(x->offset < text.n);
        for (; at <= x->offset; at++) {
            bool below = at > 0 && text.p[at - 1] == '\n';
            line += below;
            character = below ? 0 : character;
            character += (text.p[at] & 0xC0) != 0x80;
        }
        x->line = line;
        x->character = character;
    }
}

/* By their place: rules look at a text in turn. */
static void sort_last(struct identify_findings *f, const char *field)
{
    uint32_t from = first_of(f, field);
    for (uint32_t i = from + 1; i < f->count; i++) {
        struct identify_finding x = f->list[i];
        uint32_t at = i;
        for (; at > from && f->list[at - 1].offset > x.offset; at--)
            f->list[at] = f->list[at - 1];
        f->list[at] = x;
    }
}

void identify_place_last(struct identify_findings *f, const char *field, struct kith_bytes text)
{
    assert(f != NULL && field != NULL);
    sort_last(f, field);
    count_places(f, first_of(f, field), text);
}

/* Bytes of the character that begins at this offset of the source. */
static size_t character(const struct identify_room *r, size_t at)
{
    size_t n = 1;
    assert(at < r->source.n);
    while (at + n < r->source.n && (r->source.p[at + n] & 0xC0) == 0x80)
        n++;
    return n;
}

void identify_add_span(struct identify_room *r, enum identify_kind kind, enum identify_level level,
                       uint32_t start, uint32_t end)
{
    struct identify_finding x = {.kind = kind, .level = level};
    assert(start < end && end <= r->n);
    snprintf(x.field, sizeof x.field, "%s", r->field);
    x.offset = r->at[start];
    x.length = r->at[end - 1] + character(r, r->at[end - 1]) - x.offset;
    identify_keep(r->out, &x);
}

void identify_add(struct identify_room *r, enum identify_kind kind, enum identify_level level, uint32_t first,
                  uint32_t last)
{
    assert(first <= last && last < r->tokens);
    identify_add_span(r, kind, level, r->token[first].start, r->token[last].end);
}

void identify_place(const struct identify_finding *f, char ret[IDENTIFY_PLACE_MAX])
{
    assert(ret != NULL);
    ret[0] = '\0';
    if (f->length > 0 && f->line > 1)
        snprintf(ret, IDENTIFY_PLACE_MAX, "line %u, character %u", f->line, f->character);
    else if (f->length > 0)
        snprintf(ret, IDENTIFY_PLACE_MAX, "character %u", f->character);
}

void identify_print(const struct identify_finding *f, char ret[IDENTIFY_MESSAGE_MAX])
{
    const struct what *w = &whats[f->kind];
    char place[IDENTIFY_PLACE_MAX];
    assert(ret != NULL);
    identify_place(f, place);
    snprintf(ret, IDENTIFY_MESSAGE_MAX, "%s%s%s: %s: %s", f->field, place[0] ? ", " : "", place, w->is,
             w->advice);
}

void identify_summary(const struct identify_findings *f, enum identify_level least, char *ret, size_t cap)
{
    uint32_t shown = 0, all = f->blocks + (least <= IDENTIFY_HOLD ? f->holds : 0) +
                              (least == IDENTIFY_WARN ? f->warns : 0);
    size_t n = 0;
    assert(ret != NULL && cap > 0);
    ret[0] = '\0';
    for (uint32_t i = 0; i < f->count && shown < 2 && n < cap; i++) {
        const struct identify_finding *x = &f->list[i];
        char place[IDENTIFY_PLACE_MAX];
        if (x->level < least)
            continue;
        identify_place(x, place);
        int more = snprintf(ret + n, cap - n, "%s%s (%s%s%s)", shown > 0 ? ", " : "", whats[x->kind].is,
                            x->field, place[0] ? ", " : "", place);
        n += more > 0 ? (size_t)more : 0;
        shown++;
    }
    if (all > shown && n < cap)
        snprintf(ret + n, cap - n, " and %u more", all - shown);
}
