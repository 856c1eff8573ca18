/** What the packages import of one another, and of Effect, is what ARCHITECTURE.md says. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { published, root } from "../packages.ts"

interface Import {
  /** From the repository's root. */
  readonly file: string
  readonly specifier: string
}

const bare = /\bfrom\s*"([^."][^"]*)"|\bimport\("([^."][^"]*)"\)|^import "([^."][^"]*)"/gm

/** Examples in comments import, too; imports themselves begin a line of their own. */
const withoutComments = (text: string): string => text.replaceAll(/^\s*(\/\*\*?|\*|\/\/).*$/gm, "")

const imports: ReadonlyArray<Import> = globSync("packages/*/src/**/*.{ts,tsx}", { cwd: root }).flatMap((file) =>
  [...withoutComments(readFileSync(join(root, file), "utf8")).matchAll(bare)].map(([, from, dynamic, plain]) => ({
    file,
    specifier: from ?? dynamic ?? plain ?? ""
  }))
)

const architecture = readFileSync(join(root, "ARCHITECTURE.md"), "utf8")

describe("modules of Effect that are marked unstable", () => {
  const [, block = ""] = /```txt\nunstable modules of Effect\n([\s\S]*?)```/.exec(architecture) ?? []
  const rows = block
    .trim()
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([place = "", modules = ""]) => ({ place, modules: modules.split(/\s+/) }))

  /** The comment that a module of Effect begins with says how stable it is. */
  const isUnstable = (module: string): boolean => {
    const sources = join(root, "node_modules/effect/src")
    const file = [`${module}.ts`, `${module}/index.ts`].map((name) => join(sources, name)).find(existsSync)
    assert.isDefined(file, `effect/${module} has no source`)
    return (readFileSync(file ?? "", "utf8").split("*/")[0] ?? "").includes("@stability unstable")
  }

  const used = imports.flatMap(({ file, specifier }) => {
    const module = specifier.startsWith("effect/") ? specifier.slice("effect/".length) : ""
    return module !== "" && !file.startsWith("packages/examples/") && isUnstable(module) ? [{ file, module }] : []
  })
  const isRow = ({ file, module }: (typeof used)[number], { place, modules }: (typeof rows)[number]): boolean =>
    (file === place || file.startsWith(`${place}/`)) &&
    modules.some((name) => module === name || module.startsWith(`${name}/`))

  it("are found", () => assert.isAbove(used.length, 20))

  it("are touched only where ARCHITECTURE.md says", () => {
    assert.deepEqual(
      used.filter((each) => !rows.some((row) => isRow(each, row))),
      []
    )
  })

  it("are touched everywhere where it says so", () => {
    assert.deepEqual(
      rows.flatMap((row) =>
        row.modules.filter((module) => !used.some((each) => isRow(each, { place: row.place, modules: [module] })))
      ),
      []
    )
  })
})

describe("packages of this repository", () => {
  const scope = "@aywa-ai/"
  const ours = imports.filter(({ specifier }) => specifier.startsWith(scope))
  const homeOf = (file: string): string => file.split("/")[1] ?? ""

  it("never import themselves by name: that would pass by the floors", () => {
    assert.deepEqual(
      ours.filter(({ file, specifier }) => (specifier.slice(scope.length).split("/")[0] ?? "") === homeOf(file)),
      []
    )
  })

  it("import what another package exports to everybody, and its internal entries only where named", () => {
    const internal = ours.filter(({ specifier }) => specifier.includes("/internal/"))
    const users = internal.map(({ file, specifier }) => `${homeOf(file)} -> ${specifier.slice(scope.length)}`)
    assert.deepEqual([...new Set(users)].toSorted(), [
      // What only the command line shares with it, which inlines both.
      "runtime-cli -> runtime-local/internal/model",
      "runtime-cli -> runtime-local/internal/standard-streams",
      // The contract without the check of its peer, so that CommonJS can require the local runtime.
      "runtime-local -> runtime-sdk/internal/contract",
      // The one redactor, which is inlined.
      "runtime-migration -> runtime-sdk/internal/redaction"
    ])
  })

  it("stand on packages that their manifest names", () => {
    const unnamed = ours.filter(({ file, specifier }) => {
      const home = published.find(({ name }) => name === homeOf(file))
      const needed = specifier.split("/").slice(0, 2).join("/")
      const { dependencies, devDependencies, peerDependencies } = home?.manifest ?? {}
      return home !== undefined && !(needed in { ...dependencies, ...devDependencies, ...peerDependencies })
    })
    assert.deepEqual(unnamed, [])
  })
})
