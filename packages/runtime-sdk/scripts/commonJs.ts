/**
 * The entries that need no peer once more as CommonJS, for what cannot `require` an ES module: Jest, ts-node, old
 * bundlers. Code is the one file of the entry, written anew; declarations are those of the module, under names that
 * TypeScript takes for CommonJS.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { build, transform } from "esbuild"
import { bundledEntries } from "./bundle.ts"

/** Entries whose declarations need no peer: Nest's classes are decorated by Nest. */
export const commonJsEntries = [...bundledEntries.filter((entry) => entry !== "webhooks/nestjs"), "outbound"]

/** `./x.ts` and `./x.js` of a declaration or a file, as CommonJS has it. */
const renamed = (text: string): string => text.replace(/(["'`])(\.{1,2}\/[^"'`\s]+)\.[jt]s\1/g, "$1$2.cjs$1")

/** The code of an entry. What it imports of another entry is that entry's CommonJS. */
const codeOf = async (file: string): Promise<string> => {
  const source = readFileSync(file, "utf8")
  // An entry of many files is bundled, but for the entry below it; one that is a file already is only rewritten.
  const single = !/\b(?:from|import)\s*["']\.\/[^"']+["']/.test(source)
  const format = { format: "cjs", platform: "node", target: "node22", minifyWhitespace: true } as const
  if (single) return renamed((await transform(source, format)).code)
  const external = ["../webhooks.js"]
  const options = { ...format, external, bundle: true, write: false, logLevel: "error" } as const
  const { outputFiles } = await build({ ...options, entryPoints: [file] })
  return renamed(outputFiles[0]?.text ?? "")
}

/** Copies a declaration file, and those that it reaches. */
const copyDeclarations = (file: string, seen: Set<string>): void => {
  if (seen.has(file)) return
  seen.add(file)
  const text = readFileSync(file, "utf8")
  for (const [, , from = ""] of text.matchAll(/(["'])(\.{1,2}\/[^"'\s]+)\.[jt]s\1/g)) {
    copyDeclarations(join(dirname(file), `${from}.d.ts`), seen)
  }
  writeFileSync(file.replace(/\.d\.ts$/, ".d.cts"), renamed(text))
}

/** Writes `<entry>.cjs` and the declarations behind it into a `dist`. */
export const writeCommonJs = async (dist: string): Promise<void> => {
  const seen = new Set<string>()
  for (const entry of commonJsEntries) {
    writeFileSync(join(dist, `${entry}.cjs`), await codeOf(join(dist, `${entry}.js`)))
    copyDeclarations(join(dist, `${entry}.d.ts`), seen)
  }
}
