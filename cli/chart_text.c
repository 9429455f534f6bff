/* A chart in a terminal: characters in a grid, drawn over each other in layers.
 *
 *     limits and centre    one character a column, as high as the row allows
 *     the line of values   braille, four dots high and two wide in each character; on terminals only
 *     points               a character each that also tells without colour what a point means
 *
 * Outside a terminal the same picture is made of ASCII, without the line of values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chart.h"
#include "cli/people.h"

#define ROWS        16
#define WIDTH_USUAL 80u
#define WIDTH_MAX   160u
#define STEP_MAX    4u  /* columns from one point to the next */
#define NAMES_FROM  64u /* columns of the terminal from which lines are named at the right */
#define BRAILLE     0x2800
#define LINE_LABELS 4
#define AXIS_GAP    2
#define TICKS       4u

enum ink { INK_NONE, INK_CENTRE, INK_LIMIT, INK_TARGET, INK_VALUES, INK_POINT, INK_GOOD, INK_BAD, INK_ODD };

struct cell {
    enum ink ink;
    const char *sign; /* NULL: braille of `dots` */
    uint8_t dots;
};

struct canvas {
    const struct cli *cli;
    const struct chart *c;
    bool rich; /* more than ASCII */
    unsigned left, columns, step, right;
    double low, high;
    struct cell cell[ROWS][WIDTH_MAX];
    char name[ROWS][CHART_NUMBER_SIZE + 16]; /* of lines, at the right */
};

/* ---- places ---- */

static unsigned column_of(const struct canvas *v, uint32_t i)
{
    uint32_t n = v->c->n;
    return v->step ? i * v->step + v->step / 2
                   : (unsigned)((uint64_t)i * (v->columns - 1) / (n > 1 ? n - 1 : 1));
}

/* Counted in quarters of a row from the top, as braille has them. */
static int height_of(const struct canvas *v, double y)
{
    double part = (v->high - y) / (v->high - v->low);
    int at = (int)lround(part * (ROWS * 4 - 1));
    return at < 0 ? 0 : at >= ROWS * 4 ? ROWS * 4 - 1 : at;
}

static int row_of(const struct canvas *v, double y)
{
    return height_of(v, y) / 4;
}

/* ---- layers ---- */

static void put(struct canvas *v, unsigned column, double y, enum ink ink, const char *rich,
                const char *simple)
{
    if (isnan(y) || column >= v->columns)
        return;
    struct cell *cell = &v->cell[row_of(v, y)][column];
    if (cell->ink <= ink)
        *cell = (struct cell){.ink = ink, .sign = v->rich ? rich : simple};
}

/* The point whose lines stand in a column. */
static uint32_t point_at(const struct canvas *v, unsigned column)
{
    uint32_t i = v->step ? column / v->step
                         : (uint32_t)(((uint64_t)column * (v->c->n - 1) + v->columns / 2) / (v->columns - 1));
    return i < v->c->n ? i : v->c->n - 1;
}

static void draw_lines(struct canvas *v)
{
    for (unsigned x = 0; x < v->columns; x++) {
        const struct spc_mark *m = &v->c->mark[point_at(v, x)];
        bool first_limit = v->c->setup.chart != SPC_MR;
        put(v, x, m->centre, INK_CENTRE, "─", "-");
        put(v, x, m->upper, INK_LIMIT, "┄", ".");
        if (first_limit)
            put(v, x, m->lower, INK_LIMIT, "┄", ".");
        if (v->c->setup.has_target)
            put(v, x, v->c->setup.target, INK_TARGET, "═", "=");
    }
}

/* Which bit is the dot in so many rows down, left or right (ISO/TR 11548-1). */
static uint8_t dot_bit(int row, int side)
{
    static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    return bits[row][side];
}

static void dot(struct canvas *v, int x, int y)
{
    struct cell *cell = &v->cell[y / 4][x / 2];
    if (cell->ink > INK_VALUES)
        return;
    if (cell->ink != INK_VALUES)
        *cell = (struct cell){.ink = INK_VALUES};
    cell->dots |= dot_bit(y % 4, x % 2);
}

static void join(struct canvas *v, uint32_t a, uint32_t b)
{
    int x0 = (int)column_of(v, a) * 2, x1 = (int)column_of(v, b) * 2;
    int y0 = height_of(v, v->c->mark[a].value), y1 = height_of(v, v->c->mark[b].value);
    int steps = abs(x1 - x0) > abs(y1 - y0) ? abs(x1 - x0) : abs(y1 - y0);
    for (int i = 0; i <= steps; i++)
        dot(v, x0 + (steps ? (x1 - x0) * i / steps : 0), y0 + (steps ? (y1 - y0) * i / steps : 0));
}

static void draw_values(struct canvas *v)
{
    for (uint32_t i = 1; i < v->c->n && v->rich; i++)
        if (!isnan(v->c->mark[i].value) && !isnan(v->c->mark[i - 1].value))
            join(v, i - 1, i);
}

struct sign {
    enum ink ink;
    const char *rich, *simple, *word;
};

static const struct sign plain_sign = {INK_POINT, "•", "o", "value"};
static const struct sign excluded_sign = {INK_POINT, "○", "x", "excluded"};

static const struct sign *sign_of(enum spc_icon kind)
{
    static const struct sign signs[] = {
        {INK_GOOD, "◆", "+", "improvement"},
        {INK_BAD, "■", "#", "concern"},
        {INK_ODD, "▲", "^", "high"},
        {INK_ODD, "▼", "v", "low"},
    };
    return kind >= SPC_IMPROVEMENT && kind <= SPC_IS_LOW ? &signs[kind - SPC_IMPROVEMENT] : &plain_sign;
}

static const struct sign *sign_at(const struct chart *c, uint32_t i)
{
    return c->mark[i].rules ? sign_of(c->mark[i].kind) : c->point[i].excluded ? &excluded_sign : &plain_sign;
}

static void draw_points(struct canvas *v)
{
    for (uint32_t i = 0; i < v->c->n; i++) {
        const struct sign *s = sign_at(v->c, i);
        put(v, column_of(v, i), v->c->mark[i].value, s->ink, s->rich, s->simple);
    }
}

/* ---- names at the right ---- */

struct name {
    double y;
    int row;
    char text[CHART_NUMBER_SIZE + 16];
};

static int by_height(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    return (x->y < y->y) - (x->y > y->y);
}

/* The lines that end at the last value, from the highest to the lowest. */
static int collect_names(const struct chart *c, struct name ret[LINE_LABELS])
{
    const struct spc_mark *m = &c->mark[c->verdict.last == SPC_NOWHERE ? c->n - 1 : c->verdict.last];
    bool median = c->setup.chart == SPC_RUN || c->setup.chart == SPC_G;
    const struct {
        double y;
        const char *what;
    } all[LINE_LABELS] = {{m->upper, "upper"},
                          {m->centre, median ? "median" : "centre"},
                          {m->lower, "lower"},
                          {c->setup.has_target ? c->setup.target : NAN, "target"}};
    int n = 0;
    for (int i = 0; i < LINE_LABELS; i++) {
        char number[CHART_NUMBER_SIZE];
        if (isnan(all[i].y))
            continue;
        chart_number(c, all[i].y, i < 3 ? CHART_LINE : CHART_TARGET, number);
        ret[n].y = all[i].y;
        snprintf(ret[n++].text, sizeof ret[0].text, " %s %s", all[i].what, number);
    }
    qsort(ret, (size_t)n, sizeof *ret, by_height);
    return n;
}

/* A row each, in their order: downwards past each other, then back up from the last row. */
static void name_lines(struct canvas *v)
{
    struct name name[LINE_LABELS];
    int n = v->right ? collect_names(v->c, name) : 0, free = 0, last = ROWS - 1;
    for (int i = 0; i < n; i++) {
        int row = row_of(v, name[i].y);
        name[i].row = row < free ? free : row;
        free = name[i].row + 1;
    }
    for (int i = n; i-- > 0; last = name[i].row - 1) {
        name[i].row = name[i].row > last ? last : name[i].row;
        snprintf(v->name[name[i].row], sizeof v->name[0], "%s", name[i].text);
    }
}

static unsigned widest_name(const struct chart *c)
{
    struct name name[LINE_LABELS];
    size_t widest = 0;
    for (int i = collect_names(c, name); i-- > 0;)
        widest = strlen(name[i].text) > widest ? strlen(name[i].text) : widest;
    return (unsigned)widest;
}

/* ---- printing ---- */

/* The same text for the same colour: it is compared by its address. */
static const char *colour_of(const struct canvas *v, enum ink ink)
{
    static const char none[] = "";
    if (!v->cli->colour)
        return none;
    switch (ink) {
    case INK_GOOD:
        return "\033[1;38;5;32m"; /* blue */
    case INK_BAD:
        return "\033[1;38;5;208m"; /* orange */
    case INK_ODD:
        return "\033[1;38;5;98m"; /* purple, as NHS charts mark what is neither */
    case INK_LIMIT:
    case INK_VALUES:
        return "\033[38;5;245m"; /* grey */
    case INK_TARGET:
        return "\033[38;5;160m"; /* red */
    case INK_CENTRE:
    case INK_POINT:
    case INK_NONE:
        return none;
    }
    return none;
}

static void print_braille(uint8_t dots)
{
    unsigned code = BRAILLE + dots;
    printf("%c%c%c", (char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3f)),
           (char)(0x80 | (code & 0x3f)));
}

/* Cells of one row; a colour is said only where it changes. */
static void print_cells(const struct canvas *v, const struct cell *cell, unsigned n)
{
    const char *now = colour_of(v, INK_NONE);
    for (unsigned x = 0; x < n; x++) {
        const char *colour = cell[x].ink == INK_NONE ? now : colour_of(v, cell[x].ink);
        if (colour != now && now[0])
            fputs(cli_reset(v->cli), stdout);
        if (colour != now)
            fputs(colour, stdout);
        now = colour;
        if (cell[x].ink == INK_NONE)
            putchar(' ');
        else if (cell[x].sign)
            fputs(cell[x].sign, stdout);
        else
            print_braille(cell[x].dots);
    }
    if (now[0])
        fputs(cli_reset(v->cli), stdout);
}

/* Values of the axis stand on the rows that are nearest to them. */
static void label_rows(const struct canvas *v, char ret[ROWS][CHART_NUMBER_SIZE])
{
    double step = chart_step(v->high - v->low, TICKS);
    memset(ret, 0, ROWS * sizeof ret[0]);
    for (double y = ceil(v->low / step) * step; y <= v->high; y += step)
        chart_tick(v->c, y, step, ret[row_of(v, y)]);
}

static unsigned widest_label(const struct canvas *v)
{
    char label[ROWS][CHART_NUMBER_SIZE];
    size_t widest = 1;
    label_rows(v, label);
    for (int i = 0; i < ROWS; i++)
        widest = strlen(label[i]) > widest ? strlen(label[i]) : widest;
    return (unsigned)widest;
}

static void print_rows(const struct canvas *v)
{
    char label[ROWS][CHART_NUMBER_SIZE];
    label_rows(v, label);
    for (int y = 0; y < ROWS; y++) {
        unsigned used = v->columns;
        while (used > 0 && v->cell[y][used - 1].ink == INK_NONE && !v->name[y][0])
            used--;
        printf("%*s %s", (int)v->left, label[y], v->rich ? (label[y][0] ? "┤" : "│") : "|");
        print_cells(v, v->cell[y], used);
        printf("%s\n", v->name[y]);
    }
}

static const char *const letters[CHART_NOTES_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                                     "j", "k", "l", "m", "n", "o", "p", "q", "r",
                                                     "s", "t", "u", "v", "w", "x", "y", "z"};

/* The axis marks where phases begin, where a number is hidden, and what is noted. */
static void print_axis(const struct canvas *v)
{
    const char *sign[WIDTH_MAX];
    for (unsigned x = 0; x < v->columns; x++)
        sign[x] = v->rich ? "─" : "-";
    for (uint32_t i = 0; i < v->c->n; i++) {
        if (i > 0 && v->c->mark[i].segment != v->c->mark[i - 1].segment)
            sign[column_of(v, i)] = v->rich ? "┴" : "|";
        if (v->c->point[i].cell == SPC_HIDDEN)
            sign[column_of(v, i)] = "?";
    }
    for (uint32_t i = v->c->notes; i-- > 0;)
        sign[column_of(v, v->c->note[i].at)] = letters[i];
    printf("%*s %s", (int)v->left, "", v->rich ? "└" : "+");
    for (unsigned x = 0; x < v->columns; x++)
        fputs(sign[x], stdout);
    putchar('\n');
}

/* As many labels as fit with a gap between them: first, last, and evenly between. */
static void print_periods(const struct canvas *v)
{
    const struct chart *c = v->c;
    char text[PERIOD_TEXT_SIZE];
    unsigned at = 0, last = column_of(v, c->n - 1) + 1;
    chart_period(c, c->n - 1, text);
    last = last > strlen(text) ? last - (unsigned)strlen(text) : 0;
    printf("%*s", (int)v->left + 2, "");
    for (uint32_t i = 0; i < c->n; i++) {
        chart_period(c, i, text);
        unsigned w = (unsigned)strlen(text), x = i == c->n - 1 ? last : column_of(v, i);
        bool behind = i == 0 || x >= at + AXIS_GAP, before = i == c->n - 1 || x + w + AXIS_GAP <= last;
        if (!behind || !before || (i > 0 && i < c->n - 1 && x < at + w))
            continue;
        printf("%*s%s", (int)(x - at), "", text);
        at = x + w;
    }
    putchar('\n');
}

static bool has_sign(const struct chart *c, const struct sign *s)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (!isnan(c->mark[i].value) && sign_at(c, i) == s)
            return true;
    return false;
}

/* One item of the legend. */
static void legend(const struct canvas *v, bool *any, enum ink ink, const char *sign, const char *word)
{
    const char *colour = colour_of(v, ink);
    printf("%*s%s%s%s %s", *any ? 2 : (int)v->left + 2, "", colour, sign, colour[0] ? cli_reset(v->cli) : "",
           word);
    *any = true;
}

static void print_legend(const struct canvas *v)
{
    const struct sign *all[] = {sign_of(SPC_COMMON),  sign_of(SPC_IMPROVEMENT), sign_of(SPC_CONCERN),
                                sign_of(SPC_IS_HIGH), sign_of(SPC_IS_LOW),      &excluded_sign};
    bool hidden = false, any = false;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (has_sign(v->c, all[i]))
            legend(v, &any, all[i]->ink, v->rich ? all[i]->rich : all[i]->simple, all[i]->word);
    for (uint32_t i = 0; i < v->c->n; i++)
        hidden = hidden || v->c->point[i].cell == SPC_HIDDEN;
    if (hidden)
        legend(v, &any, INK_POINT, "?", "hidden");
    if (v->c->verdict.phases > 1)
        legend(v, &any, INK_POINT, v->rich ? "┴" : "|", "limits begin afresh");
    putchar('\n');
}

static void print_notes(const struct canvas *v)
{
    for (uint32_t i = 0; i < v->c->notes; i++)
        people_say(v->cli, "%*s%s %s: %s", (int)v->left + 2, "", letters[i], v->c->at[v->c->note[i].at].label,
                   v->c->note[i].text);
}

static void set_size(struct canvas *v)
{
    unsigned width = v->cli->width ? v->cli->width : WIDTH_USUAL;
    width = width > WIDTH_MAX ? WIDTH_MAX : width;
    v->left = widest_label(v);
    v->right = width >= NAMES_FROM ? widest_name(v->c) : 0;
    unsigned rest = v->left + 2 + v->right;
    v->columns = width > rest + 10 ? width - rest : 10;
    v->step = v->columns / v->c->n;
    v->step = v->step > STEP_MAX ? STEP_MAX : v->step;
    if (v->step)
        v->columns = v->step * v->c->n;
}

void chart_print_text(const struct cli *cli, const struct chart *c)
{
    struct canvas *v = cli_alloc(sizeof *v);
    char text[CHART_TEXT_SIZE];
    const char *unit = strstr(c->title, c->unit) ? "" : c->unit; /* said once */
    v->cli = cli;
    v->c = c;
    v->rich = cli->terminal;
    chart_range(c, &v->low, &v->high);
    set_size(v);
    draw_lines(v);
    draw_values(v);
    draw_points(v);
    name_lines(v);
    printf("%s%s%s%s%s\n", cli_bold(cli), c->title, cli_reset(cli), unit[0] ? ", " : "", unit);
    chart_sentence(c, text);
    puts(text);
    if (chart_target(c, text))
        puts(text);
    chart_about(c, text);
    printf("%s%s%s\n\n", cli_dim(cli), text, cli_reset(cli));
    print_rows(v);
    print_axis(v);
    print_periods(v);
    print_legend(v);
    print_notes(v);
    free(v);
}
