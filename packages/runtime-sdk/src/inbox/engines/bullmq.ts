/**
 * The inbox on BullMQ: deliveries are jobs of its queues, under their ids.
 *
 * @since 0.2.0
 */
import { setTimeout as sleep } from "node:timers/promises"
import { type Delivery, InboxError } from "../model.ts"
import { partitionOf } from "../names.ts"
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

/** What a job holds: the delivery, and nothing but that it is done once it was handled. */
type JobData = Delivery | { readonly done: true }

/** A job as a worker gets it. */
interface Job {
  readonly data: JobData
  readonly attemptsMade: number
  readonly stalledCounter: number
  updateData(data: JobData): Promise<unknown>
  moveToWait(token?: string): Promise<unknown>
}

/** A queue, as much of it as is used. */
interface QueueLike {
  add(name: string, data: object, options: object): Promise<unknown>
  setGlobalConcurrency(concurrency: number): Promise<unknown>
  on(event: "error", listener: (error: Error) => void): unknown
  close(): Promise<unknown>
}

/** A worker, as much of it as is used. */
interface WorkerLike {
  on(event: "error", listener: (error: Error) => void): unknown
  on(event: "lockRenewalFailed", listener: (jobIds: ReadonlyArray<string>) => void): unknown
  cancelJob(jobId: string): unknown
  waitUntilReady(): Promise<unknown>
  /** Waits for the jobs in hand. */
  pause(): Promise<unknown>
  close(force?: boolean): Promise<unknown>
}

/**
 * As much of the module `bullmq` (6) as is used.
 *
 * @since 0.2.0
 * @category models
 */
export interface BullmqLike<Connection> {
  readonly Queue: new (name: string, options: { connection: Connection }) => QueueLike
  readonly Worker: new (
    name: string,
    processor: (job: Job, token: string | undefined, signal: AbortSignal | undefined) => Promise<unknown>,
    options: {
      connection: Connection
      concurrency: number
      lockDuration: number
      stalledInterval: number
      maxStalledCount: number
      runRetryDelay: number
    }
  ) => WorkerLike
}

/**
 * Options of `bullmqInbox`.
 *
 * @since 0.2.0
 * @category models
 */
export interface BullmqInboxOptions<Connection> extends EngineOptions {
  /** `import * as bullmq from "bullmq"`, or an object with its `Queue` and `Worker`. */
  readonly bullmq: BullmqLike<Connection>
  /**
   * What BullMQ connects with: `{ host, port }`, or a client. To options is added, unless it is there, a `socketTimeout` of
   * `lockExpiration` (15 seconds at least): a connection that died without a word is given up, and another one made. A client
   * is made with its own.
   */
  readonly connection: Connection
  /** Milliseconds without a sign of life after which a worker's delivery is given to another one. Default 30,000. */
  readonly lockExpiration?: number | undefined
  /**
   * With `order: "call"`: how many calls can be handled side by side, over all processes. Each is a queue of its own, and
   * each process has a worker for each. Default 8. Refused without an `order`. Never change it while deliveries wait.
   */
  readonly partitions?: number | undefined
}

/** BullMQ's workers ask Redis to answer within ten seconds, whether there is news or not. */
const leastSilence = 15_000

/** Options of a client, with the milliseconds after which one that waits for an answer gives its connection up. */
const attentive = <Connection>(connection: Connection, millis: number): Connection => {
  const isOptions =
    typeof connection === "object" && connection !== null && Object.getPrototypeOf(connection) === Object.prototype
  return isOptions ? { socketTimeout: millis, ...connection } : connection
}

/**
 * An inbox on BullMQ.
 *
 * **Details**
 *
 * `offer` stores a delivery as a job whose id is made from the webhook id, so that a second one is dropped while the
 * first is known (`remember`). When a delivery was handled, its body is deleted and its id stays. One that is given up
 * is among the failed jobs of its queue, until somebody retries or removes it. Handlers are run at least once, and a
 * process that was frozen runs on when it is back: `Once.run` of `./inbox` makes an effect in your database exactly once.
 *
 * With `order: "call"` each line is a queue, `<name>-0` and on, whose global concurrency is one, and a delivery that
 * fails is tried again in the worker's hand. Throws an `InboxError` of kind `options` when an option is wrong.
 *
 * @since 0.2.0
 * @category constructors
 */
export const bullmqInbox = <Connection>(options: BullmqInboxOptions<Connection>): EngineInbox => {
  const settings = engineSettings<BullmqInboxOptions<Connection>>("bullmqInbox", options, {
    ...engineOptionNames,
    bullmq: true,
    connection: true,
    lockExpiration: true,
    partitions: true
  })
  const { bullmq, lockExpiration = 30_000, partitions = 8 } = options
  wholeOf("lockExpiration", lockExpiration, 100, "a whole number of milliseconds, 100 or more")
  const connection = attentive(options.connection, Math.max(lockExpiration, leastSilence))
  wholeOf("partitions", partitions, 1, "a whole number of 1 or more")
  // Whoever counts lines means to have some.
  if (options.order === undefined && options.partitions !== undefined) {
    throw new InboxError('partitions of an inbox goes with order: "call", and there is no order', undefined, "options")
  }
  const { name, isOrdered, offerMillis, graceMillis, onError } = settings
  const names = isOrdered ? Array.from({ length: partitions }, (_, line) => `${name}-${line}`) : [name]
  const queues = names.map((queueName) => {
    const queue = new bullmq.Queue(queueName, { connection })
    queue.on("error", onError)
    return queue
  })
  const closing = new AbortController()
  const ending = new AbortController()
  const workers: Array<WorkerLike> = []
  let isClosed = false

  const line = ({ callId }: Delivery): QueueLike => {
    const queue = queues[isOrdered ? partitionOf(callId, partitions) : 0]
    if (queue === undefined || isClosed)
      throw new InboxError("The inbox is closed: it stores nothing any more", undefined)
    return queue
  }

  const offer = async (delivery: Delivery) => {
    await line(delivery).add(delivery.type, jobDataOf(delivery), {
      ...jobOptions(settings),
      jobId: jobIdOf(delivery.id)
    })
  }

  const process = async (handler: EngineHandler, job: Job, token: string | undefined, signal: AbortSignal) => {
    const { data } = job
    // Its worker died between the end of the handler and the acknowledgement.
    if ("done" in data) return
    const before = job.attemptsMade + job.stalledCounter
    if (!isOrdered) await handler(data, { attempt: before + 1, signal })
    else if (!(await insist(handler, data, before, signal))) {
      // Back to the head of its line. BullMQ knows this error by its name.
      await job.moveToWait(token)
      throw Object.assign(new Error("The inbox closes"), { name: "WaitingError" })
    }
    await job.updateData({ done: true })
  }

  /** Tries again while it holds the line; `false` when the inbox closes meanwhile. */
  const insist = async (handler: EngineHandler, delivery: Delivery, before: number, signal: AbortSignal) => {
    for (let attempt = before + 1; ; attempt++) {
      try {
        await handler(delivery, { attempt, signal })
        return true
      } catch (error) {
        if (attempt >= settings.maxAttempts || signal.aborted) throw error
        const millis = Math.min(settings.backoffMillis * 2 ** Math.min(attempt - 1, 40), 300_000)
        await sleep(millis, undefined, { signal: AbortSignal.any([signal, closing.signal]) }).catch(() => {})
        if (closing.signal.aborted) return false
      }
    }
  }

  const start = (queueName: string, handler: EngineHandler, concurrency: number): WorkerLike => {
    const worker = new bullmq.Worker(
      queueName,
      // It gives a signal to whoever names it.
      (job, token, signal) =>
        process(handler, job, token, signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal])),
      {
        connection,
        concurrency,
        lockDuration: lockExpiration,
        stalledInterval: Math.ceil(lockExpiration / 3),
        // Each is a death: as many as attempts, not one for all time.
        maxStalledCount: settings.maxAttempts,
        runRetryDelay: 1000
      }
    )
    worker.on("error", onError)
    // Another worker has these: whoever was away for so long must not go on.
    worker.on("lockRenewalFailed", (jobIds) => {
      for (const id of jobIds) worker.cancelJob(id)
    })
    return worker
  }

  const run: EngineInbox["run"] = async (handle, options = {}) => {
    const concurrency = concurrencyOf(handle, options)
    // Each line has a worker, and more lines than hands wait for one.
    const handler = isOrdered ? side(concurrency, handle) : handle
    if (isOrdered) await Promise.all(queues.map((queue) => queue.setGlobalConcurrency(1)))
    const started = names.map((queueName) => start(queueName, handler, isOrdered ? 1 : concurrency))
    workers.push(...started)
    await Promise.all(started.map((worker) => worker.waitUntilReady()))
  }

  const close = async () => {
    closing.abort()
    const leaving = workers.splice(0)
    const isDone = await drained(Promise.all(leaving.map((worker) => worker.pause())), graceMillis, ending)
    // What is still in hand is given to another worker when its lock is over.
    await Promise.all(leaving.map((worker) => worker.close(!isDone)))
    isClosed = true
    await Promise.all(queues.map((queue) => queue.close()))
  }
  return { offer: (delivery) => stored(offer(delivery), offerMillis), run, close, [Symbol.asyncDispose]: close }
}

/** Runs at most so many handlers at a time, the others in the order in which they came. */
const side = (concurrency: number, handler: EngineHandler): EngineHandler => {
  let running = 0
  const waiting: Array<() => void> = []
  return async (delivery, attempt) => {
    if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await handler(delivery, attempt)
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}

const jobOptions = ({ isOrdered, maxAttempts, backoffMillis, rememberSeconds }: EngineSettings) => ({
  // In a line a job is tried again by whoever has it, so that nothing overtakes it.
  attempts: isOrdered ? 1 : maxAttempts,
  backoff: { type: "exponential", delay: backoffMillis },
  removeOnComplete: { age: rememberSeconds },
  removeOnFail: false
})
