/* What find and list can be narrowed to: the same options, with codes or labels, everywhere. */
#ifndef KITH_CLI_FILTER_H
#define KITH_CLI_FILTER_H

#include "cli/options.h"
#include "cli/replica.h"

/* Rows of an options table. */
#define FILTER_OPTIONS                                                                                       \
    {"topic", OPTION_VALUE, "T", "only about this topic: falls, handover …"},                                \
        {"setting", OPTION_VALUE, "S", "only from this kind of place: acute-ward, maternity …"},             \
        {"site", OPTION_VALUE, "CODE", "only from this site"},                                               \
        {"unit", OPTION_VALUE, "U", "only from this unit and those below it"},                               \
        {"here", OPTION_FLAG, NULL, "only from this site, released or not"},                                 \
        {"result", OPTION_VALUE, "R", "lessons: worked, no-effect, made-worse …"},                           \
        {"outcome", OPTION_VALUE, "O", "projects: improved, no-change, worse …"},                            \
        {"helped", OPTION_VALUE, "H", "what made it possible: champion, S1.7 …"},                            \
        {"lacked", OPTION_VALUE, "L", "what was missing: data-access, turnover …"},                          \
        {"since", OPTION_VALUE, "WHEN", "not older than 30d, 12w or a date (2026-11-22)"},                   \
    {                                                                                                        \
        "limit", OPTION_VALUE, "N", "at most so many"                                                        \
    }

#define FILTER_LIMIT_MAX 1000000

/* Texts that had to be made, and the filter that points at them. */
struct filter {
    struct replica_filter f;
    char site[NAME_CODE_SIZE];
    char own[6][96]; /* words of open vocabularies, folded */
};

/* Reads the options above. KITH_E_USAGE names the nearest code. */
int filter_read(const struct cli *cli, const struct arguments *a, struct filter *ret, struct kith_error *e);

#endif
