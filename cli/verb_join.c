/* kith join: into a network, with the line of an invite. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/bundle.h"
#include "cli/control.h"
#include "cli/people.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

#define LINE_MAX_BYTES 4096u

static const struct cli_option options[] = {
    {"request", OPTION_VALUE, "FILE", "write a request to join by files, for a place without a link"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* The line from the arguments (a mail program may have put spaces into it), a prompt or standard input. */
static int read_line(const struct arguments *a, char ret[LINE_MAX_BYTES], struct kith_error *e)
{
    size_t n = 0;
    ret[0] = '\0';
    for (uint32_t i = 0; i < a->words; i++) {
        size_t len = strlen(a->word[i]);
        if (n + len + 1 > LINE_MAX_BYTES)
            return kith_fail(e, KITH_E_USAGE, "line is too long: \"%.20s…\": paste the invite only",
                             a->word[0]);
        memcpy(ret + n, a->word[i], len + 1);
        n += len;
    }
    if (a->words)
        return 0;
    if (isatty(STDIN_FILENO)) {
        fputs("Line of the invite: ", stderr);
        fflush(stderr);
    }
    if (!fgets(ret, LINE_MAX_BYTES, stdin))
        return kith_fail(e, KITH_E_USAGE,
                         "no line was given: \"standard input\": paste the line that kith invite printed");
    n = strlen(ret);
    while (n && strchr(" \t\r\n", ret[n - 1]))
        ret[--n] = '\0';
    return n ? 0 : kith_fail(e, KITH_E_USAGE, "line is empty: \"\": paste the line that kith invite printed");
}

static void print_joined(const struct cli *cli, const struct js *answer)
{
    const char *network = js_text(answer, "network"), *code = js_text(answer, "code");
    const struct js *pending = js_get(answer, "pending");
    if (cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "network", network);
        js_put(o, "code", code);
        js_put_integer(o, "members", js_integer(answer, "members", 0));
        js_put_copy(o, "pending", pending);
        js_print_take(o, stdout);
    } else if (!js_is_null(pending)) {
        people_say(cli, "Asked to join %s as %s: pending, %lld of %lld coordinators have agreed.",
                   network ? network : "?", code ? code : "?", (long long)js_integer(pending, "have", 0),
                   (long long)js_integer(pending, "need", 0));
        if (cli->format == CLI_PEOPLE)
            people_say(cli, "Others agree with kith endorse; this site then joins by itself, as long as its "
                            "daemon runs. kith status says how it stands.");
    } else {
        printf("Joined %s as %s. Members: %lld.\n", network ? network : "?", code ? code : "?",
               (long long)js_integer(answer, "members", 0));
        if (cli->format == CLI_PEOPLE)
            people_say(cli, "Their records are arriving; kith sync --wait waits for them.");
    }
}

static void print_request(const struct cli *cli, const char *path, struct kith_bytes code, const char *print)
{
    char text[16];
    snprintf(text, sizeof text, "%.*s", (int)code.n, code.n ? (const char *)code.p : "");
    if (cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "file", path);
        js_put(o, "code", text);
        js_put(o, "fingerprint", print);
        js_print_take(o, stdout);
        return;
    }
    people_say(cli, "Wrote %s. Bring it to a coordinator, who runs kith admit with it.", path);
    printf("Site:    %s\n", print);
    people_say(cli, "When the coordinator telephones, compare this fingerprint. The answer is a bundle: "
                    "kith bundle apply FILE.");
}

static int write_request(const char *path, struct kith_bytes bytes, struct kith_error *e)
{
    FILE *out = fopen(path, "wbx"); /* never over another file */
    bool bad = !out || fwrite(bytes.p, 1, bytes.n, out) != bytes.n || fflush(out) || fsync(fileno(out));
    if (out && fclose(out))
        bad = true;
    return bad ? kith_fail(e, KITH_E_USAGE, "cannot be written: \"%.200s\": %s; choose another name", path,
                           strerror(errno))
               : 0;
}

/* The request is a file; its fingerprint is read out on the telephone. */
static int request(const struct cli *cli, const char *path)
{
    uint8_t memory[8];
    char print[FINGERPRINT_SIZE] = "";
    struct control c;
    struct buf b;
    struct pack_reader r;
    struct kith_error e;
    struct kith_bytes answer, bytes = {NULL, 0}, site = {NULL, 0}, code = {NULL, 0};
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 0);
    int rc = control_open(&c, cli, &e);
    if (rc)
        return cli_fail(&e);
    rc = control_ask_map(&c, "join_request", &b, CONTROL_QUICK_MS, &answer, &e);
    if (!rc && pack_find(answer, "bytes", &r))
        bytes = pack_get_bin(&r, CONTROL_ANSWER_MAX);
    if (!rc && pack_find(answer, "site", &r))
        site = pack_get_str(&r, 64);
    if (!rc && pack_find(answer, "code", &r))
        code = pack_get_str(&r, 64);
    if (!rc)
        rc = write_request(path, bytes, &e);
    if (!rc && site.n == 32)
        bundle_fingerprint_hex((const char *)site.p, print);
    if (!rc)
        print_request(cli, path, code, print);
    control_close(&c);
    return rc ? cli_fail(&e) : CLI_DONE;
}

static int run(struct cli *cli, const struct arguments *a)
{
    char line[LINE_MAX_BYTES];
    uint8_t memory[LINE_MAX_BYTES + 64];
    struct buf b;
    struct js *answer = NULL;
    struct kith_error e;
    if (options_has(a, "request"))
        return a->words
                   ? cli_failf(KITH_E_USAGE, "a line or a file: \"--request\": a join by file needs no line")
                   : request(cli, options_get(a, "request"));
    if (read_line(a, line, &e))
        return cli_fail(&e);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    pack_cstr(&b, "line");
    pack_cstr(&b, line);
    if (control_once(cli, "join", &b, CONTROL_PATIENT_MS, &answer, &e))
        return cli_fail(&e);
    print_joined(cli, answer);
    js_free(answer);
    return CLI_DONE;
}

const struct verb verb_join = {
    .name = "join",
    .topic = TOPIC_SITE,
    .arguments = "[LINE] | --request FILE",
    .summary = "join a network with the line of an invite, or by files",
    .text = "The line is an argument, pasted at a prompt, or read from standard input. If the\n"
            "answer gets lost, run it again: the invite stays this site's until it ends.\n"
            "\n"
            "Without a link, --request writes a file that a coordinator admits (kith admit); the\n"
            "answer is a bundle (kith bundle apply).",
    .example = "    kith join\n    kith join < line.txt\n    kith join --request ash.request",
    .options = options,
    .words_max = 64,
    .run = run,
};
