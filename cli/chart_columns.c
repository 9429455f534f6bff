/* Which column of a table is the period, the value, the numerator and the denominator. */
#include "cli/chart_reading.h"

#include <string.h>
#include <strings.h>

static const char *const column_names[COLUMNS] = {"period", "numerator", "denominator", "value", "behind"};
/* What people call them instead; looked for only where the name itself is not there. */
static const char *const column_others[COLUMNS] = {
    "date month week quarter year day i", "num numer count events", "den denom", "y measure", "people"};
/* What books and other programs call them; looked for in tables that are only drawn. */
static const char *const period_guesses = "sample subgroup index observation obs time";
static const char *const den_guesses =
    "size total days bed_days bed-days beddays patient_days exposure population n";

const char *chart_column(const struct rows *r, const char *name, size_t n)
{
    for (uint32_t i = 0; i < r->names; i++)
        if (strlen(r->name[i]) == n && strncasecmp(r->name[i], name, n) == 0)
            return r->name[i];
    return NULL;
}

static bool is_taken(const struct reading *r, const char *column)
{
    for (int i = 0; i < COLUMNS; i++)
        if (r->name[i] == column)
            return true;
    return false;
}

static const char *find_other(const struct reading *r, const char *list)
{
    const char *found = NULL;
    for (size_t n; !found && *list; list += n + (list[n] == ' ')) {
        n = strcspn(list, " ");
        found = chart_column(r->rows, list, n);
        found = found && is_taken(r, found) ? NULL : found;
    }
    return found;
}

/* "i, y, n": what the file has, for a message. */
static void list_names(const struct rows *r, char *ret, size_t size)
{
    size_t used = 0;
    ret[0] = '\0';
    for (uint32_t i = 0; i < r->names && used < size; i++)
        used += (size_t)snprintf(ret + used, size - used, "%s%.30s", i ? ", " : "", r->name[i]);
}

/* One pair of --map: `period=month`. */
static int map_pair(struct reading *r, const char *pair, size_t n)
{
    const char *equals = memchr(pair, '=', n);
    for (int i = 0; equals && i < COLUMNS; i++) {
        size_t left = (size_t)(equals - pair);
        if (strlen(column_names[i]) != left || strncmp(column_names[i], pair, left) != 0)
            continue;
        r->name[i] = chart_column(r->rows, equals + 1, n - left - 1);
        r->mapped[i] = true;
        if (r->name[i])
            return 0;
        char names[160];
        list_names(r->rows, names, sizeof names);
        return kith_fail(r->e, KITH_E_USAGE, "no such column: \"%.*s\": %s has %s", (int)(n - left - 1),
                         equals + 1, r->c->file, names);
    }
    return kith_fail(
        r->e, KITH_E_USAGE,
        "not a part of --map: \"%.*s\": write period=COLUMN,numerator=COLUMN,denominator=COLUMN or "
        "period=COLUMN,value=COLUMN",
        (int)n, pair);
}

static int read_map(struct reading *r, const char *map)
{
    int rc = 0;
    while (!rc && map && *map) {
        size_t n = strcspn(map, ",");
        rc = map_pair(r, map, n);
        map += n + (map[n] == ',');
    }
    return rc;
}

static int lacks(struct reading *r, const char *what, const char *todo)
{
    char names[120];
    list_names(r->rows, names, sizeof names);
    return kith_fail(r->e, KITH_E_INVALID, "%s: no column for the %s: \"%s\": %s", r->c->file, what, names,
                     todo);
}

/* A value or a numerator: what the person named, else what the chart is made for. A value stands for itself,
 * without a denominator, unless the chart or the person wants one. */
static void choose_numbers(struct reading *r)
{
    bool ratio = spc_needs_den(r->c->setup.chart);
    bool value =
        r->mapped[VALUE] || (r->name[VALUE] && !r->mapped[NUMERATOR] && !(ratio && r->name[NUMERATOR]));
    r->name[value ? NUMERATOR : VALUE] = NULL;
    if (value && !ratio && !r->mapped[DENOMINATOR])
        r->name[DENOMINATOR] = NULL;
    snprintf(r->c->values, sizeof r->c->values, "%s", r->name[value ? VALUE : NUMERATOR]);
    snprintf(r->c->size, sizeof r->c->size, "%s", r->name[DENOMINATOR] ? r->name[DENOMINATOR] : "");
    r->c->has_num = !value;
    r->c->has_den = r->name[DENOMINATOR] && spc_takes_den(r->c->setup.chart);
}

static bool seeks_values(const struct reading *r)
{
    return !r->name[VALUE] && !r->name[NUMERATOR];
}

/* The one column that nothing has taken; NULL where there are more or none. */
static const char *only_one_left(const struct reading *r)
{
    const char *left = NULL;
    for (uint32_t i = 0; i < r->rows->names; i++) {
        if (is_taken(r, r->rows->name[i]))
            continue;
        if (left)
            return NULL;
        left = r->rows->name[i];
    }
    return left;
}

/* x is the period in `x, y` and the count in `date, x, n`. At last, the only column that is left is the only
 * thing that is still sought. */
static void guess_columns(struct reading *r)
{
    bool needs_den = spc_needs_den(r->c->setup.chart);
    if (needs_den && !r->name[DENOMINATOR])
        r->name[DENOMINATOR] = find_other(r, den_guesses);
    if (!r->name[PERIOD])
        r->name[PERIOD] = find_other(r, period_guesses);
    if (seeks_values(r) && (r->name[PERIOD] || r->name[DENOMINATOR]))
        r->name[NUMERATOR] = find_other(r, "x");
    const char *left = only_one_left(r);
    bool den = needs_den && !r->name[DENOMINATOR], values = seeks_values(r);
    bool period = !r->name[PERIOD] && r->rows->names > 1; /* a table of one column has none */
    if (left && den + values + period == 1)
        r->name[den ? DENOMINATOR : values ? VALUE : PERIOD] = left;
}

/* Rows may be counted instead of named only where no column could have been meant for their periods. */
static bool counts_rows(const struct reading *r)
{
    for (uint32_t i = 0; i < r->rows->names; i++)
        if (!is_taken(r, r->rows->name[i]))
            return false;
    return r->guesses;
}

bool chart_columns_none(const struct reading *r)
{
    return seeks_values(r) && r->guesses && r->c->setup.chart == SPC_T && r->name[PERIOD];
}

static int check_columns(struct reading *r)
{
    if (!r->name[PERIOD] && !counts_rows(r))
        return lacks(r, "period", "name it with --map period=COLUMN");
    if (spc_needs_den(r->c->setup.chart) && !r->name[DENOMINATOR])
        return lacks(r, "denominator", "name it with --map denominator=COLUMN");
    if (seeks_values(r) && !chart_columns_none(r))
        return lacks(r, "values", "name it with --map value=COLUMN or numerator=COLUMN");
    return 0;
}

int chart_columns_find(struct reading *r, const char *map)
{
    int rc = read_map(r, map);
    if (rc)
        return rc;
    for (int i = 0; i < COLUMNS; i++) {
        if (!r->name[i])
            r->name[i] = chart_column(r->rows, column_names[i], strlen(column_names[i]));
        if (!r->name[i])
            r->name[i] = find_other(r, column_others[i]);
    }
    if (r->guesses)
        guess_columns(r);
    rc = check_columns(r);
    if (!rc && chart_columns_none(r))
        snprintf(r->c->values, sizeof r->c->values, "days between events");
    else if (!rc)
        choose_numbers(r);
    return rc;
}
