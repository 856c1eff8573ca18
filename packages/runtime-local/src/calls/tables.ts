/**
 * The tables of calls: runs under way, what happened in each, scripts for those to come.
 */
import { dataTable, type Tables } from "../store/Store.ts"

export const callTables: Tables = {
  sql: `
CREATE TABLE IF NOT EXISTS call_runs (
  call_id TEXT PRIMARY KEY,
  org_id TEXT NOT NULL,
  due_at INTEGER,
  done INTEGER NOT NULL DEFAULT 0,
  steps TEXT NOT NULL,
  state TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS call_runs_due ON call_runs (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS call_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  org_id TEXT NOT NULL,
  call_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('event', 'log')),
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS call_events_of ON call_events (call_id, kind, created_at, seq);
CREATE TABLE IF NOT EXISTS call_scripts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL,
  times INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS call_link_key (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  key BLOB NOT NULL
) STRICT;
`,
  columns: [{ table: "call_scripts", name: "org_id", type: "TEXT" }],
  data: ["call_runs", "call_events", "call_scripts"].map(dataTable)
}
