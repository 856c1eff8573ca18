/** A real server before a real runtime that changes what a check looks at, over http or https. */
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"
import { onTestFinished } from "vitest"
import { temporaryFolder } from "./support.ts"

interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

export interface ProxyOptions {
  /** Changes the request, answers it at once, or breaks the connection off. */
  readonly request?: (request: Request) => Request | Answer | "silence"
  readonly answer?: (answer: Answer, request: Request) => Answer
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer }
}

export const proxy = async (target: string, options: ProxyOptions): Promise<string> => {
  const listener: RequestListener = async (incoming, outgoing) => {
    const body = await buffer(incoming)
    const original = { method: incoming.method ?? "GET", path: incoming.url ?? "/", headers: plain(incoming.headers) }
    const request = options.request?.(original) ?? original
    if (request === "silence") {
      incoming.socket.destroy()
      return
    }
    const answer = "status" in request ? request : await pass(target, request, body)
    const { status, headers, body: text } = options.answer?.(answer, original) ?? answer
    outgoing.sendDate = false
    outgoing.writeHead(status, { date: new Date().toUTCString(), ...headers }).end(text)
  }
  const server = (options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener)).listen(
    0,
    "127.0.0.1"
  )
  await once(server, "listening")
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return options.tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`
}

const plain = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" && !["host", "connection", "content-length", "transfer-encoding"].includes(name)
        ? [[name, value]]
        : []
    )
  )

const pass = async (target: string, { method, path, headers }: Request, body: Buffer): Promise<Answer> => {
  const response = await fetch(target + path, {
    method,
    headers,
    redirect: "manual",
    ...(body.length === 0 ? {} : { body: new Uint8Array(body) })
  })
  const kept = [...response.headers].filter(
    ([name]) => !["connection", "content-length", "transfer-encoding", "keep-alive"].includes(name)
  )
  return { status: response.status, headers: Object.fromEntries(kept), body: await response.text() }
}

/** A certificate of an authority of its own, made by openssl. With negative days it has ended already. */
export const certificate = (options: { readonly days: number; readonly name?: string }) => {
  const folder = temporaryFolder()
  const at = (name: string) => join(folder, name)
  const openssl = (...args: ReadonlyArray<string>) =>
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] })
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  const name = options.name ?? "localhost"
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-subj",
    "/CN=Test authority",
    "-days",
    "3650"
  )
  openssl("req", ...newKey, "-keyout", "key.pem", "-out", "request.pem", "-subj", `/CN=${name}`)
  // `openssl ca` is the one that takes dates in every version.
  writeFileSync(at("index.txt"), "")
  writeFileSync(
    at("ca.cnf"),
    [
      "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256",
      "certificate = ca.pem\nprivate_key = ca.key\npolicy = any\nx509_extensions = server\n[any]\ncommonName = supplied",
      `[server]\nsubjectAltName = DNS:${name}\n`
    ].join("\n")
  )
  const dates = ["-startdate", date(Math.min(options.days, 0) - 30), "-enddate", date(options.days)]
  openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "request.pem", "-out", "cert.pem", ...dates)
  return { authority: at("ca.pem"), tls: { key: readFileSync(at("key.pem")), cert: readFileSync(at("cert.pem")) } }
}

const date = (days: number) =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`
