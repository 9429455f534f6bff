/* Titled names, singling-out words, small counts: what reads like a person or like very few.
 *
 * Only the title is known, never the name, so precision is in what may follow: a word that begins with a
 * capital, or initials and such a word. Single letters (Mr A) are how reports leave a name out. Titles that
 * are ordinary words, too (master plan, sister ward), need more; MR and MS in capitals are mostly a scan and
 * an illness, and only make a name before another word in capitals. */
#include "proto/learn/identify_word.h"

#include <assert.h>
#include <string.h>

#define NAME_GAP 3u /* characters between a title and a name: ". " and a mark */

/* What follows a title without being a name; compared in lower case. */
static const char *const not_names[] = {
    "a",
    "after",
    "all",
    "an",
    "and",
    "angiogram",
    "angiography",
    "as",
    "asked",
    "at",
    "because",
    "but",
    "by",
    "chancellor",
    "copy",
    "cover",
    "documentation",
    "during",
    "enterography",
    "events",
    "every",
    "file",
    "for",
    "forum",
    "from",
    "grade",
    "had",
    "has",
    "he",
    "her",
    "his",
    "hospital",
    "how",
    "if",
    "imaging",
    "in",
    "incidents",
    "index",
    "is",
    "it",
    "justice",
    "key",
    "led",
    "list",
    "mayor",
    "no",
    "not",
    "nurse",
    "of",
    "office",
    "officer",
    "on",
    "opportunities",
    "or",
    "organisation",
    "patient",
    "plan",
    "post",
    "programme",
    "rate",
    "redacted",
    "reporting",
    "review",
    "role",
    "rota",
    "said",
    "scan",
    "scanner",
    "scans",
    "service",
    "she",
    "shortage",
    "site",
    "so",
    "society",
    "spectroscopy",
    "staff",
    "strike",
    "teams",
    "that",
    "the",
    "then",
    "there",
    "they",
    "this",
    "to",
    "training",
    "trust",
    "unit",
    "ward",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "will",
    "with",
    "working",
};

static uint32_t length(const struct text_token *t)
{
    assert(t->end >= t->start);
    return t->end - t->start;
}

static bool is_not_name(const struct identify_room *r, const struct text_token *t)
{
    for (size_t i = 0; i < sizeof not_names / sizeof not_names[0]; i++) {
        const char *word = not_names[i];
        size_t n = strlen(word), k = 0;
        if (length(t) != n)
            continue;
        while (k < n && (r->text[t->start + k] | 0x20) == word[k])
            k++;
        if (k == n)
            return true;
    }
    assert(t->type == TOKEN_WORD);
    return false;
}

/* Is token i near enough to belong to the one before it: a space, marks, and after what is short for
 * something a point? */
static bool follows(const struct identify_room *r, uint32_t i)
{
    const struct text_token *t = token_at(r, i);
    assert(i > 0);
    if (t->type != TOKEN_WORD || t->gap == GAP_NONE)
        return false;
    if (gap_links(t->gap))
        return true;
    uint32_t from = r->token[i - 1].end;
    if (word_has(&r->token[i - 1], WORD_LONG_TITLE))
        return false;                                           /* the end of a sentence */
    return t->start - from <= NAME_GAP && r->text[from] == '.'; /* "Mr. Smith", "J. Smith" */
}

/* A name at token i: at least two letters, a capital first. */
static bool is_name(const struct identify_room *r, uint32_t i, bool shouted)
{
    const struct text_token *t = token_at(r, i);
    assert(i > 0);
    if (!follows(r, i) || length(t) < 2 || t->caps == 0 || is_not_name(r, t))
        return false;
    return !shouted || (t->caps == 2 && length(t) > 2);
}

/* Small letters are enough after mr and mrs, which mean nothing else. */
static bool is_small_name(const struct identify_room *r, uint32_t i)
{
    const struct text_token *t = token_at(r, i + 1);
    assert(i < r->tokens);
    return r->token[i].caps == 0 && (word_is(r, i, "mr") || word_is(r, i, "mrs")) && follows(r, i + 1) &&
           length(t) > 2 && t->word == 0 && !is_not_name(r, t);
}

uint32_t rule_title(struct identify_room *r, uint32_t i)
{
    const struct text_token *t = &r->token[i];
    uint32_t at = i + 1;
    if (!word_has(t, WORD_TITLE) || t->gap == GAP_NONE)
        return 0;
    assert(t->type == TOKEN_WORD);
    bool shouted = t->caps == 2 && length(t) > 1, ordinary = word_has(t, WORD_LONG_TITLE);
    if (ordinary && (t->caps == 0 || (i > 0 && word_is(r, i - 1, "near"))))
        return 0; /* "a near miss" */
    while (at < i + 4 && follows(r, at) && length(token_at(r, at)) == 1 && token_at(r, at)->caps > 0)
        at++; /* initials */
    if (!is_name(r, at, shouted) && !(at == i + 1 && is_small_name(r, i)))
        return 0;
    uint32_t last = at;
    if (is_name(r, at + 1, shouted) && gap_links(token_at(r, at + 1)->gap))
        last++; /* first name and surname */
    identify_add(r, IDENTIFY_TITLED_NAME, IDENTIFY_HOLD, i, last);
    return last - i + 1;
}

/* ---- few ---- */

/* the only, first ever, the first in, the youngest, unique. */
static uint32_t singled_out(const struct identify_room *r, uint32_t i)
{
    assert(i < r->tokens);
    bool linked = gap_links(token_at(r, i + 1)->gap);
    if (word_is(r, i, "unique"))
        return 1;
    if (!linked)
        return 0;
    if (word_is(r, i, "first") && word_is(r, i + 1, "ever"))
        return 2;
    if (!word_is(r, i, "the"))
        return 0;
    if (word_is(r, i + 1, "only") || word_is(r, i + 1, "youngest") || word_is(r, i + 1, "oldest"))
        return 2;
    return word_is(r, i + 1, "first") && (word_is(r, i + 2, "in") || word_is(r, i + 2, "ever")) ? 3 : 0;
}

/* Two patients, three elderly women, 4 deaths. "One nurse at a time" counts nobody. */
static uint32_t small_count(const struct identify_room *r, uint32_t i)
{
    const struct text_token *t = token_at(r, i);
    bool small =
        word_has(t, WORD_COUNT) || (t->type == TOKEN_DIGITS && length(t) == 1 && r->text[t->start] >= '1' &&
                                    r->text[t->start] <= '7' && t->gap != GAP_POINT && t->gap != GAP_NONE);
    uint32_t at = i + 1;
    assert(i < r->tokens);
    if (!small || !gap_links(token_at(r, at)->gap))
        return 0;
    if (word_is(r, at, "of") && word_is(r, at + 1, "the"))
        at += 2;
    if (token_at(r, at)->type == TOKEN_WORD && token_at(r, at)->word == 0)
        at++; /* elderly */
    if (!word_has(token_at(r, at), WORD_PEOPLE) || !gap_links(token_at(r, at)->gap))
        return 0;
    if (word_is(r, at + 1, "at"))
        return 0;
    return at - i + 1;
}

uint32_t rule_words(struct identify_room *r, uint32_t i)
{
    uint32_t n = r->token[i].type == TOKEN_WORD ? singled_out(r, i) : 0;
    assert(i < r->tokens);
    if (n > 0) {
        identify_add(r, IDENTIFY_SINGLED_OUT, IDENTIFY_WARN, i, i + n - 1);
        return n;
    }
    n = small_count(r, i);
    if (n > 0)
        identify_add(r, IDENTIFY_SMALL_COUNT, IDENTIFY_WARN, i, i + n - 1);
    return n;
}
