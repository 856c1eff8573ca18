/** The case table of the specification: every row from 1 to 66, by its number. */
import type * as Crypto from "node:crypto"
import { assert, describe, it, vi } from "vitest"
import { inputs } from "./cases/inputs.ts"
import { legacy } from "./cases/legacy.ts"
import { payloads } from "./cases/payloads.ts"
import { signatures } from "./cases/signatures.ts"

// The real functions, counted.
vi.mock("node:crypto", async (importOriginal) => {
  const crypto = await importOriginal<typeof Crypto>()
  const { calls } = await import("./support/calls.ts")
  return {
    ...crypto,
    createHmac: (...args: Parameters<typeof crypto.createHmac>) => {
      calls.createHmac++
      return crypto.createHmac(...args)
    },
    timingSafeEqual: (...args: Parameters<typeof crypto.timingSafeEqual>) => {
      calls.timingSafeEqual++
      return crypto.timingSafeEqual(...args)
    }
  }
})

const cases = [...inputs, ...signatures, ...payloads, ...legacy]

describe("case table", () => {
  for (const { row, name, run: check } of cases) {
    it(`row ${row}: ${name}`, async () => {
      await check()
    })
  }

  it("has every row from 1 to 66", () => {
    const rows = [...new Set(cases.map((one) => one.row))].toSorted((a, b) => a - b)
    assert.deepStrictEqual(
      rows,
      Array.from({ length: 66 }, (_, index) => index + 1)
    )
  })
})
