import { inspect } from "node:util"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { afterEach, assert, describe, it } from "@effect/vitest"
import * as Errors from "../src/errors/Errors.ts"
import { AywaRuntimeClient } from "../src/index.ts"
import * as ErrorSchema from "../src/errors/ErrorSchema.ts"
import * as Schema from "effect/Schema"
import { json, serve, tagOf } from "./support/server.ts"

const open: Array<AsyncDisposable> = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})

const fields = fc.record(
  {
    operation: fc.string(),
    method: fc.constantFrom("GET", "POST"),
    path: fc.string(),
    status: fc.integer({ min: 100, max: 599 }),
    requestId: fc.string(),
    attempts: fc.nat(9),
    outcome: fc.constantFrom("not-sent" as const, "rejected" as const, "maybe-applied" as const),
    idempotencyKey: fc.string(),
    message: fc.string()
  },
  { requiredKeys: ["operation", "method", "path", "attempts", "outcome", "message"] }
)

const anyError: fc.Arbitrary<Errors.RuntimeError> = fields.chain((init) =>
  fc.oneof(
    fc
      .constantFrom("unauthenticated" as const, "forbidden" as const)
      .map((kind) => new Errors.AuthError({ ...init, kind })),
    fc.constant(new Errors.NotFound(init)),
    fc
      .array(fc.record({ path: fc.array(fc.string()), message: fc.string() }))
      .map((issues) => new Errors.InvalidRequest({ ...init, issues, code: "c" })),
    fc.constantFrom("idempotency_key_in_use", "x").map((code) => new Errors.ConflictError({ ...init, code })),
    fc.option(fc.nat(), { nil: undefined }).map((retryAfter) => new Errors.RateLimited({ ...init, retryAfter })),
    fc.constant(new Errors.ServerError({ ...init, retryAfter: 1 })),
    fc.constant(new Errors.ConnectionError({ ...init, code: "ECONNRESET", cause: new Error("x") })),
    fc
      .constantFrom("attempt" as const, "deadline" as const)
      .map((scope) => new Errors.TimeoutError({ ...init, scope, timeoutMillis: 1 })),
    fc.string().map((issue) => new Errors.UnexpectedResponse({ ...init, issue })),
    fc.constant(new Errors.CircuitOpen({ ...init, retryAfterMillis: 5 })),
    fc.constant(new Errors.Aborted({ ...init, reason: "r" })),
    fc.string().map((field) => new Errors.ConfigError({ field, message: init.message, variable: "V" }))
  )
)

describe("error classes", () => {
  it("survive JSON: same class, same fields, same message", () => {
    fc.assert(
      fc.property(anyError, (error) => {
        const wire: unknown = JSON.parse(JSON.stringify(error))
        const back = Errors.fromJSON(wire)
        assert.isDefined(back)
        assert.strictEqual(back?.constructor, error.constructor)
        assert.deepStrictEqual<unknown>(back?.toJSON(), error.toJSON())
        assert.deepStrictEqual(wire, { ...error.toJSON() })
        const decoded = Schema.decodeUnknownSync(ErrorSchema.RuntimeError)(wire)
        assert.deepStrictEqual<unknown>(decoded.toJSON(), error.toJSON())
        assert.deepStrictEqual<unknown>(Schema.encodeSync(ErrorSchema.RuntimeError)(decoded), wire)
      })
    )
  })
  it("reads nothing else back", () => {
    for (const json of [undefined, null, 1, {}, { _tag: 1 }, { _tag: "toString" }, { _tag: "__proto__" }]) {
      assert.isUndefined(Errors.fromJSON(json))
    }
  })
  it("know their own kind, and only that", () => {
    fc.assert(
      fc.property(anyError, (error) => {
        assert.isTrue(Errors.isRuntimeError(error))
        assert.instanceOf(error, Error)
        for (const constructor of Object.values(Errors)) {
          if (typeof constructor !== "function" || !("tag" in constructor) || constructor.tag === undefined) continue
          assert.strictEqual(
            error instanceof (constructor as typeof Errors.NotFound),
            error._tag === constructor.tag,
            error._tag
          )
        }
        assert.isFalse(Errors.isRuntimeError(new Error("x")))
        assert.isFalse(new Error("x") instanceof Errors.NotFound)
      })
    )
  })
  it.effect("work with catchTag", () =>
    Effect.gen(function* () {
      const error = new Errors.NotFound({
        operation: "o",
        method: "GET",
        path: "/",
        attempts: 1,
        outcome: "rejected",
        message: "m"
      })
      const caught = yield* Effect.catchTag(Effect.fail(error), "NotFound", (e) => Effect.succeed(e.operation))
      assert.strictEqual(caught, "o")
    })
  )
})

describe("what the runtime answers, as errors", () => {
  const table: ReadonlyArray<readonly [status: number, body: unknown, tag: string, fields: object]> = [
    [
      400,
      { message: ["name must be shorter", "x should not exist"], error: "Bad Request", statusCode: 400 },
      "InvalidRequest",
      { outcome: "rejected" }
    ],
    [
      401,
      { message: "Invalid key.", error: "Unauthorized", statusCode: 401 },
      "AuthError",
      { kind: "unauthenticated" }
    ],
    [402, { message: "not eligible" }, "AuthError", { kind: "forbidden" }],
    [403, { message: "This key may not" }, "AuthError", { kind: "forbidden" }],
    [404, { statusCode: 404, message: "Cannot GET" }, "NotFound", {}],
    [
      409,
      { error: "assistant_pinned", message: "pinned" },
      "ConflictError",
      { code: "assistant_pinned", isRetryable: false }
    ],
    [409, { message: "Idempotency key reused", error: "Conflict" }, "ConflictError", { code: "conflict" }],
    [412, { code: "precondition_failed" }, "ConflictError", { code: "precondition_failed" }],
    [413, { message: "too large" }, "InvalidRequest", {}],
    [418, { message: "teapot" }, "UnexpectedResponse", { status: 418 }],
    [
      422,
      { message: ["number must be E.164"], code: "idempotency_key_reused" },
      "InvalidRequest",
      { code: "idempotency_key_reused" }
    ],
    [429, { message: "Rate limit exceeded." }, "RateLimited", { outcome: "rejected", isRetryable: true }],
    [429, { message: "odd", code: "something_else" }, "RateLimited", { outcome: "maybe-applied" }],
    [500, { message: "Internal", statusCode: 500 }, "ServerError", { outcome: "maybe-applied" }],
    [501, "<html>", "ServerError", { isRetryable: false }],
    [503, { code: "unavailable" }, "ServerError", { retryAfter: 2, isRetryable: true }],
    [300, "", "UnexpectedResponse", {}]
  ]
  for (const [status, body, tag, expected] of table) {
    it(`${status} ${JSON.stringify(body).slice(0, 40)} is ${tag}`, async () => {
      const server = await serve((_, r) => json(r, status, body, status === 503 ? { "retry-after": "2" } : {}))
      const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", retries: 0 })
      open.push(server, aywa)
      const error = await tagOf(aywa.assistants.delete("a"))
      assert.deepInclude(
        { ...Object(error) },
        { _tag: tag, status, requestId: "req_test", operation: "assistants.delete", ...expected }
      )
      if (Array.isArray(Object(body).message))
        assert.strictEqual(Object(error).issues.length, Object(body).message.length)
    })
  }

  it("a status that an operation never has becomes the nearest class, with advice", async () => {
    const server = await serve((_, r) => json(r, 404, { message: "Cannot GET /assistants", statusCode: 404 }))
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", retries: 0 })
    open.push(server, aywa)
    const error = await tagOf(aywa.assistants.list())
    assert.instanceOf(error, Errors.UnexpectedResponse)
    assert.match(error.message, /baseUrl/)
  })

  it("a message is whole sentences, whatever the runtime says", async () => {
    const says = ["Invalid key", "Invalid key.", "Really?", ["one", "two"], "x".repeat(3000)]
    for (const message of says) {
      const server = await serve((_, r) => json(r, 401, { message }))
      const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key" })
      open.push(server, aywa)
      const text = String(await tagOf(aywa.assistants.list()))
      assert.match(text, /\(401\)\. The runtime says: \S.{0,2000}[^.?][.?] Check AYWA_RUNTIME_API_KEY/)
    }
    const server = await serve((_, r) => json(r, 201, {}))
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key" })
    open.push(server, aywa)
    assert.match(String(await tagOf(aywa.assistants.create({}))), /updatedAt: Missing key\. It may have taken effect/)
  })

  it("what the runtime says is one line without control characters", async () => {
    const server = await serve((_, r) =>
      json(r, 400, { message: ["\u001b[31mred\r\nnext: line\u0000", "\n\t", "fine"] })
    )
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key" })
    open.push(server, aywa)
    const error = await tagOf(aywa.assistants.create({}))
    assert.instanceOf(error, Errors.InvalidRequest)
    assert.deepStrictEqual(
      error.issues.map(({ message }) => message),
      ["[31mred next: line", "fine"]
    )
    assert.notMatch(error.message, /\p{Cc}/u)
  })

  it("no secret of request or answer is in an error, however it is printed (behaviour 28)", async () => {
    const server = await serve((seen, r) =>
      json(r, 400, { message: `bad ${seen.headers.authorization} ${seen.body}`, token: "canary-answer" })
    )
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "canary-key", retries: 0 })
    open.push(server, aywa)
    const error = await tagOf(
      aywa.phoneNumbers.create({
        provider: "twilio",
        number: "+14155550123",
        twilioAccountSid: "AC1",
        twilioAuthToken: "canary-token"
      })
    )
    assert.instanceOf(error, Errors.InvalidRequest)
    for (const text of [
      inspect(error, { depth: 10, showHidden: true }),
      JSON.stringify(error),
      String(error),
      error.stack ?? ""
    ]) {
      assert.notInclude(text, "canary")
    }
  })

  it("hostile bodies and headers do no harm (behaviour 34)", async () => {
    const server = await serve((_, r) => {
      r.writeHead(400, { "x-request-id": "r".repeat(5000) })
      r.end(
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"message":[1,null,"m"],"code":"__proto__"}'
      )
    })
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", retries: 0 })
    open.push(server, aywa)
    const error = await tagOf(aywa.assistants.create({}))
    assert.instanceOf(error, Errors.InvalidRequest)
    assert.isUndefined(Reflect.get({}, "polluted"))
    assert.isUndefined(error.code)
    assert.isAtMost(error.requestId?.length ?? 0, 200)
  })
})
