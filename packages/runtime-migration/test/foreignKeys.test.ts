/** Foreign keys with every ON UPDATE action, on every database: what goes out comes back, or the plan refuses. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  dryRunDatabase,
  isMigrationError,
  type Location,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { readCatalog } from "../src/live/catalog.ts"
import { aboutTables, column, databases, emptyDatabase, fresh, old, simple, snapshot } from "./databases.ts"

const actions = ["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"] as const
type Action = (typeof actions)[number]

/** Tables with foreign keys, and the columns that hold ids. */
interface Shape {
  readonly create: (action: string) => ReadonlyArray<string>
  readonly named: ReadonlyArray<readonly [table: string, column: string]>
  /** Where the ids come from. */
  readonly parent: readonly [table: string, column: string]
}

const agents = "CREATE TABLE agents (id int PRIMARY KEY, ext varchar(40) NOT NULL UNIQUE)"
const calls = (action: string, more = "") =>
  `CREATE TABLE calls (id int PRIMARY KEY, ext varchar(40) DEFAULT NULL, CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext) ON UPDATE ${action}${more})`
const people = [1, 2].map((n) => `INSERT INTO agents VALUES (${n}, '${old(n)}')`)
const theirs = [1, 2, 1].map((n, at) => `INSERT INTO calls VALUES (${at}, '${old(n)}')`)

const shapes: Readonly<Record<string, Shape>> = {
  "a unique column": {
    create: (action) => [agents, calls(action, " ON DELETE CASCADE"), ...people, ...theirs],
    named: [
      ["agents", "ext"],
      ["calls", "ext"]
    ],
    parent: ["agents", "ext"]
  },
  "the primary key": {
    create: (action) => [
      "CREATE TABLE agents (ext varchar(40) PRIMARY KEY)",
      calls(action),
      ...[1, 2].map((n) => `INSERT INTO agents VALUES ('${old(n)}')`),
      ...theirs
    ],
    named: [
      ["agents", "ext"],
      ["calls", "ext"]
    ],
    parent: ["agents", "ext"]
  },
  "a composite key": {
    create: (action) => [
      "CREATE TABLE agents (tenant int NOT NULL, ext varchar(40) NOT NULL, PRIMARY KEY (tenant, ext))",
      `CREATE TABLE calls (id int PRIMARY KEY, tenant int DEFAULT NULL, ext varchar(40) DEFAULT NULL, CONSTRAINT calls_ext FOREIGN KEY (tenant, ext) REFERENCES agents (tenant, ext) ON UPDATE ${action})`,
      ...[1, 2].map((n) => `INSERT INTO agents VALUES (7, '${old(n)}')`),
      ...[1, 2, 1].map((n, at) => `INSERT INTO calls VALUES (${at}, 7, '${old(n)}')`)
    ],
    named: [
      ["agents", "ext"],
      ["calls", "ext"]
    ],
    parent: ["agents", "ext"]
  },
  "the table itself": {
    create: (action) => [
      `CREATE TABLE agents (id int PRIMARY KEY, ext varchar(40) NOT NULL UNIQUE, boss varchar(40) DEFAULT NULL, CONSTRAINT agents_boss FOREIGN KEY (boss) REFERENCES agents (ext) ON UPDATE ${action})`,
      `INSERT INTO agents VALUES (1, '${old(1)}', '${old(1)}')`,
      `INSERT INTO agents VALUES (2, '${old(2)}', '${old(1)}')`
    ],
    named: [
      ["agents", "ext"],
      ["agents", "boss"]
    ],
    parent: ["agents", "ext"]
  },
  "its own primary key": {
    create: (action) => [
      `CREATE TABLE agents (ext varchar(40) PRIMARY KEY, boss varchar(40) DEFAULT NULL, CONSTRAINT agents_boss FOREIGN KEY (boss) REFERENCES agents (ext) ON UPDATE ${action})`,
      `INSERT INTO agents VALUES ('${old(1)}', '${old(1)}')`,
      `INSERT INTO agents VALUES ('${old(2)}', '${old(1)}')`
    ],
    named: [
      ["agents", "ext"],
      ["agents", "boss"]
    ],
    parent: ["agents", "ext"]
  },
  "a child of a child that follows": {
    create: (action) => [
      agents,
      "CREATE TABLE calls (ext varchar(40) PRIMARY KEY, CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext) ON UPDATE CASCADE)",
      `CREATE TABLE notes (id int PRIMARY KEY, ext varchar(40) DEFAULT NULL, CONSTRAINT notes_ext FOREIGN KEY (ext) REFERENCES calls (ext) ON UPDATE ${action})`,
      ...people,
      ...["calls", "notes"].flatMap((table) =>
        [1, 2].map((n) => `INSERT INTO ${table} VALUES (${table === "notes" ? `${n}, ` : ""}'${old(n)}')`)
      )
    ],
    named: [
      ["agents", "ext"],
      ["notes", "ext"]
    ],
    parent: ["agents", "ext"]
  }
}

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const my = name === "MariaDB"
    /** What no order of updates gets around. MariaDB reads SET DEFAULT and keeps RESTRICT; its RESTRICT can be turned off. */
    const harmful: ReadonlyArray<Action> = my ? ["SET NULL"] : ["RESTRICT", "SET NULL", "SET DEFAULT"]
    const locationsOf = (named: Shape["named"]): ReadonlyArray<Location> =>
      named.map(([table, column]) => ({ table, column, kind: "id" }))
    const planOf = (named: Shape["named"]) =>
      planDatabase(db.driver, { mappings: simple, locations: locationsOf(named), chunk: 1 })

    /** Out and back, or a refusal that leaves everything as it was. Gives the problems. */
    const outAndBack = async (named: Shape["named"]): Promise<ReadonlyArray<string>> => {
      const before = await snapshot(db)
      const plan = await planOf(named)
      const { problems } = await dryRunDatabase(db.driver, plan)
      if (problems.length > 0) {
        const error: unknown = await applyDatabase(db.driver, plan).catch((error: unknown) => error)
        assert(isMigrationError(error) && error.reason._tag === "Refused", String(error))
        assert.deepStrictEqual(await snapshot(db), before)
      } else {
        await applyDatabase(db.driver, plan)
        assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
        const [table, name] = named[0] ?? ["", ""]
        assert.deepStrictEqual(await column(db, table, name, name), [1, 2].map(fresh))
        const back = await rollbackDatabase(db.driver, plan)
        assert.deepStrictEqual(await snapshot(db), before)
        assert.deepStrictEqual(back.notRestored, [])
        assert.deepStrictEqual((await verifyDatabase(db.driver, plan, { state: "original" })).problems, [])
      }
      await cleanupDatabase(db.driver, plan)
      return problems
    }

    /** The statements that a refusal names. */
    const statementsOf = (problems: ReadonlyArray<string>): ReadonlyArray<string> =>
      problems.flatMap((problem) => [...problem.matchAll(/ALTER TABLE [^;]+/g)].map(([statement]) => statement))

    // PGlite is PostgreSQL, in one thread that all test files share: one shape is enough.
    const tried = Object.entries(shapes).slice(0, name === "PGlite" ? 1 : undefined)
    for (const [what, shape] of tried) {
      for (const action of actions) {
        it(`${what}, both sides named, ON UPDATE ${action}: back as it was, or refused with the way out`, async () => {
          await db.sql(...shape.create(action))
          const follows = what.includes("follows")
          // MariaDB turns foreign keys off for one that has to wait, and then nothing follows.
          if (my && follows && action !== "SET NULL") return void (await outAndBack(shape.named))
          const problems = await outAndBack(shape.named)
          assert.strictEqual(problems.length > 0, harmful.includes(action), problems.join("\n"))
          if (problems.length === 0) return
          assert.include(problems.join("\n"), `ON UPDATE ${action}`)
          if (name === "SQLite") return assert.match(problems.join("\n"), /SQLite cannot alter .* ON UPDATE NO ACTION/)
          const statements = statementsOf(problems)
          assert.isAbove(statements.length, 0)
          await db.sql(...statements)
          // Where the key was made to follow, what stands between has to be named now, or be left out.
          if (!(my && follows)) assert.deepStrictEqual(await outAndBack(shape.named), [])
        })
      }

      it(`${what}, the parent alone: children follow by CASCADE and nothing else`, async () => {
        for (const action of actions) {
          await db.reset()
          await db.sql(...shape.create(action))
          const problems = await outAndBack([shape.parent])
          // There a row cannot follow one of its own table: that column has to be named.
          const stuck = my && /itself|own/.test(what)
          assert.strictEqual(problems.length > 0, action !== "CASCADE" || stuck, action)
          if (name === "SQLite" || stuck || !harmful.includes(action)) continue
          await db.sql(...statementsOf(problems))
          assert.deepStrictEqual(await outAndBack([shape.parent]), [])
        }
      })
    }

    it("keys of columns that do not change are nobody's business", async () => {
      await db.sql(
        "CREATE TABLE users (id int PRIMARY KEY)",
        `CREATE TABLE agents (id int PRIMARY KEY, ext varchar(40) NOT NULL UNIQUE, owner int DEFAULT NULL, CONSTRAINT owned FOREIGN KEY (owner) REFERENCES users (id) ON UPDATE SET NULL)`,
        `INSERT INTO agents VALUES (1, '${old(1)}', NULL)`,
        `INSERT INTO agents VALUES (2, '${old(2)}', NULL)`
      )
      assert.deepStrictEqual(aboutTables(await planOf([["agents", "ext"]])), [])
      assert.deepStrictEqual(await outAndBack([["agents", "ext"]]), [])
    })

    it("hostile names: the way out is a statement that runs", async () => {
      const q = (name: string) => (my ? `\`${name.replaceAll("`", "``")}\`` : `"${name.replaceAll('"', '""')}"`)
      const [parent, child, column, key] = [`Ag"en\`ts'`, `ca\\lls' --`, `e"x\`t\\'`, `ke"y\``]
      await db.sql(
        `CREATE TABLE ${q(parent)} (id int PRIMARY KEY, ${q(column)} varchar(40) NOT NULL UNIQUE)`,
        `CREATE TABLE ${q(child)} (id int PRIMARY KEY, ${q(column)} varchar(40) DEFAULT NULL, CONSTRAINT ${q(key)} FOREIGN KEY (${q(column)}) REFERENCES ${q(parent)} (${q(column)}) ON DELETE CASCADE ON UPDATE SET NULL)`,
        ...[1, 2].map((n) => `INSERT INTO ${q(parent)} VALUES (${n}, '${old(n)}')`),
        `INSERT INTO ${q(child)} VALUES (1, '${old(1)}')`
      )
      const named = [
        [parent, column],
        [child, column]
      ] as const
      const problems = await outAndBack(named)
      assert.strictEqual(problems.length, 1)
      if (name === "SQLite") return
      await db.sql(...statementsOf(problems))
      assert.deepStrictEqual(await outAndBack(named), [])
      assert.deepStrictEqual(
        (await readCatalog(db.driver)).foreignKeys.map(({ name, onUpdate, onDelete }) => [name, onUpdate, onDelete]),
        [[key, "NO ACTION", "CASCADE"]]
      )
    })

    it("the catalog says of each key what it does", async () => {
      const kept: Array<string> = []
      for (const action of actions) {
        await db.reset()
        await db.sql(...(shapes["a unique column"]?.create(action) ?? []))
        kept.push(...(await readCatalog(db.driver)).foreignKeys.map(({ onUpdate }) => onUpdate))
      }
      assert.deepStrictEqual(kept, my ? [...actions.slice(0, 4), "RESTRICT"] : actions)
    })

    it("a key that was changed between apply and rollback is refused before anything is put back", async () => {
      await db.sql(...(shapes["a unique column"]?.create("NO ACTION") ?? []))
      const { named } = shapes["a unique column"] ?? { named: [] }
      const plan = await planOf(named)
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      const after = await snapshot(db)
      if (name === "SQLite") {
        await db.sql("ALTER TABLE calls RENAME TO was", calls("SET NULL"), "INSERT INTO calls SELECT * FROM was")
        await db.sql("DROP TABLE was")
      } else {
        await db.sql(
          `ALTER TABLE calls DROP ${my ? "FOREIGN KEY" : "CONSTRAINT"} calls_ext`,
          "ALTER TABLE calls ADD CONSTRAINT calls_ext FOREIGN KEY (ext) REFERENCES agents (ext) ON UPDATE SET NULL"
        )
      }
      const error: unknown = await rollbackDatabase(db.driver, plan).catch((error: unknown) => error)
      assert(isMigrationError(error) && error.reason._tag === "Refused", String(error))
      assert.match(error.message, /calls\(ext\).*ON UPDATE SET NULL/)
      assert.deepStrictEqual(await snapshot(db), after)
    })

    it("children that could not be put back are counted, by verify and by rollback", async () => {
      await db.sql(...(shapes["a unique column"]?.create("NO ACTION") ?? []))
      const plan = await planOf([
        ["agents", "ext"],
        ["calls", "ext"]
      ])
      await dryRunDatabase(db.driver, plan)
      await applyDatabase(db.driver, plan)
      await db.sql(
        "UPDATE calls SET ext = NULL WHERE id = 0",
        "DELETE FROM calls WHERE id = 1",
        "INSERT INTO agents VALUES (9, 'other')",
        "UPDATE calls SET ext = 'other' WHERE id = 2"
      )
      const verified = await verifyDatabase(db.driver, plan)
      const children = verified.locations.find(({ location }) => location === "calls.ext")
      assert.deepInclude(children, { rows: 3, emptied: 1, missing: 1, drifted: 1 })
      assert.match(verified.information.join("\n"), /calls\.ext: 1 rows were emptied/)
      const back = await rollbackDatabase(db.driver, plan)
      assert.deepStrictEqual(
        back.notRestored.filter(({ reason }) => reason !== "no parent"),
        [
          { location: "calls.ext", reason: "emptied", rows: 1 },
          { location: "calls.ext", reason: "changed", rows: 1 },
          { location: "calls.ext", reason: "gone", rows: 1 }
        ]
      )
    })

    const lite = name === "SQLite" ? it : () => undefined
    lite("a key may write the names of its parent in other letters", async () => {
      await db.sql(
        "CREATE TABLE Agents (id int PRIMARY KEY, Ext varchar(40) NOT NULL UNIQUE)",
        "CREATE TABLE calls (id int PRIMARY KEY, ext varchar(40) DEFAULT NULL REFERENCES AGENTS (eXt) ON UPDATE SET NULL)"
      )
      const problems = (await planOf([["Agents", "Ext"]])).findings.filter(({ level }) => level === "error")
      assert.match(problems[0]?.message ?? "", /calls\(ext\) refers to Agents\(Ext\) with ON UPDATE SET NULL/)
      assert.strictEqual(problems.length, 1)
    })
  })
}
