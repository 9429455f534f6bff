/* Raw counts of this site, as the daemon keeps them: how kith data, kith chart --unit and kith compare --by
 * unit ask for them, and how a file becomes rows. */
#ifndef KITH_CLI_DATA_H
#define KITH_CLI_DATA_H

#include "cli/chart.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/rows.h"
#include "proto/learn/raw.h"

#define DATA_KEY_SIZE 96u

/* What the daemon says of a measure. */
struct data_measure {
    char key[DATA_KEY_SIZE];
    struct raw_rules rules;
    enum sdc_unit unit; /* SDC_NO_UNIT: single events */
    uint32_t first_month;
};

/* Rows of one series, as they go to the daemon. */
struct data_rows {
    enum sdc_unit unit;
    enum raw_shape shape;
    uint32_t n, missing;
    struct raw_cell cell[RAW_CELLS_MAX];
    uint32_t line[RAW_CELLS_MAX];
};

/* Asks a verb about a measure, and a unit where it is not NULL. */
int data_ask(const struct cli *cli, const char *verb, const char *measure, const char *unit,
             struct js **ret_answer, struct kith_error *e);
/* What data_measure or data_show answered. KITH_E_INVALID: of another version. */
int data_measure_read(const struct js *answer, struct data_measure *ret, struct kith_error *e);
/* The period that a person typed, of this length, as the daemon reads it. KITH_E_USAGE. */
int data_period(const struct data_measure *m, enum sdc_unit unit, const char *text, int32_t *ret,
                struct kith_error *e);
/* The period of the measure in which a date lies, whatever its day. False for what is no date. */
bool data_period_around(const struct data_measure *m, const char *date, int32_t *ret);

/* A file of one row a period. `map` may be NULL. KITH_E_INVALID with line and value; KITH_E_REFUSED for a
 * file that has one row a person. */
int data_read(const struct data_measure *m, const char *path, const char *map, struct data_rows *ret,
              struct kith_error *e);
/* A file of one row a person or event, summed up to periods of the measure: `how` is period=COLUMN, and
 * count, sum=COLUMN or both. What it leaves out it says on standard error. */
int data_sum_up(const struct data_measure *m, const char *path, const char *how, struct data_rows *ret,
                struct kith_error *e);

/* The numbers of a row that the daemon told: "9 of 812", "4.25 (31 people)"; gives ret. */
#define DATA_CELL_SIZE 96u
const char *data_cell_text(const struct js *row, char ret[DATA_CELL_SIZE]);

/* The parts of kith data. */
int data_add(const struct cli *cli, const struct arguments *a);
int data_list(const struct cli *cli, const struct arguments *a);
int data_show(const struct cli *cli, const struct arguments *a);
int data_fix(const struct cli *cli, const struct arguments *a);
int data_drop(const struct cli *cli, const struct arguments *a);

#endif
