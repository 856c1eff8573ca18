/**
 * What a client or an agent needs before it starts: `mcp config`, `mcp skill`.
 */
import { existsSync } from "node:fs"
import { mkdir, readFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { clientConfig, type ClientName, skillText } from "@aywa-ai/runtime-mcp"
import { usage } from "../core/failure.ts"
import { writeWhole } from "../core/files.ts"
import type { Session } from "../core/session.ts"
import type { Allowed } from "./run.ts"

/**
 * The flags as they were given. Files stay as they were named where the client's own file lies in the project, and are
 * whole paths where it lies elsewhere: nobody knows where the server is started then.
 */
const argsOf = (input: Allowed, isElsewhere: boolean, { settings }: Session): ReadonlyArray<string> => {
  const path = (file: string | undefined) => (file === undefined || !isElsewhere ? file : resolve(file))
  const values: ReadonlyArray<readonly [string, string | number | undefined]> = [
    ["allow", input.allow],
    ["tools", input.tools],
    ["resources", input.resources],
    ["db", path(input.db)],
    ["writes-per-second", input["writes-per-second"]],
    ["writes-per-session", input["writes-per-session"]],
    ["config-dir", input["config-dir"] === "aywa" ? undefined : path(input["config-dir"])],
    ["config-env", input["config-env"]],
    // Node itself looks for `--env-file`.
    ["env", path(settings.envFile)],
    ["base-url", settings.baseUrl],
    ["org", settings.organization]
  ]
  return [
    ...values.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...(["allow-calls", "local", "show-numbers"] as const).filter((name) => input[name]).map((name) => `--${name}`)
  ]
}

/** Prints what to paste. */
export const printConfig = async (
  input: Allowed & { readonly client: ClientName },
  session: Session
): Promise<void> => {
  const { file, text } = clientConfig(input.client, argsOf(input, input.client === "codex", session))
  session.out.raw(text, { file, text })
  session.out.note(`For ${file}.`)
  if (session.settings.apiKey !== undefined) {
    session.out.warn("--api-key is left out: a file of a client is no place for a key. Give --env FILE.")
  }
}

/** Writes the skill. */
export const writeSkill = async ({ dir }: { readonly dir: string }, { out }: Session): Promise<void> => {
  const folder = join(dir, "aywa-runtime")
  const file = join(folder, "SKILL.md")
  const text = skillText()
  if (existsSync(file)) {
    const before = await readFile(file, "utf8")
    if (!before.startsWith("---\nname: aywa-runtime\n")) {
      throw usage(`${file} has been written by somebody else.`, "Move it away, or give another --dir.")
    }
  }
  await mkdir(folder, { recursive: true })
  await writeWhole(file, text)
  out.result({ file }, () => `Wrote ${file}.`)
}
