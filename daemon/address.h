/* Addresses as people write them, "host:port" or "[v6]:port", and what is decided by them before a link is
 * known. */
#ifndef KITHD_ADDRESS_H
#define KITHD_ADDRESS_H

#include "kith/error.h"
#include "kith/limits.h"
#include "kith/types.h"

#include <sys/socket.h>

struct address {
    char host[KITH_ADDRESS_MAX + 1]; /* without brackets */
    uint16_t port;
};

/* The port may be left out: KITH_PORT. KITH_E_USAGE names the text. */
int address_parse(const char *text, struct address *ret, struct kith_error *e);
/* False for a name that only a resolver can turn into an address. */
bool address_numeric(const struct address *a, struct sockaddr_storage *ret);
/* "127.0.0.1:5484", "[::1]:5484"; a mapped v4 address is printed as v4. */
void address_print(const struct sockaddr_storage *s, char ret[KITH_ADDRESS_MAX + 1]);
/* 0.0.0.0 or ::, where every interface listens. */
bool address_is_wildcard(const struct sockaddr_storage *s);
bool address_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* Token buckets, one per /24 or /64: whoever knocks too often is not worth a Diffie–Hellman. */
#define BUCKETS       1024u
#define BUCKET_RATE   20 /* tokens a second */
#define BUCKET_BURST  5
#define BUCKET_PROBES 8u /* places looked at; the one that waited longest makes room */

struct bucket {
    uint64_t net; /* of the /24 or /64; 0: free */
    int64_t milli_tokens;
    int64_t ms; /* when that was counted */
};
struct buckets {
    struct bucket b[BUCKETS];
};
/* True when one more connection from this address may be looked at now. */
bool bucket_take(struct buckets *t, const struct sockaddr_storage *from, struct kith_mono now);

#endif
