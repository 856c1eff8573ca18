/**
 * A day on the manual clock: calls that come in and are placed, some of them scheduled, receivers that fail for hours, keys
 * that run out; at its end nothing is due, nothing is lost, and everything happened in order.
 */
import { assert, it } from "vitest"
import { receive } from "./receiver.ts"
import { start } from "./support.ts"

const hour = 3_600_000

it("24 hours of calls and webhooks pass, and all of them end", { timeout: 120_000 }, async () => {
  const begin = Date.parse("2030-03-30T12:00:00.000Z")
  const { runtime, call } = await start({ clock: "manual", seed: 4711, webhookSchedule: "standard" })
  runtime.clock.set(begin)
  const outage = { from: begin + 2 * hour, to: begin + 5 * hour }
  const receiver = await receive(() => {
    const now = runtime.clock.now()
    return { status: now >= outage.from && now < outage.to ? 503 : 200 }
  })
  const assistant = (await call("POST", "/assistant", { firstMessage: "Hello", server: { url: receiver.url } })).body
  await call("POST", "/phone-number", { provider: "vapi", number: "+14155550100", assistantId: assistant.id })
  const customer = { number: "+14155550123" }
  const create = (body: object, key: string) =>
    call("POST", "/call", { assistantId: assistant.id, customer, ...body }, { key })

  const ids: Array<string> = []
  const fired: Array<string> = []
  const first = await create({}, "the-same-key")
  ids.push(first.body.id)
  for (let hours = 0; hours < 24; hours++) {
    const earliestAt = new Date(runtime.clock.now() + 30 * 60_000).toISOString()
    // oxlint-disable-next-line no-await-in-loop -- hour by hour
    ids.push((await create({}, `now-${hours}`)).body.id)
    // oxlint-disable-next-line no-await-in-loop
    ids.push((await create({ schedulePlan: { earliestAt } }, `later-${hours}`)).body.id)
    ids.push(String(runtime.calls.inbound({ number: "+14155550100" })["id"]))
    // oxlint-disable-next-line no-await-in-loop
    fired.push(...(await runtime.clock.advance(hour)).map(({ at }) => at))
  }
  assert.strictEqual(runtime.clock.now(), begin + 24 * hour)
  assert.deepStrictEqual(fired, fired.toSorted())

  const rows = new Map(runtime.rows("calls").map((row) => [row.id, row]))
  assert.deepStrictEqual([...rows.keys()].toSorted(), ids.toSorted())
  assert.deepStrictEqual(new Set([...rows.values()].map(({ status }) => status)), new Set(["ended"]))
  const scheduled = [...rows.values()].filter((row) => row["schedulePlan"] !== undefined)
  const early = scheduled.filter((row) => String(row["startedAt"]) < String(Object(row["schedulePlan"]).earliestAt))
  assert.deepStrictEqual([scheduled.length, early], [24, []])

  // What failed in the outage was tried again within the day; nothing was given up, nothing is left.
  const { webhookJobs, calls } = (await call("GET", "/metrics.json")).body
  assert.deepStrictEqual([Object.keys(webhookJobs), calls], [["succeeded"], { ended: ids.length }])
  const ends = receiver.deliveries.filter(
    ({ type, message }) => type === "end-of-call-report" && message.call !== undefined
  )
  assert.deepStrictEqual(new Set(ends.map(({ message }) => message.call.id)), new Set(ids))
  const attempts = receiver.deliveries.length
  assert.isAbove(attempts, webhookJobs.succeeded)
  // Still the first answer, a day less a moment later; a day and a moment later the key is free.
  runtime.clock.set(begin + 24 * hour - 1)
  assert.strictEqual((await create({}, "the-same-key")).text, first.text)
  runtime.clock.set(begin + 24 * hour)
  assert.notStrictEqual((await create({}, "the-same-key")).body.id, first.body.id)
})
