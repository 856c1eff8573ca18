/**
 * The local runtime with a past: how long each list, count, metric and summary takes with 100,000 calls, as many webhook
 * jobs and events, beside 1,000 of them; what failing receivers of one organization do to another; and, where
 * AYWA_BEFORE names a checkout of an earlier state, create and list beside it.
 *
 * `--rows 100000` says how many, `--only past,fair,before` runs some. Exits with 1 where an answer takes more than 50 ms, a
 * healthy receiver waits more than 250 ms longer, or create or list fall below 0.97 of before.
 */
import { fork, type ChildProcess } from "node:child_process"
import * as fs from "node:fs"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { low, message, quantile } from "./rounds.ts"
import { table } from "./tables.ts"

const { values } = parseArgs({
  options: { rows: { type: "string", default: "100000" }, only: { type: "string", default: "past,fair,before" } }
})
const only = new Set(values.only.split(","))
const many = Number(values.rows)
const failures: Array<string> = []
const print = (text: string) => void process.stdout.write(`${text}\n`)
const headers = (key: string) => ({ authorization: `Bearer ${key}`, "content-type": "application/json" })

/** Milliseconds that an answer may take. */
const most = 50

/** Requests of one round. */
const units = 160
let created = 0

const directory = fs.mkdtempSync(path.join(os.tmpdir(), "aywa-bench-"))
try {
  if (only.has("past")) await past()
  if (only.has("fair")) await fairness()
  if (only.has("before")) await before(process.env["AYWA_BEFORE"])
} finally {
  fs.rmSync(directory, { recursive: true, force: true })
}
if (failures.length > 0) {
  print(`\n${failures.join("\n")}`)
  process.exitCode = 1
}

/** A database with so many calls, jobs and events of one organization. */
async function fill(rows: number): Promise<string> {
  const file = path.join(directory, `${rows}.sqlite`)
  const empty = await startLocalRuntime({ store: { file }, organization: "org_1", apiKey: "sk_1" })
  await empty.close()
  const database = new DatabaseSync(file)
  const call = database.prepare(
    "INSERT INTO resource_rows (resource, org_id, id, created_at, updated_at, body) VALUES ('calls', 'org_1', ?, ?, ?, ?)"
  )
  const event = database.prepare(
    "INSERT INTO webhook_events (id, org_id, type, call_id, body, created_at) VALUES (?, 'org_1', ?, ?, ?, ?)"
  )
  const job = database.prepare(
    `INSERT INTO webhook_jobs (id, org_id, event_id, signed_id, type, call_id, level, url, server, state, reply, created_at,
       updated_at, host, target) VALUES (?, 'org_1', ?, ?, ?, ?, 'assistant', 'http://127.0.0.1:9/', '{}', ?, 0, ?, ?, '127.0.0.1:9', 'x')`
  )
  const attempt = database.prepare(
    "INSERT INTO webhook_attempts (job_id, number, state, started_at, ms, status) VALUES (?, 1, 'answered', ?, 12, 200)"
  )
  const transcript = "AI: How can I help?\nUser: Where is my order?\n".repeat(20)
  const reasons = ["customer-ended-call", "assistant-ended-call", "voicemail", "silence-timed-out"]
  const types = ["status-update", "end-of-call-report", "transcript", "conversation-update"]
  const begin = Date.now() - rows * 1000
  database.exec("BEGIN")
  for (let n = 0; n < rows; n++) {
    const id = `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`
    const at = begin + n * 1000
    const [createdAt, endedAt] = [new Date(at).toISOString(), new Date(at + 1000 * (n % 600)).toISOString()]
    const body = {
      id,
      orgId: "org_1",
      createdAt,
      updatedAt: endedAt,
      type: n % 3 === 0 ? "inboundPhoneCall" : "outboundPhoneCall",
      status: "ended",
      assistantId: `assistant-${n % 50}`,
      phoneNumberId: `number-${n % 20}`,
      startedAt: createdAt,
      endedAt,
      endedReason: reasons[n % 4],
      cost: (n % 997) / 1000,
      artifact: { transcript }
    }
    call.run(id, at, at, JSON.stringify(body))
    const type = types[n % 4] ?? ""
    event.run(`evt_${n}`, type, id, JSON.stringify({ message: { type, transcript } }), at)
    job.run(`job_${n}`, `evt_${n}`, `evt_${n}`, type, id, n % 10 === 0 ? "dead" : "succeeded", at, at)
    attempt.run(`job_${n}`, at)
  }
  database.exec("COMMIT")
  database.close()
  return file
}

/** What is asked for, with the middle of time. */
function questions(rows: number): ReadonlyArray<readonly [name: string, path: string]> {
  const id = `00000000-0000-4000-8000-${String(rows - 7).padStart(12, "0")}`
  const middle = new Date(Date.now() - rows * 500).toISOString()
  const last = Math.floor(rows / 100)
  return [
    ["calls, 100", "/call?page=1"],
    ["calls, 1,000", "/call?limit=1000"],
    ["calls, the last page", `/call?page=${last}`],
    ["calls of an assistant", "/call?assistantId=assistant-7"],
    ["calls of a number", "/call?phoneNumberId=number-7"],
    ["calls of both", "/call?assistantId=assistant-7&phoneNumberId=number-7"],
    ["calls of nobody", "/call?assistantId=none"],
    ["a call by id, as a list", `/call?id=${id}`],
    ["calls before the middle", `/call?createdAtLt=${middle}`],
    ["calls changed before the middle", `/call?updatedAtLt=${middle}`],
    ["calls changed since the middle", `/call?updatedAtGe=${middle}&sortOrder=ASC`],
    ["calls by duration", "/call?sortBy=duration"],
    ["calls by cost, the last page", `/call?sortBy=cost&sortOrder=ASC&page=${last}`],
    ["calls of an assistant by cost", "/call?sortBy=cost&assistantId=assistant-7"],
    ["one call", `/call/${id}`],
    ["metrics", "/metrics"],
    ["metrics.json", "/metrics.json"],
    ["slo", "/slo"],
    ["runbooks", "/runbooks"],
    ["setup", "/setup/requirements"],
    ["summary", "/analytics/summary"],
    ["webhook jobs", "/logs/webhooks?limit=100"],
    ["webhook jobs that are dead", "/logs/webhooks?status=dead"],
    ["webhook jobs of a type", "/logs/webhooks?type=transcript"],
    ["webhook jobs of a type there is not", "/logs/webhooks?type=hang"],
    ["webhook jobs of an endpoint there is not", "/logs/webhooks?endpointId=none"],
    ["webhook jobs of a call", `/logs/webhooks?callId=${id}`],
    ["control: events", "/__aywa/events?limit=100"],
    ["control: events of a call", `/__aywa/events?callId=${id}`],
    ["control: events of a type there is not", "/__aywa/events?type=hang"],
    ["control: rows", "/__aywa/rows?resource=calls"],
    ["control: rows of an organization", "/__aywa/rows?organization=org_1"],
    ["control: rows with a rare text", "/__aywa/rows?text=nobody+says+this"],
    ["control: live calls", "/__aywa/calls/live"],
    ["control: jobs", "/__aywa/jobs?limit=100"],
    ["control: jobs that are dead", "/__aywa/jobs?status=dead"],
    ["control: jobs of a type there is not", "/__aywa/jobs?type=hang"],
    ["control: jobs of an organization", "/__aywa/jobs?organization=org_1"],
    ["control: requests", "/__aywa/requests"]
  ]
}

/** Milliseconds of each question, and bytes of its answer: the median of some, beside others or not. */
async function ask(
  file: string,
  rows: number
): Promise<ReadonlyMap<string, { readonly ms: number; readonly bytes: number }>> {
  const runtime = await startLocalRuntime({
    store: { file },
    organization: "org_1",
    apiKey: "sk_1",
    listShape: { calls: 2 },
    retention: { events: 10 * rows }
  })
  const answers = new Map<string, { readonly ms: number; readonly bytes: number }>()
  try {
    for (const [name, target] of questions(rows)) {
      const key = target.startsWith("/__aywa/") ? runtime.controlToken : "sk_1"
      const times: Array<number> = []
      let bytes = 0
      for (let round = 0; round < 7; round++) {
        const from = performance.now()
        const response = await fetch(runtime.baseUrl + target, { headers: headers(key) })
        bytes = (await response.arrayBuffer()).byteLength
        times.push(performance.now() - from)
        if (response.status !== 200) throw new Error(`${target} answered ${response.status}`)
      }
      answers.set(name, { ms: low(times), bytes })
    }
  } finally {
    await runtime.close()
  }
  return answers
}

async function past(): Promise<void> {
  const few = Math.min(1000, many)
  const [small, large] = [await ask(await fill(few), few), await ask(await fill(many), many)]
  const lines = [...large].map(([name, { ms, bytes }]) => {
    const less = small.get(name)?.ms ?? Number.NaN
    // What takes as long with a thousand is long by itself: a megabyte, or a machine that is busy.
    if (ms > most && !(ms < 1.5 * less)) failures.push(`${name}: ${ms.toFixed(0)} ms with ${many} calls`)
    if (name.startsWith("control:") && bytes > 1_048_576) failures.push(`${name}: ${bytes} bytes`)
    return [name, less, ms, ms / less, bytes / 1000]
  })
  print(table(`answers with a past (milliseconds)`, ["", `${few} calls`, `${many} calls`, "ratio", "KB"], lines))
}

/** A receiver: answers, or never. */
async function receiver(answers: boolean, heard: () => void = () => {}) {
  const server = http.createServer((request, response) => {
    request.resume()
    request.on("end", () => {
      heard()
      if (answers) response.end("{}")
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

/** Milliseconds from an event of another organization to its receiver: alone, and beside jobs for receivers that hang. */
async function fairness(): Promise<void> {
  const waits = async (jobs: number): Promise<number> => {
    const runtime = await startLocalRuntime({ organization: "org_a", organizations: ["org_b"] })
    const bad = await Promise.all(Array.from({ length: 20 }, () => receiver(false)))
    let told: () => void = () => {}
    const good = await receiver(true, () => told())
    try {
      for (let n = 0; n < jobs; n++) {
        await runtime.trigger({ type: "status-update", to: bad[n % 20]?.url ?? "" })
      }
      const times: Array<number> = []
      for (let round = 0; round < 15; round++) {
        const heard = new Promise<void>((resolve) => (told = resolve))
        const from = performance.now()
        await runtime.trigger({ type: "status-update", to: good.url, organization: "org_b" })
        await heard
        times.push(performance.now() - from)
      }
      return quantile(times, 0.9)
    } finally {
      await runtime.close()
      for (const one of [good, ...bad]) one.close()
    }
  }
  const [alone, beside, more] = [await waits(0), await waits(1000), await waits(12_000)]
  const extra = Math.max(beside, more) - alone
  if (!(extra <= 250)) failures.push(`a healthy receiver waits ${extra.toFixed(0)} ms longer`)
  print(
    table(
      "a healthy receiver of another organization, 20 receivers that hang (milliseconds to its webhook, 90 %)",
      ["", "ms"],
      [
        ["alone", alone],
        ["beside 1,000 jobs", beside],
        ["beside 12,000 jobs", more]
      ]
    )
  )
}

/** Create and list of this checkout and of another one, in turns: processor time of the runtime's own process. */
async function before(other: string | undefined): Promise<void> {
  if (other === undefined)
    return print("\nAYWA_BEFORE names no checkout of an earlier state: create and list have nothing beside them")
  const here = fileURLToPath(new URL("../../..", import.meta.url))
  const servers = new Map<string, ChildProcess>()
  for (const [name, root] of [
    ["before", other],
    ["now", here]
  ] as const) {
    servers.set(name, fork(new URL("./localServer.ts", import.meta.url), [path.resolve(root)], { execArgv: [] }))
  }
  try {
    const addresses = new Map<string, string>()
    for (const [name, server] of servers) addresses.set(name, ((await message(server)) as { baseUrl: string }).baseUrl)
    const tasks = ["create an assistant", "create, keyed", "create a call", "list 100", "get"] as const
    const samples = new Map<string, Array<number>>()
    for (let round = -2; round < 40; round++) {
      for (const task of tasks) {
        const order = round % 2 === 0 ? [...servers] : [...servers].toReversed()
        for (const [name, server] of order) {
          const cpu = await cpuOf(server, () => work(addresses.get(name) ?? "", task))
          if (round < 0) continue
          const key = `${task} ${name}`
          samples.set(key, [...(samples.get(key) ?? []), cpu])
        }
      }
    }
    const lines = tasks.map((task) => {
      const [old, now] = [samples.get(`${task} before`) ?? [], samples.get(`${task} now`) ?? []]
      // Each round beside the other one: what slows the machine down slows both.
      const ratio = quantile(
        old.map((cpu, round) => cpu / (now[round] ?? Number.NaN)),
        0.5
      )
      if (!(ratio >= 0.97)) failures.push(`${task}: ${ratio.toFixed(2)} of before`)
      return [task, low(old), low(now), ratio]
    })
    print(
      table(
        "beside an earlier state (microseconds of the runtime's process)",
        ["", "before", "now", "of before, median"],
        lines
      )
    )
  } finally {
    for (const server of servers.values()) server.disconnect()
  }
}

async function work(baseUrl: string, task: string): Promise<void> {
  const post = (target: string, body: object, more: object = {}) =>
    fetch(baseUrl + target, { method: "POST", headers: { ...headers("sk_1"), ...more }, body: JSON.stringify(body) })
  const one = async () => {
    const n = ++created
    const assistant = { name: `Desk ${n}`, firstMessage: "Hello", model: { provider: "openai", model: "gpt-4o" } }
    const response = await (task === "create an assistant"
      ? post("/assistant", assistant)
      : task === "create, keyed"
        ? post("/assistant", assistant, { "idempotency-key": `k${n}` })
        : task === "create a call"
          ? post("/call", { assistant, customer: { number: "+14155550123" } })
          : fetch(`${baseUrl}/assistant${task === "get" ? "/fixed" : "?limit=100"}`, { headers: headers("sk_1") }))
    if (!response.ok) throw new Error(`${task} answered ${response.status}: ${await response.text()}`)
    await response.arrayBuffer()
  }
  for (let n = 0; n < units; n += 16) await Promise.all(Array.from({ length: 16 }, one))
}

/** Microseconds of a server's process, per request. */
async function cpuOf(server: ChildProcess, f: () => Promise<void>): Promise<number> {
  const read = async () => {
    server.send("cpu")
    return ((await message(server)) as { cpu: number }).cpu
  }
  const from = await read()
  await f()
  return ((await read()) - from) / units
}
