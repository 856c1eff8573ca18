import { assert, describe, it } from "@effect/vitest"
import * as Barrel from "effect"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { Errors, ErrorSchema, Schemas } from "../src/effect.ts"

const tags = [
  "AuthError",
  "NotFound",
  "InvalidRequest",
  "ConflictError",
  "RateLimited",
  "ServerError",
  "ConnectionError",
  "AywaTimeoutError",
  "UnexpectedResponse",
  "CircuitOpen",
  "Aborted",
  "AywaConfigError"
] as const satisfies ReadonlyArray<Errors.RuntimeError["_tag"]>

const errorOf = (tag: (typeof tags)[number]): Errors.RuntimeError =>
  tag === "AywaConfigError" ? Errors.make(tag, { field: "baseUrl" }) : Errors.make(tag, { operation: "assistants.get" })

/** The tag of what a class makes, if that is an error: most of what Effect exports is no class of errors. */
const tagOf = (value: unknown): string | undefined => {
  if (typeof value !== "function" || !/Error$|^Base$/.test(value.name)) return undefined
  try {
    const error: unknown = Reflect.construct(value, [{}])
    const tag: unknown = Object(error)._tag
    return typeof tag === "string" ? tag : undefined
  } catch {
    return undefined
  }
}

it.each(tags)("%s without a word more can be written as JSON and read back", (tag) => {
  const error = Errors.make(tag, {} as never)
  const json = Schema.encodeSync(ErrorSchema.RuntimeError)(error)
  assert.strictEqual(Schema.decodeUnknownSync(ErrorSchema.RuntimeError)(json)._tag, tag)
})

describe("tags of errors", () => {
  it("no module of the barrel of Effect fails with a tag of ours", () => {
    const theirs = Object.values(Barrel).flatMap((module) =>
      Object.values(module).flatMap((value) => tagOf(value) ?? [])
    )
    // What is told apart: were these not found, nothing would be.
    assert.includeMembers(theirs, ["TimeoutError", "ConfigError"])
    assert.deepStrictEqual(
      tags.filter((tag) => theirs.includes(tag)),
      []
    )
  })

  it.effect("a time limit of the program and one of a call are caught apart", () =>
    Effect.gen(function* () {
      const ours: Effect.Effect<never, Errors.TimeoutError | Cause.TimeoutError> = Effect.fail(
        Errors.make("AywaTimeoutError", { operation: "assistants.get" })
      )
      const caught = yield* Effect.exit(Effect.catchTag(ours, "TimeoutError", () => Effect.succeed("theirs")))
      assert.isTrue(Exit.isFailure(caught))
      assert.strictEqual(yield* Effect.catchTag(caught, "AywaTimeoutError", () => Effect.succeed("ours")), "ours")
    })
  )

  it("JSON of 0.1 is read under the tags of now", () => {
    const { _tag, ...fields } = errorOf("AywaTimeoutError").toJSON()
    assert.strictEqual(_tag, "AywaTimeoutError")
    assert.instanceOf(Errors.fromJSON({ ...fields, _tag: "TimeoutError" }), Errors.TimeoutError)
    const config = Errors.fromJSON({ _tag: "ConfigError", field: "apiKey", message: "none" })
    assert.instanceOf(config, Errors.ConfigError)
  })
})

describe("errors of mocks", () => {
  it.effect.each(tags)("%s is made of the fields that matter, is yielded, and survives its schema", (tag) =>
    Effect.gen(function* () {
      const error = errorOf(tag)
      assert.strictEqual(error._tag, tag)
      const yielded = Effect.gen(function* () {
        return yield* error
      })
      assert.deepStrictEqual(yield* Effect.exit(yielded), Exit.fail(error))
      const codec = ErrorSchema.RuntimeError
      const json = Schema.encodeUnknownSync(codec)(error)
      assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(JSON.parse(JSON.stringify(json))).toJSON(), error.toJSON())
    })
  )

  it("what is given wins over what is usual", () => {
    const error = Errors.make("NotFound", { operation: "calls.get", path: "/call/a", attempts: 3, message: "gone" })
    assert.deepInclude(error.toJSON(), {
      status: 404,
      outcome: "rejected",
      path: "/call/a",
      attempts: 3,
      message: "gone"
    })
  })
})

describe("schemas of rows", () => {
  it("an assistant goes through JSON and back; what is none is refused", () => {
    const row = {
      id: "a",
      orgId: "o",
      createdAt: "2026-01-01T00:00:00Z",
      updatedAt: "2026-01-01T00:00:00Z",
      name: "Ada"
    }
    const json = Schema.encodeSync(Schemas.Assistant)(row)
    assert.deepStrictEqual(Schema.decodeUnknownSync(Schemas.Assistant)(json), row)
    assert.throws(() => Schema.decodeUnknownSync(Schemas.Assistant)({ ...row, id: 7 }), /id/)
  })
})
