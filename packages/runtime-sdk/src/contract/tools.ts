/**
 * Tools: what an assistant may do during a call. Most are functions that the runtime calls on a server of yours.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, described, ruled, tagged } from "../schema/codec.ts"
import { destinationIssues, missingFields } from "./bodyRules.ts"
import {
  atMost,
  functionDefinition,
  listOf,
  listQuery,
  newServer,
  object,
  objectOf,
  oneOf,
  opt,
  row,
  server,
  within
} from "./shapes.ts"
import { gone, inputOf, operation, page } from "./table.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"
import type { BackoffPlan, FunctionDefinition, Row, Server } from "./shared.ts"
import type {
  ContextEngineeringPlan,
  EnvironmentVariable,
  McpToolMessages,
  QueryKnowledgeBase,
  RejectionPlan,
  ToolMessage,
  ToolParameter,
  TransferPlan,
  VariableExtractionPlan
} from "./toolModels.ts"

export type * from "./toolModels.ts"

// Types whose rows are checked field by field; a row of any other type only has to be a row with a type.
const knownTypes = [
  "function",
  "apiRequest",
  "code",
  "transferCall",
  "handoff",
  "query",
  "mcp",
  "dtmf",
  "voicemail",
  "endCall",
  "sms",
  "bash",
  "computer",
  "textEditor",
  "sipRequest",
  "knowledgeBase"
] as const

/**
 * Tool types known today; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type ToolType = Open<
  | (typeof knownTypes)[number]
  | "ghl"
  | "make"
  | "output"
  | "google.calendar.event.create"
  | "google.calendar.availability.check"
  | "google.sheets.row.append"
  | "slack.message.send"
  | "gohighlevel.calendar.availability.check"
  | "gohighlevel.calendar.event.create"
  | "gohighlevel.contact.create"
  | "gohighlevel.contact.get"
>

/**
 * Where a transfer or handoff tool sends the call.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolDestination extends JsonObject {
  /** What it is; `dynamic` asks your server (`handoff-destination-request`). */
  readonly type: Open<"number" | "sip" | "assistant" | "squad" | "dynamic">
  /** For `assistant`: by id. */
  readonly assistantId?: string | null
  /** For `assistant`: by name. */
  readonly assistantName?: string | null
  /** For `assistant`: defined in place. */
  readonly assistant?: JsonObject | null
  /** For `squad`: by id. */
  readonly squadId?: string | null
  /** For `squad`: the assistant that speaks first, by name. */
  readonly entryAssistantName?: string | null
  /** For `number`: E.164 unless `numberE164CheckEnabled` is `false`. */
  readonly number?: string | null
  /** For `number`: whether `number` must be E.164; `true` when absent. */
  readonly numberE164CheckEnabled?: boolean | null
  /** For `number`: dialled after the answer; 1 to 10 characters. */
  readonly extension?: string | null
  /** For `number` and `sip`: the number that is shown, at most 40 characters. */
  readonly callerId?: string | null
  /** For `sip`: such as `"sip:sales@pbx.example.com"`. */
  readonly sipUri?: string | null
  /** For `sip`: extra headers. */
  readonly sipHeaders?: JsonObject | null
  /** For `dynamic`: the server that is asked. */
  readonly server?: Server | null
  /** When the model should choose this one. */
  readonly description?: string | null
  /** Spoken to the customer: text, or a message in several languages. An empty text transfers silently. */
  readonly message?: string | JsonObject | null
  /** For `number` and `sip`: how the call is handed over. */
  readonly transferPlan?: TransferPlan | null
  /** For `assistant`: what becomes of the conversation so far. */
  readonly transferMode?: Open<
    | "rolling-history"
    | "swap-system-message-in-history"
    | "swap-system-message-in-history-and-remove-transfer-tool-messages"
    | "delete-history"
  > | null
  /** For a handoff: what of the conversation the next assistant sees. */
  readonly contextEngineeringPlan?: ContextEngineeringPlan | null
  /** For a handoff: what of the conversation becomes variables. */
  readonly variableExtractionPlan?: VariableExtractionPlan | null
}

/**
 * The fields that a create or an update may set. Which ones apply depends on `type`; `null` clears.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolFields {
  /** For `function`, `code`, `handoff` and `knowledgeBase`. */
  readonly function?: FunctionDefinition | null
  /** The server that the runtime calls to run the tool. */
  readonly server?: Server | null
  /** Whether the runtime goes on without waiting for the result. */
  readonly async?: boolean | null
  /** What the assistant says while the tool runs. */
  readonly messages?: ReadonlyArray<ToolMessage> | null
  /** When a call of the tool is refused before it runs. */
  readonly rejectionPlan?: RejectionPlan | null
  /** For `apiRequest` and `code`: credential with which the request is made. */
  readonly credentialId?: string | null
  /** For `transferCall` and `handoff`; empty means: ask the server. */
  readonly destinations?: ReadonlyArray<ToolDestination> | null
  /** For `query`: what is searched. */
  readonly knowledgeBases?: ReadonlyArray<QueryKnowledgeBase> | null
  /** For `knowledgeBase`: id of the knowledge base. */
  readonly knowledgeBaseId?: string | null
  /** Values that are sent with every call, beside what the model gives. */
  readonly parameters?: ReadonlyArray<ToolParameter> | JsonObject | null
  /** What of the answer becomes variables of the call. */
  readonly variableExtractionPlan?: VariableExtractionPlan | null
  /** For `handoff`: what of the conversation the next assistant sees. */
  readonly contextEngineeringPlan?: ContextEngineeringPlan | null
  /** For `handoff`: what the model is told when nothing was chosen. */
  readonly defaultResult?: string | null
  /** For `apiRequest`, at most 40 characters; the fixed names of `bash`, `computer` and `textEditor`. */
  readonly name?: string | null
  /** For `apiRequest`: what it does and when to use it. */
  readonly description?: string | null
  /** For `apiRequest`, which needs it: the HTTP method. */
  readonly method?: Open<"GET" | "POST" | "PUT" | "PATCH" | "DELETE"> | null
  /** For `apiRequest`, which needs it: the address; may be a Liquid template. */
  readonly url?: string | null
  /** For `apiRequest` a JSON Schema, for `sipRequest` text or a JSON Schema. */
  readonly body?: string | JsonObject | null
  /** For `apiRequest` and `sipRequest`: a JSON Schema. */
  readonly headers?: JsonObject | null
  /** Seconds: 1 to 300, for `code` 1 to 30. */
  readonly timeoutSeconds?: number | null
  /** For `apiRequest`: paths of the body that are sent encrypted, such as `"card.number"`. */
  readonly encryptedPaths?: ReadonlyArray<string> | null
  /** For `apiRequest`: when and how often a failed request is sent again; never, when absent. */
  readonly backoffPlan?: BackoffPlan | null
  /** For `code`, which needs it: TypeScript, at most 50,000 characters. */
  readonly code?: string | null
  /** For `code`: what it finds in its environment. */
  readonly environmentVariables?: ReadonlyArray<EnvironmentVariable> | null
  /** For `mcp` `{ protocol: "sse" | "shttp" }`; for `ghl` and `make` the workflow. */
  readonly metadata?: JsonObject | null
  /** For `mcp`: what is said while one of the server's tools runs. */
  readonly toolMessages?: ReadonlyArray<McpToolMessages> | null
  /** For `bash`, `computer` and `textEditor`, which need it: their version, such as `"bash_20241022"`. */
  readonly subType?: string | null
  /** For `computer`, which needs it: width of the screen in pixels. */
  readonly displayWidthPx?: number | null
  /** For `computer`, which needs it: height of the screen in pixels. */
  readonly displayHeightPx?: number | null
  /** For `computer`: which screen. */
  readonly displayNumber?: number | null
  /** For `sipRequest`, which needs it: `INFO`, `MESSAGE` or `NOTIFY`. */
  readonly verb?: string | null
  /** For `dtmf`: whether digits are sent as SIP INFO; `false` when absent. */
  readonly sipInfoDtmfEnabled?: boolean | null
  /** For `voicemail`: whether the beep is waited for; `false` when absent. */
  readonly beepDetectionEnabled?: boolean | null
}

/**
 * A tool as the runtime stores it.
 *
 * **Gotchas**
 *
 * Fields are checked for the types in `ToolType`. Of a type that this SDK does not know only the row fields and
 * `type` are checked, so that a newer runtime can be read; look at `type` before you rely on another field.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tool extends Row, ToolFields, JsonObject {
  /** What it does; decides which other fields apply. */
  readonly type: ToolType
  /** Version label such as `v3`, owned by the runtime. */
  readonly latestVersion?: string | null
}

/**
 * Fields of a new tool.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewTool extends ToolFields {
  /** What it does; decides which other fields apply. */
  readonly type: ToolType
}

/**
 * A tool that is defined in place, inside of a model.
 *
 * @since 0.2.0
 * @category models
 */
export interface InlineTool extends NewTool, JsonObject {}

/**
 * Body of `tools.create`. What each type needs is checked before anything is sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateTool extends Input<NewTool> {}

/**
 * Body of `tools.update`: a shallow merge. An absent key keeps, a present key replaces the **whole** value, `null`
 * clears.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateTool extends Input<ToolFields> {
  /** What it does; decides which other fields apply. */
  readonly type?: ToolType | undefined
}

const destination = described<ToolDestination>()(
  Schema.Struct({
    type: Schema.String,
    assistant: opt(object),
    assistantId: opt(Schema.String),
    assistantName: opt(Schema.String),
    squadId: opt(Schema.String),
    number: opt(Schema.String),
    numberE164CheckEnabled: opt(Schema.Boolean),
    sipUri: opt(Schema.String)
  })
)

const fields = {
  function: opt(functionDefinition),
  server: opt(server),
  async: opt(Schema.Boolean),
  messages: opt(listOf<ToolMessage>()),
  rejectionPlan: opt(objectOf<RejectionPlan>()),
  credentialId: opt(Schema.String),
  destinations: opt(Schema.Array(destination)),
  knowledgeBases: opt(listOf<QueryKnowledgeBase>()),
  knowledgeBaseId: opt(Schema.String),
  parameters: opt(Schema.Union([listOf<ToolParameter>(), object])),
  variableExtractionPlan: opt(objectOf<VariableExtractionPlan>()),
  contextEngineeringPlan: opt(objectOf<ContextEngineeringPlan>()),
  defaultResult: opt(Schema.String),
  name: opt(Schema.String),
  description: opt(Schema.String),
  method: opt(Schema.String),
  url: opt(Schema.String),
  body: opt(Schema.Union([Schema.String, object])),
  headers: opt(object),
  timeoutSeconds: opt(Schema.Finite),
  encryptedPaths: opt(Schema.Array(Schema.String)),
  backoffPlan: opt(objectOf<BackoffPlan>()),
  code: opt(Schema.String),
  environmentVariables: opt(listOf<EnvironmentVariable>()),
  metadata: opt(object),
  toolMessages: opt(listOf<McpToolMessages>()),
  subType: opt(Schema.String),
  displayWidthPx: opt(Schema.Finite),
  displayHeightPx: opt(Schema.Finite),
  displayNumber: opt(Schema.Finite),
  verb: opt(Schema.String),
  sipInfoDtmfEnabled: opt(Schema.Boolean),
  beepDetectionEnabled: opt(Schema.Boolean)
}

const tags = new Set<string>(knownTypes)

const tool = tagged(
  codec<Tool>()(Schema.Struct({ ...row, ...fields, type: Schema.String, latestVersion: opt(Schema.String) })),
  "type",
  tags
)

const required: { readonly [type: string]: ReadonlyArray<string> } = {
  apiRequest: ["method", "url"],
  code: ["code"],
  sipRequest: ["verb"],
  bash: ["subType", "name"],
  textEditor: ["subType", "name"],
  computer: ["subType", "name", "displayWidthPx", "displayHeightPx"]
}

const newTool = ruled(
  codec<NewTool>()(
    Schema.Struct({
      ...fields,
      type: Schema.String.check(Schema.isMinLength(1)),
      server: opt(newServer),
      method: opt(oneOf("GET", "POST", "PUT", "PATCH", "DELETE")),
      code: opt(atMost(50_000)),
      timeoutSeconds: opt(within(1, 300)),
      function: opt(
        codec<FunctionDefinition>()(
          Schema.Struct({
            name: Schema.String.check(
              Schema.isPattern(/^[a-zA-Z0-9_-]{1,64}$/, { expected: "1 to 64 of the characters a-z A-Z 0-9 _ -" })
            ),
            description: opt(Schema.String),
            parameters: opt(object),
            strict: opt(Schema.Boolean)
          })
        )
      )
    })
  ),
  (body) => [
    ...missingFields(body, required, body.type, "a tool of type"),
    ...(body.type === "apiRequest" && typeof body.name === "string" && body.name.length > 40
      ? [{ path: ["name"], issue: "Expected a value with a length of at most 40" }]
      : []),
    ...(body.type === "code" && typeof body.timeoutSeconds === "number" && body.timeoutSeconds > 30
      ? [{ path: ["timeoutSeconds"], issue: "Expected a value between 1 and 30" }]
      : []),
    ...(Array.isArray(body.destinations)
      ? body.destinations.flatMap((destination, i) => destinationIssues(destination, ["destinations", String(i)]))
      : [])
  ]
)

const updateTool = codec<ToolFields & { readonly type?: ToolType }>()(
  Schema.Struct({ ...fields, type: Schema.optionalKey(Schema.String) })
)

/**
 * The tool operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const tools = {
  /**
   * Lists tools, newest first.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const tool of aywa.tools.list()) console.log(tool.type, tool.function?.name)
   * ```
   */
  list: operation({ method: "GET", path: "/tool", query: listQuery, success: page(tool) }),
  /**
   * Reads one tool.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const tool = await aywa.tools.get(id)
   * console.log(tool.type)
   * ```
   */
  get: operation({ method: "GET", path: "/tool/:id", success: tool, errors: ["NotFound"] }),
  /**
   * Creates a tool. One call creates at most one: it carries an idempotency key, yours or a generated one, on every
   * attempt.
   *
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const tool = await aywa.tools.create({
   *   type: "function",
   *   function: {
   *     name: "lookupOrder",
   *     description: "Finds the state of an order by its number",
   *     parameters: { type: "object", properties: { orderId: { type: "string" } }, required: ["orderId"] }
   *   },
   *   server: { url: "https://agents.example/tools", timeoutSeconds: 10 }
   * })
   * console.log(tool.id)
   * ```
   */
  create: operation({
    method: "POST",
    path: "/tool",
    body: inputOf<CreateTool>()(newTool),
    success: tool,
    errors: ["ConflictError"]
  }),
  /**
   * Changes a tool by shallow merge: a nested object such as `function` is replaced whole.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.tools.update(id, { messages: [{ type: "request-start", content: "One moment." }] })
   * ```
   */
  update: operation({
    method: "PATCH",
    path: "/tool/:id",
    body: inputOf<UpdateTool>()(updateTool),
    success: tool,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Deletes a tool and gives back the deleted row (`undefined` when the runtime sends none). Fails with a
   * ConflictError while something pins it.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} while something refers to it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.tools.delete(id)
   * ```
   */
  delete: operation({ method: "DELETE", path: "/tool/:id", success: gone(tool), errors: ["NotFound", "ConflictError"] })
}
