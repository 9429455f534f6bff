#include "cli/fresh.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/people.h"

/* The parts of the line, each a whole sentence: nothing is put together from pieces. */
static void say(FILE *out, const struct cli *cli, const struct replica_health *h)
{
    char when[PEOPLE_TIME_SIZE], number[32];
    const char *between = "";
    if (h->lag) {
        people_number(h->lag, number);
        fprintf(out, "%s entries have arrived that cannot be searched yet.", number);
        between = " ";
    }
    if (h->members > 1 && h->heard < 0)
        fprintf(out, "%sThis replica was never in step with another site.", between);
    else if (h->members > 1 && cli->now - h->heard > FRESH_MS) {
        people_time(cli->now, h->heard, when);
        fprintf(out, "%sLast in step with %s: %s.", between, h->heard_code, when);
    }
    if (h->members > 1 && (h->heard < 0 || cli->now - h->heard > FRESH_MS))
        between = " ";
    if (h->silent)
        fprintf(out, "%sSites silent for a week: %u of %u.", between, h->silent, h->members - 1);
}

static bool is_whole(const struct cli *cli, const struct replica_health *h)
{
    bool heard = h->members <= 1 || (h->heard >= 0 && cli->now - h->heard <= FRESH_MS);
    return h->lag == 0 && h->silent == 0 && heard;
}

void fresh_print(const struct cli *cli, struct replica *r)
{
    struct replica_health h;
    char *text = NULL;
    size_t n = 0;
    FILE *out = cli->format == CLI_PEOPLE ? stdout : stderr;
    if (replica_health(r, cli->now, &h, NULL) || is_whole(cli, &h))
        return;
    FILE *memory = open_memstream(&text, &n);
    if (!memory)
        return;
    say(memory, cli, &h);
    fclose(memory);
    fputs(cli_dim(cli), out);
    people_wrap(out, text, n, cli->width, 0);
    fputs(cli_reset(cli), out);
    free(text);
}

void fresh_print_readers(const struct cli *cli, bool released)
{
    struct replica *r;
    struct replica_self self;
    struct replica_health h;
    if (replica_open(cli->home, &r, NULL))
        return;
    if (replica_self(r, &self, NULL) == 0 && replica_health(r, cli->now, &h, NULL) == 0 && self.network[0])
        people_say(cli,
                   released ? "Released to %s: readable by all of its sites (%u now)."
                            : "All sites of %s would read it, for good (%u now).",
                   self.network, h.members);
    replica_close(r);
}
