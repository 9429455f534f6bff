#include "daemon/rootfile.h"

#include "proto/log/cert.h"
#include "proto/wire/hex.h"

#include <stdio.h>
#include <string.h>

#define MAGIC      "kith-root-key "
#define LINE_BYTES 400u /* bytes of a line */

/* ---- printing ---- */

static void put(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

static void put_hex(struct buf *b, const void *p, size_t n)
{
    const uint8_t *at = p;
    char two[3];
    for (size_t i = 0; i < n; i++) {
        hex_print(at + i, 1, two);
        buf_put(b, two, 2);
    }
}

void rootfile_print_head(const struct rootfile *f, struct buf *b)
{
    char numbers[64];
    put(b, MAGIC "1\n# The root key of ");
    put(b, f->code);
    put(b, ", sealed with a passphrase. Who has both is this site: keep the file off\n"
           "# the network, keep a second copy elsewhere, and the passphrase in neither place.\n"
           "# kith key import FILE brings it back.\nsite ");
    put(b, f->code);
    put(b, "\nroot ");
    put_hex(b, f->root.b, sizeof f->root.b);
    put(b, "\nnetwork ");
    if (f->has_network) {
        put_hex(b, f->net.b, sizeof f->net.b);
        put(b, " ");
    }
    put(b, f->has_network ? f->network : "none");
    put(b, "\nmade ");
    put(b, f->made);
    snprintf(numbers, sizeof numbers, "\nargon2id %llu %llu ", (unsigned long long)f->ops,
             (unsigned long long)f->mem);
    put(b, numbers);
    put_hex(b, f->salt, sizeof f->salt);
    put(b, "\n");
}

void rootfile_print_seal(const struct rootfile *f, struct buf *b)
{
    put(b, "sealed ");
    put_hex(b, f->nonce, sizeof f->nonce);
    put_hex(b, f->box, sizeof f->box);
    put(b, "\n");
}

/* ---- reading ---- */

/* A text and where the next line begins. Failure sticks. */
struct lines {
    struct kith_bytes text;
    size_t at;
    bool failed;
};

/* The next line that is no comment, without its end. */
static struct kith_bytes next_line(struct lines *l)
{
    while (!l->failed) {
        const uint8_t *from = l->text.p + l->at;
        size_t left = l->text.n - l->at;
        const uint8_t *end = left ? memchr(from, '\n', left) : NULL;
        if (!end || (size_t)(end - from) > LINE_BYTES)
            break;
        l->at += (size_t)(end - from) + 1;
        if (from[0] != '#')
            return (struct kith_bytes){from, (size_t)(end - from)};
    }
    l->failed = true;
    return (struct kith_bytes){l->text.p, 0};
}

/* Takes `word` and a space off the front. */
static void expect(struct lines *l, struct kith_bytes *line, const char *word)
{
    size_t n = strlen(word);
    if (line->n <= n || memcmp(line->p, word, n) != 0 || line->p[n] != ' ') {
        l->failed = true;
        return;
    }
    line->p += n + 1;
    line->n -= n + 1;
}

static void take_hex(struct lines *l, struct kith_bytes *line, uint8_t *ret, size_t n)
{
    if (l->failed || line->n < 2 * n || !hex_read(line->p, 2 * n, ret, n)) {
        l->failed = true;
        return;
    }
    line->p += 2 * n;
    line->n -= 2 * n;
}

/* Decimal digits and the space behind them. */
static uint64_t take_number(struct lines *l, struct kith_bytes *line, uint64_t min, uint64_t max)
{
    uint64_t v = 0;
    size_t n = 0;
    while (n < line->n && n < 18 && line->p[n] >= '0' && line->p[n] <= '9')
        v = v * 10 + (uint64_t)(line->p[n++] - '0');
    if (n == 0 || n == line->n || line->p[n] != ' ' || v < min || v > max) {
        l->failed = true;
        return min;
    }
    line->p += n + 1;
    line->n -= n + 1;
    return v;
}

static void take_text(struct lines *l, struct kith_bytes line, char *ret, size_t max)
{
    if (line.n == 0 || line.n > max || memchr(line.p, '\0', line.n))
        l->failed = true;
    if (l->failed)
        return;
    memcpy(ret, line.p, line.n);
    ret[line.n] = '\0';
}

static void read_site(struct lines *l, struct rootfile *f)
{
    struct kith_bytes line = next_line(l);
    expect(l, &line, "site");
    take_text(l, line, f->code, KITH_CODE_MAX);
    if (!l->failed && !cert_code_ok(line))
        l->failed = true;
    line = next_line(l);
    expect(l, &line, "root");
    take_hex(l, &line, f->root.b, sizeof f->root.b);
    l->failed = l->failed || line.n > 0;
}

static void read_network(struct lines *l, struct rootfile *f)
{
    struct kith_bytes line = next_line(l);
    expect(l, &line, "network");
    f->has_network = l->failed || line.n != 4 || memcmp(line.p, "none", 4) != 0;
    if (!f->has_network)
        return;
    take_hex(l, &line, f->net.b, sizeof f->net.b);
    if (l->failed || line.n < 2 || line.p[0] != ' ') {
        l->failed = true;
        return;
    }
    line.p++;
    line.n--;
    take_text(l, line, f->network, KITH_NAME_MAX);
    l->failed = l->failed || !cert_name_ok(line);
}

static void read_seal(struct lines *l, struct rootfile *f)
{
    struct kith_bytes line = next_line(l);
    expect(l, &line, "made");
    take_text(l, line, f->made, ROOTFILE_DATE);
    line = next_line(l);
    expect(l, &line, "argon2id");
    f->ops = take_number(l, &line, 1, ROOTFILE_OPS_MAX);
    f->mem = take_number(l, &line, ROOTFILE_MEM_MIN, ROOTFILE_MEM_MAX);
    take_hex(l, &line, f->salt, sizeof f->salt);
    l->failed = l->failed || line.n > 0;
    f->bound = (struct kith_bytes){l->text.p, l->at};
    line = next_line(l);
    expect(l, &line, "sealed");
    take_hex(l, &line, f->nonce, sizeof f->nonce);
    take_hex(l, &line, f->box, sizeof f->box);
    l->failed = l->failed || line.n > 0 || l->at != l->text.n;
}

int rootfile_parse(struct kith_bytes text, struct rootfile *ret, struct kith_error *e)
{
    struct lines l = {.text = text};
    struct rootfile f = {.has_network = false};
    size_t magic = sizeof MAGIC - 1;
    if (text.n > ROOTFILE_MAX || text.n < magic || memcmp(text.p, MAGIC, magic) != 0)
        return kith_fail(e, KITH_E_INVALID, "this is not a file that `kith key export` wrote");
    struct kith_bytes line = next_line(&l);
    if (!l.failed && (line.n != magic + 1 || line.p[magic] != '1'))
        return kith_fail(e, KITH_E_INVALID,
                         "key file of a form that this version does not know: open it with a later Kith");
    read_site(&l, &f);
    read_network(&l, &f);
    read_seal(&l, &f);
    if (l.failed)
        return kith_fail(e, KITH_E_INVALID, "key file is damaged or cut off: take another copy of it");
    *ret = f;
    return 0;
}
