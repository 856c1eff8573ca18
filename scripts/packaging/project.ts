/**
 * Empty projects outside of the workspace, with nothing in them but what they ask for.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { run } from "./shell.ts"

/** What a project is made of. */
export interface ProjectOptions {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

/** Makes a project and installs it with npm, as a stranger would. */
export const project = async (work: string, { name, dependencies, files = {} }: ProjectOptions): Promise<string> => {
  const folder = join(work, name)
  mkdirSync(folder)
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name, version: "1.0.0", private: true, type: "module", dependencies })
  )
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"], { cwd: folder })
  return folder
}

/** A tsconfig for one kind of module resolution, as strict as it goes. */
export const tsconfig = (resolution: "nodenext" | "bundler", options: { readonly skipLibCheck: boolean }): string =>
  JSON.stringify({
    compilerOptions: {
      target: "ES2024",
      lib: ["ES2024", "DOM", "ESNext.Disposable"],
      module: resolution === "nodenext" ? "NodeNext" : "Preserve",
      moduleResolution: resolution === "nodenext" ? "NodeNext" : "Bundler",
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: options.skipLibCheck,
      noEmit: true,
      types: ["node"],
      allowImportingTsExtensions: true
    },
    include: ["*.ts", "*.cts"]
  })

/** The binary of a Node version, as an alias of its platform's package: no install script is needed. */
export const nodePackage = (major: number): string =>
  `npm:node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}@${major}`

/** Where that binary is. */
export const nodeBinary = (folder: string, major: number): string => join(folder, `node_modules/node${major}/bin/node`)
