/**
 * What is replied when a handler has nothing: something that the runtime can go on with.
 *
 * @since 0.1.0
 */
import type { RequestMessage } from "../events.ts"

/** The default fallback of a message; none for a voice, because silence would look like a success. */
export const fallbackOf = (message: RequestMessage): unknown => {
  switch (message.type) {
    case "assistant-request":
      return { error: "Sorry, we cannot take your call right now. Please try again later." }
    case "tool-calls":
      return {
        results: message.toolCalls.map(({ id, name }) => ({
          toolCallId: id,
          name,
          error: "The tool did not answer. Tell the user that this did not work, and offer to try again."
        }))
      }
    case "transfer-destination-request":
    case "handoff-destination-request":
      return { error: "No destination is available." }
    case "knowledge-base-request":
      return { documents: [] }
    case "call.endpointing.request":
      return { timeoutSeconds: 0.5 }
    case "campaign.predial":
      // Nobody is called of whom it is not known that they may be.
      return { eligible: false }
    case "voice-request":
      return undefined
  }
}
