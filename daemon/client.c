#include "daemon/client.h"

#include "proto/wire/hex.h"

#include <stdlib.h>
#include <string.h>

/* ---- answers ---- */

struct buf *answer_begin(struct client *c)
{
    struct control *k = c->d->control;
    buf_init(&k->out, k->answer + FRAME_HEAD, CONTROL_ANSWER_MAX);
    pack_array(&k->out, 3);
    pack_uint(&k->out, c->id);
    pack_nil(&k->out);
    return &k->out;
}

static void on_written(uv_write_t *req, int status)
{
    struct client *c = req->data;
    free(c->out);
    c->out = NULL;
    c->writing = false; /* control_tick takes the next request */
    c->lost = c->lost || status < 0;
}

static void send_answer(struct client *c)
{
    uv_buf_t b = uv_buf_init((char *)c->out, (unsigned)c->out_n);
    c->busy = c->after_commit = false;
    c->writing = true;
    c->begun = daemon_now(c->d);
    if (uv_write(&c->write, (uv_stream_t *)&c->pipe, &b, 1, on_written) < 0) {
        c->writing = false;
        c->lost = true;
    }
}

/* The packed frame moves into memory of the client. False when it could not. */
static bool keep_frame(struct client *c)
{
    struct control *k = c->d->control;
    struct buf head;
    buf_init(&head, k->answer, FRAME_HEAD);
    buf_u32(&head, (uint32_t)k->out.n);
    c->out_n = FRAME_HEAD + k->out.n;
    c->out = malloc(c->out_n);
    if (!c->out) {
        c->lost = true;
        return false;
    }
    memcpy(c->out, k->answer, c->out_n);
    return true;
}

void answer_end(struct client *c, bool after_commit)
{
    struct kith_error e;
    c->wait = WAIT_NOTHING;
    if (c->closing || c->lost)
        return;
    if (c->d->control->out.failed) {
        kith_fail(&e, KITH_E_FULL, "the answer is longer than \"%u\" bytes; ask for less",
                  CONTROL_ANSWER_MAX);
        answer_fail(c, &e);
        return;
    }
    if (!keep_frame(c))
        return;
    c->after_commit = after_commit;
    if (!after_commit)
        send_answer(c);
}

void answer_text(struct buf *b, const char *key, const char *value)
{
    pack_cstr(b, key);
    pack_cstr(b, value);
}

void answer_hex(struct buf *b, const char *key, const void *p, size_t n)
{
    char text[2 * ANSWER_HEX_MAX + 1];
    hex_print(p, n < ANSWER_HEX_MAX ? n : ANSWER_HEX_MAX, text);
    answer_text(b, key, text);
}

void answer_number(struct buf *b, const char *key, uint64_t value)
{
    pack_cstr(b, key);
    pack_uint(b, value);
}

void answer_why(struct buf *b, int code, const char *text)
{
    pack_cstr(b, "code");
    pack_int(b, code);
    answer_text(b, "text", text);
}

void answer_fail(struct client *c, const struct kith_error *e)
{
    struct control *k = c->d->control;
    c->wait = WAIT_NOTHING;
    if (c->closing || c->lost)
        return;
    buf_init(&k->out, k->answer + FRAME_HEAD, CONTROL_ANSWER_MAX);
    pack_array(&k->out, 3);
    pack_uint(&k->out, c->id);
    pack_map(&k->out, 2);
    answer_why(&k->out, e->code, e->text);
    pack_nil(&k->out);
    if (keep_frame(c))
        send_answer(c);
}

/* Only what the socket takes at once: progress is news, and news may be missed. */
void answer_progress(struct client *c, uint64_t done, uint64_t total)
{
    uint8_t memory[64];
    struct buf b, head;
    if (c->closing || c->lost || c->writing)
        return;
    buf_init(&b, memory + FRAME_HEAD, sizeof memory - FRAME_HEAD);
    pack_array(&b, 3);
    pack_uint(&b, c->id);
    pack_nil(&b);
    pack_map(&b, 2);
    pack_cstr(&b, "progress");
    pack_uint(&b, done);
    pack_cstr(&b, "total");
    pack_uint(&b, total);
    buf_init(&head, memory, FRAME_HEAD);
    buf_u32(&head, (uint32_t)b.n);
    uv_buf_t out = uv_buf_init((char *)memory, (unsigned)(FRAME_HEAD + b.n));
    int sent = uv_try_write((uv_stream_t *)&c->pipe, &out, 1);
    if (sent > 0 && (size_t)sent < FRAME_HEAD + b.n)
        c->lost = true; /* half a frame went: no way back into step */
}

void answers_committed(struct daemon *d)
{
    for (uint32_t i = 0; d->control && i < CONTROL_CLIENTS_MAX; i++) {
        struct client *c = d->control->client[i];
        if (c && c->after_commit && !c->lost)
            send_answer(c);
    }
}

/* ---- arguments, and the right to them ---- */

bool control_arg(struct kith_bytes args, const char *key, struct pack_reader *ret)
{
    struct pack_reader r;
    pack_reader_init(&r, args.p, args.n, false);
    uint32_t pairs = pack_get_map(&r, 64);
    for (uint32_t i = 0; i < pairs && !r.failed; i++) {
        struct kith_bytes k = pack_get_str(&r, 64);
        if (!r.failed && k.n == strlen(key) && memcmp(k.p, key, k.n) == 0) {
            *ret = r;
            return true;
        }
        pack_skip(&r);
    }
    return false;
}

bool control_text(struct kith_bytes args, const char *key, char *ret, size_t cap, bool *failed)
{
    struct pack_reader r;
    if (!control_arg(args, key, &r))
        return false;
    struct kith_bytes text = pack_get_str(&r, cap - 1);
    *failed = *failed || r.failed || memchr(text.n ? (const char *)text.p : "", '\0', text.n);
    if (r.failed)
        return false;
    if (text.n)
        memcpy(ret, text.p, text.n);
    ret[text.n] = '\0';
    return true;
}

void client_refuse(struct client *c, const char *what, unsigned roles)
{
    struct kith_error e;
    role_refuse(&c->d->roles, what, roles, &e);
    log_say(LOG_WARN, "control.refused", "uid \"%u\": %s", (unsigned)c->uid, e.text);
    answer_fail(c, &e);
}

bool control_role(struct client *c, const char *what, enum role role)
{
    if (c->roles & role)
        return true;
    client_refuse(c, what, role);
    return false;
}
