/**
 * A process of the crash tests: takes deliveries in, or handles them and kills itself where it was told to.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { writeSync } from "node:fs"
import { Once, WebhookInbox } from "../../src/inbox.ts"
import { delivery, inboxLayer, type Place, sqlLayer } from "./support.ts"

/** Where in the handling of a delivery a worker dies. */
export type Point = "before" | "inside" | "after"

/** What a process is told, as JSON in its first argument. */
export interface Task {
  readonly place: Place
  /** Where the effects of the handlers go: the inbox's own database, or one beside it. */
  readonly effects: Extract<Place, { kind: "sqlite" | "postgres" }>
  readonly options: WebhookInbox.Options
  readonly work:
    | {
        readonly as: "offer"
        readonly from: number
        readonly to: number
        readonly calls: number
        readonly inOrder: boolean
      }
    | { readonly as: "handle"; readonly kill?: { readonly point: Point; readonly after: number } | undefined }
}

process.stdin.on("close", () => process.kill(process.pid, "SIGKILL")).resume()
// A pipe; it alone does not keep the process going.
if ("unref" in process.stdin) process.stdin.unref()

const offer = ({ from, to, calls, inOrder }: Extract<Task["work"], { as: "offer" }>) =>
  Effect.flatMap(WebhookInbox.WebhookInbox, (inbox) =>
    Effect.forEach(
      Array.from({ length: to - from }, (_, i) => from + i),
      (n) => inbox.offer(delivery(`evt_${n}`, `call_${n % calls}`)),
      { concurrency: inOrder ? 1 : 32, discard: true }
    )
  )

const handle = ({ kill }: Extract<Task["work"], { as: "handle" }>) =>
  Effect.gen(function* () {
    const inbox = yield* WebhookInbox.WebhookInbox
    const sql = yield* SqlClient.SqlClient
    let begun = 0
    const dieAt = (point: Point) =>
      Effect.sync(() => {
        if (kill?.point !== point || begun < kill.after) return
        writeSync(1, `killed ${point}\n`)
        process.kill(process.pid, "SIGKILL")
      })
    return yield* inbox.run(({ id, callId = "" }) =>
      Effect.gen(function* () {
        begun++
        yield* dieAt("before")
        yield* Once.run(
          id,
          Effect.gen(function* () {
            yield* sql`INSERT INTO effects (id, call_id) VALUES (${id}, ${callId})`
            yield* sql`INSERT INTO totals AS t (call_id, n) VALUES (${callId}, 1)
              ON CONFLICT (call_id) DO UPDATE SET n = t.n + 1`
            yield* dieAt("inside")
          })
        )
        yield* dieAt("after")
      })
    )
  })

const { place, effects, options, work } = JSON.parse(process.argv[2] ?? "") as Task
const run: Effect.Effect<unknown, unknown, WebhookInbox.WebhookInbox | SqlClient.SqlClient> =
  work.as === "offer" ? offer(work) : handle(work)
await Effect.runPromise(
  Effect.provide(run, Layer.merge(inboxLayer(place, options), Layer.orDie(sqlLayer(effects)))).pipe(Effect.scoped)
)
