/** Replicas that fall behind: writing waits for them, and goes on with them. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  dryRunDatabase,
  openDatabase,
  planDatabase,
  rollbackDatabase,
  type SqlDriver,
  verifyDatabase
} from "../src/index.ts"
import { eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { describeWithPrograms } from "../../runtime-sdk/test/support/services.ts"
import { old, refused, simple } from "./databases.ts"
import { pairs } from "./ownServers.ts"

const count = async (driver: SqlDriver, sql: string): Promise<number> => Number((await driver.run(sql)).rows[0]?.["n"])
const rows = 800
const leftOn = (driver: SqlDriver): Promise<number> =>
  count(
    driver,
    `SELECT COUNT(*) AS n FROM calls WHERE ext IN (${simple.map(({ sourceId }) => `'${sourceId}'`).join(", ")})`
  )

for (const { name, programs, open } of pairs) {
  describeWithPrograms(...programs)(`a replica of ${name}`, () => {
    it("that is behind by more than replicaLag makes apply and rollback wait, and says so", async () => {
      await using pair = await open()
      const [primary, replica] = [await openDatabase(pair.primary), await openDatabase(pair.replica)]
      await primary.run("CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60))")
      await primary.run(
        `INSERT INTO calls VALUES ${Array.from({ length: rows }, (_, n) => `(${n}, '${old(1 + (n % 4))}')`).join(", ")}`
      )
      await eventually(async () => assert.strictEqual(await leftOn(replica), rows))
      const plan = await planDatabase(primary, {
        mappings: simple,
        locations: [{ table: "calls", column: "ext", kind: "id" }],
        chunk: 2
      })
      await dryRunDatabase(primary, plan)
      for (const [step, before, after] of [
        [applyDatabase, rows, 0],
        [rollbackDatabase, 0, rows]
      ] as const) {
        await pair.pause(replica)
        await primary.run("INSERT INTO calls VALUES (1000000, NULL)")
        const paused = Promise.withResolvers<string>()
        const done = step(primary, plan, {
          replicas: name === "MariaDB" ? [replica] : [],
          replicaLag: 100,
          onPause: paused.resolve
        })
        assert.match(await paused.promise, /replica/)
        assert.notStrictEqual(await leftOn(primary), after)
        assert.strictEqual(await leftOn(replica), before)
        await pair.resume(replica)
        assert.strictEqual((await done).changed, rows)
        await primary.run("DELETE FROM calls WHERE id = 1000000")
        await eventually(async () => assert.strictEqual(await leftOn(replica), after))
      }
      assert.deepStrictEqual((await verifyDatabase(primary, plan, { state: "original" })).problems, [])
      await primary.close()
      await replica.close()
    }, 120_000)

    if (name === "MariaDB")
      it("a binary log of statements: a replica has the same rows and ledgers at each moment, after a stop half-way too", async () => {
        await using pair = await open()
        const [primary, replica] = [await openDatabase(pair.primary), await openDatabase(pair.replica)]
        await primary.run("SET SESSION binlog_format = 'STATEMENT'")
        await primary.run("CREATE TABLE agents (ext varchar(60) PRIMARY KEY)")
        await primary.run(
          "CREATE TABLE calls (id int AUTO_INCREMENT PRIMARY KEY, ext varchar(60) REFERENCES agents (ext), note text, body json)"
        )
        for (const n of [1, 2, 3, 4]) await primary.run(`INSERT INTO agents VALUES ('${old(n)}')`)
        for (let n = 0; n < 60; n++) {
          const id = old(1 + (n % 4))
          await primary.run(`INSERT INTO calls (ext, note, body) VALUES ('${id}', 'see ${id}.', '{"a": ["${id}"]}')`)
        }
        const plan = await planDatabase(primary, {
          mappings: simple,
          locations: [
            { table: "agents", column: "ext", kind: "id" },
            { table: "calls", column: "ext", kind: "id" },
            { table: "calls", column: "note", kind: "text" },
            { table: "calls", column: "body", kind: "json-any" }
          ],
          chunk: 7
        })
        const contents = async (driver: SqlDriver) => {
          const { rows: tables } = await driver.run(
            "SELECT TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1"
          )
          const all: Record<string, unknown> = {}
          for (const { t } of tables)
            all[String(t)] = (await driver.run(`SELECT * FROM \`${String(t)}\``)).rows
              .map((row) => JSON.stringify(row))
              .toSorted()
          return all
        }
        const same = async () => {
          const there = await contents(primary)
          await eventually(async () => assert.isTrue(JSON.stringify(await contents(replica)) === JSON.stringify(there)))
        }
        await dryRunDatabase(primary, plan)
        await same()
        const stop = new AbortController()
        const onProgress = () => stop.abort()
        await refused(applyDatabase(primary, plan, { signal: stop.signal, onProgress }), "Aborted")
        await same()
        await applyDatabase(primary, plan)
        assert.deepStrictEqual((await verifyDatabase(primary, plan)).problems, [])
        await same()
        assert.deepStrictEqual((await rollbackDatabase(primary, plan)).notRestored, [])
        await same()
        const [status] = (await replica.run("SHOW REPLICA STATUS")).rows
        assert.deepInclude(status, { Last_SQL_Error: "", Slave_SQL_Running: "Yes" })
        assert.match(
          await refused(applyDatabase(primary, plan, { replicas: [primary] }), "InvalidConfig"),
          /^replicas\[0\]: this server is no replica/
        )
        await primary.close()
        await replica.close()
      }, 120_000)
  })
}
