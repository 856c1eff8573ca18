/** What platforms add: the time that is left, work after the answer, a bundle of one's own. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, describe, it, vi } from "vitest"
import { bundle } from "../../../scripts/bundle.ts"
import { generateWebhookSecret, signAywaRuntimeWebhook } from "../../../src/webhooks.ts"
import { aywaWorker } from "../../../src/webhooks/cloudflare.ts"
import { lambdaHandler } from "../../../src/webhooks/lambda.ts"
import { aywaRoute } from "../../../src/webhooks/nextjs.ts"
import { aywaWebhooks } from "../../../src/webhooks/vercel.ts"

const secret = generateWebhookSecret()
const body = JSON.stringify({ message: { type: "tool-calls", toolCallList: [{ id: "1", name: "slow" }] } })
const headers = { ...signAywaRuntimeWebhook({ body, secret }) }

describe("lambda", () => {
  afterEach(() => vi.useRealTimers())
  it("a handler ends before the invocation does, and its fallback is sent", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const told: Array<string> = []
    const handler = lambdaHandler({
      secret,
      handlers: { "tool-calls": () => new Promise(() => {}) },
      onError: ({ reason }) => void told.push(reason._tag)
    })
    const event = { requestContext: { http: { method: "POST" } }, headers, body }
    let done = false
    const pending = handler(event, { getRemainingTimeInMillis: () => 3000 }).finally(() => (done = true))
    // 18.5 s by the runtime's own limit, half a second less than is left by this one.
    await vi.advanceTimersByTimeAsync(2400)
    assert.isFalse(done)
    await vi.advanceTimersByTimeAsync(100)
    const { statusCode, body: answer } = await pending
    assert.strictEqual(statusCode, 200)
    assert.include(answer, "The tool did not answer")
    assert.deepStrictEqual(told, ["HandlerTimedOut"])
  })
  it("an event of no kind is refused, not a crash", async () => {
    const handler = lambdaHandler({ secret })
    assert.strictEqual((await handler({})).statusCode, 405)
    assert.strictEqual((await handler({ httpMethod: "POST", headers: null, body: null })).statusCode, 400)
  })
})

describe("work after the answer", () => {
  const failing = { secret, handlers: { "tool-calls": () => Promise.reject(new Error("no")) } }
  const request = () => new Request("http://localhost/webhooks", { method: "POST", body, headers })
  const ways = {
    "a worker": (onError: () => Promise<void>, waitUntil: (promise: Promise<unknown>) => void) =>
      aywaWorker(() => ({ ...failing, onError })).fetch(request(), {}, { waitUntil }),
    vercel: (onError: () => Promise<void>, waitUntil: (promise: Promise<unknown>) => void) =>
      aywaWebhooks({ ...failing, onError, waitUntil })(request()),
    next: (onError: () => Promise<void>, after: (promise: Promise<unknown>) => void) =>
      aywaRoute({ ...failing, onError, after })(request())
  }
  for (const [name, way] of Object.entries(ways)) {
    it(`${name}: what onError returns is waited for, whatever becomes of it`, async () => {
      const waited: Array<Promise<unknown>> = []
      const released = Promise.withResolvers<void>()
      let reported = false
      const onError = async () => {
        await released.promise
        reported = true
        throw new Error("the log is full")
      }
      const answer = await way(onError, (promise) => void waited.push(promise))
      assert.deepStrictEqual([answer.status, waited.length, reported], [200, 1, false])
      released.resolve()
      await Promise.all(waited)
      assert.isTrue(reported)
    })
  }
})

describe("bundles", () => {
  it("of the entries for Request and Response need node:crypto alone; none carries a copy of the verifier", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aywa-frameworks-"))
    try {
      for (const name of ["cloudflare", "hono", "elysia", "vercel", "express", "koa", "fastify", "lambda", "nextjs"]) {
        await bundle([`webhooks/${name}`], folder)
        const text = readFileSync(join(folder, `webhooks/${name}.js`), "utf8")
        const imports = new Set(Array.from(text.matchAll(/from\s*"([^"]+)"/g), ([, from]) => from))
        assert.include([...imports], "../webhooks.js", name)
        assert.notInclude(text, "timingSafeEqual", name)
        if (["cloudflare", "hono", "elysia", "vercel"].includes(name)) {
          const others = [...imports].filter((from) => !/^\.\.?\//.test(from ?? ""))
          assert.deepStrictEqual(others, ["node:crypto"], name)
        }
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
