/**
 * The tables of rows: one for all resources, one for the content of files, one for the key of the cursors.
 */
import { dataTable, type Tables } from "../store/Store.ts"

/**
 * What is counted of a call, apart from its row: a hundred thousand conversations are not read for a sum. The columns have
 * the names of the fields.
 */
const facts = (row: string) =>
  `${row}.id, ${row}.org_id, ${row}.body ->> '$.status', ${row}.body ->> '$.type', ${row}.body ->> '$.endedReason',
    unixepoch(${row}.body ->> '$.endedAt', 'subsec') - unixepoch(${row}.body ->> '$.startedAt', 'subsec'),
    CASE WHEN json_type(${row}.body, '$.cost') IN ('integer', 'real') THEN ${row}.body ->> '$.cost' END`

export const rowTables: Tables = {
  sql: `
CREATE TABLE IF NOT EXISTS resource_rows (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  resource TEXT NOT NULL,
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  unique_key TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  body TEXT NOT NULL,
  secrets TEXT,
  UNIQUE (resource, id)
) STRICT;
CREATE INDEX IF NOT EXISTS resource_rows_newest ON resource_rows (resource, org_id, created_at DESC, seq DESC);
CREATE UNIQUE INDEX IF NOT EXISTS resource_rows_unique ON resource_rows (resource, org_id, unique_key)
  WHERE unique_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_of_assistant
  ON resource_rows (org_id, json_extract(body, '$.assistantId'), created_at DESC, seq DESC) WHERE resource = 'calls';
CREATE INDEX IF NOT EXISTS calls_of_number
  ON resource_rows (org_id, json_extract(body, '$.phoneNumberId'), created_at DESC, seq DESC) WHERE resource = 'calls';
CREATE TABLE IF NOT EXISTS call_facts (
  id TEXT PRIMARY KEY,
  org_id TEXT NOT NULL,
  status TEXT,
  type TEXT,
  endedReason TEXT,
  seconds REAL,
  cost REAL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS call_facts_status ON call_facts (org_id, status);
CREATE INDEX IF NOT EXISTS call_facts_type ON call_facts (org_id, type);
CREATE INDEX IF NOT EXISTS call_facts_reason ON call_facts (org_id, endedReason);
CREATE INDEX IF NOT EXISTS call_facts_sums ON call_facts (org_id, seconds, cost);
CREATE INDEX IF NOT EXISTS call_facts_cost ON call_facts (org_id, cost);
CREATE TRIGGER IF NOT EXISTS call_facts_insert AFTER INSERT ON resource_rows WHEN NEW.resource = 'calls' BEGIN
  INSERT OR REPLACE INTO call_facts SELECT ${facts("NEW")};
END;
CREATE TRIGGER IF NOT EXISTS call_facts_update AFTER UPDATE OF body ON resource_rows WHEN NEW.resource = 'calls' BEGIN
  INSERT OR REPLACE INTO call_facts SELECT ${facts("NEW")};
END;
CREATE TRIGGER IF NOT EXISTS call_facts_delete AFTER DELETE ON resource_rows WHEN OLD.resource = 'calls' BEGIN
  DELETE FROM call_facts WHERE id = OLD.id;
END;
INSERT INTO call_facts SELECT ${facts("resource_rows")} FROM resource_rows
  WHERE resource = 'calls' AND NOT EXISTS (SELECT 1 FROM call_facts);
CREATE TABLE IF NOT EXISTS file_content (
  file_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (file_id, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursor_key (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  key BLOB NOT NULL
) STRICT;
`,
  data: [
    {
      name: "file_content",
      owned: "file_id IN (SELECT id FROM main.resource_rows WHERE resource = 'files' AND org_id = ?)"
    },
    dataTable("resource_rows")
  ]
}
