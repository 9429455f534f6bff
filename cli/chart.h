/* kith chart: a series with what was worked out from it, and the ways in which it is shown. What reads it and
 * what shows it know nothing of each other. */
#ifndef KITH_CLI_CHART_H
#define KITH_CLI_CHART_H

#include "cli/options.h"
#include "cli/period.h"
#include "cli/picture.h"
#include "proto/learn/spc.h"

#define CHART_TEXT_SIZE   400u /* the text form of a chart and its end */
#define CHART_NUMBER_SIZE 32u
#define CHART_NOTES_MAX   26u
#define CHART_COLUMN_SIZE 40u

struct rows;

struct chart_at {
    struct period period;
    char label[PERIOD_TEXT_SIZE]; /* "2024-03"; of an event as the file has it, cut */
    uint32_t line;                /* of the file; 0 for a period that the file lacks */
    bool has_behind;
    double behind; /* how many people are behind a value, where the file tells and the reader asked */
};

/* What happened at a point, or why something was decided there; marked with a letter. */
struct chart_note {
    uint32_t at;
    const char *text; /* borrowed */
};

struct chart {
    const char *title; /* borrowed */
    const char *unit;  /* of the values, for people: "per 1,000 bed-days"; "" */
    char values[CHART_COLUMN_SIZE], size[CHART_COLUMN_SIZE]; /* what the file calls values and denominators */
    const char *file;
    double scale;          /* values as plotted are numerator / denominator times this */
    bool percent;          /* people see a hundred times as much and a % */
    double people;         /* of a released percentage: the fewest behind a point (SPEC 11.5); else 0 */
    bool has_num, has_den; /* counts; else values */
    bool raw;              /* of raw counts of this site, and for nobody else */
    bool wants_behind;     /* for chart_read: look for the people behind values */
    enum period_unit length;
    int64_t step;     /* of one point to the next, in periods of that length; 0 is 1 */
    uint32_t n, gaps; /* points; those of them that the file lacks */
    struct spc_point point[SPC_POINTS_MAX];
    struct chart_at at[SPC_POINTS_MAX];
    struct spc_segment segment[SPC_SEGMENTS_MAX];
    struct chart_note note[CHART_NOTES_MAX]; /* by point */
    uint32_t notes;
    struct spc_setup setup;
    struct spc_mark mark[SPC_POINTS_MAX]; /* on the scale of the engine */
    struct spc_phase phase[SPC_SEGMENTS_MAX];
    struct spc_verdict verdict;
};

/* Reads a file of one series into a chart that has its type in setup. map: "period=month,value=beds", or
 * NULL. Columns without a known name are guessed at where only one guess is left. */
int chart_read(struct chart *c, const char *path, const char *map, struct kith_error *e);
/* The same for rows at hand, from their first, without guessing; c->file names them. */
int chart_read_rows(struct chart *c, struct rows *rows, const char *map, struct kith_error *e);
/* A cell's text: a number, hidden, or missing; and the number. False for what is none. */
enum spc_cell chart_cell_kind(const char *text);
bool chart_cell_number(const struct rows *rows, const char *text, double *ret);
/* The column of that name, in any case; NULL. */
const char *chart_column(const struct rows *rows, const char *name, size_t n);
/* The point of a period that a person typed, for an option. */
int chart_find(const struct chart *c, const char *option, const char *text, size_t n, uint32_t *ret,
               struct kith_error *e);
int chart_run(struct chart *c, struct kith_error *e);
/* Notes stand by point, those of one point in the order in which they came; text is borrowed, NULL is none.
 */
void chart_add_note(struct chart *c, uint32_t at, const char *text);

/* What people call a chart type, a rule set, a direction (SPEC 10.97). */
bool chart_type_find(const char *text, enum spc_chart *ret);
const struct spc_rules *chart_rules_find(const char *text);
bool chart_direction_find(const char *text, enum spc_direction *ret);

/* One sentence about the whole: what stands above every picture. */
void chart_sentence(const struct chart *c, char ret[CHART_TEXT_SIZE]);
/* "XmR chart, rules ptd-0.2, 24 months from 2022-04 to 2024-03, limits from the first 12" */
void chart_about(const struct chart *c, char ret[CHART_TEXT_SIZE]);
/* The target against the limits; false where there is nothing to say. */
bool chart_target(const struct chart *c, char ret[CHART_TEXT_SIZE]);
/* A number as a person reads it: as it was counted where it is whole, else with as many decimals as the chart
 * needs. A centre or limit shows its decimal even when it is whole; a released percentage has as many as the
 * people behind it allow, a target its own. "" for NaN. */
enum chart_number_of { CHART_POINT, CHART_LINE, CHART_TARGET };
void chart_number(const struct chart *c, double v, enum chart_number_of of, char ret[CHART_NUMBER_SIZE]);
/* A number with so many decimals and a text behind it, large ones in groups of three digits. */
void chart_digits(double x, int places, const char *behind, char ret[CHART_NUMBER_SIZE]);
/* A number of an axis with such steps. */
void chart_tick(const struct chart *c, double v, double step, char ret[CHART_NUMBER_SIZE]);
/* "months" for 24 of them; "points" where they are longer than their name. */
const char *chart_noun(const struct chart *c);
/* What the values are: the unit, else what the file calls them; "" where it says nothing. */
void chart_axis(const struct chart *c, char ret[CHART_TEXT_SIZE]);
/* What stands below an axis for one point; of an event with a long name its number. */
void chart_period(const struct chart *c, uint32_t i, char ret[PERIOD_TEXT_SIZE]);
/* What a flagged point means, in a word: "improvement". */
const char *chart_kind(enum spc_icon kind);
/* The lowest and highest of all that is drawn (engine's scale), with some air. */
void chart_range(const struct chart *c, double *ret_low, double *ret_high);
/* Steps of an axis: 1, 2 or 5 times a power of ten, at most `most` of them. */
double chart_step(double span, unsigned most);

void chart_print_text(const struct cli *cli, const struct chart *c);
void chart_print_plain(const struct chart *c);
void chart_print_json(const struct chart *c);
void chart_print_csv(const struct chart *c);

/* Draws the picture into a file, as picture_drawer says. */
int chart_draw(const void *chart, enum picture_file type, const char *path, struct kith_error *e);

#endif
