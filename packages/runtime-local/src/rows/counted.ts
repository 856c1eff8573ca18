/**
 * What is counted, apart from the rows: a hundred thousand conversations are not read, and not even their index, for a number.
 * Triggers keep it, inside the transaction of the change, so that it goes with whatever changes the rows. Every call that
 * is created pays for them: they touch as few pages as they can.
 */

/** Of a call; the columns have the names of the fields. */
const columns = "status, type, endedReason, seconds, cost"

const figures = (row: string) =>
  `${row}.body ->> '$.status', ${row}.body ->> '$.type', ${row}.body ->> '$.endedReason',
    unixepoch(${row}.body ->> '$.endedAt', 'subsec') - unixepoch(${row}.body ->> '$.startedAt', 'subsec'),
    CASE WHEN json_type(${row}.body, '$.cost') IN ('integer', 'real') THEN ${row}.body ->> '$.cost' END`

/** Adds one to the rows of a resource, or takes it away. */
const rowCount = (row: string, n: 1 | -1) =>
  `INSERT INTO row_counts (org_id, resource, n) VALUES (${row}.org_id, ${row}.resource, ${n})
    ON CONFLICT DO UPDATE SET n = n + (${n});`

const grouped = ["status", "type", "endedReason"]

/** Adds one to the calls that have the words of this one, or takes it away. What a call does not have is an empty word. */
const groupCount = (row: string, n: 1 | -1) =>
  `INSERT INTO call_groups (org_id, ${grouped.join(", ")}, n)
    VALUES (${row}.org_id, ${grouped.map((field) => `coalesce(${row}.${field}, '')`).join(", ")}, ${n})
    ON CONFLICT DO UPDATE SET n = n + (${n});`

const changed = grouped.map((field) => `OLD.${field} IS NOT NEW.${field}`).join(" OR ")

/** Tables and triggers of a day's work on this one: nothing else knows them. */
const former = `
${["facts_of_new_call", "facts_of_call", "facts_of_old_call"].map((name) => `DROP TRIGGER IF EXISTS ${name};`).join("\n")}
DROP TABLE IF EXISTS call_facts;
DROP TABLE IF EXISTS call_counts;`

/** The tables, their triggers, and the counts of a file of an earlier version. */
export const counted = `
CREATE TABLE IF NOT EXISTS row_counts (
  org_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (org_id, resource)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call_groups (
  org_id TEXT NOT NULL,
  status TEXT NOT NULL,
  type TEXT NOT NULL,
  endedReason TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (org_id, status, type, endedReason)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call_figures (
  seq INTEGER PRIMARY KEY,
  org_id TEXT NOT NULL,
  status TEXT,
  type TEXT,
  endedReason TEXT,
  seconds REAL,
  cost REAL
) STRICT;
${former}
CREATE INDEX IF NOT EXISTS call_figures_sums ON call_figures (org_id, seconds, cost);
CREATE INDEX IF NOT EXISTS call_figures_cost ON call_figures (org_id, cost);
CREATE TRIGGER IF NOT EXISTS row_counts_insert AFTER INSERT ON resource_rows BEGIN ${rowCount("NEW", 1)} END;
CREATE TRIGGER IF NOT EXISTS row_counts_delete AFTER DELETE ON resource_rows BEGIN ${rowCount("OLD", -1)} END;
CREATE TRIGGER IF NOT EXISTS figures_of_new_call AFTER INSERT ON resource_rows WHEN NEW.resource = 'calls' BEGIN
  INSERT INTO call_figures (seq, org_id, ${columns}) VALUES (NEW.seq, NEW.org_id, ${figures("NEW")});
END;
CREATE TRIGGER IF NOT EXISTS figures_of_call AFTER UPDATE OF body ON resource_rows WHEN NEW.resource = 'calls' BEGIN
  UPDATE call_figures SET (${columns}) = (SELECT ${figures("NEW")})
  WHERE seq = NEW.seq AND (${columns}) IS NOT (SELECT ${figures("NEW")});
END;
CREATE TRIGGER IF NOT EXISTS figures_of_old_call AFTER DELETE ON resource_rows WHEN OLD.resource = 'calls' BEGIN
  DELETE FROM call_figures WHERE seq = OLD.seq;
END;
CREATE TRIGGER IF NOT EXISTS call_groups_insert AFTER INSERT ON call_figures BEGIN ${groupCount("NEW", 1)} END;
CREATE TRIGGER IF NOT EXISTS call_groups_delete AFTER DELETE ON call_figures BEGIN ${groupCount("OLD", -1)} END;
CREATE TRIGGER IF NOT EXISTS call_groups_update AFTER UPDATE ON call_figures WHEN ${changed} BEGIN
  ${groupCount("OLD", -1)}
  ${groupCount("NEW", 1)}
END;
INSERT INTO row_counts (org_id, resource, n) SELECT org_id, resource, count(*) FROM resource_rows
  WHERE NOT EXISTS (SELECT 1 FROM row_counts) GROUP BY org_id, resource;
INSERT INTO call_figures (seq, org_id, ${columns}) SELECT seq, org_id, ${figures("resource_rows")} FROM resource_rows
  WHERE resource = 'calls' AND NOT EXISTS (SELECT 1 FROM call_figures);
`
