/**
 * Writes `dist/entries`: what Node loads for an entry that stands on an optional peer. `import` gets a module that checks
 * the peer and then loads the entry by a top-level await, because a graph that does not link runs nothing at all;
 * `require`, which may not wait, gets the same as CommonJS. Bundlers take the entry itself, and say what is missing.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { commonJsEntries } from "./commonJs.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const { peerDependencies, publishConfig } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const peers = Object.keys(peerDependencies)

/** The peers that a file imports before anything runs, itself or through other files. */
const peersOf = (file: string, found = new Set<string>(), seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file)) return found
  seen.add(file)
  // Minified files have several in one line.
  const imports = /(?:^|;)(?:import|export)\b[^;"']*\bfrom *["']([^"']+)["']/gm
  for (const [, from = ""] of readFileSync(file, "utf8").matchAll(imports)) {
    if (from.startsWith(".")) peersOf(join(dirname(file), from), found, seen)
    for (const peer of peers) if (from === peer || from.startsWith(`${peer}/`)) found.add(peer)
  }
  return found
}

/** The file that a module of an entry is. */
const fileOf = (target: Readonly<Record<string, unknown>>): string => {
  const module: unknown = target["import"]
  return String(typeof module === "object" && module !== null ? Reflect.get(module, "default") : target["default"])
}

/** How an entry that needs nothing is published: as a module and, where there is one, as CommonJS. */
const plainTarget = (file: string): object => {
  const types = file.replace(/\.js$/, ".d.ts")
  if (!commonJsEntries.includes(file.slice("./dist/".length, -".js".length))) return { types, default: file }
  return {
    import: { types, default: file },
    require: { types: file.replace(/\.js$/, ".d.cts"), default: file.replace(/\.js$/, ".cjs") }
  }
}

const write = async (entry: string, target: string, needs: ReadonlySet<string>): Promise<void> => {
  const file = relative("dist", target)
  const out = join(root, "dist/entries", file)
  const up = (path: string) => {
    const found = relative(dirname(out), join(root, "dist", path))
    return JSON.stringify(found.startsWith(".") ? found : `./${found}`)
  }
  const check = `check(${JSON.stringify(entry.slice("./".length))}, ${JSON.stringify([...needs].toSorted().toReversed())})`
  const exported = Object.keys(await import(join(root, target))).toSorted()
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(
    out,
    `import { check } from ${up("entries/peers.cjs")}
${check}
const entry = await import(${up(file)})
export const { ${exported.join(", ")} } = entry
`
  )
  writeFileSync(
    out.replace(/\.js$/, ".cjs"),
    `const { check } = require(${up("entries/peers.cjs")})
${check}
module.exports = require(${up(file)})
`
  )
}

mkdirSync(join(root, "dist/entries"), { recursive: true })
copyFileSync(join(root, "scripts/entries/peers.cjs"), join(root, "dist/entries/peers.cjs"))
for (const [entry, target] of Object.entries<string | Readonly<Record<string, unknown>>>(publishConfig.exports)) {
  // Entries of the local runtime, which checks nothing: it may be required, and its own peers are not optional.
  if (typeof target === "string" || entry.startsWith("./internal/")) continue
  const file = fileOf(target)
  const needs = peersOf(join(root, file))
  const wrapper = file.replace("./dist/", "./dist/entries/")
  const expected =
    needs.size === 0
      ? plainTarget(file)
      : {
          types: file.replace(/\.js$/, ".d.ts"),
          module: file,
          node: { import: wrapper, require: wrapper.replace(/\.js$/, ".cjs") },
          default: file
        }
  if (JSON.stringify(target) !== JSON.stringify(expected)) {
    throw new Error(
      `package.json must publish ${entry}, which needs ${[...needs].join(", ")}, as ${JSON.stringify(expected)}`
    )
  }
  if (needs.size > 0) await write(entry, file, needs)
}
