/**
 * The store in SQLite or PostgreSQL: one table, one statement for each thing that is done to it.
 *
 * No statement is prepared by name and none needs a transaction around it, so a pooler may give each of them another
 * session. A delivery is due at once when `due` is 0, whatever the database's clock does; while a worker has it, `due`
 * is when its lock ends.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment, Statement } from "effect/sql/Statement"
import { listenerOf } from "./listenSql.ts"
import { beyond, pgLimit } from "./limits.ts"
import { type Delivery, InboxError, type Parked, storing } from "./model.ts"
import { keyOf, partitionOf } from "./names.ts"
import { patienceOf, type Settings } from "./options.ts"
import { statsSql } from "./statsSql.ts"
import type { Claim, Store, Wish } from "./Store.ts"
import { type Dialect, deliveries, nowOf, qualified } from "./tables.ts"

interface Row {
  readonly id: string
  readonly long_id: string | null
  readonly type: string
  readonly call_id: string | null
  readonly body: string
}

interface ClaimRow extends Row {
  /** PostgreSQL gives a BIGINT as text. */
  readonly seq: number | string
  readonly attempts: number
  readonly lapses: number
  readonly now: number | string
}

interface ParkedRow extends Row {
  readonly attempts: number
  readonly reason: string | null
  readonly changed_at: number | string
  readonly requeued: number
}

const deliveryOf = (row: Row): Delivery => ({
  id: row.long_id ?? row.id,
  type: row.type,
  ...(row.call_id === null ? {} : { callId: row.call_id }),
  body: row.body
})

const parkedOf = (row: ParkedRow): Parked => ({
  ...deliveryOf(row),
  attempts: row.attempts,
  reason: row.reason ?? "",
  parkedAt: Number(row.changed_at),
  requeued: row.requeued
})

/** How many are read at once when deliveries are looked through. */
const pageSize = 200

/** The store; its tables must be there. */
export const makeSql = Effect.fnUntraced(function* (settings: Settings, schema: string | undefined) {
  const client = yield* SqlClient.SqlClient
  const sql = client.withoutTransforms()
  const dialect = sql.onDialectOrElse({ pg: (): Dialect => "postgres", orElse: (): Dialect => "sqlite" })
  const table = sql.literal(qualified(deliveries, schema))
  const now = sql.literal(nowOf(dialect))
  const skipLocked = sql.literal(dialect === "postgres" ? "FOR UPDATE OF d SKIP LOCKED" : "")
  /** Behind everything that waits. */
  const last = sql.literal(dialect === "postgres" ? "DEFAULT" : `(SELECT max(seq) + 1 FROM ${deliveries})`)
  const { name, lines, lockMillis } = settings

  const failing = (doing: string) => Effect.mapError((cause: SqlError) => new InboxError(doing, cause))
  // A connection may die without a word, and TCP would wait for a quarter of an hour: whoever gives it up gets another one.
  const patience = patienceOf(settings)
  const late = (doing: string) =>
    Effect.fail(new InboxError(doing, new Error(`No answer within ${Math.round(patience / 1000)} s`)))
  const ask = <A extends object>(doing: string, statement: Statement<A>): Effect.Effect<ReadonlyArray<A>, InboxError> =>
    dialect === "sqlite"
      ? failing(doing)(statement.unprepared)
      : Effect.timeoutOrElse(failing(doing)(statement.unprepared), { duration: patience, orElse: () => late(doing) })
  const tell = (doing: string, statement: Statement<object>) => Effect.asVoid(ask(doing, statement))
  /** The rows of claims that still have their lock. */
  const held = (claims: ReadonlyArray<Claim>) =>
    sql`inbox = ${name} AND ${sql.in(
      "id",
      claims.map(({ key }) => key)
    )}
      AND ${sql.in("lock", [...new Set(claims.map(({ lock }) => lock))])}`

  const emptied = sql`body = '', call_id = NULL, reason = NULL, lock = NULL, changed_at = ${now}`
  const completed = (claims: ReadonlyArray<Claim>) =>
    sql`UPDATE ${table} SET state = 'done', ${emptied} WHERE ${held(claims)}`

  const lineNumbers = sql.literal(Array.from({ length: lines }, (_, line) => `(${line})`).join(", "))
  const nothing = sql.literal("")
  /** Parts of one statement see what was there before it: what another part completes is still `waiting`. */
  const notHandled = (id: Fragment, handled: boolean) =>
    handled ? sql`AND ${id} NOT IN (SELECT id FROM handled)` : nothing
  /**
   * Of each line only the first, so that the others wait behind it, whoever has it. Nothing comes in front of what is in
   * hand: see `inTurn`.
   */
  const heads = (handled: boolean) => sql`lines (line) AS (VALUES ${lineNumbers}), heads AS (
      SELECT (SELECT h.id FROM ${table} AS h WHERE h.inbox = ${name} AND h.line = lines.line AND h.state = 'waiting'
        ${notHandled(sql.literal("h.id"), handled)} ORDER BY h.seq LIMIT 1) AS id FROM lines),`
  // By their ids: PostgreSQL, which knows nothing yet of a table that has just filled, would read all that is due.
  const areHeads = sql.literal(
    dialect === "postgres"
      ? `d.id = ANY (ARRAY(SELECT id FROM heads)) AND d.due + 0 <= ${nowOf(dialect)}`
      : `d.id IN (SELECT id FROM heads) AND d.due <= ${nowOf(dialect)}`
  )
  /** Whose lock, if it has one, has really ended. */
  const free = (lapsedBefore: number, handled: boolean) =>
    sql`d.inbox = ${name} AND d.state = 'waiting' AND (d.lock IS NULL OR d.due < ${lapsedBefore})
      ${notHandled(sql.literal("d.id"), handled)}`
  /** What has had to wait for its time comes before what is fresh, of which there may always be some. */
  const candidates = (max: number, lapsedBefore: number, handled: boolean) => {
    const from = sql`SELECT d.id FROM ${table} AS d WHERE ${free(lapsedBefore, handled)}`
    if (lines > 0) {
      return sql`candidates AS (${from} AND ${areHeads}
        ORDER BY d.due = 0, d.due, d.seq LIMIT ${max} ${skipLocked})`
    }
    // Nobody looks at the second, nor locks any of it, where the first has as many.
    return sql`candidates AS (
      SELECT id FROM (${from} AND d.due > 0 AND d.due <= ${now} ORDER BY d.due, d.seq LIMIT ${max} ${skipLocked}) AS ripe
      UNION ALL
      SELECT id FROM (${from} AND d.due = 0 ORDER BY d.seq LIMIT ${max} ${skipLocked}) AS fresh LIMIT ${max})`
  }
  const claim = (lock: string, { max, lapsedBefore }: Wish, handled: ReadonlyArray<Claim>) => {
    const isAlong = handled.length > 0
    return sql<ClaimRow>`WITH ${isAlong ? sql`handled AS (${completed(handled)} RETURNING id),` : nothing}
      ${lines === 0 ? nothing : heads(isAlong)} ${candidates(max, lapsedBefore, isAlong)}
    UPDATE ${table} SET lock = ${lock}, due = ${now} + ${lockMillis},
      attempts = attempts + CASE WHEN lock IS NULL THEN 0 ELSE alone END,
      lapses = lapses + CASE WHEN lock IS NULL THEN 0 ELSE 1 END, alone = 0
    WHERE inbox = ${name} AND id IN (SELECT id FROM candidates)
    RETURNING seq, id, long_id, type, call_id, body, attempts, lapses, ${now} AS now`
  }
  const upcoming = sql<{ readonly now: number | string; readonly next: number | string | null }>`
    SELECT ${now} AS now, (SELECT min(due) FROM ${table}
      WHERE inbox = ${name} AND state = 'waiting' AND due > ${now}) AS next`

  const rowOf = ({ id, type, callId, body }: Delivery) =>
    sql`(${name}, ${keyOf(id)}, ${keyOf(id) === id ? null : id}, ${type}, ${callId ?? null},
      ${sql.literal(lines === 0 ? "NULL" : String(partitionOf(callId, lines)))}, ${body})`
  /**
   * Places are drawn one transaction after the other: what is drawn later must not become visible before, and be taken
   * with what then comes in front of it. Without an order, and in SQLite, which has one writer, nobody waits.
   */
  const inTurn = (some: ReadonlyArray<number>) => {
    const places = [...new Set(some)].toSorted((a, b) => a - b).map((line) => `(${line})`)
    return sql`(SELECT count(pg_advisory_xact_lock(hashtext(${`aywa_inbox ${name}`}), line))
      FROM (VALUES ${sql.literal(places.join(", "))}) AS turns (line)) > 0`
  }
  const hasTurns = dialect === "postgres" && lines > 0
  const rowsOf = (list: ReadonlyArray<Delivery>) => {
    const rows = sql`VALUES ${sql.csv(list.map(rowOf))}`
    if (!hasTurns) return rows
    return sql`SELECT * FROM (${rows}) AS offered WHERE ${inTurn(list.map(({ callId }) => partitionOf(callId, lines)))}`
  }
  const listener = listenerOf(client, name)
  const erase = (keys: ReadonlyArray<string>) =>
    ask(
      "forgetting deliveries",
      sql`UPDATE ${table} SET state = 'done', ${emptied}
        WHERE inbox = ${name} AND state <> 'done' AND ${sql.in("id", keys)} RETURNING id`
    )

  const complete = (claims: ReadonlyArray<Claim>) => tell("acknowledging deliveries", completed(claims))

  const limit = dialect === "postgres" ? pgLimit(client) : undefined

  /** Ends the transaction of a probe. */
  const undone = Symbol("undone")
  const probe = sql
    .withTransaction(
      Effect.andThen(
        sql`INSERT INTO ${table} (inbox, id, type, body) VALUES (${name}, ${globalThis.crypto.randomUUID()}, 'probe', '')`
          .unprepared,
        Effect.fail(undone)
      )
    )
    .pipe(
      Effect.catch((error) => (error === undone ? Effect.void : Effect.fail(new InboxError(storing, error)))),
      Effect.timeoutOrElse({ duration: patience, orElse: () => late(storing) })
    )

  const store: Store = {
    refusal: (delivery) => limit && beyond(delivery, limit, ({ body, id }) => Buffer.byteLength(body) + 2 * id.length),
    offer: (list) =>
      tell(
        storing,
        sql`INSERT INTO ${table} (inbox, id, long_id, type, call_id, line, body) ${rowsOf(list)}
          ON CONFLICT (inbox, id) DO NOTHING${listener.notify}`
      ),
    probe,
    take: Effect.fnUntraced(function* (wish) {
      const lock = globalThis.crypto.randomUUID()
      // SQLite changes nothing inside of another statement.
      const isOne = dialect === "postgres"
      if (!isOne && wish.handled.length > 0) yield* complete(wish.handled)
      const rows = yield* ask("taking deliveries", claim(lock, wish, isOne ? wish.handled : []))
      if (rows.length > 0) {
        const claims = rows
          .toSorted((a, b) => Number(a.seq) - Number(b.seq))
          .map((row) => ({
            ...deliveryOf(row),
            key: row.id,
            lock,
            attempts: row.attempts,
            suspect: row.lapses > 0
          }))
        return { claims, now: Number(rows[0]?.now), next: Infinity }
      }
      const [row] = yield* ask("looking for deliveries", upcoming)
      return { claims: [], now: Number(row?.now), next: row?.next == null ? Infinity : Number(row.next) }
    }),
    extend: (claims) =>
      Effect.map(
        ask<{ readonly id: string; readonly lock: string }>(
          "renewing locks",
          sql`UPDATE ${table} SET due = ${now} + ${lockMillis} WHERE ${held(claims)} RETURNING id, lock`
        ),
        (rows) => new Set(rows.map(({ lock, id }) => lock + id))
      ),
    begin: (claim) =>
      Effect.map(
        ask("beginning a delivery alone", sql`UPDATE ${table} SET alone = 1 WHERE ${held([claim])} RETURNING id`),
        (rows) => rows.length === 1
      ),
    complete,
    retry: (claim, millis, reason) =>
      tell(
        "putting a delivery back",
        sql`UPDATE ${table} SET lock = NULL, due = ${now} + ${millis}, attempts = ${claim.attempts + 1}, lapses = 0,
          alone = 0, reason = ${reason} WHERE ${held([claim])}`
      ),
    release: (claims) =>
      tell(
        "giving deliveries back",
        sql`UPDATE ${table} SET lock = NULL, due = 0, alone = 0 WHERE ${held(claims)}${listener.notify}`
      ),
    park: (claim, attempts, reason) =>
      tell(
        "parking a delivery",
        sql`UPDATE ${table} SET state = 'parked', lock = NULL, attempts = ${attempts}, reason = ${reason},
          changed_at = ${now} WHERE ${held([claim])}`
      ),
    parked: (limit, after) =>
      Effect.map(
        ask<ParkedRow>(
          "listing what is parked",
          sql`SELECT * FROM ${table} WHERE inbox = ${name} AND state = 'parked' AND ${
            after === undefined
              ? sql`1 = 1`
              : sql`(changed_at > ${after.parkedAt} OR (changed_at = ${after.parkedAt} AND id > ${keyOf(after.id)}))`
          } ORDER BY changed_at, id LIMIT ${limit}`
        ),
        (rows) => rows.map(parkedOf)
      ),
    requeue: Effect.fnUntraced(function* (id) {
      const parked = sql`inbox = ${name} AND id = ${keyOf(id)} AND state = 'parked'`
      const [row] = yield* ask<Pick<Row, "call_id"> & { readonly line: number | null }>(
        "looking for a parked delivery",
        sql`SELECT call_id, line FROM ${table} WHERE ${parked}`
      )
      if (row === undefined) return false
      // A line that is served now, whatever it was when it was stored. Who knows no lines leaves it as it is.
      const line = lines === 0 ? row.line : partitionOf(row.call_id ?? undefined, lines)
      const turn = dialect === "postgres" && line !== null ? sql`AND ${inTurn([line])}` : nothing
      const updated = yield* ask(
        "putting a parked delivery back",
        sql`UPDATE ${table} SET state = 'waiting', due = 0, attempts = 0, lapses = 0, alone = 0, line = ${line},
          requeued = requeued + 1, seq = ${last}, changed_at = ${now} WHERE ${parked} ${turn}
          RETURNING id${listener.notifyToo}`
      )
      return updated.length === 1
    }),
    discard: (id) =>
      Effect.map(
        ask(
          "removing a parked delivery",
          sql`UPDATE ${table} SET state = 'done', ${emptied}
            WHERE inbox = ${name} AND id = ${keyOf(id)} AND state = 'parked' RETURNING id`
        ),
        (rows) => rows.length === 1
      ),
    forget: Effect.fnUntraced(function* (fits, { callId }) {
      const narrowed = callId === undefined ? sql`1 = 1` : sql`call_id = ${callId}`
      let count = 0
      let after = ""
      while (true) {
        const page = yield* ask<Row>(
          "looking through deliveries",
          sql`SELECT id, long_id, type, call_id, body FROM ${table} WHERE inbox = ${name} AND state <> 'done'
            AND id > ${after} AND ${narrowed} ORDER BY id LIMIT ${pageSize}`
        )
        const keys = page.filter((row) => fits(deliveryOf(row))).map(({ id }) => id)
        if (keys.length > 0) count += (yield* erase(keys)).length
        const last = page.at(-1)
        if (last === undefined || page.length < pageSize) return count
        after = last.id
      }
    }),
    stats: statsSql(sql, { table, now, name, lines }),
    sweep: (rememberMillis) =>
      Effect.andThen(
        lines === 0
          ? Effect.void
          : tell(
              "mending lines",
              sql`UPDATE ${table} SET line = 0 WHERE inbox = ${name} AND state = 'waiting' AND line IS NULL`
            ),
        tell(
          "sweeping ids",
          sql`DELETE FROM ${table} WHERE inbox = ${name} AND state = 'done' AND changed_at < ${now} - ${rememberMillis}`
        )
      ).pipe(
        Effect.andThen(
          tell(
            "mending times",
            sql`UPDATE ${table} SET due = ${now} WHERE inbox = ${name} AND state = 'waiting'
            AND due > ${now} + ${2 * Math.max(lockMillis, settings.backoffMillis, 300_000)}`
          )
        )
      ),
    listen: listener.listen
  }
  return store
})
