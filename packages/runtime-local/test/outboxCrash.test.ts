/** A process that dies while it delivers: nothing is lost, and nothing comes twice without being marked so. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, expect, inject, it, onTestFinished } from "vitest"
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
    expect(second.info.webhookSecret).toBe(first.info.webhookSecret)
    await receiver.count(2)
    const path = `/logs/webhooks/${jobs[0]?.id}`
    await expect.poll(async () => (await get(second.info, path)).status).toBe("succeeded")
    const job = await get(second.info, path)
    expect(job.attempts).toMatchObject([
      { attempt: 1, state: "interrupted", mayHaveArrived: true, error: expect.stringContaining("stopped during") },
      { attempt: 2, state: "answered", statusCode: 200 }
    ])
    expect(receiver.deliveries.map(({ id, headers }) => [id, headers["x-aywa-redelivered"]])).toEqual([
      [eventId, undefined],
      [eventId, "true"]
    ])
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
    await expect
      .poll(async () => (await get(info, "/logs/webhooks?limit=1000&status=succeeded")).items.length, {
        timeout: 20_000
      })
      .toBeGreaterThan(0)
    const open = async () =>
      (
        await Promise.all(
          ["pending", "delivering", "retrying"].map((status) => get(info, `/logs/webhooks?limit=1&status=${status}`))
        )
      ).flatMap((page) => page.items)
    await expect.poll(open, { timeout: 60_000 }).toEqual([])
    const seen = new Set<string>()
    const unmarked: Array<string> = []
    for (const { id, headers } of receiver.deliveries) {
      // Marked without need it may be (the mark says "may have"), unmarked it may not be.
      if (seen.has(id) && headers["x-aywa-redelivered"] !== "true") unmarked.push(id)
      seen.add(id)
    }
    expect(unmarked).toEqual([])
    expect(acknowledged.size).toBeGreaterThan(100)
    expect([...acknowledged].filter((id) => !seen.has(id))).toEqual([])
    const dead = await get(info, "/logs/webhooks?limit=1&status=dead")
    expect(dead.items).toEqual([])
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
    expect(refused.status).toBe(500)
    // The work is looked at anew.
    await control(info, "clock", { now: Date.now() }, "PUT")
    await expect.poll(said).toMatch(/Scheduled work cannot be read, .*: no such table: webhook_jobs/)
    expect(Array.isArray(await get(info, "/assistant"))).toBe(true)
    database.exec("ALTER TABLE hidden RENAME TO webhook_jobs")
    await trigger(info, { type: "hang", to: receiver.url })
    await receiver.count(1)
  })

  it("while an answer is on its way: a delivery goes on, marked", async () => {
    const { info, receiver } = await lockedWhileAnswering("hang")
    const { jobs } = await trigger(info, { type: "hang", to: receiver.url })
    await receiver.count(2)
    await expect.poll(async () => (await get(info, `/logs/webhooks/${jobs[0]?.id}`)).status).toBe("succeeded")
    const { attempts } = await get(info, `/logs/webhooks/${jobs[0]?.id}`)
    expect(attempts).toMatchObject([{ state: "interrupted", mayHaveArrived: true }, { state: "answered" }])
    expect(marks(receiver)).toEqual([undefined, "true"])
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
    await expect.poll(async () => (await get(info, `/call/${id}`)).status, { timeout: 15_000 }).toBe("ended")
    const asked = receiver.deliveries.filter(({ type }) => type === "tool-calls")
    expect(new Set(asked.map((one) => one.id)).size).toBe(1)
    expect(asked.map(({ headers }) => headers["x-aywa-redelivered"])).toEqual([undefined, "true"])
    // The report of the call's end may still be on its way; nothing stays under way for ever.
    await expect.poll(async () => (await get(info, "/logs/webhooks?status=delivering")).items).toEqual([])
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
    await expect.poll(said, { timeout: 10_000 }).toMatch(/Scheduled work failed: database is locked/)
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
    expect([body.status, body.attempts.map(({ state }: { state: string }) => state)]).toEqual([
      "succeeded",
      ["interrupted", "answered"]
    ])
  })

  it("a question that was being asked is over: whoever waited is gone", async () => {
    const client = await start({ store: { file: temporaryFile() } })
    const receiver = await receive(() => ({ hang: true }))
    const asked = client.runtime.trigger({ type: "tool-calls", to: receiver.url })
    await receiver.count(1)
    await client.runtime.restart()
    expect(await asked).toMatchObject({ valid: false, issues: ["The runtime stopped"] })
    const { body } = await client.call("GET", "/logs/webhooks")
    expect(body.items).toMatchObject([{ status: "dead", attemptCount: 1 }])
    expect(receiver.deliveries).toHaveLength(1)
  })

  it("a memory store keeps its jobs over a restart", async () => {
    const client = await start({ clock: "manual" })
    const receiver = await receive((_, index) => ({ status: index === 0 ? 500 : 200 }))
    await client.runtime.trigger({ type: "hang", to: receiver.url })
    await client.runtime.webhooks.idle()
    await client.runtime.restart()
    expect(await client.runtime.clock.advance(10_000)).toHaveLength(1)
    expect(receiver.deliveries).toHaveLength(2)
  })
})
