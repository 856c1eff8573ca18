/**
 * Bundles the promise entry: the SDK's contract goes in with the small schema, and YAML and diffs with it, so that
 * nothing is installed beside it. The Effect entry stands on it.
 */
import { bundleEntries } from "../../runtime-sdk/scripts/bundle.ts"

const here = new URL("..", import.meta.url).pathname

/** Writes the entry and gives esbuild's account of what went in. */
export const bundle = (outdir: string) => bundleEntries({ root: here, entries: ["index"], outdir })
