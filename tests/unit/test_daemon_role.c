/* Who holds which role: by group, by owner, by configuration, and what a refusal says. */
#include "daemon/role.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOBODY 40404u

static struct role_table table(void)
{
    struct role_table t = {.owner = 900, .home = 900};
    static const char *const names[] = {"kith", "kith-data", "kith-release", "kith-admin"};
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++) {
        snprintf(t.group[i].name, sizeof t.group[i].name, "%s", names[i]);
        t.group[i].exists = true;
        t.group[i].gid = 901 + i;
    }
    return t;
}

static unsigned held(const struct role_table *t, uid_t uid, gid_t gid, gid_t other)
{
    const gid_t groups[] = {7, other};
    struct role_caller who = {uid, gid, 2, groups};
    return role_of(t, &who);
}

static void by_group(void **state)
{
    (void)state;
    struct role_table t = table();
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++) {
        assert_int_equal(held(&t, NOBODY, NOBODY, 901 + i), 1u << i); /* in addition to another */
        assert_int_equal(held(&t, NOBODY, 901 + i, NOBODY), 1u << i); /* as the one it logs in with */
    }
    assert_int_equal(held(&t, NOBODY, 901, 903), ROLE_SHARE | ROLE_RELEASE);
    assert_int_equal(held(&t, NOBODY, NOBODY, 0), 0);
    assert_int_equal(held(&t, 0, NOBODY, NOBODY), ROLE_ANY);
    assert_int_equal(held(&t, 900, NOBODY, NOBODY), ROLE_ANY);
}

static void of_the_home(void **state)
{
    (void)state;
    struct role_table t = table();
    assert_int_equal(held(&t, NOBODY, NOBODY, 900), ROLE_SHARE);
    t.group[0].named = true; /* then only that one reads and shares */
    assert_int_equal(held(&t, NOBODY, NOBODY, 900), 0);
    struct role_caller who = {NOBODY, 900, 0, NULL};
    assert_true(role_knows(&t, &who)); /* but is told so */
    who.gid = NOBODY;
    assert_false(role_knows(&t, &who));
    t.group[0].exists = false;
    assert_int_equal(held(&t, NOBODY, 901, NOBODY), 0);
}

static void that_do_not_exist(void **state)
{
    (void)state;
    struct role_table t = {.owner = 900, .home = 900};
    assert_int_equal(held(&t, NOBODY, 0, 0), 0); /* their number is 0, and that is no group of theirs */
    assert_int_equal(held(&t, NOBODY, 900, 0), ROLE_SHARE);
    assert_int_equal(held(&t, 900, 900, 0), ROLE_ANY);
    assert_true(role_all_one(&t));
}

static void for_two_persons(void **state)
{
    (void)state;
    struct role_table t = table();
    struct role_caller root = {0, 0, 0, NULL}, one = {NOBODY, 903, 0, NULL};
    assert_false(role_in_group(&t, ROLE_RELEASE, &root));
    assert_true(role_in_group(&t, ROLE_RELEASE, &one));
    assert_false(role_in_group(&t, ROLE_ADMIN, &one));
}

static void all_in_one(void **state)
{
    (void)state;
    struct role_table t = table();
    assert_false(role_all_one(&t));
    for (uint32_t i = 1; i < CONFIG_GROUPS; i++)
        t.group[i].gid = 901;
    assert_true(role_all_one(&t));
    assert_int_equal(held(&t, NOBODY, NOBODY, 901), ROLE_ANY);
    t.group[0].exists = false;
    assert_false(role_all_one(&t));
}

static void from_configuration(void **state)
{
    (void)state;
    struct home h = {.owner = 900, .group = 900};
    struct role_table t;
    struct config c;
    config_default(&c);
    snprintf(c.group[1], sizeof c.group[1], "root");
    snprintf(c.group[2], sizeof c.group[2], "no-such-group-here");
    role_table_init(&t, &c, &h);
    assert_string_equal(t.group[0].name, "kith");
    assert_false(t.group[0].named);
    assert_true(t.group[1].exists && t.group[1].named);
    assert_int_equal(t.group[1].gid, 0);
    assert_false(t.group[2].exists);
    assert_int_equal(held(&t, NOBODY, NOBODY, 0) & ROLE_DATA, ROLE_DATA);
}

static void refusals(void **state)
{
    (void)state;
    struct role_table t = table();
    struct kith_error e;
    assert_int_equal(role_refuse(&t, "release", ROLE_RELEASE, &e), KITH_E_REFUSED);
    assert_non_null(strstr(e.text, "\"release\": only for the role release"));
    assert_non_null(strstr(e.text, "the group kith-release,"));
    role_refuse(&t, "history", ROLE_ADMIN | ROLE_RELEASE, &e);
    assert_non_null(strstr(e.text, "kith-release"));
    t.group[3].exists = false;
    role_refuse(&t, "invite", ROLE_ADMIN, &e);
    assert_non_null(strstr(e.text, "kith-admin, which is to be made first"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_group),          cmocka_unit_test(of_the_home),
        cmocka_unit_test(that_do_not_exist), cmocka_unit_test(for_two_persons),
        cmocka_unit_test(all_in_one),        cmocka_unit_test(from_configuration),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
