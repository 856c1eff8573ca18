/**
 * Assistants: the agents that answer and place calls. A draft is an assistant that no phone number is bound to.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, ruled, viewOf } from "../schema/codec.ts"
import {
  atMost,
  between,
  listQuery,
  newServer,
  object,
  objects,
  oneOf,
  openAIMessage,
  opt,
  row,
  server,
  strings,
  within
} from "./shapes.ts"
import { gone, inputOf, operation, page } from "./table.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"
import type { Model, Transcriber, Voice } from "./providers.ts"
import type { OpenAIMessage, Row, Server } from "./shared.ts"

export type * from "./providers.ts"

/**
 * The fields that a create or an update may set. Every one is optional; `null` clears.
 *
 * @since 0.1.0
 * @category models
 */
export interface AssistantFields {
  /** At most 40 characters. Other rows may refer to an assistant by this name. */
  readonly name?: string | null
  /** Spoken first; may be the URL of an audio file. */
  readonly firstMessage?: string | null
  readonly firstMessageMode?: Open<
    "assistant-speaks-first" | "assistant-speaks-first-with-model-generated-message" | "assistant-waits-for-user"
  > | null
  readonly firstMessageInterruptionsEnabled?: boolean | null
  readonly model?: Model | null
  readonly voice?: Voice | null
  readonly transcriber?: Transcriber | null
  /** Where server messages of this assistant go. */
  readonly server?: Server | null
  /** Older flat form of `server.url`. */
  readonly serverUrl?: string | null
  /** Older flat form of the server's secret; write-only. */
  readonly serverUrlSecret?: string | null
  /** Which events are sent to the server. */
  readonly serverMessages?: ReadonlyArray<string> | null
  readonly clientMessages?: ReadonlyArray<string> | null
  /** Yours; kept verbatim. */
  readonly metadata?: JsonObject | null
  readonly analysisPlan?: JsonObject | null
  readonly artifactPlan?: JsonObject | null
  readonly startSpeakingPlan?: JsonObject | null
  readonly stopSpeakingPlan?: JsonObject | null
  readonly monitorPlan?: JsonObject | null
  readonly compliancePlan?: JsonObject | null
  readonly observabilityPlan?: JsonObject | null
  readonly backgroundSpeechDenoisingPlan?: JsonObject | null
  readonly keypadInputPlan?: JsonObject | null
  readonly transportConfigurations?: ReadonlyArray<JsonObject> | null
  readonly hooks?: ReadonlyArray<JsonObject> | null
  readonly credentials?: ReadonlyArray<JsonObject> | null
  readonly credentialIds?: ReadonlyArray<string> | null
  /** `"off"`, or a detection plan. */
  readonly voicemailDetection?: string | JsonObject | null
  /** At most 1,000 characters. */
  readonly voicemailMessage?: string | null
  /** At most 1,000 characters. */
  readonly endCallMessage?: string | null
  /** Each 2 to 140 characters. */
  readonly endCallPhrases?: ReadonlyArray<string> | null
  /** Seconds, 10 to 43,200; the runtime's default is 600. */
  readonly maxDurationSeconds?: number | null
  /** Seconds of silence after which the call ends. */
  readonly silenceTimeoutSeconds?: number | null
  /** `"off"`, `"office"`, or a URL. */
  readonly backgroundSound?: string | null
  readonly backgroundDenoisingEnabled?: boolean | null
  readonly backchannelingEnabled?: boolean | null
  readonly modelOutputInMessagesEnabled?: boolean | null
}

/**
 * An assistant as the runtime stores it. Fields that this SDK does not know are kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Assistant extends Row, AssistantFields, JsonObject {
  /** Version label such as `v3`, owned by the runtime. */
  readonly latestVersion?: string | null
}

/**
 * Body of `assistants.create`. No field is required; limits are checked before anything is sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateAssistant extends Input<AssistantFields> {}

/**
 * Body of `assistants.update`: a shallow merge. An absent key keeps, a present key replaces the **whole** value,
 * `null` clears. A row that was read can be passed back: fields that the runtime owns are taken off.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateAssistant extends Input<AssistantFields> {}

const modelFields = {
  provider: Schema.String,
  model: opt(Schema.String),
  messages: opt(Schema.Array(openAIMessage)),
  tools: opt(objects),
  toolIds: opt(strings),
  toolRefs: opt(objects),
  temperature: opt(Schema.Finite),
  maxTokens: opt(Schema.Finite)
}

const model = codec<Model>()(Schema.Struct(modelFields))

const voice = codec<Voice>()(
  Schema.Struct({
    provider: Schema.String,
    voiceId: opt(Schema.String),
    model: opt(Schema.String),
    server: opt(server)
  })
)

const transcriber = codec<Transcriber>()(
  Schema.Struct({ provider: Schema.String, model: opt(Schema.String), language: opt(Schema.String) })
)

const fields = {
  name: opt(Schema.String),
  firstMessage: opt(Schema.String),
  firstMessageMode: opt(Schema.String),
  firstMessageInterruptionsEnabled: opt(Schema.Boolean),
  model: opt(model),
  voice: opt(voice),
  transcriber: opt(transcriber),
  server: opt(server),
  serverUrl: opt(Schema.String),
  serverUrlSecret: opt(Schema.String),
  serverMessages: opt(strings),
  clientMessages: opt(strings),
  metadata: opt(object),
  analysisPlan: opt(object),
  artifactPlan: opt(object),
  startSpeakingPlan: opt(object),
  stopSpeakingPlan: opt(object),
  monitorPlan: opt(object),
  compliancePlan: opt(object),
  observabilityPlan: opt(object),
  backgroundSpeechDenoisingPlan: opt(object),
  keypadInputPlan: opt(object),
  transportConfigurations: opt(objects),
  hooks: opt(objects),
  credentials: opt(objects),
  credentialIds: opt(strings),
  voicemailDetection: opt(Schema.Union([Schema.String, object])),
  voicemailMessage: opt(Schema.String),
  endCallMessage: opt(Schema.String),
  endCallPhrases: opt(strings),
  maxDurationSeconds: opt(Schema.Finite),
  silenceTimeoutSeconds: opt(Schema.Finite),
  backgroundSound: opt(Schema.String),
  backgroundDenoisingEnabled: opt(Schema.Boolean),
  backchannelingEnabled: opt(Schema.Boolean),
  modelOutputInMessagesEnabled: opt(Schema.Boolean)
}

const assistant = codec<Assistant>()(Schema.Struct({ ...row, ...fields, latestVersion: opt(Schema.String) }))

const updateAssistant = codec<AssistantFields>()(Schema.Struct(fields))

// Limits hold for what is created; stored rows may break them, so neither reads nor updates check them.
const createAssistant = ruled(
  codec<AssistantFields>()(
    Schema.Struct({
      ...fields,
      name: opt(atMost(40)),
      firstMessageMode: opt(
        oneOf(
          "assistant-speaks-first",
          "assistant-speaks-first-with-model-generated-message",
          "assistant-waits-for-user"
        )
      ),
      server: opt(newServer),
      voicemailMessage: opt(atMost(1000)),
      endCallMessage: opt(atMost(1000)),
      endCallPhrases: opt(Schema.Array(between(2, 140))),
      maxDurationSeconds: opt(within(10, 43_200)),
      model: opt(
        codec<Model>()(
          Schema.Struct({
            ...modelFields,
            messages: opt(
              Schema.Array(
                codec<OpenAIMessage>()(
                  Schema.Struct({
                    role: oneOf("assistant", "function", "user", "system", "tool"),
                    content: opt(Schema.String)
                  })
                )
              )
            ),
            temperature: opt(within(0, 2)),
            maxTokens: opt(within(50, 10_000))
          })
        )
      )
    })
  ),
  (body) => {
    const model = viewOf<Model>(body.model)
    const voice = viewOf<Voice>(body.voice)
    return [
      ...(typeof model.provider === "string" && model.provider !== "vapi" && !model.model
        ? [{ path: ["model", "model"], issue: `Missing: a model of provider ${model.provider} needs it` }]
        : []),
      ...(typeof voice.provider === "string" && voice.provider !== "custom-voice" && !voice.voiceId
        ? [{ path: ["voice", "voiceId"], issue: `Missing: a voice of provider ${voice.provider} needs it` }]
        : []),
      ...(voice.provider === "custom-voice" && !voice.server
        ? [{ path: ["voice", "server"], issue: "Missing: a custom voice needs it" }]
        : [])
    ]
  }
)

/**
 * The assistant operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const assistants = {
  /** Lists assistants, newest first. */
  list: operation({ method: "GET", path: "/assistant", query: listQuery, success: page(assistant) }),
  /** Reads one assistant. */
  get: operation({ method: "GET", path: "/assistant/:id", success: assistant, errors: ["NotFound"] }),
  /**
   * Creates an assistant. One call creates at most one: it carries an idempotency key, yours or a generated one, on
   * every attempt.
   */
  create: operation({
    method: "POST",
    path: "/assistant",
    body: inputOf<CreateAssistant>()(createAssistant),
    success: assistant,
    errors: ["ConflictError"]
  }),
  /** Changes an assistant by shallow merge: a nested object such as `model` is replaced whole. */
  update: operation({
    method: "PATCH",
    path: "/assistant/:id",
    body: inputOf<UpdateAssistant>()(updateAssistant),
    success: assistant,
    errors: ["NotFound", "ConflictError"]
  }),
  /** Deletes an assistant and gives back the deleted row (`undefined` when the runtime sends none). Fails with a ConflictError while something pins it. */
  delete: operation({
    method: "DELETE",
    path: "/assistant/:id",
    success: gone(assistant),
    errors: ["NotFound", "ConflictError"]
  })
}
