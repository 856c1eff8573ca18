/** Status and headers that arrived count, whatever happens to the body, over every transport. */
import { afterEach, assert, describe, it } from "vitest"
import type { CallError } from "../src/errors/Errors.ts"
import { everyTransport, type Which } from "./support/everyTransport.ts"
import { rawHead, serveRaw, type RawAnswer } from "./support/raw.ts"
import { assistant, tagOf } from "./support/server.ts"

const open: Array<AsyncDisposable> = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})
const start = async (answer: (index: number) => RawAnswer) => {
  const server = await serveRaw(answer)
  open.push(server)
  return server
}

/** What can happen to the body of an answer. */
const fates: Readonly<Record<string, (status: number, headers?: Readonly<Record<string, string>>) => RawAnswer>> = {
  cut: (status, headers) => ({
    bytes: rawHead(status, { "content-length": "100", "x-request-id": "req_1", ...headers }, '{"message":"canary'),
    then: "cut"
  }),
  stalled: (status, headers) => ({
    bytes: rawHead(status, { "content-length": "100", "x-request-id": "req_1", ...headers }, '{"message":"canary'),
    then: "stall"
  }),
  "not begun": (status, headers) => ({
    bytes: rawHead(status, { "content-length": "100", "x-request-id": "req_1", ...headers }),
    then: "stall"
  }),
  garbled: (status, headers) => ({
    bytes: rawHead(
      status,
      { "content-length": "6", "content-encoding": "gzip", "x-request-id": "req_1", ...headers },
      "canary"
    ),
    then: "stall"
  })
}

const options = { timeout: 300, retries: 2 }

/** An error by its status alone: what it is, and how many requests it takes with two retries. */
const errors: ReadonlyArray<readonly [status: number, tag: string, outcome: string, requests: number]> = [
  [401, "AuthError", "rejected", 1],
  [403, "AuthError", "rejected", 1],
  [422, "InvalidRequest", "rejected", 1],
  [501, "ServerError", "maybe-applied", 1],
  [303, "UnexpectedResponse", "maybe-applied", 1]
]

for (const [transport, call] of Object.entries(everyTransport)) {
  describe(`over ${transport}`, () => {
    for (const [fate, answer] of Object.entries(fates)) {
      it(`a body that is ${fate} takes nothing from the status`, async () => {
        for (const [status, tag, outcome, requests] of errors) {
          const server = await start(() => answer(status))
          const error = (await tagOf(call(server.baseUrl, "create", options))) as CallError
          const { _tag, requestId } = error
          assert.deepStrictEqual(
            { _tag, status: error.status, outcome: error.outcome, requestId, requests: server.seen.length },
            { _tag: tag, status, outcome, requestId: "req_1", requests },
            `${status}`
          )
          assert.notInclude(JSON.stringify(error), "canary")
        }
      })
    }

    for (const which of ["list", "content", "upload"] satisfies ReadonlyArray<Which>) {
      it(`a 401 that is cut is AuthError after one request: ${which}`, async () => {
        const server = await start(() => fates.cut!(401))
        const error = await tagOf(call(server.baseUrl, which, options))
        assert.deepInclude({ ...Object(error) }, { _tag: "AuthError", status: 401 })
        assert.lengthOf(server.seen, 1)
      })
    }

    it("a 429 whose body stalls is waited for as long as it asks", async () => {
      const whole = JSON.stringify([assistant("a")])
      const server = await start((i) =>
        i === 0
          ? fates.stalled!(429, { "retry-after": "1" })
          : { bytes: rawHead(200, { "content-length": `${whole.length}` }, whole), then: "stall" }
      )
      await call(server.baseUrl, "list", options)
      assert.isAtLeast(server.seen[1]! - server.seen[0]!, 1000)

      const never = await start(() => fates.stalled!(429, { "retry-after": "2" }))
      const error = await tagOf(call(never.baseUrl, "list", { ...options, deadline: 1500 }))
      assert.deepInclude({ ...Object(error) }, { _tag: "RateLimited", retryAfter: 2, status: 429 })
      assert.lengthOf(never.seen, 1)
    })

    it("a success that is cut or stalls is no answer, and its error has status and request id", async () => {
      for (const [fate, tag] of [
        ["cut", "ConnectionError"],
        ["stalled", "AywaTimeoutError"]
      ] as const) {
        const server = await start(() => fates[fate]!(201))
        const error = await tagOf(call(server.baseUrl, "create", { ...options, retries: 0 }))
        const seen = { _tag: tag, status: 201, requestId: "req_1", outcome: "maybe-applied" }
        assert.deepInclude({ ...Object(error) }, seen)
      }
    })

    it("which 409 or 429 it was, nobody can read: it may have been applied, and is asked again under its key", async () => {
      for (const status of [409, 429]) {
        const server = await start(() => fates.cut!(status))
        const error = await tagOf(call(server.baseUrl, "create", { ...options, idempotencyKey: "mine" }))
        assert.deepInclude({ ...Object(error) }, { outcome: "maybe-applied", status })
        assert.lengthOf(server.seen, 3)
      }
    })
  })
}
