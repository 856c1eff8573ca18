/**
 * The programs that users would write: each makes a real call on the local runtime whose address is in its environment.
 */

/** Plain async code, ESM: create, list, read, and a webhook there and back. */
export const plain = `import { AywaRuntimeClient, isRuntimeError } from "@aywa-ai/runtime-sdk"
import { generateWebhookSecret, signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"

const { AYWA_RUNTIME_BASE_URL: baseUrl, AYWA_RUNTIME_API_KEY: apiKey, AYWA_RUNTIME_ORGANIZATION_ID: organizationId } = process.env
const aywa = new AywaRuntimeClient({ baseUrl, apiKey, organizationId })
const name = "esm-" + Math.random().toString(36).slice(2)
const made = await aywa.assistants.create({ name }, { idempotencyKey: "matrix-" + name })
const again = await aywa.assistants.create({ name }, { idempotencyKey: "matrix-" + name })
if (made.id !== again.id) throw new Error("one key made two rows")
let found = false
for await (const one of aywa.assistants.list({ limit: 100 })) found ||= one.name === name
if (!found) throw new Error("the row is not in the list")
const error = await aywa.assistants.get("nobody").then(() => undefined, (error) => error)
if (!isRuntimeError(error) || error._tag !== "NotFound") throw new Error("expected NotFound")
const secret = generateWebhookSecret()
const body = JSON.stringify({ message: { type: "status-update", status: "ended" } })
const event = verifyAywaRuntimeWebhook({ body, headers: signAywaRuntimeWebhook({ body, secret }), secret })
if (event.message.type !== "status-update") throw new Error("expected the event")
await aywa.close()
console.log("ok")
`

/** The same through \`require\`. */
export const commonJs = `const { AywaRuntimeClient } = require("@aywa-ai/runtime-sdk")
const { generateWebhookSecret, verifyAywaRuntimeWebhook, isWebhookVerificationError } = require("@aywa-ai/runtime-sdk/webhooks")
const { webhookHandler } = require("@aywa-ai/runtime-sdk/webhooks/handlers")

const main = async () => {
  const aywa = new AywaRuntimeClient({ baseUrl: process.env.AYWA_RUNTIME_BASE_URL, apiKey: process.env.AYWA_RUNTIME_API_KEY })
  const page = await aywa.assistants.list({ limit: 1 })
  if (!Array.isArray(page.items)) throw new Error("expected a page")
  try {
    verifyAywaRuntimeWebhook({ body: "{}", headers: {}, secret: generateWebhookSecret() })
  } catch (error) {
    if (!isWebhookVerificationError(error)) throw error
  }
  if (typeof webhookHandler !== "function") throw new Error("expected the handlers")
  await aywa.close()
  console.log("ok")
}
main()
`

/** TypeScript over every entry that names no Effect type, with the package's declarations checked too. */
export const typed = `import { AywaRuntimeClient, isRuntimeError, type Assistant } from "@aywa-ai/runtime-sdk"
import { generateWebhookSecret, signAywaRuntimeWebhook, verifyAywaRuntimeWebhook, WebhookVerificationError } from "@aywa-ai/runtime-sdk/webhooks"
import { fastifyWebhooks, nodeWebhookHandler, webhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
import { WebhookScheme } from "@aywa-ai/runtime-sdk/webhooks/legacy"

const aywa = new AywaRuntimeClient({
  baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
  apiKey: process.env["AYWA_RUNTIME_API_KEY"],
  organizationId: process.env["AYWA_RUNTIME_ORGANIZATION_ID"]
})
const all: Array<Assistant> = []
for await (const one of aywa.assistants.list({ limit: 100 })) all.push(one)
await aywa.assistants.get("").catch((error: unknown) => {
  if (!isRuntimeError(error) || error._tag !== "InvalidRequest") throw error
})
const secret = generateWebhookSecret()
const body = JSON.stringify({ message: { type: "status-update", status: "ended" } })
const event = verifyAywaRuntimeWebhook({ body, headers: signAywaRuntimeWebhook({ body, secret }), secret })
if (event.message.type !== "status-update") throw new Error("expected the event")
const receive = webhookHandler({
  secret,
  handlers: {
    "status-update": ({ status }) => {
      if (status !== "ended") throw new Error(status)
    }
  }
})
const url = "http://127.0.0.1/"
const answers = [
  await receive(new Request(url, { method: "POST", body, headers: signAywaRuntimeWebhook({ body, secret }) })),
  await webhookHandler({
    scheme: WebhookScheme.sharedSecret({ secrets: "token" }),
    onError: (error) => {
      if (!(error instanceof WebhookVerificationError)) throw error
    }
  })(new Request(url, { method: "POST", body, headers: { "x-vapi-secret": "wrong" } }))
]
if (answers.map(({ status }) => status).join() !== "200,401") throw new Error("expected 200 and 401")
if (typeof nodeWebhookHandler !== "function" || typeof fastifyWebhooks !== "function") throw new Error("adapters")
await aywa.close()
console.log("ok")
`

/** An Effect program; errors of both entries know each other. */
export const effect = `import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NotFound } from "@aywa-ai/runtime-sdk"
import { Assistants, AywaRuntime, AywaWebhooks, Errors, Policy } from "@aywa-ai/runtime-sdk/effect"
import { Tool, Toolkit } from "@aywa-ai/runtime-sdk/tools"
import { WebhookRoute } from "@aywa-ai/runtime-sdk/webhooks/http"

export const routes = WebhookRoute.layer("/webhooks", { handlers: { hang: () => Effect.void } }).pipe(
  Layer.provide(AywaWebhooks.layerConfig())
)
export const toolkit = Toolkit.make(Tool.make("now", { description: "The time", execute: () => new Date().toISOString() }))

const program = Effect.gen(function* () {
  const assistants = yield* Assistants.Assistants
  const page = yield* Policy.with(assistants.list({ limit: 1 }), Policy.noRetry)
  if (!Array.isArray(page.items)) throw new Error("expected a page")
  const invalid = yield* Effect.flip(assistants.get(""))
  if (!(invalid instanceof Errors.InvalidRequest) || invalid instanceof NotFound) throw new Error("wrong class")
  return yield* assistants.get("nobody").pipe(Effect.catchTag("NotFound", () => Effect.succeed("ok")))
})
console.log(await Effect.runPromise(Effect.provide(program, AywaRuntime.layerConfig())))
`

/** A test of a user's own, through the testing entry. */
export const testing = `import { startTestRuntime } from "@aywa-ai/runtime-sdk/testing"
const test = await startTestRuntime({ rows: { assistants: [{ name: "Desk" }] } })
test.runtime.faults.next("reset", { when: "after" })
await test.aywa.assistants.create({ name: "Once" })
if (test.runtime.count("assistants") !== 2) throw new Error("a retry made two rows")
await test.close()
console.log("ok")
`

/** What a worker does with a webhook: verify, or answer with the error's status. */
export const worker = `import { isWebhookVerificationError, verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
export default {
  async fetch(request, env) {
    try {
      const body = new Uint8Array(await request.arrayBuffer())
      const event = verifyAywaRuntimeWebhook({ body, headers: request.headers, secret: env.SECRET })
      return new Response(event.message.type)
    } catch (error) {
      return new Response(error.message, { status: isWebhookVerificationError(error) ? error.httpStatus : 500 })
    }
  }
}
`
