/**
 * A client that knows its runtime: what is unsafe there is not done, and the error says so. Against a real server that
 * takes the key off every request, as a runtime does that ignores keys.
 */
import { once } from "node:events"
import { createServer, request as httpRequest } from "node:http"
import type { AddressInfo } from "node:net"
import { type LocalRuntimeHandle, startLocalRuntime } from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { afterAll, assert, beforeAll, describe, it, onTestFinished } from "@effect/vitest"
import { readRuntimeProfile } from "../src/contract.ts"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import { AywaRuntimeClient, isRuntimeError, type RuntimeProfile } from "../src/index.ts"
import * as AywaWebhooks from "../src/webhooks/effect/AywaWebhooks.ts"
import { webhookReceiver } from "../src/webhooks/handlers.ts"
import { WebhookScheme } from "../src/webhooks/legacy.ts"
import { generateWebhookSecret, signAywaRuntimeWebhook, verifyAywaRuntimeWebhook } from "../src/webhooks.ts"
import { assertMatches } from "./support/assertions.ts"
import { arm, scheduleOf } from "./support/schedules.ts"

const count = Number(process.env["AYWA_PROFILE_SCHEDULES"] ?? 100)
const first = Number(process.env["AYWA_FIRST_SEED"] ?? 1)

const unknown: RuntimeProfile = {
  formatVersion: 1,
  createdAt: "2026-11-29T16:00:00.000Z",
  idempotencyKeys: "unknown",
  ifMatch: "unknown",
  webhookSignature: "unknown",
  lists: {}
}
const ignored: RuntimeProfile = { ...unknown, idempotencyKeys: "ignored" }

/** Passes everything on but the key; what breaks behind it breaks before it, too. */
const keyless = async (target: string): Promise<{ readonly url: string; readonly close: () => void }> => {
  const server = createServer((incoming, outgoing) => {
    const { "idempotency-key": _, ...headers } = incoming.headers
    const sent = httpRequest(target + incoming.url, { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      answer.on("error", () => incoming.socket.destroy())
      answer.on("close", () => (answer.complete ? undefined : incoming.socket.destroy()))
    })
    sent.on("error", () => incoming.socket.destroy())
    incoming.pipe(sent)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

let runtime: LocalRuntimeHandle
let server: Awaited<ReturnType<typeof keyless>>
beforeAll(async () => {
  runtime = await startLocalRuntime({ seed: 1 })
  server = await keyless(runtime.baseUrl)
})
afterAll(async () => {
  server.close()
  await runtime.close()
})

const clientOf = (runtimeProfile: RuntimeProfile | undefined, options: object = {}) =>
  new AywaRuntimeClient({ baseUrl: server.url, apiKey: runtime.apiKey, runtimeProfile, ...options })

const failure = async (promise: PromiseLike<unknown>) => {
  const error = await Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error
  )
  if (!isRuntimeError(error) || !("outcome" in error)) throw new Error("It did not fail as a call does")
  return error
}

/** Runs fault schedules, and gives how many made more than one row, and how many calls succeeded. */
const runSchedules = async (profile: RuntimeProfile | undefined, from: number, n: number) => {
  const seeds = Array.from({ length: n }, (_, index) => from + index)
  const queue = [...seeds]
  let succeeded = 0
  const lies: Array<number> = []
  const worker = async () => {
    for (let seed = queue.pop(); seed !== undefined; seed = queue.pop()) {
      const schedule = scheduleOf(seed)
      const rules = arm(runtime, schedule)
      const aywa = clientOf(profile, {
        timeout: 3000,
        retries: schedule.retries,
        idempotency: schedule.key === "none" ? "explicit" : "auto"
      })
      const body = { name: "once", metadata: { schedule: `s${seed}.` } }
      const options = schedule.key === "given" ? { idempotencyKey: `key-${seed}` } : undefined
      await aywa.assistants.create(body, options).then(
        () => succeeded++,
        (error: unknown) => {
          if (!isRuntimeError(error) || !("outcome" in error)) throw error
          if (error.outcome !== "maybe-applied") lies.push(seed)
        }
      )
      for (const rule of rules) runtime.faults.remove(rule)
      await aywa.close()
    }
  }
  await Promise.all(Array.from({ length: 24 }, worker))
  // An attempt that was given up may still be on its way through the runtime.
  let rows = -1
  while (rows !== runtime.count("assistants")) {
    rows = runtime.count("assistants")
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  const made = new Map<string, number>()
  for (const row of runtime.rows("assistants")) {
    const key = String(Object(row["metadata"]).schedule)
    made.set(key, (made.get(key) ?? 0) + 1)
  }
  return {
    duplicates: seeds.filter((seed) => (made.get(`s${seed}.`) ?? 0) > 1).length,
    lies: lies.filter((seed) => (made.get(`s${seed}.`) ?? 0) > 0),
    succeeded
  }
}

describe("a runtime that is known to ignore keys", () => {
  it(
    `gets no duplicate over ${count} fault schedules, and without the profile it gets some`,
    async () => {
      const known = await runSchedules(ignored, 500_000 + first, count)
      assert.deepStrictEqual([known.duplicates, known.lies], [0, []])
      assert.isAbove(known.succeeded, 0)
      const naive = await runSchedules(undefined, 900_000 + first, Math.min(count, 60))
      assert.isAbove(naive.duplicates, 0)
    },
    120_000 + count * 100
  )

  const lose = () => runtime.faults.next("reset", { when: "after", match: { method: "POST", path: "/assistant" } })

  it("is asked once after a lost answer, and the error says why, and what to do", async () => {
    lose()
    const before = runtime.count("assistants")
    const error = await failure(clientOf(ignored).assistants.create({ name: "Lost" }, { idempotencyKey: "mine" }))
    assertMatches(error, { _tag: "ConnectionError", outcome: "maybe-applied", attempts: 1, isRetryable: false })
    assert.include(error.message, "read before you repeat it")
    assert.include(error.message, "runtimeProfile")
    assert.notInclude(error.message, "mine")
    assert.strictEqual(runtime.count("assistants") - before, 1)
    lose()
    const naive = clientOf(undefined)
    assert.strictEqual((await naive.assistants.create({ name: "Lost" }).withResponse()).response.attempts, 2)
  })

  it.live("is not asked again in Effect either", () =>
    Effect.gen(function* () {
      lose()
      const aywa = yield* AywaRuntime.make({ baseUrl: server.url, apiKey: runtime.apiKey, runtimeProfile: ignored })
      const error = yield* Effect.flip(aywa.assistants.create({ name: "Lost" }))
      assertMatches(error, { outcome: "maybe-applied", attempts: 1 })
    })
  )

  it("is asked again for what certainly did not happen, and for what is safe by itself", async () => {
    const aywa = clientOf(ignored)
    runtime.faults.next({ type: "status", code: 429, retryAfter: 0 }, { match: { method: "POST", path: "/assistant" } })
    const { value, response } = await aywa.assistants.create({ name: "Limited" }).withResponse()
    assert.strictEqual(response.attempts, 2)
    runtime.faults.next("reset", { when: "after", match: { method: "DELETE", path: "/assistant/:id" } })
    assert.strictEqual((await aywa.assistants.delete(value.id).withResponse()).response.attempts, 2)
    runtime.faults.next("reset", { match: { method: "GET", path: "/assistant" } })
    assert.strictEqual((await aywa.assistants.list().withResponse()).response.attempts, 2)
  })

  it("takes no idempotency scope: a second run would make everything twice", async () => {
    const before = runtime.count("assistants")
    const run = clientOf(ignored).idempotencyScope("onboard-1", (aywa) => aywa.assistants.create({ name: "Scoped" }))
    const error = await failure(run)
    assertMatches(error, { _tag: "InvalidRequest", outcome: "not-sent" })
    assert.include(error.message, "A second run would repeat it: this runtime ignores idempotency keys")
    assert.strictEqual(runtime.count("assistants"), before)
  })
})

describe("a profile", () => {
  it("without findings changes nothing", async () => {
    runtime.faults.next("reset", { when: "after", match: { method: "POST", path: "/assistant" } })
    const { response } = await clientOf(unknown).assistants.create({ name: "Known" }).withResponse()
    assert.strictEqual(response.attempts, 2)
  })

  it("refuses ifMatch where the runtime ignores it", async () => {
    const before = runtime.requests().length
    const error = await failure(
      clientOf({ ...unknown, ifMatch: "ignored" }).assistants.update("id", { name: "A" }, { ifMatch: '"1"' })
    )
    assertMatches(error, { _tag: "InvalidRequest", outcome: "not-sent" })
    assert.include(error.message, "ifMatch: This runtime ignores it (runtimeProfile)")
    assert.strictEqual(runtime.requests().length, before)
  })

  it("ends a list at a page that is shorter than what the runtime gives at once, without looking behind it", async () => {
    const other = await startLocalRuntime()
    onTestFinished(() => other.close())
    const at = { baseUrl: other.baseUrl, apiKey: other.apiKey }
    const lists = { "/tool": { shape: 1, most: 1000, walk: "all" } } as const
    await new AywaRuntimeClient(at).tools.create({ type: "endCall" })
    const asked = async (runtimeProfile: RuntimeProfile | undefined) => {
      const before = other.requests({ path: "/tool" }).length
      const aywa = new AywaRuntimeClient({ ...at, runtimeProfile })
      let rows = 0
      for await (const _ of aywa.tools.list({ limit: 500 })) rows++
      return [rows, other.requests({ path: "/tool" }).length - before]
    }
    assert.deepStrictEqual(await asked({ ...unknown, lists }), [1, 1])
    assert.deepStrictEqual(await asked(undefined), [1, 2])
  })

  it("does not go along to another address", () => {
    const aywa = clientOf(ignored)
    assert.deepStrictEqual(aywa.runtimeProfile, ignored)
    assert.deepStrictEqual(aywa.withOptions({ timeout: 5 }).runtimeProfile, ignored)
    const elsewhere = aywa.withOptions({ baseUrl: "http://127.0.0.1:1", apiKey: "other" })
    assert.isUndefined(elsewhere.runtimeProfile)
  })

  it("tells a runtime that signs otherwise apart from a wrong secret", () => {
    const secret = generateWebhookSecret()
    const body = JSON.stringify({ message: { type: "hang" } })
    const headers = signAywaRuntimeWebhook({ id: "evt_1", body, secret })
    const verify = (webhookSignature: RuntimeProfile["webhookSignature"]) =>
      verifyAywaRuntimeWebhook({ body, headers, secret, runtimeProfile: { ...unknown, webhookSignature } }).id
    assert.deepStrictEqual([verify("standard"), verify("unknown")], ["evt_1", "evt_1"])
    assert.throws(() => verify("none"), /runtimeProfile: this runtime signs webhooks not at all: take none of them/)
    assert.throws(() => verify("other"), /by another scheme: give it as scheme/)
  })

  it("is known to handlers of webhooks: where nothing could be verified they are not made", async () => {
    const secret = generateWebhookSecret()
    const body = JSON.stringify({ message: { type: "hang" } })
    const headers = signAywaRuntimeWebhook({ id: "evt_1", body, secret })
    const profileOf = (webhookSignature: RuntimeProfile["webhookSignature"]) => ({ ...unknown, webhookSignature })
    const make = (form: RuntimeProfile["webhookSignature"], options: object = { secret }) =>
      webhookReceiver({ runtimeProfile: profileOf(form), handlers: { hang: () => {} }, ...options })
    for (const form of ["standard", "unknown"] as const) {
      assert.strictEqual((await make(form)({ method: "POST", headers, body })).status, 200)
    }
    assert.throws(() => make("none"), /runtimeProfile: this runtime signs webhooks not at all: take none of them/)
    assert.throws(() => make("other"), /runtimeProfile: this runtime signs webhooks by another scheme/)
    const scheme = WebhookScheme.sharedSecret({ secrets: "a-secret-of-a-migration" })
    const shared = { "x-vapi-secret": "a-secret-of-a-migration" }
    assert.strictEqual((await make("other", { scheme })({ method: "POST", headers: shared, body })).status, 200)
  })

  it.effect("is known to a layer of webhooks: where nothing could be verified it is not built", () =>
    Effect.gen(function* () {
      const runtimeProfile: RuntimeProfile = { ...unknown, webhookSignature: "none" }
      const { message } = yield* Effect.flip(
        Layer.build(AywaWebhooks.layer({ secret: generateWebhookSecret(), runtimeProfile }))
      )
      assert.match(message, /runtimeProfile: this runtime signs webhooks not at all/)
    })
  )

  it("is read from its file, and refused where it says something that nobody understands", () => {
    const profile: RuntimeProfile = {
      ...ignored,
      runtimeVersion: "1.2.3",
      lists: { "/call": { shape: 4, walk: "all" } }
    }
    assert.deepStrictEqual(readRuntimeProfile(JSON.stringify({ ...profile, later: true })), profile)
    assert.deepStrictEqual(readRuntimeProfile(profile), profile)
    const wrong: ReadonlyArray<readonly [unknown, RegExp]> = [
      ["{", /not JSON/],
      [undefined, /formatVersion/],
      [{ ...profile, lists: null }, /lists/],
      [{ ...profile, formatVersion: 2 }, /formatVersion/],
      [{ ...profile, idempotencyKeys: "ignord" }, /Did you mean ignored/],
      [{ ...profile, ifMatch: true }, /ifMatch/],
      [{ ...profile, webhookSignature: undefined }, /webhookSignature/],
      [{ ...profile, createdAt: "yesterday" }, /createdAt/],
      [{ ...profile, lists: undefined }, /lists/],
      [{ ...profile, lists: { "/call": { shape: 5, walk: "all" } } }, /shape/],
      [{ ...profile, lists: { "/call": { shape: 1, most: 0, walk: "all" } } }, /most/],
      [{ ...profile, lists: { "/call": { shape: 1, walk: "some" } } }, /walk/]
    ]
    for (const [input, message] of wrong) assert.throws(() => readRuntimeProfile(input), message)
    const given = { ...ignored, idempotencyKeys: "ignord" } as unknown as RuntimeProfile
    assert.throws(() => clientOf(given), /runtimeProfile is none: see readRuntimeProfile/)
  })
})
