/* kith unit: this site's own list of wards, teams and services. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/control.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "cli/replica.h"
#include "proto/learn/kind.h"
#include "proto/wire/pack.h"

#define REQUEST_MAX 4096u

static const struct cli_option options[] = {
    {"label", OPTION_VALUE, "L", "its name, as people here say it"},
    {"parent", OPTION_VALUE, "U", "the unit that it belongs to; \"\" takes it away"},
    {"level", OPTION_VALUE, "L", "micro (a ward), meso (a directorate), macro (the organisation)"},
    {"setting", OPTION_VALUE, "S", "what kind of place it is: acute-ward, maternity …"},
    {"open", OPTION_FLAG, NULL, "its name may leave this site"},
    {"closed", OPTION_FLAG, NULL, "its name stays here (so it is unless you say --open)"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct sheet_column columns[] = {
    {"code", "CODE", SHEET_TEXT, SHEET_ALL, false, false},
    {"label", "LABEL", SHEET_TEXT, SHEET_ALL, true, false},
    {"parent", "PARENT", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"level", "LEVEL", SHEET_TEXT, SHEET_ALL, false, true},
    {"setting", "SETTING", SHEET_TEXT, SHEET_ALL, false, true},
    {"open", "OUTSIDE", SHEET_TRUTH, SHEET_MACHINES, false, false},
    {"outside", "OTHER SITES SEE", SHEET_TEXT, SHEET_TABLES, false, false},
};

static const struct sheet_column changed[] = {
    {"code", "CODE", SHEET_TEXT, SHEET_ALL, false, false},
    {"label", "LABEL", SHEET_TEXT, SHEET_ALL, false, false},
    {"setting", "SETTING", SHEET_TEXT, SHEET_ALL, false, false},
    {"open", "OPEN", SHEET_TRUTH, SHEET_ALL, false, false},
};

/* ---- changing ---- */

/* Options of the command line as arguments of the request. */
static void pack_request(struct buf *b, const struct arguments *a, bool add)
{
    static const char *const texts[] = {"label", "level", "parent", "setting"};
    bool open = options_has(a, "open"), says = add || open || options_has(a, "closed");
    uint32_t pairs = 1 + says;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        pairs += options_has(a, texts[i]);
    pack_map(b, pairs);
    pack_cstr(b, "code");
    pack_cstr(b, a->word[1]);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!options_has(a, texts[i]))
            continue;
        pack_cstr(b, texts[i]);
        pack_cstr(b, options_get(a, texts[i]));
    }
    if (says) {
        pack_cstr(b, "open");
        pack_bool(b, open);
    }
}

static void print_row(const struct cli *cli, const struct js *answer)
{
    struct sheet s;
    sheet_begin(&s, cli, changed, sizeof changed / sizeof changed[0]);
    sheet_text(&s, "code", js_text(answer, "code"));
    sheet_text(&s, "label", js_text(answer, "label"));
    sheet_text(&s, "setting", js_text(answer, "setting"));
    sheet_truth(&s, "open", js_truth(answer, "open"));
    sheet_row(&s);
    sheet_end(&s);
}

/* What it means for the name of this unit. */
static void print_changed(const struct cli *cli, const struct js *answer)
{
    const char *code = js_text(answer, "code"), *label = js_text(answer, "label");
    const char *setting = js_text(answer, "setting");
    if (cli->format != CLI_PEOPLE) {
        print_row(cli, answer);
        return;
    }
    if (js_truth(answer, "open"))
        people_say(cli, "%s is open: what is released from it carries its name, %s.", code, label);
    else if (setting && setting[0])
        people_say(cli, "%s is closed: what is released from it says %s, never %s.", code, setting, label);
    else
        people_say(cli, "%s is closed: what is released from it says the record's setting, never %s.", code,
                   label);
}

static int ask(const struct cli *cli, const char *verb, struct buf *b)
{
    struct js *answer = NULL;
    struct kith_error e;
    if (b->failed)
        return cli_failf(KITH_E_USAGE, "too long: \"kith unit\": give a label of at most %u bytes",
                         UNIT_LABEL_MAX);
    int rc = control_once(cli, verb, b, CONTROL_QUICK_MS, &answer, &e);
    if (rc)
        return cli_fail(&e);
    print_changed(cli, answer);
    js_free(answer);
    return CLI_DONE;
}

static int add(const struct cli *cli, const struct arguments *a)
{
    uint8_t memory[REQUEST_MAX];
    struct buf b;
    if (!options_has(a, "label"))
        return cli_failf(KITH_E_USAGE,
                         "a unit needs a name: \"%.40s\": write kith unit add %.40s --label \"…\"",
                         a->word[1], a->word[1]);
    buf_init(&b, memory, sizeof memory);
    pack_request(&b, a, true);
    return ask(cli, "unit_add", &b);
}

static int change(const struct cli *cli, const struct arguments *a)
{
    uint8_t memory[REQUEST_MAX];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_request(&b, a, false);
    return ask(cli, "unit_set", &b);
}

static int set_open(const struct cli *cli, const struct arguments *a, bool open)
{
    uint8_t memory[REQUEST_MAX];
    struct buf b;
    for (size_t i = 0; options[i].name; i++)
        if (a->given[i])
            return cli_failf(KITH_E_USAGE, "not here: \"--%s\": kith unit change corrects a unit",
                             options[i].name);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    pack_cstr(&b, "code");
    pack_cstr(&b, a->word[1]);
    pack_cstr(&b, "open");
    pack_bool(&b, open);
    return ask(cli, "unit_set", &b);
}

/* ---- the list ---- */

static unsigned depth_of(const struct unit_list *l, const struct unit *u)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < l->count && n < 20; i++)
        n += &l->unit[i] != u && unit_is_within(l, u->code, l->unit[i].code);
    return n;
}

static void print_unit(struct sheet *s, const struct unit_list *l, const struct unit *u)
{
    char label[UNIT_LABEL_MAX + 64];
    bool people = s->cli->format == CLI_PEOPLE && !s->cli->plain;
    const char *level = u->level[0] ? u->level : NULL, *setting = u->setting[0] ? u->setting : NULL;
    snprintf(label, sizeof label, "%*s%s", people ? (int)(2 * depth_of(l, u)) : 0, "", u->label);
    sheet_text(s, "code", u->code);
    sheet_text(s, "label", label);
    sheet_text(s, "parent", u->parent[0] ? u->parent : NULL);
    sheet_text(s, "level", level);
    sheet_text(s, "setting", setting);
    sheet_truth(s, "open", u->open);
    sheet_text(s, "outside", u->open ? "its name" : setting ? "the setting" : "nothing of it");
    sheet_row(s);
}

/* Each unit before those below it, in the order of codes, which is that of the list. */
static void print_units(struct sheet *s, const struct unit_list *l)
{
    uint32_t *stack = cli_alloc((l->count + 1) * sizeof *stack), n = 0;
    for (uint32_t i = l->count; i-- > 0;)
        if (!l->unit[i].parent[0])
            stack[n++] = i;
    while (n > 0) {
        const struct unit *u = &l->unit[stack[--n]];
        print_unit(s, l, u);
        for (uint32_t i = l->count; i-- > 0;)
            if (strcmp(l->unit[i].parent, u->code) == 0)
                stack[n++] = i;
    }
    free(stack);
}

static int list(const struct cli *cli)
{
    struct replica *r;
    struct kith_error e;
    struct sheet s;
    struct unit *row = cli_alloc(UNITS_MAX * sizeof *row);
    struct unit_list l = {row, 0};
    int rc = replica_open(cli->home, &r, &e);
    if (!rc) {
        rc = replica_units(r, row, &l.count, &e);
        replica_close(r);
    }
    if (!rc && (l.count || cli->format != CLI_PEOPLE)) {
        sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
        print_units(&s, &l);
        sheet_end(&s);
    }
    free(row);
    if (rc)
        return cli_fail(&e);
    if (l.count == 0)
        cli_note("kith: no units yet: add one with kith unit add CODE --label \"…\"");
    return l.count ? CLI_DONE : CLI_NOTHING;
}

static int run(struct cli *cli, const struct arguments *a)
{
    const char *what = a->words ? a->word[0] : "list";
    if (options_has(a, "open") && options_has(a, "closed"))
        return cli_failf(KITH_E_USAGE, "open or closed: \"--open --closed\": choose one");
    if (strcmp(what, "list") == 0 && a->words < 2)
        return list(cli);
    if (a->words < 2)
        return cli_failf(KITH_E_USAGE, "something is missing: \"kith unit %.40s\": write kith unit %s", what,
                         verb_unit.arguments);
    if (strcmp(what, "add") == 0)
        return add(cli, a);
    if (strcmp(what, "change") == 0)
        return change(cli, a);
    if (strcmp(what, "open") == 0 || strcmp(what, "close") == 0)
        return set_open(cli, a, what[0] == 'o');
    return cli_failf(KITH_E_USAGE, "not something to do with a unit: \"%.40s\": write kith unit %s", what,
                     verb_unit.arguments);
}

const struct verb verb_unit = {
    .name = "unit",
    .topic = TOPIC_SITE,
    .arguments = "list | add CODE | change CODE | open CODE | close CODE",
    .summary = "wards, teams and services of this site",
    .text = "Records may name a unit, by code or label; --unit U then finds those of it and\n"
            "of all units below it. The list never leaves this site. What is released from\n"
            "an open unit carries its name; from a closed one only the setting, and no\n"
            "record that says the whole name of a closed unit anywhere is released.",
    .example = "    kith unit add W4 --label 'Oakham Ward' --setting acute-ward\n"
               "    kith unit add stroke --label 'Stroke service' --level meso --open\n"
               "    kith unit change W4 --parent stroke\n"
               "    kith find falls --unit stroke",
    .options = options,
    .words_max = 2,
    .run = run,
};
