/**
 * Bundles the command line: one file that starts fast, and chunks that are loaded by the commands that need them.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { build } from "esbuild"
import { inspectorPage } from "../../runtime-local/scripts/page.ts"
import { writeMinified } from "../../../scripts/bundle/minify.ts"

const here = new URL("..", import.meta.url).pathname

/** Writes the bundle into a folder and gives esbuild's account of what went in; tests bring an entry of their own. */
export const bundle = async (outdir: string, more: ReadonlyArray<string> = []) => {
  rmSync(outdir, { recursive: true, force: true })
  const built = await build({
    entryPoints: [`${here}src/bin.ts`, ...more],
    outbase: `${here}src`,
    entryNames: "[name]",
    outdir,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node22",
    chunkNames: "chunks/[name]-[hash]",
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    plugins: [inspectorPage],
    // The drivers of `migrate apply` are the user's own; the toolkit's SDK is too.
    external: ["pg", "mysql2", "mysql2/*", "@electric-sql/pglite"],
    // What Node resolves is CommonJS; this is the same code as ESM, which needs no wrapper.
    alias: { yaml: join(dirname(createRequire(import.meta.url).resolve("yaml/package.json")), "browser/index.js") }
  })
  writeMinified(built)
  copyPages(`${here}../../docs`, join(outdir, "docs"))
  return built.metafile
}

/** The pages that \`mcp\` serves. */
const copyPages = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) if (name.endsWith(".md")) copyFileSync(join(from, name), join(to, name))
}
