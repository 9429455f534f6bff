/* From typed text to a MATCH expression, in one pass from left to right.
 *
 * There is no tree: FTS5 has the same operators with the same precedence (NOT before AND before OR), so
 * the expression is written out while it is read, and all that has to be known is, for each open bracket,
 * whether an operand stands before this place and which operator waits for the next one. An operator is
 * written only together with the operand behind it. Invariants:
 *   - between two operands there is always exactly one operator, AND where none was typed (FTS5 puts no
 *     AND of its own beside a bracket);
 *   - an operand holds at least one word as proto/learn/token sees it: punctuation alone vanishes, so FTS5
 *     never meets an empty phrase;
 *   - typed bytes stand between double quotes, and no double quote is among them.
 *
 * Words are searched for in every form. The index knows nothing of forms: stems that stood in it beside the
 * words made half as many entries again, and filling it took twice as long. So the question grows instead:
 * the index is asked for its words that begin like this one, and those with the same stem are joined by OR.
 *
 * All words of one stem begin with the stem without its last letter, which may be an e, i or y that comes and
 * goes (hope, hoping; study, studies) or the l of -ble (visible, visibility). Of a stem of three letters only
 * e, i and y are left off (use, using; try, tries). This holds for all 64,000 words of a common list of
 * American English but dying, lying and tying, which are asked for by name. */
#include "proto/learn/query.h"

#include <assert.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

#include "proto/learn/token.h"
#include "proto/wire/buf.h"

#define SHOWN_MAX 40u /* bytes of the query that a sentence repeats */

#define FORM_ADDS 6u /* bytes beside those of a form: its quotes and " OR " */

/* Every term adds two quotes, a star and " AND ", and two brackets if it has forms; every bracket two bytes
 * and " AND ". */
static_assert(QUERY_MATCH_MAX >=
                  QUERY_TYPED_MAX + QUERY_TERMS_MAX * (3 + 5 + 2) + QUERY_TERMS_MAX * 7 + QUERY_FORMS_BYTES,
              "the result of the longest query fits");

enum operator_kind { OPERATOR_NONE, OPERATOR_AND, OPERATOR_OR, OPERATOR_NOT };

static const char *const operator_text[] = {
    [OPERATOR_NONE] = "",
    [OPERATOR_AND] = "AND",
    [OPERATOR_OR] = "OR",
    [OPERATOR_NOT] = "NOT",
};

/* What is known inside one bracket; level 0 is the query itself. */
struct level {
    bool operand;               /* something stands before this place */
    enum operator_kind waiting; /* an operator that still needs its right side */
    size_t opened;              /* offset of the bracket */
};

struct query {
    const uint8_t *p;
    size_t n;
    size_t at;
    const struct query_index *index; /* NULL: words as they are */
    struct buf *out;
    struct kith_error *e;
    size_t terms;
    size_t forms_n; /* bytes of forms written so far */
    size_t brackets;
    size_t depth;
    struct level levels[QUERY_DEPTH_MAX + 1];
};

static int fail(const struct query *q, const char *what, size_t from, size_t n, const char *instead)
{
    return kith_fail(q->e, KITH_E_USAGE, "%s: \"%.*s\": %s", what,
                     bytes_shown((struct kith_bytes){q->p + from, n}, SHOWN_MAX), (const char *)q->p + from,
                     instead);
}

static struct level *level(struct query *q)
{
    assert(q->depth <= QUERY_DEPTH_MAX);
    return &q->levels[q->depth];
}

static void put(struct query *q, const char *text)
{
    buf_put(q->out, text, strlen(text));
}

/* The character at `at`; the query was checked to be UTF-8. */
static ucs4_t char_at(const struct query *q, size_t at, size_t *ret_n)
{
    assert(at < q->n);
    ucs4_t uc;
    int n = u8_mbtoucr(&uc, q->p + at, q->n - at);
    *ret_n = n > 0 ? (size_t)n : 1;
    return n > 0 ? uc : ' ';
}

/* Straight, curly (English, German) and angle quotes; single ones are apostrophes. */
static bool is_quote(ucs4_t uc)
{
    return uc == '"' || (uc >= 0x201C && uc <= 0x201F) || uc == 0xAB || uc == 0xBB || uc == 0xFF02;
}

static bool is_separator(ucs4_t uc)
{
    return uc == ':' || uc == ';' || uc == ',' || uc_is_property_white_space(uc);
}

static bool is_special(ucs4_t uc)
{
    return uc == '(' || uc == ')' || uc == '*' || is_quote(uc) || is_separator(uc);
}

/* Narrows [*from, *to) to its first word … last word; gives how many words there are. */
static size_t trim_to_words(const struct query *q, size_t *from, size_t *to)
{
    struct token_cursor c;
    struct token t;
    size_t base = *from, start = 0, end = 0, words = 0;
    assert(base <= *to && *to <= q->n);
    token_init(&c, (const char *)q->p + base, *to - base, NULL);
    for (; token_next(&c, &t); words++) {
        if (words == 0)
            start = t.start;
        end = t.end;
    }
    if (words > 0) {
        *from = base + start;
        *to = base + end;
    }
    return words;
}

/* Writes what stands between the last operand and the one that follows. */
static void put_operator(struct query *q)
{
    struct level *l = level(q);
    if (l->operand) {
        put(q, " ");
        put(q, operator_text[l->waiting == OPERATOR_NONE ? OPERATOR_AND : l->waiting]);
        put(q, " ");
    }
    assert(l->operand || l->waiting == OPERATOR_NONE);
    l->waiting = OPERATOR_NONE;
}

/* A word whose forms are wanted. */
struct wanted {
    struct token_cursor cursor; /* lends the word */
    struct token word;
    char stem[TOKEN_MAX];
    size_t stem_n;
    uint32_t forms;
};

/* Another form of the wanted word, up to the limits. */
static void take_form(struct query *q, struct wanted *w, struct kith_bytes form)
{
    char stem[TOKEN_MAX];
    size_t n = form.n <= TOKEN_MAX ? token_stem(q->index->stemmer, (const char *)form.p, form.n, stem) : 0;
    assert(w->stem_n > 0);
    if (n != w->stem_n || memcmp(stem, w->stem, n) != 0)
        return;
    if (form.n == w->word.n && memcmp(form.p, w->word.p, form.n) == 0)
        return;
    if (w->forms == QUERY_FORMS_MAX || q->forms_n + form.n + FORM_ADDS > QUERY_FORMS_BYTES)
        return;
    w->forms++;
    q->forms_n += form.n + FORM_ADDS;
    put(q, " OR \"");
    buf_put(q->out, form.p, form.n);
    put(q, "\"");
}

static void take_forms(struct query *q, struct wanted *w, const char *beginning, size_t n)
{
    struct kith_bytes form;
    assert(n > 0);
    q->index->begin(q->index->context, beginning, n);
    for (uint32_t i = 0; i < QUERY_CANDIDATES_MAX && q->index->next(q->index->context, &form); i++)
        take_form(q, w, form);
}

/* How many letters of a stem all its words begin with. */
static size_t common(const char *stem, size_t n)
{
    assert(n > 0);
    bool changing = strchr("eiy", stem[n - 1]) != NULL;
    return n > 3 || (n == 3 && changing) ? n - 1 : n;
}

/* One word that was not quoted, and its forms. */
static void put_word(struct query *q, size_t from, size_t to)
{
    struct wanted w = {.forms = 0};
    bool is_word;
    token_init(&w.cursor, (const char *)q->p + from, to - from, NULL);
    is_word = token_next(&w.cursor, &w.word);
    assert(is_word);
    w.stem_n = is_word && q->index ? token_stem(q->index->stemmer, w.word.p, w.word.n, w.stem) : 0;
    put(q, w.stem_n > 0 ? "(\"" : "\"");
    buf_put(q->out, q->p + from, to - from);
    put(q, "\"");
    if (w.stem_n == 0)
        return;
    take_forms(q, &w, w.stem, common(w.stem, w.stem_n));
    if (w.stem_n == 3 && memcmp(w.stem + 1, "ie", 2) == 0)
        take_forms(q, &w, (char[]){w.stem[0], 'y', 'i', 'n', 'g'}, 5);
    put(q, ")");
}

/* One term, with the star behind it if there is one. Text without a word in it vanishes. */
static int take_term(struct query *q, size_t from, size_t to, bool quoted)
{
    size_t words = trim_to_words(q, &from, &to);
    bool star = q->at < q->n && q->p[q->at] == '*';
    if (words == 0)
        return 0; /* and a star behind it will be found to stand alone */
    if (++q->terms > QUERY_TERMS_MAX)
        return fail(q, "the search has more than 64 words", from, to - from, "leave some out from here on");
    put_operator(q);
    if (words == 1 && !quoted && !star) {
        put_word(q, from, to);
    } else {
        put(q, "\"");
        buf_put(q->out, q->p + from, to - from);
        put(q, star ? "\"*" : "\"");
    }
    q->at += star ? 1 : 0;
    level(q)->operand = true;
    return 0;
}

static int take_phrase(struct query *q)
{
    size_t opened = q->at, n;
    (void)char_at(q, q->at, &n);
    size_t from = opened + n;
    for (size_t at = from; at < q->n; at += n) {
        ucs4_t uc = char_at(q, at, &n);
        if (is_quote(uc)) {
            q->at = at + n;
            return take_term(q, from, at, true);
        }
    }
    return fail(q, "this quotation has no end", opened, q->n - opened,
                "put a second quotation mark behind the last word, or leave the first one out");
}

static int take_open(struct query *q)
{
    if (q->depth == QUERY_DEPTH_MAX || q->brackets == QUERY_TERMS_MAX)
        return fail(q, "the search has too many brackets", q->at, q->n - q->at, "write it with fewer");
    put_operator(q);
    put(q, "(");
    q->brackets++;
    q->levels[++q->depth] = (struct level){false, OPERATOR_NONE, q->at};
    q->at++;
    return 0;
}

/* An operator at the end of the query, or before a closing bracket. */
static int check_nothing_waits(struct query *q)
{
    const char *text = operator_text[level(q)->waiting];
    if (level(q)->waiting == OPERATOR_NONE)
        return 0;
    return kith_fail(
        q->e, KITH_E_USAGE,
        "nothing to search for stands behind this: \"%s\": put a word there, or write \"%s\" in lower case "
        "to search for it",
        text, text);
}

static int take_close(struct query *q)
{
    if (q->depth == 0)
        return fail(q, "this bracket was never opened", q->at, q->n - q->at,
                    "put a ( in front of the words it belongs to, or leave it out");
    int rc = check_nothing_waits(q);
    if (rc)
        return rc;
    size_t opened = level(q)->opened;
    if (!level(q)->operand)
        return fail(q, "there is no word in these brackets", opened, q->at + 1 - opened,
                    "put a word between them, or leave them out");
    put(q, ")");
    q->depth--;
    level(q)->operand = true;
    q->at++;
    return 0;
}

static int take_operator(struct query *q, enum operator_kind kind, size_t from, size_t n)
{
    struct level *l = level(q);
    if (!l->operand && kind == OPERATOR_NOT)
        return fail(q, "nothing to take away from stands before this", from, n,
                    "say first what to find, as in: falls NOT children");
    if (!l->operand)
        return fail(q, "nothing to search for stands before this", from, n,
                    "put a word there, or write it in lower case to search for it");
    if (l->waiting != OPERATOR_NONE && !(l->waiting == OPERATOR_AND && kind == OPERATOR_NOT))
        return fail(q, "two operators stand side by side", from, n,
                    "leave one out, or write it in lower case to search for it");
    l->waiting = kind; /* AND NOT is NOT */
    return 0;
}

static enum operator_kind operator_of(const uint8_t *p, size_t n)
{
    for (enum operator_kind k = OPERATOR_AND; k <= OPERATOR_NOT; k++)
        if (strlen(operator_text[k]) == n && memcmp(operator_text[k], p, n) == 0)
            return k;
    return OPERATOR_NONE;
}

/* A stretch without spaces, brackets, quotes or stars: an operator, or a term. */
static int take_word(struct query *q)
{
    size_t from = q->at, n;
    while (q->at < q->n && !is_special(char_at(q, q->at, &n)))
        q->at += n;
    assert(q->at > from);
    enum operator_kind kind = operator_of(q->p + from, q->at - from);
    bool star = q->at < q->n && q->p[q->at] == '*';
    if (kind != OPERATOR_NONE && !star)
        return take_operator(q, kind, from, q->at - from);
    return take_term(q, from, q->at, false);
}

static int take_next(struct query *q)
{
    size_t n;
    ucs4_t uc = char_at(q, q->at, &n);
    if (is_quote(uc))
        return take_phrase(q);
    if (uc == '(')
        return take_open(q);
    if (uc == ')')
        return take_close(q);
    if (uc == '*')
        return fail(q, "no beginning of a word stands before this", q->at, 1,
                    "put the letters that the word begins with directly before the star, as in: sepsi*");
    if (!is_separator(uc))
        return take_word(q);
    q->at += n;
    return 0;
}

static int check_end(struct query *q)
{
    size_t opened = level(q)->opened;
    if (q->depth > 0)
        return fail(q, "this bracket was never closed", opened, q->n - opened,
                    "put a ) behind the words it belongs to, or leave it out");
    int rc = check_nothing_waits(q);
    if (rc)
        return rc;
    if (q->terms == 0)
        return fail(q, "there is no word in this search", 0, q->n, "write at least one word or number");
    if (q->out->failed)
        return kith_fail(q->e, KITH_E_FULL,
                         "no room for the search: \"%.*s\": this is a fault in the program",
                         bytes_shown((struct kith_bytes){q->p, q->n}, SHOWN_MAX), (const char *)q->p);
    return 0;
}

static int check_typed(const struct query *q)
{
    if (q->n > QUERY_TYPED_MAX)
        return fail(q, "the search is longer than 2000 bytes", 0, q->n, "search for fewer words");
    const uint8_t *bad = u8_check(q->p, q->n);
    if (!bad)
        return 0;
    return kith_fail(
        q->e, KITH_E_USAGE,
        "the search is not text in UTF-8: byte %zu is \"\\x%02x\": set the terminal to UTF-8, or leave "
        "that character out",
        (size_t)(bad - q->p) + 1, (unsigned)*bad);
}

int query_compile(const char *typed, const struct query_index *index, struct buf *ret_match,
                  struct kith_error *e)
{
    assert(typed && ret_match && !ret_match->failed);
    size_t n = u8_strnlen((const uint8_t *)typed, QUERY_TYPED_MAX + 1), before = ret_match->n;
    struct query q = {.p = (const uint8_t *)typed, .n = n, .index = index, .out = ret_match, .e = e};
    int rc = check_typed(&q);
    while (rc == 0 && q.at < n)
        rc = take_next(&q);
    if (rc == 0)
        rc = check_end(&q);
    if (rc) {
        ret_match->n = before;
        ret_match->failed = false;
    }
    return rc;
}
