/** Every framework answers as the receiver does: attacks, replies, large bodies, connections that are kept. */
import { Agent, request as httpRequest } from "node:http"
import type * as Crypto from "node:crypto"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import express from "express"
import { node } from "@elysiajs/node"
import { Elysia } from "elysia"
import fastify from "fastify"
import { type Context, Hono } from "hono"
import { bodyLimit } from "hono/body-limit"
import Koa from "koa"
import { aywaWebhooks } from "../../../src/webhooks/express.ts"
import { aywaWebhooks as elysiaWebhooks } from "../../../src/webhooks/elysia.ts"
import { aywaWebhooks as fastifyWebhooks } from "../../../src/webhooks/fastify.ts"
import { aywaWebhooks as honoWebhooks } from "../../../src/webhooks/hono.ts"
import { aywaWebhooks as koaWebhooks } from "../../../src/webhooks/koa.ts"
import { AywaWebhooksModule } from "../../../src/webhooks/nestjs.ts"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "../../../src/webhooks.ts"
import {
  fastifyWebhookHandler,
  type WebhookHandlerMap,
  type WebhookReceiverOptions
} from "../../../src/webhooks/handlers.ts"
import { type Attack, recordAttacks } from "./attacks.ts"
import { application, providerOf } from "./nest.ts"
import { frameworks, listening, served, type Server } from "./servers.ts"

// As in the case table: the real functions, counted.
vi.mock("node:crypto", async (importOriginal) => {
  const crypto = await importOriginal<typeof Crypto>()
  const { calls } = await import("../support/calls.ts")
  return {
    ...crypto,
    createHmac: (...args: Parameters<typeof crypto.createHmac>) => {
      calls.createHmac++
      return crypto.createHmac(...args)
    },
    timingSafeEqual: (...args: Parameters<typeof crypto.timingSafeEqual>) => {
      calls.timingSafeEqual++
      return crypto.timingSafeEqual(...args)
    }
  }
})

interface Sent {
  readonly method?: string
  readonly headers?: ReadonlyArray<readonly [string, string]>
  readonly body?: string | Uint8Array
  readonly agent?: Agent
}

/** One request as bytes say it: duplicate headers stay two. */
const send = (port: number, path: string, { method = "POST", headers = [], body = "", agent }: Sent) =>
  new Promise<{ readonly status: number; readonly type: string; readonly text: string; readonly port: number }>(
    (resolve, reject) => {
      const bytes = Buffer.from(body as Uint8Array)
      const request = httpRequest(
        { port, host: "127.0.0.1", path, method, ...(agent === undefined ? {} : { agent }) },
        (response) => {
          const localPort = response.socket.localPort ?? 0
          const chunks: Array<Buffer> = []
          response.on("data", (chunk: Buffer) => chunks.push(chunk))
          response.once("error", reject)
          response.once("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              type: response.headers["content-type"] ?? "",
              text: Buffer.concat(chunks).toString(),
              port: localPort
            })
          )
        }
      )
      request.once("error", reject)
      const names = new Map<string, Array<string>>([["content-type", ["application/json"]]])
      for (const [name, value] of headers) names.set(name, [...(names.get(name) ?? []), value])
      for (const [name, values] of names) request.setHeader(name, values.length === 1 ? (values[0] ?? "") : values)
      request.setHeader("content-length", bytes.length)
      request.end(bytes)
    }
  )

const secret = generateWebhookSecret()
const signed = (body: string): Sent => ({ body, headers: Object.entries(signAywaRuntimeWebhook({ body, secret })) })
const event = (type: string, more: object = {}) => signed(JSON.stringify({ message: { type, ...more } }))
const calls = { toolCallList: [{ id: "1", name: "first" }] }
const asking = {
  "assistant-request": {},
  "tool-calls": calls,
  "transfer-destination-request": {},
  "knowledge-base-request": { messagesOpenAIFormatted: [] },
  "call.endpointing.request": { messagesOpenAIFormatted: [] },
  "handoff-destination-request": { parameters: {} },
  "campaign.predial": { campaignId: "c", contact: {} },
  "voice-request": { text: "hi", sampleRate: 8000 }
} as const
const replies: WebhookHandlerMap = {
  "assistant-request": () => ({ assistantId: "a" }),
  "tool-calls": ({ toolCalls }) => ({ results: toolCalls.map(({ id }) => ({ toolCallId: id, result: "größer" })) }),
  "transfer-destination-request": () => ({ destination: { type: "number", number: "+14155550142" } }),
  "knowledge-base-request": () => ({ documents: [{ content: "a", similarity: 1 }] }),
  "call.endpointing.request": () => ({ timeoutSeconds: 1 }),
  "handoff-destination-request": () => ({ destination: { type: "assistant", assistantId: "a" } }),
  "campaign.predial": () => ({ eligible: true }),
  "voice-request": async function* () {
    yield Buffer.from("pc")
    yield Buffer.from("m!")
  }
}
const failing = Object.fromEntries(
  Object.keys(asking).map((type) => [type, () => Promise.reject(new Error("no"))])
) as unknown as WebhookHandlerMap
const reports: Array<string> = []
const told: Array<string> = []
const onError: WebhookReceiverOptions["onError"] = ({ reason }) => void told.push(reason._tag)
const taking = { "end-of-call-report": ({ endedReason }: { endedReason: string }) => void reports.push(endedReason) }

let attacks: ReadonlyArray<Attack> = []
let expected: ReadonlyArray<unknown> = []
const routesOf = () => ({
  "/replies": { secret, handlers: replies, onError },
  "/failing": { secret, handlers: failing, onError },
  "/reports": { secret, handlers: taking, onError },
  "/small": { secret, handlers: taking, maxBodyBytes: 1000, onError },
  ...Object.fromEntries(attacks.map(({ options }, i) => [`/attack/${i}`, { ...options, onError }]))
})
const answersOf = async (server: Server) => {
  const answers: Array<unknown> = []
  for (const [i, attack] of attacks.entries()) {
    const { status, text } = await send(server.port, `/attack/${i}`, attack)
    // What to do about a body that is too large depends on the framework.
    const said = status === 413 ? JSON.parse(text).error : text
    answers.push([attack.row, attack.name, status, said])
  }
  return answers
}

beforeAll(async () => {
  attacks = await recordAttacks()
  await using server = await frameworks["node"]!(routesOf())
  expected = await answersOf(server)
})

/** Rows that no request can be made of. */
const atHome: Readonly<Record<number, string>> = {
  28: "a header with a character that HTTP does not carry",
  36: "a header that is a number",
  45: "a body that was parsed: each framework has tests of its own",
  60: "the same request twice, to one inbox",
  64: "a property of all rows",
  65: "a property of all rows"
}

it("60 of the 66 rows of the case table travel, as 649 requests, and the answers differ", () => {
  const rows = Array.from({ length: 66 }, (_, i) => i + 1)
  assert.deepStrictEqual(
    [...new Set(attacks.map(({ row }) => row))].toSorted((a, b) => a - b),
    rows.filter((row) => atHome[row] === undefined)
  )
  // A row that is lost on its way to the frameworks would not be missed otherwise.
  assert.strictEqual(attacks.length, 649)
  const statuses = new Set(expected.map((one) => (one as ReadonlyArray<unknown>)[2]))
  assert.sameMembers([...statuses], [200, 400, 401, 413, 500, 501])
})

describe("a layer in front", () => {
  const report = event("end-of-call-report", { endedReason: "x", artifact: { x: "x".repeat(200_000) }, analysis: {} })
  const small = event("hang")
  it("express.json() that refuses a report is named, and what it parsed, too", async () => {
    const app = express()
    app.use(express.json())
    app.use("/webhooks", aywaWebhooks({ secret, handlers: taking, onError }))
    app.use("/other", (_, response) => void response.json({}))
    await using server = await listening(app)
    told.length = 0
    const large = await send(server.port, "/webhooks", report)
    assert.strictEqual(large.status, 413)
    assert.match(large.text, /larger than 102400 bytes.*above app\.use\(express\.json\(\)\).*limit: \\"10mb/)
    const parsed = await send(server.port, "/webhooks", small)
    assert.strictEqual(parsed.status, 400)
    assert.match(parsed.text, /body parser ran before.*limit: \\"10mb/)
    assert.deepStrictEqual(told, ["BodyTooLarge", "InvalidBody"])
    // Errors of other routes and of other kinds go on as they would.
    assert.strictEqual((await send(server.port, "/other", report)).status, 413)
    assert.strictEqual((await send(server.port, "/webhooks", { body: "{", headers: [] })).status, 400)
  })
  it("a middleware of Hono that reads the body does no harm, and one that takes it away is named", async () => {
    for (const [read, status] of [
      [(c: Context) => c.req.json(), 200],
      [(c: Context) => c.req.text(), 200],
      [(c: Context) => c.req.raw.json(), 400]
    ] as const) {
      const app = new Hono().use(async (c, next) => {
        await read(c)
        await next()
      })
      app.all("/webhooks", honoWebhooks({ secret, onError }))
      await using server = await served(app.fetch)
      const answer = await send(server.port, "/webhooks", small)
      assert.strictEqual(answer.status, status)
      if (status === 400) assert.match(answer.text, /was read before/)
    }
  })
  it("a body parser in Koa that keeps the text does no harm, and one that keeps nothing is named", async () => {
    const parsing = (keeps: boolean) => async (context: Koa.Context, next: Koa.Next) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of context.req) chunks.push(chunk as Buffer)
      const rawBody = Buffer.concat(chunks).toString()
      Object.assign(context.request, { body: JSON.parse(rawBody) }, keeps ? { rawBody } : {})
      await next()
    }
    for (const [keeps, status] of [
      [true, 200],
      [false, 400]
    ] as const) {
      const app = new Koa().use(parsing(keeps)).use(koaWebhooks({ path: "/webhooks", secret, onError }))
      await using server = await listening(app.callback())
      const answer = await send(server.port, "/webhooks", small)
      assert.strictEqual(answer.status, status)
      if (!keeps) assert.match(answer.text, /body parser ran before/)
    }
  })
  const large = event("end-of-call-report", { endedReason: "x", artifact: { x: "x".repeat(2_000_000) }, analysis: {} })
  const closing = (server: { address(): unknown; closeAllConnections(): void }, close: () => Promise<unknown>) => ({
    port: (server.address() as { readonly port: number }).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await close()
    }
  })

  it("Fastify's own limit, be it smaller or larger, is that of its other routes: ours has maxBodyBytes", async () => {
    for (const [appLimit, own, status] of [
      [1000, {}, 200],
      [20_000_000, { maxBodyBytes: 1_000_000 }, 413]
    ] as const) {
      const app = fastify({ bodyLimit: appLimit })
      app.register(fastifyWebhooks, { path: "/webhooks", secret, handlers: taking, onError, ...own })
      app.post("/other", () => ({}))
      await app.listen({ port: 0, host: "127.0.0.1" })
      await using server = closing(app.server, () => app.close())
      told.length = 0
      const answer = await send(server.port, "/webhooks", large)
      assert.strictEqual(answer.status, status, answer.text)
      assert.deepStrictEqual(told, status === 413 ? ["BodyTooLarge"] : [])
      assert.strictEqual((await send(server.port, "/other", large)).status, appLimit === 1000 ? 413 : 200)
    }
  })
  it("Fastify's handler alone, where no parser keeps the bytes, says what to register", async () => {
    const app = fastify()
    app.post("/parsed", fastifyWebhookHandler({ secret, onError }))
    await app.listen({ port: 0, host: "127.0.0.1" })
    await using server = closing(app.server, () => app.close())
    const parsed = await send(server.port, "/parsed", small)
    assert.strictEqual(parsed.status, 400)
    assert.match(parsed.text, /Fastify parsed it.*bodyLimit: 10485760/)
  })
  it.each(["express", "fastify"] as const)(
    "Nest's parsers on %s with a limit of their own do no harm",
    async (platform) => {
      for (const limit of ["1kb", "20mb"]) {
        const module = AywaWebhooksModule.forRoot({ path: "/webhooks", secret, onError })
        const app = await application(platform, [module], [providerOf(taking)], (one) => {
          ;(one as unknown as { useBodyParser: (...args: ReadonlyArray<unknown>) => void }).useBodyParser(
            ...(platform === "express"
              ? ["json", { limit }]
              : ["application/json", { bodyLimit: limit === "1kb" ? 1000 : 2e7 }])
          )
        })
        await app.listen(0, "127.0.0.1")
        await using server = closing(app.getHttpServer(), () => app.close())
        told.length = 0
        const answer = await send(server.port, "/webhooks", large)
        assert.deepStrictEqual([answer.status, told], [200, []], `${limit}: ${answer.text}`)
      }
    }
  )
  it("Elysia: what reads the body before the route is named; parsers of other routes do no harm", async () => {
    for (const [read, status] of [
      [async () => {}, 200],
      [({ request }: { readonly request: Request }) => request.text(), 400]
    ] as const) {
      const app = new Elysia({ adapter: node() }).onRequest(async (context) => void (await read(context)))
      app.onParse(() => ({ parsed: true }))
      app.use(elysiaWebhooks({ path: "/webhooks", secret, handlers: taking, onError }))
      await using server = await served((request) => app.fetch(request))
      const answer = await send(server.port, "/webhooks", large)
      assert.strictEqual(answer.status, status, answer.text)
      if (status === 400) assert.match(answer.text, /was read before/)
    }
  })
  it("Hono's bodyLimit has to be raised: it answers before the route is asked", async () => {
    for (const [maxSize, status] of [
      [100_000, 413],
      [10 * 1024 * 1024, 200]
    ] as const) {
      const app = new Hono().use(bodyLimit({ maxSize }))
      app.all("/webhooks", honoWebhooks({ secret, handlers: taking, onError }))
      await using server = await served(app.fetch)
      assert.strictEqual((await send(server.port, "/webhooks", large)).status, status)
    }
  })
})

for (const [name, start] of Object.entries(frameworks)) {
  describe(`on ${name}`, () => {
    let server: Server
    beforeAll(async () => {
      server = await start(routesOf())
    })
    afterAll(() => server[Symbol.asyncDispose]())

    it("answers each attack as the receiver does", async () => {
      assert.deepStrictEqual(await answersOf(server), expected)
    })
    it("answers every event that asks, and sends the fallback when the handler fails", async () => {
      const bodies = { good: new Map<string, string>(), bad: new Map<string, string>() }
      for (const [type, more] of Object.entries(asking)) {
        const good = await send(server.port, "/replies", event(type, more))
        assert.deepStrictEqual(
          [good.status, good.type.split(";")[0]],
          [200, type === "voice-request" ? "audio/pcm" : "application/json"],
          type
        )
        bodies.good.set(type, good.text)
        const bad = await send(server.port, "/failing", event(type, more))
        assert.strictEqual(bad.status, type === "voice-request" ? 503 : 200, type)
        bodies.bad.set(type, bad.text)
      }
      assert.strictEqual(bodies.good.get("voice-request"), "pcm!")
      assert.strictEqual(
        bodies.good.get("tool-calls"),
        '{"results":[{"toolCallId":"1","name":"first","result":"größer"}]}'
      )
      assert.strictEqual(bodies.bad.get("campaign.predial"), '{"eligible":false}')
      assert.strictEqual(bodies.bad.get("transfer-destination-request"), '{"error":"No destination is available."}')
    })
    it("takes POST only", async () => {
      for (const method of ["GET", "PUT", "DELETE"]) {
        assert.strictEqual((await send(server.port, "/replies", { method })).status, 405, method)
      }
    })
    it("takes a signed report of 9 MB", async () => {
      reports.length = 0
      const report = { endedReason: "large", artifact: { transcript: "x".repeat(9_000_000) }, analysis: {} }
      const answer = await send(server.port, "/reports", event("end-of-call-report", report))
      assert.deepStrictEqual([answer.status, reports], [200, ["large"]])
    })
    it("a body that is refused is told, and costs neither its answer nor the next request", async () => {
      // One connection at a time, kept where the server keeps it.
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      try {
        for (const size of [1500, 5000, 500_000, 9_000_000]) {
          told.length = 0
          const large = await send(server.port, "/small", { ...event("hang", { x: "x".repeat(size) }), agent })
          assert.strictEqual(large.status, 413, String(size))
          assert.include(large.text, "BodyTooLarge")
          assert.deepStrictEqual(told, ["BodyTooLarge"])
          for (let i = 0; i < 3; i++) {
            assert.strictEqual(
              (await send(server.port, "/small", { ...event("hang"), agent })).status,
              200,
              String(size)
            )
          }
        }
      } finally {
        agent.destroy()
      }
    })
  })
}
