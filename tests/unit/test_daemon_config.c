/* config.yaml: what counts, what is refused and how it is named. */
#include "daemon/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int parse(const char *text, struct config *c, struct kith_error *e)
{
    return config_parse((struct kith_bytes){(const uint8_t *)text, strlen(text)}, c, e);
}

static void whole(void **state)
{
    (void)state;
    struct config c;
    struct kith_error e;
    assert_int_equal(
        parse("# remark\nlisten:\n  - \"127.0.0.1:6001\"\nadvertise: [kith.example.org:5484]\ndial: listed\n"
              "peers:\n  - site: BRK\n    address: 10.0.0.2:5484\n  - {address: '[::1]:7', site: COL}\n",
              &c, &e),
        0);
    assert_int_equal(c.listen_n, 1);
    assert_string_equal(c.listen[0], "127.0.0.1:6001");
    assert_int_equal(c.advertise_n, 1);
    assert_string_equal(c.advertise[0], "kith.example.org:5484");
    assert_true(c.dial_listed);
    assert_int_equal(c.peers_n, 2);
    assert_string_equal(c.peer[0].code, "BRK");
    assert_string_equal(c.peer[1].address, "[::1]:7");
}

static void defaults(void **state)
{
    (void)state;
    static const char *const cases[] = {"", "# nothing\n", "dial: auto\n", "listen:\n", "---\n...\n"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config c;
        struct kith_error e;
        if (parse(cases[i], &c, &e) < 0) {
            assert_int_equal(i, 4); /* an explicit empty document is no map of settings */
            continue;
        }
        assert_int_equal(c.listen_n, 2);
        assert_string_equal(c.listen[0], "0.0.0.0:5484");
        assert_false(c.dial_listed);
    }
    struct config c;
    struct kith_error e;
    assert_int_equal(parse("listen: []\n", &c, &e), 0); /* nowhere: a site that only dials */
    assert_int_equal(c.listen_n, 0);
    assert_int_equal(parse("listen: 127.0.0.1:1\n", &c, &e), 0); /* one address needs no list */
    assert_int_equal(c.listen_n, 1);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {{"lisen: x\n", "line 1: \"lisen\""},
                 {"dial: auto\nlisten:\n  - \"h:99999\"\n", "line 3: \"h:99999\""},
                 {"dial: sometimes\n", "\"sometimes\""},
                 {"dial: [auto]\n", "\"auto\""},
                 {"dial: {a: b}\n", "takes no map"},
                 {"peers:\n  - site: BRK\n", "needs both"},
                 {"peers:\n  - site: TOOLONGCODE\n    address: h\n", "2 to 8"},
                 {"peers:\n  - port: 7\n", "\"port\""},
                 {"peers: BRK\n", "two lines"},
                 {"a: &x 1\n", "\"a\""},
                 {"groups: [a, b]\n", "no list"},
                 {"groups:\n  sharing: kith\n", "line 2: \"sharing\""},
                 {"groups:\n  share: [a]\n", "no list here"},
                 {"groups:\n  share: {a: b}\n", "takes no map"},
                 {"groups: abcdefghijklmnopqrstuvwxyz0123456\n", "name a group"},
                 {"groups:\n  share: ''\n", "name a group"},
                 {"release-persons: 3\n", "1 or 2"},
                 {"release-persons: [2]\n", "no list"},
                 {"release-delay: 5\n", "30m, 24h or 7d"},
                 {"release-delay: 31d\n", "at most 30d"},
                 {"release-delay: 9999999d\n", "at most 30d"},
                 {"release-delay: -1h\n", "30m"},
                 {"release-delay: 1hh\n", "30m"},
                 {"release-delay: h\n", "30m"},
                 {"listen: &x h\n", "anchors"},
                 {"listen: *x\n", "aliases"},
                 {"listen: !!str h\n", "tags"},
                 {"listen: [[h]]\n", "no list here"},
                 {"- a\n", "no list here"},
                 {"plain\n", "KEY: VALUE"},
                 {"listen: \"a\\0b\"\n", "anchors and tags"},
                 {"listen: [h\n", "line"},
                 {"listen:\n- 1\n- 2\n- 3\n- 4\n- 5\n- 6\n- 7\n- 8\n- 9\n", "too many"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config c = {.listen_n = 77};
        struct kith_error e = {0};
        assert_int_equal(parse(cases[i].text, &c, &e), KITH_E_INVALID);
        if (!strstr(e.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, e.text);
        assert_int_equal(c.listen_n, 77);
    }
}

static void groups(void **state)
{
    (void)state;
    struct config c;
    struct kith_error e;
    assert_int_equal(parse("groups: staff\n", &c, &e), 0);
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++)
        assert_string_equal(c.group[i], "staff");
    assert_int_equal(parse("groups:\n  release: qi-lead\n  data: analysts\ndial: listed\n", &c, &e), 0);
    assert_string_equal(c.group[0], "");
    assert_string_equal(c.group[1], "analysts");
    assert_string_equal(c.group[2], "qi-lead");
    assert_string_equal(c.group[3], "");
    assert_true(c.dial_listed);
    assert_int_equal(parse("groups: {}\n", &c, &e), 0);
}

static void policies(void **state)
{
    (void)state;
    struct config c;
    struct kith_error e;
    assert_int_equal(parse("", &c, &e), 0);
    assert_int_equal(c.policies_n, 0);
    assert_int_equal(parse("policies: [signal-only/1, \"hes-2018/1\"]\n", &c, &e), 0);
    assert_int_equal(c.policies_n, 2);
    assert_string_equal(c.policy[0], "signal-only/1");
    assert_int_equal(parse("policies: hes-2018/2\n", &c, &e), KITH_E_INVALID);
    assert_non_null(strstr(e.text, "line 1: \"hes-2018/2\""));
}

static void releases(void **state)
{
    (void)state;
    struct config c;
    struct kith_error e;
    assert_int_equal(parse("", &c, &e), 0);
    assert_int_equal(c.release_persons, 1);
    assert_int_equal(c.release_delay_ms, 0);
    assert_int_equal(parse("release-persons: 2\nrelease-delay: 24h\n", &c, &e), 0);
    assert_int_equal(c.release_persons, 2);
    assert_int_equal(c.release_delay_ms, 24 * 3600 * 1000);
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"release-delay: 90s\n", 90000},
                 {"release-delay: 30m\n", 1800000},
                 {"release-delay: 30d\n", 30 * KITH_DAY_MS},
                 {"release-delay: 0\n", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].text, &c, &e), 0);
        assert_int_equal(c.release_delay_ms, cases[i].ms);
    }
}

static void bombs(void **state)
{
    (void)state;
    static char text[60000];
    struct config c;
    struct kith_error e;
    memset(text, '[', sizeof text - 1);
    assert_int_equal(parse(text, &c, &e), KITH_E_INVALID);
    size_t n = (size_t)snprintf(text, sizeof text, "peers:\n");
    while (n + 40 < sizeof text)
        n += (size_t)snprintf(text + n, sizeof text - n, " - {site: AA, address: h}\n");
    assert_int_equal(parse(text, &c, &e), KITH_E_INVALID);
}

static void new_home(void **state)
{
    (void)state;
    char dir[] = "/tmp/kith-config-XXXXXX", path[64];
    struct home h;
    struct config c;
    struct kith_error e;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(home_open(&h, dir, &e), 0);
    config_default(&c);
    assert_int_equal(config_load(&h, &c, &e), 0); /* none: the defaults */
    assert_int_equal(config_write_new(&h, &c, &e), 0);
    memset(&c, 0, sizeof c);
    assert_int_equal(config_load(&h, &c, &e), 0);
    assert_int_equal(c.listen_n, 2);
    home_close(&h);
    snprintf(path, sizeof path, "%s/%s", dir, CONFIG_FILE);
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole),    cmocka_unit_test(defaults),
                                       cmocka_unit_test(refused),  cmocka_unit_test(groups),
                                       cmocka_unit_test(releases), cmocka_unit_test(policies),
                                       cmocka_unit_test(bombs),    cmocka_unit_test(new_home)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
