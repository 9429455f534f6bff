/* Councils and their operations while coordinators are apart: the cases that break simpler rules. Operations
 * admit newcomers that are on no stage: what each site then says of them is what the play is about. */
#include "tests/sim/play.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "kith/kinds.h"

#define NOBODY WORLD_SITES

static const char *const newcomers[] = {"KIT", "LOW", "MAY", "NAN"};
enum newcomer { KIT, LOW, MAY, NAN };

/* ---- councils ---- */

static void take_seat(const struct world *w, struct council *c, uint32_t i)
{
    struct council_seat *s = &c->seat[c->seats_n++];
    memset(s, 0, sizeof *s);
    s->root = w->site[i].root_pk;
    memcpy(s->code, w->site[i].code, strlen(w->site[i].code));
    memcpy(s->name, "A site", 6);
}

/* The next council as site `by` makes and signs it: with `adds` or without `drops` (NOBODY), and with this k.
 */
static void make_council_k(struct world *w, uint32_t by, uint32_t adds, uint32_t drops, uint32_t k)
{
    static struct council c;
    static uint8_t wire[KITH_COUNCIL_MAX];
    struct world_site *x = &w->site[by];
    struct kith_error e;
    struct buf b;
    c = *roster_council(x->roster);
    bool raises = c.k != k;
    c.prev = c.id;
    c.g++;
    c.rev = 1;
    c.k = k;
    c.bounds_n = c.sigs_n = 0;
    for (uint32_t i = 0; i < sync_logs(x->sync); i++) {
        struct sync_log l;
        sync_log_at(x->sync, i, &l);
        if (l.log.stream == KITH_CONTROL && l.head > 0 && roster_is_coordinator(x->roster, &l.log.site))
            c.bound[c.bounds_n++] = (struct council_bound){l.log.site, l.log.epoch, l.head, l.head_id};
    }
    if (adds < NOBODY)
        take_seat(w, &c, adds);
    int seat = drops < NOBODY ? council_seat_of(&c, &w->site[drops].root_pk) : -1;
    for (uint32_t i = seat < 0 ? c.seats_n : (uint32_t)seat; i + 1 < c.seats_n; i++)
        c.seat[i] = c.seat[i + 1];
    c.seats_n -= seat >= 0;
    if (raises)
        play_say(w, by, "signs council %u, in which k is %u", c.g, k);
    if (adds < NOBODY || drops < NOBODY)
        play_say(w, by, "signs council %u %s %s", c.g, seat >= 0 ? "without" : "with",
                 w->site[seat >= 0 ? drops : adds].code);
    buf_init(&b, wire, sizeof wire);
    int r = council_seal(&c);
    assert(r == 0);
    r = council_sign(&c, &w->net, &x->root_pk, &x->root_sk);
    assert(r == 0);
    r = council_encode(&c, &b);
    assert(r == 0);
    r = sync_council(x->sync, (struct kith_bytes){b.p, b.n}, (struct kith_mono){w->now}, &e);
    assert(r == 1);
    const uint8_t body[] = {0x81, 0xa1, 'a', 0x01};
    world_write(w, by, KITH_STATUS, KITH_KIND_ADDRESSES, (struct kith_bytes){body, sizeof body}, 1);
}

static void make_council(struct world *w, uint32_t by, uint32_t adds, uint32_t drops)
{
    make_council_k(w, by, adds, drops, roster_council(w->site[by].roster)->k);
}

static bool sits(const struct world *w, uint32_t at, uint32_t of)
{
    return roster_is_coordinator(w->site[at].roster, &w->site[of].site);
}

/* ---- operations ---- */

static void root_of(enum newcomer who, struct kith_pk *ret)
{
    memset(ret->b, 0x40 + (int)who, sizeof ret->b);
}

static bool is_member(const struct world *w, uint32_t at, enum newcomer who)
{
    struct kith_pk root;
    struct kith_site_id site;
    root_of(who, &root);
    crypto_site_id(&root, &site);
    return roster_member(w->site[at].roster, &site) != NULL;
}

/* The same bytes, whoever posts them under this council. */
static struct kith_bytes admission(enum newcomer who, const struct kith_id *council)
{
    static uint8_t memory[512];
    struct op_admit o = {.council = *council, .role = ROLE_SITE, .rev = 1};
    struct buf b;
    root_of(who, &o.root);
    snprintf(o.code, sizeof o.code, "%s", newcomers[who]);
    snprintf(o.name, sizeof o.name, "A newcomer");
    buf_init(&b, memory, sizeof memory);
    int r = op_admit_make(&o, &b);
    assert(r == 0);
    return (struct kith_bytes){b.p, b.n};
}

/* Posts it under the council that counts at this site. */
static void admit_at(struct world *w, uint32_t by, enum newcomer who, int64_t time)
{
    const struct council *c = roster_council(w->site[by].roster);
    int64_t now = w->now;
    play_say(w, by, "posts: admit %s (council %u, k = %u)%s", newcomers[who], c->g, c->k,
             time < now ? ", as if it were long ago" : "");
    w->now = time;
    world_write(w, by, KITH_CONTROL, KITH_KIND_ADMIT, admission(who, &c->id), 1);
    w->now = now;
}

static void admit(struct world *w, uint32_t by, enum newcomer who)
{
    admit_at(w, by, who, w->now);
}

static void expect_all(struct world *w, enum newcomer who, bool member)
{
    for (uint32_t i = 0; i < w->sites; i++)
        play_expect(w, is_member(w, i, who) == member, "%s: %s is %s member", w->site[i].code, newcomers[who],
                    member ? "a" : "no");
}

/* ---- the plays ---- */

void play_mutual_removal(struct world *w)
{
    enum { ASH, BRY, COL };
    play_open(w, 3);
    play_links(w, true);
    play_scene(w, "I. ASH makes BRY a coordinator; linked sites hear of the council at once.");
    make_council(w, ASH, BRY, NOBODY);
    play_run(w, 20000);
    play_expect(w, sits(w, COL, BRY), "COL knows BRY as a coordinator");
    play_scene(w, "II. Apart, each of the two signs a council without the other.");
    play_links(w, false);
    make_council(w, ASH, NOBODY, BRY);
    make_council(w, BRY, NOBODY, ASH);
    play_run(w, 5000);
    play_expect(w, !sits(w, ASH, BRY), "for ASH, listed first, half of the signatures are enough");
    play_expect(w, sits(w, BRY, ASH) && sits(w, BRY, BRY),
                "for BRY nothing has changed: its council is incomplete");
    play_scene(w, "III. COL meets BRY first, then ASH. In the end all tell the same.");
    play_link(w, BRY, COL, true);
    play_run(w, 20000);
    play_expect(w, sits(w, COL, ASH) && sits(w, COL, BRY), "one signature of two decides nothing at COL");
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    for (uint32_t i = ASH; i <= COL; i++)
        play_expect(w, sits(w, i, ASH) && !sits(w, i, BRY) && !roster_council_contested(w->site[i].roster),
                    "%s: ASH decides alone, BRY is a member as before", w->site[i].code);
    play_links(w, true);
    play_run(w, 30000);
    play_expect(w, world_converged(w), "all hold the same");
}

void play_raised_k(struct world *w)
{
    enum { ASH, BRY, COL };
    play_open(w, 3);
    play_scene(w, "I. ASH, alone in the council, admits KIT while nobody hears it. Then k is raised to 2.");
    admit(w, ASH, KIT);
    play_run(w, 5000);
    make_council_k(w, ASH, BRY, NOBODY, 2);
    play_run(w, 5000);
    play_expect(w, is_member(w, ASH, KIT), "KIT was admitted by one, when one was enough, and stays");
    play_scene(w, "II. Under the new council one is not enough any more.");
    play_links(w, true);
    play_run(w, 30000);
    admit(w, ASH, LOW);
    play_run(w, 30000);
    expect_all(w, KIT, true);
    expect_all(w, LOW, false);
    play_scene(w, "III. BRY posts the same.");
    admit(w, BRY, LOW);
    play_run(w, 30000);
    expect_all(w, LOW, true);
    play_expect(w, world_converged(w), "all hold the same");
}

void play_two_of_one(struct world *w)
{
    enum { ASH, BRY };
    play_open(w, 2);
    play_links(w, true);
    play_scene(w,
               "I. The only coordinator asks for two. There is one, so one decides: nothing is locked out.");
    make_council_k(w, ASH, NOBODY, NOBODY, 2);
    admit(w, ASH, KIT);
    play_run(w, 20000);
    expect_all(w, KIT, true);
    play_scene(w, "II. With a second coordinator it takes both.");
    make_council(w, ASH, BRY, NOBODY);
    play_run(w, 20000);
    admit(w, ASH, LOW);
    play_run(w, 20000);
    expect_all(w, LOW, false);
    admit(w, BRY, LOW);
    play_run(w, 20000);
    expect_all(w, LOW, true);
    expect_all(w, KIT, true);
    play_expect(w, world_converged(w), "all hold the same");
}

void play_removed_back_dates(struct world *w)
{
    enum { ASH, BRY, COL };
    play_open(w, 3);
    play_links(w, true);
    play_scene(w, "I. BRY is a coordinator, and admits KIT. All have it.");
    make_council(w, ASH, BRY, NOBODY);
    play_run(w, 20000);
    admit(w, BRY, KIT);
    play_run(w, 20000);
    expect_all(w, KIT, true);
    play_links(w, false);
    play_scene(w,
               "II. ASH leaves BRY out. BRY, who will not have it, admits LOW with an older date, to COL.");
    make_council(w, ASH, NOBODY, BRY);
    admit_at(w, BRY, LOW, 1000);
    play_link(w, BRY, COL, true);
    play_run(w, 20000);
    play_expect(w, is_member(w, COL, LOW), "COL has not heard of the new council, and believes it");
    play_scene(w, "III. COL hears of it. What lies behind the bound does not count, whatever its date.");
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    play_links(w, true);
    play_run(w, 30000);
    expect_all(w, KIT, true);
    expect_all(w, LOW, false);
    play_expect(w, world_converged(w), "all hold the same");
}

void play_posted_by_two(struct world *w)
{
    enum { ASH, BRY, COL, DEE };
    play_open(w, 4);
    play_links(w, true);
    make_council_k(w, ASH, BRY, NOBODY, 2);
    play_run(w, 20000);
    play_links(w, false);
    play_scene(w, "I. Apart, two coordinators post the same bytes; COL hears the one, DEE the other.");
    admit(w, ASH, KIT);
    admit(w, BRY, KIT);
    play_link(w, ASH, COL, true);
    play_link(w, BRY, DEE, true);
    play_run(w, 20000);
    expect_all(w, KIT, false);
    play_scene(w, "II. COL and DEE meet: it is one operation, posted by two.");
    play_link(w, COL, DEE, true);
    play_run(w, 30000);
    expect_all(w, KIT, true);
    play_scene(w, "III. ASH posts it once more: nothing changes, and one seat counts once.");
    admit(w, ASH, LOW);
    admit(w, ASH, LOW);
    play_run(w, 30000);
    expect_all(w, LOW, false);
    play_expect(w, world_converged(w), "all hold the same");
}

void play_coordinator_forked(struct world *w)
{
    enum { ASH, BRY, COL, TWIN };
    play_open(w, 4);
    play_links(w, true);
    play_scene(w, "I. BRY is a coordinator, admits KIT, and a copy of its home is started elsewhere.");
    make_council(w, ASH, BRY, NOBODY);
    play_run(w, 20000);
    admit(w, BRY, KIT);
    play_run(w, 20000);
    play_links(w, false);
    world_twin(w, TWIN, BRY);
    while (!w->site[TWIN].alive)
        world_step(w);
    w->site[BRY].root_away = w->site[TWIN].root_away = true;
    play_scene(w, "II. Each of the two admits somebody else, at the same place of one log.");
    admit(w, BRY, LOW);
    admit(w, TWIN, MAY);
    play_link(w, ASH, BRY, true);
    play_link(w, COL, TWIN, true);
    play_run(w, 20000);
    play_expect(w, is_member(w, ASH, LOW) && !is_member(w, ASH, MAY), "ASH has heard of LOW");
    play_expect(w, is_member(w, COL, MAY) && !is_member(w, COL, LOW), "COL has heard of MAY");
    play_scene(w, "III. ASH and COL meet. Neither admission counts any more, at both; what lay before does.");
    play_link(w, ASH, BRY, false);
    play_link(w, COL, TWIN, false);
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    for (uint32_t i = ASH; i <= COL; i += COL)
        play_expect(w, is_member(w, i, KIT) && !is_member(w, i, LOW) && !is_member(w, i, MAY),
                    "%s: KIT is a member, LOW and MAY are not", w->site[i].code);
    play_scene(w, "IV. BRY gets its root key, and rotates: the branch that the network holds counts again.");
    w->site[BRY].root_away = false;
    play_link(w, BRY, COL, true);
    play_run(w, 60000);
    bool low = is_member(w, ASH, LOW), may = is_member(w, ASH, MAY);
    play_expect(w, low != may, "one of the two counts: %s", low ? "LOW" : "MAY");
    for (uint32_t i = ASH; i <= COL; i++)
        play_expect(w, is_member(w, i, KIT) && is_member(w, i, LOW) == low && is_member(w, i, MAY) == may,
                    "%s: the same", w->site[i].code);
}

/* A run with another entry 1: the certificate that counts, under another salt, and an admission behind it. */
static void hand_another_beginning(struct world *w, uint32_t as, uint32_t to, struct kith_bytes body)
{
    static struct run held, r;
    static uint8_t wire[KITH_RUN_WIRE_MAX];
    static struct msg m;
    const struct world_site *x = &w->site[as];
    struct kith_log_key key = {x->site, 1, KITH_CONTROL};
    struct kith_salt salt[2] = {{{7}}, {{8}}};
    struct buf b;
    const struct disk_item *item = disk_run(&x->disk, &key, 1, true);
    int rc = item != NULL ? run_decode(w->ctx, (struct kith_bytes){item->bytes, item->n}, &held, NULL) : -1;
    assert(rc == 0);
    run_begin(&r, &key, 1, &held.prev);
    rc = run_add(&r, KITH_KIND_CERT, KITH_KIND_SCHEMA, (uint64_t)w->now, &salt[0], held.entry[0].body);
    assert(rc == 0);
    rc = run_add(&r, KITH_KIND_ADMIT, KITH_KIND_SCHEMA, (uint64_t)w->now, &salt[1], body);
    assert(rc == 0);
    rc = run_sign(&r, &w->net, &x->entry_sk);
    assert(rc == 0);
    buf_init(&b, wire, sizeof wire);
    rc = run_encode(w->ctx, &r, &b);
    assert(rc == 0);
    m.type = MSG_RUN;
    m.run.bytes = (struct kith_bytes){wire, b.n};
    play_say(w, NOBODY, "a thief hands %s another beginning of %s's control log, with: admit MAY",
             w->site[to].code, x->code);
    for (int i = 0; i < 2;
         i++) /* the run that differs; and once more, as the answer to who asks for headers */
        world_hand(w, to, world_link_of(w, as, to), &m);
}

void play_retired_forked(struct world *w)
{
    enum { ASH, BRY, COL };
    play_open(w, 3);
    play_links(w, true);
    play_scene(w, "I. BRY is a coordinator, admits KIT and retires. The next council bounds its log there.");
    make_council(w, ASH, BRY, NOBODY);
    play_run(w, 20000);
    struct kith_id under = roster_council(w->site[BRY].roster)->id;
    admit(w, BRY, KIT);
    play_run(w, 20000);
    make_council(w, ASH, NOBODY, BRY);
    play_run(w, 20000);
    expect_all(w, KIT, true);
    play_scene(w, "II. Its keys are stolen: the thief writes the log anew from entry 1 on.");
    play_link(w, ASH, COL, false);
    hand_another_beginning(w, BRY, COL, admission(MAY, &under));
    play_run(w, 20000);
    play_expect(w, is_member(w, COL, KIT) && !is_member(w, COL, MAY), "COL: KIT stays, MAY is none");
    play_scene(
        w,
        "III. The proof goes round. What a council has counted stays counted; and BRY, whose keys somebody "
        "else has, rotates.");
    play_links(w, true);
    play_run(w, 60000);
    expect_all(w, KIT, true);
    expect_all(w, MAY, false);
    play_rotate(w, BRY);
    play_run(w, 60000);
    expect_all(w, KIT, true);
    expect_all(w, MAY, false);
    play_expect(w, world_converged(w), "all hold the same");
}
