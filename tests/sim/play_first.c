/* The first play: how the others are written. */
#include "tests/sim/play.h"

void play_three_meet(struct world *w)
{
    enum { ASH, BRY, COL };
    play_open(w, 3);
    play_scene(w, "I. Each writes alone.");
    play_write(w, ASH, 3);
    play_write(w, COL, 200);
    play_run(w, 5000);
    play_scene(w, "II. A line of three: what COL wrote reaches ASH through BRY.");
    play_link(w, ASH, BRY, true);
    play_link(w, BRY, COL, true);
    play_run(w, 30000);
    play_expect(w, world_converged(w), "all hold the same");
    play_scene(w, "III. COL writes while apart, and is met by ASH.");
    play_link(w, BRY, COL, false);
    play_write(w, COL, 2);
    play_run(w, 5000);
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    play_expect(w, world_converged(w), "all hold the same");
}
