/* A relay that keeps what it was given to itself, and passes on the frame. */
#include "tests/sim/play.h"

static uint64_t missing(const struct world *w, uint32_t i)
{
    struct sync_stats s;
    sync_stats(w->site[i].sync, &s);
    return s.missing_bodies;
}

void play_relay_strips(struct world *w)
{
    enum { ASH, BRY, COL };
    play_open(w, 3);
    play_scene(w, "I. BRY stands between the two others, and takes the texts out of what it passes on.");
    w->site[BRY].strips = true;
    play_write(w, COL, 30);
    play_link(w, ASH, BRY, true);
    play_link(w, BRY, COL, true);
    play_run(w, 30000);
    play_expect(w, play_head(w, ASH, COL, 1, KITH_LEARNING) == 30, "ASH knows that COL wrote 30 entries");
    play_expect(w, missing(w, ASH) > 0, "ASH says that texts are missing: no relay can make them gone");
    play_expect(w, missing(w, BRY) == 0, "BRY lacks none");
    play_scene(w, "II. ASH meets COL itself, and asks for them.");
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    play_expect(w, missing(w, ASH) == 0, "ASH lacks none any more");
    play_expect(w, world_converged(w), "all hold the same");
}
