/** A connection that cannot be made says why, and what to set. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { createSecureServer as createHttp2Server } from "node:http2"
import { createServer as createTlsServer } from "node:https"
import { createServer as createSocketServer, type AddressInfo, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import * as undici from "undici"
import * as undici7 from "undici-7"
import { AywaRuntimeClient, ConnectionError } from "../src/index.ts"
import { closedPort, tagOf } from "./support/server.ts"

let folder: string
const certificate = (name: string, ...more: ReadonlyArray<string>) => {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`]
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert]
  execFileSync("openssl", ["req", "-x509", ...kind, ...subject, ...more], { stdio: "ignore" })
  return { key: readFileSync(key), cert: readFileSync(cert) }
}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aywa-tls-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open: Array<() => void> = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})
const portOf = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  open.push(() => server.close())
  return (server.address() as AddressInfo).port
}
const tls = (options: ReturnType<typeof certificate>) => portOf(createTlsServer(options, (_, r) => r.end("[]")))
const plain = () => portOf(createServer((_, r) => r.setHeader("connection", "close").end("[]")))

const fail = async (baseUrl: string, transport: "auto" | "fetch"): Promise<ConnectionError> => {
  await using aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 2, transport, allowInsecure: true })
  const error = await tagOf(aywa.assistants.create({}))
  assert.instanceOf(error, ConnectionError)
  return error
}

/** Sends what the program asks through a proxy, until the function that it gives is called. */
const proxies: Readonly<Record<string, (proxy: string) => () => Promise<void>>> = {
  "undici 7": (proxy) => {
    const before = undici7.getGlobalDispatcher()
    const agent = new undici7.ProxyAgent(proxy)
    undici7.setGlobalDispatcher(agent)
    return () => {
      undici7.setGlobalDispatcher(before)
      return agent.destroy()
    }
  },
  "undici 8": (proxy) => {
    const before = undici.getGlobalDispatcher()
    const agent = new undici.ProxyAgent(proxy)
    undici.setGlobalDispatcher(agent)
    return () => {
      undici.setGlobalDispatcher(before)
      return agent.destroy()
    }
  }
}

for (const transport of ["auto", "fetch"] as const) {
  describe(`over ${transport}`, () => {
    const cases: ReadonlyArray<
      readonly [what: string, baseUrl: () => Promise<string>, message: RegExp, attempts: number]
    > = [
      [
        "a certificate that nobody vouches for",
        async () => `https://localhost:${await tls(certificate("localhost"))}`,
        /certificate is not trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. Set NODE_EXTRA_CA_CERTS/,
        1
      ],
      [
        "plain HTTP in the place of TLS",
        async () => `https://localhost:${await plain()}`,
        /does not speak TLS \(ERR_SSL_WRONG_VERSION_NUMBER\); most likely it speaks plain HTTP\. Let baseUrl begin with http:/,
        1
      ],
      [
        "something that is not HTTP",
        async () => {
          const server = createSocketServer((socket) => {
            socket.on("error", () => {})
            socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.6\r\n"))
          })
          return `http://127.0.0.1:${await portOf(server)}`
        },
        /does not speak HTTP \(NOT_HTTP\)\. Check host and port of baseUrl/,
        3
      ],
      [
        "a server that speaks HTTP/2 alone",
        async () => {
          const server = createHttp2Server({ ...certificate("localhost"), allowHTTP1: false })
          return `https://localhost:${await portOf(server)}`
        },
        /another protocol than HTTP\/1\.1 there \(ERR_SSL_\w*NO_APPLICATION_PROTOCOL\)\. Let it/,
        1
      ],
      [
        "an answer with more headers than Node takes",
        async () =>
          `http://127.0.0.1:${await portOf(createServer((_, r) => r.setHeader("x", "y".repeat(20_000)).end()))}`,
        /more headers than are taken \((UND_ERR_HEADERS|HPE_HEADER)_OVERFLOW\).*--max-http-header-size/,
        1
      ],
      ["nobody", () => closedPort(), /nothing listens at the runtime's address \(ECONNREFUSED\)\. Check baseUrl/, 3]
    ]
    for (const [what, baseUrl, message, attempts] of cases) {
      it(`${what} is named`, async () => {
        const error = await fail(await baseUrl(), transport)
        assert.match(error.message, message)
        assert.strictEqual(error.attempts, attempts)
      })
    }

    for (const [name, use] of Object.entries(proxies)) {
      const through = async (proxy: string, baseUrl: string): Promise<ConnectionError> => {
        const stop = use(proxy)
        try {
          return await fail(baseUrl, transport)
        } finally {
          await stop()
        }
      }
      for (const scheme of ["http", "https"]) {
        it(`a proxy of ${name} that lets ${scheme} not through`, async () => {
          const proxy = createServer((_, r) => r.writeHead(407).end())
          proxy.on("connect", (_, socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"))
          const error = await through(
            `http://127.0.0.1:${await portOf(proxy)}`,
            `${scheme}://127.0.0.1:${await plain()}`
          )
          assert.match(
            error.message,
            /proxy does not let this request through \(PROXY_REFUSED\).*HTTPS_PROXY.*NO_PROXY/
          )
          assert.strictEqual(error.attempts, 1)
        })
        it(`a proxy of ${name} that is down, for ${scheme}`, async () => {
          const proxy = await closedPort()
          const error = await through(proxy, `${scheme}://127.0.0.1:${await plain()}`)
          assert.include(error.message, `nothing listens at port ${new URL(proxy).port} (ECONNREFUSED)`)
          assert.match(error.message, /must be a proxy's.*HTTP_PROXY and HTTPS_PROXY.*NO_PROXY/)
          assert.strictEqual(error.outcome, "not-sent")
        })
      }
    }
  })
}

it("a port that fetch sends nothing to", async () => {
  const error = await fail("http://127.0.0.1:6000", "fetch")
  assert.include({ ...error }, { outcome: "not-sent", attempts: 1, code: "BAD_PORT", isRetryable: false })
  assert.match(error.message, /fetch sends nothing to this port\. Leave out transport/)
})

it("a certificate for another name, and one that is over", async () => {
  const cases = [
    ["ERR_TLS_CERT_ALTNAME_INVALID", /is for another host name .* Give baseUrl the name/],
    ["CERT_HAS_EXPIRED", /is not valid at this time .* Renew it, or set the clock/]
  ] as const
  const { fromWire } = await import("../src/call/unanswered.ts")
  const { WireFailure } = await import("../src/transport/port.ts")
  const subject = { reads: true, errors: [], origin: "https://localhost", redact: (text: string) => text }
  for (const [code, message] of cases) {
    const failure = new WireFailure({ sent: "no", phase: "connection", code, cause: undefined })
    const call = { operation: "o", method: "GET", path: "/", attempts: 1, outcome: "not-sent" } as const
    assert.match(fromWire(subject, failure).toError(call).message, message)
  }
})
