/**
 * Workers whose sessions have different time zones, or zones that change under them: nothing is handed out twice, and
 * nothing waits for the difference to pass.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import { assert, describe, it } from "vitest"
import { type OpenOptions, openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import { describeWith } from "../support/services.ts"
import { makeRoles, query, type Roles } from "./roles.ts"
import { delivery, makePlace, until } from "./support.ts"

const pgOf = (url: string) => PgClient.layer({ url: Redacted.make(url), maxConnections: 3 })

const open = (client: Layer.Layer<SqlClient.SqlClient, unknown>, handle?: OpenOptions["handle"]) =>
  openWebhookInbox({
    store: WebhookInbox.layerSql({ pollInterval: 20, lockExpiration: "10 seconds" }).pipe(Layer.provide(client)),
    handle,
    concurrency: 1
  })

const settled = (condition: () => boolean | Promise<boolean>, what: string) =>
  Effect.runPromise(
    until(
      Effect.promise(async () => condition()),
      what
    )
  )

interface Scenario {
  readonly clientOf: (url: string) => Layer.Layer<SqlClient.SqlClient, unknown>
  /** What happens to the sessions while a delivery is in hand, another waits, and the worker of a third is dead. */
  readonly change: (roles: Roles) => Promise<unknown>
}

const check = async (roles: Roles, { clientOf, change }: Scenario) => {
  const runs: Array<string> = []
  const handled = (id: string) => settled(() => runs.includes(id), `${id} to be handled`)
  const begun = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const [a, b] = [clientOf(roles.a), clientOf(roles.b)]
  const intake = await open(a)
  const busy = await open(b, async ({ id }) => {
    runs.push(id)
    if (id !== "evt_held") return
    begun.resolve()
    await gate.promise
  })
  const closing: Array<() => Promise<void>> = [intake.close, busy.close]
  try {
    await busy.offer(delivery("evt_held"))
    await begun.promise
    await intake.offer(delivery("evt_waiting"))
    await busy.offer(delivery("evt_dead"))
    await query(
      roles.b,
      `UPDATE aywa_inbox_deliveries SET lock = 'dead', due = extract(epoch FROM now()) * 1000 + 4000
        WHERE id = 'evt_dead'`
    )
    await change(roles)
    const worker = await open(a, async ({ id }) => runs.push(id))
    closing.push(worker.close)
    await handled("evt_waiting")
    await handled("evt_dead")
    for (const id of ["evt_1", "evt_2", "evt_3"]) {
      await intake.offer(delivery(id))
      // Taken after what was stored before it: by now `evt_held` would have been taken again.
      await handled(id)
    }
    await worker.close()
    await intake.offer(delivery("evt_late"))
    gate.resolve()
    await handled("evt_late")
    assert.deepStrictEqual(runs.toSorted(), [
      "evt_1",
      "evt_2",
      "evt_3",
      "evt_dead",
      "evt_held",
      "evt_late",
      "evt_waiting"
    ])
  } finally {
    gate.resolve()
    await Promise.all(closing.map((close) => close()))
  }
}

/** A zone of POSIX rules whose summer time, an hour ahead of UTC, begins or ends at an instant. */
const zoneThatChanges = (to: Season, at: Date): string => {
  const local = new Date(at.getTime() + (to === "summer" ? 0 : 3_600_000)) // Rules are in the time that they end.
  const day = Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0)) / 86_400_000)
  const change = `${day}/${local.toISOString().slice(11, 19)}`
  const other = `${(day + 180) % 365}/00:00:00`
  return `WIN0SUM-1,${to === "summer" ? `${change},${other}` : `${other},${change}`}`
}

type Season = "summer" | "winter"

const fixed = { summer: "SUM-1", winter: "WIN0" }

/** What the clock of the first role shows. */
const seasonOf = async (roles: Roles): Promise<Season> => {
  const [row] = await query(roles.a, "SELECT extract(timezone FROM now()) AS seconds")
  return Number(row?.["seconds"]) === 0 ? "winter" : "summer"
}

const seasons = (to: Season) => {
  const test = (whose: string, second: (zone: string) => string) =>
    it.concurrent(`the zone of ${whose} changes to ${to} time`, { timeout: 120_000 }, async () => {
      const attempt = async (aheadMillis: number): Promise<boolean> => {
        const zone = zoneThatChanges(to, new Date(Date.now() + aheadMillis))
        const roles = await makeRoles({ timezone: zone }, { timezone: second(zone) })
        let inTime = true
        const change = async () => {
          inTime = (await seasonOf(roles)) !== to
          await settled(async () => (await seasonOf(roles)) === to, "the change")
        }
        await check(roles, { clientOf: pgOf, change }).finally(roles.remove)
        return inTime
      }
      // On a loaded machine the change may be over before the workers are there.
      assert((await attempt(8000)) || (await attempt(25_000)), "this machine was too slow: the change is over")
    })
  test("both", (zone) => zone)
  test("one, whose time the other has already,", () => fixed[to])
}

const pairs = [
  ["Asia/Tokyo", "America/Los_Angeles"],
  ["America/Los_Angeles", "Asia/Tokyo"]
] as const

const suite = () => {
  for (const [one, other] of pairs) {
    it.concurrent(`workers in ${one} and ${other}`, { timeout: 60_000 }, async () => {
      const roles = await makeRoles({ timezone: one }, { timezone: other })
      await check(roles, { clientOf: pgOf, change: async () => {} }).finally(roles.remove)
    })

    it.concurrent(`connections that come back in ${other} after ${one}`, { timeout: 60_000 }, async () => {
      const roles = await makeRoles({ timezone: one }, { timezone: one })
      const change = async () => {
        await roles.set({ timezone: other })
        await roles.disconnect()
      }
      await check(roles, { clientOf: pgOf, change }).finally(roles.remove)
    })
  }

  seasons("summer")
  seasons("winter")

  it.concurrent("clients of one's own, with another zone for every statement", { timeout: 60_000 }, async () => {
    const roles = await makeRoles({}, {})
    const clientOf = (url: string) =>
      url === roles.a
        ? wandering(url, ["Asia/Tokyo", "UTC", "Pacific/Kiritimati"])
        : wandering(url, ["America/Los_Angeles", "Etc/GMT+12"])
    await check(roles, { clientOf, change: async () => {} }).finally(roles.remove)
  })
}

describe("time zones, SQLite", () => {
  it("the zone of the process takes no part", async () => {
    const { place, remove } = await makePlace("sqlite")
    assert(place.kind === "sqlite")
    const { TZ } = process.env
    const handled = Promise.withResolvers<string>()
    try {
      process.env["TZ"] = "Pacific/Kiritimati"
      assert.strictEqual(new Date().getTimezoneOffset(), -840)
      await using intake = await openWebhookInbox({ store: { sqlite: place.file } })
      await intake.offer(delivery("evt_1"))
      process.env["TZ"] = "Etc/GMT+12"
      await using worker = await openWebhookInbox({
        store: { sqlite: place.file },
        handle: async ({ id }) => handled.resolve(id)
      })
      assert.strictEqual(await handled.promise, "evt_1")
      await worker.close()
    } finally {
      if (TZ === undefined) delete process.env["TZ"]
      else process.env["TZ"] = TZ
      await remove()
    }
  })
})

/** As behind a pooler that hands out sessions which others have changed. */
const wandering = (url: string, zones: ReadonlyArray<string>) => {
  let turn = 0
  const make = Effect.gen(function* () {
    const inner = yield* PgClient.PgClient
    const acquirer = Effect.tap(inner.reserve, (connection) =>
      connection.executeRaw(`SET TIME ZONE '${zones[turn++ % zones.length]}'`, [])
    )
    return yield* SqlClient.make({ acquirer, compiler: PgClient.makeCompiler(), driver: "pg", spanAttributes: [] })
  })
  return Layer.effect(SqlClient.SqlClient, make).pipe(Layer.provide([pgOf(url), Reactivity.layer]))
}

;(await describeWith("PostgreSQL"))("time zones, PostgreSQL", suite)
