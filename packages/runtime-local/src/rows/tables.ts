/**
 * The tables of rows: one for all resources, one for the content of files, one for the key of the cursors.
 */
import { dataTable, type Tables } from "../store/Store.ts"
import { counted } from "./counted.ts"

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
DROP INDEX IF EXISTS resource_rows_newest;
CREATE INDEX IF NOT EXISTS resource_rows_listed
  ON resource_rows (resource, org_id, created_at DESC, seq DESC, updated_at);
CREATE UNIQUE INDEX IF NOT EXISTS resource_rows_unique ON resource_rows (resource, org_id, unique_key)
  WHERE unique_key IS NOT NULL;
DROP INDEX IF EXISTS calls_of_assistant;
DROP INDEX IF EXISTS calls_of_number;
CREATE INDEX IF NOT EXISTS calls_by_assistant
  ON resource_rows (org_id, json_extract(body, '$.assistantId'), created_at DESC, seq DESC)
  WHERE resource = 'calls' AND json_extract(body, '$.assistantId') IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_by_number
  ON resource_rows (org_id, json_extract(body, '$.phoneNumberId'), created_at DESC, seq DESC)
  WHERE resource = 'calls' AND json_extract(body, '$.phoneNumberId') IS NOT NULL;
${counted}
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
