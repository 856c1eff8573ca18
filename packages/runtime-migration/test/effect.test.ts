/** The Effect face: the same steps, with what went wrong in the error channel, and interruption that waits. */
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, assert, describe, it } from "vitest"
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
  it("a database is planned, tried, rewritten, verified, put back and cleaned up, in one scope", async () => {
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
    const closed = await Effect.runPromise(Effect.scoped(program))
    const after: unknown = await closed.run("SELECT 1").catch((error: unknown) => error)
    assert.instanceOf(after, Error)
  })

  it("refusals are failures with their reason; a caller's own mistake is a defect", async () => {
    const program = Effect.gen(function* () {
      const driver = yield* Migration.openDatabase(file("refused.sqlite"))
      const plan = yield* Migration.planDatabase(driver, { mappings: simple, locations })
      const error = yield* Effect.flip(Migration.applyDatabase(driver, plan))
      assert.deepStrictEqual([error._tag, error.reason._tag], ["MigrationError", "OutOfOrder"])
    })
    await Effect.runPromise(Effect.scoped(program))
    const broken = { dialect: "sqlite" } as unknown as SqlDriver // A caller's own mistake.
    const defect = await Effect.runPromiseExit(Migration.planDatabase(broken, { mappings: simple, locations }))
    assert.isTrue(Exit.isFailure(defect) && Exit.hasDies(defect))
  })

  it("an interrupted step has ended before the fiber goes on: no statement comes after", async () => {
    const program = Effect.gen(function* () {
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
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
      assert.isAbove(until, 0)
      assert.strictEqual(ran, until)
    })
    await Effect.runPromise(Effect.scoped(program))
  })

  it("an account is planned, imported, compared and read back; a client's errors keep their tags", async () => {
    await using runtime = await startLocalRuntime()
    const { baseUrl, apiKey } = runtime
    await using aywa = new AywaRuntimeClient({ baseUrl, apiKey })
    const bundle = { assistants: [{ id: "a1", name: "Desk" }] }
    const program = Effect.gen(function* () {
      assert.strictEqual((yield* Migration.planImport(aywa, bundle)).counts.created, 1)
      const { mappings } = yield* Migration.runImport(aywa, bundle)
      const report = yield* Migration.compareAccounts(aywa, bundle, { mappings })
      assert.isTrue(report.checks.every(({ differences }) => differences.length === 0))
      return yield* Migration.readRuntimeMappings(aywa)
    })
    assert.lengthOf(await Effect.runPromise(program), 1)
    await using wrong = new AywaRuntimeClient({ baseUrl, apiKey: "nobody", retries: 0 })
    assert.strictEqual((await Effect.runPromise(Effect.flip(Migration.readRuntimeMappings(wrong))))._tag, "AuthError")
    const source = Migration.fetchBundle({ baseUrl: "http://127.0.0.1:1", apiKey: "k", kinds: ["assistants"] })
    const started = Effect.runFork(source)
    assert.isTrue(
      Exit.hasInterrupts(await Effect.runPromise(Fiber.interrupt(started).pipe(Effect.andThen(Fiber.await(started)))))
    )
  })
})
