/** What a program gives in another form than was meant: a tagged error with words, or what was meant. */
import * as Redacted from "effect/Redacted"
import { assert, it } from "vitest"
import { AywaRuntimeClient, isRuntimeError } from "../src/index.ts"
import { assistant, tagOf } from "./support/server.ts"

const options = { baseUrl: "http://127.0.0.1:1", apiKey: "a-key", retries: 0 }
/** As another copy of Effect makes one: nothing here knows what is in it. */
const foreign: object = Object.create(Object.getPrototypeOf(Redacted.make("x")))

const thrown = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

it.each([{}, { headers: { "x-request-id": "r" } }])(
  "a fetch that gives a part of a Response is read: %o",
  async (more) => {
    const row = assistant("a")
    const stub: object = { fetch: async () => ({ ok: true, status: 200, json: async () => row, ...more }) }
    const aywa = new AywaRuntimeClient({ ...options, ...stub })
    assert.strictEqual((await aywa.assistants.get("a")).id, row.id)
  }
)

it.each([
  ["nothing", undefined],
  ["a status alone", { status: 200 }]
])("a fetch that gives %s fails as a connection does", async (_, given) => {
  const stub: object = { fetch: async () => given }
  const error = await tagOf(new AywaRuntimeClient({ ...options, ...stub }).assistants.get("a"))
  assert.isTrue(isRuntimeError(error))
})

it("a secret that another copy of Effect wrapped is named", async () => {
  for (const wrong of [{ headers: { "x-a": foreign } }, { apiKey: foreign }] as ReadonlyArray<object>) {
    const error = thrown(() => new AywaRuntimeClient({ ...options, ...wrong }))
    assert.match(String(error), /ConfigError.*made by another copy of Effect; use `redacted` of this package/)
  }
  const headers: object = { "x-a": foreign }
  const error = await tagOf(
    new AywaRuntimeClient(options).assistants.get("a", { headers: headers as Readonly<Record<string, string>> })
  )
  assert.match(String(error), /InvalidRequest.*made by another copy of Effect/)
})

it.each([
  ["Headers", new Headers({ "x-a": "b" })],
  ["a Map", new Map([["x-a", "b"]])],
  ["a list", [["x-a", "b"]]]
])("headers that are %s are refused: nothing of them would be sent", async (_, given) => {
  const headers: object = given
  const wrong: object = { headers }
  const error = thrown(() => new AywaRuntimeClient({ ...options, ...wrong }))
  assert.match(String(error), /ConfigError.*Object\.fromEntries\(headers\)/)
  const call = new AywaRuntimeClient(options).assistants.get("a", wrong)
  assert.match(String(await tagOf(call)), /InvalidRequest.*Object\.fromEntries\(headers\)/)
})

it("withOptions without options says what it takes", () => {
  const error = thrown(() => Reflect.apply(AywaRuntimeClient.prototype.withOptions, new AywaRuntimeClient(options), []))
  assert.match(String(error), /ConfigError: withOptions takes options/)
})
