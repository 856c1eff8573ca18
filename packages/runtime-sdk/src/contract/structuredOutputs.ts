/**
 * Structured outputs: what is extracted from calls, by a schema.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, ruled, viewOf } from "../schema/codec.ts"
import { between, listFields, listOf, object, objectOf, oneOf, opt, row, strings, text } from "./shapes.ts"
import { gone, inputOf, operation, page } from "./table.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"
import type { Model } from "./providers.ts"
import type { ListQuery, Row } from "./shared.ts"

/**
 * What must hold of a call for a structured output to run.
 *
 * @since 0.2.0
 * @category models
 */
export interface StructuredOutputCondition extends JsonObject {
  /** What is looked at. */
  readonly type: Open<"minMessages" | "minCallDuration" | "endedReason">
  /** For `minMessages`: how many at least. */
  readonly count?: number | null
  /** For `minCallDuration`: how long at least. */
  readonly seconds?: number | null
  /** For `endedReason`: whether it must be among `values`, or must not. */
  readonly operator?: Open<"oneOf" | "notOneOf"> | null
  /** For `endedReason`: the reasons. */
  readonly values?: ReadonlyArray<string> | null
}

/**
 * The fields that a create or an update may set; `null` clears.
 *
 * @since 0.1.0
 * @category models
 */
export interface StructuredOutputFields {
  /** 1 to 40 characters. */
  readonly name?: string | null
  /** JSON Schema of the result. */
  readonly schema?: JsonObject | null
  /** `ai` when absent: a model reads the call. `regex`: a pattern does. */
  readonly type?: Open<"ai" | "regex"> | null
  /** For `regex`, 1 to 1,000 characters. */
  readonly regex?: string | null
  /** What is wanted, in words for the model. */
  readonly description?: string | null
  /** For `ai`: the model that reads the call; the runtime's own when absent. */
  readonly model?: Model | null
  /** Rules that its results follow, such as `{ forceStoreOnHipaaEnabled: true }`. */
  readonly compliancePlan?: JsonObject | null
  /** Assistants after whose calls it runs, by id. */
  readonly assistantIds?: ReadonlyArray<string> | null
  /** Workflows after whose calls it runs, by id. */
  readonly workflowIds?: ReadonlyArray<string> | null
  /** When it runs; `null` means always. */
  readonly conditions?: ReadonlyArray<StructuredOutputCondition> | null
}

/**
 * A structured output as the runtime stores it.
 *
 * @since 0.1.0
 * @category models
 */
export interface StructuredOutput extends Row, StructuredOutputFields, JsonObject {}

/**
 * Fields of a new structured output.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewStructuredOutput extends StructuredOutputFields {
  /** 1 to 40 characters. */
  readonly name: string
  /** JSON Schema of the result; must name its `type`. */
  readonly schema: JsonObject
}

/**
 * Body of `structuredOutputs.create`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateStructuredOutput extends Input<NewStructuredOutput> {}

/**
 * Body of `structuredOutputs.update`: a shallow merge.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateStructuredOutput extends Input<StructuredOutputFields> {}

/**
 * Query of `structuredOutputs.list`.
 *
 * @since 0.1.0
 * @category models
 */
export interface StructuredOutputListQuery extends ListQuery {
  /** Only the one with this id. */
  readonly id?: string | undefined
  /** Only those with this name. */
  readonly name?: string | undefined
}

/**
 * Query of `structuredOutputs.update`.
 *
 * @since 0.1.0
 * @category models
 */
export interface StructuredOutputUpdateQuery {
  /** `"true"` permits another top-level type of the schema. */
  readonly schemaOverride?: string | undefined
}

/**
 * Fields of a run over calls that have ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface StructuredOutputRunFields {
  /** Calls that have ended, at least one. */
  readonly callIds: ReadonlyArray<string>
  /** A stored one; or `structuredOutput` in place. */
  readonly structuredOutputId?: string | null
  /** One that is not stored. */
  readonly structuredOutput?: JsonObject | null
  /** Gives the results without storing them in the calls. */
  readonly previewEnabled?: boolean | null
}

/**
 * Body of `structuredOutputs.run`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunStructuredOutput extends Input<StructuredOutputRunFields> {}

/**
 * What a run gives. Its shape is the runtime's; every key is kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface StructuredOutputRun extends JsonObject {}

const fields = {
  name: opt(Schema.String),
  schema: opt(object),
  type: opt(Schema.String),
  regex: opt(Schema.String),
  description: opt(Schema.String),
  model: opt(objectOf<Model>()),
  compliancePlan: opt(object),
  assistantIds: opt(strings),
  workflowIds: opt(strings),
  conditions: opt(listOf<StructuredOutputCondition>())
}

const structuredOutput = codec<StructuredOutput>()(Schema.Struct({ ...row, ...fields }))

const newStructuredOutput = ruled(
  codec<NewStructuredOutput>()(
    Schema.Struct({
      ...fields,
      name: between(1, 40),
      schema: object,
      type: opt(oneOf("ai", "regex")),
      regex: opt(between(1, 1000))
    })
  ),
  (body) => [
    ...(typeof body.schema === "object" && typeof viewOf<{ readonly type: string }>(body.schema).type !== "string"
      ? [{ path: ["schema", "type"], issue: "Missing: a JSON Schema names its type" }]
      : []),
    ...(body.type === "regex" && !body.regex
      ? [{ path: ["regex"], issue: "Missing: a structured output of type regex needs it" }]
      : [])
  ]
)

const run = ruled(
  codec<StructuredOutputRunFields>()(
    Schema.Struct({
      callIds: strings.check(Schema.isMinLength(1)),
      structuredOutputId: opt(Schema.String),
      structuredOutput: opt(object),
      previewEnabled: opt(Schema.Boolean)
    })
  ),
  ({ structuredOutputId, structuredOutput }) =>
    Boolean(structuredOutputId) === Boolean(structuredOutput)
      ? [{ path: ["structuredOutputId"], issue: "Expected exactly one of structuredOutputId and structuredOutput" }]
      : []
)

/**
 * The structured output operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const structuredOutputs = {
  /**
   * Lists structured outputs, newest first.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const output of aywa.structuredOutputs.list({ name: "Booking outcome" })) console.log(output.id)
   * ```
   */
  list: operation({
    method: "GET",
    path: "/structured-output",
    query: codec<StructuredOutputListQuery>()(Schema.Struct({ ...listFields, id: text, name: text })),
    success: page(structuredOutput)
  }),
  /**
   * Reads one structured output.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { name, schema } = await aywa.structuredOutputs.get(id)
   * console.log(name, schema)
   * ```
   */
  get: operation({ method: "GET", path: "/structured-output/:id", success: structuredOutput, errors: ["NotFound"] }),
  /**
   * Creates a structured output; one call creates at most one.
   *
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const output = await aywa.structuredOutputs.create({
   *   name: "Booking outcome",
   *   schema: { type: "object", properties: { booked: { type: "boolean" } }, required: ["booked"] }
   * })
   * console.log(output.id)
   * ```
   */
  create: operation({
    method: "POST",
    path: "/structured-output",
    body: inputOf<CreateStructuredOutput>()(newStructuredOutput),
    success: structuredOutput,
    errors: ["ConflictError"]
  }),
  /**
   * Changes a structured output by shallow merge: `schema` is replaced whole.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.structuredOutputs.update(id, { description: "Whether the call led to a booking" })
   * ```
   */
  update: operation({
    method: "PATCH",
    path: "/structured-output/:id",
    query: codec<StructuredOutputUpdateQuery>()(Schema.Struct({ schemaOverride: text })),
    body: inputOf<UpdateStructuredOutput>()(codec<StructuredOutputFields>()(Schema.Struct(fields))),
    success: structuredOutput,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Deletes a structured output and gives back the deleted row (`undefined` when the runtime sends none).
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} while something refers to it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.structuredOutputs.delete(id)
   * ```
   */
  delete: operation({
    method: "DELETE",
    path: "/structured-output/:id",
    success: gone(structuredOutput),
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Runs a structured output over calls that have ended.
   *
   * @throws {@link NotFound} when what it refers to is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const run = await aywa.structuredOutputs.run({ callIds: [callId], structuredOutputId: id, previewEnabled: true })
   * console.log(run)
   * ```
   */
  run: operation({
    method: "POST",
    path: "/structured-output/run",
    body: inputOf<RunStructuredOutput>()(run),
    success: codec<StructuredOutputRun>()(object),
    errors: ["NotFound", "ConflictError"]
  })
}
