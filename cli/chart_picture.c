/* The picture of a chart, for files: lines, borders between phases, points and notes, in a frame of head,
 * axes and legend (picture_frame.h). One routine draws, whatever the file.
 *
 * The names and numbers of lines stand right of the plot, moved apart where they would meet. Colours are
 * those that NHS readers know: blue for improvement, orange for concern, grey for neither. Every meaning has
 * a shape too, so nothing is lost in black and white. */
#include <math.h>
#include <stdlib.h>

#include "cli/chart.h"
#include "cli/picture_frame.h"

#define LINE_LABELS 4

struct picture {
    cairo_t *cr;
    const struct chart *c;
    struct box plot;
    double low, high, step; /* of the axis of values, and from one point to the next */
};

static double x_of(const struct picture *p, uint32_t i)
{
    return p->plot.left + p->step * (i + 0.5);
}

static double y_of(const struct picture *p, double v)
{
    return p->plot.bottom - (v - p->low) / (p->high - p->low) * (p->plot.bottom - p->plot.top);
}

/* ---- axes ---- */

static void collect_values(const struct picture *p, struct picture_values *ret)
{
    double step = chart_step(p->high - p->low, PICTURE_TICKS);
    ret->n = 0;
    for (double v = ceil(p->low / step) * step; v <= p->high && ret->n < PICTURE_TICKS_MAX; v += step) {
        ret->tick[ret->n].y = y_of(p, v);
        ret->tick[ret->n].colour = &ink_light;
        chart_tick(p->c, v, step, ret->tick[ret->n++].text);
    }
}

/* At least so many periods, and as people count them: months by the quarter, quarters by the year, days by
 * the week. */
static uint32_t named_every(const struct chart *c, double least)
{
    switch (c->step > 1 ? PERIOD_NUMBER : c->length) {
    case PERIOD_DAY:
        return (uint32_t)(ceil(least / 7) * 7);
    case PERIOD_WEEK:
        return least <= 2 ? 2 : least <= 4 ? 4 : (uint32_t)(ceil(least / 13) * 13);
    case PERIOD_MONTH:
        return (uint32_t)(ceil(least / 3) * 3);
    case PERIOD_QUARTER:
        return (uint32_t)(ceil(least / 4) * 4);
    case PERIOD_HALF:
        return (uint32_t)(ceil(least / 2) * 2);
    case PERIOD_NUMBER:
    case PERIOD_WORKDAY:
    case PERIOD_YEAR:
    case PERIOD_EVENT:
        break;
    }
    return (uint32_t)chart_step(least, 1);
}

/* Every how manyth period is named, so that the names stay apart. */
static uint32_t period_every(const struct picture *p)
{
    char text[PERIOD_TEXT_SIZE];
    double widest = 0;
    for (uint32_t i = 0; i < p->c->n; i++) {
        chart_period(p->c, i, text);
        widest = fmax(widest, ink_width(p->cr, text));
    }
    double every = ceil((widest + 2 * PICTURE_GAP) / p->step);
    if (every <= 1)
        return 1;
    return named_every(p->c, every);
}

static void draw_periods_axis(const struct picture *p)
{
    char text[PERIOD_TEXT_SIZE];
    ink_font(p->cr, PICTURE_TEXT, false);
    uint32_t every = period_every(p);
    ink(p->cr, &ink_black);
    cairo_set_line_width(p->cr, 1);
    cairo_move_to(p->cr, p->plot.left, p->plot.bottom);
    cairo_line_to(p->cr, p->plot.right, p->plot.bottom);
    cairo_stroke(p->cr);
    for (uint32_t i = 0; i < p->c->n; i += every) {
        chart_period(p->c, i, text);
        picture_mark_below(p->cr, &p->plot, x_of(p, i), text);
    }
    ink_font(p->cr, PICTURE_SMALL, false);
    picture_name_below(p->cr, &p->plot, chart_noun(p->c));
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

static const struct pen centre_pen = {.colour = &ink_grey, .width = 1.5},
                        limit_pen = {&ink_grey, 1.5, {6, 4}, 2},
                        target_pen = {&ink_red, 1.5, {9, 3, 2, 3}, 4}, border_pen = {&ink_grey, 1, {2, 3}, 2};

static void draw_lines(const struct picture *p)
{
    ink_pen(p->cr, &centre_pen);
    draw_steps(p, offsetof(struct spc_mark, centre));
    ink_pen(p->cr, &limit_pen);
    draw_steps(p, offsetof(struct spc_mark, upper));
    if (p->c->setup.chart != SPC_MR)
        draw_steps(p, offsetof(struct spc_mark, lower));
    if (p->c->setup.has_target) {
        ink_pen(p->cr, &target_pen);
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
    ink_font(p->cr, PICTURE_SMALL, false);
    for (uint32_t k = 1; k < p->c->verdict.phases; k++) {
        uint32_t i = p->c->phase[k].start;
        char period[PERIOD_TEXT_SIZE], text[PERIOD_TEXT_SIZE + 32];
        double x = x_of(p, i) - p->step / 2;
        ink_pen(p->cr, &border_pen);
        cairo_move_to(p->cr, x, p->plot.top);
        cairo_line_to(p->cr, x, p->plot.bottom);
        cairo_stroke(p->cr);
        chart_period(p->c, i, period);
        snprintf(text, sizeof text, "new limits from %s", period);
        double half = ink_width(p->cr, text) / 2,
               at = fmin(fmax(x, p->plot.left + half), p->plot.right - half);
        if (at - half >= free_from) {
            ink_text(p->cr, at, p->plot.top - 5, 0.5, text);
            free_from = at + half + PICTURE_GAP;
        }
    }
    cairo_set_dash(p->cr, NULL, 0, 0);
}

static void draw_values(const struct picture *p)
{
    bool open = false;
    ink(p->cr, &ink_grey);
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

enum shape { SHAPE_DOT, SHAPE_DIAMOND, SHAPE_SQUARE, SHAPE_UP, SHAPE_DOWN, SHAPE_RING };
#define SHAPES 6

static const struct {
    const struct rgb *colour;
    const char *word;
} shapes[SHAPES] = {{&ink_grey, "value"},  {&ink_blue, "improvement"}, {&ink_orange, "concern"},
                    {&ink_purple, "high"}, {&ink_purple, "low"},       {&ink_grey, "excluded from limits"}};

static enum shape shape_at(const struct chart *c, uint32_t i)
{
    if (!c->mark[i].rules)
        return c->point[i].excluded ? SHAPE_RING : SHAPE_DOT;
    return c->mark[i].kind == SPC_IMPROVEMENT ? SHAPE_DIAMOND
           : c->mark[i].kind == SPC_CONCERN   ? SHAPE_SQUARE
           : c->mark[i].kind == SPC_IS_HIGH   ? SHAPE_UP
                                              : SHAPE_DOWN;
}

static void draw_shape(cairo_t *cr, enum shape shape, double x, double y, double r)
{
    const double quarter = 3.14159265358979 / 2;
    const struct rgb *colour = shapes[shape].colour;
    cairo_new_path(cr);
    switch (shape) {
    case SHAPE_DOT:
    case SHAPE_RING:
        cairo_arc(cr, x, y, r * 0.85, 0, 4 * quarter);
        break;
    case SHAPE_DIAMOND:
        ink_polygon(cr, x, y, r * 1.35, -quarter, 4);
        break;
    case SHAPE_SQUARE:
        ink_polygon(cr, x, y, r * 1.25, quarter / 2, 4);
        break;
    case SHAPE_UP:
        ink_polygon(cr, x, y, r * 1.35, -quarter, 3);
        break;
    case SHAPE_DOWN:
        ink_polygon(cr, x, y, r * 1.35, quarter, 3);
        break;
    }
    ink(cr, shape == SHAPE_RING ? &ink_white : colour);
    cairo_fill_preserve(cr);
    ink(cr, shape == SHAPE_RING ? colour : &ink_white);
    cairo_set_line_width(cr, (shape == SHAPE_RING ? 0.36 : 0.16) * fmin(r, 5));
    cairo_stroke(cr);
}

static void draw_points(const struct picture *p)
{
    double r = fmin(fmax(p->step * 0.32, 1.8), 5.5);
    ink_font(p->cr, PICTURE_SMALL, false);
    for (uint32_t i = 0; i < p->c->n; i++) {
        if (!isnan(p->c->mark[i].value))
            draw_shape(p->cr, shape_at(p->c, i), x_of(p, i), y_of(p, p->c->mark[i].value), r);
        if (p->c->point[i].cell != SPC_HIDDEN)
            continue;
        ink(p->cr, &ink_grey);
        ink_text(p->cr, x_of(p, i), p->plot.bottom - 5, 0.5, "?");
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
        chart_number(c, all[i].v, i < 3 ? CHART_LINE : CHART_TARGET, number);
        ret[n] = (struct line_name){.y = y_of(p, all[i].v), .colour = i == 3 ? &ink_red : &ink_black};
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
    double room = PICTURE_TEXT + 4, bottom = p->plot.bottom;
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
    ink_font(p->cr, PICTURE_TEXT, false);
    for (uint32_t i = 0; i < n; i++) {
        ink(p->cr, name[i].colour);
        ink_text(p->cr, p->plot.right + PICTURE_GAP, name[i].y + PICTURE_TEXT * 0.35, 0, name[i].text);
    }
}

static double names_width(const struct picture *p)
{
    struct line_name name[LINE_LABELS];
    double widest = 0;
    uint32_t n = collect_names(p, name);
    ink_font(p->cr, PICTURE_TEXT, false);
    for (uint32_t i = 0; i < n; i++)
        widest = fmax(widest, ink_width(p->cr, name[i].text));
    return widest;
}

/* ---- legend ---- */

static void legend_shape(struct picture_legend *l, enum shape shape)
{
    double y = picture_legend_room(l, shapes[shape].word);
    draw_shape(l->cr, shape, l->x + 6, y, 5);
    picture_legend_word(l, 16, shapes[shape].word);
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
    struct picture_legend l = {p->cr, PICTURE_MARGIN, p->plot.bottom + 60};
    const struct chart *c = p->c;
    bool median = c->setup.chart == SPC_RUN || c->setup.chart == SPC_G, hidden = false, limits = false;
    ink_font(p->cr, PICTURE_TEXT, false);
    for (int s = 0; s < SHAPES; s++)
        if (has_shape(c, (enum shape)s))
            legend_shape(&l, (enum shape)s);
    for (uint32_t i = 0; i < c->n; i++) {
        hidden = hidden || c->point[i].cell == SPC_HIDDEN;
        limits = limits || !isnan(c->mark[i].upper);
    }
    picture_legend_line(&l, &centre_pen, median ? "median" : "centre");
    if (limits)
        picture_legend_line(&l, &limit_pen, "limits (three sigma)");
    if (c->setup.has_target)
        picture_legend_line(&l, &target_pen, "target");
    if (hidden)
        picture_legend_word(&l, 0, "? hidden");
}

/* ---- notes ---- */

#define NOTES_LINES 6u /* below the legend; where there are more, the last says how many */
#define NOTE_LINE   (PICTURE_SMALL + 4)

static uint32_t note_lines(const struct chart *c)
{
    return c->notes < NOTES_LINES ? c->notes : NOTES_LINES;
}

/* The letters of one point stand together above the plot's lower border, on a ground of their own. */
static void mark_note(const struct picture *p, uint32_t first)
{
    char letters[CHART_NOTES_MAX + 1];
    uint32_t n = 0, at = p->c->note[first].at;
    for (; first + n < p->c->notes && p->c->note[first + n].at == at; n++)
        letters[n] = (char)('a' + first + n);
    letters[n] = '\0';
    double wide = ink_width(p->cr, letters), y = p->plot.bottom - 16;
    ink(p->cr, &ink_white);
    cairo_rectangle(p->cr, x_of(p, at) - wide / 2 - 2, y - PICTURE_SMALL, wide + 4, PICTURE_SMALL + 3);
    cairo_fill(p->cr);
    ink(p->cr, &ink_black);
    ink_text(p->cr, x_of(p, at), y, 0.5, letters);
}

static void draw_notes(const struct picture *p)
{
    char text[CHART_TEXT_SIZE];
    const struct chart *c = p->c;
    double y = PICTURE_HEIGHT - PICTURE_MARGIN - NOTE_LINE * note_lines(c) + PICTURE_SMALL + PICTURE_GAP;
    ink_font(p->cr, PICTURE_SMALL, false);
    for (uint32_t i = 0; i < c->notes; i++)
        if (i == 0 || c->note[i - 1].at != c->note[i].at)
            mark_note(p, i);
    for (uint32_t i = 0; i < note_lines(c); i++) {
        if (i + 1 == NOTES_LINES && c->notes > NOTES_LINES)
            snprintf(text, sizeof text, "… and %u more", c->notes - i);
        else
            snprintf(text, sizeof text, "%c  %s: %.300s", (char)('a' + i), c->at[c->note[i].at].label,
                     c->note[i].text);
        ink_line(p->cr, y + NOTE_LINE * i, PICTURE_SMALL, false, text);
    }
}

/* ---- the picture ---- */

static double draw_head(const struct picture *p)
{
    char sentence[CHART_TEXT_SIZE], target[CHART_TEXT_SIZE], about[CHART_TEXT_SIZE], axis[CHART_TEXT_SIZE];
    bool has_target = chart_target(p->c, target);
    chart_sentence(p->c, sentence);
    chart_about(p->c, about);
    chart_axis(p->c, axis);
    const struct picture_head head = {p->c->title, sentence, has_target ? target : NULL, about, axis};
    return picture_head(p->cr, &head);
}

static void paint(cairo_t *cr, const void *what)
{
    const struct chart *c = what;
    struct picture p = {.cr = cr, .c = c};
    struct picture_values values;
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    chart_range(c, &p.low, &p.high);
    p.plot.top = draw_head(&p) + (c->verdict.phases > 1 ? 26 : 14);
    p.plot.bottom = PICTURE_HEIGHT - PICTURE_MARGIN - PICTURE_TEXT - 60 - NOTE_LINE * note_lines(c);
    collect_values(&p, &values);
    p.plot.left = picture_values_left(cr, &values);
    p.plot.right = PICTURE_WIDTH - PICTURE_MARGIN - names_width(&p) - PICTURE_GAP;
    p.step = (p.plot.right - p.plot.left) / c->n;
    picture_values_draw(cr, &p.plot, &values);
    draw_borders(&p);
    draw_lines(&p);
    draw_values(&p);
    draw_points(&p);
    draw_periods_axis(&p);
    draw_names(&p);
    draw_legend(&p);
    draw_notes(&p);
}

/* What is said of it in words. */
static void describe(const struct chart *c, char *ret, size_t cap)
{
    char sentence[CHART_TEXT_SIZE], target[CHART_TEXT_SIZE] = "", about[CHART_TEXT_SIZE];
    chart_sentence(c, sentence);
    chart_about(c, about);
    bool has_target = chart_target(c, target);
    snprintf(ret, cap, "%s. %s%s%s.", sentence, target, has_target ? ". " : "", about);
}

int chart_draw(const void *chart, enum picture_file type, const char *path, struct kith_error *e)
{
    char text[3 * CHART_TEXT_SIZE + 8];
    const struct chart *c = chart;
    describe(c, text, sizeof text);
    const struct picture_about about = {c->title, text, paint, c};
    return picture_write(&about, type, path, e);
}
