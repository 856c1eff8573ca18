/**
 * Bundles the entry: the SDK's contract goes in with the small schema, so that `effect` is not needed beside it.
 */
import { bundleEntries } from "../../runtime-sdk/scripts/bundle.ts"

const here = new URL("..", import.meta.url).pathname

/** Writes the entry and gives esbuild's account of what went in. */
export const bundle = (outdir: string) => bundleEntries({ root: here, entries: ["index"], outdir })
