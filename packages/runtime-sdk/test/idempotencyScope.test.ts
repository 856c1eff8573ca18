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

describe("a program that goes on behind a create that failed", () => {
  /** What happens to a create in the first run. */
  const fates = ["made", "unavailable", "answer lost", "never left", "refused here", "overlaps"] as const
  type Fate = (typeof fates)[number]
  interface Step {
    readonly body: number
    readonly fate: Fate
  }
  type Make = (client: AywaRuntimeClient, body: number, given?: { readonly signal: AbortSignal }) => Promise<unknown>

  /** A runtime behind a gate that does what it is told to the next request. */
  const gated = async () => {
    let next: Fate = "made"
    const gate = await serve((seen, response) => {
      const fate = next
      next = "made"
      const forward = async (): Promise<void> => {
        if (fate === "unavailable") return json(response, 503, { message: "Try later" })
        const { "content-length": _, connection: __, host: ___, ...headers } = seen.headers
        const answer = await fetch(runtime.baseUrl + seen.url, {
          method: "POST",
          headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
          body: seen.body
        })
        const text = await answer.text()
        if (fate === "answer lost") response.destroy()
        else response.writeHead(answer.status, { "content-type": "application/json" }).end(text)
      }
      void forward()
    })
    const aywa = new AywaRuntimeClient({ baseUrl: gate.baseUrl, apiKey: runtime.apiKey, retries: 0 })
    open.push(gate, aywa)
    return { aywa, next: (fate: Fate) => (next = fate) }
  }
  const aborted = AbortSignal.abort()

  /** Makes each step's row, whatever happens to it; in the second run nothing does. */
  const program = async (
    { aywa, next }: Awaited<ReturnType<typeof gated>>,
    name: string,
    steps: ReadonlyArray<Step>,
    make: Make,
    first: boolean
  ): Promise<void> => {
    await aywa.idempotencyScope(name, async (scoped) => {
      for (const [at, { body, fate }] of steps.entries()) {
        if (first && fate === "overlaps" && at > 0) continue
        const then = steps[at + 1]
        if (first) next(fate)
        const work = [
          first && fate === "never left"
            ? make(scoped, body, { signal: aborted })
            : make(scoped, first && fate === "refused here" ? -1 : body)
        ]
        if (first && then?.fate === "overlaps") work.push(make(scoped, then.body))
        await Promise.allSettled(work)
      }
    })
  }
  const assertNeverTwice = async (
    make: Make,
    count: (mark: string) => Promise<ReadonlyArray<number>>,
    kind: string
  ) => {
    let run = 0
    let made = 0
    const step = fc.record({ body: fc.nat(2), fate: fc.constantFrom(...fates) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, times) => {
          const mark = `${kind}-${run++}`
          const gate = await gated()
          current = mark
          await program(gate, mark, steps, make, true)
          for (let again = 0; again < times; again++) await program(gate, mark, steps, make, false)
          const rows = await count(mark)
          for (const body of [0, 1, 2]) {
            assert.isAtMost(rows[body] ?? 0, steps.filter((one) => one.body === body).length, `body ${body}`)
          }
          made += rows.reduce((sum, row) => sum + row, 0)
          for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
        }
      ),
      { numRuns: 40 * Number(process.env["AYWA_RUNS"] ?? 1) }
    )
    return made / run
  }
  let current = ""
  const here = () => new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })

  it("law: no row is made more often than the program says, whatever happened in the first run", async () => {
    const rowsPerProgram = await assertNeverTwice(
      (client, body, given) =>
        client.assistants.create({ name: body < 0 ? "x".repeat(500) : `${current}/${body}` }, given),
      async (mark) => {
        await using aywa = here()
        const names = (await collect(aywa.assistants.stream())).map(({ name }) => name)
        return [0, 1, 2].map((body) => names.filter((name) => name === `${mark}/${body}`).length)
      },
      "row"
    )
    assert.isAbove(rowsPerProgram, 1)
  }, 120_000)

  it("law: nor is a file, whose name does not tell it from others", async () => {
    const rowsPerProgram = await assertNeverTwice(
      (client, body, given) =>
        client.files.upload(
          { file: Buffer.from(`${current}/${body}`), ...(body < 0 ? { contentType: "?" } : {}) },
          given
        ),
      async (mark) => {
        await using aywa = here()
        const rows = [0, 0, 0]
        for await (const { id } of aywa.files.list()) {
          const text = Buffer.from(await aywa.files.content(id)).toString()
          for (const body of [0, 1, 2]) if (text === `${mark}/${body}`) rows[body] = (rows[body] ?? 0) + 1
        }
        return rows
      },
      "file"
    )
    assert.isAbove(rowsPerProgram, 1)
  }, 120_000)

  it("a create that never left, or that overlapped, has its place: those behind it keep theirs", async () => {
    const { aywa } = await gated()
    const run = (signal?: AbortSignal) =>
      aywa.idempotencyScope("places", async (aywa) => {
        const first = await Promise.allSettled([aywa.assistants.create({ name: "places A" }, { signal })])
        const [second, third] = await Promise.allSettled([
          aywa.assistants.create({ name: "places B" }),
          aywa.assistants.create({ name: "places C" })
        ])
        const last = await aywa.assistants.create({ name: "places D" })
        return { tags: [...first, second, third].map((one) => one?.status), last: last.id }
      })
    const once = await run(aborted)
    assert.deepStrictEqual(once.tags, ["rejected", "fulfilled", "rejected"])
    const again = await run()
    assert.deepStrictEqual(again.tags, ["fulfilled", "fulfilled", "rejected"])
    assert.strictEqual(again.last, once.last)
  })

  it("a run whose creates are others than before makes none behind the first of them, and says what to do", async () => {
    const { aywa, next } = await gated()
    const run = () =>
      aywa.idempotencyScope("strayed", async (aywa) => {
        const errors: Array<unknown> = []
        for (const name of ["strayed X", "strayed X", "strayed Z"])
          await aywa.assistants.create({ name }).catch((error: unknown) => errors.push(error))
        return errors
      })
    next("unavailable")
    assert.lengthOf(await run(), 1)
    const [reused, refused] = await run()
    assert.propertyVal(Object(reused), "code", "idempotency_key_reused")
    assert.instanceOf(refused, InvalidRequest)
    assert.match(refused.message, /before it in the idempotency scope "strayed" was refused.*give each a name/)
    assert.propertyVal(refused, "outcome", "not-sent")
  })

  it("a loop around several creates inside of a scope makes none of them twice, and says where it belongs", async () => {
    const { aywa, next } = await gated()
    const mark = "looped"
    const count = async (name: string) => {
      await using aywa = here()
      return (await collect(aywa.assistants.stream())).filter((row) => row.name === name).length
    }
    const loop = async (scope: string, inner: (aywa: AywaRuntimeClient, first: boolean) => Promise<void>) => {
      const errors: Array<unknown> = []
      await aywa.idempotencyScope(scope, async (aywa) => {
        for (let i = 0; i < 3; i++) {
          try {
            return await inner(aywa, i === 0)
          } catch (error) {
            errors.push(error)
          }
        }
      })
      return errors
    }
    const around: ReadonlyArray<(aywa: AywaRuntimeClient) => Promise<unknown>> = [
      (aywa) => aywa.assistants.create({ name: `${mark} B` }),
      // In a scope inside, which is another one in each pass.
      (aywa) => aywa.idempotencyScope("b", (aywa) => aywa.assistants.create({ name: `${mark} inside` }))
    ]
    for (const [at, second] of around.entries()) {
      const errors = await loop(`${mark} ${at}`, async (aywa, first) => {
        await aywa.assistants.create({ name: `${mark} ${at}` })
        if (first) next("answer lost")
        await second(aywa)
      })
      assert.lengthOf(errors, 3)
      for (const error of errors.slice(1)) {
        assert.instanceOf(error, InvalidRequest)
        assert.include({ ...error }, { outcome: "not-sent", isRetryable: false })
        assert.match(
          error.message,
          /made before in this run of the idempotency scope "looped \d".*Put the retry around the scope/
        )
      }
      assert.strictEqual(await count(`${mark} ${at}`), 1)
    }
    // Around the one that failed it is safe, and then the same may be made once more.
    const name = `${mark} again`
    await aywa.idempotencyScope("looped again", async (aywa) => {
      await aywa.assistants.create({ name })
      next("answer lost")
      for (let i = 0; i < 2; i++) await aywa.assistants.create({ name: `${name} B` }).catch(() => undefined)
      await aywa.assistants.create({ name })
    })
    assert.deepStrictEqual([await count(name), await count(`${name} B`)], [2, 1])
  })

  it("another file is another upload, whatever its name; the same bytes, path or object are the same one", async () => {
    const { aywa, keys } = await start((_, response) => json(response, 503, { message: "Try later" }))
    const blob = new Blob(["blob"])
    await aywa.idempotencyScope("files", async (aywa) => {
      for (const text of ["A", "B", "A", "B", "C"])
        await aywa.files.upload({ file: Buffer.from(text) }).catch(() => undefined)
      for (const file of [blob, new Blob(["blob"]), blob]) await aywa.files.upload({ file }).catch(() => undefined)
    })
    const numbers = keys().map((key) => String(key).split(":").at(-1))
    assert.deepStrictEqual(numbers, ["1", "2", "1", "2", "3", "4", "5", "4"])
  })

  it.live("a policy that is made anew inside stays in the scope", () =>
    Effect.gen(function* () {
      const server = yield* serveScoped((_, response) => json(response, 201, assistant("a")))
      const client = yield* AywaRuntime.make({ baseUrl: server.baseUrl, apiKey: "k" })
      yield* Policy.with(client.assistants.create({}), () => Policy.defaults).pipe(Policy.idempotencyScope("anew"))
      assert.strictEqual(server.seen[0]?.headers["idempotency-key"], "aywa-scope:anew:assistants.create:1")
    })
  )
})
