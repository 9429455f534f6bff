/* The control socket: how `kith` asks `kithd` to change something, or about what only a running daemon knows.
 *
 * A Unix stream socket, DIR/kithd.sock, mode 0660. Each frame is a 4-byte big-endian length and one msgpack
 * item. Request: [id, verb, arguments (map)]. Answer: [id, error, result]; error is nil or {code, text};
 * result is nil or a map. Answers come in the order of requests. A daemon may send any number of progress
 * frames [id, nil, {"progress": done, "total": n}] before an answer.
 *
 * Every verb needs a role: share, data, release or admin. Root and the owner of the home hold all of them,
 * others by the system groups that the configuration names, or kith, kith-data, kith-release and kith-admin.
 * status is open to any role; release (share with release too) needs release, history release or admin;
 * invite, join, stop, unit_add and unit_set need admin; the others share. Who lacks it is refused with
 * KITH_E_REFUSED. */
#ifndef KITH_CONTROL_H
#define KITH_CONTROL_H

#define CONTROL_REQUEST_MAX (1024u * 1024u) /* bytes of one request frame without its length */
#define CONTROL_ANSWER_MAX  (4u * 1024u * 1024u)
#define CONTROL_DEADLINE_MS 10000 /* for a whole request to arrive once begun */
#define CONTROL_CLIENTS_MAX 64u
#define CONTROL_BATCH_MAX   1000u /* records in one share, ids in one release */

// clang-format off
/* Verbs, their arguments → results. Texts are UTF-8, bodies are canonical msgpack in a bin.
 *
 *  status   {}                                  → {site (hex), code, name, network, network_id (hex), version, pid,
 *                                                  pending (map have, need or nil), peers: [{code, site, address,
 *                                                  since_ms, dialled, in_step}], listen: [..], lag: n, drafts: n,
 *                                                  entries: n, missing: n, refused: n, doubted: n,
 *                                                  erasing (map failed, reader, waits_ms, or nil), root_key: "here"|"exported",
 *                                                  own: "well"|"waits"|"forked"|"outdated"|"elsewhere" (SPEC 6.13),
 *                                                  roles: [of the caller], groups: {role: name or nil}, roles_all_one,
 *                                                  persons: 1|2 (that a release takes)}
 *  share    {records: [{kind: "lesson", body: bin}], release: bool, confirm?}
 *                                               → {results: [{id: "here-7" | "ASH-L12"} | {code, text}]}
 *           every record is stored here; with release the whole batch is then released and ids are positions. What
 *           the screen blocks is not stored; what it holds is stored and not released, but with `confirm`: a text that
 *           says why it may go, kept in the release journal
 *           with a delay, what was released has its name of here and `leaves` (ms)
 *  release  {ids: ["here-7", …], confirm?, digest? (bin 32; with one id)} or {all: true, confirm?}, alone? (sign without having met a peer)
 *                                               → {results: [{from: "here-7", id: "ASH-L12"} | {from, leaves (ms)} |
 *                                                  {from, code, text}]}
 *  invite   {code?: "BRK", expires_s?: 604800, observer?: bool, follows?: code} → {line, expires (ms since 1970), warning?}
 *  join     {line}                              → {network, code, members, pending?: {have, need}}
 *  sync     {wait_ms?: n}                       → {peers: [{code, in_step: bool}], complete: bool}
 *  verify   {full: bool}                        → {entries, runs, logs, missing, refused, withdrawn, damaged: [text, …],
 *                                                  asked_again: n, made_anew: bool, own_damaged: bool}: full also mends
 *  unit_add {code, label, parent?, level?, setting?, open: bool}
 *                                               → {code, label, open, setting}: a row of this site's own list
 *  unit_set {code, label?, parent?, level?, setting?, open?}
 *                                               → the same; `code` may be a label; "" takes parent, level or setting away
 *  data_measure {measure}                       → {measure: "ASH/falls-rate", version, record: "ASH-M3" | "here-7", name,
 *                                                  per, chart, rules, direction, period, first_month, has_den, people}
 *           what a key, or a draft's number, stands for when counts are added; KEY@2 asks for version 2
 *  data_add {measure, unit?, period: "month" | "event" …, shape: "count" | "ratio" | "value",
 *            rows: [[period, number, denominator or nil, people behind a value or nil], …]}
 *                                               → {measure, version, unit, added, same, cells}: the rows ascend; all of
 *                                                  them are kept or none; they stay in private.db
 *  data_list {}                                 → {series: [{measure, version, unit, period, shape, cells, first, last}]}
 *  data_show {measure, unit?}                   → the same of one series, with what data_measure says and rows: [[period,
 *                                                  nth, number, denominator or nil, behind or nil], …], changes: [{time,
 *                                                  author, reason, dropped, cells, was?, now?: row}]
 *  data_fix {measure, unit?, period, nth?, number?, denominator?, behind?, reason}
 *                                               → {was: row, now: row}: what is not given stays as it is
 *  data_drop {measure, unit?, reason?}          → {measure, version, unit, cells}: taken away for good
 *  data_share {measure, unit?, policy?, rules?, period?: "quarter", baseline?: n, rephase?: [period, …],
 *            exclude?: [period, …], reason?, links?: [url, …], notes?: ["2025-08 TEXT", …]}
 *                                               → {id: "here-7", instead_of?: "here-3", release_first?: "here-1",
 *                                                  unshifted: [period], …}: and all that outbox_show tells. What is not
 *                                                  given stays as it was when the series was released last
 *  outbox_show {id: "here-7"}                   → {measure, version, name, unit, policy, rules, chart, period, fresh, safe:
 *                                                  bool, why, advice, shown, hidden, icon, since, assurance, as_raw,
 *                                                  thinned, tried: [{period, cells, hidden}], segments: [{start,
 *                                                  baseline, reason, told, told_of, ranges, why}], events: {counted, told},
 *                                                  same_as, undoes: bool,
 *                                                  left_out: [{period, reason}], notes: [{date, text}], links: [url],
 *                                                  cells: [{period, counted, counted_of, people, state, why, told,
 *                                                  told_of, least, most, whole, new, excluded, flags}]}: nil where there
 *                                                  is nothing; least and most: what a reader of all that left could
 *                                                  tell of a protected count
 *  drop     {ids: ["here-7", …]}                → {results: [{id} | {id, code, text}]}: taken away for good, only what
 *                                                  was not released
 *  rotate   {compromised?: bool, since?: ["ASH-L12", …], preview?: bool}
 *                                               → {code, done, epoch: n, root_key, logs: [{log: "L", epoch, ends, void}]}:
 *                                                  where logs are closed and how many of their entries count no more;
 *                                                  with preview nothing is done
 *  coordinator {what: "add"|"remove", code}     → {council: bool, g, have, need, holds: bool, again: bool, what,
 *                                                  absence?}: a decision; `what` says it in words, `holds` whether
 *                                                  enough have agreed, `again` that this site had before
 *  policy   {key, value}                        → the same; key and value as `kith policy show` prints them
 *  endorse  {id (hex)}                          → the same; an id of v_waiting
 *  revoke   {site: code, reason}                → the same
 *  rename   {site: code, code}                  → the same: a member gets another code
 *  leave    {}                                  → {network, code, waited: bool}: for ever; or a join that waited is
 *                                                  given up
 *  join_request {}                              → {bytes: bin, code, name, site (hex)}: the file that asks to be admitted
 *  admit    {bytes: bin, observer?: bool, follows?: code}
 *                                               → {code, name, site (hex), network, network_id (hex), have, need}: a
 *                                                  member when as many have agreed as are needed
 *  bundle_make {to?: code, seal?: code, since_ms?, part_size?}
 *                                               → {network, network_id (hex), set (hex)}: begins to make a bundle; it
 *                                                  ends with the connection
 *  bundle_base {heads: bin}                     → {}: leaves out what lies up to these (SPEC 8.3, as in a bundle)
 *  bundle_read {}                               → {bytes: bin, part, ends: bool, done: bool, entries, total}
 *  bundle_take {apply: bool}                    → {}: begins to take one file in, or only looks at it
 *  bundle_put {bytes: bin (at most 512 KiB)}    → {entries}
 *  bundle_end {}                                → {from, network, network_id, set, part, last, runs, entries, known, waiting,
 *                                                  left, missing, behind, waits: [text, …], joined: bool}
 *  retain   {id, reason} or {id, release: true} → {id}; {} → {holds: [{id, time (ms), author (uid), reason}]}
 *  withdraw {ids: ["ASH-L12", …], reason: 1 privacy, 2 error, 3 superseded, 4 consent}
 *                                               → {erase_ms, results: [{id, by: "site"|"council", counts, again: bool} |
 *                                                  {id, code, text}]}: counts false waits for other coordinators
 *  key_export {passphrase: bin}                 → {file: text}: the root secret sealed (daemon/rootfile.h)
 *  key_remove {file: bin, passphrase: bin}      → {root_key}: opens the file; where it holds this site's root secret,
 *                                                  that leaves this machine
 *  key_import {file: bin, passphrase: bin}      → {root_key}
 *  stop     {}                                  → {}
 *  outbox   {}                                  → {persons, delay_ms, waiting: [{id, releaser, leaves (ms) | why}]}
 *  outbox   {id}                                → {id, digest (hex), persons, author, author_login, releaser?, leaves? |
 *                                                  why?, findings: [{level, kind, field, offset, length, text}]}
 *  history  {since? (ms), after? (number)}      → {lines: [{number, time, approved, from, id, kind, persons, author,
 *                                                  author_login, releaser, releaser_login, one_person, digest, found,
 *                                                  reason, before}], more}; authors and releasers are uids
 */
// clang-format on

#endif
