/** What tests assert with is as strict as it says. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { assertMatches, eventually, rejection } from "./support/assertions.ts"
import { runs } from "./support/runs.ts"

const row = { id: "a", tags: ["x", "y"], model: { name: "m", tools: [{ id: "t", strict: true }] }, none: null }

describe("assertMatches", () => {
  it.each<readonly [actual: unknown, pattern: unknown]>([
    [row, {}],
    [row, { id: "a", none: null }],
    [row, { id: /^a$/, model: { tools: [{ id: "t" }] } }],
    [
      [row, row],
      [{ tags: [/x/, "y"] }, {}]
    ],
    [Object.assign(new TypeError("no"), { code: 1 }), { name: "TypeError", message: "no", code: 1 }],
    ["text", /ex/],
    [
      [1, "text"],
      [1, /^t/]
    ],
    [Number.NaN, Number.NaN],
    [{ at: new Date(1) }, { at: new Date(1) }],
    [{ a: undefined }, { a: undefined }]
  ])("%j has %j", (actual, pattern) => assertMatches(actual, pattern))

  it.each<readonly [actual: unknown, pattern: unknown]>([
    [row, { id: "b" }],
    [row, { other: undefined }],
    [row, { id: /b/ }],
    [row, { tags: ["x"] }],
    [row, { tags: [] }],
    [row, { tags: {} }],
    [row, { model: { tools: [{ id: "t" }, {}] } }],
    [row, { model: { tools: { 0: { id: "t" } } } }],
    [{ tags: { 0: "x" } }, { tags: ["x"] }],
    [[], {}],
    [[], [{}]],
    [undefined, {}],
    [null, {}],
    ["text", {}],
    [5, /5/],
    [undefined, /undefined/],
    [{ at: new Date(1) }, { at: new Date(2) }],
    ["1", 1]
  ])("%j has not %j", (actual, pattern) => assert.throws(() => assertMatches(actual, pattern), "expected"))

  it("a value has itself, and itself with a field more has it; with a field changed it has it not", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (value, n) => {
        assertMatches(value, value)
        const keys = Object.keys(value)
        const key = keys[n % keys.length] ?? ""
        const { [key]: _, ...less } = value
        assertMatches(value, less)
        assert.throws(() => assertMatches(less, value), "expected")
        assert.throws(() => assertMatches({ ...value, [key]: Symbol("other") }, value), "expected")
      }),
      { numRuns: runs(100) }
    )
  })
})

describe("rejection", () => {
  it("gives the error", async () => {
    const error = new Error("no")
    assert.strictEqual(await rejection(Promise.reject(error)), error)
  })

  it("takes neither a success nor what is no Error", async () => {
    for (const promise of [Promise.resolve(new Error("given")), Promise.reject("text" as unknown as Error)]) {
      const failed = await rejection(promise).then(
        () => undefined,
        (error: unknown) => error
      )
      assert.instanceOf(failed, Error)
      assert.include(failed.message, "it was not rejected with an Error")
    }
  })
})

describe("eventually", () => {
  it("gives what the check gives, once it passes", async () => {
    let n = 0
    assert.strictEqual(await eventually(() => (assert.isAbove(++n, 2), n)), 3)
  })

  it("fails with what the check failed with", async () => {
    const check = (): Promise<void> => Promise.reject(new Error("not yet"))
    assert.include((await rejection(eventually(check, 60))).message, "not yet")
  })
})
