/* join_request {} and admit {bytes, observer?, follows?}: membership by files. */
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/join_file.h"
#include "daemon/net.h"

#include <stdio.h>
#include <string.h>

static void answer_site(struct buf *b, const struct kith_pk *root)
{
    struct kith_site_id site;
    crypto_site_id(root, &site);
    answer_hex(b, "site", site.b, sizeof site.b);
}

void control_join_request(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    uint8_t memory[JOIN_FILE_MAX];
    struct buf file;
    (void)args;
    buf_init(&file, memory, sizeof memory);
    int r = join_file_request(c->d, &file, &e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(c->d, "join.request", &e);
    if (r < 0) {
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, 4);
    pack_cstr(b, "bytes");
    pack_bin(b, file.p, file.n);
    answer_text(b, "code", c->d->code);
    answer_text(b, "name", c->d->name);
    answer_site(b, &c->d->keys.root);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

int control_follows(const struct daemon *d, struct kith_bytes args, bool *ret, struct kith_site_id *ret_site,
                    struct kith_error *e)
{
    struct pack_reader r;
    struct kith_bytes code = {NULL, 0};
    char text[NET_CODE_SIZE];
    if (!control_arg(args, "follows", &r))
        return 0;
    if (!d->sync)
        return kith_fail(e, KITH_E_REFUSED, "this site is in no network yet");
    code = pack_get_str(&r, sizeof text - 1);
    snprintf(text, sizeof text, "%.*s", (int)code.n, code.n ? (const char *)code.p : "");
    const struct member *m = roster_member_by_code(d->roster, text);
    if (!m)
        return kith_fail(e, KITH_E_NOTFOUND, "site \"%s\": no member has this code; see kith members", text);
    *ret = true;
    *ret_site = m->site;
    return 0;
}

static int admit_file(struct client *c, struct kith_bytes args, struct join_file *f, uint32_t *have,
                      uint32_t *need, struct kith_error *e)
{
    struct pack_reader r;
    struct admission a = {.role = ROLE_SITE};
    struct kith_bytes bytes = {NULL, 0};
    int code = net_member(c->d, e);
    if (control_arg(args, "bytes", &r))
        bytes = pack_get_bin(&r, JOIN_FILE_MAX);
    if (code == 0)
        code = join_file_read(bytes, f, e);
    if (code == 0)
        code = control_follows(c->d, args, &a.has_follows, &a.follows, e);
    if (code < 0)
        return code;
    if (control_arg(args, "observer", &r) && pack_get_bool(&r))
        a.role = ROLE_OBSERVER;
    a.root = f->root;
    memcpy(a.code, f->code, sizeof a.code);
    memcpy(a.name, f->name, sizeof a.name);
    return admit_site(c->d, &a, have, need, e);
}

void control_admit(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct join_file f;
    uint32_t have = 0, need = 0;
    if (admit_file(c, args, &f, &have, &need, &e) < 0) {
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, 7);
    answer_text(b, "code", f.code);
    answer_text(b, "name", f.name);
    answer_site(b, &f.root);
    answer_text(b, "network", c->d->network);
    answer_hex(b, "network_id", c->d->net.b, sizeof c->d->net.b);
    answer_number(b, "have", have);
    answer_number(b, "need", need);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}
