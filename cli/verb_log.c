/* kith log: what came, entry by entry, of every log: records, and what decides who belongs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fresh.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/proof.h"
#include "cli/replica_entry.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "kith/kinds.h"
#include "proto/learn/receipt.h"
#include "proto/log/cert.h"
#include "proto/wire/hex.h"

#define LIMIT_USUAL 50
#define LIMIT_MAX   100000000
#define TEXT_MAX    512u

static const struct cli_option options[] = {
    {"since", OPTION_VALUE, "WHEN", "not older than 30d, 12w or a date (2026-11-22)"},
    {"site", OPTION_VALUE, "CODE", "only of this site"},
    {"proof", OPTION_VALUE, "FILE", "with an ID: write a file that proves who wrote it, and what"},
    {"limit", OPTION_VALUE, "N", "at most so many (50; all with --json and --csv)"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct sheet_column columns[] = {
    {"time", "WHEN", SHEET_TIME, SHEET_ALL, false, false},
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"kind", "KIND", SHEET_TEXT, SHEET_ALL, false, false},
    {"site", "SITE", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"text", "WHAT", SHEET_TEXT, SHEET_ALL, true, false},
    {"bytes", "BYTES", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"counts", "COUNTS", SHEET_TRUTH, SHEET_MACHINES, false, false},
    {"arrived", "ARRIVED", SHEET_TIME, SHEET_MACHINES, false, false},
};

/* ---- what an entry says ---- */

static void name_of(const struct replica_log_entry *x, char ret[NAME_TEXT_SIZE])
{
    struct record_name name = {.epoch = x->x.e.log.epoch, .stream = x->x.e.log.stream, .seq = x->x.e.seq};
    snprintf(name.code, sizeof name.code, "%s", x->code[0] ? x->code : "?");
    name_print(&name, ret);
}

static void say_cert(struct kith_bytes body, char ret[TEXT_MAX])
{
    struct cert c;
    if (cert_decode(body, &c, NULL))
        return;
    if (c.closes_n)
        snprintf(ret, TEXT_MAX, "new keys (epoch %u); %u older logs are closed", c.epoch, c.closes_n);
    else
        snprintf(ret, TEXT_MAX, "keys of the site (epoch %u)", c.epoch);
}

static void say_admit(struct kith_bytes body, char ret[TEXT_MAX])
{
    struct op_admit o;
    if (op_admit_decode(body, &o, NULL) == 0)
        snprintf(ret, TEXT_MAX, "admitted %s (%s)%s", o.code, o.name,
                 o.role == ROLE_OBSERVER ? " as an observer" : "");
}

static void say_revoke(struct replica *r, struct kith_bytes body, char ret[TEXT_MAX])
{
    static const char *const reasons[REVOKE_REASON_MAX + 1] = {
        "no reason given", "it left", "membership ended", "keys compromised", "rules broken", "replaced"};
    struct op_revoke o;
    char code[NAME_CODE_SIZE];
    if (op_revoke_decode(body, &o, NULL))
        return;
    replica_code(r, &o.site, code);
    snprintf(ret, TEXT_MAX, "took out %s: %s", code[0] ? code : "a site not known here",
             o.reason <= REVOKE_REASON_MAX ? reasons[o.reason] : reasons[0]);
}

static void say_withdraw(struct replica *r, struct kith_bytes body, char ret[TEXT_MAX])
{
    static const char *const reasons[WITHDRAW_REASON_MAX + 1] = {"no reason given", "privacy", "error",
                                                                 "superseded", "consent"};
    struct op_withdraw o;
    char text[NAME_TEXT_SIZE];
    if (op_withdraw_decode(body, &o, NULL))
        return;
    struct record_name name = {.epoch = o.at.log.epoch, .stream = o.at.log.stream, .seq = o.at.seq};
    if (!replica_code(r, &o.at.log.site, name.code))
        snprintf(name.code, sizeof name.code, "?");
    name_print(&name, text);
    snprintf(ret, TEXT_MAX, "took back %s: %s", text,
             o.reason <= WITHDRAW_REASON_MAX ? reasons[o.reason] : reasons[0]);
}

static void say_addresses(struct kith_bytes body, char ret[TEXT_MAX])
{
    struct pack_reader r;
    struct kith_bytes software;
    size_t at = (size_t)snprintf(ret, TEXT_MAX, "reached at");
    uint32_t n = pack_find(body, "addresses", &r) ? pack_get_array(&r, KIND_ITEMS_MAX) : 0;
    for (uint32_t i = 0; i < n && !r.failed && at < TEXT_MAX - 100; i++) {
        struct kith_bytes s = pack_get_str(&r, KIND_LINE_MAX);
        at += (size_t)snprintf(ret + at, TEXT_MAX - at, "%s %.*s", i ? "," : "", (int)(s.n < 80 ? s.n : 80),
                               s.n ? (const char *)s.p : "");
    }
    if (n == 0)
        at = (size_t)snprintf(ret, TEXT_MAX, "reached at no address");
    if (kind_get_str(body, "software", &software) && at < TEXT_MAX - 100)
        snprintf(ret + at, TEXT_MAX - at, " (%.*s)", (int)(software.n < 60 ? software.n : 60),
                 (const char *)software.p);
}

static void say_receipt(struct kith_bytes body, char ret[TEXT_MAX])
{
    static struct receipt r;
    if (receipt_decode(body, &r, NULL) == 0)
        snprintf(ret, TEXT_MAX, "says that it has erased %" PRIu64 ", keeps %u by order of law, refused %u%s",
                 r.erased_n + r.older, r.held_n, r.refused_n,
                 r.refused_n == RECEIPT_NOTES_MAX ? " or more" : "");
}

static void say_record(const struct kind *k, struct kith_bytes body, char ret[TEXT_MAX])
{
    struct kith_bytes title = kind_title(k, body);
    snprintf(ret, TEXT_MAX, "%.*s", (int)(title.n < TEXT_MAX ? title.n : TEXT_MAX - 1),
             title.n ? (const char *)title.p : "");
}

static void say(struct replica *r, const struct replica_log_entry *x, char ret[TEXT_MAX])
{
    const struct kind *k = kind_by_number(x->x.e.kind);
    snprintf(ret, TEXT_MAX, "not understood by this version");
    if (!x->x.has_body)
        snprintf(ret, TEXT_MAX, "its text was taken back, or has not arrived");
    else if (!k || x->x.e.schema > k->schema || x->x.e.log.stream != k->stream)
        return;
    else if (k->number == KITH_KIND_CERT)
        say_cert(x->x.body, ret);
    else if (k->number == KITH_KIND_ADMIT)
        say_admit(x->x.body, ret);
    else if (k->number == KITH_KIND_REVOKE)
        say_revoke(r, x->x.body, ret);
    else if (k->number == KITH_KIND_WITHDRAW)
        say_withdraw(r, x->x.body, ret);
    else if (k->number == KITH_KIND_ADDRESSES)
        say_addresses(x->x.body, ret);
    else if (k->number == KITH_KIND_RECEIPT)
        say_receipt(x->x.body, ret);
    else
        say_record(k, x->x.body, ret);
}

static void kind_name(uint8_t number, char ret[32])
{
    const struct kind *k = kind_by_number(number);
    if (k)
        snprintf(ret, 32, "%s", k->name);
    else
        snprintf(ret, 32, "kind-%u", number);
}

/* ---- the list ---- */

static void print_entry(struct sheet *s, struct replica *r, const struct replica_log_entry *x)
{
    char id[NAME_TEXT_SIZE], kind[32], text[TEXT_MAX];
    name_of(x, id);
    kind_name(x->x.e.kind, kind);
    say(r, x, text);
    sheet_time(s, "time", (int64_t)x->x.e.time);
    sheet_text(s, "id", id);
    sheet_text(s, "kind", kind);
    sheet_text(s, "site", x->code);
    sheet_text(s, "text", text);
    sheet_integer(s, "bytes", (int64_t)x->x.body.n);
    sheet_truth(s, "counts", x->counts);
    sheet_time(s, "arrived", x->stored);
    sheet_row(s);
}

static int list(const struct cli *cli, struct replica *r, struct replica_log *l, int64_t since, int64_t limit,
                struct kith_error *e)
{
    struct sheet s;
    int rc = 0;
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    while (!rc && !l->done && s.rows < limit) {
        rc = replica_log_next(r, l, e);
        for (uint32_t i = 0; i < l->count && !rc && s.rows < limit; i++)
            if ((int64_t)l->entry[i].x.e.time >= since)
                print_entry(&s, r, &l->entry[i]);
    }
    uint32_t rows = s.rows;
    sheet_end(&s);
    if (rc)
        return cli_fail(e);
    if (rows == limit && cli->format == CLI_PEOPLE)
        printf("The newest %" PRId64 "; more with --limit or --since.\n", limit);
    if (!rows)
        cli_note("kith: nothing in the log that fits");
    return rows ? CLI_DONE : CLI_NOTHING;
}

/* ---- one entry ---- */

/* The words for a text that is not there, by what became of it. */
static void say_state(const char *state, const char *id, char ret[TEXT_MAX])
{
    if (strcmp(state, "withdrawn") == 0)
        snprintf(ret, TEXT_MAX, "its text was taken back: kith withdraw --status %s", id);
    else if (strcmp(state, "pruned") == 0)
        snprintf(ret, TEXT_MAX, "its text went when a newer one came");
    else if (strcmp(state, "missing") == 0)
        snprintf(ret, TEXT_MAX, "its text has not arrived; no site that was asked has given it");
}

static void put_facts(struct js *o, struct replica *r, const struct replica_log_entry *x, const char *state,
                      const char *rule)
{
    char id[NAME_TEXT_SIZE], kind[32], text[TEXT_MAX], id_hex[65], prev[65], commit[65];
    name_of(x, id);
    kind_name(x->x.e.kind, kind);
    say(r, x, text);
    say_state(state, id, text);
    hex_print(x->x.id.b, sizeof x->x.id.b, id_hex);
    hex_print(x->x.e.prev.b, sizeof x->x.e.prev.b, prev);
    hex_print(x->x.e.commit.b, sizeof x->x.e.commit.b, commit);
    js_put(o, "id", id);
    js_put(o, "kind", kind);
    js_put_integer(o, "schema", x->x.e.schema);
    js_put_time(o, "time", (int64_t)x->x.e.time);
    js_put_time(o, "arrived", x->stored);
    js_put(o, "text", text);
    js_put_integer(o, "bytes", (int64_t)x->x.body.n);
    js_put_truth(o, "body", x->x.has_body);
    js_put(o, "state", state);
    if (rule[0])
        js_put(o, "rule", rule);
    js_put_truth(o, "counts", x->counts);
    js_put(o, "entry", id_hex);
    js_put(o, "prev", prev);
    js_put(o, "commit", commit);
}

/* The same facts, one a line. */
static void print_facts(const struct js *o)
{
    const struct js *v;
    for (size_t i = 0; i < js_count(o); i++) {
        const char *key = js_key_at(o, i, &v);
        char *text = js_scalar(v);
        printf("%-10s %s\n", key,
               text && strcmp(text, "true") == 0    ? "yes"
               : text && strcmp(text, "false") == 0 ? "no"
                                                    : text);
        free(text);
    }
}

static int show(const struct cli *cli, struct replica *r, const char *text, struct replica_log *l,
                struct kith_error *e)
{
    struct record_name name;
    char state[12], rule[64];
    int rc = name_parse(text, &name, e);
    if (!rc && name.here)
        rc = kith_fail(e, KITH_E_USAGE, "in no log yet: \"%s\": it was not released; see kith show %s", text,
                       text);
    if (!rc)
        rc = replica_log_find(r, &name, l, e);
    if (!rc)
        rc = replica_body_state(r, &name, state, rule, e);
    if (rc)
        return cli_fail(e);
    struct js *o = js_object();
    put_facts(o, r, &l->entry[0], state, rule);
    if (cli->format == CLI_JSON) {
        js_print_take(o, stdout);
    } else {
        print_facts(o);
        js_free(o);
    }
    return CLI_DONE;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct replica *r;
    struct replica_log l;
    struct kith_error e;
    int64_t since = INT64_MIN, limit = 0, usual = cli->format == CLI_PEOPLE ? LIMIT_USUAL : LIMIT_MAX;
    char code[KITH_CODE_MAX + 1] = "";
    int rc = options_number(a, "limit", 1, LIMIT_MAX, usual, &limit, &e);
    if (!rc && options_has(a, "since"))
        rc = people_since(options_get(a, "since"), cli->now, &since, &e);
    if (!rc && options_has(a, "site"))
        rc = name_code_normalise(options_get(a, "site"), code, &e);
    if (!rc && options_has(a, "proof") && !a->words)
        rc = kith_fail(&e, KITH_E_USAGE, "of which entry: \"--proof\": write kith log ID --proof FILE");
    if (!rc)
        rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    if (options_has(a, "proof")) {
        rc = proof_write(cli, r, a->word[0], options_get(a, "proof"));
        replica_close(r);
        return rc;
    }
    replica_log_begin(&l);
    snprintf(l.site, sizeof l.site, "%s", code);
    if (a->words == 0)
        page_begin(cli);
    rc = a->words ? show(cli, r, a->word[0], &l, &e) : list(cli, r, &l, since, limit, &e);
    replica_log_end(&l);
    replica_close(r);
    return rc;
}

const struct verb verb_log = {
    .name = "log",
    .topic = TOPIC_TRUST,
    .arguments = "[ID]",
    .summary = "what came last, of every kind; or the facts of one entry",
    .text = "Newest arrivals first: records, who was let in or taken out, what was taken back,\n"
            "where sites can be reached. With an ID: its position, kind, time, the fingerprints\n"
            "that chain it to the entry before, its size, and when it arrived here.",
    .example = "    kith log --since 2d\n    kith log --site BRK --limit 10\n    kith log ASH-L128\n"
               "    kith log ASH-L128 --proof ash-l128.proof",
    .options = options,
    .words_max = 1,
    .run = run,
};
