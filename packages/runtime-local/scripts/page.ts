/**
 * Bundles the inspector's page: one HTML, one script, one style sheet.
 */
import { readFileSync } from "node:fs"
import { build, type Plugin } from "esbuild"
import type { PageFiles } from "../src/inspector/files.ts"

const folder = new URL("../src/inspector/page/", import.meta.url).pathname

/** Bundles it. */
export const bundlePage = async (): Promise<PageFiles> => {
  const { outputFiles } = await build({
    entryPoints: [`${folder}main.tsx`, `${folder}page.css`],
    outdir: folder,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: ["chrome120", "firefox120", "safari17"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent"
  })
  const output = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ""
  return { html: readFileSync(`${folder}index.html`, "utf8"), js: output(".js"), css: output(".css") }
}

/** `src/inspector/files.ts` with the files in it. */
export const filesModule = async (): Promise<string> =>
  `const files = ${JSON.stringify(await bundlePage())}\nexport const readFiles = async () => files\n`

/** Puts that module in place of the one that bundles, for whoever inlines this package. */
export const inspectorPage: Plugin = {
  name: "inspector-page",
  setup(builder) {
    builder.onLoad({ filter: /[\\/]runtime-local[\\/]src[\\/]inspector[\\/]files\.ts$/ }, async () => ({
      contents: await filesModule(),
      loader: "js"
    }))
  }
}
