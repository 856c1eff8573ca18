/** The mapping ledger: nothing is lost, nothing is guessed. */
import * as fc from "fast-check"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import {
  isMigrationError,
  type Mapping,
  mappingsToCsv,
  mappingsToJsonLines,
  mergeMappings,
  openSqliteLedger,
  parseMappings,
  readLedgerFile,
  writeLedgerFile
} from "../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "aywa-ledger-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const text = fc.oneof(
  fc.string({ minLength: 1, unit: "binary" }).filter((text) => text.isWellFormed()),
  fc.constantFrom('"', ",", "\r\n", " x ", '""', "=1+1", "é", "a\nb", "\uFEFF")
)
const mapping: fc.Arbitrary<Mapping> = fc.record({
  source: text,
  resource: fc.constantFrom("assistant", "tool"),
  sourceId: text,
  runtimeId: text
})
const keyOf = ({ source, resource, sourceId }: Mapping) => JSON.stringify([source, resource, sourceId])
const ledgers = fc.uniqueArray(mapping, { selector: keyOf, maxLength: 20 })

const one: Mapping = { source: "vapi", resource: "assistant", sourceId: "a", runtimeId: "1" }

const conflict = (work: () => unknown): void => {
  try {
    work()
    assert.fail("should conflict")
  } catch (error) {
    assert(isMigrationError(error), String(error))
    assert(error.reason._tag === "MappingConflict", error.message)
    assert.deepStrictEqual(error.reason.left, one)
    assert.deepStrictEqual(error.reason.right, { ...one, runtimeId: "2" })
    assert.match(error.message, /vapi\/assistant\/a leads to 1 .* and to 2/)
  }
}

describe("formats", () => {
  it("JSON Lines and CSV give back what went in, whatever it is", () => {
    fc.assert(
      fc.property(ledgers, (mappings) => {
        assert.deepStrictEqual(parseMappings(mappingsToJsonLines(mappings)), mappings)
        assert.deepStrictEqual(parseMappings(mappingsToCsv(mappings)), mappings)
        assert.deepStrictEqual(parseMappings(JSON.stringify(mappings)), mappings)
      }),
      { numRuns: 300 }
    )
  })

  it("a file cut anywhere gives the lines that were complete, or says what is wrong", () => {
    fc.assert(
      fc.property(ledgers, fc.nat(), (mappings, at) => {
        const text = mappingsToJsonLines(mappings)
        const cut = text.slice(0, text.length === 0 ? 0 : at % text.length)
        const read = parseMappings(cut)
        assert.deepStrictEqual(read, mappings.slice(0, read.length))
        assert.isAtLeast(read.length, cut.split("\n").length - 1)
      })
    )
  })

  it("columns of CSV may come in any order, and more of them", () => {
    const csv = "runtimeId,note,resource,source,sourceId\n1,x,assistant,vapi,a\n"
    assert.deepStrictEqual(parseMappings(csv), [one])
  })

  it("what is no ledger is refused by name and line", () => {
    for (const [text, where] of [
      ["a,b\n1,2\n", "column source"],
      ['{"source":"s"}\n', "my.jsonl:1.resource"],
      ['{"source":"s"\n{}\n', "my.jsonl:1"],
      ["[1]", "my.jsonl[0]"]
    ] as const) {
      try {
        parseMappings(text, "my.jsonl")
        assert.fail(text)
      } catch (error) {
        assert(isMigrationError(error), text)
        assert.include(error.message, where)
      }
    }
  })
})

describe("merging", () => {
  it("keeps every mapping once, whoever brings it, and knows the other way round", () => {
    fc.assert(
      fc.property(ledgers, fc.nat(20), fc.nat(20), (mappings, a, b) => {
        const merged = mergeMappings(mappings.slice(0, a), mappings.slice(b), mappings)
        assert.sameDeepMembers([...merged], mappings)
        assert.deepStrictEqual(mergeMappings(merged, merged), merged)
      })
    )
  })

  it("a conflict names both sides, and leaves file and database as they were", async () => {
    const other = { ...one, runtimeId: "2" }
    conflict(() => mergeMappings([one], [other]))
    for (const name of ["x.jsonl", "x.csv"]) {
      const file = join(folder, name)
      writeLedgerFile(file, [one])
      const before = readFileSync(file, "utf8")
      conflict(() => writeLedgerFile(file, [{ ...one, sourceId: "b" }, other]))
      assert.strictEqual(readFileSync(file, "utf8"), before)
      writeLedgerFile(file, [{ ...one, sourceId: "b" }])
      assert.deepStrictEqual(readLedgerFile(file), [one, { ...one, sourceId: "b" }])
    }
    using ledger = await openSqliteLedger(join(folder, "x.db"))
    ledger.add([one])
    conflict(() => ledger.add([{ ...one, sourceId: "b" }, other]))
    assert.deepStrictEqual(ledger.all(), [one])
    assert.deepStrictEqual(
      readdirSync(folder).filter((name) => name.endsWith(".tmp")),
      []
    )
  })

  it("the same id of another source or kind is another row", () => {
    const all = [one, { ...one, source: "other", runtimeId: "2" }, { ...one, resource: "tool", runtimeId: "3" }]
    assert.deepStrictEqual(mergeMappings(all), all)
  })
})

it("the SQLite ledger finds what was added, after it was closed too", async () => {
  const file = join(folder, "ledger.db")
  const { source, resource, sourceId } = one
  {
    using ledger = await openSqliteLedger(file)
    ledger.add([one, one])
    assert.strictEqual(ledger.find({ source, resource, sourceId }), "1")
    assert.isUndefined(ledger.find({ source, resource: "tool", sourceId }))
  }
  using ledger = await openSqliteLedger(file)
  assert.deepStrictEqual(ledger.all(), [one])
})

it("an empty file, and one that is not there, are empty ledgers", () => {
  writeFileSync(join(folder, "empty.jsonl"), "")
  assert.deepStrictEqual([readLedgerFile(join(folder, "empty.jsonl")), readLedgerFile(join(folder, "none"))], [[], []])
})
