/** The Effect face: the same steps, with what went wrong in the error channel, and interruption that waits. */
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient, type AywaRuntimeClientOptions } from "@aywa-ai/runtime-sdk"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Migration from "../src/effect.ts"
import type { SqlDriver } from "../src/index.ts"
import { fresh, old, simple } from "./databases.ts"

const folder = mkdtempSync(join(tmpdir(), "aywa-effect-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string): string => {
  const path = join(folder, name)
  const database = new DatabaseSync(path)
  database.exec(`CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60)); INSERT INTO calls VALUES (1, '${old(1)}')`)
  database.close()
  return `sqlite:${path}`
}
const ids = (driver: SqlDriver) =>
  Effect.promise(async () => (await driver.run("SELECT ext FROM calls")).rows.map(({ ext }) => ext))
const locations = [{ table: "calls", column: "ext", kind: "id" }] as const

describe("as Effects", () => {
  it.live("a database is planned, tried, rewritten, verified, put back and cleaned up, in one scope", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const driver = yield* Migration.openDatabase(file("steps.sqlite"))
        assert.isNotEmpty((yield* Migration.detectDatabase(driver, { mappings: simple })).candidates)
        const plan = yield* Migration.planDatabase(driver, { mappings: simple, locations })
        yield* Migration.dryRunDatabase(driver, plan)
        yield* Migration.applyDatabase(driver, plan)
        assert.deepStrictEqual(yield* ids(driver), [fresh(1)])
        assert.strictEqual((yield* Migration.extendDatabase(driver, plan)).added, 0)
        assert.strictEqual((yield* Migration.watchDatabase(driver, plan, { quiet: 1, every: 1 })).changed, 0)
        assert.isTrue((yield* Migration.verifyDatabase(driver, plan)).ok)
        yield* Migration.rollbackDatabase(driver, plan)
        assert.deepStrictEqual(yield* ids(driver), [old(1)])
        yield* Migration.cleanupDatabase(driver, plan)
        return driver
      })
      const closed = yield* Effect.scoped(program)
      const after = yield* Effect.promise(() => closed.run("SELECT 1").catch((error: unknown) => error))
      assert.instanceOf(after, Error)
    })
  )

  it.live("refusals are failures with their reason; a caller's own mistake is a defect", () =>
    Effect.gen(function* () {
      const driver = yield* Migration.openDatabase(file("refused.sqlite"))
      const plan = yield* Migration.planDatabase(driver, { mappings: simple, locations })
      const error = yield* Effect.flip(Migration.applyDatabase(driver, plan))
      assert.deepStrictEqual([error._tag, error.reason._tag], ["MigrationError", "OutOfOrder"])
      const broken = { dialect: "sqlite" } as unknown as SqlDriver // A caller's own mistake.
      const defect = yield* Effect.exit(Migration.planDatabase(broken, { mappings: simple, locations }))
      assert.isTrue(Exit.isFailure(defect) && Exit.hasDies(defect))
    })
  )

  it.live("an interrupted step has ended before the fiber goes on: no statement comes after", () =>
    Effect.gen(function* () {
      const own = yield* Migration.openDatabase(file("interrupted.sqlite"))
      const begun = yield* Deferred.make<void>()
      let ran = 0
      let release = (): void => {}
      const held = new Promise<void>((resolve) => (release = resolve))
      const driver: SqlDriver = {
        ...own,
        run: async (sql, parameters) => {
          Effect.runFork(Deferred.succeed(begun, undefined))
          await held
          ran++
          return own.run(sql, parameters)
        }
      }
      const fiber = yield* Effect.forkChild(Migration.detectDatabase(driver, { mappings: simple }))
      yield* Deferred.await(begun)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.isUndefined(interrupting.pollUnsafe())
      release()
      yield* Fiber.join(interrupting)
      const until = ran
      yield* Effect.sleep(50)
      assert.isAbove(until, 0)
      assert.strictEqual(ran, until)
    })
  )

  it.live("an account is planned, imported, compared and read back; a client's errors keep their tags", () =>
    Effect.gen(function* () {
      const { baseUrl, apiKey } = yield* Effect.acquireDisposable(Effect.promise(() => startLocalRuntime()))
      const clientOf = (options: AywaRuntimeClientOptions) =>
        Effect.acquireDisposable(Effect.sync(() => new AywaRuntimeClient(options)))
      const aywa = yield* clientOf({ baseUrl, apiKey })
      const bundle = { assistants: [{ id: "a1", name: "Desk" }] }
      assert.strictEqual((yield* Migration.planImport(aywa, bundle)).counts.created, 1)
      const { mappings } = yield* Migration.runImport(aywa, bundle)
      const report = yield* Migration.compareAccounts(aywa, bundle, { mappings })
      assert.isTrue(report.checks.every(({ differences }) => differences.length === 0))
      assert.lengthOf(yield* Migration.readRuntimeMappings(aywa), 1)
      const wrong = yield* clientOf({ baseUrl, apiKey: "nobody", retries: 0 })
      assert.strictEqual((yield* Effect.flip(Migration.readRuntimeMappings(wrong)))._tag, "AuthError")
      const source = Migration.fetchBundle({ baseUrl: "http://127.0.0.1:1", apiKey: "k", kinds: ["assistants"] })
      const started = yield* Effect.forkChild(source, { startImmediately: true })
      yield* Fiber.interrupt(started)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(started)))
    })
  )
})
