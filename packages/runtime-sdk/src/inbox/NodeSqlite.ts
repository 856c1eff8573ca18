/**
 * Effect's `SqlClient` over `node:sqlite`: no driver to install. Node 22 warns that it is experimental.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { ConnectionError, SqlError, UnknownError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import type { DatabaseSync, SQLInputValue } from "node:sqlite"

/**
 * A SQLite file (or `:memory:`, of which an inbox warns) as `SqlClient`. The file is in WAL mode and waits for other writers; several processes
 * may open it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (file: string): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(file)).pipe(Layer.provide(Reactivity.layer))

const make = Effect.fnUntraced(function* (file: string) {
  const database = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => open(file),
      catch: (cause) =>
        new SqlError({ reason: new ConnectionError({ cause, message: `Cannot open ${file}`, operation: "open" }) })
    }),
    (database) => Effect.sync(() => database.close())
  )
  const connection = connect(database)
  return yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => database.isTransaction
    }),
    driver: "node-sqlite",
    compiler: Statement.makeCompilerSqlite(),
    // A transaction that reads first and writes later cannot wait for another writer: it takes its turn at once.
    beginTransaction: "BEGIN IMMEDIATE",
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

const open = async (file: string): Promise<DatabaseSync> => {
  const sqlite = await import("node:sqlite")
  const database = new sqlite.DatabaseSync(file)
  database.exec("PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
  // From here on it is we who wait: SQLite would keep the whole process, its HTTP server included, until another writer is done.
  database.exec("PRAGMA busy_timeout = 0")
  return database
}

/** How another writer is waited for: ten seconds in all. */
const patience = Schedule.min([Schedule.exponential(2, 1.5), Schedule.spaced(25)]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: Duration.seconds(10) })
)

const isBusy = ({ reason }: SqlError): boolean => {
  const { errcode }: { readonly errcode?: unknown } = Object(reason.cause)
  return typeof errcode === "number" && (errcode & 0xff) === 5
}

const connect = (database: DatabaseSync): Connection => {
  const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, SqlError> =>
    Effect.try({
      try: run,
      catch: (cause) =>
        new SqlError({ reason: new UnknownError({ cause, message: "SQLite refused a statement", operation }) })
    }).pipe(Effect.retry({ schedule: patience, while: isBusy }))
  // What the statement builder binds for this dialect.
  const values = (params: ReadonlyArray<unknown>) => params as ReadonlyArray<SQLInputValue>
  const all = (sql: string, params: ReadonlyArray<unknown>) =>
    attempt("execute", () => database.prepare(sql).all(...values(params)))
  const rows = (sql: string, params: ReadonlyArray<unknown>) =>
    attempt("executeValues", () => {
      const statement = database.prepare(sql)
      statement.setReturnArrays(true)
      return statement.all(...values(params)) as unknown as ReadonlyArray<ReadonlyArray<unknown>> // As just set.
    })
  const execute: Connection["execute"] = (sql, params, transform) =>
    Effect.map(all(sql, params), (rows) => (transform === undefined ? rows : transform(rows)))
  return {
    execute,
    executeUnprepared: execute,
    executeRaw: all,
    executeValues: rows,
    executeValuesUnprepared: rows,
    executeStream: (sql, params, transform) =>
      Stream.fromIterableEffect(
        Effect.map(all(sql, params), (rows) => (transform === undefined ? rows : transform(rows)))
      )
  }
}
