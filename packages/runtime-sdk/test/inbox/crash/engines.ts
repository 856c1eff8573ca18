/**
 * The engines that deliveries go through in the crash tests: our stores, and the job queues that people run already. Each
 * process loads the one that it works with: there are many of them, and what they load is most of their time.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import { type Delivery, NodeSqlite, openWebhookInbox, WebhookInbox } from "../../../src/inbox.ts"
import { bullmqInbox } from "../../../src/inbox/bullmq.ts"
import { pgBossInbox } from "../../../src/inbox/pg-boss.ts"
import { Report } from "../../../src/inbox/report.ts"
import type { WebhookSink } from "../../../src/webhooks/sink.ts"

/** Where deliveries wait: plain data, so that it can be handed to another process. */
export type Engine =
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "postgres" | "pg-boss"; readonly port: number; readonly database: string }
  | { readonly kind: "redis" | "bullmq"; readonly port: number; readonly name: string }

/** Where the handlers' effects go. */
export type EffectsPlace =
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "postgres"; readonly port: number; readonly database: string }

/** How an engine is opened. */
export interface EngineTask {
  readonly engine: Engine
  readonly order: "none" | "call"
  /** The zone of the sessions, where the server has such a thing. */
  readonly zone: string
}

/** As much of an inbox as these tests use. */
export interface Opened {
  readonly offer: WebhookSink["offer"]
  readonly close: () => Promise<void>
}

/** After this time without a sign of life a worker's deliveries are given to another one. pg-boss takes no less. */
export const leaseMillis = (kind: Engine["kind"]): number => (kind === "pg-boss" ? 10_000 : 1500)

export const urlOf = (port: number, database: string, zone = "UTC"): string =>
  `postgres://postgres@127.0.0.1:${port}/${database}?options=${encodeURIComponent(`-c TimeZone=${zone}`)}`

const postgresOf = async (url: string, maxConnections: number) => {
  const PgClient = await import("@effect/sql-pg/PgClient")
  return PgClient.layer({ url: Redacted.make(url), maxConnections })
}

/** The database of the handlers' effects. */
export const sqlOf = async (place: EffectsPlace): Promise<Layer.Layer<SqlClient.SqlClient, unknown>> =>
  place.kind === "sqlite" ? NodeSqlite.layer(place.file) : postgresOf(urlOf(place.port, place.database), 2)

/** What a server is not set to, and connections that are lost on purpose, are no business of these tests. */
const quiet = Layer.succeed(Report, () => Effect.void)

const lines = 6

const ourStore = async ({
  engine,
  order,
  zone
}: EngineTask): Promise<Layer.Layer<WebhookInbox.WebhookInbox, unknown>> => {
  const options: WebhookInbox.Options = {
    order,
    partitions: lines,
    lockExpiration: leaseMillis(engine.kind),
    pollInterval: 50,
    backoff: 50,
    maxAttempts: 1000
  }
  if (engine.kind === "sqlite") return Layer.provide(WebhookInbox.layerSql(options), NodeSqlite.layer(engine.file))
  if ("database" in engine) {
    return Layer.provide(WebhookInbox.layerSql(options), await postgresOf(urlOf(engine.port, engine.database, zone), 3))
  }
  const NodeRedis = await import("@effect/platform-node/NodeRedis")
  return Layer.provide(
    WebhookInbox.layerRedis({ ...options, prefix: `{${engine.name}}:` }),
    NodeRedis.layer({ socket: { port: engine.port, host: "127.0.0.1", reconnectStrategy: 50 } })
  )
}

/** The delivery of a number. */
export const deliveryOf = (n: number, calls: number) => {
  const [id, callId, type] = [`evt_${n}`, `call_${n % calls}`, "status-update"]
  return { id, type, callId, body: JSON.stringify({ message: { type, id } }) }
}

type Handler = (delivery: Delivery) => Promise<unknown>

const onError = () => {}

/** Opens an engine; with a handler it works. */
export const open = async (task: EngineTask, handler?: Handler): Promise<Opened> => {
  const { engine, order, zone } = task
  const shared = { order, backoff: 50, maxAttempts: 1000, onError }
  if (engine.kind === "pg-boss") {
    const { PgBoss } = await import("pg-boss")
    const boss = new PgBoss({
      connectionString: urlOf(engine.port, engine.database, zone),
      max: 3,
      superviseIntervalSeconds: 1,
      monitorIntervalSeconds: 1,
      schedule: false
    })
    const inbox = pgBossInbox({ ...shared, boss })
    if (handler !== undefined) await inbox.run(handler)
    const close = async () => {
      await inbox.close()
      await boss.stop()
    }
    return { offer: inbox.offer, close }
  }
  if (engine.kind === "bullmq") {
    const bullmq = await import("bullmq")
    const connection = { host: "127.0.0.1", port: engine.port, maxRetriesPerRequest: null, retryStrategy: () => 50 }
    const inbox = bullmqInbox({
      ...shared,
      bullmq,
      connection,
      name: engine.name,
      partitions: lines,
      lockExpiration: leaseMillis(engine.kind)
    })
    if (handler !== undefined) await inbox.run(handler)
    return inbox
  }
  return openWebhookInbox({ store: Layer.provide(await ourStore(task), quiet), handle: handler, onError })
}
