/**
 * Idempotency scopes: keys for a program that may run again. What a create is called is not chance but its position in the
 * program (scope, operation, how many went before), so a second run sends the keys of the first one.
 */

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
   * Gives a create its position; `undefined` while another create of the operation is under way here, because then chance
   * would decide which of the two is the first.
   */
  readonly position: (operation: string, body: string) => ScopePosition | undefined
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
  /** To be called once, when the create has ended. */
  readonly leave: (done: boolean) => void
}

/** Characters of a key that are left to operation and number. */
const longestName = 150

/** Makes a scope for one run, inside of another if there is one. */
export const scopeOf = (name: string, outer: IdempotencyScope | undefined): IdempotencyScope => {
  checkScopeName(name)
  return outer === undefined ? new Scope(name, encodeURIComponent(name), new Set()) : outer.inside(name)
}

/** Refuses what cannot name a scope. */
export const checkScopeName = (name: unknown): string => {
  if (typeof name !== "string" || name.trim() === "") {
    throw new TypeError("idempotencyScope takes a name: what this run is for, such as onboard-4711.")
  }
  if (!name.isWellFormed()) throw new TypeError("The name of an idempotency scope has half of a character in it.")
  return name
}

class Scope implements IdempotencyScope {
  readonly name: string
  private readonly prefix: string
  /** What is under way, here and in the scopes inside. */
  private readonly busy: Set<string>
  private readonly counts = new Map<string, number>()
  /** The keys of creates that failed, by what they were to make. */
  private readonly failures = new Map<string, string>()

  constructor(name: string, prefix: string, busy: Set<string>) {
    if (prefix.length > longestName) {
      throw new RangeError(`The name of an idempotency scope is too long: at most ${longestName} characters in a URL.`)
    }
    this.name = name
    this.prefix = prefix
    this.busy = busy
  }

  inside(name: string): IdempotencyScope {
    return new Scope(`${this.name}/${name}`, `${this.prefix}/${encodeURIComponent(name)}`, this.busy)
  }

  position(operation: string, body: string): ScopePosition | undefined {
    const kind = `${this.prefix}:${operation}`
    if (this.busy.has(kind)) return undefined
    this.busy.add(kind)
    // A create that failed and comes again is the same one, and no further one.
    const same = `${operation} ${body}`
    const key = this.failures.get(same) ?? `aywa-scope:${kind}:${this.next(operation)}`
    return {
      scope: this.name,
      key,
      leave: (done) => {
        this.busy.delete(kind)
        if (done) this.failures.delete(same)
        else this.failures.set(same, key)
      }
    }
  }

  private next(operation: string): number {
    const count = (this.counts.get(operation) ?? 0) + 1
    this.counts.set(operation, count)
    return count
  }
}
