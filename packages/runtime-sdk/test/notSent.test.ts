/** What certainly was not sent is said to be so, and nothing else is. */
import type { ServerResponse } from "node:http"
import { assert, describe, it, onTestFinished } from "vitest"
import { AywaRuntimeClient, type AywaRuntimeClientOptions } from "../src/index.ts"
import { connectionFailure } from "../src/transport/wireFailure.ts"
import { everyTransport } from "./support/everyTransport.ts"
import { assistant, closedPort, json, serve, tagOf } from "./support/server.ts"

const error = (fields: Readonly<Record<string, unknown>>, message = ""): Error =>
  Object.assign(new Error(message), fields)
const failed = (cause: unknown): Error => new TypeError("fetch failed", { cause })

/** As platforms throw them; those of Bun and Deno were noted down from 1.4.5 and 2.9.6, and an older Bun. */
const table: ReadonlyArray<readonly [what: string, cause: unknown, sent: "no" | "unknown", code?: string]> = [
  ["Node, nothing listens", failed(error({ code: "ECONNREFUSED", syscall: "connect" })), "no", "ECONNREFUSED"],
  ["Node, no such name", failed(error({ code: "ENOTFOUND", syscall: "getaddrinfo" })), "no", "ENOTFOUND"],
  ["Node, reset while connecting", failed(error({ code: "ECONNRESET", syscall: "connect" })), "no", "ECONNRESET"],
  ["Node, no answer to a connect", failed(error({ code: "ETIMEDOUT", syscall: "connect" })), "no", "ETIMEDOUT"],
  [
    "Node, every address refuses",
    failed({ errors: [error({ code: "EHOSTUNREACH", syscall: "connect" })] }),
    "no",
    "EHOSTUNREACH"
  ],
  ["Node, reset", failed(error({ code: "ECONNRESET", syscall: "read" })), "unknown", "ECONNRESET"],
  ["Node, a host that goes away", failed(error({ code: "EHOSTUNREACH", syscall: "read" })), "unknown", "EHOSTUNREACH"],
  ["Node, a firewall that closes", failed(error({ code: "EPERM", syscall: "write" })), "unknown", "EPERM"],
  ["Node, timed out while reading", failed(error({ code: "ETIMEDOUT", syscall: "read" })), "unknown", "ETIMEDOUT"],
  ["an unreachable host, nobody says when", failed(error({ code: "EHOSTUNREACH" })), "unknown", "EHOSTUNREACH"],
  ["undici, the other side closed", failed(error({ code: "UND_ERR_SOCKET" })), "unknown", "UND_ERR_SOCKET"],
  [
    "undici, no connection in time",
    failed(error({ code: "UND_ERR_CONNECT_TIMEOUT" })),
    "no",
    "UND_ERR_CONNECT_TIMEOUT"
  ],
  [
    "a certificate of its own",
    failed(error({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" })),
    "no",
    "DEPTH_ZERO_SELF_SIGNED_CERT"
  ],
  ["a port without TLS", failed(error({ code: "ERR_SSL_WRONG_VERSION_NUMBER" })), "no", "ERR_SSL_WRONG_VERSION_NUMBER"],
  [
    "a record broken on the way",
    failed(error({ code: "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC" })),
    "unknown",
    "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"
  ],
  [
    "Node, cut in the handshake",
    failed(
      error({ code: "ECONNRESET" }, "Client network socket disconnected before secure TLS connection was established")
    ),
    "no",
    "ECONNRESET"
  ],
  ["Bun, nothing listens", error({ code: "ECONNREFUSED" }, "ECONNREFUSED: Unable to connect."), "no", "ECONNREFUSED"],
  ["an older Bun, nothing listens", error({ code: "ConnectionRefused" }, "Unable to connect."), "no", "ECONNREFUSED"],
  [
    "an older Bun, no socket",
    error({ code: "FailedToOpenSocket" }, "Was there a typo in the url or port?"),
    "no",
    "FailedToOpenSocket"
  ],
  [
    "Bun, closed",
    error({ code: "ECONNRESET" }, "ECONNRESET: The socket connection was closed unexpectedly."),
    "unknown",
    "ECONNRESET"
  ],
  [
    "Deno, nothing listens",
    failed(
      error(
        {},
        "error sending request for url (http://h/): client error (Connect): tcp connect error: Connection refused (os error 111)"
      )
    ),
    "no",
    "ECONNREFUSED"
  ],
  [
    "Deno, no such name",
    failed(
      error(
        {},
        "error sending request for url (http://h/): client error (Connect): dns error: failed to lookup address information: Name or service not known"
      )
    ),
    "no",
    "ENOTFOUND"
  ],
  [
    "Deno, cut in the handshake",
    failed(error({}, "error sending request for url (https://h/): client error (Connect): tls handshake eof")),
    "no"
  ],
  ["Deno, reset", failed(error({}, "Connection reset by peer (os error 104)")), "unknown"],
  [
    "Deno, closed",
    failed(
      error(
        {},
        "error sending request from 127.0.0.1:1 for http://h/ (127.0.0.1:2): client error (SendRequest): connection closed before message completed"
      )
    ),
    "unknown"
  ],
  ["something else", "what", "unknown"]
]

describe("whether a request can have left", () => {
  for (const [what, cause, sent, code] of table) {
    it(`${sent === "no" ? "cannot" : "can"}: ${what}`, () => {
      const failure = connectionFailure(cause)
      assert.deepStrictEqual([failure.sent, failure.code], [sent, code])
    })
  }
  it("can, where an answer has begun, whatever the error says", () => {
    const head = { status: 200, header: () => undefined, headers: () => ({}) }
    assert.strictEqual(connectionFailure(error({ code: "ECONNREFUSED", syscall: "connect" }), head).sent, "unknown")
  })
})

for (const [transport, call] of Object.entries(everyTransport)) {
  it(`a refused create is not sent, over ${transport}`, async () => {
    const error = await tagOf(call(await closedPort(), "create", { retries: 0 }))
    assert.deepInclude({ ...Object(error) }, { _tag: "ConnectionError", outcome: "not-sent", code: "ECONNREFUSED" })
  })

  it(`a create that is reset may be applied, over ${transport}`, async () => {
    await using server = await serve((_, response) => response.socket?.resetAndDestroy())
    const error = await tagOf(call(server.baseUrl, "create", { retries: 0 }))
    assert.deepInclude({ ...Object(error) }, { _tag: "ConnectionError", outcome: "maybe-applied" })
  })
}

describe("a create that found no connection in time", () => {
  it("is not sent", async () => {
    await using server = await serve((_, r) => void setTimeout(() => json(r, 201, assistant("a")), 300))
    await using aywa = new AywaRuntimeClient({
      baseUrl: server.baseUrl,
      apiKey: "k",
      connections: 1,
      timeout: 200,
      retries: 0
    })
    const errors = await Promise.all(Array.from({ length: 20 }, () => tagOf(aywa.assistants.create({}))))
    const unsent = errors.filter((error) => Reflect.get(Object(error), "outcome") === "not-sent")
    // Another one may just have got the connection that the first gave up; on a loaded machine, some.
    assert.isAtLeast(unsent.length, 10)
    assert.isAtLeast(20 - unsent.length, server.seen.length)
    assert.isAtLeast(server.seen.length, 1)
    assert.match(String(unsent[0]), /TimeoutError: .* not sent within 200 ms .* no connection was free/)
  })

  /** A client of one connection, which a call holds until it is released. */
  const busy = async (options: Partial<AywaRuntimeClientOptions>) => {
    let hold: (response: ServerResponse) => void = () => undefined
    const held = new Promise<ServerResponse>((resolve) => {
      hold = resolve
    })
    const server = await serve((_, r, i) => (i === 0 ? hold(r) : json(r, 201, assistant("a"))))
    const aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", connections: 1, ...options })
    onTestFinished(() => aywa[Symbol.asyncDispose]())
    onTestFinished(() => server[Symbol.asyncDispose]())
    const first = aywa.assistants.list({}, { timeout: 60_000 })
    const answer = await held
    const release = async (): Promise<void> => {
      json(answer, 200, [])
      await first
    }
    return { aywa, server, release }
  }

  it("is tried again, without a key too", async () => {
    const attempts: Array<string | undefined> = []
    let timedOut = (): void => {}
    const { aywa, server, release } = await busy({
      timeout: 100,
      retries: 2,
      idempotency: "explicit",
      trace: ({ operation }) =>
        operation === "assistants.list"
          ? undefined
          : {
              attempt: () => ({
                end: ({ error }) => {
                  attempts.push(error)
                  timedOut()
                }
              })
            }
    })
    const free = new Promise<void>((resolve) => {
      timedOut = resolve
    })
    const create = aywa.assistants.create({})
    await free
    await release()
    await create
    assert.deepStrictEqual(attempts, ["AywaTimeoutError", undefined])
    assert.lengthOf(server.seen, 2)
  })

  it("is not sent, when what it sends is streamed", async () => {
    const { aywa, server, release } = await busy({ timeout: 100, retries: 0 })
    const error = await tagOf(aywa.files.upload({ file: new Uint8Array([1, 2, 3]) }))
    assert.deepInclude({ ...Object(error) }, { _tag: "AywaTimeoutError", outcome: "not-sent" })
    assert.lengthOf(server.seen, 1)
    await release()
  })
})
