/* The screen as a whole: from the texts of a body to findings.
 *
 * Each text is folded, split into tokens and read once from front to back; at each token the rules are asked
 * in turn, the gravest first, and what one of them has used up no other sees. Ten digits are a patient's
 * number before they are a telephone's, a date of birth is one before it is a date.
 *
 * What a text says never enters a finding: field, byte, length and kind are all that anyone is told. A key
 * that this version does not know is text of its author, so it does not enter a path either. */
#include "proto/learn/identify.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/learn/identify_room.h"
#include "proto/learn/walk.h"

/* ---- texts ---- */

struct identify_room *identify_room_new(void)
{
    return calloc(1, sizeof(struct identify_room));
}

/* Only what was touched since is wiped; calloc gave pages that cost nothing until then. */
static void wipe(struct identify_room *r)
{
    assert(r->n <= FOLDED_MAX);
    memset(r->text, 0, r->n);
    r->n = r->tokens = 0;
    r->source = (struct kith_bytes){NULL, 0};
}

void identify_room_free(struct identify_room *room)
{
    if (room == NULL)
        return;
    assert(room->n == 0); /* wiped after each text */
    free(room);
}

static uint32_t ask_word(struct identify_room *r, uint32_t i)
{
    uint32_t n = rule_insurance(r, i);
    assert(r->token[i].type == TOKEN_WORD);
    if (n == 0)
        n = rule_postcode(r, i);
    if (n == 0 && r->token[i].word == 0)
        return 0; /* nothing else begins with a word that no rule knows */
    if (n == 0)
        n = rule_title(r, i);
    if (n == 0)
        n = rule_birth(r, i);
    if (n == 0)
        n = rule_age(r, i);
    if (n == 0)
        n = rule_date(r, i);
    return n > 0 ? n : rule_words(r, i);
}

static uint32_t ask_digits(struct identify_room *r, uint32_t i)
{
    uint32_t n = rule_birth(r, i);
    assert(r->token[i].type == TOKEN_DIGITS);
    if (n == 0)
        n = rule_phone(r, i);
    if (n == 0)
        n = rule_age(r, i);
    if (n == 0)
        n = rule_date(r, i);
    return n > 0 ? n : rule_words(r, i);
}

/* What is grave first, over the whole text: it takes its digits before lighter rules can. */
static void find_numbers(struct identify_room *r)
{
    for (uint32_t i = 0; i < r->tokens; i++)
        if (r->token[i].type == TOKEN_WORD)
            rule_isbn(r, i);
    for (uint32_t i = 0; i < r->tokens; i++)
        if (r->token[i].type == TOKEN_DIGITS)
            rule_run(r, i);
    assert(r->tokens <= FOLDED_MAX);
}

static void ask_rules(struct identify_room *r)
{
    uint32_t i = 0;
    assert(r->out != NULL && r->field != NULL);
    find_numbers(r);
    while (i < r->tokens) {
        uint32_t n = 0;
        if (r->token[i].type == TOKEN_WORD)
            n = ask_word(r, i);
        else if (r->token[i].type == TOKEN_DIGITS)
            n = ask_digits(r, i);
        i += n > 0 ? n : 1;
    }
    rule_email(r);
}

static int screen(struct identify_room *r, struct kith_bytes text, const char *field,
                  struct identify_findings *f)
{
    int rc = identify_fold(r, text);
    assert(r != NULL && field != NULL && f != NULL);
    if (rc < 0)
        return rc;
    r->field = field;
    r->out = f;
    identify_split(r);
    ask_rules(r);
    identify_place_last(f, field, text);
    wipe(r);
    return 0;
}

int identify_text(struct identify_room *room, struct kith_bytes text, const char *field,
                  struct identify_findings *f)
{
    assert(room != NULL);
    room->one_event = false;
    room->mailboxes = 0;
    return screen(room, text, field, f);
}

/* ---- bodies ---- */

/* Forms that say what they say and were checked as such: codes of closed lists, quarters, dates. */
static bool is_form(const struct field *f)
{
    if (f == NULL)
        return false;
    assert(f->name != NULL);
    return f->type == FIELD_QUARTER || f->type == FIELD_DATE || (f->type == FIELD_CODE && !field_is_open(f));
}

static bool is_one_event(const struct kind *k, struct kith_bytes body)
{
    struct kith_bytes confidence;
    assert(k != NULL);
    return k->number == KITH_KIND_LESSON && kind_get_str(body, "confidence", &confidence) &&
           confidence.n == 9 && memcmp(confidence.p, "one-event", 9) == 0;
}

static int screen_one(struct identify_room *room, const struct walk *w, const struct walk_text *t,
                      struct identify_findings *f)
{
    char field[FINDING_FIELD_MAX], digits[24];
    struct kith_bytes text = t->text;
    if (is_form(t->field))
        return 0;
    assert(f != NULL);
    if (t->number) {
        int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)t->value);
        text = (struct kith_bytes){(const uint8_t *)digits, (size_t)n};
    }
    if (t->field != NULL)
        walk_path(w, field);
    else
        snprintf(field, sizeof field, "a field of another version");
    return screen(room, text, field, f);
}

int identify_record(struct identify_room *room, const struct kind *k, struct kith_bytes body,
                    struct identify_findings *ret)
{
    struct walk w;
    struct walk_text t;
    int rc;
    assert(room != NULL && k != NULL && ret != NULL);
    ret->count = ret->blocks = ret->holds = ret->warns = 0;
    if (!walk_begin(&w, k, body))
        return KITH_E_INVALID;
    room->mailboxes = 0;
    room->one_event = is_one_event(k, body);
    if (room->one_event)
        identify_keep(ret, &(struct identify_finding){
                               .kind = IDENTIFY_ONE_EVENT, .level = IDENTIFY_HOLD, .field = "confidence"});
    while ((rc = walk_next(&w, &t)) == 1) {
        rc = screen_one(room, &w, &t, ret);
        if (rc < 0)
            break;
    }
    return rc < 0 ? KITH_E_INVALID : 0;
}
