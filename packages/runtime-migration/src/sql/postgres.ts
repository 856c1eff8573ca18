/**
 * PostgreSQL 12 or later, and PGlite.
 */
import {
  bareName,
  columnOf,
  inSet,
  isMany,
  isReferring,
  isRekeyed,
  keysAfter,
  keyed,
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
import { closeLedgers, createSchema, dropSchema } from "./ledgerSchema.ts"
import { quoteBlock, quoteName, quoteText } from "./names.ts"
import type { PlannedLocation, SqlPlan } from "./plan.ts"

const text = (value: string): string => `${value}::text COLLATE "C"`

/** Whether a location's mapping table has targets in the column's own type. */
const isTyped = ({ kind }: PlannedLocation): boolean => kind === "id" || kind === "array"

const path = ({ path }: PlannedLocation): string =>
  `ARRAY[${path.map((step) => quoteText(String(step))).join(", ")}]::text[]`

/** A column of kind `id` as text. */
const idOf = ({ columnType }: PlannedLocation, column: string): string =>
  columnType === "bytes"
    ? `CASE WHEN octet_length(${column}) = 16 THEN encode(${column}, 'hex') END COLLATE "C"`
    : text(column)

/** The one id that a row holds, as text. */
const current = (plan: SqlPlan, location: PlannedLocation): string => {
  const column = columnOf(plan, location.column)
  if (location.kind === "id") return idOf(location, column)
  const item = `${column}::jsonb #> ${path(location)}`
  const id = `CASE WHEN jsonb_typeof(${item}) = 'string' THEN ${column}::jsonb #>> ${path(location)} END`
  // A text may be empty, or no JSON at all.
  return `(${location.columnType === "text" ? `CASE WHEN ${column} ~ '^[[:space:]]*[{[]' THEN ${id} END` : id} COLLATE "C")`
}

/** The same of another location of the table. */
const currentOf = (plan: SqlPlan, index: number): string => {
  const location = plan.locations[index]
  return location === undefined ? "NULL" : current(plan, location)
}

/** Where ids stand inside of a text. The first group is the id. */
const hex = "[0-9a-fA-F]"
const patternOf = ({ kind, set }: PlannedLocation): string => {
  if (kind === "json-any") return `'"([A-Za-z0-9_.-]+)(?=\\\\*")'`
  return set.uuids
    ? `'(?<!${hex})(${hex}{8}-${hex}{4}-${hex}{4}-${hex}{4}-${hex}{12}|${hex}{32})(?!${hex})'`
    : "'([A-Za-z0-9_-]{20,})'"
}

/** A text with its ids replaced, in one pass from left to right. */
const rewritten = (plan: SqlPlan, location: PlannedLocation, fresh: boolean): string => {
  const value = text(columnOf(plan, location.column))
  const pattern = patternOf(location)
  const quote = location.kind === "json-any" ? `'"' || ` : ""
  return `(SELECT string_agg(s.part || coalesce(${quote}coalesce(m.target, f.hit[1]), ''), '' ORDER BY s.at)
    FROM unnest(regexp_split_to_array(${value}, ${pattern})) WITH ORDINALITY AS s(part, at)
    LEFT JOIN regexp_matches(${value}, ${pattern}, 'g') WITH ORDINALITY AS f(hit, at) ON f.at = s.at
    LEFT JOIN ${tables(plan).map} m ON ${inSet("m", location)} AND m.source = f.hit[1]${fresh ? " AND m.again = 0" : ""})`
}

/** A list with its ids replaced. */
const rewrittenList = (plan: SqlPlan, location: PlannedLocation): string =>
  `(SELECT array_agg(coalesce(m.target, e.item) ORDER BY e.at)
    FROM unnest(${columnOf(plan, location.column)}) WITH ORDINALITY AS e(item, at)
    LEFT JOIN ${tables(plan).typed(location.index)} m ON m.source = ${text("e.item")})`

/** Lists that would not come back as they are: of several dimensions, or not counted from 1. */
const plainList = (column: string): string => `array_ndims(${column}) = 1 AND array_lower(${column}, 1) = 1`

/** The rows of a location whose column holds many ids, with what is to stand there. */
const many = (plan: SqlPlan, location: PlannedLocation, fresh: boolean) => {
  const column = columnOf(plan, location.column)
  switch (location.kind) {
    case "array":
      return { next: rewrittenList(plan, location), where: plainList(column) }
    default: {
      const json = location.columnType === "json" || location.columnType === "jsonb"
      return {
        next: `${rewritten(plan, location, fresh)}${json ? `::${location.columnType}` : ""}`,
        where: `${text(column)} ~ ${patternOf(location)}`
      }
    }
  }
}

/** A column of one UUID: it has no two ways to write the same value, and is compared faster than its text. */
const isUuid = ({ kind, columnType }: PlannedLocation): boolean => kind === "id" && columnType === "uuid"

/** The type of a mark. */
const standing = "''::text"

/** An id of the mapping in the type of a location's column. */
const into = (plan: SqlPlan, { index, columnType }: PlannedLocation, value: string): string =>
  columnType === "bytes"
    ? `decode(replace(m.${value}, '-', ''), 'hex')`
    : `(jsonb_populate_record(NULL::${tables(plan).typed(index)}, jsonb_build_object('target', m.${value}))).target`

/** Selects a location's typed mapping where it is not what the mapping table makes of it. */
const foreignTyped = (plan: SqlPlan, location: PlannedLocation): string => {
  const { map, typed } = tables(plan)
  const differs = (value: "target" | "tmp") =>
    `${text(`y.${value}`)} IS DISTINCT FROM ${text(into(plan, location, value))}`
  const differ = [
    "y.source IS NULL OR m.source IS NULL OR y.again <> m.again",
    differs("target"),
    ...(location.twoStep ? [differs("tmp")] : [])
  ]
  return `SELECT ${quoteText(typed(location.index))} AS v WHERE EXISTS (SELECT 1 FROM (SELECT * FROM ${map} m WHERE ${inSet("m", location)}) m FULL JOIN ${typed(location.index)} y ON y.source = m.source WHERE ${differ.join(" OR ")})`
}

/**
 * What rows are to become is of a domain's base type: a value that its CHECK refuses is found where it is written, by location
 * and key, and not while a ledger is filled.
 */
const takeAnyValue = (ledger: string): string =>
  quoteBlock(
    `DECLARE r record; BEGIN FOR r IN WITH RECURSIVE d (id, base, mod) AS (SELECT y.oid, y.typbasetype, y.typtypmod FROM pg_type y WHERE y.typtype = 'd' UNION ALL SELECT d.id, y.typbasetype, y.typtypmod FROM d JOIN pg_type y ON y.oid = d.base AND y.typtype = 'd') SELECT a.attname AS name, format_type(d.base, d.mod) AS type FROM pg_attribute a JOIN d ON d.id = a.atttypid WHERE a.attrelid = '${ledger}'::regclass AND a.attnum > 0 AND a.attname ~ '^(new_value|tmp_value|w[0-9])' AND NOT EXISTS (SELECT 1 FROM pg_type y WHERE y.oid = d.base AND y.typtype = 'd') LOOP EXECUTE format('ALTER TABLE ${ledger} ALTER COLUMN %I TYPE %s', r.name, r.type); END LOOP; END`
  )

/** PostgreSQL's way. */
export const postgres: SqlDialect = {
  text,
  same: (left, right) => `${text(left)} = ${text(right)}`,
  createRun: (plan) => [
    ...createSchema,
    `CREATE TABLE IF NOT EXISTS ${tables(plan).run} (item text PRIMARY KEY, value text NOT NULL)`
  ],
  createTables: (plan) => {
    const { map } = tables(plan)
    return [
      `CREATE TABLE IF NOT EXISTS ${map} (kind text COLLATE "C" NOT NULL, source text COLLATE "C" NOT NULL, target text COLLATE "C" NOT NULL, tmp text COLLATE "C" NOT NULL, again int NOT NULL, PRIMARY KEY (kind, source))`,
      `CREATE INDEX IF NOT EXISTS ${bareName(map)}_target ON ${map} (kind, target)`
    ]
  },
  close: (plan) => [closeLedgers(plan)],
  dropRest: () => [dropSchema],
  // By the catalog: to_regclass() is an error where the schema is closed to the caller.
  exists: (table) => {
    const [schema = "", name = ""] = table.split(".")
    return `SELECT COUNT(*) AS n FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${quoteText(schema)} AND c.relname = ${quoteText(name)}`
  },
  insertNew: (table, columns, rows) =>
    `INSERT INTO ${table} (${columns.join(", ")}) VALUES\n${rows.join(",\n")}\nON CONFLICT DO NOTHING`,
  createLedger: (plan, location) => {
    const name = tables(plan).ledger(location)
    const values = plan.locations
      .filter(({ index }) => location.shares.includes(index))
      .map((one) => {
        const value = columnOf(plan, one.column)
        const copies = storedValuesOf(one).map((name) => `${value} AS ${ledgerColumn(one, name)}`)
        const mark = `${standing} AS ${ledgerColumn(one, "stands")}, NULL::text AS ${ledgerColumn(one, "earliest_value")}`
        return `${copies.join(", ")}, ${mark}`
      })
    const keys = location.key.map(({ column, rewrittenBy }, at) => {
      const k = columnOf(plan, column)
      return rewrittenBy === undefined ? `${k} AS k${at + 1}` : `${k} AS k${at + 1}, ${k} AS w${at + 1}`
    })
    return [
      // Room in each page for the rows as they are once marked: without it every mark would go into every index.
      `CREATE TABLE IF NOT EXISTS ${name} WITH (fillfactor = 45) AS SELECT 0::bigint AS n, ${[...keys, ...values].join(", ")} FROM ${tableOf(plan, location)} t WHERE false`,
      takeAnyValue(name)
    ]
  },
  createTyped: (plan, location) => {
    if (!isTyped(location)) return []
    const { typed, map } = tables(plan)
    const column = columnOf(plan, location.column)
    const table = typed(location.index)
    // A bare NULL beside it makes a domain its base type: of the forms of an id some may not pass its CHECK.
    const item = `coalesce(${location.kind === "array" ? `(${column})[1]` : column}, NULL)`
    const temporary = location.twoStep ? into(plan, location, "tmp") : "NULL"
    return [
      `CREATE TABLE IF NOT EXISTS ${table} AS SELECT ''::text COLLATE "C" AS source, ${item} AS target, ${item} AS tmp, 0 AS again FROM ${tableOf(plan, location)} t WHERE false`,
      `CREATE UNIQUE INDEX IF NOT EXISTS ${bareName(table)}_s ON ${table} (source)`,
      `DELETE FROM ${table}`,
      `INSERT INTO ${table} SELECT m.source, ${into(plan, location, "target")}, ${temporary}, m.again FROM ${map} m WHERE ${inSet("m", location)}`,
      `ANALYZE ${table}`
    ]
  },
  indexLedger: (plan, location) => {
    const name = tables(plan).ledger(location)
    return [
      `CREATE UNIQUE INDEX IF NOT EXISTS ${bareName(name)}_n ON ${name} (n)`,
      `CREATE UNIQUE INDEX IF NOT EXISTS ${bareName(name)}_k ON ${name} (${location.key.map((_, at) => `k${at + 1}`).join(", ")})`,
      ...plan.locations
        .filter((one) => location.shares.includes(one.index) && isReferring(plan, one))
        .map((one) => {
          const value = ledgerColumn(one, "old_value")
          return `CREATE INDEX IF NOT EXISTS ${bareName(name)}_${value.replace("old_value", "v")} ON ${name} (${value})`
        }),
      ...(isRekeyed(location)
        ? [`CREATE INDEX IF NOT EXISTS ${bareName(name)}_w ON ${name} (${keysAfter(location).join(", ")})`]
        : [])
    ]
  },
  changes: (plan, location) => {
    const { typed } = tables(plan)
    const others = otherRewriters(location)
      .map(({ index }) => ` LEFT JOIN ${typed(index)} x${index} ON x${index}.source = ${currentOf(plan, index)}`)
      .join("")
    const after = (index: number, now: string) => `coalesce(x${index}.target, ${now})`
    if (isMany(location)) {
      const { next, where } = many(plan, location, false)
      const list = selectList(plan, location, { next, temporary: "", after })
      return `SELECT * FROM (SELECT ${list} FROM ${tableOf(plan, location)} t${others} WHERE ${where} AND ${keyed(plan, location)}) q WHERE ${text("q.new_value")} <> ${text("q.old_value")}`
    }
    const { join, next } = postgres.lookup(plan, location, "m")
    const list = selectList(plan, location, { next, temporary: "m.tmp", after })
    return `SELECT ${list} FROM ${tableOf(plan, location)} t JOIN ${join}${others} WHERE ${keyed(plan, location)}`
  },
  nextNumber: (ledger) => `(SELECT COALESCE(MAX(o.n), 0) FROM ${ledger} o) + ROW_NUMBER() OVER ()`,
  keyValue: (value) => value,
  keyAfter: (value) => value,
  lookup: (plan, location, alias) => {
    const { map, typed } = tables(plan)
    const source = `${alias}.source`
    const found = `${source} = ${current(plan, location)} AND ${source} <>`
    const id = current(plan, location)
    if (isTyped(location)) {
      const next = `${alias}.target`
      return { join: `${typed(location.index)} ${alias} ON ${found} ${text(next)}`, next, id }
    }
    return {
      id,
      join: `${map} ${alias} ON ${inSet(alias, location)} AND ${found} ${alias}.target`,
      next: `jsonb_set(${columnOf(plan, location.column)}::jsonb, ${path(location)}, to_jsonb(${alias}.target), false)::${location.columnType}`
    }
  },
  keeps: (stored, made, location) => (isUuid(location) ? `${stored} = ${made}` : `${text(stored)} = ${text(made)}`),
  leads: (plan, location) =>
    // No EXISTS: for some thousand rows the planner would read the whole mapping each time.
    `(SELECT ${postgres.keeps(`b.${ledgerColumn(location, "new_value")}`, "m.target", location)} FROM ${tables(plan).typed(location.index)} m WHERE m.source = ${idOf(location, `b.${ledgerColumn(location, "old_value")}`)})`,
  foreignMapping: (plan) => {
    const { map } = tables(plan)
    const order = "ORDER BY m.kind, m.source"
    const digest = (lines: string) => `encode(sha256(convert_to(${lines}, 'UTF8')), 'hex')`
    const lines = `SELECT row_number() OVER (${order}) AS at, (row_number() OVER (${order}) - 1) / ${partRows} AS part, m.source || ' ' || m.target || ' ' || m.tmp || ' ' || m.again || ' ' || m.kind AS line FROM ${map} m`
    const parts = `SELECT r.part, ${digest("string_agg(r.line, chr(10) ORDER BY r.at)")} AS digest FROM (${lines}) r GROUP BY r.part`
    const whole = `SELECT coalesce(${digest("string_agg(g.digest, '' ORDER BY g.part)")}, '') AS digest FROM (${parts}) g`
    return [
      `SELECT ${quoteText(map)} AS v FROM (${whole}) w WHERE w.digest <> ${quoteText(mappingDigest(plan))}`,
      ...plan.locations.filter(isTyped).map((location) => foreignTyped(plan, location))
    ]
  },
  // Known to be empty, a table is read once per row by what fills it, which finds more and more of its own rows in it.
  analyze: (table) => [quoteBlock(`BEGIN IF EXISTS (SELECT 1 FROM ${table}) THEN ANALYZE ${table}; END IF; END`)],
  leftovers: (plan, location) => {
    const from = `SELECT count(*) AS n FROM ${tableOf(plan, location)} t`
    if (location.kind === "array") {
      // Of any number of dimensions: those that are not rewritten, too.
      return `${from} WHERE EXISTS (SELECT 1 FROM unnest(${columnOf(plan, location.column)}) AS e(item) JOIN ${tables(plan).typed(location.index)} m ON m.source = ${text("e.item")} WHERE m.again = 0)`
    }
    if (isMany(location)) {
      const { next, where } = many(plan, location, true)
      return `${from} WHERE ${where} AND ${text(next)} <> ${text(columnOf(plan, location.column))}`
    }
    return `${from} JOIN ${tables(plan).map} m ON ${inSet("m", location)} AND m.source = ${current(plan, location)} WHERE m.again = 0`
  },
  unmapped: (plan, location) => {
    const { map } = tables(plan)
    const column = columnOf(plan, location.column)
    const table = tableOf(plan, location)
    if (location.kind === "text" || location.kind === "json-any") return undefined
    if (isUuid(location)) {
      // Values that are counted first are far fewer than rows.
      const values = `SELECT ${column}, count(*) AS aywa_rows FROM ${table} t WHERE ${column} IS NOT NULL GROUP BY ${column}`
      const none = (end: string) =>
        `NOT EXISTS (SELECT 1 FROM ${map} m WHERE ${inSet("m", location)} AND m.${end} = q.v)`
      return `SELECT coalesce(sum(q.aywa_rows), 0) AS n FROM (SELECT ${current(plan, location)} AS v, t.aywa_rows FROM (${values}) t) q WHERE ${none("source")} AND ${none("target")}`
    }
    const value = location.kind === "array" ? text("e.item") : current(plan, location)
    const from = location.kind === "array" ? `${table} t, unnest(${column}) AS e(item)` : `${table} t`
    return `SELECT count(*) AS n FROM (SELECT ${value} AS v FROM ${from}) q WHERE q.v IS NOT NULL AND q.v <> '' AND NOT EXISTS (SELECT 1 FROM ${map} m WHERE ${inSet("m", location)} AND m.source = q.v) AND NOT EXISTS (SELECT 1 FROM ${map} m WHERE ${inSet("m", location)} AND m.target = q.v)`
  },
  update: ({ plan, location, from, to, match, range, where }) => {
    const ledger = tables(plan).ledger(location)
    const same = postgres.keeps(columnOf(plan, location.column), `b.${ledgerColumn(location, from)}`, location)
    const stands = ledgerColumn(location, "stands")
    const conditions = [match, same, ...range, `b.${stands} = '${from}'`, ...where].join(" AND ")
    const moved = `UPDATE ${tableOf(plan, location)} AS t SET ${quoteName("postgres", location.column)} = b.${ledgerColumn(location, to)} FROM ${ledger} b WHERE ${conditions} RETURNING b.ctid AS place`
    return {
      before: [],
      update: `WITH moved AS (${moved}) UPDATE ${ledger} AS l SET ${stands} = '${to}' FROM moved WHERE l.ctid = moved.place`,
      after: [],
      counted: 1
    }
  },
  updateTogether: (update) => {
    const { plan, locations, from, to, match } = update
    const [first] = locations
    const conditions = together(update, (one) =>
      postgres.keeps(columnOf(plan, one.column), `b.${ledgerColumn(one, from)}`, one)
    )
    const values = locations.map(
      (one) =>
        `${quoteName("postgres", one.column)} = CASE WHEN b.${ledgerColumn(one, "stands")} = '${from}' THEN b.${ledgerColumn(one, to)} ELSE ${columnOf(plan, one.column)} END`
    )
    const marks = locations.map((one) => {
      const stands = ledgerColumn(one, "stands")
      return `${stands} = CASE WHEN l.${stands} = '${from}' THEN '${to}' ELSE l.${stands} END`
    })
    const ledger = tables(plan).ledger(first)
    const names = locations.map((_, at) => `s${at + 1}`)
    const flags = locations.map((one, at) => `b.${ledgerColumn(one, "stands")} = '${from}' AS ${names[at]}`)
    const moving = (more: ReadonlyArray<string>) =>
      `WITH moved AS (UPDATE ${tableOf(plan, first)} AS t SET ${values.join(", ")} FROM ${ledger} b WHERE ${[match, ...conditions].join(" AND ")} RETURNING ${["b.ctid AS place", ...more].join(", ")})`
    const mark = `UPDATE ${ledger} AS l SET ${marks.join(", ")} FROM moved WHERE l.ctid = moved.place`
    const counts = names.map((name, at) => `count(*) FILTER (WHERE w.${name}) AS n${at + 1}`)
    return {
      counted: 1,
      whole: false,
      update: `${moving([])} ${mark}`,
      counting: `${moving(flags)}, marked AS (${mark} RETURNING ${names.map((name) => `moved.${name}`).join(", ")}) SELECT ${["count(*) AS n", ...counts].join(", ")} FROM marked w`,
      after: []
    }
  },
  updateLedger: ({ ledger, query, set, where }) =>
    `UPDATE ${ledger} AS l SET ${set.map((one) => one.join(" = ")).join(", ")} FROM (${query}) c WHERE ${where}`
}
