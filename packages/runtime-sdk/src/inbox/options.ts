/**
 * Options of an inbox, and the one check of them.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { known } from "../config/optionChecks.ts"
import type { Names } from "../config/unknownNames.ts"
import { type Delivery, InboxError, type Parked, type Subject } from "./model.ts"

/**
 * Options of an inbox.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Several inboxes may share a database: each has a name. Default `webhooks`. */
  readonly name?: string | undefined
  /** Attempts before a delivery is parked. Default 10. */
  readonly maxAttempts?: number | undefined
  /** Wait after the first failure; it doubles with each further one, up to five minutes. Default 1 second. */
  readonly backoff?: Duration.Input | undefined
  /**
   * `none` (default): workers take whatever is next. `call`: the deliveries of one call are handled one at a time, in
   * the order in which they were stored; see `WebhookInbox`. Never change it while deliveries wait.
   */
  readonly order?: "none" | "call" | undefined
  /**
   * With `order: "call"`: how many calls can be handled side by side, over all processes. Default 16. Refused without an
   * `order`. Never change it while deliveries wait.
   */
  readonly partitions?: number | undefined
  /** How often an idle process looks for deliveries that another one stored, where it is not told of them. Default 200 ms. */
  readonly pollInterval?: Duration.Input | undefined
  /** After this time without a sign of life, a worker's delivery is given to another one. Default 90 seconds. */
  readonly lockExpiration?: Duration.Input | undefined
  /**
   * How long the ids of handled deliveries are remembered. Default 7 days; 29 hours at least, because the runtime
   * retries for 28.
   */
  readonly remember?: Duration.Input | undefined
  /** How long an offer waits for the store before it fails, and the receiver answers 503. Default 900 ms. */
  readonly offerTimeout?: Duration.Input | undefined
}

/** The names of the options. */
export const optionNames: Names<Options> = {
  name: true,
  maxAttempts: true,
  backoff: true,
  order: true,
  partitions: true,
  pollInterval: true,
  lockExpiration: true,
  remember: true,
  offerTimeout: true
}

/** The options as they are used. */
export interface Settings {
  readonly name: string
  readonly maxAttempts: number
  readonly backoffMillis: number
  /** How many lines there are; 0 without an order. */
  readonly lines: number
  readonly pollMillis: number
  readonly lockMillis: number
  readonly rememberMillis: number
  readonly offerMillis: number
}

/** What the runtime takes to give a delivery up, and an hour. */
const leastMemory = Duration.toMillis(Duration.hours(29))

const refuse = (option: string, rule: string, value: unknown): never => {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value)
  throw new InboxError(`${option} of an inbox must be ${rule}, and is ${text}`, undefined, "options")
}

/** Checks an option that counts something: without it, NaN of a missing variable would mean that nobody works. */
export const countOf = (option: string, value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 1
    ? value
    : refuse(option, "a whole number of 1 or more", value)

const timeOf = (option: string, input: Duration.Input, least: number, rule: string): number => {
  let millis: number
  try {
    millis = Duration.toMillis(Duration.fromInputUnsafe(input))
  } catch {
    return refuse(option, rule, input)
  }
  return Number.isFinite(millis) && millis >= least ? Math.ceil(millis) : refuse(option, rule, input)
}

const anyTime = `a time of 1 millisecond or more, such as "2 seconds"`

const linesOf = (options: Options): number => {
  const { order = "none", partitions = 16 } = options
  const count = countOf("partitions", partitions)
  // Whoever counts lines means to have some.
  if (options.order === undefined && options.partitions !== undefined) {
    return refuse("partitions", 'given beside order: "call"', partitions)
  }
  if (order === "none") return 0
  return order === "call" ? count : refuse("order", `"none" or "call"`, order)
}

const nameOf = (name: unknown): string =>
  typeof name === "string" && /^[^\0]{1,200}$/s.test(name)
    ? name
    : refuse("name", "a text of 1 to 200 characters", name)

type AllOptions = Options & { readonly prefix?: string | undefined; readonly schema?: string | undefined }

/** Refuses names that nobody reads. */
export const checkNames = <Given extends object>(bag: string, options: Given, names: Names<Given>): void => {
  try {
    known(bag, options, names)
  } catch (cause) {
    throw new InboxError(cause instanceof Error ? cause.message : String(cause), cause, "options")
  }
}

/** Checks what is called later: whoever gives something else would hear of it with the first delivery. */
export const functionOf = (option: string, value: unknown): void => {
  if (value !== undefined && typeof value !== "function") refuse(option, "a function", value)
}

/** Refuses what a layer would have to be given: beside it nobody reads it. */
export const besideLayer = (options: Options): void => {
  const given = Object.entries(options).find(([name, value]) => value !== undefined && Object.hasOwn(optionNames, name))
  if (given === undefined) return
  throw new InboxError(
    `${given[0]} of an inbox goes into the layer that is its store, as in WebhookInbox.layerSql({ ${given[0]}: … }): beside a layer nobody reads it`,
    undefined,
    "options"
  )
}

export const textOf = (option: string, value: unknown): string =>
  typeof value === "string" && value !== "" ? value : refuse(option, "a text that is not empty", value)

/** What a check gives, or its refusal. */
export const asOption = <A>(check: () => A): Effect.Effect<A, InboxError> =>
  Effect.try({ try: check, catch: (cause) => cause as InboxError }) // Checks throw nothing else.

/** Checks whom to forget: an id of a missing variable would be that of every delivery without one. */
export const subjectOf = (given: Subject): Subject => {
  const subject: { readonly callId?: unknown; readonly customer?: unknown } = Object(given)
  checkNames("forget", subject, { callId: true, customer: true })
  if ("callId" in subject === "customer" in subject) return refuse("forget", "given a callId or a customer", given)
  return "callId" in subject
    ? { callId: textOf("callId", subject.callId) }
    : { customer: textOf("customer", subject.customer) }
}

/** Checks which page of what is parked is asked for. */
export const pageOf = (
  given: number | { readonly limit?: number | undefined; readonly after?: Parked | undefined }
): { readonly limit: number; readonly after: Parked | undefined } => {
  if (typeof given !== "number") checkNames("parked", given, { limit: true, after: true })
  const { limit = 100, after = undefined } = typeof given === "number" ? { limit: given } : given
  countOf("limit of parked", limit)
  const { id, parkedAt }: { readonly id?: unknown; readonly parkedAt?: unknown } = Object(after)
  if (after !== undefined && (typeof id !== "string" || !Number.isFinite(parkedAt))) {
    return refuse("after of parked", "a parked delivery, the last one of the page before", after)
  }
  return { limit, after }
}

/** Checks what is offered by a program without types. */
export const deliveryOf = (given: Delivery): Delivery => {
  const delivery: { readonly [Key in keyof Delivery]?: unknown } = Object(given)
  textOf("id of a delivery", delivery.id)
  for (const name of ["type", "body"] as const) {
    if (typeof delivery[name] !== "string") return refuse(`${name} of a delivery`, "a text", typeof delivery[name])
  }
  return given
}

/** Checks all of them. Fails with an `InboxError` of kind `options`. */
export const settingsOf = (options: AllOptions): Effect.Effect<Settings, InboxError> =>
  Effect.try({
    try: () => {
      checkNames<AllOptions>("WebhookInbox", options, { ...optionNames, prefix: true, schema: true })
      return {
        name: nameOf(options.name ?? "webhooks"),
        maxAttempts: countOf("maxAttempts", options.maxAttempts ?? 10),
        backoffMillis: timeOf("backoff", options.backoff ?? "1 second", 1, anyTime),
        lines: linesOf(options),
        pollMillis: timeOf("pollInterval", options.pollInterval ?? "200 millis", 1, anyTime),
        lockMillis: timeOf("lockExpiration", options.lockExpiration ?? "90 seconds", 100, "a time of 100 ms or more"),
        rememberMillis: timeOf(
          "remember",
          options.remember ?? "7 days",
          leastMemory,
          "29 hours or more (the runtime sends a delivery again for 28)"
        ),
        offerMillis: timeOf("offerTimeout", options.offerTimeout ?? "900 millis", 1, anyTime)
      }
    },
    catch: (error) => error as InboxError // Nothing else is thrown above.
  })

/**
 * How deliveries are handled.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions {
  /** Deliveries handled side by side in this process. Default 8; with `order: "call"` the partitions decide. */
  readonly concurrency?: number | undefined
  /**
   * What an interruption leaves to the handlers that are running: nothing new is taken, and after this time they are
   * interrupted, too. By default they are at once.
   */
  readonly grace?: Duration.Input | undefined
}

/** Checks how deliveries are handled; throws an `InboxError` of kind `options`. */
export const checkRun = (
  options: RunOptions
): { readonly concurrency: number; readonly graceMillis: number | undefined } => {
  checkNames<RunOptions>("run", options, { concurrency: true, grace: true })
  const { concurrency, grace } = options
  return {
    concurrency: countOf("concurrency", concurrency ?? 8),
    graceMillis: grace === undefined ? undefined : timeOf("grace", grace, 0, 'a time of 0 or more, such as "5 seconds"')
  }
}

/** Milliseconds without an answer after which a connection to the store is given up: it may have died without a word. */
export const patienceOf = ({ lockMillis }: Settings): number => Math.max(5000, lockMillis / 3)

/** Wait before the attempt that follows this one: doubling, up to five minutes. */
export const backoffOf = ({ backoffMillis }: Settings, attempt: number): number =>
  Math.min(backoffMillis * 2 ** Math.min(attempt - 1, 40), Math.max(backoffMillis, 300_000))
