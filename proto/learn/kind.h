/* Record kinds: what a lesson, a project or a series consists of, as a table (SPEC 10).
 *
 * A record is the body of an entry: a canonical MessagePack map from field names to values. This header
 * names the fields of each kind, checks bodies against them, and draws title and searchable text from a
 * body, so that the command line, the projector and the full-text index cannot disagree. Templates, help
 * and import all come from the same table. Bodies must have passed pack_check_body (SPEC 3.20) before.
 *
 *     type       written by people as          in the body
 *     LINE       one line                      str without newline, at most KIND_LINE_MAX bytes
 *     TEXT       paragraphs                    str, at most KIND_TEXT_MAX bytes
 *     CODE       a code or its label           str: the code
 *     CODES      several of them               array of str
 *     LIST       lines                         array of str
 *     QUARTER    2026-Q3                       str, just so
 *     DATE       2026-07-14 or 2026-07         str, just so
 *     INTEGER    1,000                         integer
 *     NUMBER     12.5                          integer where whole, else float64
 *     YESNO      yes, no                       bool
 *     REF        ASH-L128 (see below)          [site_id bin16, stream, epoch, seq, first 8 bytes of id bin8]
 *     REFS       several of them               array of such arrays
 *     GROUP      named parts                   map of its parts
 *     GROUPS     several of them               array of such maps
 *     TREE       a nested list                 array of maps; node i (from 1) names an earlier node as
 *                                              parent, 0: none
 *     NUMBERS    numbers                       array of numbers
 *     CELLS      numbers, hidden, missing      array of number, false (hidden) or nil (missing)
 *
 * Parts of groups and trees are fields themselves, but never groups: nothing nests deeper. Unknown fields
 * of a body are kept, passed on and not shown. */
#ifndef KITH_KIND_H
#define KITH_KIND_H

#include "kith/error.h"
#include "kith/kinds.h"
#include "kith/types.h"
#include "proto/learn/kind_finding.h"
#include "proto/wire/buf.h"
#include "proto/wire/pack.h"

#define KIND_LINE_MAX        1000u  /* bytes of a LINE or of one item of a LIST */
#define KIND_TEXT_MAX        40000u /* bytes of a TEXT */
#define KIND_ITEMS_MAX       1000u  /* items of a list, groups, nodes, cells */
#define KIND_FIELDS_MAX      48u    /* fields of one kind, the common ones included */
#define KIND_PARTS_MAX       12u    /* parts of one group */
#define KIND_TITLE_MAX       160u   /* bytes of a title taken from running text */
#define KIND_NUMBER_TEXT_MAX 64u

enum field_type {
    FIELD_LINE,
    FIELD_TEXT,
    FIELD_CODE,
    FIELD_CODES,
    FIELD_LIST,
    FIELD_QUARTER,
    FIELD_DATE,
    FIELD_INTEGER,
    FIELD_NUMBER,
    FIELD_YESNO,
    FIELD_REF,
    FIELD_REFS,
    FIELD_GROUP,
    FIELD_GROUPS,
    FIELD_TREE,
    FIELD_NUMBERS,
    FIELD_CELLS
};

struct field {
    const char *name; /* as in bodies, front matter and maps: lower case with hyphens */
    enum field_type type;
    bool required;
    bool quiet; /* not part of the searchable text */
    const char
        *vocabulary;   /* CODE, CODES: names of the vocabularies that serve, separated by spaces; else NULL */
    const char *label; /* for people: the heading of a template or a page */
    const char *also;  /* further headings that mean this field, separated by '|'; or NULL */
    const char *help;  /* one line: what the best answer looks like */
    const char *nudge; /* what to say when it is left out, as a hint; or NULL */
    const char
        *needed_when; /* "stage: implementing stopped": required when that field has such a code; or NULL */
    const struct field *parts; /* GROUP, GROUPS, TREE: the parts; the first is what names an item */
    uint32_t part_count;
};

struct kind {
    uint8_t number; /* enum kith_kind */
    uint8_t stream; /* enum kith_stream: the only one in which it counts */
    uint16_t schema;
    const char *name;
    const char *what;  /* one line: what it is for */
    const char *title; /* field that the title comes from; NULL: kinds without text for people */
    /* In the order in which people should meet them; the common fields come last. A kind without fields
     * is laid out and checked elsewhere (proto/log). */
    const struct field *fields;
    uint32_t field_count;
};

const struct kind *kind_by_number(uint8_t number);       /* NULL: not known to this version */
const struct kind *kind_by_name(const char *name);       /* exact; NULL when there is none */
const struct kind *kind_nearest(struct kith_bytes text); /* for "did you mean"; NULL when none is near */
const struct kind *kind_at(uint32_t i);                  /* from 0 up to NULL, ascending by number */
const struct field *kind_field(const struct kind *k, const char *name);
const struct field *field_part(const struct field *group, const char *name);
/* A heading of a Markdown file, a key or a column name: the name, the label or one of the further headings,
 * letter case, spaces and punctuation ignored. When there is none: NULL, and *ret_nearest (if not NULL) is
 * the field that may have been meant, or NULL. */
const struct field *kind_field_by_heading(const struct kind *k, struct kith_bytes heading,
                                          const struct field **ret_nearest);
const struct field *field_part_by_heading(const struct field *group, struct kith_bytes heading,
                                          const struct field **ret_nearest);

const char *field_type_name(enum field_type type); /* "line", "text", … */
bool field_is_list(const struct field *f);         /* more than one value: CODES, LIST, REFS, GROUPS, … */
/* Text that gets a heading of its own in Markdown (TEXT, TREE, groups with a TEXT part) rather than a line of
 * front matter. */
bool field_is_section(const struct field *f);
/* A CODE or CODES field takes words that its vocabularies lack. */
bool field_is_open(const struct field *f);
/* Over all vocabularies of the field, as vocab_resolve, vocab_nearest and vocab_label. */
const char *field_resolve(const struct field *f, struct kith_bytes text);
const char *field_nearest(const struct field *f, struct kith_bytes text);
const char *field_code_label(const struct field *f, struct kith_bytes code);

/* Checks a body as its author's side does: required fields present and not blank, types, lengths, known
 * codes (with the nearest known one named), dates, what belongs together. Adds to *f what it finds (f may be
 * NULL). 0, or KITH_E_INVALID when there was an error; hints and warnings do not count. */
int kind_check(const struct kind *k, struct kith_bytes body, struct findings *f);
/* Checks a body as a receiver does, structure only (SPEC 10.9): required fields there, every known field of
 * its type. Unknown codes, unknown fields and long texts pass. One walk, no allocation. 0, or KITH_E_INVALID
 * with the field named in *e (may be NULL). */
int kind_check_received(const struct kind *k, struct kith_bytes body, struct kith_error *e);

/* The title, borrowed from the body: a line, or the first words of running text, cut between words at
 * KIND_TITLE_MAX bytes. Empty where the body has none. */
struct kith_bytes kind_title(const struct kind *k, struct kith_bytes body);
/* Appends the title, and all other searchable text of the body, one line or paragraph after another in the
 * order of the fields as they lie. Both buffers are the caller's; what does not fit makes them `failed`.
 * KITH_BODY_MAX bytes always suffice for each. 0, or KITH_E_INVALID for a body that is not one. */
int kind_text(const struct kind *k, struct kith_bytes body, struct buf *title, struct buf *text);

/* One string field of a body, borrowed; false when it is absent or of another type. */
bool kind_get_str(struct kith_bytes body, const char *name, struct kith_bytes *ret);
bool kind_get_number(struct kith_bytes body, const char *name, double *ret);

/* A reference to another record (SPEC 10.7). Nothing is looked up by the 8 bytes: they only confirm that the
 * position holds what was meant. As text, where no roster is at hand to print ASH-L128:
 * 32 hex digits, '-', C L M or S, epoch, '.', seq, '-', 16 hex digits. */
struct kind_ref {
    struct kith_log_key log;
    uint64_t seq;
    uint8_t id[8];
};
#define KIND_REF_TEXT_MAX 80u
int kind_ref_parse(struct kith_bytes text, struct kind_ref *ret); /* KITH_E_INVALID: not this form */
void kind_ref_print(const struct kind_ref *ref, char ret[KIND_REF_TEXT_MAX]);
bool kind_ref_get(struct pack_reader *r, struct kind_ref *ret); /* reads one; false and r->failed otherwise */
void kind_ref_put(struct buf *b, const struct kind_ref *ref);

/* Numbers as people write them: digits, at most one point, thousands as 1,000; at most 18 digits and 40
 * decimals. Independent of the locale. KITH_E_INVALID otherwise. */
int kind_number_parse(struct kith_bytes text, double *ret);
/* The shortest text that kind_number_parse reads back as the same number; cap at least KIND_NUMBER_TEXT_MAX.
 * Returns its length. */
size_t kind_number_print(double v, char *ret, size_t cap);
/* How bodies hold a number: an integer where it is whole and below 2^53, else a float. */
void kind_number_put(struct buf *b, double v);
/* What a measure's `per` multiplies by: "1,000 bed-days" is 1000, "100" and "100 %" are 100, no number is 1.
 */
double kind_per_number(struct kith_bytes per);

/* Both forms of a date; true only for days that exist. */
bool kind_date_ok(struct kith_bytes text);
bool kind_quarter_ok(struct kith_bytes text);

/* Prints a body as the Markdown that people edit: front matter between two `---` lines, then a level-2
 * heading for each running text. For every body that compose_finish made, composing the print again gives the
 * same bytes. *ret_left_out (may be NULL) counts fields that this version does not know and therefore leaves
 * out. KITH_E_FULL when buf is too small: 3 × KITH_BODY_MAX always suffices for text, 8 × for adversarial
 * bodies. */
int kind_print_markdown(const struct kind *k, struct kith_bytes body, struct buf *b, uint32_t *ret_left_out);

#endif
