/* Tokens: runs of letters and runs of digits, and what lies before each.
 *
 * DOIs and URLs are passed over here, so no rule ever sees them; the query string and fragment of a URL are
 * read like any other text, with %20 and + for what they stand for. An apostrophe inside a word belongs to
 * it. Emphasis marks inside digits (94**34**) do not end a token's digits, they make another token whose gap
 * says so: rules decide. */
#include "proto/learn/identify_word.h"

#include <assert.h>
#include <string.h>

#define DOI_PREFIX_MIN 4u
#define DOI_PREFIX_MAX 9u
#define SCHEME_MAX     8u
#define WORD_BYTES     15u /* the longest word that a rule asks about, 's and one more */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == FOLD_LOWER || c == FOLD_UPPER;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool is_mark(uint8_t c)
{
    return c == '*' || c == '_' || c == '`' || c == '~' || c == '\\' || c == FOLD_NONE;
}

/* ---- what is set aside ---- */

static bool begins(const struct identify_room *r, uint32_t i, const char *with)
{
    size_t n = strlen(with);
    assert(n <= SCHEME_MAX);
    if (r->n - i < n)
        return false;
    for (size_t k = 0; k < n; k++)
        if (lower(r->text[i + k]) != (uint8_t)with[k])
            return false;
    return true;
}

static bool ends_address(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '<' || c == '>' || c == '"' || c == ')' || c == ']';
}

static int hex(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A query string says what it says once its escapes are gone. */
static void open_query(struct identify_room *r, uint32_t from)
{
    uint32_t i = from > r->opened ? from : r->opened; /* addresses inside addresses are opened once */
    assert(from <= r->n);
    for (; i < r->n && !ends_address(r->text[i]); i++) {
        int high, low;
        if (r->text[i] == '+')
            r->text[i] = '-'; /* separates, and does not end the address */
        if (r->text[i] != '%' || r->n - i < 3)
            continue;
        high = hex(r->text[i + 1]);
        low = hex(r->text[i + 2]);
        if (high < 0 || low < 0)
            continue;
        int c = high * 16 + low;
        r->text[i] = c > 0x20 && c < 0x7F ? (uint8_t)c : '-';
        r->text[i + 1] = r->text[i + 2] = FOLD_NONE;
        i += 2;
    }
    r->opened = i;
}

/* The end of what is set aside from i on, i when nothing is. */
static uint32_t pass_url(struct identify_room *r, uint32_t i)
{
    uint32_t end = i;
    if (!begins(r, i, "http://") && !begins(r, i, "https://") && !begins(r, i, "ftp://") &&
        !begins(r, i, "www."))
        return i;
    while (end < r->n && !ends_address(r->text[end]) && r->text[end] != '?' && r->text[end] != '#')
        end++;
    open_query(r, end);
    assert(end > i);
    return end;
}

static uint32_t pass_doi(const struct identify_room *r, uint32_t i)
{
    uint32_t end = i + 3, digits = 0;
    if (!begins(r, i, "10.") || (i > 0 && r->text[i - 1] == '.'))
        return i;
    while (end < r->n && is_digit(r->text[end])) {
        end++;
        digits++;
    }
    if (digits < DOI_PREFIX_MIN || digits > DOI_PREFIX_MAX || end == r->n || r->text[end] != '/')
        return i;
    while (end < r->n && !ends_address(r->text[end]))
        end++;
    assert(end > i);
    return end;
}

static uint32_t pass(struct identify_room *r, uint32_t i)
{
    uint8_t c = lower(r->text[i]);
    if (c == 'h' || c == 'f' || c == 'w')
        return pass_url(r, i);
    return c == '1' ? pass_doi(r, i) : i;
}

/* ---- tokens ---- */

static uint8_t gap_of(const struct identify_room *r, uint32_t from, uint32_t to)
{
    bool marks = true, space = true, line = false;
    uint32_t shown = 0;
    uint8_t last = 0;
    assert(from <= to && to <= r->n);
    if (to - from > 4 * GAP_MAX)
        return GAP_OTHER;
    for (uint32_t i = from; i < to; i++) {
        uint8_t c = r->text[i];
        if (c == FOLD_NONE)
            continue;
        shown++;
        last = c;
        line = line || c == '\n';
        marks = marks && is_mark(c);
        /* what begins a line of a quotation, a heading or a list separates no more than the line's end */
        space =
            space && (is_mark(c) || c == ' ' || c == '-' || c == '\n' || (line && (c == '>' || c == '#')));
    }
    if (shown == 0)
        return GAP_NONE;
    if (space && shown <= GAP_MAX)
        return marks ? GAP_MARKS : GAP_SPACE;
    return shown == 1 && strchr(".,/:;'", last) != NULL ? GAP_POINT : GAP_OTHER;
}

/* End of the letters that begin at i; an apostrophe between two of them is one. */
static uint32_t word_end(const struct identify_room *r, uint32_t i)
{
    while (i < r->n) {
        uint8_t c = r->text[i];
        if (!is_letter(c) && c != FOLD_NONE && !(c == '\'' && i + 1 < r->n && is_letter(r->text[i + 1])))
            break;
        i++;
    }
    return i;
}

static uint32_t digits_end(const struct identify_room *r, uint32_t i)
{
    while (i < r->n && (is_digit(r->text[i]) || r->text[i] == FOLD_NONE))
        i++;
    return i;
}

/* Letter case, and what the word is to the rules; a final 's is not part of it. */
static void look_up(const struct identify_room *r, struct text_token *t)
{
    char text[WORD_BYTES];
    uint32_t n = 0, letters = 0, upper = 0, first = 0;
    assert(t->start < t->end);
    for (uint32_t i = t->start; i < t->end; i++) {
        uint8_t c = r->text[i];
        bool is_upper = (c >= 'A' && c <= 'Z') || c == FOLD_UPPER;
        if (c == FOLD_NONE)
            continue;
        if (n < sizeof text)
            text[n++] = (char)lower(c);
        letters += is_letter(c);
        upper += is_upper;
        first += letters == 1 && is_upper;
    }
    t->caps = upper == letters && letters > 0 ? 2 : first > 0 ? 1 : 0;
    if (n > 2 && n < sizeof text && text[n - 2] == '\'' && text[n - 1] == 's')
        n -= 2;
    t->word = n < sizeof text ? word_find(text, n) : 0;
}

static void count_up(const struct identify_room *r, struct text_token *t)
{
    uint32_t n = 0;
    assert(t->type == TOKEN_DIGITS);
    for (uint32_t i = t->start; i < t->end && n < UINT8_MAX; i++)
        n += r->text[i] != FOLD_NONE;
    t->digits = (uint8_t)n;
}

static void add_token(struct identify_room *r, uint32_t start, uint32_t end, uint8_t gap)
{
    struct text_token *t = &r->token[r->tokens];
    assert(r->tokens < FOLDED_MAX && start < end);
    *t = (struct text_token){.start = start, .end = end, .gap = gap};
    t->type = is_digit(r->text[start]) ? TOKEN_DIGITS : TOKEN_WORD;
    if (t->type == TOKEN_WORD)
        look_up(r, t);
    else
        count_up(r, t);
    r->tokens++;
}

void identify_split(struct identify_room *r)
{
    uint32_t i = 0, from = 0;
    bool aside = true; /* nothing links the first token to anything */
    assert(r != NULL && r->n <= FOLDED_MAX);
    r->tokens = r->opened = 0;
    while (i < r->n) {
        uint8_t c = r->text[i];
        if (!is_letter(c) && !is_digit(c)) {
            i++;
            continue;
        }
        uint32_t end = i == from && !aside ? i : pass(r, i); /* not in the middle of a word */
        if (end > i) {
            i = end;
            aside = true;
            continue;
        }
        end = is_digit(c) ? digits_end(r, i) : word_end(r, i);
        add_token(r, i, end, aside ? GAP_OTHER : gap_of(r, from, i));
        i = from = end;
        aside = false;
    }
}

/* ---- for the rules ---- */

const struct text_token *token_at(const struct identify_room *r, uint32_t i)
{
    static const struct text_token none = {.type = TOKEN_TAKEN, .gap = GAP_OTHER};
    assert(r != NULL);
    return i < r->tokens ? &r->token[i] : &none;
}

uint32_t token_digits(const struct identify_room *r, uint32_t i, char *ret, uint32_t cap)
{
    const struct text_token *t = token_at(r, i);
    uint32_t n = 0;
    assert(ret != NULL);
    for (uint32_t k = t->start; k < t->end; k++) {
        if (!is_digit(r->text[k]))
            continue;
        if (n < cap)
            ret[n] = (char)r->text[k];
        n++;
    }
    return n;
}

bool word_is(const struct identify_room *r, uint32_t i, const char *text)
{
    const struct text_token *t = token_at(r, i);
    assert(text != NULL);
    return t->type == TOKEN_WORD && t->word != 0 && strcmp(word_at(t->word)->text, text) == 0;
}

bool cue_near(const struct identify_room *r, uint32_t first, uint32_t last, uint32_t reach,
              bool (*is_cue)(const struct identify_room *r, uint32_t i))
{
    uint32_t start = r->token[first].start, end = r->token[last].end;
    assert(first <= last && last < r->tokens);
    for (uint32_t i = first; i > 0 && r->token[i - 1].end + reach >= start; i--)
        if (is_cue(r, i - 1))
            return true;
    for (uint32_t i = last + 1; i < r->tokens && r->token[i].start <= end + reach; i++)
        if (is_cue(r, i))
            return true;
    return false;
}
