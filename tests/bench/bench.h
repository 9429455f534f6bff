/* What the files of the benchmark share: the text, the clock, and the runs that were made, so that every
 * floor is measured with the same bytes. */
#ifndef BENCH_H
#define BENCH_H

#include "proto/log/run.h"
#include "proto/wire/buf.h"

#define BENCH_KEYS_MAX 1000u

struct bench_run {
    uint8_t *bytes;
    uint32_t n, entries;
};

struct bench_data {
    struct bench_run *run;
    uint32_t runs, cap;
    uint64_t entries, body_bytes, raw_bytes, wire_bytes; /* raw: tables before compression */
};

double bench_seconds(void);
/* The i-th lesson of a site: about 520 bytes, from a fixed list of words and a fixed seed. */
void bench_lesson(uint64_t *random, struct buf *ret);
void bench_keep(struct bench_data *d, const struct run *r, struct kith_bytes wire);
/* Prints the floors: what this machine does without any of Kith around it. */
void bench_floors(const struct bench_data *d, const char *dir);

#endif
