/* What this site had decided on a branch of its control log that it left: admissions, revocations and
 * withdrawals (SPEC 6.5). Each waits as a line of `meta`, "again.N", kind and body in hexadecimal, written in
 * the transaction that cuts the log and gone with the one that posts it again. */
#include "daemon/store_again.h"

#include "daemon/store_impl.h"
#include "kith/kinds.h"
#include "proto/log/cert.h"
#include "proto/wire/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (2 * (STORE_AGAIN_BODY + 1) + 1)
#define KEY_MAX        24u

static void print_key(uint32_t n, char ret[KEY_MAX])
{
    snprintf(ret, KEY_MAX, "again.%u", n);
}

/* The line of this number; KITH_E_NOTFOUND. */
static int read_line(struct store *s, uint32_t n, uint8_t *ret_kind, struct buf *body, struct kith_error *e)
{
    char key[KEY_MAX], line[LINE_MAX_BYTES];
    uint8_t bytes[STORE_AGAIN_BODY + 1];
    print_key(n, key);
    int r = store_meta_get(s, key, line, sizeof line, e);
    size_t digits = r == 0 ? strlen(line) : 0;
    if (r < 0)
        return r;
    if (digits < 4 || digits % 2 != 0 || !hex_read(line, digits, bytes, digits / 2))
        return kith_fail(e, KITH_E_INVALID, "\"%s\" is damaged", key);
    *ret_kind = bytes[0];
    buf_reset(body);
    buf_put(body, bytes + 1, digits / 2 - 1);
    return 0;
}

/* Whether this line says so already. */
static bool says(const char *line, const uint8_t *bytes, size_t n)
{
    uint8_t there[STORE_AGAIN_BODY + 1];
    return strlen(line) == 2 * n && hex_read(line, 2 * n, there, n) && memcmp(there, bytes, n) == 0;
}

int store_again_put(struct store *s, uint8_t kind, struct kith_bytes body, struct kith_error *e)
{
    char key[KEY_MAX], line[LINE_MAX_BYTES];
    uint8_t bytes[STORE_AGAIN_BODY + 1] = {kind};
    uint32_t n = 0;
    int r = 0;
    if (body.n > STORE_AGAIN_BODY)
        return 0;
    memcpy(bytes + 1, body.p, body.n);
    for (; n < STORE_AGAIN_MAX; n++) {
        print_key(n, key);
        r = store_meta_get(s, key, line, sizeof line, e);
        if (r < 0 || says(line, bytes, body.n + 1))
            break;
    }
    if (r != KITH_E_NOTFOUND || n == STORE_AGAIN_MAX)
        return r; /* said; or more decisions than anybody takes between two comparisons */
    hex_print(bytes, body.n + 1, line);
    return store_meta_set(s, key, line, e);
}

int store_again_hidden(struct store *s, uint32_t epoch, struct kith_error *e)
{
    const struct kith_log_key key = {s->self, epoch, KITH_CONTROL};
    const struct store_log *l = store_log_find(s, &key);
    uint64_t ends = 0, wrote = 0;
    struct kith_id id;
    if (l == NULL || s->roster == NULL)
        return 0;
    (void)roster_valid_end(s->roster, &key, &ends, &id);
    int r = store_own_last(s, KITH_CONTROL, epoch, &wrote, &id, e);
    for (uint64_t seq = ends + 1; r == 0 && seq <= l->last && seq <= wrote;) {
        r = store_run_load(s, l, seq, NULL, NULL, e);
        for (; r == 0 && seq < s->run->first + s->run->count; seq++) {
            const struct run_entry *x = &s->run->entry[seq - s->run->first];
            if (x->e.kind == KITH_KIND_WITHDRAW && x->has_body)
                r = store_again_put(s, x->e.kind, x->body, e);
        }
    }
    return r;
}

int store_again_next(struct store *s, uint32_t from, uint32_t *ret, uint8_t *ret_kind, struct buf *body,
                     struct kith_error *e)
{
    for (uint32_t n = from; n < STORE_AGAIN_MAX; n++) {
        int r = read_line(s, n, ret_kind, body, e);
        if (r == 0)
            *ret = n;
        if (r != KITH_E_NOTFOUND)
            return r;
    }
    return KITH_E_NOTFOUND;
}

int store_again_drop(struct store *s, uint32_t n, struct kith_error *e)
{
    char key[KEY_MAX];
    print_key(n, key);
    return store_meta_set(s, key, NULL, e);
}

int store_again_withdraws(struct store *s, const struct kith_pos *at, bool *ret, struct kith_error *e)
{
    uint8_t kind, memory[STORE_AGAIN_BODY];
    struct buf body;
    struct op_withdraw o;
    uint32_t n = 0;
    int r;
    buf_init(&body, memory, sizeof memory);
    *ret = false;
    for (; !*ret && (r = store_again_next(s, n, &n, &kind, &body, e)) == 0; n++)
        *ret = kind == KITH_KIND_WITHDRAW &&
               op_withdraw_decode((struct kith_bytes){body.p, body.n}, &o, NULL) == 0 &&
               o.at.seq == at->seq && log_key_compare(&o.at.log, &at->log) == 0 &&
               memcmp(&o.at.id, &at->id, sizeof at->id) == 0;
    return *ret || r == KITH_E_NOTFOUND ? 0 : r;
}
