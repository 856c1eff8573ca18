/**
 * The page about config as code: prose, and the sessions that are recorded between it.
 */
import { readFileSync } from "node:fs"
import type { Part } from "./page.ts"

const local = "aywa-runtime local --port 4010 --api-key sk_local_1 --organization org_1 --write-env .env.local"

const workflow = readFileSync(new URL("../../docs/public/aywa-config.yml", import.meta.url), "utf8").trimEnd()

export const configPage: ReadonlyArray<Part> = [
  `# Config as code

Assistants, tools, structured outputs, phone numbers and webhook endpoints as files in your repository. Three promises:

- **A change that somebody else made is never overwritten.** A push looks at each row again, and writes only the version
  that it has seen; what others changed is merged into the files by \`pull\`, or refused.
- **A push that is repeated makes nothing twice,** wherever it was cut off: keys of creates are made of their content, the
  state is on the disk after every row.
- **A plan shows only what a person changed.** What the runtime fills in itself is known, and no difference.

\`aywa-runtime config\` is [the command line](./cli)'s; \`@aywa-ai/runtime-config\` has the same steps as functions.

## A session

Recorded against a local runtime, as everything in a \`console\` block here; CI records it again and compares. The commands
have address and key from \`.env.local\`, by \`set -a; . ./.env.local; set +a\`; \`--env-file .env.local\` behind each does the same,
and is left out here. (\`--env\` means another thing in this group: the environment, as in \`environments/production.yaml\`.)`,
  [
    { start: local, until: /What it does: \S+#\S{32}/ },
    { run: "aywa-runtime config init --env production" },
    { run: "cp desk.md aywa/assistants/front-desk.md && cp lookup-order.yaml aywa/tools/" },
    { run: "aywa-runtime config validate" },
    { run: "aywa-runtime config push --yes" }
  ],
  `An assistant is a Markdown file: its row is the front matter, its one system prompt the text below. Everything else is
YAML. References are file names (\`toolIds: [lookup-order]\`), and a plan is read before it is applied:`,
  [
    { run: "cat aywa/assistants/front-desk.md" },
    { run: "sed -i 's/Be brief/Be friendly, and brief/; s/gpt-4.1-mini/gpt-4.1/' aywa/assistants/front-desk.md" },
    { run: "aywa-runtime config plan" }
  ],
  `Meanwhile somebody edits the greeting on the runtime. The push is refused; \`pull\` merges both, and leaves the comment
where it was:`,
  [
    {
      run: "aywa-runtime assistants update $(grep -o '[0-9a-f-]\\{36\\}' aywa/state/production.json | head -1) --set 'firstMessage=Good morning!' --json | grep firstMessage"
    },
    { run: "aywa-runtime config push --yes", code: 6 },
    { run: "aywa-runtime config pull" },
    { run: "head -4 aywa/assistants/front-desk.md" },
    { run: "aywa-runtime config push --yes" },
    { run: "aywa-runtime config drift" }
  ],
  `When both changed the same place, the file stays as it is, the runtime's row is put beside it as \`front-desk.theirs.md\`,
and the exit code is 6. Put what you want to keep into the file, say \`config adopt assistants/front-desk ID\`, and push.

A push keeps the rows as they were before it. \`rollback\` is a plan like any other, and refuses rows that somebody changed
since; the files follow with \`pull\`.`,
  [{ run: "aywa-runtime config rollback --yes" }, { run: "aywa-runtime config pull" }],
  `## Files

\`\`\`txt
aywa/
  aywa.yaml                 formatVersion: 1; include: the kinds that are managed here
  assistants/<slug>.md      front matter and prompt; .yaml for several messages, or none
  tools/<slug>.yaml  structured-outputs/<slug>.yaml  phone-numbers/<slug>.yaml  webhook-endpoints/<slug>.yaml
  environments/<env>.yaml   baseUrl, organizationId, variables, overrides; never a key
  state/<env>.json          ids and digests: commit it
  .schema/*.json            JSON Schemas for your editor, written by config init
.aywa/                      this machine's: rows as last seen, backups, lock; init adds it to .gitignore
\`\`\`

For completion and checks in an editor with the YAML language server, map \`aywa/.schema/tools.schema.json\` to
\`aywa/tools/*.yaml\`, and so on, in its \`yaml.schemas\` setting.

| in a file | means |
|---|---|
| \`toolIds: [lookup-order]\` | the row of \`tools/lookup-order.yaml\`; only where the contract has a reference. A value that is no file's slug is sent as an id, with a warning |
| \`credentialId: { credential: trunk }\` | the credential of that name in the organization; missing or ambiguous names are errors before anything is sent |
| \`\${var:name}\` | a value of \`variables\` in the environment's file; a whole value, or a part of a URL |
| \`\${env:NAME}\` | a variable of the process. The only way to give a secret: a secret that stands in a file is refused |
| \`overrides: { tools/lookup-order: { async: true } }\` | in the environment's file: a JSON Merge Patch of that row, there |

Keys that only the runtime writes (\`id\`, \`orgId\`, times, versions) are never in a file. A key that is taken out of a file
is cleared on the runtime; a key that the file never had is left alone. A new value behind the same \`\${env:NAME}\` is no
change that can be seen: secrets are never read back. Give the variable another name to have it sent.

A slug is the name in small letters; it never changes by itself. After renaming a file, say \`config adopt NEW ID\`.

## Commands

All take \`--dir FOLDER\` (default \`aywa\`) and \`--env NAME\` (default: the only one). The address is that of \`--base-url\`,
else of the environment's file, else \`AYWA_RUNTIME_BASE_URL\`; the key is \`AYWA_RUNTIME_API_KEY\`.

| command | does | exit codes beside 0 |
|---|---|---|
| \`init [--from-gitops DIR]\` | folders, schemas, \`.gitignore\`; takes a folder of the source platform's tool over | |
| \`validate\` | contract, references, variables, secrets, prompts; offline | 2 |
| \`pull [ROW…]\` | the runtime's changes into the files | 6 conflicts |
| \`plan [ROW…]\` | what a push would do; \`--out FILE\`, \`--markdown\`, \`--json\` | 3 changes, with \`--exit-code\` |
| \`push [FILE] [ROW…]\` | plan, ask, apply; with a plan's file exactly that plan | 6 refused, 8 answer lost: run it again |
| \`drift\` | rows that changed, without a file, gone, or there twice | 1 |
| \`adopt ADDRESS ID\` | says which row a file is | |
| \`rollback [TIME]\` | puts the rows of a push back | 6 |

\`push --prune\` deletes rows whose file is gone, and only those that the state knows; it wants the organization's id typed,
or \`--confirm-organization ID\`. \`push --keep-going\` goes on with rows that do not depend on a refused one.
\`push --recreate\` makes rows again that somebody deleted.

## How a push goes

1. One process at a time: \`.aywa/<env>/lock\`; a dead one's is taken over.
2. Lists are read, each row is judged, the plan is shown. One list request for a thousand rows of a kind, no more.
3. Rows that change are backed up: \`.aywa/<env>/backups\`.
4. Tools, structured outputs, assistants, numbers, endpoints. In a circle the reference back is sent afterwards.
5. A create has the key \`cfg:<digest of organization, address and content>\`. A row of the same name that no file knows stops
   it; one with the very same content is noted, not made.
6. An update reads the row for its ETag, refuses when its content is not the planned one, and sends whole top-level values
   with \`If-Match\`. When the runtime sends no ETag, a warning says that the guard is weaker.
7. After each row the state is written and on the disk. A lost answer ends the push with exit code 8; the same command goes
   on.

On a machine that has not seen the rows (CI, a new clone) the digests of the committed state say whether a row is as it was
last seen. So commit the state after a push, as the workflow below does: otherwise the next change of that row is refused.

## The plan as JSON

\`plan --json\` and \`plan --out FILE\` write \`formatVersion: 1\`; it counts up when a field changes its meaning or goes.

| field | |
|---|---|
| \`formatVersion\`, \`environment\`, \`baseUrl\`, \`organizationId\` | \`push FILE\` refuses a plan of another runtime or organization |
| \`steps[]\` | in the order of the push |
| \`steps[].action\` | \`create\`, \`update\`, \`delete\`, \`adopt\` (noted, nothing sent), \`unchanged\`, \`drift\` (changed on the runtime only), \`conflict\` (refused), \`left\` (no file; \`--prune\` deletes it) |
| \`steps[].address\`, \`kind\`, \`id\` | \`assistants/desk\`, \`assistants\`, the row's id where there is one |
| \`steps[].changes[]\` | \`{ path: ["model", "model"], before?, after? }\`; secrets and values of \`\${env:}\` are never in it |
| \`steps[].set\`, \`row\` | what an update sends, and what the file says; slugs for ids, \`\${env:NAME}\` for values |
| \`steps[].digest\` | SHA-256 of the runtime's row: \`push FILE\` refuses when it is another one |
| \`steps[].detail\` | why, and what to do |
| \`counts\`, \`warnings[]\` | steps by action; \`{ file, path?, detail }\` |

## On pull requests

A plan as a comment on each pull request, a push on main: copy
[aywa-config.yml](./public/aywa-config.yml) to \`.github/workflows/\`.

\`\`\`yaml
${workflow}
\`\`\`

## From the source platform's tool

\`\`\`sh
aywa-runtime config init --from-gitops ../gitops/resources/acme --mapping mapping.jsonl
\`\`\`

Its Markdown and YAML files are taken over with their comments, references by file name become slugs, credentials keep their
names. With the ledger of [migrate mapping](./migration) rows that were imported already keep their ids: \`config pull\` or
\`config adopt\` compares each once. Squads and simulations, which a runtime does not have, are listed.

## In a program

\`\`\`ts
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { applyPlan, formatPlan, initConfig, isRuntimeConfigError, planConfig, readConfig } from "@aywa-ai/runtime-config"

const aywa = new AywaRuntimeClient({
  baseUrl: process.env.AYWA_RUNTIME_BASE_URL,
  apiKey: process.env.AYWA_RUNTIME_API_KEY
})
initConfig("aywa", { environment: "production" })
const config = readConfig("aywa", { environment: "production" })
const plan = await planConfig(aywa, config, { onRows: (kind, rows) => console.log(kind, rows) })
console.log(formatPlan(plan))
try {
  const { applied } = await applyPlan(aywa, config, plan)
  console.log(\`\${applied.length} rows written\`)
} catch (error) {
  if (!isRuntimeConfigError(error) || error.reason._tag !== "Conflict") throw error
  for (const { file, detail } of error.reason.problems) console.log(file, detail) // merge with pullConfig, plan again
}
\`\`\`

\`@aywa-ai/runtime-config/effect\` has the same as Effects: what went wrong is in the error channel, and interruption stops
between two writes.

\`\`\`ts
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { applyPlan, planConfig, readConfig } from "@aywa-ai/runtime-config/effect"
import * as Effect from "effect/Effect"

const aywa = new AywaRuntimeClient({
  baseUrl: process.env.AYWA_RUNTIME_BASE_URL,
  apiKey: process.env.AYWA_RUNTIME_API_KEY
})
const push = Effect.gen(function* () {
  const config = yield* readConfig("aywa", { environment: "production" })
  const plan = yield* planConfig(aywa, config)
  return yield* applyPlan(aywa, config, plan)
})
await Effect.runPromise(push)
\`\`\``
]
