#include "daemon/here.h"

#include "proto/learn/name.h"

#include <string.h>

int here_parse(struct kith_bytes id, uint64_t *ret, struct kith_error *e)
{
    struct record_name name = {0};
    char text[NAME_TEXT_SIZE] = "";
    if (id.n > 0 && id.n < sizeof text)
        memcpy(text, id.p, id.n);
    if (strlen(text) != id.n || name_parse(text, &name, NULL) < 0 || !name.here)
        return kith_fail(e, KITH_E_USAGE, "\"%.*s\": name a record shared here, such as here-7", (int)id.n,
                         id.n ? (const char *)id.p : "");
    *ret = name.number;
    return 0;
}
