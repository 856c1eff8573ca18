/**
 * What the dispatcher transport promises, on the Node that runs this file: with the built-in dispatcher, with a proxy
 * and a mock that a program sets through undici from npm, and without any dispatcher. A process for each, because
 * what is set is global. Arguments: the mode, and the SDK's entry.
 */
import assert from "node:assert/strict"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { connect, type AddressInfo, type Socket } from "node:net"
import { gzipSync } from "node:zlib"
import type * as Sdk from "../../src/index.ts"

const [mode = "plain", entry = new URL("../../src/index.ts", import.meta.url).href] = process.argv.slice(2)

let fetched = 0
const realFetch = globalThis.fetch
const counting: typeof fetch = (...args) => {
  fetched++
  return realFetch(...args)
}
// A wrapper of the platform's own, not a mock.
globalThis.fetch = Object.assign(counting, { __original: realFetch })

const sockets = new Set<Socket>()
let most = 0
let requests = 0
const row = (id: string) => ({ id, orgId: "o", createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" })

const answer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
  requests++
  const send = (status: number, json: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { "content-type": "application/json", "x-request-id": "req_1", ...headers })
    response.end(JSON.stringify(json))
  }
  switch (request.url) {
    case "/assistant/missing":
      return send(404, { message: "no such row" })
    case "/assistant/zipped":
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
      return void response.end(gzipSync(JSON.stringify(row("zipped"))))
    case "/assistant/reset":
      return void request.socket.resetAndDestroy()
    case "/assistant/stall":
      return
    case "/assistant":
      return send(200, request.method === "POST" ? { ...row("made"), ...JSON.parse(body) } : [row("a")])
    default:
      return send(200, row("a"), { "x-two": "1" })
  }
}

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => setTimeout(answer, 2, request, response, Buffer.concat(chunks).toString("utf8")))
})
server.on("connection", (socket: Socket) => {
  sockets.add(socket)
  most = Math.max(most, sockets.size)
  socket.on("close", () => sockets.delete(socket))
})
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const sdk = (await import(entry)) as typeof Sdk
const client = (more: Partial<Sdk.AywaRuntimeClientOptions> = {}) =>
  new sdk.AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0, ...more })
const tag = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "none",
    (error: unknown) => Reflect.get(Object(error), "_tag")
  )

/** Calls of every kind, whatever lies between. */
const works = async (): Promise<void> => {
  const { assistants } = client({ connections: 4 })
  const { value, response } = await assistants.get("a").withResponse()
  assert.equal(value.id, "a")
  assert.equal(response.requestId, "req_1")
  assert.equal(response.headers["x-two"], "1")
  const name = "Empfang ü🙂"
  assert.equal((await assistants.create({ name })).name, name)
  assert.equal(await tag(assistants.get("missing")), "NotFound")
  assert.equal((await assistants.get("zipped")).id, "zipped")
  assert.equal(await tag(assistants.get("reset")), "ConnectionError")
  assert.equal(await tag(assistants.get("stall", { timeout: 200 })), "AywaTimeoutError")
  const controller = new AbortController()
  const aborted = tag(assistants.get("stall", { signal: controller.signal }))
  setTimeout(() => controller.abort(), 50)
  assert.equal(await aborted, "Aborted")
  await Promise.all(Array.from({ length: 40 }, () => assistants.list()))
}

const modes: Record<string, () => Promise<void>> = {
  plain: async () => {
    await works()
    assert.equal(fetched, 0, "fetch was used")
    assert.ok(most <= 4, `${most} connections, though 4 were allowed`)
  },
  // What is set after the client was made is honoured too.
  proxy: async () => {
    const { assistants } = client()
    await assistants.list()
    let through = 0
    const proxy = createServer()
    proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
      through++
      const [host = "", port = ""] = (request.url ?? "").split(":")
      const onward = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
        onward.pipe(socket).pipe(onward)
      })
      onward.on("error", () => socket.destroy())
      socket.on("error", () => onward.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
    const { ProxyAgent, setGlobalDispatcher } = await import("undici")
    setGlobalDispatcher(
      new ProxyAgent({ uri: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, proxyTunnel: true })
    )
    await assistants.list()
    assert.ok(through > 0, "the proxy was passed by")
    await works()
    assert.equal(fetched, 0, "fetch was used")
  },
  mock: async () => {
    const { MockAgent, setGlobalDispatcher } = await import("undici")
    const agent = new MockAgent()
    agent.disableNetConnect()
    agent
      .get(baseUrl)
      .intercept({ path: "/assistant/mocked" })
      .reply(200, row("mocked"), { headers: { "x-from": "mock" } })
    setGlobalDispatcher(agent)
    const { value, response } = await client().assistants.get("mocked").withResponse()
    assert.equal(value.id, "mocked")
    assert.equal(response.headers["x-from"], "mock")
    assert.equal(await tag(client().assistants.get("other")), "ConnectionError")
    assert.equal(requests, 0, "the mock let a request through")
    assert.equal(fetched, 0, "fetch was used")
  },
  removed: async () => {
    Object.defineProperty(process.versions, "undici", { value: undefined })
    await works()
    assert.ok(fetched >= 40, "fetch was not used")
  }
}

const run = modes[mode]
assert.ok(run !== undefined, `no mode ${mode}`)
await run()
process.stdout.write(`${process.version} ${mode}: ${requests} requests, ${fetched} by fetch, ${most} connections\n`)
process.exit(0)
