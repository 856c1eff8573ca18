/**
 * What can be said about a folder without a runtime: the contract's checks, references, secrets, prompts.
 *
 * @since 0.2.0
 */
import { bodyIssues } from "@aywa-ai/runtime-sdk/contract"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { Tool } from "@aywa-ai/runtime-sdk/tools"
import type { Problem } from "../errors/Problem.ts"
import type { Config, ConfigRow } from "../folder/Config.ts"
import { pathText, valueAt } from "../rows/json.ts"
import { isOwned, kindOf, knownKeys } from "../rows/kinds.ts"
import { isEnvironmentName } from "../rows/placeholders.ts"
import { placesOf, withPlainCredentials } from "../rows/references.ts"
import { secretsOf } from "../rows/secrets.ts"

/**
 * What is wrong with a folder, and what may be.
 *
 * @since 0.2.0
 * @category models
 */
export interface Validation {
  readonly errors: ReadonlyArray<Problem>
  readonly warnings: ReadonlyArray<Problem>
}

/** A row is sent as one body. */
const maxBytes = 1_000_000

/**
 * Checks a folder, offline: the contract's limits, references by slug, secrets that are not named by `${env:}`, prompts.
 *
 * @since 0.2.0
 * @category folder
 */
export const validateConfig = (config: Config): Validation => {
  const addresses = new Set(config.rows.map(({ address }) => address))
  const errors: Array<Problem> = []
  const warnings: Array<Problem> = []
  for (const row of config.rows) {
    const isNew = !Object.hasOwn(config.state.ids, row.address)
    const at = (problem: Omit<Problem, "file">): Problem => ({ file: row.file, ...problem })
    errors.push(...[...secretProblems(row), ...ownedProblems(row), ...contractProblems(row, isNew)].map(at))
    warnings.push(
      ...[...referenceWarnings(row, addresses, config), ...promptWarnings(row, config), ...unknownKeys(row)].map(at)
    )
    if (!isNew)
      warnings.push(
        ...contractProblems(row, true)
          .filter(({ path }) => !errors.some((error) => error.file === row.file && error.path === path))
          .map(at)
      )
  }
  return { errors, warnings }
}

type Found = ReadonlyArray<Omit<Problem, "file">>

const secretProblems = ({ kind, row }: ConfigRow): Found =>
  [...secretsOf(kind, row)]
    .filter(([, { value }]) => !isEnvironmentName(value))
    .map(([path]) => ({
      path,
      detail: "A secret has no place in a file. Write ${env:NAME} here, and set the variable where the push runs."
    }))

const ownedProblems = ({ kind, row }: ConfigRow): Found =>
  Object.keys(row)
    .filter((key) => isOwned(kind, key))
    .map((path) => ({ path, detail: "The runtime fills this in itself. Remove it." }))

const contractProblems = ({ kind, row }: ConfigRow, isNew: boolean): Found => {
  const { create, update, label } = kindOf(kind)
  const body = withPlainCredentials(kind, row)
  const issues = bodyIssues(isNew ? create : update, body).map(({ path, message }) => ({
    path: path.join("."),
    detail: `${message}.`
  }))
  const bytes = Buffer.byteLength(JSON.stringify(body))
  return bytes <= maxBytes
    ? issues
    : [...issues, { detail: `This ${label} has ${bytes} bytes; a runtime takes about ${maxBytes}. Shorten it.` }]
}

const unknownKeys = ({ kind, row }: ConfigRow): Found => {
  const known = knownKeys(kind)
  return Object.keys(row)
    .filter((key) => !known.includes(key) && !isOwned(kind, key))
    .map((path) => ({
      path,
      detail: "The contract does not know this key; a runtime that does not either refuses it."
    }))
}

const referenceWarnings = (
  { kind, row }: ConfigRow,
  addresses: ReadonlySet<string>,
  { include, state }: Config
): Found => {
  const ids = new Set(Object.values(state.ids))
  return placesOf(kind, row).flatMap(({ at, to, value, named }) => {
    if (named || to === undefined || to === "credentials" || !include.includes(to)) return []
    const { folder, label } = kindOf(to)
    if (addresses.has(`${folder}/${value}`) || ids.has(value)) return []
    return [{ path: at, detail: `No file is the ${label} ${value}; it is sent as an id, as it is.` }]
  })
}

const promptWarnings = ({ kind, row }: ConfigRow, { environment }: Config): Found => {
  if (kind !== "assistants") return []
  const found: Array<Omit<Problem, "file">> = []
  const { model, name } = row
  const list = valueAt(model, ["messages"])
  if (!Array.isArray(list) || list.length === 0) found.push({ path: "model.messages", detail: "There is no prompt." })
  else if (
    list.some((message: JsonObject) => message["role"] === "system" && String(message["content"] ?? "").trim() === "")
  ) {
    found.push({ path: "model.messages", detail: "The prompt is empty." })
  }
  if (typeof name === "string" && name.length > 40) {
    found.push({ path: "name", detail: `The name has ${name.length} characters; a create takes 40.` })
  }
  const maxTokens = valueAt(model, ["maxTokens"])
  const tools = valueAt(model, ["toolIds"])
  if (typeof maxTokens === "number" && maxTokens < 50 && Array.isArray(tools) && tools.length > 0) {
    found.push({
      path: "model.maxTokens",
      detail: `${maxTokens} tokens are too few for the arguments of a tool. Give it 50 or more.`
    })
  }
  const unknown = new Map<string, string>()
  for (const { name: variable, path } of Tool.variablesIn(row)) {
    const [first = ""] = variable.split(".")
    if (!Tool.isFilledIn(variable) && !Object.hasOwn(environment.variables, first))
      unknown.set(variable, pathText(path))
  }
  for (const [variable, path] of unknown) {
    found.push({
      path,
      detail: `{{${variable}}} has no value in variables of environments/${environment.name}.yaml. If every call brings one, add it there with a text for readers.`
    })
  }
  return found
}
