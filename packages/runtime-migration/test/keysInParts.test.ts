/** Keys of several parts, which are rewritten one now and one later: whatever the order, each row goes back to what it was. */
import * as fc from "fast-check"
import { assert, it } from "vitest"
import {
  applyDatabase,
  type DatabasePlan,
  dryRunDatabase,
  extendDatabase,
  type Location,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { breaking, databases, fresh, mapping, old, testDatabase, snapshot } from "./databases.ts"

/** Ids 1 and 2 are tenants, 3 and 4 agents, 5 and 6 are of a third part. */
const agents = "CREATE TABLE agents (tenant varchar(40), ext varchar(40), note varchar(60), PRIMARY KEY (tenant, ext))"
const key = "FOREIGN KEY (tenant, ext) REFERENCES agents (tenant, ext)"
const people = [
  [1, 3],
  [1, 4],
  [2, 3]
].map(([tenant, ext]) => `INSERT INTO agents VALUES ('${old(tenant ?? 0)}', '${old(ext ?? 0)}', '${old(5)}')`)

const shapes: Readonly<Record<string, ReadonlyArray<string>>> = {
  "that children refer to": [
    agents,
    `CREATE TABLE calls (id int PRIMARY KEY, tenant varchar(40), ext varchar(40), CONSTRAINT calls_of ${key})`,
    ...people,
    `INSERT INTO calls VALUES (1, '${old(1)}', '${old(3)}'), (2, '${old(1)}', '${old(4)}'), (3, '${old(2)}', '${old(3)}')`
  ],
  "whose children have it for their key": [
    agents,
    `CREATE TABLE calls (tenant varchar(40), ext varchar(40), PRIMARY KEY (tenant, ext), CONSTRAINT calls_of ${key})`,
    ...people,
    `INSERT INTO calls VALUES ('${old(1)}', '${old(3)}'), ('${old(1)}', '${old(4)}')`
  ],
  "of which a part is their children's": [
    agents,
    `CREATE TABLE calls (tenant varchar(40), id int, ext varchar(40), PRIMARY KEY (tenant, id), CONSTRAINT calls_of ${key} ON UPDATE CASCADE)`,
    ...people,
    `INSERT INTO calls VALUES ('${old(1)}', 1, '${old(3)}'), ('${old(1)}', 2, '${old(4)}'), ('${old(2)}', 1, '${old(3)}')`
  ],
  "of three parts, without foreign keys": [
    "CREATE TABLE links (tenant varchar(40), ext varchar(40), id varchar(40), note varchar(60), PRIMARY KEY (tenant, ext, id))",
    ...[
      [1, 3, 5],
      [1, 4, 5],
      [2, 3, 6],
      [2, 4, 6]
    ].map((ids) => `INSERT INTO links VALUES (${ids.map((n) => `'${old(n)}'`).join(", ")}, '${old(ids[0] ?? 0)}')`)
  ]
}

const locationsOf = (shape: string): ReadonlyArray<Location> => {
  const names = shape.includes("three")
    ? ["links.note", "links.tenant", "links.ext", "links.id"]
    : ["agents.note", "agents.tenant", "agents.ext", "calls.tenant", "calls.ext"]
  return names.map((name) => {
    const [table = "", column = ""] = name.split(".")
    return { table, column, kind: "id" }
  })
}

/** Which ids the mapping knows from the beginning, and which come later. */
const stages = fc
  .shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 6 })
  .chain((ids) =>
    fc.tuple(fc.constant(ids), fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }))
  )
  .map(([ids, cuts]) => [...cuts, 6].toSorted((a, b) => a - b).map((cut) => ids.slice(0, cut)))
  .map((all) => all.filter((ids, at) => ids.length > (all[at - 1]?.length ?? 0)))

const times = Number(process.env["AYWA_TIMES"] ?? 1)
const runs = { PostgreSQL: 2 * times, MariaDB: 2 * times, PGlite: times, SQLite: 15 * times } as const

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = testDatabase(open)

    const planOf = (shape: string, ids: ReadonlyArray<number>, reversed = false): Promise<DatabasePlan> => {
      const locations = locationsOf(shape)
      const mappings = ids.map((n) => mapping(old(n), fresh(n)))
      return planDatabase(db.driver, { mappings, locations: reversed ? locations.toReversed() : locations, chunk: 2 })
    }
    const prepare = async (plan: DatabasePlan) =>
      assert.deepStrictEqual((await dryRunDatabase(db.driver, plan)).problems, [])
    const isBack = async (plan: DatabasePlan, before: unknown) => {
      const { notRestored } = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual(await snapshot(db), before)
      assert.deepStrictEqual(notRestored, [])
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan, { state: "original" })).problems, [])
    }

    for (const [shape, statements] of Object.entries(shapes)) {
      it(`a key ${shape}: one part, then the other, then back`, async () => {
        for (const [first, then] of [
          [
            [1, 2],
            [3, 4, 5, 6]
          ],
          [
            [3, 5],
            [1, 6]
          ]
        ] as const) {
          await db.reset()
          await db.sql(...statements)
          const before = await snapshot(db)
          const plan = await planOf(shape, first)
          await prepare(plan)
          await applyDatabase(db.driver, plan)
          const more = await planOf(shape, [...first, ...then])
          await extendDatabase(db.driver, more)
          await prepare(more)
          await applyDatabase(db.driver, more)
          assert.deepStrictEqual((await verifyDatabase(db.driver, more)).problems, [])
          await isBack(more, before)
        }
      })

      it(`a key ${shape}: its parts in any order, with crashes and ways back in between`, async () => {
        const step = fc.record({
          does: fc.constantFrom("apply", "apply", "crash", "rollback", "dry run"),
          at: fc.nat(60)
        })
        await fc.assert(
          fc.asyncProperty(
            stages,
            fc.array(step, { minLength: 2, maxLength: 8 }),
            fc.boolean(),
            async (all, steps, reversed) => {
              await db.reset()
              await db.sql(...statements)
              const before = await snapshot(db)
              let plan = await planOf(shape, all[0] ?? [], reversed)
              await prepare(plan)
              for (const { does, at } of steps) {
                if (does === "dry run") await prepare(plan)
                else if (does === "rollback") await isBack(plan, before)
                else if (does === "apply") await applyDatabase(db.driver, plan)
                else
                  await applyDatabase(breaking(db.driver, at), plan).catch((error: unknown) => {
                    if (!(error instanceof Error) || error.message !== "crash") throw error
                  })
                const next = all[all.findIndex((ids) => ids.length === plan.mappings) + 1]
                if (at % 2 === 0 && next !== undefined) {
                  plan = await planOf(shape, next, reversed)
                  await extendDatabase(db.driver, plan)
                }
              }
              await prepare(plan)
              await applyDatabase(db.driver, plan)
              assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
              await isBack(plan, before)
            }
          ),
          { numRuns: runs[name] }
        )
      }, 240_000)
    }
  })
}
