/** Runs commands in a process that stays, one per test file. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { inject } from "vitest"
import type { Ended, Task } from "./host.ts"

let host: Promise<ChildProcess> | undefined
let isBusy = false

const start = async (): Promise<ChildProcess> => {
  const child = fork(inject("host"), { env: { PATH: process.env["PATH"] }, execArgv: [] })
  child.once("exit", () => (host = undefined))
  await once(child, "message")
  // It ends when its channel closes: nothing here waits for it.
  child.unref()
  child.channel?.unref()
  return child
}

/** What a command is, without flags and arguments: a group's name and what follows. */
const commandOf = (args: ReadonlyArray<string>) =>
  args
    .slice(0, 2)
    .filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith("-"))
    .join(" ")

/** What Node itself reads when it starts. */
const isNodes = (name: string) => /^(NODE_|SSL_|TZ$|(https?|no|all)_proxy$)/i.test(name)

const commands = new Set<string>()

/**
 * Whether a command may run in a process that others ran in before: not the first time in a file, so that each is seen
 * in a process of its own once; and not while another one is running, which it may be meant to meet.
 */
export const mayBeHosted = ({ args, env }: Pick<Task, "args" | "env">): boolean => {
  const command = commandOf(args)
  const isKnown = commands.has(command)
  commands.add(command)
  return isKnown && !isBusy && !Object.keys(env).some(isNodes)
}

/** Runs a command to its end, after those before it. */
export const runHosted = async (task: Task): Promise<Ended> => {
  isBusy = true
  const child = await (host ??= start())
  child.channel?.ref()
  const closed = new AbortController()
  try {
    child.send(task)
    const [ended]: Array<Ended> = await Promise.race([
      once(child, "message", { signal: closed.signal }),
      once(child, "exit", { signal: closed.signal }).then(([code]) => {
        throw new Error(`The process that commands run in ended with ${code}.`)
      })
    ])
    return ended!
  } finally {
    closed.abort()
    child.channel?.unref()
    isBusy = false
  }
}

/** Ends the process when a command has not come to its end: the next one gets another. */
export const endUnfinished = async (): Promise<void> => {
  if (isBusy) (await host)?.kill("SIGKILL")
}
