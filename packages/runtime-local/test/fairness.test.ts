/** Deliveries are shared out: who hangs, drips or never ends holds up neither others nor its own organization. */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { randomUUID } from "node:crypto"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it, onTestFinished } from "vitest"
import { receive } from "./receiver.ts"
import { start, temporaryFile } from "./support.ts"

type Badness = (response: http.ServerResponse) => void

const hangs: Badness = () => {}
const drips: Badness = (response) => {
  response.writeHead(200)
  const timer = setInterval(() => response.write("."), 50)
  response.on("close", () => clearInterval(timer))
}
const neverEnds: Badness = (response) => {
  response.writeHead(500)
  const more = () => {
    while (response.write("x")) if (response.destroyed) return
  }
  response.on("drain", more)
  response.write(".")
}

const badReceiver = async (answer: Badness): Promise<string> => {
  const server = http.createServer((request, response) => {
    request.resume()
    request.on("end", () => answer(response))
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const [first, second] = [randomUUID(), randomUUID()]

describe.each([
  ["hang", hangs],
  ["drip", drips],
  ["never end", neverEnds]
] as const)("twenty receivers that %s, and 1,000 jobs for them", (_, badness) => {
  it("hold up neither another organization nor other endpoints of theirs", async () => {
    const { runtime } = await start({ organization: first, organizations: [second] })
    const bad = await Promise.all(Array.from({ length: 20 }, () => badReceiver(badness)))
    for (let i = 0; i < 1000; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as a client would
      await runtime.trigger({ type: "status-update", to: bad[i % 20] ?? "" })
    }
    const healthy = await receive()
    await runtime.trigger({ type: "status-update", to: `${healthy.url}/other`, organization: second })
    await runtime.trigger({ type: "status-update", to: `${healthy.url}/own` })
    // The bad ones are given 30 seconds for each of their fifty: within those the healthy one has both.
    const deliveries = await healthy.count(2)
    assert.deepStrictEqual(deliveries.map(({ path }) => path).toSorted(), ["/other", "/own"])
  })
})

it("a call with hundreds of events that wait for its first one holds up no other call of the same server", async () => {
  const { runtime } = await start({ rows: { calls: [{ id: "slow" }, { id: "quick" }] } })
  const receiver = await receive(({ message }) => (message.call?.id === "slow" ? { hang: true } : {}))
  for (let i = 0; i < 300; i++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as a call would
    await runtime.trigger({ type: "hang", call: "slow", to: receiver.url })
  }
  await runtime.trigger({ type: "hang", call: "quick", to: receiver.url })
  const deliveries = await receiver.count(2)
  assert.deepStrictEqual(
    deliveries.map(({ message }) => message.call.id),
    ["slow", "quick"]
  )
})

describe("a receiver that drips", () => {
  it("has acknowledged with its status, and gives its slot back before the attempt's thirty seconds", async () => {
    const client = await start()
    await client.runtime.trigger({ type: "status-update", to: await badReceiver(drips) })
    await client.runtime.webhooks.idle()
    const { items } = (await client.call("GET", "/logs/webhooks")).body
    assert.deepStrictEqual(
      [items[0].status, items[0].statusCode, items[0].latencyMs < 15_000],
      ["succeeded", 200, true]
    )
  })
})

describe("a file", () => {
  it("of an earlier version gets its lanes, and its jobs go out", async () => {
    const file = temporaryFile()
    const before = await start({ store: { file }, clock: "manual" })
    const receiver = await receive()
    await receiver.close()
    await before.runtime.trigger({ type: "status-update", to: receiver.url })
    await before.runtime.webhooks.idle()
    await before.runtime.close()
    const database = new DatabaseSync(file)
    database.exec("DROP INDEX webhook_jobs_lane; ALTER TABLE webhook_jobs DROP COLUMN host")
    database.exec("UPDATE webhook_jobs SET next_at = 0")
    database.close()
    const again = await receive(() => ({}), Number(new URL(receiver.url).port))
    await start({ store: { file } })
    assert.lengthOf(await again.count(1), 1)
  })

  it("has an index for every look at a waiting or failing job", async () => {
    const file = temporaryFile()
    const { runtime } = await start({ store: { file } })
    await runtime.close()
    const database = new DatabaseSync(file)
    onTestFinished(() => database.close())
    const plan = (sql: string) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
        .join("; ")
    const waiting = "state IN ('pending', 'retrying')"
    const plans = [
      plan(`SELECT org_id, host FROM webhook_jobs INDEXED BY webhook_jobs_lane WHERE ${waiting} AND (org_id, host) > ('a', 'b')
        ORDER BY org_id, host LIMIT 1`),
      plan(`SELECT seq FROM webhook_jobs INDEXED BY webhook_jobs_lane WHERE ${waiting} AND org_id = 'a' AND host = 'b' AND next_at <= 1
        ORDER BY next_at, seq LIMIT 4`),
      plan("SELECT min(created_at) FROM webhook_jobs WHERE endpoint_id = 'e' AND failures > 0 AND created_at > 1"),
      plan("SELECT max(updated_at) FROM webhook_jobs WHERE endpoint_id = 'e' AND state = 'succeeded'")
    ]
    assert.deepStrictEqual(
      plans.filter((text) => !text.startsWith("SEARCH webhook_jobs USING") || text.includes("TEMP")),
      []
    )
  })
})
