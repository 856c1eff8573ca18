/** Arguments are what the model was told: no library makes something of anything else. */
import { assert, describe, it } from "vitest"
import { z } from "zod"
import { Tool } from "../../src/tools.ts"

const toolOf = (parameters: z.ZodObject) => Tool.make("t", { description: "d", parameters, execute: () => "" })

describe("what a library would make of something else", () => {
  const schema = z.object({
    a: z.union([z.coerce.boolean(), z.coerce.boolean()]).optional(),
    n: z.coerce.number().optional(),
    s: z.coerce.string().optional(),
    c: z.number().catch(7).optional(),
    p: z.preprocess(Boolean, z.boolean()).optional()
  })
  it.each([{ a: "false" }, { a: 0 }, { n: [] }, { n: true }, { n: "1" }, { s: 5 }, { s: {} }, { c: "x" }, { p: "no" }])(
    "is not taken: %j",
    async (args) => {
      const decoded = await toolOf(schema).decode(args)
      assert("failure" in decoded)
      assert.include(decoded.failure.message, `${Object.keys(args)[0]}: must be `)
    }
  )
  it("what the model was told is", async () => {
    const args = { a: false, n: 1.5, s: "x", c: 1, p: true }
    assert.deepStrictEqual<unknown>(await toolOf(schema).decode(args), { value: args })
  })
})
