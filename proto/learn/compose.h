/* Makes a body out of what people wrote: pairs of field and text, as they come from YAML front matter, from
 * Markdown headings or from the columns of a CSV file. Every scalar is a string there; what it means is known
 * from the table of kinds (kind.h).
 *
 *     compose_init(&c, kind_by_name("lesson"), "en", memory, sizeof memory);
 *     compose_add_cstr(&c, "title", "Night lights in the bay", &f);
 *     compose_add_cstr(&c, "setting", "Acute ward", &f);
 *     compose_add_cstr(&c, "topics", "falls, staffing", &f);
 *     compose_section(&c, heading, text, &f);
 *     rc = compose_finish(&c, &body, &f);
 *
 * The steps for a file: front matter by the YAML parser, each scalar with its path to compose_add; the rest
 * by compose_split into headings and texts, each to compose_section. A finding never stops the work: all of
 * them are collected, and compose_finish refuses at the end. Nothing is allocated, nothing is normalised:
 * curly quotes and accents stay as typed, control characters and bidirectional overrides are refused with
 * their offset. */
#ifndef KITH_COMPOSE_H
#define KITH_COMPOSE_H

#include "kith/limits.h"
#include "proto/learn/kind.h"

#define COMPOSE_ITEMS_MAX  6000u /* values in one record */
#define COMPOSE_ITEM_BYTES 16u
/* Memory that suffices for any record that fits into a body: the values, and every section once more while it
 * is read. Less is allowed: KITH_E_FULL comes sooner. */
#define COMPOSE_MEMORY (COMPOSE_ITEMS_MAX * COMPOSE_ITEM_BYTES + 2 * KITH_BODY_MAX)

struct compose_item;

/* The caller's memory; its members are nobody else's business. */
struct compose {
    const struct kind *kind;
    const char *lang;
    struct compose_item *items; /* at the front of the memory; the first one is not used */
    uint32_t count, room;
    struct buf text; /* at its end: every value's text, one after another */
    uint64_t faulty; /* bit per field: something given for it was refused */
    bool broken;     /* an error was found while adding */
    bool full;       /* the memory did not suffice */
    uint16_t first[KIND_FIELDS_MAX], last[KIND_FIELDS_MAX]; /* chain of each field's values; 0: none */
};

/* lang: what the `lang` field shall say when the text does not (borrowed, or NULL for nothing). memory is the
 * caller's, aligned for int, and stays in use until compose_finish. */
void compose_init(struct compose *c, const struct kind *k, const char *lang, void *memory, size_t size);

/* Gives a field its text. Path: a field by name, label or heading; `aim.from`; `changes[0].what`; an index
 * behind a list (`topics[2]`) is the parser's and only orders. Lists are appended to; CODES may be separated
 * by commas; a second text for a single value is an error. References are given in
 * the form of kind_ref_print: the caller, who has a replica, turns ASH-L128 into it first (field type
 * FIELD_REF). A group, groups or a tree given as one text are read as in compose_section. Blank text is the
 * same as none. `kind` is accepted where it names this kind. 0, or KITH_E_INVALID (and a finding: unknown
 * field with the nearest one, value that does not fit), or KITH_E_FULL. */
int compose_add(struct compose *c, const char *path, struct kith_bytes text, struct findings *f);
int compose_add_cstr(struct compose *c, const char *path, const char *text, struct findings *f);

/* Gives a field the text below a level-2 heading: paragraphs for a TEXT; a list with `- ` for lists; for
 * groups a level-3 heading for each (its first part) and lines such as `core: yes`, further lines of a value
 * below it; for a tree a nested list, where a line may end in `(measure: ASH/falls-rate)`. `\##` at the start
 * of a line means `##`. */
int compose_section(struct compose *c, struct kith_bytes heading, struct kith_bytes text, struct findings *f);

/* Checks what is missing, then appends the canonical body: typed values, keys ascending. 0; KITH_E_INVALID
 * when there was an error, now or while adding (nothing is appended then); KITH_E_FULL when the body would be
 * longer than KITH_BODY_MAX or than out's room. */
int compose_finish(struct compose *c, struct buf *out, struct findings *f);

/* The next level-2 heading and the text up to the one after it, borrowed from *rest, which moves on. Text
 * before the first heading comes with an empty heading (and only if it is not blank). False at the end. */
bool compose_split(struct kith_bytes *rest, struct kith_bytes *ret_heading, struct kith_bytes *ret_text);
/* Divides a file into what stands between its first two `---` lines and the rest. False (and all in
 * *ret_rest) when the first line is no `---`, or the second is missing. */
bool compose_front(struct kith_bytes file, struct kith_bytes *ret_front, struct kith_bytes *ret_rest);

#endif
