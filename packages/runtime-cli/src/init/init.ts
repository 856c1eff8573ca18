/**
 * `init`: writes a webhook handler, a tool and a test into a project that is there. Shows first what it would write, and
 * never overwrites.
 */
import { existsSync, mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { writeWhole } from "../core/files.ts"
import type { Session } from "../core/session.ts"
import { readProject } from "./project.ts"
import { type Framework, templatesOf } from "./templates.ts"

/** What `init` takes. */
export interface InitInput {
  readonly framework: Framework | undefined
  readonly dryRun: boolean
}

/** Shows and writes. */
export const init = async ({ framework, dryRun }: InitInput, session: Session): Promise<void> => {
  const { out } = session
  const folder = process.cwd()
  const project = readProject(folder, framework)
  const templates = templatesOf(project)
  const added = templates.filter(({ path }) => !existsSync(join(folder, path)))
  const kept = templates.filter((template) => !added.includes(template)).map(({ path }) => path)
  for (const { path, content } of added) {
    const lines = content.trimEnd().split("\n")
    out.note([out.paint("bold", `+ ${path}`), ...lines.map((line) => `  + ${line}`)].join("\n"))
  }
  for (const path of kept) out.note(`= ${path} is there, and stays as it is`)
  if (!dryRun && added.length > 0) {
    await session.confirm(`Write ${added.length} files?`)
    for (const { path, content } of added) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      await writeWhole(join(folder, path), content)
    }
  }
  const result = { framework: project.framework, written: dryRun ? [] : added.map(({ path }) => path), kept }
  out.result(result, () =>
    added.length === 0 || dryRun
      ? "Nothing was written."
      : [
          `Wrote ${added.length} files for ${project.framework}. Now:`,
          "  npm install @aywa-ai/runtime-sdk",
          `  node --test ${testOf(added)}`
        ].join("\n")
  )
}

const testOf = (files: ReadonlyArray<{ readonly path: string }>): string =>
  files.find(({ path }) => path.endsWith(".test.mjs"))?.path ?? ""
