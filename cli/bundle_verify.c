/* kith bundle verify: on any machine, with or without a home. What a replica here holds is compared where
 * there is one. */
#include <stdlib.h>

#include "cli/bundle.h"
#include "cli/people.h"
#include "cli/replica.h"
#include "cli/replica_log.h"
#include "proto/learn/name.h"

#define NEEDS_SHOWN 16u

/* "BRK-L12", or the first digits of a site that the bundle does not know. */
static void place(const struct roster *roster, const struct bundle_need *n, char ret[NAME_TEXT_SIZE + 16])
{
    const struct member *m = roster_member(roster, &n->log.site);
    char code[32], epoch[16] = "";
    if (m)
        snprintf(code, sizeof code, "%s", m->shown);
    else
        snprintf(code, sizeof code, "%02x%02x%02x%02x…", n->log.site.b[0], n->log.site.b[1], n->log.site.b[2],
                 n->log.site.b[3]);
    if (n->log.epoch > 1)
        snprintf(epoch, sizeof epoch, ".%u", n->log.epoch);
    snprintf(ret, NAME_TEXT_SIZE + 16, "%s%s-%c%llu", code, epoch, "CLMS"[n->log.stream & 3],
             (unsigned long long)n -> seq);
}

struct needs {
    uint32_t open; /* not held here; where no replica is here all of them */
    struct js *list;
};

static struct needs find_needs(struct replica *r, const struct bundle_check *check)
{
    struct needs s = {0, js_array()};
    struct bundle_need n;
    char text[NAME_TEXT_SIZE + 16];
    for (uint32_t i = 0; bundle_check_need(check, i, &n) == 0; i++) {
        uint64_t held = 0;
        struct kith_error e;
        if (r && replica_log_last(r, &n.log, &held, &e) == 0 && held >= n.seq)
            continue;
        if (s.open++ >= NEEDS_SHOWN)
            continue;
        place(bundle_check_roster(check), &n, text);
        js_add_text(s.list, text);
    }
    return s;
}

static void sender(const struct bundle_check *check, const struct kith_site_id *site, const char **ret_code,
                   const char **ret_name)
{
    const struct member *m = roster_member(bundle_check_roster(check), site);
    *ret_code = m ? m->shown : "?";
    *ret_name = m ? m->name : "?";
}

static void print_json(const struct bundle_file *f, const struct bundle_check *check, struct needs *s)
{
    const struct bundle_found *x = bundle_check_found(check);
    const char *code, *name, *to = NULL, *to_name;
    char print[FINGERPRINT_SIZE];
    struct js *o = js_object();
    sender(check, &f->opening.from, &code, &name);
    if (f->opening.has_to)
        sender(check, &f->opening.to, &to, &to_name);
    bundle_fingerprint(f->opening.net.b, print);
    js_put(o, "file", f->path);
    js_put(o, "network", bundle_check_genesis(check)->name);
    js_put(o, "fingerprint", print);
    js_put(o, "from", code);
    js_put(o, "for", to);
    js_put_time(o, "time", (int64_t)f->opening.time);
    js_put_integer(o, "part", f->opening.part);
    js_put_truth(o, "last", x->last);
    js_put_integer(o, "entries", (int64_t)x->entries);
    js_put_integer(o, "bodies", (int64_t)x->bodies);
    js_put_integer(o, "runs", (int64_t)x->runs);
    js_put_integer(o, "logs", x->logs);
    js_put_integer(o, "unproved", (int64_t)x->unproved);
    js_put_take(o, "needs", s->list);
    s->list = NULL;
    js_print_take(o, stdout);
}

static void print_people(const struct cli *cli, const struct bundle_file *f, const struct bundle_check *check,
                         const struct needs *s)
{
    const struct bundle_found *x = bundle_check_found(check);
    const char *code, *name;
    char print[FINGERPRINT_SIZE], when[PEOPLE_TIME_SIZE], entries[32];
    sender(check, &f->opening.from, &code, &name);
    bundle_fingerprint(f->opening.net.b, print);
    people_rfc3339((int64_t)f->opening.time, when);
    people_number(x->entries, entries);
    people_say(cli, "%s: a bundle of %s (%s), made %s, part %u%s.", f->path, code, name, when,
               f->opening.part, x->last ? ", the last" : "");
    people_say(cli, "Network: %s, fingerprint %s.", bundle_check_genesis(check)->name, print);
    people_say(cli,
               "It is whole and signed by %s. Entries %s with those that prove who belongs, logs %u, without "
               "their text %llu.",
               code, entries, (unsigned)x->logs, (unsigned long long)(x->entries - x->bodies));
    if (x->unproved)
        people_say(
            cli, "Runs whose certificates are not in it, so that only a site that has them can check: %llu.",
            (unsigned long long)x->unproved);
    for (size_t i = 0; i < js_count(s->list); i++)
        people_say(cli, "It goes on from %s, which must be there first.", js_string(js_at(s->list, i)));
}

/* A sealed one: the daemon has opened it and looked. */
static int print_looked(const struct cli *cli, const struct bundle_file *f)
{
    char print[FINGERPRINT_SIZE];
    const char *id = js_text(f->looked, "network_id");
    const struct js *waits = js_get(f->looked, "waits");
    if (cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "file", f->path);
        for (size_t i = 0; i < js_count(f->looked); i++) {
            const struct js *v;
            const char *key = js_key_at(f->looked, i, &v);
            js_put_copy(o, key, v);
        }
        js_print_take(o, stdout);
        return CLI_DONE;
    }
    bundle_fingerprint_hex(id ? id : "", print);
    people_say(cli, "%s: a sealed bundle of %s for this site, part %lld%s.", f->path,
               js_text(f->looked, "from"), (long long)js_integer(f->looked, "part", 0),
               js_truth(f->looked, "last") ? ", the last" : "");
    people_say(cli, "Network: %s, fingerprint %s.", js_text(f->looked, "network"), print);
    people_say(cli, "It is whole and signed. Entries: %lld.", (long long)js_integer(f->looked, "entries", 0));
    for (size_t i = 0; i < js_count(waits); i++)
        people_say(cli, "It goes on from %s, which must be there first.", js_string(js_at(waits, i)));
    return CLI_DONE;
}

/* The check of a set stands behind its last part; what needs name is known then. */
static int print_all(const struct cli *cli, struct replica *r, const struct bundle_file *f, uint32_t n,
                     struct bundle_check *const *check)
{
    int code = CLI_DONE;
    for (uint32_t i = 0; i < n; i++) {
        if (f[i].sealed) {
            print_looked(cli, &f[i]);
            continue;
        }
        if (i + 1 < n && check[i + 1] == check[i])
            continue;
        struct needs s = find_needs(r, check[i]);
        if (s.open > 0 && r)
            code = CLI_STALE;
        if (cli->format == CLI_JSON)
            print_json(&f[i], check[i], &s);
        else
            print_people(cli, &f[i], check[i], &s);
        js_free(s.list);
    }
    return code;
}

int bundle_verify(struct cli *cli, const struct arguments *a)
{
    struct kith_error e, none;
    struct replica *r = NULL;
    uint32_t n = a->words - 1;
    struct bundle_file *f = cli_alloc(n * sizeof *f);
    struct bundle_check **check = cli_alloc(n * sizeof(struct bundle_check *));
    if (cli_set_home(cli, a->home, &none) || replica_open(cli->home, &r, &none))
        r = NULL;
    int rc = bundle_files_open((char *const *)&a->word[1], n, f, &e);
    if (!rc)
        rc = bundle_files_check(cli, f, n, check, &e);
    int code = rc ? cli_fail(&e) : print_all(cli, r, f, n, check);
    bundle_checks_free(check, n);
    bundle_files_clear(f, n);
    replica_close(r);
    free(check);
    free(f);
    return code;
}
