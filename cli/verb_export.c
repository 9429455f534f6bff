/* kith export: all visible records as files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/export.h"
#include "cli/json.h"
#include "cli/fresh.h"
#include "cli/people.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "cli/verbs.h"

static const struct cli_option options[] = {
    {"format", OPTION_VALUE, "F", "ndjson, csv or md"},
    {"kind", OPTION_VALUE, "K", "only lessons, projects …"},
    {"here", OPTION_FLAG, NULL, "only from this site, released or not"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct export_format *const formats[] = {&export_ndjson, &export_csv, &export_md};

static int find_format(const char *name, const struct export_format **ret, struct kith_error *e)
{
    for (size_t i = 0; name && i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i]->name, name) == 0) {
            *ret = formats[i];
            return 0;
        }
    return kith_fail(e, KITH_E_USAGE, "%s: \"%.40s\": write kith export --format ndjson DIR, or csv, or md",
                     name ? "no such format" : "something is missing", name ? name : "--format");
}

/* A new directory, or an empty one: what an earlier export left could be taken for part of this one, and it
 * may hold what was taken back since. */
static int make_dir(const char *dir, struct kith_error *e)
{
    bool empty = true;
    if (mkdir(dir, 0777) == 0)
        return 0;
    DIR *d = errno == EEXIST ? opendir(dir) : NULL;
    if (!d)
        return kith_fail(e, KITH_E_USAGE, "directory cannot be made: \"%.150s\": %s", dir, strerror(errno));
    for (struct dirent *x = readdir(d); x && empty; x = readdir(d))
        empty = strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0;
    closedir(d);
    return empty ? 0 : kith_fail(e, KITH_E_USAGE, "directory is not empty: \"%.150s\": name a new one", dir);
}

/* The kind's place among those that were met; opens its file at the first. */
static int kind_of(struct export *x, const struct export_format *f, const char *name,
                   struct export_kind **ret, struct kith_error *e)
{
    for (uint32_t i = 0; i < x->kinds; i++)
        if (strcmp(x->kind[i].kind->name, name) == 0) {
            *ret = &x->kind[i];
            return 0;
        }
    const struct kind *k = kind_by_name(name);
    if (!k || x->kinds == EXPORT_KINDS_MAX)
        return kith_fail(e, KITH_E_INTERNAL, "no such kind: \"%s\": kith and kithd should be of one version",
                         name);
    *ret = &x->kind[x->kinds++];
    (*ret)->kind = k;
    return f->begin(x, *ret, e);
}

static int put_record(struct export *x, const struct export_format *f, const struct replica_record *r,
                      struct kith_error *e)
{
    struct export_kind *k = NULL;
    int rc = kind_of(x, f, r->kind, &k, e);
    if (!rc)
        rc = f->put(x, k, r, e);
    if (rc)
        return rc;
    uint32_t unknown = export_mark(k, (struct kith_bytes){r->body, r->n});
    x->left_out += f->holds_all ? 0 : unknown;
    x->records++;
    k->records++;
    if (k->file && ferror(k->file))
        return kith_fail(e, KITH_E_INTERNAL,
                         "file could not be written: \"%.150s\": make room and export again", k->path);
    return 0;
}

static int write_all(const struct cli *cli, struct replica *r, struct replica_walk *w, struct export *x,
                     const struct export_format *f, struct kith_error *e)
{
    struct replica_record *rows = cli_alloc(ENTRY_PAGE_ROWS * sizeof *rows);
    struct progress bar;
    uint64_t total = 0, seen = 0;
    uint32_t n = 0;
    int rc = replica_record_count(r, &total, e);
    progress_begin(&bar, cli, "Exporting");
    while (!rc && !w->done) {
        rc = replica_walk(r, w, rows, &n, e);
        for (uint32_t i = 0; i < n; i++) {
            if (!rc)
                rc = put_record(x, f, &rows[i], e);
            replica_record_clear(&rows[i]);
        }
        seen += n;
        progress_step(&bar, seen, total);
    }
    progress_end(&bar);
    free(rows);
    return rc;
}

/* Maps, and the ends of all files; the first that goes wrong counts. */
static int close_all(struct export *x, const struct export_format *f, int rc, struct kith_error *e)
{
    for (uint32_t i = 0; i < x->kinds; i++) {
        struct export_kind *k = &x->kind[i];
        struct kith_error other;
        if (!rc && f->end)
            rc = f->end(x, k, e);
        if (k->file && export_close(k->path, k->file, rc ? &other : e) && !rc)
            rc = e->code;
        k->file = NULL;
    }
    return rc;
}

static void print_machines(const struct export *x)
{
    for (uint32_t i = 0; i < x->kinds; i++) {
        struct js *o = js_object();
        js_put(o, "kind", x->kind[i].kind->name);
        js_put_integer(o, "records", (int64_t)x->kind[i].records);
        js_put(o, "path", x->kind[i].path);
        js_print_take(o, stdout);
    }
}

static void print_people(const struct export *x, const struct export_format *f)
{
    char number[32];
    for (uint32_t i = 0; i < x->kinds; i++) {
        people_number(x->kind[i].records, number);
        printf("%-10s %10s  %s\n", x->kind[i].kind->name, number, x->kind[i].path);
    }
    if (x->kinds && f->end)
        printf("To read them back: kith import %s --map %s/%s.map.yaml\n", x->kind[0].path, x->dir,
               x->kind[0].kind->name);
    else if (x->kinds)
        printf("To read them back, up to 1,000 files at a time: kith share %s/*.md\n", x->kind[0].path);
}

static int finish(const struct cli *cli, const struct export *x, const struct export_format *f)
{
    if (x->left_out)
        cli_note("kith: %llu fields of a newer version are left out: --format ndjson holds them",
                 (unsigned long long)x->left_out);
    if (x->records == 0) {
        cli_note("kith: nothing to export");
        return CLI_NOTHING;
    }
    if (cli->format == CLI_JSON)
        print_machines(x);
    else
        print_people(x, f);
    return CLI_DONE;
}

static int run(struct cli *cli, const struct arguments *a)
{
    const struct export_format *f = NULL;
    const struct kind *k = NULL;
    struct export *x = cli_alloc(sizeof *x);
    uint8_t *memory = cli_alloc(EXPORT_RECORD_MAX);
    struct replica *r = NULL;
    struct kith_error e;
    x->dir = a->word[0];
    buf_init(&x->text, memory, EXPORT_RECORD_MAX);
    int rc = find_format(options_get(a, "format"), &f, &e);
    if (!rc && options_has(a, "kind"))
        rc = record_kind(options_get(a, "kind"), &k, &e);
    if (!rc)
        rc = replica_open(cli->home, &r, &e);
    if (!rc)
        rc = make_dir(x->dir, &e);
    if (!rc) {
        struct replica_walk w = {.kind = k ? k->name : NULL, .here = options_has(a, "here"), .bodies = true};
        if (cli->format == CLI_PEOPLE)
            fresh_print(cli, r);
        rc = write_all(cli, r, &w, x, f, &e);
        rc = close_all(x, f, rc, &e);
        replica_walk_end(&w);
    }
    int code = rc ? cli_fail(&e) : finish(cli, x, f);
    replica_close(r);
    free(memory);
    free(x);
    return code;
}

const struct verb verb_export = {
    .name = "export",
    .topic = TOPIC_RUN,
    .arguments = "DIR",
    .summary = "all visible records as files, for other programs or to read them back",
    .text = "Formats:\n"
            "  ndjson  a file a kind, one JSON object a line, with a map for kith import\n"
            "  csv     a table a kind for spreadsheets, a list in one cell, and a map; text\n"
            "          that begins like a formula (= + - @) goes behind an apostrophe,\n"
            "          which kith import takes off again\n"
            "  md      a file a record, a folder a kind, as kith share reads them\n"
            "Replaced records are there too (current: no). DIR must be new or empty. Whoever\n"
            "reads these files reads what is shared here: keep them as you keep the replica.",
    .example = "    kith export --format csv network-2026-11\n"
               "    kith export --format md --kind lesson --here ours",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
