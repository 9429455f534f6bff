/* From a plan to the record that tells it: what a person chose, how that is kept, and the body of a `series`.
 *
 * A choice is all that a person says of a series: policy, rule set, length of the periods, where limits begin
 * afresh and why, which points are left out of them and why. It holds no count, so it may wait at a site for
 * as long as it likes; the body is made from the raw counts only when it leaves (SPEC 11.16, 11.17). */
#ifndef KITH_SDC_BODY_H
#define KITH_SDC_BODY_H

#include "proto/learn/kind.h"
#include "proto/learn/sdc.h"

#define SDC_CODE_MAX      31u  /* bytes of the code of a policy or rule set */
#define SDC_REASON_MAX    300u /* bytes of a reason */
#define SDC_LINK_MAX      500u /* bytes of a link */
#define SDC_LINKS_MAX     4u
#define SDC_EXCLUDES_MAX  64u
#define SDC_NOTES_MAX     32u
#define SDC_DATE_MAX      10u
#define SDC_CHOICE_MAX    65536u /* bytes of a choice as it is kept */
#define SDC_CHOSEN_AT_MAX (SDC_SEGMENTS_MAX - 1)

/* A day with a reason: of a rephase, or in an excluded period. */
struct sdc_chosen_day {
    int32_t day;
    uint32_t baseline; /* of the segment that begins there; 0: as fixed before, else all of it */
    char reason[SDC_REASON_MAX + 1];
};

/* What happened when, to be read beside the chart. */
struct sdc_chosen_note {
    char date[SDC_DATE_MAX + 1]; /* 2025-08 or 2025-08-14 */
    char text[SDC_REASON_MAX + 1];
};

struct sdc_choice {
    char policy[SDC_CODE_MAX + 1];
    char rules[SDC_CODE_MAX + 1];
    enum sdc_unit want; /* SDC_NO_UNIT: whatever is safe */
    uint32_t baseline;  /* of the first segment */
    uint32_t rephases, excludes, links, notes;
    struct sdc_chosen_day rephase[SDC_CHOSEN_AT_MAX]; /* ascending by day */
    struct sdc_chosen_day exclude[SDC_EXCLUDES_MAX];  /* ascending by day */
    char link[SDC_LINKS_MAX][SDC_LINK_MAX + 1];
    struct sdc_chosen_note note[SDC_NOTES_MAX]; /* ascending by date */
};

/* Adds a day in its place; one that stands there already gets the new reason (and baseline, unless 0).
 * KITH_E_FULL. */
int sdc_choice_rephase(struct sdc_choice *c, const struct sdc_chosen_day *at, struct kith_error *e);
int sdc_choice_exclude(struct sdc_choice *c, const struct sdc_chosen_day *at, struct kith_error *e);
/* One note a date; an empty text takes it away. KITH_E_USAGE for what is no date. */
int sdc_choice_note(struct sdc_choice *c, const struct sdc_chosen_note *at, struct kith_error *e);

void sdc_choice_put(const struct sdc_choice *c, struct buf *ret);
/* KITH_E_INVALID: not what sdc_choice_put wrote. */
int sdc_choice_get(struct kith_bytes blob, struct sdc_choice *ret, struct kith_error *e);

/* What else a body says. */
struct sdc_subject {
    const char *measure; /* its key */
    uint32_t version;
    const char *unit;                  /* code here; NULL or "": the whole site */
    const struct kind_ref *supersedes; /* NULL: nothing */
};

/* The canonical body (SPEC 3.20) of a plan that passed sdc_plan_check. KITH_E_FULL above KITH_BODY_MAX bytes
 * or the room of ret. */
int sdc_body_make(const struct sdc_plan *p, const struct sdc_ask *a, const struct sdc_choice *c,
                  const struct sdc_subject *s, struct buf *ret, struct kith_error *e);

/* The same for a chart of single events (SPEC 11.13); events negative: hidden, since.unit SDC_NO_UNIT: none.
 */
struct sdc_events {
    enum spc_chart chart;
    double events;
    enum spc_icon icon;
    struct sdc_period since;
};
int sdc_body_events(const struct sdc_events *v, const struct sdc_choice *c, const struct sdc_subject *s,
                    struct buf *ret, struct kith_error *e);

#endif
