/**
 * SQLite 3.35 or later. JSON and texts are read by plain functions: neither regular expressions nor extensions.
 */
import {
  columnOf,
  inSet,
  isMany,
  isRekeyed,
  keysAfter,
  keyed,
  keysOf,
  ledgerColumn,
  otherRewriters,
  selectList,
  type SqlDialect,
  tableOf,
  tables,
  storedValuesOf,
  together
} from "./dialect.ts"
import { guardTable } from "./guardTable.ts"
import { quoteName, quoteText } from "./names.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"

const text = (value: string): string => `${value} COLLATE BINARY`

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

const hexDigits = "0123456789abcdefABCDEF"
const otherLetters = "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ_-"

/** Characters of an id inside of text, and inside of JSON. */
const idCharacters = ({ kind }: PlannedLocation): string => (kind === "json-any" ? `'${letters}_.-'` : `'${letters}_-'`)

/** ASCII that cannot be part of an id in text, as literals: passed over at once. Anything else is passed over one by one. */
const separatorList = [
  ...[...' !"#$%&()*+,./:;<=>?@[\\]^`{|}~'].map((one) => `'${one}'`),
  "''''",
  "char(9)",
  "char(10)",
  "char(13)"
]
const separators = `(${separatorList.join(" || ")})`

/** A character that means nothing to anybody, and begins a mark; where a text has it, it is told from those. */
const mark = "char(57344)"
// No separators, and no part of an id.
const itself = "char(57344, 57345)"
const boundary = "char(57344, 57346)"

/**
 * A text in pieces, as the rows of `pieces` (`e.value`), in their order: `cut` puts boundaries into it. They become those
 * between the items of a list of JSON, which is read in one go, so that the time grows with the length alone.
 */
const piecesOf = (value: string, cut: (value: string) => string): string =>
  `json_each('[' || replace(json_quote(${cut(`replace(${value}, ${mark}, ${itself})`)}), ${boundary}, '","') || ']') AS e`

/** Pieces put together again. */
const joined = (pieces: string, separator: string): string =>
  `replace((SELECT group_concat(q.piece, ${separator}) FROM (${pieces}) q), ${itself}, ${mark})`

const lead = (value: string, characters: string): string =>
  `substr(${value}, 1, length(${value}) - length(ltrim(${value}, ${characters})))`

/** What a source id becomes; NULL for one that is not known. */
const targetOf = (plan: SqlPlan, location: PlannedLocation, fresh: boolean, id: string): string =>
  `(SELECT m.target FROM ${tables(plan).map} m WHERE ${inSet("m", location)} AND m.source = ${id}${fresh ? " AND m.again = 0" : ""})`

const mapped = (plan: SqlPlan, location: PlannedLocation, fresh: boolean, word: string): string =>
  `coalesce(${targetOf(plan, location, fresh, word)}, ${word})`

/**
 * A word with the UUIDs in it replaced: from group to group of hexadecimal digits, so that none is before one that
 * is looked up, and none may be behind it.
 */
const mappedWord = (plan: SqlPlan, location: PlannedLocation, fresh: boolean, word: string): string => {
  const alone = (length: number) =>
    `CASE WHEN instr('${hexDigits}', substr(g.rest, ${length + 1}, 1)) = 0 OR length(g.rest) = ${length} THEN ${targetOf(plan, location, fresh, `substr(g.rest, 1, ${length})`)} END`
  const run = (characters: string) => `length(g.rest) - length(ltrim(g.rest, '${characters}'))`
  const group = `max(1, ${run(hexDigits)}, ${run(otherLetters)})`
  const taken = `CASE WHEN ${alone(36)} IS NOT NULL THEN 36 WHEN ${alone(32)} IS NOT NULL THEN 32 ELSE ${group} END`
  const inside = `(WITH RECURSIVE g(done, rest) AS (
    SELECT '', ${word}
    UNION ALL
    SELECT g.done || coalesce(${alone(36)}, ${alone(32)}, substr(g.rest, 1, ${group})), substr(g.rest, ${taken} + 1) FROM g WHERE g.rest <> ''
  ) SELECT g.done FROM g WHERE g.rest = '')`
  return `coalesce(${targetOf(plan, location, fresh, word)}, ${inside})`
}

/** Characters of a block, and of the part of a very long value that blocks are taken from. */
const blockSize = 1000
const partSize = 30_000

/**
 * A long value in blocks, each rewritten on its own: every step of a rewriting copies what is left of its text. A block
 * ends where no id can be cut: `more` says how many characters of what follows, of which some thousand are looked at, still
 * belong to it. To find a block, its text is counted from the beginning: blocks of a very long value are those of its parts.
 */
const inBlocks = (value: string, more: (following: string) => string, rewritten: (block: string) => string): string => {
  const cut = (name: string, whole: string, step: number, next: (block: string) => string): string => {
    const size = `${step} + ${more(`substr(${whole}, ${name}.at + ${step}, 4000)`)}`
    return `(WITH RECURSIVE ${name}(done, block, at) AS (
    SELECT '', '', 1
    UNION ALL
    SELECT ${name}.done || ${next(`${name}.block`)}, substr(${whole}, ${name}.at, ${size}), ${name}.at + ${size} FROM ${name} WHERE ${name}.block <> '' OR ${name}.at <= length(${whole})
  ) SELECT ${name}.done FROM ${name} WHERE ${name}.block = '' AND ${name}.at > length(${whole}))`
  }
  const short = cut("b", value, blockSize, rewritten)
  const long = cut("p", value, partSize, (part) => cut("b", part, blockSize, rewritten))
  return `CASE WHEN length(${value}) > ${2 * partSize} THEN ${long} ELSE ${short} END`
}

/** What has no separator in it with its ids replaced: from left to right, a run of id characters (`tok`) and what ends it at a time. */
const rewrittenRun = (plan: SqlPlan, location: PlannedLocation, fresh: boolean, value: string): string => {
  const characters = idCharacters(location)
  const cut = `max(1, length(s.rest) - length(ltrim(s.rest, ${separators})))`
  const rest = `substr(s.rest, ${cut} + 1)`
  const id = location.set.uuids
    ? `CASE WHEN length(s.tok) < 32 THEN s.tok ELSE ${mappedWord(plan, location, fresh, "s.tok")} END`
    : `CASE WHEN length(s.tok) < 20 THEN s.tok ELSE ${mapped(plan, location, fresh, "s.tok")} END`
  return `(WITH RECURSIVE s(done, tok, rest) AS (
    SELECT '', ${lead(value, characters)}, ltrim(${value}, ${characters})
    UNION ALL
    SELECT s.done || ${id} || substr(s.rest, 1, ${cut}), ${lead(rest, characters)}, ltrim(${rest}, ${characters}) FROM s WHERE s.rest <> ''
  ) SELECT s.done || ${id} FROM s WHERE s.rest = '')`
}

/** A text with its ids replaced. A piece of it is a separator, or none, and what stands behind it. */
const rewrittenText = (plan: SqlPlan, location: PlannedLocation, fresh: boolean, value: string): string => {
  const run = inBlocks(
    "w.word",
    // To the end of the run of characters that an id may have.
    (following) => `length(${following}) - length(ltrim(${following}, ${idCharacters(location)}))`,
    (block) => rewrittenRun(plan, location, fresh, block)
  )
  const shortest = location.set.uuids ? 32 : 20
  const pieces = piecesOf(value, (text) =>
    separatorList.reduce((all, one) => `replace(${all}, ${one}, ${boundary} || ${one})`, text)
  )
  const words = `SELECT e.value, ltrim(e.value, ${separators}) AS word FROM ${pieces}`
  return joined(
    `SELECT CASE WHEN length(w.value) < ${shortest} THEN w.value ELSE substr(w.value, 1, length(w.value) - length(w.word)) || ${run} END AS piece FROM (${words}) w`,
    "''"
  )
}

/**
 * JSON with its ids replaced: from quote to quote. An id is all that stands between two of them; the backslashes before the
 * second are those of JSON that is a text of other JSON. What is before the first quote and behind the last one is no id.
 */
const rewrittenJson = (plan: SqlPlan, location: PlannedLocation, fresh: boolean, value: string): string => {
  const pieces = piecesOf(value, (text) => `replace(${text}, '"', ${boundary})`)
  const id = `rtrim(e.value, '\\')`
  const target = targetOf(plan, location, fresh, id)
  return joined(
    `SELECT coalesce(${target} || substr(e.value, length(${id}) + 1), e.value) AS piece FROM ${pieces}`,
    `'"'`
  )
}

const path = ({ path }: PlannedLocation): string =>
  quoteText(`$${path.map((step) => (typeof step === "number" ? `[${step}]` : `."${step}"`)).join("")}`)

/** Text values only: a text with a NUL in it is longer than its functions see. */
const isText = (column: string): string => `typeof(${column}) = 'text' AND instr(${column}, char(0)) = 0`

/** A column of kind `id` as text. */
const idOf = ({ columnType }: PlannedLocation, column: string): string =>
  `CASE WHEN typeof(${column}) = 'text' THEN ${column}${columnType === "bytes" ? ` WHEN length(${column}) = 16 THEN lower(hex(${column}))` : ""} END`

const current = (plan: SqlPlan, location: PlannedLocation): string => {
  const column = columnOf(plan, location.column)
  if (location.kind === "id") return idOf(location, column)
  return `CASE WHEN ${isText(column)} AND json_valid(${column}) THEN CASE WHEN json_type(${column}, ${path(location)}) = 'text' THEN json_extract(${column}, ${path(location)}) END END`
}

/**
 * What stands in a column afterwards: the target of a mapping row, in the way of the value that stands there. Its bytes are in
 * the mapping table: unhex() is of SQLite 3.41, and a script may meet an older one.
 */
const idIn = ({ columnType }: PlannedLocation, value: string, alias: string): string =>
  columnType === "bytes"
    ? `CASE WHEN typeof(${value}) = 'blob' THEN ${alias}.bytes ELSE ${alias}.target END`
    : `${alias}.target`

const batchesOf = (rows: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  Array.from({ length: Math.ceil(rows.length / 500) }, (_, at) => rows.slice(at * 500, (at + 1) * 500))

const many = (plan: SqlPlan, location: PlannedLocation, fresh: boolean) => {
  const column = columnOf(plan, location.column)
  return location.kind === "text"
    ? { next: rewrittenText(plan, location, fresh, column), where: `${isText(column)} AND length(${column}) >= 20` }
    : {
        next: rewrittenJson(plan, location, fresh, column),
        where: `CASE WHEN ${isText(column)} AND instr(${column}, '"') > 0 THEN json_valid(${column}) ELSE 0 END`
      }
}

/** SQLite's way. */
export const sqlite: SqlDialect = {
  text,
  same: (left, right) => `(${left} COLLATE BINARY) IS ${right}`,
  createRun: (plan) => [`CREATE TABLE IF NOT EXISTS ${tables(plan).run} (item TEXT PRIMARY KEY, value TEXT NOT NULL)`],
  createTables: (plan) => {
    const { map } = tables(plan)
    return [
      // The id first: it is compared at once, and most locations are of one kind.
      `CREATE TABLE IF NOT EXISTS ${map} (kind TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, tmp TEXT NOT NULL, again INTEGER NOT NULL, bytes BLOB, PRIMARY KEY (source, kind)) WITHOUT ROWID`,
      `CREATE INDEX IF NOT EXISTS ${map}_target ON ${map} (target, kind)`,
      ...guardTable(plan)
    ]
  },
  // Whoever can write the file can write all of it.
  close: () => [],
  dropRest: () => [],
  exists: (table) => `SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'table' AND name = ${quoteText(table)}`,
  insertNew: (table, columns, rows) =>
    `INSERT OR IGNORE INTO ${table} (${columns.join(", ")}) VALUES\n${rows.join(",\n")}`,
  createLedger: (plan, location) => {
    const members = plan.locations.filter(({ index }) => location.shares.includes(index))
    const columns = [
      ...keysOf(location).flatMap(({ k, w }) => (w === undefined ? [k] : [k, w])),
      ...members.flatMap((one) =>
        [...storedValuesOf(one), "stands" as const, "earliest_value" as const].map((name) => ledgerColumn(one, name))
      )
    ]
    // Columns without a type keep what they are given.
    return [
      `CREATE TABLE IF NOT EXISTS ${tables(plan).ledger(location)} (n INTEGER PRIMARY KEY, ${columns.join(", ")})`
    ]
  },
  createTyped: () => [],
  indexLedger: (plan, location) => {
    const name = tables(plan).ledger(location)
    return [
      `CREATE UNIQUE INDEX IF NOT EXISTS ${name}_k ON ${name} (${location.key.map((_, at) => `k${at + 1}`).join(", ")})`,
      ...(isRekeyed(location)
        ? [`CREATE INDEX IF NOT EXISTS ${name}_w ON ${name} (${keysAfter(location).join(", ")})`]
        : [])
    ]
  },
  changes: (plan, location) => {
    const { map } = tables(plan)
    const others = otherRewriters(location)
      .map(({ index }) => {
        const other = plan.locations[index] ?? location
        return ` LEFT JOIN ${map} x${index} ON ${inSet(`x${index}`, other)} AND x${index}.source = ${text(current(plan, other))}`
      })
      .join("")
    const after = (index: number, now: string) =>
      `coalesce(${idIn(plan.locations[index] ?? location, now, `x${index}`)}, ${now})`
    if (isMany(location)) {
      const { next, where } = many(plan, location, false)
      const list = selectList(plan, location, { next, temporary: "", after })
      // A limit keeps SQLite from making each new value twice, once for the condition.
      return `SELECT * FROM (SELECT ${list} FROM ${tableOf(plan, location)} t${others} WHERE ${where} AND ${keyed(plan, location)} LIMIT -1) q WHERE q.new_value <> q.old_value COLLATE BINARY`
    }
    const { join, next } = sqlite.lookup(plan, location, "m")
    const list = selectList(plan, location, { next, temporary: "m.tmp", after })
    // CROSS JOIN keeps the order: the table is read once, the mapping is looked up.
    return `SELECT ${list} FROM ${tableOf(plan, location)} t CROSS JOIN ${join}${others} WHERE ${keyed(plan, location)}`
  },
  nextNumber: () => undefined,
  // Without a type on the one side there is none on the other, or its index would not do.
  keyValue: (value) => `+${value}`,
  keyAfter: (value) => `+${value}`,
  lookup: (plan, location, alias) => {
    const column = columnOf(plan, location.column)
    const target = `${alias}.target`
    return {
      id: current(plan, location),
      join: `${tables(plan).map} ${alias} ON ${inSet(alias, location)} AND ${alias}.source = ${current(plan, location)} AND ${alias}.source <> ${target}`,
      next: location.kind === "id" ? idIn(location, column, alias) : `json_set(${column}, ${path(location)}, ${target})`
    }
  },
  keeps: (stored, made) => `(${stored} COLLATE BINARY) IS ${made}`,
  leads: (plan, location) => {
    const old = `b.${ledgerColumn(location, "old_value")}`
    return `EXISTS (SELECT 1 FROM ${tables(plan).map} m WHERE ${inSet("m", location)} AND m.source = ${idOf(location, old)} AND ${sqlite.keeps(`b.${ledgerColumn(location, "new_value")}`, idIn(location, old, "m"), location)})`
  },
  foreignMapping: (plan) => {
    const { map } = tables(plan)
    // There is no digest here: rows are compared with the plan's, some hundred at a time.
    const size = plan.sets.reduce((sum, { entries }) => sum + entries.length, 0)
    const found = (condition: string) => `SELECT ${quoteText(map)} AS v WHERE ${condition}`
    return [
      found(`(SELECT count(*) FROM ${map}) <> ${size}`),
      found(
        `EXISTS (SELECT 1 FROM ${map} m WHERE m.bytes IS NOT NULL AND lower(hex(m.bytes)) <> lower(replace(m.target, '-', '')))`
      ),
      ...plan.sets.flatMap(({ name, entries }) => {
        const rows = entries.map(
          ({ source, target, temporary, again }) => `${source} ${target} ${temporary} ${again ? 1 : 0}`
        )
        return batchesOf(rows).map((batch) => {
          const known = `SELECT count(*) FROM ${map} m WHERE m.kind = ${quoteText(name)} AND m.source IN (${batch.map((row) => quoteText(row.slice(0, row.indexOf(" ")))).join(", ")}) AND m.source || ' ' || m.target || ' ' || m.tmp || ' ' || m.again IN (${batch.map(quoteText).join(", ")})`
          return found(`(${known}) <> ${batch.length}`)
        })
      })
    ]
  },
  analyze: () => [],
  leftovers: (plan, location) => {
    const from = `SELECT count(*) AS n FROM ${tableOf(plan, location)} t`
    if (isMany(location)) {
      const { next, where } = many(plan, location, true)
      return `${from} WHERE CASE WHEN ${where} THEN ${next} <> ${columnOf(plan, location.column)} COLLATE BINARY ELSE 0 END`
    }
    return `${from} CROSS JOIN ${tables(plan).map} m ON ${inSet("m", location)} AND m.source = ${current(plan, location)} WHERE m.again = 0`
  },
  unmapped: (plan, location) => {
    if (isMany(location)) return undefined
    const { map } = tables(plan)
    return `SELECT count(*) AS n FROM (SELECT ${current(plan, location)} AS v FROM ${tableOf(plan, location)} t) q WHERE q.v IS NOT NULL AND q.v <> '' AND NOT EXISTS (SELECT 1 FROM ${map} m WHERE ${inSet("m", location)} AND m.source = q.v) AND NOT EXISTS (SELECT 1 FROM ${map} m WHERE ${inSet("m", location)} AND m.target = q.v)`
  },
  // There is one writer: what is marked first is what is written then.
  update: ({ plan, location, from, to, match, range, where }) => {
    const ledger = tables(plan).ledger(location)
    const table = tableOf(plan, location)
    const same = sqlite.same(columnOf(plan, location.column), `b.${ledgerColumn(location, from)}`)
    const stands = ledgerColumn(location, "stands")
    const all = (...conditions: ReadonlyArray<string>) => [...range, ...conditions].join(" AND ")
    const there = `EXISTS (SELECT 1 FROM ${table} t WHERE ${match} AND ${same})`
    return {
      before: [
        `UPDATE ${ledger} AS b SET ${stands} = 'moving' WHERE ${all(`b.${stands} = '${from}'`, ...where, there)}`
      ],
      update: `UPDATE ${table} AS t SET ${quoteName("sqlite", location.column)} = b.${ledgerColumn(location, to)} FROM ${ledger} AS b WHERE ${[match, same, all(`b.${stands} = 'moving'`)].join(" AND ")}`,
      after: [`UPDATE ${ledger} AS b SET ${stands} = '${to}' WHERE ${all(`b.${stands} = 'moving'`)}`],
      counted: 1
    }
  },
  updateTogether: (update) => {
    const { plan, locations, from, to, match, range } = update
    const ledger = tables(plan).ledger(locations[0])
    const stands = (one: PlannedLocation) => ledgerColumn(one, "stands")
    const conditions = together(update, (one) =>
      sqlite.same(columnOf(plan, one.column), `b.${ledgerColumn(one, from)}`)
    )
    const values = locations.map(
      (one) =>
        `${quoteName("sqlite", one.column)} = CASE WHEN b.${stands(one)} = '${from}' THEN b.${ledgerColumn(one, to)} ELSE ${columnOf(plan, one.column)} END`
    )
    const marks = locations.map(
      (one) => `${stands(one)} = CASE WHEN b.${stands(one)} = '${from}' THEN '${to}' ELSE b.${stands(one)} END`
    )
    const waiting = `${ledger} AS b WHERE ${[...range, `(${locations.map((one) => `b.${stands(one)} = '${from}'`).join(" OR ")})`].join(" AND ")}`
    return {
      counted: 1,
      whole: true,
      counting: undefined,
      update: `UPDATE ${tableOf(plan, locations[0])} AS t SET ${values.join(", ")} FROM ${ledger} AS b WHERE ${[match, ...conditions].join(" AND ")}`,
      after: [`UPDATE ${waiting.replace(" WHERE ", ` SET ${marks.join(", ")} WHERE `)}`]
    }
  },
  updateLedger: ({ ledger, query, set, where }) =>
    `UPDATE ${ledger} AS l SET ${set.map((one) => one.join(" = ")).join(", ")} FROM (${query}) c WHERE ${where}`
}
