/**
 * What is counted, apart from the rows: a hundred thousand conversations are not read, and not even their index, for a number.
 * Triggers keep it, inside the transaction of the change, so that it goes with whatever changes the rows.
 */

/** Of a call; the columns have the names of the fields. */
const columns = ["status", "type", "endedReason", "seconds", "cost"]

const facts = (row: string) =>
  `${row}.body ->> '$.status', ${row}.body ->> '$.type', ${row}.body ->> '$.endedReason',
    unixepoch(${row}.body ->> '$.endedAt', 'subsec') - unixepoch(${row}.body ->> '$.startedAt', 'subsec'),
    CASE WHEN json_type(${row}.body, '$.cost') IN ('integer', 'real') THEN ${row}.body ->> '$.cost' END`

/** Adds one (or takes it away) where a value is counted. */
const add = (table: string, key: string, values: string, n: 1 | -1, where = "true") =>
  `INSERT INTO ${table} (${key}, n) SELECT ${values}, ${n} WHERE ${where} ON CONFLICT DO UPDATE SET n = n + (${n});`

const rowCount = (row: string, n: 1 | -1) => add("row_counts", "org_id, resource", `${row}.org_id, ${row}.resource`, n)

const fields = ["status", "type", "endedReason"]

const fieldCount = (field: string, row: string, n: 1 | -1) =>
  add(
    "call_counts",
    "org_id, field, value",
    `${row}.org_id, '${field}', ${row}.${field}`,
    n,
    `${row}.${field} IS NOT NULL`
  )

const allCounts = (row: string, n: 1 | -1) => {
  const values = fields.map((field) => `SELECT '${field}' AS field, ${row}.${field} AS value`).join(" UNION ALL ")
  return `INSERT INTO call_counts (org_id, field, value, n)
    SELECT ${row}.org_id, field, value, ${n} FROM (${values}) WHERE value IS NOT NULL
    ON CONFLICT DO UPDATE SET n = n + (${n});`
}

const fieldTrigger = (field: string) => `
CREATE TRIGGER IF NOT EXISTS call_counts_${field} AFTER UPDATE ON call_facts WHEN OLD.${field} IS NOT NEW.${field} BEGIN
  ${fieldCount(field, "OLD", -1)}
  ${fieldCount(field, "NEW", 1)}
END;`

/** Counts of what was there before they were kept. */
const backfill = (field: string) => `
INSERT INTO call_counts (org_id, field, value, n) SELECT org_id, '${field}', ${field}, count(*) FROM call_facts
  WHERE ${field} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM call_counts WHERE field = '${field}') GROUP BY org_id, ${field};`

/** The tables, their triggers, and the counts of a file of an earlier version. */
export const counted = `
CREATE TABLE IF NOT EXISTS row_counts (
  org_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (org_id, resource)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call_counts (
  org_id TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (org_id, field, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call_facts (
  id TEXT PRIMARY KEY,
  org_id TEXT NOT NULL,
  status TEXT,
  type TEXT,
  endedReason TEXT,
  seconds REAL,
  cost REAL
) STRICT, WITHOUT ROWID;
DROP INDEX IF EXISTS call_facts_status;
DROP INDEX IF EXISTS call_facts_type;
DROP INDEX IF EXISTS call_facts_reason;
CREATE INDEX IF NOT EXISTS call_facts_sums ON call_facts (org_id, seconds, cost);
CREATE INDEX IF NOT EXISTS call_facts_cost ON call_facts (org_id, cost);
DROP TRIGGER IF EXISTS call_facts_insert;
DROP TRIGGER IF EXISTS call_facts_update;
DROP TRIGGER IF EXISTS call_facts_delete;
CREATE TRIGGER IF NOT EXISTS row_counts_insert AFTER INSERT ON resource_rows BEGIN ${rowCount("NEW", 1)} END;
CREATE TRIGGER IF NOT EXISTS row_counts_delete AFTER DELETE ON resource_rows BEGIN ${rowCount("OLD", -1)} END;
CREATE TRIGGER IF NOT EXISTS facts_of_new_call AFTER INSERT ON resource_rows WHEN NEW.resource = 'calls' BEGIN
  INSERT INTO call_facts (id, org_id, ${columns.join(", ")}) SELECT NEW.id, NEW.org_id, ${facts("NEW")};
END;
CREATE TRIGGER IF NOT EXISTS facts_of_call AFTER UPDATE OF body ON resource_rows WHEN NEW.resource = 'calls' BEGIN
  UPDATE call_facts SET (${columns.join(", ")}) = (SELECT ${facts("NEW")})
  WHERE id = NEW.id AND (${columns.join(", ")}) IS NOT (SELECT ${facts("NEW")});
END;
CREATE TRIGGER IF NOT EXISTS facts_of_old_call AFTER DELETE ON resource_rows WHEN OLD.resource = 'calls' BEGIN
  DELETE FROM call_facts WHERE id = OLD.id;
END;
CREATE TRIGGER IF NOT EXISTS call_counts_insert AFTER INSERT ON call_facts BEGIN ${allCounts("NEW", 1)} END;
CREATE TRIGGER IF NOT EXISTS call_counts_delete AFTER DELETE ON call_facts BEGIN ${allCounts("OLD", -1)} END;
${fields.map(fieldTrigger).join("")}
INSERT INTO row_counts (org_id, resource, n) SELECT org_id, resource, count(*) FROM resource_rows
  WHERE NOT EXISTS (SELECT 1 FROM row_counts) GROUP BY org_id, resource;
${fields.map(backfill).join("")}
INSERT INTO call_facts (id, org_id, ${columns.join(", ")}) SELECT id, org_id, ${facts("resource_rows")} FROM resource_rows
  WHERE resource = 'calls' AND NOT EXISTS (SELECT 1 FROM call_facts);
`
