/* kith edit: the current text of a record, and a new one that replaces it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/author.h"
#include "cli/drop.h"
#include "cli/json.h"
#include "cli/markdown.h"
#include "cli/replica_entry.h"
#include "cli/template.h"
#include "cli/verbs.h"

#define REF_PREFIX 33u /* bytes of a reference up to its first hyphen: 32 hex digits */

static const struct cli_option options[] = {
    {"file", OPTION_VALUE, "PATH", "the new text is in this file, or shall be written there and kept"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* The record under the pen. */
struct edited {
    struct record_name name;
    char id[NAME_TEXT_SIZE];
    const struct kind *kind;
    int64_t number;
    uint8_t *body;
    size_t n;
    bool replaces; /* a released record: the new one names it */
    struct kind_ref ref;
};

/* ---- may it be edited? ---- */

/* The text says what it replaces, so that it may also be shared as a file. */
static int name_replaced(struct replica *r, struct edited *x, struct kith_error *e)
{
    int rc = replica_ref(r, &x->name, &x->ref, e);
    if (rc)
        return rc;
    uint8_t *body = author_set_ref((struct kith_bytes){x->body, x->n}, "supersedes", &x->ref, &x->n);
    free(x->body);
    x->body = body;
    x->replaces = true;
    return 0;
}

/* Figures are not edited, but counted anew; only those that are public already may be written by hand. */
static bool is_counted(const struct replica_row *row)
{
    struct js *body = NULL;
    struct kith_bytes text = bytes_of(row->body);
    bool series = strcmp(row->kind, "series") == 0 && js_read(text, &body, NULL) == 0;
    const char *policy = series ? js_text(body, "policy") : NULL;
    bool counted = series && (!policy || strcmp(policy, "already-public/1") != 0);
    js_free(body);
    return counted;
}

static int check_row(struct replica *r, const struct replica_row *row, struct kith_error *e)
{
    struct replica_self self;
    char newer[NAME_TEXT_SIZE];
    int rc = replica_self(r, &self, e);
    if (rc)
        return rc;
    if (!row->here && strcmp(row->site, self.code) != 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "record of another site: \"%s\": only %s can change it; write down what you found "
                         "with kith new lesson, or ask with kith new reply",
                         row->id, row->site);
    if (is_counted(row))
        return kith_fail(
            e, KITH_E_REFUSED,
            "series from raw counts: \"%s\": kith data fix corrects a count, kith data share plans it "
            "anew",
            row->id);
    if (row->current)
        return 0;
    rc = replica_replaced_by(r, row->number, newer, e);
    if (rc)
        return rc;
    return kith_fail(e, KITH_E_REFUSED, "replaced already: \"%s\": kith edit %s", row->id,
                     newer[0] ? newer : "the newer one");
}

/* The entry may not tell which unit it came from; this site knows, and the newer text is to say it again. */
static int keep_unit(const struct replica_row *row, struct edited *x, struct kith_error *e)
{
    struct kith_bytes body;
    struct buf room;
    if (row->here || !row->unit)
        return 0;
    size_t size = x->n + strlen(row->unit) + 16; /* key and heads */
    uint8_t *memory = cli_alloc(size);
    buf_init(&room, memory, size);
    int rc = unit_body_set((struct kith_bytes){x->body, x->n}, row->unit, &room, &body, e);
    if (rc) {
        free(memory);
        return rc;
    }
    free(x->body);
    x->body = memory;
    x->n = body.n;
    return 0;
}

static int load(struct replica *r, const char *text, struct edited *ret, struct kith_error *e)
{
    struct replica_row row;
    int rc = name_parse(text, &ret->name, e);
    if (!rc)
        rc = replica_show(r, &ret->name, &row, e);
    if (rc)
        return rc;
    name_print(&ret->name, ret->id);
    ret->kind = kind_by_name(row.kind);
    ret->number = row.number;
    rc = check_row(r, &row, e);
    if (!rc)
        rc = replica_body(r, &ret->name, &ret->body, &ret->n, e);
    if (!rc)
        rc = keep_unit(&row, ret, e);
    if (!rc && !ret->name.here)
        rc = name_replaced(r, ret, e);
    replica_row_clear(&row);
    return rc;
}

/* ---- the text ---- */

/* Prints front matter with references as people know them: ASH-L128 for 32 hex digits and more. */
static void print_front(struct replica *r, struct kith_bytes front, FILE *out)
{
    size_t i = 0;
    while (i < front.n) {
        size_t n = i;
        while (n < front.n && n - i < KIND_REF_TEXT_MAX &&
               strchr("0123456789abcdefCLMS.-", front.p[n]) != NULL && front.p[n])
            n++;
        struct kind_ref ref, back;
        struct record_name name;
        char text[NAME_TEXT_SIZE];
        bool known = n - i > REF_PREFIX && !kind_ref_parse((struct kith_bytes){front.p + i, n - i}, &ref) &&
                     replica_ref_name(r, &ref, &name) && !replica_ref(r, &name, &back, NULL) &&
                     memcmp(back.id, ref.id, sizeof ref.id) == 0;
        if (known) {
            name_print(&name, text);
            fputs(text, out);
            i = n;
        } else {
            putc(front.p[i++], out);
        }
    }
}

static bool has_field(const struct edited *x, const struct field *f)
{
    struct pack_reader r;
    return pack_find((struct kith_bytes){x->body, x->n}, f->name, &r);
}

/* The record as text, with what is worth adding explained and empty. */
static int make_text(struct replica *r, const struct edited *x, char **ret, size_t *ret_n,
                     uint32_t *ret_left_out, struct kith_error *e)
{
    char *plain = NULL;
    size_t n = 0;
    struct kith_bytes front, rest;
    int rc = markdown_print(x->kind, (struct kith_bytes){x->body, x->n}, &plain, &n, ret_left_out, e);
    FILE *out = rc ? NULL : open_memstream(ret, ret_n);
    if (!out) {
        free(plain);
        return rc ? rc : kith_fail(e, KITH_E_INTERNAL, "not enough memory: \"%s\": try again", x->id);
    }
    compose_front((struct kith_bytes){(const uint8_t *)plain, n}, &front, &rest);
    fputs("---\n", out);
    print_front(r, front, out);
    for (uint32_t i = 0; i < x->kind->field_count; i++) {
        const struct field *f = &x->kind->fields[i];
        if (!field_is_section(f) && !has_field(x, f) && template_is_short(x->kind, f))
            template_print_front(f, out);
    }
    fputs("---\n", out);
    fwrite(rest.p, 1, rest.n, out);
    for (uint32_t i = 0; i < x->kind->field_count; i++) {
        const struct field *f = &x->kind->fields[i];
        if (field_is_section(f) && !has_field(x, f) && template_is_short(x->kind, f))
            template_print_section(f, out);
    }
    free(plain);
    return fclose(out) == 0 ? 0
                            : kith_fail(e, KITH_E_INTERNAL, "not enough memory: \"%s\": try again", x->id);
}

/* ---- the conversation ---- */

static bool accept_loss(const struct cli *cli, uint32_t left_out)
{
    if (left_out == 0)
        return true;
    cli_note("kith: this version does not know %u of its fields: they would be missing in the new record",
             left_out);
    return author_is_there(cli) && author_agrees("Go on all the same?");
}

/* A record that was not released is replaced by its successor: the old one goes when the new one is there. */
static int drop_old(const struct cli *cli, const struct edited *x, const char *id)
{
    struct kith_error e;
    if (!x->name.here)
        return CLI_DONE;
    if (drop_one(cli, x->id, &e))
        return cli_failf(e.code, "%s is stored, but the earlier text could not be taken away: %s", id,
                         e.text);
    if (cli->format == CLI_PEOPLE)
        printf("It takes the place of %s, which is gone.\n", x->id);
    return CLI_DONE;
}

static int write_and_share(struct cli *cli, const struct arguments *a, const struct edited *x, char *text,
                           size_t n)
{
    struct author w = {.cli = cli, .kind = x->kind, .supersedes = x->replaces ? &x->ref : NULL};
    struct kith_error e;
    char verb[64];
    const char *file = options_get(a, "file");
    bool there = author_is_there(cli), resume = file && access(file, F_OK) == 0;
    snprintf(verb, sizeof verb, "edit %s", x->id);
    w.verb = verb;
    w.text = text; /* also where an earlier file goes on: what it says that is not a person's is known */
    w.n = n;
    int rc = resume ? author_resume(&w, file, &e) : author_begin(&w, file, text, n, &e);
    if (rc)
        rc = cli_fail(&e);
    else
        rc = there ? author_run(&w) : author_share(&w);
    if (rc == CLI_DONE && w.id[0])
        rc = drop_old(cli, x, w.id);
    author_end(&w);
    return rc;
}

/* Without a person: the text goes to standard output, and comes back with --file. */
static int print_text(const struct edited *x, const char *file, const char *text, size_t n)
{
    FILE *out = file ? fopen(file, "wxe") : stdout;
    bool good = out && fwrite(text, 1, n, out) == n && fflush(out) == 0;
    if (out && file)
        good = fclose(out) == 0 && good;
    if (!good)
        return cli_failf(KITH_E_USAGE, "could not be written: \"%s\": is there room, and may you write?",
                         file ? file : "standard output");
    cli_note("kith: change it, then: kith edit %s --file %s", x->id, file ? file : "FILE");
    return CLI_DONE;
}

static int edit(struct cli *cli, const struct arguments *a, struct replica *r, struct edited *x)
{
    struct kith_error e;
    char *text = NULL;
    size_t n = 0;
    uint32_t left_out = 0;
    const char *file = options_get(a, "file");
    if (make_text(r, x, &text, &n, &left_out, &e))
        return cli_fail(&e);
    if (!accept_loss(cli, left_out)) {
        free(text);
        return CLI_REFUSED;
    }
    if (author_is_there(cli) || (file && access(file, F_OK) == 0))
        return write_and_share(cli, a, x, text, n);
    int rc = print_text(x, file, text, n);
    free(text);
    return rc;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct replica *r;
    struct edited x = {.number = 0};
    struct kith_error e;
    if (replica_open(cli->home, &r, &e))
        return cli_fail(&e);
    int rc = load(r, a->word[0], &x, &e);
    rc = rc ? cli_fail(&e) : edit(cli, a, r, &x);
    free(x.body);
    replica_close(r);
    return rc;
}

const struct verb verb_edit = {
    .name = "edit",
    .topic = TOPIC_DAY,
    .arguments = "ID",
    .summary = "change a record of this site: the new text replaces the old",
    .text = "Opens the current text in your editor. A record that was released stays where it\n"
            "is and is marked as replaced once the new one is released too; one that was only\n"
            "shared here is replaced at once. Without a terminal the text goes to standard\n"
            "output, and --file brings it back.",
    .example = "    kith edit here-7\n    kith edit ASH-L128\n    kith edit ASH-L128 > new.md\n"
               "    kith edit ASH-L128 --file new.md",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
