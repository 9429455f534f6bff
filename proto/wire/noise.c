/* The Noise handshake XK, with and without a pre-shared key, over libsodium (SPEC 4.1 to 4.9).
 *
 * Names follow the Noise specification, revision 34, section 5, so that the two can be read side by side:
 * mix_hash, mix_key, mix_key_and_hash, encrypt_and_hash, decrypt_and_hash. Tokens are spelt out by message:
 *
 *     before:  <- s                    the initiator knows the responder's static key
 *     0:       -> e, es                payload hidden from all but the holder of that key
 *     1:       <- e, ee
 *     2:       -> s, se [, psk]        psk only in XKpsk3
 *
 * Invariants.
 * - Everything that can be refused without touching secrets (turn, room, length) is refused before the
 *   state changes. Whatever fails afterwards ends the handshake: the state is wiped and stays dead, so that
 *   no half-mixed key is ever used.
 * - `has_key` is false only before the first Diffie-Hellman; both patterns have a key from message 0 on, so
 *   no payload ever travels in the clear.
 * - HMAC is the plain construction with 128-byte blocks over unkeyed BLAKE2b-512 (SPEC 4.4). libsodium's
 *   keyed BLAKE2b would be another function, and would not meet the published vectors. */
#include "proto/wire/noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define HASH_LEN   64u
#define BLOCK_LEN  128u
#define KEY_LEN    32u
#define MESSAGES   3u
#define NOISE_DEAD 4u /* value of noise.message after a failure */

_Static_assert(NOISE_TAG == crypto_aead_chacha20poly1305_ietf_ABYTES, "the tag of ChaCha20-Poly1305");
_Static_assert(KEY_LEN == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "the key of ChaCha20-Poly1305");
_Static_assert(HASH_LEN == crypto_generichash_blake2b_BYTES_MAX, "BLAKE2b-512");
_Static_assert(KEY_LEN == crypto_scalarmult_BYTES, "X25519");

/* ---- hashing ---- */

/* H(a ‖ b); ret may be a. */
static void hash2(uint8_t ret[HASH_LEN], const void *a, size_t a_len, const void *b, size_t b_len)
{
    crypto_generichash_blake2b_state st;
    int rc = crypto_generichash_blake2b_init(&st, NULL, 0, HASH_LEN);
    assert(rc == 0);
    rc |= crypto_generichash_blake2b_update(&st, a, a_len);
    rc |= crypto_generichash_blake2b_update(&st, b, b_len);
    rc |= crypto_generichash_blake2b_final(&st, ret, HASH_LEN);
    assert(rc == 0); /* fails only on lengths out of range, and ours are constants */
    (void)rc;
    sodium_memzero(&st, sizeof st);
}

/* HMAC(key, a ‖ b), key always of HASH_LEN bytes; ret may be any of the inputs. */
static void hmac2(uint8_t ret[HASH_LEN], const uint8_t key[HASH_LEN], const uint8_t *a, size_t a_len,
                  uint8_t b, size_t b_len)
{
    assert(a_len <= HASH_LEN && b_len <= 1);
    uint8_t block[BLOCK_LEN], message[HASH_LEN + 1], inner[HASH_LEN];
    memset(block, 0x36, sizeof block);
    for (size_t i = 0; i < HASH_LEN; i++)
        block[i] ^= key[i];
    if (a_len > 0)
        memcpy(message, a, a_len);
    message[a_len] = b;
    hash2(inner, block, sizeof block, message, a_len + b_len);
    for (size_t i = 0; i < BLOCK_LEN; i++)
        block[i] ^= 0x36 ^ 0x5c;
    hash2(ret, block, sizeof block, inner, sizeof inner);
    sodium_memzero(block, sizeof block);
    sodium_memzero(message, sizeof message);
    sodium_memzero(inner, sizeof inner);
}

/* HKDF of the Noise specification, section 4.3; `count` outputs, one after the other in ret. */
static void hkdf(uint8_t (*ret)[HASH_LEN], uint8_t count, const uint8_t ck[HASH_LEN], const uint8_t *ikm,
                 size_t ikm_len)
{
    assert(count >= 2 && count <= 3 && ikm_len <= KEY_LEN);
    uint8_t temp[HASH_LEN];
    hmac2(temp, ck, ikm, ikm_len, 0, 0);
    hmac2(ret[0], temp, NULL, 0, 1, 1);
    for (uint8_t i = 1; i < count; i++)
        hmac2(ret[i], temp, ret[i - 1], HASH_LEN, (uint8_t)(i + 1), 1);
    sodium_memzero(temp, sizeof temp);
}

/* ---- the cipher ---- */

static void make_nonce(uint8_t ret[12], uint64_t n)
{
    assert(ret);
    memset(ret, 0, 4);
    for (size_t i = 0; i < 8; i++)
        ret[4 + i] = (uint8_t)(n >> (8 * i) & 0xff);
}

static void cipher_init(struct noise_cipher *c, const uint8_t key[KEY_LEN])
{
    assert(c && key);
    memcpy(c->key, key, KEY_LEN);
    c->nonce = 0;
}

static void encrypt_ad(struct noise_cipher *c, struct kith_bytes ad, const uint8_t *in, size_t n,
                       uint8_t *out)
{
    /* The last nonce belongs to noise_rekey; 2^64 records do not happen. */
    assert(c->nonce != UINT64_MAX);
    uint8_t nonce[12];
    make_nonce(nonce, c->nonce++);
    int rc = crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in, n, ad.p, ad.n, NULL, nonce, c->key);
    assert(rc == 0);
    (void)rc;
}

/* n counts the ciphertext with its tag. */
static int decrypt_ad(struct noise_cipher *c, struct kith_bytes ad, const uint8_t *in, size_t n, uint8_t *out)
{
    assert(c->nonce != UINT64_MAX);
    if (n < NOISE_TAG)
        return KITH_E_INVALID;
    uint8_t nonce[12];
    make_nonce(nonce, c->nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in, n, ad.p, ad.n, nonce, c->key) != 0)
        return KITH_E_INVALID;
    c->nonce++;
    return 0;
}

void noise_encrypt(struct noise_cipher *c, const uint8_t *in, size_t n, uint8_t *out)
{
    assert(c && out && (in || n == 0));
    encrypt_ad(c, (struct kith_bytes){NULL, 0}, in, n, out);
}

int noise_decrypt(struct noise_cipher *c, const uint8_t *in, size_t n, uint8_t *out)
{
    assert(c && in);
    return decrypt_ad(c, (struct kith_bytes){NULL, 0}, in, n, out);
}

void noise_rekey(struct noise_cipher *c)
{
    assert(c);
    uint8_t nonce[12], zeros[KEY_LEN] = {0}, out[KEY_LEN + NOISE_TAG];
    make_nonce(nonce, UINT64_MAX);
    int rc = crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, zeros, sizeof zeros, NULL, 0, NULL, nonce,
                                                       c->key);
    assert(rc == 0);
    (void)rc;
    memcpy(c->key, out, KEY_LEN); /* the nonce goes on: the specification resets it nowhere */
    sodium_memzero(out, sizeof out);
}

/* ---- the symmetric state ---- */

static void mix_hash(struct noise *n, const void *p, size_t len)
{
    assert(p || len == 0);
    hash2(n->h, n->h, sizeof n->h, p, len);
}

static void mix_key(struct noise *n, const uint8_t ikm[KEY_LEN])
{
    assert(ikm);
    uint8_t out[2][HASH_LEN];
    hkdf(out, 2, n->ck, ikm, KEY_LEN);
    memcpy(n->ck, out[0], HASH_LEN);
    cipher_init(&n->cipher, out[1]);
    n->has_key = true;
    sodium_memzero(out, sizeof out);
}

static void mix_key_and_hash(struct noise *n, const uint8_t psk[KEY_LEN])
{
    assert(n->has_psk);
    uint8_t out[3][HASH_LEN];
    hkdf(out, 3, n->ck, psk, KEY_LEN);
    memcpy(n->ck, out[0], HASH_LEN);
    mix_hash(n, out[1], HASH_LEN);
    cipher_init(&n->cipher, out[2]);
    sodium_memzero(out, sizeof out);
}

/* Writes len + NOISE_TAG bytes. */
static void encrypt_and_hash(struct noise *n, const uint8_t *in, size_t len, uint8_t *out)
{
    assert(n->has_key);
    encrypt_ad(&n->cipher, (struct kith_bytes){n->h, sizeof n->h}, in, len, out);
    mix_hash(n, out, len + NOISE_TAG);
}

/* Reads len bytes, tag included. */
static int decrypt_and_hash(struct noise *n, const uint8_t *in, size_t len, uint8_t *out)
{
    assert(n->has_key);
    int rc = decrypt_ad(&n->cipher, (struct kith_bytes){n->h, sizeof n->h}, in, len, out);
    if (rc == 0)
        mix_hash(n, in, len);
    return rc;
}

/* Mixes in DH(sk, pk). Fails on a point of small order, which would leave the key to the sender's choice. */
static int mix_dh(struct noise *n, const uint8_t sk[KEY_LEN], const uint8_t pk[KEY_LEN])
{
    assert(sk && pk);
    uint8_t shared[KEY_LEN];
    int rc = crypto_scalarmult(shared, sk, pk) == 0 ? 0 : KITH_E_INVALID;
    if (rc == 0)
        mix_key(n, shared);
    sodium_memzero(shared, sizeof shared);
    return rc;
}

/* Token e, in either direction; a pattern with a psk mixes the ephemeral into the key too. */
static void mix_ephemeral(struct noise *n, const uint8_t e[KEY_LEN])
{
    assert(e);
    mix_hash(n, e, KEY_LEN);
    if (n->pattern == NOISE_XKPSK3)
        mix_key(n, e);
}

/* ---- the handshake ---- */

static void start(struct noise *n, struct kith_bytes prologue, const uint8_t responder[KEY_LEN])
{
    static const char *const names[] = {
        [NOISE_XK] = "Noise_XK_25519_ChaChaPoly_BLAKE2b",
        [NOISE_XKPSK3] = "Noise_XKpsk3_25519_ChaChaPoly_BLAKE2b",
    };
    const char *name = names[n->pattern];
    size_t len = strlen(name);
    assert(len <= HASH_LEN);
    memcpy(n->h, name, len); /* the rest is zero already */
    memcpy(n->ck, n->h, HASH_LEN);
    mix_hash(n, prologue.p, prologue.n);
    mix_hash(n, responder, KEY_LEN);
}

int noise_init(struct noise *n, enum noise_pattern pattern, bool initiator, struct kith_bytes prologue,
               const uint8_t s_sk[32], const uint8_t e_sk[32], const uint8_t *rs)
{
    assert(n && s_sk && e_sk && initiator == (rs != NULL));
    *n = (struct noise){.pattern = pattern, .initiator = initiator};
    memcpy(n->s_sk, s_sk, KEY_LEN);
    memcpy(n->e_sk, e_sk, KEY_LEN);
    if (rs)
        memcpy(n->rs, rs, KEY_LEN);
    if (noise_public(n->s_pk, s_sk) != 0 || noise_public(n->e_pk, e_sk) != 0) {
        noise_clear(n);
        return KITH_E_INVALID;
    }
    start(n, prologue, rs ? n->rs : n->s_pk);
    return 0;
}

void noise_set_psk(struct noise *n, const uint8_t psk[32])
{
    assert(n && psk && n->pattern == NOISE_XKPSK3 && n->message < MESSAGES);
    memcpy(n->psk, psk, KEY_LEN);
    n->has_psk = true;
}

void noise_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

void noise_clear(struct noise *n)
{
    assert(n);
    sodium_memzero(n, sizeof *n);
    n->message = NOISE_DEAD;
}

/* Bytes of the next message around its payload. */
static size_t overhead(const struct noise *n)
{
    assert(n->message < MESSAGES);
    return n->message == 2 ? KEY_LEN + 2 * NOISE_TAG : KEY_LEN + NOISE_TAG;
}

/* Is it this side's turn to write (or to read), with all that the message needs? */
static bool is_ready(const struct noise *n, bool to_write)
{
    assert(n);
    if (n->message >= MESSAGES)
        return false;
    bool initiators = n->message != 1;
    bool needs_psk = n->pattern == NOISE_XKPSK3 && n->message == 2;
    return (n->initiator == initiators) == to_write && (!needs_psk || n->has_psk);
}

/* The Diffie-Hellman tokens that close message 0 and 1: es, ee. Both sides, either direction. */
static int mix_dh_of(struct noise *n)
{
    assert(n->message < 2);
    if (n->message == 1)
        return mix_dh(n, n->e_sk, n->re);
    return n->initiator ? mix_dh(n, n->e_sk, n->rs) : mix_dh(n, n->s_sk, n->re);
}

/* The tokens of message 2 after s: se and, where there is one, psk. */
static int mix_last(struct noise *n)
{
    assert(n->message == 2);
    int rc = n->initiator ? mix_dh(n, n->s_sk, n->re) : mix_dh(n, n->e_sk, n->rs);
    if (rc == 0 && n->pattern == NOISE_XKPSK3)
        mix_key_and_hash(n, n->psk);
    return rc;
}

/* Writes the tokens of the next message; *ret_at is where the payload goes. */
static int write_tokens(struct noise *n, uint8_t *out, size_t *ret_at)
{
    assert(out && ret_at);
    if (n->message == 2) {
        encrypt_and_hash(n, n->s_pk, KEY_LEN, out);
        *ret_at = KEY_LEN + NOISE_TAG;
        return mix_last(n);
    }
    memcpy(out, n->e_pk, KEY_LEN);
    mix_ephemeral(n, n->e_pk);
    *ret_at = KEY_LEN;
    return mix_dh_of(n);
}

static int read_tokens(struct noise *n, const uint8_t *in, size_t *ret_at)
{
    assert(in && ret_at);
    if (n->message == 2) {
        *ret_at = KEY_LEN + NOISE_TAG;
        int rc = decrypt_and_hash(n, in, KEY_LEN + NOISE_TAG, n->rs);
        return rc ? rc : mix_last(n);
    }
    memcpy(n->re, in, KEY_LEN);
    mix_ephemeral(n, n->re);
    *ret_at = KEY_LEN;
    return mix_dh_of(n);
}

int noise_write(struct noise *n, struct kith_bytes payload, uint8_t *ret, size_t cap, size_t *ret_len)
{
    assert(n && ret && ret_len && (payload.p || payload.n == 0));
    if (!is_ready(n, true))
        return KITH_E_INTERNAL;
    if (cap < overhead(n) || payload.n > cap - overhead(n))
        return KITH_E_FULL;
    size_t at = 0;
    if (write_tokens(n, ret, &at) != 0) {
        noise_clear(n);
        return KITH_E_INVALID;
    }
    encrypt_and_hash(n, payload.p, payload.n, ret + at);
    n->message++;
    *ret_len = at + payload.n + NOISE_TAG;
    return 0;
}

int noise_read(struct noise *n, struct kith_bytes message, uint8_t *ret, size_t cap, size_t *ret_len)
{
    assert(n && ret_len && (message.p || message.n == 0) && (ret || cap == 0));
    if (n->message == NOISE_DEAD)
        return KITH_E_INVALID;
    if (!is_ready(n, false))
        return KITH_E_INTERNAL;
    if (message.n < overhead(n))
        goto out;
    size_t len = message.n - overhead(n), at = 0;
    if (len > cap)
        return KITH_E_FULL;
    if (read_tokens(n, message.p, &at) != 0)
        goto out;
    if (decrypt_and_hash(n, message.p + at, message.n - at, ret) != 0)
        goto out;
    n->message++;
    *ret_len = len;
    return 0;
out:
    noise_clear(n);
    return KITH_E_INVALID;
}

void noise_split(const struct noise *n, struct noise_cipher *ret_send, struct noise_cipher *ret_recv)
{
    assert(n && ret_send && ret_recv && n->message == MESSAGES);
    uint8_t out[2][HASH_LEN];
    hkdf(out, 2, n->ck, NULL, 0);
    cipher_init(ret_send, out[n->initiator ? 0 : 1]);
    cipher_init(ret_recv, out[n->initiator ? 1 : 0]);
    sodium_memzero(out, sizeof out);
}

int noise_public(uint8_t ret_pk[32], const uint8_t sk[32])
{
    assert(ret_pk && sk);
    return crypto_scalarmult_base(ret_pk, sk) == 0 ? 0 : KITH_E_INVALID;
}
