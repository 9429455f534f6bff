/* Plays: short stories in a calm world, told in words and kept as golden files.
 *
 *     kith-sim --play NAME                       tells one
 *     kith-sim --play NAME --golden FILE         compares what it tells with FILE; names the first difference
 *
 * A play is a function in a file of its own, tests/sim/play_….c, one line in plays.def and the golden file
 * plays/NAME.txt, which is made by `kith-sim --play NAME > tests/sim/plays/NAME.txt` and then read: what it
 * says must be what should happen. Delays are constant in a calm world, so the text changes only when what
 * sites do changes. */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include "tests/sim/world.h"

#define PLAY_EPOCHS 6u /* epochs of a site that a play may reach */

/* Begins: so many sites, all members, all have met and all links are down again. Called first. */
void play_open(struct world *w, uint32_t sites);
/* A heading. */
void play_scene(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One line: when, who, what. `site` of WORLD_SITES or more is nobody. */
void play_say(struct world *w, uint32_t site, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Lets the world live until nothing happens for three seconds, or for `ms`, and tells what is seen to change:
 * heads of logs, members, forks, what is hidden, what sites note, whom they drop. */
void play_run(struct world *w, int64_t ms);
/* Something that must hold here; said as a line when it does, a violation when it does not. */
void play_expect(struct world *w, bool holds, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void play_link(struct world *w, uint32_t a, uint32_t b, bool up);
void play_links(struct world *w, bool up); /* all */
void play_write(struct world *w, uint32_t i, uint32_t entries);
void play_rotate(struct world *w, uint32_t i); /* closes its logs at their heads */
/* The head of a log of site `of` as site `at` tells it: 0 for none. */
uint64_t play_head(const struct world *w, uint32_t at, uint32_t of, uint32_t epoch, uint8_t stream);

/* Tells the play of this name to standard output. 0; 2 where there is none; 1 where an invariant or an
 * expectation did not hold. With golden (may be NULL) nothing is printed but the first difference, which is a
 * 1. */
int play_tell(const char *name, const char *golden, bool trace);
void play_list(void);

#endif
