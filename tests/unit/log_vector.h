/* Reads tests/vectors/log.txt: `name value` lines, values in hex. Tests run from the root of the tree. */
#ifndef KITH_TEST_LOG_VECTOR_H
#define KITH_TEST_LOG_VECTOR_H

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define VECTOR_MAX 4096u

struct vector {
    size_t n;
    uint8_t p[VECTOR_MAX];
};

/* The which-th line of this name, from 0. */
static struct vector vector_at(const char *name, unsigned which)
{
    static char line[2 * VECTOR_MAX + 64];
    struct vector v = {0, {0}};
    FILE *f = fopen("tests/vectors/log.txt", "r");
    assert_non_null(f);
    bool found = false;
    while (!found && fgets(line, sizeof(line), f) != NULL) {
        size_t n = strlen(name);
        if (strncmp(line, name, n) != 0 || line[n] != ' ' || which-- > 0)
            continue;
        found = sodium_hex2bin(v.p, sizeof(v.p), line + n + 1, strlen(line + n + 1), "\n", &v.n, NULL) == 0;
    }
    fclose(f);
    assert_true(found);
    return v;
}

static inline void expect_vector(const char *name, unsigned which, const void *p, size_t n)
{
    struct vector v = vector_at(name, which);
    assert_int_equal(v.n, n);
    assert_memory_equal(v.p, p, n);
}

#endif
