#include "cli/template.h"

#include <string.h>

#include "cli/people.h"
#include "kith/kinds.h"
#include "proto/learn/vocab.h"

#define LINE_WIDTH   78u
#define SHORT_VOCAB  10u /* lists up to this length are shown one a line, with their labels */
#define LONGEST_LIST 40u /* codes of longer lists are left to kith help */
#define VOCABS_MAX   4u

/* What the short form of a kind asks, in its order; kinds that are not named here are short as they are. */
static const struct {
    uint8_t kind;
    const char *fields;
} short_form[] = {
    {KITH_KIND_LESSON, " title result confidence setting topics happened expected why learned advice "},
    {KITH_KIND_PROJECT,
     " title aim setting topics status outcome measures problem context changes results limits "},
};

/* Fields that no template asks for: kith fills them in, or hardly anybody needs them. */
static const char never[] = " supersedes lang licence review ";

static bool names(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = strstr(list, name); at; at = strstr(at + 1, name))
        if (at > list && at[-1] == ' ' && at[n] == ' ')
            return true;
    return false;
}

static const char *short_fields(const struct kind *k)
{
    for (size_t i = 0; i < sizeof short_form / sizeof short_form[0]; i++)
        if (short_form[i].kind == k->number)
            return short_form[i].fields;
    return NULL;
}

bool template_is_short(const struct kind *k, const struct field *f)
{
    const char *list = short_fields(k);
    return list ? names(list, f->name) : !names(never, f->name);
}

/* Words of a text on lines of their own, the first behind `first`, the others behind `mark`. */
static void print_words(const char *text, const char *first, const char *mark, FILE *out)
{
    const char *before = first;
    size_t used = 0;
    while (*text) {
        size_t n = strcspn(text, " ");
        unsigned width = people_width(text, n);
        if (used && used + 1 + width > LINE_WIDTH) {
            putc('\n', out);
            used = 0;
        }
        fputs(used ? " " : before, out);
        used += used ? 1 : strlen(before);
        before = mark;
        fwrite(text, 1, n, out);
        used += width;
        text += n + (text[n] == ' ');
    }
    putc('\n', out);
}

/* ---- lists of codes ---- */

static uint32_t vocabularies(const struct field *f, const struct vocab *ret[VOCABS_MAX])
{
    char name[VOCAB_CODE_MAX];
    uint32_t n = 0;
    for (const char *p = f->vocabulary; p && *p && n < VOCABS_MAX; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        snprintf(name, sizeof name, "%.*s", (int)len, p);
        if ((ret[n] = vocab_find(name)))
            n++;
        p += len;
    }
    return n;
}

static void print_labels(const struct vocab *v, const char *mark, FILE *out)
{
    for (uint32_t i = 0; i < v->count; i++)
        fprintf(out, "%s  %-20s %s\n", mark, v->entries[i].code, v->entries[i].label);
}

static void print_codes(const struct vocab *v, const char *mark, FILE *out)
{
    char text[LONGEST_LIST * (VOCAB_CODE_MAX + 4)] = "", inner[16];
    size_t n = 0;
    for (uint32_t i = 0; i < v->count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? ", " : "", v->entries[i].code);
    snprintf(inner, sizeof inner, "%s  ", mark);
    print_words(text, inner, inner, out);
}

/* What may be written into a field of codes. */
static void print_choices(const struct field *f, const char *mark, FILE *out)
{
    const struct vocab *v[VOCABS_MAX];
    uint32_t n = vocabularies(f, v);
    for (uint32_t i = 0; i < n; i++) {
        if (v[i]->count <= SHORT_VOCAB)
            print_labels(v[i], mark, out);
        else if (v[i]->count <= LONGEST_LIST && strcmp(v[i]->name, "softt") != 0)
            print_codes(v[i], mark, out);
        else
            fprintf(out, "%s  more: kith help %s\n", mark, v[i]->name);
    }
}

/* "Result (needed): the help" */
static void print_help(const struct field *f, const char *mark, FILE *out)
{
    char text[400];
    const struct vocab *v[VOCABS_MAX];
    bool listed = vocabularies(f, v) == 1 && v[0]->count <= SHORT_VOCAB; /* the help would list them, too */
    snprintf(text, sizeof text, "%s%s: %s%s", f->label, f->required ? " (needed)" : "",
             listed ? v[0]->title : f->help,
             f->type == FIELD_CODES || f->type == FIELD_LIST || f->type == FIELD_REFS
                 ? "; several as [one, two]"
                 : "");
    print_words(text, mark, mark, out);
}

/* ---- front matter ---- */

/* Groups that may come several times are shown with their marks on: who needs them takes these away. */
static void print_groups(const struct field *f, FILE *out)
{
    fprintf(out, "#%s:\n", f->name);
    for (uint32_t i = 0; i < f->part_count; i++)
        fprintf(out, "#  %s %s:   # %s\n", i ? " " : "-", f->parts[i].name, f->parts[i].help);
}

void template_print_front(const struct field *f, FILE *out)
{
    print_help(f, "# ", out);
    if (f->type == FIELD_GROUPS) {
        print_groups(f, out);
        return;
    }
    if (f->type == FIELD_CODE || f->type == FIELD_CODES)
        print_choices(f, "# ", out);
    fprintf(out, "%s:\n", f->name);
    for (uint32_t i = 0; i < f->part_count; i++) {
        print_help(&f->parts[i], "  # ", out);
        fprintf(out, "  %s:\n", f->parts[i].name);
    }
}

/* ---- sections ---- */

static void print_group_example(const struct field *f, FILE *out)
{
    fputs("Write these lines for each of them:\n\n", out);
    fprintf(out, "### %s\n", f->parts[0].help);
    for (uint32_t i = 1; i < f->part_count; i++)
        fprintf(out, "%s: %s\n", f->parts[i].name, f->parts[i].help);
}

static void print_tree_example(FILE *out)
{
    fputs(
        "- Fewer falls at night\n  - Patients see where they step\n    - Lights along the way to the toilet "
        "(measure: ASH/falls-rate)\n",
        out);
}

void template_print_section(const struct field *f, FILE *out)
{
    fprintf(out, "\n## %s\n\n", f->label);
    if (f->type == FIELD_TEXT) {
        char text[400];
        snprintf(text, sizeof text, "<!-- %s%s -->", f->required ? "Needed. " : "", f->help);
        print_words(text, "", "", out);
        return;
    }
    print_words(f->help, "<!-- ", "", out);
    if (f->type == FIELD_TREE)
        print_tree_example(out);
    else
        print_group_example(f, out);
    fputs("-->\n", out);
}

/* ---- the whole ---- */

static bool is_wanted(const struct kind *k, const struct field *f, bool whole)
{
    return whole ? strcmp(f->name, "supersedes") != 0 : template_is_short(k, f);
}

static void print_greeting(const struct kind *k, bool whole, FILE *out)
{
    if (k->number == KITH_KIND_LESSON && !whole)
        fputs("# A lesson: one line, three choices, five questions, five minutes.\n", out);
    else
        fprintf(out, "# %s: %s\n", k->name, k->what);
    fputs("# Lines that begin with # are for you and go away by themselves. Write behind the\n"
          "# colon. Text with a colon in it belongs in quotes: title: \"Falls: what we saw\"\n\n",
          out);
}

/* Sections in the order of the short form, or of the kind. */
static void print_sections(const struct kind *k, bool whole, FILE *out)
{
    const char *list = whole ? NULL : short_fields(k);
    char name[VOCAB_CODE_MAX];
    for (const char *p = list; p && *p; p += strcspn(p, " ")) {
        p += strspn(p, " ");
        snprintf(name, sizeof name, "%.*s", (int)strcspn(p, " "), p);
        const struct field *f = kind_field(k, name);
        if (f && field_is_section(f))
            template_print_section(f, out);
    }
    for (uint32_t i = 0; i < k->field_count && !list; i++)
        if (field_is_section(&k->fields[i]) && is_wanted(k, &k->fields[i], whole))
            template_print_section(&k->fields[i], out);
}

static void print_unit(const char *unit, FILE *out)
{
    fputs("unit: \"", out);
    for (; *unit; unit++) {
        if (*unit == '"' || *unit == '\\')
            putc('\\', out);
        putc(*unit, out);
    }
    fputs("\"\n\n", out);
}

void template_print(const struct kind *k, bool whole, const char *unit, FILE *out)
{
    fprintf(out, "---\nkind: %s\n", k->name);
    print_greeting(k, whole, out);
    if (unit)
        print_unit(unit, out);
    for (uint32_t i = 0; i < k->field_count; i++) {
        const struct field *f = &k->fields[i];
        if (field_is_section(f) || !is_wanted(k, f, whole) || (unit && strcmp(f->name, "unit") == 0))
            continue;
        template_print_front(f, out);
        putc('\n', out);
    }
    fputs("---\n", out);
    print_sections(k, whole, out);
}
