/**
 * A CycloneDX bill of materials per package: what npm installs with it, by `npm sbom`, and what is inlined in its
 * bundles, by the bundler's own account. `npm run sbom` does this alone, after a build; the matrix does it too.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Metafile } from "esbuild"
import { bundle as bundleCli } from "../../packages/runtime-cli/scripts/bundle.ts"
import { bundle as bundleConformance } from "../../packages/runtime-conformance/scripts/bundle.ts"
import { bundle as bundleConfig } from "../../packages/runtime-config/scripts/bundle.ts"
import { bundle as bundleMigration } from "../../packages/runtime-migration/scripts/bundle.ts"
import { bundle as bundleSdk, bundledEntries } from "../../packages/runtime-sdk/scripts/bundle.ts"
import { manifestOf, published, root } from "../packages.ts"
import { packAll, project, run, work } from "./projects.ts"

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

/** What runs on Effect, and installs it beside itself; in the others it is inlined or optional. */
const onEffect: ReadonlySet<string> = new Set(["runtime-local", "runtime-mcp"])

/** Writes `dist/sbom/NAME.cdx.json` of each tarball: it goes with a release and is not kept in the repository. */
export const writeSboms = async (packages: Awaited<ReturnType<typeof packAll>>): Promise<void> => {
  mkdirSync(join(root, "dist/sbom"), { recursive: true })
  const bundled: Readonly<Record<string, ReadonlyArray<Component>>> = {
    "runtime-sdk": inlined(await bundleSdk(bundledEntries, join(work, "sbom-sdk"))),
    "runtime-config": inlined(await bundleConfig(join(work, "sbom-config"))),
    "runtime-conformance": inlined(await bundleConformance(join(work, "sbom-conformance"))),
    "runtime-migration": inlined(await bundleMigration(join(work, "sbom-migration"))),
    "runtime-cli": inlined(await bundleCli(join(work, "sbom-cli")))
  }
  for (const { name, folder: source } of published) {
    const { dependencies = {}, peerDependencies = {} } = manifestOf(source)
    const ours = Object.keys(dependencies).filter((key) => key.startsWith("@aywa-ai/"))
    const needs: Record<string, string> = {
      ...Object.fromEntries(ours.map((key) => [key, packages[key.slice("@aywa-ai/".length)] ?? ""])),
      ...(onEffect.has(name) ? { effect: peerDependencies["effect"] ?? "4" } : {})
    }
    const folder = await project(
      `sbom-${name}`,
      { ...needs, [`@aywa-ai/${name}`]: packages[name] ?? "" },
      {},
      "--package-lock=true"
    )
    const { stdout } = await run("npm", ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "library"], folder)
    const document = JSON.parse(stdout.replaceAll(work, ""))
    const installed = document.components.map((component: Component) => component.name)
    if (!onEffect.has(name) && installed.toSorted().join() !== [...ours, `@aywa-ai/${name}`].toSorted().join()) {
      throw new Error(`${name} must install nothing beside itself, not ${installed.join(", ")}`)
    }
    document.components = [...document.components, ...(bundled[name] ?? [])]
    const bare = document.components.filter((component: Partial<Component>) => !component.purl || !component.version)
    if (document.bomFormat !== "CycloneDX" || bare.length > 0) throw new Error(`The SBOM of ${name} is not whole`)
    writeFileSync(join(root, "dist/sbom", `${name}.cdx.json`), `${JSON.stringify(document, null, 2)}\n`)
    console.log(
      `    ${name}: ${document.components.map((component: Component) => `${component.name}@${component.version}`).join(", ")}`
    )
  }
}

if (import.meta.main) await writeSboms(await packAll())
