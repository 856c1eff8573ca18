/**
 * Idempotency scopes: keys for a program that may run again. What a create is called is not chance but its position in the
 * program (scope, operation, how many went before), so a second run sends the keys of the first one.
 */

import { digestOf } from "./digest.ts"

/**
 * Where creates get keys that another run of the same program gets again. Made by `idempotencyScope`.
 *
 * @since 0.2.0
 * @category models
 */
export interface IdempotencyScope {
  /** Its name, after those of the scopes around it: `onboard-4711/greeter`. */
  readonly name: string
  /** A scope inside of this one. */
  readonly inside: (name: string) => IdempotencyScope
  /**
   * Gives a create its position, or says why it has none: `busy` while another create of the operation is under way here,
   * because then chance would decide which of the two is the first; `strayed` once a key of this run was refused as one of
   * another body, because then what comes later has other positions than before, and would be made twice; `repeated` where
   * another create failed and has not come again, and this run has made the very same one already: then the run is most
   * likely repeated from its beginning inside of the scope, which would make it twice.
   */
  readonly position: (operation: string, body: string) => ScopePosition | "busy" | "strayed" | "repeated"
}

/**
 * The position of a create in its scope.
 *
 * @since 0.2.0
 * @category models
 */
export interface ScopePosition {
  readonly scope: string
  readonly key: string
  /** To be called once, when the create has ended. `reused`: the runtime knows the key with another body. */
  readonly leave: (end: ScopeEnd) => void
}

/**
 * How a create in a scope ended.
 *
 * @since 0.2.0
 * @category models
 */
export type ScopeEnd = "done" | "failed" | "reused"

/** Characters of a key that are left to operation and number. */
const longestName = 150

/** Makes a scope for one run, inside of another if there is one. */
export const scopeOf = (name: string, outer: IdempotencyScope | undefined): IdempotencyScope => {
  checkScopeName(name)
  return outer === undefined
    ? new Scope(name, encodeURIComponent(name), { busy: new Set(), failed: new Set() })
    : outer.inside(name)
}

/** Refuses what cannot name a scope. */
export const checkScopeName = (name: unknown): string => {
  if (typeof name !== "string" || name.trim() === "") {
    throw new TypeError("idempotencyScope takes a name: what this run is for, such as onboard-4711.")
  }
  if (!name.isWellFormed()) throw new TypeError("The name of an idempotency scope has half of a character in it.")
  return name
}

/** What a scope and those inside of it know of each other. */
interface Family {
  /** What is under way. */
  readonly busy: Set<string>
  /** Keys of creates that failed and have not come again. */
  readonly failed: Set<string>
}

class Scope implements IdempotencyScope {
  readonly name: string
  private readonly prefix: string
  private readonly family: Family
  private readonly counts = new Map<string, number>()
  /** The keys of creates that failed, by what they were to make, the first one first. */
  private readonly failures = new Map<string, ReadonlyArray<string>>()
  /** What this run has made. */
  private readonly made = new Set<string>()
  /** Operations of which this run makes other creates than the run before. */
  private readonly strayed = new Set<string>()

  constructor(name: string, prefix: string, family: Family) {
    if (prefix.length > longestName) {
      throw new RangeError(`The name of an idempotency scope is too long: at most ${longestName} characters in a URL.`)
    }
    this.name = name
    this.prefix = prefix
    this.family = family
  }

  inside(name: string): IdempotencyScope {
    return new Scope(`${this.name}/${name}`, `${this.prefix}/${encodeURIComponent(name)}`, this.family)
  }

  position(operation: string, body: string): ScopePosition | "busy" | "strayed" | "repeated" {
    const { busy, failed } = this.family
    if (this.strayed.has(operation)) return "strayed"
    const kind = `${this.prefix}:${operation}`
    // A create that failed and comes again is the same one, and no further one.
    const same = `${operation} ${body}`
    const [first, ...others] = this.failures.get(same) ?? []
    const key = first ?? `aywa-scope:${kind}:${this.next(operation)}`
    const digest = digestOf(same)
    failed.delete(key)
    if (first === undefined && failed.size > 0 && this.made.has(digest)) return "repeated"
    if (busy.has(kind)) {
      // Its place is its own, whatever was faster this time.
      this.failures.set(same, [key, ...others])
      failed.add(key)
      return "busy"
    }
    // What a program makes is not kept, only what it may make again.
    if (others.length > 0) this.failures.set(same, others)
    else this.failures.delete(same)
    busy.add(kind)
    return {
      scope: this.name,
      key,
      leave: (end) => {
        busy.delete(kind)
        if (end === "done") this.made.add(digest)
        if (end === "reused") this.strayed.add(operation)
        if (end !== "failed") return
        failed.add(key)
        this.failures.set(same, [key, ...(this.failures.get(same) ?? [])])
      }
    }
  }

  private next(operation: string): number {
    const count = (this.counts.get(operation) ?? 0) + 1
    this.counts.set(operation, count)
    return count
  }
}
