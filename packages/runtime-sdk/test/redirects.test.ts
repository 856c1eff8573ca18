/** No redirect is followed, not even where the program's own dispatcher follows them for everybody else. */
import { afterEach, assert, describe, it } from "vitest"
import * as undici from "undici"
import * as undici7 from "undici-7"
import { AywaRuntimeClient, UnexpectedResponse } from "../src/index.ts"
import { assistant, json, serve, tagOf } from "./support/server.ts"

const open: Array<AsyncDisposable> = []
const before = undici7.getGlobalDispatcher()
const before8 = undici.getGlobalDispatcher()
afterEach(async () => {
  undici.setGlobalDispatcher(before8)
  undici7.setGlobalDispatcher(before)
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})

/** Lets a program's `fetch` follow redirects by way of its dispatcher. */
const versions: Readonly<Record<string, () => AsyncDisposable>> = {
  "undici 7": () => {
    const agent = new undici7.Agent()
    undici7.setGlobalDispatcher(agent.compose(undici7.interceptors.redirect({ maxRedirections: 5 })))
    return { [Symbol.asyncDispose]: () => agent.destroy() }
  },
  "undici 8": () => {
    const agent = new undici.Agent()
    undici.setGlobalDispatcher(agent.compose(undici.interceptors.redirect({ maxRedirections: 5 })))
    return { [Symbol.asyncDispose]: () => agent.destroy() }
  }
}

describe("a fetch of the program's that follows redirects all the same", () => {
  it("is told, and what came from the other address is not taken", async () => {
    const other = await serve((_, response) => json(response, 201, assistant("stolen")))
    const server = await serve((_, response) =>
      response.writeHead(307, { location: `${other.baseUrl}/assistant` }).end()
    )
    const follows = (url: string, init?: RequestInit) => fetch(url, { ...init, redirect: "follow" })
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", fetch: follows })
    open.push(other, server, aywa)
    for (const call of [() => aywa.assistants.create({ name: "x" }), () => aywa.files.content("a")]) {
      const error = await tagOf(call())
      assert.instanceOf(error, UnexpectedResponse)
      assert.match(error.message, /a redirect .* never followed/)
    }
    assert.lengthOf(server.seen, 2)
  })
})

for (const [version, follow] of Object.entries(versions)) {
  describe(`a redirect interceptor of ${version}`, () => {
    for (const transport of ["auto", "fetch"] as const) {
      for (const status of [301, 302, 303, 307, 308]) {
        it(`does not make ${transport} follow ${status}: the other origin hears nothing`, async () => {
          const other = await serve((_, response) => json(response, 201, assistant("stolen")))
          const server = await serve((_, response) =>
            response.writeHead(status, { location: `${other.baseUrl}/assistant` }).end()
          )
          const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", retries: 0, transport })
          open.push(follow(), other, server, aywa)
          for (const call of [
            () => aywa.assistants.create({ name: "x" }),
            () => aywa.assistants.list(),
            () => aywa.files.content("a"),
            () => aywa.files.upload({ file: new Uint8Array(3) })
          ]) {
            const error = await tagOf(call())
            assert.instanceOf(error, UnexpectedResponse)
            assert.strictEqual(error.status, status)
          }
          assert.deepStrictEqual([server.seen.length, other.seen.length], [4, 0])
        })
      }
    }
    it("is there: the program's own requests are followed", async () => {
      const other = await serve((_, response) => json(response, 200, {}))
      const server = await serve((_, response) => response.writeHead(307, { location: other.baseUrl }).end())
      open.push(follow(), other, server)
      const dispatcher = version === "undici 7" ? undici7.getGlobalDispatcher() : undici.getGlobalDispatcher()
      await (version === "undici 7" ? undici7 : undici).request(server.baseUrl, { dispatcher: dispatcher as never })
      assert.lengthOf(other.seen, 1)
    })
  })
}
