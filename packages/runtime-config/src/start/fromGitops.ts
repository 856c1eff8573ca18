/**
 * A folder of the source platform's own tool, taken over: its files, references by file name, credentials by name.
 *
 * @since 0.2.0
 */
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import type { Problem } from "../errors/Problem.ts"
import { checkOptions } from "../errors/checkOptions.ts"
import { invalid, isRuntimeConfigError } from "../errors/RuntimeConfigError.ts"
import { writeNew } from "../folder/io.ts"
import { changeRowFile, parseRow, split, toLf } from "../folder/rowFile.ts"
import { readState, writeState } from "../folder/state.ts"
import { parseYaml } from "../folder/yaml.ts"
import { isObject, mapScalars, rowWith, valueAt } from "../rows/json.ts"
import { freeSlug, isOwned, type KindName, kindOf, slugOf } from "../rows/kinds.ts"
import { placesOf, withPlaces } from "../rows/references.ts"

/**
 * Where to read from, and what is known of its ids.
 *
 * @since 0.2.0
 * @category models
 */
export interface GitopsOptions {
  /** The folder of one organization, or one with a single organization below `resources`. */
  readonly from: string
  /** Name of the environment whose state gets the ids. Default: `production`. */
  readonly environment?: string | undefined
  /** What each row became on the runtime: `migrate mapping` writes it. Without it, rows are new to the runtime. */
  readonly mappings?: ReadonlyArray<{ readonly sourceId: string; readonly runtimeId: string }> | undefined
}

/**
 * What was taken over.
 *
 * @since 0.2.0
 * @category models
 */
export interface GitopsReport {
  readonly written: ReadonlyArray<{ readonly from: string; readonly file: string }>
  /** Files whose rows a runtime does not have, such as squads and simulations, and files that cannot be read. */
  readonly skipped: ReadonlyArray<Problem>
  /** Rows whose id on the runtime is known. */
  readonly linked: number
}

interface Source {
  readonly kind: KindName
  /** Relative to the kind's folder, without the ending: how other files refer to it. */
  readonly name: string
  readonly path: string
  /** As the row's file begins here, in the form of `ending`. */
  readonly text: string
  readonly ending: string
  readonly row: JsonObject
  readonly slug: string
}

const folders: ReadonlyArray<readonly [folder: string, kind: KindName]> = [
  ["tools", "tools"],
  ["structuredOutputs", "structuredOutputs"],
  ["assistants", "assistants"]
]

/**
 * Takes a folder of the source platform's tool over into a configuration folder that `initConfig` made. Comments and the
 * style of its files stay; files that are there already are not touched.
 *
 * @since 0.2.0
 * @category folder
 */
export const fromGitops = (folder: string, options: GitopsOptions): GitopsReport => {
  checkOptions("fromGitops", options, { from: true, environment: true, mappings: true })
  const root = resolve(folder)
  const from = resourcesOf(resolve(options.from))
  const skipped: Array<Problem> = []
  const sources = readSources(from, skipped)
  const state = sourceState(resolve(options.from), from)
  const written: Array<{ from: string; file: string }> = []
  for (const source of sources) {
    const row = translated(source, sources, state)
    const changed = changeRowFile(source.kind, source.text, `file${source.ending}`, row)
    const file = `${kindOf(source.kind).folder}/${source.slug}${changed.ending === ".yml" ? ".yaml" : changed.ending}`
    if (writeNew(join(root, file), changed.text)) written.push({ from: source.path, file })
    else skipped.push({ file: source.path, detail: `${file} is there already. Remove one of them.` })
  }
  const linked = link(root, options, sources, state)
  return { written, skipped, linked }
}

const resourcesOf = (given: string): string => {
  if (!existsSync(given) || !statSync(given).isDirectory()) return invalid(given, "There is no such folder.")
  const isOne = (candidate: string) => folders.some(([name]) => existsSync(join(candidate, name)))
  if (isOne(given)) return given
  const below = join(given, "resources")
  if (isOne(below)) return below
  const organizations = globSync("*", { cwd: below }).filter((name) => isOne(join(below, name)))
  const [only, second] = organizations
  if (only !== undefined && second === undefined) return join(below, only)
  return invalid(
    given,
    only === undefined
      ? "There are no assistants, tools or structuredOutputs in it, nor below resources."
      : `There are several organizations: ${organizations.join(", ")}. Name one: ${join("resources", only)}.`
  )
}

const readSources = (from: string, skipped: Array<Problem>): ReadonlyArray<Source> => {
  const sources: Array<Source> = []
  const known = new Set<string>()
  for (const [name, kind] of folders) {
    const slugs = new Set<string>()
    for (const path of globSync(`${name}/**/*.{md,yml,yaml}`, { cwd: from }).toSorted()) {
      known.add(path)
      const text = readFileSync(join(from, path), "utf8")
      try {
        const source = readSource(text, path)
        const relative = path.slice(name.length + 1).replace(/\.\w+$/, "")
        const slug = freeSlug(slugOf(relative.split("/").at(-1), kindOf(kind)), (taken) => slugs.has(taken))
        slugs.add(slug)
        sources.push({ kind, name: relative, path, slug, ...source })
      } catch (error) {
        if (!isRuntimeConfigError(error) || error.reason._tag !== "Invalid") throw error
        skipped.push(...error.reason.problems)
      }
    }
  }
  for (const path of globSync("**/*.{md,yml,yaml,ts}", { cwd: from }).toSorted()) {
    if (known.has(path)) continue
    const detail = /^(squads|simulations|personalities|scenarios|evals)\//.test(path)
      ? "A runtime has no such rows; it stays where it is."
      : "It is none of the files that are taken over."
    skipped.push({ file: path, detail })
  }
  return sources
}

/**
 * A file as that tool reads it. Its Markdown may have more messages in the front matter, and no text below it: here such
 * rows are YAML. It does not count empty lines around a prompt.
 */
const readSource = (text: string, path: string): Pick<Source, "text" | "ending" | "row"> => {
  const ending = path.slice(path.lastIndexOf("."))
  if (ending !== ".md") return { text, ending, row: parseRow(text, path) }
  const { front, prompt } = split(toLf(text), path)
  const row = parseYaml(front, path, 2)
  const content = prompt.trim()
  const listed = valueAt(row, ["model", "messages"])
  const others = Array.isArray(listed) ? listed.filter((message) => valueAt(message, ["role"]) !== "system") : []
  if (content === "") return { text: front, ending: ".yaml", row }
  const whole = rowWith(row, ["model", "messages"], [{ role: "system", content }, ...others])
  return listed === undefined ? { text, ending, row: whole } : { text: front, ending: ".yaml", row: whole }
}

/** Ids of the source platform, by section and name. */
type SourceIds = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The state of that tool lies at its root, and is named by the organization's folder below `resources`. */
const sourceState = (given: string, from: string): SourceIds => {
  const organization = basename(from)
  const places = [given, from, join(from, ".."), join(from, "..", "..")]
  const files = places.flatMap((place) =>
    globSync(".vapi-state*.json", { cwd: place }).map((name) => join(place, name))
  )
  const file = files.find((each) => basename(each) === `.vapi-state.${organization}.json`) ?? files[0]
  const json: unknown = file === undefined ? {} : JSON.parse(readFileSync(file, "utf8"))
  const sections = Object.entries(isObject(json) ? json : {})
  return Object.fromEntries(
    sections.map(([section, names]) => [
      section,
      Object.fromEntries(
        Object.entries(isObject(names) ? names : {}).flatMap(([name, entry]) => {
          const id = isObject(entry) ? (entry["uuid"] ?? entry["id"]) : entry
          return typeof id === "string" ? [[name, id]] : []
        })
      )
    ])
  )
}

/** A row in this folder's words: its own slugs, named credentials, camelCase. */
const translated = ({ kind, row }: Source, sources: ReadonlyArray<Source>, state: SourceIds): JsonObject => {
  const { assistant_ids: assistantIds, workflow_ids: workflowIds, ...rest } = row
  const renamed = {
    ...rest,
    ...(assistantIds === undefined ? {} : { assistantIds }),
    ...(workflowIds === undefined ? {} : { workflowIds })
  }
  const owned = Object.fromEntries(Object.entries(renamed).filter(([key]) => !isOwned(kind, key)))
  const credentials = state["credentials"] ?? {}
  return withPlaces(kind, withoutNotes(kind, owned), ({ to, value }) => {
    if (to === "credentials") {
      const name = Object.hasOwn(credentials, value)
        ? value
        : Object.keys(credentials).find((each) => credentials[each] === value)
      return name === undefined ? (looksLikeId(value) ? undefined : { credential: value }) : { credential: name }
    }
    const target = sources.find(
      (source) => source.kind === to && (source.name === value || state[to]?.[source.name] === value)
    )
    return target?.slug
  })
}

/** References may carry a note: `lookup-order ## the one of the shop`. */
const withoutNotes = (kind: KindName, row: JsonObject): JsonObject => {
  const noted = new Set(placesOf(kind, row).flatMap(({ value }) => (/\s##/.test(value) ? [value] : [])))
  if (noted.size === 0) return row
  const cleaned = mapScalars(row, (_, value) =>
    typeof value === "string" && noted.has(value) ? (value.split("##")[0] ?? "").trim() : value
  )
  return isObject(cleaned) ? cleaned : row
}

const looksLikeId = (value: string): boolean => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)

/** Puts the ids that rows became on the runtime into the state. */
const link = (root: string, options: GitopsOptions, sources: ReadonlyArray<Source>, ids: SourceIds): number => {
  const became = new Map((options.mappings ?? []).map(({ sourceId, runtimeId }) => [sourceId, runtimeId]))
  const environment = options.environment ?? "production"
  const found = sources.flatMap(({ kind, name, slug }): ReadonlyArray<readonly [string, string]> => {
    const runtimeId = became.get(ids[kind]?.[name] ?? "")
    return runtimeId === undefined ? [] : [[`${kindOf(kind).folder}/${slug}`, runtimeId]]
  })
  if (found.length > 0) {
    const before = readState(root, environment)
    writeState(root, environment, { ...before, ids: { ...before.ids, ...Object.fromEntries(found) } })
  }
  return found.length
}
