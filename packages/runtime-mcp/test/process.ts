/** A server as a client starts it: a process with standard input and output. Options come as JSON. */
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { serveStdio } from "../src/index.ts"

const { baseUrl, apiKey, organizationId, retries = 0, ...options } = JSON.parse(process.env["AYWA_MCP_TEST"] ?? "{}")
const client = new AywaRuntimeClient({ baseUrl, apiKey, organizationId, retries })
await serveStdio({ ...options, client, note: (line) => process.stderr.write(`${line}\n`) })
