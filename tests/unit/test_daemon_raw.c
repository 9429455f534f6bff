/* Raw counts and definitions of measures, over a real store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store.h"
#include "kith/kinds.h"
#include "proto/wire/pack.h"

#define NOW ((struct kith_wall){1800000000000})

static char dir[64];
static struct store *store;
static struct kith_error err;

#define OK(x)                                                                                                \
    do {                                                                                                     \
        int ok_rc = (x);                                                                                     \
        if (ok_rc != 0)                                                                                      \
            fail_msg("%s: %d: %s", #x, ok_rc, err.text);                                                     \
    } while (0)
#define SAYS(code, x, part)                                                                                  \
    do {                                                                                                     \
        assert_int_equal((x), (code));                                                                       \
        if (strstr(err.text, part) == NULL)                                                                  \
            fail_msg("\"%s\" does not say \"%s\"", err.text, part);                                          \
    } while (0)

static int home_make(void **state)
{
    (void)state;
    struct store_meta m = {.version = "kithd test", .site = {{7}}, .code = "ASH", .name = "A", .network = ""};
    snprintf(dir, sizeof dir, "%s", "/tmp/kith-raw.XXXXXX");
    assert_non_null(mkdtemp(dir));
    OK(store_create(dir, &m, &err));
    OK(store_open(dir, &store, &err));
    return 0;
}

static int home_remove(void **state)
{
    (void)state;
    static const char *const names[] = {STORE_REPLICA, STORE_REPLICA "-wal", STORE_REPLICA "-shm",
                                        STORE_PRIVATE, STORE_PRIVATE "-wal", STORE_PRIVATE "-shm"};
    char path[128];
    OK(store_close(store, &err));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
    return 0;
}

static void reopen(void)
{
    OK(store_close(store, &err));
    OK(store_open(dir, &store, &err));
}

/* ---- measures ---- */

static void pair(struct buf *b, const char *key, const char *value)
{
    pack_cstr(b, key);
    pack_cstr(b, value);
}

/* Shares a definition; gives its number. */
static uint64_t define(const char *key, uint32_t version, const char *chart, const char *period)
{
    uint8_t memory[1024];
    struct buf b;
    uint64_t number = 0;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 12);
    pair(&b, "chart", chart);
    pair(&b, "denominator", "bed-days");
    pair(&b, "direction", "down");
    pair(&b, "family", "outcome");
    pack_cstr(&b, "first-month");
    pack_uint(&b, 4);
    pair(&b, "key", key);
    pair(&b, "name", "Falls");
    pair(&b, "numerator", "falls");
    pack_cstr(&b, "people");
    pack_bool(&b, true);
    pair(&b, "per", "1,000 bed-days");
    pair(&b, "period", period);
    pack_cstr(&b, "version");
    pack_uint(&b, version);
    assert_false(b.failed);
    struct store_draft d = {.kind = KITH_KIND_MEASURE, .schema = 1, .time = NOW, .body = {b.p, b.n}};
    OK(store_draft_add(store, &d, &number, &err));
    return number;
}

static void test_measures(void **state)
{
    (void)state;
    struct store_measure m;
    SAYS(KITH_E_NOTFOUND, store_measure_find(store, "falls-rate", &m, &err), "\"falls-rate\"");
    uint64_t number = define("ASH/falls-rate", 1, "u", "month");
    define("BRK/falls-rate", 3, "u", "quarter");
    define("BRK/waits", 1, "t", "event");
    OK(store_measure_find(store, "Falls-Rate", &m, &err)); /* this site's own comes first */
    assert_string_equal(m.key, "ASH/falls-rate");
    assert_string_equal(m.record, "here-1");
    assert_string_equal(m.per, "1,000 bed-days");
    assert_true(m.here && m.has_den && m.people && m.version == 1 && m.first_month == 4);
    assert_true(m.chart == SPC_U && m.period == SDC_MONTH && m.direction == SPC_DOWN);
    assert_string_equal(m.rules->code, "ptd-0.2");
    OK(store_measure_find(store, "brk/falls-rate", &m, &err));
    assert_int_equal(m.version, 3);
    OK(store_measure_find(store, "waits", &m, &err)); /* only one site has it */
    assert_string_equal(m.key, "BRK/waits");
    assert_true(m.chart == SPC_T && m.period == SDC_NO_UNIT);
    define("ASH/falls-rate", 2, "p", "month");
    OK(store_measure_find(store, "falls-rate", &m, &err));
    assert_int_equal(m.version, 2);
    OK(store_measure_find(store, "falls-rate@1", &m, &err));
    assert_int_equal(m.version, 1);
    char here[32];
    snprintf(here, sizeof here, "here-%llu", (unsigned long long)number);
    OK(store_measure_find(store, here, &m, &err));
    assert_int_equal(m.version, 1);
    define("COL/waits", 1, "t", "event");
    SAYS(KITH_E_USAGE, store_measure_find(store, "waits", &m, &err), "BRK/waits and COL/waits");
    SAYS(KITH_E_NOTFOUND, store_measure_find(store, "falls-rate@9", &m, &err), "falls-rate@9");
    SAYS(KITH_E_USAGE, store_measure_find(store, "falls-rate@x", &m, &err), "falls-rate@2");
    SAYS(KITH_E_NOTFOUND, store_measure_find(store, "here-99", &m, &err), "here-99");
    SAYS(KITH_E_NOTFOUND, store_measure_find(store, "' OR 1=1 --", &m, &err), "OR 1=1");
    define("ASH/odd", 1, "hexagon", "month");
    SAYS(KITH_E_INVALID, store_measure_find(store, "odd", &m, &err), "chart: \"hexagon\"");
}

/* ---- series ---- */

static struct store_raw falls(const char *unit)
{
    struct store_raw r = {.version = 1, .period = SDC_MONTH, .shape = RAW_RATIO};
    snprintf(r.measure, sizeof r.measure, "ASH/falls-rate");
    snprintf(r.unit, sizeof r.unit, "%s", unit);
    return r;
}

static struct raw_cell cell(int32_t serial, double num)
{
    return (struct raw_cell){.serial = serial, .num = num, .den = 812.5, .behind = -1};
}

static void test_adding(void **state)
{
    (void)state;
    struct store_raw r = falls("w4"), found;
    struct raw_cell c[4] = {cell(100, 9), cell(101, 7351), cell(103, 0), cell(104, 3)}, got[RAW_CELLS_MAX];
    uint32_t fresh = 9, place = 9, n = 0;
    SAYS(KITH_E_NOTFOUND, store_raw_find(store, r.measure, 1, "w4", &found, &err), "kith data add");
    OK(store_raw_add(store, &r, c, 3, &fresh, &place, &err));
    assert_int_equal(fresh, 3);
    OK(store_raw_add(store, &r, c, 4, &fresh, &place, &err)); /* the same again, and one more */
    assert_int_equal(fresh, 1);
    OK(store_commit(store, &err));
    reopen();
    OK(store_raw_find(store, r.measure, 1, "w4", &found, &err));
    assert_true(found.cells == 4 && found.first == 100 && found.last == 104);
    assert_true(found.period == SDC_MONTH && found.shape == RAW_RATIO);
    OK(store_raw_cells(store, found.number, got, &n, &err));
    assert_int_equal(n, 4);
    for (uint32_t i = 0; i < n; i++)
        assert_true(got[i].serial == c[i].serial && raw_same(&got[i], &c[i]));

    c[1].num = 7352; /* another number for an old period, behind a new one: nothing is added */
    struct raw_cell with[2] = {cell(99, 1), c[1]};
    SAYS(KITH_E_REFUSED, store_raw_add(store, &r, with, 2, &fresh, &place, &err), "other numbers");
    assert_int_equal(place, 1);
    assert_null(strstr(err.text, "735"));
    r.period = SDC_WEEK;
    SAYS(KITH_E_REFUSED, store_raw_add(store, &r, with, 1, &fresh, &place, &err), "\"week\"");
    r.period = SDC_MONTH;
    r.shape = RAW_COUNT;
    SAYS(KITH_E_REFUSED, store_raw_add(store, &r, with, 1, &fresh, &place, &err), "other columns");
    OK(store_raw_find(store, r.measure, 1, "w4", &found, &err));
    assert_int_equal(found.cells, 4);
}

static void test_bounds(void **state)
{
    (void)state;
    static struct raw_cell many[RAW_CELLS_MAX + 1];
    struct store_raw r = falls(""), list[4];
    uint32_t fresh, place, n = 0;
    for (uint32_t i = 0; i <= RAW_CELLS_MAX; i++)
        many[i] = cell((int32_t)i, i);
    SAYS(KITH_E_FULL, store_raw_add(store, &r, many, RAW_CELLS_MAX + 1, &fresh, &place, &err), "\"601\"");
    OK(store_raw_list(store, NULL, list, 4, &n, &err));
    assert_int_equal(n, 0); /* not even an empty series */
    OK(store_raw_add(store, &r, many, RAW_CELLS_MAX, &fresh, &place, &err));
    SAYS(KITH_E_FULL, store_raw_add(store, &r, many + RAW_CELLS_MAX, 1, &fresh, &place, &err), "\"601\"");
}

static void test_list(void **state)
{
    (void)state;
    struct store_raw a = falls("w4"), b = falls(""), c = falls(""), list[4];
    struct raw_cell one = cell(1, 1);
    uint32_t fresh, place, n = 0;
    c.version = 2;
    snprintf(a.measure, sizeof a.measure, "ASH/waits");
    OK(store_raw_add(store, &a, &one, 1, &fresh, &place, &err));
    OK(store_raw_add(store, &c, &one, 1, &fresh, &place, &err));
    OK(store_raw_add(store, &b, &one, 1, &fresh, &place, &err));
    OK(store_raw_list(store, NULL, list, 4, &n, &err));
    assert_int_equal(n, 3);
    assert_string_equal(list[0].measure, "ASH/falls-rate");
    assert_true(list[0].version == 1 && list[1].version == 2);
    assert_string_equal(list[2].unit, "w4");
    OK(store_raw_list(store, "ASH/waits", list, 4, &n, &err));
    assert_int_equal(n, 1);
    OK(store_raw_list(store, NULL, list, 2, &n, &err));
    assert_int_equal(n, 2);
}

static void test_fixing(void **state)
{
    (void)state;
    struct store_raw r = falls(""), found;
    struct raw_cell c[2] = {cell(100, 9), cell(101, 5)}, was, now = cell(101, 6), got[RAW_CELLS_MAX];
    struct store_raw_by by = {.time = NOW, .author = 1007, .reason = "counted twice"};
    struct store_raw_change change;
    uint32_t fresh, place, n;
    OK(store_raw_add(store, &r, c, 2, &fresh, &place, &err));
    OK(store_raw_find(store, r.measure, 1, "", &found, &err));
    OK(store_raw_fix(store, &found, &now, &by, &was, &err));
    assert_true(was.num == 5 && was.den == 812.5);
    struct raw_cell none = cell(102, 6);
    SAYS(KITH_E_NOTFOUND, store_raw_fix(store, &found, &none, &by, NULL, &err), "nothing was counted");
    OK(store_commit(store, &err));
    reopen();
    OK(store_raw_cells(store, found.number, got, &n, &err));
    assert_true(n == 2 && got[1].num == 6);
    OK(store_raw_change(store, &found, 0, &change, &err));
    assert_true(change.was.num == 5 && change.now.num == 6 && change.was.serial == 101);
    assert_true(change.author == 1007 && change.time.ms == NOW.ms && !change.dropped);
    assert_string_equal(change.reason, "counted twice");
    assert_int_equal(store_raw_change(store, &found, change.number, &change, &err), KITH_E_NOTFOUND);

    by.reason = "wrong ward";
    OK(store_raw_drop(store, &found, &by, &err));
    assert_int_equal(store_raw_find(store, r.measure, 1, "", &found, &err), KITH_E_NOTFOUND);
    OK(store_raw_change(store, &found, 0, &change, &err)); /* that it went is kept, its numbers are not */
    assert_true(change.dropped && change.cells == 2 && change.was.num == 0);
    assert_int_equal(store_raw_change(store, &found, change.number, &change, &err), KITH_E_NOTFOUND);
    OK(store_raw_add(store, &r, c, 1, &fresh, &place, &err));
    assert_int_equal(fresh, 1);
}

static void test_values(void **state)
{
    (void)state;
    struct store_raw r = falls(""), found;
    struct raw_cell c[2] = {{.serial = 1, .num = -2.5, .behind = 12},
                            {.serial = 2, .num = 0.1, .behind = -1}};
    struct raw_cell got[RAW_CELLS_MAX];
    uint32_t fresh, place, n;
    r.shape = RAW_VALUE;
    OK(store_raw_add(store, &r, c, 2, &fresh, &place, &err));
    OK(store_raw_find(store, r.measure, 1, "", &found, &err));
    OK(store_raw_cells(store, found.number, got, &n, &err));
    assert_true(got[0].num == -2.5 && got[0].behind == 12 && got[0].den == 0);
    assert_true(got[1].num == 0.1 && got[1].behind < 0);
    OK(store_raw_add(store, &r, c, 2, &fresh, &place, &err));
    assert_int_equal(fresh, 0);
}

/* Events of one day each keep their place. */
static void test_events(void **state)
{
    (void)state;
    struct store_raw r = falls(""), found;
    struct raw_cell c[3] = {{.serial = 20000, .num = 3, .behind = -1},
                            {.serial = 20000, .nth = 1, .num = 0.5, .behind = -1},
                            {.serial = 20004, .num = 3.5, .behind = -1}};
    struct raw_cell got[RAW_CELLS_MAX];
    uint32_t fresh, place, n;
    r.period = SDC_NO_UNIT;
    r.shape = RAW_VALUE;
    OK(store_raw_add(store, &r, c, 3, &fresh, &place, &err));
    OK(store_raw_find(store, r.measure, 1, "", &found, &err));
    OK(store_raw_cells(store, found.number, got, &n, &err));
    assert_true(n == 3 && got[1].nth == 1 && got[1].num == 0.5 && found.period == SDC_NO_UNIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_measures, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_adding, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_bounds, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_list, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_fixing, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_values, home_make, home_remove),
        cmocka_unit_test_setup_teardown(test_events, home_make, home_remove),
    };
    return crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
