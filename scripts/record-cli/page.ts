/**
 * The page: prose, and the sessions that are recorded between it.
 */

/** A command and how it is run: to its end, or in the background until something is on its screen. */
export type Step =
  | { readonly run: string; readonly code?: number }
  | { readonly start: string; readonly until: RegExp }
  | { readonly stop: string; readonly until?: RegExp }

/** Text as it is, or a session. */
export type Part = string | ReadonlyArray<Step>

const local =
  "aywa-runtime local --port 4010 --api-key sk_local_1 --organization org_1 --seed rows.json --write-env .env.local"
const listen = "aywa-runtime webhooks listen --forward-to http://127.0.0.1:3000/webhooks"
const tail = "aywa-runtime webhooks tail"

export const page: ReadonlyArray<Part> = [
  `# The command line

\`aywa-runtime\` is the developer's tool for a runtime of yours: start a local one, check a deployed one, read and write
its resources, keep them as files, receive and repeat webhooks, align tools, migrate.

\`\`\`sh
npm install --save-dev @aywa-ai/runtime-cli   # Node 22.19 or later; brings nothing else along
\`\`\`

Which runtime: \`--base-url\`, \`--api-key\` and \`--org\`, else \`AYWA_RUNTIME_BASE_URL\`, \`AYWA_RUNTIME_API_KEY\` and
\`AYWA_RUNTIME_ORGANIZATION_ID\`, else the file of \`--env-file\` (or \`--env\`, the same: Node itself looks for a flag called
\`--env-file\` and ends with code 9 when there is no such file, \`--env\` ends with 2 and words). There is no default address,
and the vendor's control plane is refused. Keys and secrets are never shown. Files may be UTF-8 or UTF-16, with or without
a byte order mark, and end their lines as on Windows.

Results go to stdout: tables on a terminal, JSON into a pipe (\`--json\` and \`--no-json\` say it outright); everything
else goes to stderr. Lists are \`{ items, nextCursor }\`, streams are one JSON object a line. Errors are a paragraph on stderr,
in a pipe too; with \`--json\` they are \`{ "error": { code, message, hint, requestId, exitCode } }\`.

| exit code | means |
|---|---|
| 0 | done |
| 1 | differences, checks that failed (\`doctor\`: warnings), or output that could not be written whole |
| 2 | wrong arguments, configuration or body (\`doctor\`: failures) |
| 3 | \`config plan --exit-code\`: there is something to push |
| 4 | the key was refused |
| 5 | no such row |
| 6 | conflict |
| 7 | rate limited |
| 8 | the runtime cannot be reached, or failed |
| 70 | a defect of the command line |
| 129, 130, 143 | stopped: the terminal was closed, Ctrl-C, SIGTERM |

The sessions below are recorded on a terminal against a local runtime; CI records them again and compares. Ids, times
and ports are replaced with fixed ones.

\`aywa-runtime help assistants list\` is \`aywa-runtime assistants list --help\`. Completions for bash, zsh, fish and PowerShell:
\`aywa-runtime completions zsh --help\`.

## Begin

\`aywa-runtime init\`, in a project with Next, Nest, Hono, Express or the types of AWS Lambda: writes a webhook handler with a
tool, its route, a test that asks the tool over that route as the runtime does, and \`.env.example\`. It shows every file first,
asks, and never overwrites one; \`--dry-run\` only shows. Files end in \`.mts\` where Node runs them and package.json does not
say \`"type": "module"\`; imports are named as tsconfig.json wants them. What is left to do is printed at the end (\`next\`).

## A local runtime`,
  [{ start: local, until: /What it does: \S+#\S{32}/ }],
  `The second address is [the inspector](inspector.md); \`--open\` opens it in the browser.

It prints one line of JSON when it is ready, and stops on Ctrl-C. \`--write-env\` keeps address, key, webhook secret and
control token in a file of its own while it runs; the commands below read it (\`--env-file .env.local\`, left out here).

## Resources

One command per resource of the contract, one below it per operation. Bodies are JSON or YAML, from a file or stdin,
with \`--set path=value\` on top.`,
  [
    { run: "aywa-runtime assistants create assistant.yaml --set metadata.tier=gold" },
    { run: "aywa-runtime assistants list --columns id,name,model.model,updatedAt" },
    { run: "aywa-runtime assistants list --json | head -4" },
    { run: "aywa-runtime assistants create --set name=Twice --idempotency-key order-4711 --json | grep '\"id\"'" },
    { run: "aywa-runtime assistants create --set name=Twice --idempotency-key order-4711 --json | grep '\"id\"'" }
  ],
  "## When something is wrong",
  [
    { run: "aywa-runtime assistants get nobody", code: 5 },
    { run: "aywa-runtime asistants list", code: 2 },
    { run: "aywa-runtime assistants list --limt 20", code: 2 },
    { run: "aywa-runtime assistants create --set name=A-name-that-is-much-longer-than-forty-characters", code: 2 },
    { run: "aywa-runtime assistants list --api-key wrong --quiet", code: 4 }
  ],
  `## What a runtime promises

\`conformance\` asks your runtime which promises of its contract it keeps, and saves what it found as a profile that clients
honour: [Conformance](./conformance.md).

## The production checklist

\`doctor\` looks at the real thing: address, name, port, TLS and days left, clock, health, key (also that a wrong one is
refused), organization, rate limits, webhook secret, endpoints, deliveries. With \`--write\` it also creates something and
deletes it again; \`--webhook-url\` sends signed and forged events to your handler; \`--client-dir\` looks for the key in
browser output. Exit code 0: well, 1: warnings, 2: failures.

A deployed runtime has no request that makes it send a test event. With \`--webhook-url\`, \`webhook.roundtrip\` reads in
its log what became of the last real one: the handler has just been seen to take nothing but what is signed with your
secret, so an event that it took was signed with it.`,
  [{ run: "aywa-runtime doctor --write", code: 1 }],
  "## Webhooks",
  [
    { run: "aywa-runtime webhooks secret generate" },
    { run: "aywa-runtime webhooks sign event.json --output request.http --id evt_1 --at 2026-01-31T09:00:00Z" },
    { run: "aywa-runtime webhooks verify request.http", code: 1 },
    { run: "aywa-runtime webhooks verify request.http --ignore-age" }
  ],
  `\`verify\` tries what frameworks and proxies do to a body, and names what it finds:`,
  [{ run: "echo >> request.http" }, { run: "aywa-runtime webhooks verify request.http --ignore-age", code: 1 }],
  "On this machine, from the local runtime to your handler:",
  [
    { start: listen, until: /Ctrl-C stops/ },
    { start: tail, until: /succeeded/ },
    { run: "aywa-runtime webhooks trigger status-update --set status=ended --quiet" },
    { run: "aywa-runtime webhooks trigger tool-calls --quiet" },
    { stop: tail, until: /tool-calls +succeeded/ },
    { stop: listen, until: /tool-calls/ }
  ],
  `A deployed runtime cannot reach a port of yours by itself: \`--public-url\` names a tunnel or proxy that leads here, and
\`webhooks tail\` works without one. \`webhooks replay ID\` sends an event again under a new id, \`webhooks retry JOB\` makes
the next attempt now.

\`inbox status\`, \`parked\`, \`requeue\`, \`forget\` and \`sql\` are for operators of a [webhook inbox](./inbox): they read the
database in \`DATABASE_URL\` (\`postgres:\`, \`redis:\` or \`sqlite:FILE\`) with the \`pg\` or \`redis\` that your project has.

## Tools

\`tools align\` compares a [toolkit](tools.md) with what the runtime has; exit code 1 in CI when they differ.`,
  [
    { run: "aywa-runtime tools align --toolkit ./tools.ts --server-url https://app.example/webhooks", code: 1 },
    {
      run: "aywa-runtime tools align --toolkit ./tools.ts --server-url https://app.example/webhooks --apply --yes --quiet"
    },
    { run: "aywa-runtime tools align --toolkit ./tools.ts --server-url https://app.example/webhooks" }
  ],
  `## Migration

From a bundle of the source account into the runtime, and from the ledger of ids into your own database
(\`DATABASE_URL\`: PostgreSQL, MySQL, MariaDB, SQLite, PGlite). Every step can be run again; \`rollback\` puts back byte for
byte. As everywhere, what is shown here as on a terminal is JSON into a pipe or a file: \`migrate dry-run … | tee report\` has the
report's fields (\`rows\`, \`pending\`, \`problems\`, \`findings\`), and \`--no-json\` the text.`,
  [
    { run: "aywa-runtime migrate check bundle.json", code: 1 },
    { run: "aywa-runtime migrate import bundle.json --mapping mapping.jsonl" },
    { run: "aywa-runtime migrate detect --mapping mapping.jsonl" },
    { run: "aywa-runtime migrate dry-run --mapping mapping.jsonl --config locations.yaml" },
    { run: "aywa-runtime migrate apply --mapping mapping.jsonl --config locations.yaml --yes --quiet" },
    { run: "aywa-runtime migrate rollback --mapping mapping.jsonl --config locations.yaml --yes" },
    {
      run: "aywa-runtime migrate sql --mapping mapping.jsonl --config locations.yaml --dialect sqlite --output sql | head -3"
    }
  ],
  `Every command, in about the order in which they are used; \`migrate NAME --help\` says more. The procedure, what is locked when,
and what the exit codes mean is in [Move from the source platform](./migration.md).

| \`migrate …\` | does | besides |
|---|---|---|
| \`export\` | reads an account from the source into a folder | \`--from\`, \`--output\`, \`--rate\`, \`--files\`, \`--calls\` with \`--since\` and \`--recordings\` |
| \`check\` | says what will happen to a bundle | |
| \`files\` | uploads the files of a bundle, compared by digest | \`--mapping\`, \`--source\` |
| \`plan\` | what an import would do | \`--source\`, \`--set-server-url\` |
| \`import\` | the bundle into the runtime | \`--mapping\`, \`--source\`, \`--secrets\`, \`--batch\`, \`--recreate\`, \`--set-server-url\` |
| \`compare\` | source and runtime, field by field | \`--mapping\`, \`--source\`, \`--accept\`, \`--set-server-url\` |
| \`mapping\` | reads the ledger of ids back from the runtime | \`--output\`, \`--format\`, \`--source\` |
| \`detect\` | proposes where ids stand in your database | \`--mapping\`, \`--sample\`, \`--schema\` |
| \`runbook\` | the procedure as a checklist, rehearsed on a copy | \`--rehearse\`, \`--bundle\`, \`--output\` |
| \`dry-run\` | ledgers, and what apply would change or trip over | \`--keep-updated-at\` |
| \`apply\` | rewrites the ids; asks first | \`--watch\` with \`--every\` and \`--until-quiet\`, \`--replica\`, \`--keep-updated-at\` |
| \`extend\` | takes mappings that came later into the run | |
| \`verify\` | nothing is left, no reference is broken; or, after a rollback, all is as it was | \`--api\`, \`--rolled-back\`, \`--no-scan\` |
| \`rollback\` | puts the old ids back; asks first | \`--reverse\`, \`--replica\`, \`--keep-updated-at\` |
| \`cleanup\` | drops the ledgers; asks first | \`--values\`, \`--accept-drift\` |
| \`sql\` | the same as scripts | \`--dialect\`, \`--output\` |
| \`numbers plan\`, \`numbers switch\`, \`numbers verify\`, \`numbers back\` | leads phone numbers to the runtime at their carrier, and back | \`--table\`, \`--api\`, \`--number\`, \`--to-url\`, \`--fallback-url\`, \`--to-trunk\`, \`--to-application\` |

Commands on a database take \`--mapping FILE\`, \`--config FILE\` (\`sql\` too) and \`--database URL\`, better set as \`DATABASE_URL\`;
replicas of MySQL and MariaDB are \`DATABASE_REPLICAS\`, with spaces between them.

## Config as code

\`config init\`, \`validate\`, \`pull\`, \`plan\`, \`push\`, \`drift\`, \`adopt\` and \`rollback\` keep assistants, tools, numbers and
endpoints as files: [config as code](./config).`,
  `## Shell

\`\`\`sh
aywa-runtime completions bash > ~/.local/share/bash-completion/completions/aywa-runtime
aywa-runtime completions zsh > "\${fpath[1]}/_aywa-runtime"
aywa-runtime completions fish > ~/.config/fish/completions/aywa-runtime.fish
\`\`\`

Every command has \`--help\` with examples:`,
  [{ run: "aywa-runtime --help" }, { run: "aywa-runtime webhooks trigger --help" }]
]
