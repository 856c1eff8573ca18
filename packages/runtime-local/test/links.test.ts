/** Addresses of a call that need no key, as code that was written for the source API uses them. */
import * as http from "node:http"
import { describe, expect, it } from "vitest"
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
    expect(await post(made.monitor.controlUrl ?? "", { type: "say", content: "One moment." })).toBe(200)
    expect((await call("GET", `/call/${made.id}`)).body.artifact.transcript).toContain("AI: One moment.")
  })

  it("is good for its call, its paths and nothing else", async () => {
    const { runtime, call, made } = await begin()
    const other = await call("POST", "/call/web", { assistant: {} })
    const { searchParams } = new URL(made.monitor.controlUrl ?? "")
    const token = searchParams.get("token") ?? ""
    const end = { type: "end-call" }
    expect(await post(`${runtime.baseUrl}/call/${other.body.id}/control?token=${token}`, end)).toBe(401)
    expect(await post(`${runtime.baseUrl}/call/${made.id}/control?token=${token.slice(1)}x`, end)).toBe(401)
    expect(await post(`${runtime.baseUrl}/call/${made.id}/control`, end)).toBe(401)
    for (const path of [`/call/${made.id}`, `/call/${made.id}/timeline`, "/assistant"]) {
      expect((await fetch(`${runtime.baseUrl}${path}?token=${token}`)).status).toBe(401)
    }
  })

  it("is absent where the assistant's monitorPlan says so", async () => {
    const { made } = await begin({ monitorPlan: { listenEnabled: false, controlEnabled: false } })
    expect(made.monitor).toEqual({})
  })

  it("leads to the port of now after a start on another one", async () => {
    const file = temporaryFile()
    const before = await start({ store: { file }, clock: "manual" })
    const { body } = await before.call("POST", "/call", { assistant: {}, customer: { number: "+14155550123" } })
    await before.runtime.close()
    const { runtime, call } = await start({ store: { file }, clock: "manual", apiKey: before.runtime.apiKey })
    const { monitor } = (await call("GET", `/call/${body.id}`)).body
    expect(new URL(monitor.controlUrl).origin).toBe(runtime.baseUrl)
    expect(await post(monitor.controlUrl, { type: "end-call" })).toBe(200)
  })

  it("is an address of --public-url where there is one", async () => {
    const { call } = await start({ publicUrl: "https://tunnel.example/" })
    const { body } = await call("POST", "/call", { assistant: {}, customer: { number: "+14155550123" } })
    expect(body.monitor.controlUrl).toMatch(/^https:\/\/tunnel\.example\/call\//)
    expect(body.monitor.listenUrl).toMatch(/^wss:\/\/tunnel\.example\/call\//)
  })
})

describe("monitor.listenUrl", () => {
  it("sends silence until the call ends, and says goodbye", async () => {
    const { runtime, made } = await begin()
    const socket = new WebSocket(made.monitor.listenUrl ?? "")
    socket.binaryType = "arraybuffer"
    const message = await next(socket, "message")
    const sound = new Uint8Array(message.data)
    expect([sound.length, sound.some((byte) => byte !== 0)]).toEqual([3200, false])
    await runtime.clock.advance(60_000)
    const close = await next(socket, "close")
    expect([close.code, close.wasClean]).toEqual([1000, true])
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
    expect([close.code, close.wasClean]).toEqual([1000, true])
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
    expect(await opens(url.replace(/token=.*/, "token=none"))).toBe(false)
    expect(await opens(url.replace("/listen", "/control"))).toBe(false)
    expect(await opens(url)).toBe(true)
    await runtime.clock.advance(60_000)
    expect(await opens(url)).toBe(false)
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
    expect(status).toBe(200)
  })
})

describe("webCallUrl and the artifact", () => {
  it("a web call has a page to join, which says that nobody is there", async () => {
    const { made } = await begin({}, "/call/web")
    const response = await fetch(made.webCallUrl ?? "")
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("runs no voice pipeline")])
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
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "audio/wav"])
    }
    const lines = (await (await fetch(logUrl)).text()).trimEnd().split("\n")
    expect(JSON.parse(lines.at(-1) ?? "").message).toBe("The call ended: customer-ended-call")
  })

  it("there is no recording where the assistant's artifactPlan says so", async () => {
    const plan = { artifactPlan: { recordingEnabled: false, loggingEnabled: false } }
    const { runtime, call, made } = await begin({ firstMessage: "Hello", ...plan })
    await runtime.clock.advance(60_000)
    const { artifact } = (await call("GET", `/call/${made.id}`)).body
    expect([artifact.recordingUrl, artifact.recording, artifact.logUrl]).toEqual([undefined, undefined, undefined])
    expect((await call("GET", `/call/${made.id}/mono-recording`)).status).toBe(404)
  })
})
