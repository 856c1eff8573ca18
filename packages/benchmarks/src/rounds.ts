/**
 * Runs variants beside each other: each in a process of its own that stays alive, in rounds that go through all of
 * them in rotating order. What slows the machine down for a while then slows all of them down, and the low quantile of
 * the rounds tells what a variant costs when nothing disturbs it.
 */
import { fork, type ChildProcess } from "node:child_process"
import { readFileSync } from "node:fs"

/** What one round of a variant took, per unit of its work. */
export interface Sample {
  /** Microseconds of the process, all threads. */
  readonly cpu: number
  /** Microseconds on the clock. */
  readonly wall: number
  /** Other things that the variant measures itself. */
  readonly more?: Readonly<Record<string, number>>
}

/** Work of one round. */
export interface Task {
  readonly name: string
  /** Calls, items or messages: what the sample is divided by. */
  readonly units: number
  readonly inFlight?: number
  readonly bytes?: number
}

/** Does one round; what it returns joins the sample. */
export type Work = (task: Task) => Promise<Readonly<Record<string, number>> | void>

/** What a worker module exports as `variants`: each is opened once in its process. */
export type Variants = Readonly<Record<string, (baseUrl: string) => Promise<Work>>>

export interface Plan {
  /** Module beside this one that exports `variants`. */
  readonly module: string
  readonly variants: ReadonlyArray<string>
  readonly tasks: ReadonlyArray<Task>
  /** Rounds that are thrown away: the engine compiles during them. */
  readonly warmups: number
  readonly rounds: number
  /** A new process for every round: for what a process does once, or for its peak of memory. */
  readonly fresh?: boolean
  readonly baseUrl: string
  readonly execArgv?: ReadonlyArray<string>
}

/** Samples by task, then by variant. */
export type Samples = ReadonlyMap<string, ReadonlyMap<string, ReadonlyArray<Sample>>>

export const run = async (plan: Plan): Promise<Samples> => {
  const samples = new Map(
    plan.tasks.map((task) => [task.name, new Map(plan.variants.map((name) => [name, new Array<Sample>()]))])
  )
  const workers = plan.fresh === true ? undefined : await Promise.all(plan.variants.map((name) => open(plan, name)))
  try {
    for (let round = -plan.warmups; round < plan.rounds; round++) {
      for (const task of plan.tasks) {
        for (let i = 0; i < plan.variants.length; i++) {
          const at = (i + round + plan.warmups) % plan.variants.length
          const name = plan.variants[at] ?? ""
          const worker = workers?.[at] ?? (await open(plan, name))
          const sample = await ask(worker, task)
          if (workers === undefined) worker.disconnect()
          if (round >= 0) samples.get(task.name)?.get(name)?.push(sample)
        }
      }
    }
  } finally {
    for (const worker of workers ?? []) worker.disconnect()
  }
  return samples
}

const open = async (plan: Plan, name: string): Promise<ChildProcess> => {
  const worker = fork(new URL("./worker.ts", import.meta.url), [plan.module, name, plan.baseUrl], {
    execArgv: [...(plan.execArgv ?? [])]
  })
  await message(worker)
  return worker
}

const ask = async (worker: ChildProcess, task: Task): Promise<Sample> => {
  const answer = message(worker)
  worker.send(task)
  return (await answer) as Sample // What `worker.ts` sends.
}

/** The next message of a process; fails when the process ends first. */
export const message = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`${child.spawnargs.slice(1).join(" ")} ended (${code})`))
    child.once("exit", ended)
    child.once("message", (value) => {
      child.off("exit", ended)
      resolve(value)
    })
  })

/** Starts the loopback server. */
export const serve = async (): Promise<{ readonly baseUrl: string; readonly stop: () => void }> => {
  const server = fork(new URL("./server.ts", import.meta.url), { execArgv: [] })
  const { port } = (await message(server)) as { readonly port: number }
  return { baseUrl: `http://127.0.0.1:${port}`, stop: () => server.disconnect() }
}

/** The value that a share `q` of the values does not exceed. */
export const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.round(q * (sorted.length - 1))] ?? Number.NaN
}

/** The quantile that ratios are made of: low enough to be undisturbed, not the luckiest round. */
export const low = (values: ReadonlyArray<number>): number => quantile(values, 0.15)

/** The processor's name, for the record. */
export const processor = (): string => {
  try {
    return /model name\s*: (.*)/.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch
  } catch {
    return process.arch
  }
}
