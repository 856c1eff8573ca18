/**
 * What can be done to a call while it runs: one interface per action, told apart by `type`.
 *
 * @since 0.1.0
 */
import type { JsonObject } from "./Operation.ts"
import type { OpenAIMessage } from "./shared.ts"

/**
 * Makes the assistant say something.
 *
 * @since 0.1.0
 * @category models
 */
export interface SayControl {
  readonly type: "say"
  readonly content: string
  readonly endCallAfterSpoken?: boolean | null | undefined
  readonly interruptionsEnabled?: boolean | null | undefined
  readonly interruptAssistantEnabled?: boolean | null | undefined
}

/**
 * Adds a message to the conversation.
 *
 * @since 0.1.0
 * @category models
 */
export interface AddMessageControl {
  readonly type: "add-message"
  readonly message: OpenAIMessage
  /** Whether the assistant answers it; `true` when absent. */
  readonly triggerResponseEnabled?: boolean | null | undefined
}

/**
 * Mutes or unmutes a side, or speaks the first message.
 *
 * @since 0.1.0
 * @category models
 */
export interface MuteControl {
  readonly type: "control"
  readonly control: "mute-assistant" | "unmute-assistant" | "mute-customer" | "unmute-customer" | "say-first-message"
}

/**
 * Ends the call.
 *
 * @since 0.1.0
 * @category models
 */
export interface EndCallControl {
  readonly type: "end-call"
}

/**
 * Where a control action sends a call.
 *
 * @since 0.1.0
 * @category models
 */
export type ControlDestination =
  | (JsonObject & {
      readonly type: "number"
      /** E.164 unless `numberE164CheckEnabled` is `false`. */
      readonly number: string
      readonly numberE164CheckEnabled?: boolean | null
      readonly extension?: string | null
      readonly callerId?: string | null
      /** Spoken to the customer; an empty string transfers silently. */
      readonly message?: string | JsonObject | null
      readonly transferPlan?: JsonObject | null
    })
  | (JsonObject & { readonly type: "sip"; readonly sipUri: string })
  | (JsonObject & {
      readonly type: "assistant"
      readonly assistantName?: string | null
      readonly assistantId?: string | null
    })
  | (JsonObject & { readonly type: "squad"; readonly squadId?: string | null })

/**
 * Transfers the call.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransferControl {
  readonly type: "transfer"
  readonly destination: ControlDestination
  /** Spoken before the transfer. */
  readonly content?: string | null | undefined
}

/**
 * Sends a message through the call's transport, for example to the page of a web call.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendTransportMessageControl {
  readonly type: "send-transport-message"
  readonly message: JsonObject
}

/**
 * Hands the conversation to another assistant.
 *
 * @since 0.1.0
 * @category models
 */
export interface HandoffControl {
  readonly type: "handoff"
  readonly destination: ControlDestination
  /** Spoken before the handoff. */
  readonly content?: string | null | undefined
}

/**
 * Body of `calls.control`.
 *
 * @since 0.1.0
 * @category models
 */
export type CallControl =
  | SayControl
  | AddMessageControl
  | MuteControl
  | EndCallControl
  | TransferControl
  | SendTransportMessageControl
  | HandoffControl

/**
 * The fields of all actions together, as they are checked before sending.
 *
 * @since 0.1.0
 * @category models
 */
export interface ControlFields {
  readonly type: string
  readonly content?: string | null
  readonly endCallAfterSpoken?: boolean | null
  readonly interruptionsEnabled?: boolean | null
  readonly interruptAssistantEnabled?: boolean | null
  readonly message?: JsonObject | null
  readonly triggerResponseEnabled?: boolean | null
  readonly control?: string | null
  readonly destination?: JsonObject | null
}

/**
 * What a control action answers; a runtime may answer nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface ControlResult extends JsonObject {
  /** State of the call after the action. */
  readonly status?: string | null
}
