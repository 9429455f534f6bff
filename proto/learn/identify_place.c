/* Where somebody lives and how to write to them: postcodes and mailboxes.
 *
 * A mailbox is a person's unless its name says what it is for: two names with a point between them, or one
 * word that is no role, no topic and no kind of place. */
#include "proto/learn/identify_room.h"

#include <assert.h>
#include <string.h>

#include "proto/learn/vocab.h"

#define LOCAL_MAX  64u /* of a mailbox (RFC 5321) */
#define DOMAIN_MAX 255u
#define ASKED_MAX  16u /* mailboxes of one record whose names are judged; all others are held */

/* ---- postcodes ---- */

/* The areas of the United Kingdom and the islands, ascending. */
static const char areas[][3] = {
    "AB", "AL", "B",  "BA", "BB", "BD", "BH", "BL", "BN", "BR", "BS", "BT", "CA", "CB", "CF", "CH",
    "CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "E",
    "EC", "EH", "EN", "EX", "FK", "FY", "G",  "GL", "GU", "GY", "HA", "HD", "HG", "HP", "HR", "HS",
    "HU", "HX", "IG", "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L",  "LA", "LD", "LE", "LL",
    "LN", "LS", "LU", "M",  "ME", "MK", "ML", "N",  "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX",
    "PA", "PE", "PH", "PL", "PO", "PR", "RG", "RH", "RM", "S",  "SA", "SE", "SG", "SK", "SL", "SM",
    "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR", "TS", "TW",
    "UB", "W",  "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE",
};

static uint32_t length(const struct text_token *t)
{
    assert(t->end >= t->start);
    return t->end - t->start;
}

static bool is_area(const struct identify_room *r, const struct text_token *t)
{
    char area[3] = "";
    uint32_t n = length(t);
    if (t->type != TOKEN_WORD || n > 2)
        return false;
    for (uint32_t i = 0; i < n; i++)
        area[i] = (char)(r->text[t->start + i] & ~0x20);
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++)
        if (strcmp(areas[i], area) == 0)
            return true;
    assert(n <= 2);
    return false;
}

/* st behind 1, nd behind 2, rd behind 3, th behind the others. */
static bool is_ordinal(uint8_t digit, const uint8_t *letters)
{
    const char *ending = digit == '1' ? "st" : digit == '2' ? "nd" : digit == '3' ? "rd" : "th";
    assert(letters != NULL);
    return memcmp(letters, ending, 2) == 0;
}

/* The two letters at the end. In lower case 1st, 2nd, 3rd and 4th are none. */
static bool is_unit(const struct identify_room *r, const struct text_token *t)
{
    const uint8_t *p = r->text + t->start;
    if (t->type != TOKEN_WORD || length(t) != 2 || t->gap != GAP_NONE || p[0] >= 0x80 || p[1] >= 0x80)
        return false;
    assert(t->start < r->n);
    if (strchr("CIKMOVcikmov\'", p[0]) != NULL || strchr("CIKMOVcikmov\'", p[1]) != NULL)
        return false;
    return t->caps == 2 || !is_ordinal(t->start > 0 ? r->text[t->start - 1] : 0, p);
}

static bool is_digits(const struct text_token *t, uint32_t least, uint32_t most)
{
    assert(least <= most);
    return t->type == TOKEN_DIGITS && length(t) >= least && length(t) <= most;
}

/* LS1 4AP, SW1A 1AA, and both without the space; capitals, or small letters with a space. */
uint32_t rule_postcode(struct identify_room *r, uint32_t i)
{
    const struct text_token *t = token_at(r, i), *inward;
    uint32_t at = i + 1;
    assert(i < r->tokens);
    if (t->gap == GAP_NONE || token_at(r, at)->gap != GAP_NONE || !is_digits(token_at(r, at), 1, 3) ||
        !is_area(r, t))
        return 0;
    bool joined = length(token_at(r, at)) >= 2 && is_unit(r, token_at(r, at + 1)); /* LS14AP */
    if (!joined) {
        if (!is_digits(token_at(r, at), 1, 2))
            return 0;
        at++;
        if (token_at(r, at)->type == TOKEN_WORD && token_at(r, at)->gap == GAP_NONE &&
            length(token_at(r, at)) == 1)
            at++;
        inward = token_at(r, at);
        if (!is_digits(inward, 1, 1) || inward->gap > GAP_SPACE || !is_unit(r, token_at(r, at + 1)))
            return 0;
        joined = inward->gap == GAP_NONE;
    }
    if (token_at(r, at + 2)->gap == GAP_NONE || (joined && (t->caps != 2 || token_at(r, at + 1)->caps != 2)))
        return 0;
    identify_add(r, IDENTIFY_POSTCODE, IDENTIFY_HOLD, i, at + 1);
    return at + 2 - i;
}

/* ---- mailboxes ---- */

/* What mailboxes are called that belong to nobody; each also inside a longer word: fallsteam. */
static const char *const offices[] = {
    "academy",   "accounts",  "admin",      "advice",        "alert",      "ambulance",  "appointment",
    "audit",     "booking",   "bureau",     "business",      "care",       "centre",     "clinic",
    "club",      "comms",     "community",  "communication", "complaint",  "contact",    "council",
    "customer",  "data",      "department", "dept",          "desk",       "digital",    "director",
    "discharge", "editor",    "education",  "emergency",     "enquir",     "event",      "experience",
    "falls",     "feedback",  "finance",    "forum",         "governance", "group",      "hello",
    "help",      "hospital",  "info",       "improve",       "inquir",     "incident",   "innovation",
    "inbox",     "knowledge", "learn",      "library",       "mail",       "manager",    "matron",
    "media",     "medic",     "mortality",  "network",       "news",       "noreply",    "nurs",
    "office",    "outreach",  "pals",       "patient",       "pharmac",    "postmaster", "practice",
    "press",     "programme", "project",    "quality",       "reception",  "recruit",    "referral",
    "research",  "resus",     "safe",       "secretar",      "sepsis",     "service",    "shared",
    "staff",     "support",   "surgery",    "team",          "theatre",    "trust",      "training",
    "triage",    "unit",      "volunteer",  "ward",          "webmaster",  "workforce",
};
/* Short ones, only as a word of their own. */
static const char *const short_offices[] = {"ae", "ed",  "ffp",  "foi",  "gp",   "hr",  "icu",
                                            "ig", "ipc", "ipct", "it",   "itu",  "nhs", "no",
                                            "pa", "ph",  "qi",   "qsir", "sdec", "the"};

static bool has_office(const char *p, size_t n)
{
    assert(p != NULL);
    for (size_t i = 0; i < sizeof short_offices / sizeof short_offices[0]; i++)
        if (strlen(short_offices[i]) == n && memcmp(p, short_offices[i], n) == 0)
            return true;
    for (size_t i = 0; i < sizeof offices / sizeof offices[0]; i++) {
        size_t m = strlen(offices[i]);
        for (size_t at = 0; at + m <= n; at++)
            if (memcmp(p + at, offices[i], m) == 0)
                return true;
    }
    return false;
}

/* A topic, a kind of place or a role, as the vocabularies have it. */
static bool has_code(const char *p, size_t n)
{
    static const char *const lists[] = {"topic", "setting", "role"};
    struct kith_bytes text = {(const uint8_t *)p, n};
    assert(p != NULL);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const struct vocab *v = vocab_find(lists[i]);
        if (v != NULL && n > 0 && vocab_resolve(v, text) != NULL)
            return true;
    }
    return false;
}

static bool in_local(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '+' || c == '\'' || c == FOLD_LOWER || c == FOLD_UPPER;
}

/* Lower case in local[]: is it somebody's? */
static bool is_personal(const char *local, size_t n)
{
    size_t from = 0;
    assert(n <= LOCAL_MAX);
    if (has_code(local, n))
        return false;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && local[i] != '.' && local[i] != '_' && local[i] != '-' && local[i] != '+')
            continue;
        if (i > from && (has_office(local + from, i - from) || has_code(local + from, i - from)))
            return false;
        from = i + 1;
    }
    return true;
}

/* Emphasis inside a mailbox, and what was taken out of an address, are no part of it and do not end it. */
static bool is_unseen(uint8_t c)
{
    return c == '*' || c == '`' || c == '\\' || c == FOLD_NONE;
}

/* A domain from i on: at least one point, letters after the last. Gives its end, i when it is none. */
static uint32_t domain_end(const struct identify_room *r, uint32_t i)
{
    uint32_t end = i, point = i, letters = 0;
    assert(i <= r->n);
    while (end < r->n && end - i < DOMAIN_MAX && (in_local(r->text[end]) || is_unseen(r->text[end]))) {
        if (is_unseen(r->text[end])) {
            end++;
            continue;
        }
        if (r->text[end] == '.') {
            point = letters >= 1 ? end : point;
            letters = 0;
        } else {
            letters++;
        }
        end++;
    }
    while (end > i && is_unseen(r->text[end - 1]))
        end--;
    if (end > i && r->text[end - 1] == '.') /* the end of a sentence */
        end--;
    return point > i ? end : i;
}

/* The mailbox around the @ at this place; gives where to look on. */
static uint32_t look_at(struct identify_room *r, uint32_t at)
{
    char local[LOCAL_MAX];
    uint32_t start = at, end = domain_end(r, at + 1), n = 0;
    assert(r->text[at] == '@');
    while (start > 0 && at - start < LOCAL_MAX &&
           (in_local(r->text[start - 1]) || is_unseen(r->text[start - 1])))
        start--;
    while (start < at && is_unseen(r->text[start]))
        start++;
    if (start == at || end == at + 1)
        return at + 1;
    for (uint32_t i = start; i < at; i++) {
        uint8_t c = r->text[i];
        if (!is_unseen(c))
            local[n++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    if (++r->mailboxes > ASKED_MAX || is_personal(local, n))
        identify_add_span(r, IDENTIFY_EMAIL, IDENTIFY_HOLD, start, end);
    return end;
}

void rule_email(struct identify_room *r)
{
    uint32_t i = 0;
    assert(r != NULL && r->n <= FOLDED_MAX);
    while (i < r->n) {
        const uint8_t *next = memchr(r->text + i, '@', r->n - i);
        if (next == NULL)
            return;
        i = look_at(r, (uint32_t)(next - r->text));
    }
}
