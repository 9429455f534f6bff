/* For targets that read runs: one author and its keys. */
#ifndef KITH_FUZZ_SIGNER_H
#define KITH_FUZZ_SIGNER_H

#include "proto/log/run.h"
#include "tests/fuzz/fuzz.h"

static struct run_ctx *ctx;
static struct crypto_sk sk;
static struct kith_pk pk;
static const struct kith_net_id net = {{7}};

static void start(void)
{
    static const uint8_t seed[32] = {1, 2, 3};
    int rc = crypto_start();
    assert(rc == 0);
    rc = crypto_sign_keys(seed, &pk, &sk);
    ctx = run_ctx_new();
    assert(rc == 0 && ctx != NULL);
}

#endif
