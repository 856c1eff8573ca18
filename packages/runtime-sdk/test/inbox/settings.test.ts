/**
 * What a server must be set to: settings that would lose deliveries are refused when the inbox opens, those that
 * weaken it are told once.
 */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Redis from "effect/persistence/Redis"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import * as Statement from "effect/sql/Statement"
import { randomUUID } from "node:crypto"
import { createClient } from "redis"
import { InboxError, NodeSqlite, openWebhookInbox, WebhookDedupe, WebhookInbox } from "../../src/inbox.ts"
import { Report } from "../../src/inbox/report.ts"
import { eventually } from "../support/assertions.ts"
import { startPostgres, startRedis, startStandby } from "../support/ownServers.ts"
import { describeWith, describeWithPrograms } from "../support/services.ts"
import { makeRoles, query } from "./roles.ts"
import { delivery, makePlace, until } from "./support.ts"

interface Outcome {
  readonly refusal: string | undefined
  readonly warnings: ReadonlyArray<string>
}

const textOf = (kind: InboxError["kind"], error: unknown): string => {
  assert(error instanceof InboxError, String(error))
  assert.strictEqual(error.kind, kind)
  // Nothing is on its way, and nobody can answer anything yet.
  assert.notMatch(error.message, /503|sends the delivery again/)
  return error.message
}

/** Opens an inbox; one that opens has to take a delivery and handle it. */
const open = async (store: Layer.Layer<WebhookInbox.WebhookInbox, unknown>): Promise<Outcome> => {
  const warnings: Array<string> = []
  const handled = Promise.withResolvers<string>()
  const id = randomUUID()
  const onError = (error: InboxError) => warnings.push(textOf("warning", error))
  try {
    await using inbox = await openWebhookInbox({ store, onError, handle: async ({ id }) => handled.resolve(id) })
    await inbox.offer(delivery(id))
    assert.strictEqual(await handled.promise, id)
    return { refusal: undefined, warnings }
  } catch (error) {
    return { refusal: textOf("refusal", error), warnings }
  }
}

/** Opens a dedupe; one that opens has to take a claim. */
const openDedupe = async (layer: Layer.Layer<WebhookDedupe.WebhookDedupe, unknown>): Promise<Outcome> => {
  const warnings: Array<string> = []
  const report = Layer.succeed(Report, (error) => Effect.sync(() => warnings.push(textOf("warning", error))))
  const claim = Effect.flatMap(WebhookDedupe.WebhookDedupe, (dedupe) => dedupe.claim("evt_1", Effect.void))
  const exit = await Effect.runPromise(Effect.flip(Effect.provide(claim, Layer.provide(layer, report)))).catch(
    () => undefined
  )
  return { refusal: exit === undefined ? undefined : textOf("refusal", exit), warnings }
}

const onlyWarning = ({ refusal, warnings }: Outcome): string => {
  assert.deepStrictEqual([refusal, warnings.length], [undefined, 1], warnings.join("\n"))
  return warnings[0] ?? ""
}

const redisOf = (port: number, user = ""): Layer.Layer<Redis.Redis, unknown> =>
  NodeRedis.layer({ url: `redis://${user}127.0.0.1:${port}` })

const inRedis = (client: Layer.Layer<Redis.Redis, unknown>) =>
  WebhookInbox.layerRedis({ pollInterval: 20 }).pipe(Layer.provide(client))

const command = async (port: number, ...args: ReadonlyArray<string>): Promise<unknown> => {
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  await client.connect()
  return client.sendCommand([...args]).finally(() => client.close())
}

/** Waits until a replica has what its primary has; until then it may answer that it loads. */
const inSync = (port: number) =>
  Effect.runPromise(
    until(
      Effect.promise(async () => /master_link_status:up/.test(String(await command(port, "INFO", "replication")))),
      "the replica"
    )
  )

const durable = ["--appendonly", "yes"]

const redisSuite = () => {
  it("noeviction and an append-only file: nothing to tell", async () => {
    await using server = await startRedis(durable)
    for (const RESP of [2, 3] as const) {
      const client = NodeRedis.layer({ url: `redis://127.0.0.1:${server.port}`, RESP })
      assert.deepStrictEqual(await open(inRedis(client)), { refusal: undefined, warnings: [] })
    }
  })

  it.for(["allkeys-lru", "allkeys-lfu", "allkeys-random"])(
    "%s is refused, and the message mends it",
    async (policy) => {
      await using server = await startRedis([...durable, "--maxmemory-policy", policy])
      const { refusal = "", warnings } = await open(inRedis(redisOf(server.port)))
      assert.include(refusal, `maxmemory-policy is ${policy}`)
      assert.deepStrictEqual(warnings, [])
      const dedupe = WebhookDedupe.layerRedis().pipe(Layer.provide(redisOf(server.port)))
      assert.include((await openDedupe(dedupe)).refusal ?? "", `maxmemory-policy is ${policy}`)
      const [, ...remedy] = /Run (CONFIG) (SET) (\S+) (\S+),/.exec(refusal) ?? []
      await command(server.port, ...remedy)
      assert.deepStrictEqual(await open(inRedis(redisOf(server.port))), { refusal: undefined, warnings: [] })
    }
  )

  it("an inbox that was refused has no connection any more", async () => {
    await using server = await startRedis(["--maxmemory-policy", "allkeys-lru"])
    await open(inRedis(redisOf(server.port)))
    assert.lengthOf(
      String(await command(server.port, "CLIENT", "LIST"))
        .trim()
        .split("\n"),
      1
    )
  })

  it("volatile-*: locks and leases may go, which is told once; for a dedupe, too", async () => {
    await using server = await startRedis([...durable, "--maxmemory-policy", "volatile-ttl"])
    assert.match(onlyWarning(await open(inRedis(redisOf(server.port)))), /maxmemory-policy is volatile-ttl.*CONFIG SET/)
    const dedupe = WebhookDedupe.layerRedis().pipe(Layer.provide(redisOf(server.port)))
    assert.match(onlyWarning(await openDedupe(dedupe)), /maxmemory-policy is volatile-ttl.*claims/)
  })

  it("no append-only file, or one that is not synchronised, is told once", async () => {
    await using server = await startRedis()
    assert.match(onlyWarning(await open(inRedis(redisOf(server.port)))), /appendonly is no.*CONFIG SET appendonly yes/)
    await using lazy = await startRedis([...durable, "--appendfsync", "no"])
    assert.match(
      onlyWarning(await open(inRedis(redisOf(lazy.port)))),
      /appendfsync is no.*CONFIG SET appendfsync everysec/
    )
  })

  it("without CONFIG, INFO says the most: one warning of the rest, and allkeys-* is refused all the same", async () => {
    const forbidden = ["--rename-command", "CONFIG", ""]
    await using server = await startRedis([...durable, ...forbidden])
    const warning = onlyWarning(await open(inRedis(redisOf(server.port))))
    assert.include(warning, "CONFIG GET does not tell appendfsync:")
    await using evicting = await startRedis([...durable, ...forbidden, "--maxmemory-policy", "allkeys-lru"])
    assert.match((await open(inRedis(redisOf(evicting.port)))).refusal ?? "", /maxmemory-policy is allkeys-lru/)
  })

  it("a user without CONFIG and INFO: one warning, which names what nobody has checked", async () => {
    await using server = await startRedis(durable)
    const rules = ["on", "nopass", "~{aywa}:*", "&{aywa}:*", "+@all", "-config", "-info"]
    await command(server.port, "ACL", "SETUSER", "inbox", ...rules)
    const warning = onlyWarning(await open(inRedis(redisOf(server.port, "inbox:any@"))))
    assert.include(warning, "CONFIG GET does not tell maxmemory-policy, appendonly, appendfsync:")
  })

  it("a user who may not PUBLISH: one warning, which says what to allow", async () => {
    await using server = await startRedis(durable)
    await command(server.port, "ACL", "SETUSER", "inbox", "on", "nopass", "~*", "&*", "+@all", "-publish")
    const warning = onlyWarning(await open(inRedis(redisOf(server.port, "inbox:any@"))))
    assert.match(warning, /may not PUBLISH to \{aywa\}:webhooks\/stored: .* \+publish &/)
  })

  it("a replica is refused, be it read-only or not, and whatever may be asked of it", async () => {
    await using primary = await startRedis([...durable, "--repl-diskless-sync-delay", "0"])
    const of = ["--replicaof", "127.0.0.1", String(primary.port)]
    await using readOnly = await startRedis(of)
    await command(readOnly.port, "ACL", "SETUSER", "inbox", "on", "nopass", "~*", "+@all", "-config", "-info")
    await using writable = await startRedis([...of, "--replica-read-only", "no"])
    for (const { port } of [readOnly, writable]) await inSync(port)
    for (const client of [redisOf(readOnly.port), redisOf(readOnly.port, "inbox:any@"), redisOf(writable.port)]) {
      assert.match((await open(inRedis(client))).refusal ?? "", /replica.*address of the primary/)
    }
  })

  it.live("an Effect program reads the warning in its log", () =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireDisposable(Effect.promise(() => startRedis()))
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => void logged.push(message))
      yield* Effect.provide(Layer.build(inRedis(redisOf(server.port))), Logger.layer([logger]))
      assert.match(String(logged), /appendonly is no/)
    })
  )
}

const pgOf = (url: string) => PgClient.layer({ url: Redacted.make(url), maxConnections: 3 })
const inSql = (client: Layer.Layer<SqlClient.SqlClient, unknown>) =>
  WebhookInbox.layerSql({ pollInterval: 20 }).pipe(Layer.provide(client))
const dedupeIn = (client: Layer.Layer<SqlClient.SqlClient, unknown>) =>
  WebhookDedupe.layerSql.pipe(Layer.provide(client))

const postgresSuite = () => {
  it("synchronous_commit = off is told once; the command in the message mends it", async () => {
    const roles = await makeRoles({ synchronous_commit: "off" }, {})
    try {
      const warning = onlyWarning(await open(inSql(pgOf(roles.a))))
      assert.match(warning, /synchronous_commit is off/)
      assert.match(onlyWarning(await openDedupe(dedupeIn(pgOf(roles.a)))), /synchronous_commit is off/)
      await query(roles.admin, /Run (ALTER ROLE .* = on)\./.exec(warning)?.[1] ?? "")
      assert.deepStrictEqual(await openDedupe(dedupeIn(pgOf(roles.a))), { refusal: undefined, warnings: [] })
    } finally {
      await roles.remove()
    }
  })

  it("row level security without a policy for the role is refused; the command in the message mends it", async () => {
    const roles = await makeRoles({}, {})
    try {
      const [inbox, dedupe] = [() => open(inSql(pgOf(roles.a))), () => openDedupe(dedupeIn(pgOf(roles.a)))]
      for (const [table, outcomeOf] of [
        ["aywa_inbox_deliveries", inbox],
        ["aywa_inbox_leases", dedupe]
      ] as const) {
        assert.deepStrictEqual(await outcomeOf(), { refusal: undefined, warnings: [] })
        await query(
          roles.admin,
          `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
          // Whoever owns it is not asked otherwise.
          `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
          `CREATE POLICY of_others ON ${table} TO postgres USING (true)`,
          `CREATE POLICY of_all ON ${table} FOR SELECT USING (true)`
        )
        const { refusal = "" } = await outcomeOf()
        assert.include(refusal, `security is on for ${table}, and no policy lets this role INSERT, UPDATE, DELETE:`)
        await query(roles.admin, /Run (CREATE POLICY .*?), or/.exec(refusal)?.[1] ?? "")
        assert.deepStrictEqual(await outcomeOf(), { refusal: undefined, warnings: [] })
      }
    } finally {
      await roles.remove()
    }
  })

  it("a database that is not in UTF-8 is refused; one of bytes is not", async () => {
    const { place, remove } = await makePlace("postgres")
    assert(place.kind === "postgres")
    const { pathname } = new URL(place.url)
    for (const encoding of ["LATIN1", "SQL_ASCII"]) {
      const name = `${pathname.slice(1)}_${encoding.toLowerCase()}`
      await query(
        place.url,
        `CREATE DATABASE ${name} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`
      )
      try {
        const client = pgOf(place.url.replace(pathname, `/${name}`))
        const { refusal } = await open(inSql(client))
        if (encoding === "LATIN1") assert.match(refusal ?? "", /server_encoding is LATIN1: .*emoji.*ENCODING 'UTF8'/)
        else assert.isUndefined(refusal)
      } finally {
        await query(place.url, `DROP DATABASE ${name} WITH (FORCE)`)
      }
    }
    await remove()
  })

  it("a role whose transactions are read-only is refused", async () => {
    const roles = await makeRoles({ default_transaction_read_only: "on" }, {})
    try {
      for (const { refusal } of [await open(inSql(pgOf(roles.a))), await openDedupe(dedupeIn(pgOf(roles.a)))]) {
        assert.match(refusal ?? "", /transaction_read_only is on.*ALTER ROLE/)
      }
    } finally {
      await roles.remove()
    }
  })
}

const ownPostgresSuite = () => {
  it("fsync = off is told once; the commands in the message mend it", { timeout: 60_000 }, async () => {
    await using server = await startPostgres()
    const url = `postgres://postgres@127.0.0.1:${server.port}/postgres`
    // As somebody may have set it; a flag of the program could not be changed.
    await query(url, "ALTER SYSTEM SET fsync = off")
    await query(url, "SELECT pg_reload_conf()")
    const become = (value: string) =>
      eventually(async () => assert.deepStrictEqual(await query(url, "SHOW fsync"), [{ fsync: value }]))
    await become("off")
    const warning = onlyWarning(await open(inSql(pgOf(url))))
    assert.match(warning, /fsync is off: when its machine stops, the database may be lost/)
    const [, first = "", second = ""] = /Run (ALTER SYSTEM .*?), then (SELECT .*?)\./.exec(warning) ?? []
    await query(url, first)
    await query(url, second)
    await become("on")
    assert.deepStrictEqual(await open(inSql(pgOf(url))), { refusal: undefined, warnings: [] })
  })
}

const standbySuite = () => {
  it("a standby is refused", { timeout: 60_000 }, async () => {
    await using server = await startStandby()
    const client = pgOf(`postgres://postgres@127.0.0.1:${server.port}/postgres`)
    for (const { refusal } of [await open(inSql(client)), await openDedupe(dedupeIn(client))]) {
      assert.match(refusal ?? "", /standby.*address of the primary/)
    }
  })
}

;(await describeWithPrograms("redis-server"))("settings of Redis", redisSuite)
;(await describeWith("PostgreSQL"))("settings of PostgreSQL", postgresSuite)
;(await describeWithPrograms("initdb", "postgres"))("a PostgreSQL of one's own", ownPostgresSuite)
;(await describeWithPrograms("initdb", "postgres"))("a standby of PostgreSQL", standbySuite)

describe("settings of SQL without a server", () => {
  it("SQLite without synchronous writes is told once", async () => {
    const { place, remove } = await makePlace("sqlite")
    assert(place.kind === "sqlite")
    const unsafe = Effect.tap(SqlClient.SqlClient, (sql) => sql`PRAGMA synchronous = OFF`)
    const client = Layer.effect(SqlClient.SqlClient, unsafe).pipe(Layer.provide(NodeSqlite.layer(place.file)))
    assert.match(onlyWarning(await open(inSql(client))), /PRAGMA synchronous is OFF/)
    assert.deepStrictEqual(await open(inSql(NodeSqlite.layer(place.file))), { refusal: undefined, warnings: [] })
    await remove()
  })

  it("another dialect is refused before anything is sent", async () => {
    const client = Layer.effect(
      SqlClient.SqlClient,
      SqlClient.make({
        acquirer: Effect.die("a statement was sent"),
        compiler: Statement.makeCompiler({
          dialect: "mysql",
          placeholder: () => "?",
          onIdentifier: Statement.defaultEscape("`"),
          onRecordUpdate: () => ["", []],
          onCustom: () => ["", []]
        }),
        driver: "mysql2",
        spanAttributes: []
      })
    ).pipe(Layer.provide(Reactivity.layer))
    for (const { refusal } of [await open(inSql(client)), await openDedupe(dedupeIn(client))]) {
      assert.match(refusal ?? "", /does not open on this MySQL or MariaDB.*PostgreSQL and SQLite/)
    }
  })
})
