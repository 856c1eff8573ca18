/**
 * A folder of configuration to begin with.
 *
 * @since 0.2.0
 */
import { mkdirSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import { checkOptions } from "../errors/checkOptions.ts"
import { jsonText, readIfThere, writeNew, writeWhole } from "../folder/io.ts"
import { kinds } from "../rows/kinds.ts"
import { environmentSchema, projectSchema, schemaOf } from "./schemas.ts"

/**
 * How a folder is begun.
 *
 * @since 0.2.0
 * @category models
 */
export interface InitOptions {
  /** Name of the first environment. Default: `production`. */
  readonly environment?: string | undefined
  readonly baseUrl?: string | undefined
  readonly organizationId?: string | undefined
}

/**
 * What was written.
 *
 * @since 0.2.0
 * @category models
 */
export interface InitReport {
  /** Below the folder that holds the configuration's. */
  readonly written: ReadonlyArray<string>
  /** What was there and stays as it is. */
  readonly kept: ReadonlyArray<string>
}

const environmentText = ({ baseUrl, organizationId }: InitOptions): string =>
  [
    "# The key is AYWA_RUNTIME_API_KEY of the environment that a command runs in; no key or secret stands here.",
    baseUrl === undefined ? "# baseUrl: the address of your runtime" : `baseUrl: ${JSON.stringify(baseUrl)}`,
    organizationId === undefined ? "# organizationId: org_…" : `organizationId: ${JSON.stringify(organizationId)}`,
    "variables: {}",
    "overrides: {}",
    ""
  ].join("\n")

/**
 * Writes folders, an environment, JSON Schemas for editors and the line for `.gitignore`. What is there stays as it is;
 * the schemas alone are renewed, for they are this package's.
 *
 * @since 0.2.0
 * @category folder
 */
export const initConfig = (folder: string, options: InitOptions = {}): InitReport => {
  checkOptions("initConfig", options, { environment: true, baseUrl: true, organizationId: true })
  const root = resolve(folder)
  const written: Array<string> = []
  const kept: Array<string> = []
  const name = (file: string) => relative(join(root, ".."), file)
  const begin = (file: string, text: string) => (writeNew(file, text) ? written : kept).push(name(file))
  for (const { folder: kind } of kinds) mkdirSync(join(root, kind), { recursive: true })
  begin(join(root, "aywa.yaml"), `formatVersion: 1\ninclude: [${kinds.map((kind) => kind.name).join(", ")}]\n`)
  begin(join(root, "environments", `${options.environment ?? "production"}.yaml`), environmentText(options))
  const schemas = {
    aywa: projectSchema(kinds.map((kind) => kind.name)),
    environment: environmentSchema,
    ...Object.fromEntries(kinds.map((kind) => [kind.folder, schemaOf(kind)]))
  }
  for (const [schema, json] of Object.entries(schemas)) {
    const file = join(root, ".schema", `${schema}.schema.json`)
    const text = jsonText(json)
    if (readIfThere(file) === text) kept.push(name(file))
    else {
      writeWhole(file, text)
      written.push(name(file))
    }
  }
  const ignore = join(root, "..", ".gitignore")
  const before = readIfThere(ignore) ?? ""
  if (before.split(/\r?\n/).some((line) => /^\/?\.aywa\/?$/.test(line.trim()))) kept.push(name(ignore))
  else {
    writeWhole(ignore, `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}.aywa/\n`)
    written.push(name(ignore))
  }
  return { written, kept }
}
