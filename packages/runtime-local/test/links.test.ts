/** Addresses of a call that need no key, as code that was written for the source API uses them. */
import * as http from "node:http"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { start, temporaryFile } from "./support.ts"

interface Linked {
  readonly id: string
  readonly monitor: { readonly listenUrl?: string; readonly controlUrl?: string }
  readonly webCallUrl?: string
}

/** A call of an assistant with these fields, on a clock that stands still. */
const begin = async (assistant: object = {}, path = "/call") => {
  const client = await start({ clock: "manual" })
  const { body } = await client.call("POST", "/assistant", assistant)
  const made = await client.call("POST", path, {
    assistantId: body.id,
    ...(path === "/call" ? { customer: { number: "+14155550123" } } : {})
  })
  return { ...client, made: made.body as Linked }
}

/** The next event of a socket. */
const next = <Type extends keyof SocketEvents>(socket: WebSocket, type: Type) =>
  new Promise<SocketEvents[Type]>((resolve) => {
    socket.addEventListener(type, (event) => resolve(event as SocketEvents[Type]), { once: true })
  })

interface SocketEvents {
  readonly open: Event
  readonly message: MessageEvent
  readonly close: CloseEvent
  readonly error: Event
}

const post = async (url: string, body: object) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body)
  })
  return response.status
}

describe("monitor.controlUrl", () => {
  it("controls its call without a key", async () => {
    const { runtime, call, made } = await begin()
    await runtime.clock.advance(500)
    assert.strictEqual(await post(made.monitor.controlUrl ?? "", { type: "say", content: "One moment." }), 200)
    assert.include((await call("GET", `/call/${made.id}`)).body.artifact.transcript, "AI: One moment.")
  })

  it("is good for its call, its paths and nothing else", async () => {
    const { runtime, call, made } = await begin()
    const other = await call("POST", "/call/web", { assistant: {} })
    const { searchParams } = new URL(made.monitor.controlUrl ?? "")
    const token = searchParams.get("token") ?? ""
    const end = { type: "end-call" }
    assert.strictEqual(await post(`${runtime.baseUrl}/call/${other.body.id}/control?token=${token}`, end), 401)
    assert.strictEqual(await post(`${runtime.baseUrl}/call/${made.id}/control?token=${token.slice(1)}x`, end), 401)
    assert.strictEqual(await post(`${runtime.baseUrl}/call/${made.id}/control`, end), 401)
    for (const path of [`/call/${made.id}`, `/call/${made.id}/timeline`, "/assistant"]) {
      assert.strictEqual((await fetch(`${runtime.baseUrl}${path}?token=${token}`)).status, 401)
    }
  })

  it("is absent where the assistant's monitorPlan says so", async () => {
    const { made } = await begin({ monitorPlan: { listenEnabled: false, controlEnabled: false } })
    assert.deepStrictEqual(made.monitor, {})
  })

  it("leads to the port of now after a start on another one", async () => {
    const file = temporaryFile()
    const before = await start({ store: { file }, clock: "manual" })
    const { body } = await before.call("POST", "/call", { assistant: {}, customer: { number: "+14155550123" } })
    await before.runtime.close()
    const { runtime, call } = await start({ store: { file }, clock: "manual", apiKey: before.runtime.apiKey })
    const { monitor } = (await call("GET", `/call/${body.id}`)).body
    assert.strictEqual(new URL(monitor.controlUrl).origin, runtime.baseUrl)
    assert.strictEqual(await post(monitor.controlUrl, { type: "end-call" }), 200)
  })

  it("is an address of --public-url where there is one", async () => {
    const { call } = await start({ publicUrl: "https://tunnel.example/" })
    const { body } = await call("POST", "/call", { assistant: {}, customer: { number: "+14155550123" } })
    assert.match(body.monitor.controlUrl, /^https:\/\/tunnel\.example\/call\//)
    assert.match(body.monitor.listenUrl, /^wss:\/\/tunnel\.example\/call\//)
  })
})

describe("monitor.listenUrl", () => {
  it("sends silence until the call ends, and says goodbye", async () => {
    const { runtime, made } = await begin()
    const socket = new WebSocket(made.monitor.listenUrl ?? "")
    socket.binaryType = "arraybuffer"
    const message = await next(socket, "message")
    const sound = new Uint8Array(message.data)
    assert.deepStrictEqual([sound.length, sound.some((byte) => byte !== 0)], [3200, false])
    await runtime.clock.advance(60_000)
    const close = await next(socket, "close")
    assert.deepStrictEqual([close.code, close.wasClean], [1000, true])
  })

  it("takes what listeners send, and lets them go", async () => {
    const { made } = await begin()
    const socket = new WebSocket(made.monitor.listenUrl ?? "")
    await next(socket, "open")
    socket.send("x".repeat(200))
    socket.send(new Uint8Array(100_000))
    await next(socket, "message")
    socket.close(1000)
    const close = await next(socket, "close")
    assert.deepStrictEqual([close.code, close.wasClean], [1000, true])
  })

  it("refuses strangers, other paths and calls that have ended", async () => {
    const { runtime, made } = await begin()
    const url = made.monitor.listenUrl ?? ""
    const opens = async (address: string) => {
      const socket = new WebSocket(address)
      const { type } = await Promise.race([next(socket, "open"), next(socket, "error")])
      socket.close()
      return type === "open"
    }
    assert.isFalse(await opens(url.replace(/token=.*/, "token=none")))
    assert.isFalse(await opens(url.replace("/listen", "/control")))
    assert.isTrue(await opens(url))
    await runtime.clock.advance(60_000)
    assert.isFalse(await opens(url))
  })

  it("leaves requests alone that offer another protocol", async () => {
    const { runtime } = await begin()
    const { port } = new URL(runtime.baseUrl)
    const headers = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" }
    const status = await new Promise((resolve, reject) => {
      const request = http.get({ port, host: "127.0.0.1", path: "/health", headers }, ({ statusCode }) =>
        resolve(statusCode)
      )
      request.on("error", reject)
    })
    assert.strictEqual(status, 200)
  })
})

describe("webCallUrl and the artifact", () => {
  it("a web call has a page to join, which says that nobody is there", async () => {
    const { made } = await begin({}, "/call/web")
    const response = await fetch(made.webCallUrl ?? "")
    assertMatches([response.status, await response.text()], [200, /runs no voice pipeline/])
  })

  it("recordings and the log are fetched without a key", async () => {
    const { runtime, call, made } = await begin({ firstMessage: "Hello" })
    await runtime.clock.advance(60_000)
    const { artifact } = (await call("GET", `/call/${made.id}`)).body
    const { recordingUrl, stereoRecordingUrl, recording, logUrl } = artifact
    const urls = [recordingUrl, stereoRecordingUrl, recording.mono.customerUrl, recording.mono.assistantUrl]
    for (const url of urls) {
      // oxlint-disable-next-line no-await-in-loop
      const response = await fetch(url)
      assert.deepStrictEqual([response.status, response.headers.get("content-type")], [200, "audio/wav"])
    }
    const lines = (await (await fetch(logUrl)).text()).trimEnd().split("\n")
    assert.strictEqual(JSON.parse(lines.at(-1) ?? "").message, "The call ended: customer-ended-call")
  })

  it("there is no recording where the assistant's artifactPlan says so", async () => {
    const plan = { artifactPlan: { recordingEnabled: false, loggingEnabled: false } }
    const { runtime, call, made } = await begin({ firstMessage: "Hello", ...plan })
    await runtime.clock.advance(60_000)
    const { artifact } = (await call("GET", `/call/${made.id}`)).body
    assert.deepStrictEqual(
      [artifact.recordingUrl, artifact.recording, artifact.logUrl],
      [undefined, undefined, undefined]
    )
    assert.strictEqual((await call("GET", `/call/${made.id}/mono-recording`)).status, 404)
  })
})
