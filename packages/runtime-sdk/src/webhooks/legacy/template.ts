/**
 * The text that a plan signs, as a template.
 *
 * @since 0.1.0
 */
import type { RawBody } from "../body.ts"
import { fail } from "../WebhookVerificationError.ts"

/** What can stand in a template. */
const placeholders = ["timestamp", "body", "method", "url", "svix-id"] as const
export type Placeholder = (typeof placeholders)[number]

/** A template, cut into what is copied and what is filled in. */
export type Template = ReadonlyArray<string | { readonly fill: Placeholder }>

const isPlaceholder = (name: string): name is Placeholder => placeholders.some((placeholder) => placeholder === name)

/** Cuts a template once; refuses placeholders that nobody knows, and templates that do not cover the body. */
export const parseTemplate = (format: string): Template => {
  const invalid = (detail: string): never => fail({ _tag: "InvalidOptions", option: "payloadFormat", detail })
  if (typeof format !== "string") return invalid("must be text.")
  const parts = format.split(/\{([^{}]*)\}/).map((text, index) => {
    if (index % 2 === 0) return text
    return isPlaceholder(text) ? { fill: text } : invalid(`may hold {${placeholders.join("}, {")}} only.`)
  })
  return has(parts, "body") ? parts : invalid("must hold {body}: what is not signed can be altered.")
}

/** Whether a template signs a value. */
export const has = (template: Template, name: Placeholder): boolean =>
  template.some((part) => typeof part === "object" && part.fill === name)

/** The pieces to hash, in order. Values go in as they are: nothing in them is looked at again. */
export const render = (template: Template, values: Readonly<Record<Placeholder, RawBody>>): ReadonlyArray<RawBody> =>
  template.map((part) => (typeof part === "string" ? part : values[part.fill]))
