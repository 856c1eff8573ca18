/**
 * Builds the entries of the contract table, and gives the pipeline the schemas behind them.
 */
import type * as Schema from "effect/Schema"
import type { Input, Method, Operation } from "./Operation.ts"
import type { OperationError } from "../errors/Errors.ts"
import { object } from "./shapes.ts"

/** What the pipeline, the local runtime and the generators know of an operation. */
export interface Spec {
  readonly method: Method
  readonly path: string
  readonly kind: "page" | "value" | "bytes"
  readonly query: Schema.Codec<unknown, unknown> | undefined
  readonly body: Schema.Codec<unknown, unknown> | undefined
  /** The whole answer; for a page, one row. */
  readonly success: Schema.Codec<unknown, unknown>
  /** Whether an answer without a body is a success: deletes. */
  readonly mayBeEmpty: boolean
  /** Whether the answer is plain text, not JSON. */
  readonly text: boolean
  /** Whether the request is a form with a part `file` beside the fields of `body`. */
  readonly multipart: boolean
  /** Whether the body is sent as it is, with fields that the runtime owns elsewhere. */
  readonly verbatim: boolean
  /** Whether fields that still hold the mask of a secret are left out of the body. */
  readonly omitsMasks: boolean
  readonly errors: ReadonlyArray<OperationError>
}

/** A request body: fields of `A`, where an optional one may also be `undefined`. */
export interface BodySchema<A> {
  readonly "~type"?: A
  readonly body: Schema.Codec<unknown, unknown>
  readonly multipart?: boolean
  readonly verbatim?: boolean
  readonly omitsMasks?: boolean
}

/** The row that a delete gives back, if the runtime sends one. */
export interface GoneSchema<A> {
  readonly "~type"?: A
  readonly gone: Schema.Codec<unknown, unknown>
}

/** A list answer, in any of the four wire shapes. */
export interface PageSchema<A> {
  readonly "~type"?: A
  readonly row: Schema.Codec<unknown, unknown>
}

/** An answer in plain text. */
export interface TextSchema {
  readonly "~type"?: string
  readonly text: Schema.Codec<string, string>
}

/** An answer that is content, whatever its type. */
export interface BytesSchema {
  readonly "~type"?: Uint8Array
  readonly bytes: Schema.Codec<unknown, unknown>
}

const specs = new WeakMap<object, Spec>()

/**
 * Marks a schema as a request body, which is shown to users under its public name. That type may say more than the
 * schema: a union of variants, where the schema has all their fields and a check that knows which variant needs what,
 * or fields that may be wrapped, where the schema sees them as they are sent.
 */
export const inputOf =
  <Public>() =>
  <A>(schema: Schema.Codec<A, A> & Related<Public, Input<A>>): BodySchema<Public> => ({ body: schema })

/** `unknown` when one is assignable to the other, else `never`, which no schema is assignable to. */
type Related<A, B> = [A] extends [B] ? unknown : [B] extends [A] ? unknown : never

/** Marks a schema as the fields of a form that go with a file. */
export const form =
  <Public>() =>
  (schema: Schema.Codec<unknown, unknown>): BodySchema<Public> => ({ body: schema, multipart: true })

/** Marks a body as one that a row with masked secrets may be written back by. */
export const omittingMasks = <A>(body: BodySchema<A>): BodySchema<A> => ({ ...body, omitsMasks: true })

/** Any JSON object, sent as it is. */
export const anyBody: BodySchema<object> = { body: object, verbatim: true }

/** Marks an answer as content. */
export const bytes = (schema: Schema.Codec<unknown, unknown>): BytesSchema => ({ bytes: schema })

/** Marks a schema as an answer in plain text. */
export const text = (schema: Schema.Codec<string, string>): TextSchema => ({ text: schema })

/** Marks a schema as the row of a list. */
export const page = <A>(schema: Schema.Codec<A, A>): PageSchema<A> => ({ row: schema })

/** Marks a schema as the row of a delete: an empty answer is a success without a row. */
export const gone = <A>(schema: Schema.Codec<A, A>): GoneSchema<A> => ({ gone: schema })

type HasId<Path extends string> = Path extends `${string}:id${string}` ? true : false

interface Options<Path extends string, Query, Body, Success, Error extends OperationError> {
  readonly method: Method
  readonly path: Path
  readonly query?: Schema.Codec<Query, Query>
  readonly body?: BodySchema<Body>
  readonly success: Success
  readonly errors?: ReadonlyArray<Error>
}

/** Adds an entry to the contract table. */
export function operation<const Path extends string, A, Query = never, Body = never, E extends OperationError = never>(
  options: Options<Path, Query, Body, PageSchema<A>, E>
): Operation<{ kind: "page"; id: HasId<Path>; query: Query; body: Body; success: A; errors: E }>
export function operation<const Path extends string, A, Query = never, Body = never, E extends OperationError = never>(
  options: Options<Path, Query, Body, Schema.Codec<A, A>, E>
): Operation<{ kind: "value"; id: HasId<Path>; query: Query; body: Body; success: A; errors: E }>
export function operation<const Path extends string, A, Query = never, Body = never, E extends OperationError = never>(
  options: Options<Path, Query, Body, GoneSchema<A>, E>
): Operation<{ kind: "value"; id: HasId<Path>; query: Query; body: Body; success: A | undefined; errors: E }>
export function operation<const Path extends string, Query = never, Body = never, E extends OperationError = never>(
  options: Options<Path, Query, Body, TextSchema, E>
): Operation<{ kind: "value"; id: HasId<Path>; query: Query; body: Body; success: string; errors: E }>
export function operation<const Path extends string, Query = never, Body = never, E extends OperationError = never>(
  options: Options<Path, Query, Body, BytesSchema, E>
): Operation<{ kind: "bytes"; id: HasId<Path>; query: Query; body: Body; success: Uint8Array; errors: E }>
export function operation(options: Options<string, unknown, unknown, AnySuccess, OperationError>): Operation {
  const { success, body, ...rest } = options
  const kind = "row" in success ? "page" : "bytes" in success ? "bytes" : "value"
  const self: Operation = { method: rest.method, path: rest.path, kind, errors: rest.errors ?? [] }
  specs.set(self, {
    ...self,
    query: rest.query,
    body: body?.body,
    success: schemaOf(success),
    mayBeEmpty: "gone" in success,
    text: "text" in success,
    multipart: body?.multipart === true,
    verbatim: body?.verbatim === true,
    omitsMasks: body?.omitsMasks === true
  })
  return self
}

type AnySuccess = PageSchema<unknown> | GoneSchema<unknown> | TextSchema | BytesSchema | Schema.Codec<unknown, unknown>

const schemaOf = (success: AnySuccess): Schema.Codec<unknown, unknown> =>
  "row" in success
    ? success.row
    : "gone" in success
      ? success.gone
      : "text" in success
        ? success.text
        : "bytes" in success
          ? success.bytes
          : success

/** The schemas of an operation. */
export const specOf = (operation: Operation): Spec => {
  const spec = specs.get(operation)
  if (spec === undefined) throw new TypeError("Not an operation of the contract table")
  return spec
}
