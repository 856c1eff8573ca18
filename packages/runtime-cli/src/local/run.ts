/**
 * Runs the local runtime until it is stopped.
 */
import { readFile, rm } from "node:fs/promises"
import type { LocalRuntimeHandle, LocalRuntimeOptions } from "@aywa-ai/runtime-local"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { explain, readOptions } from "@aywa-ai/runtime-local/command-line"
import * as Redacted from "effect/Redacted"
import { CliFailure, codeOf, exitCodes, messageOf, usage } from "../core/failure.ts"
import { writeWhole } from "../core/files.ts"
import type { Session } from "../core/session.ts"
import { variables } from "../core/settings.ts"
import { controlVariable } from "../core/control.ts"
import { openInspector } from "./browser.ts"

/** Flags of `local` by name. */
export interface LocalInput {
  readonly [flag: string]: string | number | boolean | ReadonlyArray<string> | undefined
}

/** Starts it, says where it is, and stops it when asked to. */
export const runLocal = async (input: LocalInput, session: Session): Promise<void> => {
  const { out, signal } = session
  const { "write-env": envFile, open, ...flags } = input
  const options = optionsOf(flags, session)
  if (typeof envFile === "string") await refuseFileOfOthers(envFile)
  const runtime = await start(options, typeof envFile === "string" ? envFile : undefined)
  session.cleanup(() => runtime.close())
  if (typeof envFile === "string") {
    await refuseFileInUse(envFile)
    const text = envOf(runtime)
    await writeWhole(envFile, text, { mode: 0o600 })
    session.cleanup(async () => {
      // Another one that was started since may have written its own.
      if ((await contentOf(envFile)) === text) await rm(envFile)
    })
  }
  const { baseUrl, publicUrl, apiKey, organizationId, controlToken, webhookSecret, inspectorUrl } = runtime
  // One line, also on a terminal: programs wait for it.
  const { pid } = process
  out.raw(
    JSON.stringify({ baseUrl, publicUrl, apiKey, organizationId, controlToken, webhookSecret, inspectorUrl, pid })
  )
  out.note(`The local runtime is ready at ${baseUrl}. Ctrl-C stops it.`)
  if (inspectorUrl !== undefined) out.note(`What it does: ${inspectorUrl}`)
  if (open === true) await openInspector(runtime.inspectorLink(), out)
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
}

const start = async (options: LocalRuntimeOptions, envFile: string | undefined): Promise<LocalRuntimeHandle> => {
  try {
    return await startLocalRuntime(options)
  } catch (error) {
    throw new CliFailure({
      code: "local_runtime",
      message: `The local runtime does not start: ${explain(error, options)}.`,
      hint: codeOf(error) === "EADDRINUSE" ? await hintOfPort(options, envFile) : undefined,
      exitCode: exitCodes.differences,
      cause: error
    })
  }
}

/** Who holds the port, as far as it says so itself or the env file of its run does. */
const hintOfPort = async (
  { host = "127.0.0.1", port = 0 }: LocalRuntimeOptions,
  envFile: string | undefined
): Promise<string | undefined> => {
  const address = `http://${host.includes(":") ? `[${host}]` : host}:${port}`
  if (!(await isRuntimeAt(address))) return undefined
  const text = envFile === undefined ? "" : await contentOf(envFile)
  const pid = text.includes(`${variables.baseUrl}=${address}\n`) ? pidIn(text) : undefined
  const rest = "npx that was killed leaves it running."
  return pid === undefined
    ? `A local runtime answers there: stop it where it was started, or end its process (lsof -ti tcp:${port} names it); ${rest}`
    : `A local runtime of process ${pid} answers there: kill ${pid} stops it; ${rest}`
}

/** Whether a local runtime answers there. */
const isRuntimeAt = async (address: string): Promise<boolean> => {
  const signal = AbortSignal.timeout(1000)
  const directory: unknown = await fetch(address, {
    headers: { accept: "application/json" },
    redirect: "error",
    signal
  })
    .then((response) => response.json())
    .catch(() => undefined)
  return Reflect.get(Object(directory), "name") === "Aywa local runtime"
}

const pidIn = (text: string): string | undefined => /^# pid (\d+)$/m.exec(text)?.[1]

const optionsOf = (flags: LocalInput, { settings }: Session): LocalRuntimeOptions => {
  // Only what the command line says: a key of the environment belongs to another runtime.
  const { apiKey, organization } = settings
  const args = [
    ...Object.entries(flags).flatMap(([name, value]) => argumentOf(name, value)),
    ...(apiKey === undefined ? [] : [`--api-key=${Redacted.value(apiKey)}`]),
    ...(organization === undefined ? [] : [`--organization=${organization}`])
  ]
  try {
    return readOptions(args) ?? {}
  } catch (error) {
    throw usage(`${messageOf(error)}.`.replace(/\.\.$/, "."), "See aywa-runtime local --help.")
  }
}

/** Flags that are only said to switch something off. */
const onByDefault: ReadonlySet<string> = new Set(["strict", "inspector"])

const argumentOf = (name: string, value: LocalInput[string]): ReadonlyArray<string> => {
  if (typeof value === "boolean" && onByDefault.has(name)) return value ? [] : [`--no-${name}`]
  if (typeof value === "boolean") return value ? [`--${name}`] : []
  if (typeof value === "object") return value.map((one) => `--${name}=${one}`)
  return value === undefined ? [] : [`--${name}=${value}`]
}

const head = "# Written by aywa-runtime local; gone when it stops."

const contentOf = (file: string): Promise<string> => readFile(file, "utf8").catch(() => "")

/** It is overwritten, and deleted at the end: only what an earlier run left behind may be there. */
const refuseFileOfOthers = async (file: string): Promise<void> => {
  const text = await contentOf(file)
  if (text.trim() === "" || text.startsWith(head)) return
  throw usage(
    `${file} has been written by somebody else: --write-env would overwrite it, and delete it at the end.`,
    "Give a file of its own, such as .env.aywa."
  )
}

/** Programs that were started with it would lose their runtime: one that runs keeps its file. */
const refuseFileInUse = async (file: string): Promise<void> => {
  const text = await contentOf(file)
  const [, address] = new RegExp(`^${variables.baseUrl}=(\\S+)$`, "m").exec(text) ?? []
  if (!text.startsWith(head) || address === undefined || !(await isRuntimeAt(address))) return
  const pid = pidIn(text)
  throw usage(
    `${file} belongs to the local runtime that runs at ${address}${pid === undefined ? "" : ` (process ${pid})`}.`,
    "Stop that one first, or give this one a file of its own."
  )
}

const envOf = ({
  baseUrl,
  publicUrl,
  apiKey,
  organizationId,
  webhookSecret,
  controlToken
}: LocalRuntimeHandle): string =>
  [
    head,
    `# pid ${process.pid}`,
    `${variables.baseUrl}=${baseUrl}`,
    ...(publicUrl === undefined ? [] : [`AYWA_RUNTIME_PUBLIC_URL=${publicUrl}`]),
    `${variables.apiKey}=${apiKey}`,
    `${variables.organization}=${organizationId}`,
    `${variables.webhookSecret}=${webhookSecret}`,
    `${controlVariable}=${controlToken}`,
    ""
  ].join("\n")
