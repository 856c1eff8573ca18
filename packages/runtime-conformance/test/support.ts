/** A local runtime with rows to look at, whole or broken, and a run against it. */
import { setTimeout as sleep } from "node:timers/promises"
import { type LocalRuntimeHandle, type LocalRuntimeOptions, startLocalRuntime } from "@aywa-ai/runtime-local"
import { onTestFinished } from "vitest"
import { type ConformanceOptions, type Report, runConformance } from "../src/index.ts"
import type { Mutant } from "./mutants.ts"
import { type Changes, freePort, openProxy } from "./proxy.ts"

export const otherKey = "aywa_local_other_key_of_another_one"

/** What is done when a test is over. Tests that run beside others have one of their own. */
type AtEnd = (run: () => Promise<void>) => void

/** A runtime that has lists of each shape, another organization, and three assistants and a call that are nobody's of ours. */
export const startRuntime = async (
  options: LocalRuntimeOptions = {},
  atEnd: AtEnd = onTestFinished
): Promise<LocalRuntimeHandle> => {
  const runtime = await startLocalRuntime({
    organization: "org-one",
    organizations: ["org-two"],
    apiKeys: [{ key: otherKey, organization: "org-two" }],
    listShape: { tools: 4, credentials: 3 },
    webhookSchedule: [1, 1, 1, 1, 1],
    ...options
  })
  atEnd(() => runtime.close())
  let last = ""
  for (const name of ["One", "Two", "Three"]) {
    // Each of an instant of its own, for what filters by time.
    while (new Date().toISOString() === last) await sleep(1)
    const row: unknown = await (await post(runtime, "/assistant", { name })).json()
    last = String(Object(row).createdAt)
  }
  await post(runtime, "/call/web", { assistant: { name: "Inline" } })
  return runtime
}

export const post = async (runtime: LocalRuntimeHandle, path: string, body: unknown): Promise<Response> =>
  fetch(runtime.baseUrl + path, {
    method: "POST",
    headers: { authorization: `Bearer ${runtime.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body)
  })

/** Everything that a run may do. */
export const whole = (runtime: LocalRuntimeHandle): ConformanceOptions => ({
  baseUrl: runtime.baseUrl,
  apiKey: runtime.apiKey,
  organizationId: runtime.organizationId,
  write: true,
  calls: true,
  to: "+14155550123",
  webhookUrl: "http://127.0.0.1",
  webhookPort: 0,
  webhookSecret: runtime.webhookSecret,
  webhookWait: 20_000,
  otherApiKey: otherKey,
  requestsPerSecond: 5000
})

/** Runs against a runtime that a mutant breaks. */
export const runOn = async (
  mutant: Mutant,
  options: Partial<ConformanceOptions>,
  atEnd: AtEnd = onTestFinished
): Promise<Report> => {
  const runtime = await startRuntime(mutant.options, atEnd)
  for (const rule of mutant.rules ?? []) runtime.faults.add(rule)
  const behind = async (target: string, changes: Changes | undefined): Promise<string> => {
    if (changes === undefined) return target
    const { url, close } = await openProxy(target, changes)
    atEnd(close)
    return url
  }
  const port = await freePort()
  const receiver = `http://127.0.0.1:${port}`
  const ways = {
    baseUrl: await behind(runtime.baseUrl, mutant.proxy?.({ apiKey: runtime.apiKey, otherKey })),
    webhookUrl: await behind(receiver, mutant.relay?.(receiver)),
    webhookPort: port
  }
  return runConformance({ ...whole(runtime), ...ways, ...options })
}

/** What a run left in a runtime, beside what was there. */
export const leftIn = (runtime: LocalRuntimeHandle): ReadonlyArray<string> =>
  [
    "assistants",
    "tools",
    "calls",
    "credentials",
    "phoneNumbers",
    "webhookEndpoints",
    "structuredOutputs",
    "files"
  ].flatMap((resource) =>
    runtime
      .rows(resource)
      .filter((row) => JSON.stringify(row).includes("aywa-conformance"))
      .map(({ id }) => `${resource} ${id}`)
  )
