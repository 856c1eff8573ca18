/**
 * Functions that a program gives to be told of something, and promises that somebody forgot to wait for: what fails
 * there is nobody's here, and must not end the process. Node ends one over a rejection that nobody has caught.
 */

/** Calls such a function. What it throws is dropped, and so is the rejection of an async one. */
export const quietly = <A>(call: () => A): A | undefined => {
  try {
    const result: unknown = call()
    // A query builder, say, begins its work when somebody waits for it, as whoever returns it expects.
    const isThenable = typeof result === "object" && result !== null && "then" in result
    if (isThenable) Promise.resolve(result).catch(() => undefined)
    return result as A // As it came.
  } catch {
    return undefined
  }
}

/**
 * A rejection of any promise inside of a value, or of the value, counts as caught: of what was to be plain data. Only
 * promises of the language, of any realm: what merely has a `then` may begin its work when that is called.
 */
export const caughtInside = (value: unknown): void => {
  const seen = new Set<unknown>()
  const rest = [value]
  while (rest.length > 0) {
    const next = rest.pop()
    if (typeof next !== "object" || next === null || ArrayBuffer.isView(next) || seen.has(next)) continue
    seen.add(next)
    try {
      if (isPromise(next)) Promise.prototype.then.call(next, undefined, () => undefined)
      for (const key of Object.keys(next)) rest.push(Reflect.get(next, key))
    } catch {
      // Then what it has beside that is out of reach.
    }
  }
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  value instanceof Promise || Object.prototype.toString.call(value) === "[object Promise]"
