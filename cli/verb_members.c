/* kith members: the sites of the network. */
#include <stdio.h>

#include "cli/fresh.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/verbs.h"

static const struct sheet_column columns[] = {
    {"code", "CODE", SHEET_TEXT, SHEET_ALL, false, false},
    {"name", "NAME", SHEET_TEXT, SHEET_ALL, true, false},
    {"state", "ROLE", SHEET_TEXT, SHEET_ALL, false, false},
    {"entries", "ENTRIES", SHEET_INTEGER, SHEET_ALL, false, false},
    {"heard", "LAST LINK", SHEET_TIME, SHEET_MACHINES, false, false},
    {"last", "LAST LINK", SHEET_TEXT, SHEET_TABLES, false, true},
    {"addresses", "ADDRESSES", SHEET_TEXT, SHEET_ALL, false, true},
    {"self", "THIS SITE", SHEET_TRUTH, SHEET_MACHINES, false, false},
    {"site", "SITE", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"epoch", "EPOCH", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"software", "SOFTWARE", SHEET_TEXT, SHEET_MACHINES, false, false},
};

static void print_member(struct sheet *s, const struct replica_member *m)
{
    char last[PEOPLE_TIME_SIZE] = "";
    if (m->self)
        snprintf(last, sizeof last, "this site");
    else if (m->heard >= 0)
        people_time(s->cli->now, m->heard, last);
    sheet_text(s, "code", m->code);
    sheet_text(s, "name", m->name);
    sheet_text(s, "state", m->state);
    sheet_integer(s, "entries", (int64_t)m->entries);
    sheet_time(s, "heard", m->heard);
    sheet_text(s, "last", last);
    sheet_text(s, "addresses", m->addresses);
    sheet_truth(s, "self", m->self);
    sheet_text(s, "site", m->site);
    sheet_integer(s, "epoch", m->epoch);
    sheet_text(s, "software", m->software);
    sheet_row(s);
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct replica *r;
    struct replica_member *list = NULL;
    struct kith_error e;
    struct sheet s;
    uint32_t n = 0;
    (void)a;
    if (replica_open(cli->home, &r, &e))
        return cli_fail(&e);
    int rc = replica_members(r, &list, &n, &e);
    if (!rc && n) {
        page_begin(cli);
        fresh_print(cli, r);
        sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
        for (uint32_t i = 0; i < n; i++)
            print_member(&s, &list[i]);
        sheet_end(&s);
    }
    replica_members_free(list, n);
    replica_close(r);
    if (rc)
        return cli_fail(&e);
    if (n == 0)
        cli_note("kith: no members yet: join a network with kith join and the line of an invite");
    return n ? CLI_DONE : CLI_NOTHING;
}

const struct verb verb_members = {
    .name = "members",
    .topic = TOPIC_SITE,
    .arguments = "",
    .summary = "list the sites of the network",
    .text = "\"Last link\" is when a direct link with that site was in step; what it released\n"
            "may have come by way of others since. Works without the daemon.",
    .example = "    kith members\n    kith members --json",
    .run = run,
};
