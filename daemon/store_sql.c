/* Every statement of the store. All of them are constants with bound parameters, so that nothing that came
 * from a peer or a person is ever read as SQL. */
#include "daemon/store_sql.h"

const char *const store_sql[SQL_COUNT] = {
    [SQL_RUN_PUT] =
        "INSERT INTO run(arrival, log, first, count, stored, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_RUN_DROP] = "DELETE FROM run WHERE arrival = ?1",
    [SQL_RUN_COVERING] =
        "SELECT arrival, first, count, stored, bytes FROM run WHERE log = ?1 AND first <= ?2 "
        "ORDER BY first DESC LIMIT 1",
    [SQL_RUN_FROM] = "SELECT arrival, log, first, count, bytes FROM run WHERE (log, first) > (?1, ?2) "
                     "ORDER BY log, first LIMIT 1",
    [SQL_RUN_ARRIVED] =
        "SELECT arrival, log, count, stored, bytes FROM run WHERE arrival > ?1 ORDER BY arrival LIMIT 1",
    [SQL_RUN_OF_STREAM] = "SELECT r.arrival, r.bytes FROM log l CROSS JOIN run r ON r.log = l.number "
                          "WHERE l.stream = ?1 ORDER BY l.number, r.first",
    [SQL_RUN_NEXT] =
        "SELECT arrival, first, count FROM run WHERE log = ?1 AND first > ?2 ORDER BY first LIMIT 1",
    [SQL_RUN_SMALL] = "SELECT arrival, first, count FROM run WHERE log = ?1 AND first > ?2 AND count < ?3 "
                      "ORDER BY first LIMIT 1",
    [SQL_RUN_SMALL_LOGS] = "SELECT log, count(*) FROM run INDEXED BY run_log WHERE count < ?1 GROUP BY log",
    [SQL_RUN_LAST] = "SELECT max(arrival) FROM run",
    [SQL_RUN_COUNT] = "SELECT count(*) FROM run INDEXED BY run_log",
    [SQL_RUN_LAG] = "SELECT sum(count) FROM run INDEXED BY run_log WHERE arrival > ?1",
    [SQL_DISCARD_RUNS] = "DELETE FROM run WHERE log = ?1 AND first >= ?2",
    [SQL_DISCARD_GONE] = "DELETE FROM gone WHERE log = ?1 AND seq >= ?2 AND state IN (1, 2)",
    [SQL_RUN_SINCE] = "SELECT min(first) FROM run WHERE log = ?1 AND stored >= ?2",
    [SQL_LOG_PUT] = "INSERT INTO log(number, site, stream, epoch, last, last_id, ends) "
                    "VALUES(?1, ?2, ?3, ?4, 0, zeroblob(32), ?5)",
    [SQL_LOG_LAST] = "UPDATE log SET last = ?2, last_id = ?3 WHERE number = ?1",
    [SQL_LOG_ENDS] = "UPDATE log SET ends = ?2 WHERE number = ?1",
    [SQL_LOG_ALL] = "SELECT number, site, stream, epoch, last, last_id, ends FROM log ORDER BY number",
    [SQL_COUNCIL_PUT] = "INSERT INTO council(g, id, bytes) VALUES(?1, ?2, ?3) "
                        "ON CONFLICT(g, id) DO UPDATE SET bytes = excluded.bytes",
    [SQL_COUNCIL_HELD] = "SELECT g, id, bytes FROM council ORDER BY g, id",
    [SQL_RECORD_GET] = "SELECT log, seq, kind, body FROM record WHERE number = ?1",
    [SQL_COUNCIL_ALL] = "SELECT g, bytes FROM council WHERE g > 0 ORDER BY g, id",
    [SQL_GONE_MISSING] = "INSERT OR IGNORE INTO gone(log, seq, state) VALUES(?1, ?2, ?3)",
    [SQL_GONE_PUT] = "INSERT OR REPLACE INTO gone(log, seq, state, rule) VALUES(?1, ?2, ?3, ?4)",
    [SQL_GONE_CUT] = "DELETE FROM gone WHERE log = ?1 AND seq >= ?2 AND state <> 3",
    [SQL_GONE_DROP] = "DELETE FROM gone WHERE log = ?1 AND seq = ?2",
    [SQL_GONE_STATE] = "SELECT state FROM gone WHERE log = ?1 AND seq = ?2",
    [SQL_GONE_IN] = "SELECT 1 FROM withdrawal WHERE log = ?1 AND seq BETWEEN ?2 AND ?3 AND state = 1 LIMIT 1",
    [SQL_WITHDRAWAL_PUT] =
        "INSERT INTO withdrawal(log, seq, id, reason, council, found, state) VALUES(?1, ?2, ?3, ?4, ?5, 0, "
        "1) "
        "ON CONFLICT(log, seq) DO UPDATE SET id = excluded.id, reason = excluded.reason, council = "
        "excluded.council WHERE (id, reason, council) IS NOT (excluded.id, excluded.reason, "
        "excluded.council)",
    [SQL_WITHDRAWAL_DROP] = "DELETE FROM withdrawal WHERE log = ?1 AND seq = ?2",
    [SQL_WITHDRAWAL_IN] =
        "SELECT w.seq, d.seq IS NOT NULL FROM withdrawal w LEFT JOIN doubted d ON d.log = "
        "w.log AND d.seq = w.seq WHERE w.log = ?1 AND w.seq BETWEEN ?2 AND ?3 ORDER BY w.seq",
    [SQL_WITHDRAWAL_ID] = "SELECT id FROM withdrawal WHERE log = ?1 AND seq = ?2",
    [SQL_WITHDRAWAL_ALL] = "SELECT log, seq, id, reason, council FROM withdrawal",
    [SQL_WITHDRAWAL_FOUND] = "UPDATE withdrawal SET found = ?1 WHERE found = 0",
    [SQL_WITHDRAWAL_SINCE] = "SELECT min(found) FROM withdrawal w WHERE state < 3 AND NOT EXISTS (SELECT 1 "
                             "FROM hold h WHERE h.log = "
                             "w.log AND h.seq = w.seq) AND NOT EXISTS (SELECT 1 FROM doubted d WHERE d.log = "
                             "w.log AND d.seq = w.seq)",
    [SQL_WITHDRAWAL_DUE] =
        "SELECT log, seq FROM withdrawal w WHERE (log, seq) > (?1, ?2) AND state = 1 AND found <= ?3 AND NOT "
        "EXISTS (SELECT 1 FROM hold h WHERE h.log = w.log AND h.seq = w.seq) AND NOT EXISTS (SELECT 1 FROM "
        "doubted d WHERE d.log = w.log AND d.seq = w.seq) ORDER BY log, seq LIMIT 1",
    [SQL_WITHDRAWAL_DUE_IN] = "SELECT seq FROM withdrawal w WHERE log = ?1 AND seq BETWEEN ?2 AND ?3 AND "
                              "state = 1 AND found <= ?4 AND "
                              "NOT EXISTS (SELECT 1 FROM hold h WHERE h.log = w.log AND h.seq = w.seq) AND "
                              "NOT EXISTS (SELECT 1 FROM "
                              "doubted d WHERE d.log = w.log AND d.seq = w.seq) ORDER BY seq",
    [SQL_WITHDRAWAL_BLANK] = "UPDATE withdrawal SET state = 2 WHERE log = ?1 AND seq = ?2",
    [SQL_WITHDRAWAL_HALF] = "SELECT count(*) FROM withdrawal WHERE state = 2",
    [SQL_WITHDRAWAL_DONE] = "UPDATE withdrawal SET state = 3, erased = ?1 WHERE state = 2",
    [SQL_WITHDRAWAL_COUNT] = "SELECT count(*) FROM withdrawal WHERE state < 3",
    [SQL_WITHDRAWAL_ERASED_COUNT] = "SELECT count(*) FROM withdrawal WHERE state = 3",
    [SQL_WITHDRAWAL_ERASED] =
        "SELECT substr(id, 1, 8), erased FROM withdrawal WHERE state = 3 ORDER BY erased DESC, log, seq",
    [SQL_HOLD_PUT] = "INSERT INTO hold(log, seq, id, time) VALUES(?1, ?2, ?3, ?4)",
    [SQL_HOLD_DROP] = "DELETE FROM hold WHERE log = ?1 AND seq = ?2",
    [SQL_HOLD_HAS] = "SELECT 1 FROM hold WHERE log = ?1 AND seq = ?2",
    [SQL_HOLD_ALL] = "SELECT log, seq, substr(id, 1, 8), time FROM hold ORDER BY time, log, seq",
    [SQL_HOLD_COUNT] = "SELECT count(*) FROM hold",
    [SQL_GONE_REFUSED] = "SELECT log, seq, rule FROM gone WHERE state = 2 ORDER BY log, seq",
    [SQL_LEVEL_PUT] = "INSERT INTO level(site, stream, time) VALUES(?1, ?2, ?3) "
                      "ON CONFLICT(site, stream) DO UPDATE SET time = excluded.time",
    [SQL_RECEIPT_PUT] =
        "INSERT INTO receipt(site, time, erased, older, older_fp, software, epoch, seq) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(site) DO UPDATE SET time = excluded.time, erased "
        "= "
        "excluded.erased, older = excluded.older, older_fp = excluded.older_fp, software = "
        "excluded.software, epoch = "
        "excluded.epoch, seq = excluded.seq WHERE (excluded.epoch, excluded.seq) >= (epoch, seq)",
    [SQL_RECEIPT_NOTE] = "INSERT OR IGNORE INTO receipt_note(site, about, stream, epoch, seq, rule) "
                         "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_RECEIPT_FORGET] = "DELETE FROM receipt_note WHERE site = ?1",
    [SQL_DOUBT_PUT] = "INSERT OR IGNORE INTO doubted(log, seq) VALUES(?1, ?2)",
    [SQL_DOUBT_DROP] = "DELETE FROM doubted WHERE log = ?1 AND seq = ?2",
    [SQL_DOUBT_COUNT] = "SELECT count(*) FROM doubted d JOIN withdrawal w ON w.log = d.log AND w.seq = d.seq",
    [SQL_RUN_BLANK] = "UPDATE run SET bytes = ?2 WHERE arrival = ?1",
    [SQL_RUN_BYTES] = "SELECT bytes FROM run WHERE arrival = ?1",
    [SQL_RELEASED_OF] = "SELECT number FROM released WHERE log = ?1 AND seq = ?2",
    [SQL_RELEASED_DROP] = "DELETE FROM released WHERE log = ?1 AND seq = ?2",
    [SQL_ORIGIN_DROP] = "DELETE FROM origin WHERE log = ?1 AND seq = ?2",
    [SQL_SEARCH_MERGE_ALL] = "INSERT INTO search(search, rank) VALUES('merge', -64)",
    [SQL_GONE_ALL] = "SELECT log, seq FROM gone WHERE state = ?1 ORDER BY log, seq",
    [SQL_GONE_COUNT] = "SELECT count(*) FROM gone WHERE state = ?1",
    [SQL_MEMBER_PUT] =
        "INSERT INTO member(site, root, code, name, state, reason, epoch, follows, admitted_site, "
        "admitted_seq, link) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT(site) DO UPDATE SET root = "
        "excluded.root, "
        "code = excluded.code, name = excluded.name, state = excluded.state, reason = excluded.reason, "
        "epoch = excluded.epoch, follows = excluded.follows, admitted_site = excluded.admitted_site, "
        "admitted_seq = excluded.admitted_seq, link = excluded.link WHERE (root, code, name, state, reason, "
        "epoch, "
        "follows, admitted_site, admitted_seq, link) IS NOT (excluded.root, excluded.code, excluded.name, "
        "excluded.state, excluded.reason, excluded.epoch, excluded.follows, excluded.admitted_site, "
        "excluded.admitted_seq, excluded.link)",
    [SQL_MEMBER_COUNT] = "SELECT count(*) FROM member",
    [SQL_MEMBER_ALL] = "SELECT site FROM member WHERE site > ?1 ORDER BY site LIMIT 1",
    [SQL_MEMBER_DROP] = "DELETE FROM member WHERE site = ?1",
    [SQL_OPERATION_PUT] =
        "INSERT OR REPLACE INTO operation(id, kind, g, state, site, code, name, role, reason, have, need, "
        "time, what, cuts) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [SQL_OPERATION_GET] = "SELECT state FROM operation WHERE id = ?1",
    [SQL_POST_PUT] =
        "INSERT OR REPLACE INTO post(operation, site, epoch, seq, counts) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_COUNCIL_STATE_PUT] =
        "INSERT INTO council_state(id, g, rev, state, have, need, k, seats, what, seen) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, strftime('%s', 'now') * 1000) ON CONFLICT(id) DO UPDATE "
        "SET state = excluded.state, have = excluded.have, need = excluded.need "
        "WHERE (state, have, need) IS NOT (excluded.state, excluded.have, excluded.need)",
    [SQL_COUNCIL_STATE_GET] = "SELECT state FROM council_state WHERE id = ?1",
    [SQL_COUNCIL_STATE_COUNT] = "SELECT count(*) FROM council_state",
    [SQL_COUNCIL_STATE_DROP] = "DELETE FROM council_state WHERE state IN ('waiting', 'overtaken')",
    [SQL_COUNCIL_PRUNE] = "DELETE FROM council WHERE g > 0 AND id NOT IN (SELECT id FROM council_state)",
    [SQL_SIGN_PUT] = "INSERT OR IGNORE INTO council_sign(council, site) VALUES(?1, ?2)",
    [SQL_POLICY_PUT] =
        "INSERT INTO policy(place, key, value, what) VALUES(?1, ?2, ?3, ?4) "
        "ON CONFLICT(place) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
    [SQL_WAITING_DROP] = "DELETE FROM waiting WHERE id NOT IN (SELECT id FROM operation WHERE state = "
                         "'waiting' UNION ALL SELECT id FROM council_state WHERE state = 'waiting')",
    [SQL_WAITING_PUT] =
        "INSERT OR IGNORE INTO waiting(id) SELECT id FROM (SELECT id, time FROM operation WHERE state = "
        "'waiting' UNION ALL SELECT id, seen FROM council_state WHERE state = 'waiting') ORDER BY time, id",
    [SQL_NEWS_PUT] = "INSERT INTO news(time, event, site, text) "
                     "VALUES(strftime('%s', 'now') * 1000, ?1, ?2, ?3)",
    [SQL_NEWS_NEXT] = "SELECT number, event, text FROM news WHERE number > ?1 ORDER BY number LIMIT 1",
    [SQL_NEWS_LAST] = "SELECT max(number) FROM news",
    [SQL_NEWS_PRUNE] = "DELETE FROM news WHERE number <= (SELECT max(number) FROM news) - 1000",
    [SQL_DRAFT_PUT] =
        "INSERT INTO draft(kind, schema, time, author, body, login) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_DRAFT_GET] = "SELECT kind, schema, time, author, body, login FROM draft WHERE number = ?1",
    [SQL_DRAFT_LIST] = "SELECT number FROM draft WHERE number > ?1 ORDER BY number LIMIT ?2",
    [SQL_DRAFT_DROP] = "DELETE FROM draft WHERE number = ?1",
    [SQL_DRAFT_COUNT] = "SELECT count(*) FROM draft",
    [SQL_DRAFT_KIND] = "SELECT kind FROM draft WHERE number = ?1",
    [SQL_RELEASED_PUT] = "INSERT INTO released(number, log, seq) VALUES(?1, ?2, ?3)",
    [SQL_RELEASED_GET] = "SELECT log, seq FROM released WHERE number = ?1",
    [SQL_RECORD_PUT] =
        "INSERT INTO record(number, log, seq, kind, time, title, sort_key, body, replaces_log, "
        "replaces_seq) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_RECORD_HAS] = "SELECT 1 FROM record WHERE number BETWEEN ?1 AND ?2 LIMIT 1",
    [SQL_RECORD_DROP] = "DELETE FROM record WHERE number = ?1",
    [SQL_TAG_PUT] = "INSERT OR IGNORE INTO tag(field, value, number) VALUES(?1, ?2, ?3)",
    [SQL_TAG_MANY] =
        "INSERT OR IGNORE INTO tag(field, value, number) SELECT ?1, ?2, value FROM json_each(?3)",
    [SQL_TAG_DROP] = "DELETE FROM tag WHERE field = ?1 AND value = ?2 AND number = ?3",
    [SQL_SEARCH_PUT] = "INSERT INTO search(rowid, title, text) VALUES(?1, ?2, ?3)",
    [SQL_SEARCH_DROP] = "INSERT INTO search(search, rowid, title, text) VALUES('delete', ?1, ?2, ?3)",
    [SQL_SEARCH_MERGE] = "INSERT INTO search(search, rank) VALUES('merge', 64)",
    [SQL_ADDRESS_CLEAR] = "DELETE FROM address WHERE site = ?1",
    [SQL_ADDRESS_PUT] = "INSERT OR IGNORE INTO address(site, address) VALUES(?1, ?2)",
    [SQL_ADDRESS_AT] = "SELECT address FROM address WHERE site = ?1 ORDER BY address LIMIT 1 OFFSET ?2",
    [SQL_SOFTWARE_PUT] = "INSERT INTO software(site, name) VALUES(?1, ?2) "
                         "ON CONFLICT(site) DO UPDATE SET name = excluded.name",
    [SQL_META_PUT] =
        "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
    [SQL_META_DROP] = "DELETE FROM meta WHERE key = ?1",
    [SQL_META_GET] = "SELECT value FROM meta WHERE key = ?1",
    [SQL_HEARD_PUT] =
        "INSERT INTO heard(site, time) VALUES(?1, ?2) ON CONFLICT(site) DO UPDATE SET time = excluded.time",
    [SQL_UNIT_PUT] = "INSERT INTO unit(code, label, parent, level, setting, open) "
                     "VALUES(?1, ?2, nullif(?3, ''), nullif(?4, ''), nullif(?5, ''), ?6) "
                     "ON CONFLICT(code) DO UPDATE SET label = excluded.label, parent = excluded.parent, "
                     "level = excluded.level, setting = excluded.setting, open = excluded.open",
    [SQL_UNIT_ALL] = "SELECT code, label, parent, level, setting, open FROM unit ORDER BY code LIMIT ?1",
    [SQL_ORIGIN_PUT] =
        "INSERT OR REPLACE INTO origin(log, seq, unit) SELECT ?2, ?3, json_extract(body, '$.unit') "
        "FROM record WHERE number = -?1 AND json_type(body, '$.unit') = 'text'",
    /* ?1 the key as typed, ?2 the same behind this site's code, ?3 a version or NULL, ?4 a draft's number or
     * NULL, ?5 the kind. The key as typed comes before this site's own, that before any site's; of one key
     * the definition by the site that it names, the newest version, the released one. Not from v_record:
     * views may not use JSON on this connection. */
    [SQL_MEASURE_WHOLES] =
        "SELECT DISTINCT json_extract(body, '$.part-of') AS whole FROM record WHERE kind = ?2 AND "
        "json_extract(body, '$.key') = ?1 COLLATE NOCASE AND whole IS NOT NULL ORDER BY 1 LIMIT ?3",
    [SQL_MEASURE_FIND] =
        "WITH own(code) AS (SELECT value FROM meta WHERE key = 'code') "
        "SELECT CASE WHEN r.log IS NULL THEN 'here-' || (-r.number) ELSE m.code || "
        "CASE WHEN l.epoch = 1 THEN '' ELSE '.' || l.epoch END || '-M' || r.seq END, r.log IS NULL AS here, "
        "r.title, json_extract(r.body, '$.key') AS key, json_extract(r.body, '$.version') AS version, "
        "json_extract(r.body, '$.denominator'), json_extract(r.body, '$.per'), "
        "json_extract(r.body, '$.direction'), json_extract(r.body, '$.chart'), "
        "json_extract(r.body, '$.period'), json_extract(r.body, '$.people'), "
        "json_extract(r.body, '$.rules'), json_extract(r.body, '$.part-of'), "
        "json_extract(r.body, '$.first-month'), "
        "CASE WHEN r.number = -?4 THEN 0 WHEN json_extract(r.body, '$.key') = ?1 COLLATE NOCASE THEN 1 "
        "WHEN json_extract(r.body, '$.key') = ?2 COLLATE NOCASE THEN 2 ELSE 3 END AS rank, "
        "coalesce(m.code, own.code) = coalesce(nullif(substr(json_extract(r.body, '$.key'), 1, "
        "max(instr(json_extract(r.body, '$.key'), '/') - 1, 0)), ''), own.code) COLLATE NOCASE AS by_owner, "
        "r.number "
        "FROM own, record r LEFT JOIN log l ON l.number = r.log LEFT JOIN member m ON m.site = l.site "
        "WHERE r.kind = ?5 AND (r.log IS NULL OR (r.seq <= l.ends AND m.site IS NOT NULL)) AND NOT EXISTS "
        "(SELECT 1 FROM record n LEFT JOIN log nl ON nl.number = n.log WHERE n.replaces_log = r.log AND "
        "n.replaces_seq = r.seq AND n.kind = r.kind AND (n.log IS NULL OR n.seq <= nl.ends)) AND "
        "(?3 IS NULL OR json_extract(r.body, '$.version') = ?3) AND "
        "CASE WHEN ?4 IS NOT NULL THEN r.number = -?4 ELSE "
        "json_extract(r.body, '$.key') = ?1 COLLATE NOCASE OR "
        "json_extract(r.body, '$.key') = ?2 COLLATE NOCASE OR (instr(?1, '/') = 0 AND "
        "substr(json_extract(r.body, '$.key'), instr(json_extract(r.body, '$.key'), '/') + 1) = ?1 "
        "COLLATE NOCASE) END ORDER BY rank, by_owner DESC, key, version DESC, here, r.time DESC",
    [SQL_MEASURE_TARGET] =
        "SELECT json_extract(t.value, '$.value') FROM record r, json_each(r.body, '$.targets') t "
        "WHERE r.number = ?1 AND typeof(json_extract(t.value, '$.value')) IN ('integer', 'real') "
        "AND unixepoch(substr(json_extract(t.value, '$.from') || '-01', 1, 10)) <= ?2 "
        "ORDER BY json_extract(t.value, '$.from') DESC LIMIT 1",
    [SQL_BEFORE_REPLACED] = "SELECT replaces_log, replaces_seq FROM record WHERE number = -?1 "
                            "AND replaces_log IS NOT NULL",
    [SQL_BEFORE_SERIES] =
        "SELECT r.log, r.seq FROM record x JOIN record r ON r.kind = x.kind AND r.log IS NOT NULL JOIN log l "
        "ON l.number = r.log WHERE x.number = -?1 AND json_extract(r.body, '$.measure') = "
        "json_extract(x.body, '$.measure') AND hex(l.site) = upper((SELECT value FROM meta WHERE key = "
        "'site')) "
        "AND (r.log, r.seq) IS NOT (x.replaces_log, x.replaces_seq) ORDER BY r.number DESC LIMIT 9",
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",

    [SQL_INVITE_PUT] = "INSERT INTO invite(hash, secret, code, made, expires, observer, follows) "
                       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_INVITE_GET] =
        "SELECT secret, code, made, expires, root, observer, follows FROM invite WHERE hash = ?1",
    [SQL_INVITE_BIND] = "UPDATE invite SET root = ?2 WHERE hash = ?1",
    [SQL_INVITE_EXPIRE] = "DELETE FROM invite WHERE expires < ?1",
    [SQL_JOINING_PUT] = "INSERT OR REPLACE INTO joining(one, line, have, need) VALUES(1, ?1, ?2, ?3)",
    [SQL_JOINING_DROP] = "DELETE FROM joining",
    [SQL_JOINING_GET] = "SELECT line, have, need FROM joining",
    [SQL_JOURNAL_PUT] =
        "INSERT INTO journal(time, author, releaser, draft, digest, found, reason, author_login, "
        "releaser_login, approved, kind, persons, before) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    [SQL_JOURNAL_DONE] = "UPDATE journal SET position = ?2 WHERE number = ?1",
    [SQL_JOURNAL_OPEN] = "SELECT number, draft FROM journal WHERE position IS NULL AND number > ?1 "
                         "ORDER BY number LIMIT 1",
    [SQL_OWN_PUT] = "INSERT INTO own(stream, epoch, seq, id) VALUES(?1, ?2, ?3, ?4) "
                    "ON CONFLICT(stream, epoch) DO UPDATE SET seq = excluded.seq, id = excluded.id",
    [SQL_OWN_CUT] = "UPDATE own SET seq = ?3, id = ?4 WHERE stream = ?1 AND epoch = ?2 AND seq > ?3",
    [SQL_PROOF_PUT] =
        "INSERT OR REPLACE INTO proof(site, stream, epoch, seq, bytes) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_PROOF_GET] = "SELECT bytes FROM proof WHERE site = ?1 AND stream = ?2 AND epoch = ?3",
    [SQL_PROOF_ALL] = "SELECT bytes FROM proof ORDER BY site, stream, epoch",
    [SQL_ORIGIN_GET] = "SELECT unit FROM origin WHERE log = ?1 AND seq = ?2",
    [SQL_OWN_GET] = "SELECT seq, id FROM own WHERE stream = ?1 AND epoch = ?2",
    [SQL_JOURNAL_NEWEST] =
        "SELECT number, draft FROM journal WHERE number < ?1 AND position GLOB '*-[LM][0-9]*' "
        "ORDER BY number DESC LIMIT 1",
    [SQL_JOURNAL_LINE] =
        "SELECT number, time, approved, author, author_login, releaser, releaser_login, draft, kind, digest, "
        "found, reason, before, persons, position FROM journal WHERE number > ?1 AND time >= ?2 "
        "ORDER BY number LIMIT 1",
    [SQL_APPROVAL_PUT] =
        "INSERT OR REPLACE INTO approval(draft, time, due, releaser, login, digest, persons, reason, why) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [SQL_APPROVAL_GET] =
        "SELECT draft, time, due, releaser, login, digest, persons, reason, why FROM approval "
        "WHERE draft = ?1",
    [SQL_APPROVAL_NEXT] =
        "SELECT draft, time, due, releaser, login, digest, persons, reason, why FROM approval "
        "WHERE draft > ?1 ORDER BY draft LIMIT 1",
    [SQL_APPROVAL_DUE] =
        "SELECT draft, time, due, releaser, login, digest, persons, reason, why FROM approval "
        "WHERE (due, draft) > (?1, ?2) AND why IS NULL ORDER BY due, draft LIMIT 1",
    [SQL_APPROVAL_DROP] = "DELETE FROM approval WHERE draft = ?1",
    [SQL_HINT_PUT] = "INSERT INTO hint(site, address, link) VALUES(?1, ?2, ?3) "
                     "ON CONFLICT(site, address) DO UPDATE SET link = excluded.link",
    [SQL_HINT_AT] = "SELECT site, address, link FROM hint ORDER BY site, address LIMIT 1 OFFSET ?1",
    [SQL_RAW_PUT] =
        "INSERT INTO raw_series(measure, version, unit, period, shape) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_RAW_GET] = "SELECT s.number, s.measure, s.version, s.unit, s.period, s.shape, count(c.serial), "
                    "min(c.serial), max(c.serial) FROM raw_series s LEFT JOIN raw_cell c "
                    "ON c.series = s.number WHERE s.measure = ?1 AND s.version = ?2 AND s.unit = ?3 "
                    "GROUP BY s.number",
    [SQL_RAW_LIST] = "SELECT s.number, s.measure, s.version, s.unit, s.period, s.shape, count(c.serial), "
                     "min(c.serial), max(c.serial) FROM raw_series s LEFT JOIN raw_cell c "
                     "ON c.series = s.number WHERE ?1 IS NULL OR s.measure = ?1 GROUP BY s.number "
                     "ORDER BY s.measure, s.version, s.unit LIMIT ?2",
    [SQL_RAW_COUNT] = "SELECT count(*) FROM raw_series",
    [SQL_RAW_DROP] = "DELETE FROM raw_series WHERE number = ?1",
    [SQL_RAW_CELL_PUT] =
        "INSERT INTO raw_cell(series, serial, nth, num, den, behind) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_RAW_CELL_GET] = "SELECT serial, nth, num, den, behind FROM raw_cell WHERE series = ?1 AND "
                         "serial = ?2 AND nth = ?3",
    [SQL_RAW_CELL_SET] = "UPDATE raw_cell SET num = ?4, den = ?5, behind = ?6 WHERE series = ?1 AND "
                         "serial = ?2 AND nth = ?3",
    [SQL_RAW_CELL_ALL] = "SELECT serial, nth, num, den, behind FROM raw_cell WHERE series = ?1 "
                         "ORDER BY serial, nth LIMIT ?2",
    [SQL_RAW_CELL_DROP] = "DELETE FROM raw_cell WHERE series = ?1",
    [SQL_RAW_CHANGE_PUT] =
        "INSERT INTO raw_change(measure, version, unit, series, time, author, reason, cells, serial, nth, "
        "num, den, behind, new_num, new_den, new_behind) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    [SQL_RAW_CHANGE_ALL] =
        "SELECT number, time, author, reason, cells, serial, nth, num, den, behind, new_num, new_den, "
        "new_behind FROM raw_change WHERE measure = ?1 AND version = ?2 AND unit = ?3 AND number > ?4 "
        "ORDER BY number LIMIT 1",
    [SQL_RAW_CHANGE_FORGET] = "DELETE FROM raw_change WHERE series = ?1",
    [SQL_OFFER_PUT] = "INSERT OR REPLACE INTO offer(number, measure, version, unit, choice) "
                      "VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_OFFER_GET] = "SELECT measure, version, unit, choice FROM offer WHERE number = ?1",
    [SQL_OFFER_OF] =
        "SELECT number FROM offer WHERE measure = ?1 AND version = ?2 AND unit = ?3 AND number > ?4 "
        "ORDER BY number LIMIT 1",
    [SQL_OFFER_ALL] = "SELECT number FROM offer WHERE number > ?1 ORDER BY number LIMIT 1",
    [SQL_OFFER_DROP] = "DELETE FROM offer WHERE number = ?1",
    [SQL_TOLD_PUT] =
        "INSERT INTO told(measure, version, unit, period, policy, time, draft, digest, choice, blob) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_TOLD_DONE] = "UPDATE told SET epoch = ?2, seq = ?3 WHERE number = ?1",
    [SQL_TOLD_NEXT] = "SELECT number, measure, version, unit, (SELECT min(f.number) FROM told f WHERE "
                      "f.measure = t.measure AND f.version = t.version AND f.unit = t.unit), period, policy, "
                      "time, draft, digest, epoch, seq FROM told t WHERE number > ?1 ORDER BY number LIMIT 1",
    [SQL_TOLD_BLOBS] = "SELECT choice, blob FROM told WHERE number = ?1",
    [SQL_TOLD_HAS] = "SELECT 1 FROM told WHERE digest = ?1 LIMIT 1",
    [SQL_HOLD_WHY] = "INSERT OR REPLACE INTO hold(site, stream, epoch, seq, time, author, reason) "
                     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_HOLD_FORGET] = "DELETE FROM hold WHERE site = ?1 AND stream = ?2 AND epoch = ?3 AND seq = ?4",
    [SQL_HOLD_AT] = "SELECT site, stream, epoch, seq, time, author, reason FROM hold "
                    "ORDER BY time, site, stream, epoch, seq LIMIT 1 OFFSET ?1",
    [SQL_JOURNAL_BLANK] = "UPDATE journal SET digest = x'', reason = NULL WHERE draft = ?1",
    [SQL_CARRIED_DROP] = "DELETE FROM carried WHERE sender = ?1",
    [SQL_CARRIED_PUT] = "INSERT OR REPLACE INTO carried(sender, stream, site, epoch, seq, id, time, same) "
                        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_CARRIED_GET] =
        "SELECT seq, id FROM carried WHERE sender = ?1 AND stream = ?2 AND site = ?3 AND epoch = ?4",
    [SQL_PRIVATE_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_PRIVATE_COMMIT] = "COMMIT",
};
