/* A text is brought into the form of its field, whatever way a person wrote it. */
#include "proto/learn/compose_part.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/learn/vocab.h"

static bool no_form(struct compose_form *o, struct kith_bytes t, const char *expected)
{
    assert(expected != NULL);
    snprintf(o->message, sizeof o->message, "\"%.*s\" is not %s", bytes_shown(t, COMPOSE_SHOWN_MAX),
             (const char *)t.p, expected);
    return false;
}

static bool form_own(struct compose_form *o, const char *s)
{
    size_t n = strlen(s);

    assert(n < sizeof o->own);
    memcpy(o->own, s, n);
    o->text = (struct kith_bytes){o->own, n};
    return true;
}

/* A line that the writer broke is one line all the same; too long a one is left for kind_check to tell. */
static bool form_line(struct compose_form *o, struct kith_bytes t)
{
    size_t n = 0;

    o->text = t;
    if (t.n >= sizeof o->own || memchr(t.p, '\n', t.n) == NULL)
        return true;
    for (size_t i = 0; i < t.n; i++) {
        bool gap = t.p[i] == '\n' || ((t.p[i] == ' ' || t.p[i] == '\t') && n > 0 && o->own[n - 1] == ' ');
        if (gap && n > 0 && o->own[n - 1] == ' ')
            continue;
        o->own[n++] = gap ? ' ' : t.p[i];
    }
    assert(n <= t.n);
    o->text = (struct kith_bytes){o->own, n};
    return true;
}

/* A word of one's own in an open list: lower case, hyphens between, so that two people's words meet. */
static bool form_open_code(struct compose_form *o, struct kith_bytes t)
{
    size_t n = 0;

    o->text = t;
    if (t.n > VOCAB_CODE_MAX)
        return true; /* kind_check tells */
    for (size_t i = 0; i < t.n; i++) {
        uint8_t c = t.p[i];
        bool gap = c == ' ' || c == '\t' || c == '_' || c == '-' || c == '\n';
        if (gap && (n == 0 || o->own[n - 1] == '-'))
            continue;
        o->own[n++] = (uint8_t)(gap ? '-' : (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
    while (n > 0 && o->own[n - 1] == '-')
        n--;
    assert(n <= t.n);
    o->text = (struct kith_bytes){o->own, n};
    return true;
}

static bool form_code(struct compose_form *o, const struct field *f, struct kith_bytes t)
{
    const char *code = field_resolve(f, t);

    assert(f->vocabulary != NULL);
    if (code != NULL)
        return form_own(o, code);
    if (field_is_open(f))
        return form_open_code(o, t);
    const char *near = field_nearest(f, t);
    if (near != NULL)
        snprintf(o->message, sizeof o->message, "\"%.*s\" is not known here; did you mean \"%s\"?",
                 bytes_shown(t, COMPOSE_SHOWN_MAX), (const char *)t.p, near);
    else
        snprintf(o->message, sizeof o->message, "\"%.*s\" is not known here; kith help %s lists what is",
                 bytes_shown(t, COMPOSE_SHOWN_MAX), (const char *)t.p, f->vocabulary);
    return false;
}

/* 2026-Q3, 2026 Q3, 2026Q3, Q3 2026, or a date in it. */
static bool form_quarter(struct compose_form *o, struct kith_bytes t)
{
    char s[16], year[5] = "";
    bool whole = false;
    size_t n = vocab_fold(t, s, sizeof s, &whole);
    char quarter = 0;

    if (kind_date_ok(t)) {
        int month = (t.p[5] - '0') * 10 + (t.p[6] - '0');
        memcpy(year, t.p, 4);
        quarter = (char)('1' + (month - 1) / 3);
    } else if (whole && n == 6 && s[4] == 'q') {
        memcpy(year, s, 4);
        quarter = s[5];
    } else if (whole && n == 6 && s[0] == 'q') {
        memcpy(year, s + 2, 4);
        quarter = s[1];
    }
    snprintf((char *)o->own, sizeof o->own, "%s-Q%c", year, quarter == 0 ? '0' : quarter);
    o->text = (struct kith_bytes){o->own, strlen((char *)o->own)};
    assert(o->text.n <= 7);
    return kind_quarter_ok(o->text) || no_form(o, t, "a quarter: write it as 2026-Q3");
}

static bool form_number(struct compose_form *o, struct kith_bytes t, bool integer)
{
    double v = 0;
    char text[KIND_NUMBER_TEXT_MAX];
    const double whole_max = 9007199254740992.0; /* 2^53 */

    assert(t.n > 0);
    if (kind_number_parse(t, &v) != 0)
        return no_form(o, t, integer ? "a whole number" : "a number: write it as 12.5");
    if (integer && (v < 0 || v >= whole_max || v != (double)(int64_t)v))
        return no_form(o, t, "a whole number, 0 or above");
    kind_number_print(v, text, sizeof text);
    return form_own(o, text);
}

static bool is_word(struct kith_bytes t, const char *words)
{
    char s[16];
    bool whole = false;
    size_t n = vocab_fold(t, s, sizeof s, &whole);

    assert(words != NULL);
    for (const char *p = words; *p != '\0' && whole; p += strspn(p, " ")) {
        size_t m = strcspn(p, " ");
        if (m == n && memcmp(p, s, n) == 0)
            return true;
        p += m;
    }
    return false;
}

static bool form_yesno(struct compose_form *o, struct kith_bytes t)
{
    assert(t.n > 0);
    if (is_word(t, "yes y true"))
        return form_own(o, "yes");
    if (is_word(t, "no n false"))
        return form_own(o, "no");
    return no_form(o, t, "yes or no");
}

static bool form_cell(struct compose_form *o, struct kith_bytes t)
{
    double v = 0;

    assert(t.n > 0);
    if (is_word(t, "hidden") || (t.n == 1 && t.p[0] == '*'))
        return form_own(o, "hidden");
    if (is_word(t, "missing") || (t.n == 1 && (t.p[0] == '-' || t.p[0] == '.')))
        return form_own(o, "missing");
    if (kind_number_parse(t, &v) != 0)
        return no_form(o, t, "a number, hidden or missing");
    return form_number(o, t, false);
}

static bool form_ref(struct compose_form *o, struct kith_bytes t)
{
    char text[KIND_REF_TEXT_MAX];
    struct kind_ref ref;

    assert(t.n > 0);
    if (kind_ref_parse(t, &ref) != 0)
        return no_form(o, t, "the ID of a record that is known here: write it as ASH-L128");
    kind_ref_print(&ref, text);
    return form_own(o, text);
}

static bool form_date(struct compose_form *o, struct kith_bytes t)
{
    assert(t.n > 0);
    o->text = t;
    return kind_date_ok(t) || no_form(o, t, "a date: write it as 2026-07-14 or 2026-07");
}

bool compose_form_of(struct compose_form *o, const struct field *f, struct kith_bytes t)
{
    assert(t.n > 0);
    switch (f->type) {
    case FIELD_TEXT:
        o->text = t;
        return true;
    case FIELD_LINE:
    case FIELD_LIST:
        return form_line(o, t);
    case FIELD_CODE:
    case FIELD_CODES:
        return form_code(o, f, t);
    case FIELD_QUARTER:
        return form_quarter(o, t);
    case FIELD_DATE:
        return form_date(o, t);
    case FIELD_INTEGER:
        return form_number(o, t, true);
    case FIELD_NUMBER:
    case FIELD_NUMBERS:
        return form_number(o, t, false);
    case FIELD_YESNO:
        return form_yesno(o, t);
    case FIELD_CELLS:
        return form_cell(o, t);
    case FIELD_REF:
    case FIELD_REFS:
        return form_ref(o, t);
    case FIELD_GROUP:
    case FIELD_GROUPS:
    case FIELD_TREE:
        break;
    }
    return no_form(o, t, "a single value");
}
