#include "daemon/admit.h"
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/invite.h"
#include "daemon/net.h"

#include <stdio.h>
#include <string.h>

#define EXPIRES_DEFAULT_S (7 * 24 * 3600)
#define EXPIRES_MAX_S     (366 * 24 * 3600)
#define FORGET_MS         (30 * 24 * 3600 * 1000ll) /* after this an expired invite is not even known as expired */

/* Where only wildcards are listened on, the addresses of this machine's interfaces are the best guess there
 * is. */
static void guess_addresses(const struct daemon *d, struct invite *i)
{
    uv_interface_address_t *list = NULL;
    int n = 0;
    uint16_t port = d->listeners ? d->listener[0]->port : 0;
    if (port == 0 || uv_interface_addresses(&list, &n) < 0)
        return;
    for (int k = 0; k < n && i->addresses_n < KITH_ADDRESSES_MAX / 2; k++) {
        char host[64] = "";
        bool v4 = list[k].address.address4.sin_family == AF_INET;
        if (list[k].is_internal)
            continue;
        if (v4)
            uv_ip4_name(&list[k].address.address4, host, sizeof host);
        else
            uv_ip6_name(&list[k].address.address6, host, sizeof host);
        if (!host[0] || strncmp(host, "fe80", 4) == 0)
            continue;
        snprintf(i->address[i->addresses_n++], KITH_ADDRESS_MAX + 1, v4 ? "%s:%u" : "[%s]:%u", host, port);
    }
    uv_free_interface_addresses(list, n);
}

static const char *set_addresses(const struct daemon *d, struct invite *i)
{
    i->addresses_n = net_addresses(d, i->address);
    if (i->addresses_n > 0)
        return NULL;
    guess_addresses(d, i);
    return i->addresses_n > 0 ? "the addresses in this line are those of this machine's interfaces; where "
                                "others reach it under "
                                "another, set `advertise` in config.yaml and invite again"
                              : "nobody can dial this site: set `listen` and `advertise` in config.yaml, or "
                                "let them join by files";
}

static int may_invite(const struct daemon *d, const char *code, struct kith_error *e)
{
    int r = net_member(d, e);
    if (r < 0)
        return r;
    if (!roster_is_coordinator(d->roster, &d->keys.site))
        return kith_fail(e, KITH_E_REFUSED,
                         "only a coordinator invites; `kith members` names those of \"%s\"", d->network);
    if (code[0] && !invite_code_ok(code))
        return kith_fail(e, KITH_E_USAGE, "code \"%s\": a site's code has 2 to 8 of A-Z and 0-9", code);
    if (code[0] && (strcmp(code, d->code) == 0 || admit_code_taken(d->roster, code, &d->keys.site)))
        return kith_fail(e, KITH_E_REFUSED, "code \"%s\": a member has it already; choose another", code);
    return 0;
}

/* Secrets of invites that expired long ago go when the next one is made. */
static int keep_invite(struct daemon *d, const struct invite *i, const struct store_invite *as,
                       struct kith_error *e)
{
    struct store_invite s = *as; /* observer, follows */
    s.made = daemon_wall();
    s.expires = i->expires;
    const struct kith_wall forgotten = {s.made.ms - FORGET_MS};
    crypto_invite_id(i->secret, s.hash);
    memcpy(s.secret, i->secret, sizeof s.secret);
    memcpy(s.code, i->code, sizeof s.code);
    int r = store_invite_expire(d->store, forgotten, e);
    if (r == 0)
        r = store_invite_add(d->store, &s, e);
    crypto_wipe(&s, sizeof s);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, "store.invite", e);
    return r;
}

static void answer(struct client *c, const char *line, const struct invite *i, const char *warning)
{
    struct buf *b = answer_begin(c);
    pack_map(b, warning ? 3 : 2);
    answer_text(b, "line", line);
    answer_number(b, "expires", (uint64_t)i->expires.ms);
    if (warning) {
        answer_text(b, "warning", warning);
    }
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

static int read_args(struct kith_bytes args, struct invite *i, struct kith_error *e)
{
    struct pack_reader r;
    uint64_t expires_s = EXPIRES_DEFAULT_S;
    if (control_arg(args, "expires_s", &r)) {
        expires_s = pack_get_uint(&r, EXPIRES_MAX_S);
        if (r.failed)
            return kith_fail(e, KITH_E_USAGE, "an invite lives 0 to %d days", EXPIRES_MAX_S / 86400);
    }
    i->expires.ms = daemon_wall().ms + (int64_t)expires_s * 1000;
    if (control_arg(args, "code", &r)) {
        struct kith_bytes code = pack_get_str(&r, KITH_CODE_MAX);
        if (r.failed)
            return kith_fail(e, KITH_E_USAGE, "a site's code has 2 to 8 of A-Z and 0-9");
        memcpy(i->code, code.p, code.n);
    }
    return 0;
}

void control_invite(struct client *c, struct kith_bytes args)
{
    struct daemon *d = c->d;
    struct kith_error e;
    struct invite i = {.link = d->keys.link, .net = d->net};
    struct pack_reader observer;
    struct store_invite as = {.observer =
                                  control_arg(args, "observer", &observer) && pack_get_bool(&observer)};
    char line[INVITE_LINE_MAX];
    int r = read_args(args, &i, &e);
    if (r == 0)
        r = may_invite(d, i.code, &e);
    if (r == 0)
        r = control_follows(d, args, &as.has_follows, &as.follows, &e);
    if (r == 0) {
        const char *warning = set_addresses(d, &i);
        snprintf(i.by, sizeof i.by, "%s", d->code);
        key_random(i.secret, sizeof i.secret);
        r = invite_print(&i, line, &e);
        if (r == 0)
            r = keep_invite(d, &i, &as, &e);
        if (r == 0)
            answer(c, line, &i, warning);
    }
    crypto_wipe(i.secret, sizeof i.secret);
    crypto_wipe(line, sizeof line);
    if (r < 0)
        answer_fail(c, &e);
}
