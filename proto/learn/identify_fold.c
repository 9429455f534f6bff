/* Folding: what a text says, whatever it is written with.
 *
 * Each character is folded by itself: compatibility decomposition (which is NFKC without putting letters and
 * accents together again: the rules look at letters, digits and what lies between), digits of every script to
 * ASCII, and four classes for the rest. Marks that combine, variation selectors and everything invisible go,
 * so keycap digits, underlined digits and digits with zero-width spaces between them are digits. Inline HTML
 * and character references are Markdown, too, and fold to what they show. */
#include "proto/learn/identify_room.h"

#include <assert.h>
#include <string.h>

#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#define PENDING_MAX   64u /* characters of one decomposition under way */
#define TAG_MAX       10u /* letters of an HTML tag */
#define REFERENCE_MAX 24u /* bytes of a character reference between & and ; */
#define SOFT_HYPHEN   0xADu

static bool is_dropped(ucs4_t c)
{
    return uc_is_property_default_ignorable_code_point(c) ||
           uc_is_general_category_withtable(c,
                                            UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me);
}

/* One character that does not decompose. FOLD_NONE: nothing is left of it. */
static uint8_t fold_leaf(ucs4_t c)
{
    int digit;
    if (c < 0x80)
        return c < 0x20 && c != '\n' ? ' ' : (uint8_t)c;
    if (c == 0x2028 || c == 0x2029 || c == 0x85)
        return '\n';
    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L))
        return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Lu | UC_CATEGORY_MASK_Lt) ? FOLD_UPPER
                                                                                              : FOLD_LOWER;
    digit = uc_decimal_value(c);
    if (digit >= 0 && digit <= 9)
        return (uint8_t)('0' + digit);
    if (uc_is_property_dash(c) || uc_is_property_hyphen(c))
        return '-';
    if (uc_is_property_white_space(c) || c == 0x2800) /* a braille cell without dots */
        return ' ';
    if (c == 0x2018 || c == 0x2019)
        return '\'';
    if (c == 0x201C || c == 0x201D)
        return '"';
    if (c == 0xB7 || c == 0x2022)
        return '.';
    if (c == 0x2044 || c == 0x2215)
        return '/';
    if (is_dropped(c))
        return FOLD_NONE;
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Sc) ? '$' : FOLD_SYMBOL;
}

/* Letters beyond ASCII that come from one character are one. */
static uint32_t put(uint8_t c, uint8_t *ret, uint32_t n, uint32_t cap)
{
    assert(cap > 0);
    if (c == FOLD_NONE || n == cap || (c >= 0x80 && n > 0 && ret[n - 1] == c))
        return n;
    ret[n] = c;
    return n + 1;
}

/* One character beyond ASCII; at most cap folded ones. */
static uint32_t fold_char(ucs4_t c, uint8_t *ret, uint32_t cap)
{
    ucs4_t pending[PENDING_MAX], part[UC_DECOMPOSITION_MAX_LENGTH];
    uint32_t left = 1, n = 0;
    assert(c >= 0x80);
    if (is_dropped(c))
        return 0;
    pending[0] = c;
    while (left > 0) {
        int tag, parts;
        c = pending[--left];
        parts = c < 0x80 ? -1 : uc_decomposition(c, &tag, part);
        if (parts <= 0 || left + (uint32_t)parts > PENDING_MAX) {
            n = put(fold_leaf(c), ret, n, cap);
            continue;
        }
        while (parts > 0)
            pending[left++] = part[--parts];
    }
    return n;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Character references that people meet in text which went through a browser, and what they are. */
static const struct {
    const char *name;
    ucs4_t c;
} references[] = {{"nbsp", 0xA0},       {"thinsp", 0x2009},
                  {"ensp", 0x2002},     {"emsp", 0x2003},
                  {"hairsp", 0x200A},   {"numsp", 0x2007},
                  {"puncsp", 0x2008},   {"Tab", '\t'},
                  {"NewLine", '\n'},    {"ZeroWidthSpace", 0x200B},
                  {"zwnj", 0x200C},     {"zwj", 0x200D},
                  {"lrm", 0x200E},      {"rlm", 0x200F},
                  {"NoBreak", 0x2060},  {"ndash", 0x2013},
                  {"mdash", 0x2014},    {"hyphen", 0x2010},
                  {"dash", 0x2010},     {"minus", 0x2212},
                  {"amp", '&'},         {"commat", '@'},
                  {"sol", '/'},         {"frasl", 0x2044},
                  {"period", '.'},      {"middot", 0xB7},
                  {"bull", 0x2022},     {"comma", ','},
                  {"colon", ':'},       {"lowbar", '_'},
                  {"shy", SOFT_HYPHEN}, {"lt", '<'},
                  {"gt", '>'},          {"quot", '"'},
                  {"apos", '\''},       {"lsquo", 0x2018},
                  {"rsquo", 0x2019}};

/* The character of a decimal or, behind an x, hexadecimal number; 0 for none. */
static ucs4_t numbered(const uint8_t *p, size_t n)
{
    ucs4_t c = 0;
    unsigned base = n > 0 && (p[0] == 'x' || p[0] == 'X') ? 16 : 10;
    for (size_t i = base == 16; i < n; i++) {
        unsigned lower = p[i] | 0x20u;
        unsigned digit = p[i] >= '0' && p[i] <= '9'     ? (unsigned)(p[i] - '0')
                         : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                        : 16;
        if (digit >= base || c > 0x10FFFF)
            return 0;
        c = c * base + digit;
    }
    return c <= 0x10FFFF ? c : 0;
}

/* What a reference between & and ; is; 0 for none. */
static ucs4_t named(const uint8_t *p, size_t n)
{
    if (n > 1 && p[0] == '#')
        return numbered(p + 1, n - 1);
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++)
        if (strlen(references[i].name) == n && memcmp(references[i].name, p, n) == 0)
            return references[i].c;
    return 0;
}

/* Bytes of `&nbsp;`, `&#160;` or `&#xA0;` at p, or of what becomes of them where text is escaped more than
 * once, `&amp;nbsp;`; 0 when there is none. */
static size_t reference(const uint8_t *p, size_t n, ucs4_t *ret_c)
{
    size_t at = 1, end;
    assert(n > 0 && p[0] == '&');
    while (n - at > 4 && memcmp(p + at, "amp;", 4) == 0)
        at += 4;
    for (end = at; end < n && end - at < REFERENCE_MAX && p[end] != ';';)
        end++;
    ucs4_t c = end > at && end < n && p[end] == ';' ? named(p + at, end - at) : 0;
    if (c == 0 && at > 1) {
        c = '&';
        end = at - 1;
    }
    if (c != 0)
        *ret_c = c;
    return c != 0 ? end + 1 : 0;
}

/* Bytes of `<b>`, `</em>` or `<br/>` at p; 0 when there is none. */
static size_t tag(const uint8_t *p, size_t n)
{
    size_t i = 1;
    assert(n > 0 && p[0] == '<');
    while (i < n && i <= TAG_MAX && (is_letter(p[i]) || p[i] == '/'))
        i++;
    return i > 1 && i < n && p[i] == '>' ? i + 1 : 0;
}

/* Bytes of markup at p, and what it shows. */
static size_t markup(const uint8_t *p, size_t n, ucs4_t *ret_c)
{
    *ret_c = '*';
    return p[0] == '<' ? tag(p, n) : p[0] == '&' ? reference(p, n, ret_c) : 0;
}

/* The slot that holds a character; at most 2 folded ones for each of its bytes. */
static const struct fold_slot *slot_of(struct identify_room *r, ucs4_t c, uint32_t bytes)
{
    struct fold_slot *s = &r->slot[c % FOLD_SLOTS];
    assert(c >= 0x80 && 2 * bytes <= FOLD_CHAR_MAX);
    if (s->c != c) {
        s->c = c;
        s->n = (uint8_t)fold_char(c, s->to, 2 * bytes);
    }
    return s;
}

static void append(struct identify_room *r, uint8_t c, size_t at)
{
    assert(r->n < FOLDED_MAX);
    r->text[r->n] = c;
    r->at[r->n++] = (uint16_t)at;
}

/* Folds c, which the text shows at byte i and says in so many bytes. */
static void fold_shown(struct identify_room *r, ucs4_t c, size_t i, uint32_t bytes)
{
    if (c < 0x80) {
        append(r, fold_leaf(c), i);
    } else if (c == SOFT_HYPHEN && r->n > 0 && r->text[r->n - 1] >= '0' && r->text[r->n - 1] <= '9') {
        append(r, '*', i); /* between digits it is seen, so it separates; in words it goes */
    } else if (c != 0xFFFD || bytes == 3) {
        const struct fold_slot *s = slot_of(r, c, bytes);
        for (uint8_t k = 0; k < s->n; k++)
            append(r, s->to[k], i);
    }
}

/* Folds the character at byte i; gives how many bytes it has. */
static size_t fold_one(struct identify_room *r, struct kith_bytes text, size_t i)
{
    const uint8_t *p = text.p + i;
    ucs4_t c = p[0];
    assert(i < text.n);
    if (p[0] < 0x80) {
        ucs4_t shown;
        size_t marked = markup(p, text.n - i, &shown);
        c = marked ? shown : c;
        fold_shown(r, c, i, c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
        return marked ? marked : 1;
    }
    int bytes = u8_mbtouc(&c, p, text.n - i); /* U+FFFD for what is none */
    assert(bytes > 0 && bytes <= 4);
    if (c >= 0x80)
        fold_shown(r, c, i, (uint32_t)bytes);
    return (size_t)bytes;
}

int identify_fold(struct identify_room *r, struct kith_bytes text)
{
    size_t i = 0;
    assert(r != NULL && (text.n == 0 || text.p != NULL));
    if (text.n > KITH_BODY_MAX)
        return KITH_E_FULL;
    r->source = text;
    r->n = 0;
    while (i < text.n)
        i += fold_one(r, text, i);
    return 0;
}
