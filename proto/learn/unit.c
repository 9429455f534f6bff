#include "proto/learn/unit.h"

#include <assert.h>
#include <string.h>

#include "kith/limits.h"

static const char key_unit[] = "unit", key_setting[] = "setting";

/* ---- finding ---- */

struct folded {
    char p[VOCAB_FOLD_MAX];
    size_t n; /* 0: nothing that could be compared */
};

static struct folded fold(struct kith_bytes text)
{
    struct folded f;
    bool whole = false;
    f.n = vocab_fold(text, f.p, sizeof f.p, &whole);
    assert(f.n <= sizeof f.p);
    f.n = whole ? f.n : 0;
    return f;
}

static bool same(const struct folded *a, const char *text)
{
    struct folded b = fold(bytes_of(text));
    return a->n > 0 && a->n == b.n && memcmp(a->p, b.p, a->n) == 0;
}

/* l->count when there is none. */
static uint32_t find(const struct unit_list *l, struct kith_bytes text)
{
    struct folded f = fold(text);
    uint32_t i = 0;
    while (i < l->count && !same(&f, l->unit[i].code) && !same(&f, l->unit[i].label))
        i++;
    assert(i <= l->count);
    return i;
}

const struct unit *unit_find(const struct unit_list *l, struct kith_bytes text)
{
    assert(l != NULL);
    uint32_t i = find(l, text);
    return i < l->count ? &l->unit[i] : NULL;
}

static uint32_t distance(const struct folded *a, const char *text, uint32_t limit)
{
    struct folded b = fold(bytes_of(text));
    assert(a->n > 0);
    return b.n > 0 ? vocab_distance(a->p, a->n, b.p, b.n, limit) : limit + 1;
}

const struct unit *unit_nearest(const struct unit_list *l, struct kith_bytes text)
{
    struct folded f = fold(text);
    const struct unit *nearest = NULL;
    uint32_t best = (uint32_t)f.n / 3;
    assert(l != NULL);
    for (uint32_t i = 0; f.n > 0 && i < l->count; i++) {
        uint32_t d = distance(&f, l->unit[i].code, best), by_label = distance(&f, l->unit[i].label, best);
        d = by_label < d ? by_label : d;
        if (d > best || (d == best && nearest != NULL))
            continue;
        best = d;
        nearest = &l->unit[i];
    }
    return nearest;
}

int unit_resolve(const struct unit_list *l, struct kith_bytes text, const struct unit **ret,
                 struct kith_error *e)
{
    const struct unit *u = unit_find(l, text);
    int n = text.n < UNIT_LABEL_MAX ? (int)text.n : (int)UNIT_LABEL_MAX;
    const char *p = text.n > 0 ? (const char *)text.p : "";
    assert(ret != NULL);
    if (u != NULL) {
        *ret = u;
        return 0;
    }
    u = unit_nearest(l, text);
    if (u != NULL)
        return kith_fail(e, KITH_E_INVALID,
                         "no unit of this site: \"%.*s\": perhaps %s (%s); kith unit list shows all, kith "
                         "unit add makes one",
                         n, p, u->code, u->label);
    return kith_fail(e, KITH_E_INVALID,
                     "no unit of this site: \"%.*s\": see kith unit list, or add it: kith unit add CODE "
                     "--label \"%.*s\"",
                     n, p, n, p);
}

/* The index of this exact code; l->count when there is none. */
static uint32_t index_of(const struct unit_list *l, const char *code)
{
    uint32_t i = 0;
    while (i < l->count && strcmp(l->unit[i].code, code) != 0)
        i++;
    assert(i <= l->count);
    return i;
}

bool unit_is_within(const struct unit_list *l, const char *inner, const char *outer)
{
    assert(l != NULL && inner != NULL && outer != NULL);
    for (uint32_t step = 0; step <= l->count && inner[0]; step++) {
        if (strcmp(inner, outer) == 0)
            return true;
        uint32_t i = index_of(l, inner);
        if (i == l->count)
            return false;
        inner = l->unit[i].parent;
    }
    return false;
}

/* ---- checking a row ---- */

static bool is_code(const char *s)
{
    size_t n = strlen(s);
    bool good = n > 0 && n <= UNIT_CODE_MAX && s[0] != '-';
    for (size_t i = 0; good && i < n; i++)
        good = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= '0' && s[i] <= '9') ||
               s[i] == '-';
    return good;
}

static int check_names(const struct unit_list *l, const struct unit *u, uint32_t at, struct kith_error *e)
{
    const char *const name[] = {u->code, u->label};
    assert(at <= l->count);
    if (!is_code(u->code))
        return kith_fail(e, KITH_E_USAGE,
                         "code of a unit: \"%s\": 1 to %u letters, digits and hyphens, such as W4 or stroke",
                         u->code, UNIT_CODE_MAX);
    if (fold(bytes_of(u->label)).n == 0 || strchr(u->label, '\n') || !pack_text_ok(bytes_of(u->label)))
        return kith_fail(e, KITH_E_USAGE,
                         "label of unit %s: \"%s\": give its name on one line, at most %u "
                         "bytes",
                         u->code, u->label, UNIT_LABEL_MAX);
    for (size_t i = 0; i < 2; i++) {
        struct folded f = fold(bytes_of(name[i]));
        for (uint32_t k = 0; k < l->count; k++)
            if (k != at && (same(&f, l->unit[k].code) || same(&f, l->unit[k].label)))
                return kith_fail(e, KITH_E_USAGE,
                                 "unit \"%s\": there is %s (%s) already; kith unit change %s "
                                 "corrects it",
                                 name[i], l->unit[k].code, l->unit[k].label, l->unit[k].code);
    }
    return 0;
}

static int check_parent(const struct unit_list *l, struct unit *u, uint32_t at, struct kith_error *e)
{
    if (!u->parent[0])
        return 0;
    const struct unit *p = unit_find(l, bytes_of(u->parent));
    if (p == NULL)
        return kith_fail(e, KITH_E_USAGE,
                         "parent \"%s\": not in this site's list; add it first: kith unit "
                         "add %s --label …",
                         u->parent, u->parent);
    memmove(u->parent, p->code, sizeof u->parent);
    if (at < l->count && unit_is_within(l, u->parent, l->unit[at].code))
        return kith_fail(e, KITH_E_USAGE, "parent \"%s\": it is %s itself or lies below it", u->parent,
                         u->code);
    assert(u->parent[0] != '\0');
    return 0;
}

/* A word of a vocabulary, by code or label. */
static int check_word(const char *what, const char *vocabulary, char word[VOCAB_CODE_MAX + 1],
                      struct kith_error *e)
{
    const struct vocab *v = vocab_find(vocabulary);
    assert(v != NULL);
    if (!word[0])
        return 0;
    const char *code = vocab_resolve(v, bytes_of(word)), *nearest = vocab_nearest(v, bytes_of(word));
    if (code == NULL)
        return kith_fail(e, KITH_E_USAGE, "%s \"%s\": %s%s", what, word,
                         nearest ? "perhaps " : "see kith help lesson for the words of ",
                         nearest ? nearest : vocabulary);
    memcpy(word, code, strlen(code) + 1);
    return 0;
}

int unit_check(const struct unit_list *l, struct unit *u, uint32_t at, struct kith_error *e)
{
    assert(l != NULL && u != NULL);
    if (at == l->count && l->count >= UNITS_MAX)
        return kith_fail(e, KITH_E_FULL, "\"%u\" units are in the list: no more fit", l->count);
    int rc = check_names(l, u, at, e);
    if (rc == 0)
        rc = check_parent(l, u, at, e);
    if (rc == 0)
        rc = check_word("setting", "setting", u->setting, e);
    if (rc == 0)
        rc = check_word("level", "level", u->level, e);
    if (rc == 0 && strcmp(u->level, "individual") == 0)
        rc = kith_fail(e, KITH_E_USAGE, "level \"individual\": a unit is micro, meso or macro");
    return rc;
}

/* ---- bodies ---- */

/* What a body shall say instead. */
struct change {
    const char *unit;    /* NULL: none, whatever it said */
    const char *setting; /* put in, in its place among the keys; NULL: as it is */
};

static bool key_is(struct kith_bytes key, const char *name)
{
    assert(name != NULL);
    return key.n == strlen(name) && memcmp(key.p, name, key.n) == 0;
}

static bool key_after(struct kith_bytes key, const char *name)
{
    size_t n = strlen(name), least = key.n < n ? key.n : n;
    int c = memcmp(key.p, name, least);
    assert(n > 0);
    return c > 0 || (c == 0 && key.n > n);
}

/* Puts a pair once, and only if there is something to say. */
static void put_pair(struct buf *room, const char *key, const char **text)
{
    assert(key != NULL);
    if (*text == NULL)
        return;
    pack_cstr(room, key);
    pack_cstr(room, *text);
    *text = NULL;
}

/* Copies the pairs of a body without its unit; what is to be said goes where its key belongs. */
static int copy_pairs(struct pack_reader *r, uint32_t pairs, struct change c, struct buf *room)
{
    assert(r != NULL && room != NULL);
    for (uint32_t i = 0; i < pairs && !r->failed; i++) {
        struct pack_reader key = *r;
        struct kith_bytes name = pack_get_str(&key, KITH_BODY_MAX);
        if (key.failed)
            return KITH_E_INVALID;
        if (key_after(name, key_setting))
            put_pair(room, key_setting, &c.setting);
        if (key_after(name, key_unit))
            put_pair(room, key_unit, &c.unit);
        if (key_is(name, key_unit)) {
            *r = key;
            pack_skip(r);
            continue;
        }
        pack_copy(room, r);
        pack_copy(room, r);
    }
    put_pair(room, key_setting, &c.setting);
    put_pair(room, key_unit, &c.unit);
    return r->failed ? KITH_E_INVALID : 0;
}

/* Writes the body with its unit said otherwise. */
static int rewrite(struct kith_bytes body, struct change c, struct buf *room, struct kith_bytes *ret,
                   struct kith_error *e)
{
    struct pack_reader r;
    struct kith_bytes had;
    bool has = kind_get_str(body, key_unit, &had);
    assert(room != NULL && ret != NULL);
    pack_reader_init(&r, body.p, body.n, true);
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX);
    buf_reset(room);
    pack_map(room, pairs - has + (c.unit != NULL) + (c.setting != NULL));
    if (copy_pairs(&r, pairs, c, room) != 0)
        return kith_fail(e, KITH_E_INVALID, "unit: the record cannot be read");
    if (room->failed || room->n > KITH_BODY_MAX)
        return kith_fail(e, KITH_E_FULL,
                         "unit: with its name the record is longer than \"%u\" bytes; shorten it",
                         KITH_BODY_MAX);
    *ret = (struct kith_bytes){room->p, room->n};
    return 0;
}

int unit_body_set(struct kith_bytes body, const char *unit, struct buf *room, struct kith_bytes *ret,
                  struct kith_error *e)
{
    assert(unit != NULL && unit[0]);
    return rewrite(body, (struct change){.unit = unit}, room, ret, e);
}

int unit_body_here(const struct unit_list *l, struct kith_bytes body, struct buf *room,
                   struct kith_bytes *ret, struct kith_error *e)
{
    struct kith_bytes named;
    const struct unit *u = NULL;
    assert(l != NULL && room != NULL && ret != NULL);
    if (!kind_get_str(body, key_unit, &named)) {
        *ret = body;
        return 0;
    }
    int rc = unit_resolve(l, named, &u, e);
    if (rc < 0 || u == NULL)
        return rc;
    if (key_is(named, u->code)) {
        *ret = body;
        return 0;
    }
    return unit_body_set(body, u->code, room, ret, e);
}

int unit_body_out(const struct unit_list *l, const struct kind *k, struct kith_bytes body, struct buf *room,
                  struct kith_bytes *ret, struct kith_error *e)
{
    struct kith_bytes named, setting;
    struct change c = {NULL, NULL};
    assert(l != NULL && k != NULL && room != NULL && ret != NULL);
    if (!kind_get_str(body, key_unit, &named)) {
        *ret = body;
        return 0;
    }
    const struct unit *u = unit_find(l, named);
    if (u != NULL && u->open)
        c.unit = u->label;
    else if (u != NULL && u->setting[0] && kind_field(k, key_setting) != NULL &&
             !kind_get_str(body, key_setting, &setting))
        c.setting = u->setting;
    return rewrite(body, c, room, ret, e);
}
