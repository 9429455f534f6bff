#include "cli/drop.h"

#include <stdlib.h>

#include "proto/learn/name.h"
#include "proto/wire/pack.h"

int drop_ids(struct control *c, const char *const *ids, uint32_t n, struct js **ret, struct kith_error *e)
{
    size_t size = 64 + (size_t)n * (NAME_TEXT_SIZE + 4);
    uint8_t *memory = cli_alloc(size);
    struct buf b;
    buf_init(&b, memory, size);
    pack_map(&b, 1);
    pack_cstr(&b, "ids");
    pack_array(&b, n);
    for (uint32_t i = 0; i < n; i++) {
        struct record_name name;
        char text[NAME_TEXT_SIZE] = "";
        if (name_parse(ids[i], &name, NULL) == 0)
            name_print(&name, text);
        pack_cstr(&b, text);
    }
    int rc = control_ask(c, "drop", &b, CONTROL_QUICK_MS, ret, e);
    free(memory);
    return rc;
}

int drop_one(const struct cli *cli, const char *id, struct kith_error *e)
{
    struct control c;
    struct js *answer = NULL;
    int rc = control_open(&c, cli, e);
    if (rc)
        return rc;
    rc = drop_ids(&c, &id, 1, &answer, e);
    control_close(&c);
    if (rc)
        return rc;
    const struct js *one = js_at(js_get(answer, "results"), 0);
    const char *text = js_text(one, "text");
    if (text)
        rc = kith_fail(e, (int)js_integer(one, "code", KITH_E_INTERNAL), "%s", text);
    js_free(answer);
    return rc;
}
