/* What stands around a plot, the same in every picture: head, axes, legend. */
#ifndef KITH_CLI_PICTURE_FRAME_H
#define KITH_CLI_PICTURE_FRAME_H

#include <stdint.h>

#include "cli/picture_draw.h"

#define PICTURE_TICKS     6u                   /* steps of an axis, at most: for chart_step */
#define PICTURE_TICKS_MAX (PICTURE_TICKS + 2u) /* marks: one more than steps, and one for rounding */
#define PICTURE_TICK_SIZE 32u

/* ---- head ---- */

/* From top to bottom; target and axis NULL or "" where there is none. */
struct picture_head {
    const char *title, *sentence, *target, *about, *axis;
};
/* Writes it on top of the page; gives the base line of the last line. */
double picture_head(cairo_t *cr, const struct picture_head *h);

/* ---- axes ---- */

/* The marks of the axis of values. Whoever fills it stops at PICTURE_TICKS_MAX. */
struct picture_values {
    struct {
        double y;                 /* on the page */
        const struct rgb *colour; /* of its line through the plot */
        char text[PICTURE_TICK_SIZE];
    } tick[PICTURE_TICKS_MAX];
    uint32_t n;
};
/* The left border of the plot that leaves the labels their room. */
double picture_values_left(cairo_t *cr, const struct picture_values *v);
/* A line through the plot for each value, and its label on the left. */
void picture_values_draw(cairo_t *cr, const struct box *plot, const struct picture_values *v);
/* One mark of the axis below the plot, with its label. */
void picture_mark_below(cairo_t *cr, const struct box *plot, double x, const char *text);
/* What the axis below the plot counts. */
void picture_name_below(cairo_t *cr, const struct box *plot, const char *text);

/* ---- legend ---- */

/* From left to right in the font that is set, in a further line where one does not hold it. */
struct picture_legend {
    cairo_t *cr;
    double x, y; /* where the next word begins, and its base line */
};
/* Makes room for a sign with this word; gives the height at which the sign has its middle. */
double picture_legend_room(struct picture_legend *l, const char *word);
/* The word, so far behind the start of its sign. */
void picture_legend_word(struct picture_legend *l, double behind, const char *word);
/* A line as this pen draws it in the plot, and its word. */
void picture_legend_line(struct picture_legend *l, const struct pen *pen, const char *word);

#endif
