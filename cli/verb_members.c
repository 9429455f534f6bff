/* kith members: the sites of the network, and how they came and went. */
#include <stdio.h>
#include <string.h>

#include "cli/decision.h"
#include "cli/fresh.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/verbs.h"

static const struct cli_option options[] = {
    {"history", OPTION_FLAG, NULL, "who was admitted and revoked, by whom, under which council"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct sheet_column history[] = {
    {"council", "COUNCIL", SHEET_INTEGER, SHEET_ALL, false, false},
    {"time", "WHEN", SHEET_TIME, SHEET_ALL, false, false},
    {"event", "EVENT", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"what", "WHAT", SHEET_TEXT, SHEET_ALL, true, false},
    {"state", "STATE", SHEET_TEXT, SHEET_ALL, false, false},
    {"agreed", "AGREED", SHEET_TEXT, SHEET_TABLES, false, true},
    {"have", "HAVE", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"need", "NEED", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"by", "BY", SHEET_TEXT, SHEET_ALL, false, false},
    {"cuts", "UP TO", SHEET_TEXT, SHEET_ALL, false, true},
    {"code", "CODE", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"name", "NAME", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"role", "ROLE", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"reason", "REASON", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"site", "SITE", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"id", "ID", SHEET_TEXT, SHEET_MACHINES, false, false},
};

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
    {"organisation", "ORGANISATION", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"software", "SOFTWARE", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"have", "HAVE", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"need", "NEED", SHEET_INTEGER, SHEET_MACHINES, false, false},
};

static void print_member(struct sheet *s, const struct replica_member *m)
{
    char last[PEOPLE_TIME_SIZE] = "", state[48];
    bool followed = m->organisation && strcmp(m->organisation, m->code) != 0; /* its root was lost */
    if (m->self)
        snprintf(last, sizeof last, "this site");
    else if (m->heard >= 0)
        people_time(s->cli->now, m->heard, last);
    sheet_text(s, "code", m->code);
    sheet_text(s, "name", m->name);
    snprintf(state, sizeof state, followed ? "%s, now %s" : "%s", m->state, m->organisation);
    sheet_text(s, "state", s->cli->format == CLI_PEOPLE ? state : m->state);
    sheet_integer(s, "entries", (int64_t)m->entries);
    sheet_time(s, "heard", m->heard);
    sheet_text(s, "last", last);
    sheet_text(s, "addresses", m->addresses);
    sheet_truth(s, "self", m->self);
    sheet_text(s, "site", m->site);
    sheet_integer(s, "epoch", m->epoch);
    sheet_text(s, "organisation", m->organisation);
    sheet_text(s, "software", m->software);
    sheet_row(s);
}

/* Whoever waits to be admitted is no member yet, and stands below them. */
static void print_pending(struct sheet *s, const struct replica_decision *x)
{
    char state[64];
    snprintf(state, sizeof state, "pending, %lld of %lld", (long long)x->have, (long long)x->need);
    sheet_text(s, "code", x->code);
    sheet_text(s, "name", x->name);
    sheet_text(s, "state", s->cli->format == CLI_PEOPLE ? state : "pending");
    sheet_text(s, "site", x->site);
    sheet_integer(s, "have", x->have);
    sheet_integer(s, "need", x->need);
    sheet_row(s);
}

static int list_members(struct cli *cli, struct replica *r, struct kith_error *e)
{
    struct replica_member *list = NULL;
    struct replica_decision *pending = NULL;
    struct sheet s;
    uint32_t n = 0, waits = 0;
    int rc = replica_members(r, &list, &n, e);
    if (!rc)
        rc = replica_decisions(r, REPLICA_PENDING, &pending, &waits, e);
    if (!rc && n) {
        page_begin(cli);
        decision_print_contested(cli, r);
        fresh_print(cli, r);
        sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
        for (uint32_t i = 0; i < n; i++)
            print_member(&s, &list[i]);
        for (uint32_t i = 0; i < waits; i++)
            print_pending(&s, &pending[i]);
        sheet_end(&s);
    }
    replica_members_free(list, n);
    replica_decisions_free(pending, waits);
    return rc ? rc : n > 0;
}

static void print_event(struct sheet *s, const struct replica_decision *x)
{
    decision_put(s, x);
    if (x->g >= 0)
        sheet_integer(s, "council", x->g);
    sheet_time(s, "time", x->time);
    sheet_text(s, "event", x->event);
    sheet_text(s, "state", x->state);
    sheet_text(s, "cuts", x->cuts);
    sheet_text(s, "code", x->code);
    sheet_text(s, "name", x->name);
    sheet_text(s, "role", x->role);
    sheet_text(s, "reason", x->reason);
    sheet_text(s, "site", x->site);
    sheet_row(s);
}

static int list_history(struct cli *cli, struct replica *r, struct kith_error *e)
{
    struct replica_decision *list = NULL;
    struct sheet s;
    uint32_t n = 0;
    int rc = replica_decisions(r, REPLICA_HISTORY, &list, &n, e);
    if (!rc && n) {
        page_begin(cli);
        decision_print_contested(cli, r);
        fresh_print(cli, r);
        sheet_begin(&s, cli, history, sizeof history / sizeof history[0]);
        for (uint32_t i = 0; i < n; i++)
            print_event(&s, &list[i]);
        sheet_end(&s);
    }
    replica_decisions_free(list, n);
    return rc ? rc : n > 0;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct replica *r;
    struct kith_error e;
    if (replica_open(cli->home, &r, &e))
        return cli_fail(&e);
    int found = options_has(a, "history") ? list_history(cli, r, &e) : list_members(cli, r, &e);
    replica_close(r);
    if (found < 0)
        return cli_fail(&e);
    if (found == 0)
        cli_note("kith: no members yet: join a network with kith join and the line of an invite");
    return found ? CLI_DONE : CLI_NOTHING;
}

const struct verb verb_members = {
    .name = "members",
    .topic = TOPIC_SITE,
    .arguments = "",
    .summary = "list the sites of the network",
    .text = "\"Last link\" is when a direct link with that site was in step; what it released\n"
            "may have come by way of others since. Works without the daemon.\n"
            "\n"
            "--history lists each council with who signed it, and under it each admission,\n"
            "revocation and withdrawal with the positions at which coordinators posted it. Up to\n"
            "says how far the logs of a revoked site count. Times are claims of who posted first;\n"
            "of a council, when it came here. Time decides nothing.",
    .example = "    kith members\n    kith members --history\n    kith members --json",
    .options = options,
    .run = run,
};
