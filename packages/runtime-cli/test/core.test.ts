import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { explain, paragraph } from "../src/core/explain.ts"
import { writeWhole } from "../src/core/files.ts"
import { assign } from "../src/core/input.ts"
import { makeOutput } from "../src/core/output.ts"
import { makeProgress } from "../src/core/progress.ts"
import { ago, fit, painter, printable, table, widthOf, wrap } from "../src/core/table.ts"
import { decodeText } from "../src/core/text.ts"
import { temporaryFolder } from "./support.ts"

const plain = painter(false)

describe("text for terminals", () => {
  it("fit never takes more than it may, and keeps what fits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        const cut = fit(text, width)
        assert.isAtMost(widthOf(cut), Math.max(width, 1))
        assert.strictEqual(cut === text, widthOf(text) <= width)
      })
    )
  })

  it("printable leaves no character that a terminal obeys", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.notMatch(printable(text), /[\p{Cc}\p{Cf}\u2028\u2029]/u)
      })
    )
  })

  it("a table has one line per row, and no line is wider than the terminal while columns can give way", () => {
    const cellText = fc.string({ unit: "grapheme-ascii", maxLength: 60 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cellText, cellText, cellText), { maxLength: 8 }),
        fc.integer({ min: 40, max: 120 }),
        (rows, width) => {
          const lines = table([{ title: "A" }, { title: "B", align: "right" }, { title: "C" }], rows, {
            paint: plain,
            width
          }).split("\n")
          assert.lengthOf(lines, rows.length + 1)
          assert.isTrue(lines.every((line) => widthOf(line) <= width))
        }
      )
    )
  })

  it("an id is never cut; other columns give way", () => {
    const id = "00000001-1111-4111-8111-111111111111"
    const lines = table([{ title: "ID", whole: true }, { title: "NAME" }], [[id, "x".repeat(80)]], {
      paint: plain,
      width: 60
    })
    assert.include(lines, `${id}  xxxx`)
    assert.isTrue(lines.split("\n").every((line) => widthOf(line) <= 60))
    assert.include(table([{ title: "ID", whole: true }], [[id]], { paint: plain, width: 20 }), id)
  })

  it("prose wraps at the width, hangs, and loses no word", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 20, max: 100 }), (words, width) => {
        const lines = wrap(words.join(" "), width, 4).split("\n")
        assert.isTrue(lines.every((line) => widthOf(line) <= width))
        assert.isTrue(lines.slice(1).every((line) => line.startsWith("    ")))
        assert.strictEqual(lines.map((line) => line.trim()).join(" "), words.join(" "))
      })
    )
  })

  it("files are read as their byte order mark says, and refused when they are no text", () => {
    const text = 'A=1\r\nB="ü"\r\n'
    const utf16 = Buffer.from(`\uFEFF${text}`, "utf16le")
    assert.strictEqual(decodeText(Buffer.from(text)), text)
    assert.strictEqual(decodeText(Buffer.from(`\uFEFF${text}`)), text)
    assert.strictEqual(decodeText(utf16), text)
    assert.strictEqual(decodeText(Buffer.from(utf16).swap16()), text)
    assert.isUndefined(decodeText(Uint8Array.of(0x41, 0xff)))
  })

  it("says how long ago", () => {
    const now = Date.parse("2026-11-25T09:00:00.000Z")
    const at = (seconds: number) => ago(new Date(now - seconds * 1000).toISOString(), now)
    assert.deepStrictEqual([0, 30, 90, 7200, 200_000, 9e6, -60].map(at), [
      "just now",
      "30 s ago",
      "1 min ago",
      "2 h ago",
      "2 d ago",
      "2026-08-13",
      "2026-11-25"
    ])
    assert.strictEqual(ago("no time", now), "no time")
  })
})

describe("progress", () => {
  const progressOn = (isTTY: boolean, env: Readonly<Record<string, string>> = {}, columns?: number) => {
    const written: Array<string> = []
    const stderr = { isTTY, columns, write: (text: string | Uint8Array) => written.push(String(text)) }
    const stdout = { isTTY, write: () => true }
    const out = makeOutput({ json: undefined, quiet: false, color: false }, stdout, stderr, env)
    const progress = makeProgress(out)
    progress("rows", 5, 10)
    progress("rows", 10, 10)
    out.status(undefined)
    return written
  }

  it("is a bar on a terminal, erased at the end, and nothing anywhere else", () => {
    const written = progressOn(true)
    assert.include(written.join(""), "100 %  rows 10/10")
    assert.strictEqual(written.at(-1), "\r\u001b[K")
    assert.deepStrictEqual([progressOn(false), progressOn(true, { TERM: "dumb" })], [[], []])
  })

  it("stays in one line of a narrow terminal, and is whole where the size is not known", () => {
    assert.isTrue(progressOn(true, {}, 30).every((text) => widthOf(text) < 30))
    assert.deepStrictEqual(progressOn(true, {}, 0), progressOn(true))
  })
})

describe("--set", () => {
  it("what was put at a path is there, and nothing else changed", () => {
    const key = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(..."abcdefg") })
    fc.assert(
      fc.property(
        fc.array(key, { minLength: 1, maxLength: 4 }),
        fc.jsonValue(),
        fc.dictionary(key, fc.jsonValue(), { noNullPrototype: true }),
        (path, value, before) => {
          const target: Record<string, unknown> = structuredClone(before)
          // Lists take positions only: that is another case.
          fc.pre(
            !path
              .slice(0, -1)
              .some((_, at) =>
                Array.isArray(path.slice(0, at + 1).reduce<unknown>((v, k) => Reflect.get(Object(v), k), target))
              )
          )
          assign(target, `${path.join(".")}=${JSON.stringify(value)}`)
          assert.deepStrictEqual(
            path.reduce<unknown>((v, k) => Reflect.get(Object(v), k), target),
            JSON.parse(JSON.stringify(value))
          )
          const others = (row: object) => Object.entries(row).filter(([name]) => name !== path[0])
          assert.deepStrictEqual(others(target), others(before))
        }
      )
    )
  })

  it("text that is no JSON is text, and a path cannot reach a prototype", () => {
    const target = {}
    assign(target, "name=Front desk")
    assign(target, "count=3")
    assert.deepStrictEqual(target, { name: "Front desk", count: 3 })
    for (const set of ["__proto__.x=1", "a.__proto__.x=1", "=1", "a..b=1"])
      assert.throws(() => assign(target, set), "--set")
    assign(target, "constructor.prototype.x=1")
    assert.deepStrictEqual([Object.hasOwn(target, "constructor"), "x" in {}], [true, false])
  })
})

describe("files that are written whole", () => {
  it("keep a link and its permissions, pass a device through, and name the file that cannot be written", async () => {
    const folder = temporaryFolder()
    const [file, link] = [join(folder, "real"), join(folder, "link")]
    writeFileSync(file, "old", { mode: 0o640 })
    symlinkSync("real", link)
    await writeWhole(link, "new")
    assert.deepStrictEqual(
      [readFileSync(file, "utf8"), statSync(file).mode & 0o777, readdirSync(folder).length],
      ["new", 0o640, 2]
    )
    assert.isTrue(lstatSync(link).isSymbolicLink())
    await writeWhole("/dev/null", "nothing")
    assert.isTrue(statSync("/dev/null").isCharacterDevice())
    assert.include(
      (await rejection(writeWhole(join(folder, "no/such"), "x"))).message,
      `${join(folder, "no/such")} cannot be written`
    )
    assert.include((await rejection(writeWhole(folder, "x"))).message, "EISDIR")
  })
})

describe("errors", () => {
  it("an unknown error is a defect with exit code 70, and its paragraph says what to do", () => {
    const explained = explain(new TypeError("x is not a function"))
    assert.deepStrictEqual([explained.exitCode, explained.code], [70, "defect"])
    assert.strictEqual(
      paragraph(explained),
      "This is a defect of aywa-runtime: x is not a function. Run the same command with --debug and report what it prints."
    )
  })

  it("a full disk, a folder and a missing permission are explained", () => {
    const of = (code: string) => explain(Object.assign(new Error("raw"), { code, path: "out.json" })).message
    assert.strictEqual(of("ENOSPC"), "The disk is full: out.json could not be written whole.")
    assert.include(of("EFBIG"), "out.json could not be written whole (EFBIG)")
    assert.include(of("EACCES"), "may not open out.json")
    assert.include(of("EISDIR"), "is a folder")
  })
})
