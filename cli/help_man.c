/* The part of kith(1) that the tables know, in mdoc. */
#include <string.h>

#include <unistr.h>

#include "cli/help.h"

/* One character as roff takes it; `literal` keeps what is typed in a shell as it is typed. */
static void put_char(FILE *out, ucs4_t c, bool literal)
{
    if (c == '\\')
        fputs("\\e", out);
    else if (c == '"')
        fputs("\\(dq", out);
    else if (literal && c == '-')
        fputs("\\-", out);
    else if (literal && c == '\'')
        fputs("\\(aq", out);
    else if (c > 0x7e)
        fprintf(out, "\\[u%04X]", (unsigned)c);
    else
        putc((int)c, out);
}

static void put_text(FILE *out, const char *text, size_t n, bool literal)
{
    const uint8_t *p = (const uint8_t *)text;
    if (n > 0 && (text[0] == '.' || text[0] == '\''))
        fputs("\\&", out);
    while (n > 0) {
        ucs4_t c = 0;
        int step = u8_mbtouc(&c, p, n);
        put_char(out, c, literal);
        p += step;
        n -= (size_t)step;
        bool sentence = !literal && (c == '.' || c == '?' || c == '!') && n > 1 && *p == ' ';
        if (sentence) { /* each begins on a line of its own, so that roff spaces it as it should be */
            putc('\n', out);
            p++;
            n--;
        }
    }
}

static void put_line(FILE *out, const char *before, const char *text, const char *after)
{
    fputs(before, out);
    put_text(out, text, strlen(text), false);
    fputs(after, out);
}

/* Paragraphs: an empty line begins the next one; roff fills lines itself. */
static void put_paragraphs(FILE *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        if (n == 0)
            fputs(".Pp", out);
        put_text(out, text + strspn(text, " "), n > strspn(text, " ") ? n - strspn(text, " ") : 0, false);
        putc('\n', out);
        text += n + (text[n] == '\n');
    }
}

static void put_example(FILE *out, const char *text)
{
    fputs(".Bd -literal -offset 2n\n", out);
    while (*text) {
        size_t n = strcspn(text, "\n"), skip = strspn(text, " ");
        skip = skip > 4 ? 4 : skip;
        put_text(out, text + skip, n > skip ? n - skip : 0, true);
        putc('\n', out);
        text += n + (text[n] == '\n');
    }
    fputs(".Ed\n", out);
}

static void put_options(FILE *out, const struct cli_option *table)
{
    bool any = false;
    for (; table && table->name; table++) {
        if (!table->help)
            continue;
        if (!any)
            fputs(".Bl -tag -width 15n -compact\n", out);
        any = true;
        fputs(".It Fl \\-", out);
        put_text(out, table->name, strlen(table->name), true);
        if (table->take == OPTION_MAYBE)
            put_line(out, " Op Ar \"", table->value, "\"");
        else if (table->value)
            put_line(out, " Ar \"", table->value, "\"");
        putc('\n', out);
        put_line(out, "", table->help, "\n");
    }
    if (any)
        fputs(".El\n", out);
}

static void put_verb(FILE *out, const struct verb *v)
{
    fprintf(out, ".It Ic %s", v->name);
    if (v->arguments && v->arguments[0])
        put_line(out, " Ar \"", v->arguments, "\"");
    putc('\n', out);
    put_line(out, "", v->summary, ".\n");
    if (v->text) {
        fputs(".Pp\n", out);
        put_paragraphs(out, v->text);
    }
    if (v->options && v->options->name && v->options->help) {
        fputs(".Pp\n", out);
        put_options(out, v->options);
    }
    if (v->example)
        put_example(out, v->example);
}

static void put_topic(const struct cli *cli, FILE *out, const struct help_topic *t)
{
    bool any = false;
    for (const struct verb *const *v = cli->verbs; *v; v++) {
        if (!help_topic_has(t, (*v)->topic))
            continue;
        if (!any) {
            put_line(out, ".Ss ", t->title, "\n");
            fputs(".Bl -tag -width 4n\n", out);
        }
        any = true;
        put_verb(out, *v);
    }
    if (any)
        fputs(".El\n", out);
}

void help_print_man(const struct cli *cli, FILE *out)
{
    const struct help_topic *t;
    fputs(".Sh OPTIONS\nThey may stand before the verb or behind it.\n.Pp\n", out);
    put_options(out, options_common());
    fputs(".Sh VERBS\n", out);
    for (size_t i = 0; (t = help_topic_at(i)) != NULL; i++)
        put_topic(cli, out, t);
}
