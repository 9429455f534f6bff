/* kith data share: from raw counts here to a series in the outbox. */
#include <string.h>

#include "cli/people.h"
#include "cli/waiting.h"
#include "cli/waiting_print.h"
#include "proto/wire/pack.h"

#define LIST_MAX    16u
#define REQUEST_MAX 16384u

/* "2025-03,2025-07" */
static uint32_t count_items(const char *list, char between)
{
    uint32_t n = list && *list ? 1 : 0;
    for (; list && *list; list++)
        n += *list == between;
    return n;
}

static int put_list(struct buf *b, const char *key, const char *option, const char *list, char between,
                    struct kith_error *e)
{
    const char stop[] = {between, '\0'};
    uint32_t n = count_items(list, between);
    if (n > LIST_MAX)
        return kith_fail(e, KITH_E_USAGE, "--%s: \"%u\": at most %u at once", option, n, LIST_MAX);
    pack_cstr(b, key);
    pack_array(b, n);
    while (n-- > 0) {
        list += strspn(list, " ");
        size_t length = strcspn(list, stop);
        pack_str(b, list, length);
        list += length + (list[length] == between);
    }
    return 0;
}

/* Options that are a text and nothing else. */
static const char *const texts[] = {"unit", "policy", "rules", "period", "reason"};
#define TEXTS (sizeof texts / sizeof texts[0])

static int pack_request(const struct arguments *a, struct buf *b, struct kith_error *e)
{
    int64_t baseline;
    uint32_t pairs = 5;
    int rc = options_number(a, "baseline", 12, 600, 0, &baseline, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < TEXTS; i++)
        pairs += options_has(a, texts[i]);
    pack_map(b, pairs + (baseline > 0));
    pack_cstr(b, "measure");
    pack_cstr(b, a->word[1]);
    for (size_t i = 0; i < TEXTS; i++) {
        if (!options_has(a, texts[i]))
            continue;
        pack_cstr(b, texts[i]);
        pack_cstr(b, options_get(a, texts[i]));
    }
    if (baseline > 0) {
        pack_cstr(b, "baseline");
        pack_uint(b, (uint64_t)baseline);
    }
    rc = put_list(b, "rephase", "rephase", options_get(a, "rephase"), ',', e);
    if (!rc)
        rc = put_list(b, "exclude", "exclude", options_get(a, "exclude"), ',', e);
    if (!rc)
        rc = put_list(b, "notes", "note", options_get(a, "note"), ';', e);
    pack_cstr(b, "links");
    pack_array(b, options_has(a, "link"));
    if (options_has(a, "link"))
        pack_cstr(b, options_get(a, "link"));
    if (!rc && b->failed)
        rc = kith_fail(e, KITH_E_USAGE, "the options of \"%.60s\" are longer than can be sent", a->word[1]);
    return rc;
}

/* What the first release of a series settles for ever (SPEC 11.6, 11.11). */
static void say_settled(const struct js *x)
{
    const char *unit = js_text(x, "unit"), *period = js_text(x, "period"), *policy = js_text(x, "policy");
    const char *shortest = js_text(js_at(js_get(x, "tried"), 0), "period");
    if (!js_truth(x, "first") || !period || !policy || strcmp(policy, "signal-only/1") == 0)
        return;
    if (shortest && strcmp(shortest, period) != 0)
        cli_note("kith: note: once released by %s it is never released by a shorter period: look at --period "
                 "%s, with gaps for what is hidden, before you choose",
                 period, shortest);
    if (unit)
        cli_note("kith: note: once counts of a unit have left, those of the whole site never do, only their "
                 "signal");
}

static void say_notes(const struct js *x)
{
    const struct js *list = js_get(x, "unshifted");
    const char *first = js_text(x, "release_first"), *instead = js_text(x, "instead_of");
    for (size_t i = 0; i < js_count(list); i++)
        cli_note("kith: note: no shift is under way at %s: limits should be begun afresh only for a change "
                 "that is "
                 "known and shows",
                 js_string(js_at(list, i)));
    if (instead)
        cli_note("kith: note: it takes the place of %s, which waited", instead);
    say_settled(x);
    if (first)
        cli_note("kith: note: the measure itself is not released yet: kith release %s goes first", first);
}

static void print(const struct cli *cli, const struct js *x)
{
    const char *id = js_text(x, "id");
    if (cli->format != CLI_PEOPLE) {
        waiting_print_last(x);
        return;
    }
    printf("%s  ", id);
    waiting_print_head(cli, x);
    if (js_truth(x, "safe"))
        people_say(cli,
                   "It waits in the outbox; no figure of it can be read anywhere yet. What would leave: kith "
                   "outbox show "
                   "%s\nTo send it to the network: kith release %s",
                   id, id);
}

int data_share(const struct cli *cli, const struct arguments *a)
{
    uint8_t memory[REQUEST_MAX];
    struct buf b;
    struct kith_error e;
    struct js *answer = NULL;
    buf_init(&b, memory, sizeof memory);
    if (a->words != 2)
        return cli_failf(KITH_E_USAGE,
                         "which measure: \"kith data share\": write kith data share ASH/falls-rate");
    int rc = pack_request(a, &b, &e);
    if (!rc)
        rc = control_once(cli, "data_share", &b, CONTROL_PATIENT_MS, &answer, &e);
    if (rc)
        return cli_fail(&e);
    print(cli, answer);
    say_notes(answer);
    js_free(answer);
    return CLI_DONE;
}
