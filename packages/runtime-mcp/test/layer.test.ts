/** The layer for a server of one's own, by effect's client of tests, over every protocol. */
import * as McpProtocol from "effect/ai/McpProtocol"
import * as McpTest from "effect/ai/McpTest"
import * as Effect from "effect/Effect"
import { assert, it } from "@effect/vitest"
import { registrations } from "../src/effect.ts"
import { clientOf, startRuntime } from "./support.ts"

const protocols = [
  McpProtocol.v2026_07_28,
  McpProtocol.v2025_11_25,
  McpProtocol.v2025_06_18,
  McpProtocol.v2025_03_26,
  McpProtocol.v2024_11_05
] as const

it.live("tools, resources and prompts are there, over every protocol", () =>
  Effect.gen(function* () {
    const runtime = yield* Effect.promise(() => startRuntime())
    const client = clientOf(runtime)
    const { id } = yield* Effect.promise(() => client.assistants.create({ name: "Desk" }))
    const before = runtime.requests().length
    for (const { protocolVersion } of protocols) {
      const program = Effect.gen(function* () {
        const mcp = yield* McpTest.makeClient(registrations({ client }), { protocols, protocolVersion })
        const { tools } = yield* mcp.listTools()
        const read = { name: "read", arguments: { operation: "assistants.get", id } }
        // Structured content came with 2025-06-18: the text is whole without it.
        const { content, isError } = yield* mcp.callTool(read)
        const { contents } = yield* mcp.readResource({ uri: `aywa://assistants/${id}` })
        const { prompts } = yield* mcp.listPrompts()
        const has = (value: unknown) => JSON.stringify(value).includes("Desk")
        return [tools.length, isError ?? false, has(content), has(contents), prompts.length]
      })
      assert.deepStrictEqual(yield* Effect.scoped(program), [6, false, true, true, 3], protocolVersion)
    }
    assert.isTrue(
      runtime
        .requests()
        .slice(before)
        .every(({ method }) => method === "GET")
    )
  })
)
