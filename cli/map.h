/* An import map: which column (or key) of a file becomes which field.
 *
 *     title: {column: concern, cut: 100}     a column, shortened to 100 characters at a word
 *     happened: concern                      a column of that name, else a value of the field's vocabulary
 *     result: {constant: hazard-found}       the same for every row
 *     topics: {column: tags, split: ";", values: {nutrition: cost, core: ""}}
 *     when: {column: date, as: quarter}      2025-07-25 becomes 2025-Q3
 *     direction: {column: low_is_good, values: {"true": down, "false": up}, otherwise: neutral}
 *     topics: [tags, {constant: medicines}]  several sources of one list
 *
 * Parts of groups are written with a point: `aim.from: baseline`. */
#ifndef KITH_CLI_MAP_H
#define KITH_CLI_MAP_H

#include "cli/record.h"

#define MAP_RULES_MAX  96u
#define MAP_VALUES_MAX 500u /* in one map */
#define MAP_KEYS_MAX   512u /* columns of a table, keys of all rows of JSON lines */

enum map_as { MAP_AS_IS, MAP_QUARTER, MAP_MONTH };

struct map_rule {
    char *field; /* path, as record_put takes it */
    uint32_t line;
    char *name; /* column, or a constant when `constant` is set; before map_bind perhaps either */
    bool constant;
    bool either;     /* a bare name: map_bind decides */
    char *split;     /* NULL: one value */
    char *otherwise; /* for blank cells and those that `values` lacks; NULL: none */
    uint32_t cut;    /* characters; 0: whole */
    enum map_as as;
    bool has_values;
};

struct map_value {
    uint32_t rule;
    char *from, *to;
};

struct map {
    const char *file;
    const struct kind *kind;
    uint32_t rules, values;
    struct map_rule rule[MAP_RULES_MAX];
    struct map_value value[MAP_VALUES_MAX];
};

struct map_cell {
    const char *name;
    const char *text;
};

/* Reads a map for records of a kind (may be NULL when the map says `kind:` itself). KITH_E_INVALID names line
 * and value. `file` must outlive the map. */
int map_load(const char *file, const struct kind *k, struct map **ret, struct kith_error *e);
void map_free(struct map *m);
/* Makes every bare name a column or a constant, and checks that each column is one of `names`. */
int map_bind(struct map *m, const char *const *names, uint32_t n, struct kith_error *e);
/* Puts one row into the record that was begun. Several cells of one name are a list; where the field is a
 * group, cells such as COLUMN.what or COLUMN[0].what are its parts. */
void map_apply(const struct map *m, struct record_set *s, const struct map_cell *cells, uint32_t n,
               uint32_t line);

#endif
