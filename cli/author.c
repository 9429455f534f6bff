#include "cli/author.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/batch.h"
#include "cli/editor.h"
#include "cli/text.h"
#include "proto/wire/pack.h"

#define ROUNDS_MAX   1000u
#define REF_BODY_MAX 128u /* bytes of a packed reference and its name */
#define TRIES_MAX    100u /* names of files */

bool author_is_there(const struct cli *cli)
{
    return cli->terminal && isatty(STDIN_FILENO) == 1 && cli->format == CLI_PEOPLE;
}

bool author_agrees(const char *question, ...)
{
    char line[16];
    va_list args;
    va_start(args, question);
    vprintf(question, args);
    va_end(args);
    fputs(" [y/N] ", stdout);
    fflush(stdout);
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* ---- the file ---- */

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        p += done;
        n -= (size_t)done;
    }
    return fsync(fd);
}

static int cannot(const char *what, const char *path, struct kith_error *e)
{
    return kith_fail(e, KITH_E_USAGE, "%s: \"%.150s\": %s", what, path, strerror(errno));
}

/* A file that is not there yet, in this directory. */
static int make_file(struct author *a, const char *dir)
{
    char date[32];
    struct tm tm;
    time_t now = (time_t)(a->cli->now / 1000);
    localtime_r(&now, &tm);
    strftime(date, sizeof date, "%Y-%m-%d", &tm);
    for (uint32_t i = 1; i <= TRIES_MAX; i++) {
        char more[16] = "";
        if (i > 1)
            snprintf(more, sizeof more, "-%u", i);
        int n = snprintf(a->path, sizeof a->path, "%s%s%s-%s%s.md", dir, dir[0] ? "/" : "", a->kind->name,
                         date, more);
        int fd = n < 0 || (unsigned)n >= sizeof a->path
                     ? -1
                     : open(a->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static int open_new(struct author *a, const char *named, struct kith_error *e)
{
    const char *own = getenv("HOME");
    if (named) {
        snprintf(a->path, sizeof a->path, "%s", named);
        int fd = open(a->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        return fd < 0 ? cannot("file cannot be made", named, e) : fd;
    }
    int fd = make_file(a, "");
    if (fd < 0 && own && own[0])
        fd = make_file(a, own);
    return fd < 0 ? cannot("file cannot be made; name another with --file", a->path, e) : fd;
}

int author_begin(struct author *a, const char *named, char *text, size_t n, struct kith_error *e)
{
    a->text = text;
    a->n = n;
    int fd = open_new(a, named, e);
    if (fd < 0)
        return fd;
    a->ours = !named;
    int rc = write_all(fd, text, n) ? cannot("file cannot be written", a->path, e) : 0;
    close(fd);
    if (rc)
        unlink(a->path); /* nothing of a person's is in it yet */
    return rc;
}

int author_resume(struct author *a, const char *named, struct kith_error *e)
{
    if (access(named, R_OK))
        return cannot("file cannot be read", named, e);
    snprintf(a->path, sizeof a->path, "%s", named);
    return 0;
}

void author_end(struct author *a)
{
    free(a->text);
    a->text = NULL;
}

static void remove_ours(const struct author *a)
{
    if (a->ours)
        unlink(a->path);
}

/* Where the text is now, and how to go on. */
static void say_kept(const struct author *a)
{
    char *whole = realpath(a->path, NULL); /* it may be asked for from another directory */
    const char *path = whole ? whole : a->path;
    cli_note("Your text is in %s", path);
    cli_note("Go on with it later: kith %s --file %s", a->verb, path);
    free(whole);
}

/* ---- checking ---- */

uint8_t *author_set_ref(struct kith_bytes body, const char *name, const struct kind_ref *ref, size_t *ret_n)
{
    struct pack_reader r, has;
    struct buf b;
    size_t size = body.n + REF_BODY_MAX;
    uint8_t *memory = cli_alloc(size);
    bool put = false;
    buf_init(&b, memory, size);
    pack_reader_init(&r, body.p, body.n, false);
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX);
    pack_map(&b, pairs + (pack_find(body, name, &has) ? 0 : 1));
    for (uint32_t i = 0; i <= pairs && !r.failed; i++) {
        struct kith_bytes key = i < pairs ? pack_get_str(&r, KITH_BODY_MAX) : (struct kith_bytes){NULL, 0};
        size_t n = strlen(name);
        int by = i == pairs ? 1 : memcmp(key.p, name, key.n < n ? key.n : n);
        if (by == 0)
            by = (key.n > n) - (key.n < n);
        if (by >= 0 && !put) {
            pack_cstr(&b, name);
            kind_ref_put(&b, ref);
            put = true;
        }
        if (by == 0 && i < pairs) {
            pack_skip(&r);
        } else if (i < pairs) {
            pack_str(&b, (const char *)key.p, key.n);
            pack_copy(&b, &r);
        }
    }
    *ret_n = b.n;
    return memory;
}

/* A remark about every comment that a person changed: what stands in one is not shared. */
static void look_at_comments(const struct author *a, struct record_set *s, const char *text)
{
    for (const char *at = strstr(text, "<!--"); at; at = strstr(at + 4, "<!--")) {
        const char *end = strstr(at, "-->");
        char *comment = end ? cli_strndup(at, (size_t)(end - at)) : NULL;
        if (comment && (at == text || at[-1] == '\n') && (!a->text || !strstr(a->text, comment)))
            record_complain(s, a->path, text_line(text, (size_t)(at - text)), FINDING_WARNING, "", 0,
                            "what stands between <!-- and --> is a remark and not shared: write below it");
        free(comment);
    }
}

/* True when nothing was written: the text is what it was. */
static bool is_untouched(const struct author *a, const struct text *t)
{
    return a->text && t->n == a->n && memcmp(t->p, a->text, a->n) == 0;
}

/* Reads the file; the one good record is then the only one of the set. */
static void check(const struct author *a, struct record_set *s, bool *ret_untouched)
{
    struct text t;
    struct kith_error e;
    *ret_untouched = false;
    record_set_init(s, a->cli);
    s->hints = true;
    if (text_read(a->path, TEXT_RECORD_MAX, &t, &e) == 0) {
        *ret_untouched = is_untouched(a, &t);
        record_read(s, a->path);
        look_at_comments(a, s, t.p);
        text_clear(&t);
    } else {
        record_complain(s, a->path, 0, FINDING_ERROR, "", 0, e.text);
    }
    if (!s->errors && s->count != 1)
        record_complain(s, a->path, 1, FINDING_ERROR, "", 0,
                        "one record was expected: share others one by one");
    if (!s->errors && s->record[0].kind != a->kind)
        record_complain(s, a->path, 2, FINDING_ERROR, "kind", 0, "the kind of a record cannot be changed");
    if (!s->errors && a->supersedes) {
        struct record *r = &s->record[0];
        uint8_t *body =
            author_set_ref((struct kith_bytes){r->body, r->n}, "supersedes", a->supersedes, &r->n);
        free(r->body);
        r->body = body;
    }
}

/* ---- sharing ---- */

/* 0 and a->id, or the code and a sentence. */
static int send(struct author *a, const struct record_set *s, struct kith_error *e)
{
    struct control c;
    struct js *answer = NULL;
    int rc = control_open(&c, a->cli, e);
    if (rc)
        return rc;
    rc = batch_share(&c, s->record, 1, false, NULL, &answer, e);
    control_close(&c);
    if (rc)
        return rc;
    const struct js *one = js_at(js_get(answer, "results"), 0);
    rc = batch_code(one);
    if (rc)
        kith_fail(e, rc, "%s", js_text(one, "text") ? js_text(one, "text") : "refused");
    else
        snprintf(a->id, sizeof a->id, "%s", js_text(one, "id"));
    js_free(answer);
    return rc;
}

static void say_shared(const struct author *a, const struct record_set *s)
{
    const struct record *r = &s->record[0];
    struct kith_bytes title = kind_title(r->kind, (struct kith_bytes){r->body, r->n});
    if (a->cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "id", a->id);
        js_put(o, "kind", r->kind->name);
        js_put_bytes(o, "title", title);
        js_print_take(o, stdout);
        return;
    }
    printf("Shared here as %s: %.*s\n", a->id, (int)title.n, title.n ? (const char *)title.p : "");
    printf("Everyone at this site finds it now; nobody else does. To send it to the network: kith release "
           "%s\n",
           a->id);
}

int author_share(struct author *a)
{
    struct record_set s;
    struct kith_error e;
    bool untouched;
    check(a, &s, &untouched);
    record_print_complaints(&s, 0, FINDING_WARNING);
    int rc = record_exit_code(&s);
    if (!s.errors && send(a, &s, &e))
        rc = cli_fail(&e);
    else if (!s.errors)
        say_shared(a, &s);
    if (rc)
        cli_note("kith: nothing was shared: \"%s\": the text is still there", a->path);
    record_set_clear(&s);
    return rc;
}

/* ---- the conversation ---- */

enum next { NEXT_EDIT, NEXT_SHARE, NEXT_KEEP };

/* One letter and Enter; Enter alone is the first of them, the end of input keeps the file. */
static enum next ask(bool good)
{
    char line[64];
    for (uint32_t i = 0; i < ROUNDS_MAX; i++) {
        fputs(good ? "[s]hare here, [e]dit again, [k]eep the file for later? [s] "
                   : "[e]dit again, [k]eep the file for later? [e] ",
              stdout);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return NEXT_KEEP;
        if (good && (line[0] == '\n' || line[0] == 's' || line[0] == 'S'))
            return NEXT_SHARE;
        if (line[0] == 'e' || line[0] == 'E' || (!good && line[0] == '\n'))
            return NEXT_EDIT;
        if (line[0] == 'k' || line[0] == 'K')
            return NEXT_KEEP;
    }
    return NEXT_KEEP;
}

/* After one pass through the editor: what the person wants, or that it is over with *ret_exit. */
static bool settle(struct author *a, enum next *ret_next, int *ret_exit)
{
    struct record_set s;
    struct kith_error e;
    bool untouched, over = true;
    check(a, &s, &untouched);
    if (untouched) {
        remove_ours(a);
        printf("Nothing was written, so nothing was shared.\n");
        *ret_exit = CLI_NOTHING;
        record_set_clear(&s);
        return true;
    }
    record_print_complaints(&s, 0, FINDING_HINT);
    *ret_next = s.complaints ? ask(!s.errors) : NEXT_SHARE;
    *ret_exit = record_exit_code(&s);
    if (*ret_next == NEXT_KEEP) {
        say_kept(a);
    } else if (*ret_next == NEXT_EDIT) {
        over = false;
    } else if (send(a, &s, &e)) {
        *ret_exit = cli_fail(&e);
        over = e.code != KITH_E_REFUSED && e.code != KITH_E_INVALID;
        if (!over)
            *ret_next = ask(false);
        over = over || *ret_next == NEXT_KEEP;
        if (over)
            say_kept(a);
    } else {
        say_shared(a, &s);
        remove_ours(a);
    }
    record_set_clear(&s);
    return over;
}

int author_run(struct author *a)
{
    struct kith_error e;
    enum next next = NEXT_EDIT;
    int code = CLI_DONE;
    for (uint32_t i = 0; i < ROUNDS_MAX; i++) {
        if (editor_run(a->path, &e)) {
            code = cli_fail(&e);
            break;
        }
        if (settle(a, &next, &code))
            return code;
    }
    say_kept(a);
    return code;
}
