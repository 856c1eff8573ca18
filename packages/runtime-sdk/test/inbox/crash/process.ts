/** A process of the crash tests: takes deliveries in, or handles them and kills itself where it was told to. */
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as SqlClient from "effect/sql/SqlClient"
import { writeSync } from "node:fs"
import { flushCompileCache } from "node:module"
import { setTimeout as sleep } from "node:timers/promises"
import { Once } from "../../../src/inbox.ts"
import { deliveryOf, type EffectsPlace, type EngineTask, open, sqlOf } from "./engines.ts"

/** Where in the handling of a delivery a worker dies. */
export type Point = "before" | "inside" | "after"

/** What a process is told, as JSON in its first argument. */
export interface Task extends EngineTask {
  readonly effects: EffectsPlace
  readonly work:
    | {
        readonly as: "offer"
        readonly from: number
        readonly to: number
        readonly calls: number
        /** Milliseconds over which the offers are spread, so that they meet what happens meanwhile. */
        readonly spreadMillis: number
      }
    | { readonly as: "handle"; readonly kill?: { readonly point: Point; readonly after: number } | undefined }
}

const task = JSON.parse(process.argv[2] ?? "") as Task

process.stdin.on("close", () => process.kill(process.pid, "SIGKILL")).resume()
// A pipe; it alone does not keep the process going.
if ("unref" in process.stdin) process.stdin.unref()

/** The store may be away when a process begins: a supervisor would start it again. For longer than an outage it is a fault. */
const opened = async (handler?: Parameters<typeof open>[1]) => {
  const begin = performance.now()
  while (true) {
    try {
      const inbox = await open(task, handler)
      // A process that is killed would not leave what the next one can load.
      flushCompileCache()
      return inbox
    } catch (error) {
      process.stderr.write(`${String(error)}\n`)
      if (performance.now() - begin > 120_000) throw error
      await sleep(200)
    }
  }
}

/** What the runtime's outbox does: in order, and again until it is told that the delivery is stored. */
const offer = async ({ from, to, calls, spreadMillis }: Extract<Task["work"], { as: "offer" }>) => {
  const inbox = await opened()
  const begin = performance.now()
  const numbers = Array.from({ length: to - from }, (_, i) => from + i)
  const send = async (n: number) => {
    const ahead = ((n - from) / (to - from)) * spreadMillis - (performance.now() - begin)
    if (ahead > 0) await sleep(ahead)
    while (true) {
      const isStored = await inbox.offer(deliveryOf(n, calls)).then(
        () => true,
        () => false
      )
      if (isStored) return
      await sleep(50)
    }
  }
  const each = async () => {
    for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) await send(n)
  }
  await Promise.all(Array.from({ length: task.order === "call" ? 1 : 16 }, each))
  writeSync(1, "offered\n")
  process.exit(0)
}

const handle = async ({ kill }: Extract<Task["work"], { as: "handle" }>) => {
  const effects = ManagedRuntime.make(await sqlOf(task.effects))
  let begun = 0
  const dieAt = (point: Point) =>
    Effect.sync(() => {
      if (kill?.point !== point || begun < kill.after) return
      writeSync(1, `killed ${point}\n`)
      process.kill(process.pid, "SIGKILL")
    })
  const work = (id: string, callId: string) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      begun++
      yield* dieAt("before")
      yield* Once.run(
        id,
        Effect.gen(function* () {
          yield* sql`INSERT INTO effects (id, call_id) VALUES (${id}, ${callId})`
          // Half of the work is done: without the transaction it would stay so.
          yield* dieAt("inside")
          yield* sql`INSERT INTO totals AS t (call_id, n) VALUES (${callId}, 1)
            ON CONFLICT (call_id) DO UPDATE SET n = t.n + 1`
        })
      )
      yield* dieAt("after")
    })
  await opened(({ id, callId = "" }) => effects.runPromise(work(id, callId)))
  writeSync(1, "ready\n")
}

// A connection that is cut while nobody waits for it is no reason to die.
process.on("uncaughtException", (error) => process.stderr.write(`${error.stack}\n`))
await (task.work.as === "offer" ? offer(task.work) : handle(task.work))
