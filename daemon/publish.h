/* Publishing: from raw counts to a series that may leave.
 *
 * Planned is against everything that this site ever told (SPEC 11.6 to 11.12, 11.19), each time anew: when it
 * is put into the outbox, when somebody looks at it there, and when it is released, with the counts of that
 * moment.
 */
#ifndef KITHD_PUBLISH_H
#define KITHD_PUBLISH_H

#include "daemon/daemon.h"
#include "daemon/store_publish.h"

#define PUBLISH_BLOB_MAX    131072u
#define PUBLISH_ADVICE_MAX  260u
#define PUBLISH_COMMAND_MAX 160u

/* One series in hand, with all that its plan rests on: about 6 MiB, on the heap. */
struct publish {
    struct store_subject of;
    struct store_measure measure;
    struct store_raw raw;
    struct sdc_choice choice;
    bool newest;            /* of the versions of its measure that are here */
    bool before;            /* it was released before */
    struct store_told last; /* then, the last time */
    /* made by publish_plan */
    struct kith_error why; /* code 0: it may leave; else KITH_E_REFUSED and why not */
    bool is_event;
    struct sdc_events event; /* of a t or g chart */
    struct sdc_plan *plan;   /* of all others */
    struct sdc_ask ask;
    struct sdc_ledger *ledger;
    char same_as[STORE_MEASURE_KEY_MAX + 1]; /* "": these numbers left under no other name */
    /* room */
    struct raw_cell cell[RAW_CELLS_MAX];
    struct sdc_raw in[RAW_CELLS_MAX];
    struct spc_point point[RAW_CELLS_MAX];
    struct spc_mark mark[RAW_CELLS_MAX];
    int32_t day[RAW_CELLS_MAX];
    uint32_t cells;
    struct sdc_ask_segment segment[SDC_CHOSEN_AT_MAX + 1];
    int32_t excluded[SDC_EXCLUDES_MAX];
    uint8_t blob[PUBLISH_BLOB_MAX];
    size_t blob_n;
    uint8_t body[KITH_BODY_MAX];
};

struct publish *publish_new(void); /* NULL: no memory */
void publish_free(struct publish *p);

/* The series that p->of names: its measure, its raw counts, and what was chosen when it was released last, or
 * the defaults of network and measure. KITH_E_NOTFOUND; KITH_E_REFUSED for a closed unit. */
int publish_load(struct daemon *d, struct publish *p, struct kith_error *e);
/* May this policy be used here? KITH_E_REFUSED names those that the network allows. */
int publish_policy_allowed(const struct daemon *d, const char *policy, struct kith_error *e);
/* What was told before and bears upon the series, into p->ledger and p->same_as; p->ask and p->is_event are
 * to be filled. For publish_plan. */
int publish_load_ledger(struct daemon *d, struct publish *p, struct kith_error *e);
/* Plans p->choice. 0 also where the plan may not leave: p->why says so. Negative where there is none. */
int publish_plan(struct daemon *d, struct publish *p, struct kith_error *e);
/* Is a shift under way on this day, seen from the limits before it? Asked of a plan of periods. */
bool publish_shift_at(struct publish *p, int32_t day);
/* What to choose instead of a plan that may not leave, as words of the command line; "" for nothing. */
void publish_advise(const struct publish *p, char ret[PUBLISH_ADVICE_MAX]);
/* Do exact figures, public elsewhere, stand beside hidden ones that are out for the same days? */
bool publish_undoes(const struct publish *p);
/* The body, in p->body, with its unit by code. */
int publish_body(struct daemon *d, struct publish *p, struct kith_bytes *ret, struct kith_error *e);
/* What the replica shows of it meanwhile: measure, unit and policy, and no figure. */
int publish_stub(const struct publish *p, struct buf *ret);

/* For a release: the body of a draft of a series, planned now; *ret (may become NULL: nothing to keep) is to
 * be given to publish_keep and then freed. A series that no raw counts stand behind is refused unless it is
 * public already, or these very bytes were released before. */
int publish_release(struct daemon *d, const struct store_draft *x, struct publish **ret,
                    struct kith_bytes *ret_body, struct kith_error *e);
/* Writes what is told, in the transaction in which the record is signed. p NULL: 0 and nothing. */
int publish_keep(struct daemon *d, const struct publish *p, uint64_t draft, const struct kith_id *digest,
                 uint64_t *ret_told, struct kith_error *e);

#endif
