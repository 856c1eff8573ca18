/**
 * The `config` commands: assistants, tools, numbers and endpoints as files.
 */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import { argument, branch, flag, leaf, optionalArgument, required, text } from "../cli/define.ts"

const place = {
  dir: required("dir", "FOLDER", "The folder with aywa.yaml; default aywa").pipe(Flag.withDefault("aywa")),
  env: text("env", "NAME", "The environment; may be left out when there is one only")
}

const rows = (description: string) =>
  Argument.String("rows").pipe(Argument.withDescription(description), Argument.atLeast(0))

const some = rows("Addresses such as assistants/desk; all when there are none")

const removal = {
  prune: flag("prune", "Also deletes rows whose file is gone"),
  recreate: flag("recreate", "Also makes rows again that somebody deleted on the runtime")
}

const init = leaf({
  name: "init",
  description:
    "Make a folder of configuration: aywa.yaml, an environment, JSON Schemas for editors, a line in .gitignore. Changes nothing that is there.",
  examples: [
    ["config init --env production", "Then: config pull"],
    ["config init --from-gitops ../gitops/resources/acme", "From a folder of the source platform's tool"]
  ],
  config: {
    ...place,
    "from-gitops": text("from-gitops", "FOLDER", "Takes the files of the source platform's tool over"),
    mapping: text("mapping", "FILE", "With --from-gitops: the ledger of migrate mapping, for the ids of rows")
  },
  run: async (input, session) => (await import("./start.ts")).init(input, session)
})

const validate = leaf({
  name: "validate",
  description:
    "Check the files, offline: the contract's limits, references, variables, secrets, prompts. Exit code 2 when something is wrong.",
  examples: [["config validate", "In a commit hook"]],
  config: place,
  run: async (input, session) => (await import("./start.ts")).validate(input, session)
})

const pull = leaf({
  name: "pull",
  description:
    "Bring what was changed on the runtime into the files: merged, comments and order kept.\n\nWhere both changed the same place the file stays, the runtime's row is put beside it, and the exit code is 6.",
  examples: [["config pull", "Everything; rows without a file get one"]],
  config: { ...place, rows: some },
  run: async (input, session) => (await import("./run.ts")).pull(input, session)
})

const plan = leaf({
  name: "plan",
  description: "Show what a push would do. Reads only.",
  examples: [
    ["config plan", "Everything"],
    ["config plan --out plan.json", "Then: config push plan.json, which does exactly that"],
    ["config plan --markdown", "For a comment on a pull request"]
  ],
  config: {
    ...place,
    ...removal,
    rows: some,
    out: text("out", "FILE", "Writes the plan here, for config push FILE"),
    markdown: flag("markdown", "Prints Markdown, for a comment on a pull request"),
    "exit-code": flag("exit-code", "Exits with 3 when there are changes")
  },
  run: async (input, session) => (await import("./run.ts")).plan(input, session)
})

const push = leaf({
  name: "push",
  description:
    "Plan, ask, apply. A row that somebody changed since is refused, with exit code 6; when an answer is lost the exit code is 8, and the same command goes on.",
  examples: [
    ["config push", "Shows the plan, then asks"],
    ["config push plan.json --yes", "Exactly that plan, or nothing"],
    ["config push assistants/desk", "One row"]
  ],
  config: {
    ...place,
    ...removal,
    rows: rows("A plan's file, or addresses such as assistants/desk; all when there are none"),
    "keep-going": flag("keep-going", "Goes on with rows that do not depend on a refused one"),
    "confirm-organization": text("confirm-organization", "ID", "Confirms deletes where there is no terminal")
  },
  run: async (input, session) => (await import("./run.ts")).push(input, session)
})

const drift = leaf({
  name: "drift",
  description:
    "Look for rows that were changed on the runtime, that no file has, that are gone, or that are there twice. Exit code 1 when there are some.",
  examples: [["config drift", "Every night"]],
  config: place,
  run: async (input, session) => (await import("./run.ts")).drift(input, session)
})

const adopt = leaf({
  name: "adopt",
  description:
    "Say that a file is a row of the runtime. What differs is a change of the file from then on; without a file, one is written.",
  examples: [["config adopt assistants/desk 5f0c8f2e-…", "Also after a conflict was settled by hand"]],
  config: {
    ...place,
    address: argument("address", "A kind's folder and a slug: assistants/desk"),
    id: argument("id", "The row's id on the runtime")
  },
  run: async (input, session) => (await import("./run.ts")).adopt(input, session)
})

const rollback = leaf({
  name: "rollback",
  description:
    "Put the rows of a push back as they were before it: a plan of its own, shown and asked for. Rows that somebody changed since are refused.",
  examples: [["config rollback", "The last push from this machine"]],
  config: { ...place, time: optionalArgument("time", "The backup's name, or how it begins; default: the last") },
  run: async (input, session) => (await import("./run.ts")).rollback(input, session)
})

/** The group. */
export const config = branch({
  name: "config",
  description: "Assistants, tools, numbers and endpoints as files: plan, push, pull, and nobody's change lost.",
  examples: [
    ["config init", "A folder to begin with"],
    ["config pull", "The runtime's rows as files"],
    ["config plan", "What a push would do"],
    ["config push", "Do it"]
  ],
  commands: [init, validate, pull, plan, push, drift, adopt, rollback]
})
