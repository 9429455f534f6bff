/* What a full verification found damaged is mended where somebody else has it. */
#ifndef KITHD_REPAIR_H
#define KITHD_REPAIR_H

#include "daemon/daemon.h"

struct repair_done {
    uint32_t logs;    /* of others, from the damaged run on dropped and asked for again */
    bool projections; /* made anew */
    bool own;         /* a log of this site is damaged: nothing is appended until it was restored */
};
/* Foreign damage is dropped and asked for again; what is shown and searched is made anew. Own damage is left
 * as it is: this site appends nothing any more, also after a restart, until a verification finds its logs
 * whole (I10). */
void repair_damage(struct daemon *d, const struct store_report *r, struct repair_done *ret);
/* At the start: was this site stopped by own damage? */
int repair_load(struct daemon *d, struct kith_error *e);

#endif
