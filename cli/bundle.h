/* Bundles as files: read piece by piece, checked before anything else is done with them. */
#ifndef KITH_CLI_BUNDLE_H
#define KITH_CLI_BUNDLE_H

#include "cli/cli.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "proto/log/bundle_check.h"

#define BUNDLE_FILES_MAX 1000u
#define BUNDLE_PIECE     (256u * 1024u) /* bytes read, and handed to the daemon, at once */
#define FINGERPRINT_SIZE 40u            /* "1f2e-…", eight groups of four, and the end */

/* A key's or network's first 16 bytes, as people read them to each other. */
void bundle_fingerprint(const uint8_t *p, char ret[FINGERPRINT_SIZE]);
/* The same from hexadecimal digits, of which the first 32 are read. */
void bundle_fingerprint_hex(const char *hex, char ret[FINGERPRINT_SIZE]);

struct bundle_file {
    const char *path;
    bool sealed;
    uint64_t size;                 /* bytes */
    struct bundle_opening opening; /* of a sealed one it is empty until the daemon has looked */
    struct js *looked;             /* of a sealed one: what the daemon answered */
};

/* Looks at the beginning of each file; sorts the parts of each set. KITH_E_NOTFOUND, KITH_E_INVALID. */
int bundle_files_open(char *const *paths, uint32_t n, struct bundle_file *ret, struct kith_error *e);
void bundle_files_clear(struct bundle_file *f, uint32_t n);
/* Every byte of a file, in pieces, to `take`. */
typedef int bundle_take(void *context, struct kith_bytes bytes, struct kith_error *e);
int bundle_file_each(const struct bundle_file *f, bundle_take *take, void *context, struct kith_error *e);
/* Hands a file to the daemon; *ret is its report. Progress in bytes begins at `before` of `total`. */
int bundle_file_hand(struct control *c, const struct bundle_file *f, bool apply, struct progress *p,
                     uint64_t before, uint64_t total, struct js **ret, struct kith_error *e);
/* The same for the proof of an entry; *ret_opening says what it is about. */
int proof_file_check(const char *path, struct bundle_check *check, struct bundle_opening *ret_opening,
                     struct kith_error *e);
/* All of them, in order; sealed ones through the daemon. check[i] is set for each that is not sealed; parts
 * of one set share one. bundle_checks_free. */
int bundle_files_check(const struct cli *cli, struct bundle_file *f, uint32_t n,
                       struct bundle_check **ret_check, struct kith_error *e);
void bundle_checks_free(struct bundle_check **check, uint32_t n);

/* The three things that `kith bundle` does; each gives an enum cli_exit. */
int bundle_create(struct cli *cli, const struct arguments *a);
int bundle_verify(struct cli *cli, const struct arguments *a);
int bundle_apply(struct cli *cli, const struct arguments *a);

#endif
