#include "cli/help.h"

static const struct help_topic topics[] = {
    {"day", TOPIC_DAY, "Every day"},
    {"measures", TOPIC_MEASURES, "Measures"},
    {"site", TOPIC_SITE, "Site and network"},
    {"trust", TOPIC_TRUST, "Trust: what leaves this site, and whether all is well"},
    {"run", TOPIC_RUN, "Running it"},
};
#define TOPICS (sizeof topics / sizeof topics[0])

const struct help_topic *help_topic_at(size_t i)
{
    return i < TOPICS ? &topics[i] : NULL;
}

bool help_topic_has(const struct help_topic *t, enum verb_topic of)
{
    return of == t->topic || (t->topic == TOPIC_TRUST && of == TOPIC_SHARE);
}
