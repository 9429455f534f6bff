/* The messages of a link: one table, three walks (SPEC 4.10 to 4.21). Guards I8: nothing that a peer sends
 * may make this side allocate, read outside the record, or accept what it would not write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "proto/wire/msg.h"
#include "proto/wire/pack.h"

#define SAMPLES 11u

static uint8_t wire[KITH_RECORD_PLAIN_MAX], again[KITH_RECORD_PLAIN_MAX], body[KITH_RUN_WIRE_MAX + 1];
static struct msg sample, decoded;
static struct kith_error error;

static void fill(void *p, size_t n, uint8_t from)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)p)[i] = (uint8_t)(from + i);
}

static void make_hello(struct msg *m)
{
    m->type = MSG_HELLO;
    m->hello = (struct msg_hello){.version = 1, .pending = true, .have = 1, .need = 2, .ask = true};
    fill(&m->hello.councils, 16, 0x10);
    for (uint8_t i = 0; i < KITH_STREAMS; i++)
        fill(&m->hello.streams[i], 16, (uint8_t)(0xa0 + 0x10 * i));
    m->hello.software = (struct kith_bytes){(const uint8_t *)"kithd 0.1", 9};
}

static void make_ranges(struct msg *m, uint32_t count)
{
    m->type = MSG_RANGES;
    m->ranges = (struct msg_ranges){.stream = 1, .is_answer = true, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct msg_range *r = &m->ranges.r[i];
        fill(&r->lo.site, 16, (uint8_t)(2 * i));
        fill(&r->hi.site, 16, (uint8_t)(2 * i + 2));
        r->lo.epoch = r->hi.epoch = 7;
        r->count = 100 + i;
        fill(&r->fp, 16, 0x40);
    }
}

static void make_heads(struct msg *m, uint32_t count)
{
    m->type = MSG_HEADS;
    m->heads = (struct msg_heads){.stream = 2, .last = true, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct msg_head *h = &m->heads.h[i];
        fill(&h->site, 16, (uint8_t)(i / 2));
        h->epoch = 1 + i % 2;
        h->seq = i == 0 ? 0 : KITH_SEQ_MAX - i;
        fill(h->tag, 8, (uint8_t)i);
        h->fork = i % 3 == 0;
    }
}

/* One of each, and the longest list. */
static void make(struct msg *m, unsigned which)
{
    struct kith_bytes bytes = {body, which == 5 ? KITH_RUN_WIRE_MAX : 300};
    switch (which) {
    case 0:
        make_hello(m);
        break;
    case 1:
        *m = (struct msg){.type = MSG_COUNCIL, .council = {.g = 3, .bytes = bytes}};
        break;
    case 2:
        make_ranges(m, 5);
        break;
    case 3:
        make_heads(m, 2);
        break;
    case 4:
        *m = (struct msg){.type = MSG_WANT, .want = {.stream = 1, .epoch = 2, .from = 5, .to = KITH_SEQ_MAX}};
        fill(&m->want.site, 16, 1);
        break;
    case 5:
        *m = (struct msg){.type = MSG_RUN, .run = {.bytes = bytes}};
        break;
    case 6:
        *m = (struct msg){.type = MSG_PROOF, .proof = {.bytes = bytes}};
        break;
    case 7:
        *m = (struct msg){.type = MSG_PING, .ping = {.reply = true}};
        break;
    case 8:
        *m = (struct msg){.type = MSG_BYE, .bye = {.code = BYE_INVITE_USED}};
        break;
    case 9:
        *m = (struct msg){.type = MSG_ROOT};
        fill(&m->root.sig, sizeof m->root.sig, 7);
        break;
    default:
        make_heads(m, KITH_HEADS_MAX);
    }
}

static size_t encode(const struct msg *m, uint8_t *ret)
{
    struct buf b;
    buf_init(&b, ret, KITH_RECORD_PLAIN_MAX);
    msg_encode(m, &b);
    assert_false(b.failed);
    return b.n;
}

static int decode(const uint8_t *p, size_t n)
{
    error.text[0] = '\0';
    return msg_decode((struct kith_bytes){p, n}, &decoded, &error);
}

static void refused(const struct msg *m)
{
    struct buf b;
    buf_init(&b, again, sizeof again);
    msg_encode(m, &b);
    assert_true(b.failed);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SAMPLES; i++) {
        make(&sample, i);
        size_t n = encode(&sample, wire);
        assert_int_equal(decode(wire, n), 0);
        assert_int_equal(encode(&decoded, again), n);
        assert_memory_equal(again, wire, n);
    }
}

static void fields_arrive(void **state)
{
    (void)state;
    make(&sample, 3);
    assert_int_equal(decode(wire, encode(&sample, wire)), 0);
    assert_int_equal(decoded.heads.stream, 2);
    assert_true(decoded.heads.last && !decoded.heads.is_answer);
    assert_int_equal(decoded.heads.h[1].seq, KITH_SEQ_MAX - 1);
    assert_int_equal(decoded.heads.h[1].epoch, 2);
    assert_true(decoded.heads.h[0].fork && !decoded.heads.h[1].fork);
    make(&sample, 0);
    assert_int_equal(decode(wire, encode(&sample, wire)), 0);
    assert_memory_equal(decoded.hello.streams, sample.hello.streams, sizeof sample.hello.streams);
    assert_memory_equal(decoded.hello.software.p, "kithd 0.1", 9);
    assert_true(decoded.hello.ask);
}

static void bytes_are_borrowed(void **state)
{
    (void)state;
    make(&sample, 5);
    size_t n = encode(&sample, wire);
    assert_int_equal(n, KITH_RUN_WIRE_MAX + 5); /* three heads */
    assert_int_equal(decode(wire, n), 0);
    assert_ptr_equal(decoded.run.bytes.p, wire + 5);
    assert_int_equal(decoded.run.bytes.n, KITH_RUN_WIRE_MAX);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SAMPLES; i++) {
        make(&sample, i);
        size_t n = encode(&sample, wire);
        for (size_t k = 0; k<n; k += n> 2000 && k > 200 && k < n - 200 ? 97 : 1)
            assert_int_equal(decode(wire, k), KITH_E_INVALID);
        wire[n] = 0xc0;
        if (n < sizeof wire)
            assert_int_equal(decode(wire, n + 1), KITH_E_INVALID);
    }
}

/* Whatever is let in can be written again: the limits of both directions are the same. */
static void altered_bytes_keep_the_limits(void **state)
{
    (void)state;
    unsigned taken = 0;
    for (unsigned i = 0; i < SAMPLES - 1; i++) {
        make(&sample, i);
        size_t n = encode(&sample, wire);
        for (size_t at = 0; at < n && at < 400; at++) {
            for (unsigned v = 1; v < 256; v++) {
                wire[at] = (uint8_t)(wire[at] ^ v);
                if (decode(wire, n) == 0) {
                    taken++;
                    (void)encode(&decoded, again);
                } else {
                    assert_true(error.text[0] != '\0');
                }
                wire[at] = (uint8_t)(wire[at] ^ v);
            }
        }
    }
    assert_true(taken > 1000);
}

static void appended_fields_are_skipped(void **state)
{
    (void)state;
    /* PING with two more fields, one of them a map */
    const uint8_t ping[] = {0x94, 0x08, 0xc3, 0x81, 0xa1, 'x', 0x92, 0x01, 0x02, 0xcd, 0x03, 0xe8};
    assert_int_equal(decode(ping, sizeof ping), 0);
    assert_true(decoded.ping.reply);
    /* a head with one more field */
    uint8_t memory[128];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_array(&b, 5);
    pack_uint(&b, MSG_HEADS);
    pack_uint(&b, 1);
    pack_bool(&b, false);
    pack_bool(&b, true);
    pack_array(&b, 1);
    pack_array(&b, 6);
    pack_bin(&b, body, 16);
    pack_uint(&b, 1);
    pack_uint(&b, 9);
    pack_bin(&b, body, 8);
    pack_bool(&b, false);
    pack_cstr(&b, "later");
    assert_int_equal(decode(memory, b.n), 0);
    assert_int_equal(decoded.heads.h[0].seq, 9);
    /* but not without bound, and not nested without bound */
    uint8_t many[3 + 70] = {0xdc, 0, 70, 0x08, 0xc3};
    assert_int_equal(decode(many, sizeof many), KITH_E_INVALID);
    uint8_t deep[3 + 60] = {0x93, 0x08, 0xc3};
    memset(deep + 3, 0x91, sizeof deep - 3);
    assert_int_equal(decode(deep, sizeof deep), KITH_E_INVALID);
}

static void unknown_types_are_named(void **state)
{
    (void)state;
    const uint8_t later[] = {0x92, 0x0b, 0xc3}, zero[] = {0x92, 0x00, 0xc3};
    assert_int_equal(decode(later, sizeof later), KITH_E_INVALID);
    assert_non_null(strstr(error.text, "\"11\""));
    assert_int_equal(decode(zero, sizeof zero), KITH_E_INVALID);
    assert_non_null(strstr(error.text, "\"0\""));
    const uint8_t huge[] = {0x92, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc3};
    assert_int_equal(decode(huge, sizeof huge), KITH_E_INVALID);
    assert_non_null(strstr(error.text, "\"18446744073709551615\""));
    assert_string_equal(msg_name((enum msg_type)0), "?");
    assert_string_equal(msg_name(MSG_WANT), "WANT");
}

static void counts_that_lie_are_refused(void **state)
{
    (void)state;
    const uint8_t bomb[] = {0x95, 0x04, 0x01, 0xc2, 0xc2, 0xdd, 0xff, 0xff, 0xff, 0xff};
    assert_int_equal(decode(bomb, sizeof bomb), KITH_E_INVALID);
    assert_non_null(strstr(error.text, "\"heads\""));
    const uint8_t wide[] = {0xdd, 0xff, 0xff, 0xff, 0xff, 0x08};
    assert_int_equal(decode(wide, sizeof wide), KITH_E_INVALID);
    const uint8_t loose[] = {0x92, 0xcc, 0x08, 0xc3}; /* 8 not in its shortest form */
    assert_int_equal(decode(loose, sizeof loose), KITH_E_INVALID);
    const uint8_t few[] = {0x91, 0x08};
    assert_int_equal(decode(few, sizeof few), KITH_E_INVALID);
    assert_non_null(strstr(error.text, "\"PING\""));
}

static void faults_name_the_field(void **state)
{
    (void)state;
    make(&sample, 3);
    size_t n = encode(&sample, wire);
    wire[n - 1] = 0xc0; /* the fork bit of head 1 is nil */
    assert_int_equal(decode(wire, n), KITH_E_INVALID);
    assert_non_null(strstr(error.text, "\"HEADS\""));
    assert_non_null(strstr(error.text, "\"heads[1].fork\""));
}

static void limits_hold_when_writing(void **state)
{
    (void)state;
    make(&sample, 4);
    sample.want.epoch = KITH_EPOCH_MAX + 1;
    refused(&sample);
    make(&sample, 4);
    sample.want.epoch = 0;
    refused(&sample);
    make(&sample, 4);
    sample.want.stream = KITH_STREAMS;
    refused(&sample);
    make(&sample, 4);
    sample.want.from = 6, sample.want.to = 5;
    refused(&sample);
    make(&sample, 5);
    sample.run.bytes.n++;
    refused(&sample);
    sample.run.bytes.n = 0;
    refused(&sample);
    make(&sample, 0);
    sample.hello.software = (struct kith_bytes){body, 41};
    refused(&sample);
    sample.hello.software = (struct kith_bytes){(const uint8_t *)"a\x1b[2J", 5};
    refused(&sample);
    make(&sample, 10);
    sample.heads.count++;
    refused(&sample);
    sample.type = (enum msg_type)MSG_TYPES;
    refused(&sample);
}

static void lists_are_in_order(void **state)
{
    (void)state;
    make(&sample, 3);
    sample.heads.h[1] = sample.heads.h[0];
    refused(&sample);
    make(&sample, 2);
    sample.ranges.r[1].lo.epoch = 6; /* begins inside range 0 */
    refused(&sample);
    make(&sample, 2);
    sample.ranges.r[4].hi = sample.ranges.r[4].lo;
    refused(&sample);
    /* the same, found when reading */
    make(&sample, 3);
    size_t n = encode(&sample, wire);
    uint8_t *last = wire + n - (1 + 9 + 10 + 1 + 18);
    assert_int_equal(last[18], 2);
    last[18] = 1;
    assert_int_equal(decode(wire, n), KITH_E_INVALID);
    assert_non_null(strstr(error.text, "twice"));
    /* empty lists are messages too */
    make_ranges(&sample, 0);
    assert_int_equal(decode(wire, encode(&sample, wire)), 0);
    make_heads(&sample, 0);
    assert_int_equal(decode(wire, encode(&sample, wire)), 0);
}

static void a_message_that_does_not_fit_fails(void **state)
{
    (void)state;
    make(&sample, 9);
    size_t n = encode(&sample, wire);
    for (size_t cap = 0; cap < n; cap += cap < 100 ? 1 : 501) {
        struct buf b;
        buf_init(&b, again, cap);
        msg_encode(&sample, &b);
        assert_true(b.failed);
    }
}

static void prints(unsigned which, const char *want)
{
    char text[MSG_PRINT_MAX + 1];
    struct buf b;
    make(&sample, which);
    buf_init(&b, text, MSG_PRINT_MAX);
    msg_print(&sample, &b);
    assert_false(b.failed);
    text[b.n] = '\0';
    assert_string_equal(text, want);
}

static void each_message_prints(void **state)
{
    (void)state;
    prints(0, "HELLO version=1 councils=10111213 control=a0a1a2a3 learning=b0b1b2b3 measures=c0c1c2c3 "
              "status=d0d1d2d3 pending=yes have=1 need=2 software=\"kithd 0.1\" ask=yes");
    prints(1, "COUNCIL g=3 bytes=<300>");
    prints(2, "RANGES stream=1 is_answer=yes last=no ranges=5"
              " {lo.site=00010203 lo.epoch=7 hi.site=02030405 hi.epoch=7 count=100 fp=40414243}"
              " {lo.site=02030405 lo.epoch=7 hi.site=04050607 hi.epoch=7 count=101 fp=40414243}"
              " {lo.site=04050607 lo.epoch=7 hi.site=06070809 hi.epoch=7 count=102 fp=40414243} …");
    prints(3, "HEADS stream=2 is_answer=no last=yes heads=2"
              " {site=00010203 epoch=1 seq=0 tag=00010203 fork=yes}"
              " {site=00010203 epoch=2 seq=1099511627774 tag=01020304 fork=no}");
    prints(4, "WANT stream=1 site=01020304 epoch=2 from=5 to=1099511627775 headers=no");
    prints(5, "RUN bytes=<65400>");
    prints(6, "PROOF bytes=<300>");
    prints(7, "PING reply=yes");
    prints(8, "BYE code=6 (this invite was already used by another site; ask its coordinator for a new one)");
}

static void print_stays_on_its_line(void **state)
{
    (void)state;
    char text[MSG_PRINT_MAX];
    struct buf b;
    make(&sample, 0);
    sample.hello.software = (struct kith_bytes){(const uint8_t *)"a\nb\tc\"d", 7};
    buf_init(&b, text, sizeof text);
    msg_print(&sample, &b);
    assert_null(memchr(text, '\n', b.n));
    assert_null(memchr(text, '\t', b.n));
    /* the widest that there is */
    make_ranges(&sample, KITH_RANGES_MAX);
    for (unsigned i = 0; i < 3; i++)
        sample.ranges.r[i].count = sample.ranges.r[i].lo.epoch = sample.ranges.r[i].hi.epoch = UINT32_MAX;
    buf_reset(&b);
    msg_print(&sample, &b);
    assert_false(b.failed);
}

static void every_goodbye_has_a_sentence(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < BYE_CODES; i++)
        assert_true(strlen(msg_bye_text(i)) > 10);
    assert_non_null(strstr(msg_bye_text(BYE_CODES), "does not know"));
    assert_non_null(strstr(msg_bye_text(UINT32_MAX), "does not know"));
}

int main(void)
{
    fill(body, sizeof body, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(fields_arrive),
        cmocka_unit_test(bytes_are_borrowed),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(altered_bytes_keep_the_limits),
        cmocka_unit_test(appended_fields_are_skipped),
        cmocka_unit_test(unknown_types_are_named),
        cmocka_unit_test(counts_that_lie_are_refused),
        cmocka_unit_test(faults_name_the_field),
        cmocka_unit_test(limits_hold_when_writing),
        cmocka_unit_test(lists_are_in_order),
        cmocka_unit_test(a_message_that_does_not_fit_fails),
        cmocka_unit_test(each_message_prints),
        cmocka_unit_test(print_stays_on_its_line),
        cmocka_unit_test(every_goodbye_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
