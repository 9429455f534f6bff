/* From what people wrote to a body (SPEC 10): the first byte names the kind, the rest is a file: front matter
 * of lines `path: text` (real YAML is the front matter target's), then headings and texts. What
 * compose_finish gives is a canonical body that its own author's check and every receiver take; what it
 * refuses, it refuses with a finding. */
#include "proto/learn/compose.h"
#include "tests/fuzz/fuzz.h"

#define LINES_MAX 400u

static _Alignas(16) uint8_t memory[COMPOSE_MEMORY];

static bool cut(struct kith_bytes *rest, uint8_t at, struct kith_bytes *ret)
{
    if (rest->n == 0)
        return false;
    const uint8_t *end = memchr(rest->p, at, rest->n);
    ret->p = rest->p;
    ret->n = end == NULL ? rest->n : (size_t)(end - rest->p);
    size_t used = ret->n + (end != NULL);
    rest->p += used;
    rest->n -= used;
    return true;
}

static void add_line(struct compose *c, struct kith_bytes line, struct findings *f)
{
    struct kith_bytes path;
    if (!cut(&line, ':', &path))
        return;
    if (line.n > 0 && line.p[0] == ' ')
        line = (struct kith_bytes){line.p + 1, line.n - 1};
    char *name = fuzz_cstr(path);
    uint8_t *text = fuzz_copy(line);
    uint32_t errors = f->errors;
    int rc = compose_add(c, name, (struct kith_bytes){text, line.n}, f);
    assert(rc == 0 || rc == KITH_E_INVALID || rc == KITH_E_FULL);
    assert(rc == 0 || f->errors > errors || c->full);
    free(text);
    free(name);
}

static void finish(struct compose *c, const struct kind *k, struct findings *f)
{
    static uint8_t out[KITH_BODY_MAX];
    static struct findings again;
    struct kith_error e;
    struct buf b;
    buf_init(&b, out, sizeof out);
    int rc = compose_finish(c, &b, f);
    if (rc != 0) {
        assert(b.n == 0 && f->errors > 0);
        return;
    }
    struct kith_bytes body = {out, b.n};
    rc = pack_check_body(body, &e);
    assert(rc == 0 && f->errors == 0);
    findings_init(&again);
    rc = kind_check(k, body, &again);
    assert(rc == 0 && again.errors == 0);
    rc = kind_check_received(k, body, &e);
    assert(rc == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct compose c;
    static struct findings f;
    struct kith_bytes front = {data, 0}, rest = {data, 0}, heading, text, line;
    uint32_t count = 0;
    if (n < 2)
        return 0;
    while (kind_at(count) != NULL)
        count++;
    const struct kind *k = kind_at(data[0] % count);
    findings_init(&f);
    compose_init(&c, k, data[1] % 2 == 0 ? "en" : NULL, memory, data[1] < 250 ? sizeof memory : 2000);
    if (!compose_front((struct kith_bytes){data + 2, n - 2}, &front, &rest))
        front.n = 0;
    for (uint32_t i = 0; i < LINES_MAX && cut(&front, '\n', &line); i++)
        add_line(&c, line, &f);
    for (uint32_t i = 0; i < LINES_MAX && compose_split(&rest, &heading, &text); i++)
        (void)compose_section(&c, heading, text, &f);
    finish(&c, k, &f);
    return 0;
}
