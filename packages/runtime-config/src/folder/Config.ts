/**
 * A folder of configuration, read.
 *
 * @since 0.2.0
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import { checkOptions } from "../errors/checkOptions.ts"
import { fail, isRuntimeConfigError } from "../errors/RuntimeConfigError.ts"
import { type KindName, kindOf } from "../rows/kinds.ts"
import { eachScalar, isObject, type Path, pathText, rowWith } from "../rows/json.ts"
import { replacePlaceholders } from "../rows/placeholders.ts"
import { secretsOf } from "../rows/secrets.ts"
import { type Environment, mergePatch, readEnvironment, readInclude } from "./environment.ts"
import { parseRow } from "./rowFile.ts"
import { readState, type State } from "./state.ts"

/**
 * A row as its file says it, in one environment.
 *
 * @since 0.2.0
 * @category models
 */
export interface ConfigRow {
  /** Its folder and slug: `assistants/desk`. */
  readonly address: string
  readonly kind: KindName
  readonly slug: string
  /** Below the configuration's folder: `assistants/desk.md`. */
  readonly file: string
  /** What stands in the file. */
  readonly written: JsonObject
  /** With the environment's overrides and placeholders put in; `${env:NAME}` stays where it stands for a secret. */
  readonly row: JsonObject
  /** Places whose value does not stand in the file itself, and what gives it: a placeholder, or the environment's file. */
  readonly given: ReadonlyMap<string, Given>
}

/** What gives the value of a place. */
export interface Given {
  readonly path: Path
  /** The placeholder's text; absent for an override. */
  readonly text?: string | undefined
  readonly env: boolean
}

/**
 * A folder of configuration, for one environment.
 *
 * @since 0.2.0
 * @category models
 */
export interface Config {
  /** Absolute path of the folder with `aywa.yaml`. */
  readonly folder: string
  readonly environment: Environment
  /** The kinds that are managed. */
  readonly include: ReadonlyArray<KindName>
  /** In the order in which rows are made. */
  readonly rows: ReadonlyArray<ConfigRow>
  readonly state: State
}

/**
 * How a folder is read.
 *
 * @since 0.2.0
 * @category models
 */
export interface ReadConfigOptions {
  /** Name of the environment; may be left out when there is one only. */
  readonly environment?: string | undefined
  /** Where `${env:NAME}` gets its values. Default: `process.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * What `${env:NAME}` is while the variable is not set: a problem (the default), or left as it is, for steps that send
   * nothing.
   */
  readonly missing?: "problem" | "keep" | undefined
}

/**
 * Reads a folder of configuration: `aywa.yaml`, an environment, its state, and every row. Sends nothing.
 *
 * **Details**
 *
 * Everything that is wrong is collected into one `RuntimeConfigError` whose problems name file and path.
 *
 * @since 0.2.0
 * @category folder
 */
export const readConfig = (folder: string, options: ReadConfigOptions = {}): Config => {
  checkOptions("readConfig", options, { environment: true, variables: true, missing: true })
  const root = resolve(folder)
  const include = readInclude(root)
  const environment = readEnvironment(root, options.environment)
  const problems: Array<Problem> = []
  const attempt = <A>(run: () => A): A | undefined => {
    try {
      return run()
    } catch (error) {
      if (!isRuntimeConfigError(error) || error.reason._tag !== "Invalid") throw error
      problems.push(...error.reason.problems)
      return undefined
    }
  }
  const state = attempt(() => readState(root, environment.name))
  const rows = include.flatMap((kind) =>
    filesOf(root, kind, problems).flatMap(({ file, slug }) => {
      const written = attempt(() => parseRow(readFileSync(join(root, file), "utf8").replace(/^\uFEFF/, ""), file))
      return written === undefined ? [] : [configRow({ kind, slug, file, written }, environment, options, problems)]
    })
  )
  for (const address of Object.keys(environment.overrides)) {
    if (!rows.some((row) => row.address === address)) {
      const file = `environments/${environment.name}.yaml`
      problems.push({
        file,
        path: `overrides.${address}`,
        detail: "There is no file of this row. Correct the address."
      })
    }
  }
  if (problems.length > 0 || state === undefined) return fail({ _tag: "Invalid", problems })
  return { folder: root, environment, include, rows, state }
}

const filesOf = (root: string, name: KindName, problems: Array<Problem>) => {
  const { folder } = kindOf(name)
  if (!existsSync(join(root, folder))) return []
  const found = new Map<string, string>()
  for (const entry of readdirSync(join(root, folder)).toSorted()) {
    const match = /^(.+?)(\.theirs)?\.(md|ya?ml)$/.exec(entry)
    if (match === null || match[2] !== undefined || entry.startsWith(".")) continue
    const [, slug = "", , ending = ""] = match
    const file = `${folder}/${entry}`
    const other = found.get(slug)
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(slug)) {
      problems.push({ file, detail: "A file's name has small letters, digits and - only, at most 60 of them." })
    } else if (ending === "md" && name !== "assistants") {
      problems.push({ file, detail: `A ${kindOf(name).label} has no prompt: rename the file to ${slug}.yaml.` })
    } else if (other !== undefined) {
      problems.push({ file, detail: `It and ${other} are the same row. Keep one of them.` })
    } else found.set(slug, file)
  }
  return [...found].map(([slug, file]) => ({ slug, file }))
}

/** A row with overrides and placeholders put in. */
const configRow = (
  read: Pick<ConfigRow, "kind" | "slug" | "file" | "written">,
  environment: Environment,
  { variables = process.env, missing = "problem" }: ReadConfigOptions,
  problems: Array<Problem>
): ConfigRow => {
  const { kind, slug, file, written } = read
  const address = `${kindOf(kind).folder}/${slug}`
  const patch = environment.overrides[address]
  const patched = patch === undefined ? written : mergePatch(written, patch)
  const row = isObject(patched) ? patched : written
  const secrets = secretsOf(kind, row)
  const replaced = replacePlaceholders(
    row,
    { environment: variables, variables: environment.variables },
    { isSecret: (place) => secrets.has(place), missing }
  )
  problems.push(...replaced.problems.map((problem) => ({ ...problem, file })))
  const given = new Map<string, Given>()
  if (patch !== undefined) eachScalar(patch, (path) => given.set(pathText(path), { path, env: false }))
  for (const [place, text] of replaced.texts) given.set(place, text)
  return { ...read, address, row: replaced.row, given }
}

/** A row with the texts of `${env:}` back in place of their values: what may be written down. */
export const withTexts = ({ given }: Pick<ConfigRow, "given">, row: JsonObject): JsonObject => {
  let result = row
  for (const { path, text, env } of given.values()) {
    if (env && text !== undefined && hasPlace(result, path)) result = rowWith(result, path, text)
  }
  return result
}

const hasPlace = (row: JsonObject, path: Path): boolean => {
  let at: unknown = row
  for (const part of path) {
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, part)) return false
    at = Reflect.get(at, part)
  }
  return true
}
