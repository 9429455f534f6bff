#include "cli/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/pack.h"

#define GROUPS 8u

void bundle_fingerprint(const uint8_t *p, char ret[FINGERPRINT_SIZE])
{
    for (size_t i = 0; i < GROUPS; i++)
        snprintf(ret + 5 * i, 6, "%02x%02x%s", p[2 * i], p[2 * i + 1], i + 1 < GROUPS ? "-" : "");
}

void bundle_fingerprint_hex(const char *hex, char ret[FINGERPRINT_SIZE])
{
    ret[0] = '\0';
    if (strnlen(hex, 4 * GROUPS) < 4 * GROUPS)
        return;
    for (size_t i = 0; i < GROUPS; i++)
        snprintf(ret + 5 * i, 6, "%.4s%s", hex + 4 * i, i + 1 < GROUPS ? "-" : "");
}

/* ---- files ---- */

static int cannot(const char *path, const char *what, struct kith_error *e)
{
    return kith_fail(e, errno == ENOENT ? KITH_E_USAGE : KITH_E_INVALID, "%s: \"%.200s\": %s", what, path,
                     strerror(errno));
}

static int look(const char *path, struct bundle_file *ret, struct kith_error *e)
{
    uint8_t front[BUNDLE_OPENING];
    FILE *in = fopen(path, "rb");
    if (!in)
        return cannot(path, "cannot be opened", e);
    *ret = (struct bundle_file){.path = path};
    size_t n = fread(front, 1, sizeof front, in);
    int unread = ferror(in) ? cannot(path, "cannot be read", e) : 0;
    off_t size = fseeko(in, 0, SEEK_END) == 0 ? ftello(in) : 0;
    fclose(in);
    if (unread < 0)
        return unread;
    ret->size = size > 0 ? (uint64_t)size : 0;
    ret->sealed = bundle_is_sealed((struct kith_bytes){front, n});
    if (ret->sealed)
        return 0;
    struct bundle_reader *r = cli_alloc(sizeof *r);
    struct bundle_record x;
    struct kith_bytes bytes = {front, n};
    struct kith_error why;
    bundle_reader_init(r);
    int rc = bundle_read(r, &bytes, &x, &why);
    if (rc == 0)
        rc = bundle_read_end(r, &why);
    if (rc < 0)
        kith_fail(e, rc, "%.100s: %.200s", path, why.text);
    ret->opening = r->opening;
    free(r);
    return rc < 0 ? rc : 0;
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Older bundles first, the parts of one together and in order; of what is sealed nothing is known yet. */
static int by_part(const void *a, const void *b)
{
    const struct bundle_file *x = a, *y = b;
    int c = order(x->sealed, y->sealed);
    if (c == 0)
        c = order(x->opening.time, y->opening.time);
    if (c == 0)
        c = memcmp(x->opening.set, y->opening.set, sizeof x->opening.set);
    if (c == 0)
        c = order(x->opening.part, y->opening.part);
    return c != 0 ? c : strcmp(x->path, y->path);
}

int bundle_files_open(char *const *paths, uint32_t n, struct bundle_file *ret, struct kith_error *e)
{
    for (uint32_t i = 0; i < n; i++) {
        int rc = look(paths[i], &ret[i], e);
        if (rc)
            return rc;
    }
    qsort(ret, n, sizeof *ret, by_part);
    return 0;
}

void bundle_files_clear(struct bundle_file *f, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        js_free(f[i].looked);
}

int bundle_file_each(const struct bundle_file *f, bundle_take *take, void *context, struct kith_error *e)
{
    FILE *in = fopen(f->path, "rb");
    if (!in)
        return kith_fail(e, KITH_E_USAGE, "cannot be opened: \"%s\"", strerror(errno));
    uint8_t *piece = cli_alloc(BUNDLE_PIECE);
    int rc = 0;
    size_t n;
    while (!rc && (n = fread(piece, 1, BUNDLE_PIECE, in)) > 0)
        rc = take(context, (struct kith_bytes){piece, n}, e);
    if (!rc && ferror(in))
        rc = kith_fail(e, KITH_E_INVALID, "cannot be read: \"%s\"", strerror(errno));
    free(piece);
    fclose(in);
    return rc;
}

/* What went wrong, with the name of the file in front. */
static int in_file(const struct bundle_file *f, int rc, struct kith_error *e)
{
    struct kith_error why = *e;
    return rc < 0 ? kith_fail(e, rc, "%.100s: %s", f->path, why.text) : rc;
}

/* ---- checked here ---- */

struct checking {
    struct bundle_reader reader;
    struct bundle_check *check;
    struct progress *p;
    uint64_t before, total;
};

static int check_piece(void *context, struct kith_bytes bytes, struct kith_error *e)
{
    struct checking *k = context;
    struct bundle_record x;
    int rc;
    while ((rc = bundle_read(&k->reader, &bytes, &x, e)) == 1)
        if ((rc = bundle_check_record(k->check, &k->reader.opening, &x, e)) < 0)
            break;
    progress_step(k->p, k->before + k->reader.bytes, k->total);
    return rc;
}

/* Checks a file that is not sealed, without a daemon; `check` has what the files before it brought. */
static int bundle_file_check(const struct bundle_file *f, struct bundle_check *check, struct progress *p,
                             uint64_t before, uint64_t total, struct kith_error *e)
{
    struct checking *k = cli_alloc(sizeof *k);
    k->check = check;
    k->p = p;
    k->before = before;
    k->total = total;
    bundle_reader_init(&k->reader);
    bundle_check_next(check);
    int rc = bundle_file_each(f, check_piece, k, e);
    if (!rc)
        rc = bundle_read_end(&k->reader, e);
    free(k);
    return in_file(f, rc, e);
}

int proof_file_check(const char *path, struct bundle_check *check, struct bundle_opening *ret_opening,
                     struct kith_error *e)
{
    struct progress none = {.shown = false};
    struct bundle_file f = {.path = path};
    struct checking *k = cli_alloc(sizeof *k);
    k->check = check;
    k->p = &none;
    proof_reader_init(&k->reader);
    int rc = bundle_file_each(&f, check_piece, k, e);
    if (!rc)
        rc = bundle_read_end(&k->reader, e);
    *ret_opening = k->reader.opening;
    free(k);
    return in_file(&f, rc, e);
}

/* ---- handed to the daemon ---- */

struct handing {
    struct control *c;
    struct progress *p;
    uint64_t done, total;
    uint8_t *memory; /* of the request */
};

static int hand_piece(void *context, struct kith_bytes bytes, struct kith_error *e)
{
    struct handing *h = context;
    struct kith_bytes answer;
    struct buf b;
    buf_init(&b, h->memory, BUNDLE_PIECE + 64);
    pack_map(&b, 1);
    pack_cstr(&b, "bytes");
    pack_bin(&b, bytes.p, bytes.n);
    int rc = control_ask_map(h->c, "bundle_put", &b, CONTROL_PATIENT_MS, &answer, e);
    h->done += bytes.n;
    progress_step(h->p, h->done, h->total);
    return rc;
}

static int take_request(struct control *c, bool apply, struct kith_error *e)
{
    uint8_t memory[32];
    struct kith_bytes answer;
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    pack_cstr(&b, "apply");
    pack_bool(&b, apply);
    return control_ask_map(c, "bundle_take", &b, CONTROL_QUICK_MS, &answer, e);
}

int bundle_file_hand(struct control *c, const struct bundle_file *f, bool apply, struct progress *p,
                     uint64_t before, uint64_t total, struct js **ret, struct kith_error *e)
{
    uint8_t nothing[8];
    struct buf b;
    struct handing h = {.c = c, .p = p, .done = before, .total = total};
    int rc = take_request(c, apply, e);
    if (rc)
        return rc;
    h.memory = cli_alloc(BUNDLE_PIECE + 64);
    rc = bundle_file_each(f, hand_piece, &h, e);
    free(h.memory);
    buf_init(&b, nothing, sizeof nothing);
    pack_map(&b, 0);
    if (!rc)
        rc = control_ask(c, "bundle_end", &b, CONTROL_PATIENT_MS, ret, e);
    return in_file(f, rc, e);
}

/* ---- all of them ---- */

static bool same_set(const struct bundle_file *a, const struct bundle_file *b)
{
    return !a->sealed && !b->sealed && memcmp(a->opening.set, b->opening.set, sizeof a->opening.set) == 0;
}

static int look_sealed(const struct cli *cli, struct bundle_file *f, struct progress *p, uint64_t before,
                       uint64_t total, struct kith_error *e)
{
    struct control c;
    int rc = control_open(&c, cli, e);
    if (rc)
        return rc;
    rc = bundle_file_hand(&c, f, false, p, before, total, &f->looked, e);
    control_close(&c);
    return rc;
}

static int check_plain(struct bundle_file *f, uint32_t i, struct bundle_check **check, struct progress *p,
                       uint64_t before, uint64_t total, struct kith_error *e)
{
    check[i] = i > 0 && same_set(&f[i - 1], &f[i]) ? check[i - 1] : bundle_check_new();
    if (!check[i])
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory to check \"%.100s\"", f[i].path);
    return bundle_file_check(&f[i], check[i], p, before, total, e);
}

int bundle_files_check(const struct cli *cli, struct bundle_file *f, uint32_t n,
                       struct bundle_check **ret_check, struct kith_error *e)
{
    struct progress p;
    uint64_t total = 0, before = 0;
    int rc = 0;
    for (uint32_t i = 0; i < n; i++)
        total += f[i].size;
    progress_begin(&p, cli, "Checking");
    for (uint32_t i = 0; i < n && !rc; i++) {
        rc = f[i].sealed ? look_sealed(cli, &f[i], &p, before, total, e)
                         : check_plain(f, i, ret_check, &p, before, total, e);
        before += f[i].size;
    }
    progress_end(&p);
    return rc;
}

void bundle_checks_free(struct bundle_check **check, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (i + 1 == n || check[i] != check[i + 1])
            bundle_check_free(check[i]);
}
