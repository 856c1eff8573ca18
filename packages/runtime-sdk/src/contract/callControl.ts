/**
 * What can be done to a call while it runs: one interface per action, told apart by `type`.
 *
 * @since 0.1.0
 */
import type { Input, JsonObject } from "./Operation.ts"
import type { OpenAIMessage } from "./shared.ts"
import type { TransferPlan } from "./toolModels.ts"
import type { ToolDestination } from "./tools.ts"

/**
 * Makes the assistant say something.
 *
 * @since 0.1.0
 * @category models
 */
export interface SayControl {
  /** The action. */
  readonly type: "say"
  /** What is said. */
  readonly content: string
  /** Whether the call ends after it; `false` when absent. */
  readonly endCallAfterSpoken?: boolean | null | undefined
  /** Whether the caller can interrupt it. */
  readonly interruptionsEnabled?: boolean | null | undefined
  /** Whether it interrupts what the assistant is saying. */
  readonly interruptAssistantEnabled?: boolean | null | undefined
}

/**
 * Adds a message to the conversation.
 *
 * @since 0.1.0
 * @category models
 */
export interface AddMessageControl {
  /** The action. */
  readonly type: "add-message"
  /** The message. */
  readonly message: Input<OpenAIMessage>
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
  /** The action. */
  readonly type: "control"
  /** Which side, and whether it is muted. */
  readonly control: "mute-assistant" | "unmute-assistant" | "mute-customer" | "unmute-customer" | "say-first-message"
}

/**
 * Ends the call.
 *
 * @since 0.1.0
 * @category models
 */
export interface EndCallControl {
  /** The action. */
  readonly type: "end-call"
}

/**
 * Where a control action sends a call.
 *
 * @since 0.1.0
 * @category models
 */
export type ControlDestination = NumberDestination | SipDestination | AssistantDestination | SquadDestination

/**
 * A phone number that a call is sent to.
 *
 * @since 0.2.0
 * @category models
 */
export interface NumberDestination {
  /** A phone number. */
  readonly type: "number"
  /** E.164 unless `numberE164CheckEnabled` is `false`. */
  readonly number: string
  /** Whether `number` must be E.164; `true` when absent. */
  readonly numberE164CheckEnabled?: boolean | null | undefined
  /** Dialled after the answer; 1 to 10 characters. */
  readonly extension?: string | null | undefined
  /** The number that is shown, at most 40 characters. */
  readonly callerId?: string | null | undefined
  /** Spoken to the customer; an empty string transfers silently. */
  readonly message?: string | JsonObject | null | undefined
  /** What it is for, in words. */
  readonly description?: string | null | undefined
  /** How the call is handed over. */
  readonly transferPlan?: Input<TransferPlan> | null | undefined
}

/**
 * A SIP address that a call is sent to.
 *
 * @since 0.2.0
 * @category models
 */
export interface SipDestination {
  /** A SIP address. */
  readonly type: "sip"
  /** Such as `"sip:desk@pbx.example.com"`. */
  readonly sipUri: string
  /** The number that is shown, at most 40 characters. */
  readonly callerId?: string | null | undefined
  /** Extra headers. */
  readonly sipHeaders?: JsonObject | null | undefined
  /** Spoken to the customer; an empty string transfers silently. */
  readonly message?: string | JsonObject | null | undefined
  /** What it is for, in words. */
  readonly description?: string | null | undefined
  /** How the call is handed over. */
  readonly transferPlan?: Input<TransferPlan> | null | undefined
}

/**
 * Another assistant that a call is sent to.
 *
 * @since 0.2.0
 * @category models
 */
export interface AssistantDestination {
  /** Another assistant. */
  readonly type: "assistant"
  /** By name. */
  readonly assistantName?: string | null | undefined
  /** By id. */
  readonly assistantId?: string | null | undefined
  /** What becomes of the conversation so far, such as `"rolling-history"`. */
  readonly transferMode?: string | null | undefined
  /** Spoken to the customer; an empty string transfers silently. */
  readonly message?: string | JsonObject | null | undefined
  /** What it is for, in words. */
  readonly description?: string | null | undefined
}

/**
 * A squad that a call is sent to.
 *
 * @since 0.2.0
 * @category models
 */
export interface SquadDestination {
  /** A squad. */
  readonly type: "squad"
  /** By id. */
  readonly squadId?: string | null | undefined
}

/**
 * Transfers the call.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransferControl {
  /** The action. */
  readonly type: "transfer"
  /** Where to. */
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
  /** The action. */
  readonly type: "send-transport-message"
  /** Any JSON. */
  readonly message: JsonObject
}

/**
 * Hands the conversation to another assistant.
 *
 * @since 0.1.0
 * @category models
 */
export interface HandoffControl {
  /** The action. */
  readonly type: "handoff"
  /** Where to. */
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
  /** The action. */
  readonly type: string
  /** For `say`, `transfer` and `handoff`: what is said. */
  readonly content?: string | null
  /** For `say`: whether the call ends after it. */
  readonly endCallAfterSpoken?: boolean | null
  /** For `say`: whether the caller can interrupt it. */
  readonly interruptionsEnabled?: boolean | null
  /** For `say`: whether it interrupts what the assistant is saying. */
  readonly interruptAssistantEnabled?: boolean | null
  /** For `add-message` and `send-transport-message`. */
  readonly message?: JsonObject | null
  /** For `add-message`: whether the assistant answers it. */
  readonly triggerResponseEnabled?: boolean | null
  /** For `control`: which side, and whether it is muted. */
  readonly control?: string | null
  /** For `transfer` and `handoff`: where to. */
  readonly destination?: ToolDestination | null
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
