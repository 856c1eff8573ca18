/**
 * The part of `effect/Schema` that the contract uses, small enough to ship inside the one-file entries: with it the
 * promise client is half the size and starts in half the time.
 *
 * The build puts this module in place of `effect/Schema` there and nowhere else; the contract files are the same. A
 * property test holds the two together: same values accepted, same issues, on arbitrary input for every schema of the
 * contract.
 */

/** Says what is wrong with a value that already has the right type; empty means nothing. */
type Check = (value: never) => ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly message: string }>

interface Base {
  readonly checks: ReadonlyArray<Check>
  readonly check: (...checks: ReadonlyArray<Check>) => Node
  readonly optional: boolean
}

type Shape =
  | { readonly tag: "string" | "number" | "boolean" | "null" | "undefined" | "unknown" }
  | { readonly tag: "array"; readonly item: Node }
  | { readonly tag: "record"; readonly value: Node }
  | { readonly tag: "struct"; readonly fields: Readonly<Record<string, Node>> }
  | { readonly tag: "union"; readonly members: ReadonlyArray<Node> }
  | {
      readonly tag: "tagged"
      readonly known: Node
      readonly generic: Node
      readonly key: string
      readonly tags: ReadonlySet<string>
    }

/** A schema, as data. */
export type Node = Base & Shape

/** Completes a node. */
export const node = (shape: Shape, checks: ReadonlyArray<Check> = [], optional = false): Node => ({
  ...shape,
  checks,
  optional,
  check: (...more: ReadonlyArray<Check>) => node(shape, [...checks, ...more], optional)
})

const String_ = node({ tag: "string" })
const Boolean_ = node({ tag: "boolean" })
const Null = node({ tag: "null" })
const Array_ = (item: Node): Node => node({ tag: "array", item })
const issue = (message: string) => [{ path: [], message }]
const valid: ReadonlyArray<never> = []
const expected =
  (test: (value: never) => boolean, what: string): Check =>
  (value) =>
    test(value) ? valid : issue(`Expected ${what}`)

export { String_ as String, Boolean_ as Boolean, Array_ as Array }
export const Unknown = node({ tag: "unknown" })
export const Undefined = node({ tag: "undefined" })
export const Finite = node({ tag: "number" }, [expected((n: number) => Number.isFinite(n), "a finite number")])
export const Int = node({ tag: "number" }, [expected((n: number) => Number.isSafeInteger(n), "an integer")])
export const Struct = (fields: Readonly<Record<string, Node>>): Node => node({ tag: "struct", fields })
export const Record = (_key: Node, value: Node): Node => node({ tag: "record", value })
export const Union = (members: ReadonlyArray<Node>): Node => node({ tag: "union", members })
export const NullOr = (member: Node): Node =>
  Union(member.tag === "union" && member.checks.length === 0 ? [...member.members, Null] : [member, Null])
export const optionalKey = (schema: Node): Node => ({ ...schema, optional: true })

export const isMaxLength = (max: number): Check =>
  expected((value: { readonly length: number }) => value.length <= max, `a value with a length of at most ${max}`)
export const isMinLength = (min: number): Check =>
  expected((value: { readonly length: number }) => value.length >= min, `a value with a length of at least ${min}`)
export const isBetween = ({ minimum, maximum }: { readonly minimum: number; readonly maximum: number }): Check =>
  expected((n: number) => n >= minimum && n <= maximum, `a value between ${minimum} and ${maximum}`)
export const isPattern = (pattern: RegExp, options: { readonly expected: string }): Check =>
  expected((text: string) => pattern.test(text), options.expected)

type FilterIssue = { readonly path: ReadonlyArray<string>; readonly issue: string }

/** A check of one's own: `true` or no issues is fine. */
export const makeFilter =
  (test: (value: never) => boolean | ReadonlyArray<FilterIssue>, options?: { readonly expected?: string }): Check =>
  (value) => {
    const verdict = test(value)
    if (typeof verdict === "boolean") return verdict ? valid : issue(`Expected ${options?.expected ?? "another value"}`)
    return verdict.map(({ path, issue }) => ({ path, message: issue }))
  }

/** Not among what one-file entries need: the OpenAPI document is made with `effect/Schema`. */
export const toJsonSchemaDocument = (): never => {
  throw new Error("The bundled schemas do not write JSON Schema; use the entry ./contract.")
}
