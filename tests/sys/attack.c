/* kith-attack: what can a reader tell of hidden numbers who keeps all that was ever published?
 *
 * Reads lines: `series NAME` begins a release; `cell PERIOD NUMBER|hidden|missing`; `total START COUNT
 * NUMBER`, the sum over COUNT periods from START on, under hes-2018/1; `exact` once in front: totals are not
 * rounded. A cell of one series and period is one cell, however often it was told with the same number. It
 * shares no code with the planner: for every hidden cell and each value that it may have, dynamic programming
 * over the cells looks for numbers that fit all totals in which it stands, two at once where they overlap.
 * Prints how many hidden cells it saw, how many totals, and of how many cells it could exclude a value. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX  8000
#define TOTALS_MAX 400
#define MEMBERS    200
#define SUM_MAX    4096
#define FEW        7

struct cell {
    char series[80], period[16];
    int lo, hi; /* raw numbers that read so */
    bool hidden;
};
struct total {
    int cell[MEMBERS], n, lo, hi;
};

static struct cell cells[CELLS_MAX];
static struct total totals[TOTALS_MAX];
static int cell_n, total_n, release[MEMBERS * 4], release_n;
static bool exact;

static void die(const char *what)
{
    printf("cannot be read: %s\n", what);
    exit(1);
}

static void preimage(int shown, int *lo, int *hi)
{
    *lo = shown == 0 ? 0 : shown - 2 < FEW + 1 ? FEW + 1 : shown - 2;
    *hi = shown == 0 ? 0 : shown + 2;
}

static void see_cell(const char *series, const char *period, const char *what)
{
    struct cell c = {.hidden = strcmp(what, "hidden") == 0};
    if (strcmp(what, "missing") == 0) {
        release[release_n++] = -1;
        return;
    }
    snprintf(c.series, sizeof c.series, "%s", series);
    snprintf(c.period, sizeof c.period, "%s", period);
    if (c.hidden)
        c.lo = 1, c.hi = FEW;
    else
        preimage((int)strtol(what, NULL, 10), &c.lo, &c.hi);
    int at = 0;
    while (at < cell_n &&
           (strcmp(cells[at].series, c.series) != 0 || strcmp(cells[at].period, c.period) != 0 ||
            cells[at].lo != c.lo || cells[at].hi != c.hi))
        at++;
    if (at == CELLS_MAX || release_n == MEMBERS * 4)
        die("too many cells");
    if (at == cell_n)
        cells[cell_n++] = c;
    release[release_n++] = at;
}

static void see_total(const char *start, int count, int shown)
{
    struct total t = {.lo = shown, .hi = shown};
    int from = 0;
    while (from < release_n && (release[from] < 0 || strcmp(cells[release[from]].period, start) != 0))
        from++;
    for (int i = from; i < release_n && i < from + count; i++)
        if (release[i] >= 0 && t.n < MEMBERS)
            t.cell[t.n++] = release[i];
    if (!exact)
        preimage(shown, &t.lo, &t.hi);
    for (int i = 0; i < total_n; i++)
        if (totals[i].n == t.n && totals[i].lo == t.lo &&
            memcmp(totals[i].cell, t.cell, sizeof(int) * (size_t)t.n) == 0)
            return; /* told before */
    if (total_n == TOTALS_MAX || t.hi >= SUM_MAX)
        die("too many totals, or too large ones");
    totals[total_n++] = t;
}

static bool has(const struct total *t, int cell)
{
    for (int i = 0; i < t->n; i++)
        if (t->cell[i] == cell)
            return true;
    return false;
}

/* Sums of both totals that can be reached: a row of bits for each sum of the first. */
static uint64_t reach[2][SUM_MAX][SUM_MAX / 64];

static void clear(int side, int rows)
{
    memset(reach[side], 0, sizeof reach[side][0] * (size_t)rows);
}

static void shift_or(uint64_t *to, const uint64_t *from, int by)
{
    int words = by / 64, bits = by % 64;
    for (int i = SUM_MAX / 64 - 1; i >= words; i--) {
        uint64_t v = from[i - words] << bits;
        if (bits && i > words)
            v |= from[i - words - 1] >> (64 - bits);
        to[i] |= v;
    }
}

/* Is there an assignment in which `cell` is v and both sums fit? b may be NULL. */
static bool fits(const struct total *a, const struct total *b, int cell, int v)
{
    int all[2 * MEMBERS], n = 0, side = 0, rows = a->hi + 1;
    for (int i = 0; i < a->n; i++)
        all[n++] = a->cell[i];
    for (int i = 0; b && i < b->n; i++)
        if (!has(a, b->cell[i]))
            all[n++] = b->cell[i];
    clear(0, rows);
    reach[0][0][0] = 1;
    for (int i = 0; i < n; i++, side = !side) {
        const struct cell *c = &cells[all[i]];
        int lo = all[i] == cell ? v : c->lo, hi = all[i] == cell ? v : c->hi;
        bool in_a = has(a, all[i]), in_b = b && has(b, all[i]);
        clear(!side, rows);
        for (int x = lo; x <= hi; x++)
            for (int s = 0; s + (in_a ? x : 0) < rows; s++)
                shift_or(reach[!side][s + (in_a ? x : 0)], reach[side][s], in_b ? x : 0);
    }
    for (int s = a->lo; s < rows; s++)
        for (int t = b ? b->lo : 0; t <= (b ? b->hi : 0); t++)
            if (reach[side][s][t / 64] >> (t % 64) & 1)
                return true;
    return false;
}

static bool is_narrowed(int cell)
{
    for (int i = 0; i < total_n; i++) {
        if (!has(&totals[i], cell))
            continue;
        for (int j = 0; j < total_n; j++) {
            bool meets = j == i;
            for (int m = 0; !meets && m < totals[j].n; m++)
                meets = has(&totals[i], totals[j].cell[m]);
            for (int v = 1; meets && v <= FEW; v++)
                if (!fits(&totals[i], j == i ? NULL : &totals[j], cell, v))
                    return true;
        }
    }
    return false;
}

int main(void)
{
    char line[256], series[80] = "";
    int hidden = 0, narrowed = 0;
    while (fgets(line, sizeof line, stdin)) {
        char *save = NULL, *word = strtok_r(line, " \n", &save);
        char *one = word ? strtok_r(NULL, " \n", &save) : NULL,
             *two = one ? strtok_r(NULL, " \n", &save) : NULL;
        char *three = two ? strtok_r(NULL, " \n", &save) : NULL;
        if (word && strcmp(word, "exact") == 0)
            exact = true;
        else if (one && strcmp(word, "series") == 0)
            snprintf(series, sizeof series, "%s", one), release_n = 0;
        else if (two && strcmp(word, "cell") == 0)
            see_cell(series, one, two);
        else if (three && strcmp(word, "total") == 0)
            see_total(one, (int)strtol(two, NULL, 10), (int)strtol(three, NULL, 10));
        else if (word)
            die(word);
    }
    for (int i = 0; i < cell_n; i++) {
        hidden += cells[i].hidden;
        narrowed += cells[i].hidden && is_narrowed(i);
    }
    printf("hidden %d, totals %d, narrowed %d\n", hidden, total_n, narrowed);
    return 0;
}
