import { assert, describe, it } from "vitest"
import { retryAfter } from "../src/call/retryAfter.ts"

const now = Date.UTC(2026, 0, 1, 0, 0, 0)

describe("Retry-After", () => {
  const table: ReadonlyArray<readonly [value: string | undefined, millis: number | undefined]> = [
    [undefined, undefined],
    ["0", 0],
    ["1", 1000],
    ["120", 120_000],
    ["-5", undefined],
    ["1.5", undefined],
    ["abc", undefined],
    ["1e9", undefined],
    ["", undefined],
    [" 1", undefined],
    ["+1", undefined],
    ["1, 2", undefined],
    ["٣", undefined],
    ["9999999999", undefined],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
    ["Thu, 01 Jan 2026 00:00:30 +0000", undefined],
    ["2026-01-01T00:00:30Z", undefined],
    ["Thu, 41 Foo 2026 00:00:30 GMT", undefined]
  ]
  for (const [value, millis] of table) {
    it(`reads ${JSON.stringify(value)} as ${millis}`, () => assert.strictEqual(retryAfter(value, now), millis))
  }
})
