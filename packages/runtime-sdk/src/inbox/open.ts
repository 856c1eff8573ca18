/**
 * The inbox for code without Effect: promises, and a handler that is an async function.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schedule from "effect/Schedule"
import type { WebhookSink } from "../webhooks/sink.ts"
import { countOf } from "./counts.ts"
import { type Delivery, InboxError, type Parked } from "./model.ts"
import * as NodeSqlite from "./NodeSqlite.ts"
import { Report } from "./report.ts"
import { known } from "../config/optionChecks.ts"
import type { Names } from "../config/unknownNames.ts"
import { type Attempt, layerMemory, layerSql, optionNames, type Options, toSink, WebhookInbox } from "./WebhookInbox.ts"

/**
 * Options of `openWebhookInbox`.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenOptions extends Options {
  /**
   * `"memory"`, a SQLite file, or any layer of the inbox (`WebhookInbox.layerSql()` over PostgreSQL, `layerRedis`). A
   * layer has its own options; those beside it here are for the first two.
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
   * Told when the store fails under the workers, which begin again by themselves; and once at opening, with an error of
   * kind `warning`, when the server's settings keep less than the inbox promises. A process warning by default.
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
  /** Deliveries that were given up, oldest first; 100 unless a limit is given. */
  readonly parked: (limit?: number) => Promise<ReadonlyArray<Parked>>
  /** Puts a parked delivery back with new attempts; `false` when it is not parked. */
  readonly requeue: (id: string) => Promise<boolean>
  /** Removes a parked delivery for good; `false` when it is not parked. */
  readonly discard: (id: string) => Promise<boolean>
  /**
   * Takes nothing more, waits for what is being handled (`grace`), and closes the store. What is not done by then is
   * handed out again later; its `signal` fires.
   */
  readonly close: () => Promise<void>
}

/**
 * Opens an inbox and starts its workers. Rejects with an `InboxError` of kind `refusal` where the server's settings
 * would lose or double deliveries.
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
  const { handle, concurrency = 8, grace = "5 seconds", onError = warn } = options
  known("openWebhookInbox", options, names)
  countOf("concurrency", concurrency)
  const report = Layer.succeed(Report, (warning) => Effect.sync(() => onError(warning)))
  const runtime = ManagedRuntime.make(Layer.provide(layerOf(options), report))
  const inbox = await runtime.runPromise(WebhookInbox)
  const attempt = (delivery: Delivery, info: Attempt) =>
    Effect.tryPromise({
      try: async (signal) => handle?.(delivery, { ...info, signal }),
      catch: (cause) => cause
    })
  const work = inbox.run(attempt, { concurrency, grace }).pipe(
    Effect.tapCause((cause) =>
      Effect.sync(() => {
        if (!Cause.hasInterruptsOnly(cause)) onError(asInboxError(Cause.squash(cause)))
      })
    ),
    // A database that restarts should not end the workers for good.
    Effect.sandbox,
    Effect.retry(Schedule.spaced("1 second"))
  )
  const workers = handle === undefined ? undefined : runtime.runFork(work)
  let closed: Promise<void> | undefined
  const close = () =>
    (closed ??= Effect.runPromise(workers === undefined ? Effect.void : Fiber.interrupt(workers)).then(() =>
      runtime.dispose()
    ))
  return {
    offer: toSink(inbox).offer,
    parked: (limit) => runtime.runPromise(inbox.parked(limit)),
    requeue: (id) => runtime.runPromise(inbox.requeue(id)),
    discard: (id) => runtime.runPromise(inbox.discard(id)),
    close,
    [Symbol.asyncDispose]: close
  }
}

const layerOf = (options: OpenOptions): Layer.Layer<WebhookInbox, unknown> => {
  const { store, handle: _handle, concurrency: _concurrency, grace: _grace, onError: _onError, ...rest } = options
  if (store === "memory") return layerMemory(rest)
  return "sqlite" in store ? Layer.provide(layerSql(rest), NodeSqlite.layer(store.sqlite)) : store
}

const names: Names<OpenOptions> = {
  ...optionNames,
  store: true,
  handle: true,
  concurrency: true,
  grace: true,
  onError: true
}

const asInboxError = (error: unknown): InboxError =>
  error instanceof InboxError ? error : new InboxError("taking a delivery", error)

const warn = (error: InboxError): void => process.emitWarning(error.message, { type: "AywaRuntimeInbox" })
