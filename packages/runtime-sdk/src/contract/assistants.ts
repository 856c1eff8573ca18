/**
 * Assistants: the agents that answer and place calls. A draft is an assistant that no phone number is bound to.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, described, ruled, viewOf } from "../schema/codec.ts"
import {
  atMost,
  between,
  listOf,
  listQuery,
  newServer,
  object,
  objectOf,
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
import type {
  AnalysisPlan,
  ArtifactPlan,
  AssistantHook,
  CompliancePlan,
  MonitorPlan,
  ObservabilityPlan,
  TransportConfiguration
} from "./plans.ts"
import type { Model, ToolRef, Transcriber, Voice } from "./providers.ts"
import type { ClientMessageName, ServerMessageName } from "./selectors.ts"
import type { OpenAIMessage, Row, Server } from "./shared.ts"
import type {
  BackgroundSpeechDenoisingPlan,
  KeypadInputPlan,
  StartSpeakingPlan,
  StopSpeakingPlan,
  VoicemailDetectionPlan
} from "./speech.ts"
import type { InlineTool } from "./tools.ts"

export type * from "./plans.ts"
export type * from "./providers.ts"
export type * from "./selectors.ts"
export type * from "./speech.ts"

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
  /** Who speaks first; the assistant, when absent. */
  readonly firstMessageMode?: Open<
    "assistant-speaks-first" | "assistant-speaks-first-with-model-generated-message" | "assistant-waits-for-user"
  > | null
  /** Whether the caller can interrupt the first message; `false` when absent. */
  readonly firstMessageInterruptionsEnabled?: boolean | null
  /** The language model, with its prompt and tools. */
  readonly model?: Model | null
  /** How it speaks. */
  readonly voice?: Voice | null
  /** How it listens. */
  readonly transcriber?: Transcriber | null
  /** Where server messages of this assistant go. */
  readonly server?: Server | null
  /** Older flat form of `server.url`. */
  readonly serverUrl?: string | null
  /** Older flat form of the server's secret; write-only. */
  readonly serverUrlSecret?: string | null
  /** Which events are sent to the server; `ServerMessageName` has the default. */
  readonly serverMessages?: ReadonlyArray<ServerMessageName> | null
  /** Which events are sent to the page or app of a web call. */
  readonly clientMessages?: ReadonlyArray<ClientMessageName> | null
  /** Yours; kept verbatim. */
  readonly metadata?: JsonObject | null
  /** What is understood of a call after its end. */
  readonly analysisPlan?: AnalysisPlan | null
  /** What a call leaves behind: recordings, transcript, logs. */
  readonly artifactPlan?: ArtifactPlan | null
  /** When it starts to speak. */
  readonly startSpeakingPlan?: StartSpeakingPlan | null
  /** When it stops speaking because the caller does. */
  readonly stopSpeakingPlan?: StopSpeakingPlan | null
  /** Who may listen to a running call, and control it. */
  readonly monitorPlan?: MonitorPlan | null
  /** Rules of a trade or a country. */
  readonly compliancePlan?: CompliancePlan | null
  /** Where traces of conversations are sent. */
  readonly observabilityPlan?: ObservabilityPlan | null
  /** How background noise is removed from what the caller says. */
  readonly backgroundSpeechDenoisingPlan?: BackgroundSpeechDenoisingPlan | null
  /** Digits that the caller presses. */
  readonly keypadInputPlan?: KeypadInputPlan | null
  /** Settings of single transports, such as a telephony provider. */
  readonly transportConfigurations?: ReadonlyArray<TransportConfiguration> | null
  /** What is done at moments of the call. */
  readonly hooks?: ReadonlyArray<AssistantHook> | null
  /** Credentials for this assistant alone, defined in place; their secrets are write-only. */
  readonly credentials?: ReadonlyArray<JsonObject> | null
  /** Credentials that it may use, by id; all of the organization when absent. */
  readonly credentialIds?: ReadonlyArray<string> | null
  /** `"off"`, or how an answering machine is told from a person. */
  readonly voicemailDetection?: string | VoicemailDetectionPlan | null
  /** Left on an answering machine; at most 1,000 characters. Without one the call just ends. */
  readonly voicemailMessage?: string | null
  /** Said before it ends a call; at most 1,000 characters. */
  readonly endCallMessage?: string | null
  /** Phrases after which it ends the call; each 2 to 140 characters. */
  readonly endCallPhrases?: ReadonlyArray<string> | null
  /** Seconds after which a call ends, 10 to 43,200; the runtime's default is 600. */
  readonly maxDurationSeconds?: number | null
  /** Seconds of silence after which the call ends. */
  readonly silenceTimeoutSeconds?: number | null
  /** What is heard behind it: `"off"`, `"office"`, or the URL of an audio file. */
  readonly backgroundSound?: Open<"off" | "office"> | null
  /** Older form of `backgroundSpeechDenoisingPlan`. */
  readonly backgroundDenoisingEnabled?: boolean | null
  /** Whether it says "mhm" while the caller speaks; `false` when absent. */
  readonly backchannelingEnabled?: boolean | null
  /** Whether messages have what the model wrote instead of what was spoken; `false` when absent. */
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
 * What of an assistant is different for one call: its fields, and values for `{{variables}}` in its texts.
 *
 * @since 0.2.0
 * @category models
 */
export interface AssistantOverrides extends AssistantFields, JsonObject {
  /** By name of the variable; values are any JSON. */
  readonly variableValues?: JsonObject | null
  /** Tools that are added to those of the assistant. */
  readonly "tools:append"?: ReadonlyArray<InlineTool> | null
}

/**
 * An assistant that is defined in place, for one call.
 *
 * @since 0.2.0
 * @category models
 */
export interface InlineAssistant extends AssistantFields, JsonObject {}

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
  tools: opt(listOf<InlineTool>()),
  toolIds: opt(strings),
  toolRefs: opt(listOf<ToolRef>()),
  temperature: opt(Schema.Finite),
  maxTokens: opt(Schema.Finite)
}

const model = described<Model>()(Schema.Struct(modelFields))

const voice = described<Voice>()(
  Schema.Struct({
    provider: Schema.String,
    voiceId: opt(Schema.String),
    model: opt(Schema.String),
    server: opt(server)
  })
)

const transcriber = described<Transcriber>()(
  Schema.Struct({
    provider: Schema.String,
    model: opt(Schema.String),
    language: opt(Schema.String),
    languages: opt(strings)
  })
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
  analysisPlan: opt(objectOf<AnalysisPlan>()),
  artifactPlan: opt(objectOf<ArtifactPlan>()),
  startSpeakingPlan: opt(objectOf<StartSpeakingPlan>()),
  stopSpeakingPlan: opt(objectOf<StopSpeakingPlan>()),
  monitorPlan: opt(objectOf<MonitorPlan>()),
  compliancePlan: opt(objectOf<CompliancePlan>()),
  observabilityPlan: opt(objectOf<ObservabilityPlan>()),
  backgroundSpeechDenoisingPlan: opt(objectOf<BackgroundSpeechDenoisingPlan>()),
  keypadInputPlan: opt(objectOf<KeypadInputPlan>()),
  transportConfigurations: opt(listOf<TransportConfiguration>()),
  hooks: opt(listOf<AssistantHook>()),
  credentials: opt(objects),
  credentialIds: opt(strings),
  voicemailDetection: opt(Schema.Union([Schema.String, objectOf<VoicemailDetectionPlan>()])),
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
        described<Model>()(
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
  /**
   * Lists assistants, newest first.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const assistant of aywa.assistants.list({ limit: 50 })) console.log(assistant.id, assistant.name)
   * ```
   */
  list: operation({ method: "GET", path: "/assistant", query: listQuery, success: page(assistant) }),
  /**
   * Reads one assistant.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { name, model } = await aywa.assistants.get(id)
   * console.log(name, model?.provider)
   * ```
   */
  get: operation({ method: "GET", path: "/assistant/:id", success: assistant, errors: ["NotFound"] }),
  /**
   * Creates an assistant. One call creates at most one: it carries an idempotency key, yours or a generated one, on
   * every attempt.
   *
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const assistant = await aywa.assistants.create(
   *   {
   *     name: "Front desk",
   *     firstMessage: "Hello! How can I help?",
   *     model: { provider: "openai", model: "gpt-4.1-mini" },
   *     voice: { provider: "11labs", voiceId: "EXAVITQu4vr4xnSDxMaL" }
   *   },
   *   { idempotencyKey: "assistant-front-desk-v1" }
   * )
   * console.log(assistant.id)
   * ```
   */
  create: operation({
    method: "POST",
    path: "/assistant",
    body: inputOf<CreateAssistant>()(createAssistant),
    success: assistant,
    errors: ["ConflictError"]
  }),
  /**
   * Changes an assistant by shallow merge: a nested object such as `model` is replaced whole.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.assistants.update(id, { firstMessage: "Good morning!", voicemailMessage: null })
   * ```
   */
  update: operation({
    method: "PATCH",
    path: "/assistant/:id",
    body: inputOf<UpdateAssistant>()(updateAssistant),
    success: assistant,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Deletes an assistant and gives back the deleted row (`undefined` when the runtime sends none). Fails with a
   * ConflictError while something pins it.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} while something refers to it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const deleted = await aywa.assistants.delete(id)
   * console.log(deleted?.name)
   * ```
   */
  delete: operation({
    method: "DELETE",
    path: "/assistant/:id",
    success: gone(assistant),
    errors: ["NotFound", "ConflictError"]
  })
}
