/**
 * The values of options: closed as their names are. A wrong one is a mistake in the program, so these throw.
 */
import { type Names, unknownName, wrongChoice } from "@aywa-ai/runtime-sdk/internal/contract"
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
  if (limits !== undefined) refuseUnknown("limits", limits, limitNames)
  if (callPace !== undefined) refuseUnknown("callPace", callPace, paceNames)
  if (rateLimit !== undefined) {
    refuseUnknown("rateLimit", rateLimit, rateNames)
    choose("rateLimit.retryAfterFormat", rateLimit.retryAfterFormat, ["seconds", "date"])
  }
  for (const key of apiKeys) {
    if (typeof key === "string") continue
    refuseUnknown("apiKeys", key, keyNames)
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

const wording = (value: unknown): string =>
  typeof value === "string" && value.length <= 60 ? JSON.stringify(value) : `a ${typeof value}`
