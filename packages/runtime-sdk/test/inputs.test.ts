/** Create inputs: everything that is wrong is told at once, each with its path, and nothing is sent. */
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { AywaRuntimeClient, redacted } from "../src/index.ts"
import { json, serve, tagOf, type Server } from "./support/server.ts"

let server: Server
// Which method it is is known at run time only.
let aywa: Record<string, Record<string, (...args: ReadonlyArray<unknown>) => Promise<unknown>>>
const row = { id: "r", orgId: "o", createdAt: "t", updatedAt: "t", provider: "openai" }
beforeAll(async () => {
  server = await serve((_, response) => json(response, 201, row))
  aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key" }) as unknown as typeof aywa
})
afterAll(() => server[Symbol.asyncDispose]())

const long = "x".repeat(41)

const cases: ReadonlyArray<readonly [string, body: unknown, paths: ReadonlyArray<string>]> = [
  [
    "assistants.create",
    {
      name: long,
      firstMessageMode: "assistant-sings-first",
      maxDurationSeconds: 5,
      model: { provider: "openai", temperature: 3, maxTokens: 1, messages: [{ role: "wizard" }] },
      voice: { provider: "custom-voice" },
      server: { timeoutSeconds: 0, backoffPlan: { type: "wild", maxRetries: 11, baseDelaySeconds: -1 } },
      endCallPhrases: ["ok", "x"]
    },
    [
      "endCallPhrases.1",
      "firstMessageMode",
      "maxDurationSeconds",
      "model.maxTokens",
      "model.messages.0.role",
      "model.model",
      "model.temperature",
      "name",
      "server.backoffPlan.baseDelaySeconds",
      "server.backoffPlan.maxRetries",
      "server.backoffPlan.type",
      "server.timeoutSeconds",
      "voice.server"
    ]
  ],
  ["assistants.create", { voice: { provider: "11labs" } }, ["voice.voiceId"]],
  [
    "tools.create",
    {
      type: "apiRequest",
      name: long,
      method: "TRACE",
      function: { name: "not a name" },
      destinations: [{ type: "assistant" }, { type: "number" }, { type: "number", number: "0800" }]
    },
    ["destinations.1.number", "destinations.2.number", "function.name", "method", "name", "url"]
  ],
  ["tools.create", { type: "code" }, ["code"]],
  ["tools.create", { type: "code", code: "x", timeoutSeconds: 31 }, ["timeoutSeconds"]],
  [
    "phoneNumbers.create",
    {
      provider: "twilio",
      number: "0800 1234",
      name: long,
      fallbackDestination: { type: "number", number: "none" }
    },
    ["fallbackDestination.number", "name", "number", "twilioAccountSid", "twilioAuthToken"]
  ],
  ["phoneNumbers.create", { provider: "byo-phone-number", number: "12" }, ["credentialId", "number", "number"]],
  ["phoneNumbers.create", { provider: "vonage", number: "+1 (415)" }, ["credentialId", "number"]],
  [
    "calls.create",
    { assistantVersion: "v3", name: long, customer: { number: "0800", name: long, extension: "12345678901" } },
    ["assistantId", "assistantVersion", "customer.extension", "customer.name", "customer.number", "name"]
  ],
  [
    "calls.create",
    { assistantId: "a", schedulePlan: {}, customer: { number: 3 } },
    ["customer.number", "schedulePlan.earliestAt"]
  ],
  ["calls.createPhone", { assistantId: "a" }, ["customer"]],
  ["calls.createBatch", { customers: [] }, ["assistantId", "customers"]],
  ["calls.createWeb", { roomDeleteOnUserLeaveEnabled: "yes" }, ["assistantId", "roomDeleteOnUserLeaveEnabled"]],
  [
    "credentials.create",
    {
      provider: "webhook",
      name: "",
      authenticationPlan: { type: "hmac", algorithm: "md5" },
      gateways: [{ ip: "192.0.2.1", port: 0, netmask: 8 }, {}]
    },
    [
      "authenticationPlan.algorithm",
      "authenticationPlan.secretKey",
      "gateways.0.netmask",
      "gateways.0.port",
      "gateways.1.ip",
      "name"
    ]
  ],
  ["credentials.create", { provider: "twilio" }, ["accountSid", "authToken"]],
  [
    "credentials.create",
    { provider: "webhook", authenticationPlan: { type: "oauth2" } },
    ["authenticationPlan.clientId", "authenticationPlan.clientSecret", "authenticationPlan.url"]
  ],
  ["webhookEndpoints.create", { url: "/hooks", scope: "tool" }, ["targetId", "url"]],
  ["webhookEndpoints.create", { url: "ftp://a", scope: "planet" }, ["scope", "targetId", "url"]],
  ["structuredOutputs.create", { name: long, schema: {}, type: "regex" }, ["name", "regex", "schema.type"]],
  [
    "structuredOutputs.run",
    { callIds: [], structuredOutput: {}, structuredOutputId: "s" },
    ["callIds", "structuredOutputId"]
  ],
  ["imports.create", { bundle: { assistants: {} } }, ["bundle.assistants", "source"]]
]

describe("what is wrong with an input", () => {
  it.each(cases)("%s %j", async (operation, body, paths) => {
    const [group = "", name = ""] = operation.split(".")
    const before = server.seen.length
    const error = Object(await tagOf(aywa[group]?.[name]?.(body) ?? Promise.resolve()))
    assert.strictEqual(error._tag, "InvalidRequest")
    assert.strictEqual(error.outcome, "not-sent")
    const found = error.issues.map((issue: { path: ReadonlyArray<string> }) => issue.path.join("."))
    assert.deepStrictEqual(found.toSorted(), paths)
    for (const path of paths) assert.include(error.message, path)
    assert.lengthOf(server.seen, before)
  })

  it.each([
    [{ type: "say" }, ["content"]],
    [{ type: "dance", content: 3 }, ["content", "type"]],
    [{ type: "control", control: "mute-everyone" }, ["control"]],
    [{ type: "transfer" }, ["destination"]],
    [{ type: "transfer", destination: { type: "number", number: "0800" } }, ["destination.number"]],
    [{ type: "handoff" }, ["destination"]],
    [{ type: "add-message" }, ["message"]],
    [{}, ["type"]]
  ])("calls.control %j", async (body, paths) => {
    const error = Object(await tagOf(aywa["calls"]?.["control"]?.("id", body) ?? Promise.resolve()))
    assert.strictEqual(error._tag, "InvalidRequest")
    const found = error.issues.map((issue: { path: ReadonlyArray<string> }) => issue.path.join("."))
    assert.deepStrictEqual(found.toSorted(), paths)
  })

  it("stored rows that break a limit can still be changed", async () => {
    await aywa["assistants"]?.["update"]?.("id", { name: long })
    assert.deepStrictEqual(JSON.parse(server.seen.at(-1)?.body ?? ""), { name: long })
  })
})

describe("secrets", () => {
  const canary = "canary-secret-text"

  it.each([
    ["plain", canary],
    ["wrapped", redacted(canary)],
    ["wrapped by Effect", Redacted.make(canary)]
  ])("%s: sent as text, at the top and in plans", async (_, secret) => {
    await aywa["credentials"]?.["create"]?.({ provider: "openai", apiKey: secret })
    assert.deepStrictEqual(JSON.parse(server.seen.at(-1)?.body ?? ""), { provider: "openai", apiKey: canary })
    const plan = { type: "bearer", token: secret }
    await aywa["credentials"]?.["create"]?.({ provider: "webhook", authenticationPlan: plan })
    assert.deepStrictEqual(JSON.parse(server.seen.at(-1)?.body ?? "").authenticationPlan.token, canary)
  })

  it("cannot be printed, and stand in no error", async () => {
    const body = {
      provider: "webhook",
      name: long,
      apiKey: redacted(canary),
      authenticationPlan: { type: "hmac", token: canary }
    }
    const error = Object(await tagOf(aywa["credentials"]?.["create"]?.(body) ?? Promise.resolve()))
    assert.strictEqual(error._tag, "InvalidRequest")
    for (const text of [
      inspect(error, { depth: 10, showHidden: true }),
      JSON.stringify(error),
      inspect(redacted(canary))
    ]) {
      assert.notInclude(text, canary)
    }
  })

  it("a Redacted of another copy of Effect is told as such, with what to do", async () => {
    const foreign = { "~effect/Redacted": {}, toJSON: () => "<redacted>" }
    const error = Object(
      await tagOf(aywa["credentials"]?.["create"]?.({ provider: "openai", apiKey: foreign }) ?? Promise.resolve())
    )
    assert.strictEqual(error._tag, "InvalidRequest")
    assert.include(error.message, "another copy of Effect; use `redacted` of this package")
  })
})

describe("a credential that was read and is written back", () => {
  const plan = { type: "bearer", token: "[REDACTED]", headerName: "X-Key" }
  const read = { ...row, name: "old", apiKey: "[REDACTED]", authToken: "********", authenticationPlan: plan }
  const bodyOf = async (change: object): Promise<unknown> => {
    await aywa["credentials"]?.["update"]?.("r", { ...read, ...change })
    return JSON.parse(server.seen.at(-1)?.body ?? "")
  }
  it("leaves the masks out, with the plans that they stand in", async () =>
    assert.deepStrictEqual(await bodyOf({ name: "new" }), { provider: "openai", name: "new" }))
  it("has what was given in their place", async () =>
    assert.deepStrictEqual(
      await bodyOf({ apiKey: "new", authToken: null, authenticationPlan: { ...plan, token: "t" } }),
      {
        provider: "openai",
        name: "old",
        apiKey: "new",
        authToken: null,
        authenticationPlan: { ...plan, token: "t" }
      }
    ))
})
