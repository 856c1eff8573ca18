/**
 * Deliveries that kill their process (SIGKILL, in processes of their own): taken alone next time, and only a lone
 * repeat offender is parked, never its neighbours.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { WebhookInbox } from "../../src/inbox.ts"
import { describeWith } from "../support/services.ts"
import { delivery, inboxLayer, type Place, placeOf } from "./support.ts"

const options = { lockExpiration: 400, maxAttempts: 3 } as const
const neighbours = Array.from({ length: 12 }, (_, i) => `evt_${i}`)

const suite = (kind: "sqlite" | "postgres" | "redis") => {
  it.live(
    "the offender is parked after its lone attempts, and every neighbour is handled",
    Effect.fnUntraced(function* () {
      const place = yield* placeOf(kind)
      const withInbox = <A, E>(use: (inbox: WebhookInbox.WebhookInbox["Service"]) => Effect.Effect<A, E>) =>
        Effect.flatMap(WebhookInbox.WebhookInbox, use).pipe(Effect.provide(inboxLayer(place, options)))
      yield* withInbox((inbox) =>
        Effect.forEach([...neighbours.slice(0, 6), "evt_kills", ...neighbours.slice(6)], (id) =>
          inbox.offer(delivery(id))
        )
      )
      const handled = new Set<string>()
      let deaths = 0
      for (let i = 0; i < 20; i++) {
        const ended = yield* Effect.promise(() => start(place))
        for (const id of ended.handled) handled.add(id)
        if (ended.signal === "SIGKILL") deaths++
        else break
      }
      const parked = yield* withInbox((inbox) => inbox.parked())
      assert.deepStrictEqual(
        parked.map(({ id, attempts }) => ({ id, attempts })),
        [{ id: "evt_kills", attempts: 3 }]
      )
      assert.deepStrictEqual([...handled].toSorted(), neighbours.toSorted())
      // Once among its neighbours, which says nothing of it, and then alone.
      assert.strictEqual(deaths, 4)
    }),
    90_000
  )
}

/** A worker that ends when nothing is left, or dies. */
const start = async (place: Place) => {
  const child = spawn(
    process.execPath,
    [new URL("./offender.ts", import.meta.url).pathname, JSON.stringify({ place, options })],
    { stdio: ["pipe", "pipe", "inherit"] }
  )
  let output = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text))
  const [, signal] = (await once(child, "close")) as [number | null, string | null]
  return { signal, handled: output.split("\n").filter((line) => line !== "") }
}

describe("a delivery that kills, SQLite", () => {
  suite("sqlite")
})
;(await describeWith("PostgreSQL"))("a delivery that kills, PostgreSQL", () => {
  suite("postgres")
})
;(await describeWith("Redis"))("a delivery that kills, Redis", () => {
  suite("redis")
})
