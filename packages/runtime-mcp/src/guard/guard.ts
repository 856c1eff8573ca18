/**
 * What stands between an agent and the runtime: what is allowed, how often, and what became of it.
 */
import { McpFailure } from "../errors/McpFailure.ts"
import { entries, type Entry, entryOf } from "../operations/table.ts"
import type { Allow, McpOptions } from "./options.ts"

/** A write that may have been applied and that nobody heard the end of. */
export interface Unsettled {
  readonly operation: string
  readonly idempotencyKey?: string | undefined
}

/** The guard of one server. */
export interface Guard {
  readonly allow: Allow
  readonly allowCalls: boolean
  /** The operations that may be used. */
  readonly entries: ReadonlyArray<Entry>
  /** The operation of a name, when it may be used; throws otherwise. */
  readonly admit: (name: string) => Entry
  /** Throws unless writes are allowed at all. */
  readonly admitWrites: () => void
  /** Counts a write right before it is sent; throws when there were too many. */
  readonly spend: () => void
  readonly writesLeft: () => number
  /** Writes that were cancelled while they were under way, newest last. */
  readonly unsettled: ReadonlyArray<Unsettled>
  readonly noteUnsettled: (write: Unsettled) => void
}

const raise = (flag: string): string => `Your user decides that: the server is started with ${flag}.`

const ranks: Readonly<Record<Allow, number>> = { read: 0, write: 1, all: 2 }

const mostUnsettled = 20

/** Makes the guard. `now` gives milliseconds of a clock that nobody sets back. */
export const makeGuard = (options: McpOptions, now: () => number = () => performance.now()): Guard => {
  const { allow = "read", allowCalls = false, resources, writesPerSecond = 5, writesPerSession = 100 } = options
  const isCovered = (entry: Entry) => resources === undefined || resources.includes(entry.resource)
  const isAllowed = ({ access }: Entry): boolean =>
    access === "read" ||
    (access === "write" && ranks[allow] >= ranks.write) ||
    (access === "delete" && ranks[allow] >= ranks.all) ||
    (access === "calls" && allowCalls)
  const admitWrites = () => {
    if (allow === "read") throw new McpFailure("not_allowed", "This server only reads.", raise("--allow write"))
  }
  const refuse = ({ access, name }: Entry): never => {
    if (access === "calls") {
      throw new McpFailure("calls_not_allowed", `${name} needs calls to be allowed.`, raise("--allow-calls"))
    }
    if (access === "delete") throw new McpFailure("not_allowed", `${name} is not allowed.`, raise("--allow all"))
    throw new McpFailure("not_allowed", `${name} is not allowed: this server only reads.`, raise("--allow write"))
  }
  const sent: Array<number> = []
  let spent = 0
  const unsettled: Array<Unsettled> = []
  return {
    allow,
    allowCalls,
    entries: entries.filter((entry) => isCovered(entry) && isAllowed(entry)),
    admit: (name) => {
      const entry = entryOf(name)
      if (!isCovered(entry)) {
        throw new McpFailure("not_allowed", `${name} is not covered by this server.`, raise("--resources"))
      }
      if (!isAllowed(entry)) refuse(entry)
      return entry
    },
    admitWrites,
    spend: () => {
      if (spent >= writesPerSession) {
        throw new McpFailure(
          "too_many_writes",
          `This session has made its ${writesPerSession} writes.`,
          raise("--writes-per-session N")
        )
      }
      const time = now()
      while (sent[0] !== undefined && time - sent[0] >= 1000) sent.shift()
      if (sent.length >= writesPerSecond) {
        throw new McpFailure(
          "too_fast",
          `More than ${writesPerSecond} writes in a second.`,
          `Wait a second, then repeat the same call. ${raise("--writes-per-second N")}`
        )
      }
      sent.push(time)
      spent++
    },
    writesLeft: () => Math.max(0, writesPerSession - spent),
    unsettled,
    noteUnsettled: (write) => {
      unsettled.push(write)
      if (unsettled.length > mostUnsettled) unsettled.shift()
    }
  }
}
