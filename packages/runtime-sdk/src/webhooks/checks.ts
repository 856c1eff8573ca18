/**
 * Small checks of parsed JSON in place: the value itself is kept, so unknown fields survive.
 *
 * @since 0.1.0
 */

/**
 * One thing that is wrong with a message.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookIssue {
  /** Where, from the message inwards. */
  readonly path: ReadonlyArray<string | number>
  /** What was expected there, without quoting the value. */
  readonly expected: string
}

/** Whether a value is an A, and if not, what is wrong. */
export interface Check<out A> {
  readonly is: (value: unknown) => boolean
  readonly explain: (value: unknown, path: WebhookIssue["path"]) => ReadonlyArray<WebhookIssue>
  /** Only in types. */
  readonly "~type"?: A
}

export const leaf = <A>(expected: string, is: (value: unknown) => boolean): Check<A> => ({
  is,
  explain: (value, path) => (is(value) ? [] : [{ path, expected }])
})

export const text = leaf<string>("text", (value) => typeof value === "string")
export const number = leaf<number>("a number", (value) => typeof value === "number")
export const flag = leaf<boolean>("true or false", (value) => typeof value === "boolean")
export const textOrNumber = leaf<string | number>(
  "text or a number",
  (value) => typeof value === "string" || typeof value === "number"
)
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
export const record = leaf<{ readonly [key: string]: unknown }>("an object", isRecord)

export const optional = <A>(check: Check<A>): Check<A | null | undefined> => ({
  is: (value) => value === undefined || value === null || check.is(value),
  explain: (value, path) => (value === undefined || value === null ? [] : check.explain(value, path))
})

export const array = <A>(item: Check<A>): Check<ReadonlyArray<A>> => ({
  is: (value) => Array.isArray(value) && value.every(item.is),
  explain: (value, path) =>
    Array.isArray(value)
      ? value.flatMap((element, index) => item.explain(element, [...path, index]))
      : [{ path, expected: "a list" }]
})

/** The fields that a type names, without its index signature. */
type Known<A> = keyof { [K in keyof A as string extends K ? never : K]: A[K] }

/** A check for each named field; leaving one out does not compile. */
export type Fields<A> = { readonly [K in Known<A>]-?: Check<A[K]> }

/** A struct of named fields, with whatever else the object holds. */
export const struct = <A extends object>(fields: Fields<A>): Check<A> => {
  const checks = Object.entries<Check<unknown>>(fields as Record<string, Check<unknown>>)
  return {
    is: (value) => {
      if (!isRecord(value)) return false
      for (const [key, check] of checks) if (!check.is(value[key])) return false
      return true
    },
    explain: (value, path) =>
      isRecord(value)
        ? checks.flatMap(([key, check]) => check.explain(value[key], [...path, key]))
        : [{ path, expected: "an object" }]
  }
}
