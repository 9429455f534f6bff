/* Writes the seeds of the corpora: `fuzz_seed DIR` makes DIR/NAME/seed-… for each target. What lies in
 * tests/fuzz/corpus grew out of these and was cut down again with -merge=1. */
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/invite.h"
#include "daemon/rootfile.h"
#include "kith/kinds.h"
#include "proto/learn/kind.h"
#include "proto/learn/receipt.h"
#include "proto/log/council.h"
#include "proto/log/fork.h"
#include "proto/log/run.h"
#include "proto/wire/msg.h"
#include "proto/wire/pack.h"
#include "tests/fuzz/fuzz.h"

#define SEED_PATH_MAX 4096u

/* The same for a literal with zero bytes in it. */
#define SAVE(target, name, mode, text) save(target, name, mode, text, sizeof(text) - 1)

static const char *root;
static struct crypto_sk sk;
static struct kith_pk pk;
static const struct kith_net_id net = {{7}};
static uint8_t memory[2 * KITH_CERT_MAX];

static void save(const char *target, const char *name, int mode, const void *p, size_t n)
{
    char path[SEED_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", root, target);
    (void)mkdir(path, 0777);
    (void)snprintf(path, sizeof path, "%s/%s/seed-%s", root, target, name);
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        fprintf(stderr, "seed: cannot write \"%s\"\n", path);
        exit(1);
    }
    if (mode >= 0)
        (void)fputc(mode, f);
    (void)fwrite(p, 1, n, f);
    (void)fclose(f);
}

static void save_text(const char *target, const char *const *text)
{
    for (int i = 0; text[i] != NULL; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%d", i);
        save(target, name, -1, text[i], strlen(text[i]));
    }
}

/* ---- pack ---- */

static void seed_pack(void)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 6);
    pack_cstr(&b, "array");
    pack_array(&b, 4);
    pack_nil(&b);
    pack_bool(&b, true);
    pack_int(&b, -70000);
    pack_uint(&b, UINT64_MAX);
    pack_cstr(&b, "bin");
    pack_bin(&b, "\0\1\2", 3);
    pack_cstr(&b, "float");
    pack_float(&b, 12.5);
    pack_cstr(&b, "map");
    pack_map(&b, 1);
    pack_cstr(&b, "inner");
    pack_map(&b, 0);
    pack_cstr(&b, "str");
    pack_cstr(&b, "caf\xc3\xa9 \xe2\x80\x9cquoted\xe2\x80\x9d\n\ttab");
    pack_cstr(&b, "zero");
    pack_uint(&b, 0);
    save("pack", "body", -1, memory, b.n);
    buf_init(&b, memory, sizeof memory);
    for (uint32_t i = 0; i < 12; i++)
        pack_array(&b, 1);
    save("pack", "deep", -1, memory, b.n);
    SAVE("pack", "bomb", -1, "\xdd\xff\xff\xff\xff");
    SAVE("pack", "long", -1, "\xdb\x7f\xff\xff\xff\x41");
    SAVE("pack", "twice", -1, "\x82\xa1\x61\x01\xa1\x61\x02");
    SAVE("pack", "loose", -1, "\xd9\x01\x61\xcc\x05\xcd\x00\x07\xd2\x00\x00\x00\x01\xc9");
}

/* ---- messages ---- */

static void save_msg(const char *name, const struct msg *m)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    msg_encode(m, &b);
    assert(!b.failed);
    save("msg", name, -1, memory, b.n);
}

static void seed_msg(void)
{
    static struct msg m;
    struct kith_bytes some = {(const uint8_t *)"some bytes", 10};
    m = (struct msg){.type = MSG_HELLO, .hello = {.version = 1, .software = some, .ask = true}};
    save_msg("hello", &m);
    m = (struct msg){.type = MSG_COUNCIL, .council = {1, some}};
    save_msg("council", &m);
    m = (struct msg){.type = MSG_RANGES, .ranges = {.stream = 1, .count = 2}};
    m.ranges.r[0].hi.epoch = m.ranges.r[1].lo.epoch = 5;
    m.ranges.r[1].hi.site.b[0] = 255;
    save_msg("ranges", &m);
    m = (struct msg){.type = MSG_HEADS, .heads = {.stream = 2, .is_answer = true, .last = true, .count = 2}};
    m.heads.h[0] = (struct msg_head){.epoch = 1, .seq = 300};
    m.heads.h[1] = (struct msg_head){.epoch = 2, .seq = 7, .fork = true};
    save_msg("heads", &m);
    m = (struct msg){.type = MSG_WANT,
                     .want = {.stream = 1, .epoch = 1, .from = 2, .to = 90, .headers = true}};
    save_msg("want", &m);
    m = (struct msg){.type = MSG_RUN, .run = {some}};
    save_msg("run", &m);
    m = (struct msg){.type = MSG_PROOF, .proof = {some}};
    save_msg("proof", &m);
    m = (struct msg){.type = MSG_PING, .ping = {true}};
    save_msg("ping", &m);
    m = (struct msg){.type = MSG_BYE, .bye = {BYE_REVOKED}};
    save_msg("bye", &m);
    m = (struct msg){.type = MSG_ROOT, .root = {{{1, 2, 3}}}};
    save_msg("root", &m);
}

/* ---- entries and runs ---- */

static void seed_run(void)
{
    static struct run r;
    struct run_ctx *ctx = run_ctx_new();
    struct kith_log_key log = {{{9}}, 1, KITH_LEARNING};
    struct kith_id none = {{0}};
    struct buf b;
    assert(ctx != NULL);
    run_begin(&r, &log, 1, &none);
    for (uint8_t i = 0; i < 3; i++) {
        struct kith_salt salt = {{i}};
        int rc = run_add(&r, 16, 1, 1700000000000u + i, &salt,
                         (struct kith_bytes){(const uint8_t *)"\x81\xa1t\xa3"
                                                              "abc",
                                             7});
        assert(rc == 0);
    }
    int rc = run_sign(&r, &net, &sk);
    assert(rc == 0);
    buf_init(&b, memory, sizeof memory);
    rc = run_encode(ctx, &r, &b);
    assert(rc == 0);
    save("run", "wire", 0, memory, b.n);
    uint8_t header[ENTRY_SIZE];
    entry_encode(&r.entry[2].e, header);
    save("entry", "header", -1, header, sizeof header);
    save("entry", "tail", -1, header + 2, sizeof header - 2);
    size_t outside = 3 * sizeof(struct kith_salt);
    memmove(memory + RUN_HEADER + 1, memory + RUN_HEADER, outside);
    memory[RUN_HEADER] = (uint8_t)outside; /* length of what stands outside, then the bare table */
    memcpy(memory + RUN_HEADER + 1 + outside, r.table, r.table_n);
    save("run", "table", 1, memory, RUN_HEADER + 1 + outside + r.table_n);
    SAVE("run", "built", 2, "\0\1\0\3\20\1\5hello\20\7\3abc\20\0\0\20\4\1x\2\0\5\3\0\200\7\0");
    run_ctx_free(ctx);
}

static void seed_fork(void)
{
    static struct run r[2];
    static struct fork f;
    struct run_ctx *ctx = run_ctx_new();
    struct kith_log_key log = {{{9}}, 1, KITH_LEARNING};
    struct kith_id none = {{0}};
    struct buf b;
    assert(ctx != NULL);
    for (uint8_t i = 0; i < 2; i++) {
        struct kith_salt salt = {{i}};
        run_begin(&r[i], &log, 1, &none);
        int rc = run_add(&r[i], 200, 1, 5, &salt, (struct kith_bytes){(const uint8_t *)"\x80", 1});
        assert(rc == 0);
        rc = run_sign(&r[i], &net, &sk);
        assert(rc == 0);
    }
    buf_init(&b, memory, sizeof memory);
    int rc = fork_make(ctx, &r[0], &r[1], 1, &f, &b);
    assert(rc == 0);
    save("fork", "proof", 0, memory, b.n);
    SAVE("fork", "made", 1, "\3\2\1\2\3\1\7\10");
    SAVE("fork", "flipped", 1, "\3\2\1\2\3\1\7\10\2\0\40\3\0\100\5");
    run_ctx_free(ctx);
}

/* ---- control ---- */

static void save_council(const struct council *c, const char *name)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    int rc = council_encode(c, &b);
    assert(rc == 0);
    save("control", name, 4, memory, b.n);
}

static void seed_councils(void)
{
    static struct genesis g;
    static struct council c;
    struct buf b;
    (void)snprintf(g.name, sizeof g.name, "Testnet");
    (void)snprintf(g.purpose, sizeof g.purpose, "to learn");
    g.council.k = g.council.seats_n = 1;
    g.council.seat[0].root = pk;
    (void)snprintf(g.council.seat[0].code, sizeof g.council.seat[0].code, "ASH");
    (void)snprintf(g.council.seat[0].name, sizeof g.council.seat[0].name, "Ash Trust");
    council_policy_default(&g.council.policy);
    buf_init(&b, memory, sizeof memory);
    int rc = council_seal(&g.council);
    assert(rc == 0);
    rc = genesis_make(&g, &b);
    assert(rc == 0);
    save("control", "genesis", 5, memory, b.n);
    c = g.council;
    c.g = 1;
    c.rev = 1;
    c.prev = g.council.id;
    c.seats_n = 2;
    c.seat[1] = c.seat[0];
    c.seat[1].root.b[0] ^= 1;
    c.seat[1].code[0] = 'B';
    c.bounds_n = 1;
    c.bound[0] = (struct council_bound){c.seat[0].site, 1, 5, {{3}}};
    rc = council_seal(&c);
    assert(rc == 0);
    save_council(&c, "unsigned");
    rc = council_sign(&c, &net, &pk, &sk);
    assert(rc == 0);
    save_council(&c, "signed");
}

static void seed_control(void)
{
    struct buf b;
    struct cert_mark marks[2] = {{0, 1, 9, {{1}}}, {1, 1, 8, {{2}}}};
    struct op_admit a = {.root = pk, .code = "BRK", .name = "Brook", .rev = 1, .has_invite = true};
    struct op_revoke r = {.reason = 3, .cuts_n = 2};
    struct op_withdraw w = {.at = {{{{1}}, 1, 1}, 4, {{5}}}, .reason = 1};
    buf_init(&b, memory, sizeof memory);
    int rc = cert_make(&net, &sk, &pk, &pk, &pk, 2, marks, 2, &b);
    assert(rc == 0);
    save("control", "cert", 0, memory, b.n);
    struct cert c;
    rc = cert_decode((struct kith_bytes){memory, b.n}, &c, NULL);
    assert(rc == 0);
    save("control", "marks", 6, c.closes.p, c.closes.n);
    buf_reset(&b);
    rc = op_admit_make(&a, &b);
    assert(rc == 0);
    save("control", "admit", 1, memory, b.n);
    buf_reset(&b);
    rc = op_revoke_make(&r, marks, &b);
    assert(rc == 0);
    save("control", "revoke", 2, memory, b.n);
    buf_reset(&b);
    rc = op_withdraw_make(&w, &b);
    assert(rc == 0);
    save("control", "withdraw", 3, memory, b.n);
    save("control", "name", 7, "Ash Trust", 9);
    seed_councils();
}

/* ---- what people write ---- */

static const char *const queries[] = {"sepsis screening",
                                      "\"handover sheet\"",
                                      "escalat*",
                                      "falls AND (night OR bank) NOT training",
                                      "\xe2\x80\x9c"
                                      "curly\xe2\x80\x9d (((a",
                                      "NEAR(a b) ^x {title}: - + \"",
                                      "NOT NOT OR",
                                      NULL};
static const char *const tokens[] = {
    "The patients' handover was delayed; don't re-admit 12,5 mg",
    "caf\xc3\xa9 CAFE\xcc\x81 stra\xc3\x9f"
    "e \xe6\x95\x97\xe8\xa1\x80 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
    "a\xff\xfe\x80 b\xed\xa0\x80 c\xf4\x90\x80\x80",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac rock\xe2\x80\x99n\xe2\x80\x99roll's", NULL};
static const char *const names[] = {"ASH-L128",
                                    "ash.2-l5",
                                    "here-7",
                                    "ABCDEFGH~1f2e.250-M1099511627775",
                                    "1,234,567.25",
                                    "1,000 bed-days",
                                    "0.0000001",
                                    "2026-Q3",
                                    "2024-02-29",
                                    "Acute ward",
                                    "What happened",
                                    "00112233445566778899aabbccddeeff-L1.128-0011223344556677",
                                    NULL};

static void seed_compose(void)
{
    static const char lesson[] =
        "---\nkind: lesson\ntitle: Night lights in the bay\nsetting: Acute ward\n"
        "topics: falls, staffing\nhappened: 2026-03\n---\n## Situation\nFalls at night.\n\n"
        "## What we learned\n- light\n- staff\n\n## What we changed\n### Lights\n"
        "core: yes\nfurther: more\n\\## no heading\n";
    static const char project[] =
        "---\ntitle: Falls\naim.from: 12.5\naim.to: 6\naim.by: 2026-09\n"
        "changes[0].what: lights\nchanges[0].core: yes\nchanges[1].what: staff\n---\n"
        "## Driver diagram\n- Fewer falls (measure: ASH/falls-rate)\n  - Light\n    - Lamps\n";
    uint32_t count = 0;
    while (kind_at(count) != NULL)
        count++;
    for (uint32_t i = 0; i < count; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "%s", kind_at(i)->name);
        const char *text = i % 2 == 0 ? lesson : project;
        memory[0] = (uint8_t)i;
        memory[1] = (uint8_t)(i % 2);
        memcpy(memory + 2, text, strlen(text));
        save("compose", name, -1, memory, 2 + strlen(text));
        /* Orders to build a body: all fields there, or some. */
        memset(memory, i % 2 == 0 ? 1 : 5, 400);
        memory[1] = (uint8_t)i;
        save("kind", name, -1, memory, 400);
    }
}

static const char *const tables[] = {
    "title,topics\nFalls,\"a, \"\"b\"\"\"\n\nNight,\n", "title;topics\r\nFalls;\"two\nlines\"\r\n",
    "\xef\xbb\xbftitle\ttopics\nFalls\t\xe2\x80\x9cquoted\xe2\x80\x9d\n", "a,b\n\"broken,1\n", NULL};
static const char *const fronts[] = {
    "title: Falls\naim:\n  from: 12.5\n  to: 6\nchanges:\n- what: lights\n  core: yes\n",
    "- title: a\n- {title: b, topics: [x, \"y\"]}\n",
    "title: >\n  folded\n  text\nbody: |\n  kept\n---\ntitle: 'two'\n",
    "a: &x 1\nb: *x\n",
    "? complex\n: !!str tagged\n<<: {a: 1}\na: 2\n",
    "a: [[[[[[[[[[1]]]]]]]]]]\n",
    NULL};
static const char *const maps[] = {
    "kind: lesson\ntitle: {column: concern, cut: 20}\nsituation: concern\n"
    "topics: {column: tags, split: \";\", values: {nutrition: cost, core: \"\"}}\n"
    "when: {column: date, as: quarter}\nsetting: {constant: acute-ward}\n",
    "topics: [tags, {constant: medicines}]\n"
    "result: {column: low_is_good, values: {\"true\": down}, otherwise: neutral}\n",
    "title: {column: nowhere}\naim.from: date\n", NULL};
static const char *const records[] = {
    "---\nkind: lesson\ntitle: Night lights in the bay\nsetting: Acute ward\ntopics: [falls, staffing]\n---\n"
    "## What happened\nFalls at night.\n\n\\## no heading\n## Lesson\nLight helps.\n",
    "kind: lesson\ntitle: \"Two: \\u2028 lines\"\nlesson: Light helps.\n",
    "- kind: lesson\n  title: one\n- kind: project\n  title: two\n  aim: {from: 1, to: 2}\n",
    "\xff\xfek\0i\0", NULL};
static const char *const configs[] = {
    "listen: [\"0.0.0.0:5484\", \"[::1]:5484\"]\nadvertise:\n- kith.example:5484\ndial: listed\npeers:\n"
    "- {code: BRK, address: \"10.0.0.1:5484\"}\n",
    "listen: []\ndial: any\nlisten: []\n", "typo: 1\n", NULL};
static const char *const lines[] = {"kith.example:5484", "[::ffff:10.0.0.1]:1", "127.0.0.1", "BRK", NULL};

static void seed_rootfile(void)
{
    struct rootfile f = {
        .code = "ASH", .root = pk, .has_network = true, .net = net, .ops = 3, .mem = 268435456};
    uint8_t text[ROOTFILE_MAX];
    struct buf b;
    for (int i = 0; i < 2; i++) {
        snprintf(f.network, sizeof f.network, "Falls circle");
        snprintf(f.made, sizeof f.made, "2026-11-22");
        buf_init(&b, text, sizeof text);
        rootfile_print_head(&f, &b);
        rootfile_print_seal(&f, &b);
        save("rootfile", f.has_network ? "member" : "alone", -1, b.p, b.n);
        f.has_network = false;
    }
}

static void seed_invite(void)
{
    static struct invite i;
    char line[INVITE_LINE_MAX];
    i = (struct invite){.addresses_n = 2, .expires = {1700000000000}, .link = pk, .net = net, .secret = {5}};
    (void)snprintf(i.address[0], sizeof i.address[0], "kith.example:5484");
    (void)snprintf(i.address[1], sizeof i.address[1], "10.0.0.1:5484");
    (void)snprintf(i.by, sizeof i.by, "ASH");
    (void)snprintf(i.code, sizeof i.code, "BRK");
    int rc = invite_print(&i, line, NULL);
    assert(rc == 0);
    save("invite", "line", -1, line, strlen(line));
}

/* Raw counts: added, shown, corrected, shown again, dropped; the measure is the one that fuzz_request.c
 * defines. */
static void seed_data(struct buf *r)
{
    static const uint8_t verbs[] = {18, 19, 20, 21, 22, 21, 23}; /* places in the table of control.c */
    static uint8_t args[512];
    for (size_t i = 0; i < sizeof verbs; i++) {
        bool add = verbs[i] == 19, fix = verbs[i] == 22;
        struct buf a;
        buf_init(&a, args, sizeof args);
        pack_map(&a, add ? 4 : fix ? 4 : 1);
        pack_cstr(&a, "measure");
        pack_cstr(&a, "f");
        if (add || fix) {
            pack_cstr(&a, "period");
            pack_cstr(&a, add ? "month" : "2026-02");
            pack_cstr(&a, add ? "shape" : "reason");
            pack_cstr(&a, "ratio");
            pack_cstr(&a, add ? "rows" : "number");
        }
        if (fix)
            pack_uint(&a, 8);
        if (add)
            pack_array(&a, 2);
        for (int row = 0; add && row < 2; row++) {
            pack_array(&a, 4);
            pack_cstr(&a, row ? "2026-02" : "2026-01");
            pack_uint(&a, 9);
            pack_float(&a, 812.5);
            pack_nil(&a);
        }
        buf_u8(r, verbs[i]);
        buf_u8(r, (uint8_t)a.n);
        buf_put(r, args, a.n);
    }
}

/* Requests: a byte for the verb, a length, arguments (see fuzz_request.c); and one as it stands on the
 * socket. */
static void seed_receipt(void)
{
    static struct receipt r;
    struct buf b;
    r.erased_n = r.held_n = r.refused_n = 2;
    r.erased[1][0] = 1;
    for (uint32_t i = 0; i < 2; i++) {
        r.held[i] = r.refused[i].at = (struct kind_ref){.log = {.epoch = 1, .stream = 1}, .seq = 70000u + i};
        (void)snprintf(r.refused[i].rule, sizeof r.refused[i].rule, "small-cell");
    }
    (void)snprintf(r.software, sizeof r.software, "kithd 0.1");
    buf_init(&b, memory, sizeof memory);
    (void)receipt_make(&r, &b);
    save("receipt", "full", -1, memory, b.n);
    memset(&r, 0, sizeof r);
    buf_init(&b, memory, sizeof memory);
    (void)receipt_make(&r, &b);
    save("receipt", "empty", -1, memory, b.n);
}

static void seed_request(void)
{
    static uint8_t body[1024], args[2048], all[4096];
    struct buf b, a, r;
    buf_init(&b, body, sizeof body);
    pack_map(&b, 2);
    pack_cstr(&b, "lesson");
    pack_cstr(&b, "Light helps.");
    pack_cstr(&b, "title");
    pack_cstr(&b, "Night lights");
    buf_init(&a, args, sizeof args);
    pack_map(&a, 2);
    pack_cstr(&a, "records");
    pack_array(&a, 1);
    pack_map(&a, 2);
    pack_cstr(&a, "kind");
    pack_cstr(&a, "lesson");
    pack_cstr(&a, "body");
    pack_bin(&a, body, b.n);
    pack_cstr(&a, "release");
    pack_bool(&a, true);
    buf_init(&r, all, sizeof all);
    buf_u8(&r, 1); /* share, then release, invite, sync, verify, status, stop */
    buf_u8(&r, (uint8_t)a.n);
    buf_put(&r, args, a.n);
    static const char rest[] =
        "\2\6\x81\xa3\x61ll\xc3\3\1\x80\5\1\x80\6\7\x81\xa4\x66ull\xc3\0\1\x80\7\1\x80";
    buf_put(&r, rest, sizeof rest - 1);
    save("request", "verbs", 1, all, r.n);
    buf_init(&r, all, sizeof all);
    seed_data(&r);
    save("request", "data", 1, all, r.n);
    SAVE("request", "socket", 0, "\0\0\0\12\x93\7\xa6status\x80\0\0\0\2\x93\1\xff\xff\xff\xff");
    SAVE("request", "ids", 1, "\2\24\x81\xa3ids\x92\xa6here-1\xa6here-2\4\12\x81\xa4line\xa3kit\4\2\x81\xa4");
}

/* Orders for the link: see fuzz_session.c. */
static void seed_session(void)
{
    SAVE("session", "link", -1, "\0\24\0\1\0\377\5\0\1\62some payload\377\5\0\4\0\2\0\377\6\1\5\5\0\7\377");
    SAVE("session", "dial", -1, "\1\24\0\5\0\2\12\377\5\0\4\1\30\0\377\6\1\5\5\0");
    SAVE("session", "join", -1, "\2\0\0\1\0\377\5\0\2\100\377\5\0\6\0\5\1\5\0");
    SAVE("session", "dial-join", -1, "\3\377\0\5\0\2\12\377\5\0\4\1\30\0\377\6\1\5\5\0");
    SAVE("session", "old-key", -1, "\14\24\30\1\0\377\5\0\2\100\377\5\0");
    SAVE("session", "open", -1, "\200\4\1\377\2\377\4\0\1\1\0\377\3\2\223\10\302\377\5\0\10\2\3\5\0");
    SAVE("session", "raw", -1, "\200\0\20\0\20abcdefghijklmnopqrst\11\1\0\40");
    SAVE("session", "altered", -1, "\201\4\0\5\2\1\0\3\5\0\7\200\7\200");
}

/* Orders for the brain: see fuzz_sync.c. A founder is given a member's log, bodies, what admits another; a
 * member asks; a joiner is served. */
static void seed_sync(void)
{
    SAVE("sync", "given", -1,
         "\0\0\1\1\2\1\0\1\0\5\1\3\0\12\5\1\4\0\5\1\5\0\12\5\1\6\0\7\1\0\7\1\0\7\1\0\12\11\200\7\1\0");
    SAVE("sync", "stripped", -1,
         "\100\0\0\1\5\0\4\0\5\0\11\0\12\7\0\0\7\0\0\5\0\5\0\5\0\10\0\12\11\377\7\0\0");
    SAVE("sync", "asked", -1,
         "\1\0\0\0\2\0\0\0\1\2\0\2\0\7\2\0\2\23\5\2\0\1\2\20\7\7\0\0\7\0\0\2\0\3\0\1\0\5\7\0\0\7\0\0");
    SAVE("sync", "joiner", -1, "\0\0\2\142\7\2\0\7\2\0\7\2\0\7\2\0\13\3\0\12\7\2\0\5\2\1\0\11\62");
    SAVE("sync", "stranger", -1, "\2\0\3\4\7\3\0\5\3\1\0\5\3\31\0\2\3\4\1\11\144\11\144\5\3\2\0\12");
}

int main(int argc, char **argv)
{
    static const uint8_t seed[32] = {1, 2, 3};
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz_seed DIR\n");
        return 2;
    }
    root = argv[1];
    (void)mkdir(root, 0777);
    if (crypto_start() != 0 || crypto_sign_keys(seed, &pk, &sk) != 0)
        return 1;
    seed_pack();
    seed_msg();
    seed_run();
    seed_fork();
    seed_control();
    seed_compose();
    seed_session();
    seed_sync();
    seed_invite();
    seed_rootfile();
    seed_receipt();
    seed_request();
    save_text("config", configs);
    save_text("csv", tables);
    save_text("front", fronts);
    save_text("invite", lines);
    save_text("map", maps);
    save_text("record", records);
    save_text("query", queries);
    save_text("token", tokens);
    save_text("name", names);
    return 0;
}
