/* The short things that people type: names of records, site codes, references, numbers, dates, codes of
 * vocabularies (SPEC 10.7, 10.20, 10.56 to 10.58). What is read prints as something that reads back as the
 * same. */
#include <math.h>

#include "proto/learn/kind.h"
#include "proto/learn/name.h"
#include "proto/learn/vocab.h"
#include "tests/fuzz/fuzz.h"

static void name(const char *text)
{
    struct record_name first, second;
    struct kith_error e;
    char printed[NAME_TEXT_SIZE], code[KITH_CODE_MAX + 1];
    e.code = 1;
    if (name_parse(text, &first, &e) != 0) {
        assert(e.code == KITH_E_USAGE && e.text[0] != '\0');
    } else {
        name_print(&first, printed);
        int rc = name_parse(printed, &second, &e);
        assert(rc == 0 && first.here == second.here);
        if (first.here)
            assert(first.number == second.number);
        else
            assert(strcmp(first.code, second.code) == 0 && first.epoch == second.epoch &&
                   first.stream == second.stream && first.seq == second.seq);
    }
    if (name_code_normalise(text, code, &e) == 0)
        assert(strlen(code) >= KITH_CODE_MIN && strlen(code) <= KITH_CODE_MAX);
}

static void reference(struct kith_bytes text)
{
    struct kind_ref first, second;
    char printed[KIND_REF_TEXT_MAX];
    if (kind_ref_parse(text, &first) != 0)
        return;
    kind_ref_print(&first, printed);
    int rc = kind_ref_parse((struct kith_bytes){(const uint8_t *)printed, strlen(printed)}, &second);
    assert(rc == 0 && first.seq == second.seq && memcmp(first.id, second.id, sizeof first.id) == 0);
    assert(first.log.stream == second.log.stream && first.log.epoch == second.log.epoch &&
           memcmp(&first.log.site, &second.log.site, sizeof first.log.site) == 0);
}

static void number(struct kith_bytes text)
{
    double first, second;
    char printed[KIND_NUMBER_TEXT_MAX];
    (void)kind_per_number(text);
    if (kind_number_parse(text, &first) != 0)
        return;
    assert(isfinite(first));
    size_t n = kind_number_print(first, printed, sizeof printed);
    assert(n > 0 && n < sizeof printed);
    int rc = kind_number_parse((struct kith_bytes){(const uint8_t *)printed, n}, &second);
    assert(rc == 0 && !(first < second) && !(first > second));
}

static void code(struct kith_bytes text)
{
    /* One vocabulary a text: distances over all of them would take most of the time. */
    const struct vocab *v = vocab_at(text.n % 32);
    if (v != NULL) {
        const char *resolved = vocab_resolve(v, text), *near = vocab_nearest(v, text);
        if (resolved != NULL)
            assert(vocab_has(v, (struct kith_bytes){(const uint8_t *)resolved, strlen(resolved)}));
        if (near != NULL)
            assert(vocab_label(v, (struct kith_bytes){(const uint8_t *)near, strlen(near)}) != NULL);
        (void)vocab_label(v, text);
    }
}

static void heading(struct kith_bytes text)
{
    const struct field *near = NULL;
    const struct kind *k = kind_at(text.n % 16);
    (void)kind_nearest(text);
    if (k != NULL && kind_field_by_heading(k, text, &near) == NULL && near != NULL)
        assert(kind_field(k, near->name) == near);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct kith_bytes all = {data, n};
    char *text = fuzz_cstr(all);
    name(text);
    free(text);
    reference(all);
    number(all);
    (void)kind_date_ok(all);
    (void)kind_quarter_ok(all);
    code(all);
    heading(all);
    return 0;
}
