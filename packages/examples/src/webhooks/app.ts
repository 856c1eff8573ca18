/**
 * What the examples of this folder receive webhooks with: handlers, an inbox, a secret. The framework around them is
 * each example's own.
 */
import { generateWebhookSecret, type WebhookSink, type WebhookSinkDelivery } from "@aywa-ai/runtime-sdk/webhooks"
import { handlers, type WebhookReceiverOptions } from "@aywa-ai/runtime-sdk/webhooks/handlers"

/** Yours comes from the environment: process.env.AYWA_RUNTIME_WEBHOOK_SECRET. */
export const secret = generateWebhookSecret()

/** Small, so that the check can exceed it. */
export const maxBodyBytes = 64 * 1024

/** The ids of the calls that ended. */
export const reports: Array<string | undefined> = []

/** Events that ask are answered here; events that tell are taken in. */
export const webhooks = handlers({
  "assistant-request": () => ({ assistantId: "reception" }),
  "tool-calls": async ({ toolCalls }) => {
    // A tool that takes longer than the runtime waits: the fallback of the SDK is sent in its place.
    if (toolCalls.some((call) => call.name === "slow")) await new Promise(() => {})
    return {
      results: toolCalls.map(({ id, arguments: args }) => ({ toolCallId: id, result: { booked: args["day"] } }))
    }
  },
  "voice-request": async function* ({ sampleRate }) {
    // A tenth of a second of silence, in two pieces.
    for (let piece = 0; piece < 2; piece++) yield new Uint8Array(sampleRate / 10)
  },
  "end-of-call-report": async (report) => {
    if (report.endedReason === "database-down") throw new Error("could not save the report")
    reports.push(report.call?.id ?? undefined)
  }
})

/** An inbox that can be down. A real one is in ../../../../docs/inbox.md. */
export const stored: Array<WebhookSinkDelivery> = []
export const inbox: WebhookSink & { down: boolean } = {
  down: false,
  offer: async (delivery) => {
    if (inbox.down) throw new Error("the queue is down")
    if (!stored.some(({ id }) => id === delivery.id)) stored.push(delivery)
  }
}

/** What failed, as your log would see it. */
export const failures: Array<string> = []

export const options: WebhookReceiverOptions = {
  secret,
  maxBodyBytes,
  handlers: webhooks,
  onError: (error) => failures.push(error.reason._tag)
}
