/* The simulated world in which plays for the replication brain are given. */
#ifndef KITH_TEST_SYNC_STAGE_H
#define KITH_TEST_SYNC_STAGE_H

#include "tests/sim/world.h"

static struct world w;

static struct kith_log_key learning_of(uint32_t i)
{
    return (struct kith_log_key){w.site[i].site, 1, KITH_LEARNING};
}

static uint64_t head_at(uint32_t at, uint32_t of)
{
    struct kith_log_key key = learning_of(of);
    uint64_t seq;
    struct kith_id id;
    sync_head(w.site[at].sync, &key, &seq, &id);
    return seq;
}

static int done(void **state)
{
    (void)state;
    if (w.violation[0] != '\0')
        print_error("%s\n", w.violation);
    int bad = w.violation[0] != '\0';
    world_clear(&w);
    return bad;
}

#endif
