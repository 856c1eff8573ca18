/** The same cases on every database: what is rewritten, what is left alone, what is refused. */
import { assert, it } from "vitest"
import {
  applyDatabase,
  cleanupDatabase,
  type DatabaseConfig,
  dryRunDatabase,
  type Location,
  planDatabase,
  rewriteJson,
  rewriteText,
  rollbackDatabase,
  verifyDatabase
} from "../src/index.ts"
import {
  aboutTables,
  column,
  databases,
  emptyDatabase,
  fresh,
  mapping,
  old,
  refused,
  simple,
  snapshot
} from "./databases.ts"

const q = (text: string) => `'${text}'`

for (const { name, describe, open } of databases) {
  describe(name, () => {
    const db = emptyDatabase(open)

    const is = (dialect: string) => db.driver.dialect === dialect
    /** The type of a column, as each database calls it. */
    const type = (pg: string, my: string, lite = "TEXT") => (is("postgres") ? pg : is("mysql") ? my : lite)
    const uuid = () => type("uuid", "char(36)")
    const text = () => type("text", "varchar(255)")
    const json = () => type("jsonb", "json")

    const plan = (locations: ReadonlyArray<Location>, more: Partial<DatabaseConfig> = {}) =>
      planDatabase(db.driver, { mappings: simple, locations, chunk: 2, ...more })

    /** The whole way, with the laws that always hold: twice is once, rollback is the identity. */
    const migrate = async (
      locations: ReadonlyArray<Location>,
      more: Partial<DatabaseConfig> = {},
      seen: () => Promise<void> = async () => {}
    ) => {
      const before = await snapshot(db)
      const plan_ = await plan(locations, more)
      assert.deepStrictEqual(
        plan_.findings.filter(({ level }) => level === "error"),
        []
      )
      const dry = await dryRunDatabase(db.driver, plan_)
      assert.deepStrictEqual(await snapshot(db), before, "a dry run changes nothing")
      const applied = await applyDatabase(db.driver, plan_)
      assert.strictEqual(applied.changed, dry.rows)
      const after = await snapshot(db)
      await seen()
      // Ids in places that no location names are for the tests of the scan.
      const verified = await verifyDatabase(db.driver, plan_, { scan: false })
      assert.deepStrictEqual(verified.problems, [])
      assert.strictEqual((await applyDatabase(db.driver, plan_)).changed, 0)
      await dryRunDatabase(db.driver, plan_)
      await applyDatabase(db.driver, plan_)
      assert.deepStrictEqual(await snapshot(db), after, "apply twice is apply once")
      await rollbackDatabase(db.driver, plan_)
      assert.deepStrictEqual(await snapshot(db), before, "rollback is the identity")
      assert.deepStrictEqual((await verifyDatabase(db.driver, plan_, { state: "original" })).problems, [])
      assert.strictEqual((await rollbackDatabase(db.driver, plan_)).changed, 0)
      await cleanupDatabase(db.driver, plan_)
      return { dry, verified, plan: plan_ }
    }

    it("rewrites uuid and text columns, and leaves NULL and unknown ids alone", async () => {
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, assistant ${uuid()}, label ${text()})`,
        `INSERT INTO calls VALUES (1, ${q(old(1))}, ${q(old(2))}), (2, NULL, NULL), (3, ${q(old(99))}, 'x'), (4, ${q(old(4))}, ${q(old(3).toUpperCase())}), (5, ${q(old(4))}, '')`,
        `INSERT INTO calls VALUES (6, NULL, '${`AB${old(1)}`.toLowerCase()}')`
      )
      const { dry, verified } = await migrate(
        [
          { table: "calls", column: "assistant", kind: "id", resource: "assistant" },
          { table: "calls", column: "label", kind: "id" }
        ],
        {},
        async () => {
          assert.deepStrictEqual(await column(db, "calls", "assistant", "id"), [
            fresh(1),
            null,
            old(99),
            fresh(4),
            fresh(4),
            null
          ])
          assert.deepStrictEqual(await column(db, "calls", "label", "id"), [
            fresh(2),
            null,
            "x",
            fresh(3).toUpperCase(),
            "",
            `ab${old(1)}`
          ])
        }
      )
      assert.deepStrictEqual(dry.locations, [
        {
          location: "calls.assistant",
          rows: 3,
          pending: 3,
          valuesBefore: 2,
          valuesAfter: 2,
          unmapped: 1,
          tableRows: 6,
          nulls: 2
        },
        {
          location: "calls.label",
          rows: 2,
          pending: 2,
          valuesBefore: 2,
          valuesAfter: 2,
          unmapped: 2,
          tableRows: 6,
          nulls: 1
        }
      ])
      assert.strictEqual(verified.locations[0]?.renewed, 3)
    })

    it("compares byte by byte: another case and trailing spaces are another id", async () => {
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, ref ${type("text", "varchar(255) COLLATE utf8mb4_general_ci", "TEXT COLLATE NOCASE")})`,
        `INSERT INTO calls VALUES (1, 'abcDEF'), (2, 'ABCdef'), (3, 'abcDEF '), (4, 'abcdef')`
      )
      await migrate(
        [{ table: "calls", column: "ref", kind: "id" }],
        { mappings: [mapping("abcDEF", "N1"), mapping("ABCdef", "N2")] },
        async () => assert.deepStrictEqual(await column(db, "calls", "ref", "id"), ["N1", "N2", "abcDEF ", "abcdef"])
      )
    })

    it("rewrites the id at a JSON path, and nothing else in the document", async () => {
      const settings = (assistant: unknown) =>
        JSON.stringify({ note: `see ${old(1)}`, assistant: { id: assistant, other: old(2) }, n: 1.5 })
      await db.sql(
        `CREATE TABLE tenants (id int PRIMARY KEY, settings ${json()})`,
        `INSERT INTO tenants VALUES (1, ${q(settings(old(1)))}), (2, ${q(settings(null))}), (3, NULL), (4, ${q(settings(7))}), (5, ${q(settings(old(77)))}), (6, '[1]')`
      )
      const { dry } = await migrate(
        [{ table: "tenants", column: "settings", kind: "json-path", path: "assistant.id" }],
        {},
        async () => {
          const values = await column(db, "tenants", "settings", "id")
          assert.deepStrictEqual(JSON.parse(values[0] ?? ""), JSON.parse(settings(fresh(1))))
          assert.deepStrictEqual(JSON.parse(values[3] ?? ""), JSON.parse(settings(7)))
        }
      )
      assert.deepStrictEqual([dry.rows, dry.locations[0]?.unmapped], [1, 1])
    })

    it("rewrites ids at any depth of JSON: values and keys, not parts of a text", async () => {
      const documents = [
        { a: [{ b: old(1) }, old(2)], [old(3)]: old(3), c: `x ${old(1)} y`, d: `"${old(1)}"`, e: "\\", f: old(4) },
        [old(1), `\\"${old(2)}`, "é", old(55)],
        old(2),
        { "a:b": ":", x: `"`, y: old(1) },
        '"',
        {},
        { long: "z".repeat(400), id: old(1), esc: `\\\\"`, k: old(2) }
      ]
      const literal = (value: unknown) => {
        const text = JSON.stringify(value)
        return is("mysql") ? q(text.replaceAll("\\", "\\\\")) : q(text)
      }
      await db.sql(
        `CREATE TABLE docs (id int PRIMARY KEY, body ${json()}, raw ${type("text", "longtext")}, plain ${type("json", "longtext")})`,
        ...documents.map(
          (doc, at) => `INSERT INTO docs VALUES (${at}, ${literal(doc)}, ${literal(doc)}, ${literal(doc)})`
        ),
        `INSERT INTO docs VALUES (100, NULL, NULL, NULL)`
      )
      const resolve = (id: string) => simple.find(({ sourceId }) => sourceId === id)?.runtimeId
      const expected = documents.map((doc) => rewriteJson(JSON.stringify(doc), resolve))
      await migrate(
        [
          { table: "docs", column: "body", kind: "json-any" },
          { table: "docs", column: "raw", kind: "json-any" },
          { table: "docs", column: "plain", kind: "json-any" }
        ],
        {},
        async () => {
          assert.deepStrictEqual((await column(db, "docs", "raw", "id")).slice(0, -1), expected)
          assert.deepStrictEqual((await column(db, "docs", "plain", "id")).slice(0, -1), expected)
          assert.deepStrictEqual(
            (await column(db, "docs", "body", "id")).slice(0, -1).map((value) => JSON.parse(value ?? "")),
            expected.map((value) => JSON.parse(value))
          )
        }
      )
      assert.include(expected[0], `"${fresh(3)}":"${fresh(3)}"`)
    })

    it("rewrites ids inside of text: URLs, log lines", async () => {
      const lines = [
        `https://app.test/assistant/${old(1)}?tab=1&next=${old(2)}#${old(3)}`,
        `${old(1)}`,
        `${old(1)}${old(2)}`,
        `call_${old(1)} ${old(1)}-2 x${old(1)}`,
        `é${old(1)}ü, "${old(2)}"\n${old(77)}`,
        `nothing here`,
        `${"word ".repeat(60)}${old(4)}`,
        ``
      ]
      const literal = (value: string) => q(value)
      await db.sql(
        `CREATE TABLE log (id int PRIMARY KEY, line ${type("text", "longtext")})`,
        ...lines.map((line, at) => `INSERT INTO log VALUES (${at}, ${literal(line)})`),
        `INSERT INTO log VALUES (100, NULL)`
      )
      const resolve = (id: string) => simple.find(({ sourceId }) => sourceId === id)?.runtimeId
      await migrate([{ table: "log", column: "line", kind: "text" }], {}, async () =>
        assert.deepStrictEqual(await column(db, "log", "line", "id"), [
          ...lines.map((line) => rewriteText(line, resolve)),
          null
        ])
      )
      assert.strictEqual(rewriteText(lines[2] ?? "", resolve), lines[2])
      assert.strictEqual(rewriteText(lines[3] ?? "", resolve), `call_${fresh(1)} ${fresh(1)}-2 x${fresh(1)}`)
      assert.strictEqual(rewriteText(lines[4] ?? "", resolve), `é${fresh(1)}ü, "${fresh(2)}"\n${old(77)}`)
    })

    it("rewrites arrays of ids", async () => {
      const list = (ids: ReadonlyArray<string>) => (is("postgres") ? `{${ids.join(",")}}` : JSON.stringify(ids))
      await db.sql(
        `CREATE TABLE squads (id int PRIMARY KEY, members ${type("uuid[]", "json")}, names ${type("text[]", "json")})`,
        `INSERT INTO squads VALUES (1, ${q(list([old(1), old(9), old(1)]))}, ${q(list([old(2)]))}), (2, ${q(list([]))}, NULL), (3, NULL, ${q(list(["x", old(3)]))})`
      )
      await migrate(
        [
          { table: "squads", column: "members", kind: "array" },
          { table: "squads", column: "names", kind: "array" }
        ],
        {},
        async () => {
          assert.deepStrictEqual(await column(db, "squads", "members", "id"), [
            list([fresh(1), old(9), fresh(1)]),
            list([]),
            null
          ])
          assert.deepStrictEqual(await column(db, "squads", "names", "id"), [
            list([fresh(2)]),
            null,
            list(["x", fresh(3)])
          ])
        }
      )
    })

    it("finds rows by composite keys, and by keys that are rewritten themselves", async () => {
      const t = text()
      await db.sql(
        `CREATE TABLE links (tenant ${t} NOT NULL, assistant ${t} NOT NULL, tool ${t} NOT NULL, note ${t}, PRIMARY KEY (tenant, assistant, tool))`,
        ...[1, 2, 3].flatMap((n) =>
          ["t1", "t2"].map(
            (tenant) => `INSERT INTO links VALUES (${q(tenant)}, ${q(old(n))}, ${q(old(n + 1))}, ${q(old(n))})`
          )
        ),
        `INSERT INTO links VALUES ('t3', 'keep', ${q(old(1))}, ${q(old(2))})`
      )
      await migrate(
        [
          { table: "links", column: "assistant", kind: "id" },
          { table: "links", column: "note", kind: "id" },
          { table: "links", column: "tool", kind: "id" }
        ],
        {},
        async () => {
          const { rows } = await db.driver.run(
            "SELECT tenant, assistant, tool, note FROM links ORDER BY tenant, assistant"
          )
          assert.deepStrictEqual(
            rows.map((row) => ({ ...row })),
            [
              ...["t1", "t2"].flatMap((tenant) =>
                [1, 2, 3].map((n) => ({ tenant, assistant: fresh(n), tool: fresh(n + 1), note: fresh(n) }))
              ),
              { tenant: "t3", assistant: "keep", tool: fresh(1), note: fresh(2) }
            ]
          )
        }
      )
    })

    for (const deferred of ["", " DEFERRABLE INITIALLY IMMEDIATE", " DEFERRABLE INITIALLY DEFERRED"]) {
      it(`keeps foreign keys${deferred === "" ? "" : deferred.toLowerCase()}: parents and children move together`, async () => {
        const clause = is("mysql") ? "" : deferred
        await db.sql(
          `CREATE TABLE agents (id ${uuid()} PRIMARY KEY, name ${text()})`,
          `CREATE TABLE calls (id int PRIMARY KEY, agent ${uuid()} NOT NULL, CONSTRAINT calls_agent FOREIGN KEY (agent) REFERENCES agents (id)${clause})`,
          ...[1, 2, 3].map((n) => `INSERT INTO agents VALUES (${q(old(n))}, 'a${n}')`),
          ...[1, 2, 3, 4, 5].map((n) => `INSERT INTO calls VALUES (${n}, ${q(old(1 + (n % 3)))})`)
        )
        const { plan: made } = await migrate(
          [
            { table: "calls", column: "agent", kind: "id" },
            { table: "agents", column: "id", kind: "id" }
          ],
          {},
          async () => {
            assert.deepStrictEqual(await column(db, "agents", "id", "name"), [1, 2, 3].map(fresh))
            if (is("postgres")) {
              const { rows } = await db.driver.run(
                "SELECT condeferrable AS a, condeferred AS b FROM pg_constraint WHERE conname = 'calls_agent'"
              )
              assert.deepStrictEqual({ ...rows[0] }, { a: deferred !== "", b: deferred.endsWith("DEFERRED") })
            }
          }
        )
        assert.strictEqual(made.foreignKeys.length, 1)
        // Still enforced.
        const orphan = await db.sql(`INSERT INTO calls VALUES (9, ${q(old(50))})`).then(
          () => "accepted",
          () => "refused"
        )
        assert.strictEqual(orphan, "refused")
      })
    }

    for (const transaction of ["single", "chunks"] as const) {
      it(`a failure half-way, ${transaction}, leaves foreign keys on`, async () => {
        await db.sql(
          `CREATE TABLE agents (id ${uuid()} PRIMARY KEY)`,
          `CREATE TABLE calls (id int PRIMARY KEY, agent ${uuid()}, CONSTRAINT c FOREIGN KEY (agent) REFERENCES agents (id))`,
          `INSERT INTO agents VALUES (${q(old(1))})`,
          `INSERT INTO calls VALUES (1, ${q(old(1))})`
        )
        const made = await plan(
          [
            { table: "calls", column: "agent", kind: "id" },
            { table: "agents", column: "id", kind: "id" }
          ],
          is("sqlite") ? {} : { transaction }
        )
        await dryRunDatabase(db.driver, made)
        const failing = {
          ...db.driver,
          run: (sql: string, parameters?: ReadonlyArray<string | number>) =>
            /UPDATE .*agents/.test(sql) ? Promise.reject(new Error("crash")) : db.driver.run(sql, parameters)
        }
        const error: unknown = await applyDatabase(failing, made).catch((error: unknown) => error)
        assert.match(String(error), /crash/)
        const orphan = await db.sql(`INSERT INTO calls VALUES (9, ${q(old(50))})`).then(
          () => "accepted",
          () => "refused"
        )
        assert.strictEqual(orphan, "refused")
        await applyDatabase(db.driver, made)
        assert.deepStrictEqual(await column(db, "calls", "agent", "id"), [fresh(1)])
      })
    }

    it("lets ON UPDATE CASCADE rewrite the children", async () => {
      await db.sql(
        `CREATE TABLE agents (id ${uuid()} PRIMARY KEY)`,
        `CREATE TABLE calls (id int PRIMARY KEY, agent ${uuid()}, CONSTRAINT c FOREIGN KEY (agent) REFERENCES agents (id) ON UPDATE CASCADE)`,
        ...[1, 2].map((n) => `INSERT INTO agents VALUES (${q(old(n))})`),
        ...[1, 2].map((n) => `INSERT INTO calls VALUES (${n}, ${q(old(n))})`)
      )
      const { plan: made } = await migrate([{ table: "agents", column: "id", kind: "id" }], {}, async () =>
        assert.deepStrictEqual(await column(db, "calls", "agent", "id"), [fresh(1), fresh(2)])
      )
      assert.match(made.findings[0]?.message ?? "", /ON UPDATE CASCADE/)
    })

    it("refuses a parent without its children, and children without their parent", async () => {
      await db.sql(
        `CREATE TABLE agents (id ${uuid()} PRIMARY KEY)`,
        `CREATE TABLE calls (id int PRIMARY KEY, agent ${uuid()}, FOREIGN KEY (agent) REFERENCES agents (id))`,
        `INSERT INTO agents VALUES (${q(old(1))})`,
        `INSERT INTO calls VALUES (1, ${q(old(1))})`
      )
      for (const location of [
        { table: "agents", column: "id", kind: "id" },
        { table: "calls", column: "agent", kind: "id" }
      ] as const) {
        const made = await plan([location])
        const dry = await dryRunDatabase(db.driver, made)
        assert.strictEqual(dry.problems.length, 1)
        assert.match(await refused(applyDatabase(db.driver, made), "Refused"), /calls\(agent\) refers to agents\(id\)/)
        await cleanupDatabase(db.driver, made)
      }
    })

    it("names triggers, keeps self-updating columns, and lets generated columns follow", async () => {
      await db.sql(
        is("postgres")
          ? `CREATE TABLE calls (id int PRIMARY KEY, assistant text, short text GENERATED ALWAYS AS (upper(assistant)) STORED)`
          : is("mysql")
            ? `CREATE TABLE calls (id int PRIMARY KEY, assistant varchar(255), short varchar(255) AS (upper(assistant)) STORED, changed timestamp NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP)`
            : `CREATE TABLE calls (id int PRIMARY KEY, assistant TEXT, short TEXT GENERATED ALWAYS AS (upper(assistant)) STORED)`,
        `CREATE TABLE seen (n int)`,
        `INSERT INTO calls (id, assistant) VALUES (1, ${q(old(0xabc))})`
      )
      const mappings = [mapping(old(0xabc), fresh(0xabc))]
      await migrate([{ table: "calls", column: "assistant", kind: "id" }], { mappings }, async () => {
        assert.deepStrictEqual(await column(db, "calls", "short", "id"), [fresh(0xabc).toUpperCase()])
        if (is("mysql")) assert.match((await column(db, "calls", "changed", "id"))[0] ?? "", /^2020-01-01/)
      })
      const generated = await plan([{ table: "calls", column: "short", kind: "id" }], { mappings })
      assert.match(aboutTables(generated)[0]?.message ?? "", /computes/)
      await db.sql(
        ...(is("postgres")
          ? [
              "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (1); RETURN NEW; END $$",
              "CREATE TRIGGER noted AFTER UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION note()"
            ]
          : [
              `CREATE TRIGGER noted AFTER UPDATE ON calls FOR EACH ROW ${is("mysql") ? "" : "BEGIN "}INSERT INTO seen VALUES (1)${is("mysql") ? "" : "; END"}`
            ])
      )
      const triggered = await plan([{ table: "calls", column: "assistant", kind: "id" }], { mappings })
      assert.deepStrictEqual(
        aboutTables(triggered).map(({ level }) => level),
        ["warning"]
      )
      assert.match(triggered.findings[0]?.message ?? "", /noted/)
      await dryRunDatabase(db.driver, triggered)
      await applyDatabase(db.driver, triggered)
      assert.strictEqual((await column(db, "seen", "n", "n")).length, 1)
    })

    it("takes swaps and chains as they are: each row once", async () => {
      const swap = [
        mapping(old(1), old(2)),
        mapping(old(2), old(1)),
        mapping(old(3), old(4)),
        mapping(old(4), old(5)),
        mapping(old(6), old(6))
      ]
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, assistant ${uuid()}, body ${json()})`,
        ...[1, 2, 3, 4, 5, 6].map(
          (n) => `INSERT INTO calls VALUES (${n}, ${q(old(n))}, ${q(JSON.stringify({ id: old(n) }))})`
        )
      )
      await migrate(
        [
          { table: "calls", column: "assistant", kind: "id" },
          { table: "calls", column: "body", kind: "json-any" }
        ],
        { mappings: swap },
        async () => {
          const expected = [old(2), old(1), old(4), old(5), old(5), old(6)]
          assert.deepStrictEqual(await column(db, "calls", "assistant", "id"), expected)
          assert.deepStrictEqual(
            (await column(db, "calls", "body", "id")).map((body) => JSON.parse(body ?? "").id),
            expected
          )
        }
      )
    })

    it("catch-up adds no rows where ids are source and target: it could not tell a new id from an old one", async () => {
      const swap = [mapping(old(1), old(2)), mapping(old(2), old(1))]
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, assistant ${uuid()})`,
        `INSERT INTO calls VALUES (1, ${q(old(1))})`
      )
      const made = await plan([{ table: "calls", column: "assistant", kind: "id" }], { mappings: swap })
      assert.match(made.notes[0] ?? "", /source and target at once/)
      await dryRunDatabase(db.driver, made)
      await applyDatabase(db.driver, made)
      // The application, by now with the runtime's ids.
      await db.sql(`INSERT INTO calls VALUES (2, ${q(old(1))})`)
      await dryRunDatabase(db.driver, made)
      assert.strictEqual((await applyDatabase(db.driver, made)).changed, 0)
      assert.deepStrictEqual(await column(db, "calls", "assistant", "id"), [old(2), old(1)])
    })

    it("swaps under a unique constraint in two steps, and refuses them without", async () => {
      const swap = [mapping(old(1), old(2)), mapping(old(2), old(3)), mapping(old(3), old(1))]
      await db.sql(
        `CREATE TABLE agents (id ${uuid()} PRIMARY KEY, name ${text()})`,
        `CREATE TABLE calls (id int PRIMARY KEY, agent ${uuid()}, CONSTRAINT c FOREIGN KEY (agent) REFERENCES agents (id))`,
        ...[1, 2, 3].map((n) => `INSERT INTO agents VALUES (${q(old(n))}, 'a${n}')`),
        ...[1, 2, 3].map((n) => `INSERT INTO calls VALUES (${n}, ${q(old(n))})`)
      )
      const one = plan(
        [
          { table: "agents", column: "id", kind: "id" },
          { table: "calls", column: "agent", kind: "id" }
        ],
        { mappings: swap }
      )
      assert.match(await refused(one, "Refused"), /twoStep/)
      await migrate(
        [
          { table: "agents", column: "id", kind: "id", twoStep: true },
          { table: "calls", column: "agent", kind: "id" }
        ],
        { mappings: swap },
        async () => {
          assert.deepStrictEqual(await column(db, "agents", "id", "name"), [old(2), old(3), old(1)])
          assert.deepStrictEqual(await column(db, "calls", "agent", "id"), [old(2), old(3), old(1)])
        }
      )
    })

    it("refuses merges unless they are allowed, and can undo them", async () => {
      const merge = [mapping(old(1), fresh(1)), mapping(old(2), fresh(1))]
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, assistant ${uuid()})`,
        `INSERT INTO calls VALUES (1, ${q(old(1))}), (2, ${q(old(2))}), (3, ${q(fresh(1))})`
      )
      const locations: ReadonlyArray<Location> = [{ table: "calls", column: "assistant", kind: "id" }]
      assert.match(await refused(plan(locations, { mappings: merge }), "Refused"), /allowMerge/)
      const { dry } = await migrate(locations, { mappings: merge, allowMerge: true })
      assert.deepStrictEqual([dry.locations[0]?.valuesBefore, dry.locations[0]?.valuesAfter], [2, 1])
    })

    it("quotes names of every kind", async () => {
      const table = "Anrufe 通話 `\"'; DROP TABLE x; --"
      const name = `a"b'c\`d; -- $1 ?:x /* é`
      const key = `k"e\`y;'`
      const quote = (text: string) =>
        is("mysql") ? `\`${text.replaceAll("`", "``")}\`` : `"${text.replaceAll('"', '""')}"`
      await db.sql(
        `CREATE TABLE ${quote(table)} (${quote(key)} int PRIMARY KEY, ${quote(name)} ${text()})`,
        `INSERT INTO ${quote(table)} VALUES (1, ${q(old(1))}), (2, ${q(old(2))}), (3, ${q(old(3))})`
      )
      await migrate([{ table, column: name, kind: "id" }], {}, async () =>
        assert.deepStrictEqual(await column(db, table, name, key), [fresh(1), fresh(2), fresh(3)])
      )
    })

    it("leaves rows alone that the application changed meanwhile, and says so", async () => {
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, assistant ${uuid()})`,
        ...[1, 2, 3].map((n) => `INSERT INTO calls VALUES (${n}, ${q(old(n))})`)
      )
      const made = await plan([{ table: "calls", column: "assistant", kind: "id" }])
      await dryRunDatabase(db.driver, made)
      await db.sql(
        `UPDATE calls SET assistant = ${q(old(60))} WHERE id = 2`,
        `DELETE FROM calls WHERE id = 3`,
        `INSERT INTO calls VALUES (4, ${q(old(4))})`
      )
      assert.strictEqual((await applyDatabase(db.driver, made)).changed, 1)
      const verified = await verifyDatabase(db.driver, made)
      assert.deepInclude(verified.locations[0], { rows: 3, renewed: 1, drifted: 1, missing: 1, leftovers: 1 })
      assert.isFalse(verified.ok)
      // Catch-up: the new row is found by another dry run.
      await dryRunDatabase(db.driver, made)
      assert.strictEqual((await applyDatabase(db.driver, made)).changed, 1)
      assert.strictEqual((await verifyDatabase(db.driver, made)).locations[0]?.leftovers, 0)
      await rollbackDatabase(db.driver, made)
      assert.deepStrictEqual(await column(db, "calls", "assistant", "id"), [old(1), old(60), old(4)])
    })

    it("refuses another plan on what was prepared, apply without dry run, and counts that were not expected", async () => {
      await db.sql(
        `CREATE TABLE calls (id int PRIMARY KEY, assistant ${uuid()})`,
        `INSERT INTO calls VALUES (1, ${q(old(1))}), (2, ${q(old(2))})`
      )
      const location = { table: "calls", column: "assistant", kind: "id" } as const
      const made = await plan([location])
      await refused(applyDatabase(db.driver, made), "OutOfOrder")
      await dryRunDatabase(db.driver, made)
      const other = await plan([location], { mappings: [mapping(old(1), fresh(9))] })
      await refused(dryRunDatabase(db.driver, other), "OutOfOrder")
      await refused(applyDatabase(db.driver, other), "OutOfOrder")
      const expecting = await plan([{ ...location, expect: { min: 1, max: 1 } }])
      assert.match(
        await refused(applyDatabase(db.driver, expecting), "Refused"),
        /2 rows would change, expected 1 to 1/
      )
      assert.deepStrictEqual(await column(db, "calls", "assistant", "id"), [old(1), old(2)])
    })
  })
}
