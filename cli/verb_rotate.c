/* kith rotate: new keys for this site, under the next epoch; what a thief wrote under the old ones is
 * disowned. */
#include <stdio.h>
#include <string.h>

#include "cli/author.h"
#include "cli/control.h"
#include "cli/people.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

static const struct cli_option options[] = {
    {"compromised", OPTION_FLAG, NULL, "somebody else has the keys: disown what this home did not write"},
    {"since", OPTION_VALUE, "IDS", "with --compromised: disown from these entries on, as ASH-L12,ASH-M3"},
    {"preview", OPTION_FLAG, NULL, "only say what would happen"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* The items of a list with commas between. */
static uint32_t count_items(const char *list)
{
    uint32_t n = 1;
    for (const char *p = list; *p; p++)
        n += *p == ',';
    return n;
}

static void put_since(struct buf *b, const char *list)
{
    uint32_t n = count_items(list);
    pack_cstr(b, "since");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        size_t len = strcspn(list, ",");
        pack_str(b, list, len);
        list += len + (list[len] == ',');
    }
}

static int ask(const struct cli *cli, const struct arguments *a, bool preview, struct js **ret,
               struct kith_error *e)
{
    uint8_t memory[1024];
    struct buf b;
    bool compromised = options_has(a, "compromised");
    const char *since = options_get(a, "since");
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2u + (since ? 1u : 0u));
    pack_cstr(&b, "compromised");
    pack_bool(&b, compromised);
    pack_cstr(&b, "preview");
    pack_bool(&b, preview);
    if (since)
        put_since(&b, since);
    return control_once(cli, "rotate", &b, CONTROL_QUICK_MS, ret, e);
}

static void print_logs(const struct cli *cli, const struct js *answer, bool done)
{
    const struct js *logs = js_get(answer, "logs");
    const char *code = js_text(answer, "code");
    for (size_t i = 0; i < js_count(logs); i++) {
        const struct js *l = js_at(logs, i);
        long long lost = (long long)js_integer(l, "void", 0), ends = (long long)js_integer(l, "ends", 0);
        long long epoch = (long long)js_integer(l, "epoch", 1);
        char of[24] = "";
        if (lost == 0)
            continue;
        if (epoch > 1)
            snprintf(of, sizeof of, ".%lld", epoch);
        people_say(cli, "%s%s-%s: %lld %s from %s%s-%s%lld on %s.", code, of, js_text(l, "log"), lost,
                   lost == 1 ? "entry" : "entries", code, of, js_text(l, "log"), ends + 1,
                   done ? "count no more, anywhere" : "would count no more, anywhere");
    }
}

static uint64_t count_void(const struct js *answer)
{
    const struct js *logs = js_get(answer, "logs");
    int64_t n = 0;
    for (size_t i = 0; i < js_count(logs); i++)
        n += js_integer(js_at(logs, i), "void", 0);
    return (uint64_t)n;
}

/* What a person should know now, in the order in which it matters. */
static void print_done(const struct cli *cli, const struct js *answer, bool compromised)
{
    const char *code = js_text(answer, "code");
    bool here = strcmp(js_text(answer, "root_key") ? js_text(answer, "root_key") : "", "here") == 0;
    long long epoch = (long long)js_integer(answer, "epoch", 0);
    people_say(
        cli,
        "%s has new keys. Earlier records keep their names; the next ones are called %s.%lld-L1 and so "
        "on. Other sites follow by themselves as they hear of it.",
        code, code, epoch);
    if (!compromised)
        return;
    people_say(
        cli,
        "The old link key opens nothing any more: invite lines made before are void, and a site that only "
        "ever dials this one hears of it when this one dials it, from others, or by a bundle.");
    if (here)
        people_say(
            cli,
            "The root key lay on this machine. Whoever copied this home has it too, and can do what you just "
            "did: then only a new site helps, admitted as the one that follows %s, and the revocation of %s.",
            code, code);
}

static void print_preview(const struct cli *cli, const struct js *answer)
{
    print_logs(cli, answer, false);
    if (count_void(answer) == 0)
        people_say(cli, "Every entry of %s that counts now would go on counting.", js_text(answer, "code"));
    people_say(cli, "The next epoch is %lld.", (long long)js_integer(answer, "epoch", 0));
}

/* Disowning cannot be seen from the command line: so it is shown, and at a terminal asked about, before. */
static int make_sure(const struct cli *cli, const struct arguments *a, bool *ret, struct kith_error *e)
{
    struct js *answer = NULL;
    *ret = true;
    if (!options_has(a, "compromised") || !author_is_there(cli))
        return 0;
    int rc = ask(cli, a, true, &answer, e);
    if (rc)
        return rc;
    print_preview(cli, answer);
    js_free(answer);
    *ret = author_agrees("Go on?");
    return 0;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct js *answer = NULL;
    struct kith_error e;
    bool preview = options_has(a, "preview"), sure = true;
    int rc = preview ? 0 : make_sure(cli, a, &sure, &e);
    if (rc == 0 && !sure)
        return CLI_NOTHING;
    if (rc == 0)
        rc = ask(cli, a, preview, &answer, &e);
    if (rc)
        return cli_fail(&e);
    if (cli->format == CLI_JSON) {
        js_print_take(answer, stdout);
        return CLI_DONE;
    }
    if (preview) {
        print_preview(cli, answer);
    } else {
        print_logs(cli, answer, true);
        print_done(cli, answer, options_has(a, "compromised"));
    }
    js_free(answer);
    return CLI_DONE;
}

const struct verb verb_rotate = {
    .name = "rotate",
    .topic = TOPIC_TRUST,
    .arguments = "",
    .summary = "give this site new keys; after a theft, disown what the thief wrote",
    .text = "The site stays who it is: its root key signs a certificate with new keys, which\n"
            "closes all its logs until now and begins new ones. Other sites accept it at once.\n"
            "\n"
            "With --compromised the logs are closed at the last entries that this home itself\n"
            "wrote, so whatever somebody else wrote with copied keys counts nowhere any more,\n"
            "and the old link key is not answered. Where the thief used this very machine,\n"
            "--since names the first entries that are not to count.\n"
            "\n"
            "It needs the root key: where that was exported, kith key import brings it back.",
    .example = "    kith rotate\n    kith rotate --compromised --preview\n"
               "    kith rotate --compromised --since ASH-L12,ASH-S40",
    .options = options,
    .run = run,
};
