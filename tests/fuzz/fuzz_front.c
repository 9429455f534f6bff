/* YAML as flat pairs: whatever it holds, each path is there once, bounded and terminated; or a sentence with
 * a line. */
#include "cli/frontmatter.h"
#include "cli/text.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct front_list *l)
{
    assert(l->count <= FRONT_RECORDS_MAX);
    for (uint32_t i = 0; i < l->count; i++) {
        const struct front *f = &l->front[i];
        assert(f->count <= FRONT_PAIRS_MAX && f->line >= 1);
        for (uint32_t k = 0; k < f->count; k++) {
            const struct front_pair *p = &f->pair[k];
            assert(strlen(p->path) <= FRONT_PATH_MAX && p->text[p->n] == '\0');
            if (k < 64)
                assert(front_find(f, p->path) == p);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct text t;
    struct front_list l;
    struct kith_error e;
    char *copy = malloc(n + 1);
    assert(copy != NULL);
    if (n > 0)
        memcpy(copy, data, n);
    if (text_take("a.yaml", copy, n, &t, &e) != 0)
        return 0;
    e.text[0] = '\0';
    if (front_read("a.yaml", 1, t.p, t.n, &l, &e) == 0) {
        check(&l);
        front_clear(&l);
    } else {
        assert(e.text[0] != '\0');
    }
    text_clear(&t);
    return 0;
}
