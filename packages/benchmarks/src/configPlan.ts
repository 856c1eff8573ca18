/**
 * A plan of 500 rows that nobody changed: reading the folder and comparing every row, over what the lists alone cost.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { initConfig, planConfig, pullConfig, readConfig } from "@aywa-ai/runtime-config"
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

const count = 500

const prompt = Array.from({ length: 60 }, (_, rule) => `- Rule ${rule}: be brief, and ask for the order.`).join("\n")

const rows = {
  assistants: Array.from({ length: count }, (_, n) => ({
    name: `Assistant ${n}`,
    firstMessage: `Hello ${n}`,
    model: { provider: "openai", model: "gpt-4.1", messages: [{ role: "system", content: prompt }] }
  }))
}

const cpuOf = async (work: () => unknown): Promise<number> => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Processor time of reading and planning, over that of the lists; the least of some rounds each. */
export const planRatio = async (): Promise<number> => {
  const runtime = await startLocalRuntime({ rows, rateLimit: { limit: 1_000_000 } })
  const aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
  const parent = mkdtempSync(join(tmpdir(), "aywa-config-plan-"))
  const folder = join(parent, "aywa")
  const resources = [aywa.tools, aywa.structuredOutputs, aywa.assistants, aywa.phoneNumbers, aywa.webhookEndpoints]
  const lists = async () => {
    for (const resource of resources) for await (const _ of resource.list({ limit: 1000 }));
  }
  const plan = async () => {
    const { counts } = await planConfig(aywa, readConfig(folder))
    if (counts.unchanged !== count) throw new Error(`not what was pulled: ${JSON.stringify(counts)}`)
  }
  try {
    initConfig(folder)
    await pullConfig(aywa, readConfig(folder))
    let [ofLists, ofPlan] = [Infinity, Infinity]
    for (let round = 0; round < 8; round++) {
      ofLists = Math.min(ofLists, await cpuOf(lists))
      ofPlan = Math.min(ofPlan, await cpuOf(plan))
    }
    return ofPlan / ofLists
  } finally {
    await aywa.close()
    await runtime.close()
    rmSync(parent, { recursive: true, force: true })
  }
}
