/**
 * From parsed JSON to a typed message: discriminate on `type`, then check what that type promises.
 *
 * @since 0.1.0
 */
import { isObject } from "../schema/isObject.ts"
import type { KnownMessageType, MessageOf, Opaque, WebhookIssue, WebhookMessage } from "./events.ts"
import { toolCallsOf } from "./toolCalls.ts"

/** What is looked at in a field; the rest of a message is kept as it came. Optional fields may be `null`, too. */
type Kind = "string" | "number" | "boolean" | "object" | "array of objects" | "string or number"

type KindOf<T> = [T] extends [string]
  ? "string"
  : [T] extends [number]
    ? "number"
    : [T] extends [boolean]
      ? "boolean"
      : [T] extends [string | number]
        ? "string or number"
        : [T] extends [ReadonlyArray<object>]
          ? "array of objects"
          : [T] extends [object]
            ? "object"
            : never

/** Fields that a message must have. */
type Needed<M> = {
  [K in keyof M as string extends K ? never : undefined extends M[K] ? never : K]: KindOf<M[K]>
}

/** Fields that a message may have. */
type Allowed<M> = {
  [K in keyof M as string extends K ? never : undefined extends M[K] ? K : never]?: `${KindOf<NonNullable<M[K]>>}?`
}

/** The fields of a message, as its interface has them; a mistake here does not compile. */
type Fields<M> = Omit<Needed<M>, "type" | "toolCalls"> & Allowed<M>

const conversation = { messagesOpenAIFormatted: "array of objects" } as const

const fieldsOf: { readonly [Type in KnownMessageType]: Fields<MessageOf<Type>> } = {
  "assistant-request": {},
  "tool-calls": { toolCallList: "array of objects?", toolWithToolCallList: "array of objects?" },
  "transfer-destination-request": {},
  "knowledge-base-request": conversation,
  "voice-request": { text: "string", sampleRate: "number" },
  "call.endpointing.request": conversation,
  "status-update": { status: "string", endedReason: "string?" },
  "end-of-call-report": { endedReason: "string", artifact: "object", analysis: "object", cost: "number?" },
  "conversation-update": conversation,
  "speech-update": { status: "string", role: "string", turn: "number?" },
  transcript: { role: "string", transcriptType: "string", transcript: "string", isFiltered: "boolean?" },
  "assistant.speechStarted": { text: "string", turn: "number?" },
  "user-interrupted": {},
  "transfer-update": {},
  "phone-call-control": { request: "string" },
  "handoff-destination-request": { parameters: "object" },
  hang: {},
  "model-output": {},
  "language-change-detected": { language: "string" },
  "voice-input": { input: "string" },
  "chat.created": { chat: "object" },
  "chat.deleted": { chat: "object" },
  "session.created": { session: "object" },
  "session.updated": { session: "object" },
  "session.deleted": { session: "object" },
  "call.deleted": {},
  "call.delete.failed": {},
  "call.artifact.upload": { artifacts: "array of objects" },
  "campaign.predial": { campaignId: "string", contact: "object" }
}

const common = {
  timestamp: "string or number?",
  call: "object?",
  phoneNumber: "object?",
  customer: "object?",
  assistant: "object?",
  artifact: "object?"
} as const

const isOf: { readonly [K in Kind]: (value: unknown) => boolean } = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  object: isObject,
  "array of objects": (value) => Array.isArray(value) && value.every(isObject),
  "string or number": (value) => typeof value === "string" || typeof value === "number"
}

interface Field {
  readonly key: string
  readonly kind: Kind
  readonly fits: (value: unknown) => boolean
}

const fieldOf = ([key, type]: readonly [string, `${Kind}${"" | "?"}`]): Field => {
  // What is left of it without its question mark is a kind.
  const kind = type.replace("?", "") as Kind
  const is = isOf[kind]
  return { key, kind, fits: kind === type ? is : (value) => value === undefined || value === null || is(value) }
}

const tables = new Map<string, ReadonlyArray<Field>>(
  Object.entries(fieldsOf).map(([type, own]) => [type, Object.entries({ ...common, ...own }).map(fieldOf)])
)

/** What is wrong with a field that does not fit; of a list, which entries. */
const issuesOf = ({ key, kind }: Field, value: unknown): ReadonlyArray<WebhookIssue> =>
  kind === "array of objects" && Array.isArray(value)
    ? value.flatMap((entry, index) => (isObject(entry) ? [] : [{ path: [key, index], expected: "object" }]))
    : [{ path: [key], expected: kind }]

const finalTranscript = 'transcript[transcriptType="final"]'

/** Reads a message whose `type` is text. `exact` gives the same message with exact integers, for tool calls. */
export const readMessage = (raw: Opaque & { readonly type: string }, exact: () => unknown): WebhookMessage => {
  const type = raw.type === finalTranscript ? "transcript" : raw.type
  const fields = tables.get(type)
  if (fields === undefined) return { type: "unknown", of: raw.type, raw }
  const message = type === raw.type ? raw : { ...raw, type, transcriptType: raw["transcriptType"] ?? "final" }
  if (!fields.every(({ key, fits }) => fits(message[key]))) {
    const issues = fields.flatMap((field) =>
      field.fits(message[field.key]) ? [] : issuesOf(field, message[field.key])
    )
    return { type: "invalid", of: raw.type, issues, raw }
  }
  // Only the types above are known: the cast says what was just checked.
  return (type === "tool-calls" ? { ...message, toolCalls: toolCallsOf(exact()) } : message) as WebhookMessage
}
