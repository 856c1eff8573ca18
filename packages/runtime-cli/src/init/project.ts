/**
 * Looks at the project that `init` is run in.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { usage } from "../core/failure.ts"
import { decodeText } from "../core/text.ts"
import { type Framework, frameworks, type Project } from "./templates.ts"

/** The package whose presence says which framework it is; the first that is there. */
const packages: Readonly<Record<string, Framework>> = {
  next: "next",
  "@nestjs/core": "nest",
  hono: "hono",
  express: "express",
  "@types/aws-lambda": "lambda"
}

/** What the files of each framework import, beside what it brings itself. */
const needed: Readonly<Record<Framework, ReadonlyArray<string>>> = {
  next: ["next"],
  nest: ["@nestjs/core", "@nestjs/common", "@nestjs/platform-express", "reflect-metadata", "rxjs", "typescript"],
  hono: ["hono"],
  express: ["express"],
  lambda: []
}

/** Reads package.json and tsconfig.json of a folder; `wanted` names the framework in place of what is found. */
export const readProject = (folder: string, wanted: Framework | undefined): Project => {
  const manifest = readManifest(folder)
  const found = Object.entries(packages).find(([name]) => manifest.dependencies.has(name))?.[1]
  const framework = wanted ?? found
  if (framework === undefined) {
    throw usage("package.json names no framework that is known.", `Give --framework: ${frameworks.join(", ")}.`)
  }
  return {
    framework,
    source: existsSync(join(folder, "src")) ? "src" : "",
    missing: ["@aywa-ai/runtime-sdk", ...needed[framework]].filter((name) => !manifest.dependencies.has(name)),
    ...modulesOf(framework, manifest.isModule, compilerOptionsOf(folder))
  }
}

interface Manifest {
  readonly dependencies: ReadonlySet<string>
  /** Whether `.js` and `.ts` are modules here. */
  readonly isModule: boolean
}

const readManifest = (folder: string): Manifest => {
  const path = join(folder, "package.json")
  if (!existsSync(path)) {
    throw usage("There is no package.json in this folder.", "Run it in the folder of a project, or npm init first.")
  }
  try {
    const { dependencies, devDependencies, type } = JSON.parse(decodeText(readFileSync(path)) ?? "")
    return {
      dependencies: new Set([...Object.keys(dependencies ?? {}), ...Object.keys(devDependencies ?? {})]),
      isModule: type === "module"
    }
  } catch {
    throw usage("package.json is not JSON.")
  }
}

/** The text of a tsconfig without its comments, `undefined` where there is none. Trailing commas make it no JSON all the same. */
const compilerOptionsOf = (folder: string): string | undefined => {
  const path = join(folder, "tsconfig.json")
  if (!existsSync(path)) return undefined
  return (decodeText(readFileSync(path)) ?? "").replace(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[\s\S]*?\*\//g, "$1")
}

/**
 * Who makes JavaScript of the project's TypeScript, and how its files and imports are named for that. Node itself takes
 * whole names only, and `.ts` for a module only where package.json says so.
 */
const modulesOf = (
  framework: Framework,
  isModule: boolean,
  config: string | undefined
): Pick<Project, "file" | "extension" | "runs"> => {
  const takesTs =
    config !== undefined && /"(allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(config)
  const isNodes = config !== undefined && /"module"\s*:\s*"node(16|18|20|next)"/i.test(config)
  if (framework === "next" || framework === "nest") {
    const extension = takesTs ? ".ts" : framework === "nest" && isNodes && isModule ? ".js" : ""
    return { file: ".ts", extension, runs: "compiler" }
  }
  if (config === undefined || takesTs) {
    const file = isModule ? ".ts" : ".mts"
    return { file, extension: file, runs: "node" }
  }
  return { file: ".ts", extension: isNodes ? ".js" : "", runs: "compiler" }
}
