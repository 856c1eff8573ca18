/**
 * Bundles the promise entry: the SDK's contract goes in with the small schema, and YAML and diffs with it, so that
 * nothing is installed beside it. The Effect entry stands on it.
 */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { bundleEntries } from "../../runtime-sdk/scripts/bundle.ts"

const here = new URL("..", import.meta.url).pathname

/** What Node resolves is CommonJS, which requires parts of Node, as a module cannot; this is the same code as ESM. */
const yaml = join(dirname(createRequire(import.meta.url).resolve("yaml/package.json")), "browser/index.js")

/** Writes the entry and gives esbuild's account of what went in. */
export const bundle = (outdir: string) => bundleEntries({ root: here, entries: ["index"], outdir, alias: { yaml } })
