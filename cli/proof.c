#include "cli/proof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bundle.h"
#include "cli/markdown.h"
#include "cli/people.h"
#include "cli/replica_entry.h"
#include "cli/replica_proof.h"

#define SITES_MAX     (2u * KITH_MEMBERS_MAX)
#define ADMITTED_TEXT 400u

/* ---- writing ---- */

struct writing {
    struct bundle_writer w;
    struct buf b; /* one record; it goes into the file before the next */
    FILE *out;
    const char *path;
    struct roster *roster;
};

static int flush(struct writing *k, struct kith_error *e)
{
    if (k->b.failed || fwrite(k->b.p, 1, k->b.n, k->out) != k->b.n)
        return kith_fail(e, KITH_E_INVALID, "cannot be written: \"%.200s\": %s", k->path, strerror(errno));
    buf_reset(&k->b);
    return 0;
}

/* The genesis is the beginning of everything: it makes the roster that says who was a coordinator. */
static int learn_council(void *context, uint32_t g, struct kith_bytes bytes, struct kith_error *e)
{
    struct writing *k = context;
    int rc = 0;
    if (g == 0 && !k->roster)
        k->roster = roster_new(bytes, e);
    if (!k->roster)
        return KITH_E_INVALID;
    if (g > 0)
        rc = roster_add_council(k->roster, bytes, e);
    return rc < 0 ? rc : 0;
}

static int put_council(void *context, uint32_t g, struct kith_bytes bytes, struct kith_error *e)
{
    struct writing *k = context;
    bundle_put_council(&k->w, g, bytes, &k->b);
    return flush(k, e);
}

static int put_control(void *context, uint32_t g, struct kith_bytes bytes, struct kith_error *e)
{
    struct writing *k = context;
    (void)g;
    bundle_put(&k->w, BUNDLE_TRUST, bytes, &k->b);
    return flush(k, e);
}

static bool is_listed(const struct kith_site_id *list, uint32_t n, const struct kith_site_id *site)
{
    for (uint32_t i = 0; i < n; i++)
        if (memcmp(&list[i], site, sizeof *site) == 0)
            return true;
    return false;
}

/* The control logs of all who ever were coordinators, and of the site itself. */
static int put_trust(struct writing *k, struct replica *r, const struct kith_site_id *site,
                     struct kith_error *e)
{
    struct kith_site_id *list = cli_alloc(SITES_MAX * sizeof *list);
    uint32_t n = 0;
    int rc = 0;
    list[n++] = *site;
    for (uint32_t i = 0; i < roster_councils(k->roster); i++) {
        enum roster_council_state state;
        const struct council *c = roster_council_at(k->roster, i, &state);
        for (uint32_t s = 0; s < c->seats_n && state == COUNCIL_IN_FORCE; s++)
            if (n < SITES_MAX && !is_listed(list, n, &c->seat[s].site))
                list[n++] = c->seat[s].site;
    }
    for (uint32_t i = 0; i < n && !rc; i++)
        rc = replica_control_runs(r, &list[i], put_control, k, e);
    free(list);
    return rc;
}

/* The run up to its signature: the text of this one entry, of the others what stands for theirs. A control
 * run is good only whole. */
static int put_entry(struct writing *k, const struct replica_log *l, struct kith_error *e)
{
    const struct run *from = &l->run[0];
    const struct run_entry *x = &l->entry[0].x;
    struct run *run = cli_alloc(sizeof *run);
    struct run_ctx *ctx = run_ctx_new();
    uint8_t *memory = cli_alloc(KITH_RUN_WIRE_MAX);
    struct buf wire;
    int rc = ctx ? 0 : KITH_E_INTERNAL;
    run_begin(run, &from->log, from->first, &from->prev);
    for (uint32_t i = 0; i < from->count && rc == 0; i++) {
        bool text = from->log.stream == KITH_CONTROL || (from->entry[i].e.seq == x->e.seq && x->has_body);
        rc = text ? run_copy(run, &from->entry[i]) : run_copy_bare(run, &from->entry[i]);
    }
    run->sig = from->sig;
    buf_init(&wire, memory, KITH_RUN_WIRE_MAX);
    if (rc == 0)
        rc = run_encode(ctx, run, &wire);
    if (rc == 0)
        bundle_put(&k->w, BUNDLE_RUN, (struct kith_bytes){wire.p, wire.n}, &k->b);
    rc = rc < 0 ? kith_fail(e, KITH_E_INTERNAL, "the run of the entry could not be packed") : flush(k, e);
    run_ctx_free(ctx);
    free(memory);
    free(run);
    return rc;
}

static int write_all(struct writing *k, struct replica *r, const struct replica_log *l, struct kith_error *e)
{
    const struct run_entry *x = &l->entry[0].x;
    int rc = replica_councils(r, learn_council, k, e);
    if (!rc && !k->roster)
        rc = kith_fail(e, KITH_E_USAGE, "no network yet: \"this home\": join one first");
    if (rc)
        return rc;
    proof_begin(&k->w, roster_net(k->roster), &x->e.log, x->e.seq, &k->b);
    rc = flush(k, e);
    if (!rc)
        rc = replica_councils(r, put_council, k, e);
    if (!rc)
        rc = put_trust(k, r, &x->e.log.site, e);
    if (!rc)
        rc = put_entry(k, l, e);
    proof_end(&k->w, &k->b);
    return rc ? rc : flush(k, e);
}

static int find_entry(struct replica *r, const char *text, struct replica_log *l, struct kith_error *e)
{
    struct record_name name;
    int rc = name_parse(text, &name, e);
    if (!rc && name.here)
        rc = kith_fail(e, KITH_E_USAGE, "in no log yet: \"%s\": nothing but what was released can be proved",
                       text);
    return rc ? rc : replica_log_find(r, &name, l, e);
}

static int open_out(struct writing *k, struct kith_error *e)
{
    k->out = fopen(k->path, "wbx"); /* never over another file */
    if (k->out)
        return 0;
    return kith_fail(e, KITH_E_USAGE, "cannot be written: \"%.200s\": %s; choose another name", k->path,
                     strerror(errno));
}

int proof_write(const struct cli *cli, struct replica *r, const char *name, const char *path)
{
    struct kith_error e;
    struct replica_log l;
    struct writing *k = cli_alloc(sizeof *k);
    uint8_t *memory = cli_alloc(2 * KITH_RUN_WIRE_MAX);
    buf_init(&k->b, memory, 2 * KITH_RUN_WIRE_MAX);
    k->path = path;
    replica_log_begin(&l);
    int rc = find_entry(r, name, &l, &e);
    if (!rc)
        rc = open_out(k, &e);
    if (!rc)
        rc = write_all(k, r, &l, &e);
    if (k->out && (fclose(k->out) || rc)) {
        remove(path);
        rc = rc ? rc
                : kith_fail(&e, KITH_E_INVALID, "cannot be written: \"%.200s\": %s", path, strerror(errno));
    }
    if (!rc)
        people_say(cli, "Wrote %s: whoever has it can check it with kith verify --proof, without a replica.",
                   path);
    roster_free(k->roster);
    replica_log_end(&l);
    free(memory);
    free(k);
    return rc ? cli_fail(&e) : CLI_DONE;
}

/* ---- checking ---- */

struct proved {
    const struct member *site;
    const struct run_entry *x;
    const struct kind *kind;
    char id[NAME_TEXT_SIZE], when[PEOPLE_TIME_SIZE], network[FINGERPRINT_SIZE], who[FINGERPRINT_SIZE];
    char kind_text[32];
    bool counts;      /* inside the valid part of its log, by what the proof holds */
    bool coordinator; /* listed in a council; else admitted by an operation */
    bool broken;      /* its text breaks the rules for texts, or of its kind */
    struct kith_bytes title;
    uint32_t g;                   /* the council that admitted or listed it */
    char admitted[ADMITTED_TEXT]; /* where its admission was posted; "" for a coordinator */
    char *text;                   /* what was written, as Markdown; NULL where there is none to read */
    size_t text_n;
};

static void name_place(const struct roster *r, const struct kith_pos *at, char ret[NAME_TEXT_SIZE])
{
    const struct member *m = roster_member(r, &at->log.site);
    struct record_name name = {.epoch = at->log.epoch, .stream = at->log.stream, .seq = at->seq};
    snprintf(name.code, sizeof name.code, "%s", m ? m->shown : "?");
    name_print(&name, ret);
}

/* The postings that count of the admission that holds. */
static void gather_postings(const struct roster *r, struct proved *p)
{
    struct roster_cursor at;
    struct roster_post post;
    struct roster_op o;
    size_t n = 0;
    roster_posts(r, NULL, &at);
    while (roster_next_post(r, &at, &post) && n + NAME_TEXT_SIZE < sizeof p->admitted) {
        char name[NAME_TEXT_SIZE];
        if (!post.counts || !roster_op_at(r, post.place, &o) || o.kind != KITH_KIND_ADMIT ||
            memcmp(&o.first, &p->site->admitted, sizeof o.first) != 0)
            continue;
        name_place(r, &post.at, name);
        n += (size_t)snprintf(p->admitted + n, sizeof p->admitted - n, "%s%s", n ? ", " : "", name);
    }
}

/* By which decision the site belongs. */
static void gather_admission(const struct roster *r, struct proved *p)
{
    for (uint32_t i = 0; i < roster_councils(r); i++) {
        enum roster_council_state state;
        const struct council *c = roster_council_at(r, i, &state);
        if (memcmp(&c->id, &p->site->council, sizeof c->id) == 0)
            p->g = c->g;
    }
    if (p->site->admitted.seq > 0)
        gather_postings(r, p);
}

/* What the text says, if it is of a kind that this version knows and keeps its rules: whoever signed it may
 * have put anything there. */
static void gather_text(struct proved *p)
{
    const struct kind *k = p->kind;
    struct kith_error none;
    if (!k || k->stream == KITH_CONTROL || !p->x->has_body)
        return;
    p->broken = pack_check_body(p->x->body, &none) != 0 || kind_check_received(k, p->x->body, &none) != 0;
    if (p->broken)
        return;
    p->title = kind_title(k, p->x->body);
    if (k->title && p->x->e.schema <= k->schema &&
        markdown_print(k, p->x->body, &p->text, &p->text_n, NULL, &none))
        p->text = NULL;
}

static void gather(const struct bundle_check *check, const struct bundle_opening *o, struct proved *p)
{
    const struct roster *r = bundle_check_roster(check);
    struct record_name name = {.epoch = o->at.log.epoch, .stream = o->at.log.stream, .seq = o->at.seq};
    struct kith_id id;
    uint64_t ends;
    p->site = roster_member(r, &o->at.log.site);
    p->x = bundle_check_entry(check, o);
    snprintf(name.code, sizeof name.code, "%s", p->site->code);
    name_print(&name, p->id);
    people_rfc3339((int64_t)p->x->e.time, p->when);
    bundle_fingerprint(o->net.b, p->network);
    bundle_fingerprint(o->at.log.site.b, p->who);
    roster_valid_end(r, &o->at.log, &ends, &id);
    p->counts = o->at.seq <= ends;
    p->coordinator = p->site->admitted.seq == 0;
    p->kind = kind_by_number(p->x->e.kind);
    if (p->kind)
        snprintf(p->kind_text, sizeof p->kind_text, "%s", p->kind->name);
    else
        snprintf(p->kind_text, sizeof p->kind_text, "kind-%u", p->x->e.kind);
    gather_text(p);
    gather_admission(r, p);
}

static void print_json(const struct bundle_check *check, const struct proved *p)
{
    struct js *o = js_object();
    js_put(o, "id", p->id);
    js_put(o, "kind", p->kind_text);
    js_put(o, "network", bundle_check_genesis(check)->name);
    js_put(o, "network_fingerprint", p->network);
    js_put(o, "site", p->site->shown);
    js_put(o, "name", p->site->name);
    js_put(o, "fingerprint", p->who);
    js_put_integer(o, "epoch", p->x->e.log.epoch);
    js_put_time(o, "time", (int64_t)p->x->e.time);
    js_put_truth(o, "body", p->x->has_body);
    js_put_truth(o, "counts", p->counts);
    if (p->title.n)
        js_put_bytes(o, "title", p->title);
    js_put_integer(o, "council", p->g);
    js_put(o, "admitted", p->admitted[0] ? p->admitted : NULL);
    if (p->text)
        js_put_bytes(o, "text", (struct kith_bytes){(const uint8_t *)p->text, p->text_n});
    js_print_take(o, stdout);
}

static void print_people(const struct cli *cli, const struct bundle_check *check, const struct proved *p)
{
    people_say(cli, "Proved: %s was written and signed by %s (%s) in the network %s.", p->id, p->site->shown,
               p->site->name, bundle_check_genesis(check)->name);
    printf("Network: %s\nSite:    %s\n", p->network, p->who);
    people_say(cli, "What it is: %s%s%.*s. Its author says that it was written %s.", p->kind_text,
               p->title.n ? ", " : "", (int)p->title.n, p->title.n ? (const char *)p->title.p : "", p->when);
    people_say(cli, p->broken
                        ? "Its text is in this file, but breaks the rules of the network: no site shows it."
                    : p->x->has_body
                        ? "Its text is in this file, and is the text that was signed."
                        : "Its text is not in this file: it was withdrawn, or not held where this was made. "
                          "What was signed about it proves nothing about any text without it.");
    if (p->coordinator)
        people_say(
            cli,
            "The key is that of epoch %u, named by a certificate of the site's root; council %u lists the "
            "site as a coordinator.",
            p->x->e.log.epoch, p->g);
    else
        people_say(
            cli,
            "The key is that of epoch %u, named by a certificate of the site's root; the site was admitted "
            "under council %u, by %s.",
            p->x->e.log.epoch, p->g, p->admitted);
    if (!p->counts)
        people_say(
            cli,
            "By the decisions in this file the entry does not count: its log ends before it, since the site "
            "was revoked, disowned it, or wrote two at one place.");
    people_say(
        cli,
        "That this is the network you mean shows its fingerprint only; later decisions are not in the file.");
    if (p->text) {
        people_say(cli, "The text that was signed:");
        printf("\n%.*s", (int)p->text_n, p->text);
    }
}

/* Somebody with a home of another network holds a proof that is about nothing there. */
static int same_network(struct cli *cli, const char *home, const struct bundle_opening *o,
                        struct kith_error *e)
{
    struct replica *r = NULL;
    struct replica_self self = {.network_id = ""};
    struct kith_error none;
    char own[FINGERPRINT_SIZE] = "", theirs[FINGERPRINT_SIZE];
    if (cli_set_home(cli, home, &none) || replica_open(cli->home, &r, &none))
        return 0;
    if (replica_self(r, &self, &none) == 0)
        bundle_fingerprint_hex(self.network_id, own);
    replica_close(r);
    bundle_fingerprint(o->net.b, theirs);
    if (!own[0] || strcmp(own, theirs) == 0)
        return 0;
    return kith_fail(
        e, KITH_E_INVALID,
        "proof: \"network %.9s…\": it is about another network than that of this home (%.9s…); with a --home "
        "where there is none it is checked by itself",
        theirs, own);
}

int proof_verify(struct cli *cli, const char *home, const char *path)
{
    struct kith_error e;
    struct proved p = {.site = NULL};
    struct bundle_opening o;
    struct bundle_check *check = bundle_check_new();
    int rc = check ? proof_file_check(path, check, &o, &e)
                   : kith_fail(&e, KITH_E_INTERNAL, "not enough memory to check \"%.100s\"", path);
    if (!rc)
        rc = same_network(cli, home, &o, &e);
    if (!rc)
        gather(check, &o, &p);
    if (!rc && cli->format == CLI_JSON)
        print_json(check, &p);
    else if (!rc)
        print_people(cli, check, &p);
    free(p.text);
    bundle_check_free(check);
    return rc ? cli_fail(&e) : CLI_DONE;
}
