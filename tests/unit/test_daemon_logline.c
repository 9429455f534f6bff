/* Lines of the log: times, quoting, bounds. What a stranger sends must not forge a line or a field. */
#include "daemon/logline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct kith_wall when = {1784021400123}; /* 2026-07-14T09:30:00.123Z */

static void assert_line(struct logline *l, const char *want)
{
    l->text[l->n] = '\0';
    assert_string_equal(l->text, want);
}

static void plain_words(void **state)
{
    (void)state;
    struct logline l;
    log_begin_at(&l, LOG_INFO, "peer.up", when);
    log_str(&l, "site", "BRK");
    log_str(&l, "address", "[::1]:5484");
    log_bool(&l, "dialled", true);
    log_int(&l, "in", -7);
    assert_line(&l, "2026-07-14T09:30:00.123Z info  peer.up site=BRK address=[::1]:5484 dialled=true in=-7");
}

static void quoted(void **state)
{
    (void)state;
    struct logline l;
    log_begin_at(&l, LOG_WARN, "x", when);
    log_str(&l, "a", "");
    log_str(&l, "b", "two words");
    log_str(&l, "c", "say \"no\" \\ or a=b");
    log_str(&l, "d", "x\n2026 error forged why=y\x1b[2J\x7f");
    assert_line(&l,
                "2026-07-14T09:30:00.123Z warn  x a=\"\" b=\"two words\" c=\"say \\\"no\\\" \\\\ or a=b\" "
                "d=\"x\\x0a2026 error forged why=y\\x1b[2J\\x7f\"");
}

static void bounded(void **state)
{
    (void)state;
    static char text[5000];
    struct logline l;
    memset(text, 'x', sizeof text - 1);
    log_begin_at(&l, LOG_ERROR, "x", when);
    for (int i = 0; i < 5; i++)
        log_str(&l, "long", text);
    assert_int_equal(l.n, LOG_LINE_MAX);
}

static void fault(void **state)
{
    (void)state;
    struct logline l;
    struct kith_error e;
    kith_fail(&e, KITH_E_INVALID, "line \"%d\": no", 7);
    log_begin_at(&l, LOG_ERROR, "x", when);
    log_fault(&l, &e);
    assert_line(&l, "2026-07-14T09:30:00.123Z error x code=-6 why=\"line \\\"7\\\": no\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_words), cmocka_unit_test(quoted),
                                       cmocka_unit_test(bounded), cmocka_unit_test(fault)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
