/**
 * The `migrate` commands.
 */
import * as Flag from "effect/cli/Flag"
import { branch, choice, enabled, flag, integer, leaf, required, text, texts } from "../cli/define.ts"
import { bundleCommands } from "./bundleCommands.ts"
import * as flags from "./flags.ts"
import { numbers } from "./numbersCommands.ts"

const mapping = leaf({
  name: "mapping",
  description: "Read back from the runtime which of its rows each row of the source became.",
  examples: [
    ["migrate mapping --output mapping.jsonl", "Into a file, merged with what it has"],
    ["migrate mapping --format csv > mapping.csv", "For a spreadsheet"]
  ],
  config: {
    source: text("source", "NAME", "Only imports of this source, such as vapi"),
    output: text("output", "FILE", "JSON Lines, or CSV when it ends in .csv; merged, conflicts are errors"),
    format: choice("format", ["jsonl", "csv"], "Prints in this format")
  },
  run: async (input, session) => (await import("./mapping.ts")).mapping(input, session)
})

const detect = leaf({
  name: "detect",
  description: "Propose where ids of the source stand in your database, by looking for them. Reads only.",
  examples: [
    [
      "migrate detect --mapping mapping.jsonl --json > locations.json",
      "A first locations file; read it before you use it"
    ]
  ],
  config: {
    mapping: flags.mapping,
    database: flags.database,
    sample: integer("sample", "N", "Rows looked at per table; default 10000"),
    schema: texts("schema", "FILE", "A schema file of Prisma, Drizzle, Rails or Django as a hint; may be repeated")
  },
  run: async (input, session) => (await import("./database.ts")).detect(input, session)
})

const sql = leaf({
  name: "sql",
  description:
    "Write the scripts that rewrite ids in your database: prepare, apply, verify, rollback, cleanup. Needs no database.",
  examples: [
    [
      "migrate sql --mapping mapping.jsonl --config locations.yaml --dialect postgres --output ./migration",
      "Five files for psql"
    ]
  ],
  config: {
    mapping: flags.mapping,
    config: flags.config,
    dialect: choice("dialect", ["postgres", "mysql", "sqlite"], "The database"),
    output: required("output", "FOLDER", "Where the files go").pipe(Flag.withDefault("./migration"))
  },
  run: async (input, session) => (await import("./mapping.ts")).sql(input, session)
})

const dryRun = leaf({
  name: "dry-run",
  description: "Say what apply would change in your database, and make the ledgers for it. Changes no row of yours.",
  examples: [["migrate dry-run --mapping mapping.jsonl --config locations.yaml", "The database of DATABASE_URL"]],
  config: flags.step,
  run: async (input, session) => (await import("./database.ts")).dryRun(input, session)
})

const apply = leaf({
  name: "apply",
  description:
    "Rewrite the ids in your database: dry run, question, apply, verify. Can be run again, after a crash too.",
  examples: [
    ["migrate apply --mapping mapping.jsonl --config locations.yaml", "Shows the dry run, then asks"],
    ["migrate apply --mapping mapping.jsonl --config locations.yaml --yes", "Without asking"],
    ["migrate apply --mapping mapping.jsonl --config locations.yaml --watch", "Through the switch of your application"]
  ],
  config: {
    ...flags.writing,
    watch: flag("watch", "Goes on, pass after pass, while old writers are at work: until interrupted, or quiet"),
    every: integer("every", "SECONDS", "Between two passes of --watch; default 5"),
    untilQuiet: integer("until-quiet", "N", "Ends --watch after N passes in a row that found nothing")
  },
  run: async (input, session) => (await import("./database.ts")).apply(input, session)
})

const extend = leaf({
  name: "extend",
  description:
    "Take mappings that came later into the run that is there: an assistant that was made during the cut-over. Then apply again; one rollback puts back all of it.",
  examples: [["migrate extend --mapping mapping.jsonl --config locations.yaml", "The same locations, more mappings"]],
  config: flags.step,
  run: async (input, session) => (await import("./database.ts")).extend(input, session)
})

const verify = leaf({
  name: "verify",
  description:
    "Check that no id of the source is left and no reference is broken; exit with 1 when not. What others wrote since is information, with counts.",
  examples: [
    ["migrate verify --mapping mapping.jsonl --config locations.yaml", "After apply"],
    ["migrate verify --mapping mapping.jsonl --config locations.yaml --api", "And whether each new id is there"],
    ["migrate verify --mapping mapping.jsonl --config locations.yaml --rolled-back", "After rollback"]
  ],
  config: {
    ...flags.step,
    api: flag("api", "Asks the runtime, too, whether it has every row that the mapping leads to"),
    rolledBack: flag("rolled-back", "Checks that everything is as it was before apply, and not as it is after it"),
    scan: enabled("scan", "Looks over the whole database (--no-scan: at the locations alone)")
  },
  run: async (input, session) => (await import("./database.ts")).verify(input, session)
})

const runbook = leaf({
  name: "runbook",
  description:
    "Write the procedure in nine steps as a checklist: your commands, tables, findings, what is locked when, owners to fill in, the point of no return.\n\nWith --rehearse it goes through apply and rollback on the database of DATABASE_URL, which has to be a copy, and has the times.",
  examples: [
    [
      "migrate runbook --mapping mapping.jsonl --config locations.yaml --rehearse --output runbook.md",
      "On a copy; asks first"
    ]
  ],
  config: {
    ...flags.step,
    bundle: text("bundle", "PATH", "The bundle, for the commands about the account"),
    rehearse: flag("rehearse", "Measures each step on this database, and puts everything back"),
    output: text("output", "FILE", "Where it goes; default: stdout")
  },
  run: async (input, session) => (await import("./runbook.ts")).runbook(input, session)
})

const rollback = leaf({
  name: "rollback",
  description: "Put the old ids back, byte for byte, wherever the new one still stands.",
  examples: [["migrate rollback --mapping mapping.jsonl --config locations.yaml", "Asks first"]],
  config: {
    ...flags.writing,
    reverse: flag(
      "reverse",
      "Takes every row that holds an id of the runtime back through the inverse mapping: those written since apply, and those that had one before, which nobody can tell apart"
    )
  },
  run: async (input, session) => (await import("./database.ts")).rollback(input, session)
})

const cleanup = leaf({
  name: "cleanup",
  description:
    "Drop what dry-run made in your database. There is no rollback after it: days later.\n\nRefused while apply has stopped half-way, while a row has drifted, and under another config than the one that was prepared.",
  examples: [
    [
      "migrate cleanup --mapping mapping.jsonl --config locations.yaml --values",
      "First the copies of documents and texts"
    ],
    ["migrate cleanup --mapping mapping.jsonl --config locations.yaml", "All of it; asks first"]
  ],
  config: {
    ...flags.step,
    values: flag("values", "Drops the values of documents, texts and lists only; ids and their way back stay"),
    acceptDrift: flag("accept-drift", "Rows that somebody changed since apply are as they should be")
  },
  run: async (input, session) => (await import("./database.ts")).cleanup(input, session)
})

/** The group. */
export const migrate = branch({
  name: "migrate",
  description: "Move an account to your runtime, keep every id, rewrite your application's database.",
  examples: [
    ["migrate check bundle.json", "What will happen, and what you must supply"],
    ["migrate import bundle.json", "Into the runtime; can be run again"],
    ["migrate mapping --output mapping.jsonl", "Which row became which"],
    ["migrate apply --mapping mapping.jsonl --config locations.yaml", "Your database"]
  ],
  commands: [
    ...bundleCommands,
    numbers,
    mapping,
    detect,
    runbook,
    sql,
    dryRun,
    apply,
    extend,
    verify,
    rollback,
    cleanup
  ]
})
