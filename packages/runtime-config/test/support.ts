/** Folders of configuration and real local runtimes. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { type LocalRuntimeHandle, type LocalRuntimeOptions, startLocalRuntime } from "@aywa-ai/runtime-local"
import { onTestFinished } from "vitest"
import { type Config, initConfig, isRuntimeConfigError, readConfig, type RuntimeConfigReason } from "../src/index.ts"

/** Files by their path below the configuration's folder. */
export type Files = Readonly<Record<string, string>>

/** A configuration folder in a project folder of its own. */
export const makeFolder = (files: Files = {}, parent = mkdtempSync(join(tmpdir(), "aywa-config-"))): string => {
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, "aywa")
  initConfig(folder, { environment: "test" })
  write(folder, files)
  return folder
}

export const write = (folder: string, files: Files): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

export const read = (folder: string, name: string): string => readFileSync(join(folder, name), "utf8")

/** Every file of a folder, but for the state and what lies outside of version control. */
export const snapshot = (folder: string, skip: RegExp = /^(state|\.schema)\//): Files =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(folder, name)).isFile() && !skip.test(name))
      .toSorted()
      .map((name) => [name, read(folder, name)])
  )

/** A runtime, and clients of it. */
export const start = async (options: LocalRuntimeOptions = {}) => {
  const runtime = await startLocalRuntime(options)
  onTestFinished(() => runtime.close())
  return { runtime, aywa: clientOf(runtime) }
}

export const clientOf = (runtime: LocalRuntimeHandle, retries = 0, timeout = 60_000): AywaRuntimeClient =>
  new AywaRuntimeClient({
    baseUrl: runtime.baseUrl,
    apiKey: runtime.apiKey,
    organizationId: runtime.organizationId,
    retries,
    timeout
  })

/** Reads a folder anew, as a command does. */
export const open = (folder: string, missing: "problem" | "keep" = "problem"): Config =>
  readConfig(folder, { variables: { SECRET: "canary-secret", URL: "http://127.0.0.1:9/from-env" }, missing })

/** The reason of a refusal. */
export const reasonOf = async (run: Promise<unknown> | (() => unknown)): Promise<RuntimeConfigReason> => {
  try {
    await (typeof run === "function" ? run() : run)
  } catch (error) {
    if (isRuntimeConfigError(error)) return error.reason
    throw error
  }
  throw new Error("it was not refused")
}

export const problemsOf = (reason: RuntimeConfigReason) => ("problems" in reason ? reason.problems : [])

export const desk = `---
# Who answers the telephone.
name: Desk
firstMessage: "Hello, this is the desk." # said first
model:
  provider: openai
  model: gpt-4o
  toolIds: [lookup-order]
voice: { provider: 11labs, voiceId: paula }
---

# You are the desk

Ask for the order.
Be brief.
`

export const lookupOrder = `# Asks our backend.
type: function
function:
  name: lookup_order
  description: |
    Looks an order up.
    Needs its number.
  parameters:
    type: object
    properties:
      order: { type: string }
    required: [order]
server:
  url: http://127.0.0.1:9/tools
`

/** The one item of a list. */
export const only = <A>(items: ReadonlyArray<A>): A => {
  const [item, second] = items
  if (item === undefined || second !== undefined) throw new Error(`expected one, got ${items.length}`)
  return item
}

/** How many cases a property gets: a few by default, many where CI asks for them. */
export const cases = (few: number): number => Number(process.env["AYWA_CONFIG_CASES"] ?? few)
