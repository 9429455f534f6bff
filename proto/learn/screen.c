#include "proto/learn/screen.h"

#include <assert.h>
#include <string.h>

#include "proto/learn/token.h"
#include "proto/learn/vocab.h"
#include "proto/learn/walk.h"

#define BRIEF_MAX 2u /* bytes of a folded name that says too little alone */

/* Beside one of these even "4" or "B" is a name. */
static const char *const places[] = {"bay",     "block",   "clinic", "department", "floor",
                                     "level",   "pod",     "room",   "suite",      "team",
                                     "theatre", "station", "unit",   "ward",       "wing"};

static bool is_place(const char *p, size_t n)
{
    assert(p != NULL);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strlen(places[i]) == n && memcmp(places[i], p, n) == 0)
            return true;
    return false;
}

static bool is_number(const struct screen_name *name)
{
    uint8_t i = 0;
    assert(name != NULL);
    while (i < name->n && name->p[i] >= '0' && name->p[i] <= '9')
        i++;
    return i == name->n;
}

bool screen_name_make(struct kith_bytes text, struct screen_name *ret)
{
    struct token_cursor c;
    struct token t;
    struct screen_name name = {0};
    assert(ret != NULL);
    if (text.n == 0 || vocab_resolve(vocab_find("setting"), text) != NULL)
        return false;
    token_init(&c, (const char *)text.p, text.n, NULL);
    while (!name.cut && token_next(&c, &t)) {
        size_t room = sizeof name.p - name.n, n = t.n < room ? t.n : room;
        memcpy(name.p + name.n, t.p, n);
        name.n = (uint8_t)(name.n + n);
        name.cut = n < t.n;
    }
    name.brief = name.n <= BRIEF_MAX || is_number(&name);
    if (name.n > 0)
        *ret = name;
    return name.n > 0;
}

/* ---- one text ---- */

/* Does the name begin at this token? c stands behind it. *ret_end is set to where the name ends. */
static bool begins(const struct screen_name *name, const struct token *first, const struct token_cursor *c,
                   size_t *ret_end)
{
    struct token_cursor at;
    struct token t = *first;
    size_t n = 0;
    assert(name->n > 0);
    if (first->n > name->n ? !name->cut || memcmp(first->p, name->p, name->n) != 0
                           : memcmp(first->p, name->p, first->n) != 0)
        return false;
    at = *c; /* copied only when something may come of it */
    for (;;) {
        size_t left = name->n - n, part = t.n < left ? t.n : left;
        if ((t.n > left && !name->cut) || memcmp(t.p, name->p + n, part) != 0)
            return false;
        n += part;
        if (n == name->n) {
            *ret_end = t.end;
            return true;
        }
        if (!token_next(&at, &t))
            return false;
    }
}

/* 4B ward: only a name that has a letter and a digit may stand before its place. */
static bool place_follows(const struct screen_name *name, const struct token_cursor *c)
{
    struct token_cursor at = *c;
    struct token t;
    bool digit = false, letter = false;
    assert(name->brief);
    for (uint8_t i = 0; i < name->n; i++) {
        bool is_digit = name->p[i] >= '0' && name->p[i] <= '9';
        digit = digit || is_digit;
        letter = letter || !is_digit;
    }
    return digit && letter && token_next(&at, &t) && is_place(t.p, t.n);
}

bool screen_text(struct kith_bytes text, const struct screen_name *names, uint32_t count, uint32_t *ret_name,
                 size_t *ret_start, size_t *ret_end)
{
    struct token_cursor c;
    struct token t;
    bool behind_place = false;
    assert((text.n == 0 || text.p != NULL) && (count == 0 || names != NULL));
    if (text.n == 0 || count == 0)
        return false;
    token_init(&c, (const char *)text.p, text.n, NULL);
    while (token_next(&c, &t)) {
        for (uint32_t i = 0; i < count; i++) {
            size_t end = 0;
            if (names[i].p[0] != t.p[0] || !begins(&names[i], &t, &c, &end))
                continue;
            if (names[i].brief && !behind_place && !place_follows(&names[i], &c))
                continue;
            *ret_name = i;
            *ret_start = t.start;
            *ret_end = end;
            return true;
        }
        behind_place = is_place(t.p, t.n);
    }
    return false;
}

/* ---- one body ---- */

static void mask(size_t n, char ret[SCREEN_MASK_MAX])
{
    assert(ret != NULL);
    n = n < SCREEN_MASK_MAX - 1 ? n : SCREEN_MASK_MAX - 1;
    memset(ret, '*', n);
    ret[n] = '\0';
}

static bool look(const struct walk *w, struct kith_bytes text, const struct screen_name *names,
                 uint32_t count, struct screen_hit *ret)
{
    size_t start = 0, end = 0;
    uint32_t name = 0;
    assert(ret != NULL);
    if (!screen_text(text, names, count, &name, &start, &end))
        return false;
    ret->name = name;
    ret->offset = start;
    walk_path(w, ret->field);
    mask(end - start, ret->masked);
    return true;
}

bool screen_names(const struct kind *k, struct kith_bytes body, const struct screen_name *names,
                  uint32_t count, struct screen_hit *ret)
{
    struct walk w;
    struct walk_text t;
    assert(k != NULL && ret != NULL);
    if (count == 0 || !walk_begin(&w, k, body))
        return false;
    while (walk_next(&w, &t) == 1)
        if (!t.number && look(&w, t.text, names, count, ret))
            return true;
    return false;
}
