/* kith release: what was shared here is signed and sent to the network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/control.h"
#include "cli/fresh.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "cli/leaving.h"
#include "proto/learn/name.h"
#include "proto/wire/hex.h"
#include "proto/wire/pack.h"

static const struct cli_option options[] = {
    {"confirm-screened", OPTION_VALUE, "REASON", "why what the screen holds may be released"},
    {"digest", OPTION_VALUE, "D", "release ID only if it is what kith outbox show printed with D"},
    {"alone", OPTION_FLAG, NULL, "sign without having met a peer since the start"},
    {"all", OPTION_FLAG, NULL, "everything that was shared here and not released"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct sheet_column columns[] = {
    {"from", "WAS", SHEET_TEXT, SHEET_ALL, false, false},
    {"id", "RELEASED AS", SHEET_TEXT, SHEET_ALL, false, false},
    {"leaves", "", SHEET_TIME, SHEET_MACHINES, false, false},
    {"queued", "", SHEET_TEXT, SHEET_MACHINES, false, false},
};

/* Only here-7 can be released; a position was. */
static int check_ids(const struct arguments *a, struct kith_error *e)
{
    struct record_name name;
    for (uint32_t i = 0; i < a->words; i++) {
        int rc = name_parse(a->word[i], &name, e);
        if (!rc && !name.here)
            rc = kith_fail(e, KITH_E_USAGE,
                           "already released: \"%s\": give IDs such as here-7; kith outbox lists them",
                           a->word[i]);
        if (rc)
            return rc;
    }
    return 0;
}

/* 64 hexadecimal digits. */
static int read_digest(const char *text, uint8_t ret[32], struct kith_error *e)
{
    if (hex_read(text, strlen(text), ret, 32))
        return 0;
    return kith_fail(e, KITH_E_USAGE,
                     "not a digest: \"%.80s\": give the 64 digits that kith outbox show ID ends with", text);
}

/* One record at a time: a digest is of one. */
static int check_digest(const struct arguments *a, struct kith_error *e)
{
    uint8_t digest[32] = {0};
    const char *text = options_get(a, "digest");
    if (!text)
        return 0;
    if (a->words != 1)
        return kith_fail(e, KITH_E_USAGE, "a digest is of one record: \"--digest\": give one ID with it");
    return read_digest(text, digest, e);
}

static void pack_digest(struct buf *b, const struct arguments *a)
{
    uint8_t digest[32] = {0};
    read_digest(options_get(a, "digest"), digest, NULL);
    pack_cstr(b, "digest");
    pack_bin(b, digest, sizeof digest);
}

static void pack_ids(struct buf *b, const struct arguments *a, uint32_t from, uint32_t n)
{
    const char *confirm = options_get(a, "confirm-screened");
    bool digest = options_has(a, "digest");
    bool alone = options_has(a, "alone");
    pack_map(b, 1u + (confirm != NULL) + digest + alone);
    if (alone) {
        pack_cstr(b, "alone");
        pack_bool(b, true);
    }
    if (a->words == 0) {
        pack_cstr(b, "all");
        pack_bool(b, true);
    }
    if (confirm) {
        pack_cstr(b, "confirm");
        pack_cstr(b, confirm);
    }
    if (digest)
        pack_digest(b, a);
    if (a->words == 0)
        return;
    pack_cstr(b, "ids");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        struct record_name name;
        char text[NAME_TEXT_SIZE] = "";
        if (name_parse(a->word[from + i], &name, NULL) == 0)
            name_print(&name, text);
        pack_cstr(b, text);
    }
}

static void print_one(struct sheet *s, const struct js *one)
{
    char at[LEAVING_CLOCK_SIZE], later[LEAVING_CLOCK_SIZE + sizeof "leaves at "];
    int64_t leaves = js_integer(one, "leaves", -1);
    sheet_text(s, "from", js_text(one, "from"));
    sheet_text(s, "id", js_text(one, "id"));
    if (leaves >= 0) {
        leaving_clock(s->cli, leaves, at);
        if (leaves > LEAVING_WHEN_MET)
            sheet_time(s, "leaves", leaves);
        else
            sheet_text(s, "queued", "waiting for a peer");
        snprintf(later, sizeof later, "%s%s", leaves > LEAVING_WHEN_MET ? "leaves at " : "", at);
        if (s->cli->format == CLI_PEOPLE)
            sheet_text(s, "id", later);
    }
    sheet_row(s);
}

/* What a person is told at the end. */
struct told {
    bool left, waits; /* something left, something waits for its time */
};

/* Prints what was released; the code of the first that was not. */
static int print_results(struct sheet *s, const struct js *results, struct told *told)
{
    int worst = 0;
    for (size_t i = 0; i < js_count(results); i++) {
        const struct js *one = js_at(results, i);
        const char *from = js_text(one, "from"), *text = js_text(one, "text");
        if (!text) {
            print_one(s, one);
            told->left = told->left || js_text(one, "id");
            told->waits = told->waits || !js_text(one, "id");
            continue;
        }
        cli_note("kith: %s: %s", from ? from : "?", text);
        worst = worst ? worst : (int)js_integer(one, "code", KITH_E_INTERNAL);
    }
    return worst;
}

/* In portions that one request may hold; what was released stays released whatever comes behind it. */
static int release(struct control *c, const struct arguments *a, struct sheet *s, int *worst,
                   struct told *told, struct kith_error *e)
{
    const char *confirm = options_get(a, "confirm-screened");
    size_t size = 96 + (size_t)CONTROL_BATCH_MAX * NAME_TEXT_SIZE + (confirm ? strlen(confirm) : 0);
    uint8_t *memory = cli_alloc(size);
    uint32_t at = 0;
    int rc = 0;
    do {
        uint32_t n = a->words - at < CONTROL_BATCH_MAX ? a->words - at : CONTROL_BATCH_MAX;
        struct js *answer = NULL;
        struct buf b;
        buf_init(&b, memory, size);
        pack_ids(&b, a, at, n);
        rc = control_ask(c, "release", &b, CONTROL_PATIENT_MS, &answer, e);
        int code = rc ? 0 : print_results(s, js_get(answer, "results"), told);
        *worst = *worst ? *worst : code;
        js_free(answer);
        at += n;
    } while (!rc && at < a->words);
    free(memory);
    return rc;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct control c;
    struct sheet s;
    struct kith_error e;
    struct told told = {.left = false};
    int worst = 0;
    if (options_has(a, "all") == (a->words > 0) && (a->words > 0 || !options_has(a, "alone")))
        return cli_failf(KITH_E_USAGE,
                         "say what to release: \"kith release\": give IDs such as here-7, or --all");
    int rc = check_ids(a, &e);
    if (!rc)
        rc = check_digest(a, &e);
    if (!rc)
        rc = control_open(&c, cli, &e);
    if (rc)
        return cli_fail(&e);
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    rc = release(&c, a, &s, &worst, &told, &e);
    control_close(&c);
    if (s.rows || cli->format != CLI_PEOPLE)
        sheet_end(&s);
    if (rc)
        return cli_fail(&e);
    if (cli->format == CLI_PEOPLE && told.left)
        fresh_print_readers(cli, true);
    if (cli->format == CLI_PEOPLE && told.waits)
        people_say(cli,
                   "What waits leaves by itself at that time; until then kith outbox drop ID takes it back, "
                   "with the text.");
    if (s.rows == 0 && !worst)
        cli_note("kith: nothing waits to be released");
    return worst ? cli_exit_code(worst) : s.rows ? CLI_DONE : CLI_NOTHING;
}

const struct verb verb_release = {
    .name = "release",
    .topic = TOPIC_SHARE,
    .arguments = "ID…",
    .summary = "sign what was shared here and send it to the network",
    .text = "After this every site of the network can read it, for good: read it once more\n"
            "with kith show, and ask whether the patient, the family, a colleague or a\n"
            "neighbour would know who it is about. What the screen holds stays here: change it\n"
            "with kith edit, or say with --confirm-screened why nobody can be known by it; the\n"
            "reason is kept in this site's release journal. Where a release takes two persons,\n"
            "the second one names with --digest what kith outbox show printed. Where the site\n"
            "has a release-delay, it says when each record leaves.\n"
            "After a start the daemon first compares this site's entries with a peer: a home\n"
            "restored from an old backup would else sign two entries for one place. Until then\n"
            "a release waits: queued, not yet signed. --alone does without until the daemon\n"
            "stops, for a site that nobody can reach and that is surely no old copy.",
    .example = "    kith release here-7 here-8\n    kith release --all",
    .options = options,
    .words_max = WORDS_MAX,
    .run = run,
};
