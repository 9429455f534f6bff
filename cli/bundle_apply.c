/* kith bundle apply: all files are checked to their ends before anything of one is handed over. */
#include <stdlib.h>
#include <string.h>

#include "cli/bundle.h"
#include "cli/people.h"
#include "cli/replica.h"

struct applied {
    int64_t entries, runs, known, waiting, left, missing, behind;
    bool last; /* the last part of a set was among them */
    struct js *waits;
    struct js *joined; /* the report by which this home became a member */
};

static void add_up(struct applied *s, const struct js *report)
{
    const struct js *waits = js_get(report, "waits");
    s->entries += js_integer(report, "entries", 0);
    s->runs += js_integer(report, "runs", 0);
    s->known += js_integer(report, "known", 0);
    s->waiting += js_integer(report, "waiting", 0);
    s->left += js_integer(report, "left", 0);
    s->missing = js_integer(report, "missing", 0);
    s->last = s->last || js_truth(report, "last");
    if (js_truth(report, "last"))
        s->behind = js_integer(report, "behind", 0);
    for (size_t i = 0; i < js_count(waits); i++)
        js_add_text(s->waits, js_string(js_at(waits, i)));
}

static int hand_all(const struct cli *cli, const struct bundle_file *f, uint32_t n, struct applied *s,
                    struct kith_error *e)
{
    struct control c;
    struct progress p;
    uint64_t total = 0, before = 0;
    int rc = control_open(&c, cli, e);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < n; i++)
        total += f[i].size;
    progress_begin(&p, cli, "Applying");
    for (uint32_t i = 0; i < n && !rc; i++) {
        struct js *report = NULL;
        rc = bundle_file_hand(&c, &f[i], true, &p, before, total, &report, e);
        before += f[i].size;
        if (!rc)
            add_up(s, report);
        if (!rc && js_truth(report, "joined"))
            s->joined = report;
        else
            js_free(report);
    }
    progress_end(&p);
    control_close(&c);
    return rc;
}

static int same_network(const char *text, const char *own, const char *path, struct kith_error *e)
{
    if (strcmp(text, own) == 0)
        return 0;
    return kith_fail(e, KITH_E_INVALID, "%.100s: \"network %.9s…\": it belongs to another network than %.9s…",
                     path, text, own);
}

/* The fingerprint of the network that a file belongs to. */
static void network_of(const struct bundle_file *f, char ret[FINGERPRINT_SIZE])
{
    const char *id = f->looked ? js_text(f->looked, "network_id") : NULL;
    if (f->looked)
        bundle_fingerprint_hex(id ? id : "", ret);
    else
        bundle_fingerprint(f->opening.net.b, ret);
}

/* Before anything is handed over: is all of it of this site's network, and of the one that was named? */
static int check_networks(const struct cli *cli, const struct arguments *a, const struct bundle_file *f,
                          uint32_t n, struct kith_error *e)
{
    char own[FINGERPRINT_SIZE] = "", print[FINGERPRINT_SIZE];
    const char *named = options_get(a, "fingerprint");
    struct replica *r = NULL;
    struct replica_self self = {.network_id = ""};
    int rc = replica_open(cli->home, &r, e);
    if (!rc)
        rc = replica_self(r, &self, e);
    replica_close(r);
    if (self.network_id[0])
        bundle_fingerprint_hex(self.network_id, own);
    for (uint32_t i = 0; i < n && !rc; i++) {
        network_of(&f[i], print);
        if (own[0])
            rc = same_network(print, own, f[i].path, e);
        if (!rc && named)
            rc = same_network(print, named, f[i].path, e);
    }
    return rc;
}

static void print_json(struct applied *s)
{
    struct js *o = js_object();
    js_put_integer(o, "entries", s->entries);
    js_put_integer(o, "runs", s->runs);
    js_put_integer(o, "known", s->known);
    js_put_integer(o, "waiting", s->waiting);
    js_put_integer(o, "left", s->left);
    js_put_integer(o, "missing", s->missing);
    js_put_truth(o, "last", s->last);
    js_put_integer(o, "behind", s->behind);
    js_put_truth(o, "joined", s->joined != NULL);
    js_put_take(o, "waits", s->waits);
    s->waits = NULL;
    js_print_take(o, stdout);
}

static void print_joined(const struct cli *cli, const struct js *report)
{
    char print[FINGERPRINT_SIZE];
    bundle_fingerprint_hex(js_text(report, "network_id"), print);
    people_say(cli, "Joined %s.", js_text(report, "network"));
    printf("Network: %s\n", print);
    people_say(
        cli, "Compare this fingerprint with the coordinator by telephone before anything is released. Others "
             "hear of this site once it has sent them a bundle, too: kith bundle create FILE.");
}

static void print_people(const struct cli *cli, const struct applied *s)
{
    char entries[32];
    if (s->joined)
        print_joined(cli, s->joined);
    people_number((uint64_t)s->entries, entries);
    if (s->entries == 0 && s->waiting == 0)
        people_say(cli, "Nothing in it is new here.");
    else
        people_say(cli, "Took in %s new entries.", entries);
    if (s->left > 0)
        people_say(cli, "Left out, since the network does not count them: %lld runs.", (long long)s->left);
    for (size_t i = 0; i < js_count(s->waits); i++)
        people_say(
            cli,
            "Something goes on from %s, which is not here: apply the bundle or part that brings it, then "
            "this one again.",
            js_string(js_at(s->waits, i)));
    if (!s->last)
        people_say(cli, "The last part of this bundle was not among the files: apply the other parts, too.");
    else if (s->behind > 0)
        people_say(
            cli,
            "Its sender holds more of %lld logs than is here now: another part, or an earlier bundle of it, "
            "is missing.",
            (long long)s->behind);
}

int bundle_apply(struct cli *cli, const struct arguments *a)
{
    struct kith_error e;
    uint32_t n = a->words - 1;
    struct applied s = {.waits = js_array()};
    struct bundle_file *f = cli_alloc(n * sizeof *f);
    struct bundle_check **check = cli_alloc(n * sizeof(struct bundle_check *));
    int rc = cli_set_home(cli, a->home, &e);
    if (!rc)
        rc = bundle_files_open((char *const *)&a->word[1], n, f, &e);
    if (!rc)
        rc = bundle_files_check(cli, f, n, check, &e);
    bundle_checks_free(check, n);
    if (!rc)
        rc = check_networks(cli, a, f, n, &e);
    if (!rc)
        rc = hand_all(cli, f, n, &s, &e);
    bundle_files_clear(f, n);
    free(check);
    free(f);
    bool waits = s.waiting > 0;
    if (!rc && cli->format == CLI_JSON)
        print_json(&s);
    else if (!rc)
        print_people(cli, &s);
    js_free(s.waits);
    js_free(s.joined);
    if (rc)
        return cli_fail(&e);
    return waits ? CLI_STALE : CLI_DONE;
}
