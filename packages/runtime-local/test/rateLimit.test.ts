import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { makeRateLimiter, type RateLimitSubject } from "../src/http/rateLimit.ts"
import { HttpError } from "../src/http/errors.ts"
import { start } from "./support.ts"

const status = (text: string | null) => text?.split(", ")

describe("rate limits", () => {
  it("count writes in a bucket of their own", async () => {
    const { call } = await start({ clock: "manual", rateLimit: { limit: 3, writes: 1 } })
    const first = await call("POST", "/assistant", {})
    assert.deepStrictEqual(status(first.headers.get("ratelimit")), ['"write";r=0;t=60'])
    const refused = await call("DELETE", "/assistant/x")
    assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [429, "60"])
    assert.include(refused.body.message, "of the key for writes")
    for (let left = 2; left >= 0; left--) {
      const read = await call("GET", "/assistant")
      assert.deepStrictEqual([read.status, read.headers.get("x-ratelimit-remaining")], [200, String(left)])
    }
    assert.strictEqual((await call("GET", "/assistant")).status, 429)
  })

  it("count the keys of an organization together, and no other organization's", async () => {
    const { call, runtime } = await start({ clock: "manual", rateLimit: { limit: 10, perOrganization: 3 } })
    const second = runtime.addKey().key
    const foreign = runtime.addKey({ organization: "org_other" }).key
    await call("GET", "/assistant")
    await call("GET", "/assistant", undefined, { apiKey: second })
    const third = await call("GET", "/assistant")
    assert.strictEqual(third.headers.get("ratelimit-policy"), '"default";q=10;w=60, "organization";q=3;w=60')
    assert.strictEqual(third.headers.get("ratelimit"), '"default";r=8;t=12, "organization";r=0;t=20')
    // What clients look at is the tighter of the two.
    assert.deepStrictEqual(
      [third.headers.get("x-ratelimit-limit"), third.headers.get("x-ratelimit-remaining")],
      ["3", "0"]
    )
    const refused = await call("GET", "/assistant", undefined, { apiKey: second })
    assert.deepStrictEqual(
      [refused.status, refused.body.code, refused.headers.get("retry-after")],
      [429, "rate_limited", "20"]
    )
    assert.strictEqual((await call("GET", "/assistant", undefined, { apiKey: foreign })).status, 200)
  })

  it("stand on every answer of a key, errors included, and a refusal takes no token", async () => {
    const { call, runtime } = await start({ clock: "manual", rateLimit: { limit: 4 } })
    for (const [method, path, body] of [
      ["GET", "/assistant/none", undefined],
      ["POST", "/assistant", { name: 1 }],
      ["GET", "/nowhere", undefined],
      ["PUT", "/assistant", {}]
    ] as const) {
      const { headers } = await call(method, path, body)
      for (const name of ["ratelimit", "ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-reset"]) {
        assert.deepStrictEqual([method, path, name, headers.get(name) === null], [method, path, name, false])
      }
    }
    for (let i = 0; i < 5; i++) assert.strictEqual((await call("GET", "/assistant")).status, 429)
    runtime.clock.advance(15_000)
    assert.strictEqual((await call("GET", "/assistant")).status, 200)
  })

  it("tell the longest wait when several are used up: who obeys it is not refused again", async () => {
    const { call, runtime } = await start({ clock: "manual", rateLimit: { limit: 9, writes: 1, perOrganization: 2 } })
    await call("POST", "/assistant", {})
    await call("GET", "/assistant")
    const refused = await call("POST", "/assistant", {})
    assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [429, "60"])
    runtime.clock.advance(60_000)
    assert.strictEqual((await call("POST", "/assistant", {})).status, 201)
  })

  it("refuse options that would refuse everything", async () => {
    assert.match((await rejection(start({ rateLimit: { limit: 0 } }))).message, /rateLimit.limit must be 1 or more/)
    assert.match((await rejection(start({ rateLimit: { limit: 1, writes: -1 } }))).message, /rateLimit.writes/)
  })
})

describe("laws of the limiter", () => {
  const request = fc.record({
    key: fc.constantFrom("a", "b", "c"),
    write: fc.boolean(),
    wait: fc.integer({ min: 0, max: 20_000 })
  })
  const organizationOf = (key: string) => (key === "c" ? "two" : "one")
  const options = { limit: 4, writes: 2, perOrganization: 5, windowSeconds: 60 }

  /** Whether the limiter lets a request through; the wait that it asks for, in seconds, when it does not. */
  const ask = (limiter: ReturnType<typeof makeRateLimiter>, subject: RateLimitSubject): number | undefined => {
    try {
      limiter.take(subject)
      return undefined
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      return Number(error.options.headers?.["retry-after"])
    }
  }

  it("no window lets more through than burst and refill allow, and who waits as told gets through", () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        let time = 0
        const limiter = makeRateLimiter(options, () => time)
        const passed: Array<RateLimitSubject & { readonly time: number }> = []
        for (const { key, write, wait } of requests) {
          time += wait
          const subject = { key, write, organization: organizationOf(key) }
          const retry = ask(limiter, subject)
          time += (retry ?? 0) * 1000
          assert.isUndefined(retry === undefined ? undefined : ask(limiter, subject))
          passed.push({ ...subject, time })
        }
        const most = (list: ReadonlyArray<{ readonly time: number }>, limit: number) =>
          list.forEach(({ time: from }, index) =>
            list.slice(index).forEach(({ time: to }, count) => {
              assert.isAtMost(count + 1, limit + ((to - from) / 60_000) * limit + 1e-6)
            })
          )
        for (const key of ["a", "b", "c"]) {
          most(
            passed.filter((one) => one.key === key && one.write),
            options.writes
          )
          most(
            passed.filter((one) => one.key === key && !one.write),
            options.limit
          )
        }
        for (const organization of ["one", "two"]) {
          most(
            passed.filter((one) => one.organization === organization),
            options.perOrganization
          )
        }
      }),
      { numRuns: 300 }
    )
  })
})
