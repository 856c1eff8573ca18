/** A local runtime of some checkout in a process of its own, which tells its processor time when it is asked. */
import { pathToFileURL } from "node:url"
import type * as RuntimeLocal from "@aywa-ai/runtime-local"

const [root = "."] = process.argv.slice(2)
const module: unknown = await import(pathToFileURL(`${root}/packages/runtime-local/src/index.ts`).href)
// What both checkouts have.
const { startLocalRuntime } = module as typeof RuntimeLocal
const rows = { assistants: [{ id: "fixed", name: "Fixed" }] }
const runtime = await startLocalRuntime({ organization: "org_1", apiKey: "sk_1", rows, clock: "manual" })
process.on("message", () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: user + system })
})
process.on("disconnect", () => void runtime.close())
process.send?.({ baseUrl: runtime.baseUrl })
