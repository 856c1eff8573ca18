/**
 * Canaries: secrets in every place of every kind of row where the runtime keeps one, and nothing that it shows has them;
 * yet whoever is meant to get them does.
 */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { maskValue } from "../src/json/mask.ts"
import { receive } from "./receiver.ts"
import { type Client, start } from "./support.ts"

let count = 0
const canary = () => `canary-${++count}-z`

/** Places of secrets below a free object, at any depth. */
const hidden = (): Record<string, unknown> => ({
  link: `see https://user:${canary()}@host.example/path and go on`,
  headers: { "x-plain": canary(), authorization: `Bearer ${canary()}` },
  list: [{ deep: { headers: { "x-deep": canary() }, link: `wss://${canary()}@host.example` } }],
  server: { url: `https://host.example/${"a".repeat(3)}`, secret: canary(), headers: { "x-server": canary() } }
})

const server = (url: string) => ({ url, secret: canary(), headers: { "x-key": canary() } })

/** A body of every kind of row that a client can write, with canaries. */
const bodies = (url: string): Readonly<Record<string, () => Record<string, unknown>>> => ({
  assistant: () => ({
    name: "a",
    server: server(url),
    serverUrlSecret: canary(),
    metadata: hidden(),
    credentials: [{ provider: "openai", apiKey: canary(), unheardOf: canary() }],
    model: {
      provider: "openai",
      model: "gpt-4.1-mini",
      tools: [{ type: "function", function: { name: "f", parameters: schema }, server: server(url) }],
      knowledgeBase: { server: server(url) }
    }
  }),
  tool: () => ({ type: "function", function: { name: "lookup", parameters: schema }, server: server(url) }),
  "phone-number": () => ({
    provider: "twilio",
    number: `+1415555${String(1000 + ++count).slice(-4)}`,
    twilioAccountSid: "AC1",
    twilioAuthToken: canary(),
    server: server(url)
  }),
  credential: () => ({
    provider: "some-provider",
    name: "c",
    apiKey: canary(),
    anything: canary(),
    nested: { deep: [canary(), { other: canary() }] },
    authenticationPlan: {
      type: "oauth2",
      clientId: "id",
      clientSecret: canary(),
      url: `https://u:${canary()}@host.example`
    }
  }),
  "webhook-endpoint": () => ({ url, scope: "account" }),
  "structured-output": () => ({ name: "s", schema, model: { provider: "openai", model: "gpt-4.1-mini", ...hidden() } })
})

/** A parameter that is called password is no secret. */
const schema = { type: "object", properties: { password: { type: "string", description: "of the caller" } } }

const control = ({ runtime, call }: Client, path: string) =>
  call("GET", `/__aywa/${path}`, undefined, { apiKey: runtime.controlToken })

describe("canaries", () => {
  it("are in no answer, list, log, event, payload, page or error, for any kind of row", async () => {
    const client = await start({ webhookSchedule: "instant" })
    const receiver = await receive()
    const texts: Array<readonly [string, string]> = []
    const look = async (what: string, reply: Promise<{ readonly text: string; readonly status: number }>) => {
      const { text, status } = await reply
      texts.push([`${what} ${status}`, text])
      return text
    }
    for (const [kind, body] of Object.entries(bodies(receiver.url))) {
      const created = await client.call("POST", `/${kind}`, body(), { key: `k-${kind}` })
      assert.strictEqual(created.status, 201, kind)
      assert.isString(created.text, kind)
      texts.push([`create ${kind}`, created.text])
      const { id } = created.body
      await look(`get ${kind}`, client.call("GET", `/${kind}/${id}`))
      await look(`list ${kind}`, client.call("GET", `/${kind}`))
      await look(`update ${kind}`, client.call("PATCH", `/${kind}/${id}`, firstOf(body())))
      await look(`refused ${kind}`, client.call("POST", `/${kind}`, { ...body(), nobodyKnows: hidden(), name: 7 }))
    }
    const [assistant] = client.runtime.rows("assistants")
    const { body: call } = await client.call("POST", "/call", {
      assistant: bodies(receiver.url)["assistant"]?.(),
      customer: { number: "+14155550188" }
    })
    await client.runtime.events.expect("end-of-call-report", { timeout: 20_000 })
    for (const type of ["status-update", "transfer-update", "tool-calls", "call.with-tool"]) {
      await client.runtime.trigger({ type, assistant: assistant?.id })
    }
    await client.runtime.webhooks.idle()
    for (const view of ["", "/timeline", "/logs", "/costs", "/voice-pipeline"]) {
      await look(`call${view}`, client.call("GET", `/call/${call.id}${view}`))
    }
    const { items } = JSON.parse(await look("jobs", client.call("GET", "/logs/webhooks?limit=1000")))
    for (const { id } of items) await look("job", client.call("GET", `/logs/webhooks/${id}`))
    await look("requests", control(client, "requests?limit=1000"))
    for (const { id } of client.runtime.requests()) await look("request", control(client, `requests/${id}`))
    for (const path of ["events?limit=1000", "rows?limit=1000", "jobs?limit=1000", "calls/live", "runtime", "keys"]) {
      await look(path, control(client, path))
    }
    texts.push(
      ["handle requests", JSON.stringify(client.runtime.requests())],
      ["handle events", JSON.stringify(client.runtime.events.list())],
      ["handle rows", JSON.stringify(["assistants", "tools", "calls"].map((name) => client.runtime.rows(name)))],
      ...receiver.deliveries.map(({ raw }) => ["payload", raw.toString()] as const)
    )
    assert.deepStrictEqual(
      texts.filter(([, text]) => text.includes("canary-")).map(([what]) => what),
      []
    )
    // Its own server got its headers and its secret all the same.
    assert.isAbove(receiver.deliveries.filter(({ headers }) => headers["x-key"]?.includes("canary-")).length, 3)
    assert.isTrue(receiver.deliveries.some(({ headers }) => String(headers["x-vapi-secret"]).includes("canary-")))
  }, 60_000)

  it("what was read may be written back: every mask stands for what was there", async () => {
    const client = await start({ webhookSchedule: "instant" })
    const receiver = await receive()
    const { body: row } = await client.call("POST", "/assistant", { name: "a", server: server(receiver.url) })
    const back = await client.call("PATCH", `/assistant/${row.id}`, { server: row.server, name: "b" })
    assert.deepStrictEqual(back.body.server, row.server)
    await client.runtime.trigger({ type: "status-update", assistant: row.id })
    const [delivery] = await receiver.count(1)
    assert.include(delivery?.headers["x-key"], "canary-")
  })

  it("in JSON of any shape, below headers, in URLs and under the names of secrets", () => {
    const secret = fc.constantFrom("apiKey", "password", "clientSecret", "authToken", "token")
    const leaf = fc.constantFrom("plain", 1, null, true)
    const value = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b", "parameters", "tool"), tie("tree"), { maxKeys: 3 }),
        fc.record({ headers: fc.dictionary(fc.constantFrom("x-a", "cookie"), fc.constant("canary-h")) }),
        fc.record({ url: fc.constant("https://u:canary-u@host.example/") }),
        secret.map((name) => ({ [name]: "canary-s" })),
        secret.map((name) => ({ [name]: { inside: ["canary-s"] } })),
        fc.record({ credentials: fc.array(fc.dictionary(fc.string(), fc.constant("canary-c")), { maxLength: 2 }) })
      )
    })).tree
    fc.assert(
      fc.property(value, (tree) => {
        const shown = maskValue(tree)
        const hasCanary = JSON.stringify(tree).includes("canary-")
        // Where there is nothing to mask the very value comes back.
        assert.deepStrictEqual([JSON.stringify(shown).includes("canary-"), shown === tree], [false, !hasCanary])
      }),
      { numRuns: 500 }
    )
  })
})

/** The first field that has an object in it, so that an update brings secrets along, too. */
const firstOf = (body: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(body)
      .filter(([name]) => ["server", "authenticationPlan", "model", "url"].includes(name))
      .slice(0, 1)
  )
