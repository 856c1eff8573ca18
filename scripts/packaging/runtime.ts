/**
 * The local runtime that every program of the matrix calls: started once, from the workspace's own build.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { root } from "./shell.ts"

/** A running runtime and the environment that leads to it. */
export const startRuntime = async () => {
  const child = spawn(process.execPath, [join(root, "packages/runtime-cli/dist/bin.js"), "local", "--quiet"], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const ready: string = await new Promise((resolve, reject) => {
    let text = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
      if (text.includes("\n")) resolve(text)
    })
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`The local runtime ended with ${code}`)))
  })
  const { baseUrl, apiKey, organizationId } = JSON.parse(ready)
  return {
    env: { AYWA_RUNTIME_BASE_URL: baseUrl, AYWA_RUNTIME_API_KEY: apiKey, AYWA_RUNTIME_ORGANIZATION_ID: organizationId },
    stop: async () => {
      child.kill("SIGTERM")
      if (child.exitCode === null) await once(child, "exit")
    }
  }
}
