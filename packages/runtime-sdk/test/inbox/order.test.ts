/** An order holds, whatever the order in which several receivers' deliveries become visible. */
import { assert, it } from "vitest"
import { Client } from "pg"
import { type OpenInbox, openWebhookInbox } from "../../src/inbox.ts"
import { eventually } from "../support/assertions.ts"
import { describeWith } from "../support/services.ts"
import { query } from "./roles.ts"
import { delivery, inboxLayer, makePlace } from "./support.ts"

interface Rig {
  readonly url: string
  readonly open: () => Promise<OpenInbox>
  /** A session in a transaction of its own. */
  readonly session: Client
}

const withRig = async (test: (rig: Rig) => Promise<void>) => {
  const { place, remove } = await makePlace("postgres")
  assert(place.kind === "postgres")
  const opened: Array<OpenInbox> = []
  const session = new Client({ connectionString: place.url })
  const open = async () => {
    const inbox = await openWebhookInbox({ store: inboxLayer(place, { order: "call", partitions: 4 }) })
    opened.push(inbox)
    return inbox
  }
  try {
    await open()
    await session.connect()
    await session.query("BEGIN")
    await test({ url: place.url, open, session })
  } finally {
    await session.end()
    await Promise.all(opened.map((inbox) => inbox.close()))
    await remove()
  }
}

/** In lines of their own. */
const callOf = { a: "call_1", b: "call_3" }

;(await describeWith("PostgreSQL"))("an order, PostgreSQL", () => {
  it.each(["offered", "put back"])("what is %s later does not become visible before what is being stored", (how) =>
    withRig(async ({ url, open, session }) => {
      const [one, two] = [await open(), await open()]
      const later = "later"
      if (how === "put back") {
        await one.offer(delivery(later, callOf.a))
        await query(url, `UPDATE aywa_inbox_deliveries SET state = 'parked' WHERE id = '${later}'`)
      }
      // The batch of this receiver has drawn places, and waits for the end of the session.
      await session.query(
        "INSERT INTO aywa_inbox_deliveries (inbox, id, type, line, body) VALUES ('webhooks', 'wall', 'hang', 0, '{}')"
      )
      const batch = Promise.all([one.offer(delivery("first", callOf.a)), one.offer(delivery("wall", callOf.b))])
      const stuck = async (count: number) =>
        assert.lengthOf(
          await query(
            url,
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
          ),
          count
        )
      await eventually(() => stuck(1))
      const stored = () =>
        query(url, `SELECT id FROM aywa_inbox_deliveries WHERE id IN ('first', '${later}') ORDER BY seq`)
      let atOnce: ReadonlyArray<unknown> | undefined
      const offered = async () => {
        await (how === "offered" ? two.offer(delivery(later, callOf.a)) : two.requeue(later))
        atOnce = await stored()
      }
      const second = offered()
      // It waits; or else it is there, and what is in front of it is not.
      await eventually(async () => {
        if (atOnce === undefined) await stuck(2)
      })
      await session.query("ROLLBACK")
      await Promise.all([batch, second])
      assert.deepStrictEqual(atOnce, [{ id: "first" }, { id: later }])
    })
  )
})
