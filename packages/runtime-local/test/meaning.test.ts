/** A body may have the right shape and mean nothing. */
import { assert, describe, it } from "vitest"
import { start } from "./support.ts"

const customer = { number: "+14155550123" }
const server = (url: string) => ({ server: { url } })

/** What is wrong, and what the answer says about it. */
const wrong: ReadonlyArray<readonly [name: string, path: string, body: object, message: string]> = [
  [
    "a tool that is not there",
    "/assistant",
    { model: { provider: "openai", model: "m", toolIds: ["t1"] } },
    'model.toolIds[0]: this organization has no tools row "t1"'
  ],
  [
    "a credential that is not there",
    "/tool",
    { type: "endCall", server: { url: "https://x.example", credentialId: "c1" } },
    'server.credentialId: this organization has no credentials row "c1"'
  ],
  [
    "an assistant of a number that is not there",
    "/phone-number",
    { provider: "vapi", assistantId: "a1" },
    'assistantId: this organization has no assistants row "a1"'
  ],
  [
    "an assistant of a call that is not there",
    "/call",
    { assistantId: "a1", customer },
    'assistantId: this organization has no assistants row "a1"'
  ],
  [
    "a number of a call that is not there",
    "/call/phone",
    { assistant: {}, phoneNumberId: "p1", customer },
    'phoneNumberId: this organization has no phoneNumbers row "p1"'
  ],
  [
    "an inline assistant's tool that is not there",
    "/call/web",
    { assistant: { model: { provider: "openai", model: "m", toolIds: ["t1"] } } },
    'assistant.model.toolIds[0]: this organization has no tools row "t1"'
  ],
  [
    "the target of an endpoint that is not there",
    "/webhook-endpoint",
    { url: "https://x.example", scope: "tool", targetId: "t1" },
    'targetId: this organization has no tools row "t1"'
  ],
  [
    "a type of tool that nobody knows",
    "/tool",
    { type: "functoin", function: { name: "f" } },
    'type: there is no tool of type "functoin". Did you mean function?'
  ],
  [
    "a function without a function",
    "/tool",
    { type: "function" },
    "function: Missing: a tool of type function needs it"
  ],
  [
    "a type of an inline tool",
    "/assistant",
    { model: { provider: "openai", model: "m", tools: [{ type: "endcal" }] } },
    'model.tools[0].type: there is no tool of type "endcal". Did you mean endCall?'
  ],
  [
    "a provider of numbers that nobody knows",
    "/phone-number",
    { provider: "twillio", number: "+14155550100" },
    'provider: no phone numbers come from "twillio". Did you mean twilio?'
  ],
  [
    "a model's provider that is nearly one",
    "/assistant",
    { model: { provider: "opneai", model: "m" } },
    'model.provider: "opneai" is nearly openai'
  ],
  [
    "a voice's provider that is nearly one",
    "/assistant",
    { voice: { provider: "11lab", voiceId: "v" } },
    'voice.provider: "11lab" is nearly 11labs'
  ],
  [
    "a server that is no address",
    "/assistant",
    server("my-server"),
    "server.url: expected an absolute http or https address"
  ],
  [
    "a server of another scheme, deep inside",
    "/assistant",
    { model: { provider: "openai", model: "m", tools: [{ type: "endCall", ...server("ftp://x.example") }] } },
    "model.tools[0].server.url: expected an absolute http or https address"
  ],
  [
    "an address that a tool calls",
    "/tool",
    { type: "apiRequest", method: "GET", url: "ftp://x.example" },
    "url: expected an absolute http or https address"
  ],
  [
    "an address of a model",
    "/assistant",
    { model: { provider: "custom-llm", model: "m", url: "my-model" } },
    "model.url: expected an absolute http or https address"
  ],
  [
    "an event that is nearly one",
    "/assistant",
    { serverMessages: ["hang", "status-updat"] },
    'serverMessages[1]: "status-updat" is nearly status-update'
  ],
  [
    "an event of an endpoint that is nearly one",
    "/webhook-endpoint",
    { url: "https://x.example", scope: "account", events: ["tool-call"] },
    'events[0]: "tool-call" is nearly tool-calls'
  ],
  [
    "a credential's provider that is nearly one",
    "/credential",
    { provider: "twillio", authToken: "t" },
    'provider: "twillio" is nearly twilio'
  ],
  [
    "what a call overrides with a typo",
    "/call",
    { assistant: {}, assistantOverrides: { voice: { provider: "11lab", voiceId: "v" } }, customer },
    'assistantOverrides.voice.provider: "11lab" is nearly 11labs'
  ]
]

describe("a strict runtime", () => {
  it("refuses what means nothing", async () => {
    const { call } = await start()
    for (const [what, path, body, message] of wrong) {
      // oxlint-disable-next-line no-await-in-loop -- a table
      const reply = await call("POST", path, body)
      assert.strictEqual(reply.status, 400, what)
      assert.include(reply.body.message, message, what)
    }
  })

  it("takes words that are somebody else's, and references to what is there", async () => {
    const { call, runtime } = await start()
    const { body: tool } = await call("POST", "/tool", { type: "endCall" })
    for (const provider of ["azure-openai", "a-provider-of-tomorrow", "openai"]) {
      const { status } = await call("POST", "/assistant", { model: { provider, model: "m", toolIds: [tool.id] } })
      assert.deepStrictEqual([provider, status], [provider, 201])
    }
    const other = runtime.addKey({ organization: "org_2" })
    const foreign = await call(
      "POST",
      "/assistant",
      { model: { provider: "openai", model: "m", toolIds: [tool.id] } },
      { apiKey: other.key }
    )
    assert.strictEqual(foreign.status, 400)
    // Not an address of the runtime's: what a client keeps for itself, and what a variable will fill in.
    const { status } = await call("POST", "/tool", {
      type: "apiRequest",
      method: "GET",
      url: "{{base}}/orders",
      metadata: { server: { url: "mine" }, serverUrl: "mine" }
    })
    assert.strictEqual(status, 201)
  })

  it("does not hold against an update what the row has already", async () => {
    const { call } = await start({ rows: { assistants: [{ id: "old", credentialIds: ["gone"] }] } })
    assert.strictEqual((await call("PATCH", "/assistant/old", { name: "new", credentialIds: ["gone"] })).status, 200)
    assert.deepStrictEqual((await call("PATCH", "/assistant/old", { credentialIds: ["gone", "never"] })).body.message, [
      'credentialIds[1]: this organization has no credentials row "never"'
    ])
  })
})

describe("a runtime that is not strict", () => {
  it("takes all of that, and warns in the answer and in the journal", async () => {
    const { call, runtime } = await start({ strict: false })
    for (const [what, path, body, message] of wrong) {
      // oxlint-disable-next-line no-await-in-loop -- a table
      const reply = await call("POST", path, body)
      assert.deepStrictEqual([what, reply.status, reply.headers.get("aywa-warning")], [what, 201, message])
      assert.strictEqual(runtime.requests().at(-1)?.warning, message)
    }
  })
})
