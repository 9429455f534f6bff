/* The messages of a link, from one table (SPEC 4.10 to 4.21).
 *
 * A message is a MessagePack array: its number, then its fields in the order of the table below. A field is a
 * name, a kind, a place in the struct and limits; encode, decode and print are three walks over the same
 * rows, so a message that one side can write is one that the other can read, and a new field is one new row.
 *
 * Invariants.
 * - Limits hold in both directions: msg_encode refuses what msg_decode would refuse.
 * - Rows are appended, never inserted: an older version skips what follows the rows that it knows, in
 *   messages and in the items of lists alike. What it must not skip gets a message number of its own.
 * - Lists hold scalars only. So two plain loops do, and nothing recurses.
 * - Decoding borrows byte strings and writes only the fields of the message at hand: a RUN of 60 KB costs its
 *   three heads. */
#include "proto/wire/msg.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/wire/pack.h"

/* ---- the table ---- */

enum field_kind {
    FIELD_UINT,
    FIELD_BOOL,
    FIELD_FIXED, /* a bin of exactly `width` bytes */
    FIELD_BYTES, /* a bin, borrowed */
    FIELD_TEXT,  /* a str, borrowed, with the rules for text (SPEC 3.20) */
    FIELD_LIST   /* an array of arrays */
};

struct field {
    const char *name;
    enum field_kind kind;
    size_t at;         /* offset in the struct; of a list, that of its first item */
    size_t width;      /* bytes of an integer, of fixed bytes, of one item of a list */
    uint64_t min, max; /* of the number, of the length, of the count */
    size_t count_at;   /* of a list: offset of its uint32_t count */
    const struct field *items;
    uint32_t items_n;
};

/* clang-format off */
#define WIDTH(s, f)         sizeof(((struct s *)0)->f)
#define ROWS(table)         table, sizeof table / sizeof table[0]
#define UINT(s, f, lo, hi)  {#f, FIELD_UINT, offsetof(struct s, f), WIDTH(s, f), lo, hi, 0, NULL, 0}
#define BOOL(s, f)          {#f, FIELD_BOOL, offsetof(struct s, f), WIDTH(s, f), 0, 1, 0, NULL, 0}
#define FIXED(s, f, name)   {name, FIELD_FIXED, offsetof(struct s, f), WIDTH(s, f), 0, 0, 0, NULL, 0}
#define BYTES(s, f, hi)     {#f, FIELD_BYTES, offsetof(struct s, f), 0, 1, hi, 0, NULL, 0}
#define TEXT(s, f, hi)      {#f, FIELD_TEXT, offsetof(struct s, f), 0, 0, hi, 0, NULL, 0}
#define LIST(s, f, name, hi, table)                                                                      \
    {name, FIELD_LIST, offsetof(struct s, f), WIDTH(s, f[0]), 0, hi, offsetof(struct s, count), ROWS(table)}
#define STREAM(s)           UINT(s, stream, 0, KITH_STREAMS - 1)
#define BOUND(s, f)         FIXED(s, f.site, #f ".site"), UINT(s, f.epoch, 0, UINT32_MAX)

static const struct field range_fields[] = {
    BOUND(msg_range, lo),
    BOUND(msg_range, hi),
    UINT(msg_range, count, 0, UINT32_MAX),
    FIXED(msg_range, fp, "fp"),
};
static const struct field head_fields[] = {
    FIXED(msg_head, site, "site"),
    UINT(msg_head, epoch, 1, KITH_EPOCH_MAX),
    UINT(msg_head, seq, 0, KITH_SEQ_MAX),
    FIXED(msg_head, tag, "tag"),
    BOOL(msg_head, fork),
};

static const struct field hello_fields[] = {
    UINT(msg_hello, version, 1, UINT32_MAX),
    FIXED(msg_hello, councils, "councils"),
    FIXED(msg_hello, streams[KITH_CONTROL], "control"),
    FIXED(msg_hello, streams[KITH_LEARNING], "learning"),
    FIXED(msg_hello, streams[KITH_MEASURES], "measures"),
    FIXED(msg_hello, streams[KITH_STATUS], "status"),
    BOOL(msg_hello, pending),
    UINT(msg_hello, have, 0, KITH_COORDINATORS_MAX),
    UINT(msg_hello, need, 0, KITH_COORDINATORS_MAX),
    TEXT(msg_hello, software, 40),
    BOOL(msg_hello, ask),
};
static const struct field council_fields[] = {
    UINT(msg_council, g, 0, KITH_COUNCILS_MAX),
    BYTES(msg_council, bytes, KITH_COUNCIL_MAX),
};
static const struct field ranges_fields[] = {
    STREAM(msg_ranges),
    BOOL(msg_ranges, is_answer),
    BOOL(msg_ranges, last),
    LIST(msg_ranges, r, "ranges", KITH_RANGES_MAX, range_fields),
};
static const struct field heads_fields[] = {
    STREAM(msg_heads),
    BOOL(msg_heads, is_answer),
    BOOL(msg_heads, last),
    LIST(msg_heads, h, "heads", KITH_HEADS_MAX, head_fields),
};
static const struct field want_fields[] = {
    STREAM(msg_want),
    FIXED(msg_want, site, "site"),
    UINT(msg_want, epoch, 1, KITH_EPOCH_MAX),
    UINT(msg_want, from, 1, KITH_SEQ_MAX),
    UINT(msg_want, to, 1, KITH_SEQ_MAX),
    BOOL(msg_want, headers),
};
static const struct field run_fields[] = {BYTES(msg_run, bytes, KITH_RUN_WIRE_MAX)};
static const struct field proof_fields[] = {BYTES(msg_proof, bytes, KITH_RUN_WIRE_MAX)};
static const struct field ping_fields[] = {BOOL(msg_ping, reply)};
static const struct field bye_fields[] = {UINT(msg_bye_body, code, 0, UINT32_MAX)};
static const struct field root_fields[] = {FIXED(msg_root, sig, "sig")};
/* clang-format on */

static const struct layout {
    const char *name;
    const struct field *fields;
    uint32_t n;
} layouts[MSG_TYPES] = {
    [MSG_HELLO] = {"HELLO", ROWS(hello_fields)},    [MSG_COUNCIL] = {"COUNCIL", ROWS(council_fields)},
    [MSG_RANGES] = {"RANGES", ROWS(ranges_fields)}, [MSG_HEADS] = {"HEADS", ROWS(heads_fields)},
    [MSG_WANT] = {"WANT", ROWS(want_fields)},       [MSG_RUN] = {"RUN", ROWS(run_fields)},
    [MSG_PROOF] = {"PROOF", ROWS(proof_fields)},    [MSG_PING] = {"PING", ROWS(ping_fields)},
    [MSG_BYE] = {"BYE", ROWS(bye_fields)},          [MSG_ROOT] = {"ROOT", ROWS(root_fields)},
};

/* Items of a message or of a list's item that are looked at, those of later versions included. */
#define ARRAY_MAX 64u

/* All messages lie at one place of the union. */
#define UNION_AT offsetof(struct msg, hello)
_Static_assert(UNION_AT == offsetof(struct msg, heads) && UNION_AT == offsetof(struct msg, bye), "a union");
_Static_assert(KITH_STREAMS == 4, "HELLO has one fingerprint for each stream");
/* 2 heads of arrays, a number, a bin head; a list's item at its largest. */
_Static_assert(64 + KITH_HEADS_MAX * (1 + 18 + 2 + 9 + 10 + 1) <= KITH_RECORD_PLAIN_MAX,
               "HEADS fit a record");
_Static_assert(KITH_RUN_WIRE_MAX + 5 <= KITH_RECORD_PLAIN_MAX, "a RUN fits a record");

static const struct layout *layout_of(enum msg_type t)
{
    return (unsigned)t < MSG_TYPES && layouts[t].name ? &layouts[t] : NULL;
}

const char *msg_name(enum msg_type t)
{
    const struct layout *l = layout_of(t);
    return l ? l->name : "?";
}

/* ---- fields in memory ---- */

static uint64_t load_uint(const struct field *f, const uint8_t *base)
{
    assert(f->kind == FIELD_UINT && (f->width == 1 || f->width == 4 || f->width == 8));
    uint32_t v4;
    uint64_t v8;
    if (f->width == 1)
        return base[f->at];
    if (f->width == 4) {
        memcpy(&v4, base + f->at, sizeof v4);
        return v4;
    }
    memcpy(&v8, base + f->at, sizeof v8);
    return v8;
}

static void store_uint(const struct field *f, uint8_t *base, uint64_t v)
{
    assert(f->kind == FIELD_UINT && (f->width == 8 || v >> (8 * f->width) == 0));
    uint32_t v4 = (uint32_t)(v & UINT32_MAX);
    if (f->width == 1)
        base[f->at] = (uint8_t)(v & 0xff);
    else if (f->width == 4)
        memcpy(base + f->at, &v4, sizeof v4);
    else
        memcpy(base + f->at, &v, sizeof v);
}

static bool load_bool(const struct field *f, const uint8_t *base)
{
    assert(f->kind == FIELD_BOOL && f->width == sizeof(bool));
    bool v;
    memcpy(&v, base + f->at, sizeof v);
    return v;
}

static struct kith_bytes load_bytes(const struct field *f, const uint8_t *base)
{
    assert(f->kind == FIELD_BYTES || f->kind == FIELD_TEXT);
    struct kith_bytes v;
    memcpy(&v, base + f->at, sizeof v);
    return v;
}

static uint32_t load_count(const struct field *f, const uint8_t *base)
{
    assert(f->kind == FIELD_LIST);
    uint32_t v;
    memcpy(&v, base + f->count_at, sizeof v);
    return v;
}

/* ---- rules between fields ---- */

static int compare_bounds(const struct msg_bound *a, const struct msg_bound *b)
{
    assert(a && b);
    int c = memcmp(a->site.b, b->site.b, sizeof a->site.b);
    return c != 0 ? c : (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

static struct msg_bound head_key(const struct msg_head *h)
{
    return (struct msg_bound){h->site, h->epoch};
}

static const char *check_ranges(const struct msg_ranges *m)
{
    assert(m->count <= KITH_RANGES_MAX);
    for (uint32_t i = 0; i < m->count; i++) {
        if (compare_bounds(&m->r[i].lo, &m->r[i].hi) >= 0)
            return "a range that ends before it begins";
        if (i > 0 && compare_bounds(&m->r[i - 1].hi, &m->r[i].lo) > 0)
            return "ranges out of order or overlapping";
    }
    return NULL;
}

static const char *check_heads(const struct msg_heads *m)
{
    assert(m->count <= KITH_HEADS_MAX);
    struct msg_bound before = {.epoch = 0};
    for (uint32_t i = 0; i < m->count; i++) {
        struct msg_bound key = head_key(&m->h[i]);
        if (i > 0 && compare_bounds(&before, &key) >= 0)
            return "heads out of order or twice";
        before = key;
    }
    return NULL;
}

/* What no single field shows (SPEC 4.15, 4.16): the breach in words, or NULL. */
static const char *check_message(const struct msg *m)
{
    switch (m->type) {
    case MSG_RANGES:
        return check_ranges(&m->ranges);
    case MSG_HEADS:
        return check_heads(&m->heads);
    case MSG_WANT:
        return m->want.from <= m->want.to ? NULL : "a WANT that ends before it begins";
    case MSG_HELLO:
    case MSG_COUNCIL:
    case MSG_RUN:
    case MSG_PROOF:
    case MSG_PING:
    case MSG_BYE:
    case MSG_ROOT:
        break;
    }
    return NULL;
}

/* ---- encode ---- */

static void encode_scalar(const struct field *f, const uint8_t *base, struct buf *b)
{
    assert(f && base && f->kind != FIELD_LIST);
    struct kith_bytes bytes;
    uint64_t v;
    switch (f->kind) {
    case FIELD_UINT:
        v = load_uint(f, base);
        b->failed |= v < f->min || v > f->max;
        pack_uint(b, v);
        break;
    case FIELD_BOOL:
        pack_bool(b, load_bool(f, base));
        break;
    case FIELD_FIXED:
        pack_bin(b, base + f->at, f->width);
        break;
    case FIELD_BYTES:
        bytes = load_bytes(f, base);
        b->failed |= bytes.n < f->min || bytes.n > f->max;
        pack_bin(b, bytes.p, bytes.n);
        break;
    case FIELD_TEXT:
        bytes = load_bytes(f, base);
        b->failed |= bytes.n < f->min || bytes.n > f->max || !pack_text_ok(bytes);
        pack_str(b, (const char *)bytes.p, bytes.n);
        break;
    case FIELD_LIST:
        break;
    }
}

static void encode_list(const struct field *f, const uint8_t *base, struct buf *b)
{
    assert(f->kind == FIELD_LIST);
    uint32_t count = load_count(f, base);
    if (count < f->min || count > f->max) {
        b->failed = true;
        return;
    }
    pack_array(b, count);
    for (uint32_t i = 0; i < count && !b->failed; i++) {
        pack_array(b, f->items_n);
        for (uint32_t k = 0; k < f->items_n; k++)
            encode_scalar(&f->items[k], base + f->at + i * f->width, b);
    }
}

void msg_encode(const struct msg *m, struct buf *b)
{
    assert(m && b);
    const struct layout *l = layout_of(m->type);
    if (!l) {
        b->failed = true;
        return;
    }
    const uint8_t *base = (const uint8_t *)m + UNION_AT;
    pack_array(b, l->n + 1);
    pack_uint(b, m->type);
    for (uint32_t i = 0; i < l->n && !b->failed; i++) {
        if (l->fields[i].kind == FIELD_LIST)
            encode_list(&l->fields[i], base, b);
        else
            encode_scalar(&l->fields[i], base, b);
    }
    /* After the counts were checked, so that the lists can be walked. */
    b->failed = b->failed || check_message(m) != NULL;
}

/* ---- decode ---- */

static void decode_scalar(const struct field *f, uint8_t *base, struct pack_reader *r)
{
    assert(f && base && f->kind != FIELD_LIST);
    struct kith_bytes bytes;
    uint64_t v;
    bool flag;
    switch (f->kind) {
    case FIELD_UINT:
        v = pack_get_uint(r, f->max);
        r->failed |= v < f->min;
        store_uint(f, base, v);
        break;
    case FIELD_BOOL:
        flag = pack_get_bool(r);
        memcpy(base + f->at, &flag, sizeof flag);
        break;
    case FIELD_FIXED:
        pack_get_fixed(r, base + f->at, f->width);
        break;
    case FIELD_BYTES:
        bytes = pack_get_bin(r, f->max);
        r->failed |= bytes.n < f->min;
        memcpy(base + f->at, &bytes, sizeof bytes);
        break;
    case FIELD_TEXT:
        bytes = pack_get_str(r, f->max);
        r->failed = r->failed || bytes.n < f->min || !pack_text_ok(bytes);
        memcpy(base + f->at, &bytes, sizeof bytes);
        break;
    case FIELD_LIST:
        break;
    }
}

/* Where a decoder stands, for the sentence. */
struct place {
    const char *field; /* NULL between fields */
    const char *sub;   /* of a list's item */
    uint32_t item;
};

/* Reads the head of an array of at least n items; returns how many more follow them. */
static uint32_t open_array(struct pack_reader *r, uint32_t n)
{
    assert(n <= ARRAY_MAX);
    uint32_t have = pack_get_array(r, ARRAY_MAX);
    if (r->failed || have < n) {
        r->failed = true;
        return 0;
    }
    return have - n;
}

/* What a later version appended (SPEC 4.11). */
static void skip_appended(struct pack_reader *r, uint32_t n)
{
    assert(n <= ARRAY_MAX);
    for (uint32_t i = 0; i < n && !r->failed; i++)
        (void)pack_skip(r); /* the failure sticks in r */
}

static void decode_list(const struct field *f, uint8_t *base, struct pack_reader *r, struct place *at)
{
    assert(f->kind == FIELD_LIST && f->max <= UINT32_MAX);
    uint32_t count = pack_get_array(r, (uint32_t)f->max);
    r->failed |= count < f->min;
    if (r->failed)
        return;
    memcpy(base + f->count_at, &count, sizeof count);
    for (at->item = 0; at->item < count; at->item++) {
        uint32_t more = open_array(r, f->items_n);
        for (uint32_t k = 0; k < f->items_n && !r->failed; k++) {
            at->sub = f->items[k].name;
            decode_scalar(&f->items[k], base + f->at + at->item * f->width, r);
        }
        skip_appended(r, more);
        if (r->failed)
            return;
    }
    at->sub = NULL;
}

static void decode_fields(const struct layout *l, uint8_t *base, struct pack_reader *r, struct place *at)
{
    assert(l && base);
    for (uint32_t i = 0; i < l->n; i++) {
        at->field = l->fields[i].name;
        if (l->fields[i].kind == FIELD_LIST)
            decode_list(&l->fields[i], base, r, at);
        else
            decode_scalar(&l->fields[i], base, r);
        if (r->failed)
            return;
    }
    at->field = NULL;
}

static int fail_at(struct kith_error *e, const char *message, const struct place *at)
{
    assert(message);
    if (!at->field)
        return kith_fail(e, KITH_E_INVALID,
                         "a message \"%s\" that is cut short or does not end where it should; compare the "
                         "versions of the two sites",
                         message);
    char item[24] = "";
    if (at->sub)
        (void)snprintf(item, sizeof item, "[%u].%s", (unsigned)at->item, at->sub);
    return kith_fail(
        e, KITH_E_INVALID,
        "a message \"%s\" whose field \"%s%s\" is missing, of another type or out of its limits; "
        "compare the versions of the two sites",
        message, at->field, item);
}

int msg_decode(struct kith_bytes record, struct msg *ret, struct kith_error *e)
{
    assert(ret && (record.p || record.n == 0));
    struct pack_reader r;
    pack_reader_init(&r, record.p, record.n, true);
    uint32_t items = pack_get_array(&r, ARRAY_MAX);
    uint64_t type = pack_get_uint(&r, UINT64_MAX);
    if (r.failed)
        return kith_fail(e, KITH_E_INVALID,
                         "\"%zu\" bytes that are no message; compare the versions of the "
                         "two sites",
                         record.n);
    const struct layout *l = type < MSG_TYPES ? layout_of((enum msg_type)type) : NULL;
    if (!l)
        return kith_fail(e, KITH_E_INVALID, "a message of the unknown type \"%llu\"; update this site",
                         (unsigned long long)type);
    struct place at = {NULL, NULL, 0};
    if (items < l->n + 1)
        return fail_at(e, l->name, &at);
    ret->type = (enum msg_type)type;
    decode_fields(l, (uint8_t *)ret + UNION_AT, &r, &at);
    skip_appended(&r, items - l->n - 1);
    if (r.failed || !pack_done(&r))
        return fail_at(e, l->name, &at);
    const char *breach = check_message(ret);
    if (breach)
        return kith_fail(e, KITH_E_INVALID, "a message \"%s\" with %s; compare the versions of the two sites",
                         l->name, breach);
    return 0;
}

/* ---- print ---- */

#define PRINT_ITEMS 3u /* of a list */
#define PRINT_BYTES 4u /* of an id */

static void print(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void print(struct buf *b, const char *fmt, ...)
{
    assert(b && fmt);
    char text[256];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert(n >= 0 && (size_t)n < sizeof text); /* every caller prints a few short words */
    buf_put(b, text, (size_t)n);
}

/* Text from the other side, kept on the line and inside its quotes. */
static void print_text(struct buf *b, struct kith_bytes s)
{
    assert(s.p || s.n == 0);
    buf_u8(b, '"');
    for (size_t i = 0; i < s.n; i++)
        buf_u8(b, s.p[i] < 0x20 || s.p[i] == '"' ? '?' : s.p[i]);
    buf_u8(b, '"');
}

static void print_scalar(const struct field *f, const uint8_t *base, struct buf *b)
{
    assert(f && base && f->kind != FIELD_LIST);
    print(b, "%s=", f->name);
    switch (f->kind) {
    case FIELD_UINT:
        print(b, "%llu", (unsigned long long)load_uint(f, base));
        break;
    case FIELD_BOOL:
        print(b, "%s", load_bool(f, base) ? "yes" : "no");
        break;
    case FIELD_FIXED:
        for (size_t i = 0; i < f->width && i < PRINT_BYTES; i++)
            print(b, "%02x", base[f->at + i]);
        break;
    case FIELD_BYTES:
        print(b, "<%zu>", load_bytes(f, base).n);
        break;
    case FIELD_TEXT:
        print_text(b, load_bytes(f, base));
        break;
    case FIELD_LIST:
        break;
    }
}

static void print_list(const struct field *f, const uint8_t *base, struct buf *b)
{
    uint32_t count = load_count(f, base);
    assert(count <= f->max);
    print(b, "%s=%u", f->name, (unsigned)count);
    for (uint32_t i = 0; i < count && i < PRINT_ITEMS; i++) {
        for (uint32_t k = 0; k < f->items_n; k++) {
            print(b, "%s", k == 0 ? " {" : " ");
            print_scalar(&f->items[k], base + f->at + i * f->width, b);
        }
        print(b, "}");
    }
    if (count > PRINT_ITEMS)
        print(b, " …");
}

void msg_print(const struct msg *m, struct buf *b)
{
    assert(m && b);
    print(b, "%s", msg_name(m->type));
    const struct layout *l = layout_of(m->type);
    const uint8_t *base = (const uint8_t *)m + UNION_AT;
    for (uint32_t i = 0; l && i < l->n; i++) {
        print(b, " ");
        if (l->fields[i].kind == FIELD_LIST)
            print_list(&l->fields[i], base, b);
        else
            print_scalar(&l->fields[i], base, b);
    }
    if (m->type == MSG_BYE)
        print(b, " (%s)", msg_bye_text(m->bye.code));
}

/* ---- what a BYE means ---- */

const char *msg_bye_text(uint32_t code)
{
    static const char *const texts[BYE_CODES] = {
        [BYE_DONE] = "closed in good order",
        [BYE_DUPLICATE] = "another link between the two sites stays; there is nothing to do",
        [BYE_UNKNOWN] = "the other site has not heard of this one yet; it is tried again by itself",
        [BYE_REVOKED] = "this site was revoked; ask a coordinator of the network why",
        [BYE_INVITE_UNKNOWN] = "this invite is not known there; check the line, or ask for a new one",
        [BYE_INVITE_EXPIRED] = "this invite has expired; ask its coordinator for a new one",
        [BYE_INVITE_USED] = "this invite was already used by another site; ask its coordinator for a new one",
        [BYE_INVITE_CODE] =
            "this invite is for another site code; join under that code, or ask for a new one",
        [BYE_CODE_TAKEN] = "a member has this site code already; ask for an invite under another code",
        [BYE_PROTOCOL] = "what this site sent was refused there; compare the versions of the two sites",
        [BYE_BUSY] = "it cannot take anybody in now: no room, or it has met nobody since its start; it is "
                     "tried again by "
                     "itself",
        [BYE_FULL] = "a maximum of the network is reached there; ask a coordinator",
        [BYE_OLDER] = "this site has newer keys than these; kith status says how it goes on",
    };
    return code < BYE_CODES ? texts[code] : "for a reason that this version does not know; update this site";
}
