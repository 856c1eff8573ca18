/** A field that nobody knows and that is nearly a known one is told before anything is sent; every other one is sent. */
import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { parseSync } from "oxc-parser"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { contract, specOf } from "../src/contract.ts"
import { AywaRuntimeClient, extras } from "../src/index.ts"
import { almost } from "../src/config/unknownNames.ts"
import { strays } from "../src/schema/codec.ts"
import { json, serve, tagOf, type Server } from "./support/server.ts"

let server: Server
// Which method it is is known at run time only.
let aywa: Record<string, Record<string, (...args: ReadonlyArray<unknown>) => Promise<unknown>>>
const row = { id: "r", orgId: "o", createdAt: "t", updatedAt: "t", provider: "openai", type: "function" }
beforeAll(async () => {
  server = await serve((_, response) => json(response, 201, row))
  aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "a-key" }) as unknown as typeof aywa
})
afterAll(() => server[Symbol.asyncDispose]())

const send = (operation: string, ...args: ReadonlyArray<unknown>): Promise<unknown> => {
  const [group = "", name = ""] = operation.split(".")
  return aywa[group]?.[name]?.(...args) ?? Promise.reject(new Error(`no ${operation}`))
}
const sentBody = (): unknown => JSON.parse(server.seen.at(-1)?.body ?? "null")

describe("an option that stands in the body", () => {
  it("is named, and nothing is sent: a runtime that takes it would know the create by no key", async () => {
    const before = server.seen.length
    const error = await tagOf(send("assistants.create", { name: "A", idempotencyKey: "a" }))
    assert.match(String(error), /idempotencyKey: It is an option of the call: give it in the argument after the body/)
    assert.strictEqual(server.seen.length, before)
  })
})

describe("a misspelt field", () => {
  it.each([
    ["assistants.create", { frstMessage: "Hello" }, "frstMessage", "firstMessage"],
    ["assistants.create", { model: { provider: "openai", modle: "gpt-4.1" } }, "model.modle", "model"],
    [
      "assistants.create",
      { voice: { provider: "custom-voice", server: {}, voiceID: "v" } },
      "voice.voiceID",
      "voiceId"
    ],
    ["assistants.create", { server: { uri: "https://agents.example" } }, "server.uri", "url"],
    ["assistants.create", { server: { url: "https://agents.example", secert: "s" } }, "server.secert", "secret"],
    ["phoneNumbers.update", { server: { encryptedPath: ["a"] } }, "server.encryptedPath", "encryptedPaths"],
    ["calls.create", { assistantId: "a", customers: [{ number: "+14155550123" }] }, "customers", "calls.createBatch"],
    [
      "tools.create",
      { type: "function", function: { name: "f", paramaters: {} } },
      "function.paramaters",
      "parameters"
    ],
    ["tools.create", { type: "function", fuction: { name: "f" } }, "fuction", "function"],
    [
      "tools.create",
      { type: "transferCall", destinations: [{ type: "assistant", assistantid: "a" }] },
      "destinations.0.assistantid",
      "assistantId"
    ],
    ["calls.create", { assistantId: "a", customer: { nubmer: "+14155550123" } }, "customer.nubmer", "number"],
    ["webhookEndpoints.create", { url: "https://a.example", scope: "account", event: [] }, "event", "events"]
  ])("%s %j", async (operation, body, path, meant) => {
    const before = server.seen.length
    const error = Object(
      await tagOf(operation.endsWith("update") ? send(operation, "id", body) : send(operation, body))
    )
    assert.strictEqual(error._tag, "InvalidRequest")
    assert.strictEqual(error.outcome, "not-sent")
    assert.include(error.message, `${path}: Unknown field. Did you mean ${meant}?`)
    assert.lengthOf(server.seen, before)
  })

  it("of an update, too", async () => {
    const error = Object(await tagOf(send("assistants.update", "id", { firstmessage: "Hello" })))
    assert.include(error.message, "Did you mean firstMessage?")
  })

  it("that is meant after all goes through extras, at every depth", async () => {
    const model = { provider: "openai", model: "m", ...extras({ temperatures: [0] }), seed: 7 }
    await send("assistants.create", { ...extras({ names: ["x"] }), model })
    const sent = { names: ["x"], model: { provider: "openai", model: "m", temperatures: [0], seed: 7 } }
    assert.deepStrictEqual(sentBody(), sent)
  })
})

describe("a field of a newer runtime", () => {
  it("is sent when it is like no known one, or when the known one is there as well", async () => {
    const body = {
      name: "a",
      names: ["a", "b"],
      newPlan: { enabled: true },
      model: { provider: "x", model: "m", modes: 1 }
    }
    await send("assistants.create", body)
    assert.deepStrictEqual(sentBody(), body)
  })

  it("is written back with the row that it was read in, whatever it is called", async () => {
    const unknown = fc.dictionary(
      fc.constantFrom("modle", "firstmessage", "voices", "servr", "newPlan", "x"),
      fc.oneof(fc.string(), fc.constant(null), fc.dictionary(fc.constantFrom("modle", "uri", "y"), fc.integer()))
    )
    await fc.assert(
      fc.asyncProperty(unknown, unknown, async (top, nested) => {
        const read = { ...row, ...top, model: { provider: "openai", model: "m", ...nested } }
        await send("assistants.update", "r", read)
        const { id: _, orgId: __, createdAt: ___, updatedAt: ____, ...rest } = read
        assert.deepStrictEqual(sentBody(), JSON.parse(JSON.stringify(rest)))
      }),
      { numRuns: 50 }
    )
  })
})

it("every field of a server is known by its name, at its type", () => {
  const path = new URL("../src/contract/shared.ts", import.meta.url).pathname
  const text = /export interface Server extends JsonObject \{([\s\S]*?)\n\}/.exec(readFileSync(path, "utf8"))?.[1] ?? ""
  const names = [...text.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name = ""]) => name)
  assert.isAbove(names.length, 6)
  for (const { body } of [specOf(contract.assistants.create), specOf(contract.phoneNumbers.update)]) {
    if (body === undefined) throw new Error("it has a body")
    assert.deepStrictEqual(strays(body, { server: Object.fromEntries(names.map((name) => [name, null])) }), [])
  }
})

describe("no field that is described is taken for a misspelt one", () => {
  const bodies = new Map([
    ["Model", ["assistants", "create", "model", "providers"]],
    ["Voice", ["assistants", "create", "voice", "providers"]],
    ["Transcriber", ["assistants", "create", "transcriber", "providers"]],
    ["Server", ["assistants", "create", "server", "shared"]],
    ["CredentialFields", ["credentials", "create", "", "credentials"]],
    ["FallbackDestination", ["phoneNumbers", "create", "fallbackDestination", "phoneNumbers"]],
    ["ToolDestination", ["tools", "create", "destinations", "tools"]]
  ] as const)

  it.each([...bodies])("%s", (name, [group, operation, field, file]) => {
    const path = new URL(`../src/contract/${file}.ts`, import.meta.url).pathname
    const { program } = parseSync(path, readFileSync(path, "utf8"))
    const declared = program.body.flatMap((statement) =>
      statement.type === "ExportNamedDeclaration" &&
      statement.declaration?.type === "TSInterfaceDeclaration" &&
      statement.declaration.id.name === name
        ? statement.declaration.body.body
        : []
    )
    const names = declared.flatMap((member) =>
      member.type === "TSPropertySignature" && member.key.type === "Identifier" ? [member.key.name] : []
    )
    assert.isAbove(names.length, 5)
    const { body } = specOf(Object(contract)[group][operation])
    if (body === undefined) throw new Error("a create has a body")
    for (const key of names) {
      const value = { [key]: 1 }
      const found = strays(body, field === "" ? value : { [field]: field === "destinations" ? [value] : value })
      for (const { path, absent } of found) {
        if (path.at(-1) === key) assert.isUndefined(almost(key, absent), `${name}.${key}`)
      }
    }
  })
})
