/**
 * How resources and operations of the contract are called on the command line and in its help.
 */
import type { contract } from "@aywa-ai/runtime-sdk/contract"

/** `phoneNumbers` -> `phone-numbers`. */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `phoneNumbers` -> `phone numbers`. */
export const plural = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** `phoneNumbers` -> `phone number`. */
export const singular = (name: string): string => plural(name).replace(/s$/, "")

const texts: Readonly<Record<keyof typeof contract, string>> = {
  assistants: "The agents that answer and place calls.",
  phoneNumbers: "Numbers that you bring, and the assistants that they are bound to.",
  tools: "What assistants may do during a call.",
  calls: "Calls: placed, read, and controlled while they last.",
  credentials: "What the runtime needs to reach carriers and providers. Secrets go in and never come out.",
  webhookEndpoints: "Where the runtime sends its events.",
  files: "What knowledge bases and assistants read.",
  structuredOutputs: "What is extracted from calls, by a schema.",
  imports: "Imports of a source account, and the mapping of its ids.",
  webhookLogs: "The runtime's outbox: webhook jobs and their attempts.",
  operations: "Whether the runtime is well, and what it has done."
}

/** What a resource is, for the help. */
export const resourceTexts: Readonly<Record<string, string>> = texts

const generic: Readonly<Record<string, (one: string, many: string) => string>> = {
  list: (_, many) => `List ${many}, newest first.`,
  get: (one) => `Read one ${one}.`,
  create: (one) => `Create one ${one}. One run creates at most one.`,
  update: (one) => `Change one ${one}: keys that are given replace the whole value, null clears.`,
  delete: (one) => `Delete one ${one}. Asks first; --yes does not.`
}

const particular: Readonly<Record<string, string>> = {
  "calls.create": "Place a call, or schedule it.",
  "calls.createPhone": "Place a phone call.",
  "calls.createWeb": "Start a web call.",
  "calls.control": "Control a running call: say, add a message, transfer, mute, end.",
  "calls.timeline": "What happened in a call, in order.",
  "calls.costs": "What a call cost, by part.",
  "calls.logs": "The log lines of a call.",
  "calls.voicePipeline": "The voice pipeline of a call, with its latencies.",
  "files.upload": "Upload a file.",
  "files.content": "Write the content of a file to stdout.",
  "structuredOutputs.run": "Run a structured output over calls.",
  "imports.create": "Import a bundle of rows from another account.",
  "imports.createVapi": "Import a bundle of a vapi account.",
  "imports.mappings": "List where each row of an import went.",
  "webhookLogs.replay": "Send an event again as a new job with a new id.",
  "webhookLogs.retry": "Make the next attempt of a job now.",
  "operations.health": "Whether the runtime's process lives.",
  "operations.readiness": "Whether the runtime takes work.",
  "operations.setupRequirements": "What is still missing before the runtime can be used.",
  "operations.metrics": "Metrics as Prometheus text.",
  "operations.metricsJson": "Metrics as JSON.",
  "operations.slo": "Service level objectives and how they are met.",
  "operations.runbooks": "What to do when something goes wrong.",
  "operations.analyticsSummary": "Counts and sums over calls."
}

/** What an operation does, for the help. */
export const operationText = (resource: string, operation: string, route: string): string =>
  particular[`${resource}.${operation}`] ??
  generic[operation]?.(singular(resource), plural(resource)) ??
  `Call ${route}.`
