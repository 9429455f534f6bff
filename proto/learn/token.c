/* Splitting text into words.
 *
 * Nearly all text that Kith holds is English in ASCII, and indexing it is what a busy replica spends its
 * time on. So bytes run through one table as long as they are ASCII letters and digits, and the Unicode
 * library is asked only about characters above that. One collector does both: it keeps lower-cased ASCII
 * and raw other characters in the same buffer, and only a buffer that holds the latter is folded by the
 * library afterwards. That way "naïve", "NAÏVE" and "naive" meet in one token, whatever path they took.
 *
 * Word boundaries come from the character's word-break property (Unicode Standard Annex 29) rather than
 * from the library's function over whole strings, which would need a map as long as the text: a cursor
 * has constant size. What differs from the annex, on purpose:
 *   - dots, underscores and middle dots separate (a query for "hospital" is to find "end.Hospital");
 *   - a character that has no word-break class but is a letter or number stands alone: ideographs,
 *     kana, Thai. A search for several of them is a phrase;
 *   - a final 's after an apostrophe is dropped, other apostrophes inside a word are closed up:
 *     "patient's" is "patient", "don't" is "dont".
 *
 * Which marks are dropped is decided by their combining class: accents of Latin, Greek and Cyrillic, the
 * points of Hebrew and the vowels of Arabic have 10 and above and go. Vowel signs, nuktas and viramas of
 * the Indian scripts and the voicing marks of kana are below and stay: without them other words result.
 *
 * The library is slow beside that: it is asked once for each two-byte character (most letters of Europe and
 * the Near East), and only words with marks or longer characters go to it whole. This changes no result: a
 * cursor without that table gives the same words. */
#include "proto/learn/token.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <libstemmer.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwbrk.h>

#define STEM_MIN        3u    /* letters; shorter words have no forms */
#define QUICK_FIRST     0x80u /* characters of two bytes in UTF-8: most letters of Europe and the Near East */
#define QUICK_END       0x800u
#define QUICK_NEVER     0xFFFFu /* only the library can fold this one */
#define FOLD_MAX        4096u   /* TOKEN_RAW_MAX times the worst growth of NFKD (11), rounded up */
#define DIACRITIC_CLASS 10      /* marks of this combining class and above are dropped */

static_assert(FOLD_MAX >= TOKEN_RAW_MAX * 11, "a folded word fits");

struct token_folder {
    uint16_t quick[QUICK_END - QUICK_FIRST]; /* the folded character; 0 where nobody has asked */
};

struct token_stemmer {
    struct sb_stemmer *english;
};

enum char_kind {
    CHAR_BREAK,      /* between words; also a byte that is no UTF-8 */
    CHAR_LETTER,     /* letters and digits, which run together */
    CHAR_KATAKANA,   /* runs with its own kind only */
    CHAR_ALONE,      /* a word by itself */
    CHAR_ATTACH,     /* marks and invisible characters: part of the word they follow */
    CHAR_APOSTROPHE, /* joins letters on both sides */
};

struct token_folder *token_folder_new(void)
{
    return calloc(1, sizeof(struct token_folder));
}

void token_folder_free(struct token_folder *f)
{
    free(f);
}

/* The folded form of an ASCII letter or digit, 0 for every other byte. */
static const uint8_t ascii_fold[256] = {
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7',
    ['8'] = '8', ['9'] = '9', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f',
    ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n',
    ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v',
    ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
    ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l',
    ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't',
    ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z',
};

static bool is_apostrophe(ucs4_t uc)
{
    /* typewriter, typographic, modifier letter, full width */
    return uc == '\'' || uc == 0x2019 || uc == 0x02BC || uc == 0xFF07;
}

static enum char_kind kind_of(ucs4_t uc)
{
    if (uc < 0x80 && ascii_fold[uc])
        return CHAR_LETTER;
    if (is_apostrophe(uc))
        return CHAR_APOSTROPHE;
    if (uc < 0x80)
        return CHAR_BREAK;
    switch (uc_wordbreak_property(uc)) {
    case WBP_ALETTER:
    case WBP_HL:
    case WBP_NUMERIC:
        return CHAR_LETTER;
    case WBP_KATAKANA:
        return CHAR_KATAKANA;
    case WBP_EXTEND:
    case WBP_FORMAT:
    case WBP_ZWJ:
        return CHAR_ATTACH;
    default: /* the library's classes, not ours: everything else is a letter by itself or nothing */
        break;
    }
    return uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N) ? CHAR_ALONE
                                                                                         : CHAR_BREAK;
}

/* The kind and length in bytes of the character at `at`; bad bytes are breaks of one byte. */
static enum char_kind kind_at(const struct token_cursor *c, size_t at, size_t *ret_n)
{
    assert(at < c->n);
    ucs4_t uc;
    int n = u8_mbtoucr(&uc, c->text + at, c->n - at);
    if (n <= 0) {
        *ret_n = 1;
        return CHAR_BREAK;
    }
    *ret_n = (size_t)n;
    return kind_of(uc);
}

void token_init(struct token_cursor *c, const char *text, size_t n, struct token_folder *folder)
{
    assert(text || n == 0);
    c->text = (const uint8_t *)text;
    c->n = n;
    c->at = 0;
    c->folder = folder;
    c->start = c->end = 0;
    c->word_n = c->joined = 0;
    c->ascii = true;
}

/* Goes to the first character that can begin a word; false at the end. */
static bool skip_to_word(struct token_cursor *c)
{
    while (c->at < c->n) {
        uint8_t byte = c->text[c->at];
        if (ascii_fold[byte])
            return true;
        size_t n = 1;
        if (byte >= 0x80) {
            enum char_kind kind = kind_at(c, c->at, &n);
            if (kind == CHAR_LETTER || kind == CHAR_KATAKANA || kind == CHAR_ALONE)
                return true;
        }
        c->at += n;
    }
    return false;
}

/* The fast path: keeps ASCII letters and digits for as long as they come. It works on copies of the fields:
 * a store through bytes could be a store to any of them, as far as the compiler knows. */
static void take_ascii(struct token_cursor *c)
{
    const uint8_t *text = c->text;
    size_t at = c->at, n = c->n, word_n = c->word_n;
    assert(word_n <= TOKEN_RAW_MAX);
    for (; at < n; at++) {
        uint8_t folded = ascii_fold[text[at]];
        if (!folded)
            break;
        if (word_n < TOKEN_RAW_MAX)
            c->word[word_n++] = folded;
    }
    c->at = c->end = at;
    c->word_n = word_n;
}

/* Keeps one character above ASCII as it stands, or nothing of it. */
static void take_raw(struct token_cursor *c, size_t n)
{
    assert(c->at + n <= c->n);
    if (c->word_n + n <= TOKEN_RAW_MAX) {
        memcpy(c->word + c->word_n, c->text + c->at, n);
        c->word_n += n;
    }
    c->ascii = false;
    c->at += n;
    c->end = c->at;
}

/* At an apostrophe inside a word: steps over it when a letter follows. */
static bool take_apostrophe(struct token_cursor *c, size_t n)
{
    size_t after = c->at + n, ignored;
    if (c->word_n == 0 || after >= c->n || kind_at(c, after, &ignored) != CHAR_LETTER)
        return false;
    c->joined = c->word_n;
    c->at = after;
    return true;
}

/* One step beyond ASCII letters and digits: takes the character if it goes on with a word of kind *run. */
static bool take_other(struct token_cursor *c, enum char_kind *run)
{
    size_t n;
    enum char_kind kind = kind_at(c, c->at, &n);
    switch (kind) {
    case CHAR_BREAK:
        return false;
    case CHAR_APOSTROPHE:
        return *run == CHAR_LETTER && take_apostrophe(c, n);
    case CHAR_ATTACH:
        break;
    case CHAR_ALONE:
        if (*run != CHAR_BREAK)
            return false;
        break;
    case CHAR_LETTER:
    case CHAR_KATAKANA:
        if (*run != CHAR_BREAK && *run != kind)
            return false;
        break;
    }
    if (*run == CHAR_BREAK)
        *run = kind;
    take_raw(c, n);
    return true;
}

/* Collects the word that begins at c->at, however long it is; at least one character. */
static void collect(struct token_cursor *c)
{
    assert(c->at < c->n);
    enum char_kind run = CHAR_BREAK; /* none yet */
    c->start = c->at;
    c->word_n = c->joined = 0;
    c->ascii = true;
    while (c->at < c->n) {
        uint8_t byte = c->text[c->at];
        if (ascii_fold[byte] && (run == CHAR_BREAK || run == CHAR_LETTER)) {
            run = CHAR_LETTER;
            take_ascii(c);
        } else if ((byte < 0x80 && byte != '\'') || !take_other(c, &run)) {
            break;
        }
    }
    if (c->joined && c->word_n == c->joined + 1 && c->word[c->joined] == 's')
        c->word_n = c->joined;
}

static bool is_kept(ucs4_t uc)
{
    if (uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N))
        return true;
    return uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_M) &&
           uc_combining_class(uc) < DIACRITIC_CLASS && !uc_is_property_default_ignorable_code_point(uc);
}

/* Copies letters, numbers and the marks that make a word into c->word, cut at TOKEN_MAX. */
static void keep_folded(struct token_cursor *c, const uint8_t *p, size_t n)
{
    size_t at = 0;
    c->word_n = 0;
    while (at < n) {
        ucs4_t uc;
        int step = u8_mbtoucr(&uc, p + at, n - at);
        assert(step > 0);
        size_t len = step > 0 ? (size_t)step : 1;
        if (is_kept(uc)) {
            if (c->word_n + len > TOKEN_MAX)
                break;
            memcpy(c->word + c->word_n, p + at, len);
            c->word_n += len;
        }
        at += len;
    }
}

/* Folds n raw bytes into c->word: NFKD, then case, then NFKD again (a capital may hide in a compatibility
 * character), then marks. Without memory in the library the word is left out. */
static void fold_bytes(struct token_cursor *c, const uint8_t *p, size_t n)
{
    uint8_t decomposed[FOLD_MAX], folded[FOLD_MAX];
    size_t dn = sizeof decomposed, fn = sizeof folded;
    assert(n <= TOKEN_RAW_MAX);
    uint8_t *d = u8_normalize(UNINORM_NFKD, p, n, decomposed, &dn);
    uint8_t *f = d ? u8_casefold(d, dn, NULL, UNINORM_NFKD, folded, &fn) : NULL;
    c->word_n = 0;
    if (f)
        keep_folded(c, f, fn);
    if (f != folded)
        free(f);
    if (d != decomposed)
        free(d);
}

/* Asks the library what one two-byte character becomes; good for the table if it is one short character. */
static uint16_t quick_ask(const uint8_t p[2])
{
    struct token_cursor one;
    ucs4_t uc;
    token_init(&one, NULL, 0, NULL);
    fold_bytes(&one, p, 2);
    if (one.word_n == 0 || u8_mbtoucr(&uc, one.word, one.word_n) != (int)one.word_n)
        return QUICK_NEVER;
    bool letter = uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N);
    return letter && uc < QUICK_END ? (uint16_t)uc : QUICK_NEVER;
}

/* The folded form of a two-byte character, QUICK_NEVER where the whole word must go to the library. */
static uint16_t quick_find(struct token_folder *f, const uint8_t p[2])
{
    uint32_t uc = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    assert(uc >= QUICK_FIRST && uc < QUICK_END);
    uint16_t *slot = &f->quick[uc - QUICK_FIRST];
    if (*slot == 0)
        *slot = quick_ask(p);
    return *slot;
}

/* Folds in place by way of the table; false, with nothing changed, where that is not enough. */
static bool fold_quick(struct token_cursor *c)
{
    uint8_t out[TOKEN_RAW_MAX];
    size_t n = 0, at = 0;
    while (at < c->word_n) {
        uint8_t byte = c->word[at];
        bool two = byte >= 0xC2 && byte < 0xE0;
        if (byte >= 0x80 && !two)
            return false;
        uint16_t uc = two ? quick_find(c->folder, c->word + at) : byte;
        if (uc == QUICK_NEVER)
            return false;
        if (n + (uc < 0x80 ? 1 : 2) > TOKEN_MAX)
            break;
        if (uc >= 0x80)
            out[n++] = (uint8_t)(0xC0 | uc >> 6);
        out[n++] = (uint8_t)(uc < 0x80 ? uc : 0x80 | (uc & 0x3F));
        at += two ? 2 : 1;
    }
    memcpy(c->word, out, n);
    c->word_n = n;
    return true;
}

static void fold(struct token_cursor *c)
{
    uint8_t raw[TOKEN_RAW_MAX];
    size_t n = c->word_n;
    assert(n <= TOKEN_RAW_MAX);
    if (c->folder && fold_quick(c))
        return;
    memcpy(raw, c->word, n);
    fold_bytes(c, raw, n);
}

bool token_next(struct token_cursor *c, struct token *ret)
{
    assert(c->at <= c->n);
    while (skip_to_word(c)) {
        collect(c);
        if (!c->ascii)
            fold(c);
        if (c->word_n > TOKEN_MAX)
            c->word_n = TOKEN_MAX; /* ASCII only: folding has cut the others at a character */
        if (c->word_n == 0)
            continue;
        *ret = (struct token){(const char *)c->word, c->word_n, c->start, c->end};
        return true;
    }
    return false;
}

/* ---- stems ---- */

struct token_stemmer *token_stemmer_new(void)
{
    struct token_stemmer *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->english = sb_stemmer_new("english", "ISO_8859_1");
    if (!s->english) {
        free(s);
        return NULL;
    }
    return s;
}

void token_stemmer_free(struct token_stemmer *s)
{
    if (!s)
        return;
    assert(s->english);
    sb_stemmer_delete(s->english);
    free(s);
}

static bool is_english(const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (word[i] < 'a' || word[i] > 'z')
            return false;
    return n >= STEM_MIN;
}

size_t token_stem(struct token_stemmer *s, const char *word, size_t n, char ret[TOKEN_MAX])
{
    assert(s && n <= TOKEN_MAX);
    if (!is_english(word, n))
        return 0;
    const sb_symbol *stem = sb_stemmer_stem(s->english, (const sb_symbol *)word, (int)n);
    size_t stem_n = stem ? (size_t)sb_stemmer_length(s->english) : 0;
    if (stem_n > TOKEN_MAX)
        return 0;
    if (stem_n > 0)
        memcpy(ret, stem, stem_n);
    return stem_n;
}
