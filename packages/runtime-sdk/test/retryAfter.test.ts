import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { retryAfter } from "../src/call/retryAfter.ts"

const now = Date.UTC(2026, 0, 1, 0, 0, 0)

const read = (headers: Readonly<Record<string, string | undefined>>, wall = now) =>
  retryAfter({ header: (name) => headers[name] }, wall)

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
    [" ", undefined],
    ["+1", undefined],
    ["٣", undefined],
    // However long it is: no call waits for that, and none comes sooner.
    ["9999999999", 9_999_999_999_000],
    ["9".repeat(400), Number.MAX_SAFE_INTEGER],
    // White space around it.
    [" 1", 1000],
    ["\t2 ", 2000],
    // Two headers, joined as they are on their way here: the longer one.
    ["1, 2", 2000],
    ["30,7", 30_000],
    ["1, abc", undefined],
    ["5, Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Thu, 01 Jan 2026 00:00:30 GMT, 45", 45_000],
    // IMF-fixdate, and what only looks like it.
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    [" Thu, 01 Jan 2026 00:00:30 GMT ", 30_000],
    ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
    ["Thu, 01 Jan 2026 00:00:30 +0000", undefined],
    ["2026-01-01T00:00:30Z", undefined],
    ["Thu, 41 Foo 2026 00:00:30 GMT", undefined],
    ["Thu, 01 Jan 2026 25:00:30 GMT", undefined],
    ["Thu, 01 Jan 2026 00:00:30", undefined],
    ["Thu, 2026", undefined],
    // The form of RFC 850, with two digits for the year.
    ["Thursday, 01-Jan-26 00:00:30 GMT", 30_000],
    ["Friday, 31-Dec-99 23:59:59 GMT", 0],
    ["Thursday, 01-Jan-126 00:00:30 GMT", undefined],
    // asctime.
    ["Thu Jan  1 00:00:30 2026", 30_000],
    ["Sun Jan 11 00:00:00 2026", 864_000_000],
    ["Thu Jan 1 00:00:30 2026", undefined]
  ]
  for (const [value, millis] of table) {
    it(`reads ${JSON.stringify(value)} as ${millis}`, () => assert.strictEqual(read({ "retry-after": value }), millis))
  }

  it("takes a date for one of the runtime's clock, not of ours", () => {
    const headers = { date: "Thu, 01 Jan 2026 10:00:00 GMT", "retry-after": "Thu, 01 Jan 2026 10:00:02 GMT" }
    for (const wrong of [0, now, now + 86_400_000, Date.UTC(2031, 5, 1)]) {
      assert.strictEqual(read(headers, wrong), 2000)
      assert.strictEqual(read({ ...headers, "retry-after": "3" }, wrong), 3000)
    }
    for (const date of ["Thursday, 01-Jan-26 10:00:00 GMT", "Thu Jan  1 10:00:00 2026"]) {
      assert.strictEqual(read({ ...headers, date }), 2000)
    }
    assert.strictEqual(read({ ...headers, date: "today" }, now + 36_000_000), 2000)
  })

  it("is more exact in milliseconds, where those are given", () => {
    assert.strictEqual(read({ "retry-after-ms": "1250", "retry-after": "2" }), 1250)
    assert.strictEqual(read({ "retry-after-ms": " 40 " }), 40)
    for (const wrong of ["", "-1", "1s", "NaN"]) {
      assert.strictEqual(read({ "retry-after-ms": wrong, "retry-after": "2" }), 2000)
    }
  })

  it("reads any second until 2049 in all three forms", () => {
    const [days, long] = [
      ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
      ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    ]
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 23 * 365 * 86_400 }), (seconds) => {
        const at = new Date(now + seconds * 1000)
        const [day, date, month, year, time] = at.toUTCString().replace(",", "").split(" ")
        const forms = [
          at.toUTCString(),
          `${long[at.getUTCDay()]}, ${date}-${month}-${year?.slice(2)} ${time} GMT`,
          `${day} ${month} ${String(at.getUTCDate()).padStart(2)} ${time} ${year}`
        ]
        assert.strictEqual(day, days[at.getUTCDay()])
        for (const form of forms) assert.strictEqual(read({ "retry-after": form }), seconds * 1000, form)
      })
    )
  })
})
