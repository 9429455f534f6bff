/* For those who draw: one page, the colours that NHS readers know, and cairo behind short names. */
#ifndef KITH_CLI_PICTURE_DRAW_H
#define KITH_CLI_PICTURE_DRAW_H

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>

#include "cli/picture.h"

#define PICTURE_WIDTH      960.0
#define PICTURE_HEIGHT     540.0
#define PICTURE_MARGIN     24.0
#define PICTURE_GAP        8.0 /* between labels */
#define PICTURE_TITLE      18.0
#define PICTURE_LONG_TITLE 15.0 /* of one that needs two lines */
#define PICTURE_TEXT       12.0
#define PICTURE_SMALL      11.0

struct rgb {
    double r, g, b;
};
/* What a line is drawn with, in the plot as in the legend. */
struct pen {
    const struct rgb *colour;
    double width;
    double dash[4]; /* on, off, … */
    int dashes;     /* 0: a whole line */
};
struct box {
    double left, top, right, bottom;
};
extern const struct rgb ink_black, ink_grey, ink_light, ink_blue, ink_orange, ink_purple, ink_red, ink_white;

void ink(cairo_t *cr, const struct rgb *colour);
/* Colour, width and dashes; the dashes stay until cairo_set_dash(cr, NULL, 0, 0). */
void ink_pen(cairo_t *cr, const struct pen *pen);
void ink_font(cairo_t *cr, double size, bool bold);
double ink_width(cairo_t *cr, const char *text);
/* Writes text with x at its left (0), middle (0.5) or right (1), y at its base line. */
void ink_text(cairo_t *cr, double x, double y, double anchor, const char *text);
/* Writes one line in the width of the page: a little smaller if need be, then cut. */
void ink_line(cairo_t *cr, double y, double size, bool bold, const char *text);
/* Writes the title, in two lines where one does not hold it; gives the base line of the last. */
double ink_title(cairo_t *cr, double y, const char *text);
/* Adds a regular polygon to the path; `first` is the angle of its first corner. */
void ink_polygon(cairo_t *cr, double x, double y, double r, double first, int corners);

/* A whole picture: its title, what it says in words for those who listen, and who paints it on white. */
struct picture_about {
    const char *title, *text;
    void (*paint)(cairo_t *cr, const void *what);
    const void *what;
};
int picture_write(const struct picture_about *about, enum picture_file type, const char *path,
                  struct kith_error *e);

#endif
