#include "cli/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "cli/people.h"
#include "proto/learn/kind.h"

#define REAL_DIGITS 15 /* of a number: as many as any decimal keeps through a double */

/* struct js is never defined: its pointers are jansson's under another name. */
static const json_t *in(const struct js *v)
{
    return (const json_t *)(const void *)v;
}

static json_t *inside(struct js *v)
{
    return (json_t *)(void *)v;
}

static struct js *out_of(json_t *v)
{
    if (!v)
        exit(cli_failf(KITH_E_INTERNAL, "not enough memory: \"JSON\": close something and try again"));
    return (struct js *)(void *)v;
}

static const struct js *part(const json_t *v)
{
    return (const struct js *)(const void *)v;
}

int js_read(struct kith_bytes text, struct js **ret, struct kith_error *e)
{
    json_error_t error;
    json_t *v = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!v)
        return kith_fail(e, KITH_E_INVALID, "not JSON: column %d: %.150s", error.column, error.text);
    *ret = out_of(v);
    return 0;
}

void js_free(struct js *v)
{
    json_decref(inside(v));
}

const struct js *js_get(const struct js *v, const char *key)
{
    return part(json_object_get(in(v), key));
}

const struct js *js_at(const struct js *v, size_t i)
{
    return part(json_array_get(in(v), i));
}

size_t js_count(const struct js *v)
{
    return json_is_object(in(v)) ? json_object_size(in(v)) : json_array_size(in(v));
}

bool js_is_object(const struct js *v)
{
    return json_is_object(in(v));
}

bool js_is_array(const struct js *v)
{
    return json_is_array(in(v));
}

bool js_is_text(const struct js *v)
{
    return json_is_string(in(v));
}

bool js_is_null(const struct js *v)
{
    return !v || json_is_null(in(v));
}

bool js_is_false(const struct js *v)
{
    return json_is_false(in(v));
}

const char *js_key_at(const struct js *v, size_t i, const struct js **ret_value)
{
    json_t *o = (json_t *)(void *)(uintptr_t)in(v);
    void *it = json_object_iter(o);
    for (; it && i > 0; i--)
        it = json_object_iter_next(o, it);
    if (!it)
        return NULL;
    *ret_value = part(json_object_iter_value(it));
    return json_object_iter_key(it);
}

const char *js_text(const struct js *v, const char *key)
{
    return json_string_value(in(js_get(v, key)));
}

const char *js_string(const struct js *v)
{
    return json_string_value(in(v));
}

int64_t js_integer(const struct js *v, const char *key, int64_t fallback)
{
    const json_t *n = in(js_get(v, key));
    return json_is_integer(n) ? json_integer_value(n) : fallback;
}

bool js_truth(const struct js *v, const char *key)
{
    return json_is_true(in(js_get(v, key)));
}

char *js_scalar(const struct js *v)
{
    const json_t *j = in(v);
    char number[64];
    if (json_is_string(j))
        return cli_strndup(json_string_value(j), json_string_length(j));
    if (json_is_null(j))
        return cli_strdup("");
    if (json_is_boolean(j))
        return cli_strdup(json_is_true(j) ? "true" : "false");
    if (json_is_integer(j))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(j));
    else if (json_is_real(j))
        kind_number_print(json_real_value(j), number, sizeof number);
    else
        return NULL;
    return cli_strdup(number);
}

char *js_dump(const struct js *v)
{
    char *text = json_dumps(in(v), JSON_COMPACT | JSON_ENCODE_ANY);
    return text ? text : cli_strdup("null");
}

struct js *js_object(void)
{
    return out_of(json_object());
}

struct js *js_copy(const struct js *v)
{
    return v ? out_of(json_deep_copy(in(v))) : NULL;
}

struct js *js_array(void)
{
    return out_of(json_array());
}

static void put(struct js *o, const char *key, json_t *v)
{
    json_object_set_new_nocheck(inside(o), key, inside(out_of(v)));
}

void js_put_bytes(struct js *o, const char *key, struct kith_bytes text)
{
    json_t *v = json_stringn((const char *)text.p, text.n);
    put(o, key, v ? v : json_null()); /* text that is not UTF-8 cannot be told */
}

void js_put(struct js *o, const char *key, const char *text)
{
    if (!text)
        put(o, key, json_null());
    else
        js_put_bytes(o, key, bytes_of(text));
}

void js_put_integer(struct js *o, const char *key, int64_t v)
{
    put(o, key, json_integer(v));
}

void js_put_real(struct js *o, const char *key, double v)
{
    put(o, key, isfinite(v) ? json_real(v) : json_null());
}

void js_put_truth(struct js *o, const char *key, bool v)
{
    put(o, key, json_boolean(v));
}

void js_put_time(struct js *o, const char *key, int64_t ms)
{
    char text[PEOPLE_TIME_SIZE];
    if (ms >= 0)
        people_rfc3339(ms, text);
    js_put(o, key, ms >= 0 ? text : NULL);
}

void js_put_take(struct js *o, const char *key, struct js *v)
{
    put(o, key, inside(v));
}

void js_put_copy(struct js *o, const char *key, const struct js *v)
{
    put(o, key, v ? json_deep_copy(in(v)) : json_null());
}

void js_add_text(struct js *array, const char *text)
{
    json_array_append_new(inside(array), inside(out_of(json_string(text))));
}

void js_add_copy(struct js *array, const struct js *v)
{
    json_array_append_new(inside(array), v ? json_deep_copy(in(v)) : json_null());
}

void js_add_take(struct js *array, struct js *v)
{
    json_array_append_new(inside(array), inside(v));
}

void js_print_take(struct js *v, FILE *out)
{
    json_dumpf(inside(v), out, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));
    putc('\n', out);
    js_free(v);
}
