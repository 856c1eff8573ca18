/**
 * What an entry of the contract table looks like from outside: its method, its path, and the types that go in and
 * come out. The schemas behind an entry are reached through `table.ts`, so that nothing declared here names
 * an Effect type and the promise client type-checks in a project without `effect`.
 *
 * @since 0.1.0
 */
import type { OperationError } from "../errors/Errors.ts"

/**
 * HTTP methods that the runtime's contract uses.
 *
 * @since 0.1.0
 * @category models
 */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

/**
 * The types of one operation.
 *
 * @since 0.1.0
 * @category models
 */
export interface OperationTypes {
  /** `"page"` for lists, `"bytes"` for content as it is, `"value"` for everything else. */
  readonly kind: "page" | "value" | "bytes"
  /** Whether the path has an `:id`. */
  readonly id: boolean
  /** Query parameters, `never` when the operation takes none. */
  readonly query: unknown
  /** Request body, `never` when the operation takes none. */
  readonly body: unknown
  /** What a success gives; for a page, one item. */
  readonly success: unknown
  /** The error tags that only some operations have. */
  readonly errors: OperationError
}

/**
 * One entry of the contract table.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<out T extends OperationTypes = OperationTypes> {
  /** The HTTP method. */
  readonly method: Method
  /** Path template below the base URL, e.g. `/assistant/:id`. */
  readonly path: string
  /** `"page"` for lists, which also get `stream` and `pages`; `"bytes"` for content, which also gets a stream. */
  readonly kind: T["kind"]
  /** Operation-specific error tags; `Errors.CommonError` can happen to every operation. */
  readonly errors: ReadonlyArray<OperationError>
  /** Phantom: the operation's types. */
  readonly "~types"?: T
}

/**
 * A resource of the contract: its operations by method name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly [operation: string]: Operation
}

/**
 * Extracts the types of an operation.
 *
 * @since 0.1.0
 * @category models
 */
export type TypesOf<O> = O extends Operation<infer T> ? T : never

/**
 * The ordinary string, with the known values offered by the editor: `"openai" | (string & {})`. The runtime adds
 * values between releases, so every enumeration that a server can extend is open.
 *
 * @since 0.1.0
 * @category models
 */
export type Open<Known extends string> = Known | (string & {})

/**
 * A JSON object whose keys this SDK does not fix; every key is kept as it came.
 *
 * @since 0.1.0
 * @category models
 */
export interface JsonObject {
  readonly [key: string]: unknown
}

/**
 * Text that is wrapped so that it cannot be printed: what `Redacted.make` of Effect gives, or `redacted` of the
 * promise entry.
 *
 * @since 0.1.0
 * @category models
 */
export interface RedactedText {
  readonly "~effect/Redacted": { readonly _A: (_: never) => string }
}

/**
 * A secret on its way to the runtime: plain, or wrapped so that it cannot be printed. Unwrapped only when the request
 * is written; the runtime never sends it back.
 *
 * @since 0.1.0
 * @category models
 */
export type Secret = string | RedactedText

/**
 * Body fields that carry secrets: each takes a `Secret`.
 *
 * @since 0.1.0
 * @category models
 */
export type SecretField =
  | "apiKey"
  | "apiSecret"
  | "authPassword"
  | "authToken"
  | "awsSecretAccessKey"
  | "clientSecret"
  | "ocpApimSubscriptionKey"
  | "openAIKey"
  | "secret"
  | "secretKey"
  | "serverUrlSecret"
  | "token"
  | "twilioApiKey"
  | "twilioApiSecret"
  | "twilioAuthToken"
  | "vonageApplicationPrivateKey"

/**
 * Keys of an interface without its index signature.
 *
 * @since 0.2.0
 * @category models
 */
export type KnownKeys<T> = keyof {
  [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K]
} &
  keyof T

/**
 * The fields of a request body, closed at every depth: what is read may carry fields that this SDK does not know, what
 * is written names only fields that it does. An optional field may also be given as `undefined`, which means absent, a field
 * that carries a secret may be wrapped, and `metadata` may be of an interface of the program's own, which TypeScript would
 * not take for a JsonObject.
 *
 * **Details**
 *
 * A row that was read can be passed as it is, unknown fields included. A field that a newer runtime takes goes through
 * `extras`: `model: { provider: "openai", ...extras({ seed: 7 }) }`.
 *
 * @since 0.1.0
 * @category models
 */
export type Input<Fields> = InputFields<Fields, KnownKeys<Fields>>

/** Mapped over the keys themselves, so that every field keeps its words on hover. */
type InputFields<Fields, Keys extends keyof Fields> = {
  readonly [K in Keys]:
    | InputValue<Fields[K]>
    | ({} extends Pick<Fields, K> ? undefined : never)
    | (K extends SecretField ? RedactedText : never)
    | (K extends "metadata" ? (JsonObject extends Fields[K] ? object : never) : never)
}

/**
 * The value of a field as it is written: objects with known fields are closed, those without are any JSON object.
 *
 * @since 0.2.0
 * @category models
 */
export type InputValue<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends ReadonlyArray<infer Item>
    ? ReadonlyArray<InputValue<Item>>
    : Value extends object
      ? [KnownKeys<Value>] extends [never]
        ? Value
        : Input<Value>
      : Value
