/* What every picture shares: pen, words, and the three kinds of file. cairo is used by the pictures alone. */
#include "cli/picture_draw.h"

#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/people.h"

#define PNG_SCALE 2    /* pixels a point */
#define LINE_SIZE 400u /* of a line of words, in bytes */
#define FILE_MAX  (16u * 1024u * 1024u)

const struct rgb ink_black = {0.13, 0.15, 0.17}, ink_grey = {0.42, 0.45, 0.47},
                 ink_light = {0.88, 0.89, 0.90}, ink_blue = {0.0, 0.45, 0.78},
                 ink_orange = {0.89, 0.42, 0.04}, ink_purple = {0.29, 0.0, 0.57},
                 ink_red = {0.72, 0.08, 0.13}, ink_white = {1, 1, 1};

/* ---- pen and words ---- */

void ink(cairo_t *cr, const struct rgb *colour)
{
    cairo_set_source_rgb(cr, colour->r, colour->g, colour->b);
}

void ink_pen(cairo_t *cr, const struct pen *pen)
{
    ink(cr, pen->colour);
    cairo_set_line_width(cr, pen->width);
    cairo_set_dash(cr, pen->dash, pen->dashes, 0);
}

void ink_font(cairo_t *cr, double size, bool bold)
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

double ink_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t e;
    cairo_text_extents(cr, text, &e);
    return e.x_advance;
}

void ink_text(cairo_t *cr, double x, double y, double anchor, const char *text)
{
    cairo_move_to(cr, x - anchor * ink_width(cr, text), y);
    cairo_show_text(cr, text);
}

void ink_line(cairo_t *cr, double y, double size, bool bold, const char *text)
{
    char cut[LINE_SIZE];
    double room = PICTURE_WIDTH - 2 * PICTURE_MARGIN;
    snprintf(cut, sizeof cut, "%s", text);
    for (ink_font(cr, size, bold); size > 10 && ink_width(cr, text) > room; ink_font(cr, size, bold))
        size -= 0.5;
    for (size_t n = strlen(cut); n > 1 && ink_width(cr, cut) > room;) {
        n = people_fit(cut, n - 1, (unsigned)n);
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        snprintf(cut, sizeof cut, "%.*s…", (int)n, text);
    }
    ink_text(cr, PICTURE_MARGIN, y, 0, cut);
}

/* The bytes of a title that fit in a line of so many units: up to a space, if there is one. */
static size_t words_that_fit(cairo_t *cr, const char *text, double room)
{
    char line[LINE_SIZE];
    size_t fits = 0;
    for (size_t n = strcspn(text, " "); text[n] && n < sizeof line; n += 1 + strcspn(text + n + 1, " ")) {
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        if (ink_width(cr, line) > room)
            break;
        fits = n;
    }
    return fits;
}

double ink_title(cairo_t *cr, double y, const char *text)
{
    char first[LINE_SIZE];
    double room = PICTURE_WIDTH - 2 * PICTURE_MARGIN, size = PICTURE_TITLE;
    ink_font(cr, size, true);
    if (ink_width(cr, text) > room)
        ink_font(cr, size = PICTURE_LONG_TITLE, true);
    size_t n = ink_width(cr, text) > room ? words_that_fit(cr, text, room) : 0;
    if (n > 0) {
        snprintf(first, sizeof first, "%.*s", (int)n, text);
        ink_line(cr, y, size, true, first);
        y += size + 5;
    }
    ink_line(cr, y, size, true, text + n + (n > 0));
    return y;
}

void ink_polygon(cairo_t *cr, double x, double y, double r, double first, int corners)
{
    for (int i = 0; i < corners; i++) {
        double angle = first + 2 * 3.14159265358979 * i / corners;
        cairo_line_to(cr, x + r * cos(angle), y + r * sin(angle));
    }
    cairo_close_path(cr);
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
static void describe_svg(const struct picture_about *about, struct bytes *b)
{
    struct bytes r = {0};
    const char *tag = b->n ? memmem(b->p, b->n, "<svg", 4) : NULL;
    const char *end = tag ? memchr(tag, '>', b->n - (size_t)(tag - b->p)) : NULL;
    if (!end)
        return;
    add_bytes(&r, (const unsigned char *)b->p, (unsigned)(end - b->p));
    add_text(&r, " role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">");
    add_xml(&r, about->title);
    add_text(&r, "</title>\n<desc id=\"desc\">");
    add_xml(&r, about->text);
    add_text(&r, "</desc>");
    add_bytes(&r, (const unsigned char *)end + 1, (unsigned)(b->n - (size_t)(end + 1 - b->p)));
    free(b->p);
    *b = r;
}

static cairo_surface_t *make_surface(enum picture_file type, struct bytes *b)
{
    switch (type) {
    case PICTURE_SVG:
        return cairo_svg_surface_create_for_stream(add_bytes, b, PICTURE_WIDTH, PICTURE_HEIGHT);
    case PICTURE_PDF:
        return cairo_pdf_surface_create_for_stream(add_bytes, b, PICTURE_WIDTH, PICTURE_HEIGHT);
    case PICTURE_PNG:
        break;
    }
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)PICTURE_WIDTH * PNG_SCALE,
                                      (int)PICTURE_HEIGHT * PNG_SCALE);
}

static cairo_status_t draw(const struct picture_about *about, enum picture_file type, struct bytes *b)
{
    cairo_surface_t *s = make_surface(type, b);
    cairo_t *cr = cairo_create(s);
    if (type == PICTURE_PNG)
        cairo_scale(cr, PNG_SCALE, PNG_SCALE);
    if (type == PICTURE_PDF)
        cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, about->title);
    ink(cr, &ink_white);
    cairo_paint(cr);
    about->paint(cr, about->what);
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    if (type == PICTURE_PNG && status == CAIRO_STATUS_SUCCESS)
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

int picture_write(const struct picture_about *about, enum picture_file type, const char *path,
                  struct kith_error *e)
{
    struct bytes b = {0};
    cairo_status_t status = draw(about, type, &b);
    int rc = status == CAIRO_STATUS_SUCCESS && b.n
                 ? 0
                 : kith_fail(e, KITH_E_INTERNAL, "picture cannot be drawn: \"%s\": %s", path,
                             cairo_status_to_string(status));
    if (!rc && type == PICTURE_SVG)
        describe_svg(about, &b);
    if (!rc)
        rc = write_file(&b, path, e);
    free(b.p);
    return rc;
}

int picture_files(const struct arguments *a, picture_drawer draw_one, const void *what, struct kith_error *e)
{
    static const char *const names[] = {[PICTURE_SVG] = "svg", [PICTURE_PNG] = "png", [PICTURE_PDF] = "pdf"};
    int rc = 0;
    for (int i = PICTURE_SVG; i <= PICTURE_PDF && !rc; i++)
        if (options_has(a, names[i]))
            rc = draw_one(what, (enum picture_file)i, options_get(a, names[i]), e);
    return rc;
}
