/** Real-shaped payloads decode, lose no key from a read to an update, and create inputs of them are accepted. */
import { readdirSync, readFileSync } from "node:fs"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { contract, specOf } from "../src/contract.ts"
import { AywaRuntimeClient } from "../src/index.ts"
import { compile, explain } from "../src/internal/codec.ts"
import { json, serve, type Server } from "./support/server.ts"

const folder = new URL("./fixtures/contract/", import.meta.url)
const files = readdirSync(folder).map((name) => ({
  name,
  json: JSON.parse(readFileSync(new URL(name, folder), "utf8")) as unknown
}))
const groupOf = (name: string) => (/assistant/.test(name) ? "assistants" : /tool/.test(name) ? "tools" : "phoneNumbers")

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
let answer: unknown
let aywa: AywaRuntimeClient
beforeAll(async () => {
  server = await serve((_, response) => json(response, 200, answer))
  aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
})
afterAll(() => server[Symbol.asyncDispose]())

describe("rows", () => {
  for (const { name, json } of files.filter(({ name }) => !/create|update|^list/.test(name))) {
    it(`${name} decodes, and goes back without losing a key`, async () => {
      const group = aywa[groupOf(name)]
      answer = json
      const row = await group.get("an-id")
      assert.deepStrictEqual<unknown>(row, json)
      await group.update("an-id", row)
      const sent: unknown = JSON.parse(server.seen.at(-1)?.body ?? "")
      const expected = Object.fromEntries(Object.entries(Object(json)).filter(([key]) => !owned.includes(key)))
      assert.deepStrictEqual(sent, expected)
    })
  }
})

describe("lists", () => {
  for (const { name, json } of files.filter(({ name }) => name.startsWith("list"))) {
    it(`${name} gives its rows`, async () => {
      answer = json
      const page = await aywa[groupOf(name)].list()
      const rows = Array.isArray(json) ? json : (Object(json).items ?? Object(json).results)
      assert.deepStrictEqual<unknown>(page.items, rows)
    })
  }
})

describe("inputs", () => {
  for (const { name, json } of files.filter(({ name }) => /create|update/.test(name))) {
    it(`${name} passes the checks before sending`, () => {
      const group = contract[groupOf(name)]
      const { body } = specOf(/create/.test(name) ? group.create : group.update)
      assert.isDefined(body)
      if (body === undefined) return
      assert.deepStrictEqual(explain(body, json), [])
      assert.isTrue(compile(body)(json))
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
})
