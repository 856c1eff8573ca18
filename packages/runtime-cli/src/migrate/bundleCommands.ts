/**
 * The `migrate` commands about the account: export, check, plan, import, compare.
 */
import * as Flag from "effect/cli/Flag"
import { argument, enabled, flag, integer, leaf, required, text, texts } from "../cli/define.ts"
import { mapping, source } from "./flags.ts"

const bundle = argument(
  "bundle",
  "JSON file with lists of rows (assistants, tools, phoneNumbers, …), or a folder of such files"
)

const setServerUrl = texts(
  "set-server-url",
  "OLD=NEW",
  "Webhook addresses that begin with OLD begin with NEW in the runtime; may be repeated"
)

const exportAccount = leaf({
  name: "export",
  description:
    "Read an account from the source API into a folder: its list routes, slowly, page after page. Interrupted, run it again.\n\nThe key of the source is SOURCE_API_KEY; it is sent to --from and nowhere else.",
  examples: [
    ["migrate export --from https://api.source.example --output ./bundle", "Then: migrate check ./bundle"],
    [
      "migrate export --from https://api.source.example --output ./bundle --files --calls",
      "With what files hold, and all calls, transcripts and recordings"
    ]
  ],
  config: {
    from: required("from", "URL", "Address of the source API; there is no default"),
    output: required("output", "FOLDER", "Where the rows go").pipe(Flag.withDefault("./bundle")),
    rate: integer("rate", "N", "Requests per second at most; default 4"),
    files: flag("files", "Downloads the content of files, by digest"),
    calls: flag("calls", "Reads all calls that have ended, with transcripts and recordings; again: those since"),
    recordings: enabled(
      "recordings",
      "Downloads recordings of --calls (--no-recordings: their rows and transcripts alone)"
    ),
    since: text("since", "TIME", "Only calls from this time on, in ISO 8601")
  },
  run: async (input, session) => (await import("./bundle.ts")).exportBundle(input, session)
})

const check = leaf({
  name: "check",
  description:
    "Check a bundle: references that lead nowhere, names that occur twice, secrets that no export has, values that a create would refuse.\n\nNeeds no runtime. Exit code 1 when a row will not work.",
  examples: [["migrate check ./bundle", "What will happen, and what you must supply"]],
  config: { bundle },
  run: async (input, session) => (await import("./bundle.ts")).check(input, session)
})

const plan = leaf({
  name: "plan",
  description: "Say what an import would create, update, leave alone and skip. Reads only.",
  examples: [["migrate plan ./bundle", "Against the runtime as it is now"]],
  config: { bundle, source, setServerUrl },
  run: async (input, session) => (await import("./bundle.ts")).plan(input, session)
})

const importBundle = leaf({
  name: "import",
  description:
    "Import a bundle into the runtime. Importing the same bundle again changes nothing; interrupted, run it again.\n\nExit code 1, and a list, when the runtime refused a row or fields of one.",
  examples: [
    ["migrate import ./bundle --mapping mapping.jsonl", "And keep which row became which"],
    [
      "migrate import ./bundle --mapping mapping.jsonl --set-server-url https://old.test=https://new.test",
      "With webhooks to where your new server is"
    ]
  ],
  config: {
    bundle,
    source,
    setServerUrl,
    recreate: flag("recreate", "Makes rows again that were deleted in the runtime since an earlier import"),
    mapping: text("mapping", "FILE", "The ledger: read before, written after"),
    secrets: text("secrets", "FILE", "JSON or YAML: secrets by source id, for a runtime without an importer"),
    batch: integer("batch", "N", "Rows per request; default: all in one")
  },
  run: async (input, session) => (await import("./bundle.ts")).runBundle(input, session)
})

const files = leaf({
  name: "files",
  description:
    "Upload the files of a bundle that was exported with --files: compared by digest before and after, and mapped. Before the import, so that knowledge bases lead to them.\n\nExit code 1 when a file is not there as it was.",
  examples: [
    ["migrate files ./bundle --mapping mapping.jsonl", "Then: migrate import ./bundle --mapping mapping.jsonl"]
  ],
  config: { bundle, source, mapping },
  run: async (input, session) => (await import("./bundle.ts")).files(input, session)
})

const compare = leaf({
  name: "compare",
  description:
    "Compare the source account with the runtime, field by field, before you switch over; exit with 1 when they differ.",
  examples: [
    ["migrate compare ./bundle --mapping mapping.jsonl", "Assistants, tools, telephony, webhooks, leftovers"],
    [
      "migrate compare ./bundle --mapping mapping.jsonl --accept accepted.json",
      "All but the differences that are meant"
    ]
  ],
  config: {
    bundle,
    source,
    mapping,
    setServerUrl,
    accept: text(
      "accept",
      "FILE",
      "Differences that are meant: a list of { sourceId, path }, or what compare --json printed"
    )
  },
  run: async (input, session) => (await import("./bundle.ts")).compare(input, session)
})

/** The commands of this file. */
export const bundleCommands = [exportAccount, check, plan, files, importBundle, compare] as const
