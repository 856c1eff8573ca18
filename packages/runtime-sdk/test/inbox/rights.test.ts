/** PostgreSQL as operators have it: roles with few rights, schemas, poolers, servers that do not answer. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { randomUUID } from "node:crypto"
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "vitest"
import { InboxError, inboxTables, type OpenOptions, openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { Once } from "../../src/inbox.ts"
import { makeProxy } from "../support/proxy.ts"
import { describeWith, describeWithPrograms } from "../support/services.ts"
import { makeRoles, query, type Roles } from "./roles.ts"
import { delivery } from "./support.ts"

type SqlOptions = Parameters<typeof WebhookInbox.layerSql>[0]

const open = (url: string, options: Partial<OpenOptions> = {}, sqlOptions: SqlOptions = {}, extra: object = {}) =>
  openWebhookInbox({
    store: WebhookInbox.layerSql({ pollInterval: 20, ...sqlOptions }).pipe(
      Layer.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 3, ...extra }))
    ),
    ...options
  })

const errorOf = async (opening: Promise<unknown>): Promise<InboxError> => {
  const error = await opening.catch((error: unknown) => error)
  assert(error instanceof InboxError, String(error))
  assert.notMatch(error.message, /sends the delivery again/)
  return error
}

/** Takes in, handles, closes. */
const works = async (url: string, sqlOptions?: SqlOptions, extra?: object) => {
  const handled = Promise.withResolvers<string>()
  const inbox = await open(url, { handle: async ({ id }) => handled.resolve(id) }, sqlOptions, extra)
  const id = `evt_${randomUUID()}`
  await inbox.offer(delivery(id))
  assert.strictEqual(await handled.promise, id)
  await inbox.close()
}

const withRoles = async (test: (roles: Roles) => Promise<unknown>) => {
  const roles = await makeRoles({}, {})
  await test(roles).finally(roles.remove)
}

/** Makes the second role one that has only what is granted to it. */
const separate = (roles: Roles) =>
  query(
    roles.admin,
    `REVOKE ${roles.roles[0]} FROM ${roles.roles[1]}`,
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    `GRANT CREATE ON SCHEMA public TO ${roles.roles[0]}`
  )

;(await describeWith("PostgreSQL"))("rights on PostgreSQL", () => {
  it("a failure whose words the table does not take is written in others: the delivery is tried again, and parked", () =>
    withRoles(async ({ admin, a: url }) => {
      await (await open(url)).close()
      await query(admin, "ALTER TABLE aywa_inbox_deliveries ADD CHECK (octet_length(reason) < 300)")
      let tried = 0
      const inbox = await open(
        url,
        {
          handle: async () => {
            tried++
            throw new Error("x".repeat(1000))
          }
        },
        { maxAttempts: 3, backoff: 20 }
      )
      await inbox.offer(delivery("evt_1"))
      for (let i = 0; i < 500 && (await inbox.parked()).length === 0; i++)
        await new Promise((resolve) => setTimeout(resolve, 20))
      const [parked] = await inbox.parked()
      assert.deepInclude(parked, { id: "evt_1", attempts: 3, reason: "It failed; its failure could not be written" })
      assert.strictEqual(tried, 3)
      await inbox.close()
    }))

  it("a role that may not create is refused, and told what prints the SQL; a role with DML alone works on it", () =>
    withRoles(async (roles) => {
      await separate(roles)
      const refused = await errorOf(open(roles.b))
      assert.strictEqual(refused.kind, "refusal")
      assert.match(refused.message, /aywa-runtime inbox sql/)
      await query(roles.a, inboxTables())
      const denied = await errorOf(open(roles.b))
      assert.strictEqual(denied.kind, "refusal")
      const [grant] = /GRANT SELECT.*? TO \w+/.exec(denied.message) ?? []
      await query(roles.a, grant ?? "")
      await works(roles.b)
      // What is parked can be put back with these rights, too.
      const parked = await open(roles.b, { handle: () => Promise.reject(new Error("no")) }, { maxAttempts: 1 })
      await parked.offer(delivery("evt_parked"))
      while ((await parked.stats()).parked === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      assert.isTrue(await parked.requeue("evt_parked"))
      await parked.close()
    }))

  it("inboxTables grants to a role, in a schema of its own, and may run twice", () =>
    withRoles(async (roles) => {
      await separate(roles)
      const sql = inboxTables({ schema: "Ops Team", grant: roles.roles[1] })
      await query(roles.a, sql, sql)
      await works(roles.b, { schema: "Ops Team" })
      const rows = await query(roles.a, `SELECT state FROM "Ops Team".aywa_inbox_deliveries`)
      assert.deepStrictEqual(rows, [{ state: "done" }])
    }))

  it("an empty search_path is refused with an InboxError", () =>
    withRoles(async (roles) => {
      await roles.set({ search_path: "" })
      assert.strictEqual((await errorOf(open(roles.a))).kind, "refusal")
    }))

  it("a server that cannot be reached, and a password that is wrong, are InboxErrors", () =>
    withRoles(async (roles) => {
      assert.strictEqual((await errorOf(open("postgres://nobody@127.0.0.1:1/none"))).kind, "failure")
      await errorOf(open(roles.a.replace(/\/aywa[^/]*$/, "/no_such_database")))
    }))

  it("stricter isolation and a short statement_timeout are told once", () =>
    withRoles(async (roles) => {
      await roles.set({ default_transaction_isolation: "serializable", statement_timeout: "900" })
      const told: Array<InboxError> = []
      const inbox = await open(roles.a, { onError: (error) => told.push(error) })
      assert.strictEqual(told.length, 1)
      assert.strictEqual(told[0]?.kind, "warning")
      assert.match(told[0]?.message ?? "", /isolation is serializable.*statement_timeout is 900 ms/)
      await inbox.close()
    }))

  it(
    "a store that stops answering: 503 within a second, told once, and once when it is back",
    { timeout: 30_000 },
    () =>
      withRoles(async (roles) => {
        const proxy = await makeProxy(5432)
        const told: Array<InboxError["kind"]> = []
        const back = Promise.withResolvers<void>()
        const handled = Promise.withResolvers<void>()
        const inbox = await open(roles.a.replace(":5432", `:${proxy.port}`), {
          handle: async ({ id }) => (id === "evt_after" ? handled.resolve() : undefined),
          onError: ({ kind }) => {
            told.push(kind)
            if (kind === "recovery") back.resolve()
          }
        })
        assert.deepInclude(await inbox.health(), { ok: true, backlog: 0 })
        proxy.freeze()
        const begin = performance.now()
        const errors = await Promise.all(
          [1, 2, 3].map((n) => inbox.offer(delivery(`evt_${n}`)).catch((error: unknown) => error))
        )
        for (const error of errors) assert.instanceOf(error, InboxError)
        assert.isBelow(performance.now() - begin, 1500)
        assert.strictEqual((await inbox.health()).ok, false)
        proxy.thaw()
        await back.promise
        await inbox.offer(delivery("evt_after"))
        await handled.promise
        assert.deepInclude(await inbox.health(), { ok: true })
        assert.deepStrictEqual(told, ["failure", "recovery"])
        await inbox.close()
        await proxy.close()
      })
  )
})

/** A door to PostgreSQL that can be held shut: connections stay, and nothing goes through. */
const portOf = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === "object" && address !== null ? address.port : 0
}

const keepsStatements = (): boolean => {
  const [, major = 0, minor = 0] =
    /PgBouncer (\d+)\.(\d+)/.exec(execFileSync("pgbouncer", ["--version"], { encoding: "utf8" })) ?? []
  return Number(major) > 1 || Number(minor) >= 21
}

/** A pooler in transaction mode that keeps no prepared statements: those before 1.21 cannot, later ones are told so. */
const startPooler = async (database: string) => {
  const folder = mkdtempSync(join(tmpdir(), "aywa-pooler-"))
  const port = await portOf()
  const config = join(folder, "pgbouncer.ini")
  writeFileSync(
    config,
    `[databases]\n${database} = host=127.0.0.1 port=5432 user=postgres dbname=${database}\n[pgbouncer]\nlisten_addr=127.0.0.1\n` +
      `listen_port=${port}\nauth_type=any\npool_mode=transaction\ndefault_pool_size=3\n` +
      `unix_socket_dir=\nlogfile=${join(folder, "log")}\npidfile=${join(folder, "pid")}\n` +
      `ignore_startup_parameters=extra_float_digits,options\n${keepsStatements() ? "max_prepared_statements=0\n" : ""}`
  )
  // As root it wants to become somebody else, who must be able to write there.
  const isRoot = process.getuid?.() === 0
  if (isRoot) (await import("node:fs")).chmodSync(folder, 0o777)
  const child = spawn("pgbouncer", [...(isRoot ? ["-u", "nobody"] : []), config], { stdio: "ignore" })
  for (let i = 0; i < 200; i++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1")
      socket.once("connect", () => resolve(socket.destroy() !== undefined))
      socket.once("error", () => resolve(false))
    })
    if (isUp) break
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/${database}`,
    stop: async () => {
      const ended = new Promise((resolve) => child.once("close", resolve))
      child.kill("SIGKILL")
      await ended
      rmSync(folder, { recursive: true })
    }
  }
}

;(await describeWithPrograms("pgbouncer"))("behind PgBouncer in transaction mode", () => {
  it("the inbox works, over sessions that change with every statement", { timeout: 30_000 }, () =>
    withRoles(async (roles) => {
      const pooler = await startPooler(roles.roles[0].slice(0, -2))
      const seen = new Set<string>()
      const all = Promise.withResolvers<void>()
      const handle = async ({ id }: { readonly id: string }) => {
        seen.add(id)
        if (seen.size === 200) all.resolve()
      }
      try {
        const inboxes = [await open(pooler.url, { handle }), await open(pooler.url, { handle }), await open(pooler.url)]
        await Promise.all(Array.from({ length: 200 }, (_, i) => inboxes[i % 3]?.offer(delivery(`evt_${i}`))))
        await all.promise
        assert.strictEqual(seen.size, 200)
        await Promise.all(inboxes.map((inbox) => inbox.close()))
      } finally {
        await pooler.stop()
      }
    })
  )

  it("Once works with a client that prepares nothing", { timeout: 30_000 }, () =>
    withRoles(async (roles) => {
      const pooler = await startPooler(roles.roles[0].slice(0, -2))
      const program = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* Once.createTable
        yield* sql`CREATE TABLE hits (id TEXT)`
        const hit = (id: number) => Once.run(`evt_${id % 10}`, sql`INSERT INTO hits (id) VALUES (${`evt_${id % 10}`})`)
        yield* Effect.forEach(
          Array.from({ length: 60 }, (_, i) => i),
          hit,
          { concurrency: 12 }
        )
        return yield* sql`SELECT id FROM hits`
      })
      const client = PgClient.layer({ url: Redacted.make(pooler.url), maxConnections: 8, prepare: false })
      const hits = await Effect.runPromise(Effect.provide(program, client)).finally(pooler.stop)
      assert.strictEqual(hits.length, 10)
    })
  )
})
