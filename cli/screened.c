#include "cli/screened.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/learn/identify.h"

/* The line on which the field of a path such as `changes[0].how` was given. */
static uint32_t line_of(const struct record_set *s, const struct kind *k, const char *path)
{
    char name[FINDING_FIELD_MAX];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(path, ".["), path);
    const struct field *f = kind_field(k, name);
    uint32_t line = f ? s->line[f - k->fields] : 0;
    return line ? line : s->begin;
}

static void complain(struct record_set *s, const struct kind *k, const struct identify_finding *f)
{
    static const char *const says[] = {
        [IDENTIFY_WARN] = "", [IDENTIFY_HOLD] = "held at release, ", [IDENTIFY_BLOCK] = "blocked, "};
    char message[IDENTIFY_MESSAGE_MAX], place[IDENTIFY_PLACE_MAX];
    bool blocked = f->level == IDENTIFY_BLOCK;
    identify_place(f, place);
    snprintf(message, sizeof message, "%s%s%s%s: %s", says[f->level], identify_what(f->kind),
             place[0] ? " at " : "", place, identify_advice(f->kind));
    s->blocked += blocked;
    uint32_t at = s->complaints;
    record_complain(s, s->file, line_of(s, k, f->field), blocked ? FINDING_ERROR : FINDING_WARNING, f->field,
                    f->offset, message);
    if (s->complaints > at) {
        s->complaint[at].found = identify_kind_name(f->kind);
        s->complaint[at].held = identify_level_name(f->level);
        s->complaint[at].length = f->length;
    }
}

bool screened_record(struct record_set *s)
{
    struct identify_findings *found = cli_alloc(sizeof *found);
    const struct record *r = &s->record[s->count - 1];
    struct kith_bytes body = {r->body, r->n};
    if (!s->room)
        s->room = identify_room_new();
    /* without a finding for whatever reason, the daemon still screens for itself */
    if (s->room && identify_record(s->room, r->kind, body, found) == 0)
        for (uint32_t i = 0; i < found->count; i++)
            if (!s->brief || found->list[i].level == IDENTIFY_BLOCK)
                complain(s, r->kind, &found->list[i]);
    bool blocked = found->blocks > 0;
    s->held += !blocked && found->holds > 0;
    free(found);
    return blocked;
}

void screened_begin(struct record_set *s)
{
    if (s->hints && !s->draft)
        s->draft = cli_alloc(sizeof *s->draft);
    if (s->draft)
        memset(s->draft, 0, sizeof *s->draft);
}

void screened_text(struct record_set *s, const char *field, struct kith_bytes text)
{
    size_t blank = 0;
    while (blank < text.n && strchr(" \t\r\n", text.p[blank]))
        blank++; /* no part of the value, which places count from */
    if (!s->draft)
        return;
    if (!s->room)
        s->room = identify_room_new();
    if (s->room) /* what is longer than a record is an error anyway */
        identify_text(s->room, (struct kith_bytes){text.p + blank, text.n - blank}, field, s->draft);
}

void screened_faulty(struct record_set *s)
{
    for (uint32_t i = 0; s->draft && i < s->draft->count; i++)
        complain(s, s->compose.kind, &s->draft->list[i]);
}
