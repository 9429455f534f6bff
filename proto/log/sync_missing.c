/* Bodies that are missing: they are remembered with their place and asked for once a session. */
#include "proto/log/sync_impl.h"

#include <assert.h>
#include <stdlib.h>

/* Takes out what came meanwhile; where peers stand in the list moves along. */
static void sync_missing_pack(struct sync *s)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        uint32_t before = 0;
        for (uint32_t k = 0; s->peer[i].up && k < s->peer[i].fill_at; k++)
            before += s->missing[k].log != NULL;
        s->peer[i].fill_at = before;
    }
    for (uint32_t i = 0; i < s->missing_n; i++)
        if (s->missing[i].log != NULL)
            s->missing[kept++] = s->missing[i];
    s->missing_n = kept;
    assert(kept == s->missing_open);
}

/* Whether n more can be remembered. */
bool sync_missing_room(struct sync *s, uint32_t n)
{
    if (s->missing_n + n > SYNC_MISSING_MAX && s->missing_open + n <= SYNC_MISSING_MAX)
        sync_missing_pack(s);
    return s->missing_n + n <= SYNC_MISSING_MAX;
}

int sync_missing_add(struct sync *s, struct heads_log *l, uint64_t seq, uint32_t origin)
{
    if (s->missing_n >= SYNC_MISSING_MAX)
        return KITH_E_FULL;
    if (s->missing_n == s->missing_cap) {
        uint32_t cap = s->missing_cap == 0 ? 16 : s->missing_cap * 2;
        struct sync_missing *grown = realloc(s->missing, cap * sizeof *grown);
        if (grown == NULL)
            return KITH_E_FULL;
        s->missing = grown;
        s->missing_cap = cap;
    }
    s->missing[s->missing_n++] = (struct sync_missing){l, seq, origin};
    s->missing_open++;
    l->missing++;
    return 0;
}

int sync_load_missing(struct sync *s, const struct kith_log_key *log, uint64_t seq)
{
    struct heads_log *l = heads_find(&s->heads, log);
    assert(l != NULL && seq <= l->tip);
    return sync_missing_add(s, l, seq, 0);
}

int sync_lost(struct sync *s, const struct kith_log_key *log, uint64_t seq)
{
    struct heads_log *l = heads_find(&s->heads, log);
    assert(seq >= 1);
    if (l == NULL || seq > l->tip)
        return KITH_E_NOTFOUND;
    for (uint32_t i = 0; i < s->missing_n; i++)
        if (s->missing[i].log == l && s->missing[i].seq == seq)
            return 0;
    if (!sync_missing_room(s, 1))
        return KITH_E_FULL;
    s->wants_version++;
    return sync_missing_add(s, l, seq, 0);
}
