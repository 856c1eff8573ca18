/** What MariaDB alone has: triggers that cannot sleep, partitions, rows that keep their history, columns of bytes. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  type DatabaseConfig,
  dryRunDatabase,
  type Location,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { aboutTables, column, databases, emptyDatabase, fresh, old, simple, snapshot } from "./databases.ts"

const calls: Location = { table: "calls", column: "ext", kind: "id" }
const plain = (id: string) => id.replaceAll("-", "")

for (const { name, describe, open } of databases) {
  if (name !== "MariaDB") continue
  describe(name, () => {
    const db = emptyDatabase(open)

    const planOf = (locations: ReadonlyArray<Location> = [calls], more: Partial<DatabaseConfig> = {}) =>
      planDatabase(db.driver, { mappings: simple, locations, chunk: 2, ...more })
    /** Out, looked at, and back byte for byte. */
    const thereAndBack = async (locations: ReadonlyArray<Location>, look: () => Promise<unknown>) => {
      const before = await snapshot(db)
      const plan = await planOf(locations)
      assert.deepStrictEqual((await dryRunDatabase(db.driver, plan)).problems, [])
      await applyDatabase(db.driver, plan)
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
      await look()
      assert.deepStrictEqual((await rollbackDatabase(db.driver, plan)).notRestored, [])
      assert.deepStrictEqual(await snapshot(db), before)
    }

    it("triggers of an update are named with what they do, whatever is asked for; those of an insert are not", async () => {
      await db.sql(
        "CREATE TABLE audit (line varchar(60))",
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60), updated_at varchar(60))",
        `INSERT INTO calls VALUES (1, '${old(1)}', 'then')`,
        "CREATE TRIGGER touch BEFORE UPDATE ON calls FOR EACH ROW SET NEW.updated_at = NOW()",
        "CREATE TRIGGER noted AFTER UPDATE ON calls FOR EACH ROW INSERT INTO audit VALUES (NEW.ext)",
        "CREATE TRIGGER born AFTER INSERT ON calls FOR EACH ROW INSERT INTO audit VALUES ('born')"
      )
      for (const keepUpdatedAt of [false, true]) {
        const [finding, ...others] = aboutTables(await planOf([calls], { keepUpdatedAt }))
        assert.deepStrictEqual([finding?.level, others], ["warning", []])
        const message = finding?.message ?? ""
        assert.match(message, /noted writes to audit/)
        assert.match(message, /touch sets updated_at/)
        assert.match(message, /MySQL has no way to keep/)
        assert.notMatch(message, /born|stays as it is/)
      }
      const plan = await planOf()
      await dryRunDatabase(db.driver, plan)
      assert.deepStrictEqual(await column(db, "audit", "line", "line"), [])
      await applyDatabase(db.driver, plan)
      assert.deepStrictEqual(await column(db, "audit", "line", "line"), [fresh(1)])
    })

    it("columns that must have a value and have no default: ids, texts, documents", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(36) NOT NULL, note longtext NOT NULL, body json NOT NULL)",
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}', 'see ${old(n)}.', '{"a": "${old(n)}"}')`)
      )
      await thereAndBack(
        [calls, { ...calls, column: "note", kind: "text" }, { ...calls, column: "body", kind: "json-any" }],
        async () => assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2].map(fresh))
      )
    })

    it("partitions by the id, and by other columns", async () => {
      await db.sql(
        "CREATE TABLE calls (id int, ext varchar(60), PRIMARY KEY (id, ext)) PARTITION BY KEY (ext) PARTITIONS 5",
        "CREATE TABLE events (id int, ext varchar(60), day date NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (YEAR(day)) (PARTITION early VALUES LESS THAN (2020), PARTITION late VALUES LESS THAN MAXVALUE)",
        ...[1, 2, 3, 4].flatMap((n) => [
          `INSERT INTO calls VALUES (${n}, '${old(n)}')`,
          `INSERT INTO events VALUES (${n}, '${old(n)}', '20${18 + n}-01-01')`
        ])
      )
      await thereAndBack([calls, { ...calls, table: "events" }], async () => {
        assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2, 3, 4].map(fresh))
        assert.deepStrictEqual(await column(db, "events", "ext", "id"), [1, 2, 3, 4].map(fresh))
      })
    })

    it("an id without a partition is found by the dry run", async () => {
      await db.sql(
        `CREATE TABLE calls (id int, ext varchar(60), PRIMARY KEY (id, ext)) PARTITION BY LIST COLUMNS (ext) (PARTITION one VALUES IN ('${old(1)}', '${old(2)}', '${fresh(1)}'))`,
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}')`)
      )
      const before = await snapshot(db)
      const { problems } = await dryRunDatabase(db.driver, await planOf())
      assert.match(problems.join(), /calls\.ext, id = 2.*: Table has no partition for value/)
      assert.deepStrictEqual(await snapshot(db), before)
    })

    it("rows that keep their history go there and back; their history keeps what they were, and is named", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(60)) WITH SYSTEM VERSIONING",
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, '${old(n)}')`)
      )
      const history = async () => {
        const { rows } = await db.driver.run(
          "SELECT ext AS v FROM calls FOR SYSTEM_TIME ALL WHERE row_end < NOW(6) ORDER BY row_start, id"
        )
        return rows.map(({ v }) => v)
      }
      try {
        assert.match(aboutTables(await planOf())[0]?.message ?? "", /history is kept/)
        await thereAndBack([calls], async () => {
          assert.deepStrictEqual(await column(db, "calls", "ext", "id"), [1, 2].map(fresh))
          assert.deepStrictEqual(await history(), [1, 2].map(old))
          const { information, notScanned } = await verifyDatabase(db.driver, await planOf())
          assert.deepStrictEqual(
            notScanned.map(({ table }) => table),
            ["calls"]
          )
          assert.match(information.join("\n"), /calls was not looked at: the history of its rows/)
        })
        assert.sameMembers(await history(), [...[1, 2].map(old), ...[1, 2].map(fresh)])
      } finally {
        await db.sql("DROP TABLE calls")
      }
    })

    it("columns of bytes: sixteen of them, or those of a text, in columns that are wider or as wide", async () => {
      await db.sql(
        "CREATE TABLE calls (id int PRIMARY KEY, a varbinary(16), b varbinary(64), c binary(16), d varbinary(36), e tinyblob)",
        ...[1, 2].map(
          (n) =>
            `INSERT INTO calls VALUES (${n}, x'${plain(old(n))}', x'${plain(old(n))}', x'${plain(old(n))}', '${old(n)}', '${old(n)}')`
        ),
        "INSERT INTO calls VALUES (3, NULL, x'00ff', x'00000000000000000000000000000000', '', x'ff')"
      )
      const locations = ["a", "b", "c", "d", "e"].map((column): Location => ({ ...calls, column }))
      await thereAndBack(locations, async () => {
        const { rows } = await db.driver.run(
          "SELECT HEX(a) AS a, HEX(b) AS b, HEX(c) AS c, CONVERT(d USING utf8mb4) AS d, CONVERT(e USING utf8mb4) AS e FROM calls WHERE id < 3 ORDER BY id"
        )
        assert.deepStrictEqual(
          rows.map((row) => ({ ...row })),
          [1, 2].map((n) => {
            const hex = plain(fresh(n)).toUpperCase()
            return { a: hex, b: hex, c: hex, d: fresh(n), e: fresh(n) }
          })
        )
      })
    })
  })
}
