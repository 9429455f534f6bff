/* kith status: who this site is, how fresh its replica, who it is linked with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/control.h"
#include "cli/people.h"
#include "cli/replica_site.h"
#include "cli/sheet.h"
#include "cli/status_sites.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

#define COLUMN       13u /* where facts begin */
#define REFUSED_MAX  5u  /* refused texts that are named */
#define TROUBLES_MAX 50u

static const struct cli_option options[] = {
    {"sites", OPTION_FLAG, NULL,
     "each site: fingerprint, last link, gaps, texts missing or refused, software"},
    {"coverage", OPTION_VALUE, "ID", "which sites hold this record, as far as this one knows"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* Both halves; `live` is NULL without a daemon. */
struct status {
    const struct cli *cli;
    struct replica_self self;
    struct replica_health h;
    struct replica_event event; /* the last that happened to the membership */
    struct replica_refused refused[REFUSED_MAX];
    uint32_t refused_n;
    struct js *live;
    struct replica_trouble
        *trouble; /* what others refused of this site's, then what is missing or refused here */
    uint32_t troubles;
};

/* A fact; what is too long for its line goes on below its beginning. */
static void print_text(const struct status *s, const char *label, const char *text)
{
    char *wrapped = NULL;
    size_t n = 0;
    if (s->cli->plain) {
        printf("%s: %s\n", label, text);
        return;
    }
    FILE *memory = open_memstream(&wrapped, &n);
    if (!memory)
        exit(cli_failf(KITH_E_INTERNAL, "not enough memory: \"%s\": close something and try again", label));
    people_wrap(memory, text, strlen(text), s->cli->width, COLUMN);
    fclose(memory);
    printf("%s%-12s%s %s", cli_bold(s->cli), label, cli_reset(s->cli), wrapped + COLUMN);
    free(wrapped);
}

static void print_number(const struct status *s, const char *label, uint64_t v, const char *behind)
{
    char number[32], text[200];
    people_number(v, number);
    snprintf(text, sizeof text, "%s%s", number, behind);
    print_text(s, label, text);
}

static void print_links(const struct status *s)
{
    const struct js *peers = js_get(s->live, "peers");
    char when[PEOPLE_TIME_SIZE], text[256];
    for (size_t i = 0; i < js_count(peers); i++) {
        const struct js *p = js_at(peers, i);
        const char *code = js_text(p, "code"), *address = js_text(p, "address");
        people_time(s->cli->now, s->cli->now - js_integer(p, "since_ms", 0), when);
        snprintf(text, sizeof text, "%s  %s  %s  since %s", code ? code : "?",
                 js_truth(p, "in_step") ? "in step" : "catching up", address ? address : "", when);
        print_text(s, i == 0 || s->cli->plain ? "Links" : "", text);
    }
    if (s->live && js_count(peers) == 0)
        print_text(s, "Links", s->h.members > 1 ? "none: no other site can be reached now" : "none");
}

static void print_daemon(const struct status *s)
{
    const struct js *listen = js_get(s->live, "listen");
    char text[CLI_PATH_MAX + 64];
    if (!s->live) {
        snprintf(text, sizeof text, "not running: start it with kithd --home %s", s->cli->home);
        print_text(s, "Daemon", text);
        return;
    }
    const char *version = js_text(s->live, "version"), *root = js_text(s->live, "root_key");
    snprintf(text, sizeof text, "%s, process %lld", version ? version : "running",
             (long long)js_integer(s->live, "pid", 0));
    print_text(s, "Daemon", text);
    for (size_t i = 0; i < js_count(listen); i++)
        print_text(s, i == 0 || s->cli->plain ? "Listens on" : "", js_string(js_at(listen, i)));
    if (root && strcmp(root, "here") == 0)
        print_text(s, "Root key", "on this machine");
}

/* What this user may do here, and whether one group gives it all. */
static void print_roles(const struct status *s)
{
    const struct js *roles = js_get(s->live, "roles");
    const char *group = js_text(js_get(s->live, "groups"), "share");
    bool all_one = js_truth(s->live, "roles_all_one");
    char text[300] = "";
    size_t n = 0;
    if (!roles)
        return;
    for (size_t i = 0; i < js_count(roles) && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? ", " : "", js_string(js_at(roles, i)));
    print_text(s, "Your roles", text);
    if (js_integer(s->live, "persons", 1) > 1)
        print_text(s, "Releases",
                   all_one && !group ? "take two persons here, and no group is set up: nobody can release "
                                       "(man kithd, ROLES)"
                                     : "take two persons here");
    if (!all_one)
        return;
    snprintf(text, sizeof text,
             group
                 ? "all roles belong to the group %.60s: whoever shares may also release, see raw counts and "
                   "administer"
                 : "no groups are set up: who runs kithd has all roles (man kithd)",
             group);
    print_text(s, "Groups", text);
}

/* What is out of the ordinary about this site's membership. */
static void print_standing(const struct status *s)
{
    char text[200], when[PEOPLE_TIME_SIZE];
    if (s->self.left >= 0) {
        people_time(s->cli->now, s->self.left, when);
        snprintf(text, sizeof text, "left %s; what is here stays readable", when);
        print_text(s, "Membership", text);
    } else if (strcmp(s->self.state, "revoked") == 0) {
        print_text(s, "Membership", "revoked: kith members --history says by whom and why");
    } else if (s->self.revoked_by[0]) {
        snprintf(text, sizeof text, "%s says that this site was revoked; ask a coordinator why",
                 s->self.revoked_by);
        print_text(s, "Membership", text);
    } else if (strcmp(s->self.state, "observer") == 0) {
        print_text(s, "Membership", "observer: reads everything, releases nothing");
    }
}

/* Whether this site belongs yet; the daemon knows better than what it last wrote. */
static void print_membership(const struct status *s)
{
    const struct js *pending = js_get(s->live, "pending");
    char text[300], when[PEOPLE_TIME_SIZE];
    if (s->self.contested[0])
        print_text(s, "ATTENTION", s->self.contested);
    if (s->h.waiting_here)
        print_number(s, "Decisions", s->h.waiting_here,
                     s->h.waiting_here == 1 ? " waits for this site to agree: kith endorse"
                                            : " wait for this site to agree: kith endorse");
    if (s->h.waiting > s->h.waiting_here)
        print_number(s, s->h.waiting_here && !s->cli->plain ? "" : "Decisions",
                     s->h.waiting - s->h.waiting_here,
                     s->h.waiting - s->h.waiting_here == 1 ? " waits for another coordinator: kith endorse"
                                                           : " wait for another coordinator: kith endorse");
    if (s->event.number > 0) {
        people_time(s->cli->now, s->event.time, when);
        snprintf(text, sizeof text, "%s: %.200s", when, s->event.text);
        print_text(s, "Last change", text);
    }
    if (js_is_null(pending) && s->self.pending[0])
        print_text(s, "Membership", s->self.pending);
    print_standing(s);
    if (js_is_null(pending))
        return;
    snprintf(text, sizeof text, "pending, %lld of %lld coordinators have agreed",
             (long long)js_integer(pending, "have", 0), (long long)js_integer(pending, "need", 0));
    print_text(s, "Membership", text);
}

static void print_network(const struct status *s)
{
    const struct js *pending = js_get(s->live, "pending");
    char text[300];
    snprintf(text, sizeof text, "%s",
             pending && !js_is_null(pending) ? "none yet: this site waits to be admitted"
                                             : "none yet: join one with kith join and the line of an invite");
    if (s->self.network[0])
        snprintf(text, sizeof text, s->h.members ? "%s (%u %s)" : "%s", s->self.network, s->h.members,
                 s->h.members == 1 ? "site" : "sites");
    print_text(s, "Network", text);
    print_membership(s);
}

static void print_refused(const struct status *s)
{
    char text[240];
    if (s->h.refused)
        print_number(s, "Refused", s->h.refused, " texts that broke a rule of the network");
    for (uint32_t i = 0; i < s->refused_n; i++) {
        snprintf(text, sizeof text, "%s: %s", s->refused[i].id, s->refused[i].rule);
        print_text(s, s->cli->plain ? "Refused" : "", text);
    }
}

/* How this site's own logs stand, where that keeps it from writing. */
static void print_own(const struct status *s)
{
    const char *own = js_text(s->live, "own");
    if (!own || strcmp(own, "well") == 0)
        return;
    if (strcmp(own, "waits") == 0)
        print_text(s, "Writing",
                   "waits until own entries were compared with a peer; kith release --alone does without");
    else if (strcmp(own, "elsewhere") == 0)
        print_text(
            s, "Writing",
            "STOPPED: another machine runs as this site, or this home went on from an old copy before and "
            "is one again: stop the other where there is one, then kith rotate (--compromised where it "
            "was stolen)");
    else if (js_text(s->live, "root_key") && strcmp(js_text(s->live, "root_key"), "here") == 0)
        print_text(s, "Writing",
                   "this home is an old copy: it goes on by itself from what the network holds");
    else if (strcmp(own, "older") == 0)
        print_text(s, "Writing",
                   "STOPPED: this home is an old copy whose keys are over, and other sites take no link "
                   "under them: kith key import FILE, with the root key; the rest goes by itself");
    else
        print_text(s, "Writing", "this home is an old copy: kith key import FILE, then kith rotate");
}

static void print_freshness(const struct status *s)
{
    char when[PEOPLE_TIME_SIZE], text[120];
    if (s->h.members > 1 && s->h.heard < 0)
        print_text(s, "Last heard", "never in step with another site");
    else if (s->h.members > 1) {
        people_time(s->cli->now, s->h.heard, when);
        snprintf(text, sizeof text, "%s (%s)", when, s->h.heard_code);
        print_text(s, "Last heard", text);
    }
    if (s->h.silent)
        print_number(s, "Silent", s->h.silent,
                     s->h.silent == 1 ? " site for a week or more" : " sites for a week or more");
    if (s->h.lag)
        print_number(s, "Lag", s->h.lag, " entries have arrived that cannot be searched yet");
    if (s->h.missing)
        print_number(s, "Missing", s->h.missing, " texts that no site has given yet");
    print_refused(s);
}

/* What other sites turned away of this one's. */
static void print_refusals(const struct status *s)
{
    char text[300];
    bool first = true;
    for (uint32_t i = 0; i < s->troubles; i++) {
        const struct replica_trouble *t = &s->trouble[i];
        if (strcmp(t->by, s->self.code) == 0)
            continue;
        snprintf(text, sizeof text, "%s by %s: %s", t->id, t->by, t->rule);
        print_text(s, first || s->cli->plain ? "Turned away" : "", text);
        first = false;
    }
}

/* Erasing that cannot go on, and withdrawals that this machine did not write. */
static void print_erasing(const struct status *s)
{
    const struct js *x = js_get(s->live, "erasing");
    const char *reader = js_text(x, "reader"), *failed = js_text(x, "failed");
    char text[300];
    if (reader && reader[0]) {
        snprintf(text, sizeof text, "waits for %s, which has read the replica for %lld s", reader,
                 (long long)js_integer(x, "waits_ms", 0) / 1000);
        print_text(s, "Erasing", text);
    }
    if (failed && failed[0])
        print_text(s, "Erasing", failed);
    if (js_integer(s->live, "doubted", 0) > 0)
        print_number(
            s, "Doubted", (uint64_t)js_integer(s->live, "doubted", 0),
            " taken back in this site's name, not by this machine; nothing is written until that is settled:"
            " kith withdraw --status");
}

static void print_people(const struct status *s)
{
    char text[300];
    snprintf(text, sizeof text, "%s  %s", s->self.code[0] ? s->self.code : "(no code)", s->self.name);
    print_text(s, "Site", text);
    print_network(s);
    print_number(s, "Entries", s->h.entries, "");
    print_number(s, "Here only", s->h.drafts, s->h.drafts ? " not released: kith release ID… or --all" : "");
    print_own(s);
    print_freshness(s);
    print_refusals(s);
    print_erasing(s);
    print_links(s);
    print_daemon(s);
    print_roles(s);
    print_text(s, "Home", s->cli->home);
}

static struct js *refused_list(const struct status *s)
{
    struct js *list = js_array();
    for (uint32_t i = 0; i < s->refused_n; i++) {
        struct js *one = js_object();
        js_put(one, "id", s->refused[i].id);
        js_put(one, "rule", s->refused[i].rule);
        js_add_take(list, one);
    }
    return list;
}

static struct js *troubles_json(const struct status *s)
{
    struct js *list = js_array();
    for (uint32_t i = 0; i < s->troubles; i++) {
        struct js *o = js_object();
        js_put(o, "id", s->trouble[i].id);
        js_put(o, "by", s->trouble[i].by);
        js_put(o, "state", s->trouble[i].state);
        js_put(o, "rule", s->trouble[i].rule[0] ? s->trouble[i].rule : NULL);
        js_add_take(list, o);
    }
    return list;
}

static struct js *make_json(const struct status *s)
{
    struct js *o = js_object();
    js_put(o, "site", s->self.site);
    js_put(o, "code", s->self.code);
    js_put(o, "name", s->self.name);
    js_put(o, "network", s->self.network[0] ? s->self.network : NULL);
    js_put(o, "network_id", s->self.network_id[0] ? s->self.network_id : NULL);
    js_put_integer(o, "members", s->h.members);
    js_put_integer(o, "entries", (int64_t)s->h.entries);
    js_put_integer(o, "drafts", (int64_t)s->h.drafts);
    js_put_integer(o, "lag", (int64_t)s->h.lag);
    js_put_time(o, "heard", s->h.heard);
    js_put(o, "heard_from", s->h.heard >= 0 ? s->h.heard_code : NULL);
    js_put_integer(o, "silent", s->h.silent);
    js_put_integer(o, "missing", (int64_t)s->h.missing);
    js_put_integer(o, "refused", (int64_t)s->h.refused);
    js_put_take(o, "refused_first", refused_list(s));
    js_put_truth(o, "running", s->live != NULL);
    js_put_copy(o, "pending", js_get(s->live, "pending"));
    js_put(o, "state", s->self.state[0] ? s->self.state : NULL);
    js_put_time(o, "left", s->self.left);
    js_put(o, "revoked_by", s->self.revoked_by[0] ? s->self.revoked_by : NULL);
    js_put_integer(o, "waiting", s->h.waiting);
    js_put_integer(o, "waiting_here", s->h.waiting_here);
    js_put(o, "contested", s->self.contested[0] ? s->self.contested : NULL);
    js_put_copy(o, "peers", js_get(s->live, "peers"));
    js_put_copy(o, "listen", js_get(s->live, "listen"));
    js_put_copy(o, "pid", js_get(s->live, "pid"));
    js_put_copy(o, "version", js_get(s->live, "version"));
    js_put_copy(o, "doubted", js_get(s->live, "doubted"));
    js_put_copy(o, "erasing", js_get(s->live, "erasing"));
    js_put_take(o, "troubles", troubles_json(s));
    js_put_copy(o, "root_key", js_get(s->live, "root_key"));
    js_put_copy(o, "own", js_get(s->live, "own"));
    js_put_copy(o, "roles", js_get(s->live, "roles"));
    js_put_copy(o, "groups", js_get(s->live, "groups"));
    js_put_copy(o, "roles_all_one", js_get(s->live, "roles_all_one"));
    js_put_copy(o, "persons", js_get(s->live, "persons"));
    js_put(o, "home", s->cli->home);
    return o;
}

static void print_csv(const struct status *s)
{
    static const struct sheet_column columns[] = {
        {"site", "", SHEET_TEXT, SHEET_ALL, false, false},
        {"code", "", SHEET_TEXT, SHEET_ALL, false, false},
        {"name", "", SHEET_TEXT, SHEET_ALL, false, false},
        {"network", "", SHEET_TEXT, SHEET_ALL, false, false},
        {"members", "", SHEET_INTEGER, SHEET_ALL, false, false},
        {"entries", "", SHEET_INTEGER, SHEET_ALL, false, false},
        {"drafts", "", SHEET_INTEGER, SHEET_ALL, false, false},
        {"lag", "", SHEET_INTEGER, SHEET_ALL, false, false},
        {"heard", "", SHEET_TIME, SHEET_ALL, false, false},
        {"silent", "", SHEET_INTEGER, SHEET_ALL, false, false},
        {"missing", "", SHEET_INTEGER, SHEET_ALL, false, false},
        {"refused", "", SHEET_INTEGER, SHEET_ALL, false, false},
        {"running", "", SHEET_TRUTH, SHEET_ALL, false, false},
    };
    struct sheet t;
    sheet_begin(&t, s->cli, columns, sizeof columns / sizeof columns[0]);
    sheet_text(&t, "site", s->self.site);
    sheet_text(&t, "code", s->self.code);
    sheet_text(&t, "name", s->self.name);
    sheet_text(&t, "network", s->self.network);
    sheet_integer(&t, "members", s->h.members);
    sheet_integer(&t, "entries", (int64_t)s->h.entries);
    sheet_integer(&t, "drafts", (int64_t)s->h.drafts);
    sheet_integer(&t, "lag", (int64_t)s->h.lag);
    sheet_time(&t, "heard", s->h.heard);
    sheet_integer(&t, "silent", s->h.silent);
    sheet_integer(&t, "missing", (int64_t)s->h.missing);
    sheet_integer(&t, "refused", (int64_t)s->h.refused);
    sheet_truth(&t, "running", s->live != NULL);
    sheet_row(&t);
    sheet_end(&t);
}

/* A daemon that does not answer is told apart from none only by its sentence. */
static struct js *ask_daemon(const struct cli *cli)
{
    uint8_t memory[8];
    struct buf none;
    struct js *live = NULL;
    struct kith_error e;
    buf_init(&none, memory, sizeof memory);
    pack_map(&none, 0);
    if (control_once(cli, "status", &none, CONTROL_QUICK_MS, &live, &e) && e.code != KITH_E_OFFLINE)
        cli_note("kith: %s", e.text);
    return live;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct status s = {.cli = cli};
    struct replica *r;
    struct kith_error e;
    if (options_has(a, "sites"))
        return status_sites(cli);
    if (options_has(a, "coverage"))
        return status_coverage(cli, options_get(a, "coverage"));
    int rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    s.live = ask_daemon(cli);
    rc = replica_self(r, &s.self, &e);
    if (!rc)
        rc = replica_health(r, cli->now, &s.h, &e);
    if (!rc)
        rc = replica_event_last(r, &s.event, &e);
    if (!rc)
        rc = replica_refused(r, s.refused, REFUSED_MAX, &s.refused_n, &e);
    if (!rc)
        rc = replica_troubles(r, TROUBLES_MAX, &s.trouble, &s.troubles, &e);
    replica_close(r);
    if (rc)
        rc = cli_fail(&e);
    else if (cli->format == CLI_JSON)
        js_print_take(make_json(&s), stdout);
    else if (cli->format == CLI_CSV)
        print_csv(&s);
    else
        print_people(&s);
    js_free(s.live);
    free(s.trouble);
    return rc;
}

const struct verb verb_status = {
    .name = "status",
    .topic = TOPIC_DAY,
    .arguments = "",
    .summary = "who this site is, how fresh its replica, who it is linked with",
    .text = "kith without a verb says the same. Works with and without the daemon. A site is\n"
            "known to hold a record when both were found to hold the same on a link after it\n"
            "arrived here; what it erased or refused it says in its receipts.",
    .example = "    kith status\n    kith status --json\n    kith status --sites\n    kith status --coverage "
               "ASH-L128",
    .options = options,
    .run = run,
};
