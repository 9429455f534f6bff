/* The schema is the interface: SQL text, shared by the daemon that writes and everybody who reads.
 *
 * replica.db holds what the network and this site may read. Readers select from the views (v_…), which are
 * the promise; tables may change with user_version. private.db is the daemon's alone (mode 0600). */
#ifndef KITH_SCHEMA_H
#define KITH_SCHEMA_H

#define SCHEMA_APPLICATION_ID 0x4b495448 /* "KITH" */
#define SCHEMA_VERSION        2

// clang-format off
/* Who decided what about membership (daemon/store_history.c): made from councils and control logs, never read back.
 * An operation is an ADMIT, REVOKE or WITHDRAW of coordinators; `post` says who posted it where, `counts` whether it
 * counted there. `waiting` numbers what waits for another coordinator, by the order in which it came here. */
#define HISTORY_TABLES                                                                                                 \
    "CREATE TABLE council_state(id BLOB PRIMARY KEY, g INTEGER NOT NULL, rev INTEGER NOT NULL, state TEXT NOT NULL,"   \
    "  have INTEGER NOT NULL, need INTEGER NOT NULL, k INTEGER NOT NULL, seats TEXT NOT NULL, what TEXT NOT NULL,"     \
    "  seen INTEGER NOT NULL) WITHOUT ROWID;"                                                                          \
    "CREATE TABLE council_sign(council BLOB NOT NULL, site BLOB NOT NULL, PRIMARY KEY(council, site)) WITHOUT ROWID;"  \
    "CREATE TABLE operation(id BLOB PRIMARY KEY, kind TEXT NOT NULL, g INTEGER, state TEXT NOT NULL, site BLOB NOT NULL,"\
    "  code TEXT, name TEXT, role TEXT, reason TEXT, have INTEGER NOT NULL, need INTEGER NOT NULL, time INTEGER,"      \
    "  what TEXT NOT NULL, cuts TEXT) WITHOUT ROWID;"                                                                  \
    "CREATE INDEX operation_site ON operation(site);"                                                                  \
    "CREATE INDEX operation_waiting ON operation(id) WHERE state = 'waiting';"                                         \
    "CREATE TABLE post(operation BLOB NOT NULL, site BLOB NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"     \
    "  counts INTEGER NOT NULL, PRIMARY KEY(operation, site, epoch, seq)) WITHOUT ROWID;"                              \
    "CREATE TABLE policy(place INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL, what TEXT NOT NULL);"      \
    "CREATE TABLE waiting(number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE);"                         \
    "CREATE TABLE news(number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, event TEXT NOT NULL, site BLOB,"\
    "  text TEXT NOT NULL);"

/* `who` names the postings or signatures, separated by spaces; time is what the first poster claims, of a council when
 * it came here. Of an operation `mine` says that this site has posted it where it counts. */
#define HISTORY_VIEWS                                                                                                  \
    "CREATE VIEW v_council AS SELECT c.id AS raw, lower(hex(c.id)) AS id, g, rev, state, have, need, k, seats, what, seen,"\
    "  (SELECT group_concat(coalesce(m.code, lower(hex(substr(n.site, 1, 4)))), ' ') FROM council_sign n LEFT JOIN member m"\
    "  ON m.site = n.site WHERE n.council = c.id) AS who, EXISTS (SELECT 1 FROM council_sign n WHERE n.council = c.id AND"\
    "  lower(hex(n.site)) = (SELECT value FROM meta WHERE key = 'site')) AS mine FROM council_state c;"                \
    "CREATE VIEW v_operation AS SELECT o.id AS raw, lower(hex(o.id)) AS id, o.kind, o.g, o.state, lower(hex(o.site)) AS site,"\
    "  coalesce(m.code, o.code, lower(hex(substr(o.site, 1, 4)))) AS code, coalesce(o.name, m.name) AS name, o.role, o.reason,"\
    "  o.have, o.need, o.time, o.what, o.cuts, (SELECT group_concat(coalesce(b.code, lower(hex(substr(p.site, 1, 4)))) ||"\
    "  CASE WHEN p.epoch = 1 THEN '' ELSE '.' || p.epoch END || '-C' || p.seq, ' ') FROM post p LEFT JOIN member b ON" \
    "  b.site = p.site WHERE p.operation = o.id AND (p.counts OR o.state = 'no effect')) AS who,"                       \
    "  EXISTS (SELECT 1 FROM post p WHERE p.operation = o.id AND p.counts AND lower(hex(p.site)) ="                    \
    "  (SELECT value FROM meta WHERE key = 'site')) AS mine FROM operation o LEFT JOIN member m ON m.site = o.site;"   \
    "CREATE VIEW v_history AS SELECT g, 0 AS place, id, 'council' AS event, state, seen AS time, NULL AS site, NULL AS code,"\
    "  seats AS name, NULL AS role, NULL AS reason, have, need, who, what, NULL AS cuts FROM v_council UNION ALL"       \
    "  SELECT g, 1, id, kind, state, time, site, code, name, role, reason, have, need, who, what, cuts FROM v_operation;"\
    "CREATE VIEW v_waiting AS SELECT w.number, c.id, 'council' AS kind, c.g, c.what, c.have, c.need, c.who, c.mine"     \
    "  FROM waiting w JOIN v_council c ON c.raw = w.id UNION ALL"                                                      \
    "  SELECT w.number, o.id, o.kind, o.g, o.what, o.have, o.need, o.who, o.mine FROM waiting w JOIN v_operation o"     \
    "  ON o.raw = w.id;"                                                                                               \
    "CREATE VIEW v_policy AS SELECT place, key, value, what FROM policy;"                                              \
    "CREATE VIEW v_news AS SELECT number, time, event, lower(hex(site)) AS site, text FROM news;"

/* v_member.organisation: the code of the site that stands for the same organisation now: itself, or the last of
 * those that follow it after its root was lost (SPEC 1.8).
 *
 * Runs are addressed by arrival number; (arrival << 7 | place) is the rowid of an entry's projection,
 * negative numbers are records shared here only: here-7 has rowid −7. A record's text for people and for full
 * text is made from `body`, its body as JSON (binary as hex). `ends` is where a log's valid part ends. */
#define SCHEMA_REPLICA                                                                                                 \
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"                                                    \
    "CREATE TABLE sum(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;" /* of each table's rows */         \
    "CREATE TABLE council(g INTEGER NOT NULL, id BLOB NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(g, id)) WITHOUT ROWID;" \
    "CREATE TABLE proof(site BLOB NOT NULL, stream INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"    \
    "  bytes BLOB NOT NULL, PRIMARY KEY(site, stream, epoch)) WITHOUT ROWID;"                                          \
    "CREATE TABLE log(number INTEGER PRIMARY KEY, site BLOB NOT NULL, stream INTEGER NOT NULL, epoch INTEGER NOT NULL," \
    "  last INTEGER NOT NULL, last_id BLOB NOT NULL, ends INTEGER NOT NULL DEFAULT 0, UNIQUE(site, stream, epoch));"   \
    "CREATE TABLE run(arrival INTEGER PRIMARY KEY, log INTEGER NOT NULL, first INTEGER NOT NULL,"                      \
    "  count INTEGER NOT NULL, stored INTEGER NOT NULL, bytes BLOB NOT NULL);"                                         \
    "CREATE INDEX run_log ON run(log, first, count);" /* covers the search for small runs */                           \
    "CREATE TABLE gone(log INTEGER NOT NULL, seq INTEGER NOT NULL, state INTEGER NOT NULL, rule TEXT,"                 \
    "  PRIMARY KEY(log, seq)) WITHOUT ROWID;" /* state 1 missing, 2 refused, 3 withdrawn, 4 pruned */                  \
    "CREATE TABLE withdrawal(log INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL, reason INTEGER NOT NULL,"    \
    "  council INTEGER NOT NULL, found INTEGER NOT NULL, state INTEGER NOT NULL, erased INTEGER, PRIMARY KEY(log, seq))" \
    "  WITHOUT ROWID;" /* those that count; found 0: in this moment; state 1 hidden, 2 being erased, 3 erased */       \
    "CREATE TABLE carried(sender BLOB NOT NULL, site BLOB NOT NULL, stream INTEGER NOT NULL, epoch INTEGER NOT NULL,"     \
    "  seq INTEGER NOT NULL, id BLOB NOT NULL, time INTEGER NOT NULL, same INTEGER NOT NULL,"                          \
    "  PRIMARY KEY(sender, stream, site, epoch)) WITHOUT ROWID;" /* heads of the latest bundle; same: held here too */ \
    "CREATE TABLE doubted(log INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(log, seq)) WITHOUT ROWID;"           \
    /* withdrawn in this site's name, not by this machine: hidden and kept */                                          \
    "CREATE TABLE hold(log INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL, time INTEGER NOT NULL,"           \
    "  PRIMARY KEY(log, seq)) WITHOUT ROWID;" /* kept by order of law, whatever is withdrawn */                        \
    "CREATE TABLE receipt(site BLOB PRIMARY KEY, time INTEGER NOT NULL, erased BLOB NOT NULL, older INTEGER NOT NULL,"  \
    "  older_fp BLOB NOT NULL, software TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;" /* the latest; erased: ids of 8 bytes */        \
    "CREATE TABLE receipt_note(site BLOB NOT NULL, about BLOB NOT NULL, stream INTEGER NOT NULL, epoch INTEGER NOT NULL," \
    "  seq INTEGER NOT NULL, rule TEXT, PRIMARY KEY(site, about, stream, epoch, seq)) WITHOUT ROWID;"                  \
    /* what that receipt says of single positions: refused by a rule, or (NULL) on hold */                             \
    "CREATE TABLE member(site BLOB PRIMARY KEY, root BLOB NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,"           \
    "  state TEXT NOT NULL, reason INTEGER, epoch INTEGER NOT NULL, follows BLOB, admitted_site BLOB,"                 \
    "  admitted_seq INTEGER, link BLOB) WITHOUT ROWID;"                                                                \
    "CREATE INDEX member_follows ON member(follows) WHERE follows IS NOT NULL;"                                        \
    "CREATE TABLE draft(number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, schema INTEGER NOT NULL,"     \
    "  time INTEGER NOT NULL, author INTEGER NOT NULL, body BLOB NOT NULL, login INTEGER);"                                         \
    "CREATE TABLE record(number INTEGER PRIMARY KEY, log INTEGER, seq INTEGER, kind INTEGER NOT NULL,"                 \
    "  time INTEGER NOT NULL, title TEXT NOT NULL, sort_key TEXT NOT NULL, body TEXT NOT NULL,"                        \
    "  replaces_log INTEGER, replaces_seq INTEGER);"                                                                   \
    "CREATE INDEX record_place ON record(log, seq);"                                                                   \
    "CREATE INDEX record_replaces ON record(replaces_log, replaces_seq) WHERE replaces_log IS NOT NULL;"               \
    "CREATE INDEX record_kind ON record(kind, time);"                                                                  \
    "CREATE TABLE tag(field TEXT NOT NULL, value TEXT NOT NULL, number INTEGER NOT NULL,"                              \
    "  PRIMARY KEY(field, value, number)) WITHOUT ROWID;"                                                              \
    "CREATE TABLE address(site BLOB NOT NULL, address TEXT NOT NULL, PRIMARY KEY(site, address)) WITHOUT ROWID;"       \
    "CREATE TABLE software(site BLOB PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;"                                  \
    "CREATE TABLE heard(site BLOB PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;" /* last link that was in step */ \
    "CREATE TABLE level(site BLOB NOT NULL, stream INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY(site, stream))" \
    "  WITHOUT ROWID;" /* when it last held all of the stream that was held here */                                    \
    "CREATE TABLE released(number INTEGER PRIMARY KEY, log INTEGER NOT NULL, seq INTEGER NOT NULL);" /* here-7 became */\
    "CREATE TABLE unit(code TEXT PRIMARY KEY, label TEXT NOT NULL, parent TEXT, level TEXT, setting TEXT,"              \
    "  open INTEGER NOT NULL) WITHOUT ROWID;" /* this site's own list: never leaves it */                              \
    "CREATE TABLE origin(log INTEGER NOT NULL, seq INTEGER NOT NULL, unit TEXT NOT NULL, PRIMARY KEY(log, seq))"       \
    "  WITHOUT ROWID;" /* the unit that a released record came from, which its entry may not tell */                   \
    "CREATE TABLE own(stream INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL,"         \
    "  PRIMARY KEY(stream, epoch)) WITHOUT ROWID;" /* the last entry of each own log that this home itself wrote */     \
    "CREATE TABLE word(kind INTEGER NOT NULL, field TEXT NOT NULL, part TEXT NOT NULL, PRIMARY KEY(kind, field, part))"\
    "  WITHOUT ROWID;" /* the fields that are searched; part is empty where a field has none */                        \
    "CREATE VIEW v_text AS SELECT r.number, r.title, (SELECT group_concat(t.atom, char(10)) FROM json_each(r.body) f," \
    "  json_tree(r.body, CASE WHEN EXISTS (SELECT 1 FROM word w WHERE w.kind = r.kind AND w.field = f.key)"            \
    "  THEN '$.\"' || f.key || '\"' ELSE '$.\"!\"' END) t WHERE t.type = 'text' AND EXISTS (SELECT 1 FROM word w"      \
    "  WHERE w.kind = r.kind AND w.field = f.key AND CASE WHEN t.path = '$' THEN w.part = ''"                          \
    "  WHEN typeof(t.key) = 'text' THEN w.part = t.key WHEN t.path IN ('$.' || f.key, '$.\"' || f.key || '\"')"        \
    "  THEN w.part = '' ELSE w.part <> '' AND (substr(t.path, -length(w.part) - 1) = '.' || w.part"                    \
    "  OR substr(t.path, -length(w.part) - 3) = '.\"' || w.part || '\"') END)) AS text FROM record r;"                 \
    "CREATE VIRTUAL TABLE search USING fts5(title, text, content='v_text', content_rowid='number',"                    \
    "  tokenize='kith', detail=full);" HISTORY_TABLES

/* What a reader sees of a position: its letter. */
#define SCHEMA_STREAM_LETTER "substr('CLMS', l.stream + 1, 1)"

/* The visible records: inside the valid part of their log, or shared here; `current` is 0 for what a newer record
 * of the same site replaces. `unit` of this site's own records is a code of v_unit, released or not; of other
 * sites' records it is the label that they sent, if any. */
#define SCHEMA_VIEWS                                                                                                   \
    "CREATE VIEW v_member AS SELECT lower(hex(site)) AS site, code, name, state, reason, epoch,"                       \
    "  lower(hex(follows)) AS follows, (WITH RECURSIVE later(site, n) AS (VALUES(m.site, 0) UNION ALL SELECT f.site,"   \
    "  n + 1 FROM later JOIN member f ON f.follows = later.site WHERE n < 8) SELECT o.code FROM later JOIN member o"    \
    "  ON o.site = later.site ORDER BY n DESC, o.site LIMIT 1) AS organisation, (SELECT time FROM heard h WHERE h.site = m.site) AS heard,"                     \
    "  (SELECT name FROM software w WHERE w.site = m.site) AS software,"                                               \
    "  (SELECT group_concat(address, ' ') FROM address a WHERE a.site = m.site) AS addresses,"                         \
    "  (SELECT sum(l.last) FROM log l WHERE l.site = m.site AND l.stream IN (1, 2)) AS entries FROM member m;"         \
    "CREATE VIEW v_log AS SELECT m.code AS site, l.stream, l.epoch, l.last, l.ends, lower(hex(l.last_id)) AS last_id"  \
    "  FROM log l LEFT JOIN member m ON m.site = l.site WHERE l.last > 0;"                                                              \
    "CREATE VIEW v_record AS SELECT r.number, CASE WHEN r.log IS NULL THEN 'here-' || (-r.number) ELSE m.code ||"      \
    "  CASE WHEN l.epoch = 1 THEN '' ELSE '.' || l.epoch END || '-' || " SCHEMA_STREAM_LETTER " || r.seq END AS id,"   \
    "  k.name AS kind, CASE WHEN r.log IS NULL THEN (SELECT value FROM meta WHERE key = 'code') ELSE m.code END AS site," \
    "  r.log IS NULL AS here, r.time, r.title, r.sort_key, coalesce((SELECT o.unit FROM origin o WHERE o.log = r.log"  \
    "  AND o.seq = r.seq), json_extract(r.body, '$.unit')) AS unit,"                                                   \
    "  json_extract(r.body, '$.setting') AS setting, json_extract(r.body, '$.result') AS result,"                      \
    "  json_extract(r.body, '$.confidence') AS confidence, json_extract(r.body, '$.status') AS status,"                \
    "  json_extract(r.body, '$.outcome') AS outcome, json_extract(r.body, '$.lang') AS lang, r.body,"                  \
    "  NOT EXISTS (SELECT 1 FROM record n LEFT JOIN log nl ON nl.number = n.log WHERE n.replaces_log = r.log AND"      \
    "  n.replaces_seq = r.seq AND n.kind = r.kind AND (n.log IS NULL OR n.seq <= nl.ends)) AS current"                                     \
    "  FROM record r JOIN kind k ON k.number = r.kind LEFT JOIN log l ON l.number = r.log"                             \
    "  LEFT JOIN member m ON m.site = l.site WHERE r.log IS NULL OR (r.seq <= l.ends AND m.site IS NOT NULL);"         \
    "CREATE VIEW v_lesson AS SELECT id, site, here, time, title, unit, setting, result, confidence,"                   \
    "  json_extract(body, '$.happened') AS happened, json_extract(body, '$.learned') AS learned,"                      \
    "  json_extract(body, '$.expected') AS expected, json_extract(body, '$.why') AS why,"                              \
    "  json_extract(body, '$.advice') AS advice, json_extract(body, '$.topics') AS topics"                             \
    "  FROM v_record WHERE kind = 'lesson' AND current;"                                                               \
    "CREATE VIEW v_project AS SELECT id, site, here, time, title, unit, setting, status, outcome,"                     \
    "  json_extract(body, '$.problem') AS problem, json_extract(body, '$.aim') AS aim,"                                \
    "  json_extract(body, '$.results') AS results, json_extract(body, '$.topics') AS topics"                           \
    "  FROM v_record WHERE kind = 'project' AND current;"                                                              \
    "CREATE VIEW v_measure AS SELECT id, site, here, time, title, json_extract(body, '$.key') AS key,"                 \
    "  json_extract(body, '$.version') AS version, json_extract(body, '$.family') AS family,"                          \
    "  json_extract(body, '$.numerator') AS numerator, json_extract(body, '$.denominator') AS denominator,"            \
    "  json_extract(body, '$.direction') AS direction, json_extract(body, '$.chart') AS chart,"                        \
    "  json_extract(body, '$.period') AS period FROM v_record WHERE kind = 'measure' AND current;"                     \
    "CREATE VIEW v_series AS SELECT id, site, here, time, title, unit, json_extract(body, '$.measure') AS measure,"    \
    "  json_extract(body, '$.version') AS version, body FROM v_record WHERE kind = 'series' AND current;"              \
    "CREATE VIEW v_tag AS SELECT v.id, v.kind, t.field, t.value FROM tag t JOIN v_record v ON v.number = t.number"     \
    "  WHERE v.current;"                                                                                               \
    "CREATE VIEW v_withdrawn AS SELECT m.code || CASE WHEN l.epoch = 1 THEN '' ELSE '.' || l.epoch END || '-' ||"     \
    "  " SCHEMA_STREAM_LETTER " || w.seq AS id, m.code AS site, CASE w.reason WHEN 1 THEN 'privacy' WHEN 2 THEN 'error'" \
    "  WHEN 3 THEN 'superseded' ELSE 'consent' END AS reason, CASE w.council WHEN 0 THEN 'site' ELSE 'council' END AS by," \
    "  nullif(w.found, 0) AS time, CASE WHEN w.state = 3 THEN 'erased' WHEN EXISTS (SELECT 1 FROM hold h WHERE"        \
    "  h.log = w.log AND h.seq = w.seq) THEN 'hold' WHEN EXISTS (SELECT 1 FROM doubted d WHERE d.log = w.log AND"      \
    "  d.seq = w.seq) THEN 'doubted' WHEN w.state = 2 THEN 'erasing' ELSE 'hidden' END AS state, w.erased,"            \
    "  lower(hex(w.id)) AS entry, l.site AS about, l.stream, l.epoch, w.seq FROM withdrawal w"                         \
    "  JOIN log l ON l.number = w.log JOIN member m ON m.site = l.site;"                                               \
    "CREATE VIEW v_receipt AS SELECT m.code AS site, r.time, length(r.erased) / 8 AS erased, r.older,"                 \
    "  (SELECT count(*) FROM receipt_note n WHERE n.site = r.site AND n.rule IS NULL) AS held,"                        \
    "  (SELECT count(*) FROM receipt_note n WHERE n.site = r.site AND n.rule IS NOT NULL) AS refused, r.software"      \
    "  FROM receipt r JOIN member m ON m.site = r.site;"                                                               \
    "CREATE VIEW v_refused AS SELECT m.code || CASE WHEN l.epoch = 1 THEN '' ELSE '.' || l.epoch END || '-' || "       \
    SCHEMA_STREAM_LETTER " || g.seq AS id, m.code AS site, g.rule FROM gone g JOIN log l ON l.number = g.log"           \
    "  JOIN member m ON m.site = l.site WHERE g.state = 2;" /* bodies that this site does not take, and why */          \
    "CREATE VIEW v_unit AS SELECT code, label, parent, level, setting, open FROM unit;"                                \
    "CREATE VIEW v_peer AS SELECT code, site, addresses, heard, software FROM v_member"                                \
    "  WHERE site <> (SELECT value FROM meta WHERE key = 'site');" HISTORY_VIEWS

/* The kinds are data here too, so that the views name them; filled from the table of kinds when a home is made. */
#define SCHEMA_KIND "CREATE TABLE kind(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"

/* meta keys: version ("kithd 0.1"), site (hex), code, name, network (name), network_id (hex), genesis (blob),
 * projected (last arrival whose entries are projected), projection (version of what made
 * them), pending (how a join that waits stands, or why it was
 * refused; else absent), left (ms, where this site left its network),
 * revoked_by (code of a site
 * that says so), contested (two councils compete: says which), absence (what it means that so many must agree), started (ms). */

/* What this site counted (daemon/store_raw.c): period is an enum sdc_unit, shape an enum raw_shape, unit '' for
 * the whole site, serial and nth as in struct raw_cell; den and behind are NULL where there are none. A change is
 * a correction or a removal; of a removal `cells` says how many went, and nothing else is kept. */
#define RAW_TABLES                                                                                                     \
    "CREATE TABLE raw_series(number INTEGER PRIMARY KEY AUTOINCREMENT, measure TEXT NOT NULL, version INTEGER NOT NULL," \
    "  unit TEXT NOT NULL, period INTEGER NOT NULL, shape INTEGER NOT NULL, UNIQUE(measure, version, unit));"          \
    "CREATE TABLE raw_cell(series INTEGER NOT NULL, serial INTEGER NOT NULL, nth INTEGER NOT NULL, num REAL NOT NULL," \
    "  den REAL, behind REAL, PRIMARY KEY(series, serial, nth)) WITHOUT ROWID;"                                        \
    "CREATE TABLE raw_change(number INTEGER PRIMARY KEY, measure TEXT NOT NULL, version INTEGER NOT NULL,"             \
    "  unit TEXT NOT NULL, series INTEGER NOT NULL, time INTEGER NOT NULL, author INTEGER NOT NULL, reason TEXT,"      \
    "  cells INTEGER, serial INTEGER, nth INTEGER, num REAL, den REAL, behind REAL, new_num REAL, new_den REAL,"         \
    "  new_behind REAL);"

/* Series that wait to be released, by the number of their draft, and what was told of raw counts by every release
 * (daemon/store_publish.h): digest of the bytes, what was chosen, and the counts themselves as they were then. */
#define PUBLISH_TABLES                                                                                                 \
    "CREATE TABLE offer(number INTEGER PRIMARY KEY, measure TEXT NOT NULL, version INTEGER NOT NULL,"                  \
    "  unit TEXT NOT NULL, choice BLOB NOT NULL);"                                                                     \
    "CREATE TABLE told(number INTEGER PRIMARY KEY AUTOINCREMENT, measure TEXT NOT NULL, version INTEGER NOT NULL,"     \
    "  unit TEXT NOT NULL, period INTEGER NOT NULL, policy TEXT NOT NULL, time INTEGER NOT NULL, draft INTEGER NOT NULL," \
    "  digest BLOB NOT NULL, choice BLOB NOT NULL, blob BLOB NOT NULL, epoch INTEGER, seq INTEGER);"                   \
    "CREATE INDEX told_of ON told(measure, version, unit);"                                                            \
    "CREATE INDEX told_digest ON told(digest);"

#define SCHEMA_PRIVATE                                                                                                 \
    "CREATE TABLE sum(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"                                   \
    "CREATE TABLE invite(hash BLOB PRIMARY KEY, secret BLOB NOT NULL, code TEXT, made INTEGER NOT NULL,"               \
    "  expires INTEGER NOT NULL, root BLOB, observer INTEGER NOT NULL, follows BLOB) WITHOUT ROWID;"                                 \
    "CREATE TABLE joining(one INTEGER PRIMARY KEY CHECK(one = 1), line TEXT NOT NULL, have INTEGER NOT NULL,"           \
    "  need INTEGER NOT NULL);" /* the invite of a join that waits for another coordinator */                          \
    "CREATE TABLE journal(number INTEGER PRIMARY KEY, time INTEGER NOT NULL, author INTEGER NOT NULL,"                 \
    "  releaser INTEGER NOT NULL, draft INTEGER NOT NULL, digest BLOB NOT NULL, found TEXT, reason TEXT,"               \
    "  position TEXT, author_login INTEGER, releaser_login INTEGER, approved INTEGER, kind INTEGER, persons INTEGER,"  \
    "  before TEXT);"                                                                                                  \
    "CREATE TABLE approval(draft INTEGER PRIMARY KEY, time INTEGER NOT NULL, due INTEGER NOT NULL,"                    \
    "  releaser INTEGER NOT NULL, login INTEGER, digest BLOB NOT NULL, persons INTEGER NOT NULL, reason TEXT,"         \
    "  why TEXT);" /* releases that wait for their time */                                                             \
    "CREATE INDEX approval_due ON approval(due, draft);"                                                               \
    "CREATE TABLE hold(site BLOB NOT NULL, stream INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"     \
    "  time INTEGER NOT NULL, author INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY(site, stream, epoch, seq))"   \
    "  WITHOUT ROWID;" /* why the replica's table hold has it */                                                       \
    "CREATE TABLE hint(site BLOB NOT NULL, address TEXT NOT NULL, link BLOB NOT NULL, PRIMARY KEY(site, address))"     \
    "  WITHOUT ROWID;" RAW_TABLES PUBLISH_TABLES

// clang-format on
#endif
