/** A client over what an undici of the program's own gives. In a file of its own: to import it changes Node's fetch. */
import { Agent, fetch as fetchOfUndici, MockAgent } from "undici"
import { fetch as fetchOf7 } from "undici-7"
import { assert, describe, it, onTestFinished } from "vitest"
import type { Fetch } from "../src/transport/options.ts"
import { AywaRuntimeClient, type AywaRuntimeClientOptions } from "../src/index.ts"
import { assistant, json, serve } from "./support/server.ts"

const clientOf = (baseUrl: string, options: Partial<AywaRuntimeClientOptions> = {}): AywaRuntimeClient => {
  const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0, ...options })
  onTestFinished(() => aywa.close())
  return aywa
}

describe("undici from npm", () => {
  it("fetch may be that of another undici", async () => {
    await using server = await serve((_, response) => json(response, 200, [assistant("a")]))
    const fetches: ReadonlyArray<Fetch> = [
      fetchOfUndici,
      fetchOf7,
      globalThis.fetch,
      (url, init) => globalThis.fetch(url, { ...init, keepalive: true }),
      (url: string, init?: RequestInit) => globalThis.fetch(url, init)
    ]
    for (const fetch of fetches) {
      const aywa = clientOf(server.baseUrl, { fetch })
      assert.lengthOf((await aywa.assistants.list()).items, 1)
      assert.isAbove((await aywa.files.content("a")).byteLength, 0)
    }
  })

  it("a dispatcher takes the calls of its client, of whichever undici it is", async () => {
    await using server = await serve((_, response) => json(response, 200, [assistant("a")]))
    const agent = new Agent({ connections: 1 })
    onTestFinished(() => agent.close())
    const aywa = clientOf(server.baseUrl, { dispatcher: agent })
    await Promise.all([aywa.assistants.list(), aywa.assistants.list(), aywa.files.content("a")])
    assert.strictEqual(server.sockets.opened, 1)
    // Closing the client closes nothing that is not its own.
    await aywa.close()
    await aywa.assistants.list()
    assert.strictEqual(server.sockets.opened, 1)
  })

  it("a dispatcher may be a mock", async () => {
    const mock = new MockAgent()
    mock.disableNetConnect()
    mock.get("http://127.0.0.1:1").intercept({ path: "/assistant/a" }).reply(200, assistant("a"))
    const aywa = clientOf("http://127.0.0.1:1", { dispatcher: mock })
    assert.strictEqual((await aywa.assistants.get("a")).id, "a")
    await mock.close()
  })
})
