/* Invite lines and addresses: what reads prints, and reads again as the same. */
#include "daemon/address.h"
#include "daemon/invite.h"
#include "tests/fuzz/fuzz.h"

static void invite(struct kith_bytes text)
{
    static struct invite first, second;
    static char line[INVITE_LINE_MAX], again[INVITE_LINE_MAX];
    struct kith_error e;
    e.text[0] = '\0';
    if (invite_parse(text, &first, &e) != 0) {
        assert(e.text[0] != '\0');
        return;
    }
    assert(first.addresses_n <= KITH_ADDRESSES_MAX);
    int rc = invite_print(&first, line, &e);
    assert(rc == 0);
    rc = invite_parse((struct kith_bytes){(const uint8_t *)line, strlen(line)}, &second, &e);
    assert(rc == 0);
    rc = invite_print(&second, again, &e);
    assert(rc == 0 && strcmp(line, again) == 0);
}

static void address(struct kith_bytes text)
{
    struct address first, second;
    struct sockaddr_storage s;
    struct kith_error e;
    char printed[KITH_ADDRESS_MAX + 1];
    char *typed = fuzz_cstr(text);
    (void)invite_code_ok(typed);
    e.text[0] = '\0';
    if (address_parse(typed, &first, &e) != 0) {
        assert(e.text[0] != '\0');
    } else if (address_numeric(&first, &s)) {
        struct sockaddr_storage t;
        address_print(&s, printed);
        int rc = address_parse(printed, &second, &e);
        assert(rc == 0 && second.port == first.port && address_numeric(&second, &t));
        assert(address_same_host(&s, &t) && address_is_wildcard(&s) == address_is_wildcard(&t));
    }
    free(typed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct kith_bytes all = {data, n};
    invite(all);
    address(all);
    return 0;
}
