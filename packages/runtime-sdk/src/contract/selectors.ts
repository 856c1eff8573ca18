/**
 * Names of the events that an assistant, a number or an endpoint can choose.
 *
 * @since 0.2.0
 */
import type { Open } from "./Operation.ts"

/**
 * Events that a server can be sent, as they are chosen in `serverMessages`. Any string is accepted: a newer runtime has
 * more.
 *
 * **Details**
 *
 * Without `serverMessages` the runtime sends `conversation-update`, `end-of-call-report`, `function-call`, `hang`,
 * `speech-update`, `status-update`, `tool-calls`, `transfer-destination-request`, `handoff-destination-request`,
 * `user-interrupted` and `assistant.started`. Questions such as `assistant-request` are asked whether chosen or not.
 *
 * @since 0.2.0
 * @category models
 */
export type ServerMessageName = Open<
  | "assistant-request"
  | "assistant.speechStarted"
  | "assistant.started"
  | "call.artifact.upload"
  | "call.delete.failed"
  | "call.deleted"
  | "call.endpointing.request"
  | "campaign.predial"
  | "chat.created"
  | "chat.deleted"
  | "conversation-update"
  | "end-of-call-report"
  | "function-call"
  | "handoff-destination-request"
  | "hang"
  | "knowledge-base-request"
  | "language-change-detected"
  | "language-changed"
  | "model-output"
  | "phone-call-control"
  | "session.created"
  | "session.deleted"
  | "session.updated"
  | "speech-update"
  | "status-update"
  | "tool-calls"
  | "transcript"
  | 'transcript[transcriptType="final"]'
  | "transfer-destination-request"
  | "transfer-update"
  | "user-interrupted"
  | "voice-input"
  | "voice-request"
>

/**
 * Events that the page or app of a web call can be sent, as they are chosen in `clientMessages`. Any string is accepted.
 *
 * @since 0.2.0
 * @category models
 */
export type ClientMessageName = Open<
  | "assistant.speechStarted"
  | "assistant.started"
  | "conversation-update"
  | "function-call"
  | "function-call-result"
  | "hang"
  | "language-changed"
  | "metadata"
  | "model-output"
  | "speech-update"
  | "status-update"
  | "tool-calls"
  | "tool-calls-result"
  | "tool.completed"
  | "transcript"
  | "transfer-update"
  | "user-interrupted"
  | "voice-input"
  | "workflow.node.started"
>
