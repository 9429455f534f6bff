/* kith data fix and kith data drop: what was counted is put right, or taken away. */
#include <string.h>

#include "cli/author.h"
#include "cli/data.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "proto/learn/kind.h"
#include "proto/wire/pack.h"

#define REQUEST_SIZE 4096u

static const struct sheet_column columns[] = {
    {"measure", "MEASURE", SHEET_TEXT, SHEET_ALL, true, false},
    {"unit", "UNIT", SHEET_TEXT, SHEET_ALL, false, false},
    {"period", "PERIOD", SHEET_TEXT, SHEET_ALL, false, false},
    {"was", "WAS", SHEET_TEXT, SHEET_ALL, false, false},
    {"now", "NOW", SHEET_TEXT, SHEET_ALL, false, false},
};

/* ---- fix ---- */

static const struct {
    const char *option, *argument;
} numbers[] = {
    {"numerator", "number"}, {"value", "number"}, {"denominator", "denominator"}, {"behind", "behind"}};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

static int check_fix(const struct arguments *a, uint32_t *ret_given, struct kith_error *e)
{
    double v;
    int rc = 0;
    uint32_t n = 0;
    for (size_t i = 0; i < NUMBERS && !rc; i++) {
        n += options_has(a, numbers[i].option);
        if (options_has(a, numbers[i].option))
            rc = options_real(a, numbers[i].option, false, &v, e);
    }
    if (rc)
        return rc;
    if (n == 0)
        return kith_fail(
            e, KITH_E_USAGE,
            "what is right: \"%.40s\": give --numerator N, --denominator N, --value V or --behind N",
            a->word[2]);
    if (options_has(a, "numerator") && options_has(a, "value"))
        return kith_fail(e, KITH_E_USAGE, "one of both: \"--numerator --value\"");
    if (!options_has(a, "reason") || !options_get(a, "reason")[0])
        return kith_fail(
            e, KITH_E_USAGE,
            "something is missing: \"--reason\": a correction says why the old number was wrong");
    *ret_given = n;
    return 0;
}

/* A value is no numerator: who says one means to correct another series. */
static int check_shape(const struct arguments *a, const struct js *series, struct kith_error *e)
{
    const char *shape = js_text(series, "shape");
    bool value = shape && strcmp(shape, raw_shape_code(RAW_VALUE)) == 0;
    const char *wrong = value ? "numerator" : "value";
    if (!options_has(a, wrong))
        return 0;
    return kith_fail(e, KITH_E_USAGE, "--%s: \"%.40s\": this series has %s: give --%s", wrong,
                     options_get(a, wrong), value ? "values" : "counts", value ? "value" : "numerator");
}

static int read_period(const struct arguments *a, const struct js *series, char ret[SDC_PERIOD_TEXT_MAX],
                       struct kith_error *e)
{
    struct data_measure m;
    int32_t serial;
    const char *by = js_text(series, "period");
    int rc = data_measure_read(series, &m, e);
    enum sdc_unit unit = by ? sdc_unit_find(by) : SDC_NO_UNIT;
    if (!rc)
        rc = data_period(&m, unit, a->word[2], &serial, e);
    if (!rc)
        raw_period_print(unit, serial, ret);
    return rc;
}

static void pack_text(struct buf *b, const char *key, const char *text)
{
    pack_cstr(b, key);
    pack_cstr(b, text);
}

static int pack_fix(struct buf *b, const struct arguments *a, const char *period, uint32_t given,
                    struct kith_error *e)
{
    int64_t event = 1;
    double v = 0;
    int rc = options_number(a, "event", 1, RAW_CELLS_MAX, 1, &event, e);
    if (rc)
        return rc;
    pack_map(b, 4 + given + options_has(a, "unit"));
    pack_text(b, "measure", a->word[1]);
    pack_text(b, "period", period);
    pack_text(b, "reason", options_get(a, "reason"));
    pack_cstr(b, "nth");
    pack_uint(b, (uint64_t)event - 1);
    if (options_has(a, "unit"))
        pack_text(b, "unit", options_get(a, "unit"));
    for (size_t i = 0; i < NUMBERS; i++)
        if (options_has(a, numbers[i].option) && options_real(a, numbers[i].option, false, &v, e) == 0) {
            pack_cstr(b, numbers[i].argument);
            kind_number_put(b, v);
        }
    return b->failed ? kith_fail(e, KITH_E_USAGE, "too long: \"--reason\": at most 400 bytes") : 0;
}

static void print_fixed(const struct cli *cli, const struct js *answer)
{
    char was[DATA_CELL_SIZE], now[DATA_CELL_SIZE];
    const char *period = js_string(js_at(js_get(answer, "now"), 0)), *unit = js_text(answer, "unit");
    data_cell_text(js_get(answer, "was"), was);
    data_cell_text(js_get(answer, "now"), now);
    if (cli->format == CLI_PEOPLE) {
        people_say(cli, "%s: %s is now %s. kith data show %s%s%s --history tells why.", period, was, now,
                   js_text(answer, "measure"), unit && unit[0] ? " --unit " : "", unit);
        return;
    }
    struct sheet s;
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    sheet_text(&s, "measure", js_text(answer, "measure"));
    sheet_text(&s, "unit", js_text(answer, "unit"));
    sheet_text(&s, "period", period);
    sheet_text(&s, "was", was);
    sheet_text(&s, "now", now);
    sheet_row(&s);
    sheet_end(&s);
}

int data_fix(const struct cli *cli, const struct arguments *a)
{
    uint8_t memory[REQUEST_SIZE];
    struct buf b;
    struct js *series = NULL, *answer = NULL;
    struct kith_error e;
    char period[SDC_PERIOD_TEXT_MAX];
    uint32_t given = 0;
    buf_init(&b, memory, sizeof memory);
    int rc = check_fix(a, &given, &e);
    if (!rc)
        rc = data_ask(cli, "data_show", a->word[1], options_get(a, "unit"), &series, &e);
    if (!rc)
        rc = check_shape(a, series, &e);
    if (!rc)
        rc = read_period(a, series, period, &e);
    if (!rc)
        rc = pack_fix(&b, a, period, given, &e);
    if (!rc)
        rc = control_once(cli, "data_fix", &b, CONTROL_QUICK_MS, &answer, &e);
    if (!rc)
        print_fixed(cli, answer);
    js_free(series);
    js_free(answer);
    return rc ? cli_fail(&e) : CLI_DONE;
}

/* ---- drop ---- */

static int make_sure(const struct cli *cli, const struct arguments *a, const struct js *series,
                     struct kith_error *e)
{
    const char *unit = js_text(series, "unit");
    if (options_has(a, "yes"))
        return 0;
    if (!author_is_there(cli))
        return kith_fail(e, KITH_E_USAGE, "not asked for: \"%.80s\": counts go for good; say --yes",
                         js_text(series, "measure"));
    if (author_agrees("Take away for good: %s version %lld, %s%s, %lld periods?", js_text(series, "measure"),
                      (long long)js_integer(series, "version", 0),
                      unit && unit[0] ? "unit " : "the whole site", unit,
                      (long long)js_integer(series, "cells", 0)))
        return 0;
    return kith_fail(e, KITH_E_REFUSED, "kept: \"%.80s\": nothing was taken away",
                     js_text(series, "measure"));
}

static int send_drop(const struct cli *cli, const struct arguments *a, struct js **ret, struct kith_error *e)
{
    uint8_t memory[REQUEST_SIZE];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1u + options_has(a, "unit") + options_has(a, "reason"));
    pack_text(&b, "measure", a->word[1]);
    if (options_has(a, "reason"))
        pack_text(&b, "reason", options_get(a, "reason"));
    if (options_has(a, "unit"))
        pack_text(&b, "unit", options_get(a, "unit"));
    if (b.failed)
        return kith_fail(e, KITH_E_USAGE, "too long: \"--reason\": at most 400 bytes");
    return control_once(cli, "data_drop", &b, CONTROL_QUICK_MS, ret, e);
}

int data_drop(const struct cli *cli, const struct arguments *a)
{
    struct js *series = NULL, *answer = NULL;
    struct kith_error e;
    int rc = data_ask(cli, "data_show", a->word[1], options_get(a, "unit"), &series, &e);
    if (!rc)
        rc = make_sure(cli, a, series, &e);
    if (!rc)
        rc = send_drop(cli, a, &answer, &e);
    const char *unit = options_get(a, "unit");
    if (!rc && cli->format == CLI_PEOPLE)
        people_say(
            cli,
            "Taken away: %lld period%s of %s, %s%s. What was released of them is with those who have it.",
            (long long)js_integer(answer, "cells", 0), js_integer(answer, "cells", 0) == 1 ? "" : "s",
            js_text(answer, "measure"), unit ? "unit " : "the whole site", unit ? unit : "");
    js_free(series);
    js_free(answer);
    return rc ? cli_fail(&e) : CLI_DONE;
}
