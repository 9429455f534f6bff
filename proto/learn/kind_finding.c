#include "proto/learn/kind_finding.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void findings_init(struct findings *f)
{
    assert(f != NULL);
    f->count = 0;
    f->left_out = 0;
    f->errors = 0;
}

/* Takes an unfinished UTF-8 character off the end of a text that was cut. */
static void mend_cut(char *text, size_t cap, int wanted)
{
    size_t n = strlen(text);

    assert(n < cap);
    if (wanted < 0 || (size_t)wanted < cap)
        return;
    while (n > 0 && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
        n--;
    if (n > 0 && (unsigned char)text[n - 1] >= 0xc0)
        n--;
    text[n] = '\0';
}

void findings_add(struct findings *f, enum finding_level level, const char *field, size_t offset,
                  const char *fmt, ...)
{
    va_list args;

    assert(fmt != NULL);
    if (f == NULL)
        return;
    if (level == FINDING_ERROR)
        f->errors++;
    if (f->count == FINDINGS_MAX) {
        f->left_out++;
        return;
    }
    struct finding *one = &f->list[f->count++];
    one->level = level;
    one->offset = offset;
    int n = snprintf(one->field, sizeof one->field, "%s", field == NULL ? "" : field);
    mend_cut(one->field, sizeof one->field, n);
    va_start(args, fmt);
    n = vsnprintf(one->message, sizeof one->message, fmt, args);
    va_end(args);
    mend_cut(one->message, sizeof one->message, n);
}

const char *finding_level_name(enum finding_level level)
{
    static const char *const names[] = {"hint", "warning", "error"};

    assert(level <= FINDING_ERROR);
    return names[level];
}
