/** With a misspelt option a step would do something else than was meant: `vales` would drop ids as well. */
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { assert, it } from "vitest"
import * as Migration from "../src/index.ts"
import { databases, old, refused, simple } from "./databases.ts"

const misspelt = { vales: true } as object

for (const { name, describe: describeOn, open } of databases.filter(({ name }) => name === "SQLite")) {
  describeOn(name, () => {
    it("options that nobody reads are refused by every step, and nothing is touched", async () => {
      const db = await open()
      try {
        await db.sql(
          "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))",
          `INSERT INTO calls VALUES (1, '${old(1)}')`
        )
        const locations = [{ table: "calls", column: "ext", kind: "id" }] as const
        const plan = await Migration.planDatabase(db.driver, { mappings: simple, locations })
        await Migration.dryRunDatabase(db.driver, plan)
        await Migration.applyDatabase(db.driver, plan)
        const { driver } = db
        const steps: Readonly<Record<string, () => Promise<unknown>>> = {
          planDatabase: () => Migration.planDatabase(driver, { mappings: simple, locations, ...misspelt }),
          dryRunDatabase: () => Migration.dryRunDatabase(driver, plan, misspelt),
          applyDatabase: () => Migration.applyDatabase(driver, plan, misspelt),
          watchDatabase: () => Migration.watchDatabase(driver, plan, misspelt),
          verifyDatabase: () => Migration.verifyDatabase(driver, plan, misspelt),
          rollbackDatabase: () => Migration.rollbackDatabase(driver, plan, misspelt),
          cleanupDatabase: () => Migration.cleanupDatabase(driver, plan, misspelt),
          detectDatabase: () => Migration.detectDatabase(driver, { mappings: simple, ...misspelt })
        }
        for (const [step, run] of Object.entries(steps)) {
          assert.match(await refused(run(), "InvalidConfig"), new RegExp(`^${step}: vales is not an option\\. `))
        }
        assert.isTrue((await Migration.verifyDatabase(driver, plan)).ok)
      } finally {
        await db.close()
      }
    })
  })
}

it("so are those of an import: with a misspelt ledger it would make every row again", async () => {
  await using runtime = await startLocalRuntime()
  await using aywa = new AywaRuntimeClient({
    baseUrl: runtime.baseUrl,
    apiKey: runtime.apiKey,
    organizationId: runtime.organizationId
  })
  const bundle = { assistants: [{ id: "a1", name: "Desk" }] }
  const steps: Readonly<Record<string, () => Promise<unknown>>> = {
    planImport: () => Migration.planImport(aywa, bundle, misspelt),
    runImport: () => Migration.runImport(aywa, bundle, misspelt),
    compareAccounts: () => Migration.compareAccounts(aywa, bundle, { mappings: [], ...misspelt }),
    fetchBundle: () => Migration.fetchBundle({ baseUrl: runtime.baseUrl, apiKey: "k", ...misspelt })
  }
  for (const [step, run] of Object.entries(steps)) {
    assert.match(await refused(run(), "InvalidConfig"), new RegExp(`^${step}: vales is not an option\\. `))
  }
  const mode = { mode: "row" } as object
  assert.match(
    await refused(Migration.runImport(aywa, bundle, mode), "InvalidConfig"),
    /^mode: takes .*Did you mean rows\?/
  )
  assert.strictEqual(runtime.requests().length, 0)
})
