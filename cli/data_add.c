/* kith data add: a file becomes rows, the rows a request. Nothing but these numbers crosses the socket. */
#include <stdlib.h>
#include <string.h>

#include "cli/data.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "proto/learn/kind.h"
#include "proto/wire/pack.h"

#define ROW_SIZE 64u /* bytes that one row packs to, at most */

static const struct sheet_column columns[] = {
    {"measure", "MEASURE", SHEET_TEXT, SHEET_ALL, true, false},
    {"version", "VERSION", SHEET_INTEGER, SHEET_ALL, false, false},
    {"unit", "UNIT", SHEET_TEXT, SHEET_ALL, false, false},
    {"period", "BY", SHEET_TEXT, SHEET_ALL, false, false},
    {"added", "NEW", SHEET_INTEGER, SHEET_ALL, false, false},
    {"same", "SAME", SHEET_INTEGER, SHEET_ALL, false, false},
    {"missing", "MISSING", SHEET_INTEGER, SHEET_ALL, false, false},
    {"periods", "PERIODS", SHEET_INTEGER, SHEET_ALL, false, false},
    {"first", "FROM", SHEET_TEXT, SHEET_ALL, false, false},
    {"last", "TO", SHEET_TEXT, SHEET_ALL, false, false},
};

/* ---- the request ---- */

static void pack_cell(struct buf *b, enum sdc_unit unit, enum raw_shape shape, const struct raw_cell *c)
{
    char period[SDC_PERIOD_TEXT_MAX];
    raw_period_print(unit, c->serial, period);
    pack_array(b, 4);
    pack_cstr(b, period);
    kind_number_put(b, c->num);
    if (shape == RAW_RATIO)
        kind_number_put(b, c->den);
    else
        pack_nil(b);
    if (c->behind >= 0)
        kind_number_put(b, c->behind);
    else
        pack_nil(b);
}

static void pack_request(struct buf *b, const char *measure, const char *unit, const struct data_rows *d)
{
    pack_map(b, unit ? 5 : 4);
    pack_cstr(b, "measure");
    pack_cstr(b, measure);
    pack_cstr(b, "period");
    pack_cstr(b, d->unit == SDC_NO_UNIT ? "event" : sdc_unit_code(d->unit));
    pack_cstr(b, "rows");
    pack_array(b, d->n);
    for (uint32_t i = 0; i < d->n; i++)
        pack_cell(b, d->unit, d->shape, &d->cell[i]);
    pack_cstr(b, "shape");
    pack_cstr(b, raw_shape_code(d->shape));
    if (unit) {
        pack_cstr(b, "unit");
        pack_cstr(b, unit);
    }
}

static int send_rows(const struct cli *cli, const struct arguments *a, const struct data_rows *d,
                     struct js **ret, struct kith_error *e)
{
    size_t size = 4096 + (size_t)d->n * ROW_SIZE;
    uint8_t *memory = cli_alloc(size);
    struct buf b;
    buf_init(&b, memory, size);
    pack_request(&b, a->word[1], options_get(a, "unit"), d);
    int rc = b.failed ? kith_fail(e, KITH_E_USAGE, "too long: \"%.40s\": give a key or a code", a->word[1])
                      : control_once(cli, "data_add", &b, CONTROL_QUICK_MS, ret, e);
    free(memory);
    return rc;
}

/* ---- the answer ---- */

static void print_row(const struct cli *cli, const struct js *answer, uint32_t missing)
{
    static const char *const texts[] = {"measure", "unit", "period", "first", "last"};
    static const char *const numbers[] = {"version", "added", "same"};
    struct sheet s;
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        sheet_text(&s, texts[i], js_text(answer, texts[i]));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sheet_integer(&s, numbers[i], js_integer(answer, numbers[i], 0));
    sheet_integer(&s, "missing", missing);
    sheet_integer(&s, "periods", js_integer(answer, "cells", 0));
    sheet_row(&s);
    sheet_end(&s);
}

static void print_sentence(const struct cli *cli, const struct js *answer, uint32_t missing)
{
    const char *unit = js_text(answer, "unit"), *here = js_text(answer, "record");
    int64_t added = js_integer(answer, "added", 0), same = js_integer(answer, "same", 0);
    int64_t cells = js_integer(answer, "cells", 0);
    people_say(cli, "%s version %lld, %s%s, by %s: %lld new, %lld the same as before.",
               js_text(answer, "measure"), (long long)js_integer(answer, "version", 0),
               unit && unit[0] ? "unit " : "the whole site", unit, js_text(answer, "period"),
               (long long)added, (long long)same);
    people_say(cli, "%lld here now, from %s to %s. Raw counts stay at this site.", (long long)cells,
               js_text(answer, "first"), js_text(answer, "last"));
    if (missing)
        people_say(cli, "Gaps, without a number in the file: %u.", missing);
    if (here && strncmp(here, "here-", 5) == 0)
        people_say(cli, "The measure itself is not released yet: kith release %s", here);
}

static int read_file(const struct data_measure *m, const struct arguments *a, struct data_rows *d,
                     struct kith_error *e)
{
    const char *how = options_get(a, "aggregate"), *map = options_get(a, "map");
    if (how && map)
        return kith_fail(e, KITH_E_USAGE,
                         "one of both: \"--aggregate --map\": --aggregate names its columns");
    return how ? data_sum_up(m, a->word[2], how, d, e) : data_read(m, a->word[2], map, d, e);
}

int data_add(const struct cli *cli, const struct arguments *a)
{
    struct data_rows *d = cli_alloc(sizeof *d);
    struct data_measure m;
    struct js *about = NULL, *answer = NULL;
    struct kith_error e;
    memset(d, 0, sizeof *d);
    int rc = data_ask(cli, "data_measure", a->word[1], options_get(a, "unit"), &about, &e);
    if (!rc)
        rc = data_measure_read(about, &m, &e);
    if (!rc)
        rc = read_file(&m, a, d, &e);
    if (!rc)
        rc = send_rows(cli, a, d, &answer, &e);
    if (!rc && cli->format == CLI_PEOPLE)
        print_sentence(cli, answer, d->missing);
    else if (!rc)
        print_row(cli, answer, d->missing);
    js_free(about);
    js_free(answer);
    free(d);
    return rc ? cli_fail(&e) : CLI_DONE;
}
