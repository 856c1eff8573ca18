/**
 * The plan of a live database: the config checked against its catalog.
 *
 * @since 0.1.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import { invalid } from "../errors/MigrationError.ts"
import type { ForeignKey, Location, MappingConfig } from "../sql/config.ts"
import type { Mapping } from "../errors/types.ts"
import { checkedMappings } from "../ledger/Mapping.ts"
import { defaultChunk, planMappingSql, type SqlPlan } from "../sql/plan.ts"
import { checkShape } from "../sql/shape.ts"
import { aboutForeignKey, foreignKeySides, type Sides } from "./aboutForeignKeys.ts"
import { aboutLocation } from "./aboutLocation.ts"
import { aboutOwners } from "./aboutOwners.ts"
import { type Sleep, sleepOf, timedColumns } from "./aboutTriggers.ts"
import { aboutHiddenRows } from "./allRows.ts"
import { aboutLedgers } from "./aboutLedgers.ts"
import { type Catalog, type ForeignKeyInfo, readCatalog, type TableInfo } from "./catalog.ts"
import { completeLocation, tableInfo } from "./completeLocation.ts"
import type { KeptTimes } from "./keptTimes.ts"
import type { Finding } from "./reports.ts"
import { asDeclared } from "./rigidKeys.ts"
import type { SqlDriver } from "./SqlDriver.ts"

/**
 * The plan of a live database.
 *
 * @since 0.1.0
 * @category models
 */
export interface DatabasePlan extends SqlPlan {
  readonly findings: ReadonlyArray<Finding>
  /** Foreign keys whose children verify and rollback count: all that have to do with a column that changes. */
  readonly references: ReadonlyArray<ForeignKey>
  /** Source ids with what they become: what verify looks for in the whole database. */
  readonly ids: ReadonlyMap<string, string>
  readonly leave: ReadonlyArray<Place>
  /** SQLite: triggers that sleep while rows are written. */
  readonly sleeps: ReadonlyArray<Sleep>
  /** PostgreSQL: columns that stay although triggers set them. */
  readonly keeps: ReadonlyArray<KeptTimes>
  /** Those of the plan's foreign keys whose children follow their parent by themselves. */
  readonly cascades: ReadonlyArray<ForeignKey>
  /** What it was made of. */
  readonly config: DatabaseConfig
  /** Unique constraints that a location's column is part of, by its label. */
  readonly uniques: ReadonlyMap<string, ReadonlyArray<ReadonlyArray<string>>>
}

/**
 * A column, or all of a table.
 *
 * @since 0.2.0
 * @category models
 */
export type Place = Pick<Location, "schema" | "table"> & { readonly column?: string | undefined }

/**
 * What `planDatabase` takes: the config of the scripts, without what the database itself says.
 *
 * @since 0.1.0
 * @category models
 */
export interface DatabaseConfig extends Omit<MappingConfig, "dialect" | "foreignKeys"> {
  /** Where ids of the source may stay, such as an archive: verify counts them there, as information. */
  readonly leave?: ReadonlyArray<Place> | undefined
  /**
   * Keeps the columns that triggers set which do nothing else than to set the time of a change. What the application writes
   * meanwhile has its time as ever. In PostgreSQL that takes the owner of the table. In MySQL what changes by itself
   * (`ON UPDATE CURRENT_TIMESTAMP`) always stays, and what triggers set cannot be kept. Default false.
   */
  readonly keepUpdatedAt?: boolean | undefined
}

/**
 * Plans a migration of a live database. Reads its catalog, and no row. Keys default to primary keys, JSON types and
 * foreign keys are found out, and what would go wrong is among the `findings`.
 *
 * @since 0.1.0
 * @category database
 */
export const planDatabase = async (driver: SqlDriver, config: DatabaseConfig): Promise<DatabasePlan> => {
  checkOptions<DatabaseConfig & Partial<MappingConfig>>("planDatabase", config, {
    mappings: true,
    locations: true,
    prefix: true,
    ledgerDatabase: true,
    chunk: true,
    transaction: true,
    allowMerge: true,
    leave: true,
    keepUpdatedAt: true,
    // What scripts need, and a database says itself: one file of locations serves both.
    dialect: true,
    foreignKeys: true
  })
  const { keepUpdatedAt = false } = config
  const mappings = checkedMappings(config.mappings)
  for (const [at, location] of config.locations.entries()) checkShape(location, `locations[${at}]`)
  const catalog = await readCatalog(
    driver,
    config.locations.flatMap(({ schema }) => schema ?? [])
  )
  const locations = config.locations.map((location, at) =>
    completeLocation(driver.dialect, catalog, location, `locations[${at}]`)
  )
  const sides = await foreignKeySides(driver, catalog, locations)
  const waiting = sides.filter(({ child, parent }) => child === "named" && parent !== "stays")
  const draft = planMappingSql({
    ...config,
    // Of foreign keys a live step takes care by itself.
    transaction: driver.dialect === "postgres" && config.transaction === "chunks" ? undefined : config.transaction,
    mappings,
    dialect: driver.dialect,
    locations,
    foreignKeys: waiting.map(plain(catalog))
  })
  const transaction = transactionOf(draft, config.transaction, isIndirect(sides))
  const plan = {
    ...draft,
    foreignKeys: await asDeclared(driver, draft),
    transaction,
    chunk: config.chunk ?? defaultChunk(transaction),
    alone: askedFor(catalog, draft)
  }
  const changes = sides.filter(({ child, parent }) => child !== "stays" || parent !== "stays")
  const references = changes.map(plain(catalog))
  const keeps = keepUpdatedAt && driver.dialect === "postgres" ? keptTimes(catalog, plan) : []
  const findings = [
    ...(await aboutHiddenRows(driver, plan, references)),
    ...plan.locations.flatMap((location) => aboutLocation(driver.dialect, catalog, location, keepUpdatedAt)),
    ...changes.flatMap((side) => aboutForeignKey(plan, side)),
    ...(await aboutLedgers(driver, plan)),
    ...(await aboutOwners(driver, plan, keeps))
  ]
  const sleeps = plan.locations.flatMap((location) => {
    const info = tableInfo(catalog, location)
    return info === undefined || !keepUpdatedAt ? [] : (sleepOf(plan, location, info) ?? [])
  })
  const leave = (config.leave ?? []).map((place, at) => checkPlace(catalog, place, `leave[${at}]`))
  const uniques = new Map(
    plan.locations.map((location) => [
      location.label,
      (tableInfo(catalog, location)?.uniques ?? []).filter((columns) => columns.includes(location.column))
    ])
  )
  return {
    ...plan,
    findings,
    references,
    ids: sourceIds(mappings),
    leave,
    uniques,
    sleeps,
    keeps,
    cascades: waiting.filter(({ key }) => key.onUpdate === "CASCADE").map(plain(catalog)),
    config: { ...config, mappings }
  }
}

/** Of each table once. */
const keptTimes = (catalog: Catalog, { locations }: SqlPlan): ReadonlyArray<KeptTimes> => {
  const tables = new Map<TableInfo, KeptTimes>()
  for (const { schema, table, column } of locations) {
    const info = tableInfo(catalog, { schema, table })
    const columns = info === undefined ? [] : timedColumns(info).filter((name) => name !== column)
    if (info !== undefined && columns.length > 0) tables.set(info, { schema, table, columns })
  }
  return [...tables.values()]
}

/**
 * One transaction for all is for SQLite, which has one writer, and for reserved values between which foreign keys run: those
 * stand in all rows of a column before the first gets its own.
 */
const transactionOf = (
  plan: SqlPlan,
  wanted: MappingConfig["transaction"],
  indirect: boolean
): SqlPlan["transaction"] => {
  if (plan.dialect !== "postgres" || plan.foreignKeys.length === 0) return plan.transaction
  const apart =
    indirect ||
    plan.locations.some(
      (location) =>
        (location.twoStep || location.ambiguous || location.columnType === "bytes") &&
        plan.foreignKeys.some(({ table, refTable }) => table === location.table || refTable === location.table)
    )
  if (apart && wanted === "chunks")
    return invalid(
      "transaction",
      "foreign keys between columns of twoStep or of bytes, or to a column that follows another, need one transaction: leave it out, or say single"
    )
  return apart ? "single" : (wanted ?? "chunks")
}

/** Whether a location refers to a column that is none itself and follows one: rows that belong together cannot be told. */
const isIndirect = (sides: ReadonlyArray<Sides>): boolean =>
  sides.some(({ child, parent }) => child === "named" && parent === "follows")

/** Locations whose columns triggers ask for. */
const askedFor = (catalog: Catalog, { locations }: SqlPlan): ReadonlyArray<number> =>
  locations.flatMap((location) => {
    const triggers = tableInfo(catalog, location)?.triggers ?? []
    return triggers.some(({ columns }) => columns.includes(location.column)) ? [location.index] : []
  })

/** Ids that are a target too cannot be told from those of the runtime: nobody looks for them. */
export const sourceIds = (mappings: Iterable<Mapping>): ReadonlyMap<string, string> => {
  const all = [...mappings]
  const targets = new Set(all.map(({ runtimeId }) => runtimeId))
  return new Map(
    all.filter(({ sourceId }) => !targets.has(sourceId)).map(({ sourceId, runtimeId }) => [sourceId, runtimeId])
  )
}

const checkPlace = (catalog: Catalog, place: Place, field: string): Place => {
  if (typeof place !== "object" || place === null || typeof place.table !== "string")
    return invalid(field, "expected { table, column }, or { table } for all of it")
  const info = tableInfo(catalog, place)
  if (info === undefined) return invalid(`${field}.table`, `there is no table ${place.table}`)
  if (place.column !== undefined && !info.columns.some(({ name }) => name === place.column))
    return invalid(`${field}.column`, `${place.table} has no column ${place.column}`)
  return { schema: info.schema, table: info.table, column: place.column }
}

/** As a config would name it: the connection's own schema goes without a name. */
const plain =
  (catalog: Catalog) =>
  ({ key }: { readonly key: ForeignKeyInfo }): ForeignKey => ({
    ...key,
    schema: key.schema === catalog.schema ? undefined : key.schema,
    refSchema: key.refSchema === catalog.schema ? undefined : key.refSchema
  })
