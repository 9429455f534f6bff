/* kith-bench-erase [--entries N] [--withdraw N] [--dir DIR]: how long one pass of erasing takes over a
 * replica, and what a reader notices of it. Prints figures; 1 when it took more than 60 s or something is
 * still to be found. */
#include <sqlite3.h>

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/store.h"
#include "kith/kinds.h"
#include "proto/learn/token.h"

#include "proto/learn/fts5_glue.h"

#include "proto/wire/pack.h"
#include "tests/bench/bench.h"

#define NOW      ((struct kith_wall){1800000000000})
#define WORD_MAX 64u
#define LIMIT_S  60.0

static struct {
    uint32_t entries, withdraw;
    char dir[512], path[600];
    struct kith_pk root_pk, entry_pk;
    struct crypto_sk root_sk, entry_sk;
    struct kith_site_id self;
    struct kith_net_id net;
    struct genesis genesis;
    uint8_t genesis_bytes[KITH_COUNCIL_MAX];
    size_t genesis_n;
    struct store *store;
    struct run_ctx *ctx;
    struct run run;
    uint8_t wire[KITH_RUN_WIRE_MAX], memory[KITH_BODY_MAX];
    struct kith_id tip[KITH_STREAMS];
    uint64_t last[KITH_STREAMS];
    struct kith_salt *salt; /* of each lesson */
} b = {.entries = 100000, .withdraw = 600, .dir = "/tmp/kith-bench-erase"};

static struct kith_error err;

double bench_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ok(int rc, const char *what)
{
    if (rc == 0)
        return;
    fprintf(stderr, "kith-bench-erase: %s: %s\n", what, err.text);
    exit(1);
}

static const char *file(const char *name)
{
    snprintf(b.path, sizeof b.path, "%s/%s", b.dir, name);
    return b.path;
}

/* ---- a replica ---- */

static void make_network(void)
{
    static const uint8_t seed[32] = {7}, seed2[32] = {8};
    struct council *c = &b.genesis.council;
    struct buf out;
    ok(crypto_start(), "libsodium");
    ok(crypto_sign_keys(seed, &b.root_pk, &b.root_sk), "keys");
    ok(crypto_sign_keys(seed2, &b.entry_pk, &b.entry_sk), "keys");
    crypto_site_id(&b.root_pk, &b.self);
    snprintf(b.genesis.name, sizeof b.genesis.name, "Bench");
    c->k = c->seats_n = 1;
    c->seat[0].root = b.root_pk;
    c->seat[0].site = b.self;
    snprintf(c->seat[0].code, sizeof c->seat[0].code, "ASH");
    snprintf(c->seat[0].name, sizeof c->seat[0].name, "Ashgrove");
    council_policy_default(&c->policy);
    ok(council_seal(c), "council");
    buf_init(&out, b.genesis_bytes, sizeof b.genesis_bytes);
    ok(genesis_make(&b.genesis, &out), "genesis");
    b.genesis_n = out.n;
    crypto_net_id((struct kith_bytes){out.p, out.n}, &b.net);
}

static void begin(uint8_t stream)
{
    struct kith_log_key key = {b.self, 1, stream};
    run_begin(&b.run, &key, b.last[stream] + 1, &b.tip[stream]);
}

static void put(void)
{
    struct buf out;
    if (b.run.count == 0)
        return;
    ok(run_sign(&b.run, &b.net, &b.entry_sk), "sign");
    buf_init(&out, b.wire, sizeof b.wire);
    ok(run_encode(b.ctx, &b.run, &out), "encode");
    const struct run_entry *x = &b.run.entry[b.run.count - 1];
    struct sync_action a = {.type = SYNC_STORE,
                            .log = b.run.log,
                            .first = b.run.first,
                            .last = x->e.seq,
                            .last_id = x->id,
                            .bytes = {out.p, out.n},
                            .run = &b.run,
                            .own = true};
    ok(store_put_run(b.store, &a, NOW, &err), "put");
    b.last[b.run.log.stream] = x->e.seq;
    b.tip[b.run.log.stream] = x->id;
    if (store_commit_due(b.store))
        ok(store_commit(b.store, &err), "commit");
}

/* Adds to the run at hand; a full one is put and another begun. */
static void add(uint8_t stream, uint8_t kind, const struct kith_salt *salt, struct kith_bytes body)
{
    uint64_t time = 1700000000000u + b.run.first + b.run.count;
    if (run_add(&b.run, kind, 1, time, salt, body) == 0)
        return;
    put();
    begin(stream);
    ok(run_add(&b.run, kind, 1, time, salt, body), "add");
}

static void random_salt(struct kith_salt *ret)
{
    static int fd = -1;
    if (fd < 0)
        fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (read(fd, ret, sizeof *ret) != (ssize_t)sizeof *ret)
        exit(1);
}

static uint64_t regretted(uint32_t i)
{
    return 1 + (uint64_t)i * b.entries / b.withdraw;
}

/* The word that only the i-th regretted lesson has; its end stands in the index as it is. */
static void word_of(uint32_t i, char ret[WORD_MAX])
{
    snprintf(ret, WORD_MAX, "qzx%06uvanishingly%08xword", i, (i + 1) * 2654435761u);
}

static void make_lesson(uint64_t *seed, uint32_t word, struct buf *out)
{
    char text[WORD_MAX + 40];
    if (word == UINT32_MAX) {
        bench_lesson(seed, out);
        return;
    }
    word_of(word, text);
    pack_map(out, 6);
    pack_cstr(out, "confidence");
    pack_cstr(out, "several-events");
    pack_cstr(out, "happened");
    pack_cstr(out, "The ward round began late and the chart was wrong.");
    pack_cstr(out, "learned");
    pack_cstr(out, text);
    pack_cstr(out, "result");
    pack_cstr(out, "worked-in-part");
    pack_cstr(out, "setting");
    pack_cstr(out, "acute-ward");
    pack_cstr(out, "title");
    pack_cstr(out, "A late ward round");
}

static void fill(void)
{
    uint32_t next = 0;
    struct kith_salt salt = {{1}};
    struct kith_pk link = {{9}};
    struct buf out;
    uint64_t seed = 88172645463325252u;
    buf_init(&out, b.memory, sizeof b.memory);
    ok(cert_make(&b.net, &b.root_sk, &b.root_pk, &b.entry_pk, &link, 1, NULL, 0, &out), "certificate");
    begin(KITH_CONTROL);
    add(KITH_CONTROL, KITH_KIND_CERT, &salt, (struct kith_bytes){out.p, out.n});
    put();
    b.salt = calloc(b.entries + 1, sizeof *b.salt);
    begin(KITH_LEARNING);
    for (uint32_t i = 1; i <= b.entries; i++) {
        random_salt(&b.salt[i]);
        buf_init(&out, b.memory, sizeof b.memory);
        bool rue = next < b.withdraw && regretted(next) == i;
        make_lesson(&seed, rue ? next++ : UINT32_MAX, &out);
        add(KITH_LEARNING, KITH_KIND_LESSON, &b.salt[i], (struct kith_bytes){out.p, out.n});
    }
    put();
}

static struct roster *load_roster(void)
{
    struct roster *r = NULL;
    ok(store_load_roster(b.store, &r, &err), "roster");
    roster_fold(r);
    ok(store_set_roster(b.store, r, &err), "set roster");
    ok(store_commit(b.store, &err), "commit");
    return r;
}

static void withdraw_some(void)
{
    struct kith_salt salt = {{2}};
    struct buf out;
    begin(KITH_CONTROL);
    for (uint32_t i = 0; i < b.withdraw; i++) {
        struct op_withdraw w = {.at = {.log = {b.self, 1, KITH_LEARNING}, .seq = regretted(i)}, .reason = 1};
        ok(store_id_at(b.store, &w.at.log, w.at.seq, &w.at.id), "id");
        buf_init(&out, b.memory, sizeof b.memory);
        ok(op_withdraw_make(&w, &out), "withdraw");
        add(KITH_CONTROL, KITH_KIND_WITHDRAW, &salt, (struct kith_bytes){out.p, out.n});
    }
    put();
}

/* ---- a reader, meanwhile ---- */

struct seen {
    uint32_t queries, failed;
    double slowest;
};

static bool ask(const char *replica)
{
    sqlite3 *db = NULL;
    bool good = sqlite3_open_v2(replica, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                fts5_glue_register(db) == SQLITE_OK && sqlite3_busy_timeout(db, 2000) == SQLITE_OK &&
                sqlite3_exec(db,
                             "SELECT v.id, v.title FROM search JOIN v_record v ON v.number = search.rowid "
                             "WHERE search MATCH 'sepsis AND handover' LIMIT 20",
                             NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(db);
    return good;
}

/* In a process of its own, which SQLite demands: from the first byte in `stop` until its end. */
static void reader(int stop, int tell)
{
    struct seen seen = {0};
    char replica[600], go;
    if (read(stop, &go, 1) != 1)
        _exit(1);
    snprintf(replica, sizeof replica, "%s/" STORE_REPLICA, b.dir);
    struct pollfd p = {.fd = stop, .events = POLLIN};
    while (poll(&p, 1, 20) == 0) {
        double began = bench_seconds();
        seen.failed += !ask(replica);
        double took = (bench_seconds() - began) * 1000;
        seen.slowest = took > seen.slowest ? took : seen.slowest;
        seen.queries++;
    }
    _exit(write(tell, &seen, sizeof seen) == (ssize_t)sizeof seen ? 0 : 1);
}

/* ---- the pass ---- */

static uint32_t occurrences(const char *name, uint32_t *words)
{
    struct stat st;
    uint32_t found = 0;
    int fd = open(file(name), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fstat(fd, &st) != 0 || st.st_size == 0) {
        close(fd);
        return 0;
    }
    const uint8_t *all = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    for (uint32_t i = 0; all != MAP_FAILED && i < b.withdraw; i++) {
        char word[WORD_MAX];
        word_of(i, word);
        *words += memmem(all, (size_t)st.st_size, word + 9, strlen(word + 9)) != NULL;
        found += memmem(all, (size_t)st.st_size, b.salt[regretted(i)].b, sizeof b.salt[0].b) != NULL;
    }
    munmap((void *)(uintptr_t)all, (size_t)st.st_size);
    close(fd);
    return found;
}

static double erase_all(double *ret_longest, bool *ret_anew)
{
    struct store_erase *x = NULL;
    enum store_erase_state state = ERASE_MORE;
    uint32_t entries, bodies;
    int64_t due;
    double began = bench_seconds();
    ok(store_erase_due(b.store, NOW, 0, &due, &err), "due");
    ok(store_erase_begin(b.store, NOW, 0, &x, &err), "begin");
    while (state != ERASE_DONE && state != ERASE_FAILED) {
        double slice = bench_seconds();
        ok(store_erase_step(x, NOW, &state, &err), "step");
        if (state == ERASE_COMMIT || store_commit_due(b.store))
            ok(store_commit(b.store, &err), "commit");
        if (state == ERASE_READER)
            usleep(200000);
        else if (bench_seconds() - slice > *ret_longest)
            *ret_longest = bench_seconds() - slice;
        if (!store_dirty(b.store) && store_checkpoint_due(b.store))
            ok(store_checkpoint(b.store, false, NULL, &err), "checkpoint");
    }
    ok(store_commit(b.store, &err), "commit");
    store_erase_counts(x, &entries, &bodies, ret_anew);
    store_erase_end(x);
    if (state == ERASE_FAILED || bodies != b.withdraw)
        fprintf(stderr, "kith-bench-erase: %u of %u bodies: %s\n", bodies, b.withdraw, err.text);
    return bench_seconds() - began;
}

static void start(void)
{
    struct store_meta m = {.version = "bench",
                           .site = b.self,
                           .code = "ASH",
                           .name = "Ashgrove",
                           .genesis = {b.genesis_bytes, b.genesis_n},
                           .network = "Bench"};
    static const char *const names[] = {STORE_REPLICA, STORE_REPLICA "-wal", STORE_REPLICA "-shm",
                                        STORE_PRIVATE, STORE_PRIVATE "-wal", STORE_PRIVATE "-shm"};
    (void)mkdir(b.dir, 0755);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(file(names[i]));
    ok(store_create(b.dir, &m, &err), "create");
    ok(store_open(b.dir, &b.store, &err), "open");
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "--entries") == 0)
            b.entries = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--withdraw") == 0)
            b.withdraw = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--dir") == 0)
            snprintf(b.dir, sizeof b.dir, "%s", argv[i + 1]);
    int stop[2], tell[2];
    struct seen seen = {0};
    struct stat st = {0};
    double longest = 0;
    bool anew = false;
    uint64_t left = 1;
    if (pipe(stop) != 0 || pipe(tell) != 0)
        return 1;
    pid_t pid = fork(); /* before anything is open that must not be shared */
    if (pid == 0) {
        close(stop[1]);
        reader(stop[0], tell[1]);
    }
    make_network();
    b.ctx = run_ctx_new();
    start();
    fill();
    while (left > 0)
        ok(store_project(b.store, 2000, &left, &err), "project");
    ok(store_commit(b.store, &err), "commit");
    ok(store_checkpoint(b.store, true, NULL, &err), "checkpoint");
    (void)stat(file(STORE_REPLICA), &st);
    uint32_t words_before = 0, words_after = 0, before = occurrences(STORE_REPLICA, &words_before);
    withdraw_some();
    double began = bench_seconds();
    struct roster *r = load_roster();
    double hiding = bench_seconds() - began;
    if (write(stop[1], "", 1) != 1)
        return 1;
    double took = erase_all(&longest, &anew);
    close(stop[1]);
    if (read(tell[0], &seen, sizeof seen) != (ssize_t)sizeof seen)
        seen.failed = 1;
    (void)waitpid(pid, NULL, 0);
    uint32_t after = occurrences(STORE_REPLICA, &words_after) +
                     occurrences(STORE_REPLICA "-wal", &words_after) +
                     occurrences(STORE_PRIVATE, &words_after);
    printf("%u entries, %.1f MB; %u withdrawn: hidden in %.2f s, erased in %.2f s, longest slice %.0f ms, "
           "made anew: %s\n",
           b.entries, (double)st.st_size / 1e6, b.withdraw, hiding, took, longest * 1000,
           anew ? "yes" : "no");
    printf("in the files: %u salts and %u words before, %u and %u after; %u queries meanwhile, %u failed, "
           "slowest %.0f "
           "ms\n",
           before, words_before, after, words_after, seen.queries, seen.failed, seen.slowest);
    roster_free(r);
    ok(store_close(b.store, &err), "close");
    return took <= LIMIT_S && before == b.withdraw && words_before == b.withdraw &&
                   after + words_after == 0 && seen.failed == 0
               ? 0
               : 1;
}
