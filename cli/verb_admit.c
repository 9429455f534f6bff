/* kith admit: a site that joins by files asks with one; a coordinator admits it, and answers with a bundle.
 */

#include "cli/bundle.h"
#include "cli/control.h"
#include "cli/people.h"
#include "cli/decision.h"
#include "cli/verbs.h"
#include "proto/learn/name.h"
#include "proto/wire/pack.h"

#define REQUEST_FILE_MAX 1024u

static const struct cli_option options[] = {
    {"observer", OPTION_FLAG, NULL, "it reads everything and shares nothing"},
    {"follows", OPTION_VALUE, "CODE", "it takes the place of this site, whose root key was lost"},
    {"rename", OPTION_VALUE, "CODE", "no file: give a member another code"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static int read_request(const char *path, uint8_t *ret, size_t *ret_n, struct kith_error *e)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        return kith_fail(e, KITH_E_USAGE,
                         "cannot be opened: \"%.200s\": name the file that the site has sent", path);
    *ret_n = fread(ret, 1, REQUEST_FILE_MAX + 1, in);
    bool unread = ferror(in) != 0;
    fclose(in);
    if (unread)
        return kith_fail(e, KITH_E_USAGE, "cannot be read: \"%.200s\": name the file that the site has sent",
                         path);
    return *ret_n <= REQUEST_FILE_MAX
               ? 0
               : kith_fail(e, KITH_E_INVALID, "%.200s: \"more than %u bytes\": this is no request to join",
                           path, REQUEST_FILE_MAX);
}

static void pack_admit(struct buf *b, const struct arguments *a, const uint8_t *bytes, size_t n)
{
    bool observer = options_has(a, "observer"), follows = options_has(a, "follows");
    pack_map(b, 1u + observer + follows);
    pack_cstr(b, "bytes");
    pack_bin(b, bytes, n);
    if (observer) {
        pack_cstr(b, "observer");
        pack_bool(b, true);
    }
    if (follows) {
        pack_cstr(b, "follows");
        pack_cstr(b, options_get(a, "follows"));
    }
}

static void print_admitted(const struct cli *cli, const struct js *answer)
{
    char site[FINGERPRINT_SIZE], network[FINGERPRINT_SIZE];
    const char *code = js_text(answer, "code"), *name = js_text(answer, "name");
    long long have = js_integer(answer, "have", 0), need = js_integer(answer, "need", 0);
    bundle_fingerprint_hex(js_text(answer, "site"), site);
    bundle_fingerprint_hex(js_text(answer, "network_id"), network);
    if (cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "code", code);
        js_put(o, "name", name);
        js_put(o, "fingerprint", site);
        js_put(o, "network", js_text(answer, "network"));
        js_put(o, "network_fingerprint", network);
        js_put_integer(o, "have", have);
        js_put_integer(o, "need", need);
        js_put_truth(o, "member", have >= need);
        js_print_take(o, stdout);
        return;
    }
    if (have >= need)
        people_say(cli, "Admitted %s (%s).", code, name);
    else
        people_say(cli, "Posted for %s (%s): %lld of %lld coordinators have agreed.", code, name, have, need);
    printf("Site:    %s\nNetwork: %s\n", site, network);
    people_say(
        cli,
        "Telephone %s and compare both: the first with what kith join --request printed there, the second "
        "with what kith bundle apply will print.",
        code);
    if (have >= need)
        people_say(cli, "The answer is a bundle: kith bundle create --for %s FILE.", code);
    else
        people_say(
            cli,
            "Other coordinators agree with kith endorse. Then the answer is a bundle: kith bundle create "
            "--for %s FILE.",
            code);
}

static int rename_member(struct cli *cli, const struct arguments *a)
{
    uint8_t memory[256];
    char code[KITH_CODE_MAX + 1];
    struct buf b;
    struct kith_error e;
    if (name_code_normalise(options_get(a, "rename"), code, &e))
        return cli_fail(&e);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    decision_pack(&b, "site", a->word[0]);
    decision_pack(&b, "code", code);
    return decision_ask(cli, "rename", &b);
}

static int run(struct cli *cli, const struct arguments *a)
{
    if (options_has(a, "rename"))
        return rename_member(cli, a);
    uint8_t bytes[REQUEST_FILE_MAX + 1], memory[REQUEST_FILE_MAX + 256];
    size_t n = 0;
    struct buf b;
    struct js *answer = NULL;
    struct kith_error e;
    int rc = read_request(a->word[0], bytes, &n, &e);
    buf_init(&b, memory, sizeof memory);
    if (!rc) {
        pack_admit(&b, a, bytes, n);
        rc = control_once(cli, "admit", &b, CONTROL_QUICK_MS, &answer, &e);
    }
    if (rc)
        return cli_fail(&e);
    print_admitted(cli, answer);
    js_free(answer);
    return CLI_DONE;
}

const struct verb verb_admit = {
    .name = "admit",
    .topic = TOPIC_SITE,
    .arguments = "FILE|SITE",
    .summary = "admit a site that asks by file, as a coordinator",
    .text = "FILE is what kith join --request wrote there. The answer is a bundle that you carry back.\n"
            "A file can be exchanged on its way: telephone, and compare the fingerprints that both\n"
            "sides print. Where more than one coordinator must agree, each does the same, or\n"
            "endorses what waits.\n"
            "\n"
            "Two sites that coordinators let in under one code while they were apart are shown\n"
            "with ~ and four digits behind it. --rename gives one of them another code; ids\n"
            "change with it.",
    .example = "    kith admit brk.request\n"
               "    kith bundle create --for BRK answer.kith\n"
               "    kith admit BRK~1f2e --rename BRX",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
