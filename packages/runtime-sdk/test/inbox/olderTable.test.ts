/** The queue's table: new, and of version 0.1.0, whose times are those of whichever session wrote them. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { Client } from "pg"
import { assert, it } from "vitest"
import { InboxError, type OpenOptions, openWebhookInbox, WebhookInbox } from "../../src/inbox.ts"
import { describeWith } from "../support/services.ts"
import { makeRoles, query, type Roles } from "./roles.ts"
import { delivery, until } from "./support.ts"

const options = { pollInterval: 20, lockExpiration: "5 seconds" } as const

/** The queue as the older version has it. */
const older = Effect.fnUntraced(function* (url: string) {
  const client = yield* PgClient.make({ url: Redacted.make(url) })
  const store = yield* PersistedQueue.makeStoreSql({
    tableName: "aywa_inbox",
    lockRefreshInterval: "1 second",
    ...options
  }).pipe(Effect.provideService(SqlClient.SqlClient, client))
  const factory = yield* Effect.provideService(PersistedQueue.makeFactory, PersistedQueue.PersistedQueueStore, store)
  const queue = yield* factory.make({
    name: "webhooks",
    schema: Schema.Struct({ id: Schema.String, type: Schema.String, body: Schema.String, requeued: Schema.Finite })
  })
  return {
    take: queue.take,
    offer: (id: string) => queue.offer({ id, type: "t", body: "{}", requeued: 0 }, { id })
  }
}, Effect.provide(Reactivity.layer))

const open = (url: string, handle?: OpenOptions["handle"]) => {
  // A time that the difference between the zones exceeds.
  const store = WebhookInbox.layerSql({ ...options, remember: "5 hours" })
  return openWebhookInbox({
    store: store.pipe(Layer.provide(PgClient.layer({ url: Redacted.make(url) }))),
    handle,
    concurrency: 1
  })
}

const withRoles = async (zones: readonly [string, string], test: (roles: Roles) => Promise<unknown>) => {
  const roles = await makeRoles({ timezone: zones[0] }, { timezone: zones[1] })
  await test(roles).finally(roles.remove)
}

/** The columns that hold the time of a clock and not an instant. */
const localColumns = (roles: Roles) =>
  query(
    roles.admin,
    `SELECT attname FROM pg_attribute WHERE attrelid = 'aywa_inbox'::regclass AND atttypid = 'timestamp'::regtype`
  )

const refused = async (opening: Promise<unknown>): Promise<string> => {
  const error = await opening.catch((error: unknown) => error)
  assert(error instanceof InboxError, String(error))
  assert.strictEqual(error.kind, "refusal")
  return error.message
}

const check = Effect.fnUntraced(function* (roles: Roles) {
  const [one, other] = [yield* older(roles.a), yield* older(roles.b)]
  const runs: Array<string> = []
  const seen = (id: string) =>
    until(
      Effect.sync(() => runs.includes(id)),
      id
    )
  yield* one.offer("evt_done")
  yield* one.take(() => Effect.void)
  const [begun, gate] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  yield* one.offer("evt_held")
  const held = one.take(() => Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(gate)))
  const holder = yield* Effect.forkChild(held)
  yield* Deferred.await(begun)
  yield* other.offer("evt_dead")
  const dies = `UPDATE aywa_inbox SET acquired_at = NOW(), acquired_by = gen_random_uuid() WHERE id = 'evt_dead'`
  yield* Effect.promise(() => query(roles.b, dies))
  const waiting = Array.from({ length: 10 }, (_, i) => `evt_${i}`)
  for (const [i, id] of waiting.entries()) yield* (i % 2 === 0 ? one : other).offer(id)

  const inbox = yield* Effect.acquireRelease(
    Effect.promise(() => open(roles.b, async ({ id }) => runs.push(id))),
    ({ close }) => Effect.promise(close)
  )
  assert.deepStrictEqual(yield* Effect.promise(() => localColumns(roles)), [])
  yield* seen("evt_9")
  assert.deepStrictEqual(runs, waiting, "in the order in which they were stored")
  yield* Effect.promise(() => inbox.offer(delivery("evt_done")))
  yield* seen("evt_dead")
  // The older version works on with the table, in the sessions that it has, until it is replaced.
  for (const [i, queue] of [one, other].entries()) yield* queue.offer(`evt_later_${i}`)
  yield* seen("evt_later_0")
  yield* seen("evt_later_1")
  yield* Deferred.succeed(gate, undefined)
  yield* Fiber.join(holder)
  yield* Effect.promise(() => inbox.close())
  yield* one.offer("evt_last")
  assert.strictEqual(yield* other.take(({ id }) => Effect.succeed(id)), "evt_last")
  assert.deepStrictEqual(runs, [...waiting, "evt_dead", "evt_later_0", "evt_later_1"])
}, Effect.scoped)

const suite = () => {
  for (const zones of [
    ["Asia/Tokyo", "America/Los_Angeles"],
    ["America/Los_Angeles", "Asia/Tokyo"]
  ] as const) {
    it.concurrent(
      `what ${zones.join(" and ")} wrote is handled once, in order, beside workers of the older version`,
      { timeout: 60_000 },
      () => withRoles(zones, (roles) => Effect.runPromise(check(roles)))
    )
  }

  it.concurrent("an older one of somebody else: refused, with what its owner has to run", () =>
    withRoles(["Asia/Tokyo", "UTC"], async (roles) => {
      await Effect.runPromise(Effect.scoped(older(roles.admin)))
      await query(
        roles.admin,
        `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${roles.roles[0]}`,
        `GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${roles.roles[0]}`
      )
      const message = await refused(open(roles.a))
      assert.match(message, /aywa_inbox holds times without a time zone/)
      await query(roles.admin, /BEGIN; .* COMMIT/.exec(message)?.[0] ?? "")
      assert.deepStrictEqual(await localColumns(roles), [])
      await (await open(roles.a)).close()
    }))

  it.concurrent("an older one that is held by another session: refused within seconds, and nothing is changed", () =>
    withRoles(["Asia/Tokyo", "UTC"], async (roles) => {
      await Effect.runPromise(Effect.scoped(older(roles.a)))
      const dump = new Client({ connectionString: roles.admin })
      await dump.connect()
      await dump.query("BEGIN; LOCK TABLE aywa_inbox IN ACCESS SHARE MODE")
      assert.match(await refused(open(roles.a)), /End what holds the table/)
      assert.lengthOf(await localColumns(roles), 4)
      await dump.end()
      const file = () => query(roles.admin, "SELECT pg_relation_filenode('aywa_inbox')")
      const before = await file()
      await (await open(roles.a)).close()
      assert.deepStrictEqual(await localColumns(roles), [])
      assert.deepStrictEqual(await file(), before, "its rows were not written anew")
    }))

  it.concurrent("a new one that many processes make at once", () =>
    withRoles(["Asia/Tokyo", "UTC"], async (roles) => {
      const inboxes = await Promise.all(Array.from({ length: 8 }, () => open(roles.a)))
      for (const inbox of inboxes) await inbox.close()
      assert.deepStrictEqual(await localColumns(roles), [])
    }))
}

;(await describeWith("PostgreSQL"))("the queue's table, PostgreSQL", suite)
