/**
 * Bundles entries into one minified file each.
 */
import { build, type Plugin } from "esbuild"
import { writeMinified } from "../../../scripts/bundle/minify.ts"

const here = new URL("..", import.meta.url).pathname

/** What is bundled: the entries for plain async code. */
export const bundledEntries = ["index", "webhooks", "webhooks/handlers", "webhooks/legacy", "migration"] as const

/** Puts the small schema in place of `effect/Schema`; see `src/internal/lite/Schema.ts`. */
export const lite: Plugin = {
  name: "lite-schema",
  setup(builder) {
    builder.onResolve({ filter: /^effect\/Schema$/ }, () => ({ path: `${here}src/internal/lite/Schema.ts` }))
    builder.onResolve({ filter: /\/codec\.ts$/ }, ({ path, importer }) =>
      importer.includes("/lite/") ? undefined : { path: `${here}src/internal/lite/${path.split("/").pop()}` }
    )
  }
}

/** The webhook adapters stand on the public `./webhooks` entry: its one file is imported and not copied into theirs. */
const shared: Plugin = {
  name: "shared-webhooks",
  setup(builder) {
    builder.onResolve({ filter: /^\.\.\/\.\.\/webhooks\.ts$/ }, () => ({ path: "../webhooks.js", external: true }))
  }
}

/** Writes `<entry>.js` for each entry of `src`, and gives esbuild's account of what went in. */
export const bundle = async (entries: ReadonlyArray<string>, outdir: string) => {
  const built = await build({
    entryPoints: entries.map((name) => `${here}src/${name}.ts`),
    outbase: `${here}src`,
    outdir,
    bundle: true,
    minifySyntax: true,
    format: "esm",
    platform: "node",
    target: "node22",
    legalComments: "none",
    write: false,
    logLevel: "warning",
    // Optional peers: imported when a database of theirs is opened.
    external: ["pg", "mysql2", "@electric-sql/pglite"],
    metafile: true,
    plugins: [lite, shared]
  })
  writeMinified(built)
  return built.metafile
}
