/** Events that ask, and handlers of them. It imports nothing, so that hosts that run elsewhere take it as it is. */
import type { WebhookHandlerMap } from "../../../src/webhooks/handlers.ts"

/** What an event of each type has beside its type. */
export const asking = {
  "assistant-request": {},
  "tool-calls": { toolCallList: [{ id: "1", name: "first" }] },
  "transfer-destination-request": {},
  "knowledge-base-request": { messagesOpenAIFormatted: [] },
  "call.endpointing.request": { messagesOpenAIFormatted: [] },
  "handoff-destination-request": { parameters: {} },
  "campaign.predial": { campaignId: "c", contact: {} },
  "voice-request": { text: "hi", sampleRate: 8000 }
} as const

/** Handlers that answer. */
export const replies: WebhookHandlerMap = {
  hang: () => {},
  "assistant-request": () => ({ assistantId: "a" }),
  "tool-calls": ({ toolCalls }) => ({ results: toolCalls.map(({ id }) => ({ toolCallId: id, result: "größer" })) }),
  "transfer-destination-request": () => ({ destination: { type: "number", number: "+14155550142" } }),
  "knowledge-base-request": () => ({ documents: [{ content: "a", similarity: 1 }] }),
  "call.endpointing.request": () => ({ timeoutSeconds: 1 }),
  "handoff-destination-request": () => ({ destination: { type: "assistant", assistantId: "a" } }),
  "campaign.predial": () => ({ eligible: true }),
  "voice-request": async function* () {
    yield new TextEncoder().encode("pc")
    yield new TextEncoder().encode("m!")
  }
}

/** Handlers that fail, whatever is asked. */
export const failing = Object.fromEntries(
  Object.keys(asking).map((type) => [type, () => Promise.reject(new Error("no"))])
) as unknown as WebhookHandlerMap
