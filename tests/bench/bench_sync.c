/* The benchmark: 100 logs of 1,000 entries, from one real daemon to an empty second one over loopback.
 *
 *     kith-bench [--logs N] [--entries N] [--dir DIR]
 *
 * It founds a network at A, lets B join, stops both, fills A's store with N member sites and their signed
 * lessons through the store's own door, starts both and watches B's replica file as any reader would: durable
 * and verified when the logs say so, searchable when the projection has caught up. CPU and memory are the
 * kernel's account of the two daemons; bytes on the wire are the loopback device's, TCP/IP headers included.
 */
#include "daemon/home.h"
#include "daemon/key.h"
#include "daemon/store.h"
#include "kith/kinds.h"
#include "tests/bench/bench.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct bench {
    char dir[512], a[600], b[600], listen_a[32], listen_b[32];
    uint32_t logs, entries;
    struct run_ctx *ctx;
    struct run *run;
    struct bench_data data;
    uint64_t random, ticket;
};

static pid_t running[2]; /* daemons that must not outlive the benchmark */

static void bench_die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    for (size_t i = 0; i < 2; i++)
        if (running[i] > 0)
            kill(running[i], SIGKILL);
    exit(1);
}

/* ---- programs ---- */

/* Standard error, where daemons log, goes to `log` when that is a file. */
static pid_t bench_spawn(const char *const *argv, int out, int log)
{
    posix_spawn_file_actions_t fa;
    pid_t pid;
    posix_spawn_file_actions_init(&fa);
    if (out >= 0)
        posix_spawn_file_actions_adddup2(&fa, out, 1);
    if (log >= 0)
        posix_spawn_file_actions_adddup2(&fa, log, 2);
    if (posix_spawn(&pid, argv[0], &fa, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
        bench_die(argv[0]);
    posix_spawn_file_actions_destroy(&fa);
    return pid;
}

static void bench_run_program(const char *const *argv, char *ret, size_t cap)
{
    int p[2], status = 0;
    if (pipe(p) != 0)
        bench_die("pipe");
    pid_t pid = bench_spawn(argv, p[1], -1);
    close(p[1]);
    size_t n = 0;
    ssize_t k;
    while (n + 1 < cap && (k = read(p[0], ret + n, cap - 1 - n)) > 0)
        n += (size_t)k;
    ret[n] = '\0';
    close(p[0]);
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_die(argv[1] != NULL ? argv[3] : argv[0]);
}

static pid_t bench_daemon(const char *home, const char *listen)
{
    const char *argv[] = {BENCH_BIN "/kithd", "--home", home, "--listen", listen, "--foreground", NULL};
    char path[700];
    snprintf(path, sizeof path, "%s.log", home);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_t pid = bench_spawn(argv, -1, log);
    if (log >= 0)
        close(log);
    running[running[0] > 0] = pid;
    return pid;
}

static void bench_stop(pid_t pid)
{
    int status;
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    for (size_t i = 0; i < 2; i++)
        if (running[i] == pid)
            running[i] = 0;
}

static void bench_wait_socket(const char *home)
{
    char path[700];
    struct timespec t = {0, 20000000};
    snprintf(path, sizeof path, "%s/kithd.sock", home);
    for (int i = 0; i < 500 && access(path, F_OK) != 0; i++)
        nanosleep(&t, NULL);
}

/* ---- the network: A founds, B joins ---- */

static void bench_found(struct bench *x)
{
    char out[4096];
    const char *init_a[] = {BENCH_BIN "/kithd", "--init", "--home",    x->a,    "--code", "AAA",
                            "--name",           "A",      "--network", "Bench", NULL};
    const char *init_b[] = {BENCH_BIN "/kithd", "--init", "--home", x->b, "--code", "BBB",
                            "--name",           "B",      NULL};
    bench_run_program(init_a, out, sizeof out);
    bench_run_program(init_b, out, sizeof out);
    pid_t a = bench_daemon(x->a, x->listen_a), b = bench_daemon(x->b, x->listen_b);
    bench_wait_socket(x->a);
    bench_wait_socket(x->b);
    const char *invite[] = {BENCH_BIN "/kith", "--home", x->a, "invite", NULL};
    bench_run_program(invite, out, sizeof out);
    out[strcspn(out, "\r\n")] = '\0';
    const char *join[] = {BENCH_BIN "/kith", "--home", x->b, "join", out, NULL};
    char answer[4096];
    bench_run_program(join, answer, sizeof answer);
    bench_stop(a);
    bench_stop(b);
}

/* ---- filling A ---- */

static void bench_put(struct bench *x, struct store *s, const struct crypto_sk *sk,
                      const struct kith_net_id *net)
{
    static uint8_t memory[KITH_RUN_WIRE_MAX];
    struct buf b;
    struct kith_error e;
    buf_init(&b, memory, sizeof memory);
    if (run_sign(x->run, net, sk) != 0 || run_encode(x->ctx, x->run, &b) != 0)
        bench_die("a run could not be made");
    const struct run_entry *last = &x->run->entry[x->run->count - 1];
    struct sync_action a = {.type = SYNC_STORE,
                            .ticket = ++x->ticket,
                            .log = x->run->log,
                            .first = x->run->first,
                            .last = last->e.seq,
                            .last_id = last->id,
                            .bytes = {memory, b.n},
                            .run = x->run};
    if (store_put_run(s, &a, (struct kith_wall){1700000000000}, &e) != 0)
        bench_die(e.text);
    if (x->run->log.stream == KITH_LEARNING)
        bench_keep(&x->data, x->run, a.bytes);
}

static struct kith_salt bench_salt(struct bench *x)
{
    struct kith_salt salt;
    for (size_t i = 0; i < sizeof salt.b; i++) {
        x->random = x->random * 6364136223846793005ull + 1442695040888963407ull;
        salt.b[i] = (uint8_t)(x->random >> 56);
    }
    return salt;
}

static void bench_add(struct bench *x, uint8_t kind, struct kith_bytes body, int *ret)
{
    struct kith_salt salt = bench_salt(x);
    *ret = run_add(x->run, kind, 1, 1700000000000, &salt, body);
}

/* One site: certificate, then its lessons. */
static void bench_fill_site(struct bench *x, struct store *s, const struct kith_net_id *net, uint32_t i,
                            const struct kith_pk *root, const struct crypto_sk *root_sk)
{
    uint8_t seed[32] = {2, (uint8_t)i, (uint8_t)(i >> 8)}, memory[1200];
    struct kith_pk entry;
    struct crypto_sk entry_sk;
    struct buf b;
    struct kith_id zero = {{0}};
    struct kith_log_key log = {.epoch = 1, .stream = KITH_CONTROL};
    int r;
    crypto_sign_keys(seed, &entry, &entry_sk);
    crypto_site_id(root, &log.site);
    buf_init(&b, memory, sizeof memory);
    if (cert_make(net, root_sk, root, &entry, &entry, 1, NULL, 0, &b) != 0)
        bench_die("a certificate could not be made");
    run_begin(x->run, &log, 1, &zero);
    bench_add(x, KITH_KIND_CERT, (struct kith_bytes){memory, b.n}, &r);
    bench_put(x, s, &entry_sk, net);
    log.stream = KITH_LEARNING;
    run_begin(x->run, &log, 1, &zero);
    for (uint32_t k = 0; k < x->entries; k++) {
        buf_init(&b, memory, sizeof memory);
        bench_lesson(&x->random, &b);
        bench_add(x, KITH_KIND_LESSON, (struct kith_bytes){memory, b.n}, &r);
        if (r == KITH_E_FULL) {
            bench_put(x, s, &entry_sk, net);
            struct kith_id prev = x->run->entry[x->run->count - 1].id;
            run_begin(x->run, &log, k + 1, &prev);
            bench_add(x, KITH_KIND_LESSON, (struct kith_bytes){memory, b.n}, &r);
        }
    }
    bench_put(x, s, &entry_sk, net);
}

/* A's own ADMITs, appended where A's control log ends. */
static void bench_admit(struct bench *x, struct store *s, struct roster *roster, const struct keys *keys,
                        struct sync *sync, const struct kith_pk *root, uint32_t i)
{
    struct op_admit o = {.council = roster_council(roster)->id, .root = *root};
    uint8_t memory[1000];
    struct buf b;
    uint64_t first;
    struct kith_error e;
    (void)keys;
    snprintf(o.code, sizeof o.code, "S%u", i % 1000);
    snprintf(o.name, sizeof o.name, "Site %u", i);
    buf_init(&b, memory, sizeof memory);
    struct kith_salt salt = bench_salt(x);
    if (op_admit_make(&o, &b) != 0 || sync_append_begin(sync, KITH_CONTROL, &first, &e) != 0 ||
        sync_append_add(sync, KITH_KIND_ADMIT, 1, (struct kith_wall){1700000000000}, &salt,
                        (struct kith_bytes){memory, b.n}) != 0 ||
        sync_append_end(sync, (struct kith_mono){0}, &e) != 0)
        bench_die("a site could not be admitted");
    struct sync_action a;
    while (sync_next(sync, &a) != SYNC_NOTHING) {
        if (a.type != SYNC_STORE)
            continue;
        if (store_put_run(s, &a, (struct kith_wall){1700000000000}, &e) != 0)
            bench_die(e.text);
        sync_stored(sync, a.ticket, (struct kith_mono){0});
    }
}

static void bench_fill(struct bench *x)
{
    struct kith_error e;
    struct home h;
    struct keys keys;
    struct store *s = NULL;
    struct roster *roster = NULL;
    if (home_open(&h, x->a, &e) != 0 || keys_load(&keys, &h, &e) != 0 || store_open(x->a, &s, &e) != 0 ||
        store_load_roster(s, &roster, &e) != 0)
        bench_die(e.text);
    struct sync_config c = {.roster = roster,
                            .self = keys.site,
                            .epoch = keys.epoch,
                            .entry_sk = &keys.secret->entry,
                            .reader = {s, store_id_at, store_run_at, store_proof_at},
                            .alone = true,
                            .software = "bench"};
    struct sync *sync = sync_new(&c);
    if (sync == NULL || store_load_sync(s, sync, &e) != 0)
        bench_die("A's replica could not be loaded");
    sync_start(sync, (struct kith_mono){0});
    for (uint32_t i = 0; i < x->logs; i++) {
        uint8_t seed[32] = {1, (uint8_t)i, (uint8_t)(i >> 8)};
        struct kith_pk root;
        struct crypto_sk root_sk;
        crypto_sign_keys(seed, &root, &root_sk);
        bench_admit(x, s, roster, &keys, sync, &root, i);
        bench_fill_site(x, s, roster_net(roster), i, &root, &root_sk);
        if (store_commit(s, &e) != 0)
            bench_die(e.text);
    }
    sync_free(sync);
    if (store_set_roster(s, roster, &e) != 0)
        bench_die(e.text);
    uint64_t left = 1;
    while (left > 0)
        if (store_project(s, 4000, &left, &e) != 0 || store_commit(s, &e) != 0)
            bench_die(e.text);
    if (store_close(s, &e) != 0)
        bench_die(e.text);
    roster_free(roster);
    keys_clear(&keys);
    home_close(&h);
}

/* ---- measuring ---- */

static uint64_t bench_lo_bytes(void)
{
    FILE *f = fopen("/sys/class/net/lo/statistics/tx_bytes", "r");
    char line[40] = "0";
    if (f != NULL && fgets(line, sizeof line, f) == NULL)
        line[0] = '\0';
    if (f != NULL)
        fclose(f);
    return strtoull(line, NULL, 10);
}

static uint64_t bench_status_kb(pid_t pid, const char *key)
{
    char path[64], line[200];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    uint64_t kb = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            kb = strtoull(line + strlen(key) + 1, NULL, 10);
    if (f != NULL)
        fclose(f);
    return kb;
}

/* User and system time in seconds. */
static double bench_cpu(pid_t pid)
{
    char path[64], line[1000] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return 0;
    if (fgets(line, sizeof line, f) == NULL)
        line[0] = '\0';
    fclose(f);
    char *p = strrchr(line, ')'), *end = p;
    double ticks = 0;
    for (int field = 3; p != NULL && field <= 15; field++) {
        p = strchr(p + 1, ' ');
        if (p != NULL && field >= 14)
            ticks += (double)strtoull(p + 1, &end, 10);
    }
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

static int64_t bench_ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;
    int64_t n = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

/* Polls B's replica until the query gives at least `until`; the seconds since `began`, or −1 after two
 * minutes. */
static double bench_until(sqlite3 *db, const char *sql, int64_t until, double began)
{
    struct timespec t = {0, 5000000};
    while (bench_seconds() - began < 120) {
        if (bench_ask(db, sql) >= until)
            return bench_seconds() - began;
        nanosleep(&t, NULL);
    }
    return -1;
}

static void bench_measure(struct bench *x)
{
    char path[700];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/replica.db", x->b);
    pid_t a = bench_daemon(x->a, x->listen_a);
    bench_wait_socket(x->a);
    struct timespec settle = {1, 0};
    nanosleep(&settle, NULL);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        bench_die("B's replica cannot be read");
    sqlite3_busy_timeout(db, 2000);
    uint64_t lo = bench_lo_bytes();
    double cpu_a = bench_cpu(a), began = bench_seconds();
    pid_t b = bench_daemon(x->b, x->listen_b);
    int64_t all = (int64_t)x->logs * x->entries;
    /* Cheap questions: what asks must not take the processor from what is measured. */
    const char *stored = "SELECT ifnull(sum(last), 0) FROM log WHERE stream = 1";
    const char *projected =
        "SELECT (SELECT max(arrival) FROM run) <= (SELECT value FROM meta WHERE key = 'projected')";
    double first = bench_until(db, stored, 1, began), durable = bench_until(db, stored, all, began);
    double wire = (double)(bench_lo_bytes() - lo), cpu_durable = bench_cpu(b);
    double found = bench_until(db, projected, 1, began);
    printf("sync: first entry after %.2f s, %lld durable and verified after %.2f s: %.0f entries/s from "
           "start, %.0f/s "
           "from the first\n",
           first, (long long)all, durable, (double)all / durable, (double)all / (durable - first));
    printf("      searchable after %.2f s: %.0f entries/s\n", found, (double)all / found);
    printf("      %.0f bytes on the wire an entry; CPU a entry: sender %.1f µs, receiver %.1f µs to durable, "
           "%.1f µs to "
           "searchable\n",
           wire / (double)all, (bench_cpu(a) - cpu_a) / (double)all * 1e6, cpu_durable / (double)all * 1e6,
           bench_cpu(b) / (double)all * 1e6);
    printf("      resident at most: sender %.1f MiB, receiver %.1f MiB\n",
           (double)bench_status_kb(a, "VmHWM:") / 1024, (double)bench_status_kb(b, "VmHWM:") / 1024);
    sqlite3_close(db);
    bench_stop(b);
    bench_stop(a);
    struct stat st;
    if (stat(path, &st) == 0)
        printf("      %.0f bytes on disk an entry at the receiver, log, projections and full text\n",
               (double)st.st_size / (double)all);
}

int main(int argc, char **argv)
{
    static struct bench x = {.logs = 100, .entries = 1000, .random = 5484};
    snprintf(x.dir, sizeof x.dir, "/tmp/kith-bench-%d", (int)getpid());
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--logs") == 0)
            x.logs = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--entries") == 0)
            x.entries = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--dir") == 0)
            snprintf(x.dir, sizeof x.dir, "%s", argv[i + 1]);
    }
    if (x.logs == 0 || x.logs > BENCH_KEYS_MAX || crypto_start() != 0 || mkdir(x.dir, 0700) != 0)
        bench_die("usage: kith-bench [--logs 1…1000] [--entries N] [--dir NEWDIR]");
    snprintf(x.a, sizeof x.a, "%s/a", x.dir);
    snprintf(x.b, sizeof x.b, "%s/b", x.dir);
    snprintf(x.listen_a, sizeof x.listen_a, "127.0.0.1:%d", 20000 + (int)getpid() % 20000);
    snprintf(x.listen_b, sizeof x.listen_b, "127.0.0.1:%d", 40000 + (int)getpid() % 20000);
    x.ctx = run_ctx_new();
    x.run = calloc(1, sizeof *x.run);
    if (x.ctx == NULL || x.run == NULL)
        bench_die("no memory");
    bench_found(&x);
    double began = bench_seconds();
    bench_fill(&x);
    printf("fill: %llu entries signed, stored and indexed in %.1f s\n", (unsigned long long)x.data.entries,
           bench_seconds() - began);
    bench_measure(&x);
    bench_floors(&x.data, x.dir);
    printf("files are in %s\n", x.dir);
    return 0;
}
