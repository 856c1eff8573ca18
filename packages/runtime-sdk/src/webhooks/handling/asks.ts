/**
 * Which events the runtime waits for an answer to.
 *
 * @since 0.1.0
 */
import type { RequestMessage, WebhookMessage } from "../events.ts"
import { typeOf } from "./answer.ts"
import type { RequestType } from "./replies.ts"
import type { NoticeType } from "./types.ts"

/** Types as values: the compiler holds the lists complete. */
const requests: { readonly [Type in RequestType]: true } = {
  "assistant-request": true,
  "tool-calls": true,
  "transfer-destination-request": true,
  "knowledge-base-request": true,
  "voice-request": true,
  "call.endpointing.request": true,
  "handoff-destination-request": true,
  "campaign.predial": true
}
const notices: { readonly [Type in NoticeType]: true } = {
  "status-update": true,
  "end-of-call-report": true,
  "conversation-update": true,
  "speech-update": true,
  transcript: true,
  "assistant.speechStarted": true,
  "user-interrupted": true,
  "transfer-update": true,
  "phone-call-control": true,
  hang: true,
  "model-output": true,
  "language-change-detected": true,
  "voice-input": true,
  "chat.created": true,
  "chat.deleted": true,
  "session.created": true,
  "session.updated": true,
  "session.deleted": true,
  "call.deleted": true,
  "call.delete.failed": true,
  "call.artifact.upload": true
}

/** The types of the events that wait for an answer, and of those that tell something. */
export const requestTypes: ReadonlyArray<string> = Object.keys(requests)
export const noticeTypes: ReadonlyArray<string> = Object.keys(notices)

/** Whether events of a type wait for an answer. */
export const isRequestType = (type: string): type is RequestType => Object.hasOwn(requests, type)

/** Whether the runtime waits for an answer to a message. */
export const isRequest = (message: WebhookMessage): message is RequestMessage => isRequestType(message.type)

/** Whether the sender waits for an answer, whatever the body is and whether anybody here can give one. */
export const asks = (message: WebhookMessage): boolean => isRequestType(typeOf(message))
