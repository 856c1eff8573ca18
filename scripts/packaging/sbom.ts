/**
 * A CycloneDX bill of materials per package: what npm installs with it, by `npm sbom`, and what is inlined in its
 * bundles, by the bundler's own account.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Metafile } from "esbuild"
import { bundle as bundleCli } from "../../packages/runtime-cli/scripts/bundle.ts"
import { bundle as bundleSdk } from "../../packages/runtime-sdk/scripts/bundle.ts"
import { project } from "./project.ts"
import { root, run } from "./shell.ts"
import type { Tarballs } from "./tarballs.ts"

interface Component {
  readonly type: "library"
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly scope: "required"
  readonly licenses: ReadonlyArray<{ readonly license: { readonly id: string } }>
  readonly properties: ReadonlyArray<{ readonly name: string; readonly value: string }>
}

/** The packages whose code is in a bundle. */
const inlined = (metafile: Metafile): ReadonlyArray<Component> => {
  const folders = new Set(
    Object.keys(metafile.inputs).flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [])
  )
  return [...folders].toSorted().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(process.cwd(), folder, "package.json"), "utf8"))
    if (typeof license !== "string") throw new Error(`${name} says no licence`)
    return {
      type: "library",
      name,
      version,
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
      scope: "required",
      licenses: [{ license: { id: license } }],
      properties: [{ name: "aywa:inlined", value: "true" }]
    }
  })
}

/** Writes `sbom/<package>.cdx.json` for each package. */
export const writeSboms = async (work: string, tarballs: Tarballs): Promise<void> => {
  const folder = join(root, "sbom")
  mkdirSync(folder, { recursive: true })
  const inlinedIn: Readonly<Record<string, ReadonlyArray<Component>>> = {
    sdk: inlined(
      await bundleSdk(["index", "webhooks", "webhooks/handlers", "webhooks/legacy"], join(work, "sbom-sdk-dist"))
    ),
    local: [],
    cli: inlined(await bundleCli(join(work, "sbom-cli-dist")))
  }
  for (const [name, tarball] of Object.entries(tarballs)) {
    const dependencies = {
      ...(name === "local" ? { "@aywa-ai/runtime-sdk": `file:${tarballs.sdk}`, effect: "4.1.0" } : {}),
      [`@aywa-ai/runtime-${name}`]: `file:${tarball}`
    }
    const at = await project(work, { name: `sbom-${name}`, dependencies })
    const text = await run("npm", ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "library"], { cwd: at })
    const document = JSON.parse(text)
    document.components = [...document.components, ...(inlinedIn[name] ?? [])]
    const bare = document.components.filter((component: Partial<Component>) => !component.purl || !component.version)
    if (document.bomFormat !== "CycloneDX" || bare.length > 0) throw new Error(`The SBOM of ${name} is not whole`)
    writeFileSync(join(folder, `runtime-${name}.cdx.json`), `${JSON.stringify(document, null, 2)}\n`)
    console.log(
      `sbom/runtime-${name}.cdx.json: CycloneDX ${document.specVersion}, ${document.components.length} components`
    )
  }
}
