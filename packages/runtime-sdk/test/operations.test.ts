/**
 * Every operation of the contract over a real socket, from the promise client and from the Effect service: what goes
 * out, and what comes back. An operation without a line here fails the first test.
 */
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { assert, describe, it, onTestFinished } from "vitest"
import { contract, specOf, type Operation } from "../src/contract.ts"
import * as Sdk from "../src/effect.ts"
import { AywaRuntimeClient } from "../src/index.ts"
import { serve, tagOf } from "./support/server.ts"

const row = { id: "r", orgId: "o", createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z" }
const call = { ...row, type: "outboundPhoneCall", status: "queued" }
const job = { id: "j", status: "dead", createdAt: row.createdAt }
const mapping = { resource: "assistant", sourceId: "s", runtimeId: "r", action: "created", warnings: [] }
const imported = { id: "i", source: "vapi", status: "completed", createdAt: row.createdAt, mappings: [], warnings: [] }
const customer = { number: "+14155550123" }

interface Line {
  readonly args?: ReadonlyArray<unknown>
  readonly answer: unknown
  /** Of the answer; 200 unless given. */
  readonly status?: number
  /** What the call gives, where that is not the answer. */
  readonly value?: unknown
}

const page = (item: unknown): Line => ({ args: [{ limit: 7 }], answer: [item], value: { items: [item] } })
const pageOf = (item: unknown): Line => ({ args: ["an id"], answer: [item], value: { items: [item] } })
const plain = (item: object, body: object): Readonly<Record<string, Line>> => ({
  list: page(item),
  get: { args: ["an id"], answer: item },
  create: { args: [body], answer: item, status: 201 },
  update: { args: ["an id", { name: "B" }], answer: item },
  delete: { args: ["an id"], answer: item }
})

const table: Readonly<Record<string, Readonly<Record<string, Line>>>> = {
  assistants: plain(row, { name: "A" }),
  phoneNumbers: plain({ ...row, provider: "vapi" }, { provider: "vapi" }),
  tools: plain({ ...row, type: "endCall" }, { type: "endCall" }),
  calls: {
    ...plain(call, { assistantId: "a", customer }),
    createBatch: {
      args: [{ assistantId: "a", customers: [customer] }],
      answer: { results: [call], errors: [{ customer: { number: "1" }, error: "no" }] },
      status: 201
    },
    createPhone: { args: [{ assistantId: "a", customer }], answer: call, status: 201 },
    createWeb: { args: [{ assistantId: "a" }], answer: call, status: 201 },
    control: { args: ["an id", { type: "end-call" }], answer: { status: "ended" } },
    timeline: pageOf({ type: "queued", createdAt: row.createdAt }),
    costs: { args: ["an id"], answer: { cost: 0.5, costs: [{ type: "model", cost: 0.5 }] } },
    logs: pageOf({ message: "hello", level: "info" }),
    voicePipeline: { args: ["an id"], answer: { model: { provider: "openai" } } }
  },
  credentials: plain({ ...row, provider: "openai" }, { provider: "openai", apiKey: "secret" }),
  webhookEndpoints: plain(
    { ...row, url: "https://hooks.example.com/a", scope: "account" },
    { url: "https://hooks.example.com/a", scope: "account" }
  ),
  files: {
    list: page(row),
    get: { args: ["an id"], answer: row },
    upload: { args: [{ file: Buffer.from("content") }], answer: row, status: 201 },
    content: { args: ["an id"], answer: "content", value: new TextEncoder().encode("content") },
    update: { args: ["an id", { name: "B" }], answer: row },
    delete: { args: ["an id"], answer: row }
  },
  structuredOutputs: {
    ...plain({ ...row, name: "Booked" }, { name: "Booked", schema: { type: "boolean" } }),
    run: { args: [{ callIds: ["c"], structuredOutputId: "s" }], answer: { c: { s: { result: true } } }, status: 201 }
  },
  imports: {
    create: { args: [{ source: "vapi", bundle: {} }], answer: imported, status: 201 },
    createVapi: { args: [{ assistants: [] }], answer: imported, status: 201 },
    list: page(imported),
    get: { args: ["an id"], answer: imported },
    mappings: pageOf(mapping)
  },
  webhookLogs: {
    list: { args: [{ status: "dead", type: "transcript" }], answer: [job], value: { items: [job] } },
    get: { args: ["an id"], answer: { ...job, attempts: [{ attempt: 1, statusCode: 500 }] } },
    replay: { args: ["an id"], answer: job, status: 202 },
    retry: { args: ["an id"], answer: job, status: 202 }
  },
  operations: {
    health: { answer: { status: "ok" } },
    readiness: { answer: { status: "ready" } },
    setupRequirements: { answer: [{ id: "webhooks", ok: false, detail: "no secret" }] },
    metrics: { answer: "# TYPE calls counter\ncalls 7\n" },
    metricsJson: { answer: { calls: 7 } },
    slo: { answer: { availability: 0.999 } },
    runbooks: { answer: [{ id: "restart", title: "Restart" }] },
    analyticsSummary: { answer: { calls: 7 } }
  }
}

const operations = Object.entries(contract).flatMap(([group, entries]) =>
  Object.entries(entries as Record<string, Operation>).map(([name, operation]) => ({ group, name, operation }))
)

const services = {
  assistants: Sdk.Assistants.Assistants,
  phoneNumbers: Sdk.PhoneNumbers.PhoneNumbers,
  tools: Sdk.Tools.Tools,
  calls: Sdk.Calls.Calls,
  credentials: Sdk.Credentials.Credentials,
  webhookEndpoints: Sdk.WebhookEndpoints.WebhookEndpoints,
  files: Sdk.Files.Files,
  structuredOutputs: Sdk.StructuredOutputs.StructuredOutputs,
  imports: Sdk.Imports.Imports,
  webhookLogs: Sdk.WebhookLogs.WebhookLogs,
  operations: Sdk.Operations.Operations
}

// Which method it is is known at run time only; what comes back is compared, not used.
type Methods<Result> = Record<string, Record<string, (...args: ReadonlyArray<unknown>) => Result>>

const methodOf = <Result>(methods: Methods<Result>, group: string, name: string) => {
  const method = methods[group]?.[name]
  if (method === undefined) throw new Error(`There is no ${group}.${name}`)
  return method
}

it("has a line for every operation, and no other", () => {
  assert.deepStrictEqual(
    Object.entries(table)
      .flatMap(([group, lines]) => Object.keys(lines).map((name) => `${group}.${name}`))
      .toSorted(),
    operations.map(({ group, name }) => `${group}.${name}`).toSorted()
  )
})

describe("every operation", () => {
  for (const { group, name, operation } of operations) {
    it(`${group}.${name}`, async () => {
      const line = table[group]?.[name]
      if (line === undefined) throw new Error("The first test says so")
      const { args = [], answer, status = 200, value = answer } = line
      const spec = specOf(operation)
      const text = typeof answer === "string" ? answer : JSON.stringify(answer)
      await using server = await serve((_, response) => {
        response.writeHead(status, { "content-type": typeof answer === "string" ? "text/plain" : "application/json" })
        response.end(text)
      })
      const options = { baseUrl: `${server.baseUrl}/base`, apiKey: "a-key" }
      const aywa = new AywaRuntimeClient(options)
      const given = await methodOf(aywa as unknown as Methods<Promise<unknown>>, group, name)(...args)
      assert.deepStrictEqual<unknown>(given instanceof Uint8Array ? Uint8Array.from(given) : given, value)

      const fromService = Effect.flatMap(
        Effect.service(services[group as keyof typeof services] as typeof Sdk.Tools.Tools),
        (service) => methodOf({ [group]: service } as unknown as Methods<Effect.Effect<unknown>>, group, name)(...args)
      )
      const layer = Sdk.AywaRuntime.layer(options)
      const other = await Effect.runPromise(Effect.provide(fromService, layer))
      assert.deepStrictEqual<unknown>(other instanceof Uint8Array ? Uint8Array.from(other) : other, value)

      assert.lengthOf(server.seen, 2)
      for (const seen of server.seen) {
        assert.strictEqual(seen.method, spec.method)
        const { pathname } = new URL(seen.url, server.baseUrl)
        assert.strictEqual(pathname, `/base${spec.path.replace(":id", "an%20id")}`)
        assert.strictEqual(seen.headers.authorization, "Bearer a-key")
        assert.strictEqual(seen.headers["idempotency-key"] !== undefined, spec.method === "POST")
        if (spec.body === undefined) assert.strictEqual(seen.body, "")
        else if (!spec.multipart) assert.deepStrictEqual(JSON.parse(seen.body), args.at(-1))
      }
      await aywa.close()
    })
  }
})

describe("every list", () => {
  for (const { group, name, operation } of operations.filter(({ operation }) => operation.kind === "page")) {
    it(`${group}.${name} is walked over pages, by both faces`, async () => {
      const [item] = (table[group]?.[name]?.answer ?? []) as ReadonlyArray<object>
      await using server = await serve((seen, response) => {
        const last = seen.url.includes("cursor=two")
        response.writeHead(200, { "content-type": "application/json" })
        response.end(JSON.stringify({ items: [{ ...item, at: last ? 2 : 1 }], nextCursor: last ? null : "two" }))
      })
      const options = { baseUrl: server.baseUrl, apiKey: "a-key" }
      const expected = [
        { ...item, at: 1 },
        { ...item, at: 2 }
      ]
      const args = specOf(operation).path.includes(":id") ? ["an id"] : []
      const aywa = new AywaRuntimeClient(options)
      const walked: Array<unknown> = []
      const iterable = methodOf(aywa as unknown as Methods<AsyncIterable<unknown>>, group, name)(...args)
      for await (const one of iterable) walked.push(one)
      assert.deepStrictEqual(walked, expected)
      const stream = Stream.unwrap(
        Effect.map(Effect.service(services[group as keyof typeof services] as typeof Sdk.Tools.Tools), (service) =>
          methodOf(
            { [group]: service } as unknown as Methods<Stream.Stream<unknown>>,
            group,
            name === "list" ? "stream" : `${name}Stream`
          )(...args)
        )
      )
      const layer = Sdk.AywaRuntime.layer(options)
      assert.deepStrictEqual<unknown>(
        await Effect.runPromise(Effect.provide(Stream.runCollect(stream), layer)),
        expected
      )
      await aywa.close()
    })
  }
})

describe("the local runtime", () => {
  it("serves every operation of the contract", async () => {
    const runtime = await startLocalRuntime()
    onTestFinished(() => runtime.close())
    const aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey, retries: 0 })
    const missing: Array<string> = []
    for (const { group, name } of operations) {
      const args = table[group]?.[name]?.args ?? []
      const method = methodOf(aywa as unknown as Methods<Promise<unknown>>, group, name)
      const error = Object(await tagOf(method(...args)))
      // What is not there, or not in the right state, is told by rows; a route that is not there by its path.
      if (/There is no \//.test(error.message ?? "")) missing.push(`${group}.${name}`)
      else assert.include([undefined, "NotFound", "ConflictError", "InvalidRequest"], error._tag, `${group}.${name}`)
    }
    assert.deepStrictEqual(missing, [])
  })
})
