/** A process of the tests of suspects: dies of one delivery, and ends when nothing waits. */
import * as Effect from "effect/Effect"
import { writeSync } from "node:fs"
import { WebhookInbox } from "../../src/inbox.ts"
import type { Options } from "../../src/inbox/options.ts"
import { inboxLayer, type Place } from "./support.ts"

process.stdin.on("close", () => process.kill(process.pid, "SIGKILL")).resume()
if ("unref" in process.stdin) process.stdin.unref()

const { place, options } = JSON.parse(process.argv[2] ?? "") as { readonly place: Place; readonly options: Options }

const program = Effect.gen(function* () {
  const inbox = yield* WebhookInbox.WebhookInbox
  const work = inbox.run(({ id }) =>
    Effect.gen(function* () {
      // Long enough that its neighbours have begun.
      yield* Effect.sleep(30)
      if (id === "evt_kills") process.kill(process.pid, "SIGKILL")
      yield* Effect.sleep(30)
      writeSync(1, `${id}\n`)
    })
  )
  const empty = Effect.gen(function* () {
    while ((yield* inbox.stats).waiting > 0) yield* Effect.sleep(50)
  })
  yield* Effect.raceFirst(work, empty)
})
await Effect.runPromise(Effect.scoped(Effect.provide(program, inboxLayer(place, options))))
process.exit(0)
