/**
 * Bundles entries into one minified file each.
 */
import { build, type Plugin } from "esbuild"
import { standing } from "./standing.ts"
import { writeMinified } from "../../../scripts/bundle/minify.ts"

const here = new URL("..", import.meta.url).pathname

/** What is bundled: the entries for plain async code. */
export const bundledEntries = [
  "index",
  "webhooks",
  "webhooks/handlers",
  "webhooks/legacy",
  ...["cloudflare", "elysia", "express", "fastify", "hono", "koa", "lambda", "nestjs", "nextjs", "vercel"].map(
    (framework) => `webhooks/${framework}`
  )
]

/** Puts small modules in place of some of Effect's; see `src/schema/bundled`. */
export const lite: Plugin = {
  name: "lite-schema",
  setup(builder) {
    builder.onResolve({ filter: /^effect\/Schema$/ }, () => ({ path: `${here}src/schema/bundled/Schema.ts` }))
    for (const name of ["Duration", "Equal", "Formatter", "Hash", "Inspectable", "Pipeable"]) {
      builder.onResolve({ filter: new RegExp(`(^effect|^\\.{1,2})/${name}(\\.js)?$`) }, ({ importer }) =>
        importer.includes("/src/schema/") ? undefined : { path: `${here}src/schema/bundled/${name}.ts` }
      )
    }
    builder.onResolve({ filter: /\/codec\.ts$/ }, ({ path, importer }) =>
      importer.includes("/bundled/") ? undefined : { path: `${here}src/schema/bundled/${path.split("/").pop()}` }
    )
  }
}

/** The webhook adapters stand on the public `./webhooks` entry. */
const shared = ["webhooks/handling", "webhooks/frameworks"].map((room) =>
  standing({ room, on: "webhooks.ts", file: "../webhooks.js" })
)

/**
 * Small modules that `./tools` needs too: a file of their own, so that a program with both entries has them once. They
 * import nothing but each other.
 */
const common: Plugin = {
  name: "modules in common with tools",
  setup(builder) {
    const filter = /\/(callbacks|jsonIssues|lines|outcome|unknownNames|within)\.ts$/
    builder.onResolve({ filter }, ({ path, importer }) => {
      const inside = /\/runtime-sdk\/src\/(webhooks\/(?:handling|frameworks)\/)/.exec(importer)?.[1]
      if (inside === undefined) return undefined
      const module = new URL(path, `file:///src/${inside}`).pathname.replace(/^\/src\//, "../").replace(/ts$/, "js")
      return { path: module.replace("../webhooks/", "./"), external: true }
    })
  }
}

/** Entries of a package, and what is left out of their files. */
interface Bundle {
  /** The package's folder. */
  readonly root: string
  readonly entries: ReadonlyArray<string>
  readonly outdir: string
  readonly external?: ReadonlyArray<string>
  /** Files that take the place of packages. */
  readonly alias?: Readonly<Record<string, string>>
}

/** Writes `<entry>.js` for each entry of a package's `src`, and gives esbuild's account of what went in. */
export const bundleEntries = async ({ root, entries, outdir, external = [], alias = {} }: Bundle) => {
  const built = await build({
    entryPoints: entries.map((name) => `${root}src/${name}.ts`),
    outbase: `${root}src`,
    outdir,
    bundle: true,
    minifySyntax: true,
    format: "esm",
    platform: "node",
    target: "node22",
    legalComments: "none",
    write: false,
    logLevel: "warning",
    external: [...external],
    alias: { ...alias },
    metafile: true,
    plugins: [lite, common, ...shared]
  })
  writeMinified(built)
  return built.metafile
}

/** Writes entries of this package. */
export const bundle = (entries: ReadonlyArray<string>, outdir: string) =>
  bundleEntries({ root: here, entries, outdir, external: ["@nestjs/core"] })
