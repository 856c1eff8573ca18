/**
 * Imports: rows of a source account become rows of the runtime, and the mapping of their ids is kept.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec } from "../schema/codec.ts"
import { between, listQuery, objects, opt, strings } from "./shapes.ts"
import { inputOf, operation, page } from "./table.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"

/**
 * Rows as exported from the source account, by their own ids.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImportBundle extends JsonObject {
  /** Assistants. */
  readonly assistants?: ReadonlyArray<JsonObject> | null
  /** Phone numbers. */
  readonly phoneNumbers?: ReadonlyArray<JsonObject> | null
  /** Tools. */
  readonly tools?: ReadonlyArray<JsonObject> | null
  /** Credentials; exports have no secrets, so the mapping warns about each. */
  readonly credentials?: ReadonlyArray<JsonObject> | null
  /** Structured outputs. */
  readonly structuredOutputs?: ReadonlyArray<JsonObject> | null
  /** Squads. */
  readonly squads?: ReadonlyArray<JsonObject> | null
  /** Files; their content is not in an export. */
  readonly files?: ReadonlyArray<JsonObject> | null
}

/**
 * Fields of a new import.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImportFields {
  /** Names the source account, such as `vapi`. The same rows of the same source are imported once. */
  readonly source: string
  /** The rows. */
  readonly bundle: ImportBundle
}

/**
 * Body of `imports.create`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateImport extends Input<ImportFields> {}

/**
 * Body of `imports.createVapi`: the bundle itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateVapiImport extends Input<ImportBundle> {}

/**
 * Where one row of the source went.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImportMapping extends JsonObject {
  /** Kind of row, such as `assistant`. */
  readonly resource: string
  /** Its id in the source account. */
  readonly sourceId: string
  /** Its id in the runtime; absent for a row that was skipped. */
  readonly runtimeId?: string | null
  /** What was done with it. */
  readonly action: Open<"created" | "updated" | "unchanged" | "skipped">
  /** What an operator has to look at, such as a secret that is missing. */
  readonly warnings?: ReadonlyArray<string> | null
}

/**
 * An import as lists and reads tell it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Import extends JsonObject {
  /** Opaque id. */
  readonly id: string
  /** The source account, such as `vapi`. */
  readonly source: string
  /** How it ended. */
  readonly status: Open<"completed" | "completed_with_warnings" | "failed">
  /** When it ran. ISO 8601. */
  readonly createdAt: string
  /** Where each row went. */
  readonly mappings?: ReadonlyArray<ImportMapping> | null
  /** What an operator has to look at. */
  readonly warnings?: ReadonlyArray<string> | null
}

/**
 * What an import did, row by row.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImportResult extends Import {
  /** Where each row went. */
  readonly mappings: ReadonlyArray<ImportMapping>
  readonly warnings: ReadonlyArray<string>
}

const bundleFields = {
  assistants: opt(objects),
  phoneNumbers: opt(objects),
  tools: opt(objects),
  credentials: opt(objects),
  structuredOutputs: opt(objects),
  squads: opt(objects),
  files: opt(objects)
}

const bundle = codec<ImportBundle>()(Schema.Struct(bundleFields))

const newImport = codec<ImportFields>()(Schema.Struct({ source: between(1, 100), bundle }))

const mapping = codec<ImportMapping>()(
  Schema.Struct({
    resource: Schema.String,
    sourceId: Schema.String,
    runtimeId: opt(Schema.String),
    action: Schema.String,
    warnings: opt(strings)
  })
)

const importFields = {
  id: Schema.String,
  source: Schema.String,
  status: Schema.String,
  createdAt: Schema.String,
  mappings: opt(Schema.Array(mapping)),
  warnings: opt(strings)
}

const imported = codec<Import>()(Schema.Struct(importFields))

const result = codec<ImportResult>()(
  Schema.Struct({ ...importFields, mappings: Schema.Array(mapping), warnings: strings })
)

/**
 * The import operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const imports = {
  /**
   * Imports a bundle. Importing the same bundle again changes nothing: rows match by source and source id.
   * References between rows are rewritten; secrets are never in a bundle, so what needs them is created disabled,
   * with a warning.
   *
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { mappings } = await aywa.imports.create({ source: "vapi", bundle })
   * console.log(mappings.length)
   * ```
   */
  create: operation({
    method: "POST",
    path: "/imports",
    body: inputOf<CreateImport>()(newImport),
    success: result,
    errors: ["ConflictError"]
  }),
  /**
   * Imports a bundle of source `vapi`.
   *
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { status, warnings } = await aywa.imports.createVapi(bundle, { idempotencyKey: "move-2026-01" })
   * console.log(status, warnings)
   * ```
   */
  createVapi: operation({
    method: "POST",
    path: "/imports/vapi",
    body: inputOf<CreateVapiImport>()(bundle),
    success: result,
    errors: ["ConflictError"]
  }),
  /**
   * Lists imports, newest first.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const done of aywa.imports.list()) console.log(done.createdAt, done.status)
   * ```
   */
  list: operation({ method: "GET", path: "/imports", query: listQuery, success: page(imported) }),
  /**
   * Reads one import.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { status } = await aywa.imports.get(id)
   * console.log(status)
   * ```
   */
  get: operation({ method: "GET", path: "/imports/:id", success: imported, errors: ["NotFound"] }),
  /**
   * Lists where each row of an import went.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const { sourceId, runtimeId } of aywa.imports.mappings(id)) console.log(sourceId, runtimeId)
   * ```
   */
  mappings: operation({
    method: "GET",
    path: "/imports/:id/mappings",
    query: listQuery,
    success: page(mapping),
    errors: ["NotFound"]
  })
}
