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

/** Reads package.json and tsconfig.json of a folder; `wanted` names the framework in place of what is found. */
export const readProject = (folder: string, wanted: Framework | undefined): Project => {
  const manifest = dependenciesOf(folder)
  const found = Object.entries(packages).find(([name]) => manifest.has(name))?.[1]
  const framework = wanted ?? found
  if (framework === undefined) {
    throw usage("package.json names no framework that is known.", `Give --framework: ${frameworks.join(", ")}.`)
  }
  return { framework, source: existsSync(join(folder, "src")) ? "src" : "", extension: extensionOf(folder, framework) }
}

const dependenciesOf = (folder: string): ReadonlySet<string> => {
  const path = join(folder, "package.json")
  if (!existsSync(path)) {
    throw usage("There is no package.json in this folder.", "Run it in the folder of a project, or npm init first.")
  }
  try {
    const { dependencies, devDependencies } = JSON.parse(decodeText(readFileSync(path)) ?? "")
    return new Set([...Object.keys(dependencies ?? {}), ...Object.keys(devDependencies ?? {})])
  } catch {
    throw usage("package.json is not JSON.")
  }
}

/** How the project's TypeScript wants files to be named in imports. Comments make a tsconfig no JSON, so it is searched. */
const extensionOf = (folder: string, framework: Framework): string => {
  const path = join(folder, "tsconfig.json")
  const config = existsSync(path) ? (decodeText(readFileSync(path)) ?? "") : ""
  if (/"(allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(config)) return ".ts"
  if (framework === "next" || framework === "nest") return ""
  return /"module"\s*:\s*"node(16|18|20|next)"/i.test(config) ? ".js" : ""
}
