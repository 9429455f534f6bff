#include "cli/status_sites.h"

#include <stdlib.h>
#include <string.h>

#include "cli/bundle.h"
#include "cli/fresh.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/replica_site.h"
#include "cli/sheet.h"

#define TROUBLES_MAX 200u

static const struct sheet_column site_columns[] = {
    {"code", "CODE", SHEET_TEXT, SHEET_ALL, false, false},
    {"state", "ROLE", SHEET_TEXT, SHEET_ALL, false, true},
    {"fingerprint", "FINGERPRINT", SHEET_TEXT, SHEET_ALL, false, false},
    {"heard", "LAST LINK", SHEET_TIME, SHEET_ALL, false, false},
    {"entries", "ENTRIES", SHEET_INTEGER, SHEET_ALL, false, false},
    {"gaps", "GAPS", SHEET_INTEGER, SHEET_ALL, false, false},
    {"missing", "MISSING", SHEET_INTEGER, SHEET_ALL, false, false},
    {"refused", "REFUSED", SHEET_INTEGER, SHEET_ALL, false, false},
    {"withdrawn", "TAKEN BACK", SHEET_INTEGER, SHEET_ALL, false, true},
    {"refuses", "REFUSES OURS", SHEET_INTEGER, SHEET_ALL, false, true},
    {"software", "SOFTWARE", SHEET_TEXT, SHEET_ALL, false, true},
    {"self", "THIS SITE", SHEET_TRUTH, SHEET_MACHINES, false, false},
};

static const struct sheet_column cover_columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"site", "SITE", SHEET_TEXT, SHEET_ALL, false, false},
    {"state", "STATE", SHEET_TEXT, SHEET_ALL, false, false},
    {"since", "KNOWN SINCE", SHEET_TIME, SHEET_ALL, false, false},
    {"self", "THIS SITE", SHEET_TRUTH, SHEET_MACHINES, false, false},
};

static void print_site(struct sheet *s, const struct replica_site *x)
{
    char print[FINGERPRINT_SIZE];
    bundle_fingerprint_hex(x->site, print);
    sheet_text(s, "code", x->code);
    sheet_text(s, "state", x->state);
    sheet_text(s, "fingerprint", print);
    sheet_time(s, "heard", x->heard);
    sheet_integer(s, "entries", (int64_t)x->entries);
    sheet_integer(s, "gaps", (int64_t)x->gaps);
    sheet_integer(s, "missing", (int64_t)x->missing);
    sheet_integer(s, "refused", (int64_t)x->refused);
    sheet_integer(s, "withdrawn", (int64_t)x->withdrawn);
    sheet_integer(s, "refuses", (int64_t)x->refuses);
    sheet_text(s, "software", x->software);
    sheet_truth(s, "self", x->self);
    sheet_row(s);
}

/* Below the table, one sentence each; machines have them as rows of their own in `kith status --json`. */
static int print_troubles(const struct cli *cli, struct replica *r, struct kith_error *e)
{
    struct replica_trouble *t = NULL;
    uint32_t n = 0;
    int rc = replica_troubles(r, TROUBLES_MAX, &t, &n, e);
    for (uint32_t i = 0; i < n && !rc; i++)
        if (strcmp(t[i].state, "missing") == 0)
            people_say(cli, "%s: its text has not arrived; no site that was asked has it.", t[i].id);
        else
            people_say(cli, "%s was refused by %s: %s", t[i].id, t[i].by, t[i].rule);
    free(t);
    return rc;
}

int status_sites(const struct cli *cli)
{
    struct replica *r;
    struct replica_site *list = NULL;
    struct kith_error e;
    struct sheet s;
    uint32_t n = 0;
    int rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    rc = replica_sites(r, &list, &n, &e);
    if (!rc && n) {
        page_begin(cli);
        fresh_print(cli, r);
        sheet_begin(&s, cli, site_columns, sizeof site_columns / sizeof site_columns[0]);
        for (uint32_t i = 0; i < n; i++)
            print_site(&s, &list[i]);
        sheet_end(&s);
        rc = cli->format == CLI_PEOPLE ? print_troubles(cli, r, &e) : 0;
    }
    free(list);
    replica_close(r);
    if (rc)
        return cli_fail(&e);
    if (n == 0)
        cli_note("kith: no members yet: join a network with kith join and the line of an invite");
    return n ? CLI_DONE : CLI_NOTHING;
}

static void say_coverage(const struct cli *cli, const char *id, const struct replica_cover *c, uint32_t n)
{
    uint32_t holds = 0, erased = 0, unknown = 0;
    for (uint32_t i = 0; i < n; i++) {
        holds += strcmp(c[i].state, "holds") == 0 || strcmp(c[i].state, "keeps") == 0;
        erased += strcmp(c[i].state, "erased") == 0;
        unknown += strcmp(c[i].state, "unknown") == 0;
    }
    people_say(cli, "%s: %u of %u sites are known to hold it; erased by %u, not known of %u.", id, holds, n,
               erased, unknown);
}

int status_coverage(const struct cli *cli, const char *id)
{
    struct record_name name;
    struct replica *r;
    struct replica_cover *list = NULL;
    struct kith_error e;
    struct sheet s;
    uint32_t n = 0;
    int rc = name_parse(id, &name, &e);
    if (!rc)
        rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    rc = replica_coverage(r, &name, &list, &n, &e);
    if (!rc) {
        page_begin(cli);
        if (cli->format == CLI_PEOPLE)
            say_coverage(cli, id, list, n);
        sheet_begin(&s, cli, cover_columns, sizeof cover_columns / sizeof cover_columns[0]);
        for (uint32_t i = 0; i < n; i++) {
            sheet_text(&s, "id", id);
            sheet_text(&s, "site", list[i].site);
            sheet_text(&s, "state", list[i].state);
            sheet_time(&s, "since", list[i].since);
            sheet_truth(&s, "self", list[i].self);
            sheet_row(&s);
        }
        sheet_end(&s);
        if (cli->format == CLI_PEOPLE)
            people_say(cli, "Known from links on which both sides were found to hold the same, from the "
                            "latest bundle that "
                            "a site has sent, and from receipts. Of all others nothing is known; kith sync "
                            "asks those that "
                            "are linked now.");
    }
    free(list);
    replica_close(r);
    return rc ? cli_fail(&e) : CLI_DONE;
}
