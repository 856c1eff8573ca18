/**
 * The tables of who asks, and of what was answered: organizations, API keys, idempotency records.
 */
import { dataTable, type Tables } from "../store/Store.ts"

export const httpTables: Tables = {
  sql: `
CREATE TABLE IF NOT EXISTS idempotency (
  org_id TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('in_flight', 'done')),
  status INTEGER,
  headers TEXT,
  body TEXT,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, method, path, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS idempotency_expires ON idempotency (expires_at);
CREATE TABLE IF NOT EXISTS organizations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS api_keys (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  hash BLOB NOT NULL UNIQUE,
  org_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('full', 'read')),
  created_at INTEGER NOT NULL
) STRICT;
`,
  data: [dataTable("idempotency")]
}
