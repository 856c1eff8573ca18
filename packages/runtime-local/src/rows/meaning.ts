/**
 * Whether a body means something: its shape may be right, and yet it refers to a row that is not there, or has a type
 * that nobody knows. A strict runtime refuses such a body; another one takes it with a warning.
 *
 * Which words are closed is said in docs/local-runtime.md: a type of a tool or the provider of a phone number decides what
 * the runtime does, so an unknown one is wrong; the providers of models, voices, transcribers and credentials are somebody
 * else's, and events grow in number, so an unknown one is taken, and one that is nearly a known one is a typo.
 */
import {
  findReferences,
  knownWords,
  nearestName,
  type ReferringKind,
  references
} from "@aywa-ai/runtime-sdk/internal/contract"
import { invalid } from "../http/errors.ts"
import { isObject, type JsonObject, objectAt, objectOf } from "../json/object.ts"
import type { Store } from "../store/Store.ts"

/** What bodies are held against. */
export interface MeaningContext {
  readonly store: Store
  readonly resource: string
  /** Whether a body without meaning is refused. */
  readonly strict: boolean
}

/**
 * Throws 400 for a body that means nothing; gives the header that warns of it where the runtime is not strict. What the
 * row had `before` is not held against the body.
 */
export const checkMeaning = (
  context: MeaningContext,
  organization: string,
  body: JsonObject,
  before?: JsonObject
): Readonly<Record<string, string>> => {
  const issues = meaningIssues(context, organization, body, before)
  if (issues.length === 0) return {}
  if (context.strict) throw invalid(issues)
  return {
    "aywa-warning": issues
      .join("; ")
      .replaceAll(/[^\x20-\x7e]/g, "?")
      .slice(0, longestWarning)
  }
}

/** Characters of a header. */
const longestWarning = 2000

/** Kinds of rows that this runtime has; others that the source API knows cannot be looked up. */
const stored: ReadonlySet<string> = new Set([
  "assistants",
  "credentials",
  "files",
  "phoneNumbers",
  "structuredOutputs",
  "tools"
])

/** One sentence per problem, each beginning with its path. */
const meaningIssues = (
  { store, resource }: MeaningContext,
  organization: string,
  body: JsonObject,
  before: JsonObject = {}
): ReadonlyArray<string> => [
  ...[...referencesOf(resource, body)].flatMap(({ at, to, value }) => {
    if (!stored.has(to) || exists(store, organization, to, value)) return []
    if (referencesOf(resource, before).some((one) => one.to === to && one.value === value)) return []
    return [`${at}: this organization has no ${to} row ${JSON.stringify(value)}`]
  }),
  ...newIssues(before, body, (row) => [
    ...(Object.hasOwn(wordIssues, resource) ? (wordIssues[resource]?.(row) ?? []) : []),
    ...addressIssues(row)
  ])
]

/** What a row would have that it had not before the change. */
const newIssues = (
  before: JsonObject,
  change: JsonObject,
  issuesOf: (row: JsonObject) => ReadonlyArray<string>
): ReadonlyArray<string> => {
  const issues = issuesOf({ ...before, ...change })
  if (issues.length === 0) return issues
  const old = new Set(issuesOf(before))
  return issues.filter((issue) => !old.has(issue))
}

const exists = (store: Store, organization: string, resource: string, id: string): boolean =>
  store.get("SELECT 1 FROM resource_rows WHERE resource = ? AND id = ? AND org_id = ?", resource, id, organization) !==
  undefined

interface FoundId {
  readonly at: string
  readonly to: string
  readonly value: string
}

/** References by id. A name may mean a row that comes later. */
const referencesOf = (resource: string, body: JsonObject): ReadonlyArray<FoundId> => {
  if (resource === "calls") return callReferences(body)
  if (resource === "webhookEndpoints") return endpointReferences(body)
  return isReferring(resource) ? findReferences(resource, body).filter(({ by }) => by === "id") : []
}

const isReferring = (resource: string): resource is ReferringKind => Object.hasOwn(references, resource)

const callReferences = (body: JsonObject): ReadonlyArray<FoundId> => [
  ...at("assistantId", "assistants", body["assistantId"]),
  ...at("phoneNumberId", "phoneNumbers", body["phoneNumberId"]),
  ...["assistant", "assistantOverrides"].flatMap((key) => {
    const row = body[key]
    if (!isObject(row)) return []
    return referencesOf("assistants", row).map((one) => ({ ...one, at: `${key}.${one.at}` }))
  })
]

const scopes: Readonly<Record<string, string>> = {
  assistant: "assistants",
  "phone-number": "phoneNumbers",
  tool: "tools"
}

const endpointReferences = ({ scope, targetId }: JsonObject): ReadonlyArray<FoundId> => {
  const to = typeof scope === "string" && Object.hasOwn(scopes, scope) ? scopes[scope] : undefined
  return to === undefined ? [] : at("targetId", to, targetId)
}

const at = (path: string, to: string, value: unknown): ReadonlyArray<FoundId> =>
  typeof value === "string" && value !== "" ? [{ at: path, to, value }] : []

const { toolTypes, phoneNumberProviders: numberProviders, credentialProviders, serverEvents, clientEvents } = knownWords

/** Providers of the parts of an assistant. */
const partProviders: Readonly<Record<string, ReadonlyArray<string>>> = {
  model: knownWords.modelProviders,
  voice: knownWords.voiceProviders,
  transcriber: knownWords.transcriberProviders
}

const toolIssues = (tool: unknown, path = ""): ReadonlyArray<string> => {
  if (!isObject(tool)) return []
  const { type } = tool
  if (typeof type !== "string") return []
  if (!toolTypes.includes(type))
    return [`${path}type: there is no tool of type ${JSON.stringify(type)}${hint(type, toolTypes)}`]
  return type === "function" && objectAt(tool, "function") === undefined
    ? [`${path}function: Missing: a tool of type function needs it`]
    : []
}

const assistantIssues = (body: JsonObject): ReadonlyArray<string> => [
  ...Object.entries(partProviders).flatMap(([part, known]) =>
    typoIssues(`${part}.provider`, objectAt(body, part)?.["provider"], known)
  ),
  ...listOf(body["serverMessages"]).flatMap((name, index) =>
    typoIssues(`serverMessages[${index}]`, name, serverEvents)
  ),
  ...listOf(body["clientMessages"]).flatMap((name, index) =>
    typoIssues(`clientMessages[${index}]`, name, clientEvents)
  ),
  ...listOf(objectAt(body, "model")?.["tools"]).flatMap((tool, index) => toolIssues(tool, `model.tools[${index}].`))
]

const wordIssues: Readonly<Record<string, (body: JsonObject) => ReadonlyArray<string>>> = {
  assistants: assistantIssues,
  tools: (body) => toolIssues(body),
  phoneNumbers: ({ provider }) =>
    typeof provider !== "string" || numberProviders.includes(provider)
      ? []
      : [`provider: no phone numbers come from ${JSON.stringify(provider)}${hint(provider, numberProviders)}`],
  credentials: ({ provider }) => typoIssues("provider", provider, credentialProviders),
  webhookEndpoints: ({ events }) =>
    listOf(events).flatMap((name, index) => typoIssues(`events[${index}]`, name, serverEvents)),
  calls: (body) =>
    ["assistant", "assistantOverrides"].flatMap((part) =>
      assistantIssues(objectOf(body[part])).map((issue) => `${part}.${issue}`)
    )
}

const hint = (word: string, known: ReadonlyArray<string>): string => {
  const meant = nearestName(word, known)
  return meant === undefined ? `; there are ${known.join(", ")}` : `. Did you mean ${meant}?`
}

/** A word that anybody may add to, and that is nearly one of those that are known. */
const typoIssues = (place: string, word: unknown, known: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (typeof word !== "string" || known.includes(word)) return []
  const meant = typoOf(word, known)
  return meant === undefined ? [] : [`${place}: ${JSON.stringify(word)} is nearly ${meant}`]
}

/** A slip of the fingers; a longer name that has a known one in it is a name of its own. */
const typoOf = (word: string, known: ReadonlyArray<string>): string | undefined =>
  nearestName(
    word,
    known.filter((one) => (!one.includes(word) && !word.includes(one)) || Math.abs(one.length - word.length) <= 2)
  )

const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** Addresses, wherever they stand: what they say to call must be an address that can be called. */
const addressIssues = (value: unknown, path = ""): ReadonlyArray<string> => {
  if (!mayHoldAddress(value)) return []
  if (Array.isArray(value)) return value.flatMap((item, index) => addressIssues(item, `${path}[${index}]`))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, part]) => {
    if (free.has(name)) return []
    const here = path === "" ? name : `${path}.${name}`
    const address = addressAt(value, name, part)
    if (address === undefined) return here.split(".").length < deepest ? addressIssues(part, here) : []
    // A custom transcriber is fed through a WebSocket.
    const isTranscriber = /(^|\.)transcriber$/.test(path)
    const protocols = isTranscriber ? /^(http|ws)s?:$/ : /^https?:$/
    if (address.url === "" || address.url.includes("{{") || protocols.test(URL.parse(address.url)?.protocol ?? "")) {
      return isObject(part) ? addressIssues(part, here) : []
    }
    const place = address.below === "" ? here : `${here}.${address.below}`
    return [`${place}: expected an absolute ${isTranscriber ? "http, https, ws or wss" : "http or https"} address`]
  })
}

/** Whatever the client keeps there is the client's. */
const free: ReadonlySet<string> = new Set(["metadata", "variableValues"])

/** Levels of a body in which addresses are looked for. */
const deepest = 12

/** The address that a field holds, and where in it. */
const addressAt = (parent: JsonObject, name: string, part: unknown): { url: string; below: string } | undefined => {
  if (name === "server" && isObject(part)) {
    return typeof part["url"] === "string" ? { url: part["url"], below: "url" } : undefined
  }
  const isAddress = name === "serverUrl" || (name === "url" && callers.has(parent["type"] ?? parent["provider"]))
  return isAddress && typeof part === "string" ? { url: part, below: "" } : undefined
}

/** Tools and models that call an address of their own. */
const callers: ReadonlySet<unknown> = new Set(["apiRequest", "custom-llm"])

/** Most bodies name no address at all, and are not looked through twice. */
const mayHoldAddress = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(mayHoldAddress)
  if (!isObject(value)) return false
  for (const name in value) {
    if (name === "server" || name === "serverUrl" || name === "url") return true
    const part = value[name]
    if (typeof part === "object" && mayHoldAddress(part)) return true
  }
  return false
}
