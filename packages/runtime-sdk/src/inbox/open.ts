/**
 * The inbox for code without Effect: promises, and a handler that is an async function.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { quietly } from "../config/callbacks.ts"
import { kindOf } from "../config/names.ts"
import type { Names } from "../config/unknownNames.ts"
import { isObject } from "../schema/isObject.ts"
import type { WebhookSink } from "../webhooks/sink.ts"
import { type Delivery, type Health, InboxError, type Parked, type Stats, type Subject } from "./model.ts"
import * as NodeSqlite from "./NodeSqlite.ts"
import { besideLayer, checkNames, checkRun, functionOf, optionNames, type Options } from "./options.ts"
import type { ParkedPage } from "./parking.ts"
import { Report, settled } from "./report.ts"
import { type Attempt, layerMemory, layerSql, toSink, WebhookInbox } from "./WebhookInbox.ts"

/**
 * Options of `openWebhookInbox`.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenOptions extends Options {
  /**
   * `"memory"`, a SQLite file, or any layer of the inbox (`WebhookInbox.layerSql()` over PostgreSQL, `layerRedis`). A
   * layer has its own options; those beside it here are for the first two, and refused beside a layer.
   */
  readonly store: "memory" | { readonly sqlite: string } | Layer.Layer<WebhookInbox, unknown>
  /**
   * Handles a delivery; when it rejects, the delivery is tried again, and parked at last. Without it this process only
   * takes in, and another one handles.
   */
  readonly handle?:
    | ((delivery: Delivery, attempt: Attempt & { readonly signal: AbortSignal }) => Promise<unknown> | void)
    | undefined
  /** Deliveries handled side by side in this process. Default 8. */
  readonly concurrency?: number | undefined
  /** Time that `close` leaves to the handlers that are running, before their `signal` fires. Default 5 seconds. */
  readonly grace?: Duration.Input | undefined
  /**
   * Told once when the store is down under the workers or the intake, with an error of kind `failure`, and once when it
   * is back, `recovery`: the workers go on by themselves. And of each `warning`: a server whose settings keep less than
   * the inbox promises, a delivery whose text had to be cleaned. A process warning by default.
   */
  readonly onError?: ((error: InboxError) => void) | undefined
}

/**
 * An inbox in use. It is what the webhook adapters take as `inbox`.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenInbox extends WebhookSink, AsyncDisposable {
  /** Deliveries that were given up, oldest first: the first 100, or a page as it is asked for. */
  readonly parked: (page?: number | ParkedPage) => Promise<ReadonlyArray<Parked>>
  /** Puts a parked delivery back with new attempts, behind what waits; `false` when it is not parked. */
  readonly requeue: (id: string) => Promise<boolean>
  /** Removes a parked delivery for good; `false` when it is not parked. */
  readonly discard: (id: string) => Promise<boolean>
  /**
   * Deletes what is kept of a call or a customer, be it waiting or parked, and gives how many deliveries that were.
   * Their ids stay, so that they do not come back. A handler that is running is not stopped.
   */
  readonly forget: (subject: Subject) => Promise<number>
  /** What it holds, counted now. */
  readonly stats: () => Promise<Stats>
  /** Whether the store answers within a second. Never rejects: for readiness routes. */
  readonly health: () => Promise<Health>
  /**
   * Takes nothing more, waits for what is being handled (`grace`), and closes the store. What is not done by then is
   * handed out again later; its `signal` fires. Resolves 5 seconds after the grace at the latest, whatever the store does.
   */
  readonly close: () => Promise<void>
}

/**
 * Opens an inbox and starts its workers. Rejects with an `InboxError`: of kind `options` when an option is wrong, of
 * kind `refusal` where the server would lose or double deliveries or lacks a right, of kind `failure` when it cannot be
 * reached, or says nothing for 30 seconds. After `close` everything but `health` rejects with one of kind `refusal`.
 *
 * **Example**
 *
 * ```ts
 * import { openWebhookInbox } from "@aywa-ai/runtime-sdk/inbox"
 * import { nodeWebhookHandler } from "@aywa-ai/runtime-sdk/webhooks/handlers"
 *
 * const inbox = await openWebhookInbox({
 *   store: { sqlite: "inbox.db" },
 *   handle: async ({ id, type, body }) => console.log(id, type, body.length)
 * })
 * export const listener = nodeWebhookHandler({ secret: process.env["AYWA_RUNTIME_WEBHOOK_SECRET"], inbox })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const openWebhookInbox = async (options: OpenOptions): Promise<OpenInbox> => {
  checkNames("openWebhookInbox", options, names)
  const { handle, concurrency = 8, grace = "5 seconds", onError = warn } = options
  functionOf("handle", handle)
  functionOf("onError", onError)
  const { graceMillis = 0 } = checkRun({ concurrency, grace })
  const report = Layer.succeed(Report, (error) => Effect.sync(() => quietly(() => onError(error))))
  const runtime = ManagedRuntime.make(Layer.provide(layerOf(options), report))
  const inbox = await Effect.runPromise(
    Effect.timeoutOrElse(
      settled(Effect.tryPromise({ try: () => runtime.runPromise(WebhookInbox), catch: (cause) => cause })),
      { duration: openingMillis, orElse: () => unopened(runtime) }
    )
  )
  const attempt = (delivery: Delivery, info: Attempt) =>
    Effect.tryPromise({
      try: async (signal) => handle?.(delivery, { ...info, signal }),
      catch: (cause) => cause
    })
  const workers = handle === undefined ? undefined : runtime.runFork(inbox.run(attempt, { concurrency, grace }))
  let closed: Promise<void> | undefined
  let isDone = false
  const whenOpen = async <A>(work: () => Promise<A>): Promise<A> => {
    // Until its workers have ended it still stores what comes.
    if (!isDone) return work()
    throw new InboxError(isClosed, undefined, "refusal")
  }
  const sink = toSink(inbox)
  const ending = async () => {
    if (workers !== undefined) await Effect.runPromise(Fiber.interrupt(workers))
    isDone = true
    await runtime.dispose()
  }
  const late = Effect.sync(() => {
    isDone = true
    quietly(() => onError(new InboxError(isLate, undefined, "warning")))
  })
  const close = () =>
    (closed ??= Effect.runPromise(
      Effect.raceFirst(Effect.promise(ending), Effect.andThen(Effect.sleep(graceMillis + lastWordsMillis), late))
    ))
  return {
    offer: (delivery) => whenOpen(() => sink.offer(delivery)),
    parked: (page) => whenOpen(() => runtime.runPromise(inbox.parked(page))),
    requeue: (id) => whenOpen(() => runtime.runPromise(inbox.requeue(id))),
    discard: (id) => whenOpen(() => runtime.runPromise(inbox.discard(id))),
    forget: (subject) => whenOpen(() => runtime.runPromise(inbox.forget(subject))),
    stats: () => whenOpen(() => runtime.runPromise(inbox.stats)),
    health: async () =>
      !isDone
        ? runtime.runPromise(inbox.health)
        : {
            ok: false,
            backlog: 0,
            oldestAgeMillis: 0,
            parked: 0,
            error: new InboxError(isClosed, undefined, "refusal")
          },
    close,
    [Symbol.asyncDispose]: close
  }
}

/** A client may wait for ever for a server that takes its connection and says nothing. */
const openingMillis = 30_000

const unopened = (runtime: ManagedRuntime.ManagedRuntime<WebhookInbox, unknown>): Effect.Effect<never, InboxError> =>
  Effect.suspend(() => {
    // It ends when its client does.
    runtime.dispose().catch(() => undefined)
    return Effect.fail(new InboxError("opening it", new Error(`No answer within ${openingMillis / 1000} s`)))
  })

const layerOf = (options: OpenOptions): Layer.Layer<WebhookInbox, unknown> => {
  const { store, handle: _handle, concurrency: _concurrency, grace: _grace, onError: _onError, ...rest } = options
  if (store === "memory") return layerMemory(rest)
  if (isLayer(store)) {
    besideLayer(rest)
    return store
  }
  return Layer.provide(layerSql(rest), NodeSqlite.layer(fileOf(store)))
}

const isLayer = (store: OpenOptions["store"]): store is Layer.Layer<WebhookInbox, unknown> => Layer.isLayer(store)

/** The file of a store, as a program in JavaScript or a variable that is not set may give it. */
const fileOf = (store: unknown): string => {
  const refuse = (what: string) => new InboxError(`store of an inbox ${what}`, undefined, "options")
  if (!isObject(store) || !("sqlite" in store)) {
    const given = typeof store === "string" ? JSON.stringify(store) : kindOf(store)
    throw refuse(`must be "memory", { sqlite: "inbox.db" } or a layer of the inbox, and is ${given}`)
  }
  const { sqlite } = store
  if (typeof sqlite !== "string") {
    throw refuse(`must have the name of a file in sqlite, and it is ${kindOf(sqlite)}. Is a variable unset?`)
  }
  if (sqlite.trim() === "") {
    throw refuse(
      "has an empty name in sqlite: SQLite would keep the deliveries in a temporary file and lose them at the end of the process. Is a variable unset?"
    )
  }
  return sqlite
}

/** What a store that does not answer may cost a process that wants to end. */
const lastWordsMillis = 5000

const isLate =
  "The inbox was closed while its store did not answer. What it had in hand is handed out again after lockExpiration."

const isClosed = "The inbox is closed and takes nothing more. Answer 503: the runtime sends the delivery again."

const names: Names<OpenOptions> = {
  ...optionNames,
  store: true,
  handle: true,
  concurrency: true,
  grace: true,
  onError: true
}

const warn = (error: InboxError): void => process.emitWarning(error.message, { type: "AywaRuntimeInbox" })
