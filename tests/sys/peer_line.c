/* Invite lines, read and written anew with parts replaced; and the public link key of a home on this machine.
 */
#include "tests/sys/peer.h"

#include "proto/wire/pack.h"

#include <sodium.h>
#include <string.h>

#define PREFIX     "kith-invite:"
#define PACKED_MAX 1600u

static void get_text(struct pack_reader *r, char *ret, size_t cap)
{
    struct kith_bytes s = pack_get_str(r, cap - 1);
    snprintf(ret, cap, "%.*s", (int)s.n, s.n ? (const char *)s.p : "");
}

static void read_pair(struct pack_reader *r, struct peer_line *l)
{
    char key[16], ignored[KITH_ADDRESS_MAX + 1];
    get_text(r, key, sizeof key);
    if (strcmp(key, "addresses") == 0)
        for (uint32_t n = pack_get_array(r, KITH_ADDRESSES_MAX), i = 0; i < n; i++)
            get_text(r, i == 0 ? l->address : ignored, sizeof ignored);
    else if (strcmp(key, "by") == 0)
        get_text(r, l->by, sizeof l->by);
    else if (strcmp(key, "code") == 0)
        get_text(r, l->code, sizeof l->code);
    else if (strcmp(key, "expires") == 0)
        l->expires = pack_get_uint(r, INT64_MAX);
    else if (strcmp(key, "link") == 0)
        pack_get_fixed(r, l->link.b, sizeof l->link.b);
    else if (strcmp(key, "net") == 0)
        pack_get_fixed(r, l->net.b, sizeof l->net.b);
    else if (strcmp(key, "secret") == 0)
        pack_get_fixed(r, l->secret, sizeof l->secret);
    else
        r->failed = true;
}

void peer_line_read(const char *text, struct peer_line *ret)
{
    uint8_t packed[PACKED_MAX];
    size_t n = 0, prefix = strlen(PREFIX);
    struct pack_reader r;
    memset(ret, 0, sizeof *ret);
    if (strncmp(text, PREFIX, prefix) != 0 ||
        sodium_base642bin(packed, sizeof packed, text + prefix, strlen(text) - prefix, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        peer_die("\"%.20s…\": not an invite line", text);
    pack_reader_init(&r, packed, n, true);
    for (uint32_t pairs = pack_get_map(&r, 8), i = 0; i < pairs; i++)
        read_pair(&r, ret);
    if (!pack_done(&r))
        peer_die("\"%.20s…\": not an invite line", text);
}

static void put_text(struct buf *b, const char *key, const char *value)
{
    pack_cstr(b, key);
    pack_cstr(b, value);
}

static void print_line(const struct peer_line *l)
{
    uint8_t packed[PACKED_MAX];
    char text[2 * PACKED_MAX];
    struct buf b;
    buf_init(&b, packed, sizeof packed);
    pack_map(&b, 5u + (l->by[0] != '\0') + (l->code[0] != '\0'));
    pack_cstr(&b, "addresses");
    pack_array(&b, 1);
    pack_cstr(&b, l->address);
    if (l->by[0])
        put_text(&b, "by", l->by);
    if (l->code[0])
        put_text(&b, "code", l->code);
    pack_cstr(&b, "expires");
    pack_uint(&b, l->expires);
    pack_cstr(&b, "link");
    pack_bin(&b, l->link.b, sizeof l->link.b);
    pack_cstr(&b, "net");
    pack_bin(&b, l->net.b, sizeof l->net.b);
    pack_cstr(&b, "secret");
    pack_bin(&b, l->secret, sizeof l->secret);
    sodium_bin2base64(text, sizeof text, packed, b.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    printf(PREFIX "%s\n", text);
}

static void print_hex(const uint8_t *p, size_t n)
{
    char text[129];
    sodium_bin2hex(text, sizeof text, p, n);
    puts(text);
}

int main_line(int argc, char **argv)
{
    struct peer_line l;
    const char *v;
    if (argc < 2)
        peer_die("line: which?");
    peer_line_read(argv[1], &l);
    if ((v = peer_option(argc, argv, "--show")) != NULL) {
        if (strcmp(v, "net") == 0)
            print_hex(l.net.b, sizeof l.net.b);
        else if (strcmp(v, "link") == 0)
            print_hex(l.link.b, sizeof l.link.b);
        else
            puts(l.address);
        return 0;
    }
    if ((v = peer_option(argc, argv, "--net")) != NULL)
        peer_unhex(v, l.net.b, sizeof l.net.b);
    if ((v = peer_option(argc, argv, "--secret")) != NULL)
        peer_unhex(v, l.secret, sizeof l.secret);
    if ((v = peer_option(argc, argv, "--link")) != NULL)
        peer_unhex(v, l.link.b, sizeof l.link.b);
    if ((v = peer_option(argc, argv, "--address")) != NULL)
        snprintf(l.address, sizeof l.address, "%s", v);
    print_line(&l);
    return 0;
}

/* DIR/link-1.key is one line, "kith link 1 HEX". */
int main_key(int argc, char **argv)
{
    char path[1024], line[200] = "";
    uint8_t sk[32], pk[32];
    if (argc < 2)
        peer_die("key: of which home?");
    snprintf(path, sizeof path, "%s/link-1.key", argv[1]);
    line[peer_read_file(path, line, sizeof line - 1)] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "kith link 1 ", 12) != 0)
        peer_die("\"%s\": not a link key", path);
    peer_unhex(line + 12, sk, sizeof sk);
    if (noise_public(pk, sk) != 0)
        peer_die("\"%s\": no public key", path);
    print_hex(pk, sizeof pk);
    return 0;
}
