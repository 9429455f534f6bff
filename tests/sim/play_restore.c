/* Homes that are old: restored from a backup, with and without the root key, and copied to a second machine.
 */
#include "tests/sim/play.h"

enum { ASH, BRY, COL, TWIN };

static void restore(struct world *w, uint32_t i)
{
    world_restore(w, i, 0);
    while (!w->site[i].alive)
        world_step(w);
}

/* BRY writes two, is backed up, writes two more that everybody gets, and is put back. */
static void old_home(struct world *w)
{
    play_scene(w, "I. BRY writes, is backed up, and writes more. Everybody has it.");
    play_links(w, true);
    play_write(w, BRY, 2);
    play_run(w, 20000);
    play_say(w, BRY, "is backed up");
    world_backup(w, BRY);
    play_write(w, BRY, 2);
    play_run(w, 20000);
    play_links(w, false);
}

void play_restored_in_time(struct world *w)
{
    play_open(w, 3);
    old_home(w);
    play_scene(w, "II. The backup is put back. BRY writes, but signs nothing before it has met somebody.");
    w->site[BRY].alone = false;
    restore(w, BRY);
    play_write(w, BRY, 1);
    play_run(w, 20000);
    play_expect(w, play_head(w, BRY, BRY, 1, KITH_LEARNING) == 2, "BRY has signed nothing");
    play_scene(w, "III. It meets COL, gets back what it had written, and goes on behind it.");
    play_link(w, BRY, COL, true);
    play_run(w, 20000);
    play_links(w, true);
    play_run(w, 30000);
    play_expect(w, play_head(w, ASH, BRY, 1, KITH_LEARNING) == 5,
                "ASH has five of BRY, and there was no fork");
    play_expect(w, world_converged(w), "all hold the same");
}

/* It signs alone, and there are two branches. */
static void writes_alone(struct world *w)
{
    play_scene(w, "II. The backup is put back, and a person has BRY write without meeting anybody.");
    w->site[BRY].alone = true;
    restore(w, BRY);
    play_write(w, BRY, 3);
    play_run(w, 5000);
}

void play_restored_with_root(struct world *w)
{
    play_open(w, 3);
    old_home(w);
    writes_alone(w);
    play_scene(w,
               "III. BRY meets ASH. The fork is found; BRY takes over what the network holds, and rotates.");
    play_link(w, ASH, BRY, true);
    play_run(w, 30000);
    play_expect(w, play_head(w, ASH, BRY, 1, KITH_LEARNING) == 4, "what the network held stays where it was");
    play_expect(w, play_head(w, ASH, BRY, 2, KITH_LEARNING) == 3, "what BRY wrote alone was written again");
    play_scene(w, "IV. COL hears of all that from ASH.");
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    play_expect(w, world_converged(w), "all hold the same");
}

void play_restored_without_root(struct world *w)
{
    play_open(w, 3);
    old_home(w);
    writes_alone(w);
    play_scene(w,
               "III. Its root key is not on the machine: BRY takes over what the network holds, and waits.");
    w->site[BRY].root_away = true;
    play_link(w, BRY, COL, true);
    play_run(w, 30000);
    play_write(w, BRY, 1);
    play_run(w, 30000);
    play_expect(w, play_head(w, COL, BRY, 2, KITH_LEARNING) == 0, "BRY has signed nothing more");
    play_scene(w, "IV. The key is brought: one rotation, and everything is written.");
    w->site[BRY].root_away = false;
    play_run(w, 30000);
    play_links(w, true);
    play_run(w, 30000);
    play_expect(w, play_head(w, ASH, BRY, 1, KITH_LEARNING) == 4, "ASH has four of epoch 1");
    play_expect(w, play_head(w, ASH, BRY, 2, KITH_LEARNING) == 4, "and four of epoch 2");
    play_expect(w, world_converged(w), "all hold the same");
}

void play_copied_home(struct world *w)
{
    play_open(w, 4);
    play_scene(
        w, "I. BRY's home is copied to another machine, and both are started; each knows one other site.");
    play_links(w, true);
    play_write(w, BRY, 2);
    play_run(w, 20000);
    play_links(w, false);
    world_twin(w, TWIN, BRY);
    while (!w->site[TWIN].alive)
        world_step(w);
    play_write(w, BRY, 1);
    play_write(w, TWIN, 1);
    play_link(w, ASH, BRY, true);
    play_link(w, COL, TWIN, true);
    play_run(w, 20000);
    play_scene(w, "II. ASH and COL meet: the log is forked. Neither machine has what the other one wrote.");
    play_link(w, ASH, COL, true);
    play_run(w, 20000);
    play_scene(w, "III. BRY meets COL, takes over what the network holds there, and heals.");
    play_link(w, COL, TWIN, false);
    play_link(w, BRY, COL, true);
    play_run(w, 30000);
    play_write(w, BRY, 1);
    play_run(w, 20000);
    play_scene(w, "IV. The copy comes back: its epoch is over. It takes itself for the one, and heals too.");
    play_link(w, BRY, COL, false);
    play_link(w, COL, TWIN, true);
    play_run(w, 30000);
    play_scene(w, "V. BRY hears of an epoch that it did not begin: it stops, and answers with none.");
    play_write(w, TWIN, 1);
    play_run(w, 30000);
    play_write(w, BRY, 1);
    play_run(w, 20000);
    play_expect(w, w->site[BRY].own == OWN_ELSEWHERE, "BRY has stopped");
    play_expect(w, play_head(w, ASH, BRY, 4, KITH_CONTROL) == 0, "nobody began a fourth epoch");
    play_expect(w, play_head(w, ASH, BRY, 3, KITH_LEARNING) > 0, "the other one goes on");
}

/* BRY is backed up, rotates, writes on, and is put back to before its rotation. */
static void old_keys(struct world *w)
{
    play_scene(w, "I. BRY writes, is backed up, rotates, and writes more. Everybody has it.");
    play_links(w, true);
    play_write(w, BRY, 2);
    play_run(w, 20000);
    play_say(w, BRY, "is backed up");
    world_backup(w, BRY);
    play_say(w, BRY, "rotates");
    world_rotate(w, BRY, NULL, 0);
    play_write(w, BRY, 3);
    play_run(w, 20000);
    play_links(w, false);
    play_scene(
        w, "II. The backup is put back. Its keys are over; a person has it write without meeting anybody.");
    w->site[BRY].alone = true;
    restore(w, BRY);
    play_write(w, BRY, 1);
    play_run(w, 5000);
}

static void nothing_lost(struct world *w)
{
    play_expect(w, play_head(w, COL, BRY, 1, KITH_LEARNING) == 2, "epoch 1 ends where it was closed");
    play_expect(w, play_head(w, COL, BRY, 2, KITH_LEARNING) == 3, "what was written in epoch 2 stays");
    play_expect(w, play_head(w, COL, BRY, 3, KITH_LEARNING) >= 1, "what was written alone was written again");
    play_expect(w, world_converged(w), "all hold the same");
}

void play_old_keys_with_root(struct world *w)
{
    play_open(w, 3);
    old_keys(w);
    play_scene(
        w, "III. BRY meets ASH and shows its root key. It learns of its later epoch, and the link breaks.");
    play_link(w, ASH, BRY, true);
    while (roster_member(w->site[BRY].roster, &w->site[BRY].site)->epoch == 1 && w->violation[0] == '\0')
        world_step(w);
    play_link(w, ASH, BRY, false);
    play_run(w, 30000);
    play_expect(w, w->site[BRY].epoch == 1, "BRY begins no epoch before it has what it wrote in the last");
    play_scene(w, "IV. They meet again: BRY gets what it had written, and begins a new epoch.");
    play_link(w, ASH, BRY, true);
    play_run(w, 30000);
    play_expect(w, w->site[BRY].epoch == 3, "BRY goes on in epoch 3");
    play_scene(w, "V. COL hears of all that from ASH.");
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    nothing_lost(w);
}

void play_old_keys_without_root(struct world *w)
{
    play_open(w, 3);
    old_keys(w);
    play_scene(w, "III. Its root key is not on the machine: nobody takes its link, and it hears nothing.");
    w->site[BRY].root_away = true;
    uint64_t messages = w->messages;
    play_link(w, ASH, BRY, true);
    play_run(w, 30000);
    play_link(w, COL, BRY, true);
    play_run(w, 30000);
    play_expect(w, w->messages == messages, "not one message was exchanged");
    play_expect(w, play_head(w, BRY, BRY, 2, KITH_CONTROL) == 0, "BRY has learnt nothing of epoch 2");
    play_scene(w, "IV. The key is brought; the next link is taken.");
    w->site[BRY].root_away = false;
    play_link(w, COL, BRY, true);
    play_run(w, 30000);
    play_links(w, true);
    play_run(w, 30000);
    nothing_lost(w);
}
