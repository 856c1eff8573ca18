/**
 * MySQL 8 and MariaDB 10.6 or later.
 */
import {
  columnOf,
  inSet,
  isMany,
  isReferring,
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
import { mappingDigest, partRows } from "./digest.ts"
import { guardTable } from "./guardTable.ts"
import { quoteName, quoteText } from "./names.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"

// As bytes: collations ignore case or trailing spaces, and two of them in one comparison abort it.
const text = (value: string): string => `CAST(CONVERT(${value} USING utf8mb4) AS BINARY)`

/** A value as characters, to be searched. */
const characters = (value: string): string => `CONVERT(${value} USING utf8mb4) COLLATE utf8mb4_bin`

/** An id of the mapping table as text. */
const idText = (id: string): string => `CONVERT(${id} USING utf8mb4)`

// Whether a backslash in a literal escapes depends on the session: it is made from its code.
const backslash = "CONVERT(CHAR(92) USING utf8mb4)"

const hex = "[0-9a-fA-F]"
const uuidPattern = `'(?<!${hex})(?:${hex}{8}-${hex}{4}-${hex}{4}-${hex}{4}-${hex}{12}|${hex}{32})(?!${hex})'`

/** How ids stand inside of texts: what matches is the id alone. */
const patternOf = ({ set }: PlannedLocation, kind: "text" | "json-any"): string => {
  if (kind === "text" && set.uuids) return uuidPattern
  const lengths = set.entries.map(({ source }) => source.length)
  const length = `{${lengths.reduce((a, b) => Math.min(a, b))},${lengths.reduce((a, b) => Math.max(a, b))}}`
  return kind === "text"
    ? `'(?<![A-Za-z0-9_-])[A-Za-z0-9_-]${length}(?![A-Za-z0-9_-])'`
    : `CONCAT('(?<=")[A-Za-z0-9_.-]${length}(?=', ${backslash}, ${backslash}, '*")')`
}

const path = ({ path }: PlannedLocation): string =>
  quoteText(`$${path.map((step) => (typeof step === "number" ? `[${step}]` : `."${step}"`)).join("")}`)

/** Of a column of bytes: UUIDs have 16 of them; what is longer is their text. */
const ifBytes = (column: string, bytes: string, other: string): string =>
  `IF(LENGTH(${column}) = 16, ${bytes}, ${other})`

/** What stands in a column afterwards: an id of the mapping, in the column's own way. */
const idIn = ({ columnType }: PlannedLocation, column: string, id: string): string =>
  columnType === "bytes" ? ifBytes(column, `UNHEX(REPLACE(${idText(id)}, '-', ''))`, id) : idText(id)

/** A column of kind `id` as text. */
const idOf = ({ columnType }: PlannedLocation, column: string): string =>
  columnType === "bytes" ? ifBytes(column, text(`LOWER(HEX(${column}))`), text(column)) : text(column)

const current = (plan: SqlPlan, location: PlannedLocation): string => {
  const column = columnOf(plan, location.column)
  if (location.kind === "id") return idOf(location, column)
  const item = `JSON_EXTRACT(${column}, ${path(location)})`
  return text(`IF(JSON_VALID(${column}), IF(JSON_TYPE(${item}) = 'STRING', JSON_UNQUOTE(${item}), NULL), NULL)`)
}

const manyKind = (location: PlannedLocation): "text" | "json-any" | undefined =>
  !isMany(location) ? undefined : location.kind === "text" ? "text" : "json-any"

// A character that means nothing to anybody, and begins a mark; where a text has it, it is told from those.
const mark = "CONVERT(0xEE8080 USING utf8mb4)"

/** What a match is in a replacement: `\\0` in MariaDB, `$0` in MySQL. */
const wholeMatch = "CONCAT(/*M! CHAR(92), '0' *//*!80000 '$0' */)"

/** Characters of a block: what looks for ids checks a whole text for each that it finds. */
const block = 4000

/**
 * Where a long text is cut in two: behind the first comma or space after its middle, which is in no id nor between one and
 * its quotes; where there is none, after a quarter, or a sixteenth. 0 for a text that is one block.
 */
const cutOf = (value: string): string => {
  const after = (part: number) => {
    const next = (character: string) => `LOCATE('${character}', ${value}, CHAR_LENGTH(${value}) DIV ${part})`
    const first = `IF(${next(" ")} = 0, ${next(",")}, IF(${next(",")} = 0, ${next(" ")}, LEAST(${next(",")}, ${next(" ")})))`
    return `NULLIF(${first} % CHAR_LENGTH(${value}), 0)`
  }
  return `CAST(IF(CHAR_LENGTH(${value}) <= ${block}, 0, COALESCE(${[2, 4, 16].map(after).join(", ")}, 0)) AS SIGNED)`
}

/**
 * The texts of a location in blocks (\`cut\` is 0): one row per block, with the key of its row. A long text is cut in halves,
 * and those again: to find a place in a text is to read all before it, so that blocks from left to right would take a time
 * that grows with the square of the length. A text that is one block is not copied.
 */
const blocks = (plan: SqlPlan, location: PlannedLocation, kind: "text" | "json-any"): string => {
  const keys = keysOf(location)
  const value = characters(columnOf(plan, location.column))
  const first = keys.map(({ column, k }) => `${columnOf(plan, column)} AS ${k}`).join(", ")
  const names = keys.map(({ k }) => k).join(", ")
  const half = "IF(h.side = 0, LEFT(s.txt, s.cut), SUBSTRING(s.txt, s.cut + 1))"
  return `WITH RECURSIVE blocks AS (
    SELECT ${first}, CAST(1 AS SIGNED) AS start, ${cutOf(value)} AS cut, IF(CHAR_LENGTH(${value}) > ${block}, ${value}, NULL) AS txt FROM ${tableOf(plan, location)} t WHERE ${value} REGEXP ${patternOf(location, kind)} AND ${keyed(plan, location)}
    UNION ALL
    SELECT ${names}, c.start, ${cutOf("c.txt")}, c.txt FROM (SELECT ${keys.map(({ k }) => `s.${k}`).join(", ")}, s.start + IF(h.side = 0, 0, s.cut) AS start, ${half} AS txt FROM blocks s JOIN (SELECT 0 AS side UNION ALL SELECT 1) h WHERE s.cut > 0) c
  )`
}

/**
 * The blocks as their parts, in order: every second one (`p.at_n` is even) may be an id. A block is turned into a list of
 * JSON, which the server reads in one go.
 */
const parts = (plan: SqlPlan, location: PlannedLocation, kind: "text" | "json-any"): string => {
  const value = characters(columnOf(plan, location.column))
  const on = keysOf(location)
    .map(({ column, k }) => `${columnOf(plan, column)} = s.${k}`)
    .join(" AND ")
  const escaped = `REPLACE(COALESCE(s.txt, ${value}), ${mark}, CONCAT(${mark}, '='))`
  const marked = `REGEXP_REPLACE(${escaped}, ${patternOf(location, kind)}, CONCAT(${mark}, '{', ${wholeMatch}, ${mark}, '}'))`
  const list = `CONCAT('[', REPLACE(REPLACE(JSON_QUOTE(${marked}), CONCAT(${mark}, '{'), '","'), CONCAT(${mark}, '}'), '","'), ']')`
  return `(SELECT * FROM blocks WHERE cut = 0) s JOIN ${tableOf(plan, location)} t ON ${on} JOIN JSON_TABLE(${list}, '$[*]' COLUMNS (at_n FOR ORDINALITY, part LONGTEXT PATH '$')) p LEFT JOIN ${tables(plan).map} m ON p.at_n % 2 = 0 AND ${inSet("m", location)} AND m.source = CAST(p.part AS BINARY)`
}

/** The rows that change, with their whole new text. */
const rewritten = (plan: SqlPlan, location: PlannedLocation, kind: "text" | "json-any"): string => {
  const keys = keysOf(location).map(({ k }) => `s.${k}`)
  const piece = `IF(p.at_n % 2 = 0, COALESCE(${idText("m.target")}, p.part), REPLACE(p.part, CONCAT(${mark}, '='), ${mark}))`
  return `${blocks(plan, location, kind)} SELECT ${keys.join(", ")}, GROUP_CONCAT(${piece} ORDER BY s.start, p.at_n SEPARATOR '') AS txt FROM ${parts(plan, location, kind)} GROUP BY ${keys.join(", ")} HAVING COUNT(m.source) > 0`
}

/** The way of MySQL and MariaDB. */
export const mysql: SqlDialect = {
  text,
  same: (left, right) => `CAST(${left} AS BINARY) = CAST(${right} AS BINARY)`,
  createRun: (plan) => [
    `CREATE TABLE IF NOT EXISTS ${tables(plan).run} (item VARCHAR(190) NOT NULL PRIMARY KEY, value TEXT NOT NULL) ENGINE = InnoDB`
  ],
  createTables: (plan) => {
    const { map } = tables(plan)
    const id = "VARBINARY(255) NOT NULL"
    return [
      `CREATE TABLE IF NOT EXISTS ${map} (kind VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, source ${id}, target ${id}, tmp ${id}, again INT NOT NULL, PRIMARY KEY (source, kind), KEY target (target, kind)) ENGINE = InnoDB`,
      ...guardTable(plan)
    ]
  },
  // Rights on a whole database reach every table in it: who has them is a finding.
  close: () => [],
  dropRest: () => [],
  exists: (table) => {
    const [name = "", schema] = table.split(".").toReversed()
    return `SELECT COUNT(*) AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${schema === undefined ? "DATABASE()" : quoteText(schema)} AND TABLE_NAME = ${quoteText(name)}`
  },
  insertNew: (table, columns, rows) =>
    `INSERT INTO ${table} (${columns.join(", ")}) VALUES\n${rows.join(",\n")}\nON DUPLICATE KEY UPDATE ${columns[0]} = ${table}.${columns[0]}`,
  createLedger: (plan, location) => {
    const name = tables(plan).ledger(location)
    const members = plan.locations.filter(({ index }) => location.shares.includes(index))
    const keys = location.key.map(({ column, rewrittenBy }, at) => {
      const k = columnOf(plan, column)
      return rewrittenBy === undefined ? `${k} AS k${at + 1}` : `${k} AS k${at + 1}, ${k} AS w${at + 1}`
    })
    const values = members.flatMap((one) =>
      storedValuesOf(one).map((value) => `v.${quoteName("mysql", one.column)} AS ${ledgerColumn(one, value)}`)
    )
    const table = tableOf(plan, location)
    // Of columns that may have no value here: a row of a ledger need not be about all of them.
    const source = `${table} t LEFT JOIN ${table} v ON false`
    const marks = members.map(
      (one) =>
        `, ${ledgerColumn(one, "stands")} VARCHAR(20) ${members.length > 1 ? "DEFAULT NULL" : "NOT NULL DEFAULT 'old_value'"}, ${ledgerColumn(one, "earliest_value")} LONGTEXT CHARACTER SET utf8mb4 DEFAULT NULL`
    )
    const key = location.key.map((_, at) => `k${at + 1}`).join(", ")
    const after =
      (isRekeyed(location) ? `, KEY w (${keysAfter(location).join(", ")})` : "") +
      members
        .filter((one) => isReferring(plan, one))
        .map((one) => {
          const value = ledgerColumn(one, "old_value")
          return `, KEY ${value.replace("old_value", "v")} (${value})`
        })
        .join("")
    return [
      `CREATE TABLE IF NOT EXISTS ${name} (n BIGINT NOT NULL${marks.join("")}, PRIMARY KEY (n), UNIQUE KEY k (${key})${after}) ENGINE = InnoDB AS SELECT 0 AS n, ${[...keys, ...values].join(", ")} FROM ${source} WHERE false`
    ]
  },
  createTyped: () => [],
  indexLedger: () => [],
  changes: (plan, location) => {
    const { map } = tables(plan)
    const others = otherRewriters(location)
      .map(({ index }) => {
        const other = plan.locations[index] ?? location
        return ` LEFT JOIN ${map} x${index} ON ${inSet(`x${index}`, other)} AND x${index}.source = ${current(plan, other)}`
      })
      .join("")
    const after = (index: number, now: string) =>
      `COALESCE(${idIn(plan.locations[index] ?? location, now, `x${index}.target`)}, ${now})`
    const kind = manyKind(location)
    if (kind !== undefined) {
      const keys = keysOf(location)
      const list = selectList(plan, location, { next: "q.txt", temporary: "", after })
      const on = keys.map(({ column, k }) => `${columnOf(plan, column)} = q.${k}`).join(" AND ")
      return `SELECT ${list} FROM ${tableOf(plan, location)} t JOIN (${rewritten(plan, location, kind)}) q ON ${on}${others} WHERE CAST(q.txt AS BINARY) <> ${text(columnOf(plan, location.column))}`
    }
    const { join, next } = mysql.lookup(plan, location, "m")
    const list = selectList(plan, location, { next, temporary: idText("m.tmp"), after })
    return `SELECT ${list} FROM ${tableOf(plan, location)} t JOIN ${join}${others} WHERE ${keyed(plan, location)}`
  },
  // By the key: a replica that runs the statement itself has to give each row the same number, or a chunk would be other rows
  // there.
  nextNumber: (ledger, key) =>
    `(SELECT COALESCE(MAX(o.n), 0) FROM ${ledger} o) + ROW_NUMBER() OVER (ORDER BY ${key.join(", ")})`,
  keyValue: (value) => value,
  // It has two collations, which no column is compared with; any is with ASCII, and ids have nothing else.
  keyAfter: (value, { columnType }) => (columnType === "bytes" ? value : `CONVERT(${value} USING ascii)`),
  lookup: (plan, location, alias) => {
    const column = columnOf(plan, location.column)
    const target = idIn(location, column, `${alias}.target`)
    return {
      id: current(plan, location),
      join: `${tables(plan).map} ${alias} ON ${inSet(alias, location)} AND ${alias}.source = ${current(plan, location)} AND ${alias}.source <> ${alias}.target`,
      next: location.kind === "id" ? target : `JSON_SET(${column}, ${path(location)}, ${target})`
    }
  },
  // Put together with a value of the column, what was made takes on its type: a UUID is in small letters then.
  keeps: (stored, made, { columnType }) =>
    columnType === "bytes"
      ? `${mysql.same(stored, made)}`
      : `${made} IS NOT NULL AND ${text(`COALESCE(${made}, ${stored})`)} = ${text(stored)}`,
  leads: (plan, location) => {
    const old = `b.${ledgerColumn(location, "old_value")}`
    return `EXISTS (SELECT 1 FROM ${tables(plan).map} m WHERE ${inSet("m", location)} AND m.source = ${idOf(location, old)} AND ${mysql.keeps(`b.${ledgerColumn(location, "new_value")}`, idIn(location, old, "m.target"), location)})`
  },
  foreignMapping: (plan) => {
    const { map } = tables(plan)
    const order = "ORDER BY m.kind, m.source"
    const lines = `SELECT ROW_NUMBER() OVER (${order}) AS at_n, (ROW_NUMBER() OVER (${order}) - 1) DIV ${partRows} AS part, CONCAT(m.source, ' ', m.target, ' ', m.tmp, ' ', m.again, ' ', CAST(m.kind AS BINARY)) AS line FROM ${map} m`
    // The separator is a line break, as a number: how a literal of one is read depends on the session.
    const parts = `SELECT r.part, SHA2(GROUP_CONCAT(r.line ORDER BY r.at_n SEPARATOR 0x0A), 256) AS digest FROM (${lines}) r GROUP BY r.part`
    const whole = `SELECT COALESCE(SHA2(GROUP_CONCAT(g.digest ORDER BY g.part SEPARATOR ''), 256), '') AS digest FROM (${parts}) g`
    return [`SELECT ${quoteText(map)} AS v FROM (${whole}) w WHERE w.digest <> ${quoteText(mappingDigest(plan))}`]
  },
  analyze: (table) => [`ANALYZE TABLE ${table}`],
  leftovers: (plan, location) => {
    const kind = manyKind(location)
    if (kind !== undefined) {
      const keys = keysOf(location).map(({ k }) => `s.${k}`)
      return `SELECT COUNT(*) AS n FROM (${blocks(plan, location, kind)} SELECT ${keys.join(", ")} FROM ${parts(plan, location, kind)} WHERE m.again = 0 GROUP BY ${keys.join(", ")}) q`
    }
    return `SELECT COUNT(*) AS n FROM ${tableOf(plan, location)} t JOIN ${tables(plan).map} m ON ${inSet("m", location)} AND m.source = ${current(plan, location)} WHERE m.again = 0`
  },
  unmapped: (plan, location) => {
    if (manyKind(location) !== undefined) return undefined
    const { map } = tables(plan)
    return `SELECT COUNT(*) AS n FROM (SELECT ${current(plan, location)} AS v FROM ${tableOf(plan, location)} t) q WHERE q.v IS NOT NULL AND q.v <> '' AND NOT EXISTS (SELECT 1 FROM ${map} m WHERE ${inSet("m", location)} AND m.source = q.v) AND NOT EXISTS (SELECT 1 FROM ${map} m WHERE ${inSet("m", location)} AND m.target = q.v)`
  },
  update: ({ plan, location, from, to, match, range, where }) => {
    // A column that changes by itself on update stays when it is set to what it is.
    const kept = location.keep.map((column) => `, ${columnOf(plan, column)} = ${columnOf(plan, column)}`).join("")
    const same = mysql.same(columnOf(plan, location.column), `b.${ledgerColumn(location, from)}`)
    const stands = `b.${ledgerColumn(location, "stands")}`
    const conditions = [same, ...range, `${stands} = '${from}'`, ...where].join(" AND ")
    return {
      before: [],
      // In this order: rows of others are not gone through.
      update: `UPDATE ${tables(plan).ledger(location)} AS b STRAIGHT_JOIN ${tableOf(plan, location)} AS t ON ${match} SET ${columnOf(plan, location.column)} = b.${ledgerColumn(location, to)}${kept}, ${stands} = '${to}' WHERE ${conditions}`,
      after: [],
      counted: 2
    }
  },
  updateTogether: (update) => {
    const { plan, locations, from, to, match } = update
    const columns = locations.map(({ column }) => column)
    const kept = [...new Set(locations.flatMap(({ keep }) => keep))]
      .filter((column) => !columns.includes(column))
      .map((column) => `${columnOf(plan, column)} = ${columnOf(plan, column)}`)
    const conditions = together(update, (one) => mysql.same(columnOf(plan, one.column), `b.${ledgerColumn(one, from)}`))
    // In which order columns of two tables are set, nobody says: marks are read from a ledger that is not written.
    const set = locations.flatMap((one) => {
      const stands = ledgerColumn(one, "stands")
      const value = columnOf(plan, one.column)
      return [
        `${value} = IF(o.${stands} = '${from}', o.${ledgerColumn(one, to)}, ${value})`,
        `b.${stands} = IF(o.${stands} = '${from}', '${to}', o.${stands})`
      ]
    })
    const ledger = tables(plan).ledger(locations[0])
    return {
      counted: 2,
      whole: false,
      counting: undefined,
      update: `UPDATE ${ledger} AS b STRAIGHT_JOIN ${tableOf(plan, locations[0])} AS t ON ${match} STRAIGHT_JOIN ${ledger} AS o ON o.n = b.n SET ${[...set, ...kept].join(", ")} WHERE ${conditions.join(" AND ")}`,
      after: []
    }
  },
  // An UPDATE of a join would lock all rows that it reads, and a transaction of the application would die of it.
  // All columns are given: those that may have no value have no default value either.
  updateLedger: ({ ledger, columns, query, set, where }) => {
    const values = new Map([...["n", ...columns].map((column) => [column, `l.${column}`] as const), ...set])
    const written = set.map(([column]) => `${column} = VALUES(${column})`)
    return `INSERT INTO ${ledger} (${[...values.keys()].join(", ")}) SELECT ${[...values.values()].join(", ")} FROM (${query}) c, ${ledger} l WHERE ${where} ON DUPLICATE KEY UPDATE ${written.join(", ")}`
  }
}

/** Lets long texts through, whatever the session was. */
export const mysqlSession: ReadonlyArray<string> = [
  // First: a stricter mode refuses the limits below where they are more than the server has. Strict, or a value that is too
  // long for its column would be cut; and no stricter, or a row with a zero date could not be written again.
  "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ALLOW_INVALID_DATES'",
  "SET SESSION group_concat_max_len = 4294967295",
  "/*M! SET SESSION max_recursive_iterations = 4294967295 */",
  "/*!80000 SET SESSION cte_max_recursion_depth = 4294967295 */",
  // A binary log of statements can be written from one level only.
  "/*M! SET SESSION tx_isolation = IF(@@SESSION.binlog_format = 'STATEMENT', 'REPEATABLE-READ', 'READ-COMMITTED') */",
  "/*!80000 SET SESSION transaction_isolation = IF(@@SESSION.binlog_format = 'STATEMENT', 'REPEATABLE-READ', 'READ-COMMITTED') */"
]
