/** The laws of push, pull and merge, over rows of any kind. */
import { rmSync } from "node:fs"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { JsonObject } from "@aywa-ai/runtime-sdk"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { newRowFile } from "../src/folder/rowFile.ts"
import { equal, rowWith, valueAt } from "../src/rows/json.ts"
import { applyChanges } from "../src/rows/diff.ts"
import { managed } from "../src/rows/kinds.ts"
import { diffRows, mergeRows, pullConfig, pushConfig } from "../src/index.ts"
import { rows } from "./arbitraries.ts"
import { cases, makeFolder, only, open, snapshot, start, write } from "./support.ts"

describe("diff and merge", () => {
  it("a diff leads from one row to the other", () => {
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const changes = diffRows(before, after)
        assert.isTrue(equal(applyChanges(before, changes, after), after))
        assert.deepStrictEqual(diffRows(after, after), [])
      }),
      { numRuns: cases(200) }
    )
  })

  it("without a change of one side it is the other side", () => {
    fc.assert(
      fc.property(rows, rows, (base, changed) => {
        assert.deepStrictEqual(mergeRows(base, changed, base), { row: changed, conflicts: [] })
        assert.isTrue(equal(mergeRows(base, base, changed).row, changed))
        assert.isTrue(equal(mergeRows(base, changed, changed).row, changed))
      }),
      { numRuns: cases(200) }
    )
  })

  const places = [
    ["name"],
    ["firstMessage"],
    ["model", "model"],
    ["model", "temperature"],
    ["metadata", "a"],
    ["metadata", "b", "c"]
  ]
  const base: JsonObject = {
    name: "Desk",
    firstMessage: "Hello",
    model: {
      provider: "openai",
      model: "gpt-4o",
      temperature: 0,
      messages: [{ role: "system", content: "a\nb\nc\nd\ne" }]
    },
    metadata: { a: 1, b: { c: 2 } }
  }
  const edit = (row: JsonObject, at: ReadonlyArray<number>, value: unknown) =>
    at.reduce((edited, index) => rowWith(edited, places[index] ?? [], value), row)
  const indexes = fc.uniqueArray(fc.nat({ max: places.length - 1 }), { maxLength: places.length })
  const values = fc.oneof(fc.string(), fc.integer(), fc.constant(undefined))

  it("edits of different places are both there", () => {
    fc.assert(
      fc.property(indexes, indexes, values, values, (ours, others, mine, yours) => {
        const theirs = others.filter((index) => !ours.includes(index))
        const { row, conflicts } = mergeRows(base, edit(base, ours, mine), edit(base, theirs, yours))
        assert.deepStrictEqual(conflicts, [])
        assert.deepStrictEqual(row, edit(edit(base, ours, mine), theirs, yours))
      }),
      { numRuns: cases(200) }
    )
  })

  it("edits of the same place are a conflict unless they are the same, never a winner", () => {
    fc.assert(
      fc.property(indexes, indexes, (ours, theirs) => {
        const both = ours.filter((index) => theirs.includes(index)).map((index) => places[index] ?? [])
        const { conflicts } = mergeRows(base, edit(base, ours, "ours"), edit(base, theirs, "theirs"))
        assert.deepStrictEqual(conflicts.map(({ path }) => path).toSorted(), both.toSorted())
        for (const { path, ours: mine, theirs: yours } of conflicts) {
          assert.deepStrictEqual([mine, yours, valueAt(base, path) === mine], ["ours", "theirs", false])
        }
      }),
      { numRuns: cases(200) }
    )
  })

  it("prompts are merged by line, and items of a list that moved are not mixed up", () => {
    const at = ["model", "messages", 0, "content"]
    const merged = mergeRows(base, rowWith(base, at, "A\nb\nc\nd\ne"), rowWith(base, at, "a\nb\nc\nd\nE"))
    assert.deepStrictEqual([valueAt(merged.row, at), merged.conflicts], ["A\nb\nc\nd\nE", []])
    assert.strictEqual(
      mergeRows(base, rowWith(base, at, "A\nb\nc\nd\ne"), rowWith(base, at, "B\nb\nc\nd\ne")).conflicts.length,
      1
    )
    const list = {
      hooks: [
        { on: "a", n: 1 },
        { on: "b", n: 1 }
      ]
    }
    const moved = {
      hooks: [
        { on: "b", n: 1 },
        { on: "a", n: 1 }
      ]
    }
    const changed = {
      hooks: [
        { on: "a", n: 2 },
        { on: "b", n: 1 }
      ]
    }
    assert.deepStrictEqual(
      mergeRows(list, moved, changed).conflicts.map(({ path }) => path),
      [["hooks"]]
    )
  })

  it("lists are merged by item: what one side adds or takes away does not meet the other side's", () => {
    const merged = (was: ReadonlyArray<unknown>, ours: ReadonlyArray<unknown>, theirs: ReadonlyArray<unknown>) => {
      const { row, conflicts } = mergeRows({ list: was }, { list: ours }, { list: theirs })
      return conflicts.length === 0 ? row["list"] : "conflict"
    }
    assert.deepStrictEqual(merged(["a", "b", "c"], ["b", "c"], ["a", "b", "c", "d"]), ["b", "c", "d"])
    assert.deepStrictEqual(merged(["a", "b", "c"], ["a", "b", "x"], ["y", "b", "c"]), ["y", "b", "x"])
    assert.strictEqual(merged(["a"], ["a", "x"], ["a", "y"]), "conflict")
    assert.strictEqual(merged(["a", "b", "c"], ["a", "x", "c"], ["a", "c"]), "conflict")
    assert.strictEqual(merged(["a", "b"], ["x", "a", "b"], ["a", "b", "x"]), "conflict")
    const [one, two, three] = [{ type: "a" }, { type: "b" }, { type: "c" }]
    assert.deepStrictEqual(merged([one, two, three], [two, three], [one, two, { ...three, n: 1 }]), [
      two,
      { ...three, n: 1 }
    ])
  })

  it("a list has no item that neither side has, and loses none that both have kept", () => {
    const lists = fc.uniqueArray(fc.constantFrom(..."abcdefgh"), { maxLength: 6 })
    fc.assert(
      fc.property(lists, lists, lists, (was, ours, theirs) => {
        const { row, conflicts } = mergeRows({ list: was }, { list: ours }, { list: theirs })
        if (conflicts.length > 0) return
        const has = (list: unknown, item: string) => Array.isArray(list) && list.includes(item)
        for (const item of "abcdefgh") {
          const [before, mine, yours] = [has(was, item), has(ours, item), has(theirs, item)]
          const wanted = mine === yours ? mine : !before
          assert.deepStrictEqual([item, has(row["list"], item)], [item, wanted])
        }
      }),
      { numRuns: cases(200) }
    )
  })
})

describe("over a real runtime", () => {
  it("a pull after a push writes the same bytes, and a push after a pull sends nothing", async () => {
    const { aywa, runtime } = await start({ rateLimit: { limit: 1_000_000 } })
    const folder = makeFolder()
    await fc.assert(
      fc.asyncProperty(rows, rows, async (first, second) => {
        const { text, ending } = newRowFile("assistants", first)
        const other = ending === ".md" ? ".yaml" : ".md"
        write(folder, { [`assistants/a${ending}`]: text, "state/test.json": '{"formatVersion":1,"ids":{},"seen":{}}' })
        rmSync(`${folder}/assistants/a${other}`, { force: true })
        await pushConfig(aywa, open(folder))
        const before = snapshot(folder)
        assert.deepStrictEqual((await pullConfig(aywa, open(folder))).written, [])
        assert.deepStrictEqual(snapshot(folder), before)
        const { id } = only((await aywa.assistants.list()).items)
        const gone = Object.keys(first).filter((key) => !Object.hasOwn(second, key))
        await aywa.assistants.update(id, { ...second, ...Object.fromEntries(gone.map((key) => [key, null])) })
        assert.deepStrictEqual((await pullConfig(aywa, open(folder))).conflicts, [])
        const pushed = await pushConfig(aywa, open(folder))
        assert.deepStrictEqual(pushed.applied, [])
        assert.deepStrictEqual(diffRows(open(folder).rows[0]?.row ?? {}, second), [])
        runtime.reset()
      }),
      { numRuns: cases(20) }
    )
  }, 600_000)

  it("whatever a file says, a pull on a clean checkout keeps it, and a push after it is the whole change", async () => {
    const { aywa, runtime } = await start({ rateLimit: { limit: 1_000_000 } })
    await fc.assert(
      fc.asyncProperty(rows, rows, async (first, second) => {
        const put = (folder: string, row: JsonObject) => {
          for (const ending of [".md", ".yaml"]) rmSync(`${folder}/assistants/a${ending}`, { force: true })
          const { text, ending } = newRowFile("assistants", row)
          write(folder, { [`assistants/a${ending}`]: text })
        }
        const folder = makeFolder()
        put(folder, first)
        await pushConfig(aywa, open(folder))
        const clean = makeFolder(snapshot(folder, /^\.schema\//))
        put(clean, second)
        assertMatches(await pullConfig(aywa, open(clean)), { written: [], conflicts: [] })
        await pushConfig(aywa, open(clean))
        const stored = only(runtime.rows("assistants"))
        assert.deepStrictEqual(diffRows(managed("assistants", stored), managed("assistants", second)), [])
        runtime.reset()
      }),
      { numRuns: cases(5) }
    )
  }, 600_000)
})
