/** Mappings that come later, at any moment: whatever the order of steps, nothing is refused, and all of it goes back. */
import * as fc from "fast-check"
import { assert, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  dryRunDatabase,
  extendDatabase,
  type Location,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { column, databases, fresh, mapping, old, testDatabase, refused } from "./databases.ts"

const locations: ReadonlyArray<Location> = [
  { table: "agents", column: "note", kind: "text" },
  { table: "agents", column: "id", kind: "id" },
  { table: "calls", column: "ext", kind: "id" },
  { table: "calls", column: "peer", kind: "id" },
  { table: "calls", column: "body", kind: "text" },
  { table: "calls", column: "doc", kind: "json-any" }
]

/** The ids of each mapping: 1 to 3, then 4 and 5, then 6. Of 7 and 8 nobody knows. */
const stages = [[1, 2, 3], [4, 5], [6]] as const
const mappingsUpTo = (stage: number) =>
  stages
    .slice(0, stage + 1)
    .flat()
    .map((n) => mapping(old(n), fresh(n)))

const anId = fc.integer({ min: 1, max: 8 }).map(old)
const ids = fc.array(anId, { maxLength: 3 })
const step = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ does: "dry run" } as const) },
  { weight: 3, arbitrary: fc.constant({ does: "apply" } as const) },
  { weight: 3, arbitrary: fc.constant({ does: "extend" } as const) },
  { weight: 2, arbitrary: fc.constant({ does: "rollback" } as const) },
  { weight: 1, arbitrary: fc.constant({ does: "verify" } as const) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("write" as const), row: fc.nat(5), id: anId, peer: anId, inside: ids })
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("delete" as const), row: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("insert" as const), id: anId, peer: anId, inside: ids }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("note" as const), row: fc.nat(7), inside: ids }) }
)

const times = Number(process.env["AYWA_TIMES"] ?? 1)
const runs = { PostgreSQL: 6 * times, MariaDB: 4 * times, PGlite: 2 * times, SQLite: 20 * times } as const

interface Call {
  readonly ext: string
  readonly peer: string
  readonly body: string
  readonly doc: string
}

const textOf = (inside: ReadonlyArray<string>, mark: number): string => `${inside.join(" and ")} #${mark}`
const docOf = (inside: ReadonlyArray<string>, mark: number): string => JSON.stringify({ mark, inside })

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = testDatabase(open)

    const text = name === "MariaDB" ? "longtext" : "text"
    const create = async () => {
      await db.reset()
      await db.sql(
        `CREATE TABLE agents (id varchar(60) PRIMARY KEY, n int, note ${text})`,
        `CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), peer varchar(60), body ${text}, doc ${text})`
      )
    }
    const planOf = (stage: number, transaction: "single" | "chunks" = "chunks") =>
      planDatabase(db.driver, {
        mappings: mappingsUpTo(stage),
        locations,
        chunk: 2,
        transaction: name === "SQLite" ? "single" : transaction
      })
    const put = (id: number, { ext, peer, body, doc }: Call) =>
      db.sql(
        `DELETE FROM calls WHERE id = ${id}`,
        `INSERT INTO calls VALUES (${id}, '${ext}', '${peer}', '${body}', '${doc}')`
      )
    const calls = async () => {
      const all: Array<ReadonlyArray<string | null>> = []
      for (const one of ["id", "ext", "peer", "body", "doc"]) all.push(await column(db, "calls", one, "id"))
      return (all[0] ?? []).map((_, at) => all.map((values) => String(values[at])))
    }
    const agents = async () => {
      const [id, note] = [await column(db, "agents", "id", "n"), await column(db, "agents", "note", "n")]
      return id.map((one, at) => [String(one), String(note[at])])
    }

    it("any order of steps, extensions and writers: nothing is refused, and each row goes back to what was written last", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 3, maxLength: 14 }),
          fc.boolean(),
          fc.boolean(),
          async (steps, single, last) => {
            await create()
            let mark = 0
            const written = new Map<number, Call>()
            const notes = new Map<number, readonly [id: string, note: string]>()
            const write = async (id: number, ext: string, peer: string, inside: ReadonlyArray<string>) => {
              mark += 1
              const call = { ext, peer, body: textOf(inside, mark), doc: docOf(inside, mark) }
              written.set(id, call)
              await put(id, call)
            }
            for (const n of [1, 2, 3, 4, 5]) await write(n, old(n), old(n + 2), [old(n), old(n + 1), old(n + 3)])
            for (const n of [1, 2, 3, 4, 5, 6, 7]) {
              const note = textOf([old(n), old(8 - n)], n)
              notes.set(n, [old(n), note])
              await db.sql(`INSERT INTO agents VALUES ('${old(n)}', ${n}, '${note}')`)
            }
            let stage = 0
            const transaction = single ? "single" : "chunks"
            let plan = await planOf(stage, transaction)
            await dryRunDatabase(db.driver, plan)
            for (const one of steps) {
              if (one.does === "dry run") await dryRunDatabase(db.driver, plan)
              else if (one.does === "apply") await applyDatabase(db.driver, plan)
              else if (one.does === "rollback") await rollbackDatabase(db.driver, plan)
              else if (one.does === "verify") {
                const { locations } = await verifyDatabase(db.driver, plan, { scan: false })
                assert.deepStrictEqual(
                  locations.map(({ forged }) => forged),
                  locations.map(() => 0)
                )
              } else if (one.does === "extend") {
                if (stage === 2) continue
                stage += 1
                plan = await planOf(stage, transaction)
                assert.isAbove((await extendDatabase(db.driver, plan)).added, 0)
              } else if (one.does === "insert") await write(100 + mark, one.id, one.peer, one.inside)
              else if (one.does === "note") {
                const known = notes.get(one.row)
                if (known === undefined) continue
                mark += 1
                const note = textOf(one.inside, 1000 + mark)
                notes.set(one.row, [known[0], note])
                await db.sql(`UPDATE agents SET note = '${note}' WHERE n = ${one.row}`)
              } else if (!written.has(one.row)) continue
              else if (one.does === "write") await write(one.row, one.id, one.peer, one.inside)
              else {
                mark += 1
                written.delete(one.row)
                await db.sql(`DELETE FROM calls WHERE id = ${one.row}`)
              }
            }
            await dryRunDatabase(db.driver, plan)
            await applyDatabase(db.driver, plan)
            assert.deepStrictEqual((await verifyDatabase(db.driver, plan, { scan: false })).problems, [])
            if (last && stage < 2) {
              plan = await planOf(stage + 1, transaction)
              await extendDatabase(db.driver, plan)
            }
            const { notRestored } = await rollbackDatabase(db.driver, plan)
            assert.deepStrictEqual(
              await calls(),
              [...written]
                .toSorted(([a], [b]) => a - b)
                .map(([id, { ext, peer, body, doc }]) => [String(id), ext, peer, body, doc])
            )
            assert.deepStrictEqual(
              await agents(),
              [...notes].map(([, row]) => [...row])
            )
            const untouched = mark === 5
            if (untouched) assert.deepStrictEqual(notRestored, [])
            await cleanupDatabase(db.driver, plan, { drifted: "accept" })
          }
        ),
        { numRuns: runs[name] }
      )
    }, 400_000)

    it("what apply has rewritten is rewritten once more, and put back to what stood there first", async () => {
      await create()
      const body = `${old(1)} asks ${old(4)}`
      const call = { ext: old(1), peer: old(4), body, doc: JSON.stringify([old(1), old(4)]) }
      await put(1, call)
      const whole = [["1", call.ext, call.peer, call.body, call.doc]]
      const first = await planOf(0)
      await dryRunDatabase(db.driver, first)
      await applyDatabase(db.driver, first)
      const more = await planOf(1)
      assert.isAbove((await extendDatabase(db.driver, more)).added, 0)
      // The way back is known nowhere but in the ledger.
      assert.match(await refused(cleanupDatabase(db.driver, more)), /1 rows hold what apply wrote before an extension/)
      assert.deepStrictEqual((await rollbackDatabase(db.driver, more)).notRestored, [])
      assert.deepStrictEqual(await calls(), whole)
      await applyDatabase(db.driver, more)
      await dryRunDatabase(db.driver, more)
      await applyDatabase(db.driver, more)
      const [[, , , text] = []] = await calls()
      assert.strictEqual(text, `${fresh(1)} asks ${fresh(4)}`)
      const back = await rollbackDatabase(db.driver, more)
      assert.deepStrictEqual([back.changed, back.notRestored], [4, []])
      assert.deepStrictEqual(await calls(), whole)
      await cleanupDatabase(db.driver, more)
    })

    it("a row that is put back to what somebody wrote since is listed", async () => {
      await create()
      await put(1, { ext: old(7), peer: old(7), body: `${old(1)} first`, doc: "1" })
      const plan = await planOf(0)
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      await db.sql(`UPDATE calls SET body = '${fresh(1)} and ${old(2)}' WHERE id = 1`)
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      const { notRestored, writtenSince } = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual([notRestored, writtenSince], [[], [{ location: "calls.body", rows: 1 }]])
      const [[, , , text] = []] = await calls()
      assert.strictEqual(text, `${fresh(1)} and ${old(2)}`)
    })

    it("an extension that nobody could take back, or that finds ids in another way, is refused and changes nothing", async () => {
      await create()
      await put(1, { ext: old(1), peer: old(2), body: `${old(1)} ${old(4)}`, doc: "1" })
      const chained = (more: ReadonlyArray<number>) =>
        planDatabase(db.driver, {
          mappings: [mapping(old(1), old(2)), mapping(old(2), fresh(2)), ...more.map((n) => mapping(old(n), fresh(n)))],
          locations: [{ table: "calls", column: "body", kind: "text" }]
        })
      const chain = await chained([])
      await dryRunDatabase(db.driver, chain)
      await applyDatabase(db.driver, chain)
      const applied = await calls()
      const more = await chained([4])
      for (const state of ["applied", "original"] as const) {
        assert.match(
          await refused(extendDatabase(db.driver, more)),
          /calls\.body: some id is source and target at once/
        )
        // As it was: the run is still the first one's.
        const { problems } = await verifyDatabase(db.driver, chain, { state, scan: false })
        assert.deepStrictEqual(problems, [])
        if (state === "applied") await rollbackDatabase(db.driver, chain)
      }
      assert.notDeepEqual(applied, await calls())
      await cleanupDatabase(db.driver, chain)
      const plain = await planOf(0)
      await dryRunDatabase(db.driver, plain)
      const words = await planDatabase(db.driver, {
        mappings: [...mappingsUpTo(0), mapping("assistant_without_dashes", fresh(9))],
        locations,
        chunk: 2,
        transaction: name === "SQLite" ? "single" : "chunks"
      })
      assert.match(await refused(extendDatabase(db.driver, words)), /were UUIDs so far/)
    })
  })
}
