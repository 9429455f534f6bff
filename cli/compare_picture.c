/* The picture of a comparison: a funnel. Sites stand by their size, from left to right; the limits are wide
 * where few people were counted. Full limits allow for the differences that there are between sites anyway,
 * dotted ones for chance alone.
 *
 * A name stands only where it meets no other name and no point: sites outside the limits are named first,
 * then the largest. Who is not named in the picture stands in the table that the command prints. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chart.h"
#include "cli/comparison.h"
#include "cli/picture_frame.h"

#define CURVE_STEPS 200
#define DOT         4.0
#define TEXT_SIZE   400u
#define POLICY_SIZE 64u
#define AIR         1.06 /* of the largest site and the highest value, at the border of the plot */

struct funnel {
    cairo_t *cr;
    const struct comparison *c;
    struct box plot;
    double high, most; /* of the values, of the sizes: where the axes end */
    struct box *taken; /* by points and names */
    uint32_t boxes;
};

static double x_of(const struct funnel *f, double den)
{
    return f->plot.left + den / f->most * (f->plot.right - f->plot.left);
}

static double y_of(const struct funnel *f, double value)
{
    return f->plot.bottom - value / f->high * (f->plot.bottom - f->plot.top);
}

/* ---- axes ---- */

static void value_label(const struct comparison *c, double v, char ret[COMPARISON_NUMBER_SIZE])
{
    double x = v * comparison_scale(c);
    if (comparison_is_percent(c))
        snprintf(ret, COMPARISON_NUMBER_SIZE, "%.4g%%", x * 100);
    else
        snprintf(ret, COMPARISON_NUMBER_SIZE, "%.4g", x);
}

static void collect_values(const struct funnel *f, struct picture_values *ret)
{
    double scale = comparison_scale(f->c), step = chart_step(f->high * scale, PICTURE_TICKS) / scale;
    ret->n = 0;
    for (uint32_t i = 0; i * step <= f->high && i < PICTURE_TICKS_MAX; i++) {
        ret->tick[i].y = y_of(f, i * step);
        ret->tick[i].colour = i ? &ink_light : &ink_black; /* at nothing the plot ends */
        value_label(f->c, i * step, ret->tick[i].text);
        ret->n = i + 1;
    }
}

static void draw_sizes_axis(const struct funnel *f)
{
    const char *of = js_text(f->c->set.measure, "denominator");
    double step = chart_step(f->most, PICTURE_TICKS);
    char text[TEXT_SIZE];
    ink(f->cr, &ink_black);
    for (uint32_t i = 0; i * step <= f->most; i++) {
        chart_digits(i * step, step < 1 ? 2 : 0, "", text);
        picture_mark_below(f->cr, &f->plot, x_of(f, i * step), text);
    }
    snprintf(text, sizeof text, "size of the %s: %.120s", comparison_noun(f->c), of ? of : "denominator");
    picture_name_below(f->cr, &f->plot, text);
}

/* ---- limits ---- */

static double limit_of(const struct compare_limits *l, int which)
{
    const double all[] = {l->lower998, l->lower95, l->upper95, l->upper998};
    return all[which];
}

/* One curve over all sizes: which of the four, and with how much difference between sites. */
static void draw_limit(const struct funnel *f, int which, double tau2)
{
    cairo_new_path(f->cr);
    for (int i = 1; i <= CURVE_STEPS; i++) {
        double den = f->most * i / CURVE_STEPS;
        struct compare_limits l = compare_limits_at(f->c->type, f->c->result.target, tau2, den);
        cairo_line_to(f->cr, x_of(f, den), y_of(f, limit_of(&l, which)));
    }
    cairo_stroke(f->cr);
}

static const struct pen target_pen = {.colour = &ink_black, .width = 1.5},
                        pen998 = {.colour = &ink_grey, .width = 1.5}, pen95 = {&ink_grey, 1.5, {6, 4}, 2},
                        chance_pen = {&ink_grey, 1, {1.5, 3}, 2};

static void draw_limits(const struct funnel *f)
{
    cairo_save(f->cr); /* at the left end the limits leave the plot */
    cairo_rectangle(f->cr, f->plot.left, f->plot.top, f->plot.right - f->plot.left,
                    f->plot.bottom - f->plot.top);
    cairo_clip(f->cr);
    for (int which = 0; which < 4; which++) {
        ink_pen(f->cr, which == 1 || which == 2 ? &pen95 : &pen998);
        draw_limit(f, which, f->c->result.tau2);
    }
    ink_pen(f->cr, &chance_pen);
    draw_limit(f, 0, 0);
    draw_limit(f, 3, 0);
    cairo_restore(f->cr);
    ink_pen(f->cr, &target_pen);
    cairo_set_line_width(f->cr, 1); /* finer than in the legend: it runs through the points */
    cairo_move_to(f->cr, f->plot.left, y_of(f, f->c->result.target));
    cairo_line_to(f->cr, f->plot.right, y_of(f, f->c->result.target));
    cairo_stroke(f->cr);
}

/* ---- sites ---- */

/* Better and worse where the measure says which way is which; else only high and low. */
static const struct rgb *colour_of(const struct comparison *c, int outside)
{
    if (!outside)
        return &ink_grey;
    if (c->set.direction == SPC_NEUTRAL)
        return &ink_purple;
    return (outside > 0) == (c->set.direction == SPC_UP) ? &ink_blue : &ink_orange;
}

/* A dot inside; outside a triangle that points to where the site lies. */
static void draw_shape(cairo_t *cr, const struct comparison *c, double x, double y, int outside)
{
    const double quarter = 3.14159265358979 / 2;
    cairo_new_path(cr);
    if (outside)
        ink_polygon(cr, x, y, DOT * 1.6, outside > 0 ? -quarter : quarter, 3);
    else
        cairo_arc(cr, x, y, DOT, 0, 4 * quarter);
    ink(cr, colour_of(c, outside));
    cairo_fill_preserve(cr);
    ink(cr, &ink_white);
    cairo_set_line_width(cr, 0.7);
    cairo_stroke(cr);
}

static void take(struct funnel *f, struct box b)
{
    f->taken[f->boxes++] = b;
}

static bool meets(const struct box *a, const struct box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static bool is_free(const struct funnel *f, const struct box *b)
{
    if (b->left < f->plot.left || b->right > f->plot.right || b->top < f->plot.top ||
        b->bottom > f->plot.bottom)
        return false;
    for (uint32_t i = 0; i < f->boxes; i++)
        if (meets(&f->taken[i], b))
            return false;
    return true;
}

static void draw_points(struct funnel *f)
{
    for (uint32_t i = 0; i < f->c->compared; i++) {
        const struct compare_site *s = &f->c->row[i].c;
        double x = x_of(f, s->den), y = y_of(f, s->value);
        draw_shape(f->cr, f->c, x, y, s->outside);
        take(f, (struct box){x - DOT, y - DOT, x + DOT, y + DOT});
    }
}

/* Right of its point, else left, above or below; nowhere where all four are taken. */
static void draw_name(struct funnel *f, const struct comparison_row *row)
{
    double x = x_of(f, row->c.den), y = y_of(f, row->c.value), w = ink_width(f->cr, row->site),
           away = DOT + 3, h = PICTURE_SMALL;
    const struct box places[] = {{x + away, y - h / 2, x + away + w, y + h / 2},
                                 {x - away - w, y - h / 2, x - away, y + h / 2},
                                 {x - w / 2, y - away - h, x + w / 2, y - away},
                                 {x - w / 2, y + away, x + w / 2, y + away + h}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (is_free(f, &places[i])) {
            ink(f->cr, &ink_white); /* lines that cross it end at the name */
            cairo_rectangle(f->cr, places[i].left - 1, places[i].top, w + 2, h);
            cairo_fill(f->cr);
            ink(f->cr, &ink_black);
            ink_text(f->cr, places[i].left, places[i].bottom - 2, 0, row->site);
            take(f, places[i]);
            return;
        }
}

static void draw_names(struct funnel *f)
{
    ink_font(f->cr, PICTURE_SMALL, false);
    for (int outside = 1; outside >= 0; outside--)
        for (uint32_t i = 0; i < f->c->compared; i++)
            if ((f->c->row[i].c.outside != 0) == outside)
                draw_name(f, &f->c->row[i]);
}

/* ---- words ---- */

static void say_title(const struct comparison *c, char ret[TEXT_SIZE])
{
    snprintf(ret, TEXT_SIZE, "%.300s, %s%s", c->set.name, c->period,
             c->by_unit ? ": raw counts, only for this site" : "");
}

static void say_what(const struct comparison *c, char ret[TEXT_SIZE])
{
    const struct compare_result *r = &c->result;
    char target[COMPARISON_NUMBER_SIZE];
    comparison_number(c, r->target, comparison_people(c), target);
    snprintf(ret, TEXT_SIZE,
             "%u %ss, all together %s; outside the 99.8%% limits: %u with the usual differences between %ss "
             "allowed for, %u by chance alone",
             r->sites, comparison_noun(c), target, r->outside998_adjusted, comparison_noun(c), r->outside998);
}

/* The one policy of all that are compared, or that there are several; "" for raw counts. */
static void say_policy(const struct comparison *c, char ret[POLICY_SIZE])
{
    const char *first = c->compared ? c->row[0].policy : NULL;
    bool same = first != NULL;
    for (uint32_t i = 1; i < c->compared; i++)
        same = same && c->row[i].policy && strcmp(c->row[i].policy, first) == 0;
    if (c->by_unit)
        ret[0] = '\0';
    else if (same)
        snprintf(ret, POLICY_SIZE, ", policy %.40s", first);
    else
        snprintf(ret, POLICY_SIZE, ", different policies");
}

static void say_how(const struct comparison *c, char ret[TEXT_SIZE])
{
    const struct compare_result *r = &c->result;
    const char *few = c->by_unit ? "; few units, uncertain" : "; few sites, uncertain";
    const char *differ = c->by_unit ? "; units differ by more than chance: look at each over time"
                                    : "; sites differ by more than chance: look at each over time";
    char policy[POLICY_SIZE];
    say_policy(c, policy);
    snprintf(ret, TEXT_SIZE, "%s version %lld%s, %s, φ %.3g, τ² %.3g%s%s", c->set.key, (long long)c->version,
             policy, c->type == COMPARE_PROPORTION ? "proportions" : "rates", r->phi, r->tau2,
             r->uncertain ? few : "", r->differ ? differ : "");
}

static double draw_head(const struct funnel *f)
{
    char title[TEXT_SIZE], what[TEXT_SIZE], how[TEXT_SIZE];
    say_title(f->c, title);
    say_what(f->c, what);
    say_how(f->c, how);
    const struct picture_head head = {.title = title, .sentence = what, .about = how, .axis = f->c->set.unit};
    return picture_head(f->cr, &head);
}

static void legend_shape(struct picture_legend *l, const struct comparison *c, int outside, const char *word)
{
    double y = picture_legend_room(l, word);
    draw_shape(l->cr, c, l->x + 6, y, outside);
    picture_legend_word(l, 16, word);
}

static void draw_legend(const struct funnel *f)
{
    struct picture_legend l = {f->cr, PICTURE_MARGIN, PICTURE_HEIGHT - PICTURE_MARGIN};
    ink_font(f->cr, PICTURE_TEXT, false);
    legend_shape(&l, f->c, 0, "inside");
    legend_shape(&l, f->c, 1, "above the limits");
    legend_shape(&l, f->c, -1, "below the limits");
    picture_legend_line(&l, &target_pen, f->c->by_unit ? "all units" : "all sites");
    picture_legend_line(&l, &pen998, "99.8% limits");
    picture_legend_line(&l, &pen95, "95% limits");
    picture_legend_line(&l, &chance_pen, "99.8% by chance alone");
}

/* ---- the picture ---- */

/* Up to the highest site, and the highest limit that a site has: left of the smallest they rise beyond every
 * picture. */
static void find_range(struct funnel *f)
{
    for (uint32_t i = 0; i < f->c->compared; i++) {
        const struct compare_site *s = &f->c->row[i].c;
        f->most = fmax(f->most, s->den * AIR);
        f->high = fmax(f->high, fmax(s->value, s->adjusted.upper998) * AIR);
    }
    if (f->c->type == COMPARE_PROPORTION)
        f->high = fmin(f->high, 1);
    if (f->high <= 0)
        f->high = 1;
}

static void paint(cairo_t *cr, const void *comparison)
{
    const struct comparison *c = comparison;
    struct funnel f = {.cr = cr, .c = c, .taken = cli_alloc((2 * c->compared + 1) * sizeof *f.taken)};
    struct picture_values values;
    find_range(&f);
    f.plot.top = draw_head(&f) + 14;
    f.plot.bottom = PICTURE_HEIGHT - PICTURE_MARGIN - PICTURE_TEXT - 50;
    collect_values(&f, &values);
    f.plot.left = picture_values_left(cr, &values);
    f.plot.right = PICTURE_WIDTH - PICTURE_MARGIN;
    picture_values_draw(cr, &f.plot, &values);
    draw_sizes_axis(&f);
    draw_limits(&f);
    draw_points(&f);
    draw_names(&f);
    draw_legend(&f);
    free(f.taken);
}

int comparison_draw(const void *comparison, enum picture_file type, const char *path, struct kith_error *e)
{
    const struct comparison *c = comparison;
    char title[TEXT_SIZE], text[TEXT_SIZE], how[TEXT_SIZE], all[2 * TEXT_SIZE + 4];
    if (!comparison_has_funnel(c))
        return kith_fail(e, KITH_E_REFUSED,
                         "nothing to draw: \"%s\": a funnel needs a proportion or a rate and %u %ss; without "
                         "a file the numbers are shown",
                         c->set.key, COMPARE_CHART_MIN, comparison_noun(c));
    say_title(c, title);
    say_what(c, text);
    say_how(c, how);
    snprintf(all, sizeof all, "%s. %s.", text, how);
    const struct picture_about about = {title, all, paint, c};
    return picture_write(&about, type, path, e);
}
