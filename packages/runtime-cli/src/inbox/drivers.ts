/**
 * PostgreSQL and Redis through the project's own `pg` and `redis`: this command line may be installed somewhere else.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redis from "effect/persistence/Redis"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { SqlError, UnknownError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { usage } from "../core/failure.ts"

/** As much of `pg` as is used. */
interface PgModule {
  readonly default: {
    readonly Client: new (options: { readonly connectionString: string }) => {
      readonly connect: () => Promise<unknown>
      readonly end: () => Promise<void>
      readonly query: (sql: string, values: ReadonlyArray<unknown>) => Promise<{ readonly rows: ReadonlyArray<object> }>
    }
  }
}

/** As much of `redis` as is used. */
interface RedisModule {
  readonly createClient: (options: {
    readonly url: string
    readonly socket: { readonly reconnectStrategy: false }
  }) => {
    readonly connect: () => Promise<unknown>
    readonly destroy: () => void
    readonly on: (event: "error", listener: () => void) => unknown
    readonly sendCommand: (words: ReadonlyArray<string>) => Promise<unknown>
  }
}

const load = async <A>(name: string): Promise<A> => {
  const require = createRequire(join(process.cwd(), "package.json"))
  let file: string
  try {
    file = require.resolve(name)
  } catch {
    throw usage(`${name} is not installed in this folder's project.`, `Run npm install ${name}.`)
  }
  return (await import(pathToFileURL(file).href)) as A // The module of that name.
}

const failing = (operation: string, cause: unknown) =>
  new SqlError({ reason: new UnknownError({ cause, message: "PostgreSQL refused it", operation }) })

/** `SqlClient` over one connection of `pg`. */
export const pgLayer = async (url: string): Promise<Layer.Layer<SqlClient.SqlClient, SqlError>> => {
  const { default: pg } = await load<PgModule>("pg")
  const make = Effect.gen(function* () {
    const client = yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: async () => {
          const client = new pg.Client({ connectionString: url })
          await client.connect()
          return client
        },
        catch: (cause) => failing("connect", cause)
      }),
      (client) => Effect.promise(() => client.end())
    )
    const all = (sql: string, values: ReadonlyArray<unknown>) =>
      Effect.tryPromise({
        try: async () => (await client.query(sql, values)).rows,
        catch: (cause) => failing("execute", cause)
      })
    const execute: Connection["execute"] = (sql, values, transform) =>
      Effect.map(all(sql, values), (rows) => (transform === undefined ? rows : transform(rows)))
    const lists = (sql: string, values: ReadonlyArray<unknown>) =>
      Effect.map(all(sql, values), (rows) => rows.map((row): ReadonlyArray<unknown> => Object.values(row)))
    const connection: Connection = {
      execute,
      executeUnprepared: execute,
      executeRaw: all,
      executeValues: lists,
      executeValuesUnprepared: lists,
      executeStream: (sql, values, transform) => Stream.fromIterableEffect(execute(sql, values, transform))
    }
    const compiler = Statement.makeCompiler({
      dialect: "pg",
      placeholder: (index) => `$${index}`,
      onIdentifier: Statement.defaultEscape('"'),
      onRecordUpdate: () => ["", []],
      onCustom: () => ["", []]
    })
    return yield* SqlClient.make({ acquirer: Effect.succeed(connection), compiler, driver: "pg", spanAttributes: [] })
  })
  return Layer.effect(SqlClient.SqlClient, make).pipe(Layer.provide(Reactivity.layer))
}

/** `Redis` over one connection of `redis`. It hears of nothing: whoever looks does not wait. */
export const redisLayer = async (url: string): Promise<Layer.Layer<Redis.Redis, Redis.RedisError>> => {
  const { createClient } = await load<RedisModule>("redis")
  const make = Effect.gen(function* () {
    const client = yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: async () => {
          // By default it would try again for ever, also with a password that is refused.
          const client = createClient({ url, socket: { reconnectStrategy: false } })
          client.on("error", () => {}) // Each command fails by itself.
          await client.connect()
          return client
        },
        catch: (cause) => new Redis.RedisError({ cause })
      }),
      (client) => Effect.sync(() => client.destroy())
    )
    const send = <A>(command: string, ...words: ReadonlyArray<string>) =>
      Effect.tryPromise({
        try: () => client.sendCommand([command, ...words]) as Promise<A>, // What the command answers.
        catch: (cause) => new Redis.RedisError({ cause })
      })
    return yield* Redis.make({
      send,
      subscribe: () => Effect.never,
      connect: Effect.succeed({ send, close: Effect.void })
    })
  })
  return Layer.effect(Redis.Redis, make)
}
