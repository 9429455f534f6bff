/* What waits for its time, found by its number among all that do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/leaving.h"
#include "proto/wire/buf.h"

static void test_each_is_found_and_no_other(void **state)
{
    (void)state;
    struct js *all = NULL;
    assert_int_equal(
        js_read(
            bytes_of("{\"waiting\": [{\"id\": \"here-3\"}, {\"id\": \"here-5\"}, {\"id\": \"here-12\"}]}"),
            &all, NULL),
        0);
    assert_string_equal(js_text(leaving_find(all, 3), "id"), "here-3");
    assert_string_equal(js_text(leaving_find(all, 5), "id"), "here-5");
    assert_string_equal(js_text(leaving_find(all, 12), "id"), "here-12");
    assert_null(leaving_find(all, 0));
    assert_null(leaving_find(all, 4));
    assert_null(leaving_find(all, 13));
    js_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_is_found_and_no_other)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
