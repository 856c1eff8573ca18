/**
 * `config init` and `config validate`: what needs no runtime.
 */
import { fromGitops, initConfig, type Problem, validateConfig } from "@aywa-ai/runtime-config"
import { exitCodes } from "../core/failure.ts"
import type { Output } from "../core/output.ts"
import type { Session } from "../core/session.ts"
import { cell } from "../core/table.ts"
import { open, type Place } from "./open.ts"

/** Makes the folder. */
export const init = async (
  input: Place & { readonly "from-gitops": string | undefined; readonly mapping: string | undefined },
  session: Session
): Promise<void> => {
  const { out, settings } = session
  const begun = initConfig(input.dir, {
    environment: input.env,
    baseUrl: settings.baseUrl,
    organizationId: settings.organization
  })
  if (input["from-gitops"] === undefined) {
    return out.result(begun, () =>
      [...begun.written.map((file) => `${out.paint("green", "+")} ${file}`), ...next(begun.written)].join("\n")
    )
  }
  const mappings = input.mapping === undefined ? undefined : await readLedger(input.mapping)
  const taken = fromGitops(input.dir, { from: input["from-gitops"], environment: input.env, mappings })
  out.result({ ...begun, ...taken }, () =>
    [
      ...taken.written.map(
        ({ from, file }) => `${out.paint("green", "+")} ${file}  ${out.paint("dim", `from ${from}`)}`
      ),
      ...taken.skipped.map((problem) => `${out.paint("yellow", "!")} ${line(problem)}`),
      `${taken.written.length} files taken over, ${taken.skipped.length} left, ${taken.linked} with their id.`
    ].join("\n")
  )
}

const readLedger = async (file: string) => {
  const { readMappings } = await import("../migrate/inputs.ts")
  return readMappings(file)
}

const next = (written: ReadonlyArray<string>) =>
  written.length === 0
    ? ["Everything is there already."]
    : ["Say where it goes in environments, then: aywa-runtime config pull"]

const line = ({ file, path, detail }: Problem) => `${file}${path === undefined ? "" : `: ${path}`}: ${cell(detail)}`

/** Checks the files. */
export const validate = async (input: Place, session: Session): Promise<number> => {
  const { out } = session
  const report = validateConfig(open(input, session, "keep"))
  const { errors, warnings } = report
  out.result(report, () =>
    [
      ...problemLines(errors, "error", out),
      ...problemLines(warnings, "warning", out),
      `${errors.length} errors, ${warnings.length} warnings.`
    ].join("\n")
  )
  return errors.length === 0 ? exitCodes.ok : exitCodes.usage
}

const problemLines = (problems: ReadonlyArray<Problem>, level: "error" | "warning", { paint }: Output) =>
  problems.map((problem) => `${paint(level === "error" ? "red" : "yellow", `${level}:`)} ${line(problem)}`)
