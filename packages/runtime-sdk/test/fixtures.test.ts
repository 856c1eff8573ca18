/** Real-shaped payloads decode, lose no key from a read to an update, and create inputs of them are accepted. */
import { readdirSync, readFileSync } from "node:fs"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { contract, specOf, type Operation } from "../src/contract.ts"
import { AywaRuntimeClient } from "../src/index.ts"
import { compile, explain } from "../src/schema/codec.ts"
import { json, serve, tagOf, type Server } from "./support/server.ts"

interface Fixture {
  readonly name: string
  readonly json: unknown
}

const folder = new URL("./fixtures/contract/", import.meta.url)
const files: ReadonlyArray<Fixture> = readdirSync(folder).map((name) => ({
  name,
  json: JSON.parse(readFileSync(new URL(name, folder), "utf8")) as unknown
}))

/** The resource that a fixture's name begins with. */
const groups: Readonly<Record<string, string>> = {
  assistant: "assistants",
  "assistant-draft": "assistants",
  bundle: "imports",
  call: "calls",
  credential: "credentials",
  file: "files",
  "phone-number": "phoneNumbers",
  "structured-output": "structuredOutputs",
  tool: "tools"
}
const groupOf = (name: string): string => {
  const kind = /^(?:list\.|drift\.)?([a-z-]+?)s?\./.exec(name)?.[1] ?? ""
  const group = groups[kind]
  if (group === undefined) throw new Error(`${name} is a fixture of no resource`)
  return group
}
const operationOf = (group: string, name: string): Operation => {
  const operation = (contract as Record<string, Record<string, Operation>>)[group]?.[name]
  if (operation === undefined) throw new Error(`There is no ${group}.${name}`)
  return operation
}

/** What a fixture is, by its name; a new one that fits nothing fails the last test. */
const kinds = {
  // The source API deletes many calls in one request; the contract has no such operation.
  notOurs: (name: string) => name === "call.delete.bulk.json",
  error: (name: string) => name.startsWith("error."),
  list: (name: string) => name.startsWith("list."),
  batch: (name: string) => name === "call.batch.json",
  input: (name: string) => /create|update|control|bundle/.test(name)
}
const isRow = (name: string) => Object.values(kinds).every((is) => !is(name))
const of = (is: (name: string) => boolean) => files.filter(({ name }) => is(name))

const owned = [
  "id",
  "orgId",
  "createdAt",
  "updatedAt",
  "latestVersion",
  "isServerUrlSecretSet",
  "analyticsMetadata",
  "isDeleted",
  "workflowIds"
]

let server: Server
let status = 200
let answer: unknown
// Every method by its name: which one a fixture is for is known at run time only.
type AnyClient = Record<string, Record<string, (...args: ReadonlyArray<unknown>) => Promise<unknown>>>
let aywa: AnyClient
const call = (group: string, name: string, ...args: ReadonlyArray<unknown>) => {
  const method = aywa[group]?.[name]
  if (method === undefined) throw new Error(`There is no ${group}.${name}`)
  return method(...args)
}
beforeAll(async () => {
  server = await serve((_, response) => json(response, status, answer))
  aywa = new AywaRuntimeClient({
    baseUrl: server.baseUrl,
    apiKey: "a-key-that-no-sentence-has",
    retries: 0
  }) as unknown as AnyClient
})
afterAll(() => server[Symbol.asyncDispose]())

describe("rows", () => {
  for (const { name, json } of of(isRow)) {
    it(`${name} decodes, and goes back without losing a key`, async () => {
      const group = groupOf(name)
      ;[status, answer] = [200, json]
      const row = await call(group, "get", "an-id")
      assert.deepStrictEqual<unknown>(row, json)
      await call(group, "update", "an-id", row)
      const sent: unknown = JSON.parse(server.seen.at(-1)?.body ?? "")
      // A structured output has workflows of its own; everywhere else they are the runtime's bookkeeping.
      const stripped = group === "structuredOutputs" ? owned.filter((key) => key !== "workflowIds") : owned
      // A mask stands for a secret that is to stay: the field that holds it is left out.
      const goesBack = ([key, value]: [string, unknown]) =>
        !stripped.includes(key) && !(group === "credentials" && JSON.stringify(value).includes('"[REDACTED]"'))
      const expected = Object.fromEntries(Object.entries(Object(json)).filter(goesBack))
      assert.deepStrictEqual(sent, expected)
    })
  }
})

describe("lists", () => {
  for (const { name, json } of of(kinds.list)) {
    it(`${name} gives its rows`, async () => {
      ;[status, answer] = [200, json]
      const page = await call(groupOf(name), "list")
      const rows = Array.isArray(json) ? json : (Object(json).items ?? Object(json).results)
      assert.deepStrictEqual<unknown>(Object(page).items, rows)
    })
  }
})

/** The operation that takes a fixture as its body. */
const takes = (name: string, json: unknown): Operation => {
  const group = groupOf(name)
  if (group === "imports") return operationOf(group, "createVapi")
  if (name.startsWith("call.control")) return operationOf(group, "control")
  if (name === "call.create.web.json") return operationOf(group, "createWeb")
  if (group === "calls" && Object.hasOwn(Object(json), "customers")) return operationOf(group, "createBatch")
  return operationOf(group, name.includes("create") ? "create" : "update")
}

describe("inputs", () => {
  for (const { name, json } of of(kinds.input)) {
    it(`${name} passes the checks before sending`, () => {
      const { body } = specOf(takes(name, json))
      assert.isDefined(body)
      if (body === undefined) return
      assert.deepStrictEqual(explain(body, json), [])
      assert.isTrue(compile(body)(json))
    })
  }
})

describe("answers", () => {
  it("call.batch.json is told apart from a call", async () => {
    const batch = files.find(({ name }) => kinds.batch(name))?.json
    ;[status, answer] = [201, batch]
    const body = { assistantId: "a", customers: [{ number: "123" }] }
    assert.deepStrictEqual<unknown>(await call("calls", "createBatch", body), batch)
    const error = await tagOf(call("calls", "create", { assistantId: "a", customer: { number: "+14155550123" } }))
    assert.strictEqual(Object(error)._tag, "UnexpectedResponse")
  })

  const tags: Readonly<Record<string, string>> = {
    400: "InvalidRequest",
    401: "AuthError",
    402: "AuthError",
    403: "AuthError",
    404: "NotFound",
    409: "ConflictError",
    413: "InvalidRequest",
    422: "InvalidRequest",
    429: "RateLimited",
    500: "ServerError",
    503: "ServerError"
  }
  for (const { name, json } of of(kinds.error)) {
    it(`${name} is a typed error with the runtime's words`, async () => {
      ;[status, answer] = [Number(name.split(".")[1]), json]
      const error = Object(await tagOf(call("assistants", "update", "an-id", {})))
      assert.strictEqual(error._tag, tags[status])
      assert.strictEqual(error.status, status)
      const said: unknown = Object(json).message
      for (const sentence of Array.isArray(said) ? said : [said]) assert.include(error.message, sentence)
    })
  }
})

describe("drift", () => {
  it("a stored name beyond the limit is read, and refused only in a create", () => {
    const long = files.find(({ name }) => name === "drift.assistant.long-name.json")?.json
    assert.deepStrictEqual(explain(specOf(contract.assistants.get).success, long), [])
    const { body } = specOf(contract.assistants.create)
    assert.strictEqual(body === undefined ? "" : explain(body, long)[0]?.path.join("."), "name")
  })
  it("a tool of an unknown type is read; a known type with a wrong body is not", () => {
    const tool = specOf(contract.tools.get).success
    const row = { id: "a", orgId: "o", createdAt: "c", updatedAt: "u" }
    assert.deepStrictEqual(explain(tool, { ...row, type: "video.share", function: 3 }), [])
    assert.deepStrictEqual(explain(tool, { ...row, type: "function", function: 3 }), [
      { path: ["function"], message: "Expected object | null" }
    ])
  })
  it("providers of tomorrow are read with every key that they bring", async () => {
    const future = files.find(({ name }) => name === "drift.assistant.unknown-provider.json")?.json
    ;[status, answer] = [200, future]
    assert.deepStrictEqual<unknown>(await call("assistants", "get", "an-id"), future)
  })
  it("a bundle that refers to what it does not hold is sent: only the runtime knows what is there", async () => {
    const dangling = files.find(({ name }) => name === "drift.bundle.dangling-refs.json")?.json
    ;[status, answer] = [
      201,
      { id: "i", source: "vapi", status: "completed_with_warnings", createdAt: "t", mappings: [], warnings: ["w"] }
    ]
    assert.deepStrictEqual<unknown>(await call("imports", "createVapi", dangling), answer)
    assert.deepStrictEqual(JSON.parse(server.seen.at(-1)?.body ?? ""), dangling)
  })
})

it("every fixture is used", () => {
  const rows = of(isRow).map(({ name }) => groupOf(name))
  assert.notInclude(rows, "imports")
  assert.strictEqual(files.length, 117)
})
