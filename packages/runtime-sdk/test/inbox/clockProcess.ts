/** An inbox in a process of its own, whose wall clock a test may set; it is told what to offer, and tells what it handles. */
import * as Layer from "effect/Layer"
import { setTimeout as sleep } from "node:timers/promises"
import { NodeSqlite, openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import type { WebhookSinkDelivery } from "../../src/webhooks/sink.ts"

/** What it is started with; without a file the inbox is in memory. */
export interface ClockTask {
  readonly file: string | undefined
  readonly options: WebhookInbox.Options
  readonly concurrency: number
}

/** What it tells; `now` is its wall clock. */
export type Told = { readonly handled: string } | { readonly offered: string; readonly now: number } | "ready"

const { file, options, concurrency } = JSON.parse(process.argv[2] ?? "{}") as ClockTask
const tell = (message: Told) => process.send?.(message)

const inbox = await openWebhookInbox({
  store:
    file === undefined
      ? WebhookInbox.layerMemory(options)
      : Layer.provide(WebhookInbox.layerSql(options), NodeSqlite.layer(file)),
  concurrency,
  onError: () => {},
  handle: async ({ id }) => {
    tell({ handled: id })
    await sleep(500)
  }
})
process.on("message", (delivery: WebhookSinkDelivery) => {
  // A rejection ends the process, and the test with it.
  void inbox.offer(delivery).then(() => tell({ offered: delivery.id, now: Date.now() }))
})
process.once("disconnect", () => process.exit())
tell("ready")
