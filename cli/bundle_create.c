/* kith bundle create: the daemon makes it, piece by piece, and signs; the file is written here, where this
 * user may write. A file appears under its name once it is whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bundle.h"
#include "cli/people.h"
#include "proto/wire/pack.h"

#define REQUEST_MAX 512u

struct creating {
    const struct cli *cli;
    struct control c;
    struct progress p;
    const char *path;
    char now[CLI_PATH_MAX]; /* what is being written */
    FILE *out;
    uint64_t bytes, entries;
    uint32_t parts;
    bool done;
};

/* "600M" */
static int read_size(const char *text, uint64_t *ret, struct kith_error *e)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    const char *units = "kMGT";
    unsigned shift = 0;
    const char *at = *end ? strchr(units, *end == 'K' ? 'k' : *end) : NULL;
    if (at)
        shift = 10 * (unsigned)(at - units + 1);
    if (errno || end == text || text[0] == '-' || (*end && (!at || end[1])) || n == 0 ||
        n > (UINT64_MAX >> shift) / 2)
        return kith_fail(e, KITH_E_USAGE, "size is not understood: \"%.40s\": write 600M or 4G", text);
    *ret = (uint64_t)n << shift;
    return 0;
}

/* ---- what is wanted ---- */

/* --since: a time, or the file of an earlier bundle. */
static int read_since(const struct cli *cli, const char *text, int64_t *ret_ms, const char **ret_file,
                      struct kith_error *e)
{
    *ret_file = NULL;
    if (text && access(text, R_OK) == 0)
        *ret_file = text;
    else if (text)
        return people_since(text, cli->now, ret_ms, e);
    return 0;
}

static void pack_wish(struct buf *b, const struct arguments *a, const int64_t *since, const uint64_t *part)
{
    const char *to = options_get(a, "for"), *seal = options_get(a, "seal");
    pack_map(b, (uint32_t)((to != NULL) + (seal != NULL) + (since != NULL) + (part != NULL)));
    if (to) {
        pack_cstr(b, "to");
        pack_cstr(b, to);
    }
    if (seal) {
        pack_cstr(b, "seal");
        pack_cstr(b, seal);
    }
    if (since) {
        pack_cstr(b, "since_ms");
        pack_uint(b, *since > 0 ? (uint64_t)*since : 0);
    }
    if (part) {
        pack_cstr(b, "part_size");
        pack_uint(b, *part);
    }
}

static int ask_wish(struct creating *k, const struct arguments *a, const int64_t *since, struct kith_error *e)
{
    uint8_t memory[REQUEST_MAX];
    struct kith_bytes answer;
    struct buf b;
    uint64_t part = 0;
    const char *size = options_get(a, "part-size");
    int rc = size ? read_size(size, &part, e) : 0;
    if (rc)
        return rc;
    buf_init(&b, memory, sizeof memory);
    pack_wish(&b, a, since, size ? &part : NULL);
    if (b.failed)
        return kith_fail(e, KITH_E_USAGE, "site is no code: \"%.40s\": see kith members",
                         options_get(a, "for") ? options_get(a, "for") : options_get(a, "seal"));
    return control_ask_map(&k->c, "bundle_make", &b, CONTROL_PATIENT_MS, &answer, e);
}

/* ---- since an earlier bundle ---- */

struct basing {
    struct creating *k;
    struct bundle_reader reader;
    uint32_t heads;
};

static int send_base(struct creating *k, struct kith_bytes heads, struct kith_error *e)
{
    uint8_t *memory = cli_alloc(heads.n + 64);
    struct kith_bytes answer;
    struct buf b;
    buf_init(&b, memory, heads.n + 64);
    pack_map(&b, 1);
    pack_cstr(&b, "heads");
    pack_bin(&b, heads.p, heads.n);
    int rc = control_ask_map(&k->c, "bundle_base", &b, CONTROL_PATIENT_MS, &answer, e);
    free(memory);
    return rc;
}

static int base_piece(void *context, struct kith_bytes bytes, struct kith_error *e)
{
    struct basing *s = context;
    struct bundle_record x;
    int rc;
    while ((rc = bundle_read(&s->reader, &bytes, &x, e)) == 1) {
        if (x.type != BUNDLE_HEADS_OF)
            continue;
        s->heads++;
        if ((rc = send_base(s->k, x.bytes, e)) < 0)
            break;
    }
    return rc;
}

static int base_on(struct creating *k, const char *path, struct kith_error *e)
{
    struct bundle_file f = {.path = path};
    struct basing *s = cli_alloc(sizeof *s);
    s->k = k;
    bundle_reader_init(&s->reader);
    int rc = bundle_file_each(&f, base_piece, s, e);
    if (!rc)
        rc = bundle_read_end(&s->reader, e);
    if (!rc && s->heads == 0)
        rc = kith_fail(e, KITH_E_USAGE,
                       "since \"%.100s\": it is not the last part of a bundle; name that one", path);
    free(s);
    return rc;
}

/* ---- files ---- */

static int write_fails(struct creating *k, struct kith_error *e)
{
    return kith_fail(e, KITH_E_INVALID, "cannot be written: \"%.200s\": %s", k->now, strerror(errno));
}

static int part_open(struct creating *k, struct kith_error *e)
{
    int n = snprintf(k->now, sizeof k->now, "%s.part%u.new", k->path, k->parts + 1);
    if (n < 0 || (size_t)n >= sizeof k->now)
        return kith_fail(e, KITH_E_USAGE, "path is too long: \"%.60s…\": choose a shorter one", k->path);
    k->out = fopen(k->now, "wb");
    return k->out ? 0 : write_fails(k, e);
}

/* One file has the name that was given; of several each says which it is. */
static int part_close(struct creating *k, struct kith_error *e)
{
    char name[CLI_PATH_MAX + 32];
    FILE *out = k->out;
    k->out = NULL;
    bool bad = fflush(out) || fsync(fileno(out));
    if (fclose(out) || bad)
        return write_fails(k, e);
    k->parts++;
    snprintf(name, sizeof name, "%s.part%u", k->path, k->parts);
    return rename(k->now, k->done && k->parts == 1 ? k->path : name) ? write_fails(k, e) : 0;
}

static int take_piece(struct creating *k, struct kith_bytes answer, struct kith_error *e)
{
    struct pack_reader r;
    struct kith_bytes bytes = {NULL, 0};
    bool ends = pack_find(answer, "ends", &r) && pack_get_bool(&r);
    k->done = pack_find(answer, "done", &r) && pack_get_bool(&r);
    k->entries = pack_find(answer, "entries", &r) ? pack_get_uint(&r, UINT64_MAX) : 0;
    uint64_t total = pack_find(answer, "total", &r) ? pack_get_uint(&r, UINT64_MAX) : 0;
    if (pack_find(answer, "bytes", &r))
        bytes = pack_get_bin(&r, CONTROL_ANSWER_MAX);
    int rc = k->out ? 0 : part_open(k, e);
    if (!rc && bytes.n > 0 && fwrite(bytes.p, 1, bytes.n, k->out) != bytes.n)
        rc = write_fails(k, e);
    k->bytes += bytes.n;
    progress_step(&k->p, k->entries, total);
    return !rc && ends ? part_close(k, e) : rc;
}

static int write_all(struct creating *k, struct kith_error *e)
{
    uint8_t memory[8];
    struct kith_bytes answer;
    struct buf b;
    int rc = 0;
    progress_begin(&k->p, k->cli, "Writing");
    while (!rc && !k->done) {
        buf_init(&b, memory, sizeof memory);
        pack_map(&b, 0);
        rc = control_ask_map(&k->c, "bundle_read", &b, CONTROL_PATIENT_MS, &answer, e);
        if (!rc)
            rc = take_piece(k, answer, e);
    }
    progress_end(&k->p);
    if (k->out)
        fclose(k->out);
    k->out = NULL;
    if (rc && k->now[0])
        unlink(k->now);
    return rc;
}

static void say_made(const struct creating *k, const struct arguments *a)
{
    char entries[32], bytes[32];
    const char *to = options_get(a, "for"), *seal = options_get(a, "seal");
    if (k->cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "file", k->path);
        js_put_integer(o, "parts", k->parts);
        js_put_integer(o, "entries", (int64_t)k->entries);
        js_put_integer(o, "bytes", (int64_t)k->bytes);
        js_print_take(o, stdout);
        return;
    }
    people_number(k->entries, entries);
    people_number(k->bytes, bytes);
    people_say(k->cli, "Wrote %s%s: %s entries, %s bytes%s%s%s%s.", k->path, k->parts > 1 ? ".part1 …" : "",
               entries, bytes, to ? ", for " : "", to ? to : "", seal ? ", sealed for " : "",
               seal ? seal : "");
    if (k->parts > 1)
        people_say(k->cli, "It has %u parts; all of them must be applied.", k->parts);
}

int bundle_create(struct cli *cli, const struct arguments *a)
{
    struct creating k = {.cli = cli, .path = a->word[1], .c = {.fd = -1}};
    struct kith_error e;
    int64_t since = 0;
    const char *text = options_get(a, "since"), *file = NULL;
    int rc = cli_set_home(cli, a->home, &e);
    if (!rc)
        rc = read_since(cli, text, &since, &file, &e);
    if (!rc)
        rc = control_open(&k.c, cli, &e);
    if (!rc)
        rc = ask_wish(&k, a, text && !file ? &since : NULL, &e);
    if (!rc && file)
        rc = base_on(&k, file, &e);
    if (!rc)
        rc = write_all(&k, &e);
    if (k.c.fd >= 0)
        control_close(&k.c);
    if (rc)
        return cli_fail(&e);
    say_made(&k, a);
    return CLI_DONE;
}
