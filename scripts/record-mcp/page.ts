/**
 * The text of docs/mcp.md around its recorded sessions.
 */

/** The page. */
export const page = ({ webhook, tool }: { readonly webhook: string; readonly tool: string }): string =>
  `# Agents

\`aywa-runtime mcp\` serves a runtime to coding agents over the Model Context Protocol. An agent reads by default. What
more it may do is decided where the server is started, and nowhere else.

\`\`\`sh
npx @aywa-ai/runtime-cli mcp config claude --env .env.aywa   # prints what to paste: claude, cursor, vscode, codex
npx @aywa-ai/runtime-cli mcp --env .env.aywa                 # what the client then starts
npx @aywa-ai/runtime-cli mcp --local --allow write           # a local runtime in the same process, to try things on
npx @aywa-ai/runtime-cli mcp --http 4020                     # on 127.0.0.1:4020, behind a token
\`\`\`

Address and key come from where [the command line](./cli) has them; no file of a client holds a key.

## What an agent may do

| flag | effect |
|---|---|
| none | GET only. The other tools are not there, and the handler refuses them again |
| \`--allow write\` | creates, changes, resends |
| \`--allow all\` | deletes too |
| \`--allow-calls\` | calls may be placed and controlled, each after a person's yes in the client |
| \`--yes\` | places calls without that yes where the client cannot ask; without it they are refused |
| \`--resources a,b\` | only these resources |
| \`--writes-per-second N\`, \`--writes-per-session N\` | 5 and 100 by default |
| \`--show-numbers\` | telephone numbers whole, not their last two digits |

- **A POST needs an \`idempotencyKey\`** that the agent chooses. After a lost answer it repeats the call with the same key,
  and the thing is done once.
- **A change shows its difference first** and sends nothing. Repeated with the \`ifMatch\` of that answer it writes that
  version of the row; if somebody changed the row since, it is refused.
- **A delete repeats the id** in \`confirm\`.
- **A call is asked about**: the client shows number and assistant to the person in front of it. With the protocol of
  2026-07-28 the answer comes with a second request; it counts for that very call only.
- **Arguments are held against the contract before anything is sent.** All that is wrong comes back at once.

## Tools

| tool | does |
|---|---|
| \`runtime_overview\` | health, what is missing, counts, last failures, what this server may do |
| \`search_operations\`, \`describe_operation\` | operations of the contract by words; schema, example and errors of one |
| \`read\` | any GET; lists of 20 rows (\`limit\` up to 50), \`fields\` |
| \`write\`, \`delete\` | any POST or PATCH; any DELETE |
| \`call_place\`, \`call_report\` | one call; why and how a call went, in one text |
| \`webhook_attempts\`, \`webhook_resend\` | why deliveries fail; sends one again |
| \`config_plan\`, \`config_push\` | [config as code](./config), where \`aywa/aywa.yaml\` is |
| \`local_trigger\`, \`local_script_call\`, \`local_conditions\` | with \`--local\`: events, whole calls, faults and time. There is no \`call_place\` then: nobody is dialled |

That is at most 14 tools, and at most 3,000 tokens for all of them; CI counts. \`--tools full\` has one tool per operation
instead, for clients that search among tools themselves. There are resources, too (\`aywa://openapi\`, \`aywa://docs/{page}\`,
\`aywa://assistants/{id}\`, \`aywa://calls/{id}/transcript\`), and prompts: \`debug-call\`, \`migrate-assistant\`,
\`write-conversation-test\`.

## Errors

Every error has \`code\`, \`message\`, \`hint\`, \`outcome\`, and where there are some \`idempotencyKey\`, \`requestId\` and
\`issues\`. \`outcome\` says whether something happened, as in [Errors](./errors): \`not-sent\` and \`rejected\` mean that
nothing did; after \`maybe-applied\` the agent repeats the call with the same key. A write that was cancelled while it was
under way stands in \`runtime_overview\` with its key until the server ends. A client that asks for progress is told how far
waits, pushes of configuration and imports are, always before the answer.

## Rows are data

Prompts, transcripts and names are written by others, and a caller can say anything. Each result with rows begins with a
line that says so; its texts cannot break out of it. Secrets are masked, and of telephone numbers all but two digits; a
value that is masked or cut is refused when it comes back in a write. Texts are cut at 2,000 characters and results at
12,000, and say how to go on: \`fields=["artifact.transcript@2000"]\`. The server has no shell, and no files but those of
\`aywa/\`; an upload is text.

No rule in a prompt holds against a good enough text in a transcript. So start with what you need, read by default, and let
your client ask before writes: the tools say which of them only read.

## A session: why did the webhook fail?

What an agent calls, and what it reads; long lines are cut here.

${webhook}

## A session: a tool, tried end to end

With \`--local --allow write\`. The handler is yours and runs on port 3000; the call is played, and the handler really asked.

${tool}

## Your own server

\`@aywa-ai/runtime-mcp\` has the same as functions, and for Effect programs as a layer over \`effect/ai/McpServer\`, beside
tools of your own.

\`\`\`ts
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { serveHttp } from "@aywa-ai/runtime-mcp"

const client = new AywaRuntimeClient({
  baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
  apiKey: process.env["AYWA_RUNTIME_API_KEY"]
})
const server = await serveHttp({ client, allow: "read", resources: ["assistants", "calls", "webhookLogs"] })
console.log(server.url)
await server.close()
\`\`\`

\`\`\`ts
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { registrations } from "@aywa-ai/runtime-mcp/effect"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as McpProtocol from "effect/ai/McpProtocol"
import * as McpServer from "effect/ai/McpServer"
import * as Layer from "effect/Layer"

const client = new AywaRuntimeClient({
  baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
  apiKey: process.env["AYWA_RUNTIME_API_KEY"]
})
export const Server = McpServer.layerStdio({
  name: "desk",
  version: "1.0.0",
  protocols: [McpProtocol.v2025_11_25],
  registrations: Layer.mergeAll(registrations({ client }))
}).pipe(Layer.provide(NodeStdio.layer))
\`\`\`

\`aywa-runtime mcp skill\` writes a \`SKILL.md\` for agents that work in a shell.
`
