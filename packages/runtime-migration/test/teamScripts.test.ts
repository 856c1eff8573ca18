/**
 * The scripts and the live path, on the same forty tables with the same rows: both write the same, and put it back. Here that is
 * SQLite; `AYWA_TEAM_KILLS`, as `.ci/run` sets it, runs all four.
 */
import { assert, it } from "vitest"
import {
  applyDatabase,
  dryRunDatabase,
  mappingScripts,
  planDatabase,
  planMappingSql,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { databases } from "./databases.ts"
import { fill, locations, mappings } from "./team/rows.ts"
import { rowsOf, statementsOf } from "./team/schema.ts"

const whole = process.env["AYWA_TEAM_KILLS"] !== undefined
const size = whole ? 12 : 6
const seed = Number(process.env["AYWA_TEAM_SEED"] ?? 17)
const schemas = { PostgreSQL: "by-hand", MariaDB: "typeorm", PGlite: "mikro-orm", SQLite: "drizzle" } as const

if (!whole)
  console.log("skipped: scripts of forty tables on PostgreSQL, MariaDB and PGlite; AYWA_TEAM_KILLS=2 runs them")

for (const { name, describe, open } of databases) {
  if (!whole && name !== "SQLite") continue
  describe(name, () => {
    it(`forty tables of ${schemas[name]}: the scripts write what the live path writes, and put it back`, async () => {
      const [live, scripted] = [await open(), await open()]
      try {
        for (const { driver } of [live, scripted]) {
          for (const statement of statementsOf(schemas[name])) await driver.run(statement)
          await fill(driver, size, seed)
        }
        // What triggers add has numbers of its own.
        const rows = async ({ driver }: typeof live) =>
          Object.fromEntries([...(await rowsOf(driver))].filter(([place]) => !/^audit_log \d{7}/.test(place)))
        const before = await rows(live)
        assert.deepStrictEqual(await rows(scripted), before)
        const plan = await planDatabase(live.driver, { mappings, locations, chunk: 10 })
        await dryRunDatabase(live.driver, plan)
        await applyDatabase(live.driver, plan)
        const after = await rows(live)
        assert.notDeepEqual(after, before)

        // What a live database says itself, scripts are told.
        const told = locations.map((location) => {
          const planned = plan.locations.find(
            ({ table, column }) => table === location.table && column === location.column
          )
          if (planned === undefined) return assert.fail(location.table)
          const { key, columnType, keep } = planned
          return { ...location, key: key.map(({ column }) => column), columnType, keep }
        })
        const scripts = mappingScripts(
          planMappingSql({
            dialect: plan.dialect,
            mappings,
            locations: told,
            foreignKeys: plan.foreignKeys,
            chunk: 10,
            transaction: name === "PGlite" ? "single" : undefined
          })
        )
        await scripted.script(scripts["1-prepare.sql"])
        assert.deepStrictEqual(await rows(scripted), before)
        await scripted.script(scripts["2-apply.sql"])
        assert.deepStrictEqual(await rows(scripted), after)
        // Each goes on from what the other has prepared.
        const same = await planDatabase(scripted.driver, { mappings, locations, chunk: 10 })
        const { problems } = await verifyDatabase(scripted.driver, same, { scan: false })
        // A trigger has noted old ids while the others were rewritten.
        assert.deepStrictEqual(
          problems.filter((problem) => !problem.startsWith("audit_log.entry: ")),
          []
        )
        await scripted.script(scripts["4-rollback.sql"])
        assert.deepStrictEqual(await rows(scripted), before)
        await rollbackDatabase(live.driver, plan)
        assert.deepStrictEqual(await rows(live), before)
        await scripted.script(scripts["5-cleanup.sql"])
      } finally {
        await live.close()
        await scripted.close()
      }
    }, 600_000)
  })
}
