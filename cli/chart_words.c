/* What people call chart types, rule sets and directions (SPEC 10.97): in any case, with or without hyphens
 * and the word chart, and by the names that books and other programs use. */
#include <ctype.h>
#include <string.h>

#include "cli/chart.h"

#define WORD_SIZE 40u

struct other {
    const char *folded, *code;
};

/* Signs that are written in several ways, and what is compared instead. */
static const struct other signs[] = {{"'", "prime"}, {"′", "prime"}, {"’", "prime"}, {"`", "prime"},
                                     {"ø", "oe"},    {"Ø", "oe"},    {"-", ""},      {"_", ""},
                                     {" ", ""},      {".", ""}};

static const struct other charts[] = {{"i", "xmr"},           {"x", "xmr"},          {"imr", "xmr"},
                                      {"individuals", "xmr"}, {"pp", "p-prime"},     {"up", "u-prime"},
                                      {"planey", "p-prime"},  {"ulaney", "u-prime"}, {"laneyp", "p-prime"},
                                      {"laneyu", "u-prime"},  {"movingrange", "mr"}, {NULL, NULL}};

static const struct other rule_sets[] = {{"ptd", "ptd-0.2"},
                                         {"plotthedots", "ptd-0.2"},
                                         {"nhsrplotthedots", "ptd-0.2"},
                                         {"mdc", "mdc-2023"},
                                         {"makingdatacount", "mdc-2023"},
                                         {"anhoj", "anhoej"},
                                         {"ihi", "run-ihi"},
                                         {NULL, NULL}};

static const struct other directions[] = {{"increase", "up"}, {"higher", "up"},    {"decrease", "down"},
                                          {"lower", "down"},  {"none", "neutral"}, {NULL, NULL}};

/* Small letters without what people write differently; false for what is too long to be a name. */
static bool fold(const char *text, char ret[WORD_SIZE])
{
    size_t used = 0;
    while (*text) {
        const struct other *sign = NULL;
        for (size_t i = 0; !sign && i < sizeof signs / sizeof signs[0]; i++)
            if (strncmp(text, signs[i].folded, strlen(signs[i].folded)) == 0)
                sign = &signs[i];
        size_t n = sign ? strlen(sign->code) : 1;
        if (used + n >= WORD_SIZE)
            return false;
        if (sign)
            memcpy(ret + used, sign->code, n);
        else
            ret[used] = (char)tolower((unsigned char)*text);
        used += n;
        text += sign ? strlen(sign->folded) : 1;
    }
    ret[used] = '\0';
    return true;
}

/* Does the text mean this code? */
static bool means(const char *folded, const char *code)
{
    char plain[WORD_SIZE];
    return fold(code, plain) && strcmp(folded, plain) == 0;
}

/* The code that another name stands for; the folded name itself where it is none of them. */
static const char *other_name(const char *folded, const struct other *others)
{
    for (; others->folded; others++)
        if (strcmp(others->folded, folded) == 0)
            return others->code;
    return folded;
}

static bool fold_name(const char *text, const struct other *others, char ret[WORD_SIZE])
{
    char folded[WORD_SIZE];
    if (!fold(text, folded))
        return false;
    size_t n = strlen(folded);
    if (n > 5 && strcmp(folded + n - 5, "chart") == 0)
        folded[n - 5] = '\0';
    return fold(other_name(folded, others), ret);
}

bool chart_type_find(const char *text, enum spc_chart *ret)
{
    char folded[WORD_SIZE];
    if (!fold_name(text, charts, folded))
        return false;
    for (unsigned i = 0; i < SPC_CHARTS; i++)
        if (means(folded, spc_chart_code((enum spc_chart)i))) {
            *ret = (enum spc_chart)i;
            return true;
        }
    return false;
}

const struct spc_rules *chart_rules_find(const char *text)
{
    char folded[WORD_SIZE];
    const struct spc_rules *r = NULL;
    if (!fold_name(text, rule_sets, folded))
        return NULL;
    for (uint32_t i = 0; (r = spc_rules_at(i)) && !means(folded, r->code); i++)
        ;
    return r;
}

bool chart_direction_find(const char *text, enum spc_direction *ret)
{
    char folded[WORD_SIZE];
    if (!fold_name(text, directions, folded))
        return false;
    bool up = strcmp(folded, "up") == 0, down = strcmp(folded, "down") == 0;
    if (!up && !down && strcmp(folded, "neutral") != 0)
        return false;
    *ret = up ? SPC_UP : down ? SPC_DOWN : SPC_NEUTRAL;
    return true;
}
