/* kith new: a record written in an editor, from a text that explains each field. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/author.h"
#include "cli/template.h"
#include "cli/verbs.h"

static const struct cli_option options[] = {
    {"long", OPTION_FLAG, NULL, "ask for every field, not only for what the short form needs"},
    {"unit", OPTION_VALUE, "U", "the ward, team or service that it comes from"},
    {"file", OPTION_VALUE, "PATH", "write into this file, which is kept; go on with it if it exists"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static char *make_text(const struct kind *k, const struct arguments *a, size_t *ret_n)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, ret_n);
    if (!f)
        return NULL;
    template_print(k, options_has(a, "long"), options_get(a, "unit"), f);
    return fclose(f) == 0 ? text : NULL;
}

static int prepare(struct author *w, const struct arguments *a, char *text, size_t n, struct kith_error *e)
{
    const char *file = options_get(a, "file");
    if (!file || access(file, F_OK))
        return author_begin(w, file, text, n, e);
    w->text = text;
    w->n = n;
    return author_resume(w, file, e);
}

/* Without a person at a terminal: the text itself. */
static int print_text(const char *file, const char *text, size_t n)
{
    FILE *out = file ? fopen(file, "wxe") : stdout;
    if (!out)
        return cli_failf(KITH_E_USAGE, "file cannot be made: \"%s\": it exists, or may not be written", file);
    bool good = fwrite(text, 1, n, out) == n && fflush(out) == 0;
    if (file)
        good = fclose(out) == 0 && good;
    if (!good)
        return cli_failf(KITH_E_INTERNAL, "could not be written: \"%s\": make room and try again",
                         file ? file : "standard output");
    if (file)
        printf("Fill in %s, then: kith lint %s, and kith share %s\n", file, file, file);
    return CLI_DONE;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct author w = {.cli = cli};
    struct kith_error e;
    char verb[64];
    size_t n = 0;
    int rc = record_kind(a->word[0], &w.kind, &e);
    if (rc)
        return cli_fail(&e);
    char *text = make_text(w.kind, a, &n);
    if (!text)
        return cli_failf(KITH_E_INTERNAL, "not enough memory: \"template\": close something and try again");
    if (!author_is_there(cli)) {
        rc = print_text(options_get(a, "file"), text, n);
        free(text);
        return rc;
    }
    snprintf(verb, sizeof verb, "new %s", w.kind->name);
    w.verb = verb;
    rc = prepare(&w, a, text, n, &e);
    rc = rc ? cli_fail(&e) : author_run(&w);
    author_end(&w);
    return rc;
}

const struct verb verb_new = {
    .name = "new",
    .topic = TOPIC_DAY,
    .arguments = "KIND",
    .summary = "write a lesson, a project … in your editor",
    .text = "Opens a text that explains each field in one line. A lesson is one line, three\n"
            "choices and five questions: five minutes. When you leave the editor it is checked,\n"
            "you may mend it, and then it is shared here. Without a terminal the text goes to\n"
            "standard output. The editor is $VISUAL, else $EDITOR. What you typed is never\n"
            "lost: until it is shared it stays in a file whose name you are told.\n"
            "Kinds: lesson, project, cycle, uptake, programme, measure, resource, ask, reply,\n"
            "thanks, visit, site.",
    .example = "    kith new lesson\n    kith new project --long --unit W7\n    kith new lesson > mine.md",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
