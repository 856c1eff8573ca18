/**
 * A token bucket per API key, with the headers that clients read.
 */
import { HttpError } from "./errors.ts"

/** How many requests a key may make. */
export interface RateLimitOptions {
  /** Requests per window; also the size of a burst. */
  readonly limit: number
  /** Default 60. */
  readonly windowSeconds?: number | undefined
  /** How `Retry-After` is written; default `"seconds"`. */
  readonly retryAfterFormat?: "seconds" | "date" | undefined
}

/** The state of a key's bucket after a request, as headers. */
export interface RateLimiter {
  /** Takes a token; throws 429 when there is none. */
  readonly take: (key: string) => Readonly<Record<string, string>>
  /** The answer of a limiter that is exhausted, for an injected 429 to look like the real one. */
  readonly exhausted: (retryAfter: number) => HttpError
  readonly reset: () => void
}

interface Bucket {
  tokens: number
  at: number
}

/** A limiter on the runtime's clock. */
export const makeRateLimiter = (options: RateLimitOptions | undefined, now: () => number): RateLimiter => {
  const { limit, windowSeconds = 60, retryAfterFormat = "seconds" } = options ?? { limit: 100 }
  const perMilli = limit / (windowSeconds * 1000)
  const buckets = new Map<string, Bucket>()
  const headers = (remaining: number, resetSeconds: number) => ({
    "ratelimit-policy": `"default";q=${limit};w=${windowSeconds}`,
    ratelimit: `"default";r=${remaining};t=${resetSeconds}`,
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(Math.ceil(now() / 1000) + resetSeconds)
  })
  const exhausted = (retryAfter: number) =>
    new HttpError(429, `Too many requests: the limit is ${limit} in ${windowSeconds} seconds`, {
      code: "rate_limited",
      headers: {
        ...headers(0, retryAfter),
        "retry-after":
          retryAfterFormat === "date" ? new Date(now() + retryAfter * 1000).toUTCString() : String(retryAfter)
      }
    })
  return {
    exhausted,
    reset: () => buckets.clear(),
    take: (key) => {
      if (options === undefined) return {}
      const at = now()
      const bucket = buckets.get(key) ?? { tokens: limit, at }
      buckets.set(key, bucket)
      bucket.tokens = Math.min(limit, bucket.tokens + Math.max(0, at - bucket.at) * perMilli)
      bucket.at = at
      if (bucket.tokens < 1) throw exhausted(Math.max(1, Math.ceil((1 - bucket.tokens) / perMilli / 1000)))
      bucket.tokens -= 1
      return headers(Math.floor(bucket.tokens), Math.ceil((limit - bucket.tokens) / perMilli / 1000))
    }
  }
}
