/**
 * Token buckets: per API key, per organization, and for writes apart from reads; with the headers that clients read.
 */
import { HttpError } from "./errors.ts"

/** How many requests are let through. */
export interface RateLimitOptions {
  /** Requests per window and key; also the size of a burst. Only of reads, where there is `writes`. */
  readonly limit: number
  /** Writes (POST, PUT, PATCH, DELETE) per window and key, counted in a bucket of their own. Default: with the reads. */
  readonly writes?: number | undefined
  /** Requests per window of all keys of an organization together. Default: no limit. */
  readonly perOrganization?: number | undefined
  /** Seconds. Default 60. */
  readonly windowSeconds?: number | undefined
  /** How `Retry-After` is written; default `"seconds"`. */
  readonly retryAfterFormat?: "seconds" | "date" | undefined
}

/** Who asks, and for what. */
export interface RateLimitSubject {
  /** Id of the API key. */
  readonly key: string
  readonly organization: string
  /** Whether the request may change something. */
  readonly write: boolean
}

/** The limits of a runtime. */
export interface RateLimiter {
  /** Takes a token of every bucket that counts the request and gives their state as headers; throws 429, taking none. */
  readonly take: (subject: RateLimitSubject) => Readonly<Record<string, string>>
  /** The answer of a limiter that is exhausted, for an injected 429 to look like the real one. */
  readonly exhausted: (retryAfter: number) => HttpError
  readonly reset: () => void
}

interface Bucket {
  tokens: number
  at: number
}

interface Policy {
  /** As the headers name it. */
  readonly name: string
  readonly limit: number
  readonly applies: (subject: RateLimitSubject) => boolean
  readonly owner: (subject: RateLimitSubject) => string
  readonly buckets: Map<string, Bucket>
}

/** What a policy says after (or instead of) taking a token. */
interface Level {
  readonly policy: Policy
  readonly remaining: number
  /** Seconds until the bucket is full, or until it has one token again. */
  readonly reset: number
}

/** A limiter on the runtime's clock. */
export const makeRateLimiter = (options: RateLimitOptions | undefined, now: () => number): RateLimiter => {
  const { windowSeconds = 60, retryAfterFormat = "seconds" } = options ?? {}
  const policies = policiesOf(options ?? { limit: 100 })
  const perMilli = (policy: Policy) => policy.limit / (windowSeconds * 1000)
  const headers = (levels: ReadonlyArray<Level>): Record<string, string> => {
    const tightest = levels.reduce((a, b) => (b.remaining < a.remaining ? b : a))
    const each = (f: (level: Level) => string) => levels.map((level) => `"${level.policy.name}";${f(level)}`).join(", ")
    return {
      "ratelimit-policy": each(({ policy }) => `q=${policy.limit};w=${windowSeconds}`),
      ratelimit: each(({ remaining, reset }) => `r=${remaining};t=${reset}`),
      "x-ratelimit-limit": String(tightest.policy.limit),
      "x-ratelimit-remaining": String(tightest.remaining),
      "x-ratelimit-reset": String(Math.ceil(now() / 1000) + tightest.reset)
    }
  }
  const refuse = (policy: Policy, retryAfter: number, levels: ReadonlyArray<Level>) =>
    new HttpError(429, `Too many requests: the limit ${says(policy)} is ${policy.limit} in ${windowSeconds} seconds`, {
      code: "rate_limited",
      headers: {
        ...headers(levels),
        "retry-after":
          retryAfterFormat === "date" ? new Date(now() + retryAfter * 1000).toUTCString() : String(retryAfter)
      }
    })
  const refill = (policy: Policy, subject: RateLimitSubject): Bucket => {
    const at = now()
    const owner = policy.owner(subject)
    const bucket = policy.buckets.get(owner) ?? { tokens: policy.limit, at }
    policy.buckets.set(owner, bucket)
    bucket.tokens = Math.min(policy.limit, bucket.tokens + Math.max(0, at - bucket.at) * perMilli(policy))
    bucket.at = at
    return bucket
  }
  const levelOf = (policy: Policy, { tokens }: Bucket): Level =>
    tokens < 1
      ? { policy, remaining: 0, reset: Math.max(1, Math.ceil((1 - tokens) / perMilli(policy) / 1000)) }
      : { policy, remaining: Math.floor(tokens), reset: Math.ceil((policy.limit - tokens) / perMilli(policy) / 1000) }
  return {
    exhausted: (retryAfter) => {
      const [policy] = policies
      return refuse(policy, retryAfter, [{ policy, remaining: 0, reset: retryAfter }])
    },
    reset: () => policies.forEach(({ buckets }) => buckets.clear()),
    take: (subject) => {
      if (options === undefined) return {}
      const taken = policies
        .filter((policy) => policy.applies(subject))
        .map((policy) => ({ policy, bucket: refill(policy, subject) }))
      const levels = () => taken.map(({ policy, bucket }) => levelOf(policy, bucket))
      // The longest wait of all: a client that obeys it must not be refused by the next bucket.
      const empty = taken.filter(({ bucket }) => bucket.tokens < 1).map(({ policy, bucket }) => levelOf(policy, bucket))
      const [first, ...rest] = empty
      if (first !== undefined) {
        const longest = rest.reduce((a, b) => (b.reset > a.reset ? b : a), first)
        throw refuse(longest.policy, longest.reset, levels())
      }
      for (const { bucket } of taken) bucket.tokens -= 1
      return headers(levels())
    }
  }
}

const policiesOf = ({ limit, writes, perOrganization }: RateLimitOptions): readonly [Policy, ...Array<Policy>] => {
  for (const [name, value] of Object.entries({ limit, writes, perOrganization })) {
    if (value !== undefined && !(value >= 1)) throw new TypeError(`rateLimit.${name} must be 1 or more`)
  }
  const key = ({ key }: RateLimitSubject) => key
  const policy = (name: string, limit: number, applies: Policy["applies"], owner: Policy["owner"]): Policy => ({
    name,
    limit,
    applies,
    owner,
    buckets: new Map()
  })
  return [
    policy("default", limit, ({ write }) => !write || writes === undefined, key),
    ...(writes === undefined ? [] : [policy("write", writes, ({ write }) => write, key)]),
    ...(perOrganization === undefined
      ? []
      : [
          policy(
            "organization",
            perOrganization,
            () => true,
            ({ organization }) => organization
          )
        ])
  ]
}

const says = ({ name }: Policy) =>
  name === "organization" ? "of the organization" : name === "write" ? "of the key for writes" : "of the key"
