/**
 * `init`: writes a webhook handler, a tool and a test into a project that is there. Shows first what it would write, and
 * never overwrites.
 */
import { existsSync, mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { writeWhole } from "../core/files.ts"
import type { Session } from "../core/session.ts"
import { readProject } from "./project.ts"
import { type Framework, type Project, templatesOf, type Written } from "./templates.ts"

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
  const added = templates.files.filter(({ path }) => !existsSync(join(folder, path)))
  const kept = templates.files.filter((template) => !added.includes(template)).map(({ path }) => path)
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
  const written = dryRun ? [] : added.map(({ path }) => path)
  const next = nextSteps(project, templates)
  const text =
    written.length === 0
      ? "Nothing was written."
      : [`Wrote ${written.length} files for ${project.framework}. Now:`, ...next.map((step) => `  ${step}`)].join("\n")
  // Whoever reads JSON has a person behind, too.
  if (out.json && written.length > 0) out.note(text)
  out.result({ framework: project.framework, written, kept, next }, () => text)
}

/** What is left to do, in order: commands, and a sentence where it is no command. */
const nextSteps = ({ missing, runs, framework, file }: Project, { mount, test }: Written): ReadonlyArray<string> => [
  ...(missing.length === 0 ? [] : [`npm install ${missing.join(" ")}`]),
  `node --test ${test}`,
  ...(mount.place === "" ? [] : [`${mount.path}: ${mount.place}`]),
  ...(runs === "node"
    ? [`Node runs it as it is: node --env-file=.env.local server${file}, with "./${mount.path}" imported by that name.`]
    : framework === "next" || framework === "nest"
      ? []
      : [
          "Run it with what compiles the project (tsconfig.json); for Node alone set rewriteRelativeImportExtensions there first."
        ])
]
