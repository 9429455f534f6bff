/* kith-peer: whoever a daemon may meet, and rather would not. Sub-commands for the scripts beside it; each is
 * one function main_NAME(argc, argv) that gives the exit code. */
#ifndef KITH_TEST_PEER_H
#define KITH_TEST_PEER_H

#include "proto/log/cert.h"
#include "proto/log/run.h"
#include "proto/wire/session.h"

#include <stdio.h>

/* ---- every day (peer.c) ---- */

/* One line on standard error, and out. */
void peer_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
int64_t peer_now_ms(void); /* monotonic */
struct kith_mono peer_mono(void);
void peer_sleep_ms(int64_t ms);
void peer_random(void *p, size_t n);
void peer_unhex(const char *text, void *ret, size_t n);
/* HOST:PORT with a numeric IPv4 host; `from` is the own address, or NULL. The socket, or −1. */
int peer_connect(const char *to, const char *from);
int peer_listen_on(uint16_t port);
/* Waits up to ms for bytes to read or the end: 1, or 0 when time is up. */
int peer_readable(int fd, int64_t ms);
/* All of it, or false. */
bool peer_write_all(int fd, const void *p, size_t n);
size_t peer_read_file(const char *path, void *ret, size_t cap);
void peer_write_file(const char *path, const void *p, size_t n);
/* Numbers at the end of options: the value behind `name`, or NULL. */
const char *peer_option(int argc, char **argv, const char *name);
uint16_t peer_port(const char *text);

/* ---- a site without a home (peer_run.c) ---- */

/* Everything follows from a word, so that two calls are one site. */
struct peer_site {
    struct kith_net_id net;
    struct kith_site_id site;
    struct kith_pk root, entry, link;
    struct crypto_sk root_sk, entry_sk;
    uint8_t link_sk[32];
    uint8_t cert[600];
    size_t cert_n;
};
void peer_site_init(struct peer_site *s, const char *word, const struct kith_net_id *net);
/* Runs in wire form, into a buffer of KITH_RUN_WIRE_MAX bytes; they give the length. */
size_t peer_run_control(const struct peer_site *s, uint8_t *ret);
/* n lessons from seq 1 of the learning log; the first word of each title is `word`. */
size_t peer_run_lessons(const struct peer_site *s, const char *word, uint32_t n, const struct crypto_sk *sk,
                        uint8_t *ret);
/* Unknown kind, later schema, header bytes that this version leaves zero, and an ordinary lesson: four
 * entries. */
size_t peer_run_odd(const struct peer_site *s, const char *word, uint8_t *ret);
/* The bodies of a run, one behind the other. */
void peer_run_write(const uint8_t *wire, size_t n, FILE *out);
/* Seven series: five that their policy cannot have produced, one of a policy that is not known, a good one.
 */
size_t peer_run_figures(const struct peer_site *s, const char *measure, uint8_t *ret);
/* The same run without the body at seq. */
size_t peer_run_strip(const uint8_t *wire, size_t n, uint64_t seq, uint8_t *ret);

/* ---- invite lines (peer_line.c) ---- */

struct peer_line {
    char address[KITH_ADDRESS_MAX + 1]; /* the first */
    char by[KITH_CODE_MAX + 1], code[KITH_CODE_MAX + 1];
    uint64_t expires;
    struct kith_pk link;
    struct kith_net_id net;
    uint8_t secret[32];
};
void peer_line_read(const char *text, struct peer_line *ret);

/* ---- sub-commands ---- */

int main_control(int argc, char **argv); /* peer_control.c */
int main_line(int argc, char **argv);    /* peer_line.c */
int main_key(int argc, char **argv);
int main_memory(int argc, char **argv); /* peer_memory.c */
int main_member(int argc, char **argv); /* peer_member.c */
int main_join(int argc, char **argv);
int main_raw(int argc, char **argv); /* peer_raw.c */
int main_replay(int argc, char **argv);
int main_flood(int argc, char **argv);
int main_search(int argc, char **argv); /* peer_search.c */
int main_relay(int argc, char **argv);  /* peer_relay.c */

#endif
