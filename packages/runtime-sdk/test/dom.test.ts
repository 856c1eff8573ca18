/** A server that has a DOM library is a server: its globals do not make a browser of it. */
import { Window } from "happy-dom"
import { JSDOM } from "jsdom"
import { assert, it } from "vitest"
import { AywaRuntimeClient } from "../src/index.ts"
import { json, serve } from "./support/server.ts"

const names = ["window", "document", "navigator"]

it.each([
  ["jsdom", () => new JSDOM("", { url: "http://localhost" }).window],
  ["happy-dom", () => new Window()]
] as const)("%s", async (_, open) => {
  const window: object = open()
  await using server = await serve((_seen, response) => json(response, 200, []))
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  try {
    for (const name of names) {
      const value: unknown = name === "window" ? window : Reflect.get(window, name)
      Object.defineProperty(globalThis, name, { value, configurable: true })
    }
    await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
    assert.deepStrictEqual((await aywa.assistants.list()).items, [])
  } finally {
    for (const [name, own] of before) {
      if (own === undefined) Reflect.deleteProperty(globalThis, name)
      else Object.defineProperty(globalThis, name, own)
    }
  }
})
