/** A call that is given up is ended at the server, whichever way its request took through `fetch`. */
import { afterEach, assert, describe, it } from "vitest"
import { AywaRuntimeClient } from "../src/index.ts"
import { json, serve } from "./support/server.ts"

const platform = globalThis.fetch
afterEach(() => {
  globalThis.fetch = platform
})

const ways: Readonly<Record<string, () => typeof globalThis.fetch>> = {
  "Node's own": () => platform,
  "a wrapper of it": () =>
    Object.assign((...args: Parameters<typeof fetch>) => platform(...args), { __original: platform }),
  "a wrapper that leaves the dispatcher out": () =>
    Object.assign(
      (input: string | URL | Request, init?: RequestInit) => {
        const { dispatcher: _, ...rest }: { readonly dispatcher?: unknown } & RequestInit = init ?? {}
        return platform(input, rest)
      },
      { __original: platform }
    ),
  "another in its place": () => (input, init) => platform(input, init)
}

/** Resolves when the server has been asked, and when the client has left. */
const hanging = () => {
  const asked = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  return { asked, left }
}

describe.each(Object.keys(ways))("through %s", (way) => {
  for (const moment of ["before the answer", "within the answer"]) {
    it(`by its signal, ${moment}`, async () => {
      const { asked, left } = hanging()
      await using server = await serve((_, response) => {
        response.on("close", () => left.resolve())
        if (moment === "within the answer") response.writeHead(200, { "content-type": "application/json" }).write("[")
        setTimeout(asked.resolve, 20)
      })
      globalThis.fetch = ways[way]?.() ?? platform
      await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", transport: "fetch", retries: 0 })
      const controller = new AbortController()
      const call = aywa.assistants.list({}, { signal: controller.signal }).catch((error: unknown) => error)
      await asked.promise
      controller.abort()
      assert.strictEqual(Reflect.get(Object(await call), "_tag"), "Aborted")
      await left.promise
    })
  }

  it("by its time", async () => {
    const { left } = hanging()
    await using server = await serve((_, response) => void response.on("close", () => left.resolve()))
    globalThis.fetch = ways[way]?.() ?? platform
    await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", transport: "fetch", retries: 0 })
    const error: unknown = await aywa.assistants.list({}, { timeout: 50 }).catch((error: unknown) => error)
    assert.strictEqual(Reflect.get(Object(error), "_tag"), "AywaTimeoutError")
    await left.promise
  })
})

describe.each(["auto", "fetch"] as const)("a create over %s", (transport) => {
  it("says not-sent while it waits for a connection, and maybe-applied once it has one", async () => {
    const { asked } = hanging()
    await using server = await serve(() => asked.resolve())
    await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", transport, connections: 1 })
    const controllers = [new AbortController(), new AbortController()]
    const calls = controllers.map(({ signal }) =>
      aywa.assistants.create({ name: "x" }, { signal }).catch((error: unknown) => Reflect.get(Object(error), "outcome"))
    )
    await asked.promise
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (const controller of controllers.toReversed()) controller.abort()
    assert.deepStrictEqual(await Promise.all(calls), ["maybe-applied", "not-sent"])
    assert.lengthOf(server.seen, 1)
  })
})

it("one that waits for a connection is never sent", async () => {
  const { asked } = hanging()
  let answer = (): void => {}
  await using server = await serve((_, response) => {
    answer = () => json(response, 200, [])
    asked.resolve()
  })
  await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", transport: "fetch", connections: 1 })
  const first = aywa.assistants.list()
  await asked.promise
  const controller = new AbortController()
  const second = aywa.assistants.list({}, { signal: controller.signal }).catch((error: unknown) => error)
  await new Promise((resolve) => setTimeout(resolve, 20))
  controller.abort()
  assert.strictEqual(Reflect.get(Object(await second), "_tag"), "Aborted")
  answer()
  await first
  const third = aywa.assistants.list()
  while (server.seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  answer()
  await third
  assert.lengthOf(server.seen, 2)
})
