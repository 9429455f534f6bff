/* JSON in and out; json.c alone knows jansson. A value that was not found is NULL, and every question
 * about NULL has a neutral answer, so that an answer can be read without looking at each step. */
#ifndef KITH_CLI_JSON_H
#define KITH_CLI_JSON_H

#include <stdio.h>

#include "cli/cli.h"

struct js; /* one value; whoever made it frees it with js_free, parts are borrowed */

/* One value in UTF-8; duplicate keys are refused. KITH_E_INVALID says where. */
int js_read(struct kith_bytes text, struct js **ret, struct kith_error *e);
void js_free(struct js *v);

const struct js *js_get(const struct js *v, const char *key);
const struct js *js_at(const struct js *v, size_t i);
size_t js_count(const struct js *v); /* items of an array, pairs of an object */
bool js_is_object(const struct js *v);
bool js_is_array(const struct js *v);
bool js_is_text(const struct js *v);
bool js_is_null(const struct js *v); /* also for NULL */
bool js_is_false(const struct js *v);
/* The i-th pair of an object, in the order of the text. */
const char *js_key_at(const struct js *v, size_t i, const struct js **ret_value);

const char *js_text(const struct js *v, const char *key); /* NULL when there is none */
const char *js_string(const struct js *v);                /* the text itself, NULL for other types */
int64_t js_integer(const struct js *v, const char *key, int64_t fallback);
bool js_truth(const struct js *v, const char *key);
/* Any scalar as text: numbers shortest, true and false, null as "". The caller frees; NULL for others. */
char *js_scalar(const struct js *v);
char *js_dump(const struct js *v); /* the whole value as one line; the caller frees */

/* Writing: keys come out in the order in which they were put. A NULL text is null. */
struct js *js_object(void);
struct js *js_array(void);
struct js *js_copy(const struct js *v); /* the whole value; NULL of NULL */
void js_put(struct js *o, const char *key, const char *text);
void js_put_bytes(struct js *o, const char *key, struct kith_bytes text);
void js_put_integer(struct js *o, const char *key, int64_t v);
void js_put_real(struct js *o, const char *key,
                 double v); /* null where v is no number: JSON has none for it */
void js_put_truth(struct js *o, const char *key, bool v);
void js_put_time(struct js *o, const char *key, int64_t ms);   /* RFC 3339; null below 0 */
void js_put_take(struct js *o, const char *key, struct js *v); /* v becomes part of o */
void js_put_copy(struct js *o, const char *key, const struct js *v);
void js_add_text(struct js *array, const char *text);
void js_add_copy(struct js *array, const struct js *v);
void js_add_take(struct js *array, struct js *v);
/* Prints one line and frees. */
void js_print_take(struct js *v, FILE *out);

#endif
