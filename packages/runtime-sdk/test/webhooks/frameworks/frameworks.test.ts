/** Every framework answers as the receiver does: attacks, replies, large bodies, connections that are kept. */
import { Agent } from "node:http"
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
import { generateWebhookSecret } from "../../../src/webhooks.ts"
import { fastifyWebhookHandler, type WebhookReceiverOptions } from "../../../src/webhooks/handlers.ts"
import { type Attack, atHome, recordAttacks } from "./attacks.ts"
import { application, providerOf } from "./nest.ts"
import { failing, replies } from "./replies.ts"
import { answersOf, checkReplies, eventBy, largeReport, otherMethods, send, type Sent, tooLarge } from "./requests.ts"
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

const secret = generateWebhookSecret()
const event = eventBy(secret)
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
const to =
  ({ port }: Server) =>
  (path: string, sent: Sent) =>
    send(port, path, sent)

beforeAll(async () => {
  attacks = await recordAttacks()
  await using server = await frameworks["node"]!(routesOf())
  expected = await answersOf(attacks, to(server))
})

it("60 of the 66 rows of the case table travel, as 651 requests, and the answers differ", () => {
  const rows = Array.from({ length: 66 }, (_, i) => i + 1)
  assert.deepStrictEqual(
    [...new Set(attacks.map(({ row }) => row))].toSorted((a, b) => a - b),
    rows.filter((row) => atHome[row] === undefined)
  )
  // A row that is lost on its way to the frameworks would not be missed otherwise.
  assert.strictEqual(attacks.length, 651)
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
      assert.deepStrictEqual(await answersOf(attacks, to(server)), expected)
    })
    it("answers every event that asks, and sends the fallback when the handler fails", async () => {
      assert.strictEqual(await checkReplies(to(server), event), 16)
    })
    it("takes POST only", async () => {
      for (const method of otherMethods) {
        assert.strictEqual((await send(server.port, "/replies", { method })).status, 405, method)
      }
    })
    it("takes a signed report of 9 MB", async () => {
      reports.length = 0
      const answer = await send(server.port, "/reports", largeReport(event))
      assert.deepStrictEqual([answer.status, reports], [200, ["large"]])
    })
    it("a body that is refused is told, and costs neither its answer nor the next request", async () => {
      // One connection at a time, kept where the server keeps it.
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      try {
        for (const size of tooLarge) {
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
