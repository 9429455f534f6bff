#include "cli/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/people.h"
#include "proto/learn/identify.h"

/* Language of what is written here, unless the record says another: that of the user's messages. */
static void find_lang(char ret[8])
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *v = NULL;
    for (size_t i = 0; i < 3 && (!v || !v[0]); i++)
        v = getenv(names[i]);
    bool known = v && v[0] >= 'a' && v[0] <= 'z' && v[1] >= 'a' && v[1] <= 'z' &&
                 (v[2] == '_' || v[2] == '.' || !v[2]);
    snprintf(ret, 8, "%.2s", known ? v : "en");
}

void record_set_init(struct record_set *s, const struct cli *cli)
{
    memset(s, 0, sizeof *s);
    s->cli = cli;
    s->memory = cli_alloc(COMPOSE_MEMORY);
    s->body = cli_alloc(KITH_BODY_MAX);
    s->findings = cli_alloc(sizeof *s->findings);
    find_lang(s->lang);
}

void record_set_empty(struct record_set *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        free(s->record[i].body);
        free(s->record[i].file);
    }
    s->count = 0;
}

void record_set_clear(struct record_set *s)
{
    record_set_empty(s);
    for (uint32_t i = 0; i < s->complaints; i++) {
        free(s->complaint[i].file);
        free(s->complaint[i].kind);
        free(s->complaint[i].field);
        free(s->complaint[i].message);
    }
    free(s->complaint);
    free(s->record);
    free(s->memory);
    free(s->body);
    free(s->findings);
    free(s->unit);
    identify_room_free(s->room);
    free(s->draft);
    replica_close(s->replica);
    memset(s, 0, sizeof *s);
}

void record_complain(struct record_set *s, const char *file, uint32_t line, enum finding_level level,
                     const char *field, size_t offset, const char *message)
{
    s->errors += level == FINDING_ERROR;
    if (s->complaints == RECORD_COMPLAINTS_MAX)
        return;
    if (s->complaints == s->complaints_cap) {
        s->complaints_cap = s->complaints_cap ? s->complaints_cap * 2 : 16;
        s->complaint = cli_realloc(s->complaint, s->complaints_cap * sizeof *s->complaint);
    }
    s->complaint[s->complaints++] = (struct complaint){
        .file = cli_strdup(file),
        .line = line,
        .level = level,
        .kind = s->compose.kind ? cli_strdup(s->compose.kind->name) : NULL,
        .field = cli_strdup(field),
        .offset = offset,
        .message = cli_strdup(message),
    };
}

/* Nothing of what the screen blocks goes any further. */
void record_drop_last(struct record_set *s)
{
    struct record *r = &s->record[--s->count];
    free(r->body);
    free(r->file);
}

int record_exit_code(const struct record_set *s)
{
    if (s->errors == 0)
        return CLI_DONE;
    if (s->unreadable)
        return CLI_USAGE;
    return s->errors == s->blocked ? CLI_REFUSED : CLI_DAMAGED;
}

void record_say_complaint(const struct complaint *c, bool level, FILE *out, unsigned width)
{
    size_t size = strlen(c->file) + strlen(c->field) + strlen(c->message) + 64;
    char *text = cli_alloc(size), place[32] = "";
    if (c->line)
        snprintf(place, sizeof place, ":%u: ", c->line);
    snprintf(text, size, "%s%s%s%s%s%s%s", c->line ? c->file : "", place,
             level ? finding_level_name(c->level) : "", level ? ": " : "", c->field, c->field[0] ? ": " : "",
             c->message);
    people_wrap(out, text, strlen(text), width, 0);
    free(text);
}

void record_print_complaints(const struct record_set *s, uint32_t from, enum finding_level least)
{
    unsigned width = isatty(STDERR_FILENO) == 1 ? s->cli->width : 0;
    fflush(stdout);
    for (uint32_t i = from; i < s->complaints; i++) {
        const struct complaint *c = &s->complaint[i];
        if (c->level < least)
            continue;
        if (!c->line) {
            fprintf(stderr, "kith: %s\n", c->message);
            continue;
        }
        record_say_complaint(c, c->level != FINDING_ERROR, stderr, width);
    }
}

static bool is_written_by_people(const struct kind *k)
{
    return k->title && (k->stream == KITH_LEARNING || k->stream == KITH_MEASURES);
}

int record_kind(const char *name, const struct kind **ret, struct kith_error *e)
{
    char one[32];
    size_t n = strlen(name);
    snprintf(one, sizeof one, "%s", name);
    for (size_t i = 0; one[i]; i++)
        one[i] = (char)(one[i] >= 'A' && one[i] <= 'Z' ? one[i] + 32 : one[i]);
    const struct kind *k = kind_by_name(one);
    if (!k && n > 1 && n < sizeof one && one[n - 1] == 's') {
        one[n - 1] = '\0';
        k = kind_by_name(one);
    }
    if (!k && strcmp(one, "replie") == 0)
        k = kind_by_name("reply");
    if (k && is_written_by_people(k)) {
        *ret = k;
        return 0;
    }
    k = kind_nearest((struct kith_bytes){(const uint8_t *)name, n});
    if (k && is_written_by_people(k))
        return kith_fail(e, KITH_E_USAGE, "no such kind: \"%.40s\": perhaps %s", name, k->name);
    return kith_fail(e, KITH_E_USAGE,
                     "no such kind: \"%.40s\": kinds are lesson, project, cycle, uptake, programme, measure, "
                     "series, resource, ask, reply, thanks, visit, site",
                     name);
}
