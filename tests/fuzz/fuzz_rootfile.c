/* Files of exported root keys: what reads prints, and reads again as the same. */
#include "daemon/rootfile.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t printed[ROOTFILE_MAX + 1024];
    struct rootfile first, second;
    struct kith_error e;
    struct buf b;
    uint8_t *exact = fuzz_copy((struct kith_bytes){data, n});
    e.text[0] = '\0';
    if (rootfile_parse((struct kith_bytes){exact, n}, &first, &e) != 0) {
        assert(e.text[0] != '\0');
        free(exact);
        return 0;
    }
    assert(first.ops >= 1 && first.ops <= ROOTFILE_OPS_MAX && first.mem <= ROOTFILE_MEM_MAX);
    assert(first.bound.p == exact && first.bound.n < n);
    buf_init(&b, printed, sizeof printed);
    rootfile_print_head(&first, &b);
    rootfile_print_seal(&first, &b);
    assert(!b.failed);
    int rc = rootfile_parse((struct kith_bytes){b.p, b.n}, &second, &e);
    assert(rc == 0 || b.n > ROOTFILE_MAX); /* comments may be left out of what came, not of what is printed */
    if (rc == 0)
        assert(second.ops == first.ops && second.mem == first.mem && strcmp(second.code, first.code) == 0 &&
               memcmp(second.box, first.box, sizeof first.box) == 0 &&
               memcmp(&second.root, &first.root, sizeof first.root) == 0);
    free(exact);
    return 0;
}
