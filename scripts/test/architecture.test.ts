/** The picture in ARCHITECTURE.md, the lint zones and the imports as they are say the same. */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { arrowsOf, readBuildings, strayArrows, withZones } from "../floors.ts"
import { published, root } from "../packages.ts"

describe("the floors of ARCHITECTURE.md", () => {
  const buildings = readBuildings()

  it("are drawn for each package that has rooms", () => {
    const drawn = buildings.map(({ src }) => src)
    const withRooms = published.map(({ name }) => `packages/${name}/src`).filter((src) => arrowsOf(src).length > 0)
    assert.deepEqual(drawn.toSorted(), withRooms.toSorted())
  })

  for (const building of buildings) {
    it(`${building.src}: no import goes up or sideways`, () => {
      assert.deepEqual(
        strayArrows(building).map(({ file, target }) => `${file} -> ${target}`),
        []
      )
    })

    it(`${building.src}: each room of the picture is there, and each room that is there is in the picture`, () => {
      const arrows = arrowsOf(building.src)
      const rooms = new Set(arrows.flatMap(({ from, to }) => [from, to]))
      assert.deepEqual([...rooms].toSorted(), building.floors.flat().toSorted())
    })

    it(`${building.src}: each exception is still needed`, () => {
      const arrows = arrowsOf(building.src)
      const idle = building.exceptions.filter(
        ({ from, to }) => !arrows.some(({ file, target }) => file.startsWith(from) && target.startsWith(to))
      )
      assert.deepEqual(idle, [])
    })
  }

  it("are the zones of the linter (node scripts/floors.ts --write)", () => {
    const written: unknown = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8"))
    assert.deepEqual(written, JSON.parse(withZones()))
  })
})

describe("adapters of frameworks", () => {
  const folder = join(root, "packages/runtime-sdk/src/webhooks")
  const files = readdirSync(join(folder, "frameworks")).map((name) => join(folder, "frameworks", name))
  const linesOf = (file: string) => readFileSync(file, "utf8").trimEnd().split("\n").length

  it("are small over the one receiver: a file has at most 80 lines", () => {
    assert.isAbove(files.length, 10)
    assert.deepEqual(
      files.filter((file) => linesOf(file) > 80),
      []
    )
  })

  // Node's own server and Effect are none: their handlers are the receiver's.
  const others = ["index.md", "node.md", "effect.md"]
  const documented = readdirSync(join(root, "docs/frameworks")).filter((name) => !others.includes(name))

  it("are all among these files: what runs of an entry comes from there", () => {
    assert.lengthOf(documented, 10)
    for (const page of documented) {
      const entry = readFileSync(join(folder, page.replace(".md", ".ts")), "utf8")
      const sources = Array.from(entry.matchAll(/^export (?!type)[^"]*"([^"]+)"/gm), ([, from = ""]) => from)
      assert.isAbove(sources.length, 0, page)
      assert.deepEqual(
        sources.filter((from) => !from.startsWith("./frameworks/")),
        [],
        page
      )
    }
  })
})

describe("the tree", () => {
  it("has no two paths that differ by case alone", () => {
    const paths = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).trim().split("\n")
    const folders = paths.flatMap((path) => path.split("/").map((_, i, parts) => parts.slice(0, i + 1).join("/")))
    const unique = [...new Set(folders)]
    const lower = unique.map((path) => path.toLowerCase())
    assert.deepEqual(
      unique.filter((path) => lower.indexOf(path.toLowerCase()) !== lower.lastIndexOf(path.toLowerCase())),
      []
    )
  })
})
