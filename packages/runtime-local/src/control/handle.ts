/**
 * The part of the handle that is about what the runtime sends.
 */
import { type CallHandle, makeCallHandle, type OpenCallHandle } from "../calls/handle.ts"
import { type LiveCalls, makeLiveCalls } from "../calls/live.ts"
import type { Events } from "../outbox/events.ts"
import type { Secrets } from "../outbox/secrets.ts"
import type { Triggered, TriggerInput } from "../trigger/input.ts"
import { type TriggerContext, triggerEvent } from "../trigger/trigger.ts"
import { sequenceNames, triggerSequence } from "../trigger/sequences.ts"

/**
 * What the runtime sends, and how a test takes part in that.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sending {
  /** The newest signing secret. */
  readonly webhookSecret: string
  readonly webhooks: {
    /** Makes a new secret; the old ones keep signing beside it for `overlap` milliseconds (default: a day). */
    readonly rotateSecret: Secrets["rotate"]
    /** Resolves when nothing is being delivered and nothing is due. */
    readonly idle: () => Promise<void>
  }
  readonly events: Events
  /** Scripted conversations, and calls that come in. */
  readonly calls: CallHandle
  /** Sends an event by hand, signed, through the outbox; of a question it gives the answer. */
  readonly trigger: (input: TriggerInput) => Promise<Triggered>
}

/** What the control API takes part with: it brings JSON. */
export interface OpenSending extends Sending {
  readonly calls: OpenCallHandle
  readonly live: LiveCalls
}

/** What sending works with. */
export interface SendingContext extends TriggerContext {
  readonly secrets: Secrets
  readonly idle: () => Promise<void>
}

/** Makes it. */
export const makeSending = (context: SendingContext): OpenSending => {
  const { secrets, idle, outbox } = context
  return {
    get webhookSecret() {
      return secrets.current()
    },
    webhooks: { rotateSecret: secrets.rotate, idle },
    events: { list: outbox.events.list, expect: outbox.events.expect },
    calls: makeCallHandle(context),
    live: makeLiveCalls(context),
    trigger: (input) =>
      sequenceNames.includes(input.type) ? triggerSequence(context, input) : triggerEvent(context, input, sequenceNames)
  }
}
