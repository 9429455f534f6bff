#include "cli/csv.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a spreadsheet would reckon with ---- */

/* Behind any apostrophes: one more guards it, and one fewer is what it was before. */
static bool looks_like_formula(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && text[i] == '\'')
        i++;
    return i < n && memchr("=+-@\t", text[i], 5);
}

static size_t digits(const char *text, size_t n, size_t at)
{
    while (at < n && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

/* -4.5 and 1e-07 are reckoned with rightly. */
static bool is_number(const char *text, size_t n)
{
    size_t from = n > 0 && (text[0] == '-' || text[0] == '+'), at = digits(text, n, from);
    if (at == from)
        return false;
    if (at < n && text[at] == '.')
        at = digits(text, n, at + 1);
    if (at + 2 < n && text[at] == 'e' && (text[at + 1] == '-' || text[at + 1] == '+'))
        at = digits(text, n, at + 2);
    return at == n;
}

/* ---- reading ---- */

/* libcsv hands over fields and rows through callbacks and knows no lines, so the text is fed to it a line at
 * a time: a row that ends within line n began on the line behind the last row's end. */
struct reading {
    struct csv *c;
    uint32_t line;  /* being fed */
    uint32_t begin; /* line on which the row at hand began */
    bool begun;     /* something was fed since the last row ended */
    bool too_many;
};

static void add_cell(void *field, size_t n, void *data)
{
    struct reading *r = data;
    struct csv *c = r->c;
    const char *text = field;
    bool guarded = n > 0 && text[0] == '\'' && looks_like_formula(text, n);
    text += guarded;
    n -= guarded;
    if (c->cells == c->cells_cap) {
        c->cells_cap = c->cells_cap ? c->cells_cap * 2 : 256;
        c->cell = cli_realloc(c->cell, c->cells_cap * sizeof *c->cell);
    }
    if (c->text_n + n + 1 > c->text_cap) {
        c->text_cap = (c->text_n + n + 1) * 2;
        c->text = cli_realloc(c->text, c->text_cap);
    }
    c->cell[c->cells++] = c->text_n;
    if (n)
        memcpy(c->text + c->text_n, text, n);
    c->text[c->text_n + n] = '\0';
    c->text_n += n + 1;
}

static void end_row(int end, void *data)
{
    struct reading *r = data;
    struct csv *c = r->c;
    (void)end;
    if (c->rows == c->rows_cap) {
        c->rows_cap = c->rows_cap ? c->rows_cap * 2 : 64;
        c->row = cli_realloc(c->row, c->rows_cap * sizeof *c->row);
    }
    uint32_t first = c->rows ? c->row[c->rows - 1].first + c->row[c->rows - 1].count : 0;
    c->row[c->rows++] = (struct csv_row){.first = first, .count = c->cells - first, .line = r->begin};
    r->too_many = r->too_many || c->cells - first > CSV_COLUMNS_MAX || c->rows > CSV_ROWS_MAX;
    r->begun = false;
}

static int is_blank(unsigned char c)
{
    return c == ' ';
}

/* The separator that the header has most of, outside quotes. */
static char sniff(const char *text, size_t n)
{
    static const char kinds[] = {',', ';', '\t'};
    size_t count[3] = {0};
    bool quoted = false;
    for (size_t i = 0; i < n && (quoted || text[i] != '\n'); i++) {
        quoted = quoted != (text[i] == '"');
        for (size_t k = 0; !quoted && k < sizeof kinds; k++)
            count[k] += text[i] == kinds[k];
    }
    return count[1] > count[0] && count[1] >= count[2] ? ';' : count[2] > count[0] ? '\t' : ',';
}

static int broken(const char *name, const struct reading *r, bool at_end, struct kith_error *e)
{
    if (at_end)
        return kith_fail(e, KITH_E_INVALID, "quote is never closed: \"%s:%u\": close it or write it twice",
                         name, r->begin);
    return kith_fail(e, KITH_E_INVALID,
                     "broken quote: \"%s:%u\": put the whole cell in quotes and write quotes inside it twice",
                     name, r->line);
}

static int feed(const char *name, struct csv_parser *p, const char *text, size_t n, struct reading *r,
                struct kith_error *e)
{
    while (n > 0 && !r->too_many) {
        const char *nl = memchr(text, '\n', n);
        size_t line = nl ? (size_t)(nl - text) + 1 : n;
        r->line++;
        if (!r->begun)
            r->begin = r->line;
        r->begun = true;
        if (csv_parse(p, text, line, add_cell, end_row, r) != line)
            return broken(name, r, false, e);
        if (line == 1 &&
            r->c->cells ==
                (r->c->rows ? r->c->row[r->c->rows - 1].first + r->c->row[r->c->rows - 1].count : 0) &&
            r->begin == r->line)
            r->begun = false; /* an empty line between rows: libcsv skips it silently */
        text += line;
        n -= line;
    }
    return 0;
}

int csv_read(const char *name, const char *text, size_t n, struct csv *ret, struct kith_error *e)
{
    struct csv c = {.delimiter = sniff(text, n)};
    struct reading r = {.c = &c};
    struct csv_parser p;
    if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI))
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory: \"%s\": close something and try again",
                         name);
    csv_set_delim(&p, (unsigned char)c.delimiter);
    csv_set_space_func(&p, is_blank);
    int rc = feed(name, &p, text, n, &r, e);
    if (!rc && csv_fini(&p, add_cell, end_row, &r))
        rc = broken(name, &r, true, e);
    if (!rc && r.too_many)
        rc = kith_fail(e, KITH_E_FULL, "table is too large: \"%s\": at most %u columns and %u rows", name,
                       CSV_COLUMNS_MAX, CSV_ROWS_MAX);
    csv_free(&p);
    if (rc)
        csv_clear(&c);
    else
        *ret = c;
    return rc;
}

void csv_clear(struct csv *c)
{
    free(c->text);
    free(c->cell);
    free(c->row);
    memset(c, 0, sizeof *c);
}

const char *csv_cell(const struct csv *c, const struct csv_row *row, uint32_t i)
{
    return i < row->count ? c->text + c->cell[row->first + i] : "";
}

void csv_put(FILE *out, const char *text, size_t n)
{
    bool guard = looks_like_formula(text, n) && !is_number(text, n);
    char *guarded = guard ? cli_alloc(n + 1) : NULL;
    if (guard) {
        guarded[0] = '\'';
        memcpy(guarded + 1, text, n);
    }
    csv_fwrite(out, guard ? guarded : text, n + guard);
    free(guarded);
}
