/** Bodies that are sent and answered, from the fixtures that the tests hold the contract to. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

const fixtures = new URL("../../packages/runtime-sdk/test/fixtures", import.meta.url).pathname

const requests: Readonly<Record<string, string>> = {
  "assistants.create": "assistant.create.typical",
  "assistants.update": "assistant.update.model",
  "tools.create": "tool.create.function",
  "phoneNumbers.create": "phone-number.create.byo",
  "phoneNumbers.update": "phone-number.update.byo",
  "calls.create": "call.create.outbound",
  "calls.createBatch": "call.create.batch-scheduled",
  "calls.createWeb": "call.create.web",
  "calls.control": "call.control.transfer",
  "credentials.create": "credential.create.byo-sip-trunk",
  "structuredOutputs.create": "structured-output.create",
  "structuredOutputs.update": "structured-output.update.clear-conditions",
  "files.update": "file.update"
}

const responses: Readonly<Record<string, string>> = {
  "assistants.get": "assistant.openai-11labs-deepgram",
  "tools.get": "tool.function",
  "phoneNumbers.get": "phone-number.byo",
  "calls.create": "call.queued",
  "calls.get": "call.ended",
  "calls.createBatch": "call.batch",
  "calls.createWeb": "call.web",
  "credentials.get": "credential.webhook-bearer",
  "structuredOutputs.get": "structured-output.ai",
  "files.get": "file.done",
  "files.upload": "file.processing"
}

const read = (folder: string, name: string): unknown =>
  JSON.parse(readFileSync(join(fixtures, folder, `${name}.json`), "utf8"))

/** An event of a type, as it is sent; undefined where no fixture has one. */
export const eventExample = (type: string): unknown => {
  try {
    return read("server-messages", type)
  } catch {
    return undefined
  }
}

/** What an operation is sent, or answers; of an event, by its type, what is sent. */
export const exampleOf = (name: string, part: "request" | "response"): unknown => {
  const fixture = (part === "request" ? requests : responses)[name]
  return fixture === undefined ? (part === "request" ? eventExample(name) : undefined) : read("contract", fixture)
}

const longest = 60

/** An example on a page, made shorter until it can be read: its objects keep their first fields, its lists their first entries. */
export const shown = (example: unknown): string => {
  for (const fields of [40, 24, 12, 8, 6]) {
    const text = JSON.stringify(shortened(example, fields), null, 2)
    if (text.split("\n").length <= longest || fields === 6) return text
  }
  return ""
}

const shortened = (value: unknown, fields: number): unknown => {
  if (Array.isArray(value)) return value.slice(0, fields > 12 ? 2 : 1).map((item) => shortened(item, fields))
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).slice(0, fields)
  return Object.fromEntries(entries.map(([key, item]) => [key, shortened(item, Math.max(2, Math.ceil(fields * 0.7)))]))
}

/** What the examples of a resource find. */
export const preambles: Readonly<Record<string, string>> = {
  tools: `import { aywa } from "./prepared.ts"
const { id } = await aywa.tools.create({ type: "endCall" })`,
  phoneNumbers: `import { assistantId, aywa, newNumber } from "./prepared.ts"
const credentialId = (await aywa.credentials.create({ provider: "byo-sip-trunk", gateways: [{ ip: "192.0.2.10" }] })).id
const { id } = await aywa.phoneNumbers.create({ provider: "byo-phone-number", number: newNumber(), credentialId })`,
  calls: `import { assistantId, aywa } from "./prepared.ts"
const { id } = await aywa.calls.create({ assistantId, customer: { number: "+14155550123" } })`,
  credentials: `import { aywa } from "./prepared.ts"
const { id } = await aywa.credentials.create({ provider: "openai", apiKey: "a-key" })`,
  webhookEndpoints: `import { aywa } from "./prepared.ts"
const { id } = await aywa.webhookEndpoints.create({ url: "https://a.example", scope: "account" })`,
  files: `import { aywa, fileId as id } from "./prepared.ts"`,
  structuredOutputs: `import { aywa, placeCall } from "./prepared.ts"
const callId = await placeCall()
const { id } = await aywa.structuredOutputs.create({ name: "Outcome", schema: { type: "object" } })`,
  imports: `import { readFileSync } from "node:fs"
import { aywa } from "./prepared.ts"
const bundle = JSON.parse(readFileSync("bundle.json", "utf8"))
const { id } = await aywa.imports.createVapi(bundle)`,
  webhookLogs: `import { aywa, webhookJob } from "./prepared.ts"
const id = await webhookJob()`,
  operations: `import { aywa } from "./prepared.ts"`
}
