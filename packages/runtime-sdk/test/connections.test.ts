/** Whose connections a client uses, and how many. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TLSSocket } from "node:tls"
import * as Effect from "effect/Effect"
import { assert, beforeAll, describe, it, onTestFinished } from "@effect/vitest"
import { Assistants, AywaRuntime } from "../src/effect.ts"
import { AywaRuntimeClient, ConfigError, type AywaRuntimeClientOptions } from "../src/index.ts"
import { assistant, json, serve, tagOf } from "./support/server.ts"
import { eventually } from "./support/assertions.ts"

const clientOf = (baseUrl: string, options: Partial<AywaRuntimeClientOptions> = {}): AywaRuntimeClient => {
  const aywa = new AywaRuntimeClient({ baseUrl, apiKey: "k", retries: 0, ...options })
  onTestFinished(() => aywa.close())
  return aywa
}

/** Makes things one after another. */
const inTurn = async (times: number, run: () => Promise<unknown>): Promise<void> => {
  if (times === 0) return
  await run()
  await inTurn(times - 1, run)
}

for (const transport of ["auto", "fetch"] as const) {
  describe(`connections, transport ${transport}`, () => {
    it("200 clients made one after another use a few", async () => {
      await using server = await serve((_, response) => json(response, 200, []))
      await inTurn(200, () => clientOf(server.baseUrl, { transport }).assistants.list())
      assert.isAtMost(server.sockets.opened, 4)
    })

    it("are bounded, also over clients with the same settings", async () => {
      let most = 0
      await using server = await serve((_, response) => {
        most = Math.max(most, server.sockets.open.size)
        setImmediate(() => json(response, 200, []))
      })
      const clients = [1, 2, 3].map(() => clientOf(server.baseUrl, { transport, connections: 3 }))
      await Promise.all(clients.flatMap(({ assistants }) => Array.from({ length: 20 }, () => assistants.list())))
      assert.isAtMost(most, 3)
      assert.isAtMost(server.sockets.opened, 3)
    })

    it("stay until the last client that uses them is closed", async () => {
      await using server = await serve((_, response) => json(response, 200, []))
      const [first, second] = [1, 2].map(() => clientOf(server.baseUrl, { transport, connections: 1 }))
      await first?.assistants.list()
      await second?.assistants.list()
      await first?.close()
      await first?.close()
      await second?.assistants.list()
      assert.strictEqual(server.sockets.opened, 1)
      await second?.close()
      await eventually(() => assert.strictEqual(server.sockets.open.size, 0))
      // A client that is closed opens new ones when it is asked again.
      await first?.assistants.list()
      assert.strictEqual(server.sockets.opened, 2)
    })

    it("a call that waits for one in vain is not sent", async () => {
      let release = (): void => {}
      await using server = await serve((_, response) => (release = () => json(response, 201, assistant("a"))))
      const { assistants } = clientOf(server.baseUrl, { transport, connections: 1 })
      const first = assistants.create({})
      await eventually(() => assert.lengthOf(server.seen, 1))
      const errors = await Promise.all([1, 2, 3].map(() => tagOf(assistants.create({}, { timeout: 200 }))))
      for (const error of errors) {
        assert.deepInclude({ ...Object(error) }, { _tag: "AywaTimeoutError", outcome: "not-sent", isRetryable: true })
      }
      release()
      assert.strictEqual((await first).id, "a")
      assert.lengthOf(server.seen, 1)
    })
  })
}

describe("certificates of one client", () => {
  let pem: { readonly key: string; readonly cert: string }
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), "aywa-tls-"))
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert]
    const subject = ["-subj", "/CN=runtime", "-addext", "subjectAltName=IP:127.0.0.1"]
    execFileSync("openssl", ["req", "-x509", ...kind, ...subject], { stdio: "ignore" })
    pem = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") }
    rmSync(folder, { recursive: true })
  })

  /** A runtime that asks for a certificate, and says whether it got a good one. */
  const start = async () => {
    const server = createServer({ ...pem, ca: pem.cert, requestCert: true, rejectUnauthorized: false })
    server.on("request", (request, response) => {
      const { authorized } = request.socket as TLSSocket
      json(response, 200, [assistant(authorized ? "authorized" : "anonymous")])
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  for (const transport of ["auto", "fetch"] as const) {
    it(`are its own, transport ${transport}`, async () => {
      const baseUrl = await start()
      const who = async (tls: AywaRuntimeClientOptions["tls"]) => {
        const { items } = await clientOf(baseUrl, { transport, tls }).assistants.list()
        return items[0]?.id
      }
      assert.strictEqual(await who({ ca: pem.cert }), "anonymous")
      assert.strictEqual(await who({ ca: [pem.cert], cert: pem.cert, key: pem.key }), "authorized")
      const error = await tagOf(who(undefined))
      assert.deepInclude({ ...Object(error) }, { _tag: "ConnectionError", outcome: "not-sent" })
    })
  }

  it.live("are those of a layer too", () =>
    Effect.gen(function* () {
      const baseUrl = yield* Effect.promise(start)
      const list = Effect.flatMap(Assistants.Assistants, (assistants) => assistants.list())
      const layer = AywaRuntime.layer({ baseUrl, apiKey: "k", tls: { ca: pem.cert } })
      assert.strictEqual((yield* Effect.provide(list, layer)).items[0]?.id, "anonymous")
    })
  )

  it("do not show when a client is printed", () => {
    const aywa = clientOf("https://127.0.0.1:1", { tls: pem })
    assert.notInclude(JSON.stringify(aywa), pem.key)
  })
})

describe("what a program brings", () => {
  it("fetch takes the calls of its client, and of no other", async () => {
    await using server = await serve((_, response) => json(response, 200, []))
    const seen: Array<string> = []
    const aywa = clientOf(server.baseUrl, {
      fetch: async (url) => {
        seen.push(url)
        return Response.json([assistant("a")])
      }
    })
    assert.lengthOf((await aywa.assistants.list()).items, 1)
    assert.deepStrictEqual(seen, [`${server.baseUrl}/assistant`])
    assert.lengthOf((await clientOf(server.baseUrl).assistants.list()).items, 0)
  })

  const nothing = () => Promise.resolve(new Response())
  const dispatcher = { dispatch: () => true }
  const refused: ReadonlyArray<readonly [options: object, field: string]> = [
    [{ fetch: "fetch" }, "fetch"],
    [{ dispatcher: () => true }, "dispatcher"],
    [{ fetch: nothing, connections: 2 }, "connections"],
    [{ fetch: nothing, tls: {} }, "tls"],
    [{ dispatcher, fetch: nothing }, "fetch"],
    [{ dispatcher, connections: 2 }, "connections"],
    [{ dispatcher, transport: "fetch" }, "transport"],
    [{ tls: { ca: "ca.pem" } }, "tls.ca"],
    [{ tls: { ca: [Buffer.from("-----BEGIN ")] } }, "tls.ca"],
    [{ tls: { cert: "-----BEGIN CERTIFICATE-----" } }, "tls"],
    [{ tls: { pfx: "x" } }, "tls.pfx"],
    [{ tls: "ca.pem" }, "tls"]
  ]
  it.each(refused)("%o is refused", (options, field) => {
    let error: unknown
    try {
      void clientOf("http://127.0.0.1:1", options)
    } catch (thrown) {
      error = thrown
    }
    assert.instanceOf(error, ConfigError)
    assert.strictEqual(error.field, field)
  })

  it.each(["tls", "fetch", "dispatcher", "connections"])("%s is not changed by withOptions", (field) => {
    const aywa = clientOf("http://127.0.0.1:1")
    assert.throws(() => aywa.withOptions({ [field]: undefined }), /Make a new AywaRuntimeClient/)
  })
})
