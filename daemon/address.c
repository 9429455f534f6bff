#include "daemon/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static int bad(const char *text, struct kith_error *e)
{
    return kith_fail(e, KITH_E_USAGE, "address \"%s\": write HOST:PORT, [V6]:PORT or HOST", text);
}

static int parse_port(const char *digits, uint16_t *ret)
{
    uint32_t port = 0;
    size_t n = strlen(digits);
    if (n == 0 || n > 5)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
        port = port * 10 + (uint32_t)(digits[i] - '0');
    }
    if (port > UINT16_MAX)
        return -1;
    *ret = (uint16_t)port;
    return 0;
}

static bool host_ok(const char *host)
{
    for (const char *c = host; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("[]/\"\\", *c))
            return false;
    return *host != '\0';
}

/* The last colon divides, unless the host is v6 in brackets; v6 without brackets has no port. */
int address_parse(const char *text, struct address *ret, struct kith_error *e)
{
    size_t n = strlen(text);
    if (n == 0 || n > KITH_ADDRESS_MAX)
        return bad(text, e);
    struct address a = {.port = KITH_PORT};
    const char *colon = strrchr(text, ':'), *close = strrchr(text, ']');
    const char *host = text, *end = text + n;
    if (text[0] == '[') {
        if (!close || (close[1] != '\0' && close[1] != ':'))
            return bad(text, e);
        host = text + 1;
        end = close;
        colon = close[1] == ':' ? close + 1 : NULL;
    } else if (colon && strchr(text, ':') == colon) {
        end = colon;
    } else {
        colon = NULL;
    }
    memcpy(a.host, host, (size_t)(end - host));
    if (!host_ok(a.host) || (colon && parse_port(colon + 1, &a.port) < 0))
        return bad(text, e);
    *ret = a;
    return 0;
}

bool address_numeric(const struct address *a, struct sockaddr_storage *ret)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
    if (inet_pton(AF_INET, a->host, &v4.sin_addr) == 1) {
        memset(ret, 0, sizeof *ret);
        memcpy(ret, &v4, sizeof v4);
        return true;
    }
    if (inet_pton(AF_INET6, a->host, &v6.sin6_addr) == 1) {
        memset(ret, 0, sizeof *ret);
        memcpy(ret, &v6, sizeof v6);
        return true;
    }
    return false;
}

/* 16 bytes whatever the family: v4 as ::ffff:a.b.c.d. */
static uint16_t flat(const struct sockaddr_storage *s, uint8_t ret[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    memset(ret, 0, 16);
    if (s->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)s;
        memcpy(ret, mapped, sizeof mapped);
        memcpy(ret + 12, &v4->sin_addr, 4);
        return ntohs(v4->sin_port);
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)s;
    memcpy(ret, &v6->sin6_addr, 16);
    return ntohs(v6->sin6_port);
}

static bool is_mapped(const uint8_t a[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(a, mapped, sizeof mapped) == 0;
}

void address_print(const struct sockaddr_storage *s, char ret[KITH_ADDRESS_MAX + 1])
{
    uint8_t a[16];
    char host[INET6_ADDRSTRLEN] = "";
    uint16_t port = flat(s, a);
    if (is_mapped(a)) {
        inet_ntop(AF_INET, a + 12, host, sizeof host);
        snprintf(ret, KITH_ADDRESS_MAX + 1, "%s:%u", host, port);
    } else {
        inet_ntop(AF_INET6, a, host, sizeof host);
        snprintf(ret, KITH_ADDRESS_MAX + 1, "[%s]:%u", host, port);
    }
}

bool address_is_wildcard(const struct sockaddr_storage *s)
{
    static const uint8_t zero[16];
    uint8_t a[16];
    flat(s, a);
    return is_mapped(a) ? memcmp(a + 12, zero, 4) == 0 : memcmp(a, zero, 16) == 0;
}

bool address_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    uint8_t x[16], y[16];
    flat(a, x);
    flat(b, y);
    return memcmp(x, y, sizeof x) == 0;
}

/* The /24 of a v4 address, the /64 of a v6 one; never 0. */
static uint64_t net_of(const struct sockaddr_storage *s)
{
    uint8_t a[16];
    uint64_t net = 0;
    flat(s, a);
    size_t from = is_mapped(a) ? 12 : 0, n = is_mapped(a) ? 3 : 8;
    for (size_t i = 0; i < n; i++)
        net = net << 8 | a[from + i];
    return is_mapped(a) ? net | 1ull << 32 : (net ? net : 1);
}

static struct bucket *find(struct buckets *t, uint64_t net, int64_t now)
{
    uint64_t at = net * 0x9e3779b97f4a7c15ull >> 40;
    struct bucket *oldest = NULL;
    for (uint32_t i = 0; i < BUCKET_PROBES; i++) {
        struct bucket *b = &t->b[(at + i) % BUCKETS];
        if (b->net == net)
            return b;
        if (!oldest || b->ms < oldest->ms)
            oldest = b;
    }
    *oldest = (struct bucket){.net = net, .milli_tokens = BUCKET_BURST * 1000, .ms = now};
    return oldest;
}

bool bucket_take(struct buckets *t, const struct sockaddr_storage *from, struct kith_mono now)
{
    struct bucket *b = find(t, net_of(from), now.ms);
    int64_t gone = now.ms - b->ms;
    if (gone > 1000)
        gone = 1000; /* a full bucket by then */
    if (gone > 0) {
        b->milli_tokens += gone * BUCKET_RATE;
        b->ms = now.ms;
    }
    if (b->milli_tokens > BUCKET_BURST * 1000)
        b->milli_tokens = BUCKET_BURST * 1000;
    if (b->milli_tokens < 1000)
        return false;
    b->milli_tokens -= 1000;
    return true;
}
