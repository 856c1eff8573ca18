/**
 * What gets into secrets when they are copied: found and named, because every delivery would fail with a mismatch.
 *
 * @since 0.1.0
 */
import { findMistake, type Mistake, templateMistakes } from "../config/mistakes.ts"

/** What an env file or a shell leaves around any secret. */
const wrappings: ReadonlyArray<Mistake> = [
  // By what such variables are called: other text in capitals may be how a secret begins.
  [/^(export )?(\w+=\W?whsec_|[A-Z0-9_]*(SECRET|KEY|TOKEN)[A-Z0-9_]*=)/, "begins with NAME="],
  [/^(["'`‘-”]).*\1\s*$|^["'`‘-”].*whsec_|whsec_.*["'`‘-”]$/s, "has quotes around it"]
]

/** The same, and what may stand around a secret of Standard Webhooks. The outermost is found first. */
const mistakes: ReadonlyArray<Mistake> = [
  ...wrappings,
  [/^v1a?,/, "begins with v1, like a signature"],
  [/\s/, "contains white space"],
  [/^.+whsec_/i, "has text in front of whsec_"],
  [/^whsec_[\w+/]{32,}=*[^\w+/=-]/, "has text behind it"]
]

const find = (list: ReadonlyArray<Mistake>, secret: string): string | undefined => {
  const absent = findMistake(templateMistakes, secret)
  if (absent !== undefined) return `it ${absent}. Set the secret itself.`
  const what = findMistake(list, secret)
  return what && `it ${what}. Remove that.`
}

/** What stands around a secret of any scheme; undefined when there is nothing. */
export const wrappingOf = (secret: string): string | undefined => find(wrappings, secret)

/** What stands around a secret of Standard Webhooks; undefined when there is nothing. */
export const mistakeOf = (secret: string): string | undefined => find(mistakes, secret)

/** Whether a key is zeros and nothing else, as bytes or as digits: a placeholder, and everybody's first guess. */
export const isZeros = (key: Uint8Array): boolean => [0, 48].some((zero) => key.every((byte) => byte === zero))
