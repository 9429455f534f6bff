#include "daemon/screened.h"

#include "daemon/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST_MAX   160u /* bytes of findings in a sentence */
#define REMEDY_MAX 48u

/* One thread, one record at a time. */
static struct identify_findings found;

static int screen(const struct kind *k, struct kith_bytes body, struct kith_error *e)
{
    static struct identify_room *room; /* for as long as the daemon runs */
    if (!room)
        room = identify_room_new();
    if (!room)
        return kith_fail(e, KITH_E_FULL, "no memory to screen the text: try again");
    if (identify_record(room, k, body, &found) < 0)
        return kith_fail(e, KITH_E_INVALID, "%s: its text could not be screened", k->name);
    return 0;
}

int screened_look(const struct kind *k, struct kith_bytes body, const struct identify_findings **ret,
                  struct kith_error *e)
{
    int code = screen(k, body, e);
    if (code == 0)
        *ret = &found;
    return code;
}

int screened_share(const struct kind *k, struct kith_bytes body, struct kith_error *e)
{
    char list[LIST_MAX];
    int code = screen(k, body, e);
    if (code < 0 || !found.blocks)
        return code;
    identify_summary(&found, IDENTIFY_BLOCK, list, sizeof list);
    return kith_fail(e, KITH_E_REFUSED, "blocked: %s: nothing of it was kept; leave it out and share again",
                     list);
}

/* "nhs-number happened 12+10; …", as many as fit. */
static void print_note(char note[SCREENED_NOTE_MAX])
{
    size_t n = 0;
    note[0] = '\0';
    for (uint32_t i = 0; i < found.count && n < SCREENED_NOTE_MAX; i++) {
        const struct identify_finding *f = &found.list[i];
        int more = snprintf(note + n, SCREENED_NOTE_MAX - n, "%s%s %s %s %zu+%zu", i ? "; " : "",
                            identify_level_name(f->level), identify_kind_name(f->kind), f->field, f->offset,
                            f->length);
        n += more > 0 ? (size_t)more : 0;
    }
}

/* The words of a series are chosen when it is planned. */
static void print_remedy(uint64_t draft, const struct kind *k, char ret[REMEDY_MAX])
{
    if (k->number == KITH_KIND_SERIES)
        snprintf(ret, REMEDY_MAX, "and share it anew");
    else
        snprintf(ret, REMEDY_MAX, "with kith edit here-%" PRIu64, draft);
}

int screened_release(uint64_t draft, const struct kind *k, struct kith_bytes body, const char *reason,
                     struct screened *ret, struct kith_error *e)
{
    char list[LIST_MAX], remedy[REMEDY_MAX];
    int code = screen(k, body, e);
    if (code < 0)
        return code;
    print_remedy(draft, k, remedy);
    print_note(ret->found);
    ret->held = found.holds > 0;
    if (found.blocks) {
        identify_summary(&found, IDENTIFY_BLOCK, list, sizeof list);
        return kith_fail(e, KITH_E_REFUSED, "blocked: %s: leave it out %s", list, remedy);
    }
    if (!found.holds || reason[0])
        return 0;
    identify_summary(&found, IDENTIFY_HOLD, list, sizeof list);
    return kith_fail(e, KITH_E_REFUSED,
                     "held: %s: change it %s, or, if nobody can be known by it, say why with "
                     "--confirm-screened REASON",
                     list, remedy);
}

/* "no", "ok" and "because" are none: somebody must be able to read later why it was right. */
static bool is_reason(struct kith_bytes text)
{
    uint32_t words = 0, letters = 0, foreign = 0;
    bool inside = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool letter = c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        words += letter && !inside;
        letters += letter && (c & 0xC0) != 0x80;
        foreign += c >= 0xC0;
        inside = letter;
    }
    return (words >= 3 && letters >= 8) || foreign >= 8;
}

int screened_reason(struct kith_bytes args, char ret[SCREENED_REASON_MAX + 1], struct kith_error *e)
{
    struct pack_reader r;
    ret[0] = '\0';
    if (!control_arg(args, "confirm", &r))
        return 0;
    struct kith_bytes text = pack_get_str(&r, SCREENED_REASON_MAX);
    if (r.failed || !pack_text_ok(text) || !is_reason(text))
        return kith_fail(
            e, KITH_E_USAGE,
            "the reason \"%.*s\": say in three words or more, and up to %u bytes, why nobody can be "
            "known by what was found; the release journal keeps it",
            r.failed || !pack_text_ok(text) ? 0 : (int)text.n, (const char *)text.p, SCREENED_REASON_MAX);
    memcpy(ret, text.p, text.n);
    ret[text.n] = '\0';
    return 0;
}
