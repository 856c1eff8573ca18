/**
 * The bundled entries check with the small schema, everything else with effect/Schema: same answers, same words. Both
 * are compiled; the interpreter of effect/Schema is what both are held to.
 */
import { readdirSync, readFileSync } from "node:fs"
import { build, type Plugin } from "esbuild"
import * as fc from "fast-check"
import { assert, beforeAll, describe, it } from "vitest"
import { contract, specOf, type Operation } from "../src/contract.ts"
import * as effect from "../src/schema/codec.ts"
import type { Issue } from "../src/errors/Errors.ts"
import { lite } from "../scripts/bundle.ts"

interface Checker {
  readonly is: (value: unknown) => boolean
  readonly explain: (value: unknown) => ReadonlyArray<Issue>
}

type Part = "query" | "body" | "success"

/** The contract once more, in a module of its own. */
const another = async (contents: string, plugins: ReadonlyArray<Plugin>) => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: new URL("../src", import.meta.url).pathname, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
    plugins: [...plugins]
  })
  const text = outputFiles[0]?.text ?? ""
  return { text, module: await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`) }
}

/** As the bundle sees it: compiled, and where code may not be made from text. */
let small: (group: string, operation: string, part: Part) => Checker
let smallInterpreted: (group: string, operation: string, part: Part) => Checker["is"]
/** As effect/Schema interprets it: nothing in that module has been compiled. */
let interpreted: (group: string, operation: string, part: Part) => Checker["is"]

beforeAll(async () => {
  const own = `
    export { contract, specOf } from "./contract.ts"
    export { compile, explain } from "./schema/codec.ts"`
  const { text, module } = await another(own, [lite])
  assert.notInclude(text, "SchemaAST")
  const of = (group: string, operation: string, part: Part) => module.specOf(module.contract[group][operation])[part]
  small = (group, operation, part) => {
    const schema = of(group, operation, part)
    return { is: module.compile(schema), explain: (value) => module.explain(schema, value) }
  }
  smallInterpreted = (group, operation, part) => {
    const is = module.compile(of(group, operation, part))
    withoutEval(() => is({}))
    return is
  }
  const { module: effectModule } = await another(
    `export { contract, specOf } from "./contract.ts"
     export { is } from "effect/Schema"`,
    []
  )
  interpreted = (group, operation, part) =>
    effectModule.is(effectModule.specOf(effectModule.contract[group][operation])[part])
})

/** As under a content security policy that forbids `new Function`. */
const withoutEval = <A>(f: () => A): A => {
  const real = globalThis.Function
  let refused = 0
  Reflect.set(globalThis, "Function", function () {
    refused++
    throw new EvalError("Code generation from strings disallowed for this context")
  })
  try {
    return f()
  } finally {
    Reflect.set(globalThis, "Function", real)
    assert.strictEqual(refused, 1)
  }
}

const schemas = Object.entries(contract).flatMap(([group, operations]) =>
  Object.entries(operations as Record<string, Operation>).flatMap(([name, operation]) => {
    const spec = specOf(operation)
    return (["query", "body", "success"] as const).flatMap((part) => {
      const schema = spec[part]
      return schema === undefined ? [] : [{ group, name, part, schema }]
    })
  })
)

// Values that are nearly right: fields of the contract, with values of every kind.
const fieldNames = [...new Set(schemas.flatMap(({ schema }) => [...effect.keysOf(schema)]))]
const scalar = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "function",
    "apiRequest",
    "twilio",
    "+14155550123",
    "2026-01-01T00:00:00Z",
    "a b",
    "x".repeat(50),
    "x".repeat(1001)
  ),
  fc.integer({ min: -5, max: 50_000 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null)
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, scalar, tie("array"), tie("object")),
  array: fc.array(tie("any"), { maxLength: 3 }),
  object: fc.dictionary(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...fieldNames) },
      { weight: 1, arbitrary: fc.string() },
      { weight: 1, arbitrary: fc.constantFrom("provider", "role", "url", "headers", "__proto__", "constructor") }
    ),
    tie("any"),
    { maxKeys: 8 }
  )
})).any
const row = {
  id: "a",
  orgId: "o",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  type: "function",
  provider: "twilio"
}
const nearly = fc.oneof(
  value,
  value.map((v) => (typeof v === "object" && v !== null && !Array.isArray(v) ? { ...row, ...v } : { ...row, name: v }))
)

describe("the small schema", () => {
  for (const { group, name, part, schema } of schemas) {
    it(`${group}.${name} ${part}: accepts and explains what effect/Schema does`, () => {
      const is = effect.compile(schema)
      const other = small(group, name, part)
      const reference = interpreted(group, name, part)
      const fallback = smallInterpreted(group, name, part)
      fc.assert(
        fc.property(nearly, (value) => {
          const ok = is(value)
          assert.strictEqual(other.is(value), ok)
          const issues = effect.explain(schema, value)
          assert.deepStrictEqual(other.explain(value), issues)
          assert.strictEqual(issues.length === 0, ok)
          assert.strictEqual(reference(value), ok)
          assert.strictEqual(fallback(value), ok)
        }),
        { numRuns: 300 }
      )
    })
  }

  it("accepts and refuses the same real payloads", () => {
    const folder = new URL("./fixtures/contract/", import.meta.url)
    for (const file of readdirSync(folder)) {
      const json: unknown = JSON.parse(readFileSync(new URL(file, folder), "utf8"))
      for (const { group, name, part, schema } of schemas) {
        assert.deepStrictEqual(
          small(group, name, part).explain(json),
          effect.explain(schema, json),
          `${file} ${group}.${name}`
        )
        assert.strictEqual(small(group, name, part).is(json), effect.compile(schema)(json), `${file} ${group}.${name}`)
      }
    }
  })
})
