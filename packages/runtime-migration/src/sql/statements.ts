/**
 * The statements of a run, in order: the same for scripts and for a live database.
 */
import type { Dialect, ForeignKey } from "./config.ts"
import {
  columnOf,
  inSet,
  isExtensible,
  otherRewriters,
  isShared,
  keyed,
  keysOf,
  ledgerAsTable,
  ledgerColumn,
  ledgerColumns,
  ledgerRows,
  type LedgerValue,
  type MarkedUpdate,
  type SqlDialect,
  storedValuesOf,
  tableOf,
  tables,
  type TogetherUpdate,
  valuesOf
} from "./dialect.ts"
import { currentSchema, prepared } from "./guards.ts"
import { mysql } from "./mysql.ts"
import { matchDuring, matchEither, type Move } from "./moves.ts"
import { quoteName, quoteText } from "./names.ts"
import { layout, type PlannedLocation, type SqlPlan } from "./plan.ts"
import { otherTables } from "./ownTables.ts"
import { postgres } from "./postgres.ts"
import { sqlite } from "./sqlite.ts"
import type { Step } from "./units.ts"

/** The way of each database. */
export const dialects: Readonly<Record<Dialect, SqlDialect>> = { postgres, mysql, sqlite }

/** Rows of the mapping per insert. */
const batch = 500

/** Writes the mapping anew, which is the plan's then, whatever was there. */
export const writeMapping = (plan: SqlPlan): ReadonlyArray<string> => {
  const way = dialects[plan.dialect]
  // Elsewhere the whole of it is one transaction.
  const [start, end] = plan.dialect === "mysql" ? [["START TRANSACTION"], ["COMMIT"]] : [[], []]
  return [...start, ...mappingRows(plan), ...end, ...way.analyze(tables(plan).map)]
}

/** The same, inside of a transaction. */
export const mappingRows = (plan: SqlPlan): ReadonlyArray<string> => {
  const way = dialects[plan.dialect]
  return [
    `DELETE FROM ${tables(plan).map}`,
    ...plan.sets.flatMap((set) => {
      const bytes =
        plan.dialect === "sqlite" && plan.locations.some((one) => one.set === set && one.columnType === "bytes")
      const columns = ["kind", "source", "target", "tmp", "again", ...(bytes ? ["bytes"] : [])]
      const rows = set.entries.map(
        ({ source, target, temporary, again }) =>
          `(${[set.name, source, target, temporary].map(quoteText).join(", ")}, ${again ? 1 : 0}${bytes ? `, x'${target.replaceAll("-", "")}'` : ""})`
      )
      const inserts: Array<string> = []
      for (let at = 0; at < rows.length; at += batch) {
        inserts.push(way.insertNew(tables(plan).map, columns, rows.slice(at, at + batch)))
      }
      return inserts
    })
  ]
}

/** Makes a ledger where there is none, and what else a location needs. */
export const createLedger = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => {
  const way = dialects[plan.dialect]
  return [
    ...(location.index === location.shares[0] ? way.createLedger(plan, location) : []),
    ...way.createTyped(plan, location)
  ]
}

/** Closes all that was made. */
export const close = (plan: SqlPlan): ReadonlyArray<string> => dialects[plan.dialect].close(plan)

/** Says what is being prepared. */
export const begin = (plan: SqlPlan): string =>
  dialects[plan.dialect].insertNew(
    tables(plan).run,
    ["item", "value"],
    [
      `('layout', ${quoteText(layout)})`,
      `('checksum', ${quoteText(plan.checksum)})`,
      `('locations', ${quoteText(plan.locationsChecksum)})`,
      ...(plan.dialect === "postgres" ? [`('schema', ${currentSchema})`] : [])
    ]
  )

/** Makes what was prepared the plan's own, with its mapping. */
export const adopt = (plan: SqlPlan): ReadonlyArray<string> => [
  ...mappingRows(plan),
  `UPDATE ${tables(plan).run} SET value = ${quoteText(plan.checksum)} WHERE item IN ('checksum', 'prepared')`
]

/** Says that all of it was. */
export const end = (plan: SqlPlan): string =>
  dialects[plan.dialect].insertNew(tables(plan).run, ["item", "value"], [`('prepared', ${quoteText(plan.checksum)})`])

/** Writes down the rows of a ledger's locations that change and are not in it yet. Changes no row of the customer's. */
export const fill = (plan: SqlPlan, locations: ReadonlyArray<PlannedLocation>): ReadonlyArray<string> => {
  const way = dialects[plan.dialect]
  return locations
    .slice(0, 1)
    .flatMap((first) => [
      locations.length > 1 ? addTogether(plan, first, locations) : addRows(plan, first, []),
      ...way.indexLedger(plan, first),
      ...way.analyze(tables(plan).ledger(first))
    ])
}

const insertInto = (
  plan: SqlPlan,
  ledger: string,
  columns: ReadonlyArray<readonly [column: string, value: string]>
): string => {
  const key = columns.filter(([column]) => /^k\d+$/.test(column)).map(([, value]) => value)
  const number = dialects[plan.dialect].nextNumber(ledger, key)
  const all = number === undefined ? columns : [["n", number] as const, ...columns]
  return `INSERT INTO ${ledger} (${all.map(([column]) => column).join(", ")}) SELECT ${all.map(([, value]) => value).join(", ")}`
}

/** What finds the ledger row `l` of a row `t`. */
const keyIn = (plan: SqlPlan, location: PlannedLocation): string =>
  keysOf(location)
    .map(({ column, k }) => `l.${k} = ${dialects[plan.dialect].keyValue(columnOf(plan, column))}`)
    .join(" AND ")

/** Adds rows of which some columns change: the table is read once for all of them. */
const addTogether = (plan: SqlPlan, first: PlannedLocation, locations: ReadonlyArray<PlannedLocation>): string => {
  const ledger = tables(plan).ledger(first)
  const keys = keysOf(first).map(({ column, k }) => [k, columnOf(plan, column)] as const)
  const found = ({ index }: PlannedLocation) => `m${index}.source IS NOT NULL`
  const looked = locations.map((location) => ({
    location,
    ...dialects[plan.dialect].lookup(plan, location, `m${location.index}`)
  }))
  const values = looked.flatMap(({ location, next }) => {
    const only = (value: string) => `CASE WHEN ${found(location)} THEN ${value} END`
    return [
      [ledgerColumn(location, "old_value"), only(columnOf(plan, location.column))] as const,
      [ledgerColumn(location, "new_value"), next] as const,
      [ledgerColumn(location, "stands"), only("'old_value'")] as const
    ]
  })
  const joins = looked.map(({ join }) => ` LEFT JOIN ${join}`).join("")
  const known = keyIn(plan, first)
  const conditions = [
    `(${locations.map(found).join(" OR ")})`,
    keyed(plan, first),
    `NOT EXISTS (SELECT 1 FROM ${ledger} l WHERE ${known})`
  ]
  return `${insertInto(plan, ledger, [...keys, ...values])} FROM ${tableOf(plan, first)} t${joins} WHERE ${conditions.join(" AND ")}`
}

/** A ledger with its columns. */
export const ledgerOf = (plan: SqlPlan, location: PlannedLocation) => ({
  ledger: tables(plan).ledger(location),
  columns: [
    ...keysOf(location).flatMap(({ k, w }) => (w === undefined ? [k] : [k, w])),
    ...plan.locations
      .filter(({ index }) => location.shares.includes(index))
      .flatMap((one) =>
        [...storedValuesOf(one), "stands" as const, "earliest_value" as const].map((name) => ledgerColumn(one, name))
      )
  ]
})

/** Adds a column to the rows of a ledger that were about others of their row. */
const join = (plan: SqlPlan, location: PlannedLocation, only: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!isShared(location)) return []
  const set = [...valuesOf(location), "stands" as const].map(
    (name) => [ledgerColumn(location, name), `c.${name}`] as const
  )
  const where = [...only, ...seenAs(plan, location), `l.${ledgerColumn(location, "stands")} IS NULL`].join(" AND ")
  const way = dialects[plan.dialect]
  return [way.updateLedger({ ...ledgerOf(plan, location), query: way.changes(plan, location), set, where })]
}

/** Takes anew what somebody wrote since the last dry run: rows of the ledger, and columns of its rows that it was not about. */
export const takeAnew = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => [
  ...retake(plan, location),
  ...join(plan, location, [])
]

/** Takes rows of some ids, or of all, that came or changed since the dry run: they go with the row that they refer to. */
export const takeLate = (
  plan: SqlPlan,
  location: PlannedLocation,
  ids: ReadonlyArray<string> | undefined
): ReadonlyArray<string> => {
  const only = ids === undefined ? [] : [`c.old_value IN (${ids.map(quoteText).join(", ")})`]
  return [...retake(plan, location, only), ...join(plan, location, only), addRows(plan, location, only)]
}

const addRows = (plan: SqlPlan, location: PlannedLocation, only: ReadonlyArray<string>): string => {
  const ledger = tables(plan).ledger(location)
  // MySQL: a column that may have no value has none by default in some tables only.
  const others = plan.locations.filter(({ index }) => index !== location.index && location.shares.includes(index))
  const empty = others.flatMap((one) =>
    ([...valuesOf(one), "stands"] as const).map((name) => [ledgerColumn(one, name), "NULL"] as const)
  )
  const origin = isExtensible(location) ? [["origin_value", "NULL"] as const] : []
  const columns = [
    ...ledgerColumns(location).map(([column, value]) => [column, `c.${value}`] as const),
    ...origin,
    ...empty
  ]
  const conditions = seenAs(plan, location).map((same) => `NOT EXISTS (SELECT 1 FROM ${ledger} l WHERE ${same})`)
  // Seen again, an id that is source and target may have been rewritten already: only the first run may take it.
  if (location.set.overlap.length > 0) {
    conditions.push(`NOT EXISTS (SELECT 1 FROM ${tables(plan).run} r WHERE r.item = 'prepared')`)
  }
  return `${insertInto(plan, ledger, columns)} FROM (${dialects[plan.dialect].changes(plan, location)}) c WHERE ${[...only, ...conditions].join(" AND ")}`
}

/**
 * What finds the ledger row `l` of a row `c` that is seen again: by its key as it was, or, with parts of it rewritten, by the
 * one that it ends with. That may be the end of another row, too: as long as the one of the ledger row is there, it is none.
 */
const seenAs = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => {
  const way = dialects[plan.dialect]
  const keys = keysOf(location)
  const is = (k: string, name = k) => `l.${name} = ${way.keyValue(`c.${k}`)}`
  const before = keys.map(({ k }) => is(k)).join(" AND ")
  // A key that is source and target would find the ledger row of another.
  if (location.ambiguous || otherRewriters(location).length === 0) return [before]
  const later = keys.map(({ k, w, rewrittenBy }) => {
    const rewriter = plan.locations[rewrittenBy ?? -1]
    if (w === undefined || rewriter === undefined) return is(k)
    const ends = `l.${w} = ${way.keyAfter(`c.${w}`, rewriter)}`
    return rewriter === location ? `${ends} AND ${is(k)}` : `${ends} AND (${is(k)} OR ${is(k, w)})`
  })
  const done = keys.map(({ k, w }) => is(k, w)).join(" AND ")
  const there = keys.map(({ column, k, w }) => ({ column: columnOf(plan, column), k: `l.${k}`, w: `l.${w ?? k}` }))
  const at = (end: "k" | "w") =>
    `NOT EXISTS (SELECT 1 FROM ${tableOf(plan, location)} t WHERE ${there.map((key) => `${key.column} = ${key[end]}`).join(" AND ")})`
  return [before, `${later.join(" AND ")} AND (${done} OR (${at("k")} AND ${at("w")}))`]
}

/**
 * Takes rows anew that are in the ledger and hold an id of the source again, or still, though not the value that was
 * taken: somebody wrote them. The value that stood there first is kept beside.
 */
const retake = (plan: SqlPlan, location: PlannedLocation, only: ReadonlyArray<string> = []): ReadonlyArray<string> => {
  if (location.ambiguous) return []
  const way = dialects[plan.dialect]
  const old = `l.${ledgerColumn(location, "old_value")}`
  const stands = ledgerColumn(location, "stands")
  const first = ledgerColumn(location, "earliest_value")
  const origin = isExtensible(location) ? "COALESCE(l.origin_value, l.old_value)" : old
  const set = [
    [first, `COALESCE(l.${first}, ${asText(plan, location, origin)})`] as const,
    ...(isExtensible(location) ? [["origin_value", "NULL"] as const] : []),
    ...valuesOf(location).map((value) => [ledgerColumn(location, value), `c.${value}`] as const),
    [stands, "'old_value'"] as const
  ]
  const unchanged = `${way.same(old, "c.old_value")} AND l.${stands} = 'old_value'`
  const there = isShared(location) ? [`l.${stands} IS NOT NULL`] : []
  // One after the other: no index is of use to both at once.
  return seenAs(plan, location).map((same) => {
    const where = [...only, ...there, same, `NOT (${unchanged})`, isPrepared(plan)].join(" AND ")
    return way.updateLedger({ ...ledgerOf(plan, location), query: way.changes(plan, location), set, where })
  })
}

/** A value of a ledger in the way that its first one is kept. */
const asText = ({ dialect }: SqlPlan, { columnType }: PlannedLocation, value: string): string =>
  dialect === "mysql"
    ? `CONVERT(${columnType === "bytes" ? `HEX(${value})` : value} USING utf8mb4)`
    : `CAST(${value} AS text)`

/**
 * After an extension: of what a ledger has, values of which the mapping makes something else now. Where apply's own output
 * stands it is what the rest is made of, and what stood there before is kept as the origin.
 */
export const renewValues = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => {
  if (!isExtensible(location)) return []
  const way = dialects[plan.dialect]
  const written = "l.stands = 'new_value'"
  const set = [
    [
      "origin_value",
      `CASE WHEN ${written} THEN COALESCE(l.origin_value, l.old_value) ELSE l.origin_value END`
    ] as const,
    ["old_value", `CASE WHEN ${written} THEN l.new_value ELSE l.old_value END`] as const,
    ["new_value", "c.new_value"] as const,
    ["stands", "'old_value'"] as const
  ]
  return [
    way.updateLedger({
      ...ledgerOf(plan, location),
      query: way.changes(plan, ledgerAsTable(plan, location)),
      set,
      where: stale(plan, location)
    })
  ]
}

/** Rows `l` of a ledger of which the mapping makes something else now, `c`. */
const stale = (plan: SqlPlan, location: PlannedLocation): string =>
  `l.n = c.k1 AND NOT (${dialects[plan.dialect].keeps("l.new_value", "c.new_value", location)})`

/** After an extension: the keys that rows have once the locations that rewrite them are written. */
export const renewKeys = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> =>
  keysOf(location).flatMap(({ k, w, rewrittenBy }) => {
    const rewriter = rewrittenBy === location.index ? undefined : plan.locations[rewrittenBy ?? -1]
    if (rewriter === undefined || w === undefined) return []
    const way = dialects[plan.dialect]
    const { schema, table, column, key } = ledgerAsTable(plan, location, ["n"], k)
    const keys = way.changes(plan, { ...rewriter, schema, table, column, key })
    const differs = `NOT (${way.keeps(`l.${w}`, "c.new_value", rewriter)})`
    return [
      way.updateLedger({
        ...ledgerOf(plan, location),
        query: keys,
        set: [[w, "c.new_value"]],
        where: `l.n = c.k1 AND ${differs}`
      })
    ]
  })

/** Counts, as `n`, rows of a ledger of which an extension made apply's output what to start from. */
export const extendedRows = (plan: SqlPlan, location: PlannedLocation): string | undefined =>
  isExtensible(location)
    ? `SELECT COUNT(*) AS n FROM ${tables(plan).ledger(location)} b WHERE b.origin_value IS NOT NULL`
    : undefined

/** Whether a dry run came to its end before: its ledgers may have rows that were written since. */
export const isPrepared = (plan: SqlPlan): string =>
  `EXISTS (SELECT 1 FROM ${tables(plan).run} r WHERE r.item = 'prepared')`

/** Remembers how many rows a table has, and how many of them without a value in each of some columns. */
export const remember = (plan: SqlPlan, locations: ReadonlyArray<PlannedLocation>): ReadonlyArray<string> =>
  locations.slice(0, 1).flatMap((first) => {
    const items = locations.flatMap(({ index, column }) => [
      { item: quoteText(`rows ${index + 1}`), name: `r${index}`, count: "COUNT(*)" },
      {
        item: quoteText(`nulls ${index + 1}`),
        name: `v${index}`,
        count: `COUNT(*) - COUNT(${columnOf(plan, column)})`
      }
    ])
    const counts = items.map(({ name, count }) => `${count} AS ${name}`).join(", ")
    const each = items.map(({ item }, at) => `SELECT ${at} AS at_n, ${item} AS item`).join(" UNION ALL ")
    const value = items.map(({ name }, at) => `WHEN ${at} THEN q.${name}`).join(" ")
    const { run } = tables(plan)
    return [
      `DELETE FROM ${run} WHERE item IN (${items.map(({ item }) => item).join(", ")})`,
      `INSERT INTO ${run} (item, value) SELECT i.item, CAST(CASE i.at_n ${value} END AS CHAR(20)) FROM (SELECT ${counts} FROM ${tableOf(plan, first)} t) q, (${each}) i`
    ]
  })

/**
 * For a transaction of PostgreSQL: rows of a range are looked up by their key. Its planner prefers to read the whole
 * table, for every range again.
 */
export const byKey: ReadonlyArray<string> = [
  "SET LOCAL enable_hashjoin = off",
  "SET LOCAL enable_mergejoin = off",
  // To compile a statement takes longer than to write the rows of a range.
  "SET LOCAL jit = off"
]

/** PostgreSQL: a lock that cannot be had must not queue everybody else behind it. */
export const lockTimeout = "lock_timeout = '3s'"

/**
 * The same for a live step, which tries again: it gives up before the server looks for deadlocks, so that it is never
 * somebody else's transaction that dies of one. It does not wait for the disk either: rows and their marks are in one
 * transaction, and what a crash of the server takes back is written by the next run.
 */
export const shortLocks =
  "SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '200ms', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)"

/** PostgreSQL: a transaction that waits for the disk, and so for all before it. */
export const flush = (plan: SqlPlan): string => `UPDATE ${tables(plan).run} SET value = value WHERE item = 'layout'`

/** The condition that a ledger row `b` still waits for a step. */
const waits = ({ locations, from, to }: Pick<Step, "locations" | "from" | "to">): string => {
  const all = `(${locations.map((one) => `b.${ledgerColumn(one, "stands")} = '${from}'`).join(" OR ")})`
  return to === "origin_value" ? `${all} AND b.origin_value IS NOT NULL` : all
}

/**
 * Ledger rows of a range that still wait, with their rows. MySQL: in this order, or it would go through rows of others, and
 * fail at one that has nothing to do with the range.
 */
const waitingRows = (plan: SqlPlan, step: Step, range: ReadonlyArray<string>): string =>
  `${tables(plan).ledger(step.location)} b ${plan.dialect === "mysql" ? "STRAIGHT_JOIN" : "JOIN"} ${tableOf(plan, step.location)} t ON ${step.match} WHERE ${[...range, waits(step)].join(" AND ")}`

/** Locks the rows of some ledger rows, or fails at once. MySQL: in a deadlock it would be the smaller transaction that dies. */
export const lockRows = (plan: SqlPlan, step: Step, range: ReadonlyArray<string>): string =>
  `SELECT COUNT(*) AS n FROM ${waitingRows(plan, step, range)} FOR UPDATE NOWAIT`

/**
 * Selects the rows of some ledger rows that still wait: `n`, the old id as `id`, and the key that the row has now as `v1…`.
 */
export const rowsThatWait = (plan: SqlPlan, step: Step, range: ReadonlyArray<string>): string => {
  const key = keysOf(step.location).map(({ column }, at) => `${columnOf(plan, column)} AS v${at + 1}`)
  const id = idText(plan)(`b.${ledgerColumn(step.location, "old_value")}`)
  return `SELECT ${["b.n AS n", `${id} AS id`, ...key].join(", ")} FROM ${waitingRows(plan, step, range)} ORDER BY b.n`
}

/**
 * Selects, as `n`, those that nobody holds, and locks them; one statement for each lock that an update may take. PostgreSQL:
 * that of a column which no key of others can refer to is a weaker one.
 */
export const freeRows = (plan: SqlPlan, step: Step, range: ReadonlyArray<string>): ReadonlyArray<string> => {
  const free = `SELECT b.n AS n FROM ${waitingRows(plan, step, range)} FOR`
  return plan.dialect === "postgres"
    ? [`${free} NO KEY UPDATE OF t SKIP LOCKED`, `${free} UPDATE OF t SKIP LOCKED`]
    : [`${free} UPDATE SKIP LOCKED`]
}

/** Counts ledger rows of a range that still wait: all of them as `n`, those of each location of a step as `n1…`. */
export const waitingCounts = (plan: SqlPlan, step: Step, range: ReadonlyArray<string>): string => {
  const each = step.locations.map(
    (one, at) =>
      `COALESCE(SUM(CASE WHEN b.${ledgerColumn(one, "stands")} = '${step.from}' THEN 1 ELSE 0 END), 0) AS n${at + 1}`
  )
  return `SELECT COUNT(*) AS n, ${each.join(", ")} FROM ${tables(plan).ledger(step.location)} b WHERE ${[...range, waits(step)].join(" AND ")}`
}

/**
 * Selects, as `v`, ids of the runtime to which rows refer that are not in the ledger of their column: they were written since,
 * and a parent that is put back would leave them behind.
 */
export const referredTo = (
  plan: SqlPlan,
  child: PlannedLocation,
  parent: PlannedLocation,
  ids: ReadonlyArray<string> | undefined
): string => {
  const way = dialects[plan.dialect]
  const ledger = (location: PlannedLocation) => ledgerRows(plan, location)
  const value = columnOf(plan, child.column)
  const match = matchEither(plan, { location: child, from: "new_value" })
  const own = `SELECT 1 FROM ${ledger(child)} b WHERE ${match} AND b.stands = 'new_value' AND ${way.same(value, "b.new_value")}`
  const moved =
    ids === undefined
      ? `EXISTS (SELECT 1 FROM ${ledger(parent)} p WHERE p.stands = 'new_value' AND p.new_value = ${value})`
      : `${value} IN (${ids.map(quoteText).join(", ")})`
  // A planner that does not know yet what apply has marked makes a join of NOT EXISTS that reads the ledger once per row.
  const stranger = plan.dialect === "postgres" ? `(${own} LIMIT 1) IS NULL` : `NOT EXISTS (${own})`
  return `SELECT DISTINCT ${idText(plan)(value)} AS v FROM ${tableOf(plan, child)} t WHERE ${moved} AND ${stranger}`
}

/** The update of some rows of the ledger, one transaction. In a script the range's ends are variables of a loop. */
export const updateRange = (
  plan: SqlPlan,
  move: Move & { readonly match?: string },
  range: ReadonlyArray<string>,
  settled?: string
): MarkedUpdate => {
  const toOrigin = move.to === "origin_value"
  const update = dialects[plan.dialect].update({
    plan,
    ...move,
    match: move.match ?? matchDuring(plan, move, move.from),
    range,
    // Once for the whole ledger was before: this is for what somebody writes into it meanwhile.
    where: [prepared(plan), ...asks(plan, settled)(move.location), ...(toOrigin ? ["b.origin_value IS NOT NULL"] : [])]
  })
  if (!toOrigin) return update
  // The row is again what the first dry run found, and so is the ledger's.
  const settle = `UPDATE ${tables(plan).ledger(move.location)} AS b SET old_value = b.origin_value, origin_value = NULL, stands = 'old_value' WHERE ${[...range, "b.stands = 'origin_value'"].join(" AND ")}`
  return { ...update, after: [...update.after, settle] }
}

/**
 * PostgreSQL: selects, as `v`, a transaction before which all have ended. What of a ledger was written before it is what the
 * guards look at afterwards.
 */
export const settledBefore = "SELECT txid_snapshot_xmin(txid_current_snapshot()) % 4294967296 AS v"

/**
 * What is asked of each value that is written, as far as somebody may have written it since all of them were looked at. SQLite
 * has one writer.
 */
const asks =
  (plan: SqlPlan, settled: string | undefined) =>
  (location: PlannedLocation): ReadonlyArray<string> => {
    if (location.kind !== "id" || (plan.dialect === "sqlite" && plan.transaction === "single")) return []
    const leads = dialects[plan.dialect].leads(plan, location)
    return [
      settled === undefined ? leads : `CASE WHEN age(b.xmin) > age('${settled}'::xid) THEN true ELSE ${leads} END`
    ]
  }

/** The same for all columns of a step at once. */
export const updateTogether = (
  plan: SqlPlan,
  { locations, from, to, match }: Step,
  range: ReadonlyArray<string>,
  settled?: string
): TogetherUpdate | undefined => {
  const [first, ...others] = locations
  return first === undefined || others.length === 0
    ? undefined
    : dialects[plan.dialect].updateTogether({
        plan,
        locations: [first, ...others],
        from,
        to,
        match,
        range,
        where: [prepared(plan)],
        asks: asks(plan, settled)
      })
}

/** A value as text, in the way of the plan's database. */
export const idText = (plan: SqlPlan): ((value: string) => string) =>
  plan.dialect === "mysql" ? (value) => `CONVERT(${value} USING utf8mb4)` : dialects[plan.dialect].text

/** Counts, as `n`, the rows that apply would write: they still hold what the ledger has of them. */
export const pendingRows = (plan: SqlPlan, location: PlannedLocation): string => {
  const way = dialects[plan.dialect]
  const holds = (["old_value", ...(location.twoStep ? ["tmp_value" as const] : [])] as const).map((from) => {
    const match = matchEither(plan, { location, from })
    const same = way.same(columnOf(plan, location.column), `b.${ledgerColumn(location, from)}`)
    return `(SELECT COUNT(*) FROM ${tables(plan).ledger(location)} b JOIN ${tableOf(plan, location)} t ON ${match} WHERE b.${ledgerColumn(location, "stands")} = '${from}' AND ${same})`
  })
  return `SELECT ${holds.join(" + ")} AS n FROM (SELECT 1 AS one) q`
}

/**
 * Selects up to five rows that hold neither what apply wrote nor what stood there before: the key that each has now, as
 * `v1…`.
 */
export const driftedRows = (plan: SqlPlan, location: PlannedLocation): string => {
  const way = dialects[plan.dialect]
  const value = columnOf(plan, location.column)
  const key = keysOf(location).map(({ column }, at) => `${columnOf(plan, column)} AS v${at + 1}`)
  const holds = (name: LedgerValue) => way.same(value, `b.${name}`)
  const known = `${value} IS NOT NULL AND (${holds("new_value")} OR (b.stands = 'old_value' AND ${holds("old_value")}))`
  return `SELECT ${key.join(", ")} FROM ${ledgerRows(plan, location)} b JOIN ${tableOf(plan, location)} t ON ${keysNow(plan, location)} WHERE CASE WHEN ${known} THEN 1 ELSE 0 END = 0 ORDER BY b.n LIMIT 5`
}

/** The dry run of one location: rows that change, ids of the source in them, ids that they become. */
export const dryRunCounts = (plan: SqlPlan, location: PlannedLocation): string => {
  const way = dialects[plan.dialect]
  const ledger = ledgerRows(plan, location)
  const text = (name: string) =>
    plan.dialect === "postgres" && location.columnType === "uuid" && location.kind === "id"
      ? `l.${name}`
      : way.text(`l.${name}`)
  if (location.kind === "id") {
    const [old, next] = [text("old_value"), text("new_value")]
    if (plan.dialect !== "sqlite") {
      const pairs = `SELECT ${old} AS o, ${next} AS w, COUNT(*) AS n FROM ${ledger} l GROUP BY ${old}, ${next}`
      return `SELECT COALESCE(SUM(p.n), 0) AS changes, COUNT(DISTINCT p.o) AS befores, COUNT(DISTINCT p.w) AS afters FROM (${pairs}) p`
    }
    // To count would be to sort.
    const pairs = `SELECT DISTINCT ${old} AS o, ${next} AS w FROM ${ledger} l`
    return `SELECT (SELECT COUNT(*) FROM ${ledger} b) AS changes, COUNT(DISTINCT p.o) AS befores, COUNT(DISTINCT p.w) AS afters FROM (${pairs}) p`
  }
  const distinct = (name: string) =>
    `(SELECT COUNT(*) FROM (SELECT DISTINCT ${text(name)} AS v FROM ${ledger} l) ${name}s)`
  return `SELECT COUNT(*) AS changes, ${distinct("old_value")} AS befores, ${distinct("new_value")} AS afters FROM ${ledger} l`
}

/**
 * Counts, as `n1…`, the rows whose id is neither of the source nor of the runtime, of all locations of a ledger: what the
 * ledger has of a row need not be looked up in the mapping.
 */
export const unmappedTogether = (plan: SqlPlan, locations: ReadonlyArray<PlannedLocation>): ReadonlyArray<string> => {
  const way = dialects[plan.dialect]
  const { map, ledger } = tables(plan)
  return locations.slice(0, 1).map((first) => {
    const counts = locations.map((location, at) => {
      const { id } = way.lookup(plan, location, "m")
      const value = columnOf(plan, location.column)
      const has = (name: LedgerValue) => way.keeps(`l.${ledgerColumn(location, name)}`, value, location)
      const mapped = (end: string) =>
        `EXISTS (SELECT 1 FROM ${map} m WHERE ${inSet("m", location)} AND m.${end} = ${id})`
      return `COALESCE(SUM(CASE WHEN ${value} IS NULL THEN 0 WHEN ${has("old_value")} THEN 0 WHEN ${has("new_value")} THEN 0 WHEN COALESCE(${id}, '') = '' THEN 0 WHEN ${mapped("source")} THEN 0 WHEN ${mapped("target")} THEN 0 ELSE 1 END), 0) AS n${at + 1}`
    })
    return `SELECT ${counts.join(", ")} FROM ${tableOf(plan, first)} t LEFT JOIN ${ledger(first)} l ON ${keyIn(plan, first)}`
  })
}

/**
 * Ledger rows by what their row holds now: the new value, the old one, none, another; or no such row any more. `before` finds
 * them by their old keys, and those whose key is still the new one (a rollback left it) by that.
 */
export const stateCounts = (plan: SqlPlan, location: PlannedLocation, keys: "before" | "after"): string => {
  const way = dialects[plan.dialect]
  const value = columnOf(plan, location.column)
  const present = columnOf(plan, location.key[0]?.column ?? location.column)
  const { match, joins } = keys === "after" ? { match: keysNow(plan, location), joins: "" } : keysLeft(plan, location)
  const is = (name: LedgerValue) =>
    `${present} IS NOT NULL AND ${value} IS NOT NULL AND ${way.same(value, `b.${name}`)}`
  const count = (condition: string, name: string) =>
    `COALESCE(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END), 0) AS ${name}`
  const emptied = count(`${present} IS NOT NULL AND ${value} IS NULL`, "emptied")
  const stands = (name: LedgerValue) => `${is(name)} AND b.stands = '${name}'`
  // What we left there is to be told from what somebody wrote since.
  const renewed = keys === "after" ? is("new_value") : stands("new_value")
  const reserved = location.twoStep ? ` OR (${is("tmp_value")})` : ""
  const old = keys === "after" ? `(${stands("old_value")})${reserved}` : is("old_value")
  const since = `${stands("old_value")} AND b.earliest_value IS NOT NULL AND NOT (${way.same("b.earliest_value", asText(plan, location, "b.old_value"))})`
  return `SELECT COUNT(*) AS changes, ${count(renewed, "renewed")}, ${count(old, "old")}, ${count(since, "since")}, ${emptied}, ${count(`${present} IS NULL`, "missing")} FROM ${ledgerRows(plan, location)} b${joins} LEFT JOIN ${tableOf(plan, location)} t ON ${match}`
}

/** What finds rows by the keys that they have once all is applied. */
const keysNow = (plan: SqlPlan, location: PlannedLocation): string =>
  keysOf(location)
    .map(({ column, k, w }) => `${columnOf(plan, column)} = b.${w ?? k}`)
    .join(" AND ")

/**
 * What finds rows by their old keys, or by the new ones where those stand, as the ledgers of the key's columns say: `x` by the
 * old key, and `y` by the new one, which is what a row had that was taken when its key was rewritten already.
 */
const keysLeft = (plan: SqlPlan, location: PlannedLocation): { readonly match: string; readonly joins: string } => {
  const keys = keysOf(location)
  const joins: Array<string> = []
  const join = (other: PlannedLocation, alias: string, column: (key: (typeof keys)[number]) => string) => {
    const same = keys.map((key) => `${alias}.${column(key)} = b.${key.k}`).join(" AND ")
    joins.push(` LEFT JOIN ${tables(plan).ledger(other)} ${alias} ON ${same}`)
  }
  const match = keys.map(({ column, k, w, rewrittenBy }) => {
    const key = columnOf(plan, column)
    const other = rewrittenBy === undefined ? undefined : plan.locations[rewrittenBy]
    if (w === undefined || other === undefined) return `${key} = b.${k}`
    const reserved = (ledger: string) =>
      other.twoStep ? ` WHEN ${ledger}.stands = 'tmp_value' THEN ${ledger}.tmp_value` : ""
    if (other.index === location.index)
      return `${key} = CASE WHEN b.stands = 'new_value' THEN b.${w}${reserved("b")} ELSE b.${k} END`
    const [x, y] = [`x${other.index}`, `y${other.index}`]
    join(other, x, (key) => key.k)
    if (!location.ambiguous) join(other, y, (key) => key.w ?? key.k)
    const taken = location.ambiguous ? "" : ` WHEN ${y}.stands = 'old_value' THEN ${y}.${k}`
    return `${key} = CASE WHEN ${x}.stands = 'new_value' THEN b.${w}${reserved(x)}${taken} ELSE b.${k} END`
  })
  return { match: match.join(" AND "), joins: joins.join("") }
}

/** Rows of a table and rows without a value, as they were remembered. */
export const rememberedCounts = (plan: SqlPlan, location: PlannedLocation): string => {
  const then = (name: string) =>
    `(SELECT r.value FROM ${tables(plan).run} r WHERE r.item = ${quoteText(`${name} ${location.index + 1}`)})`
  return `SELECT ${then("rows")} AS rows_then, ${then("nulls")} AS nulls_then`
}

/** Rows of a table and rows without a value, then and now. */
export const tableCounts = (plan: SqlPlan, location: PlannedLocation): string => {
  const { run } = tables(plan)
  const then = (name: string) =>
    `(SELECT r.value FROM ${run} r WHERE r.item = ${quoteText(`${name} ${location.index + 1}`)})`
  return `SELECT COUNT(*) AS rows_now, COUNT(*) - COUNT(${columnOf(plan, location.column)}) AS nulls_now, ${then("rows")} AS rows_then, ${then("nulls")} AS nulls_then FROM ${tableOf(plan, location)} t`
}

/** Rows of a child whose parent is not there. */
export const orphans = (
  plan: SqlPlan,
  foreignKeys: ReadonlyArray<ForeignKey> = plan.foreignKeys
): ReadonlyArray<{ readonly label: string; readonly sql: string }> =>
  foreignKeys.map(({ name, schema, table, columns, refSchema, refTable, refColumns }) => {
    const quote = (column: string) => quoteName(plan.dialect, column)
    const on = columns.map((column, at) => `p.${quote(refColumns[at] ?? "")} = t.${quote(column)}`).join(" AND ")
    const set = columns.map((column) => `t.${quote(column)} IS NOT NULL`).join(" AND ")
    return {
      label: name ?? `${table}.${columns.join(",")}`,
      sql: `SELECT COUNT(*) AS n FROM ${tableOf(plan, { schema, table })} t WHERE ${set} AND NOT EXISTS (SELECT 1 FROM ${tableOf(plan, { schema: refSchema, table: refTable })} p WHERE ${on})`
    }
  })

/** Around a single transaction of PostgreSQL: constraints wait until its end, and are put back as they were. */
export const deferral = (
  plan: SqlPlan
): { readonly before: ReadonlyArray<string>; readonly after: ReadonlyArray<string> } => {
  if (plan.foreignKeys.length === 0) return { before: [], after: [] }
  switch (plan.dialect) {
    case "sqlite":
      return { before: ["PRAGMA defer_foreign_keys = ON"], after: [] }
    case "mysql":
      return { before: ["SET SESSION foreign_key_checks = 0"], after: ["SET SESSION foreign_key_checks = 1"] }
    case "postgres": {
      const alter = ({ schema, table, name = "" }: SqlPlan["foreignKeys"][number], to: string) =>
        `ALTER TABLE ${tableOf(plan, { schema, table })} ALTER CONSTRAINT ${quoteName("postgres", name)} ${to}`
      const rigid = plan.foreignKeys.filter(({ deferrable }) => deferrable !== true)
      return {
        before: [...rigid.map((key) => alter(key, "DEFERRABLE INITIALLY DEFERRED")), "SET CONSTRAINTS ALL DEFERRED"],
        // Checked here: a constraint with checks to come cannot be altered.
        after: ["SET CONSTRAINTS ALL IMMEDIATE", ...rigid.map((key) => alter(key, "NOT DEFERRABLE"))]
      }
    }
  }
}

/** Counts, as `n`, the rows of a ledger. */
export const ledgerSize = (plan: SqlPlan, location: PlannedLocation): string =>
  `SELECT COUNT(*) AS n FROM ${ledgerRows(plan, location)} b`

/** Counts, as `n`, 1 where the ledger is there. */
export const ledgerExists = (plan: SqlPlan, location: PlannedLocation): string =>
  dialects[plan.dialect].exists(tables(plan).ledger(location))

/** Counts, as `n`, the rows that hold what apply wrote, as far as we know. */
export const writtenRows = (plan: SqlPlan, location: PlannedLocation): string =>
  `${ledgerSize(plan, location)} WHERE ${["b.stands <> 'old_value'", ...(isExtensible(location) ? ["b.origin_value IS NOT NULL"] : [])].join(" OR ")}`

/** Counts, as `n`, the rows that hold what apply wrote before an extension, which waits for apply. */
export const unfinishedRows = (plan: SqlPlan, location: PlannedLocation): string | undefined =>
  isExtensible(location)
    ? `SELECT COUNT(*) AS n FROM ${tables(plan).ledger(location)} b JOIN ${tableOf(plan, location)} t ON ${matchEither(plan, { location, from: "old_value" })} WHERE b.stands = 'old_value' AND b.origin_value IS NOT NULL AND ${dialects[plan.dialect].same(columnOf(plan, location.column), "b.old_value")}`
    : undefined

const droppedItem = ({ index }: PlannedLocation): string => quoteText(`dropped ${index + 1}`)

/** Counts, as `n`, the rows of a location whose values were dropped. */
export const droppedRows = (plan: SqlPlan, location: PlannedLocation): string =>
  `SELECT COALESCE(SUM(CAST(r.value AS DECIMAL(20))), 0) AS n FROM ${tables(plan).run} r WHERE r.item = ${droppedItem(location)}`

/** Forgets them: they went back through the inverse mapping. */
export const forgetDropped = (plan: SqlPlan, location: PlannedLocation): string =>
  `DELETE FROM ${tables(plan).run} WHERE item = ${droppedItem(location)}`

/**
 * Drops the values of a location, with their rows, and remembers how many of those hold what apply wrote: the others lose
 * nothing.
 */
export const dropValues = (plan: SqlPlan, location: PlannedLocation): ReadonlyArray<string> => {
  const { run, ledger } = tables(plan)
  const item = droppedItem(location)
  const name = ledger(location)
  const sum = `SELECT CAST((${writtenRows(plan, location)}) + COALESCE(MAX(CAST(r.value AS DECIMAL(20))), 0) AS CHAR(20)) AS value FROM ${run} r WHERE r.item = ${item}`
  const next = quoteText(`dropping ${location.index + 1}`)
  return [
    `DELETE FROM ${run} WHERE item = ${next}`,
    `INSERT INTO ${run} (item, value) SELECT ${next}, q.value FROM (${sum}) q`,
    // A row that is deleted stays in the file until its page is written anew.
    plan.dialect === "sqlite" ? "PRAGMA secure_delete = ON" : `TRUNCATE TABLE ${name}`,
    ...(plan.dialect === "sqlite" ? [`DELETE FROM ${name}`] : []),
    `DELETE FROM ${run} WHERE item = ${item}`,
    `UPDATE ${run} SET item = ${item} WHERE item = ${next}`
  ]
}

/** Drops what a run made; last what says that it did. */
export const drop = (plan: SqlPlan): ReadonlyArray<string> => [
  ...[...otherTables(plan), tables(plan).run].map((table) => `DROP TABLE IF EXISTS ${table}`),
  ...dialects[plan.dialect].dropRest(plan)
]
