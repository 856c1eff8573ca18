/**
 * Tools: what an assistant may do during a call. Most are functions that the runtime calls on a server of yours.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, ruled, tagged } from "../schema/codec.ts"
import { destinationIssues, missingFields } from "./bodyRules.ts"
import {
  atMost,
  functionDefinition,
  listQuery,
  newServer,
  object,
  objects,
  oneOf,
  opt,
  row,
  server,
  within
} from "./shapes.ts"
import { gone, inputOf, operation, page } from "./table.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"
import type { FunctionDefinition, Row, Server } from "./shared.ts"

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
  readonly type: Open<"number" | "sip" | "assistant" | "squad" | "dynamic">
  readonly assistantId?: string | null
  readonly assistantName?: string | null
  readonly squadId?: string | null
  /** E.164 unless `numberE164CheckEnabled` is `false`. */
  readonly number?: string | null
  readonly numberE164CheckEnabled?: boolean | null
  readonly sipUri?: string | null
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
  readonly messages?: ReadonlyArray<JsonObject> | null
  readonly rejectionPlan?: JsonObject | null
  readonly credentialId?: string | null
  /** For `transferCall` and `handoff`; empty means: ask the server. */
  readonly destinations?: ReadonlyArray<ToolDestination> | null
  /** For `query`. */
  readonly knowledgeBases?: ReadonlyArray<JsonObject> | null
  /** For `knowledgeBase`. */
  readonly knowledgeBaseId?: string | null
  readonly parameters?: ReadonlyArray<JsonObject> | JsonObject | null
  readonly variableExtractionPlan?: JsonObject | null
  readonly contextEngineeringPlan?: JsonObject | null
  readonly defaultResult?: string | null
  /** For `apiRequest` and the fixed names of `bash`, `computer` and `textEditor`. */
  readonly name?: string | null
  readonly description?: string | null
  /** For `apiRequest`. */
  readonly method?: Open<"GET" | "POST" | "PUT" | "PATCH" | "DELETE"> | null
  /** For `apiRequest`. */
  readonly url?: string | null
  /** For `apiRequest` a JSON Schema, for `sipRequest` text or a JSON Schema. */
  readonly body?: string | JsonObject | null
  /** For `apiRequest` and `sipRequest`: a JSON Schema. */
  readonly headers?: JsonObject | null
  /** Seconds: 1 to 300, for `code` 1 to 30. */
  readonly timeoutSeconds?: number | null
  readonly encryptedPaths?: ReadonlyArray<string> | null
  readonly backoffPlan?: JsonObject | null
  /** For `code`. */
  readonly code?: string | null
  /** For `code`. */
  readonly environmentVariables?: ReadonlyArray<JsonObject> | null
  /** For `mcp` and `ghl`. */
  readonly metadata?: JsonObject | null
  /** For `mcp`. */
  readonly toolMessages?: ReadonlyArray<JsonObject> | null
  /** For `bash`, `computer` and `textEditor`. */
  readonly subType?: string | null
  readonly displayWidthPx?: number | null
  readonly displayHeightPx?: number | null
  readonly displayNumber?: number | null
  /** For `sipRequest`. */
  readonly verb?: string | null
  /** For `dtmf`. */
  readonly sipInfoDtmfEnabled?: boolean | null
  /** For `voicemail`. */
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
  readonly type: ToolType
}

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
  readonly type?: ToolType | undefined
}

const destination = codec<ToolDestination>()(
  Schema.Struct({
    type: Schema.String,
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
  messages: opt(objects),
  rejectionPlan: opt(object),
  credentialId: opt(Schema.String),
  destinations: opt(Schema.Array(destination)),
  knowledgeBases: opt(objects),
  knowledgeBaseId: opt(Schema.String),
  parameters: opt(Schema.Union([objects, object])),
  variableExtractionPlan: opt(object),
  contextEngineeringPlan: opt(object),
  defaultResult: opt(Schema.String),
  name: opt(Schema.String),
  description: opt(Schema.String),
  method: opt(Schema.String),
  url: opt(Schema.String),
  body: opt(Schema.Union([Schema.String, object])),
  headers: opt(object),
  timeoutSeconds: opt(Schema.Finite),
  encryptedPaths: opt(Schema.Array(Schema.String)),
  backoffPlan: opt(object),
  code: opt(Schema.String),
  environmentVariables: opt(objects),
  metadata: opt(object),
  toolMessages: opt(objects),
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
  /** Lists tools, newest first. */
  list: operation({ method: "GET", path: "/tool", query: listQuery, success: page(tool) }),
  /** Reads one tool. */
  get: operation({ method: "GET", path: "/tool/:id", success: tool, errors: ["NotFound"] }),
  /**
   * Creates a tool. One call creates at most one: it carries an idempotency key, yours or a generated one, on every
   * attempt.
   */
  create: operation({
    method: "POST",
    path: "/tool",
    body: inputOf<CreateTool>()(newTool),
    success: tool,
    errors: ["ConflictError"]
  }),
  /** Changes a tool by shallow merge: a nested object such as `function` is replaced whole. */
  update: operation({
    method: "PATCH",
    path: "/tool/:id",
    body: inputOf<UpdateTool>()(updateTool),
    success: tool,
    errors: ["NotFound", "ConflictError"]
  }),
  /** Deletes a tool and gives back the deleted row (`undefined` when the runtime sends none). Fails with a ConflictError while something pins it. */
  delete: operation({ method: "DELETE", path: "/tool/:id", success: gone(tool), errors: ["NotFound", "ConflictError"] })
}
