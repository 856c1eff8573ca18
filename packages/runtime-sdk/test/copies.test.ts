/** The package may be there twice, as CommonJS and as a module or in two bundles: the errors of one are errors of the other. */
import { assert, it, vi } from "vitest"
import { InboxError } from "../src/inbox.ts"
import { ToolDefinitionError, ToolFailure } from "../src/tools.ts"
import { VariableValuesError } from "../src/tools/variables.ts"

const copies = async () => {
  vi.resetModules()
  return {
    ...(await import("../src/inbox.ts")),
    ...(await import("../src/tools.ts")),
    ...(await import("../src/tools/variables.ts"))
  }
}

it("instanceof recognises the errors of another copy, and nothing else", async () => {
  const other = await copies()
  const pairs = [
    [InboxError, new other.InboxError("It is closed.", undefined, "refusal")],
    [ToolFailure, new other.ToolFailure("There is no order 7.")],
    [ToolDefinitionError, new other.ToolDefinitionError("Tool a", [])],
    [VariableValuesError, new other.VariableValuesError([])]
  ] as const
  for (const [one, error] of pairs) {
    assert.notStrictEqual(error.constructor, one)
    assert.isTrue(error instanceof one, one.name)
    for (const [another] of pairs) assert.strictEqual(error instanceof another, another === one)
    for (const none of [new Error(error.message), undefined, null, "text", { _tag: one.name }]) {
      assert.isFalse(Object(none) instanceof one)
    }
  }
})

it("a class that a program makes of one has its own", () => {
  class NoOrder extends ToolFailure {}
  assert.isTrue(new NoOrder("There is none.") instanceof ToolFailure)
  assert.isTrue(new NoOrder("There is none.") instanceof NoOrder)
  assert.isFalse(new ToolFailure("no") instanceof NoOrder)
})
