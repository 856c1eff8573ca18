/**
 * What a pass over the whole database says about ids that are left, in the words of verify.
 */
import type { PlannedLocation, SqlPlan } from "../sql/plan.ts"
import { enumWay, handWords } from "./byHand.ts"
import { type Catalog, readCatalog, type TableInfo } from "./catalog.ts"
import type { DatabasePlan } from "./planDatabase.ts"
import type { LeftColumn, NotScanned, StepOptions } from "./reports.ts"
import { isRewritten, kindOf, type ScannedColumn, scanDatabase } from "./scan.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/** Tells the tables of runs, whatever their prefix is, and the ledger of an import. */
export const isOurs = (catalog: Catalog): ((table: TableInfo) => boolean) => {
  const names = new Set(catalog.tables.map(({ schema, table }) => JSON.stringify([schema, table])))
  const runs = catalog.tables
    .filter(({ table, columns }) => table.endsWith("_run") && columns.map(({ name }) => name).join() === "item,value")
    .map(({ schema, table }) => ({ schema, prefix: table.slice(0, -"run".length) }))
    .filter(({ schema, prefix }) => names.has(JSON.stringify([schema, `${prefix}map`])))
  return ({ schema, table }) =>
    table === "aywa_mapping" ||
    runs.some(
      (run) =>
        run.schema === schema &&
        table.startsWith(run.prefix) &&
        /^(map|run|guard|[lm]\d+)$/.test(table.slice(run.prefix.length))
    )
}

/** What is left in the whole database. */
export interface Leftovers {
  readonly left: ReadonlyArray<LeftColumn>
  readonly notScanned: ReadonlyArray<NotScanned>
  readonly problems: ReadonlyArray<string>
  readonly information: ReadonlyArray<string>
  /** Locations whose kind does not rewrite what is left in them: to run the steps again would be of no use. */
  readonly unfit: ReadonlySet<string>
}

/** Looks over the database; `known` are the rows that the locations themselves know to be left, by label. */
export const findLeftovers = async (
  driver: SqlDriver,
  plan: DatabasePlan,
  known: ReadonlyMap<string, number>,
  { signal, onProgress }: StepOptions
): Promise<Leftovers> => {
  const catalog = await readCatalog(
    driver,
    plan.locations.flatMap(({ schema }) => schema ?? [])
  )
  const { columns, skipped } = await scanDatabase(driver, catalog, {
    ids: plan.ids,
    ours: isOurs(catalog),
    signal,
    onTable: (location, done, total) => onProgress?.({ step: "verify", location, done, total })
  })
  const problems: Array<string> = []
  const information: Array<string> = []
  const unfit = new Set<string>()
  const left = columns.map((scanned): LeftColumn => {
    const location = locationOf(plan, catalog, scanned)
    const expected = isExpected(plan, catalog, scanned)
    const column = location?.label ?? labelOf(catalog, scanned)
    const kind = kindOf(scanned)
    const fits = location === undefined || isRewritten(scanned, location.kind)
    if (!fits) unfit.add(column)
    const words = `${column}: ${scanned.rows} rows ${wordsOf(plan, scanned, location, kind)}`
    if (expected) information.push(`${column}: ${scanned.rows} rows hold ids of the source, as the config expects`)
    // Said already, and with what to do.
    else if (location === undefined || !fits || known.get(location.label) !== scanned.rows) problems.push(words)
    return { column, rows: scanned.rows, kind, expected }
  })
  information.push(...skipped.map(({ table, reason }) => `${table} was not looked at: ${reason}`))
  return { left, notScanned: skipped, problems, information, unfit }
}

const schemaOf = (catalog: Catalog, schema: string | undefined): string => schema ?? catalog.schema

const locationOf = (plan: SqlPlan, catalog: Catalog, { table, column }: ScannedColumn): PlannedLocation | undefined =>
  plan.locations.find(
    (location) =>
      location.table === table.table &&
      schemaOf(catalog, location.schema) === table.schema &&
      location.column === column.name
  )

const isExpected = (plan: DatabasePlan, catalog: Catalog, { table, column }: ScannedColumn): boolean =>
  plan.leave.some(
    (place) =>
      place.table === table.table &&
      schemaOf(catalog, place.schema) === table.schema &&
      (place.column === undefined || place.column === column.name)
  )

/** As a location would be called. */
const labelOf = (catalog: Catalog, { table, column }: Pick<ScannedColumn, "table" | "column">): string =>
  `${table.schema === catalog.schema ? "" : `${table.schema}.`}${table.table}.${column.name}`

const wordsOf = (
  { dialect, ids }: DatabasePlan,
  { table, column }: ScannedColumn,
  location: PlannedLocation | undefined,
  kind: LeftColumn["kind"]
): string => {
  if (table.kind === "materialized view")
    return `of a materialized view hold ids of the source: REFRESH MATERIALIZED VIEW ${table.table}`
  if (column.generated) return "of a computed column hold ids of the source: name the column that it is computed from"
  const where = location === undefined ? "no location names the column" : `kind ${location.kind} does not reach them`
  const type = enumWay(dialect, column, (id) => ids.get(id))
  const way =
    kind === undefined
      ? `${type ?? handWords(column)}; or say in leave that they may stay`
      : location?.kind === kind
        ? "run dry run and apply again; what stays then are ids of other resources than the location names"
        : `kind ${kind} would rewrite them${type === undefined ? "" : `, once they may stand there: ${type}`}`
  return `hold ids of the source, and ${where}: ${way}`
}
