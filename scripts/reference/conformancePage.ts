/**
 * docs/conformance.md: how the pack is used, and every case, from the cases themselves.
 */
import { allCases, casesMarkdown } from "@aywa-ai/runtime-conformance"

const intro = `# Conformance

Much of what the SDK relies on, nobody has promised: that \`Idempotency-Key\` is honoured, that lists are newest first, that a
replayed webhook has another id. \`aywa-runtime conformance\` asks your runtime. (\`aywa-runtime doctor\` asks whether your setup
is well; this asks whether the server keeps its contract.)

\`\`\`sh
aywa-runtime conformance                                        # reads only
aywa-runtime conformance --write --save conformance.json        # shows what it will do, then asks
aywa-runtime conformance --write --calls --webhook-url https://tunnel.example/aywa --webhook-port 4020
\`\`\`

The report begins with what the SDK can rely on, and says of each case that failed what it means and what to do.

| exit code | |
|---|---|
| 0 | every MUST holds |
| 1 | a SHOULD failed, with \`--strict\` |
| 2 | the arguments are wrong |
| 3 | a MUST failed |
| 8 | nothing answers |

## What it does to a runtime

- **Without \`--write\` it only reads.** With it, rows are created that are named \`aywa-conformance-<run>-…\` and marked with
  the run beside the name, and removed at the end, also after Ctrl-C. The plan says how many, and is asked for; in CI \`--yes\`
  answers. \`aywa-runtime conformance clean\` removes what a run left whose machine went down: only rows that have both the
  name and the mark. Records of imports stay: the contract has no way to remove them.
- **\`--calls\` places web calls,** and removes them. Nobody is called unless \`--to\` gives a number of yours.
- **\`--webhook-url\` is an address of yours** that leads to this machine (\`--webhook-port\`). Events are caused by calls of the
  run whose assistant names it as its server, so nobody else's events arrive there. With \`AYWA_RUNTIME_WEBHOOK_SECRET\` their
  signatures are checked.
- **At most 400 requests, and 5 a second on average** (\`--max-requests\`, \`--rate\`); what has to happen at once is waited for
  before. Removing rows comes on top, a request for each. The local runtime of this machine, which says in \`/health\` that it
  is one, is asked as fast as it answers: a whole run takes some seconds there.
- A key of another organization in \`AYWA_CONFORMANCE_OTHER_API_KEY\` lets it look at what must be apart.
- **Reports can be shared.** Of requests and answers they show the outline: names, kinds, words of the contract. Keys, secrets,
  numbers, addresses and ids are masked, also where the runtime repeats them.

\`--format\` is \`text\`, \`json\`, \`junit\` or \`markdown\`; \`--only\` and \`--skip\` take groups and cases. \`--drift\` prints
what rows and events of this runtime have beyond the contract: fields, words, events, with how often they were seen. The
local runtime has some itself, in imports and in the log of webhooks; your programs are not to rely on them.

## A client that knows its runtime

\`--save\` writes a profile. A client that is given it does not do what is unsafe there, and says so in the error:

<!-- preamble
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const file = join(mkdtempSync(join(tmpdir(), "aywa-profile-")), "conformance.json")
writeFileSync(
  file,
  JSON.stringify({
    formatVersion: 1,
    createdAt: "2026-11-29T16:00:00.000Z",
    idempotencyKeys: "ignored",
    ifMatch: "honoured",
    webhookSignature: "standard",
    lists: { "/assistant": { shape: 1, walk: "all" } }
  })
)
-->

\`\`\`ts
import { readFileSync } from "node:fs"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { readRuntimeProfile } from "@aywa-ai/runtime-sdk/contract"

const aywa = new AywaRuntimeClient({
  baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
  apiKey: process.env["AYWA_RUNTIME_API_KEY"],
  runtimeProfile: readRuntimeProfile(readFileSync(file, "utf8"))
})
await aywa.assistants.create({ name: "Desk" }) // asked once, where the runtime ignores keys
\`\`\`

Effect programs give it to \`AywaRuntime.layer\` or \`layerConfig\`; commands of \`aywa-runtime\` take the file's name from
\`AYWA_RUNTIME_PROFILE\`. Without a profile a client takes the contract to be kept.

| field | | what a client does |
|---|---|---|
| \`formatVersion\` | \`1\` | refuses another |
| \`createdAt\`, \`runtimeVersion\` | when it was found, and of which version (\`version\` of \`/health\`) | nothing; \`doctor --profile FILE\` says when the runtime has another version |
| \`idempotencyKeys\` | \`ignored\` | a create that may have taken effect is not sent again, and its error says so; \`idempotencyScope\` is refused |
| \`ifMatch\` | \`ignored\` | \`ifMatch\` is refused before anything is sent; \`config push\` has a weak guard |
| \`webhookSignature\` | \`standard\`, \`none\`, \`other\` | handlers of webhooks (\`webhookHandler\` and every adapter, \`AywaWebhooks\` for Effect) that are given the profile are not made for a runtime that signs otherwise or not at all, and say so; \`verifyAywaRuntimeWebhook\` says it rather than that a secret is wrong. With \`scheme\` it is not looked at |
| \`lists\` | by path: \`shape\`, \`most\`, \`walk\` | a bare array of fewer rows than \`most\` is the end, without a look behind it; with \`walk: "first-page"\` a walk fails at the end of a full page, rather than ending there |

\`unknown\` is what was not looked at: the client behaves as without a profile.

## A new version of the runtime

\`\`\`sh
aywa-runtime conformance --write --yes --format json > before.json
# … the new version goes out …
aywa-runtime conformance --write --yes --baseline before.json --save conformance.json
\`\`\`

The comparison says what broke, what was mended, and which fields, words and events are new.

## From a program

\`\`\`ts
import { exitCodeOf, formatReport, runConformance } from "@aywa-ai/runtime-conformance"

const report = await runConformance({
  baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
  apiKey: process.env["AYWA_RUNTIME_API_KEY"],
  only: ["auth", "errors"],
  requestsPerSecond: 100
})
console.log(formatReport(report))
if (exitCodeOf(report) === 3) throw new Error("The runtime does not keep its contract")
\`\`\`

## The cases

Ids are stable. "From" says where the contract has it: the runtime's documentation (\`doc\`), the API that it is compatible with
(\`compat\`), or nowhere (\`assumed\`). Our CI runs all of them against the local runtime, where each passes, and against a
runtime that breaks just this, where it fails.

`

/** The page. */
export const conformancePage = (): string => `${intro}${casesMarkdown(allCases)}`
