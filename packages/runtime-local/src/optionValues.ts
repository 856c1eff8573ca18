/**
 * The values of options: closed as their names are. A wrong one is a mistake in the program, so these throw.
 */
import { type Names, unknownName, wrongChoice } from "@aywa-ai/runtime-sdk/internal/contract"
import { signAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
import type { CallPace } from "./calls/steps/step.ts"
import type { ModelOptions } from "./chats/model.ts"
import type { ApiKeyOptions } from "./http/auth.ts"
import type { RequestLimits } from "./http/body.ts"
import type { RateLimitOptions } from "./http/rateLimit.ts"
import { isObject } from "./json/object.ts"
import type { LocalRuntimeOptions } from "./options.ts"
import type { Retention } from "./outbox/retention.ts"

const refuse = (what: string): never => {
  throw new TypeError(`startLocalRuntime: ${what}`)
}

/** Refuses a name that nobody reads, in the bag of this name. */
export const refuseUnknown = <Options extends object>(bag: string, options: Options, names: Names<Options>): void => {
  const unknown = unknownName(options, names)
  if (unknown !== undefined) refuse(bag === "" ? unknown.message : `${bag}.${unknown.message}`)
}

const choices: Readonly<Partial<Record<keyof LocalRuntimeOptions, ReadonlyArray<string>>>> = {
  mode: ["development", "production"],
  clock: ["system", "manual"],
  webhookOrder: ["created", "shuffled"],
  signWith: ["real", "virtual"]
}

const flags: ReadonlyArray<keyof LocalRuntimeOptions> = [
  "unsafeExpose",
  "requireIdempotencyKey",
  "strict",
  "faultHeader",
  "inspector",
  "allowPrivateNetwork"
]

/** What an option takes, in words, and whether a value is that. */
type Shape = readonly [words: string, fits: (value: unknown) => boolean]

const isText = (value: unknown): boolean => typeof value === "string" && value.trim() !== ""
const isCount = (value: unknown): boolean => typeof value === "number" && value >= 0
const text: Shape = ["takes a text that is not empty", isText]
const texts: Shape = [
  "takes a list of texts, none of them empty",
  (value) => Array.isArray(value) && value.every(isText)
]
const count: Shape = ["takes a number of 0 or more", isCount]
const bag: Shape = ["takes an object", isObject]

/** Of the options that are neither a choice nor a flag. */
const shapes: Readonly<Partial<Record<keyof LocalRuntimeOptions, Shape>>> = {
  host: text,
  apiKey: [
    "takes visible ASCII characters without a space",
    (value) => isText(value) && /^[\x21-\x7e]+$/.test(String(value))
  ],
  organization: text,
  organizations: texts,
  allowHosts: texts,
  allowTargets: texts,
  toolAllowedHosts: texts,
  publicUrl: text,
  idempotencyTtl: ["takes milliseconds, 0 or more", isCount],
  seed: ["takes a whole number", Number.isSafeInteger],
  resolve: ["takes a function", (value) => typeof value === "function"],
  webhookSecret: ["takes a signing secret, such as generateWebhookSecret() makes", isSecret],
  apiKeys: [
    "takes a list of texts or { key }",
    (value) => Array.isArray(value) && value.every((key) => isText(key) || isObject(key))
  ],
  rateLimit: bag,
  limits: bag,
  retention: bag,
  callPace: bag,
  model: bag
}

/** Checks the shapes of the values in a bag. */
const checkShapes = (bag: string, options: object, shapes: Readonly<Record<string, Shape>>): void => {
  for (const [name, [words, fits]] of Object.entries(shapes)) {
    const value: unknown = Reflect.get(options, name)
    // What a secret looks like is not shown.
    if (value !== undefined && !fits(value)) refuse(`${bag === "" ? "" : `${bag}.`}${name} ${words}.`)
  }
}

const shapesOf = (names: object, shape: Shape): Readonly<Record<string, Shape>> =>
  Object.fromEntries(Object.keys(names).map((name) => [name, shape]))

const limitNames: Names<RequestLimits> = {
  bodyBytes: true,
  importBytes: true,
  formBytes: true,
  jsonDepth: true,
  heldBytes: true,
  headersTimeout: true,
  requestTimeout: true
}

const rateNames: Names<RateLimitOptions> = {
  limit: true,
  writes: true,
  perOrganization: true,
  windowSeconds: true,
  retryAfterFormat: true
}

const retentionNames: Names<Retention> = { events: true, requests: true, age: true }
const paceNames: Names<CallPace> = { ring: true, answer: true, turn: true, end: true }
const keyNames: Names<ApiKeyOptions> = { key: true, organization: true, role: true }

/** Refuses values that nobody knows. */
export const checkValues = (options: LocalRuntimeOptions): void => {
  for (const [name, words = []] of Object.entries(choices)) choose(name, Reflect.get(options, name), words)
  for (const name of flags) {
    const value: unknown = options[name]
    if (value !== undefined && typeof value !== "boolean") refuse(`${name} takes true or false, not a ${typeof value}.`)
  }
  checkShapes("", options, shapes)
  checkAddresses(options)
  checkStore(options.store)
  checkSchedule(options.webhookSchedule)
  checkShape(options.listShape)
  checkModel(options.model)
  const { port, limits, rateLimit, callPace, retention, apiKeys = [] } = options
  if (retention !== undefined) {
    refuseUnknown("retention", retention, retentionNames)
    for (const [name, value] of Object.entries(retention)) {
      if (value !== undefined && !(value >= 1)) refuse(`retention.${name} takes a number of 1 or more.`)
    }
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    refuse("port takes a whole number from 0 to 65535.")
  }
  if (limits !== undefined) {
    refuseUnknown("limits", limits, limitNames)
    checkShapes("limits", limits, shapesOf(limitNames, count))
  }
  if (callPace !== undefined) {
    refuseUnknown("callPace", callPace, paceNames)
    checkShapes("callPace", callPace, shapesOf(paceNames, count))
  }
  if (rateLimit !== undefined) {
    refuseUnknown("rateLimit", rateLimit, rateNames)
    choose("rateLimit.retryAfterFormat", rateLimit.retryAfterFormat, ["seconds", "date"])
  }
  for (const each of apiKeys) {
    const key = typeof each === "string" ? { key: each } : each
    refuseUnknown("apiKeys", key, keyNames)
    checkShapes("apiKeys", key, { key: shapes.apiKey ?? text, organization: text })
    choose("apiKeys.role", key.role, ["full", "read"])
  }
}

const choose = (name: string, value: unknown, words: ReadonlyArray<string>): void => {
  const wrong = value === undefined ? undefined : wrongChoice(value, words)
  if (wrong !== undefined) refuse(`${name} ${wrong}`)
}

const checkAddresses = ({ allowHosts = [], publicUrl }: LocalRuntimeOptions): void => {
  for (const host of allowHosts) {
    if (!/^[\w.-]+$/.test(host)) refuse(`allowHosts takes names such as runtime.example, not ${wording(host)}.`)
  }
  if (publicUrl !== undefined && !/^https?:$/.test(URL.parse(publicUrl)?.protocol ?? "")) {
    refuse("publicUrl takes an absolute http or https address.")
  }
}

const modelNames: Names<ModelOptions> = { url: true, name: true, apiKey: true }

const checkModel = (model: LocalRuntimeOptions["model"]): void => {
  if (model === undefined) return
  refuseUnknown("model", model, modelNames)
  if (!/^https?:$/.test(URL.parse(model.url)?.protocol ?? "")) {
    refuse("model.url takes an absolute http or https address.")
  }
  if (typeof model.name !== "string" || model.name === "") refuse("model.name takes the name of the model there.")
}

const checkStore = (store: unknown): void => {
  if (store === undefined || store === "memory") return
  if (!isObject(store)) return refuse(`store takes "memory" or { file }, not ${wording(store)}.`)
  refuseUnknown("store", store, { file: true })
  const { file } = store
  if (typeof file !== "string" || file === "") refuse("store.file takes the name of a file.")
}

const checkSchedule = (schedule: unknown): void => {
  if (!Array.isArray(schedule)) return choose("webhookSchedule", schedule, ["standard", "instant"])
  if (schedule.some((seconds) => typeof seconds !== "number" || !(seconds >= 0) || seconds === Infinity)) {
    refuse("webhookSchedule takes delays in seconds, each a number of 0 or more.")
  }
}

const checkShape = (shape: unknown): void => {
  for (const one of isObject(shape) ? Object.values(shape) : [shape]) {
    if (one !== undefined && one !== 1 && one !== 2 && one !== 3 && one !== 4) {
      refuse(`listShape takes 1, 2, 3 or 4, not ${wording(one)}.`)
    }
  }
}

/** Whether the runtime could sign with a secret: it would hear that at its first delivery only. */
function isSecret(secret: unknown): boolean {
  if (typeof secret !== "string") return false
  try {
    signAywaRuntimeWebhook({ id: "evt_1", body: "{}", secret, timestamp: new Date(0) })
    return true
  } catch {
    return false
  }
}

const wording = (value: unknown): string =>
  typeof value === "string" && value.length <= 60 ? JSON.stringify(value) : `a ${typeof value}`
