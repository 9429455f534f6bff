/* The form of a key file is one line, "kith KIND 1 HEX": KIND is root-public, root, entry or link, 1 the
 * version of the form, HEX 32 bytes (a seed for Ed25519, the secret scalar for X25519). The root's public key
 * has a file of its own, since the secret may be taken off the machine.
 *
 * Where the home is sealed, secrets have the form "kith KIND 2 HEX": a nonce of 24 bytes and 48 bytes of
 * XChaCha20-Poly1305, bound to "kith KIND 2 ", under the key that Argon2id makes of a passphrase and the salt
 * in keys.seal. */
#include "daemon/key.h"

#include "proto/wire/noise.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define KEY_LINE_MAX 256u
#define SEAL_FILE    "keys.seal"
#define SEAL_HEAD    "kith seal 1 argon2id 3 67108864 " /* and a salt of 16 bytes */
#define SEAL_OPS     3u
#define SEAL_MEM     (64ull * 1024 * 1024)
#define COMPROMISED  "compromised" /* a file that says: the link key before must not be kept */

static void key_name(char *ret, size_t cap, const char *kind, uint32_t epoch)
{
    snprintf(ret, cap, "%s-%u.key", kind, epoch);
}

static int key_write(const struct home *h, const char *name, const char *kind, mode_t mode,
                     const uint8_t key[32], struct kith_error *e)
{
    char *line = sodium_malloc(KEY_LINE_MAX);
    if (!line)
        return kith_fail(e, KITH_E_INTERNAL, "key \"%s\": no locked memory", name);
    bool sealed = h->seal && mode == 0600;
    uint8_t bytes[24 + 48];
    int at = snprintf(line, KEY_LINE_MAX, "kith %s %d ", kind, sealed ? 2 : 1);
    if (sealed)
        key_seal(h->seal, (struct kith_bytes){(const uint8_t *)line, (size_t)at}, key, bytes, bytes + 24);
    sodium_bin2hex(line + at, KEY_LINE_MAX - (size_t)at, sealed ? bytes : key, sealed ? sizeof bytes : 32);
    size_t n = strlen(line);
    line[n++] = '\n';
    int r = home_write(h, name, mode, (struct kith_bytes){(const uint8_t *)line, n}, e);
    sodium_free(line);
    return r;
}

static int not_a_key(const struct home *h, const char *name, const char *kind, struct kith_error *e)
{
    return kith_fail(e, KITH_E_INVALID, "key file \"%s/%s\": not a key of the kind %s; take it from a backup",
                     h->dir, name, kind);
}

/* The first form. */
static int read_open(const char *line, size_t n, const char *kind, uint8_t ret[32])
{
    char head[32];
    size_t got = 0;
    size_t head_n = (size_t)snprintf(head, sizeof head, "kith %s 1 ", kind);
    if (n < head_n + 64 || memcmp(line, head, head_n) != 0 ||
        sodium_hex2bin(ret, 32, line + head_n, 64, NULL, &got, NULL) != 0 || got != 32)
        return KITH_E_INVALID;
    return 0;
}

/* The second. KITH_E_NOTFOUND where it is not of that form. */
static int read_sealed(const struct home *h, const char *line, size_t n, const char *kind, uint8_t ret[32],
                       struct kith_error *e)
{
    char head[32];
    uint8_t bytes[24 + 48];
    size_t got = 0;
    size_t head_n = (size_t)snprintf(head, sizeof head, "kith %s 2 ", kind);
    if (n < head_n + 2 * sizeof bytes || memcmp(line, head, head_n) != 0 ||
        sodium_hex2bin(bytes, sizeof bytes, line + head_n, 2 * sizeof bytes, NULL, &got, NULL) != 0)
        return KITH_E_NOTFOUND;
    if (!h->seal)
        return kith_fail(
            e, KITH_E_REFUSED,
            "home \"%s\": its keys are sealed: start kithd with --key-credential or --key-passphrase-file",
            h->dir);
    struct kith_bytes bound = {(const uint8_t *)head, head_n};
    if (key_open(h->seal, bound, bytes, bytes + 24, ret, e) == 0)
        return 0;
    return kith_fail(e, KITH_E_REFUSED,
                     "home \"%s\": the passphrase does not open its keys; they were sealed under another",
                     h->dir);
}

static int key_read(const struct home *h, const char *name, const char *kind, bool secret, uint8_t ret[32],
                    struct kith_error *e)
{
    char *line = sodium_malloc(KEY_LINE_MAX);
    if (!line)
        return kith_fail(e, KITH_E_INTERNAL, "key \"%s\": no locked memory", name);
    size_t n = 0;
    int r = home_read(h, name, secret, line, KEY_LINE_MAX, &n, e);
    if (r < 0)
        goto out;
    r = secret ? read_sealed(h, line, n, kind, ret, e) : KITH_E_NOTFOUND;
    if (r != KITH_E_NOTFOUND)
        goto out;
    r = read_open(line, n, kind, ret);
    if (r < 0)
        r = not_a_key(h, name, kind, e);
    else if (secret && h->seal) /* the home was sealed since: so is this file from now on */
        r = key_write(h, name, kind, 0600, ret, e);
out:
    sodium_free(line);
    return r;
}

/* Public halves from what lies in k->secret. */
static int derive(struct keys *k, const uint8_t entry_seed[32], struct kith_error *e)
{
    if (crypto_sign_keys(entry_seed, &k->entry, &k->secret->entry) < 0 ||
        noise_public(k->link.b, k->secret->link) < 0)
        return kith_fail(e, KITH_E_INTERNAL, "keys: cannot be derived");
    crypto_site_id(&k->root, &k->site);
    return 0;
}

static int secret_new(struct keys *k, struct kith_error *e)
{
    memset(k, 0, sizeof *k);
    k->secret = sodium_malloc(sizeof *k->secret);
    if (!k->secret)
        return kith_fail(e, KITH_E_INTERNAL, "keys: no locked memory; raise RLIMIT_MEMLOCK");
    sodium_memzero(k->secret, sizeof *k->secret);
    return 0;
}

static int write_files(const struct keys *k, const struct home *h, const uint8_t seeds[64],
                       struct kith_error *e)
{
    char name[32];
    int r = key_write(h, "root.key", "root", 0600, seeds, e);
    if (r == 0) {
        key_name(name, sizeof name, "entry", 1);
        r = key_write(h, name, "entry", 0600, seeds + 32, e);
    }
    if (r == 0) {
        key_name(name, sizeof name, "link", 1);
        r = key_write(h, name, "link", 0600, k->secret->link, e);
    }
    /* Last: a home whose root.pub is there has all the others. */
    return r == 0 ? key_write(h, "root.pub", "root-public", 0640, k->root.b, e) : r;
}

int keys_make(struct keys *k, const struct home *h, struct kith_error *e)
{
    if (home_has(h, "root.pub"))
        return kith_fail(e, KITH_E_REFUSED, "home \"%s\": there is a site in it already; choose another",
                         h->dir);
    int r = secret_new(k, e);
    if (r < 0)
        return r;
    uint8_t *seeds = sodium_malloc(64); /* root, entry */
    if (!seeds) {
        keys_clear(k);
        return kith_fail(e, KITH_E_INTERNAL, "keys: no locked memory; raise RLIMIT_MEMLOCK");
    }
    randombytes_buf(seeds, 64);
    randombytes_buf(k->secret->link, sizeof k->secret->link);
    k->epoch = 1;
    k->has_root = true;
    r = crypto_sign_keys(seeds, &k->root, &k->secret->root) < 0
            ? kith_fail(e, KITH_E_INTERNAL, "keys: cannot be derived")
            : derive(k, seeds + 32, e);
    if (r == 0)
        r = write_files(k, h, seeds, e);
    sodium_free(seeds);
    if (r < 0)
        keys_clear(k);
    return r;
}

static uint32_t highest_epoch(const struct home *h)
{
    for (uint32_t epoch = KITH_EPOCH_MAX; epoch >= 1; epoch--) {
        char entry[32], link[32];
        key_name(entry, sizeof entry, "entry", epoch);
        key_name(link, sizeof link, "link", epoch);
        if (home_has(h, entry) && home_has(h, link))
            return epoch;
    }
    return 1; /* reading it then says what is missing */
}

/* The highest epoch below this one with a link key; 0 for none. */
static uint32_t previous_epoch(const struct home *h, uint32_t epoch)
{
    char name[32];
    while (--epoch >= 1) {
        key_name(name, sizeof name, "link", epoch);
        if (home_has(h, name))
            return epoch;
    }
    return 0;
}

static int load_previous(struct keys *k, const struct home *h, struct kith_error *e)
{
    char name[32];
    uint32_t epoch = previous_epoch(h, k->epoch);
    if (epoch == 0 || home_has(h, COMPROMISED))
        return 0;
    key_name(name, sizeof name, "link", epoch);
    int r = key_read(h, name, "link", true, k->secret->previous, e);
    k->has_previous = r == 0;
    return r;
}

static int load_root(struct keys *k, const struct home *h, uint8_t seed[32], struct kith_error *e)
{
    int r = key_read(h, "root.pub", "root-public", false, k->root.b, e);
    if (r < 0 || !home_has(h, "root.key"))
        return r;
    r = key_read(h, "root.key", "root", true, seed, e);
    if (r < 0)
        return r;
    struct kith_pk pk;
    if (crypto_sign_keys(seed, &pk, &k->secret->root) < 0 || memcmp(&pk, &k->root, sizeof pk) != 0)
        return kith_fail(e, KITH_E_INVALID, "key file \"%s/root.key\": does not belong to root.pub", h->dir);
    k->has_root = true;
    return 0;
}

int keys_load(struct keys *k, const struct home *h, struct kith_error *e)
{
    int r = secret_new(k, e);
    if (r < 0)
        return r;
    char name[32];
    uint8_t *seed = sodium_malloc(32);
    r = seed ? load_root(k, h, seed, e) : kith_fail(e, KITH_E_INTERNAL, "keys: no locked memory");
    if (r < 0)
        goto out;
    k->epoch = highest_epoch(h);
    key_name(name, sizeof name, "link", k->epoch);
    r = key_read(h, name, "link", true, k->secret->link, e);
    if (r < 0)
        goto out;
    key_name(name, sizeof name, "entry", k->epoch);
    r = key_read(h, name, "entry", true, seed, e);
    if (r == 0)
        r = derive(k, seed, e);
    if (r == 0)
        r = load_previous(k, h, e);
out:
    if (seed)
        sodium_free(seed);
    if (r < 0)
        keys_clear(k);
    return r;
}

/* ---- rotation ---- */

static int write_epoch(const struct keys *k, const struct home *h, const uint8_t entry_seed[32],
                       struct kith_error *e)
{
    char name[32];
    key_name(name, sizeof name, "entry", k->epoch);
    int r = key_write(h, name, "entry", 0600, entry_seed, e);
    key_name(name, sizeof name, "link", k->epoch);
    return r == 0 ? key_write(h, name, "link", 0600, k->secret->link, e) : r;
}

static void take_over(struct keys *k, const struct keys *old, bool compromised)
{
    k->root = old->root;
    k->has_root = old->has_root;
    k->secret->root = old->secret->root;
    k->has_previous = !compromised;
    if (!compromised)
        memcpy(k->secret->previous, old->secret->link, sizeof k->secret->previous);
}

int keys_fresh(struct keys *ret, const struct keys *old, const struct home *h, uint32_t epoch,
               bool compromised, struct kith_error *e)
{
    struct keys k;
    int r = secret_new(&k, e);
    if (r < 0)
        return r;
    uint8_t *seed = sodium_malloc(32);
    if (!seed) {
        keys_clear(&k);
        return kith_fail(e, KITH_E_INTERNAL, "keys: no locked memory; raise RLIMIT_MEMLOCK");
    }
    take_over(&k, old, compromised);
    k.epoch = epoch;
    randombytes_buf(seed, 32);
    randombytes_buf(k.secret->link, sizeof k.secret->link);
    r = derive(&k, seed, e);
    if (r == 0)
        r = write_epoch(&k, h, seed, e);
    if (r == 0 && compromised) /* after the files that it speaks of */
        r = home_write(h, COMPROMISED, 0600, (struct kith_bytes){NULL, 0}, e);
    sodium_free(seed);
    if (r < 0)
        keys_clear(&k);
    else
        *ret = k;
    return r;
}

static int remove_key(const struct home *h, const char *kind, uint32_t epoch, struct kith_error *e)
{
    char name[32];
    key_name(name, sizeof name, kind, epoch);
    return home_has(h, name) ? home_remove(h, name, e) : 0;
}

int keys_settle(struct keys *k, const struct home *h, struct kith_error *e)
{
    bool compromised = home_has(h, COMPROMISED);
    uint32_t keep = compromised ? 0 : previous_epoch(h, k->epoch);
    int r = 0;
    for (uint32_t epoch = 1; epoch < k->epoch && r == 0; epoch++) {
        if (epoch != keep)
            r = remove_key(h, "link", epoch, e);
        if (r == 0)
            r = remove_key(h, "entry", epoch, e);
    }
    if (r == 0 && compromised) /* last: it stands for what is still to be done */
        r = home_remove(h, COMPROMISED, e);
    return r;
}

int keys_trim(const struct home *h, uint32_t epoch, struct kith_error *e)
{
    int r = 0;
    for (; epoch <= KITH_EPOCH_MAX && r == 0; epoch++) {
        r = remove_key(h, "entry", epoch, e);
        if (r == 0)
            r = remove_key(h, "link", epoch, e);
    }
    return r;
}

int keys_drop(const struct home *h, uint32_t epoch, struct kith_error *e)
{
    int r = home_has(h, COMPROMISED) ? home_remove(h, COMPROMISED, e) : 0;
    return r == 0 ? keys_trim(h, epoch, e) : r;
}

bool keys_unsettled(const struct keys *k, const struct home *h)
{
    char name[32];
    bool more = home_has(h, COMPROMISED);
    for (uint32_t epoch = 1; epoch < k->epoch && !more; epoch++) {
        key_name(name, sizeof name, "entry", epoch);
        more = home_has(h, name);
    }
    return more;
}

void keys_clear(struct keys *k)
{
    if (k->secret)
        sodium_free(k->secret);
    memset(k, 0, sizeof *k);
}

/* ---- sealing ---- */

int key_derive(const uint8_t *passphrase, size_t n, const uint8_t salt[16], uint64_t ops, uint64_t mem,
               uint8_t ret[32], struct kith_error *e)
{
    if (crypto_pwhash(ret, 32, (const char *)passphrase, n, salt, ops, (size_t)mem,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return kith_fail(
            e, KITH_E_FULL,
            "the passphrase needs \"%llu\" MiB of memory to be worked on, and they are not to be had",
            (unsigned long long)(mem >> 20));
    return 0;
}

void key_seal(const uint8_t key[32], struct kith_bytes bound, const uint8_t secret[32], uint8_t ret_nonce[24],
              uint8_t ret_box[48])
{
    randombytes_buf(ret_nonce, 24);
    crypto_aead_xchacha20poly1305_ietf_encrypt(ret_box, NULL, secret, 32, bound.p, bound.n, NULL, ret_nonce,
                                               key);
}

int key_open(const uint8_t key[32], struct kith_bytes bound, const uint8_t nonce[24], const uint8_t box[48],
             uint8_t ret[32], struct kith_error *e)
{
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret, NULL, NULL, box, 48, bound.p, bound.n, nonce, key) !=
        0)
        return kith_fail(e, KITH_E_REFUSED,
                         "the passphrase does not open it, or a byte of the file was altered: try again");
    return 0;
}

static int take_salt(const struct home *h, uint8_t salt[16], struct kith_error *e)
{
    char line[128];
    size_t n = 0, got = 0, head = sizeof SEAL_HEAD - 1;
    int r = home_read(h, SEAL_FILE, true, line, sizeof line, &n, e);
    if (r < 0)
        return r;
    if (n < head + 32 || memcmp(line, SEAL_HEAD, head) != 0 ||
        sodium_hex2bin(salt, 16, line + head, 32, NULL, &got, NULL) != 0 || got != 16)
        return kith_fail(e, KITH_E_INVALID, "file \"%s/%s\": damaged; take it from a backup", h->dir,
                         SEAL_FILE);
    return 0;
}

static int make_salt(const struct home *h, uint8_t salt[16], struct kith_error *e)
{
    char line[128] = SEAL_HEAD;
    size_t head = sizeof SEAL_HEAD - 1;
    randombytes_buf(salt, 16);
    sodium_bin2hex(line + head, sizeof line - head, salt, 16);
    line[head + 32] = '\n';
    return home_write(h, SEAL_FILE, 0600, (struct kith_bytes){(const uint8_t *)line, head + 33}, e);
}

int key_unseal(struct home *h, const uint8_t *passphrase, size_t n, struct kith_error *e)
{
    uint8_t salt[16];
    int r = home_has(h, SEAL_FILE) ? take_salt(h, salt, e) : make_salt(h, salt, e);
    if (r < 0)
        return r;
    uint8_t *key = sodium_malloc(32);
    if (!key)
        return kith_fail(e, KITH_E_INTERNAL, "keys: no locked memory; raise RLIMIT_MEMLOCK");
    r = key_derive(passphrase, n, salt, SEAL_OPS, SEAL_MEM, key, e);
    if (r < 0)
        sodium_free(key);
    else
        h->seal = key;
    return r;
}

void key_seal_forget(struct home *h)
{
    if (h->seal)
        sodium_free((void *)(uintptr_t)h->seal);
    h->seal = NULL;
}

void *key_locked_new(size_t n)
{
    void *p = sodium_malloc(n);
    if (p)
        sodium_memzero(p, n);
    return p;
}

void key_locked_free(void *p)
{
    sodium_free(p);
}

/* ---- the root secret ---- */

void keys_root_seed(const struct keys *k, uint8_t ret[32])
{
    crypto_sign_ed25519_sk_to_seed(ret, k->secret->root.b);
}

int keys_put_root(struct keys *k, const struct home *h, const uint8_t seed[32], struct kith_error *e)
{
    struct kith_pk pk;
    struct crypto_sk *sk = sodium_malloc(sizeof *sk);
    if (!sk)
        return kith_fail(e, KITH_E_INTERNAL, "keys: no locked memory; raise RLIMIT_MEMLOCK");
    int r = 0;
    if (crypto_sign_keys(seed, &pk, sk) < 0 || memcmp(&pk, &k->root, sizeof pk) != 0)
        r = kith_fail(e, KITH_E_REFUSED, "this root key is that of another site");
    if (r == 0)
        r = key_write(h, "root.key", "root", 0600, seed, e);
    if (r == 0) {
        k->secret->root = *sk;
        k->has_root = true;
    }
    sodium_free(sk);
    return r;
}

int keys_remove_root(struct keys *k, const struct home *h, struct kith_error *e)
{
    int r = home_has(h, "root.key") ? home_remove(h, "root.key", e) : 0;
    if (r < 0)
        return r;
    sodium_memzero(&k->secret->root, sizeof k->secret->root);
    k->has_root = false;
    return 0;
}

/* ---- entropy, and how it is written ---- */

void key_random(void *ret, size_t n)
{
    randombytes_buf(ret, n);
}

uint32_t key_uniform(uint32_t below)
{
    return randombytes_uniform(below);
}

void key_base64_print(const void *p, size_t n, char *ret, size_t cap)
{
    sodium_bin2base64(ret, cap, p, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int key_base64_parse(const char *text, size_t n, void *ret, size_t cap, size_t *ret_n)
{
    int r = sodium_base642bin(ret, cap, text, n, NULL, ret_n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return r < 0 ? KITH_E_INVALID : 0;
}

const char *key_sodium_version(void)
{
    return sodium_version_string();
}
