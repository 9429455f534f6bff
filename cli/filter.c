#include "cli/filter.h"

#include <stdio.h>
#include <string.h>

#include "cli/people.h"

/* Which field of which kind gives an option its words. */
static const struct {
    const char *option, *kind, *field;
} sources[] = {
    {"topic", "lesson", "topics"},     {"setting", "lesson", "setting"}, {"result", "lesson", "result"},
    {"outcome", "project", "outcome"}, {"helped", "lesson", "helped"},   {"lacked", "lesson", "lacked"},
};

/* A word that an open list lacks, as records hold such words: lower case, hyphens for spaces. */
static const char *own_word(const char *text, char ret[96])
{
    size_t n = 0;
    for (; *text && n < 95; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;
        ret[n++] = c == ' ' || c == '_' ? '-' : c;
    }
    ret[n] = '\0';
    return ret;
}

static int resolve(const struct arguments *a, size_t i, struct filter *ret, const char **to,
                   struct kith_error *e)
{
    const char *text = options_get(a, sources[i].option);
    const struct field *f = kind_field(kind_by_name(sources[i].kind), sources[i].field);
    if (!text)
        return 0;
    const char *code = field_resolve(f, bytes_of(text));
    if (code || field_is_open(f)) {
        *to = code ? code : own_word(text, ret->own[i]);
        return 0;
    }
    const char *nearest = field_nearest(f, bytes_of(text));
    if (nearest)
        return kith_fail(e, KITH_E_USAGE, "--%s: \"%.60s\": perhaps %s", sources[i].option, text, nearest);
    return kith_fail(e, KITH_E_USAGE, "--%s: \"%.60s\": one of: %s", sources[i].option, text, f->help);
}

static int read_site(const struct arguments *a, struct filter *ret, struct kith_error *e)
{
    const char *text = options_get(a, "site");
    char code[KITH_CODE_MAX + 1];
    if (!text)
        return 0;
    ret->f.site = ret->site;
    if (strchr(text, '~')) { /* two sites share the code: it is shown with four more digits */
        snprintf(ret->site, sizeof ret->site, "%s", text);
        return 0;
    }
    int rc = name_code_normalise(text, code, e);
    if (!rc)
        snprintf(ret->site, sizeof ret->site, "%s", code);
    return rc;
}

int filter_read(const struct cli *cli, const struct arguments *a, struct filter *ret, struct kith_error *e)
{
    memset(ret, 0, sizeof *ret);
    ret->f.since = INT64_MIN;
    ret->f.unit = options_get(a, "unit");
    ret->f.here = options_has(a, "here");
    const char **to[] = {&ret->f.topic,   &ret->f.setting, &ret->f.result,
                         &ret->f.outcome, &ret->f.helped,  &ret->f.lacked};
    int rc = read_site(a, ret, e);
    for (size_t i = 0; i < sizeof to / sizeof to[0] && !rc; i++)
        rc = resolve(a, i, ret, to[i], e);
    if (!rc && options_has(a, "since"))
        rc = people_since(options_get(a, "since"), cli->now, &ret->f.since, e);
    return rc;
}
