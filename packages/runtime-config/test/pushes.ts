/** A process of its own that pushes a folder. */
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { pushConfig, readConfig } from "@aywa-ai/runtime-config"

const [, , folder = ""] = process.argv
const aywa = new AywaRuntimeClient({
  baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
  apiKey: process.env["AYWA_RUNTIME_API_KEY"],
  retries: 0
})
await pushConfig(aywa, readConfig(folder))
