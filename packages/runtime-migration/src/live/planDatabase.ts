/**
 * The plan of a live database: the config checked against its catalog.
 *
 * @since 0.1.0
 */
import { invalid } from "../errors/MigrationError.ts"
import type { ForeignKey, Location, MappingConfig } from "../sql/config.ts"
import { planMappingSql, type PlannedLocation, type SqlPlan } from "../sql/plan.ts"
import { checkShape } from "../sql/shape.ts"
import { aboutForeignKey, foreignKeySides } from "./aboutForeignKeys.ts"
import { aboutHiddenRows } from "./allRows.ts"
import { aboutLedgers } from "./aboutLedgers.ts"
import { type Catalog, type ForeignKeyInfo, readCatalog, type TableInfo } from "./catalog.ts"
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
}

/**
 * What `planDatabase` takes: the config of the scripts, without what the database itself says.
 *
 * @since 0.1.0
 * @category models
 */
export interface DatabaseConfig extends Omit<MappingConfig, "dialect" | "foreignKeys"> {}

/**
 * Plans a migration of a live database. Reads its catalog, and no row. Keys default to primary keys, JSON types and
 * foreign keys are found out, and what would go wrong is among the `findings`.
 *
 * @since 0.1.0
 * @category database
 */
export const planDatabase = async (driver: SqlDriver, config: DatabaseConfig): Promise<DatabasePlan> => {
  for (const [at, location] of config.locations.entries()) checkShape(location, `locations[${at}]`)
  const catalog = await readCatalog(
    driver,
    config.locations.flatMap(({ schema }) => schema ?? [])
  )
  const locations = config.locations.map((location, at) => complete(driver, catalog, location, `locations[${at}]`))
  const sides = await foreignKeySides(driver, catalog, locations)
  const plan = planMappingSql({
    ...config,
    dialect: driver.dialect,
    locations,
    foreignKeys: sides
      .filter(({ child, parent }) => child === "named" && parent !== "stays")
      .map(({ key }) => plain(key))
  })
  const touched = sides.filter(({ child, parent }) => child !== "stays" || parent !== "stays")
  const references = touched.map(({ key }) => plain(key))
  const findings = [
    ...(await aboutHiddenRows(driver, plan, references)),
    ...plan.locations.flatMap((location) => aboutLocation(driver, catalog, location)),
    ...touched.flatMap((side) => aboutForeignKey(plan, side)),
    ...(await aboutLedgers(driver, plan))
  ]
  return { ...plan, findings, references }
}

const plain = (key: ForeignKeyInfo): ForeignKey => ({
  ...key,
  schema: key.schema === "" ? undefined : key.schema,
  refSchema: key.refSchema === "" ? undefined : key.refSchema
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
    return invalid(`${field}.key`, `${location.table} has no primary key: name columns that find one row`)
  for (const name of key) {
    if (find(name) === undefined) return invalid(`${field}.key`, `${location.table} has no column ${name}`)
  }
  const json = column.type === "json" || column.type === "jsonb"
  const array = column.type.endsWith("[]")
  const columnType =
    driver.dialect !== "postgres" || array ? undefined : json ? (column.type as "json" | "jsonb") : "text"
  const self = info.columns.filter(({ selfUpdating, name }) => selfUpdating && name !== location.column)
  return {
    ...location,
    // One name for one table: the connection's own schema goes without.
    schema: info.schema === catalog.schema ? undefined : info.schema,
    key,
    columnType: location.columnType ?? columnType,
    keep: location.keep ?? self.map(({ name }) => name)
  }
}

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

const aboutLocation = (driver: SqlDriver, catalog: Catalog, location: PlannedLocation): ReadonlyArray<Finding> => {
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
    if ((location.kind === "id" || location.kind === "text") && /^jsonb?$/.test(type)) {
      say("error", `this is ${type}: its kind is json-path or json-any`)
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
  if (driver.dialect === "mysql" && /^(binary|varbinary|blob)/.test(type)) {
    say("error", `ids in ${type} are not supported: migrate through a text column`)
  }
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
  if (info.triggers.length > 0) {
    say(
      "warning",
      `triggers run for every row (${info.triggers.join(", ")}); what they do elsewhere, rollback does not undo`
    )
  }
  return findings
}
