/* What a person chose about a series, kept with it: where it begins anew, which days are left out, what is
 * noted. */
#include "proto/learn/sdc_body.h"

#include <assert.h>
#include <string.h>

#include "proto/wire/pack.h"

#define CHOICE_VERSION 1u

static int add_day(struct sdc_chosen_day *list, uint32_t *n, uint32_t max, const struct sdc_chosen_day *at,
                   struct kith_error *e)
{
    uint32_t i = *n;
    while (i > 0 && list[i - 1].day > at->day)
        i--;
    if (i > 0 && list[i - 1].day == at->day) {
        uint32_t baseline = at->baseline ? at->baseline : list[i - 1].baseline;
        list[i - 1] = *at;
        list[i - 1].baseline = baseline;
        return 0;
    }
    if (*n >= max)
        return kith_fail(e, KITH_E_FULL, "\"%u\" dates are chosen already: that is the most", *n);
    assert(i <= *n);
    memmove(list + i + 1, list + i, (*n - i) * sizeof list[0]);
    list[i] = *at;
    (*n)++;
    return 0;
}

int sdc_choice_rephase(struct sdc_choice *c, const struct sdc_chosen_day *at, struct kith_error *e)
{
    assert(c->rephases <= SDC_CHOSEN_AT_MAX);
    return add_day(c->rephase, &c->rephases, SDC_CHOSEN_AT_MAX, at, e);
}

int sdc_choice_exclude(struct sdc_choice *c, const struct sdc_chosen_day *at, struct kith_error *e)
{
    assert(c->excludes <= SDC_EXCLUDES_MAX);
    return add_day(c->exclude, &c->excludes, SDC_EXCLUDES_MAX, at, e);
}

int sdc_choice_note(struct sdc_choice *c, const struct sdc_chosen_note *at, struct kith_error *e)
{
    uint32_t i = 0;
    if (!kind_date_ok(bytes_of(at->date)))
        return kith_fail(e, KITH_E_USAGE, "\"%s\" is no date: write 2025-08 or 2025-08-14", at->date);
    while (i < c->notes && strcmp(c->note[i].date, at->date) < 0)
        i++;
    bool there = i < c->notes && strcmp(c->note[i].date, at->date) == 0;
    if (there && at->text[0]) {
        c->note[i] = *at;
    } else if (there) {
        memmove(&c->note[i], &c->note[i + 1], (c->notes - i - 1) * sizeof c->note[0]);
        memset(&c->note[--c->notes], 0, sizeof c->note[0]);
    } else if (at->text[0]) {
        if (c->notes == SDC_NOTES_MAX)
            return kith_fail(e, KITH_E_FULL, "\"%u\" notes are there already: that is the most", c->notes);
        memmove(&c->note[i + 1], &c->note[i], (c->notes - i) * sizeof c->note[0]);
        c->note[i] = *at;
        c->notes++;
    }
    assert(c->notes <= SDC_NOTES_MAX);
    return 0;
}

static void put_days(struct buf *b, const struct sdc_chosen_day *list, uint32_t n)
{
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_array(b, 3);
        pack_int(b, list[i].day);
        pack_uint(b, list[i].baseline);
        pack_cstr(b, list[i].reason);
    }
    assert(n <= SDC_EXCLUDES_MAX);
}

void sdc_choice_put(const struct sdc_choice *c, struct buf *ret)
{
    assert(c->links <= SDC_LINKS_MAX);
    pack_array(ret, 9);
    pack_uint(ret, CHOICE_VERSION);
    pack_cstr(ret, c->policy);
    pack_cstr(ret, c->rules);
    pack_uint(ret, (uint64_t)c->want);
    pack_uint(ret, c->baseline);
    put_days(ret, c->rephase, c->rephases);
    put_days(ret, c->exclude, c->excludes);
    pack_array(ret, c->links);
    for (uint32_t i = 0; i < c->links; i++)
        pack_cstr(ret, c->link[i]);
    pack_array(ret, c->notes);
    for (uint32_t i = 0; i < c->notes; i++) {
        pack_array(ret, 2);
        pack_cstr(ret, c->note[i].date);
        pack_cstr(ret, c->note[i].text);
    }
}

static void get_text(struct pack_reader *r, char *ret, size_t max)
{
    struct kith_bytes s = pack_get_str(r, max);
    assert(ret != NULL);
    if (s.n > 0)
        memcpy(ret, s.p, s.n);
    ret[s.n] = '\0';
}

static uint32_t get_days(struct pack_reader *r, struct sdc_chosen_day *list, uint32_t max)
{
    uint32_t n = pack_get_array(r, max);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        if (pack_get_array(r, 3) != 3)
            r->failed = true;
        int64_t day = pack_get_int(r);
        if (day < INT32_MIN || day > INT32_MAX || (i > 0 && day <= list[i - 1].day))
            r->failed = true;
        list[i].day = r->failed ? 0 : (int32_t)day;
        list[i].baseline = (uint32_t)pack_get_uint(r, SDC_PERIODS_MAX);
        get_text(r, list[i].reason, SDC_REASON_MAX);
    }
    assert(n <= max);
    return n;
}

int sdc_choice_get(struct kith_bytes blob, struct sdc_choice *ret, struct kith_error *e)
{
    struct pack_reader r;
    memset(ret, 0, sizeof *ret);
    pack_reader_init(&r, blob.p, blob.n, false);
    if (pack_get_array(&r, 9) != 9 || pack_get_uint(&r, CHOICE_VERSION) != CHOICE_VERSION)
        r.failed = true;
    get_text(&r, ret->policy, SDC_CODE_MAX);
    get_text(&r, ret->rules, SDC_CODE_MAX);
    ret->want = (enum sdc_unit)pack_get_uint(&r, SDC_YEAR);
    ret->baseline = (uint32_t)pack_get_uint(&r, SDC_PERIODS_MAX);
    ret->rephases = get_days(&r, ret->rephase, SDC_CHOSEN_AT_MAX);
    ret->excludes = get_days(&r, ret->exclude, SDC_EXCLUDES_MAX);
    ret->links = pack_get_array(&r, SDC_LINKS_MAX);
    for (uint32_t i = 0; i < ret->links && !r.failed; i++)
        get_text(&r, ret->link[i], SDC_LINK_MAX);
    ret->notes = pack_get_array(&r, SDC_NOTES_MAX);
    for (uint32_t i = 0; i < ret->notes && !r.failed; i++) {
        if (pack_get_array(&r, 2) != 2)
            r.failed = true;
        get_text(&r, ret->note[i].date, SDC_DATE_MAX);
        get_text(&r, ret->note[i].text, SDC_REASON_MAX);
    }
    assert(ret->links <= SDC_LINKS_MAX);
    if (!pack_done(&r))
        return kith_fail(e, KITH_E_INVALID, "what was chosen for a series (\"%zu\" bytes) cannot be read",
                         blob.n);
    return 0;
}
