/**
 * What the adapters of job queues have in common: deliveries under ids that those queues take, and handlers of promises.
 */
import { createHash } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { quietly } from "../../config/callbacks.ts"
import { known } from "../../config/optionChecks.ts"
import type { Names } from "../../config/unknownNames.ts"
import type { WebhookSink } from "../../webhooks/sink.ts"
import { type Delivery, InboxError, storing } from "../model.ts"
import { wellFormed } from "../text.ts"

/**
 * Options of an inbox on a job queue.
 *
 * @since 0.2.0
 * @category models
 */
export interface EngineOptions {
  /** Name of the queue. Default `aywa-webhooks`. */
  readonly name?: string | undefined
  /** Attempts before a delivery is parked. Default 10. */
  readonly maxAttempts?: number | undefined
  /** Milliseconds after the first failure; they double with each further one. Default 1000. */
  readonly backoff?: number | undefined
  /**
   * `none` (default): workers take whatever is next. `call`: the deliveries of one call are handled one at a time, in
   * the order in which they were stored; those that name no call share one line. Never change it while deliveries wait.
   */
  readonly order?: "none" | "call" | undefined
  /** Milliseconds for which ids of handled deliveries are kept. Default 7 days; 29 hours at least. */
  readonly remember?: number | undefined
  /** Milliseconds that an offer waits for the queue before it rejects, and the receiver answers 503. Default 900. */
  readonly offerTimeout?: number | undefined
  /**
   * Milliseconds that `close` waits for handlers that are running. Then their `signal` fires, and a second later what they
   * have is left to other workers. Default 5,000.
   */
  readonly grace?: number | undefined
  /** Told of what the queue reports as errors, such as a lost connection. A process warning by default. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** The names of the options. */
export const engineOptionNames: Names<EngineOptions> = {
  name: true,
  maxAttempts: true,
  backoff: true,
  order: true,
  remember: true,
  offerTimeout: true,
  grace: true,
  onError: true
}

/**
 * What a handler is told beside the delivery.
 *
 * @since 0.2.0
 * @category models
 */
export interface EngineAttempt {
  /** 1 for the first. */
  readonly attempt: number
  /**
   * Fires when another worker has the delivery by now, or will have it because the inbox closes and its `grace` is over:
   * stop, what is to be done is done there.
   */
  readonly signal: AbortSignal
}

/**
 * Handles a delivery; when it rejects, the delivery is tried again, and parked at last.
 *
 * @since 0.2.0
 * @category models
 */
export type EngineHandler = (delivery: Delivery, attempt: EngineAttempt) => Promise<unknown> | void

/**
 * How deliveries are handled.
 *
 * @since 0.2.0
 * @category models
 */
export interface EngineRunOptions {
  /** Deliveries handled side by side in this process. Default 8. */
  readonly concurrency?: number | undefined
}

/**
 * An inbox on a job queue. It is what the webhook adapters take as `inbox`.
 *
 * @since 0.2.0
 * @category models
 */
export interface EngineInbox extends WebhookSink, AsyncDisposable {
  /**
   * Handles deliveries from now on, until the inbox is closed. Resolves when the workers are there, which takes as long
   * as the database is away.
   */
  readonly run: (handler: EngineHandler, options?: EngineRunOptions) => Promise<void>
  /** Takes nothing more, and waits for the handlers that are running, for `grace` and a second at most. */
  readonly close: () => Promise<void>
}

/** The options as they are used. */
export interface EngineSettings {
  readonly name: string
  readonly maxAttempts: number
  readonly backoffMillis: number
  readonly isOrdered: boolean
  readonly rememberSeconds: number
  readonly offerMillis: number
  readonly graceMillis: number
  readonly onError: (error: unknown) => void
}

const hour = 3_600_000

const refuse = (option: string, rule: string, value: unknown): never => {
  throw new InboxError(
    `${option} of an inbox must be ${rule}, and is ${typeof value === "string" ? JSON.stringify(value) : String(value)}`,
    undefined,
    "options"
  )
}

/** Checks a number of an option: without it, NaN of a missing variable would mean that nobody works. */
export const wholeOf = (option: string, value: number, least: number, rule: string): number =>
  Number.isSafeInteger(value) && value >= least ? value : refuse(option, rule, value)

/** Checks the options that all adapters have. Throws an `InboxError` of kind `options`. */
export const engineSettings = <Options extends EngineOptions>(
  adapter: string,
  options: Options,
  names: Names<Options>
): EngineSettings => {
  knownTo<Options>(adapter, options, names)
  const { name = "aywa-webhooks", order = "none", onError = warn } = options
  const millis = "a whole number of milliseconds, 1 or more"
  return {
    name: /^[\w-]{1,50}$/.test(name) ? name : refuse("name", "1 to 50 of a-z A-Z 0-9 _ -", name),
    maxAttempts: wholeOf("maxAttempts", options.maxAttempts ?? 10, 1, "a whole number of 1 or more"),
    backoffMillis: wholeOf("backoff", options.backoff ?? 1000, 1, millis),
    isOrdered: order === "none" ? false : order === "call" || refuse("order", `"none" or "call"`, order),
    rememberSeconds: Math.ceil(
      wholeOf(
        "remember",
        options.remember ?? 7 * 24 * hour,
        29 * hour,
        "29 hours or more in milliseconds (the runtime sends a delivery again for 28)"
      ) / 1000
    ),
    offerMillis: wholeOf("offerTimeout", options.offerTimeout ?? 900, 1, millis),
    graceMillis: wholeOf("grace", options.grace ?? 5000, 0, "a whole number of milliseconds, 0 or more"),
    onError: (error) => quietly(() => onError(error))
  }
}

const knownTo = <Options extends object>(name: string, options: Options, names: Names<Options>): void => {
  try {
    known<Options>(name, options, names)
  } catch (cause) {
    throw new InboxError(cause instanceof Error ? cause.message : String(cause), cause, "options")
  }
}

/** Checks how deliveries are to be handled. Throws an `InboxError` of kind `options`. */
export const concurrencyOf = (handler: unknown, options: EngineRunOptions): number => {
  if (typeof handler !== "function") {
    throw new InboxError("run takes a function that handles a delivery", undefined, "options")
  }
  knownTo<EngineRunOptions>("run", options, { concurrency: true })
  return wholeOf("concurrency", options.concurrency ?? 8, 1, "a whole number of 1 or more")
}

/** What a handler may still do, once its inbox has been closed and its grace is over. */
const lastWordsMillis = 1000

/** Waits for what is being handled; when the grace is over `signal` is fired, and a moment later nobody waits any more. */
export const drained = async (
  work: Promise<unknown>,
  graceMillis: number,
  signal: AbortController
): Promise<boolean> => {
  const over = new AbortController()
  const late = async () => {
    await sleep(graceMillis, undefined, { signal: over.signal })
    signal.abort(new Error("The inbox closes"))
    await sleep(lastWordsMillis, undefined, { signal: over.signal })
    return false
  }
  try {
    return await Promise.race([work.then(() => true), late()])
  } finally {
    over.abort()
  }
}

const warn = (error: unknown): void =>
  process.emitWarning(error instanceof Error ? error.message : String(error), { type: "AywaRuntimeInbox" })

/** The id of a delivery in the form that every queue takes, a UUID: equal ids are one job, whatever they look like. */
export const jobIdOf = (id: string): string => {
  const hex = createHash("sha256").update(wellFormed(id)).digest("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** A delivery as plain data that every queue takes. */
export const jobDataOf = ({ id, type, callId, body }: Delivery): Delivery => ({
  id: wellFormed(id),
  type: wellFormed(type),
  ...(callId === undefined ? {} : { callId: wellFormed(callId) }),
  body: wellFormed(body)
})

/** Ends a wait for a queue whose client would wait for its server for ever. What was sent may still be stored. */
export const stored = async (storage: Promise<unknown>, millis: number): Promise<void> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`No answer within ${millis} ms`)), millis)
  try {
    await Promise.race([storage, late.promise])
  } catch (cause) {
    throw cause instanceof InboxError ? cause : new InboxError(storing, cause)
  } finally {
    clearTimeout(timer)
  }
}
