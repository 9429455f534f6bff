/* Messages of a link (SPEC 4.10 to 4.21): what decodes can be encoded again, in no more bytes, and then
 * decodes to the same; printing keeps to its line. */
#include "proto/wire/msg.h"
#include "tests/fuzz/fuzz.h"

static void print(const struct msg *m)
{
    uint8_t line[MSG_PRINT_MAX];
    struct buf b;
    buf_init(&b, line, sizeof line);
    msg_print(m, &b);
    assert(!b.failed && b.n > 0 && memchr(line, '\n', b.n) == NULL);
    assert(strcmp(msg_name(m->type), "?") != 0);
    if (m->type == MSG_BYE)
        assert(msg_bye_text(m->bye.code)[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct msg first, second;
    struct kith_error e;
    e.code = 1;
    if (msg_decode((struct kith_bytes){data, n}, &first, &e) != 0) {
        assert(e.code == KITH_E_INVALID && e.text[0] != '\0');
        return 0;
    }
    print(&first);
    uint8_t *a = malloc(n), *b = malloc(n);
    assert(n > 0 && n <= KITH_RECORD_PLAIN_MAX && a != NULL && b != NULL);
    struct buf to_a, to_b;
    buf_init(&to_a, a, n);
    msg_encode(&first, &to_a);
    assert(!to_a.failed);
    int rc = msg_decode((struct kith_bytes){a, to_a.n}, &second, &e);
    assert(rc == 0 && second.type == first.type);
    buf_init(&to_b, b, n);
    msg_encode(&second, &to_b);
    assert(!to_b.failed && to_a.n == to_b.n && memcmp(a, b, to_a.n) == 0);
    free(a);
    free(b);
    return 0;
}
