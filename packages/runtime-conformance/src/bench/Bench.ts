/**
 * What a case works with: requests that are counted, paced and kept as evidence, rows of the run's own, the SDK's client,
 * a receiver of webhooks, and what other cases have found out already.
 */
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { setTimeout as sleep } from "node:timers/promises"
import { skipped, unclear } from "../model/Case.ts"
import { type Json, rowsOf, textAt, isObject } from "../model/json.ts"
import type { Drifts } from "./drift.ts"
import { bodies, type RowPath } from "./marks.ts"
import type { Pace } from "./pace.ts"
import type { Receiver } from "./receiver.ts"
import { type Answer, answerText, type Ask, exchange, isSuccess, type Target } from "./wire.ts"

/** What a run is allowed to do, and knows beside the runtime. */
export interface Means {
  readonly write: boolean
  readonly calls: boolean
  /** A number of the caller's own that may be called. */
  readonly to: string | undefined
  /** A key of another organization. */
  readonly otherKey: string | undefined
  readonly webhookSecrets: ReadonlyArray<string>
  /** Milliseconds after which the runtime forgets keys, if that is to be waited for. */
  readonly waitTtl: number | undefined
  /** Milliseconds that are waited for a webhook. */
  readonly webhookWait: number
  readonly organizationId: string | undefined
}

/** One run, over all cases. */
export interface Run {
  readonly id: string
  readonly means: Means
  readonly target: Target
  readonly pace: Pace
  readonly signal: AbortSignal
  readonly aywa: AywaRuntimeClient
  readonly receiver: Receiver | undefined
  readonly drifts: Drifts
  /** Lists in which the run may have rows. */
  readonly touched: Set<RowPath>
  /** Creates whose answer did not come: the runtime may still be working on them. */
  readonly loose: Set<string>
  /** Every answer, for cases that look at all of them. */
  readonly seen: Array<Seen>
  readonly memory: Map<string, Promise<unknown>>
  readonly facts: Facts
  /** Answers that did not come, in a row. */
  silence: number
}

/** What cases find out beside what they are asked. */
export interface Facts {
  /** The most rows that a list of assistants gives at once, where that is fewer than it is asked for. */
  most?: number
  runtimeVersion?: string
  /** Whether webhooks have no signature at all. */
  unsigned?: boolean
}

/** A request and its answer. */
export interface Seen {
  readonly ask: Ask
  readonly answer: Answer
  /** Whether others were made at the same time. */
  readonly together: boolean
}

/** What a case may ask for beside the request itself. */
export interface Sending {
  /** No answer is a finding of the case, too. */
  readonly mayBeLost?: boolean
  /** So is a refusal of the key. */
  readonly mayBeRefused?: boolean
}

/** What one case works with. */
export interface Bench {
  readonly run: Run
  readonly means: Means
  /** One request. Where nothing answers, or the key is refused, the case ends: nothing can be said. */
  readonly send: (ask: Ask, options?: Sending) => Promise<Answer>
  /** Several at once. */
  readonly together: (asks: ReadonlyArray<Ask>, options?: Sending) => Promise<ReadonlyArray<Answer>>
  /** A body with the marks of the run. */
  readonly body: (path: RowPath, label: string, fields?: Json) => Json
  /** A new row; the case ends where there is none. */
  readonly create: (
    path: RowPath,
    label: string,
    fields?: Json,
    headers?: Readonly<Record<string, string>>
  ) => Promise<Row>
  /** What is found out once in a run. */
  readonly once: <A>(name: string, find: () => Promise<A>) => Promise<A>
  /** The first rows of a list; the case ends where it does not answer. */
  readonly rows: (path: string, query?: Ask["query"]) => Promise<ReadonlyArray<Json>>
  readonly receiver: () => Receiver
  /** A key of another organization; the case is skipped where none is given. */
  readonly otherKey: () => string
  /** A key of its own, for a create. */
  readonly key: (label: string) => string
  readonly pause: (ms: number) => Promise<void>
}

/** A row that was created, with the answer to its create. */
export interface Row {
  readonly id: string
  readonly row: Json
  readonly answer: Answer
}

/** Makes the bench of one case. */
export const makeBench = (run: Run): Bench => {
  const { means, signal } = run
  const make = (ask: Ask, together = false): Promise<Answer> => perform(run, ask, together)
  const send: Bench["send"] = async (ask, options) => {
    signal.throwIfAborted()
    await run.pace.take(1, false, signal)
    return judged(ask, await patiently(run, ask, make), options)
  }
  const body: Bench["body"] = (path, label, fields) => ({ ...bodies[path](run.id, label), ...fields })
  return {
    run,
    means,
    send,
    body,
    together: async (asks, options) => {
      signal.throwIfAborted()
      await run.pace.take(asks.length, false, signal)
      const answers = await Promise.all(asks.map((ask) => make(ask, true)))
      return answers.map((answer, index) => judged(asks[index] ?? { path: "" }, answer, options))
    },
    create: async (path, label, fields, headers = {}) => {
      const answer = await send({ method: "POST", path: createPath(path), body: body(path, label, fields), headers })
      const id = textAt(answer.json, "id")
      if (!isSuccess(answer) || id === undefined || !isObject(answer.json)) {
        return unclear(`a create at ${createPath(path)} gets ${answerText(answer)}`)
      }
      return { id, row: answer.json, answer }
    },
    once: async (name, find) => {
      const known = run.memory.get(name)
      // Only this function writes under a name, and each name has one kind of value.
      if (known !== undefined) return known as ReturnType<typeof find>
      const found = find()
      run.memory.set(name, found)
      return found
    },
    rows: async (path, query) => {
      const answer = await send({ path, query: query ?? { limit: 100 } })
      return rowsOf(answer.json) ?? unclear(`GET ${path} is no list: ${answerText(answer)}`)
    },
    receiver: () => run.receiver ?? skipped("no --webhook-url is given"),
    otherKey: () => means.otherKey ?? skipped("no key of another organization is given"),
    key: (label) => `aywa-conformance-${run.id}-${label}`,
    pause: async (ms) => void (await sleep(ms, undefined, { signal }))
  }
}

/** Where a row of a list is created. */
const createPath = (path: RowPath): string => (path === "/call" ? "/call/web" : path)

/** A limit of the runtime is waited for, within reason: it says nothing of the case. */
const patiently = async (run: Run, ask: Ask, make: (ask: Ask) => Promise<Answer>): Promise<Answer> => {
  const answer = await make(ask)
  const seconds = Number(answer.headers["retry-after"] ?? 1)
  if (answer.status !== 429 || !(seconds <= 30)) return answer
  await sleep(Math.max(seconds, 0.1) * 1000, undefined, { signal: run.signal })
  await run.pace.take(1, false, run.signal)
  return make(ask)
}

const judged = (ask: Ask, answer: Answer, options: Sending = {}): Answer => {
  if (answer.status === 0 && options.mayBeLost !== true) unclear(`no answer: ${answerText(answer)}`)
  if (answer.status === 401 && options.mayBeRefused !== true && ask.anonymous !== true) unclear("the key is refused")
  return answer
}

/** Makes a request, and notes what the run must know of it. */
export const perform = async (run: Run, ask: Ask, together = false): Promise<Answer> => {
  const { method = "GET", path } = ask
  const list = listOf(path)
  const creates = method === "POST"
  if (creates) for (const one of list === undefined ? [] : [list]) run.touched.add(one)
  if (creates && path.startsWith("/import")) for (const one of importable) run.touched.add(one)
  // What changes something is waited for, Ctrl-C or not: else nobody would know what there is to remove.
  const signal = method === "GET" || method === "HEAD" ? run.signal : new AbortController().signal
  const answer = await exchange(run.target, ask, signal)
  if (creates && answer.status === 0) run.loose.add(path)
  run.silence = answer.status === 0 && ask.lost !== true ? run.silence + 1 : 0
  run.seen.push({ ask, answer, together })
  if (method === "GET" && isSuccess(answer)) run.drifts.look(path, answer.json)
  return answer
}

const importable: ReadonlyArray<RowPath> = ["/assistant", "/tool", "/credential", "/phone-number", "/structured-output"]

const listOf = (path: string): RowPath | undefined => {
  const known = Object.keys(bodies) as ReadonlyArray<RowPath>
  return known.find((one) => path === one || path.startsWith(`${one}/`) || path.startsWith(`${one}?`))
}
