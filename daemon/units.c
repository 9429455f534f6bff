#include "daemon/units.h"

#include "kith/limits.h"
#include "proto/learn/screen.h"

#include <inttypes.h>

#define NAMES_MAX (2 * UNITS_MAX) /* label and code of each */

/* One thread, one list: 230 KB that would else come and go with every request. */
static struct unit rows[UNITS_MAX];
static struct unit_list list = {rows, 0};
static struct screen_name names[NAMES_MAX];
static uint32_t name_n;
static uint8_t room[KITH_BODY_MAX + UNIT_LABEL_MAX];

const struct unit_list *units_load(struct daemon *d)
{
    struct kith_error e;
    if (store_units(d->store, rows, UNITS_MAX, &list.count, &e) < 0)
        daemon_fatal(d, "store.units", &e);
    return &list;
}

static void add_name(const char *text)
{
    struct kith_bytes name = bytes_of(text);
    if (screen_name_make(name, &names[name_n]))
        name_n++;
}

void units_open(struct daemon *d)
{
    units_load(d);
    name_n = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        if (rows[i].open)
            continue;
        add_name(rows[i].label);
        add_name(rows[i].code);
    }
}

int units_release(const struct store_draft *x, const struct kind *k, struct kith_bytes *ret,
                  struct kith_error *e)
{
    struct screen_hit hit;
    struct buf out;
    buf_init(&out, room, sizeof room);
    int r = unit_body_out(&list, k, x->body, &out, ret, e);
    if (r == 0 && screen_names(k, *ret, names, name_n, &hit))
        r = kith_fail(e, KITH_E_REFUSED,
                      "%s, byte %zu: \"%s\" is the name of a closed unit, which stays at this site: say it "
                      "otherwise with kith edit here-%" PRIu64 ", or open the unit with kith unit open",
                      hit.field, hit.offset, hit.masked, x->number);
    return r;
}
