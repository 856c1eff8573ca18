/** A program that runs again, after any failure, at any point, makes each of its rows once. */
import { startLocalRuntime, type LocalRuntimeHandle } from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as fc from "fast-check"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "@effect/vitest"
import * as AywaRuntime from "../src/effect/AywaRuntime.ts"
import { AywaRuntimeClient, ConnectionError, InvalidRequest, isRuntimeError } from "../src/index.ts"
import * as Policy from "../src/policy/Policy.ts"
import { assistant, json, serve, serveScoped, tagOf } from "./support/server.ts"

let runtime: LocalRuntimeHandle
beforeAll(async () => {
  runtime = await startLocalRuntime({ seed: 1 })
}, 60_000)
afterAll(() => runtime.close())

const open: Array<AsyncDisposable> = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})
const start = async (handler: Parameters<typeof serve>[0]) => {
  const server = await serve(handler)
  const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", retries: 0 })
  open.push(server, aywa)
  return { server, aywa, keys: () => server.seen.map((seen) => seen.headers["idempotency-key"]) }
}
const collect = async <A>(rows: AsyncIterable<A>): Promise<Array<A>> => {
  const all: Array<A> = []
  for await (const one of rows) all.push(one)
  return all
}
const created: Parameters<typeof serve>[0] = (_, response, i) => json(response, 201, assistant(`a${i}`))

describe("a retry around the call", () => {
  const lost = () => start((_, response) => response.destroy())

  it("is not asked for by an error that may have been applied under a key that is gone", async () => {
    const { aywa } = await lost()
    const error = await tagOf(aywa.assistants.create({ name: "x" }))
    assert.instanceOf(error, ConnectionError)
    assert.include({ ...error }, { outcome: "maybe-applied", isRetryable: false })
    assert.include(error.message, `repeat it with idempotencyKey "${error.idempotencyKey}"`)
    assert.include(error.message, "without that key it would be another call")
  })

  it("is allowed where a repeat cannot apply it twice: a key of the caller's, a read, a delete", async () => {
    const { aywa } = await lost()
    for (const call of [
      aywa.assistants.create({}, { idempotencyKey: "mine" }),
      aywa.assistants.list(),
      aywa.assistants.delete("a")
    ]) {
      assert.propertyVal(Object(await tagOf(call)), "isRetryable", true)
    }
    assert.propertyVal(Object(await tagOf(aywa.assistants.update("a", {}))), "isRetryable", false)
  })

  it("makes one row when a loop repeats what is retryable, and asks for the key otherwise", async () => {
    const rows = new Map<string, unknown>()
    const { aywa } = await start((seen, response) => {
      rows.set(String(seen.headers["idempotency-key"]), seen.body)
      response.destroy()
    })
    for (let i = 0; i < 3; i++) {
      const error: unknown = await tagOf(aywa.assistants.create({ name: "x" }, { retries: 1 }))
      if (!isRuntimeError(error) || !error.isRetryable) break
    }
    assert.strictEqual(rows.size, 1)
  })

  it.live("inside of the call `while` still sees what an attempt may do", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, response, i) =>
        i === 0 ? response.destroy() : json(response, 201, assistant("a"))
      )
      const client = yield* AywaRuntime.make({ baseUrl: server.baseUrl, apiKey: "k" })
      const policy = Policy.retry({ baseDelay: 1, while: (error) => error.isRetryable })
      yield* Policy.with(client.assistants.create({}), policy)
      assert.lengthOf(server.seen, 2)
    })
  )
})

describe("an idempotency scope", () => {
  it("names each create by scope, operation and number, the same in every run", async () => {
    const { aywa, keys } = await start(created)
    const run = () =>
      aywa.idempotencyScope("onboard-4711", async (aywa) => {
        await aywa.assistants.create({ name: "one" })
        await aywa.assistants.create({ name: "one" })
        await aywa.request({ method: "POST", path: "/other", body: {} })
        await aywa.idempotencyScope("a b", (aywa) => aywa.assistants.create({}))
        await aywa.assistants.create({}, { idempotencyKey: "mine" })
        await aywa.assistants.update("a", {})
        return "done"
      })
    assert.strictEqual(await run(), "done")
    await run()
    const expected = [
      "aywa-scope:onboard-4711:assistants.create:1",
      "aywa-scope:onboard-4711:assistants.create:2",
      "aywa-scope:onboard-4711:request/other:1",
      "aywa-scope:onboard-4711/a%20b:assistants.create:1",
      "mine",
      undefined
    ]
    assert.deepStrictEqual(keys(), [...expected, ...expected])
  })

  it("keeps a create's key when it failed and comes again with the same body, and gives another body the next one", async () => {
    const { aywa, keys } = await start((_, response, i) =>
      i === 0 ? response.destroy() : json(response, i === 2 ? 400 : 201, assistant("a"))
    )
    await aywa.idempotencyScope("s", async (aywa) => {
      const error = await tagOf(aywa.assistants.create({ name: "one" }))
      assert.instanceOf(error, ConnectionError)
      assert.include({ ...error }, { isRetryable: true, idempotencyScope: "s", outcome: "maybe-applied" })
      assert.match(error.message, /run the idempotency scope again.*scope s\]$/)
      await aywa.assistants.create({ name: "one" })
      assert.instanceOf(await tagOf(aywa.assistants.create({ name: "two" })), InvalidRequest)
      await aywa.assistants.create({ name: "three" })
    })
    assert.deepStrictEqual(
      keys().map((key) => String(key).split(":").pop()),
      ["1", "1", "2", "3"]
    )
  })

  it("refuses two creates of one operation at the same time, which have no order, and takes them with a name each", async () => {
    const { server, aywa, keys } = await start(created)
    await aywa.idempotencyScope("s", async (aywa) => {
      const both = await Promise.allSettled([aywa.assistants.create({}), aywa.assistants.create({})])
      assert.deepStrictEqual(
        both.map(({ status }) => status),
        ["fulfilled", "rejected"]
      )
      const error: unknown = both[1].status === "rejected" ? both[1].reason : undefined
      assert.instanceOf(error, InvalidRequest)
      assert.match(
        error.message,
        /Another assistants.create of the idempotency scope "s" is under way.*give each a name/
      )
      assert.lengthOf(server.seen, 1)
      await Promise.all(["x", "y"].map((name) => aywa.idempotencyScope(name, (aywa) => aywa.assistants.create({}))))
      const twice = ["z", "z"].map((name) => aywa.idempotencyScope(name, (aywa) => aywa.assistants.create({})))
      assert.deepStrictEqual(
        (await Promise.allSettled(twice)).map(({ status }) => status),
        ["fulfilled", "rejected"]
      )
    })
    assert.deepStrictEqual(keys().toSorted(), [
      "aywa-scope:s/x:assistants.create:1",
      "aywa-scope:s/y:assistants.create:1",
      "aywa-scope:s/z:assistants.create:1",
      "aywa-scope:s:assistants.create:1"
    ])
  })

  it.live("is an effect's own: each run counts from the beginning, and what is interrupted gives its place back", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, response, i) =>
        i === 1 ? undefined : json(response, i === 0 ? 500 : 201, assistant("a"))
      )
      yield* Effect.gen(function* () {
        const client = yield* AywaRuntime.make({ baseUrl: server.baseUrl, apiKey: "k", policy: Policy.noRetry })
        const twice = Effect.retry(client.assistants.create({}), { times: 1 })
        yield* Effect.timeout(twice, "300 millis").pipe(Effect.ignore)
        yield* client.assistants.create({})
        yield* client.assistants.create({})
      }).pipe(Policy.idempotencyScope("s"), Effect.repeat({ times: 1 }), Effect.scoped)
      assert.deepStrictEqual(
        server.seen.map(({ headers }) => String(headers["idempotency-key"]).split(":").pop()),
        ["1", "1", "1", "2", "1", "2", "3"]
      )
    })
  )

  it("says what a program that changed has to do, and refuses names that name nothing", async () => {
    const aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
    open.push(aywa)
    const run = (name: string) => aywa.idempotencyScope("changed", (aywa) => aywa.assistants.create({ name }))
    await run("before")
    const error = await tagOf(run("after"))
    assert.instanceOf(error, InvalidRequest)
    assert.include({ ...error }, { code: "idempotency_key_reused", idempotencyScope: "changed" })
    assert.match(error.message, /same creates in the same order, or give the scope another name/)
    for (const name of ["", " ", "\ud800", "x".repeat(151)]) {
      assert.match(String(Object(await tagOf(aywa.idempotencyScope(name, () => 1))).message), /idempotency ?scope/i)
    }
  })
})

/** Where a run ends before its time: at its n-th request, before it is carried out or when its answer is on its way. */
interface Kill {
  readonly request: number
  readonly when: "before" | "after"
}

const program = (mark: string) =>
  Effect.gen(function* () {
    const client = yield* AywaRuntime.AywaRuntime
    for (let i = 0; i < 4; i++) yield* client.assistants.create({ name: `${mark}-${i}` })
    for (let i = 0; i < 3; i++) yield* client.tools.create({ type: "endCall" })
    for (let i = 0; i < 2; i++) yield* client.assistants.create({ name: `${mark}-same` })
    yield* client.assistants.create({ name: `${mark}-last` })
  }).pipe(Policy.idempotencyScope(mark))

/** Runs the program; true when it came to its end. */
const runUntil = async (mark: string, kill: Kill | undefined): Promise<boolean> => {
  const gate = await serve((seen, response, i) => {
    const forward = async (): Promise<void> => {
      if (kill?.request === i && kill.when === "before") return end()
      const answer = await fetch(runtime.baseUrl + seen.url, {
        method: seen.method,
        headers: { ...headersOf(seen.headers) },
        body: seen.body
      })
      const text = await answer.text()
      if (kill?.request === i) return end()
      response.writeHead(answer.status, { "content-type": "application/json" }).end(text)
    }
    void forward()
  })
  await using _ = gate
  const end = (): void => fiber.interruptUnsafe()
  const layer = AywaRuntime.layer({ baseUrl: gate.baseUrl, apiKey: runtime.apiKey })
  const fiber = Effect.runFork(program(mark).pipe(Effect.provide(layer)))
  return (await Effect.runPromise(Fiber.await(fiber)))._tag === "Success"
}

const headersOf = (headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>) =>
  Object.fromEntries(
    ["authorization", "content-type", "idempotency-key"].map((name) => [name, String(headers[name] ?? "")])
  )

describe("a program of ten creates", () => {
  const rowsOf = async (mark: string, before: number): Promise<ReadonlyArray<number>> => {
    await using aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
    const assistants = (await collect(aywa.assistants.stream())).filter(({ name }) => name?.startsWith(`${mark}-`))
    return [assistants.length, (await collect(aywa.tools.stream())).length - before]
  }
  const toolsNow = async (): Promise<number> => {
    await using aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
    return (await collect(aywa.tools.stream())).length
  }
  const check = async (mark: string, kills: ReadonlyArray<Kill>): Promise<void> => {
    const before = await toolsNow()
    for (const kill of kills) assert.isFalse(await runUntil(mark, kill))
    assert.isTrue(await runUntil(mark, undefined))
    assert.deepStrictEqual(await rowsOf(mark, before), [7, 3])
  }

  it("killed at any point and run again makes ten rows", async () => {
    for (let request = 0; request < 10; request++) {
      for (const when of ["before", "after"] as const) await check(`at-${request}-${when}`, [{ request, when }])
    }
  }, 60_000)

  it("law: however often it is killed", async () => {
    let run = 0
    const kill = fc.record({
      request: fc.integer({ min: 0, max: 9 }),
      when: fc.constantFrom("before" as const, "after" as const)
    })
    await fc.assert(
      fc.asyncProperty(fc.array(kill, { minLength: 1, maxLength: 5 }), (kills) => check(`law-${run++}`, kills)),
      { numRuns: 10 }
    )
  }, 60_000)
})
