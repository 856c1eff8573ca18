/**
 * One line about an operation, and the search among them.
 */
import type { Entry } from "./table.ts"

const plural = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
const singular = (name: string): string => plural(name).replace(/s$/, "")

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? "an" : "a")

const generic: Readonly<Record<string, (one: string, many: string) => string>> = {
  list: (_, many) => `List ${many}, newest first`,
  get: (one) => `Read one ${one}`,
  create: (one) => `Create ${article(one)} ${one}`,
  update: (one) => `Change ${article(one)} ${one}: given keys replace the whole value, null clears`,
  delete: (one) => `Delete ${article(one)} ${one}`
}

const particular: Readonly<Record<string, string>> = {
  "calls.create": "Place a call, or schedule it",
  "calls.createBatch": "Place many calls",
  "calls.createPhone": "Place a phone call",
  "calls.createWeb": "Start a web call",
  "calls.control": "Act on a running call: say, add-message, mute, transfer, end-call",
  "calls.timeline": "What happened in a call, in order",
  "calls.costs": "What a call cost, by part",
  "calls.logs": "Log lines of a call",
  "calls.voicePipeline": "The voice pipeline of a call, with latencies",
  "files.upload": "Upload a file; body.file is its text",
  "files.content": "The content of a file",
  "structuredOutputs.run": "Run a structured output over calls",
  "imports.create": "Import rows of another account",
  "imports.createVapi": "Import a bundle of a vapi account",
  "imports.mappings": "Where each row of an import went",
  "webhookLogs.list": "List webhook jobs: deliveries, failed ones too",
  "webhookLogs.get": "One webhook job with its attempts and payload",
  "webhookLogs.replay": "Send an event again as a new job with a new id",
  "webhookLogs.retry": "Make the next attempt of a webhook job now",
  "operations.health": "Whether the runtime's process lives",
  "operations.readiness": "Whether the runtime takes work",
  "operations.setupRequirements": "What is missing before the runtime can be used",
  "operations.metrics": "Metrics as Prometheus text",
  "operations.metricsJson": "Metrics as JSON",
  "operations.slo": "Service level objectives and how they are met",
  "operations.runbooks": "What to do when something goes wrong",
  "operations.analyticsSummary": "Counts and sums over calls"
}

/** One line about an operation. */
export const summaryOf = ({ name, method, resource }: Entry): string =>
  particular[name] ?? generic[method]?.(singular(resource), plural(resource)) ?? name

const wordsOf = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 1)
    .map((word) => word.replace(/(?<=..)s$/, ""))

const other: Readonly<Record<string, ReadonlyArray<string>>> = {
  prompt: ["assistant", "update"],
  agent: ["assistant"],
  voice: ["assistant"],
  number: ["phone"],
  transcript: ["call", "get"],
  webhook: ["webhook", "endpoint"],
  log: ["log", "webhook"],
  failed: ["webhook", "log", "call"],
  edit: ["update"],
  change: ["update"],
  add: ["create"],
  new: ["create"],
  remove: ["delete"],
  show: ["get", "list"],
  cost: ["cost"],
  secret: ["credential"],
  dial: ["call", "create"]
}

const fieldsOf = ({ spec }: Entry): ReadonlyArray<string> =>
  [spec.body, spec.query].flatMap((schema) =>
    schema?.ast._tag === "Objects" ? schema.ast.propertySignatures.flatMap(({ name }) => wordsOf(String(name))) : []
  )

/** The operations that a question is nearest to, best first. */
export const searchEntries = (entries: ReadonlyArray<Entry>, query: string): ReadonlyArray<Entry> => {
  const asked = wordsOf(query).slice(0, 30)
  const scored = entries.map((entry, index) => {
    const name = new Set(wordsOf(entry.name))
    const summary = new Set(wordsOf(summaryOf(entry)))
    const fields = new Set(fieldsOf(entry))
    let score = 0
    for (const word of asked) {
      if (name.has(word)) score += 6
      if (summary.has(word)) score += 4
      if (fields.has(word)) score += 2
      if (Object.hasOwn(other, word)) score += (other[word] ?? []).filter((meant) => name.has(meant)).length * 3
    }
    return { entry, index, score }
  })
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ entry }) => entry)
}
