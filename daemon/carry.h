/* Bundles, the daemon's side: making one piece by piece, and taking one in piece by piece (SPEC 8). The files
 * are opened by `kith`, as the user who asks: the daemon never sees a path, and may not reach those places
 * anyway.
 *
 * Making reads what is durable, from a list of heads taken at the beginning. Applying hands every record to
 * sync as if a peer had sent it, so there is one way into the store. */
#ifndef KITHD_CARRY_H
#define KITHD_CARRY_H

#include "daemon/daemon.h"
#include "proto/log/bundle_check.h"

#define CARRY_PIECE    (256u * 1024u) /* bytes that one read gives, about */
#define CARRY_PUT_MAX  (512u * 1024u) /* bytes that one put takes */
#define CARRY_AT_ONCE  4u             /* bundles made and checked at the same time */
#define CARRY_PART_MIN (256u * 1024u)
#define CARRY_WAITS    16u /* prerequisites that a report names */

/* ---- making ---- */

struct carry_out;

struct carry_wish {
    const char *to;   /* for this site, by what its last bundle told; NULL: for everybody */
    const char *seal; /* readable by this site alone; NULL: by all */
    bool since;       /* only what was stored here at `when` or later */
    struct kith_wall when;
    uint64_t part_size; /* bytes of one part; 0: all in one */
};
int carry_out_begin(struct daemon *d, const struct carry_wish *w, struct carry_out **ret,
                    struct kith_error *e);
/* Leaves out what lies up to a head that somebody holds. */
void carry_out_base(struct carry_out *o, const struct bundle_head *h);

struct carry_piece {
    struct kith_bytes bytes; /* borrowed until the next call */
    uint32_t part;           /* that they belong to */
    bool ends;               /* the part ends with them */
    bool done;               /* and the bundle, too */
    uint64_t entries, total; /* so far, in all */
};
int carry_out_read(struct carry_out *o, struct carry_piece *ret, struct kith_error *e);
void carry_out_free(struct carry_out *o); /* NULL is fine */

/* ---- taking in ---- */

struct carry_in;

struct carry_report {
    struct bundle_opening opening;
    bool joined;            /* this home became a member by it */
    bool last;              /* the last part of its set */
    uint64_t runs, entries; /* new here */
    uint64_t known;         /* runs that were here already */
    uint64_t waiting;       /* runs that go on from something that is not here */
    uint64_t left;          /* runs that do not count here: unknown sites, closed logs */
    uint64_t behind;        /* after the last part: logs of which its sender holds more than is here now */
    uint32_t waits_n;       /* of those waiting, what is needed first */
    struct kith_pos waits[CARRY_WAITS]; /* the entry before the first that waits */
    struct bundle_found found;          /* of a check */
};
/* apply: take in what holds; else only look, without changing anything. */
int carry_in_begin(struct daemon *d, bool apply, struct carry_in **ret, struct kith_error *e);
int carry_in_put(struct carry_in *i, struct kith_bytes bytes, struct kith_error *e);
/* The file has ended. Nothing is committed yet. */
int carry_in_end(struct carry_in *i, struct carry_report *ret, struct kith_error *e);
/* The checker, for names in a report; NULL while applying. */
const struct bundle_check *carry_in_check(const struct carry_in *i);
void carry_in_free(struct carry_in *i); /* at any time; NULL is fine */

#endif
