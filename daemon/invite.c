#include "daemon/invite.h"

#include "daemon/address.h"
#include "daemon/key.h"
#include "proto/wire/pack.h"

#include <string.h>

#define INVITE_PACKED_MAX ((INVITE_LINE_MAX - sizeof INVITE_PREFIX) / 4 * 3)

bool invite_code_ok(const char *code)
{
    size_t n = strlen(code);
    if (n < KITH_CODE_MIN || n > KITH_CODE_MAX)
        return false;
    return strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == n;
}

int invite_print(const struct invite *i, char ret[INVITE_LINE_MAX], struct kith_error *e)
{
    uint8_t packed[INVITE_PACKED_MAX];
    struct buf b;
    buf_init(&b, packed, sizeof packed);
    pack_map(&b, 5u + (i->by[0] != '\0') + (i->code[0] != '\0'));
    pack_cstr(&b, "addresses");
    pack_array(&b, i->addresses_n);
    for (uint32_t a = 0; a < i->addresses_n; a++)
        pack_cstr(&b, i->address[a]);
    if (i->by[0]) {
        pack_cstr(&b, "by");
        pack_cstr(&b, i->by);
    }
    if (i->code[0]) {
        pack_cstr(&b, "code");
        pack_cstr(&b, i->code);
    }
    pack_cstr(&b, "expires");
    pack_uint(&b, (uint64_t)i->expires.ms);
    pack_cstr(&b, "link");
    pack_bin(&b, i->link.b, sizeof i->link.b);
    pack_cstr(&b, "net");
    pack_bin(&b, i->net.b, sizeof i->net.b);
    pack_cstr(&b, "secret");
    pack_bin(&b, i->secret, sizeof i->secret);
    if (b.failed)
        return kith_fail(e, KITH_E_FULL, "invite: the addresses do not fit into one line");
    memcpy(ret, INVITE_PREFIX, sizeof INVITE_PREFIX);
    size_t at = sizeof INVITE_PREFIX - 1;
    key_base64_print(packed, b.n, ret + at, INVITE_LINE_MAX - at);
    crypto_wipe(packed, sizeof packed);
    return 0;
}

static void get_text(struct pack_reader *r, char *ret, size_t max)
{
    struct kith_bytes s = pack_get_str(r, max);
    memcpy(ret, s.p ? (const char *)s.p : "", s.n);
    ret[s.n] = '\0';
}

static void get_addresses(struct pack_reader *r, struct invite *i)
{
    i->addresses_n = pack_get_array(r, KITH_ADDRESSES_MAX);
    for (uint32_t a = 0; a < i->addresses_n && !r->failed; a++) {
        struct address ignored;
        get_text(r, i->address[a], KITH_ADDRESS_MAX);
        if (address_parse(i->address[a], &ignored, NULL) < 0)
            r->failed = true;
    }
}

/* An optional key: read only where the map still has more pairs than the five that must be there. */
static void get_optional(struct pack_reader *r, uint32_t *extra, const char *key, char *ret)
{
    struct pack_reader peek = *r;
    struct kith_bytes k = pack_get_str(&peek, 16);
    if (*extra == 0 || peek.failed || k.n != strlen(key) || memcmp(k.p, key, k.n) != 0)
        return;
    *r = peek;
    get_text(r, ret, KITH_CODE_MAX);
    if (!invite_code_ok(ret))
        r->failed = true;
    (*extra)--;
}

static bool decode(const uint8_t *p, size_t n, struct invite *ret)
{
    struct pack_reader r;
    struct invite i = {0};
    pack_reader_init(&r, p, n, true);
    uint32_t pairs = pack_get_map(&r, 7), extra = pairs - 5;
    if (r.failed || pairs < 5)
        return false;
    pack_expect_key(&r, "addresses");
    get_addresses(&r, &i);
    get_optional(&r, &extra, "by", i.by);
    get_optional(&r, &extra, "code", i.code);
    pack_expect_key(&r, "expires");
    i.expires.ms = (int64_t)pack_get_uint(&r, INT64_MAX);
    pack_expect_key(&r, "link");
    pack_get_fixed(&r, i.link.b, sizeof i.link.b);
    pack_expect_key(&r, "net");
    pack_get_fixed(&r, i.net.b, sizeof i.net.b);
    pack_expect_key(&r, "secret");
    pack_get_fixed(&r, i.secret, sizeof i.secret);
    if (!pack_done(&r) || extra != 0)
        return false;
    *ret = i;
    crypto_wipe(i.secret, sizeof i.secret);
    return true;
}

int invite_parse(struct kith_bytes text, struct invite *ret, struct kith_error *e)
{
    char line[INVITE_LINE_MAX];
    uint8_t packed[INVITE_PACKED_MAX];
    size_t n = 0, got = 0, prefix = sizeof INVITE_PREFIX - 1;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == ' ' || (text.p[i] >= '\t' && text.p[i] <= '\r'))
            continue;
        if (n == sizeof line - 1)
            return kith_fail(e, KITH_E_USAGE, "invite: longer than %u characters; paste the line alone",
                             INVITE_LINE_MAX);
        line[n++] = (char)text.p[i];
    }
    line[n] = '\0';
    bool good = n > prefix && memcmp(line, INVITE_PREFIX, prefix) == 0 &&
                key_base64_parse(line + prefix, n - prefix, packed, sizeof packed, &got) == 0 &&
                decode(packed, got, ret);
    crypto_wipe(line, sizeof line);
    crypto_wipe(packed, sizeof packed);
    return good
               ? 0
               : kith_fail(
                     e, KITH_E_USAGE,
                     "invite: this is not a whole line of the form \"%s…\"; copy it again from its beginning "
                     "to its end",
                     INVITE_PREFIX);
}
