/**
 * The queues side by side: ours on PostgreSQL and Redis, pg-boss, graphile-worker and BullMQ, each told to drop what it
 * knows by its id, with as many connections and handlers as the others.
 */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Queue, Worker } from "bullmq"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Logger, makeWorkerUtils, run as runGraphile } from "graphile-worker"
import { createHash } from "node:crypto"
import { PgBoss } from "pg-boss"
import { openWebhookInbox, WebhookInbox } from "@aywa-ai/runtime-sdk/inbox"

/** A queue in use. */
export interface Engine {
  readonly offer: (id: string) => Promise<unknown>
  readonly close: () => Promise<unknown>
}

/** Where the servers are. */
export interface Servers {
  readonly postgres: string
  readonly redisPort: number
}

/** Opens a queue; with a handler it works. */
export type Open = (servers: Servers, handler?: (id: string) => void) => Promise<Engine>

export const body = "x".repeat(400)
export const concurrency = 64
const maxConnections = 8

const uuidOf = (id: string): string => {
  const hex = createHash("sha256").update(id).digest("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const ours = async (store: Layer.Layer<WebhookInbox.WebhookInbox, unknown>, handler?: (id: string) => void) => {
  const handle = handler === undefined ? undefined : async ({ id }: { readonly id: string }) => handler(id)
  const inbox = await openWebhookInbox({ store, handle, concurrency, onError: () => {} })
  return {
    offer: (id: string) => inbox.offer({ id, type: "status-update", callId: undefined, body }),
    close: inbox.close
  }
}

const oursOnPostgres: Open = ({ postgres }, handler) =>
  ours(
    Layer.provide(
      WebhookInbox.layerSql({ offerTimeout: "1 minute" }),
      PgClient.layer({ url: Redacted.make(postgres), maxConnections })
    ),
    handler
  )

const oursOnRedis: Open = ({ redisPort: port }, handler) =>
  ours(
    Layer.provide(
      WebhookInbox.layerRedis({ offerTimeout: "1 minute" }),
      NodeRedis.layer({ socket: { host: "127.0.0.1", port } })
    ),
    handler
  )

/** Deliveries in batches while there are any, and NOTIFY: its fastest settings. */
const pgBoss: Open = async ({ postgres }, handler) => {
  const boss = new PgBoss({ connectionString: postgres, max: maxConnections, useListenNotify: true, schedule: false })
  boss.on("error", () => {})
  await boss.start()
  await boss.createQueue("webhooks", { notify: true, retryLimit: 9, heartbeatSeconds: 10 })
  if (handler !== undefined) {
    let worker = ""
    worker = await boss.work<{ readonly id: string }>(
      "webhooks",
      { batchSize: concurrency, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true },
      async (jobs) => {
        for (const job of jobs) handler(job.data.id)
        boss.notifyWorker(worker)
      }
    )
  }
  return {
    offer: (id) => boss.send("webhooks", { id, body }, { id: uuidOf(id) }),
    close: () => boss.stop({ graceful: true, timeout: 5000 })
  }
}

const graphileWorker: Open = async ({ postgres }, handler) => {
  const logger = new Logger(() => () => {})
  const shared = { connectionString: postgres, maxPoolSize: maxConnections, logger }
  const utils = await makeWorkerUtils(shared)
  await utils.migrate()
  const runner =
    handler === undefined
      ? undefined
      : await runGraphile({
          ...shared,
          concurrency,
          noHandleSignals: true,
          pollInterval: 2000,
          taskList: { webhooks: (payload) => handler(String(Object(payload).id)) }
        })
  return {
    // Its queries are a tenth longer without a key, but then a second delivery would run a second time.
    offer: (id) => utils.addJob("webhooks", { id, body }, { jobKey: id }),
    close: async () => {
      await runner?.stop()
      await utils.release()
    }
  }
}

const bullmq: Open = async ({ redisPort: port }, handler) => {
  const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null }
  const queue = new Queue("webhooks", { connection })
  const worker =
    handler === undefined
      ? undefined
      : new Worker("webhooks", async (job) => handler(String(job.data.id)), { connection, concurrency })
  await worker?.waitUntilReady()
  const options = { attempts: 10, removeOnComplete: { age: 7 * 24 * 3600 } }
  return {
    offer: (id) => queue.add("webhooks", { id, body }, { ...options, jobId: id }),
    close: async () => {
      await worker?.close()
      await queue.close()
    }
  }
}

/** All of them, by the server that they stand on. */
export const engines = {
  "ours, PostgreSQL": { on: "PostgreSQL", open: oursOnPostgres },
  "pg-boss": { on: "PostgreSQL", open: pgBoss },
  "graphile-worker": { on: "PostgreSQL", open: graphileWorker },
  "ours, Redis": { on: "Redis", open: oursOnRedis },
  BullMQ: { on: "Redis", open: bullmq }
} satisfies Readonly<Record<string, { readonly on: "PostgreSQL" | "Redis"; readonly open: Open }>>

export type EngineName = keyof typeof engines
