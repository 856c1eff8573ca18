/** What only PostgreSQL has: schemas, partitions, deferred uniqueness, `citext`-like comparison, domains. */
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import {
  applyDatabase,
  dryRunDatabase,
  type Location,
  type Mapping,
  planDatabase,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import { databases, type TestDatabase } from "./databases.ts"

const id = (n: number) => `abcdef00-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const mappings: ReadonlyArray<Mapping> = [1, 2, 3].map((n) => ({
  source: "vapi",
  resource: "assistant",
  sourceId: id(n),
  runtimeId: id(n + 100)
}))

const postgres = databases.find(({ name }) => name === "PostgreSQL")

postgres?.describe("PostgreSQL alone", () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await postgres.open()
  })
  afterEach(() => db.reset())
  afterAll(() => db.close())

  const check = async (locations: ReadonlyArray<Location>, values: string, expected: ReadonlyArray<string>) => {
    const read = async () => (await db.driver.run(values)).rows.map((row) => String(row["v"]))
    const before = await read()
    const plan = await planDatabase(db.driver, { mappings, locations, prefix: "run_1", chunk: 2 })
    assert.deepStrictEqual(
      plan.findings.filter(({ level }) => level === "error"),
      []
    )
    await dryRunDatabase(db.driver, plan)
    await applyDatabase(db.driver, plan)
    assert.deepStrictEqual((await verifyDatabase(db.driver, plan)).problems, [])
    assert.deepStrictEqual(await read(), expected)
    await rollbackDatabase(db.driver, plan)
    assert.deepStrictEqual(await read(), before)
  }
  const fresh = [1, 2, 3].map((n) => id(n + 100))
  const rows = (more = "") => [1, 2, 3].map((n) => `(${n}, '${id(n)}'${more})`).join(", ")

  it("tables of another schema, its name hostile", async () => {
    const name = `"My ""Schema"";--"`
    await db.sql(
      `CREATE SCHEMA ${name}`,
      `CREATE TABLE ${name}.calls (id int PRIMARY KEY, agent uuid)`,
      `INSERT INTO ${name}.calls VALUES ${rows()}`
    )
    await check(
      [{ schema: `My "Schema";--`, table: "calls", column: "agent", kind: "id" }],
      `SELECT agent::text AS v FROM ${name}.calls ORDER BY id`,
      fresh
    ).finally(() => db.sql(`DROP SCHEMA ${name} CASCADE`))
  })

  it("partitioned tables, where the id decides about the partition", async () => {
    await db.sql(
      "CREATE TABLE calls (id int, agent uuid, PRIMARY KEY (id, agent)) PARTITION BY HASH (agent)",
      "CREATE TABLE calls_0 PARTITION OF calls FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
      "CREATE TABLE calls_1 PARTITION OF calls FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
      `INSERT INTO calls VALUES ${rows()}`
    )
    await check(
      [{ table: "calls", column: "agent", kind: "id" }],
      "SELECT agent::text AS v FROM calls ORDER BY id",
      fresh
    )
  })

  it("the statement that makes a foreign key migratable keeps all else about it", async () => {
    for (const more of [
      "MATCH FULL ON UPDATE SET NULL",
      "ON UPDATE SET NULL ON DELETE SET NULL (ext)",
      "ON UPDATE SET DEFAULT ON DELETE RESTRICT DEFERRABLE",
      "ON UPDATE RESTRICT ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
      "ON UPDATE SET NULL NOT VALID"
    ]) {
      await db.sql(
        "CREATE TABLE agents (tenant int, ext uuid, PRIMARY KEY (tenant, ext))",
        "CREATE TABLE calls (id int PRIMARY KEY, tenant int, ext uuid)",
        `ALTER TABLE calls ADD CONSTRAINT c FOREIGN KEY (tenant, ext) REFERENCES agents ${more}`
      )
      const definition = async () =>
        String(
          (await db.driver.run("SELECT pg_get_constraintdef(oid) AS v FROM pg_constraint WHERE conname = 'c'"))
            .rows[0]?.["v"]
        )
      const before = await definition()
      const plan = await planDatabase(db.driver, {
        mappings,
        locations: ["agents", "calls"].map((table) => ({ table, column: "ext", kind: "id" }))
      })
      const [, statement = ""] = /(ALTER TABLE [^;]+);/.exec(plan.findings[0]?.message ?? "") ?? []
      await db.sql(statement)
      assert.strictEqual(await definition(), before.replace(/ ON UPDATE (SET NULL|SET DEFAULT|RESTRICT)/, ""))
      await db.reset()
    }
  })

  it("keys of a partition, and to one, are keys of its table", async () => {
    await db.sql(
      "CREATE TABLE agents (ext uuid PRIMARY KEY) PARTITION BY HASH (ext)",
      "CREATE TABLE agents_0 PARTITION OF agents FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
      "CREATE TABLE calls (id int PRIMARY KEY, ext uuid) PARTITION BY HASH (id)",
      "CREATE TABLE calls_0 PARTITION OF calls FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
      "ALTER TABLE calls_0 ADD CONSTRAINT of_one FOREIGN KEY (ext) REFERENCES agents ON UPDATE SET NULL",
      "CREATE TABLE notes (id int PRIMARY KEY, ext uuid CONSTRAINT to_one REFERENCES agents_0 ON UPDATE SET NULL)"
    )
    const { findings } = await planDatabase(db.driver, {
      mappings,
      locations: ["agents", "calls"].map((table) => ({ table, column: "ext", kind: "id" }))
    })
    const errors = findings.filter(({ level }) => level === "error")
    assert.deepStrictEqual(errors.map(({ subject }) => subject).sort(), ["of_one", "to_one"])
    for (const { message } of errors) assert.include(message, "ON UPDATE SET NULL")
  })

  it("domains, narrow columns, and a collation that ignores case", async () => {
    await db.sql(
      "CREATE DOMAIN agent_id AS varchar(36) CHECK (length(VALUE) = 36)",
      "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
      "CREATE TABLE calls (id int PRIMARY KEY, agent agent_id, loose text COLLATE loose, fixed char(40))",
      `INSERT INTO calls VALUES ${[1, 2, 3].map((n) => `(${n}, '${id(n)}', '${n === 2 ? id(n).toUpperCase() : id(n)}', '${id(n)}')`).join(", ")}`
    )
    await check(
      ["agent", "loose", "fixed"].map((column) => ({ table: "calls", column, kind: "id" })),
      "SELECT agent || ' ' || loose || ' ' || fixed AS v FROM calls ORDER BY id",
      [1, 2, 3].map((n) => `${id(n + 100)} ${n === 2 ? id(n + 100).toUpperCase() : id(n + 100)} ${id(n + 100)}`)
    )
  })

  it("says beforehand what would not fit: UUIDs, width, kinds, views", async () => {
    await db.sql(
      "CREATE TABLE calls (id int PRIMARY KEY, agent uuid, narrow varchar(10), body jsonb, items uuid[])",
      "CREATE VIEW shown AS SELECT * FROM calls"
    )
    const odd = [{ source: "vapi", resource: "assistant", sourceId: "a", runtimeId: "not-a-uuid-at-all" }]
    const messages = async (location: Omit<Location, "key">) =>
      (await planDatabase(db.driver, { mappings: odd, locations: [{ ...location, key: ["id"] }] })).findings
        .map(({ message }) => message)
        .join("\n")
    assert.match(await messages({ table: "calls", column: "agent", kind: "id" }), /takes UUIDs only/)
    assert.match(
      await messages({ table: "calls", column: "narrow", kind: "id" }),
      /longer than character varying\(10\)/
    )
    assert.match(await messages({ table: "calls", column: "body", kind: "id" }), /its kind is json-path/)
    assert.match(await messages({ table: "calls", column: "items", kind: "id" }), /its kind is array/)
    assert.match(await messages({ table: "shown", column: "agent", kind: "id" }), /this is a view/)
  })
})

describe("PostgreSQL", () => {
  it("is among the databases of these tests", () => assert.isDefined(postgres))
})
