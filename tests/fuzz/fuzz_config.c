/* The configuration of a home: read whole and bounded, or a sentence. */
#include "daemon/config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct config c;
    struct kith_error e;
    e.text[0] = '\0';
    if (config_parse((struct kith_bytes){data, n}, &c, &e) != 0) {
        assert(e.code == KITH_E_INVALID && e.text[0] != '\0');
        return 0;
    }
    assert(c.listen_n <= CONFIG_LISTEN_MAX && c.advertise_n <= KITH_ADDRESSES_MAX &&
           c.peers_n <= CONFIG_PEERS_MAX);
    for (uint32_t i = 0; i < c.listen_n; i++)
        assert(strlen(c.listen[i]) <= KITH_ADDRESS_MAX);
    for (uint32_t i = 0; i < c.peers_n; i++)
        assert(strlen(c.peer[i].code) <= KITH_CODE_MAX && strlen(c.peer[i].address) <= KITH_ADDRESS_MAX);
    return 0;
}
