/**
 * The `inbox` commands: what operators do with the deliveries of a webhook inbox.
 */
import { argument, branch, choice, flag, integer, leaf, text } from "../cli/define.ts"

const place = {
  database: text("database", "URL", "postgres://…, sqlite:FILE or redis://…; default: DATABASE_URL"),
  name: text("name", "NAME", "Name of the inbox; default webhooks"),
  schema: text("schema", "SCHEMA", "PostgreSQL: the schema of its tables"),
  prefix: text("prefix", "PREFIX", "Redis: the prefix of its keys; default {aywa}:")
}

const status = leaf({
  name: "status",
  description: "Show what an inbox holds: what waits, since when, what is in hand, what was given up.",
  examples: [["inbox status", "Of the inbox in DATABASE_URL"]],
  config: place,
  run: async (input, session) => (await import("./actions.ts")).status(input, session)
})

const parked = leaf({
  name: "parked",
  description: "List deliveries that were given up, oldest first, with the last failure of each.",
  examples: [["inbox parked --limit 20", "The oldest twenty"]],
  config: { ...place, limit: integer("limit", "N", "How many; default 100") },
  run: async (input, session) => (await import("./actions.ts")).parked(input, session)
})

const requeue = leaf({
  name: "requeue",
  description: "Put a parked delivery back with new attempts; exit with 5 when it is not parked.",
  examples: [["inbox requeue evt_123", "It is handled again, behind what waits"]],
  config: { ...place, id: argument("id", "The webhook id, as inbox parked shows it") },
  run: async (input, session) => (await import("./actions.ts")).requeue(input, session)
})

const forget = leaf({
  name: "forget",
  description:
    "Delete what an inbox keeps of a call or a customer, waiting or parked; the ids stay, so that nothing comes back.",
  examples: [
    ["inbox forget --call-id 6f1c0a52-6d6e-4a0e-9a5e-0d2f6c1f3b11 --yes", "Everything of one call"],
    ["inbox forget --customer +4915112345678", "Everything that names this customer"]
  ],
  config: {
    ...place,
    callId: text("call-id", "ID", "The call"),
    customer: text("customer", "TEXT", "The customer's id, number, sipUri, email or externalId")
  },
  run: async (input, session) => (await import("./actions.ts")).forget(input, session)
})

const sql = leaf({
  name: "sql",
  description:
    "Print the SQL of an inbox's tables, for whoever may create them. It may run twice, and reads nothing here.",
  examples: [
    ["inbox sql --schema ops --grant app", "For a DBA; the role app gets what it needs and nothing more"],
    ["inbox sql --move", "Also moves what version 0.1.0 left"]
  ],
  config: {
    dialect: choice("dialect", ["postgres", "sqlite"], "Default postgres"),
    schema: place.schema,
    grant: text("grant", "ROLE", "PostgreSQL: a role that reads and writes"),
    move: flag("move", "Also moves the deliveries of version 0.1.0, and drops its tables")
  },
  run: async (input, session) => (await import("./sql.ts")).sql(input, session)
})

/** The commands. */
export const inbox = branch({
  name: "inbox",
  description: "Look into a webhook inbox, put deliveries back, forget them, print its SQL.",
  examples: [["inbox status", "What waits, and since when"]],
  commands: [status, parked, requeue, forget, sql]
})
