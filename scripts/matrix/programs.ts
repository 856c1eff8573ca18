/**
 * What a stranger writes with the packed SDK: one program per way of loading it. Each makes real calls to the runtime
 * at AYWA_RUNTIME_BASE_URL, and verifies a webhook that it signed.
 */

const body = `
  const aywa = new AywaRuntimeClient({
    baseUrl: process.env.AYWA_RUNTIME_BASE_URL,
    apiKey: process.env.AYWA_RUNTIME_API_KEY,
    organizationId: process.env.AYWA_RUNTIME_ORGANIZATION_ID
  })
  const options = { idempotencyKey: "matrix-" + crypto.randomUUID() }
  const made = await aywa.assistants.create({ name: "Matrix" }, options)
  const again = await aywa.assistants.create({ name: "Matrix" }, options)
  if (made.id !== again.id) throw new Error("a repeated create made another one")
  const page = await aywa.assistants.list({ limit: 1 })
  if (page.items.length !== 1) throw new Error("expected a page of one")
  await aywa.assistants.delete(made.id)
  const error = await aywa.assistants.get(made.id).then(() => undefined, (error) => error)
  if (!isRuntimeError(error) || error._tag !== "NotFound") throw new Error("expected NotFound")
  const secret = generateWebhookSecret()
  const text = JSON.stringify({ message: { type: "status-update", status: "ended" } })
  const event = verifyAywaRuntimeWebhook({ body: text, headers: signAywaRuntimeWebhook({ body: text, secret }), secret })
  if (event.message.type !== "status-update") throw new Error("expected the event")
  const ask = (receive, headers) => receive(new Request("http://localhost/", { method: "POST", body: text, headers }))
  const receive = webhookHandler({ secret, handlers: { "status-update": ({ status }) => { if (status !== "ended") throw new Error(status) } } })
  const legacy = webhookHandler({ scheme: WebhookScheme.sharedSecret({ secrets: "a-token-of-thirty-two-characters" }) })
  const answers = [
    await ask(receive, signAywaRuntimeWebhook({ body: text, secret })),
    await ask(legacy, { "x-vapi-secret": "a-token-of-thirty-two-characters" }),
    await ask(legacy, { "x-vapi-secret": "wrong" })
  ]
  if (answers.map(({ status }) => status).join() !== "200,200,401") throw new Error("expected 200, 200 and 401")
  await aywa.close()
`

const names = {
  main: "{ AywaRuntimeClient, isRuntimeError }",
  webhooks: "{ generateWebhookSecret, signAywaRuntimeWebhook, verifyAywaRuntimeWebhook }",
  handlers: "{ webhookHandler }",
  legacy: "{ WebhookScheme }"
}

const imports = `import ${names.main} from "@aywa-ai/runtime-sdk"
import ${names.webhooks} from "@aywa-ai/runtime-sdk/webhooks"
import ${names.handlers} from "@aywa-ai/runtime-sdk/webhooks/handlers"
import ${names.legacy} from "@aywa-ai/runtime-sdk/webhooks/legacy"
`

export const esm = `${imports}
await (async () => {${body}})()
`

const typedBody = body
  .replace("(error) => error", "(error: unknown) => error")
  .replace("(receive, headers)", "(receive: (request: Request) => Promise<Response>, headers: Record<string, string>)")

/** The same with types. */
export const typescript = `${imports}
await (async () => {${typedBody}})()
`

/** The same as a function, for a loader that knows no top-level await. */
export const typescriptMain = `${imports}
const main = async () => {${typedBody}}
`

export const commonJs = `const ${names.main} = require("@aywa-ai/runtime-sdk")
const ${names.webhooks} = require("@aywa-ai/runtime-sdk/webhooks")
const ${names.handlers} = require("@aywa-ai/runtime-sdk/webhooks/handlers")
const ${names.legacy} = require("@aywa-ai/runtime-sdk/webhooks/legacy")
void (async () => {${body}})()
`

/** A test of Jest, which loads CommonJS. */
export const jest = `const ${names.main} = require("@aywa-ai/runtime-sdk")
const ${names.webhooks} = require("@aywa-ai/runtime-sdk/webhooks")
const ${names.handlers} = require("@aywa-ai/runtime-sdk/webhooks/handlers")
const ${names.legacy} = require("@aywa-ai/runtime-sdk/webhooks/legacy")
test("a call", async () => {${body}})
`

/** What TypeScript makes of a CommonJS file: the declarations that \`require\` has. */
export const commonJsTypes = `import { AywaRuntimeClient, extras, isRuntimeError } from "@aywa-ai/runtime-sdk"
import { verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import { aywaWebhooks } from "@aywa-ai/runtime-sdk/webhooks/express"

const aywa = new AywaRuntimeClient({ baseUrl: undefined, apiKey: "k" })
export const make = async (): Promise<string> => (await aywa.assistants.create({ name: "x", ...extras({ a: 1 }) })).id
export const all = [verifyAywaRuntimeWebhook, aywaWebhooks, isRuntimeError]
`

/** Types of every entry that needs no Effect, as strict as TypeScript goes. */
export const types = `import ${names.main} from "@aywa-ai/runtime-sdk"
import type { Assistant } from "@aywa-ai/runtime-sdk"
import ${names.webhooks} from "@aywa-ai/runtime-sdk/webhooks"
import { handlers, nodeWebhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { WebhookScheme } from "@aywa-ai/runtime-sdk/webhooks/legacy"
import { OutboundPolicy } from "@aywa-ai/runtime-sdk/outbound"
import { isMigrationError, planMappingSql } from "@aywa-ai/runtime-migration"
import { planConfig, readConfig } from "@aywa-ai/runtime-config"
import { runConformance } from "@aywa-ai/runtime-conformance"
export const run = async () => {
  const rows: Array<Assistant> = []
  const aywa = new AywaRuntimeClient({ baseUrl: process.env.A, apiKey: process.env.B })
  for await (const row of aywa.assistants.list()) rows.push(row)
  // @ts-expect-error a mistyped field
  await aywa.assistants.create({ nmae: "x" })
  return [rows, await planConfig(aywa, readConfig("aywa")), isRuntimeError, isMigrationError, planMappingSql, runConformance, WebhookScheme, OutboundPolicy, handlers, nodeWebhookHandler, verifyAywaRuntimeWebhook, signAywaRuntimeWebhook, generateWebhookSecret]
}
`

export const withEffect = `import * as Effect from "effect/Effect"
import { Assistants, AywaRuntime, Errors, Policy } from "@aywa-ai/runtime-sdk/effect"
import { AywaRuntimeClient, NotFound } from "@aywa-ai/runtime-sdk"
import * as contract from "@aywa-ai/runtime-sdk/contract"
import * as inbox from "@aywa-ai/runtime-sdk/inbox"
import * as tools from "@aywa-ai/runtime-sdk/tools/effect"
import * as client from "@aywa-ai/runtime-sdk/http-client"
import * as http from "@aywa-ai/runtime-sdk/webhooks/http"
for (const entry of [contract, inbox, tools, client, http]) if (Object.keys(entry).length === 0) throw new Error("empty entry")
const error = await Effect.gen(function* () {
  const assistants = yield* Assistants.Assistants
  const page = yield* Policy.with(assistants.list({ limit: 1 }), Policy.noRetry)
  if (page.items.length > 1) throw new Error("expected a page of at most one")
  return yield* Effect.flip(assistants.get("nobody"))
}).pipe(Effect.provide(AywaRuntime.layerConfig()), Effect.runPromise)
// Guards look at a brand: the bundled entry and this one know each other's errors.
if (error._tag !== "NotFound" || !(error instanceof Errors.NotFound) || !(error instanceof NotFound)) throw error
if (typeof AywaRuntimeClient !== "function") throw new Error("expected the client")
`

/** The local runtime from its own tarball, by the testing entry. */
export const testing = `import { startTestRuntime } from "@aywa-ai/runtime-sdk/testing"
const test = await startTestRuntime({ rows: { assistants: [{ name: "One" }] } })
if ((await test.aywa.assistants.list()).items.length !== 1) throw new Error("expected the seeded row")
await test.close()
export {}
`

/** The MCP server from its own tarball, asked over HTTP. */
export const mcp = `import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { clientConfig, serveHttp } from "@aywa-ai/runtime-mcp"
import { registrations } from "@aywa-ai/runtime-mcp/effect"
const client = new AywaRuntimeClient({ baseUrl: process.env["AYWA_RUNTIME_BASE_URL"], apiKey: process.env["AYWA_RUNTIME_API_KEY"] })
const server = await serveHttp({ client })
const response = await fetch(server.url, {
  method: "POST",
  headers: { authorization: "Bearer " + server.token, "content-type": "application/json", accept: "application/json, text/event-stream" },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "m", version: "1" } } })
})
if (!(await response.text()).includes("aywa-runtime")) throw new Error("expected the server's name")
await server.close()
if (typeof registrations !== "function" || clientConfig("claude").file !== ".mcp.json") throw new Error("expected the other entries")
`

/** Starts the packed local runtime by its command line, waits for its one line, and stops it. */
export const startsLocal = `import { spawn } from "node:child_process"
const [, , node, bin] = process.argv
const child = spawn(node, [bin, "local", "--quiet"], { stdio: ["ignore", "pipe", "inherit"] })
child.stdout.once("data", async (line) => {
  const { baseUrl } = JSON.parse(line)
  const { status } = await (await fetch(baseUrl + "/health")).json()
  child.kill("SIGTERM")
  child.once("exit", (code) => process.exit(code === 0 && status === "ok" ? 0 : 1))
})
`
