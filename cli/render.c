#include "cli/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/csv.h"
#include "cli/people.h"
#include "cli/record.h"
#include "cli/replica_entry.h"
#include "proto/wire/hex.h"

#define READING_WIDTH 96u /* longer lines are hard to read, however wide the terminal */
#define SHORT_ITEM    12u /* bytes: items of a list up to this stand beside one another */
#define SHORT_GROUP   80u /* bytes: parts of a group up to this stand on one line */

/* [site, stream, epoch, seq, id] as ASH-L128; sites that are not known keep their number. */
static void put_ref(FILE *out, struct replica *r, const struct js *v)
{
    struct kind_ref ref;
    struct record_name name;
    char text[NAME_TEXT_SIZE], raw[KIND_REF_TEXT_MAX];
    const char *site = js_string(js_at(v, 0)), *id = js_string(js_at(v, 4));
    char *number[3];
    for (size_t i = 0; i < 3; i++)
        number[i] = js_scalar(js_at(v, i + 1));
    memset(&ref, 0, sizeof ref);
    if (site && id && hex_read(site, strlen(site), ref.log.site.b, sizeof ref.log.site.b) &&
        hex_read(id, strlen(id), ref.id, sizeof ref.id) && number[0] && number[1] && number[2]) {
        ref.log.stream = (uint8_t)(strtoul(number[0], NULL, 10) & 3);
        ref.log.epoch = (uint32_t)strtoul(number[1], NULL, 10);
        ref.seq = strtoull(number[2], NULL, 10);
        if (r && replica_ref_name(r, &ref, &name)) {
            name_print(&name, text);
            fputs(text, out);
        } else {
            kind_ref_print(&ref, raw);
            fputs(raw, out);
        }
    }
    for (size_t i = 0; i < 3; i++)
        free(number[i]);
}

static void put_scalar(FILE *out, const struct field *f, const struct js *v)
{
    char *text = js_scalar(v);
    const char *label = text && f->vocabulary ? field_code_label(f, bytes_of(text)) : NULL;
    if (f->type == FIELD_YESNO && text)
        fputs(strcmp(text, "true") == 0 ? "yes" : "no", out);
    else if (f->type == FIELD_CELLS && js_is_null(v))
        fputs("missing", out);
    else if (f->type == FIELD_CELLS && js_is_false(v))
        fputs("hidden", out);
    else if (label)
        fputs(label, out);
    else if (text)
        fputs(text, out);
    free(text);
}

/* Are all items short enough to stand beside one another? */
static bool is_short(const struct js *v)
{
    for (size_t i = 0; i < js_count(v); i++) {
        const char *text = js_string(js_at(v, i));
        if (!text || strlen(text) > SHORT_ITEM)
            return false;
    }
    return true;
}

/* A list of values: codes, numbers and short lines on one line, others one below another. */
static void put_list(FILE *out, struct replica *r, const struct field *f, const struct js *v)
{
    const char *between = f->type == FIELD_LIST && !is_short(v) ? "\n" : ", ";
    for (size_t i = 0; i < js_count(v); i++) {
        if (i > 0)
            fputs(between, out);
        if (f->type == FIELD_REFS)
            put_ref(out, r, js_at(v, i));
        else
            put_scalar(out, f, js_at(v, i));
    }
}

/* Further lines of a part stand below its first, further in. */
static void put_indented(FILE *out, const char *text, const char *indent)
{
    for (; *text; text++) {
        putc(*text, out);
        if (*text == '\n' && text[1] != '\n')
            fputs(indent, out);
    }
}

static char *value_text(struct replica *r, const struct field *f, const struct js *value);

/* The parts of a GROUP, each on a line. */
static void put_group(FILE *out, struct replica *r, const struct field *f, const struct js *v)
{
    bool first = true;
    for (uint32_t i = 0; i < f->part_count; i++) {
        const struct field *part = &f->parts[i];
        char *text = value_text(r, part, js_get(v, part->name));
        if (!text)
            continue;
        fprintf(out, "%s%s: ", first ? "" : "\n", part->label);
        put_indented(out, text, "  ");
        first = false;
        free(text);
    }
}

/* One item of GROUPS: its first part names it; the others stand on the same line where all are short. */
static void put_item(FILE *out, const struct field *f, char *const *text)
{
    size_t total = 0;
    for (uint32_t i = 0; i < f->part_count; i++)
        total += text[i]
                     ? strlen(text[i]) + strlen(f->parts[i].label) + (strchr(text[i], '\n') ? SHORT_GROUP : 0)
                     : 0;
    bool one_line = total < SHORT_GROUP;
    fputs("• ", out);
    for (uint32_t i = 0; i < f->part_count; i++) {
        if (!text[i])
            continue;
        if (i > 0)
            fprintf(out, "%s%s: ", one_line ? " · " : "\n  ", f->parts[i].label);
        put_indented(out, text[i], "    ");
    }
}

static void put_groups(FILE *out, struct replica *r, const struct field *f, const struct js *v)
{
    char *text[KIND_PARTS_MAX];
    for (size_t i = 0; i < js_count(v); i++) {
        if (i > 0)
            putc('\n', out);
        for (uint32_t j = 0; j < f->part_count; j++)
            text[j] = value_text(r, &f->parts[j], js_get(js_at(v, i), f->parts[j].name));
        put_item(out, f, text);
        for (uint32_t j = 0; j < f->part_count; j++)
            free(text[j]);
    }
}

/* Nodes name their parent by number, always an earlier one: the depth of each is its parent's and one. */
static void put_tree(FILE *out, const struct js *v)
{
    size_t n = js_count(v);
    uint32_t *depth = cli_alloc((n + 1) * sizeof *depth);
    for (size_t i = 1; i <= n; i++) {
        const struct js *node = js_at(v, i - 1);
        int64_t parent = js_integer(node, "parent", 0);
        const char *text = js_text(node, "text"), *measure = js_text(node, "measure");
        depth[i] = parent > 0 && parent < (int64_t)i ? depth[parent] + 1 : 0;
        fprintf(out, "%s%*s- %s", i > 1 ? "\n" : "", (int)(2 * (depth[i] < 20 ? depth[i] : 20)), "",
                text ? text : "");
        if (measure)
            fprintf(out, " (measure: %s)", measure);
    }
    free(depth);
}

static void put_value(FILE *out, struct replica *r, const struct field *f, const struct js *value)
{
    switch (f->type) {
    case FIELD_REF:
        put_ref(out, r, value);
        break;
    case FIELD_CODES:
    case FIELD_LIST:
    case FIELD_REFS:
    case FIELD_NUMBERS:
    case FIELD_CELLS:
        put_list(out, r, f, value);
        break;
    case FIELD_GROUP:
        put_group(out, r, f, value);
        break;
    case FIELD_GROUPS:
        put_groups(out, r, f, value);
        break;
    case FIELD_TREE:
        put_tree(out, value);
        break;
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_CODE:
    case FIELD_QUARTER:
    case FIELD_DATE:
    case FIELD_INTEGER:
    case FIELD_NUMBER:
    case FIELD_YESNO:
        put_scalar(out, f, value);
        break;
    }
}

/* The value of one field as text for people, several lines for lists and groups; NULL when it is absent or
 * empty. The caller frees. */
static char *value_text(struct replica *r, const struct field *f, const struct js *value)
{
    char *text = NULL;
    size_t n = 0;
    if (js_is_null(value))
        return NULL;
    FILE *out = open_memstream(&text, &n);
    if (!out)
        exit(cli_failf(KITH_E_INTERNAL, "not enough memory: \"%s\": close something and try again", f->name));
    put_value(out, r, f, value);
    fclose(out);
    if (n > 0)
        return text;
    free(text);
    return NULL;
}

static bool is_long(const struct field *f, const char *text)
{
    return f->type == FIELD_TEXT || f->type == FIELD_TREE || f->type == FIELD_GROUPS ||
           f->type == FIELD_GROUP || strchr(text, '\n');
}

/* One field of a page: short ones stand beside their label, long ones below it with an empty line around.
 * *after_long: the field before was a long one. */
static void print_field(const struct cli *cli, const struct field *f, const char *text, bool *after_long)
{
    unsigned width = cli->width > READING_WIDTH ? READING_WIDTH : cli->width;
    size_t n = strlen(text);
    bool is = is_long(f, text);
    if (is || *after_long)
        putchar('\n');
    *after_long = is;
    if (is) {
        printf("%s%s%s\n", cli_bold(cli), f->label, cli_reset(cli));
        people_wrap(stdout, text, n, width, 2);
        return;
    }
    printf("%s%s:%s", cli_bold(cli), f->label, cli_reset(cli));
    if (width && people_width(text, n) + people_width(f->label, strlen(f->label)) + 2 > width) {
        putchar('\n');
        people_wrap(stdout, text, n, width, 2);
    } else {
        printf(" %s\n", text);
    }
}

static void print_fact(const struct cli *cli, const char *key, const char *label, const char *text)
{
    if (cli->format == CLI_CSV) {
        csv_put(stdout, key, strlen(key));
        putchar(',');
        csv_put(stdout, text, strlen(text));
    } else {
        printf("%s: ", label);
        people_line(stdout, text, strlen(text), 0);
    }
    putchar('\n');
}

/* What a reader has to know before the record itself. */
static void print_notices(const struct cli *cli, struct replica *r, const struct replica_row *row,
                          const struct js *body)
{
    char today[PEOPLE_TIME_SIZE], newer[NAME_TEXT_SIZE];
    const char *review = js_text(body, "review");
    people_rfc3339(cli->now, today);
    if (row->here)
        people_say(cli, "Found at this site only. To send it to the network: kith release %s", row->id);
    if (!row->current && replica_replaced_by(r, row->number, newer, NULL) == 0 && newer[0])
        people_say(cli, "The same site has replaced this record: see kith show %s", newer);
    else if (!row->current)
        people_say(cli, "A newer record of the same site replaces this one.");
    if (review && strncmp(review, today, strlen(review)) < 0)
        printf("Not reviewed since %s.\n", review);
}

static void print_head(const struct cli *cli, const struct replica_row *row)
{
    char when[PEOPLE_TIME_SIZE];
    if (cli->format == CLI_PEOPLE && !cli->plain) {
        people_time(cli->now, row->time, when);
        printf("%s", cli_bold(cli));
        people_wrap(stdout, row->title, strlen(row->title), cli->width, 0);
        printf("%s%s%s · %s · %s · %s%s\n", cli_reset(cli), cli_dim(cli), row->id, row->kind,
               row->site ? row->site : "?", when, cli_reset(cli));
        return;
    }
    people_rfc3339(row->time, when);
    if (cli->format == CLI_CSV)
        print_fact(cli, "field", "field", "value");
    print_fact(cli, "id", "ID", row->id);
    print_fact(cli, "kind", "Kind", row->kind);
    print_fact(cli, "site", "Site", row->site ? row->site : "?");
    print_fact(cli, "time", "Time", when);
    print_fact(cli, "title", "Title", row->title);
}

/* What this site knows as the unit, which a released record may not say itself. Owned by the caller. */
static char *unit_text(const struct cli *cli, const struct replica_row *row)
{
    char text[UNIT_LABEL_MAX + UNIT_CODE_MAX + 8];
    if (!row->unit || !row->unit_label || cli->format == CLI_CSV)
        return row->unit ? cli_strdup(row->unit) : NULL;
    snprintf(text, sizeof text, "%s (%s)", row->unit_label, row->unit);
    return cli_strdup(text);
}

static char *field_text(const struct cli *cli, struct replica *r, const struct replica_row *row,
                        const struct kind *k, const struct field *f, const struct js *body)
{
    if (k->title && strcmp(f->name, k->title) == 0 && f->type == FIELD_LINE)
        return NULL;
    if (strcmp(f->name, "unit") == 0)
        return unit_text(cli, row);
    return value_text(r, f, js_get(body, f->name));
}

static void print_fields(const struct cli *cli, struct replica *r, const struct replica_row *row,
                         const struct kind *k, const struct js *body)
{
    bool page = cli->format == CLI_PEOPLE && !cli->plain, after_long = true;
    for (uint32_t i = 0; i < k->field_count; i++) {
        const struct field *f = &k->fields[i];
        char *text = field_text(cli, r, row, k, f, body);
        if (text && page)
            print_field(cli, f, text, &after_long);
        else if (text)
            print_fact(cli, f->name, f->label, text);
        free(text);
    }
}

static void print_json(const struct replica_row *row, const struct js *body, const struct js *more)
{
    struct js *o = js_object();
    js_put(o, "id", row->id);
    js_put(o, "kind", row->kind);
    js_put(o, "site", row->site);
    js_put(o, "unit", row->unit);
    js_put_time(o, "time", row->time);
    js_put(o, "title", row->title);
    js_put_truth(o, "here", row->here);
    js_put_truth(o, "current", row->current);
    js_put_copy(o, "body", body);
    for (size_t i = 0; i < js_count(more); i++) {
        const struct js *value;
        const char *key = js_key_at(more, i, &value);
        js_put_copy(o, key, value);
    }
    js_print_take(o, stdout);
}

int render_record(const struct cli *cli, struct replica *r, const struct replica_row *row,
                  const struct js *more, struct kith_error *e)
{
    struct js *body = NULL;
    const struct kind *k = kind_by_name(row->kind);
    int rc = js_read(bytes_of(row->body), &body, e);
    if (rc)
        return kith_fail(e, KITH_E_INVALID, "record is damaged: \"%s\": run kith verify --full", row->id);
    if (cli->format == CLI_JSON) {
        print_json(row, body, more);
    } else {
        print_head(cli, row);
        if (cli->format == CLI_PEOPLE)
            print_notices(cli, r, row, body);
        if (k)
            print_fields(cli, r, row, k, body);
    }
    js_free(body);
    return 0;
}
