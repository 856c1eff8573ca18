/**
 * From a config to a plan: everything checked, everything named, hazards of the mapping known.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { checkedMappings, type Mapping } from "../ledger/Mapping.ts"
import { fail, invalid } from "../errors/MigrationError.ts"
import { isUuid, otherForms } from "../ledger/forms.ts"
import type { ColumnType, Dialect, ForeignKey, Location, MappingConfig } from "./config.ts"
import { checkId, checkName, temporaryId } from "./names.ts"
import { checkShape } from "./shape.ts"

/**
 * What is written in a run's table about how it is laid out. Another number is of a version that did not protect its
 * ledgers, did not mark what it wrote, had a ledger for each column, or one with a name that MySQL 8 keeps for itself: nothing
 * here touches those.
 */
export const layout = "7"

/** One line of a set: what stands in the mapping table. */
export interface Entry {
  readonly source: string
  readonly target: string
  /** Reserved value of the first pass. */
  readonly temporary: string
  /** Whether the source id is also a target: seen in the database it may be either. */
  readonly again: boolean
}

/** The ids that may stand in some locations. */
export interface IdSet {
  readonly name: string
  readonly entries: ReadonlyArray<Entry>
  /** Ids that are source and target: swaps, chains, a second migration. */
  readonly overlap: ReadonlyArray<string>
  /** Targets that several sources lead to. */
  readonly merged: ReadonlyArray<string>
  /** Whether all of its source ids are UUIDs, in any form: those are found wherever they stand in a text. */
  readonly uuids: boolean
}

/** One column of a location's key. */
export interface KeyColumn {
  readonly column: string
  /** Index of the location that rewrites this very column, if one does. */
  readonly rewrittenBy: number | undefined
}

/** A location, ready to be written as SQL. */
export interface PlannedLocation {
  /** From 0; the first of those that share a ledger names it. Locations are applied in about this order, and rolled back in about the other. */
  readonly index: number
  /** As reports call it: `calls.assistant_id`. */
  readonly label: string
  readonly schema: string | undefined
  readonly table: string
  readonly column: string
  readonly kind: "id" | "json-path" | "json-any" | "text" | "array"
  readonly key: ReadonlyArray<KeyColumn>
  readonly path: ReadonlyArray<string | number>
  readonly columnType: ColumnType
  readonly keep: ReadonlyArray<string>
  readonly expect: { readonly min: number; readonly max: number }
  readonly twoStep: boolean
  /**
   * Whether an id here, or in the key, is source and target at once. A value that is seen again does not tell then whether
   * it was rewritten, so that rows are taken once only.
   */
  readonly ambiguous: boolean
  /** Indexes of the locations in whose ledger its rows are: its own, and those of the same table that change with it. */
  readonly shares: ReadonlyArray<number>
  readonly set: IdSet
}

/**
 * A checked migration of a database. Made by `planMappingSql` from a config, and by `planDatabase` from a config and a
 * live database.
 *
 * @since 0.1.0
 * @category models
 */
export interface SqlPlan {
  readonly dialect: Dialect
  readonly prefix: string
  /** MySQL: the database of the ledgers; default is the connection's own. */
  readonly ledgerDatabase: string | undefined
  readonly chunk: number
  readonly transaction: "single" | "chunks"
  /** Those that have to wait while ids change. */
  readonly foreignKeys: ReadonlyArray<ForeignKey>
  /** In the order in which they are applied. */
  readonly locations: ReadonlyArray<PlannedLocation>
  /**
   * Indexes of locations whose columns are named in no statement that does not change them: a trigger asks for them (`UPDATE
   * OF`). Of a live database only; scripts ask when they run.
   */
  readonly alone: ReadonlyArray<number>
  readonly sets: ReadonlyArray<IdSet>
  /** SHA-256 of mapping and locations: apply refuses what was prepared from others. */
  readonly checksum: string
  /** SHA-256 of the locations alone: mappings may be added to a run. */
  readonly locationsChecksum: string
  readonly mappings: number
  /** What a reader of the scripts should know. */
  readonly notes: ReadonlyArray<string>
}

/**
 * Checks a config and makes the plan of it. Throws `InvalidConfig` for what is wrong with it, `MappingConflict` for a
 * mapping that disagrees with itself, and `Refused` for a merge that was not allowed. Touches no database.
 *
 * @since 0.1.0
 * @category sql
 */
export const planMappingSql = (config: MappingConfig): SqlPlan => {
  const { dialect, foreignKeys = [], chunk = 1000, prefix = "aywa_migration", allowMerge = false } = config
  if (dialect !== "postgres" && dialect !== "mysql" && dialect !== "sqlite") {
    return invalid("dialect", "expected postgres, mysql or sqlite")
  }
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(prefix))
    return invalid("prefix", "expected 1 to 40 of a-z 0-9 _, beginning with a letter")
  if (config.ledgerDatabase !== undefined && (dialect !== "mysql" || !/^[a-z0-9_]{1,60}$/.test(config.ledgerDatabase)))
    return invalid("ledgerDatabase", "is for MySQL and MariaDB: the name of a database, of a-z 0-9 _")
  if (!Number.isInteger(chunk) || chunk < 1 || chunk > 1_000_000) return invalid("chunk", "expected 1 to 1000000 rows")
  if (config.locations.length === 0) return invalid("locations", "name at least one column")
  if (config.transaction !== undefined && config.transaction !== "single" && config.transaction !== "chunks") {
    return invalid("transaction", "expected single or chunks")
  }
  if (typeof allowMerge !== "boolean") return invalid("allowMerge", "expected true or false")
  const mappings = checkedMappings(config.mappings)
  const sets = new Map<string, IdSet>()
  const setOf = (resource: Location["resource"], field: string): IdSet => {
    const resources = listOf(resource)
    const name = setName(resources)
    const set = sets.get(name) ?? makeSet(name, mappings, resources, field, !inForms.has(name))
    sets.set(name, set)
    return set
  }
  const ordered = inOrder(config.locations.map((location, at) => checkLocation(dialect, location, `locations[${at}]`)))
  // A type that writes every UUID in one form needs no other, and most columns of a large database are of one.
  const inForms = new Set(
    ordered.filter(({ columnType }) => columnType !== "uuid").map(({ resource }) => setName(listOf(resource)))
  )
  const placed = ordered.map((location, index) => ({
    ...location,
    index,
    key: location.columns.map((column) => ({ column, rewrittenBy: rewriterOf(ordered, location, column) })),
    set: setOf(location.resource, location.field)
  }))
  const locations = complete(placed)
  for (const location of locations) checkIdsFit(location)
  for (const { label, key, index, set, twoStep } of locations) {
    if (set.overlap.length === 0 || twoStep || !key.some(({ rewrittenBy }) => rewrittenBy === index)) continue
    const problem = `${label} is a key, and ${set.overlap.length} ids are source and target: rows would collide half-way. Set twoStep to go through reserved values.`
    fail({ _tag: "Refused", problems: [problem] })
  }
  const merged = [...sets.values()].flatMap((set) => set.merged)
  if (merged.length > 0 && !allowMerge) {
    fail({
      _tag: "Refused",
      problems: [
        `${merged.length} runtime ids have several source ids (first: ${merged[0]}). Their values can only be told apart by the ledger afterwards; set allowMerge if that is meant.`
      ]
    })
  }
  for (const [at, key] of foreignKeys.entries()) checkForeignKey(dialect, key, `foreignKeys[${at}]`)
  const single = dialect === "sqlite" || (dialect === "postgres" && foreignKeys.length > 0)
  if (config.transaction === "chunks" && foreignKeys.length > 0 && dialect !== "mysql") {
    return invalid(
      "transaction",
      "foreign keys can be deferred inside of one transaction only: leave it out, or say single"
    )
  }
  return {
    dialect,
    prefix,
    ledgerDatabase: config.ledgerDatabase,
    chunk: config.chunk ?? defaultChunk(config.transaction ?? (single ? "single" : "chunks")),
    transaction: config.transaction ?? (single ? "single" : "chunks"),
    foreignKeys,
    locations,
    alone: [],
    sets: [...sets.values()],
    checksum: checksumOf(locations, [...sets.values()]),
    locationsChecksum: checksumOf(locations, []),
    mappings: mappings.length,
    notes: notesOf(locations)
  }
}

/** Small where locks end with it; inside of one transaction it only divides the work. */
export const defaultChunk = (transaction: SqlPlan["transaction"]): number => (transaction === "single" ? 20_000 : 1000)

const listOf = (resource: Location["resource"]): ReadonlyArray<string> | undefined =>
  typeof resource === "string" ? [resource] : resource

const setName = (resources: ReadonlyArray<string> | undefined): string =>
  resources === undefined ? "*" : [...resources].sort().join(" ")

const makeSet = (
  name: string,
  mappings: ReadonlyArray<Mapping>,
  resources: ReadonlyArray<string> | undefined,
  field: string,
  inOneForm: boolean
): IdSet => {
  if (/[\\\p{Cc}]/u.test(name)) invalid(field, "control characters and backslashes cannot be part of a resource")
  const targets = new Map<string, string>()
  for (const { source, resource, sourceId, runtimeId } of mappings) {
    if (resources !== undefined && !resources.includes(resource)) continue
    const from = checkId(`mapping ${source}/${resource}`, sourceId)
    const to = checkId(`mapping ${source}/${resource}/${sourceId}`, runtimeId)
    const known = targets.get(from)
    if (known !== undefined && known !== to) {
      return invalid(
        field,
        `${from} stands for ${known} and for ${to} in the mapping: name the resource of this location`
      )
    }
    targets.set(from, to)
  }
  if (targets.size === 0) return invalid(field, "the mapping has no id for this location")
  const reached = new Map<string, number>()
  for (const target of targets.values()) reached.set(target, (reached.get(target) ?? 0) + 1)
  const moved = [...targets].filter(([source, target]) => source !== target)
  const overlap = moved.filter(([source]) => reached.has(source)).map(([source]) => source)
  const again = new Set(overlap)
  const entries = [...targets].flatMap(([source, target]) => {
    const forms = inOneForm ? [] : otherForms(source, target).filter(([form]) => !targets.has(form))
    return [[source, target] as const, ...forms].map(([form, becomes]) => ({
      source: form,
      target: becomes,
      temporary: temporaryId(name, form),
      again: again.has(source) || source === target
    }))
  })
  return {
    name,
    entries,
    overlap,
    merged: [...reached].filter(([, count]) => count > 1).map(([target]) => target),
    uuids: [...targets.keys()].every((source) => isUuid(source))
  }
}

type Placed = Omit<PlannedLocation, "ambiguous" | "shares">

/** What a location is among the others. */
const complete = (placed: ReadonlyArray<Placed>): ReadonlyArray<PlannedLocation> => {
  const known = placed.map((location) => ({
    ...location,
    ambiguous:
      location.set.overlap.length > 0 ||
      location.key.some(({ rewrittenBy = -1 }) => (placed[rewrittenBy]?.set.overlap.length ?? 0) > 0)
  }))
  return known.map((location) => ({ ...location, shares: sharesOf(known, location) }))
}

type Checked = Omit<PlannedLocation, "index" | "key" | "set" | "ambiguous" | "shares"> & {
  readonly columns: ReadonlyArray<string>
  readonly resource: Location["resource"]
  readonly field: string
}

const checkLocation = (dialect: Dialect, location: Location, field: string): Checked => {
  checkShape(location, field)
  const name = (key: string, value: unknown) => checkName(dialect, `${field}.${key}`, value)
  const { schema, kind, key, path, columnType, keep = [], expect = {}, twoStep = false, resource } = location
  if (key === undefined || key.length === 0) {
    return invalid(`${field}.key`, "name the columns that find one row, such as the primary key")
  }
  if (twoStep && kind !== "id") invalid(`${field}.twoStep`, "is for columns of kind id")
  const steps = typeof path === "string" ? path.split(".") : (path ?? [])
  if ((kind === "json-path") !== steps.length > 0) invalid(`${field}.path`, "belongs to kind json-path, which needs it")
  if (columnType === "bytes" && (kind !== "id" || twoStep)) {
    return invalid(`${field}.columnType`, "bytes are for kind id, without twoStep")
  }
  const list = kind === "array" && (dialect !== "postgres" || (columnType !== undefined && columnType !== "uuid"))
  return {
    label: `${schema === undefined ? "" : `${schema}.`}${location.table}.${location.column}`,
    schema: schema === undefined ? undefined : name("schema", schema),
    table: name("table", location.table),
    column: name("column", location.column),
    kind: list ? "json-any" : kind,
    path: steps.map((step, at) => checkStep(`${field}.path[${at}]`, step)),
    columnType: columnType ?? (kind === "text" ? "text" : "jsonb"),
    keep: keep.map((column, at) => name(`keep[${at}]`, column)),
    expect: { min: expect.min ?? 0, max: expect.max ?? Number.MAX_SAFE_INTEGER },
    twoStep,
    columns: key.map((column, at) => name(`key[${at}]`, column)),
    resource,
    field
  }
}

/** Keys go into literals of a path: what would have to be escaped there is refused, in all dialects alike. */
const checkStep = (field: string, step: unknown): string | number => {
  if (typeof step === "number" && Number.isInteger(step) && step >= 0) return step
  if (typeof step !== "string" || step === "") return invalid(field, "expected a key or a position from 0")
  return /["\\\p{Cc}]/u.test(step) ? invalid(field, "such a key cannot be written in a path: use json-any") : step
}

const checkForeignKey = (dialect: Dialect, key: ForeignKey, field: string): void => {
  const name = (part: string, value: unknown) => checkName(dialect, `${field}.${part}`, value)
  if (key.name !== undefined || dialect === "postgres") name("name", key.name)
  for (const part of ["schema", "refSchema"] as const) if (key[part] !== undefined) name(part, key[part])
  name("table", key.table)
  name("refTable", key.refTable)
  for (const column of [...key.columns, ...key.refColumns]) name("columns", column)
  if (key.columns.length === 0 || key.columns.length !== key.refColumns.length) {
    invalid(`${field}.columns`, "expected as many columns as refColumns")
  }
}

/** Columns that are part of a key go last: until then the keys of the other ledgers still find their rows. */
const inOrder = (locations: ReadonlyArray<Checked>): ReadonlyArray<Checked> => {
  const seen = new Set<string>()
  for (const location of locations) {
    const place = JSON.stringify([location.schema, location.table, location.column])
    if (seen.has(place)) {
      invalid(location.field, `${location.label} is named twice: for ids at several places of JSON, one json-any`)
    }
    seen.add(place)
  }
  const isKey = (location: Checked) =>
    locations.some((other) => sameTable(other, location) && other.columns.includes(location.column))
  for (const location of locations) {
    if (isKey(location) && location.kind !== "id") invalid(location.field, "a key column must be of kind id")
  }
  return [...locations.filter((location) => !isKey(location)), ...locations.filter(isKey)]
}

/**
 * Columns of one table that hold an id each and are found by the same key have one ledger, with one row for each row of
 * theirs. What needs an order of its own has its own: reserved values, ids that are source and target, parts of keys.
 */
const sharesOf = (
  locations: ReadonlyArray<Omit<PlannedLocation, "shares">>,
  location: Omit<PlannedLocation, "shares">
): ReadonlyArray<number> => {
  const plain = ({ index, kind, twoStep, ambiguous, key }: typeof location) =>
    kind === "id" &&
    !twoStep &&
    !ambiguous &&
    key.every(({ rewrittenBy }) => rewrittenBy === undefined) &&
    !locations.some((other) => other.key.some(({ rewrittenBy }) => rewrittenBy === index))
  const columns = ({ key }: typeof location) => JSON.stringify(key.map(({ column }) => column))
  const shared = locations.filter(
    (other) => sameTable(other, location) && columns(other) === columns(location) && plain(other)
  )
  return plain(location) ? shared.map(({ index }) => index) : [location.index]
}

const sameTable = (a: Pick<Checked, "schema" | "table">, b: Pick<Checked, "schema" | "table">): boolean =>
  a.table === b.table && a.schema === b.schema

const rewriterOf = (ordered: ReadonlyArray<Checked>, location: Checked, column: string): number | undefined => {
  const index = ordered.findIndex((other) => sameTable(other, location) && other.column === column)
  return index === -1 ? undefined : index
}

/** Inside of texts only ids that can be told from words are rewritten. */
const checkIdsFit = ({ kind, set, label, columnType }: PlannedLocation): void => {
  const short =
    columnType === "bytes"
      ? set.entries.find(({ target }) => !/^[0-9a-f]{32}$/i.test(target.replaceAll("-", "")))
      : undefined
  if (short !== undefined) {
    invalid(
      label,
      `${short.source} becomes ${short.target}, which 16 bytes cannot hold: name the resource of this location`
    )
  }
  const shape = kind === "text" ? /^[A-Za-z0-9_-]{20,}$/ : kind === "json-any" ? /^[A-Za-z0-9_.-]+$/ : undefined
  const odd = shape === undefined ? undefined : set.entries.find(({ source }) => !shape.test(source))
  if (odd === undefined) return
  invalid(
    label,
    kind === "text"
      ? `${odd.source} cannot be found inside of text safely: it takes 20 characters or more of letters, digits, _ and -`
      : `${odd.source} cannot be found in JSON safely: it has a colon`
  )
}

const checksumOf = (locations: ReadonlyArray<PlannedLocation>, sets: ReadonlyArray<IdSet>): string => {
  const hash = createHash("sha256")
  hash.update(`layout ${layout}`)
  for (const set of sets) {
    hash.update(JSON.stringify([set.name, set.entries.map(({ source, target }) => `${source}>${target}`).sort()]))
  }
  for (const { schema, table, column, kind, key, path, set, twoStep, columnType } of locations) {
    const bytes = columnType === "bytes"
    hash.update(JSON.stringify([schema, table, column, kind, key, path, set.name, twoStep, bytes]))
  }
  return hash.digest("hex")
}

const notesOf = (locations: ReadonlyArray<PlannedLocation>): ReadonlyArray<string> => {
  const notes: Array<string> = []
  const overlap = locations.find(({ set }) => set.overlap.length > 0)
  if (overlap !== undefined) {
    notes.push(
      `${overlap.set.overlap.length} ids are source and target at once (${overlap.label}): only the rows that the first prepare finds are rewritten, catch-up runs add none.`
    )
  }
  for (const { label, kind } of locations) {
    if (kind === "text") notes.push(`${label}: ids inside of text are rewritten.`)
  }
  return notes
}
