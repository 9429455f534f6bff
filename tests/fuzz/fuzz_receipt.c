/* The body of a receipt. What is read can be written, and is the same bytes. */
#include "kith/limits.h"
#include "proto/learn/receipt.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct receipt r;
    static uint8_t memory[KITH_BODY_MAX];
    struct kith_error e;
    struct buf b;
    if (n > KITH_BODY_MAX || receipt_decode((struct kith_bytes){data, n}, &r, &e) != 0)
        return 0;
    buf_init(&b, memory, sizeof memory);
    int rc = receipt_make(&r, &b);
    assert(rc == 0 && b.n == n && memcmp(b.p, data, n) == 0);
    return 0;
}
