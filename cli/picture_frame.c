/* What stands around a plot. Places are in points from the upper left corner of the page; the plot itself,
 * and what is in it, belongs to each picture. */
#include "cli/picture_frame.h"

#include <math.h>

#define MIDDLE    (PICTURE_TEXT * 0.35) /* of small letters, above their base line */
#define SIGN_ROOM 34.0                  /* of the widest sign of a legend, with the space behind it */

double picture_head(cairo_t *cr, const struct picture_head *h)
{
    double y = PICTURE_MARGIN + 14;
    ink(cr, &ink_black);
    y = ink_title(cr, y, h->title);
    ink_line(cr, y += 24, 14, false, h->sentence);
    if (h->target && h->target[0])
        ink_line(cr, y += 19, 13, false, h->target);
    ink(cr, &ink_grey);
    ink_line(cr, y += 19, PICTURE_TEXT, false, h->about);
    if (h->axis && h->axis[0])
        ink_line(cr, y += 24, PICTURE_TEXT, false, h->axis);
    return y;
}

/* ---- axes ---- */

double picture_values_left(cairo_t *cr, const struct picture_values *v)
{
    double widest = 0;
    ink_font(cr, PICTURE_TEXT, false);
    for (uint32_t i = 0; i < v->n; i++)
        widest = fmax(widest, ink_width(cr, v->tick[i].text));
    return PICTURE_MARGIN + widest + PICTURE_GAP;
}

void picture_values_draw(cairo_t *cr, const struct box *plot, const struct picture_values *v)
{
    ink_font(cr, PICTURE_TEXT, false);
    cairo_set_line_width(cr, 1);
    for (uint32_t i = 0; i < v->n; i++) {
        double y = v->tick[i].y;
        ink(cr, v->tick[i].colour);
        cairo_move_to(cr, plot->left, y);
        cairo_line_to(cr, plot->right, y);
        cairo_stroke(cr);
        ink(cr, &ink_black);
        ink_text(cr, plot->left - PICTURE_GAP, y + MIDDLE, 1, v->tick[i].text);
    }
}

void picture_mark_below(cairo_t *cr, const struct box *plot, double x, const char *text)
{
    cairo_move_to(cr, x, plot->bottom);
    cairo_line_to(cr, x, plot->bottom + 4);
    cairo_stroke(cr);
    ink_text(cr, fmax(x, PICTURE_MARGIN + ink_width(cr, text) / 2), plot->bottom + 18, 0.5, text);
}

void picture_name_below(cairo_t *cr, const struct box *plot, const char *text)
{
    ink(cr, &ink_grey);
    ink_text(cr, (plot->left + plot->right) / 2, plot->bottom + 35, 0.5, text);
}

/* ---- legend ---- */

double picture_legend_room(struct picture_legend *l, const char *word)
{
    if (l->x + SIGN_ROOM + ink_width(l->cr, word) > PICTURE_WIDTH - PICTURE_MARGIN) {
        l->x = PICTURE_MARGIN;
        l->y += PICTURE_TEXT + 6;
    }
    return l->y - MIDDLE;
}

void picture_legend_word(struct picture_legend *l, double behind, const char *word)
{
    ink(l->cr, &ink_black);
    ink_text(l->cr, l->x + behind, l->y, 0, word);
    l->x += behind + ink_width(l->cr, word) + 20;
}

void picture_legend_line(struct picture_legend *l, const struct pen *pen, const char *word)
{
    double y = picture_legend_room(l, word);
    ink_pen(l->cr, pen);
    cairo_move_to(l->cr, l->x, y);
    cairo_line_to(l->cr, l->x + 26, y);
    cairo_stroke(l->cr);
    cairo_set_dash(l->cr, NULL, 0, 0);
    picture_legend_word(l, 32, word);
}
