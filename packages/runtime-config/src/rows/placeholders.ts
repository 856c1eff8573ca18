/**
 * `${env:NAME}` and `${var:name}` in files: whole values, or parts of a URL.
 */
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import { isObject, mapScalars, pathText, type Path } from "./json.ts"

const whole = /^\$\{(env|var):([^}]*)\}$/
const anywhere = /\$\{(env|var):([^}]*)\}/g

/** Whether a value is `${env:NAME}` and nothing else: the one way in which a file may give a secret. */
export const isEnvironmentName = (value: unknown): boolean =>
  typeof value === "string" && whole.exec(value)?.[1] === "env"

/** Where placeholders get their values. */
export interface Sources {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly variables: JsonObject
}

/** A row with its placeholders replaced. */
export interface Replaced {
  readonly row: JsonObject
  /** The texts that were replaced, by place. */
  readonly texts: ReadonlyMap<string, { readonly path: Path; readonly text: string; readonly env: boolean }>
  readonly problems: ReadonlyArray<Omit<Problem, "file">>
}

/**
 * Replaces placeholders. Where a variable of the environment is not set, the text stays; `missing` says whether that is
 * a problem. Secrets are left as they are: their values are looked up when they are sent.
 */
export const replacePlaceholders = (
  row: JsonObject,
  sources: Sources,
  options: { readonly isSecret: (place: string) => boolean; readonly missing: "problem" | "keep" }
): Replaced => {
  const problems: Array<Omit<Problem, "file">> = []
  const texts = new Map<string, { path: Path; text: string; env: boolean }>()
  const replaced = mapScalars(row, (path, value) => {
    if (typeof value !== "string" || !value.includes("${")) return value
    const place = pathText(path)
    if (options.isSecret(place)) return value
    const isWhole = whole.test(value)
    if (!isWhole && !isUrl(path)) return value
    let env = false
    const one = (kind: string, name: string): unknown => {
      env ||= kind === "env"
      const found = kind === "env" ? sources.environment[name] : sources.variables[name]
      if (found !== undefined) return found
      if (kind === "var" || options.missing === "problem") problems.push({ path: place, detail: missing(kind, name) })
      return undefined
    }
    const result = isWhole
      ? one(...partsOf(whole.exec(value)))
      : value.replace(anywhere, (all, kind: string, name: string) => {
          const found = one(kind, name)
          return found === undefined ? all : String(found)
        })
    if (isWhole || result !== value) texts.set(place, { path, text: value, env })
    return result ?? value
  })
  return { row: isObject(replaced) ? replaced : row, texts, problems }
}

const partsOf = (match: RegExpExecArray | null): [string, string] => [match?.[1] ?? "", match?.[2] ?? ""]

/** Only there a placeholder may be a part of a text. */
const isUrl = (path: Path): boolean => /url$/i.test(String(path.findLast((part) => typeof part === "string") ?? ""))

const missing = (kind: string, name: string): string =>
  kind === "env"
    ? `The variable ${name} is not set. Set it where this runs, or write the value here if it is no secret.`
    : `There is no variable ${name}. Add it under variables in the environment's file.`

/** Fills secrets in, at the moment in which they are sent. */
export const fillSecrets = (
  row: JsonObject,
  environment: Sources["environment"],
  problem: (path: string, detail: string) => void
): JsonObject => {
  const filled = mapScalars(row, (path, value) => {
    const name = typeof value === "string" ? whole.exec(value) : null
    if (name === null || name[1] !== "env") return value
    const found = environment[name[2] ?? ""]
    if (found === undefined) problem(pathText(path), missing("env", name[2] ?? ""))
    return found ?? value
  })
  return isObject(filled) ? filled : row
}
