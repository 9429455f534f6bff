/* coordinator {what: "add"|"remove", code}, policy {key, value}, endorse {id (hex)}, revoke {site, reason},
 * rename {site, code}:
 * what coordinators decide. Each answers {council: bool, g, have, need, holds: bool, again: bool, what,
 * absence?}. */
#include "daemon/verbs.h"
#include "daemon/admit.h"
#include "daemon/drive.h"
#include "daemon/govern.h"
#include "proto/log/policy.h"
#include "proto/wire/hex.h"

#include <stdlib.h>
#include <string.h>

#define WORD_MAX 64u

/* A text among the arguments. KITH_E_USAGE where it is not there, too long or has a zero byte in it. */
static int take_text(struct kith_bytes args, const char *key, char *ret, size_t cap, struct kith_error *e)
{
    struct pack_reader r;
    struct kith_bytes text = {NULL, 0};
    bool there = control_arg(args, key, &r);
    if (there)
        text = pack_get_str(&r, cap - 1);
    if (!there || r.failed || text.n == 0 || memchr(text.p, '\0', text.n))
        return kith_fail(e, KITH_E_USAGE, "argument \"%s\": a text of 1 to %zu bytes is needed", key,
                         cap - 1);
    memcpy(ret, text.p, text.n);
    ret[text.n] = '\0';
    return 0;
}

static void answer(struct client *c, int r, const struct govern_done *x, const struct kith_error *e)
{
    if (r < 0) {
        answer_fail(c, e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, x->absence ? 8 : 7);
    pack_cstr(b, "council");
    pack_bool(b, x->council);
    answer_number(b, "g", x->g);
    answer_number(b, "have", x->have);
    answer_number(b, "need", x->need);
    pack_cstr(b, "holds");
    pack_bool(b, x->holds);
    pack_cstr(b, "again");
    pack_bool(b, x->again);
    answer_text(b, "what", x->words);
    if (x->absence)
        answer_text(b, "absence", x->absence);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

void control_coordinator(struct client *c, struct kith_bytes args)
{
    char what[WORD_MAX], code[WORD_MAX];
    struct govern_done done;
    struct kith_error e;
    struct council *next = NULL;
    int r = take_text(args, "what", what, sizeof what, &e);
    if (r == 0)
        r = take_text(args, "code", code, sizeof code, &e);
    if (r == 0)
        r = govern_next(c->d, &next, &e);
    if (r == 0 && strcmp(what, "add") == 0)
        r = govern_add_seat(c->d, next, code, &e);
    else if (r == 0 && strcmp(what, "remove") == 0)
        r = govern_drop_seat(c->d, next, code, &e);
    else if (r == 0)
        r = kith_fail(&e, KITH_E_USAGE, "coordinator \"%s\": add or remove", what);
    if (r == 0)
        r = govern_propose(c->d, next, &done, &e);
    else
        free(next);
    answer(c, r, &done, &e);
}

void control_policy(struct client *c, struct kith_bytes args)
{
    char key[WORD_MAX], value[POLICY_VALUE_MAX + 1];
    struct govern_done done;
    struct kith_error e;
    struct council *next = NULL;
    int r = take_text(args, "key", key, sizeof key, &e);
    if (r == 0)
        r = take_text(args, "value", value, sizeof value, &e);
    if (r == 0)
        r = govern_next(c->d, &next, &e);
    if (r == 0)
        r = policy_set(next, key, value, &e);
    if (r == 0)
        r = govern_propose(c->d, next, &done, &e);
    else
        free(next);
    answer(c, r, &done, &e);
}

static int take_id(struct kith_bytes args, struct kith_id *ret, struct kith_error *e)
{
    char text[2 * sizeof ret->b + 1];
    int r = take_text(args, "id", text, sizeof text, e);
    if (r < 0)
        return r;
    if (!hex_read(text, strlen(text), ret->b, sizeof ret->b))
        return kith_fail(e, KITH_E_USAGE, "argument \"id\": \"%s\" is no id of 64 hex digits", text);
    return 0;
}

void control_endorse(struct client *c, struct kith_bytes args)
{
    struct kith_id id;
    struct govern_done done;
    struct kith_error e;
    int r = take_id(args, &id, &e);
    if (r == 0)
        r = govern_endorse(c->d, &id, &done, &e);
    answer(c, r, &done, &e);
}

void control_revoke(struct client *c, struct kith_bytes args)
{
    char site[WORD_MAX], reason[WORD_MAX];
    struct govern_done done;
    struct kith_error e;
    uint32_t code = 1;
    int r = take_text(args, "site", site, sizeof site, &e);
    if (r == 0)
        r = take_text(args, "reason", reason, sizeof reason, &e);
    while (r == 0 && words_revoke_reason(code) && strcmp(words_revoke_reason(code), reason) != 0)
        code++;
    if (r == 0 && !words_revoke_reason(code))
        r = kith_fail(&e, KITH_E_USAGE, "reason \"%s\": left, ended, compromised, breach or replaced",
                      reason);
    if (r == 0)
        r = govern_revoke(c->d, site, code, &done, &e);
    answer(c, r, &done, &e);
}

void control_rename(struct client *c, struct kith_bytes args)
{
    char site[WORD_MAX], code[WORD_MAX];
    struct govern_done done;
    struct kith_error e;
    int r = take_text(args, "site", site, sizeof site, &e);
    if (r == 0)
        r = take_text(args, "code", code, sizeof code, &e);
    if (r == 0)
        r = admit_rename(c->d, site, code, &done, &e);
    answer(c, r, &done, &e);
}
