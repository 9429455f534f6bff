#include "daemon/join_file.h"

#include "daemon/join.h"
#include "daemon/join_pieces.h"
#include "daemon/net.h"
#include "proto/wire/pack.h"

#include <stdio.h>
#include <string.h>

#define VERSION 1u

/* No network is known yet when this is signed. */
static const struct kith_net_id no_net;

/* ---- the file ---- */

static void pack_request(const struct join_file *f, struct buf *b)
{
    pack_map(b, 4);
    pack_cstr(b, "code");
    pack_cstr(b, f->code);
    pack_cstr(b, "name");
    pack_cstr(b, f->name);
    pack_cstr(b, "root");
    pack_bin(b, f->root.b, sizeof f->root.b);
    pack_cstr(b, "time");
    pack_uint(b, f->time);
}

static int join_file_make(const struct join_file *f, const struct crypto_sk *root_sk, struct buf *b)
{
    uint8_t memory[JOIN_FILE_MAX];
    struct kith_sig sig;
    struct buf body;
    buf_init(&body, memory, sizeof memory);
    pack_request(f, &body);
    if (body.failed ||
        crypto_make_sig(root_sk, CONTEXT_JOIN, &no_net, (struct kith_bytes){body.p, body.n}, &sig) < 0)
        return KITH_E_INTERNAL;
    buf_put(b, JOIN_FILE_MAGIC, 8);
    buf_u16(b, VERSION);
    pack_map(b, 2);
    pack_cstr(b, "body");
    pack_bin(b, body.p, body.n);
    pack_cstr(b, "sig");
    pack_bin(b, sig.b, sizeof sig.b);
    return b->failed ? KITH_E_FULL : 0;
}

static bool read_body(struct kith_bytes body, struct join_file *ret)
{
    struct pack_reader r;
    pack_reader_init(&r, body.p, body.n, true);
    if (pack_get_map(&r, 4) != 4)
        return false;
    pack_expect_key(&r, "code");
    cert_get_text(&r, ret->code, KITH_CODE_MAX);
    pack_expect_key(&r, "name");
    cert_get_text(&r, ret->name, KITH_NAME_MAX);
    pack_expect_key(&r, "root");
    pack_get_fixed(&r, ret->root.b, sizeof ret->root.b);
    pack_expect_key(&r, "time");
    ret->time = pack_get_uint(&r, INT64_MAX);
    return pack_done(&r) && cert_code_ok(bytes_of(ret->code)) && cert_name_ok(bytes_of(ret->name));
}

int join_file_read(struct kith_bytes bytes, struct join_file *ret, struct kith_error *e)
{
    struct join_file f;
    struct pack_reader r;
    struct kith_sig sig;
    if (bytes.n < 10 || memcmp(bytes.p, JOIN_FILE_MAGIC, 8) != 0)
        return kith_fail(e, KITH_E_INVALID,
                         "request: \"its beginning\": this is no file that kith join --request wrote");
    unsigned version = (unsigned)bytes.p[8] << 8 | bytes.p[9];
    if (version != VERSION)
        return kith_fail(e, KITH_E_INVALID,
                         "request: \"version %u\": this kithd reads version %u; use a newer one", version,
                         VERSION);
    pack_reader_init(&r, bytes.p + 10, bytes.n - 10, true);
    uint32_t pairs = pack_get_map(&r, 2);
    pack_expect_key(&r, "body");
    struct kith_bytes body = pack_get_bin(&r, JOIN_FILE_MAX);
    pack_expect_key(&r, "sig");
    pack_get_fixed(&r, sig.b, sizeof sig.b);
    if (pairs != 2 || !pack_done(&r) || !read_body(body, &f))
        return kith_fail(e, KITH_E_INVALID, "request: \"its contents\": it is damaged; copy it again");
    if (!crypto_verify(&f.root, CONTEXT_JOIN, &no_net, body, &sig))
        return kith_fail(e, KITH_E_INVALID, "request: \"its signature\": it was altered; ask for another");
    *ret = f;
    return 0;
}

/* ---- asking ---- */

int join_file_request(struct daemon *d, struct buf *b, struct kith_error *e)
{
    struct join_file f = {.root = d->keys.root, .time = (uint64_t)daemon_wall().ms};
    if (d->sync)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site is a member of \"%s\" already; a second network needs a second home",
                         d->network);
    if (!d->keys.has_root)
        return kith_fail(e, KITH_E_REFUSED,
                         "the root key is not on this machine: `kith key import` brings it back");
    snprintf(f.code, sizeof f.code, "%s", d->code);
    snprintf(f.name, sizeof f.name, "%s", d->name);
    if (join_file_make(&f, &d->keys.secret->root, b) < 0)
        return kith_fail(e, KITH_E_INTERNAL, "the request could not be packed");
    return store_meta_set(d->store, "pending", "asked by file, waits for a bundle", e);
}

/* ---- being let in ---- */

int join_file_enter(struct daemon *d, const struct kith_net_id *net, const char *by,
                    const struct join_pieces *p, struct kith_error *e)
{
    struct join_check c;
    struct kith_error why;
    int r = join_check_init(&c, net, e);
    if (r < 0)
        return r;
    r = join_pieces_check(p, &c, e);
    if (r == 0)
        r = join_check_member(&c, &d->keys.site, e);
    if (r == 0 && join_pieces_store(p, d, &c, &why) < 0)
        daemon_fatal(d, "join.store", &why);
    uint32_t members = r == 0 ? roster_members(c.roster) : 0;
    join_check_clear(&c);
    if (r == 0)
        join_done(d, by, members);
    return r;
}
