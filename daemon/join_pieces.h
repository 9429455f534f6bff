/* What a joining site was handed, by line or by files: kept in memory as it came, checked whole, then stored
 * in one transaction together with this site's own certificate. */
#ifndef KITHD_JOIN_PIECES_H
#define KITHD_JOIN_PIECES_H

#include "daemon/join_check.h"

#define JOIN_BYTES_MAX  (16u << 20) /* councils and control runs, collected in memory */
#define JOIN_PIECES_MAX 65536u

struct join_piece {
    bool is_run; /* else a council */
    uint32_t g;
    size_t at, n; /* in the collected bytes */
};
struct join_pieces {
    uint8_t *bytes; /* piece after piece */
    size_t bytes_n, bytes_cap;
    struct join_piece *piece;
    uint32_t pieces, pieces_cap;
};

void join_pieces_clear(struct join_pieces *p);
void join_pieces_reset(struct join_pieces *p); /* begins anew, with the memory that is there */
/* KITH_E_FULL above JOIN_BYTES_MAX or JOIN_PIECES_MAX. */
int join_pieces_add(struct join_pieces *p, bool is_run, uint32_t g, struct kith_bytes bytes);
int join_pieces_check(const struct join_pieces *p, struct join_check *c, struct kith_error *e);
/* What was checked, and the certificate of this site's first epoch. Not committed yet. */
int join_pieces_store(const struct join_pieces *p, struct daemon *d, struct join_check *c,
                      struct kith_error *e);

#endif
