/**
 * `conformance`: which promises of the contract a runtime keeps.
 */
import * as Command from "effect/cli/Command"
import { choice, flag, integer, leaf, number, text } from "../cli/define.ts"

const clean = leaf({
  name: "clean",
  description:
    "Remove rows that earlier runs have left: those that have both the name and the mark of a run, and nothing else.",
  examples: [["conformance clean", "After a machine went down in the middle of a run"]],
  config: {},
  run: async (_, session) => (await import("./run.ts")).clean(session)
})

/** The command. */
export const conformanceCommand = leaf({
  name: "conformance",
  description:
    "Find out which promises of its contract your runtime keeps, and what that means for the SDK.\n\nReads only, unless --write is given. Exit code 0: every MUST holds; 1: a SHOULD failed, with --strict; 3: a MUST failed; 8: nothing answers.",
  examples: [
    ["conformance", "Reads only"],
    ["conformance --write --save conformance.json", "The profile is for the client's option runtimeProfile"],
    ["conformance --write --calls --webhook-url https://tunnel.example/aywa --webhook-port 4020", "Webhooks, too"],
    ["conformance --format json --write --yes > run.json", "For --baseline, when the runtime has a new version"]
  ],
  config: {
    write: flag("write", "Also creates rows of its own, and removes them; the plan is shown before"),
    calls: flag("calls", "Also places web calls, and removes them; with --write"),
    to: text("to", "NUMBER", "A number of yours that may be called; nobody is without it"),
    "webhook-url": text("webhook-url", "URL", "Where the runtime reaches this machine; with --calls"),
    "webhook-port": integer("webhook-port", "PORT", "The port that the address leads to; its own by default"),
    only: text("only", "A,B", "Only these groups (auth, lists, …) or cases (auth.none)"),
    skip: text("skip", "A,B", "None of these groups or cases"),
    baseline: text("baseline", "FILE", "Says what changed since an earlier run, which was written with --format json"),
    save: text("save", "FILE", "Writes the profile, for the client's option runtimeProfile"),
    format: choice("format", ["text", "json", "junit", "markdown"], "How the report is printed"),
    drift: flag("drift", "Prints only what rows and events have beyond the contract"),
    strict: flag("strict", "Exits with 1 when a SHOULD failed"),
    "max-requests": integer("max-requests", "N", "The most requests of the run; default 400"),
    rate: number("rate", "N", "The most requests a second on average; default 5, and no bound for the local runtime"),
    "wait-ttl": number("wait-ttl", "SECONDS", "Waits until the runtime has forgotten idempotency keys")
  },
  run: async (input, session) => (await import("./run.ts")).conformance(input, session)
}).pipe(Command.withSubcommands([clean]))
