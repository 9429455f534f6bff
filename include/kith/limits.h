/* Every maximum that two sites must agree on, or that bounds what a stranger can make us do.
 * The source of each is a paragraph of proto/SPEC.md. */
#ifndef KITH_LIMITS_H
#define KITH_LIMITS_H

#define KITH_PORT 5484 /* K I T H on a telephone */

/* Entries and runs (SPEC 3) */
#define KITH_BODY_MAX     64000u             /* bytes of one body */
#define KITH_DEPTH_MAX    8u                 /* nesting of arrays and maps in a body */
#define KITH_RUN_ENTRIES  128u               /* entries in one run */
#define KITH_RUN_RAW_MAX  65000u             /* bytes of a run before compression */
#define KITH_RUN_WIRE_MAX 65400u             /* bytes of a run as sent and stored */
#define KITH_SEQ_MAX      ((1ull << 40) - 1) /* highest sequence number */
#define KITH_STREAMS      4u

/* Identity and membership (SPEC 1, 2) */
#define KITH_EPOCH_MAX        250u
#define KITH_CODE_MIN         2u
#define KITH_CODE_MAX         8u
#define KITH_NAME_MAX         120u /* bytes of a site's or network's name */
#define KITH_COORDINATORS_MAX 32u
#define KITH_COUNCILS_MAX     1000u
#define KITH_MEMBERS_MAX      20000u
#define KITH_CLOSES_MAX       1000u /* logs closed by one certificate (4 streams × 250 epochs) */
#define KITH_CUTS_MAX         1000u
#define KITH_COUNCIL_MAX      32000u /* bytes of a council with its signatures */
#define KITH_CERT_MAX         60000u /* bytes of a certificate body with its signature */

/* The link (SPEC 4) */
#define KITH_RECORD_PLAIN_MAX 65519u /* plaintext of one record: 65,535 less the 16-byte tag */
#define KITH_RECORD_WIRE_MAX  65537u /* with its 2-byte length */
#define KITH_REKEY_RECORDS    65536u
#define KITH_HANDSHAKE_MS     10000
#define KITH_KEEPALIVE_MS     25000
#define KITH_WANTS_MAX        8u   /* open WANTs of one peer */
#define KITH_RANGES_MAX       64u  /* ranges in one RANGES */
#define KITH_HEADS_MAX        512u /* heads in one HEADS */
#define KITH_FANOUT           16u  /* a range that differs splits into this many */
#define KITH_LIST_AT          64u  /* a range of this many heads or fewer is listed */
#define KITH_ADDRESS_MAX      80u  /* bytes of "host:port" */
#define KITH_ADDRESSES_MAX    8u

#define KITH_DAY_MS (24 * 3600 * 1000ll)

#endif
