/**
 * The tables of imports: where each source row went, and what each import did.
 */
import { dataTable, type Tables } from "../store/Store.ts"

export const importTables: Tables = {
  sql: `
CREATE TABLE IF NOT EXISTS import_sources (
  org_id TEXT NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  source_id TEXT NOT NULL,
  runtime_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  base TEXT NOT NULL,
  PRIMARY KEY (org_id, source, kind, source_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS import_mappings (
  import_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (import_id, n)
) STRICT, WITHOUT ROWID;
`,
  data: [
    dataTable("import_sources"),
    {
      name: "import_mappings",
      owned: "import_id IN (SELECT id FROM main.resource_rows WHERE resource = 'imports' AND org_id = ?)"
    }
  ]
}
