#include "cli/history.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "cli/control.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "proto/learn/name.h"
#include "proto/wire/pack.h"

#define WHO_SIZE 160u

static const struct sheet_column columns[] = {
    {"number", "", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"time", "", SHEET_TIME, SHEET_MACHINES, false, false},
    {"approved", "", SHEET_TIME, SHEET_MACHINES, false, false},
    {"when", "WHEN", SHEET_TEXT, SHEET_TABLES, false, false},
    {"from", "WAS", SHEET_TEXT, SHEET_ALL, false, false},
    {"id", "", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"state", "", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"became", "BECAME", SHEET_TEXT, SHEET_TABLES, false, false},
    {"kind", "KIND", SHEET_TEXT, SHEET_ALL, false, true},
    {"author", "", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"author_login", "", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"shared_by", "SHARED BY", SHEET_TEXT, SHEET_ALL, false, false},
    {"releaser", "", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"releaser_login", "", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"released_by", "RELEASED BY", SHEET_TEXT, SHEET_ALL, false, false},
    {"persons", "", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"one_person", "ONE PERSON", SHEET_TRUTH, SHEET_ALL, false, false},
    {"found", "FOUND", SHEET_TEXT, SHEET_ALL, true, false},
    {"reason", "REASON", SHEET_TEXT, SHEET_ALL, true, false},
    {"before", "LEFT BEFORE", SHEET_TEXT, SHEET_ALL, false, true},
    {"digest", "", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"short", "DIGEST", SHEET_TEXT, SHEET_TABLES, false, true},
};

/* "alice", or her number where the system does not know it. */
static void print_user(int64_t uid, char *ret, size_t cap)
{
    const struct passwd *p = getpwuid((uid_t)uid);
    if (p)
        snprintf(ret, cap, "%.60s", p->pw_name);
    else
        snprintf(ret, cap, "uid %lld", (long long)uid);
}

/* "alice", "alice, logged in as bob". */
static void print_who(const struct js *line, const char *key, const char *login_key, char ret[WHO_SIZE])
{
    char login[70];
    int64_t uid = js_integer(line, key, -1), as = js_integer(line, login_key, -1);
    print_user(uid, ret, WHO_SIZE);
    if (as < 0 || as == uid)
        return;
    print_user(as, login, sizeof login);
    size_t n = strlen(ret);
    snprintf(ret + n, WHO_SIZE - n, ", logged in as %s", login);
}

static void put_number(struct sheet *s, const struct js *line, const char *key)
{
    int64_t v = js_integer(line, key, -1);
    if (v >= 0)
        sheet_integer(s, key, v);
}

static void put_some(struct sheet *s, const struct js *line, const char *key)
{
    const char *text = js_text(line, key);
    sheet_text(s, key, text && text[0] ? text : NULL);
}

/* What became of it: the name under which it left, or in words why it did not. */
static void put_outcome(struct sheet *s, const char *became)
{
    struct record_name name;
    bool left = became && name_parse(became, &name, NULL) == 0;
    sheet_text(s, "id", left ? became : NULL);
    sheet_text(s, "state", left ? "released" : became && became[0] ? became : "under way");
    sheet_text(s, "became", became);
}

static void print_line(struct sheet *s, const struct cli *cli, const struct js *line)
{
    static const char *const numbers[] = {"number",   "author",         "author_login",
                                          "releaser", "releaser_login", "persons"};
    static const char *const texts[] = {"from", "kind", "found", "reason", "before", "digest"};
    char who[WHO_SIZE], at[PEOPLE_TIME_SIZE], brief[13];
    const char *digest = js_text(line, "digest");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        put_number(s, line, numbers[i]);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        put_some(s, line, texts[i]);
    put_outcome(s, js_text(line, "id"));
    sheet_time(s, "time", js_integer(line, "time", -1));
    sheet_time(s, "approved", js_integer(line, "approved", -1));
    people_clock(cli->now, js_integer(line, "time", 0), at);
    sheet_text(s, "when", at);
    print_who(line, "author", "author_login", who);
    sheet_text(s, "shared_by", who);
    print_who(line, "releaser", "releaser_login", who);
    sheet_text(s, "released_by", who);
    sheet_truth(s, "one_person", js_truth(line, "one_person"));
    snprintf(brief, sizeof brief, "%s", digest ? digest : "");
    sheet_text(s, "short", brief);
    sheet_row(s);
}

static int ask_page(struct control *c, int64_t since, int64_t after, struct js **ret, struct kith_error *e)
{
    uint8_t memory[64];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    pack_cstr(&b, "since");
    pack_uint(&b, (uint64_t)since);
    pack_cstr(&b, "after");
    pack_uint(&b, (uint64_t)after);
    return control_ask(c, "history", &b, CONTROL_QUICK_MS, ret, e);
}

/* The whole journal may be longer than one answer: a page begins behind the last line of the one before. */
static int print_pages(struct control *c, const struct cli *cli, int64_t since, struct sheet *s,
                       struct kith_error *e)
{
    int64_t after = 0;
    bool more = true;
    while (more) {
        struct js *answer = NULL;
        int rc = ask_page(c, since, after, &answer, e);
        if (rc)
            return rc;
        const struct js *lines = js_get(answer, "lines");
        size_t n = js_count(lines);
        for (size_t i = 0; i < n; i++)
            print_line(s, cli, js_at(lines, i));
        if (n > 0)
            after = js_integer(js_at(lines, n - 1), "number", INT64_MAX);
        more = js_truth(answer, "more") && n > 0;
        js_free(answer);
    }
    return 0;
}

int history_print(const struct cli *cli, int64_t since)
{
    struct control c;
    struct sheet s;
    struct kith_error e;
    int rc = control_open(&c, cli, &e);
    if (rc)
        return cli_fail(&e);
    page_begin(cli);
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    rc = print_pages(&c, cli, since < 0 ? 0 : since, &s, &e);
    control_close(&c);
    if (!rc || s.rows)
        sheet_end(&s);
    if (rc)
        return cli_fail(&e);
    if (s.rows == 0)
        cli_note("kith: the release journal has no line%s", since > 0 ? " of that time" : " yet");
    return s.rows ? CLI_DONE : CLI_NOTHING;
}
