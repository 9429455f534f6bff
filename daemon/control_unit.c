/* unit_add {code, label, …} and unit_set {code, …}: rows of this site's own list of units. */
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/units.h"

/* Everything but the code; what is not given stays as it is. */
static int take_row(struct kith_bytes args, struct unit *u, struct kith_error *e)
{
    struct pack_reader r;
    bool failed = false;
    control_text(args, "label", u->label, sizeof u->label, &failed);
    control_text(args, "parent", u->parent, sizeof u->parent, &failed);
    control_text(args, "level", u->level, sizeof u->level, &failed);
    control_text(args, "setting", u->setting, sizeof u->setting, &failed);
    if (control_arg(args, "open", &r)) {
        u->open = pack_get_bool(&r);
        failed = failed || r.failed;
    }
    if (failed)
        return kith_fail(e, KITH_E_USAGE,
                         "unit \"%s\": a label has at most %u bytes, level and setting are words of their "
                         "lists",
                         u->code, UNIT_LABEL_MAX);
    return 0;
}

static void answer(struct client *c, const struct unit *u)
{
    struct buf *b = answer_begin(c);
    pack_map(b, 4);
    answer_text(b, "code", u->code);
    answer_text(b, "label", u->label);
    pack_cstr(b, "open");
    pack_bool(b, u->open);
    answer_text(b, "setting", u->setting);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

/* Puts the row in place of the one at `at`, or behind all of them. */
static void put_row(struct client *c, const struct unit_list *l, uint32_t at, struct kith_bytes args,
                    struct unit *u)
{
    struct kith_error e;
    int r = take_row(args, u, &e);
    if (r == 0)
        r = unit_check(l, u, at, &e);
    if (r == 0 && store_unit_put(c->d->store, u, &e) < 0)
        daemon_fatal(c->d, "store.unit", &e);
    if (r < 0)
        answer_fail(c, &e);
    else
        answer(c, u);
}

void control_unit_add(struct client *c, struct kith_bytes args)
{
    const struct unit_list *l = units_load(c->d);
    struct unit u = {.open = false};
    struct kith_error e;
    bool failed = false;
    if (!control_text(args, "code", u.code, sizeof u.code, &failed) || failed) {
        kith_fail(&e, KITH_E_USAGE, "code of a unit: \"?\": 1 to %u letters, digits and hyphens",
                  UNIT_CODE_MAX);
        answer_fail(c, &e);
        return;
    }
    put_row(c, l, l->count, args, &u);
}

void control_unit_set(struct client *c, struct kith_bytes args)
{
    const struct unit_list *l = units_load(c->d);
    const struct unit *at = NULL;
    struct kith_error e;
    char text[UNIT_LABEL_MAX + 1] = "";
    bool failed = false;
    control_text(args, "code", text, sizeof text, &failed);
    if (unit_resolve(l, bytes_of(text), &at, &e) < 0) {
        answer_fail(c, &e);
        return;
    }
    struct unit u = *at;
    put_row(c, l, (uint32_t)(at - l->unit), args, &u);
}
