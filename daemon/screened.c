#include "daemon/screened.h"

#include "daemon/control.h"
#include "proto/learn/identify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST_MAX 160u /* bytes of findings in a sentence */

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

int screened_release(uint64_t draft, const struct kind *k, struct kith_bytes body, const char *reason,
                     struct screened *ret, struct kith_error *e)
{
    char list[LIST_MAX];
    int code = screen(k, body, e);
    if (code < 0)
        return code;
    print_note(ret->found);
    ret->held = found.holds > 0;
    if (found.blocks) {
        identify_summary(&found, IDENTIFY_BLOCK, list, sizeof list);
        return kith_fail(e, KITH_E_REFUSED, "blocked: %s: leave it out with kith edit here-%" PRIu64, list,
                         draft);
    }
    if (!found.holds || reason[0])
        return 0;
    identify_summary(&found, IDENTIFY_HOLD, list, sizeof list);
    return kith_fail(e, KITH_E_REFUSED,
                     "held: %s: change it with kith edit here-%" PRIu64
                     ", or, if nobody can be known by it, say why with --confirm-screened REASON",
                     list, draft);
}

int screened_reason(struct kith_bytes args, char ret[SCREENED_REASON_MAX + 1], struct kith_error *e)
{
    struct pack_reader r;
    ret[0] = '\0';
    if (!control_arg(args, "confirm", &r))
        return 0;
    struct kith_bytes text = pack_get_str(&r, SCREENED_REASON_MAX);
    bool says = false;
    for (size_t i = 0; i < text.n; i++)
        says = says || text.p[i] > ' ';
    if (r.failed || !says || !pack_text_ok(text))
        return kith_fail(e, KITH_E_USAGE,
                         "confirm: say in 1 to %u bytes why nobody can be known by what was found",
                         SCREENED_REASON_MAX);
    memcpy(ret, text.p, text.n);
    ret[text.n] = '\0';
    return 0;
}
