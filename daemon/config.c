/* The reader walks libyaml's events with a small state: which key of the top map is open, and which of a
 * peer. Only maps, lists and plain or quoted scalars; no anchors, aliases or tags; nothing deeper than a list
 * of maps. */
#include "daemon/config.h"

#include "daemon/address.h"
#include "proto/learn/sdc.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#define CONFIG_EVENTS_MAX 2000u

enum place {
    PLACE_START,
    PLACE_TOP,
    PLACE_VALUE,
    PLACE_LIST,
    PLACE_PEER,
    PLACE_PEER_VALUE,
    PLACE_GROUPS,
    PLACE_GROUP_VALUE,
    PLACE_END
};

static const char *const group_keys[CONFIG_GROUPS] = {"share", "data", "release", "admin"};

struct reader {
    enum place place;
    char key[16], part[16];
    struct config c;
    bool listen_given;
    uint32_t group; /* PLACE_GROUP_VALUE: whose */
    size_t line;
    struct kith_error *e;
};

void config_default(struct config *c)
{
    memset(c, 0, sizeof *c);
    c->release_persons = 1;
    c->listen_n = 2;
    snprintf(c->listen[0], sizeof c->listen[0], "0.0.0.0:%d", KITH_PORT);
    snprintf(c->listen[1], sizeof c->listen[1], "[::]:%d", KITH_PORT);
}

static int wrong(struct reader *r, const char *value, const char *what)
{
    return kith_fail(r->e, KITH_E_INVALID, "%s line %zu: \"%s\": %s", CONFIG_FILE, r->line, value, what);
}

static int take_address(struct reader *r, const char *v, char (*list)[KITH_ADDRESS_MAX + 1], uint32_t *n,
                        uint32_t max)
{
    struct address a;
    if (*n == max)
        return wrong(r, v, "too many addresses");
    if (address_parse(v, &a, NULL) < 0)
        return wrong(r, v, "write an address as HOST:PORT or [V6]:PORT");
    snprintf(list[(*n)++], KITH_ADDRESS_MAX + 1, "%s", v);
    return 0;
}

static int take_group(struct reader *r, const char *v, uint32_t i)
{
    if (*v == '\0' || strlen(v) > CONFIG_GROUP_MAX)
        return wrong(r, v, "name a group of this machine");
    snprintf(r->c.group[i], sizeof r->c.group[i], "%s", v);
    return 0;
}

/* One group for everything. */
static int take_one_group(struct reader *r, const char *v)
{
    int code = 0;
    for (uint32_t i = 0; i < CONFIG_GROUPS && code == 0; i++)
        code = take_group(r, v, i);
    return code;
}

static int take_persons(struct reader *r, const char *v)
{
    if (strcmp(v, "1") != 0 && strcmp(v, "2") != 0)
        return wrong(r, v, "a release takes 1 or 2 persons");
    r->c.release_persons = (uint32_t)(v[0] - '0');
    return 0;
}

/* "30m", "24h", "7d"; "0" for none. */
static int take_delay(struct reader *r, const char *v)
{
    static const char units[] = "smhd";
    static const int64_t ms[] = {1000, 60 * 1000, 3600 * 1000, KITH_DAY_MS};
    int64_t n = 0;
    size_t at = 0;
    for (; at < 7 && v[at] >= '0' && v[at] <= '9'; at++)
        n = n * 10 + (v[at] - '0');
    const char *unit = v[at] ? strchr(units, v[at]) : NULL;
    if (unit)
        n *= ms[unit - units];
    if (at == 0 || n > CONFIG_DELAY_MAX || (unit ? v[at + 1] != '\0' : strcmp(v, "0") != 0))
        return wrong(r, v, "write how long as 30m, 24h or 7d, at most 30d");
    r->c.release_delay_ms = n;
    return 0;
}

/* What the file says stands instead of the usual addresses; an empty list: this site only dials. */
static void begin_listen(struct reader *r)
{
    r->listen_given = true;
    r->c.listen_n = 0;
}

static int take_credential(struct reader *r, const char *v)
{
    size_t n = strlen(v);
    if (n == 0 || n > CONFIG_CREDENTIAL_MAX || strchr(v, '/'))
        return wrong(r, v, "write the name of a systemd credential, as kith-home");
    memcpy(r->c.key_credential, v, n + 1);
    return 0;
}

static int take_counter(struct reader *r, const char *v)
{
    if ((v[0] != '/' && strcmp(v, "off") != 0) || strlen(v) >= sizeof r->c.counter)
        return wrong(r, v, "counter is a directory outside the home, from / on, or off");
    snprintf(r->c.counter, sizeof r->c.counter, "%s", v);
    return 0;
}

/* The first that is named is the one that is used where nobody chooses. */
static int take_policy(struct reader *r, const char *v)
{
    if (!sdc_policy_find(v) || r->c.policies_n == CONFIG_POLICIES_MAX)
        return wrong(r, v, "policies are hes-2018/1, midpoint6/1, signal-only/1 and already-public/1");
    snprintf(r->c.policy[r->c.policies_n++], sizeof r->c.policy[0], "%s", v);
    return 0;
}

static int take_item(struct reader *r, const char *v)
{
    if (strcmp(r->key, "policies") == 0)
        return take_policy(r, v);
    if (strcmp(r->key, "groups") == 0)
        return take_one_group(r, v);
    if (strcmp(r->key, "release-persons") == 0)
        return take_persons(r, v);
    if (strcmp(r->key, "release-delay") == 0)
        return take_delay(r, v);
    if (strcmp(r->key, "key-credential") == 0)
        return take_credential(r, v);
    if (strcmp(r->key, "counter") == 0)
        return take_counter(r, v);
    if (strcmp(r->key, "listen") == 0) {
        if (!r->listen_given)
            begin_listen(r);
        return take_address(r, v, r->c.listen, &r->c.listen_n, CONFIG_LISTEN_MAX);
    }
    if (strcmp(r->key, "advertise") == 0)
        return take_address(r, v, r->c.advertise, &r->c.advertise_n, KITH_ADDRESSES_MAX);
    if (strcmp(r->key, "dial") != 0)
        return wrong(r, v, "a peer needs two lines, `site: CODE` and `address: HOST:PORT`");
    if (strcmp(v, "auto") != 0 && strcmp(v, "listed") != 0)
        return wrong(r, v, "dial is auto or listed");
    r->c.dial_listed = strcmp(v, "listed") == 0;
    return 0;
}

static int take_part(struct reader *r, const char *v)
{
    struct config_peer *p = &r->c.peer[r->c.peers_n];
    struct address a;
    if (strcmp(r->part, "site") == 0) {
        if (strlen(v) < KITH_CODE_MIN || strlen(v) > KITH_CODE_MAX)
            return wrong(r, v, "a site's code has 2 to 8 letters and digits");
        snprintf(p->code, sizeof p->code, "%s", v);
        return 0;
    }
    if (address_parse(v, &a, NULL) < 0)
        return wrong(r, v, "write an address as HOST:PORT or [V6]:PORT");
    snprintf(p->address, sizeof p->address, "%s", v);
    return 0;
}

static int take_key(struct reader *r, const char *v)
{
    static const char *const keys[] = {"listen",  "advertise",       "dial",          "peers",
                                       "groups",  "release-persons", "release-delay", "key-credential",
                                       "counter", "policies"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(v, keys[i]) == 0) {
            snprintf(r->key, sizeof r->key, "%s", v);
            r->place = PLACE_VALUE;
            return 0;
        }
    return wrong(
        r, v,
        "not a key; there are listen, advertise, dial, peers, groups, release-persons, release-delay, "
        "key-credential, counter and policies");
}

static int take_part_key(struct reader *r, const char *v)
{
    if (strcmp(v, "site") != 0 && strcmp(v, "address") != 0)
        return wrong(r, v, "not a key of a peer; there are site and address");
    snprintf(r->part, sizeof r->part, "%s", v);
    r->place = PLACE_PEER_VALUE;
    return 0;
}

static int take_group_key(struct reader *r, const char *v)
{
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++)
        if (strcmp(v, group_keys[i]) == 0) {
            r->group = i;
            r->place = PLACE_GROUP_VALUE;
            return 0;
        }
    return wrong(r, v, "not a role; there are share, data, release and admin");
}

static int on_scalar(struct reader *r, const char *v)
{
    int ok;
    switch (r->place) {
    case PLACE_TOP:
        return take_key(r, v);
    case PLACE_VALUE:
        r->place = PLACE_TOP;
        return *v == '\0' ? 0 : take_item(r, v); /* an empty value means the default */
    case PLACE_LIST:
        if (strcmp(r->key, "dial") == 0)
            return wrong(r, v, "dial is one word, auto or listed");
        if (strncmp(r->key, "release-", 8) == 0 || strcmp(r->key, "groups") == 0)
            return wrong(r, v, "takes no list");
        return take_item(r, v);
    case PLACE_PEER:
        return take_part_key(r, v);
    case PLACE_PEER_VALUE:
        ok = take_part(r, v);
        r->place = PLACE_PEER;
        return ok;
    case PLACE_GROUPS:
        return take_group_key(r, v);
    case PLACE_GROUP_VALUE:
        r->place = PLACE_GROUPS;
        return take_group(r, v, r->group);
    case PLACE_START:
    case PLACE_END:
        break;
    }
    return wrong(r, v, "expected lines of KEY: VALUE");
}

static int on_mapping_start(struct reader *r)
{
    if (r->place == PLACE_START) {
        r->place = PLACE_TOP;
        return 0;
    }
    if (r->place == PLACE_VALUE && strcmp(r->key, "groups") == 0) {
        r->place = PLACE_GROUPS;
        return 0;
    }
    if (r->place != PLACE_LIST || strcmp(r->key, "peers") != 0)
        return wrong(r, r->key, "takes no map");
    if (r->c.peers_n == CONFIG_PEERS_MAX)
        return wrong(r, r->key, "too many peers");
    memset(&r->c.peer[r->c.peers_n], 0, sizeof r->c.peer[0]);
    r->place = PLACE_PEER;
    return 0;
}

static int on_mapping_end(struct reader *r)
{
    if (r->place == PLACE_TOP) {
        r->place = PLACE_END;
        return 0;
    }
    if (r->place == PLACE_GROUPS) {
        r->place = PLACE_TOP;
        return 0;
    }
    const struct config_peer *p = &r->c.peer[r->c.peers_n];
    if (!p->code[0] || !p->address[0])
        return wrong(r, p->code, "a peer needs both, site and address");
    r->c.peers_n++;
    r->place = PLACE_LIST;
    return 0;
}

static int on_sequence(struct reader *r, bool start)
{
    if (r->place != (start ? PLACE_VALUE : PLACE_LIST))
        return wrong(r, r->key, "takes no list here");
    r->place = start ? PLACE_LIST : PLACE_TOP;
    if (start && strcmp(r->key, "listen") == 0 && !r->listen_given)
        begin_listen(r);
    return 0;
}

static int on_event(struct reader *r, const yaml_event_t *ev)
{
    r->line = ev->start_mark.line + 1;
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        if (ev->data.scalar.anchor || ev->data.scalar.tag ||
            strlen((const char *)ev->data.scalar.value) != ev->data.scalar.length)
            return wrong(r, r->key, "anchors and tags have no meaning here");
        return on_scalar(r, (const char *)ev->data.scalar.value);
    case YAML_MAPPING_START_EVENT:
        return on_mapping_start(r);
    case YAML_MAPPING_END_EVENT:
        return on_mapping_end(r);
    case YAML_SEQUENCE_START_EVENT:
        return on_sequence(r, true);
    case YAML_SEQUENCE_END_EVENT:
        return on_sequence(r, false);
    case YAML_ALIAS_EVENT:
        return wrong(r, (const char *)ev->data.alias.anchor, "aliases have no meaning here");
    default: /* of libyaml's enumeration: the marks of stream and document */
        return 0;
    }
}

int config_parse(struct kith_bytes text, struct config *ret, struct kith_error *e)
{
    struct reader r = {.e = e};
    config_default(&r.c);
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return kith_fail(e, KITH_E_INTERNAL, "%s: no memory", CONFIG_FILE);
    yaml_parser_set_input_string(&parser, text.p, text.n);
    int code = 0;
    bool done = false;
    for (uint32_t i = 0; code == 0 && !done; i++) {
        yaml_event_t ev;
        if (i == CONFIG_EVENTS_MAX)
            code = kith_fail(e, KITH_E_INVALID, "%s: too long", CONFIG_FILE);
        else if (!yaml_parser_parse(&parser, &ev))
            code = kith_fail(e, KITH_E_INVALID, "%s line %zu: %s", CONFIG_FILE, parser.problem_mark.line + 1,
                             parser.problem ? parser.problem : "not YAML");
        if (code < 0)
            break;
        done = ev.type == YAML_STREAM_END_EVENT;
        code = on_event(&r, &ev);
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&parser);
    if (code == 0)
        *ret = r.c;
    return code;
}

int config_load(const struct home *h, struct config *ret, struct kith_error *e)
{
    static uint8_t text[HOME_FILE_MAX]; /* one thread, at start only */
    size_t n = 0;
    int r = home_read(h, CONFIG_FILE, false, text, sizeof text, &n, e);
    if (r == KITH_E_NOTFOUND) {
        config_default(ret);
        return 0;
    }
    return r < 0 ? r : config_parse((struct kith_bytes){text, n}, ret, e);
}

int config_write_new(const struct home *h, const struct config *c, struct kith_error *e)
{
    char text[2048];
    size_t n = (size_t)snprintf(
        text, sizeof text,
        "# Kith: where this site listens, and whom it dials. A site that only dials: listen: []\nlisten:\n");
    for (uint32_t i = 0; i < c->listen_n; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "  - \"%s\"\n", c->listen[i]);
    n += (size_t)snprintf(
        text + n, sizeof text - n,
        "# Addresses that other sites can reach; those of listen where nothing is said.\n"
        "# advertise:\n#   - \"kith.example.org:%d\"\n"
        "# auto: dial every member whose address is known; listed: only the peers below.\n"
        "dial: auto\n"
        "# peers:\n#   - site: ASH\n#     address: \"10.0.0.1:%d\"\n"
        "# Who may do what: one group for all, or one for each role.\n"
        "# groups:\n#   share: kith\n#   data: kith-data\n#   release: kith-release\n"
        "#   admin: kith-admin\n"
        "# release-persons: 2\n# release-delay: 24h\n"
        "# Policies for small numbers that may be used here, of those that the network allows.\n"
        "# policies: [\"hes-2018/1\", \"signal-only/1\"]\n"
        "# The systemd credential under which the key files of this home are sealed.\n"
        "# key-credential: kith-home\n"
        "# Outside the home, so that an old copy of it is noticed.\n"
        "# counter: /var/lib/kith-counter\n",
        KITH_PORT, KITH_PORT);
    return home_write(h, CONFIG_FILE, 0640, (struct kith_bytes){(const uint8_t *)text, n}, e);
}
