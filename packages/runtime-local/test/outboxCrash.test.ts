/** A process that dies while it delivers: nothing is lost, and nothing comes twice without being marked so. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, inject, it, onTestFinished } from "vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { type Receiver, receive } from "./receiver.ts"
import { start, temporaryFile } from "./support.ts"

const bin = inject("localBin")

interface Ready {
  readonly baseUrl: string
  readonly controlToken: string
  readonly webhookSecret: string
}

const boot = async (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "pipe"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  let errors = ""
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()))
  const [line] = await once(child.stdout, "data")
  const info: Ready = JSON.parse(String(line))
  return { child, info, said: () => errors }
}

const kill = async (child: ChildProcess) => {
  child.kill("SIGKILL")
  if (child.exitCode === null && child.signalCode === null) await once(child, "close")
}

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into JSON that they provoke
const get = async (info: Ready, path: string): Promise<any> => {
  const response = await fetch(info.baseUrl + path, { headers: { authorization: "Bearer sk_1" } })
  return response.json()
}

const control = (info: Ready, path: string, body: object, method = "POST") =>
  fetch(`${info.baseUrl}/__aywa/${path}`, {
    method,
    headers: { authorization: `Bearer ${info.controlToken}`, "content-type": "application/json" },
    body: JSON.stringify(body)
  })

const trigger = async (info: Ready, body: object): Promise<Triggered> => {
  const response = await control(info, "trigger", body)
  assert.strictEqual(response.status, 202)
  // What the control API answers.
  return (await response.json()) as Triggered
}

interface Triggered {
  readonly eventId: string
  readonly jobs: ReadonlyArray<{ readonly id: string }>
}

describe("kill -9 in the middle of a delivery", () => {
  it("the attempt is written down as interrupted, and the next one carries the mark", async () => {
    const args = ["--db", temporaryFile(), "--api-key", "sk_1"]
    const receiver = await receive((_, index) => (index === 0 ? { hang: true } : {}))
    const first = await boot(...args)
    const { eventId, jobs } = await trigger(first.info, { type: "hang", to: receiver.url })
    await receiver.count(1)
    await kill(first.child)
    const second = await boot(...args)
    assert.strictEqual(second.info.webhookSecret, first.info.webhookSecret)
    await receiver.count(2)
    const path = `/logs/webhooks/${jobs[0]?.id}`
    await eventually(async () => assert.strictEqual((await get(second.info, path)).status, "succeeded"))
    const job = await get(second.info, path)
    assertMatches(job.attempts, [
      { attempt: 1, state: "interrupted", mayHaveArrived: true, error: /stopped during/ },
      { attempt: 2, state: "answered", statusCode: 200 }
    ])
    assert.deepStrictEqual(
      receiver.deliveries.map(({ id, headers }) => [id, headers["x-aywa-redelivered"]]),
      [
        [eventId, undefined],
        [eventId, "true"]
      ]
    )
    for (const delivery of receiver.deliveries) delivery.verify(first.info.webhookSecret)
  })

  it("rounds of it under load: every event that was acknowledged arrives, every repetition is marked", async () => {
    const rounds = Number(process.env["AYWA_CRASH_ROUNDS"] ?? 3)
    const args = ["--db", temporaryFile(), "--api-key", "sk_1", "--webhook-schedule", "instant"]
    const receiver = await receive()
    const acknowledged = new Set<string>()
    for (let round = 0; round < rounds; round++) {
      // oxlint-disable-next-line no-await-in-loop -- one process after the other is the point
      const { child, info } = await boot(...args)
      // Until the process is killed: then the requests fail.
      const load = Array.from({ length: 8 }, async () => {
        try {
          for (;;) {
            // oxlint-disable-next-line no-await-in-loop
            acknowledged.add((await trigger(info, { type: "hang", to: receiver.url })).eventId)
          }
        } catch {
          return
        }
      })
      // oxlint-disable-next-line no-await-in-loop
      await receiver.count(receiver.deliveries.length + 50 + round * 37)
      // oxlint-disable-next-line no-await-in-loop
      await kill(child)
      // oxlint-disable-next-line no-await-in-loop
      await Promise.all(load)
    }
    const { info } = await boot(...args)
    await eventually(
      async () => assert.isAbove((await get(info, "/logs/webhooks?limit=1000&status=succeeded")).items.length, 0),
      20_000
    )
    const open = async () =>
      (
        await Promise.all(
          ["pending", "delivering", "retrying"].map((status) => get(info, `/logs/webhooks?limit=1&status=${status}`))
        )
      ).flatMap((page) => page.items)
    await eventually(async () => assert.deepStrictEqual(await open(), []), 60_000)
    const seen = new Set<string>()
    const unmarked: Array<string> = []
    for (const { id, headers } of receiver.deliveries) {
      // Marked without need it may be (the mark says "may have"), unmarked it may not be.
      if (seen.has(id) && headers["x-aywa-redelivered"] !== "true") unmarked.push(id)
      seen.add(id)
    }
    assert.deepStrictEqual(unmarked, [])
    assert.isAbove(acknowledged.size, 100)
    assert.deepStrictEqual(
      [...acknowledged].filter((id) => !seen.has(id)),
      []
    )
    const dead = await get(info, "/logs/webhooks?limit=1&status=dead")
    assert.deepStrictEqual(dead.items, [])
  }, 120_000)
})

describe("a store that fails", () => {
  it("ends neither the process nor the work: it goes on when the store does", async () => {
    const file = temporaryFile()
    const { info, said } = await boot("--db", file, "--api-key", "sk_1")
    const receiver = await receive()
    const database = new DatabaseSync(file)
    onTestFinished(() => database.close())
    database.exec("ALTER TABLE webhook_jobs RENAME TO hidden")
    const refused = await control(info, "trigger", { type: "hang", to: receiver.url })
    assert.strictEqual(refused.status, 500)
    // The work is looked at anew.
    await control(info, "clock", { now: Date.now() }, "PUT")
    await eventually(() => assert.match(said(), /Scheduled work cannot be read, .*: no such table: webhook_jobs/))
    assert.isTrue(Array.isArray(await get(info, "/assistant")))
    database.exec("ALTER TABLE hidden RENAME TO webhook_jobs")
    await trigger(info, { type: "hang", to: receiver.url })
    await receiver.count(1)
  })

  it("while an answer is on its way: a delivery goes on, marked", async () => {
    const { info, receiver } = await lockedWhileAnswering("hang")
    const { jobs } = await trigger(info, { type: "hang", to: receiver.url })
    await receiver.count(2)
    await eventually(async () =>
      assert.strictEqual((await get(info, `/logs/webhooks/${jobs[0]?.id}`)).status, "succeeded")
    )
    const { attempts } = await get(info, `/logs/webhooks/${jobs[0]?.id}`)
    assertMatches(attempts, [{ state: "interrupted", mayHaveArrived: true }, { state: "answered" }])
    assert.deepStrictEqual(marks(receiver), [undefined, "true"])
  })

  it("while an answer is on its way: a call goes on, and asks again under the same id", async () => {
    const { info, receiver } = await lockedWhileAnswering("tool-calls")
    const tools = [{ type: "function", function: { name: "f" } }]
    const assistant = { server: { url: receiver.url }, model: { provider: "openai", model: "m", tools } }
    await control(info, "calls/script", { steps: [{ tool: "f" }] })
    const response = await fetch(`${info.baseUrl}/call`, {
      method: "POST",
      headers: { authorization: "Bearer sk_1", "content-type": "application/json" },
      body: JSON.stringify({ assistant, customer: { number: "+14155550188" } })
    })
    const { id } = (await response.json()) as { id: string }
    await eventually(async () => assert.strictEqual((await get(info, `/call/${id}`)).status, "ended"), 15_000)
    const asked = receiver.deliveries.filter(({ type }) => type === "tool-calls")
    assert.strictEqual(new Set(asked.map((one) => one.id)).size, 1)
    assert.deepStrictEqual(
      asked.map(({ headers }) => headers["x-aywa-redelivered"]),
      [undefined, "true"]
    )
    // The report of the call's end may still be on its way; nothing stays under way for ever.
    await eventually(async () =>
      assert.deepStrictEqual((await get(info, "/logs/webhooks?status=delivering")).items, [])
    )
  })
})

const marks = ({ deliveries }: Receiver) => deliveries.map(({ headers }) => headers["x-aywa-redelivered"])

/** A runtime, and a receiver in whose first answer another program locks the database, until the runtime complains. */
const lockedWhileAnswering = async (type: string) => {
  const file = temporaryFile()
  const { info, said } = await boot("--db", file, "--api-key", "sk_1")
  const database = new DatabaseSync(file)
  onTestFinished(() => database.close())
  const unlock = async () => {
    await eventually(() => assert.match(said(), /Scheduled work failed: database is locked/), 10_000)
    database.exec("ROLLBACK")
  }
  let seen = 0
  const receiver = await receive((delivery) => {
    if (delivery.type === type && ++seen === 1) {
      database.exec("BEGIN IMMEDIATE")
      void unlock()
    }
    const [call] = delivery.message.toolCallList ?? []
    return { body: { results: [{ toolCallId: call?.id, name: "f", result: "done" }] } }
  })
  return { info, receiver }
}

describe("a restart in the same process", () => {
  it("cuts the delivery, writes nothing behind the back of the new database, and goes on", async () => {
    const client = await start({ store: { file: temporaryFile() } })
    const receiver = await receive((_, index) => (index === 0 ? { hang: true } : {}))
    const { jobs } = await client.runtime.trigger({ type: "hang", to: receiver.url })
    await receiver.count(1)
    await client.runtime.restart()
    await receiver.count(2)
    await client.runtime.webhooks.idle()
    const { body } = await client.call("GET", `/logs/webhooks/${jobs?.[0]?.id}`)
    assert.deepStrictEqual(
      [body.status, body.attempts.map(({ state }: { state: string }) => state)],
      ["succeeded", ["interrupted", "answered"]]
    )
  })

  it("a question that was being asked is over: whoever waited is gone", async () => {
    const client = await start({ store: { file: temporaryFile() } })
    const receiver = await receive(() => ({ hang: true }))
    const asked = client.runtime.trigger({ type: "tool-calls", to: receiver.url })
    await receiver.count(1)
    await client.runtime.restart()
    assertMatches(await asked, { valid: false, issues: ["The runtime stopped"] })
    const { body } = await client.call("GET", "/logs/webhooks")
    assertMatches(body.items, [{ status: "dead", attemptCount: 1 }])
    assert.lengthOf(receiver.deliveries, 1)
  })

  it("a memory store keeps its jobs over a restart", async () => {
    const client = await start({ clock: "manual" })
    const receiver = await receive((_, index) => ({ status: index === 0 ? 500 : 200 }))
    await client.runtime.trigger({ type: "hang", to: receiver.url })
    await client.runtime.webhooks.idle()
    await client.runtime.restart()
    assert.lengthOf(await client.runtime.clock.advance(10_000), 1)
    assert.lengthOf(receiver.deliveries, 2)
  })
})
