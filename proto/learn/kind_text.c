/* What people read and search in a body. It runs over every record that arrives (30,000 a second and more),
 * so it is one walk that copies strings and looks up nothing but field names. */
#include "proto/learn/kind.h"

#include <assert.h>
#include <string.h>

#include "kith/limits.h"

bool kind_get_str(struct kith_bytes body, const char *name, struct kith_bytes *ret)
{
    struct pack_reader r;

    assert(name != NULL && ret != NULL);
    if (!pack_find(body, name, &r))
        return false;
    struct kith_bytes s = pack_get_str(&r, KITH_BODY_MAX);
    if (r.failed)
        return false;
    *ret = s;
    return true;
}

bool kind_get_number(struct kith_bytes body, const char *name, double *ret)
{
    struct pack_reader r;

    assert(name != NULL && ret != NULL);
    if (!pack_find(body, name, &r))
        return false;
    double v = pack_get_number(&r);
    if (r.failed)
        return false;
    *ret = v;
    return true;
}

/* The first line of a text, cut between words at KIND_TITLE_MAX bytes. */
static struct kith_bytes first_words(struct kith_bytes s)
{
    const uint8_t *newline = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;

    if (newline != NULL)
        s.n = (size_t)(newline - s.p);
    if (s.n <= KIND_TITLE_MAX)
        return s;
    size_t n = KIND_TITLE_MAX;
    while (n > 0 && s.p[n] != ' ')
        n--;
    if (n == 0) { /* one endless word: cut it at a character */
        n = KIND_TITLE_MAX;
        while (n > 0 && (s.p[n] & 0xc0) == 0x80)
            n--;
    }
    assert(n <= KIND_TITLE_MAX);
    return (struct kith_bytes){s.p, n};
}

struct kith_bytes kind_title(const struct kind *k, struct kith_bytes body)
{
    struct kith_bytes s = {NULL, 0};

    assert(k != NULL);
    if (k->title != NULL && kind_get_str(body, k->title, &s))
        s = first_words(s);
    return s;
}

/* ---- all of the text ---- */

static void put_line(struct buf *b, struct kith_bytes s)
{
    assert(b != NULL);
    if (s.n == 0)
        return;
    if (b->n > 0)
        buf_u8(b, '\n');
    buf_put(b, s.p, s.n);
}

static const struct field *field_of(const struct field *fields, uint32_t count, struct kith_bytes key)
{
    assert(fields != NULL);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = fields[i].name;
        if (strncmp(name, (const char *)key.p, key.n) == 0 && name[key.n] == '\0')
            return &fields[i];
    }
    return NULL;
}

static bool has_text(const struct field *f)
{
    if (f == NULL || f->quiet)
        return false;
    assert(f->name != NULL);
    return f->type == FIELD_LINE || f->type == FIELD_TEXT || f->type == FIELD_LIST || f->type == FIELD_CODES;
}

/* A string or an array of strings; whatever else lies there (a received body may hold anything) is passed
 * over. */
static void put_strings(struct pack_reader *r, struct buf *text)
{
    struct pack_reader before = *r;
    struct pack_item item;

    if (pack_next(r, &item) != 0)
        return;
    if (item.type == PACK_STR) {
        put_line(text, item.s);
        return;
    }
    bool listed = item.type == PACK_ARRAY;
    uint32_t count = listed ? item.count : 0;
    assert(count <= KITH_BODY_MAX);
    for (uint32_t i = 0; i < count && listed; i++) {
        listed = pack_next(r, &item) == 0 && item.type == PACK_STR;
        if (listed)
            put_line(text, item.s);
    }
    if (!listed) {
        *r = before;
        pack_skip(r);
    }
}

static void put_group(const struct field *f, struct pack_reader *r, struct buf *text)
{
    uint32_t pairs = pack_get_map(r, KITH_BODY_MAX);

    assert(f->part_count > 0);
    for (uint32_t i = 0; i < pairs && !r->failed; i++) {
        struct kith_bytes key = pack_get_str(r, KITH_BODY_MAX);
        if (!r->failed && has_text(field_of(f->parts, f->part_count, key)))
            put_strings(r, text);
        else
            pack_skip(r);
    }
}

static void put_field(const struct field *f, struct pack_reader *r, struct buf *text)
{
    assert(!r->failed);
    if (f != NULL && f->type == FIELD_GROUP && !f->quiet) {
        put_group(f, r, text);
    } else if (f != NULL && f->part_count > 0 && !f->quiet) {
        uint32_t count = pack_get_array(r, KITH_BODY_MAX);
        for (uint32_t i = 0; i < count && !r->failed; i++)
            put_group(f, r, text);
    } else if (has_text(f)) {
        put_strings(r, text);
    } else {
        pack_skip(r);
    }
}

int kind_text(const struct kind *k, struct kith_bytes body, struct buf *title, struct buf *text)
{
    struct pack_reader r;

    assert(k != NULL && title != NULL && text != NULL);
    pack_reader_init(&r, body.p, body.n, false);
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX);
    for (uint32_t i = 0; i < pairs && !r.failed; i++) {
        struct kith_bytes key = pack_get_str(&r, KITH_BODY_MAX);
        if (r.failed)
            break;
        const struct field *f = k->fields != NULL ? field_of(k->fields, k->field_count, key) : NULL;
        bool is_title = f != NULL && k->title != NULL && strcmp(f->name, k->title) == 0;
        if (is_title && f->type == FIELD_LINE)
            put_strings(&r, title);
        else
            put_field(f, &r, text);
    }
    struct kith_bytes words = title->n == 0 ? kind_title(k, body) : (struct kith_bytes){NULL, 0};
    put_line(title, words);
    return r.failed ? KITH_E_INVALID : 0;
}
