#include "cli/batch.h"

#include <stdlib.h>
#include <string.h>

#include "proto/wire/pack.h"

#define RECORD_OVERHEAD  64u /* keys, kind and lengths around one body */
#define REQUEST_OVERHEAD 64u

size_t batch_size(const struct record *r)
{
    return r->n + RECORD_OVERHEAD;
}

static void pack_request(struct buf *b, const struct record *records, uint32_t n, bool release,
                         const char *confirm)
{
    pack_map(b, confirm ? 3 : 2);
    if (confirm) {
        pack_cstr(b, "confirm");
        pack_cstr(b, confirm);
    }
    pack_cstr(b, "records");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_map(b, 2);
        pack_cstr(b, "body");
        pack_bin(b, records[i].body, records[i].n);
        pack_cstr(b, "kind");
        pack_cstr(b, records[i].kind->name);
    }
    pack_cstr(b, "release");
    pack_bool(b, release);
}

int batch_share(struct control *c, const struct record *records, uint32_t n, bool release,
                const char *confirm, struct js **ret, struct kith_error *e)
{
    size_t total = REQUEST_OVERHEAD + (confirm ? strlen(confirm) + 16 : 0);
    struct js *result = NULL;
    struct buf b;
    for (uint32_t i = 0; i < n; i++)
        total += batch_size(&records[i]);
    if (n > CONTROL_BATCH_MAX || total > BATCH_BYTES_MAX)
        return kith_fail(e, KITH_E_FULL,
                         "too much at once: \"%u records, %zu KB\": at most %u records and %u KB; share "
                         "fewer files at a time",
                         n, total / 1000, CONTROL_BATCH_MAX, BATCH_BYTES_MAX / 1000);
    uint8_t *memory = cli_alloc(total);
    buf_init(&b, memory, total);
    pack_request(&b, records, n, release, confirm);
    int rc = control_ask(c, "share", &b, CONTROL_PATIENT_MS, &result, e);
    free(memory);
    if (!rc && js_count(js_get(result, "results")) != n)
        rc = kith_fail(e, KITH_E_INTERNAL,
                       "answer not understood: \"share\": kith and kithd should be of the same version");
    if (rc)
        js_free(result);
    else
        *ret = result;
    return rc;
}

int batch_code(const struct js *result)
{
    return js_text(result, "id") ? 0 : (int)js_integer(result, "code", KITH_E_INTERNAL);
}
