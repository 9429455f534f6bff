#include "proto/learn/receipt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kith/limits.h"

static void get_text(struct pack_reader *r, char *to, size_t max)
{
    struct kith_bytes text = pack_get_str(r, max);
    assert(max > 0);
    if (r->failed || memchr(text.n > 0 ? (const void *)text.p : "", '\0', text.n) != NULL ||
        !pack_text_ok(text)) {
        r->failed = true;
        return;
    }
    memcpy(to, text.n > 0 ? (const void *)text.p : "", text.n);
    to[text.n] = '\0';
}

static void get_erased(struct pack_reader *r, struct receipt *ret)
{
    ret->erased_n = pack_get_array(r, RECEIPT_ERASED_MAX);
    assert(r->failed || ret->erased_n <= RECEIPT_ERASED_MAX);
    for (uint32_t i = 0; i < ret->erased_n && !r->failed; i++) {
        pack_get_fixed(r, ret->erased[i], sizeof ret->erased[i]);
        if (i > 0 && !r->failed && memcmp(ret->erased[i - 1], ret->erased[i], sizeof ret->erased[i]) >= 0)
            r->failed = true;
    }
}

static void get_older(struct pack_reader *r, struct receipt *ret)
{
    assert(r != NULL && ret != NULL);
    if (pack_get_array(r, 2) != 2)
        r->failed = true;
    ret->older = pack_get_uint(r, KITH_SEQ_MAX);
    pack_get_fixed(r, ret->older_fp, sizeof ret->older_fp);
}

static void get_notes(struct pack_reader *r, struct receipt *ret, bool refused)
{
    uint32_t n = pack_get_array(r, RECEIPT_NOTES_MAX);
    assert(r->failed || n <= RECEIPT_NOTES_MAX);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        if (refused && pack_get_array(r, 2) != 2)
            r->failed = true;
        kind_ref_get(r, refused ? &ret->refused[i].at : &ret->held[i]);
        if (refused)
            get_text(r, ret->refused[i].rule, RECEIPT_RULE_MAX);
    }
    if (refused)
        ret->refused_n = n;
    else
        ret->held_n = n;
}

int receipt_decode(struct kith_bytes body, struct receipt *ret, struct kith_error *e)
{
    struct pack_reader r;
    assert(ret != NULL);
    memset(ret, 0, sizeof *ret);
    pack_reader_init(&r, body.p, body.n, true);
    if (pack_get_map(&r, 5) != 5)
        r.failed = true;
    pack_expect_key(&r, "erased");
    get_erased(&r, ret);
    pack_expect_key(&r, "held");
    get_notes(&r, ret, false);
    pack_expect_key(&r, "older");
    get_older(&r, ret);
    pack_expect_key(&r, "refused");
    get_notes(&r, ret, true);
    pack_expect_key(&r, "software");
    get_text(&r, ret->software, RECEIPT_TEXT_MAX);
    if (!pack_done(&r))
        return kith_fail(e, KITH_E_INVALID, "not a receipt: \"%zu\" bytes that do not read as one", body.n);
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    assert(a != NULL && b != NULL);
    return memcmp(a, b, 8);
}

static void sort_erased(struct receipt *r)
{
    uint32_t kept = 0;
    assert(r->erased_n <= RECEIPT_ERASED_MAX);
    qsort(r->erased, r->erased_n, sizeof r->erased[0], compare_ids);
    for (uint32_t i = 0; i < r->erased_n; i++)
        if (kept == 0 || memcmp(r->erased[kept - 1], r->erased[i], sizeof r->erased[i]) != 0)
            memmove(r->erased[kept++], r->erased[i], sizeof r->erased[i]);
    r->erased_n = kept;
}

int receipt_make(struct receipt *r, struct buf *b)
{
    assert(r != NULL && b != NULL);
    if (r->erased_n > RECEIPT_ERASED_MAX || r->held_n > RECEIPT_NOTES_MAX || r->refused_n > RECEIPT_NOTES_MAX)
        return KITH_E_INVALID;
    sort_erased(r);
    pack_map(b, 5);
    pack_cstr(b, "erased");
    pack_array(b, r->erased_n);
    for (uint32_t i = 0; i < r->erased_n; i++)
        pack_bin(b, r->erased[i], sizeof r->erased[i]);
    pack_cstr(b, "held");
    pack_array(b, r->held_n);
    for (uint32_t i = 0; i < r->held_n; i++)
        kind_ref_put(b, &r->held[i]);
    pack_cstr(b, "older");
    pack_array(b, 2);
    pack_uint(b, r->older);
    pack_bin(b, r->older_fp, sizeof r->older_fp);
    pack_cstr(b, "refused");
    pack_array(b, r->refused_n);
    for (uint32_t i = 0; i < r->refused_n; i++) {
        pack_array(b, 2);
        kind_ref_put(b, &r->refused[i].at);
        pack_cstr(b, r->refused[i].rule);
    }
    pack_cstr(b, "software");
    pack_cstr(b, r->software);
    return b->failed ? KITH_E_FULL : 0;
}
