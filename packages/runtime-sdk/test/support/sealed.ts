/** A suite that seals itself with a library: what is mocked is answered, what is not fails, and nothing leaves. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

let requests = 0
const server = createServer((_, response) => {
  requests++
  response.end()
})
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const mocked = {
  id: "mocked",
  orgId: "o",
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z"
}

const libraries: Readonly<Record<string, () => Promise<void>>> = {
  msw: async () => {
    const { http, HttpResponse } = await import("msw")
    const { setupServer } = await import("msw/node")
    setupServer(
      http.get(`${baseUrl}/assistant/mocked`, () => HttpResponse.json(mocked)),
      // `onUnhandledRequest: "error"` of msw 3 says what it does not know, and lets it out.
      http.all("*", () => HttpResponse.error())
    ).listen()
  },
  nock: async () => {
    const { default: nock } = await import("nock")
    nock.disableNetConnect()
    nock(baseUrl).get("/assistant/mocked").reply(200, mocked)
  },
  MockAgent: async () => {
    const { MockAgent, setGlobalDispatcher } = await import("undici")
    const agent = new MockAgent()
    agent.disableNetConnect()
    agent.get(baseUrl).intercept({ path: "/assistant/mocked" }).reply(200, mocked)
    setGlobalDispatcher(agent)
  }
}

// As a set-up file does it: before the SDK is loaded.
await libraries[process.argv[2] ?? ""]?.()
const { AywaRuntimeClient } = await import("../../src/index.ts")
const { assistants } = new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0 })
const { id } = await assistants.get("mocked")
const other = await assistants.get("other").then(
  () => "answered",
  () => "refused"
)
process.stdout.write(`${id}, ${other}, ${requests} requests\n`)
process.exit(0)
