/* The header of an entry (SPEC 3.1): a decoded one encodes to the very bytes that were hashed. */
#include "proto/log/entry.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t header[ENTRY_SIZE] = {'K', 1}, again[ENTRY_SIZE];
    struct entry x;
    struct kith_error e;
    memcpy(header + (n > 0 && data[0] == 'K' ? 0 : 2), data, n < ENTRY_SIZE - 2 ? n : ENTRY_SIZE - 2);
    e.code = 1;
    if (entry_decode(header, &x, &e) != 0) {
        assert(e.code == KITH_E_INVALID && e.text[0] != '\0');
        return 0;
    }
    entry_encode(&x, again);
    assert(memcmp(header, again, ENTRY_SIZE) == 0);
    assert(log_key_compare(&x.log, &x.log) == 0);
    return 0;
}
