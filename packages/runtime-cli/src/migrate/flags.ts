/**
 * The flags that several `migrate` commands take.
 */
import { flag, required, text, texts } from "../cli/define.ts"

export const source = text("source", "NAME", "Names the source account; default vapi")

export const mapping = required("mapping", "FILE", "The ledger: what migrate import or migrate mapping wrote")

export const database = text(
  "database",
  "URL",
  "postgres:, mysql:, mariadb:, sqlite:FILE or pglite:FOLDER; better set as DATABASE_URL"
)

export const config = required(
  "config",
  "FILE",
  "JSON or YAML: locations, a list of { table, column, kind, key, resource, path }"
)

/** What every step on a database takes. */
export const step = {
  mapping,
  config,
  database,
  keepUpdatedAt: flag("keep-updated-at", "Keeps the columns that triggers set which only set the time of a change")
}

/** What steps that write take besides. */
export const writing = {
  ...step,
  replica: texts(
    "replica",
    "URL",
    "A replica of MySQL or MariaDB that writing waits for when it is behind; may be repeated; better set as DATABASE_REPLICAS"
  )
}
