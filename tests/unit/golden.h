/* Pictures compared with golden ones by their structure, and searched for labels that meet.
 *
 * Structure is what a reader sees as different: title and description, and of every line and shape in their
 * order its style and the letters of its path, of every label how many letters it has. Places are not part of
 * it, since another version of a font moves them. KITH_GOLDEN=write writes the pictures anew: look at them
 * then. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN_SIZE   400000u
#define GOLDEN_LABELS 400u

struct golden_label {
    double left, right, base;
};

static size_t golden_read(const char *path, char ret[GOLDEN_SIZE])
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("\"%s\": not there: run the test with KITH_GOLDEN=write and look at the picture", path);
    size_t n = fread(ret, 1, GOLDEN_SIZE - 1, f);
    fclose(f);
    ret[n] = '\0';
    return n;
}

/* What stands behind `key` in this tag, up to the next quote. */
static void golden_value(const char *tag, const char *key, char ret[4000])
{
    const char *end = strchr(tag, '>'), *at = strstr(tag, key);
    size_t n = 0;
    ret[0] = '\0';
    if (!at || !end || at > end)
        return;
    for (at += strlen(key); at[n] && at[n] != '"' && n < 3999; n++)
        ret[n] = at[n];
    ret[n] = '\0';
}

static void golden_path(const char *tag, char *ret, size_t cap)
{
    char style[4000], way[4000];
    golden_value(tag, "style=\"", style);
    golden_value(tag, " d=\"", way);
    size_t n = (size_t)snprintf(ret, cap, "path %s ", style);
    for (const char *c = way; *c && n + 2 < cap; c++)
        if (strchr("MLCZ", *c))
            ret[n++] = *c;
    ret[n++] = '\n';
    ret[n] = '\0';
}

/* The structure of a picture, a line for each thing. */
static void golden_structure(const char *svg, char ret[GOLDEN_SIZE])
{
    size_t n = 0, letters = 0;
    const char *body = strstr(svg, "</defs>"), *title = strstr(svg, "<title"), *end = strstr(svg, "</desc>");
    assert_non_null(body);
    assert_true(title && end && title < end);
    n += (size_t)snprintf(ret, GOLDEN_SIZE, "%.*s\n", (int)(end - title), title);
    for (const char *at = body; (at = strchr(at, '<')); at++) {
        if (strncmp(at, "<path ", 6) == 0) {
            golden_path(at, ret + n, GOLDEN_SIZE - n);
            n += strlen(ret + n);
        } else if (strncmp(at, "<use ", 5) == 0) {
            letters++;
        } else if (strncmp(at, "</g>", 4) == 0 && letters) {
            n += (size_t)snprintf(ret + n, GOLDEN_SIZE - n, "label of %zu\n", letters);
            letters = 0;
        }
    }
}

static double golden_number(const char *tag, const char *key)
{
    char text[4000];
    golden_value(tag, key, text);
    return strtod(text, NULL);
}

/* Every label of the picture: its letters from the first to the last. */
static size_t golden_labels(const char *svg, struct golden_label ret[GOLDEN_LABELS])
{
    size_t n = 0;
    bool open = false;
    for (const char *at = strstr(svg, "</defs>"); at && (at = strchr(at, '<')) && n < GOLDEN_LABELS; at++) {
        if (strncmp(at, "<use ", 5) == 0) {
            double x = golden_number(at, " x=\""), y = golden_number(at, " y=\"");
            if (!open)
                ret[n] = (struct golden_label){x, x, y};
            ret[n].right = x > ret[n].right ? x : ret[n].right;
            open = true;
        } else if (strncmp(at, "</g>", 4) == 0 && open) {
            n++;
            open = false;
        }
    }
    return n;
}

/* A letter is at least 4 wide and 8 high in every size that pictures use. */
static void golden_no_overlaps(const char *name, const char *svg)
{
    static struct golden_label label[GOLDEN_LABELS];
    size_t n = golden_labels(svg, label);
    assert_true(n > 5);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            const struct golden_label *a = &label[i], *b = &label[j];
            double apart = a->base > b->base ? a->base - b->base : b->base - a->base;
            if (apart < 8 && a->left < b->right + 4 && b->left < a->right + 4)
                fail_msg("%s: labels meet at %.0f,%.0f and %.0f,%.0f", name, a->left, a->base, b->left,
                         b->base);
        }
}

/* Compares the structure of the picture in `path` with the golden one of this name. */
static void golden_check(const char *path, const char *name)
{
    static char svg[GOLDEN_SIZE], structure[GOLDEN_SIZE], golden[GOLDEN_SIZE];
    char file[128];
    const char *mode = getenv("KITH_GOLDEN");
    golden_read(path, svg);
    golden_structure(svg, structure);
    snprintf(file, sizeof file, "tests/unit/golden/%s.txt", name);
    if (mode && strcmp(mode, "write") == 0) {
        FILE *f = fopen(file, "wb");
        assert_non_null(f);
        fputs(structure, f);
        assert_int_equal(fclose(f), 0);
    }
    golden_read(file, golden);
    assert_string_equal(structure, golden);
    golden_no_overlaps(name, svg);
}

#endif
