/**
 * `webhooks listen`: receives the runtime's webhooks on this machine and forwards them, bytes and headers untouched.
 * What the handler answers goes back to the runtime, so that events that expect a reply work too.
 */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http"
import { request as httpsRequest } from "node:https"
import type { AddressInfo } from "node:net"
import { once } from "node:events"
import { buffer } from "node:stream/consumers"
import * as Redacted from "effect/Redacted"
import { CliFailure, codeOf, usage } from "../core/failure.ts"
import { isLoopbackUrl } from "../core/loopback.ts"
import type { Session } from "../core/session.ts"
import { graceAfter } from "../core/stop.ts"
import { judge } from "./judge.ts"

/** What `webhooks listen` takes. */
export interface ListenInput {
  readonly forwardTo: string
  readonly events: string | undefined
  readonly port: number | undefined
  readonly publicUrl: string | undefined
  readonly verbose: boolean
}

/** Receives until Ctrl-C, then takes its endpoint off the runtime again. */
export const listen = async (input: ListenInput, session: Session): Promise<void> => {
  const { out, signal, settings } = session
  const target = targetOf(input.forwardTo)
  const events = input.events?.split(",").map((event) => event.trim())
  const secret = settings.webhookSecret
  const show = (delivery: Delivery): void => {
    const signature = secret === undefined ? "unchecked" : judge(delivery, Redacted.value(secret.value))
    const { id, type, status, ms, error } = delivery
    const event = { id, type, signature, status, ms, ...(error === undefined ? {} : { error }) }
    out.event(input.verbose ? { ...event, payload: delivery.payload } : event, () => {
      const answer =
        status === null
          ? out.paint("red", error ?? "no answer")
          : out.paint(status < 400 ? "green" : "red", String(status))
      const proof =
        signature === "good"
          ? ""
          : signature === "unchecked"
            ? out.paint("dim", " unchecked")
            : out.paint("red", ` ${signature}`)
      const line = `${type ?? "?"}  ${out.paint("dim", id ?? "-")}  ->  ${answer}  ${ms} ms${proof}`
      return input.verbose ? `${line}\n${JSON.stringify(delivery.payload, null, 2)}` : line
    })
  }
  const server = createServer((request, response) => {
    // A sender that breaks off has sent nothing that could be forwarded.
    void forward(request, response, target, signal).then(show, () => response.destroy())
  })
  const port = await portOf(server.listen(input.port ?? 0, "127.0.0.1"), input.port)
  session.cleanup(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = await publicAddress(input, session, port)
  const client = await session.client()
  // Not cut short by Ctrl-C at once: an endpoint whose id is not known could not be taken away.
  const endpoint = await client.webhookEndpoints.create(
    { url, scope: "account", ...(events === undefined ? {} : { events }) },
    { signal: graceAfter(signal) }
  )
  session.cleanup(async () => {
    await client.webhookEndpoints.delete(endpoint.id)
    out.note(`Endpoint ${endpoint.id} is gone again.`)
  })
  if (secret === undefined) out.note("Signatures are not checked here: AYWA_RUNTIME_WEBHOOK_SECRET is not set.")
  out.note(`Listening on ${url}, forwarding to ${input.forwardTo} (endpoint ${endpoint.id}). Ctrl-C stops.`)
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
}

const targetOf = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw usage("--forward-to takes an absolute http or https address.", "For example http://127.0.0.1:3000/webhooks.")
  }
  return url
}

const portOf = async (server: ReturnType<typeof createServer>, port: number | undefined): Promise<number> => {
  try {
    await once(server, "listening")
  } catch (error) {
    throw usage(`Port ${port} cannot be opened (${codeOf(error) ?? "error"}).`, "Choose another --port.")
  }
  return (server.address() as AddressInfo).port // A TCP server's address.
}

/** The address that the runtime sends to: this machine's own for a local runtime, else the one that leads here. */
const publicAddress = async (input: ListenInput, { settings }: Session, port: number): Promise<string> => {
  if (input.publicUrl !== undefined) {
    if (!/^https?:\/\/[^\s/]/.test(input.publicUrl))
      throw usage("--public-url takes an absolute http or https address.")
    return input.publicUrl
  }
  const base = settings.address?.value ?? ""
  if (isLoopbackUrl(base)) return `http://127.0.0.1:${port}/`
  throw new CliFailure({
    code: "public_url",
    message: "The runtime is not on this machine, so it cannot reach this port, and there is no relay between.",
    hint: `Give the address of a tunnel or proxy of yours that leads to 127.0.0.1:${input.port ?? port} as --public-url, and fix the port with --port. To watch only, use aywa-runtime webhooks tail.`
  })
}

/** One delivery and what became of it. */
export interface Delivery {
  readonly headers: IncomingMessage["headers"]
  readonly body: Uint8Array
  readonly id: string | null
  readonly type: string | null
  readonly payload: unknown
  /** Of the handler's answer; `null` when there was none. */
  readonly status: number | null
  readonly ms: number
  readonly error: string | undefined
}

const hopByHop: ReadonlySet<string> = new Set(["host", "connection", "keep-alive", "transfer-encoding", "upgrade"])

const forward = async (
  request: IncomingMessage,
  response: ServerResponse,
  target: URL,
  signal: AbortSignal
): Promise<Delivery> => {
  const began = performance.now()
  const body = await buffer(request)
  const payload = parse(body)
  const id = request.headers["webhook-id"]
  const delivery = {
    headers: request.headers,
    body,
    payload,
    id: typeof id === "string" ? id : null,
    type: typeOf(payload)
  }
  const since = () => Math.round(performance.now() - began)
  try {
    const answer = await send(request, body, target, signal)
    const content = await buffer(answer)
    const headers = answer.rawHeaders.filter(
      (_, at) => !hopByHop.has((answer.rawHeaders[at - (at % 2)] ?? "").toLowerCase())
    )
    response.writeHead(answer.statusCode ?? 502, headers).end(content)
    return { ...delivery, status: answer.statusCode ?? null, ms: since(), error: undefined }
  } catch (error) {
    // As a gateway says it: the runtime will try again.
    response.writeHead(502, { "content-type": "text/plain" }).end("The handler did not answer.\n")
    return { ...delivery, status: null, ms: since(), error: codeOf(error) ?? "no answer" }
  }
}

/** The path and query that the runtime used go behind those of the target. */
const send = (request: IncomingMessage, body: Uint8Array, target: URL, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const suffix = (request.url ?? "/").replace(/^\/(?=$|\?)/, "")
    const url = new URL(target)
    const [path = "", query] = suffix.split("?")
    url.pathname = `${url.pathname.replace(/\/$/, "")}${path}` || "/"
    if (query !== undefined) url.search = url.search === "" ? query : `${url.search}&${query}`
    const headers: Array<string> = []
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      const name = request.rawHeaders[at] ?? ""
      if (!hopByHop.has(name.toLowerCase())) headers.push(name, request.rawHeaders[at + 1] ?? "")
    }
    headers.push("Host", url.host)
    const make = url.protocol === "https:" ? httpsRequest : httpRequest
    make(url, { method: request.method, headers, signal, timeout: 60_000 }, resolve)
      .on("timeout", function (this: ReturnType<typeof httpRequest>) {
        this.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" }))
      })
      .on("error", reject)
      .end(body)
  })

const parse = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"))
  } catch {
    return undefined
  }
}

const typeOf = (payload: unknown): string | null => {
  const message: unknown = Reflect.get(Object(payload), "message")
  const type: unknown = Reflect.get(Object(message), "type")
  return typeof type === "string" ? type : null
}
