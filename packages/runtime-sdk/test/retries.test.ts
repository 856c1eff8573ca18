/** Retries and idempotency on real sockets: what peers get wrong, one test each. */
import { afterEach, assert, describe, it } from "vitest"
import {
  AywaRuntimeClient,
  ConflictError,
  ConnectionError,
  InvalidRequest,
  RateLimited,
  ServerError,
  TimeoutError,
  UnexpectedResponse,
  type AywaRuntimeClientOptions
} from "../src/index.ts"
import { runs } from "./support/runs.ts"
import { assistant, closedPort, json, serve, tagOf, type Server } from "./support/server.ts"

const open: Array<AsyncDisposable> = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})
type Handler = Parameters<typeof serve>[0]
const start = async (handler: Handler, options: Partial<AywaRuntimeClientOptions> = {}) => {
  const server: Server = await serve(handler)
  const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", ...options })
  open.push(server, aywa)
  return { server, aywa }
}
const keys = (server: Server) => server.seen.map((seen) => seen.headers["idempotency-key"])

describe("a create", () => {
  it("carries one key on every attempt, made when none is given (behaviour 1)", async () => {
    const { server, aywa } = await start((_, response, i) =>
      i < 2 ? json(response, 502 + i, {}) : json(response, 201, assistant("a"))
    )
    await aywa.assistants.create({ name: "x" })
    assert.strictEqual(server.seen.length, 3)
    assert.strictEqual(new Set(keys(server)).size, 1)
    assert.match(String(keys(server)[0]), /^aywa-[0-9a-f-]{36}$/)
  })

  it("has another key for every call, and the caller's key when one is given (behaviour 2)", async () => {
    const { server, aywa } = await start((_, response) => json(response, 201, assistant("a")))
    await aywa.assistants.create({})
    await aywa.assistants.create({})
    await aywa.assistants.create({}, { idempotencyKey: "mine-1" })
    assert.strictEqual(new Set(keys(server)).size, 3)
    assert.strictEqual(keys(server)[2], "mine-1")
  })

  it("keeps its key when the body of the first answer stalls (behaviour 3)", async () => {
    const { server, aywa } = await start(
      (_, response, i) => {
        if (i > 0) return json(response, 201, assistant("a"))
        response.writeHead(200, { "content-type": "application/json" })
        response.write('{"id":')
      },
      { timeout: 100 }
    )
    await aywa.assistants.create({})
    assert.strictEqual(server.seen.length, 2)
    assert.strictEqual(new Set(keys(server)).size, 1)
  })

  it("without any key is not repeated after an answer was lost (behaviour 3)", async () => {
    for (const lose of ["stall", "500", "reset"]) {
      const { server, aywa } = await start(
        (_, response) => {
          if (lose === "stall") response.writeHead(200)
          else if (lose === "reset") response.socket?.resetAndDestroy()
          else json(response, 500, {})
        },
        { timeout: 100, idempotency: "explicit" }
      )
      const error = await tagOf(aywa.assistants.create({}))
      assert.strictEqual(server.seen.length, 1, lose)
      assert.isUndefined(keys(server)[0])
      assert.strictEqual(Reflect.get(Object(error), "outcome"), "maybe-applied")
      assert.match(String(error), /read before you repeat/)
    }
  })

  it("without a key is repeated when it certainly did not happen", async () => {
    const { server, aywa } = await start(
      (_, response, i) => (i === 0 ? json(response, 429, {}) : json(response, 201, assistant("a"))),
      { idempotency: "explicit" }
    )
    await aywa.assistants.create({})
    assert.strictEqual(server.seen.length, 2)
  })
})

describe("409", () => {
  it("in flight is retried, any other fails at once (behaviour 4)", async () => {
    const inUse = await start((_, response, i) =>
      i === 0
        ? json(response, 409, { error: "Conflict", code: "idempotency_key_in_use", message: "m" })
        : json(response, 201, assistant("a"))
    )
    await inUse.aywa.assistants.create({})
    assert.strictEqual(inUse.server.seen.length, 2)

    const pinned = await start((_, response) => json(response, 409, { error: "assistant_pinned", message: "m" }))
    const error = await tagOf(pinned.aywa.assistants.delete("a"))
    assert.instanceOf(error, ConflictError)
    assert.strictEqual(error.code, "assistant_pinned")
    assert.strictEqual(error.outcome, "rejected")
    assert.isFalse(error.isRetryable)
    assert.strictEqual(pinned.server.seen.length, 1)

    const reused = await start((_, response) => json(response, 422, { code: "idempotency_key_reused", message: "m" }))
    const mismatch = await tagOf(reused.aywa.assistants.create({}, { idempotencyKey: "k" }))
    assert.instanceOf(mismatch, InvalidRequest)
    assert.strictEqual(mismatch.code, "idempotency_key_reused")
    assert.strictEqual(reused.server.seen.length, 1)
  })
})

describe("429 and Retry-After", () => {
  it("waits as long as asked, and says it when retries are used up (behaviour 5)", async () => {
    const { server, aywa } = await start((_, response, i) =>
      i === 0 ? json(response, 429, {}, { "retry-after": "1" }) : json(response, 200, [])
    )
    await aywa.assistants.list()
    const gap = (server.seen[1]?.at ?? 0) - (server.seen[0]?.at ?? 0)
    assert.isAtLeast(gap, 990)

    const never = await start((_, response) => json(response, 429, { message: "slow" }, { "retry-after": "0" }))
    const error = await tagOf(never.aywa.assistants.list())
    assert.instanceOf(error, RateLimited)
    assert.strictEqual(error.retryAfter, 0)
    assert.strictEqual(error.attempts, 3)
    assert.strictEqual(never.server.seen.length, 3)
  })

  it("fails at once when the wait does not fit the deadline or the cap (behaviour 6)", async () => {
    for (const options of [{ deadline: 30_000 }, { deadline: 600_000 }]) {
      const { server, aywa } = await start((_, response) => json(response, 429, {}, { "retry-after": "120" }), options)
      const error = await tagOf(aywa.assistants.list())
      assert.instanceOf(error, RateLimited)
      assert.strictEqual(error.retryAfter, 120)
      assert.strictEqual(server.seen.length, 1)
    }
  })

  it("keeps a pause even for Retry-After: 0 (behaviour 7)", async () => {
    const { server, aywa } = await start((_, response, i) =>
      i === 0 ? json(response, 503, {}, { "retry-after": "0" }) : json(response, 200, [])
    )
    await aywa.assistants.list()
    assert.isAtLeast((server.seen[1]?.at ?? 0) - (server.seen[0]?.at ?? 0), 40)
  })
})

describe("the server's word on retries (behaviour 13) and the attempt header (behaviour 14)", () => {
  it("x-should-retry: false stops, true goes on", async () => {
    const no = await start((_, response) => json(response, 500, {}, { "x-should-retry": "false" }))
    const stopped = await tagOf(no.aywa.assistants.list())
    assert.instanceOf(stopped, ServerError)
    assert.isFalse(stopped.isRetryable)
    assert.strictEqual(no.server.seen.length, 1)
    const yes = await start((_, response, i) =>
      i === 0 ? json(response, 400, {}, { "x-should-retry": "true" }) : json(response, 200, [])
    )
    await yes.aywa.assistants.list()
    assert.strictEqual(yes.server.seen.length, 2)
  })

  it("x-aywa-attempt counts from 0", async () => {
    const { server, aywa } = await start((_, response, i) =>
      i < 2 ? json(response, 503, {}) : json(response, 200, [])
    )
    await aywa.assistants.list()
    assert.deepStrictEqual(
      server.seen.map((seen) => seen.headers["x-aywa-attempt"]),
      ["0", "1", "2"]
    )
  })
})

describe("connections", () => {
  it("survives a server that closes idle connections, without a second create (behaviour 10)", async () => {
    const { server, aywa } = await start((_, response) => {
      response.on("finish", () => setTimeout(() => response.socket?.destroy(), 5))
      json(response, 201, assistant("a"))
    })
    await aywa.assistants.create({})
    await new Promise((resolve) => setTimeout(resolve, 50))
    await aywa.assistants.create({})
    assert.strictEqual(server.seen.length, 2)
  })

  it("reuses connections over retries: many calls of 503 then 200 need at most 2 (behaviour 11)", async () => {
    const big = "x".repeat(300_000)
    const { server, aywa } = await start((seen, response) =>
      seen.headers["x-aywa-attempt"] === "0"
        ? json(response, 503, { message: big }, { "retry-after": "0" })
        : json(response, 200, [])
    )
    for (let i = 0; i < Math.min(50, runs(20)); i++)
      await aywa.assistants.list({}, { retries: 1, deadline: 60_000, headers: { "x-i": `${i}` } })
    assert.isAtMost(server.sockets.opened, 2)
  }, 60_000)

  it("a refused connection is not sent, and is retried", async () => {
    const aywa = new AywaRuntimeClient({ baseUrl: await closedPort(), apiKey: "k", retries: 1 })
    for (const call of [() => aywa.assistants.list(), () => aywa.assistants.create({})]) {
      const error = await tagOf(call())
      assert.instanceOf(error, ConnectionError)
      assert.strictEqual(error.outcome, "not-sent")
      assert.strictEqual(error.code, "ECONNREFUSED")
      assert.strictEqual(error.attempts, 2)
    }
  })

  it("a truncated body is a ConnectionError, retried where that is safe (behaviour 40)", async () => {
    const { server, aywa } = await start((_, response, i) => {
      if (i > 0) return json(response, 200, [])
      response.writeHead(200, { "content-length": "100" })
      response.write('[{"id":1')
      setTimeout(() => response.socket?.end(), 10)
    })
    await aywa.assistants.list()
    assert.strictEqual(server.seen.length, 2)
    const once = await start((_, response) => {
      response.writeHead(200, { "content-length": "100" })
      response.write("[")
      setTimeout(() => response.socket?.end(), 10)
    })
    const error = await tagOf(once.aywa.assistants.list({}, { retries: 0 }))
    assert.instanceOf(error, ConnectionError)
    assert.match(error.message, /broke off/)
  })
})

describe("a delete", () => {
  it.each([404, 410])("that finds nothing (%i) after a lost answer is done", async (status) => {
    const { server, aywa } = await start((_, response, i) => {
      if (i === 0) response.socket?.resetAndDestroy()
      else json(response, status, { message: "not found" })
    })
    assert.isUndefined(await aywa.assistants.delete("a"))
    assert.strictEqual(server.seen.length, 2)
  })
  it("that finds nothing at the first attempt is NotFound", async () => {
    const { aywa } = await start((_, response) => json(response, 404, { message: "not found" }))
    const error = await tagOf(aywa.assistants.delete("a"))
    assert.strictEqual(Reflect.get(Object(error), "_tag"), "NotFound")
  })
  it("takes 204", async () => {
    const { aywa } = await start((_, response) => response.writeHead(204).end())
    assert.isUndefined(await aywa.assistants.delete("a"))
  })
})

describe("redirects (behaviour 25)", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    for (const transport of ["auto", "fetch"] as const) {
      it(`${status} is refused by ${transport}, and the other origin hears nothing`, async () => {
        const other = await serve((_, response) => json(response, 200, assistant("stolen")))
        open.push(other)
        const { aywa } = await start(
          (_, response) => response.writeHead(status, { location: `${other.baseUrl}/assistant` }).end(),
          { transport, retries: 0 }
        )
        for (const call of [() => aywa.assistants.create({}), () => aywa.assistants.get("a")]) {
          const error = await tagOf(call())
          assert.instanceOf(error, UnexpectedResponse)
          assert.match(error.message, /redirect/)
        }
        assert.strictEqual(other.seen.length, 0)
      })
    }
  }
})

describe("timeouts", () => {
  const handlers: Record<string, Handler> = {
    "never answers": () => undefined,
    "sends headers, then nothing": (_, response) => {
      response.writeHead(200, { "content-type": "application/json" })
      response.flushHeaders()
    },
    "drips a byte every 20 ms": (_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write(" "), 20)
      response.on("close", () => clearInterval(timer))
    }
  }
  for (const [name, handler] of Object.entries(handlers)) {
    for (const transport of ["auto", "fetch"] as const) {
      it(`cover a server that ${name} (${transport}, behaviour 15)`, async () => {
        const { aywa, server } = await start(handler, { timeout: 150, retries: 0, transport })
        const begin = performance.now()
        const error = await tagOf(aywa.assistants.list())
        assert.instanceOf(error, TimeoutError)
        assert.strictEqual(error.scope, "attempt")
        assert.strictEqual(error.timeoutMillis, 150)
        assert.isBelow(performance.now() - begin, 2000)
        // Reading stops: the connection goes.
        await new Promise((resolve) => setTimeout(resolve, 50))
        assert.strictEqual(server.sockets.open.size, 0)
      })
    }
  }

  it("the deadline bounds attempts and waits together (behaviour 16)", async () => {
    const { server, aywa } = await start(() => undefined, { timeout: 200, deadline: 450, retries: 10 })
    const begin = performance.now()
    const error = await tagOf(aywa.assistants.list())
    assert.isBelow(performance.now() - begin, 2000)
    assert.isBelow(server.seen.length, 4)
    assert.instanceOf(error, TimeoutError)
  })
})

describe("answers that are not what the type says", () => {
  const cases: ReadonlyArray<readonly [name: string, handler: Handler, says: RegExp]> = [
    [
      "HTML with 200 (behaviour 38)",
      (_, r) => r.writeHead(200, { "content-type": "text/html" }).end("<html>canary</html>"),
      /not JSON \(text\/html\)/
    ],
    ["broken JSON", (_, r) => r.writeHead(200).end('{"id": canary'), /not JSON/],
    ["an empty body (behaviour 41)", (_, r) => r.writeHead(200).end(), /empty body/],
    ["another shape", (_, r) => json(r, 200, { id: 7, orgId: "canary" }), /id: Expected string/],
    ["null", (_, r) => json(r, 200, null), /another shape/],
    ["a page of rows instead of a row", (_, r) => json(r, 200, []), /another shape/]
  ]
  for (const [name, handler, says] of cases) {
    it(`${name}: a typed error, once, that quotes nothing`, async () => {
      const { server, aywa } = await start(handler)
      const error = await tagOf(aywa.assistants.get("a"))
      assert.instanceOf(error, UnexpectedResponse)
      assert.strictEqual(error.status, 200)
      assert.match(error.message, says)
      assert.notInclude(JSON.stringify(error), "canary")
      assert.strictEqual(server.seen.length, 1)
    })
  }
  it("an id that is a number is an error, however large: it would come out as another one (behaviour 43)", async () => {
    for (const transport of ["auto", "fetch"] as const) {
      const { aywa } = await start(
        (_, r) => r.writeHead(200).end(JSON.stringify(assistant("a")).replace('"a"', "9007199254740993")),
        { transport }
      )
      const error = await tagOf(aywa.assistants.get("a"))
      assert.instanceOf(error, UnexpectedResponse)
      assert.match(error.message, /id: Expected string/)
      assert.notMatch(JSON.stringify(error), /900719925474099\d/)
    }
  })
  it("a web page is no metrics either (behaviour 38)", async () => {
    let type = "text/html; charset=utf-8"
    const { aywa } = await start((_, r) => r.writeHead(200, { "content-type": type }).end("calls 1\n"))
    const error = await tagOf(aywa.operations.metrics())
    assert.instanceOf(error, UnexpectedResponse)
    assert.match(error.message, /not plain text \(text\/html\)\. Does baseUrl point at the runtime/)
    type = "text/plain; version=0.0.4"
    assert.strictEqual(await aywa.operations.metrics(), "calls 1\n")
  })
  it("502 with HTML keeps its status and is retried (behaviour 39)", async () => {
    const { server, aywa } = await start((_, r) =>
      r.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad</h1>")
    )
    const error = await tagOf(aywa.assistants.get("a"))
    assert.instanceOf(error, ServerError)
    assert.strictEqual(error.status, 502)
    assert.strictEqual(server.seen.length, 3)
  })
  it("unknown fields, unknown enum values and nulls come through as they are (behaviour 42)", async () => {
    const row = assistant("a", {
      firstMessageMode: "telepathy",
      voice: { provider: "new", x: { y: [1] } },
      name: null,
      z: 1
    })
    const { aywa, server } = await start((_, r) => json(r, 200, row))
    const read = await aywa.assistants.get("a")
    assert.deepStrictEqual<unknown>(read, row)
    await aywa.assistants.update("a", read)
    const { id: _id, orgId: _orgId, createdAt: _c, updatedAt: _u, ...rest } = row
    assert.deepStrictEqual(JSON.parse(server.seen[1]?.body ?? ""), rest)
  })
})
