/* The picture of a chart, for files. One routine draws, whatever the file; cairo is used here and nowhere
 * else.
 *
 * From top to bottom: title, the sentence, what the chart is made from, what its values are; the plot with
 * its axes; periods; a legend. The names and numbers of lines stand right of the plot, moved apart where they
 * would meet. Colours are those that NHS readers know: blue for improvement, orange for concern, grey for
 * neither. Every meaning has a shape too, so nothing is lost in black and white. */
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/chart.h"
#include "cli/people.h"

#define WIDTH       960.0
#define HEIGHT      540.0
#define PNG_SCALE   2 /* pixels a point */
#define MARGIN      24.0
#define GAP         8.0 /* between labels */
#define TEXT        12.0
#define SMALL       11.0
#define FILE_MAX    (16u * 1024u * 1024u)
#define TICKS       6u
#define LINE_LABELS 4

struct rgb {
    double r, g, b;
};

static const struct rgb black = {0.13, 0.15, 0.17}, grey = {0.42, 0.45, 0.47}, light = {0.88, 0.89, 0.90},
                        blue = {0.0, 0.45, 0.78}, orange = {0.89, 0.42, 0.04}, purple = {0.29, 0.0, 0.57},
                        red = {0.72, 0.08, 0.13}, white = {1, 1, 1};

struct box {
    double left, top, right, bottom;
};

struct picture {
    cairo_t *cr;
    const struct chart *c;
    struct box plot;
    double low, high, step; /* of the axis of values, and from one point to the next */
};

/* ---- small things ---- */

static void ink(cairo_t *cr, const struct rgb *colour)
{
    cairo_set_source_rgb(cr, colour->r, colour->g, colour->b);
}

static void font(cairo_t *cr, double size, bool bold)
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

static double text_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t e;
    cairo_text_extents(cr, text, &e);
    return e.x_advance;
}

/* Writes text with x at its left (0), middle (0.5) or right (1), y at its base line. */
static void write_text(cairo_t *cr, double x, double y, double anchor, const char *text)
{
    cairo_move_to(cr, x - anchor * text_width(cr, text), y);
    cairo_show_text(cr, text);
}

/* Writes one line in at most `width`: a little smaller if need be, then cut. */
static void write_fitting(cairo_t *cr, double y, double size, bool bold, const char *text)
{
    char cut[CHART_TEXT_SIZE];
    double room = WIDTH - 2 * MARGIN;
    snprintf(cut, sizeof cut, "%s", text);
    for (font(cr, size, bold); size > 10 && text_width(cr, text) > room; font(cr, size, bold))
        size -= 0.5;
    for (size_t n = strlen(cut); n > 1 && text_width(cr, cut) > room;) {
        n = people_fit(cut, n - 1, (unsigned)n);
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        snprintf(cut, sizeof cut, "%.*s…", (int)n, text);
    }
    write_text(cr, MARGIN, y, 0, cut);
}

static double x_of(const struct picture *p, uint32_t i)
{
    return p->plot.left + p->step * (i + 0.5);
}

static double y_of(const struct picture *p, double v)
{
    return p->plot.bottom - (v - p->low) / (p->high - p->low) * (p->plot.bottom - p->plot.top);
}

/* ---- axes ---- */

static void draw_values_axis(const struct picture *p)
{
    double step = chart_step(p->high - p->low, TICKS);
    font(p->cr, TEXT, false);
    cairo_set_line_width(p->cr, 1);
    for (double v = ceil(p->low / step) * step; v <= p->high; v += step) {
        char label[CHART_NUMBER_SIZE];
        double y = y_of(p, v);
        chart_tick(p->c, v, step, label);
        ink(p->cr, &light);
        cairo_move_to(p->cr, p->plot.left, y);
        cairo_line_to(p->cr, p->plot.right, y);
        cairo_stroke(p->cr);
        ink(p->cr, &black);
        write_text(p->cr, p->plot.left - GAP, y + TEXT * 0.35, 1, label);
    }
}

/* The widest label of the axis of values. */
static double values_axis_width(const struct picture *p)
{
    double step = chart_step(p->high - p->low, TICKS), widest = 0;
    font(p->cr, TEXT, false);
    for (double v = ceil(p->low / step) * step; v <= p->high; v += step) {
        char label[CHART_NUMBER_SIZE];
        chart_tick(p->c, v, step, label);
        widest = fmax(widest, text_width(p->cr, label));
    }
    return widest;
}

/* Every how manyth period is named, so that the names stay apart. */
static uint32_t period_every(const struct picture *p)
{
    char text[PERIOD_TEXT_SIZE];
    double widest = 0;
    for (uint32_t i = 0; i < p->c->n; i++) {
        chart_period(p->c, i, text);
        widest = fmax(widest, text_width(p->cr, text));
    }
    double every = ceil((widest + 2 * GAP) / p->step);
    if (every <= 1)
        return 1;
    if (p->c->length == PERIOD_MONTH)
        return (uint32_t)(ceil(every / 3) * 3); /* by the quarter once not all fit */
    return (uint32_t)chart_step(every, 1);
}

static void draw_periods_axis(const struct picture *p)
{
    char text[PERIOD_TEXT_SIZE];
    font(p->cr, TEXT, false);
    uint32_t every = period_every(p);
    ink(p->cr, &black);
    cairo_set_line_width(p->cr, 1);
    cairo_move_to(p->cr, p->plot.left, p->plot.bottom);
    cairo_line_to(p->cr, p->plot.right, p->plot.bottom);
    cairo_stroke(p->cr);
    for (uint32_t i = 0; i < p->c->n; i += every) {
        cairo_move_to(p->cr, x_of(p, i), p->plot.bottom);
        cairo_line_to(p->cr, x_of(p, i), p->plot.bottom + 4);
        cairo_stroke(p->cr);
        chart_period(p->c, i, text);
        double half = text_width(p->cr, text) / 2;
        write_text(p->cr, fmax(x_of(p, i), MARGIN + half), p->plot.bottom + 18, 0.5, text);
    }
    font(p->cr, SMALL, false);
    ink(p->cr, &grey);
    snprintf(text, sizeof text, "%s", period_noun(p->c->length, p->c->n));
    write_text(p->cr, (p->plot.left + p->plot.right) / 2, p->plot.bottom + 35, 0.5, text);
}

/* ---- lines ---- */

/* One line as steps, a step for each point, broken between segments and where there is none. */
static void draw_steps(const struct picture *p, size_t field)
{
    bool open = false;
    for (uint32_t i = 0; i < p->c->n; i++) {
        const struct spc_mark *m = &p->c->mark[i];
        double v = *(const double *)(const void *)((const char *)m + field);
        bool border = i > 0 && m->segment != m[-1].segment;
        if (isnan(v)) {
            open = false;
            continue;
        }
        if (open && !border)
            cairo_line_to(p->cr, x_of(p, i) - p->step / 2, y_of(p, v));
        else
            cairo_move_to(p->cr, x_of(p, i) - p->step / 2, y_of(p, v));
        cairo_line_to(p->cr, x_of(p, i) + p->step / 2, y_of(p, v));
        open = true;
    }
    cairo_stroke(p->cr);
}

static const double limit_dash[] = {6, 4}, target_dash[] = {9, 3, 2, 3}, border_dash[] = {2, 3};

static void draw_lines(const struct picture *p)
{
    cairo_set_line_width(p->cr, 1.5);
    ink(p->cr, &grey);
    draw_steps(p, offsetof(struct spc_mark, centre));
    cairo_set_dash(p->cr, limit_dash, 2, 0);
    draw_steps(p, offsetof(struct spc_mark, upper));
    if (p->c->setup.chart != SPC_MR)
        draw_steps(p, offsetof(struct spc_mark, lower));
    if (p->c->setup.has_target) {
        ink(p->cr, &red);
        cairo_set_dash(p->cr, target_dash, 4, 0);
        cairo_move_to(p->cr, p->plot.left, y_of(p, p->c->setup.target));
        cairo_line_to(p->cr, p->plot.right, y_of(p, p->c->setup.target));
        cairo_stroke(p->cr);
    }
    cairo_set_dash(p->cr, NULL, 0, 0);
}

/* Where limits begin afresh: a dotted line, named above the plot unless another name is in the way. */
static void draw_borders(const struct picture *p)
{
    double free_from = p->plot.left;
    font(p->cr, SMALL, false);
    for (uint32_t k = 1; k < p->c->verdict.phases; k++) {
        uint32_t i = p->c->phase[k].start;
        char period[PERIOD_TEXT_SIZE], text[PERIOD_TEXT_SIZE + 32];
        double x = x_of(p, i) - p->step / 2;
        ink(p->cr, &grey);
        cairo_set_dash(p->cr, border_dash, 2, 0);
        cairo_move_to(p->cr, x, p->plot.top);
        cairo_line_to(p->cr, x, p->plot.bottom);
        cairo_stroke(p->cr);
        chart_period(p->c, i, period);
        snprintf(text, sizeof text, "new limits from %s", period);
        double half = text_width(p->cr, text) / 2,
               at = fmin(fmax(x, p->plot.left + half), p->plot.right - half);
        if (at - half >= free_from) {
            write_text(p->cr, at, p->plot.top - 5, 0.5, text);
            free_from = at + half + GAP;
        }
    }
    cairo_set_dash(p->cr, NULL, 0, 0);
}

static void draw_values(const struct picture *p)
{
    bool open = false;
    ink(p->cr, &grey);
    cairo_set_line_width(p->cr, fmin(fmax(p->step * 0.2, 0.5), 2));
    for (uint32_t i = 0; i < p->c->n; i++) {
        double v = p->c->mark[i].value;
        if (isnan(v)) {
            open = false;
            continue;
        }
        if (open)
            cairo_line_to(p->cr, x_of(p, i), y_of(p, v));
        else
            cairo_move_to(p->cr, x_of(p, i), y_of(p, v));
        open = true;
    }
    cairo_stroke(p->cr);
}

/* ---- points ---- */

enum shape { SHAPE_DOT, SHAPE_DIAMOND, SHAPE_SQUARE, SHAPE_UP, SHAPE_DOWN, SHAPE_RING, SHAPES };

static const struct {
    const struct rgb *colour;
    const char *word;
} shapes[SHAPES] = {{&grey, "value"},  {&blue, "improvement"}, {&orange, "concern"},
                    {&purple, "high"}, {&purple, "low"},       {&grey, "excluded from limits"}};

static enum shape shape_at(const struct chart *c, uint32_t i)
{
    if (!c->mark[i].rules)
        return c->point[i].excluded ? SHAPE_RING : SHAPE_DOT;
    return c->mark[i].kind == SPC_IMPROVEMENT ? SHAPE_DIAMOND
           : c->mark[i].kind == SPC_CONCERN   ? SHAPE_SQUARE
           : c->mark[i].kind == SPC_IS_HIGH   ? SHAPE_UP
                                              : SHAPE_DOWN;
}

static void polygon(cairo_t *cr, double x, double y, double r, double first, int corners)
{
    for (int i = 0; i < corners; i++) {
        double angle = first + 2 * 3.14159265358979 * i / corners;
        cairo_line_to(cr, x + r * cos(angle), y + r * sin(angle));
    }
    cairo_close_path(cr);
}

static void draw_shape(cairo_t *cr, enum shape shape, double x, double y, double r)
{
    const double quarter = 3.14159265358979 / 2;
    cairo_new_path(cr);
    switch (shape) {
    case SHAPE_DOT:
    case SHAPE_RING:
        cairo_arc(cr, x, y, r * 0.85, 0, 4 * quarter);
        break;
    case SHAPE_DIAMOND:
        polygon(cr, x, y, r * 1.35, -quarter, 4);
        break;
    case SHAPE_SQUARE:
        polygon(cr, x, y, r * 1.25, quarter / 2, 4);
        break;
    case SHAPE_UP:
        polygon(cr, x, y, r * 1.35, -quarter, 3);
        break;
    case SHAPE_DOWN:
        polygon(cr, x, y, r * 1.35, quarter, 3);
        break;
    case SHAPES:
        break;
    }
    ink(cr, shape == SHAPE_RING ? &white : shapes[shape].colour);
    cairo_fill_preserve(cr);
    ink(cr, shape == SHAPE_RING ? shapes[shape].colour : &white);
    cairo_set_line_width(cr, (shape == SHAPE_RING ? 0.36 : 0.16) * fmin(r, 5));
    cairo_stroke(cr);
}

static void draw_points(const struct picture *p)
{
    double r = fmin(fmax(p->step * 0.32, 1.8), 5.5);
    font(p->cr, SMALL, false);
    for (uint32_t i = 0; i < p->c->n; i++) {
        if (!isnan(p->c->mark[i].value))
            draw_shape(p->cr, shape_at(p->c, i), x_of(p, i), y_of(p, p->c->mark[i].value), r);
        if (p->c->point[i].cell != SPC_HIDDEN)
            continue;
        ink(p->cr, &grey);
        write_text(p->cr, x_of(p, i), p->plot.bottom - 5, 0.5, "?");
    }
}

/* ---- names of lines ---- */

struct line_name {
    double y;
    char text[CHART_NUMBER_SIZE + 20];
    const struct rgb *colour;
};

static uint32_t collect_names(const struct picture *p, struct line_name ret[LINE_LABELS])
{
    const struct chart *c = p->c;
    const struct spc_mark *m = &c->mark[c->verdict.last == SPC_NOWHERE ? c->n - 1 : c->verdict.last];
    bool median = c->setup.chart == SPC_RUN || c->setup.chart == SPC_G;
    const struct {
        double v;
        const char *what;
    } all[LINE_LABELS] = {{m->upper, "upper limit"},
                          {m->centre, median ? "median" : "centre"},
                          {m->lower, "lower limit"},
                          {c->setup.has_target ? c->setup.target : NAN, "target"}};
    uint32_t n = 0;
    for (uint32_t i = 0; i < LINE_LABELS; i++) {
        char number[CHART_NUMBER_SIZE];
        if (isnan(all[i].v))
            continue;
        chart_number(c, all[i].v, i < 3, number);
        ret[n] = (struct line_name){.y = y_of(p, all[i].v), .colour = i == 3 ? &red : &black};
        snprintf(ret[n++].text, sizeof ret[0].text, "%s %s", all[i].what, number);
    }
    return n;
}

static int by_height(const void *a, const void *b)
{
    const struct line_name *x = a, *y = b;
    return (x->y > y->y) - (x->y < y->y);
}

/* Downwards until none meets the one above, then back up from the bottom of the plot. */
static void move_apart(const struct picture *p, struct line_name *name, uint32_t n)
{
    double room = TEXT + 4, bottom = p->plot.bottom;
    qsort(name, n, sizeof *name, by_height);
    for (uint32_t i = 1; i < n; i++)
        name[i].y = fmax(name[i].y, name[i - 1].y + room);
    for (uint32_t i = n; i-- > 0; bottom = name[i].y - room)
        name[i].y = fmin(name[i].y, bottom);
}

static void draw_names(const struct picture *p)
{
    struct line_name name[LINE_LABELS];
    uint32_t n = collect_names(p, name);
    move_apart(p, name, n);
    font(p->cr, TEXT, false);
    for (uint32_t i = 0; i < n; i++) {
        ink(p->cr, name[i].colour);
        write_text(p->cr, p->plot.right + GAP, name[i].y + TEXT * 0.35, 0, name[i].text);
    }
}

static double names_width(const struct picture *p)
{
    struct line_name name[LINE_LABELS];
    double widest = 0;
    uint32_t n = collect_names(p, name);
    font(p->cr, TEXT, false);
    for (uint32_t i = 0; i < n; i++)
        widest = fmax(widest, text_width(p->cr, name[i].text));
    return widest;
}

/* ---- legend ---- */

struct legend {
    cairo_t *cr;
    double x, y;
};

/* Moves to the next line of the legend where the word would not fit. */
static void legend_room(struct legend *l, const char *word)
{
    if (l->x + 34 + text_width(l->cr, word) <= WIDTH - MARGIN)
        return;
    l->x = MARGIN;
    l->y += TEXT + 6;
}

static void legend_word(struct legend *l, double x, const char *word)
{
    ink(l->cr, &black);
    write_text(l->cr, x, l->y, 0, word);
    l->x = x + text_width(l->cr, word) + 20;
}

static void legend_shape(struct legend *l, enum shape shape)
{
    legend_room(l, shapes[shape].word);
    draw_shape(l->cr, shape, l->x + 6, l->y - TEXT * 0.35, 5);
    legend_word(l, l->x + 16, shapes[shape].word);
}

static void legend_line(struct legend *l, const struct rgb *colour, const double *dash, int dashes,
                        const char *word)
{
    legend_room(l, word);
    ink(l->cr, colour);
    cairo_set_line_width(l->cr, 1.5);
    cairo_set_dash(l->cr, dash, dashes, 0);
    cairo_move_to(l->cr, l->x, l->y - TEXT * 0.35);
    cairo_line_to(l->cr, l->x + 26, l->y - TEXT * 0.35);
    cairo_stroke(l->cr);
    cairo_set_dash(l->cr, NULL, 0, 0);
    legend_word(l, l->x + 32, word);
}

static bool has_shape(const struct chart *c, enum shape shape)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (!isnan(c->mark[i].value) && shape_at(c, i) == shape)
            return true;
    return false;
}

static void draw_legend(const struct picture *p)
{
    struct legend l = {p->cr, MARGIN, HEIGHT - MARGIN - TEXT};
    const struct chart *c = p->c;
    bool median = c->setup.chart == SPC_RUN || c->setup.chart == SPC_G, hidden = false, limits = false;
    font(p->cr, TEXT, false);
    for (int s = 0; s < SHAPES; s++)
        if (has_shape(c, (enum shape)s))
            legend_shape(&l, (enum shape)s);
    for (uint32_t i = 0; i < c->n; i++) {
        hidden = hidden || c->point[i].cell == SPC_HIDDEN;
        limits = limits || !isnan(c->mark[i].upper);
    }
    legend_line(&l, &grey, NULL, 0, median ? "median" : "centre");
    if (limits)
        legend_line(&l, &grey, limit_dash, 2, "limits (three sigma)");
    if (c->setup.has_target)
        legend_line(&l, &red, target_dash, 4, "target");
    if (hidden)
        legend_word(&l, l.x, "? hidden");
}

/* ---- the picture ---- */

static double draw_head(const struct picture *p)
{
    char text[CHART_TEXT_SIZE];
    double y = MARGIN + 14;
    ink(p->cr, &black);
    write_fitting(p->cr, y, 18, true, p->c->title);
    chart_sentence(p->c, text);
    write_fitting(p->cr, y += 24, 14, false, text);
    if (chart_target(p->c, text))
        write_fitting(p->cr, y += 19, 13, false, text);
    ink(p->cr, &grey);
    chart_about(p->c, text);
    write_fitting(p->cr, y += 19, TEXT, false, text);
    if (p->c->unit[0])
        write_fitting(p->cr, y += 24, TEXT, false, p->c->unit);
    return y;
}

static void paint(cairo_t *cr, const struct chart *c)
{
    struct picture p = {.cr = cr, .c = c};
    ink(cr, &white);
    cairo_paint(cr);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    chart_range(c, &p.low, &p.high);
    p.plot.top = draw_head(&p) + (c->verdict.phases > 1 ? 26 : 14);
    p.plot.bottom = HEIGHT - MARGIN - TEXT - 60;
    p.plot.left = MARGIN + values_axis_width(&p) + GAP;
    p.plot.right = WIDTH - MARGIN - names_width(&p) - GAP;
    p.step = (p.plot.right - p.plot.left) / c->n;
    draw_values_axis(&p);
    draw_borders(&p);
    draw_lines(&p);
    draw_values(&p);
    draw_points(&p);
    draw_periods_axis(&p);
    draw_names(&p);
    draw_legend(&p);
}

/* ---- files ---- */

struct bytes {
    char *p;
    size_t n, cap;
};

static cairo_status_t add_bytes(void *to, const unsigned char *p, unsigned n)
{
    struct bytes *b = to;
    if (b->n + n > FILE_MAX)
        return CAIRO_STATUS_WRITE_ERROR;
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2;
        b->p = cli_realloc(b->p, b->cap);
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
    return CAIRO_STATUS_SUCCESS;
}

static void add_text(struct bytes *b, const char *text)
{
    add_bytes(b, (const unsigned char *)text, (unsigned)strlen(text));
}

static void add_xml(struct bytes *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            add_text(b, "&lt;");
        else if (*text == '&')
            add_text(b, "&amp;");
        else if (*text == '>')
            add_text(b, "&gt;");
        else
            add_bytes(b, (const unsigned char *)text, 1);
    }
}

/* cairo writes no title and no description: they are put behind the first tag, for those who listen. */
static void describe_svg(const struct chart *c, struct bytes *b)
{
    struct bytes r = {0};
    char text[CHART_TEXT_SIZE];
    const char *tag = b->n ? memmem(b->p, b->n, "<svg", 4) : NULL;
    const char *end = tag ? memchr(tag, '>', b->n - (size_t)(tag - b->p)) : NULL;
    if (!end)
        return;
    add_bytes(&r, (const unsigned char *)b->p, (unsigned)(end - b->p));
    add_text(&r, " role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">");
    add_xml(&r, c->title);
    add_text(&r, "</title>\n<desc id=\"desc\">");
    chart_sentence(c, text);
    add_xml(&r, text);
    add_text(&r, ". ");
    if (chart_target(c, text)) {
        add_xml(&r, text);
        add_text(&r, ". ");
    }
    chart_about(c, text);
    add_xml(&r, text);
    add_text(&r, ".</desc>");
    add_bytes(&r, (const unsigned char *)end + 1, (unsigned)(b->n - (size_t)(end + 1 - b->p)));
    free(b->p);
    *b = r;
}

static cairo_surface_t *make_surface(enum chart_file type, struct bytes *b)
{
    switch (type) {
    case CHART_SVG:
        return cairo_svg_surface_create_for_stream(add_bytes, b, WIDTH, HEIGHT);
    case CHART_PDF:
        return cairo_pdf_surface_create_for_stream(add_bytes, b, WIDTH, HEIGHT);
    case CHART_PNG:
        break;
    }
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)WIDTH * PNG_SCALE, (int)HEIGHT * PNG_SCALE);
}

static cairo_status_t draw(const struct chart *c, enum chart_file type, struct bytes *b)
{
    cairo_surface_t *s = make_surface(type, b);
    cairo_t *cr = cairo_create(s);
    if (type == CHART_PNG)
        cairo_scale(cr, PNG_SCALE, PNG_SCALE);
    if (type == CHART_PDF)
        cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, c->title);
    paint(cr, c);
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    if (type == CHART_PNG && status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(s, add_bytes, b);
    cairo_surface_finish(s);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(s);
    cairo_surface_destroy(s);
    cairo_debug_reset_static_data(); /* fonts, which nothing will draw with again … */
    FcFini();                        /* … and where they were found */
    return status;
}

static int write_file(const struct bytes *b, const char *path, struct kith_error *e)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        return kith_fail(e, KITH_E_USAGE, "cannot be written: \"%s\": %s", path, strerror(errno));
    size_t n = fwrite(b->p, 1, b->n, f);
    int error = n == b->n ? 0 : errno;
    if (fclose(f) && !error)
        error = errno;
    if (!error)
        return 0;
    unlink(path);
    return kith_fail(e, KITH_E_USAGE, "cannot be written: \"%s\": %s", path, strerror(error));
}

int chart_draw(const struct chart *c, enum chart_file type, const char *path, struct kith_error *e)
{
    struct bytes b = {0};
    cairo_status_t status = draw(c, type, &b);
    int rc = status == CAIRO_STATUS_SUCCESS && b.n
                 ? 0
                 : kith_fail(e, KITH_E_INTERNAL, "picture cannot be drawn: \"%s\": %s", path,
                             cairo_status_to_string(status));
    if (!rc && type == CHART_SVG)
        describe_svg(c, &b);
    if (!rc)
        rc = write_file(&b, path, e);
    free(b.p);
    return rc;
}
