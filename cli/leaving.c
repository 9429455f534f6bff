#include "cli/leaving.h"

#include <stdio.h>

#include "cli/control.h"
#include "proto/learn/name.h"
#include "proto/wire/pack.h"

struct js *leaving_ask(const struct cli *cli, const char *id, struct kith_error *e)
{
    uint8_t memory[64 + NAME_TEXT_SIZE];
    struct buf b;
    struct js *answer = NULL;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, id ? 1 : 0);
    if (id) {
        pack_cstr(&b, "id");
        pack_cstr(&b, id);
    }
    return control_once(cli, "outbox", &b, CONTROL_QUICK_MS, &answer, e) ? NULL : answer;
}

static uint64_t number_of(const struct js *one)
{
    struct record_name name;
    const char *id = js_text(one, "id");
    return id && name_parse(id, &name, NULL) == 0 && name.here ? name.number : 0;
}

const struct js *leaving_find(const struct js *all, uint64_t number)
{
    const struct js *list = js_get(all, "waiting");
    size_t low = 0, high = js_count(list);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct js *one = js_at(list, middle);
        uint64_t n = number_of(one);
        if (n == number)
            return one;
        if (n < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void leaving_clock(const struct cli *cli, int64_t leaves, char ret[LEAVING_CLOCK_SIZE])
{
    if (leaves > LEAVING_WHEN_MET)
        people_clock(cli->now, leaves, ret);
    else
        snprintf(ret, LEAVING_CLOCK_SIZE, "queued: not yet signed, waiting for a peer");
}

void leaving_print(const struct cli *cli, const struct js *one, char ret[LEAVING_TEXT_SIZE])
{
    const char *why = js_text(one, "why");
    char at[LEAVING_CLOCK_SIZE];
    int64_t leaves = js_integer(one, "leaves", -1);
    ret[0] = '\0';
    if (why) {
        snprintf(ret, LEAVING_TEXT_SIZE, "could not leave: %s", why);
    } else if (leaves >= 0) {
        leaving_clock(cli, leaves, at);
        snprintf(ret, LEAVING_TEXT_SIZE, leaves > LEAVING_WHEN_MET ? "leaves at %s" : "%s", at);
    }
}

void leaving_tell(const struct cli *cli, const char *id, int64_t leaves, uint64_t n)
{
    char at[LEAVING_CLOCK_SIZE];
    leaving_clock(cli, leaves, at);
    if (leaves <= LEAVING_WHEN_MET)
        people_say(cli, "%s %s.", n == 1 ? id : "They are", at);
    else if (n == 1)
        people_say(cli, "%s leaves at %s. Until then kith outbox drop %s takes it back, with the text.", id,
                   at, id);
    else
        people_say(cli, "They leave at %s. Until then kith outbox drop ID takes one back, with the text.",
                   at);
}
