/**
 * `migrate mapping` and `migrate sql`: the ledger as a file, and the scripts made of it.
 */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import {
  type Dialect,
  type Mapping,
  mappingScripts,
  mappingsToCsv,
  mappingsToJsonLines,
  planMappingSql,
  readRuntimeMappings,
  writeLedgerFile
} from "@aywa-ai/runtime-migration"
import { usage } from "../core/failure.ts"
import { writeWhole } from "../core/files.ts"
import type { Session } from "../core/session.ts"
import { table } from "../core/table.ts"
import { readConfig, readMappings } from "./inputs.ts"

/** What `migrate mapping` takes. */
export interface MappingInput {
  readonly source: string | undefined
  readonly output: string | undefined
  readonly format: "jsonl" | "csv" | undefined
}

/** Reads the ledger back from the runtime: into a file, where it is merged, or to stdout. */
export const mapping = async (input: MappingInput, session: Session): Promise<void> => {
  const { out } = session
  const client = await session.client()
  out.status("Reading mappings …")
  const mappings = await readRuntimeMappings(client, { source: input.source, signal: session.signal })
  out.status(undefined)
  if (input.output !== undefined) {
    const all = writeLedgerFile(input.output, mappings)
    return out.result(
      { file: input.output, read: mappings.length, mappings: all.length },
      () => `${input.output}: ${all.length} mappings`
    )
  }
  if (input.format !== undefined)
    return out.raw((input.format === "csv" ? mappingsToCsv : mappingsToJsonLines)(mappings))
  out.rows(
    { items: mappings },
    {
      columns: ["SOURCE", "RESOURCE", "SOURCE ID", "RUNTIME ID"].map((title) => ({ title })),
      cells: (item) => cellsOf(item as Mapping), // What was read above.
      empty: "Nothing was imported yet."
    }
  )
}

const cellsOf = ({ source, resource, sourceId, runtimeId }: Mapping) => [source, resource, sourceId, runtimeId]

/** What `migrate sql` takes. */
export interface SqlInput {
  readonly mapping: string
  readonly config: string
  readonly dialect: Dialect | undefined
  readonly output: string
}

/** Writes the five scripts into a folder; needs no database. */
export const sql = async (input: SqlInput, session: Session): Promise<void> => {
  const { out } = session
  const config = await readConfig(input.config, await readMappings(input.mapping))
  const inFile: unknown = Reflect.get(config, "dialect")
  const dialect = input.dialect ?? dialects.find((name) => name === inFile)
  if (dialect === undefined) throw usage("The dialect is not said.", `Give --dialect: ${dialects.join(", ")}.`)
  const plan = planMappingSql({ ...config, dialect })
  const scripts = Object.entries<string>({ ...mappingScripts(plan) })
  await mkdir(input.output, { recursive: true })
  for (const [name, text] of scripts) await writeWhole(join(input.output, name), text)
  const files = scripts.map(([name]) => join(input.output, name))
  out.result({ dialect, files, mappings: plan.mappings, checksum: plan.checksum, notes: plan.notes }, () =>
    [
      table(
        [{ title: "FILE" }, { title: "BYTES", align: "right" }],
        scripts.map(([name, text]) => [join(input.output, name), String(Buffer.byteLength(text))]),
        { paint: out.paint, width: process.stdout.columns ?? 160 }
      ),
      ...plan.notes
    ].join("\n")
  )
}

const dialects = ["postgres", "mysql", "sqlite"] as const
