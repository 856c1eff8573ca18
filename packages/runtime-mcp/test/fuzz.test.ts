import * as fc from "fast-check"
import { assert, test } from "vitest"
import { entries } from "../src/operations/table.ts"
import { clientOf, connect, startRuntime } from "./support.ts"

/** A hundred by default; CI asks for a thousand. */
const runs = Number(process.env["AYWA_MCP_CALLS"] ?? 100)

const nasty = fc.constantFrom(
  "../../__aywa/reset",
  "..",
  ".",
  "%2e%2e/tool",
  "a/b?c=d#e",
  "__proto__",
  "constructor",
  "\u0000",
  "\r\nX-Evil: 1",
  "💥".repeat(50),
  "",
  " "
)
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  nasty,
  fc.constant("y".repeat(20_000)),
  fc.constant(JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')),
  fc.integer({ min: 1, max: 2000 }).map((depth) => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`))
)
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...entries.map(({ name }) => name)) },
  { weight: 1, arbitrary: odd }
)

const argumentsOf = fc.record(
  {
    operation,
    id: fc.oneof(nasty, fc.uuid(), odd),
    query: fc.oneof(fc.constant({ limit: 2 }), odd),
    body: fc.oneof(fc.constant({ name: "Desk" }), odd, fc.dictionary(fc.string(), odd)),
    idempotencyKey: fc.oneof(fc.uuid(), odd),
    confirm: fc.oneof(fc.uuid(), odd),
    fields: fc.oneof(fc.array(fc.string()), odd),
    limit: fc.oneof(fc.integer(), odd),
    ifMatch: odd,
    dryRun: odd,
    job: odd,
    as: fc.constantFrom("retry", "replay", "x"),
    assistant: odd,
    number: odd,
    type: odd,
    steps: odd,
    fault: odd
  },
  { requiredKeys: [] }
)

const tools = [
  "runtime_overview",
  "search_operations",
  "describe_operation",
  "read",
  "write",
  "delete",
  "call_place",
  "call_report",
  "webhook_attempts",
  "webhook_resend",
  "local_trigger",
  "local_script_call",
  "local_conditions",
  "no_tool"
]

const routeOf = new Map(entries.map(({ name, spec }) => [name, `${spec.method} ${spec.path}`]))
const pathPattern = (template: string) => new RegExp(`^${template.replaceAll(/:\w+/g, "[^/]+")}$`)

/** Arguments that a tool really has, so that some calls get through. */
const keysOf: Readonly<Record<string, ReadonlyArray<string>>> = {
  read: ["operation", "id", "query", "fields", "limit"],
  write: ["operation", "id", "query", "body", "idempotencyKey", "ifMatch", "dryRun"],
  delete: ["operation", "id", "confirm"],
  describe_operation: ["operation"],
  call_report: ["id"],
  webhook_attempts: ["job", "type"],
  webhook_resend: ["job", "as", "idempotencyKey"],
  call_place: ["assistant", "number", "idempotencyKey"]
}

test.each([
  ["read", { allow: "read" }],
  ["write", { allow: "write" }],
  ["all", { allow: "all" }]
] as const)("calls of any shape crash nothing, and send nothing that is not allowed (%s)", async (_, settings) => {
  const runtime = await startRuntime()
  const { id } = await clientOf(runtime).assistants.create({ name: "Desk" })
  const before = runtime.requests().length
  const client = await connect(runtime, { ...settings, writesPerSecond: 1e6, writesPerSession: 1e6 })
  const allowed = entries.filter(
    ({ access }) =>
      access === "read" ||
      (access === "write" && settings.allow !== "read") ||
      (access === "delete" && settings.allow === "all")
  )
  const patterns = allowed.map(({ name }) => {
    const [method = "", path = ""] = routeOf.get(name)?.split(" ") ?? []
    return { method, path: pathPattern(path) }
  })
  const cases = fc.sample(fc.record({ name: fc.constantFrom(...tools), args: argumentsOf, strict: fc.boolean() }), {
    numRuns: Math.ceil(runs / 3),
    seed: Number(process.env["AYWA_SEED"] ?? Date.now() % 2 ** 31)
  })
  let answers = 0
  for (const { name, args, strict } of cases) {
    const keys = keysOf[name]
    const chosen =
      strict && keys !== undefined
        ? Object.fromEntries(Object.entries(args).filter(([key]) => keys.includes(key)))
        : args
    try {
      const result = await client.callTool({ name, arguments: chosen })
      answers++
      const error: unknown = Reflect.get(Object(result.structuredContent), "error")
      assert.notStrictEqual(Reflect.get(Object(error), "code"), "defect", JSON.stringify(chosen).slice(0, 500))
    } catch (error) {
      // A tool that is not there, or arguments that are no object: the protocol's own error.
      if (!/MCP error -32602/.test(String(error))) throw error
    }
  }
  assert.isAbove(answers, cases.length / 8)
  assert.isUndefined(Reflect.get({}, "polluted"))
  for (const entry of runtime.requests().slice(before)) {
    const isAllowed = patterns.some(({ method, path }) => method === entry.method && path.test(entry.path))
    assert.isTrue(isAllowed, `${entry.method} ${entry.path}`)
    assert.notInclude(JSON.stringify(entry.headers), "x-evil")
  }
  // It is still there.
  const { structuredContent } = await client.callTool({ name: "read", arguments: { operation: "assistants.get", id } })
  assert.strictEqual(Reflect.get(Object(Reflect.get(Object(structuredContent), "row")), "id"), id)
})
