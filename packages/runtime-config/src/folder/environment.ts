/**
 * `aywa.yaml` and `environments/NAME.yaml`: what is managed, and where it goes.
 */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { fail, invalid } from "../errors/RuntimeConfigError.ts"
import { type KindName, kinds } from "../rows/kinds.ts"
import { isObject } from "../rows/json.ts"
import { readIfThere } from "./io.ts"
import { parseYaml } from "./yaml.ts"

/**
 * An environment: `environments/NAME.yaml`.
 *
 * @since 0.2.0
 * @category models
 */
export interface Environment {
  readonly name: string
  readonly baseUrl?: string | undefined
  readonly organizationId?: string | undefined
  /** For `${var:name}`. */
  readonly variables: JsonObject
  /** Patches by address, as JSON Merge Patch (RFC 7396). */
  readonly overrides: Readonly<Record<string, JsonObject>>
}

/** Reads `aywa.yaml`: the kinds that are managed here. */
export const readInclude = (folder: string): ReadonlyArray<KindName> => {
  const text = readIfThere(join(folder, "aywa.yaml"))
  if (text === undefined) {
    return fail({
      _tag: "Invalid",
      problems: [
        {
          file: join(folder, "aywa.yaml"),
          detail: "There is no configuration here. Make one with aywa-runtime config init."
        }
      ]
    })
  }
  const { formatVersion, include, ...rest } = parseYaml(text, "aywa.yaml")
  if (formatVersion !== 1) {
    return invalid("aywa.yaml", "Expected formatVersion: 1. For another one, update this package.", "formatVersion")
  }
  refuseUnknown("aywa.yaml", rest, ["formatVersion", "include"])
  if (include === undefined) return kinds.map(({ name }) => name)
  if (!Array.isArray(include)) return invalid("aywa.yaml", "Expected a list of kinds.", "include")
  return kinds
    .map(({ name }) => name)
    .filter((name) => {
      const unknown = include.findIndex((each) => !kinds.some((kind) => kind.name === each))
      if (unknown !== -1) {
        const known = kinds.map((kind) => kind.name).join(", ")
        invalid(
          "aywa.yaml",
          `${JSON.stringify(include[unknown])} is no kind. There are ${known}.`,
          `include[${unknown}]`
        )
      }
      return include.includes(name)
    })
}

/** The environment that is asked for; the only one, when none is. */
export const readEnvironment = (folder: string, wanted: string | undefined): Environment => {
  const names = existsSync(join(folder, "environments"))
    ? readdirSync(join(folder, "environments"))
        .filter((name) => name.endsWith(".yaml"))
        .map((name) => name.slice(0, -5))
        .toSorted()
    : []
  const [only, second] = names
  const name = wanted ?? (second === undefined ? only : undefined)
  const file = `environments/${name ?? "NAME"}.yaml`
  if (name === undefined) {
    return invalid(
      "environments",
      names.length === 0
        ? "There is no environment. Write environments/NAME.yaml with baseUrl and organizationId, or run aywa-runtime config init."
        : `Say which environment is meant: --env ${names.join(", --env ")}.`
    )
  }
  if (!/^[\w.-]+$/.test(name)) return invalid(file, "A name of an environment has letters, digits, dots, - and _ only.")
  const text = readIfThere(join(folder, file))
  if (text === undefined) {
    return invalid(
      file,
      names.length === 0 ? "There is no such file." : `There is no such file. There are: ${names.join(", ")}.`
    )
  }
  return environmentOf(name, file, parseYaml(text, file))
}

const environmentOf = (name: string, file: string, json: JsonObject): Environment => {
  const { baseUrl, organizationId, variables = {}, overrides = {}, ...rest } = json
  for (const key of Object.keys(rest)) {
    if (/key|secret|token|password/i.test(key)) {
      invalid(file, "A key or secret has no place in a file. Set AYWA_RUNTIME_API_KEY where the command runs.", key)
    }
  }
  refuseUnknown(file, rest, ["baseUrl", "organizationId", "variables", "overrides"])
  const text = (value: unknown, key: string): string | undefined =>
    value === undefined || value === null || typeof value === "string"
      ? (value ?? undefined)
      : invalid(file, "Expected text.", key)
  if (!isObject(variables)) return invalid(file, "Expected names and values.", "variables")
  if (!isObject(overrides))
    return invalid(file, "Expected addresses such as assistants/desk, each with a patch.", "overrides")
  return {
    name,
    baseUrl: text(baseUrl, "baseUrl"),
    organizationId: text(organizationId, "organizationId"),
    variables,
    overrides: Object.fromEntries(
      Object.entries(overrides).map(([address, patch]) => [
        address,
        isObject(patch) ? patch : invalid(file, "Expected a patch: keys and their values.", `overrides.${address}`)
      ])
    )
  }
}

const refuseUnknown = (file: string, rest: JsonObject, known: ReadonlyArray<string>): void => {
  const [key] = Object.keys(rest)
  if (key !== undefined) invalid(file, `Not known here. There are ${known.join(", ")}.`, key)
}

/** JSON Merge Patch: objects are merged, `null` removes, everything else replaces. */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch
  const result = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key)
    else result.set(key, mergePatch(result.get(key), value))
  }
  return Object.fromEntries(result)
}
