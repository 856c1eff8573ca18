/**
 * The tables of the outbox: events, the jobs that bring them to a target, attempts of a job, signing secrets.
 */
import { dataTable, type Tables } from "../store/Store.ts"

/** Counts a job, or no longer. */
const count = (row: string, n: 1 | -1) =>
  `INSERT INTO job_counts (org_id, state, n) VALUES (${row}.org_id, ${row}.state, ${n})
    ON CONFLICT DO UPDATE SET n = n + (${n});`

export const outboxTables: Tables = {
  sql: `
CREATE TABLE IF NOT EXISTS webhook_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  org_id TEXT NOT NULL,
  type TEXT NOT NULL,
  call_id TEXT,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS webhook_jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  org_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  signed_id TEXT NOT NULL,
  type TEXT NOT NULL,
  call_id TEXT,
  endpoint_id TEXT,
  level TEXT NOT NULL,
  url TEXT NOT NULL,
  server TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivering', 'succeeded', 'retrying', 'dead', 'cancelled')),
  reply INTEGER NOT NULL,
  ordered INTEGER NOT NULL DEFAULT 1,
  attempts INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  instant INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER,
  replay_of TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS webhook_jobs_due ON webhook_jobs (state, next_at);
CREATE INDEX IF NOT EXISTS webhook_jobs_call ON webhook_jobs (call_id, url, state);
CREATE INDEX IF NOT EXISTS webhook_jobs_newest ON webhook_jobs (org_id, created_at DESC, seq DESC);
CREATE INDEX IF NOT EXISTS webhook_jobs_event ON webhook_jobs (event_id);
CREATE TABLE IF NOT EXISTS webhook_attempts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('started', 'answered', 'failed', 'interrupted')),
  started_at INTEGER NOT NULL,
  ms REAL,
  request_headers TEXT NOT NULL DEFAULT '{}',
  status INTEGER,
  response_headers TEXT,
  response_body TEXT,
  error TEXT,
  fault TEXT,
  may_have_arrived INTEGER NOT NULL DEFAULT 0,
  UNIQUE (job_id, number)
) STRICT;
CREATE TABLE IF NOT EXISTS webhook_secrets (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  secret TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT;
`,
  columns: [
    { table: "webhook_jobs", name: "host", type: "TEXT" },
    { table: "webhook_jobs", name: "target", type: "TEXT" }
  ],
  indexes: `
DROP INDEX IF EXISTS webhook_jobs_states;
DROP INDEX IF EXISTS webhook_events_call;
CREATE INDEX IF NOT EXISTS webhook_jobs_of_state ON webhook_jobs (org_id, state, created_at DESC, seq DESC);
CREATE INDEX IF NOT EXISTS webhook_jobs_of_type ON webhook_jobs (org_id, type, created_at DESC, seq DESC);
CREATE INDEX IF NOT EXISTS webhook_jobs_of_endpoint ON webhook_jobs (org_id, endpoint_id, created_at DESC, seq DESC)
  WHERE endpoint_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS job_counts (
  org_id TEXT NOT NULL,
  state TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (org_id, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS job_counts_insert AFTER INSERT ON webhook_jobs BEGIN ${count("NEW", 1)} END;
CREATE TRIGGER IF NOT EXISTS job_counts_delete AFTER DELETE ON webhook_jobs BEGIN ${count("OLD", -1)} END;
CREATE TRIGGER IF NOT EXISTS job_counts_update AFTER UPDATE OF state ON webhook_jobs WHEN OLD.state <> NEW.state BEGIN
  ${count("OLD", -1)}
  ${count("NEW", 1)}
END;
INSERT INTO job_counts (org_id, state, n) SELECT org_id, state, count(*) FROM webhook_jobs
  WHERE NOT EXISTS (SELECT 1 FROM job_counts) GROUP BY org_id, state;
CREATE INDEX IF NOT EXISTS webhook_events_age ON webhook_events (created_at);
CREATE INDEX IF NOT EXISTS webhook_events_type ON webhook_events (type, seq);
CREATE INDEX IF NOT EXISTS webhook_events_of ON webhook_events (call_id, seq);
CREATE INDEX IF NOT EXISTS webhook_jobs_lane ON webhook_jobs (org_id, host, next_at, seq)
  WHERE state IN ('pending', 'retrying');
CREATE INDEX IF NOT EXISTS webhook_jobs_endpoint ON webhook_jobs (endpoint_id, state, updated_at);
CREATE INDEX IF NOT EXISTS webhook_jobs_failing ON webhook_jobs (endpoint_id, created_at) WHERE failures > 0;
`,
  data: [
    { name: "webhook_attempts", owned: "job_id IN (SELECT id FROM main.webhook_jobs WHERE org_id = ?)" },
    dataTable("webhook_jobs"),
    dataTable("webhook_events")
  ]
}
