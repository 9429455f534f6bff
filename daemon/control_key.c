/* key_export {passphrase}, key_remove {file, passphrase}, key_import {file, passphrase}.
 *
 * Working on a passphrase takes half a second and 256 MiB by design, so it is done in libuv's worker thread,
 * one at a time, and links go on meanwhile. The daemon does it rather than the command: the root secret then
 * never leaves this process but sealed, and who may ask is decided in one place (role.h). The passphrase
 * crosses the socket; the frame is wiped once its verb has run (control.c), and the job lies in locked
 * memory.
 *
 * key_remove takes the file back and opens it: only a file that was proved to hold the secret lets it go. */
#include "daemon/older.h"
#include "daemon/rootfile.h"
#include "daemon/verbs.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum key_what { KEY_EXPORT, KEY_REMOVE, KEY_IMPORT };

struct key_hidden {
    uint8_t passphrase[KEY_PASSPHRASE_MAX];
    size_t n;
    uint8_t key[32];
    uint8_t seed[32];
};

struct key_job {
    uv_work_t work;
    struct daemon *d;
    struct client *client; /* NULL once it has gone: then nothing is changed */
    enum key_what what;
    struct key_hidden *hidden; /* locked */
    struct rootfile f;
    uint8_t text[ROOTFILE_MAX];
    size_t text_n;
    int result;
    struct kith_error e;
};

/* ---- in the worker ---- */

static void do_work(uv_work_t *w)
{
    struct key_job *j = w->data;
    struct key_hidden *h = j->hidden;
    j->result = key_derive(h->passphrase, h->n, j->f.salt, j->f.ops, j->f.mem, h->key, &j->e);
    if (j->result < 0)
        return;
    if (j->what == KEY_EXPORT)
        key_seal(h->key, j->f.bound, h->seed, j->f.nonce, j->f.box);
    else
        j->result = key_open(h->key, j->f.bound, j->f.nonce, j->f.box, h->seed, &j->e);
}

/* ---- back in the loop ---- */

static void job_free(struct key_job *j)
{
    if (!j)
        return;
    key_locked_free(j->hidden);
    free(j);
}

static void answer_file(struct key_job *j)
{
    struct buf text;
    buf_init(&text, j->text, sizeof j->text);
    text.n = j->text_n;
    rootfile_print_seal(&j->f, &text);
    struct buf *b = answer_begin(j->client);
    pack_map(b, 1);
    pack_cstr(b, "file");
    pack_str(b, (const char *)text.p, text.n);
    answer_end(j->client, false);
}

static void answer_root(struct client *c)
{
    struct buf *b = answer_begin(c);
    pack_map(b, 1);
    answer_text(b, "root_key", c->d->keys.has_root ? "here" : "exported");
    answer_end(c, false);
}

/* Only the file of the very key that is here lets go of it. */
static int let_go(struct key_job *j)
{
    struct daemon *d = j->d;
    uint8_t *here = key_locked_new(32);
    if (!here)
        return kith_fail(&j->e, KITH_E_INTERNAL, "keys: no locked memory; raise RLIMIT_MEMLOCK");
    keys_root_seed(&d->keys, here);
    bool same = memcmp(here, j->hidden->seed, 32) == 0;
    key_locked_free(here);
    if (!same)
        return kith_fail(&j->e, KITH_E_REFUSED, "the file does not hold this site's root key: it stays here");
    return keys_remove_root(&d->keys, &d->home, &j->e);
}

static void finish(struct key_job *j)
{
    struct daemon *d = j->d;
    if (j->result == 0 && j->what == KEY_REMOVE)
        j->result = let_go(j);
    if (j->result == 0 && j->what == KEY_IMPORT)
        j->result = keys_put_root(&d->keys, &d->home, j->hidden->seed, &j->e);
    if (j->result == 0) {
        static const char *const done[] = {"key.exported", "key.removed", "key.imported"};
        log_say(LOG_INFO, done[j->what], "the root key, asked by uid %u", (unsigned)j->client->uid);
        if (j->what == KEY_IMPORT)
            older_again(d);
    }
    if (j->result < 0)
        answer_fail(j->client, &j->e);
    else if (j->what == KEY_EXPORT)
        answer_file(j);
    else
        answer_root(j->client);
}

static void after_work(uv_work_t *w, int status)
{
    struct key_job *j = w->data;
    j->d->control->key_job = NULL;
    if (status < 0) {
        j->result = kith_fail(&j->e, KITH_E_AGAIN, "kithd stops");
    }
    if (j->client)
        finish(j);
    job_free(j);
}

void control_key_forget(struct daemon *d, const struct client *c)
{
    struct key_job *j = d->control->key_job;
    if (j && j->client == c)
        j->client = NULL;
}

/* ---- beginning ---- */

static int read_passphrase(struct kith_bytes args, struct key_hidden *h, struct kith_error *e)
{
    struct pack_reader r;
    if (!control_arg(args, "passphrase", &r))
        return kith_fail(e, KITH_E_USAGE, "a passphrase is needed");
    struct kith_bytes p = pack_get_bin(&r, KEY_PASSPHRASE_MAX);
    if (r.failed || p.n < KEY_PASSPHRASE_MIN)
        return kith_fail(e, KITH_E_USAGE, "the passphrase: give %u to %u bytes; several words are good",
                         KEY_PASSPHRASE_MIN, KEY_PASSPHRASE_MAX);
    memcpy(h->passphrase, p.p, p.n);
    h->n = p.n;
    return 0;
}

static int prepare_export(struct key_job *j, struct kith_error *e)
{
    struct daemon *d = j->d;
    struct rootfile *f = &j->f;
    struct buf head;
    struct tm day;
    time_t now = (time_t)(daemon_wall().ms / 1000);
    if (!d->keys.has_root)
        return kith_fail(e, KITH_E_REFUSED, "the root key is not on this machine: it was exported before");
    keys_root_seed(&d->keys, j->hidden->seed);
    memcpy(f->code, d->code, sizeof f->code);
    f->root = d->keys.root;
    f->has_network = d->sync != NULL;
    f->net = d->net;
    memcpy(f->network, d->network, sizeof f->network);
    gmtime_r(&now, &day);
    strftime(f->made, sizeof f->made, "%Y-%m-%d", &day);
    f->ops = KEY_SEAL_OPS;
    f->mem = KEY_SEAL_MEM;
    key_random(f->salt, sizeof f->salt);
    buf_init(&head, j->text, sizeof j->text);
    rootfile_print_head(f, &head);
    f->bound = (struct kith_bytes){head.p, head.n};
    j->text_n = head.n;
    return head.failed ? kith_fail(e, KITH_E_INTERNAL, "the key file could not be made") : 0;
}

/* What can be told without the passphrase is told first. */
static int prepare_file(struct key_job *j, struct kith_bytes args, struct kith_error *e)
{
    struct daemon *d = j->d;
    struct pack_reader r;
    if (!control_arg(args, "file", &r))
        return kith_fail(e, KITH_E_USAGE, "a key file is needed");
    struct kith_bytes text = pack_get_bin(&r, ROOTFILE_MAX);
    if (r.failed)
        return kith_fail(e, KITH_E_INVALID, "this is not a file that `kith key export` wrote");
    memcpy(j->text, text.p, text.n);
    int code = rootfile_parse((struct kith_bytes){j->text, text.n}, &j->f, e);
    if (code < 0)
        return code;
    if (j->f.has_network && d->sync && memcmp(&j->f.net, &d->net, sizeof d->net) != 0)
        return kith_fail(e, KITH_E_REFUSED, "key file of another network: \"%s\"; this site is in \"%s\"",
                         j->f.network, d->network);
    if (memcmp(&j->f.root, &d->keys.root, sizeof d->keys.root) != 0)
        return kith_fail(e, KITH_E_REFUSED, "key file of another site: \"%s\"; this home is not that site",
                         j->f.code);
    if (j->what == KEY_REMOVE && !d->keys.has_root)
        return kith_fail(e, KITH_E_REFUSED, "the root key is not on this machine: it was exported before");
    return 0;
}

static int prepare(struct key_job *j, struct kith_bytes args, struct kith_error *e)
{
    j->hidden = key_locked_new(sizeof *j->hidden);
    if (!j->hidden)
        return kith_fail(e, KITH_E_INTERNAL, "keys: no locked memory; raise RLIMIT_MEMLOCK");
    int r = read_passphrase(args, j->hidden, e);
    if (r == 0)
        r = j->what == KEY_EXPORT ? prepare_export(j, e) : prepare_file(j, args, e);
    return r;
}

static void begin(struct client *c, enum key_what what, struct kith_bytes args)
{
    struct daemon *d = c->d;
    struct kith_error e;
    struct key_job *j = d->control->key_job ? NULL : calloc(1, sizeof *j);
    if (!j) {
        kith_fail(&e, KITH_E_AGAIN, "another passphrase is being worked on; try again in a moment");
        answer_fail(c, &e);
        return;
    }
    j->d = d;
    j->client = c;
    j->what = what;
    j->work.data = j;
    int r = prepare(j, args, &e);
    if (r == 0 && uv_queue_work(&d->uv, &j->work, do_work, after_work) < 0)
        r = kith_fail(&e, KITH_E_INTERNAL, "the passphrase could not be worked on");
    if (r == 0) {
        d->control->key_job = j;
        return;
    }
    job_free(j);
    answer_fail(c, &e);
}

void control_key_export(struct client *c, struct kith_bytes args)
{
    begin(c, KEY_EXPORT, args);
}

void control_key_remove(struct client *c, struct kith_bytes args)
{
    begin(c, KEY_REMOVE, args);
}

void control_key_import(struct client *c, struct kith_bytes args)
{
    begin(c, KEY_IMPORT, args);
}
