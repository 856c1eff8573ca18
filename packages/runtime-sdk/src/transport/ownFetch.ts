/**
 * Whether `globalThis.fetch` is still the platform's.
 *
 * A program replaces it to answer requests itself: a mock, a stub, a recorder. Then every call must go there, or a real
 * connection leaves a test that believes itself sealed. What wraps the platform's own to watch it or to cache is no such
 * thing, and says so by naming what it wraps: Next.js until 15 (`_nextOriginalFetch`), what is made with shimmer
 * (`__original`), Sentry (`__sentry_original__`). Whatever names nothing is a replacement: to use it is never wrong, only
 * slower. So Next.js 16 is called, which wraps a function of its own; with `no-store` it keeps no answer.
 */

/** Where a wrapper keeps what it wraps. Mocks have names of their own for that, and must not be passed by. */
const originals = ["_nextOriginalFetch", "__original", "__sentry_original__"]

/** Node's own says in its source where it comes from; it is the same in 20 to 26. */
const ofNode = /internal\/deps\/undici/

let latest: unknown
let isReplacement = false
let isBare = false

const look = (): void => {
  const { fetch } = globalThis
  if (fetch === latest) return
  latest = fetch
  isBare = isNodes(fetch)
  isReplacement = fetch !== undefined && !isOwn(fetch, 8)
}

/** Looked at for every call, and read when it has changed. */
export const isFetchReplaced = (): boolean => {
  look()
  return isReplacement
}

/** Whether nothing stands around Node's own: then every request passes the dispatcher that it is given. */
export const isFetchBare = (): boolean => {
  look()
  return isBare
}

const isNodes = (fetch: unknown): boolean =>
  typeof fetch === "function" && ofNode.test(Function.prototype.toString.call(fetch))

const isOwn = (fetch: unknown, depth: number): boolean =>
  typeof fetch === "function" &&
  (isNodes(fetch) || (depth > 0 && originals.some((name) => isOwn(Reflect.get(fetch, name), depth - 1))))
