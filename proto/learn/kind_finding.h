/* What a check has to say about a record: a bounded list of sentences for the person who wrote it. */
#ifndef KITH_KIND_FINDING_H
#define KITH_KIND_FINDING_H

#include "kith/types.h"

enum finding_level {
    FINDING_HINT,    /* could be better; shared all the same */
    FINDING_WARNING, /* worth a second look; shared all the same */
    FINDING_ERROR    /* not shared before it is mended */
};

#define FINDINGS_MAX        64u
#define FINDING_FIELD_MAX   64u
#define FINDING_MESSAGE_MAX 320u

struct finding {
    enum finding_level level;
    char field[FINDING_FIELD_MAX]; /* path: `aim.from`, `changes[0].what`; empty: the whole record */
    size_t offset;                 /* byte in that field's text; 0 where no place can be named */
    char message[FINDING_MESSAGE_MAX];
};

struct findings {
    uint32_t count;
    uint32_t left_out; /* did not fit; counted in `errors` nevertheless */
    uint32_t errors;   /* all of level FINDING_ERROR, kept or left out */
    struct finding list[FINDINGS_MAX];
};

void findings_init(struct findings *f);
/* Appends one; f may be NULL (nobody listens). Texts that are too long are cut at a character. */
void findings_add(struct findings *f, enum finding_level level, const char *field, size_t offset,
                  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* "hint", "warning", "error" */
const char *finding_level_name(enum finding_level level);

#endif
