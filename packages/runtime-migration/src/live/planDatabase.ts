/**
 * The plan of a live database: the config checked against its catalog.
 *
 * @since 0.1.0
 */
import { invalid } from "../errors/MigrationError.ts"
import type { ColumnType, Dialect, ForeignKey, Location, MappingConfig } from "../sql/config.ts"
import type { Mapping } from "../errors/types.ts"
import { checkedMappings } from "../ledger/Mapping.ts"
import { quoteName } from "../sql/names.ts"
import { planMappingSql, type PlannedLocation, type SqlPlan } from "../sql/plan.ts"
import { checkShape } from "../sql/shape.ts"
import { aboutForeignKey, foreignKeySides, type Sides } from "./aboutForeignKeys.ts"
import { aboutTriggers, type Sleep, sleepOf } from "./aboutTriggers.ts"
import { aboutHiddenRows } from "./allRows.ts"
import { aboutLedgers } from "./aboutLedgers.ts"
import { type Catalog, type ColumnInfo, type ForeignKeyInfo, readCatalog, type TableInfo } from "./catalog.ts"
import type { Finding } from "./reports.ts"
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
  /** Triggers that sleep while rows are written. */
  readonly sleeps: ReadonlyArray<Sleep>
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
   * Lets triggers sleep that do nothing else than to set the time of a change, in the transactions that write. In MySQL what
   * changes by itself (`ON UPDATE CURRENT_TIMESTAMP`) always stays, and triggers cannot sleep. Default false.
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
  const { keepUpdatedAt = false } = config
  const mappings = checkedMappings(config.mappings)
  for (const [at, location] of config.locations.entries()) checkShape(location, `locations[${at}]`)
  const catalog = await readCatalog(
    driver,
    config.locations.flatMap(({ schema }) => schema ?? [])
  )
  const locations = config.locations.map((location, at) => complete(driver, catalog, location, `locations[${at}]`))
  const sides = await foreignKeySides(driver, catalog, locations)
  const planned = planMappingSql({
    ...config,
    // Of foreign keys a live step takes care by itself.
    transaction: driver.dialect === "postgres" && config.transaction === "chunks" ? undefined : config.transaction,
    mappings,
    dialect: driver.dialect,
    locations,
    foreignKeys: sides.filter(({ child, parent }) => child === "named" && parent !== "stays").map(plain(catalog))
  })
  const plan = { ...planned, transaction: transactionOf(planned, config.transaction, isIndirect(sides)) }
  const touched = sides.filter(({ child, parent }) => child !== "stays" || parent !== "stays")
  const references = touched.map(plain(catalog))
  const findings = [
    ...(await aboutHiddenRows(driver, plan, references)),
    ...plan.locations.flatMap((location) => aboutLocation(driver, catalog, location, keepUpdatedAt)),
    ...touched.flatMap((side) => aboutForeignKey(plan, side)),
    ...(await aboutLedgers(driver, plan))
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
    config: { ...config, mappings }
  }
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

const tableInfo = (catalog: Catalog, { schema, table }: Pick<Location, "schema" | "table">): TableInfo | undefined =>
  catalog.tables.find((info) => info.table === table && info.schema === (schema ?? catalog.schema))

const complete = (driver: SqlDriver, catalog: Catalog, location: Location, field: string): Location => {
  const info = tableInfo(catalog, location)
  if (info === undefined) return invalid(`${field}.table`, `there is no table ${location.table}`)
  const find = (name: string) => info.columns.find((column) => column.name === name)
  const column = find(location.column)
  if (column === undefined) return invalid(`${field}.column`, `${location.table} has no column ${location.column}`)
  const key = location.key ?? info.primaryKey
  if (key.length === 0)
    return invalid(
      `${field}.key`,
      `${location.table} has no primary key: name columns that find one row, or add one: ${keyToAdd(driver.dialect, location.table)}`
    )
  for (const name of key) {
    if (find(name) === undefined) return invalid(`${field}.key`, `${location.table} has no column ${name}`)
  }
  const self = info.columns.filter(({ selfUpdating, name }) => selfUpdating && name !== location.column)
  return {
    ...location,
    // One name for one table: the connection's own schema goes without.
    schema: info.schema === catalog.schema ? undefined : info.schema,
    key,
    columnType: location.columnType ?? columnTypeOf(driver.dialect, column, location),
    keep: location.keep ?? self.map(({ name }) => name)
  }
}

/** A column that finds one row, for a table that has none. */
const keyToAdd = (dialect: Dialect, table: string): string => {
  const quoted = quoteName(dialect, table)
  switch (dialect) {
    case "postgres":
      return `ALTER TABLE ${quoted} ADD COLUMN aywa_row bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY;`
    case "mysql":
      return `ALTER TABLE ${quoted} ADD COLUMN aywa_row BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY;`
    case "sqlite":
      return `ALTER TABLE ${quoted} ADD COLUMN aywa_row INTEGER; UPDATE ${quoted} SET aywa_row = rowid; CREATE UNIQUE INDEX ${quoteName(dialect, `${table}_aywa_row`)} ON ${quoted} (aywa_row); and in the config key: [aywa_row]`
  }
}

/** What a location needs to know of its column's type. */
const columnTypeOf = (dialect: Dialect, { type }: ColumnInfo, { kind, twoStep }: Location): ColumnType | undefined => {
  if (/^uuid(\[\])?$/.test(type)) return "uuid"
  if (kind === "id" && twoStep !== true && /^(bytea|binary|varbinary|(tiny|medium|long)?blob)/.test(type))
    return "bytes"
  if (dialect !== "postgres" || type.endsWith("[]")) return undefined
  return type === "json" || type === "jsonb" ? type : "text"
}

const uuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

/** Values of an enum belong to its type. */
const enumWords = (dialect: Dialect, { set }: PlannedLocation, type: string, label: string): string => {
  const target = set.entries.find(({ source }) => source === label)?.target ?? ""
  return dialect === "postgres"
    ? `this is the enum ${type}, which knows source ids as values. They are renamed in the type, in every column at once: ALTER TYPE ${type} RENAME VALUE '${label}' TO '${target}'; and so on for each. Leave the column out of the locations then`
    : `this is an enum, which knows source ids as values and not yet those of the runtime: add them to its type with ALTER TABLE … MODIFY, ${target} for ${label} and so on for each, and take the old ones away after cleanup`
}

const aboutLocation = (
  driver: SqlDriver,
  catalog: Catalog,
  location: PlannedLocation,
  keepUpdatedAt: boolean
): ReadonlyArray<Finding> => {
  const info = tableInfo(catalog, location)
  const column = info?.columns.find(({ name }) => name === location.column)
  if (info === undefined || column === undefined) return []
  const findings: Array<Finding> = []
  const say = (level: Finding["level"], message: string) => findings.push({ level, subject: location.label, message })
  const { type } = column
  if (info.view) say("error", "this is a view: name the table behind it")
  if (column.generated) say("error", "the database computes this column: name the column that it is computed from")
  const array = type.endsWith("[]")
  if (driver.dialect === "postgres") {
    if (array && location.kind !== "array") say("error", `this is ${type}: its kind is array`)
    if (location.kind === "id" && /^jsonb?$/.test(type)) {
      say("error", `this is ${type}: its kind is json-path, json-any or text`)
    }
    const odd = location.set.entries.find(({ target }) => !uuid.test(target))
    if (/^uuid(\[\])?$/.test(type) && odd !== undefined) {
      say(
        "error",
        `the column takes UUIDs only, and ${odd.source} becomes ${odd.target}: name the resource of this location`
      )
    }
  }
  const width = Number(/^(?:var)?char(?:acter varying|acter)?\((\d+)\)/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY)
  const long = location.kind === "id" ? location.set.entries.find(({ target }) => target.length > width) : undefined
  if (long !== undefined) say("error", `${long.target} is longer than ${type}`)
  if (location.twoStep && width < 36)
    say("error", `reserved values of twoStep have 36 characters, too many for ${type}`)
  const bytes = /^(bytea|binary|varbinary|(tiny|medium|long)?blob)/.test(type)
  if (bytes && driver.dialect !== "sqlite" && (location.kind !== "id" || location.twoStep)) {
    say("error", `this is ${type}: only whole ids can be rewritten in it (kind id, without twoStep)`)
  }
  const label = column.labels.find((value) => {
    const entry = location.set.entries.find(({ source }) => source === value)
    return entry !== undefined && !column.labels.includes(entry.target)
  })
  if (label !== undefined) say("error", enumWords(driver.dialect, location, type, label))
  if (location.kind === "id" && !location.twoStep && location.set.overlap.length > 0) {
    const unique = info.uniques.find((columns) => columns.includes(location.column))
    if (unique !== undefined) {
      say(
        "error",
        `${location.set.overlap.length} ids are source and target, and (${unique.join(", ")}) is unique: rows would collide half-way. Set twoStep to go through reserved values.`
      )
    }
  }
  if (location.set.merged.length > 0 && info.uniques.some((columns) => columns.includes(location.column))) {
    say(
      "error",
      "several ids become one, and the column is part of a unique constraint: merge those rows by hand first"
    )
  }
  if (!info.uniques.some((columns) => columns.every((name) => location.key.some(({ column }) => column === name)))) {
    say("error", `(${location.key.map(({ column }) => column).join(", ")}) is not unique: it cannot find one row`)
  }
  if (info.versioned) {
    say(
      "warning",
      "its history is kept: every row that is written adds one to it, with the old id, and that one stays after cleanup"
    )
  }
  for (const [level, message] of aboutTriggers(info, keepUpdatedAt)) say(level, message)
  return findings
}
