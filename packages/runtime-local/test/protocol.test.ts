/** HTTP as RFC 9110 and 9112 have it, on raw sockets. */
import * as http from "node:http"
import * as net from "node:net"
import { assert, describe, it } from "vitest"
import type { LocalRuntimeHandle } from "../src/index.ts"
import { receive } from "./receiver.ts"
import { start } from "./support.ts"

/** Sends lines as they are, and gives what comes back until the connection ends. */
const talk = (runtime: LocalRuntimeHandle, lines: ReadonlyArray<string>, body = "") =>
  new Promise<string>((resolve, reject) => {
    let text = ""
    const socket = net.connect(Number(new URL(runtime.baseUrl).port), "127.0.0.1", () => {
      socket.write([...lines, "Connection: close", "", body].join("\r\n"))
    })
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()))
    socket.on("close", () => resolve(text))
    socket.on("error", reject)
  })

const status = (answer: string) => Number(answer.split(" ")[1])

describe("a request", () => {
  it("HEAD is there where GET is: the same headers, no body", async () => {
    const { call, runtime } = await start()
    const { body: row } = await call("POST", "/assistant", { name: "a" })
    for (const path of ["/health", "/assistant", `/assistant/${row.id}`]) {
      const [head, get] = [await call("HEAD", path), await call("GET", path)]
      assert.deepStrictEqual([path, head.status, head.text], [path, 200, ""])
      assert.strictEqual(head.headers.get("content-length"), get.headers.get("content-length"))
      assert.strictEqual(head.headers.get("etag"), get.headers.get("etag"))
    }
    assert.strictEqual((await call("HEAD", "/logs/webhooks/jobs/x/retry")).status, 405)
    const reader = runtime.addKey({ role: "read" })
    assert.strictEqual((await call("HEAD", "/assistant", undefined, { apiKey: reader.key })).status, 200)
    assert.strictEqual((await call("PUT", "/assistant")).headers.get("allow"), "GET, POST, HEAD")
  })

  it("may have its target in absolute form, whose host counts", async () => {
    const { runtime } = await start()
    const ask = (target: string, host: string) => talk(runtime, [`GET ${target} HTTP/1.1`, `Host: ${host}`])
    assert.strictEqual(status(await ask(`${runtime.baseUrl}/health`, "whatever.example")), 200)
    assert.strictEqual(status(await ask("http://attacker.example/health", "127.0.0.1")), 421)
    assert.strictEqual(status(await ask(`${runtime.baseUrl}?x=1`, "127.0.0.1")), 200)
    assert.strictEqual(status(await ask("https://localhost/health", "whatever.example")), 200)
  })

  it("has one Host", async () => {
    const { runtime } = await start()
    const answer = await talk(runtime, ["GET /health HTTP/1.1", "Host: 127.0.0.1", "Host: attacker.example"])
    assert.deepStrictEqual([status(answer), answer.includes("host_repeated")], [400, true])
  })

  it("may write its Host in any form that means this machine", async () => {
    const { runtime } = await start()
    for (const host of ["localhost.", "LOCALHOST:80", "api.localhost", "127.0.0.1:", "[::1]", "[::ffff:127.0.0.1]:1"]) {
      assert.deepStrictEqual(
        [host, status(await talk(runtime, ["GET /health HTTP/1.1", `Host: ${host}`]))],
        [host, 200]
      )
    }
  })

  it("with a packed body, or another charset, is refused", async () => {
    const { call } = await start()
    const post = (headers: Record<string, string>) => call("POST", "/assistant", { name: "a" }, { headers })
    const packed = await post({ "content-encoding": "gzip" })
    assert.deepStrictEqual(
      [packed.status, packed.body.code, packed.headers.get("accept-encoding")],
      [415, "encoding_not_supported", "identity"]
    )
    assert.strictEqual((await post({ "content-encoding": "identity" })).status, 201)
    const other = await post({ "content-type": "application/json; charset=utf-16" })
    assert.deepStrictEqual([other.status, other.body.code], [415, "charset_not_supported"])
    assert.strictEqual((await post({ "content-type": 'application/json; charset="UTF-8"' })).status, 201)
  })

  it("with a number that cannot be kept exactly is refused; texts of digits are none", async () => {
    const { call } = await start()
    const post = (number: string) => call("POST", "/assistant", `{"metadata":{"n":${number}}}`)
    for (const number of ["9007199254740993", "-90071992547409931234", "1e999", "-1E999", "1e-999"]) {
      const { status, body } = await post(number)
      assert.deepStrictEqual([number, status, body.code], [number, 400, "number_not_exact"])
    }
    for (const number of ["9007199254740992", "1e21", "0.1234567890123456789", '"90071992547409931234"', "0e-999"]) {
      assert.deepStrictEqual([number, (await post(number)).status], [number, 201])
    }
  })

  it("with an empty credential hears that a variable may be unset", async () => {
    const { call, runtime } = await start()
    for (const headers of [{ authorization: "" }, { authorization: "Bearer " }, { authorization: "Bearer" }]) {
      const { status, body } = await call("GET", "/assistant", undefined, { headers })
      assert.deepStrictEqual([status, body.message], [401, "Authorization is empty: is a variable unset?"])
    }
    const headers = { authorization: `Bearer ${runtime.apiKey}`, "x-organization-id": "" }
    const { status, body } = await call("GET", "/assistant", undefined, { headers })
    assert.deepStrictEqual([status, body.message], [403, "X-Organization-Id is empty: is a variable unset?"])
  })
})

describe("names and addresses", () => {
  /** Whether this machine has IPv6 at all. */
  const hasIPv6 = () =>
    new Promise<boolean>((resolve) => {
      const server = net.createServer().once("error", () => resolve(false))
      server.listen(0, "::1", () => server.close(() => resolve(true)))
    })

  it("::1 is served beside 127.0.0.1, on the same port, over restarts", async () => {
    const { runtime } = await start()
    const { port } = new URL(runtime.baseUrl)
    const ask = () =>
      fetch(`http://[::1]:${port}/health`).then(
        ({ status }) => status,
        () => "nobody"
      )
    // Without IPv6 on this machine nobody can be there.
    const served = (await hasIPv6()) ? 200 : "nobody"
    assert.strictEqual(await ask(), served)
    await runtime.restart()
    assert.strictEqual(await ask(), served)
    await runtime.close()
    assert.strictEqual(await ask(), "nobody")
  })

  it("an exposed runtime answers to addresses, to the names that it is told, and to no other", async () => {
    const { runtime } = await start({
      host: "0.0.0.0",
      unsafeExpose: true,
      allowHosts: ["runtime.example"],
      publicUrl: "https://tunnel.example/"
    })
    const ask = async (host: string) => status(await talk(runtime, ["GET /health HTTP/1.1", `Host: ${host}`]))
    for (const host of ["10.1.2.3", "[2001:db8::1]:80", "runtime.example", "TUNNEL.example:443", "localhost"]) {
      assert.deepStrictEqual([host, await ask(host)], [host, 200])
    }
    for (const host of ["attacker.example", "x.runtime.example", "1.2.3"]) {
      assert.deepStrictEqual([host, await ask(host)], [host, 421])
    }
    assert.strictEqual(runtime.publicUrl, "https://tunnel.example/")
  })

  it("webhooks reach localhost and the names below it", async () => {
    const { runtime } = await start()
    const receiver = await receive()
    const { port } = new URL(receiver.url)
    for (const host of ["localhost", "hooks.localhost"]) {
      const { jobs } = await runtime.trigger({ type: "hang", to: `http://${host}:${port}/` })
      assert.strictEqual(jobs?.length, 1)
    }
    await receiver.count(2)
  })
})

it("a request without a Host is not one of HTTP/1.1", async () => {
  const { runtime } = await start()
  const { port } = new URL(runtime.baseUrl)
  const answer = await new Promise<number>((resolve, reject) => {
    const request = http.request({ port, host: "127.0.0.1", path: "/health", setHost: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on("error", reject).end()
  })
  assert.strictEqual(answer, 400)
})
