/**
 * A runtime, or a gateway before it, that repeats what it was sent: in each place of an answer and in every form. None
 * of it is seen again, whoever looks.
 */
import { createServer, type Socket } from "node:net"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "vitest"
import { type Canary, formsOf, makeCanary, shownIn } from "./canaries.ts"
import { faces, type Options } from "./faces.ts"
import { type Place, places } from "./places.ts"

interface Echo extends AsyncDisposable {
  readonly baseUrl: string
  /** What was sent and repeated. */
  readonly repeated: ReadonlyArray<Canary>
}

/** Answers on a bare socket, repeating all keys and secret headers that it was sent until then. */
const serveEcho = async (place: Place, canaries: () => ReadonlyArray<Canary>): Promise<Echo> => {
  const repeated: Array<Canary> = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    let head = ""
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1")
      if (!head.includes("\r\n\r\n")) return
      for (const canary of canaries()) {
        if (head.includes(canary.text) && !repeated.includes(canary)) repeated.push(canary)
      }
      head = ""
      const echo = repeated.flatMap(formsOf).join(" , ")
      const answer = place.answer(echo, repeated.at(-1)?.text ?? "")
      if (place.cut === true) socket.end(answer)
      else socket.write(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    repeated,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      })
  }
}

const shapes = ["token", "symbols"] as const
const kinds = ["fixed", "asked"] as const

for (const face of faces) {
  describe(`${face.name} shows nothing of what was sent`, () => {
    for (const kind of kinds) {
      for (const shape of shapes) {
        it(`a key that is ${kind}, and secret headers; ${shape}`, async () => {
          const leaks: Array<string> = []
          let redactions = 0
          for (const place of places) {
            for (const operation of place.operations) {
              const key = makeCanary(shape)
              const clientHeader = makeCanary(shape)
              const callHeader = makeCanary(shape)
              const keys = [key]
              await using server = await serveEcho(place, () => [...keys, clientHeader, callHeader])
              const options: Options = {
                baseUrl: server.baseUrl,
                key: key.text,
                kind,
                nextKey: () => {
                  const next = makeCanary(shape)
                  keys.push(next)
                  return next.text
                },
                headers: { "x-gateway-token": clientHeader.text }
              }
              const retries = place.retried === true ? 1 : 0
              const shown = await face.call(options, operation, { "x-signed-by": callHeader.text }, retries)
              assert.strictEqual(
                server.repeated.length,
                kind === "asked" ? 3 + retries : 3,
                `${place.name} ${operation}`
              )
              for (const [where, text] of Object.entries(shown)) {
                redactions += text.split("<redacted>").length - 1
                // The headers of an answer are for its caller, who may look for what he sent: only keys are taken out.
                const secrets = where === "response" ? keys : [...keys, clientHeader, callHeader]
                const leak = shownIn(text, secrets)[0]
                if (leak !== undefined) leaks.push(`${place.name}, ${operation}: ${where} has ${leak}`)
              }
            }
          }
          assert.deepStrictEqual(leaks.slice(0, 40), [], `${leaks.length} leaks`)
          assert.isAbove(redactions, 1000, "the answers were not seen")
        }, 120_000)
      }
    }
  })
}
