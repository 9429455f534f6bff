/* DIR/config.yaml: where to listen, what to advertise, whom to dial, who may do what. A file that says
 * anything else is an error that names the line: a misspelt key must not silently mean the default. */
#ifndef KITHD_CONFIG_H
#define KITHD_CONFIG_H

#include "daemon/home.h"
#include "kith/limits.h"

#define CONFIG_FILE           "config.yaml"
#define CONFIG_LISTEN_MAX     8u
#define CONFIG_POLICIES_MAX   8u
#define CONFIG_POLICY_MAX     23u /* bytes: hes-2018/1 */
#define CONFIG_PEERS_MAX      64u
#define CONFIG_GROUPS         4u  /* share, data, release, admin: in this order */
#define CONFIG_GROUP_MAX      32u /* bytes of the name of a system group */
#define CONFIG_CREDENTIAL_MAX 64u /* bytes of the name of a systemd credential */
#define CONFIG_DELAY_MAX      (30 * KITH_DAY_MS)

struct config_peer {
    char code[KITH_CODE_MAX + 1];
    char address[KITH_ADDRESS_MAX + 1];
};

struct config {
    uint32_t listen_n, advertise_n, peers_n;
    char listen[CONFIG_LISTEN_MAX][KITH_ADDRESS_MAX + 1];
    char advertise[KITH_ADDRESSES_MAX][KITH_ADDRESS_MAX + 1];
    bool dial_listed; /* `dial: listed`: only the peers below are dialled */
    struct config_peer peer[CONFIG_PEERS_MAX];
    /* `groups: kith` gives all roles to one group; a map names one for each. "": the default name. */
    char group[CONFIG_GROUPS][CONFIG_GROUP_MAX + 1];
    char key_credential[CONFIG_CREDENTIAL_MAX + 1]; /* `key-credential: NAME`; "": none */
    uint32_t release_persons;                       /* `release-persons: 2`; 1 where nothing is said */
    char counter[256]; /* `counter: DIR` or `off`; "" for the usual places (counter.h) */
    /* `policies:`: those for small numbers that this site uses, of what the network allows; none named: all
     */
    uint32_t policies_n;
    char policy[CONFIG_POLICIES_MAX][CONFIG_POLICY_MAX + 1];
    int64_t release_delay_ms; /* `release-delay: 24h`: how long a release can be taken back */
};

/* What counts without a file: listens on every interface, port 5484, dials whom it knows. */
void config_default(struct config *c);
/* Fills *ret from the text over the defaults; KITH_E_INVALID names line and value. */
int config_parse(struct kith_bytes text, struct config *ret, struct kith_error *e);
int config_load(const struct home *h, struct config *ret, struct kith_error *e);
/* The commented file that a new home gets. */
int config_write_new(const struct home *h, const struct config *c, struct kith_error *e);

#endif
