/**
 * The inbox on pg-boss: deliveries are jobs of its queue, under their ids.
 *
 * @since 0.2.0
 */
import { type Delivery, InboxError } from "../model.ts"
import { wellFormed } from "../text.ts"
import {
  concurrencyOf,
  drained,
  type EngineHandler,
  type EngineInbox,
  engineOptionNames,
  type EngineOptions,
  engineSettings,
  type EngineSettings,
  jobDataOf,
  jobIdOf,
  stored,
  wholeOf
} from "./engine.ts"

/**
 * A job as a worker gets it.
 *
 * @since 0.2.0
 * @category models
 */
export interface PgBossJob {
  readonly id: string
  readonly data: Delivery
  readonly retryCount: number
  readonly signal: AbortSignal
}

/**
 * As much of pg-boss (12) as is used.
 *
 * @since 0.2.0
 * @category models
 */
export interface PgBossLike {
  start(): Promise<unknown>
  createQueue(name: string, options: object): Promise<unknown>
  updateQueue(name: string, options: object): Promise<unknown>
  getQueue(name: string): Promise<{ readonly policy?: string | undefined } | null>
  send(name: string, data: object, options: object): Promise<string | null>
  work(name: string, options: object, handler: (jobs: Array<PgBossJob>) => Promise<unknown>): Promise<string>
  notifyWorker(workerId: string): void
  offWork(name: string, options?: object): Promise<unknown>
  on(event: "error", listener: (error: Error) => void): unknown
}

/**
 * Options of `pgBossInbox`.
 *
 * @since 0.2.0
 * @category models
 */
export interface PgBossInboxOptions extends EngineOptions {
  /**
   * Yours: `new PgBoss({ connectionString, monitorIntervalSeconds: 1 })`. The inbox starts it, and you stop it. With
   * `useListenNotify: true` deliveries are picked up at once, without it within half a second.
   */
  readonly boss: PgBossLike
  /**
   * Seconds without a sign of life after which a worker's delivery is given to another one; 10 at least. Default 10. How
   * soon that is seen is `monitorIntervalSeconds` of the `boss`, which is 60 by default.
   */
  readonly heartbeatSeconds?: number | undefined
}

/** Attempts are counted here: pg-boss gives a job up for good, and holds its line for ever, after so many. */
const retryLimit = 10_000

/** How long pg-boss keeps what is parked: until somebody has looked. */
const parkedSeconds = 10 * 365 * 24 * 3600

const queueOf = ({ backoffMillis, rememberSeconds }: EngineSettings, heartbeatSeconds: number) => ({
  retryLimit,
  retryDelay: Math.max(1, Math.round(backoffMillis / 1000)),
  retryBackoff: true,
  retryDelayMax: 300,
  heartbeatSeconds,
  deleteAfterSeconds: rememberSeconds,
  notify: true
})

/**
 * An inbox on pg-boss.
 *
 * **Details**
 *
 * `offer` stores a delivery as a job whose id is made from the webhook id, so that a second one is dropped while the
 * first is known (`remember`). A delivery that is given up becomes a job of the queue `<name>-parked`, with the reason
 * beside it, and frees its line. Handlers are run at least once: `Once.run` of `./inbox` makes an effect in your
 * database exactly once. Bodies stay in pg-boss's table for as long as the ids do.
 *
 * Offers and `run` start the `boss` and create the queues; while the database is away, an offer rejects and `run` waits.
 * Throws an `InboxError` of kind `options` when an option is wrong.
 *
 * @since 0.2.0
 * @category constructors
 */
export const pgBossInbox = (options: PgBossInboxOptions): EngineInbox => {
  const settings = engineSettings<PgBossInboxOptions>("pgBossInbox", options, {
    ...engineOptionNames,
    boss: true,
    heartbeatSeconds: true
  })
  const { boss, heartbeatSeconds = 10 } = options
  wholeOf("heartbeatSeconds", heartbeatSeconds, 10, "a whole number of seconds, 10 or more")
  const { name, offerMillis, onError, isOrdered, graceMillis } = settings
  const parked = `${name}-parked`
  /** Workers of this process that have nothing in hand, the longest idle first. */
  const idle = new Set<string>()
  let isWorking = false
  const closing = new AbortController()
  const ending = new AbortController()
  // Without a listener the first lost connection would end the process.
  boss.on("error", onError)

  const open = async () => {
    await boss.start()
    await boss.createQueue(parked, { retentionSeconds: parkedSeconds })
    const policy = isOrdered ? "key_strict_fifo" : "standard"
    await boss.createQueue(name, { policy })
    const queue = await boss.getQueue(name)
    if (queue?.policy !== policy) {
      throw new InboxError(
        `The queue ${name} of pg-boss has the policy ${queue?.policy}, and order: "${isOrdered ? "call" : "none"}" needs ${policy}. Give the inbox another name, or delete the queue once it is empty.`,
        undefined,
        "refusal"
      )
    }
    await boss.updateQueue(name, queueOf(settings, heartbeatSeconds))
  }
  let opening: Promise<void> | undefined
  const ready = () => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }

  const offer = async (delivery: Delivery) => {
    await ready()
    const data = jobDataOf(delivery)
    // Those that name no call share a line.
    const line = isOrdered ? { singletonKey: data.callId ?? "-" } : {}
    await boss.send(name, data, { id: jobIdOf(delivery.id), ...line })
    wake()
  }

  /** One of this process need not wait for its next look. */
  const wake = () => {
    const [worker] = idle
    if (worker !== undefined) boss.notifyWorker(worker)
  }

  /** What became of one job. */
  const handled = (handler: EngineHandler, job: PgBossJob) =>
    handle(handler, job).catch((error: unknown) => {
      // It could not be parked: the next attempt tries that again.
      onError(error)
      return { id: job.id, status: "failed" }
    })

  const handle = async (handler: EngineHandler, { id, data, retryCount, signal }: PgBossJob) => {
    const park = async (reason: string) => {
      await boss.send(parked, { ...data, attempts: retryCount, reason }, { id })
      return { id, status: "completed" }
    }
    if (retryCount >= settings.maxAttempts) return park("Its last attempt did not come to an end")
    try {
      await handler(data, { attempt: retryCount + 1, signal: AbortSignal.any([signal, ending.signal]) })
      return { id, status: "completed" }
    } catch (error) {
      const reason = wellFormed(String(error instanceof Error ? error.stack : error).slice(0, 4000))
      if (retryCount + 1 >= settings.maxAttempts) return park(reason)
      return { id, status: "failed", output: { reason } }
    }
  }

  /** A worker with one delivery in hand: one that takes several at once waits for the slowest before it takes more. */
  const work = async (handler: EngineHandler) => {
    let worker = ""
    worker = await boss.work(
      name,
      {
        batchSize: 1,
        pollingIntervalSeconds: 0.5,
        // Nobody is notified of what comes back after a failure, or of what another one leaves behind.
        notifyPollingIntervalSeconds: 1,
        burstWhenBatchFull: true,
        perJobResults: true
      },
      async (jobs) => {
        idle.delete(worker)
        // There may be more.
        wake()
        try {
          return await Promise.all(jobs.map((job) => handled(handler, job)))
        } finally {
          if (!closing.signal.aborted) idle.add(worker)
        }
      }
    )
    idle.add(worker)
  }

  const run: EngineInbox["run"] = async (handler, options = {}) => {
    const concurrency = concurrencyOf(handler, options)
    while (!closing.signal.aborted) {
      try {
        await ready()
        break
      } catch (error) {
        if (error instanceof InboxError) throw error
        onError(error)
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
    }
    if (closing.signal.aborted) return
    isWorking = true
    await Promise.all(Array.from({ length: concurrency }, () => work(handler)))
  }

  const close = async () => {
    closing.abort()
    idle.clear()
    if (isWorking) await drained(boss.offWork(name, { wait: true }), graceMillis, ending)
  }
  return { offer: (delivery) => stored(offer(delivery), offerMillis), run, close, [Symbol.asyncDispose]: close }
}
