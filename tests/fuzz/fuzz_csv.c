/* Tables that people bring: what is read has its cells where it says, ends every cell, and prints as a table
 * that reads back as the same cells. */
#include "cli/csv.h"
#include "cli/text.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct csv *c)
{
    assert(c->rows <= CSV_ROWS_MAX);
    for (uint32_t i = 0; i < c->rows; i++) {
        const struct csv_row *row = &c->row[i];
        assert(row->count <= CSV_COLUMNS_MAX && (size_t)row->first + row->count <= c->cells);
        for (uint32_t k = 0; k < row->count; k++)
            assert(csv_cell(c, row, k) + strlen(csv_cell(c, row, k)) < c->text + c->text_n);
        assert(csv_cell(c, row, row->count)[0] == '\0');
    }
}

static char *print(const struct csv *c, size_t *ret_n)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, ret_n);
    assert(f != NULL);
    for (uint32_t i = 0; i < c->rows; i++)
        for (uint32_t k = 0; k < c->row[i].count; k++) {
            const char *cell = csv_cell(c, &c->row[i], k);
            csv_put(f, cell, strlen(cell));
            (void)fputc(k + 1 < c->row[i].count ? ',' : '\n', f);
        }
    (void)fclose(f);
    return text;
}

static void again(const struct csv *c)
{
    struct csv second;
    struct kith_error e;
    size_t n = 0;
    char *text = print(c, &n);
    int rc = csv_read("again", text, n, &second, &e);
    if (rc == 0 && c->rows > 1 && c->row[0].count > 1) {
        assert(second.rows == c->rows && second.delimiter == ',');
        for (uint32_t i = 0; i < c->rows; i++) {
            assert(second.row[i].count == c->row[i].count);
            for (uint32_t k = 0; k < c->row[i].count; k++)
                assert(strcmp(csv_cell(c, &c->row[i], k), csv_cell(&second, &second.row[i], k)) == 0);
        }
    }
    assert(rc == 0 || c->row[0].count <= 1);
    if (rc == 0)
        csv_clear(&second);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct text t;
    struct csv c;
    struct kith_error e;
    char *copy = malloc(n + 1);
    assert(copy != NULL);
    if (n > 0)
        memcpy(copy, data, n);
    e.text[0] = '\0';
    if (text_take("a.csv", copy, n, &t, &e) != 0) {
        assert(e.text[0] != '\0');
        return 0;
    }
    e.text[0] = '\0';
    if (csv_read("a.csv", t.p, t.n, &c, &e) != 0) {
        assert(e.text[0] != '\0');
    } else {
        check(&c);
        if (c.rows > 0)
            again(&c);
        csv_clear(&c);
    }
    text_clear(&t);
    return 0;
}
