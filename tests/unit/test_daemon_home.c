/* The home and its keys: rights, locks, whole files. */
#include "daemon/home.h"
#include "daemon/key.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static struct home home;

static int setup(void **state)
{
    struct kith_error e;
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/kith-home-XXXXXX");
    if (crypto_start() < 0 || !mkdtemp(dir))
        return -1;
    return home_open(&home, dir, &e);
}

static int teardown(void **state)
{
    static const char *const names[] = {"root.key",    "root.pub",    "entry-1.key", "link-1.key",
                                        "entry-2.key", "link-2.key",  "link-3.key",  "entry-3.key",
                                        "lock",        "compromised", "file",        "file.new",
                                        "a/b",         "a",           "link"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unlinkat(home.dir_fd, names[i], 0);
        unlinkat(home.dir_fd, names[i], AT_REMOVEDIR);
    }
    home_close(&home);
    return rmdir(dir);
}

static void made_with_parents(void **state)
{
    (void)state;
    char path[128];
    struct stat st;
    struct kith_error e;
    snprintf(path, sizeof path, "%s/a/b", dir);
    assert_int_equal(home_make(path, &e), 0);
    assert_int_equal(home_make(path, &e), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07, 0);
    assert_int_equal(home_make("", &e), KITH_E_USAGE);
    assert_int_equal(home_make("/proc/no/such", &e), KITH_E_REFUSED);
}

static void one_lock(void **state)
{
    (void)state;
    struct home second;
    struct kith_error e;
    struct stat st;
    assert_int_equal(symlinkat("file", home.dir_fd, "lock"), 0);
    assert_int_equal(home_lock(&home, &e), KITH_E_REFUSED);
    assert_int_equal(unlinkat(home.dir_fd, "lock", 0), 0);
    assert_int_equal(home_write(&home, "lock", 0640, (struct kith_bytes){NULL, 0}, &e), 0);
    assert_int_equal(home_lock(&home, &e), 0);
    assert_int_equal(fstatat(home.dir_fd, "lock", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600); /* who may read it could lock it, too */
    assert_int_equal(home_open(&second, dir, &e), 0);
    assert_int_equal(home_lock(&second, &e), KITH_E_REFUSED);
    assert_non_null(strstr(e.text, "another kithd"));
    home_close(&home);
    assert_int_equal(home_lock(&second, &e), 0);
    home_close(&second);
    assert_int_equal(home_open(&home, dir, &e), 0);
}

static void files_are_whole(void **state)
{
    (void)state;
    uint8_t back[8];
    size_t n = 0;
    struct kith_error e;
    assert_int_equal(home_write(&home, "file", 0600, (struct kith_bytes){(const uint8_t *)"abc", 3}, &e), 0);
    assert_int_equal(home_read(&home, "file", true, back, sizeof back, &n, &e), 0);
    assert_int_equal(n, 3);
    assert_int_equal(home_read(&home, "file", false, back, 3, &n, &e), KITH_E_FULL);
    assert_int_equal(home_read(&home, "nothing", false, back, sizeof back, &n, &e), KITH_E_NOTFOUND);
    assert_false(home_has(&home, "file.new"));
    assert_int_equal(symlinkat("file", home.dir_fd, "link"), 0);
    assert_int_equal(home_read(&home, "link", false, back, sizeof back, &n, &e), KITH_E_REFUSED);
    assert_non_null(strstr(e.text, "plain file"));
    assert_int_equal(mkfifoat(home.dir_fd, "file.new", 0600), 0); /* not waited for */
    assert_int_equal(home_read(&home, "file.new", true, back, sizeof back, &n, &e), KITH_E_REFUSED);
    assert_non_null(strstr(e.text, "plain file"));
    assert_int_equal(mkdirat(home.dir_fd, "a", 0700), 0);
    assert_int_equal(home_read(&home, "a", true, back, sizeof back, &n, &e), KITH_E_REFUSED);
}

static void nothing_of_a_key_is_left_behind(void **state)
{
    (void)state;
    struct kith_error e;
    uint8_t secret[64] = "secret";
    int r = 0;
    /* a write that cannot end: a directory stands in its place */
    assert_int_equal(mkdirat(home.dir_fd, "root.key", 0700), 0);
    r = home_write(&home, "root.key", 0600, (struct kith_bytes){secret, sizeof secret}, &e);
    assert_int_equal(r, KITH_E_INTERNAL);
    assert_non_null(strstr(e.text, "directory"));
    assert_false(home_has(&home, "root.key.new"));
    assert_int_equal(unlinkat(home.dir_fd, "root.key", AT_REMOVEDIR), 0);
    /* and one that was killed: the next start takes it away, and nothing that is not its own */
    assert_int_equal(home_write(&home, "root.key.new", 0600, (struct kith_bytes){secret, 64}, &e), 0);
    assert_int_equal(home_write(&home, "file", 0600, (struct kith_bytes){secret, 64}, &e), 0);
    assert_int_equal(home_tidy(&home, &e), 0);
    assert_false(home_has(&home, "root.key.new"));
    assert_true(home_has(&home, "file"));
    assert_int_equal(home_tidy(&home, &e), 0);
}

static void keys_there_and_back(void **state)
{
    (void)state;
    struct keys k, back;
    struct kith_error e;
    assert_int_equal(keys_make(&k, &home, &e), 0);
    assert_int_equal(keys_make(&back, &home, &e), KITH_E_REFUSED);
    assert_int_equal(keys_load(&back, &home, &e), 0);
    assert_true(back.has_root);
    assert_int_equal(back.epoch, 1);
    assert_memory_equal(&k.site, &back.site, sizeof k.site);
    assert_memory_equal(&k.entry, &back.entry, sizeof k.entry);
    assert_memory_equal(&k.link, &back.link, sizeof k.link);
    assert_memory_equal(k.secret, back.secret, sizeof *k.secret);
    keys_clear(&k);
    keys_clear(&back);
}

static void open_keys_are_refused(void **state)
{
    (void)state;
    struct keys k;
    struct kith_error e;
    assert_int_equal(keys_make(&k, &home, &e), 0);
    keys_clear(&k);
    static const char *const names[] = {"root.key", "entry-1.key", "link-1.key"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fchmodat(home.dir_fd, names[i], 0640, 0), 0);
        assert_int_equal(keys_load(&k, &home, &e), KITH_E_REFUSED);
        assert_non_null(strstr(e.text, names[i]));
        assert_int_equal(fchmodat(home.dir_fd, names[i], 0600, 0), 0);
    }
    assert_int_equal(keys_load(&k, &home, &e), 0);
    keys_clear(&k);
}

static void root_may_be_away(void **state)
{
    (void)state;
    struct keys k;
    struct kith_error e;
    assert_int_equal(keys_make(&k, &home, &e), 0);
    struct kith_site_id site = k.site;
    keys_clear(&k);
    assert_int_equal(unlinkat(home.dir_fd, "root.key", 0), 0);
    assert_int_equal(keys_load(&k, &home, &e), 0);
    assert_false(k.has_root);
    assert_memory_equal(&k.site, &site, sizeof site);
    keys_clear(&k);
}

static void damaged_keys(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "kith root 1 00\n", "kith entry 1 zz", "kith root 2 "};
    struct keys k;
    struct kith_error e;
    assert_int_equal(keys_make(&k, &home, &e), 0);
    keys_clear(&k);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct kith_bytes text = {(const uint8_t *)texts[i], strlen(texts[i])};
        assert_int_equal(home_write(&home, "root.key", 0600, text, &e), 0);
        assert_int_equal(keys_load(&k, &home, &e), KITH_E_INVALID);
        assert_null(k.secret);
    }
}

/* ---- rotation ---- */

static bool same(const struct kith_pk *a, const struct kith_pk *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Until the certificate is on disk the old keys lie beside the new ones, and either can be forgotten. */
static void rotation_settled(void **state)
{
    (void)state;
    struct keys one, two, again;
    struct kith_error e;
    assert_int_equal(keys_make(&one, &home, &e), 0);
    assert_false(keys_unsettled(&one, &home));
    assert_int_equal(keys_fresh(&two, &one, &home, 2, false, &e), 0);
    assert_true(keys_unsettled(&two, &home));
    assert_true(home_has(&home, "entry-1.key"));
    assert_int_equal(keys_load(&again, &home, &e), 0);
    assert_int_equal(again.epoch, 2);
    assert_true(same(&again.entry, &two.entry) && same(&again.link, &two.link));
    assert_false(same(&again.entry, &one.entry) || same(&again.link, &one.link));
    assert_true(again.has_previous && again.has_root);
    assert_memory_equal(again.secret->previous, one.secret->link, 32);
    assert_int_equal(keys_settle(&again, &home, &e), 0);
    assert_false(keys_unsettled(&again, &home));
    assert_false(home_has(&home, "entry-1.key"));
    assert_true(home_has(&home, "link-1.key"));
    keys_clear(&again);
    assert_int_equal(keys_load(&again, &home, &e), 0);
    assert_true(again.has_previous);
    keys_clear(&again);
    keys_clear(&two);
    keys_clear(&one);
}

static void rotation_dropped(void **state)
{
    (void)state;
    struct keys one, two, again;
    struct kith_error e;
    assert_int_equal(keys_make(&one, &home, &e), 0);
    assert_int_equal(keys_fresh(&two, &one, &home, 2, true, &e), 0);
    assert_int_equal(keys_drop(&home, 2, &e), 0);
    assert_int_equal(keys_load(&again, &home, &e), 0);
    assert_int_equal(again.epoch, 1);
    assert_false(keys_unsettled(&again, &home));
    assert_true(same(&again.entry, &one.entry) && same(&again.link, &one.link));
    assert_false(again.has_previous);
    keys_clear(&again);
    keys_clear(&two);
    keys_clear(&one);
}

/* After a theft the link key before is nobody's any more; epochs may be left out. */
static void rotation_compromised(void **state)
{
    (void)state;
    struct keys one, two, three, again;
    struct kith_error e;
    assert_int_equal(keys_make(&one, &home, &e), 0);
    assert_int_equal(keys_fresh(&two, &one, &home, 2, false, &e), 0);
    assert_int_equal(keys_settle(&two, &home, &e), 0);
    assert_int_equal(keys_fresh(&three, &two, &home, 3, true, &e), 0);
    assert_false(three.has_previous);
    assert_int_equal(keys_load(&again, &home, &e), 0);
    assert_int_equal(again.epoch, 3);
    assert_false(again.has_previous);
    assert_int_equal(keys_settle(&again, &home, &e), 0);
    assert_false(home_has(&home, "link-1.key") || home_has(&home, "link-2.key"));
    assert_false(home_has(&home, "entry-2.key") || home_has(&home, "compromised"));
    keys_clear(&again);
    keys_clear(&three);
    keys_clear(&two);
    keys_clear(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(made_with_parents, setup, teardown),
        cmocka_unit_test_setup_teardown(one_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(files_are_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_of_a_key_is_left_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_there_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(open_keys_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(root_may_be_away, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(rotation_settled, setup, teardown),
        cmocka_unit_test_setup_teardown(rotation_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(rotation_compromised, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
