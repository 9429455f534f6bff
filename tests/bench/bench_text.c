#include "proto/wire/pack.h"
#include "tests/bench/bench.h"

#include <assert.h>
#include <string.h>

static const char *const stems = "ward patient nurse doctor falls bed alarm night round review chart audit "
                                 "handover sepsis pressure ulcer medicine "
                                 "dose pharmacy discharge letter clinic theatre anaesthetic monitor "
                                 "observation score escalate triage ambulance "
                                 "staff shift rota manager board coach sponsor meeting huddle briefing "
                                 "checklist bundle protocol guideline policy "
                                 "measure baseline signal chart limit run month week day hour delay wait "
                                 "queue flow capacity demand transfer "
                                 "admission assess screen risk harm near miss report learn share change test "
                                 "cycle adopt adapt abandon sustain "
                                 "spread team unit service site region network partner family carer "
                                 "volunteer community school prison care home "
                                 "virtual phone text call record system alert prompt order form label colour "
                                 "tray trolley pump syringe line "
                                 "catheter wound dressing mattress chair light floor rail sock frame walk "
                                 "stand turn drink food fluid weight "
                                 "height pain fever cough breath oxygen pulse blood sample test result scan "
                                 "image report x-ray surgeon midwife "
                                 "baby mother birth child young adult older frail dementia delirium anxiety "
                                 "mood crisis plan goal aim driver idea "
                                 "theory context barrier enabler trust fear blame open honest voice listen "
                                 "ask answer explain show teach train "
                                 "skill practice habit culture leader champion sceptic resource budget cost "
                                 "save spend time protect release cover "
                                 "agency bank vacancy turnover sickness stress burnout support reflect "
                                 "feedback celebrate thank visit compare "
                                 "contrast pattern trend shift count rate ratio percent number total centre "
                                 "spread outlier reason root cause";
static const char *const suffixes[] = {"", "s", "ed", "ing"};

static uint64_t text_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x >> 11;
}

static uint32_t text_split(const char *word[], uint8_t len[], uint32_t max)
{
    uint32_t n = 0;
    for (const char *p = stems; *p != '\0' && n < max;) {
        size_t k = strcspn(p, " ");
        word[n] = p;
        len[n++] = (uint8_t)k;
        p += k + (p[k] == ' ');
    }
    return n;
}

/* A sentence of about n bytes. */
static void text_words(uint64_t *x, size_t n, char *ret, size_t *ret_n)
{
    static const char *word[400];
    static uint8_t len[400];
    static uint32_t words;
    if (words == 0)
        words = text_split(word, len, 400);
    size_t at = 0;
    while (at < n) {
        uint32_t w = (uint32_t)(text_random(x) % words);
        const char *suffix = suffixes[text_random(x) % 4];
        memcpy(ret + at, word[w], len[w]);
        at += len[w];
        memcpy(ret + at, suffix, strlen(suffix));
        at += strlen(suffix);
        ret[at++] = ' ';
    }
    *ret_n = at - 1;
}

static void text_field(uint64_t *x, const char *key, size_t about, struct buf *b)
{
    char memory[600];
    size_t n;
    text_words(x, about, memory, &n);
    pack_cstr(b, key);
    pack_str(b, memory, n);
}

void bench_lesson(uint64_t *random, struct buf *b)
{
    pack_map(b, 6);
    pack_cstr(b, "confidence");
    pack_cstr(b, "several-events");
    text_field(random, "happened", 190, b);
    text_field(random, "learned", 150, b);
    pack_cstr(b, "result");
    pack_cstr(b, "worked-in-part");
    pack_cstr(b, "setting");
    pack_cstr(b, "acute-ward");
    text_field(random, "title", 40, b);
    assert(!b->failed);
}
