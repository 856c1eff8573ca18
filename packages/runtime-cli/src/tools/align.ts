/**
 * Loads a toolkit from a module, compares it with the runtime, and writes the differences if asked to.
 */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { once } from "node:events"
import { alignTools, applyTools, type Toolkit, Tools } from "@aywa-ai/runtime-sdk/tools"
import { CliFailure, exitCodes, messageOf, usage } from "../core/failure.ts"
import type { Session } from "../core/session.ts"
import { paintDiff } from "./diff.ts"

/** What `tools align` takes. */
export interface AlignInput {
  readonly toolkit: string
  readonly export: string | undefined
  readonly serverUrl: string
  readonly timeoutSeconds: number | undefined
  readonly apply: boolean
  readonly removeExtra: boolean
}

/** Compares, and applies if asked to. Exit code 1 while there are differences. */
export const alignToolkit = async (input: AlignInput, session: Session): Promise<number> => {
  const { out, signal } = session
  const toolkit = await load(input)
  const { serverUrl, timeoutSeconds } = input
  const client = await session.client()
  const alignment = await untilStopped(alignTools(client, toolkit, { serverUrl, timeoutSeconds }), signal)
  if (!input.apply || alignment.aligned) {
    out.result(alignment, () => paintDiff(Tools.format(alignment), out.paint))
    return alignment.aligned ? exitCodes.ok : exitCodes.differences
  }
  out.note(Tools.format(alignment))
  await session.confirm("Write this to the runtime?")
  const { removeExtra } = input
  const applied = await untilStopped(applyTools(client, toolkit, { serverUrl, timeoutSeconds, removeExtra }), signal)
  out.result(applied, () =>
    [
      `created ${applied.created.length}, updated ${applied.updated.length}, removed ${applied.removed.length}`,
      paintDiff(Tools.format(applied.alignment), out.paint)
    ].join("\n")
  )
  return applied.alignment.aligned ? exitCodes.ok : exitCodes.differences
}

/** What is under way is not waited for, and can be done again. */
const untilStopped = <A>(work: Promise<A>, signal: AbortSignal): Promise<A> =>
  Promise.race([
    work,
    once(signal, "abort").then((): never => {
      throw signal.reason
    })
  ])

type AnyToolkit = Toolkit.AnyToolkit

const load = async ({ toolkit, export: name }: AlignInput): Promise<AnyToolkit> => {
  const file = resolve(toolkit)
  if (!existsSync(file))
    throw usage(`There is no module ${toolkit}.`, "Check the path; it is read from the folder that you are in.")
  let module: Readonly<Record<string, unknown>>
  try {
    module = await import(pathToFileURL(file).href)
  } catch (error) {
    throw new CliFailure({
      code: "toolkit",
      message: `${toolkit} cannot be loaded: ${messageOf(error)}`,
      hint: "It is run by Node as it is: TypeScript must be erasable, and imports need their extension.",
      cause: error
    })
  }
  const found = pick(module, name)
  if (found !== undefined) return found
  throw usage(
    `${toolkit} exports no toolkit${name === undefined ? "" : ` called ${name}`}.`,
    "Export what Toolkit.make gives, as default or as toolkit; or name it with --export."
  )
}

const pick = (module: Readonly<Record<string, unknown>>, name: string | undefined): AnyToolkit | undefined => {
  const candidates =
    name === undefined ? [module["default"], module["toolkit"], ...Object.values(module)] : [module[name]]
  return candidates.find(isToolkit)
}

/** By its looks: the module may have another copy of the SDK. */
const isToolkit = (value: unknown): value is AnyToolkit =>
  typeof value === "object" &&
  value !== null &&
  "tools" in value &&
  Array.isArray(value.tools) &&
  value.tools.every(
    (tool: unknown) => typeof tool === "object" && tool !== null && "definition" in tool && "execute" in tool
  )
