/** The conversations of the gallery produce the webhooks that they name. */
import { assert, describe, it } from "vitest"
import { gallery } from "../src/index.ts"
import { receive } from "./receiver.ts"
import { start } from "./support.ts"

const play = async (name: string) => {
  const { call, runtime } = await start({ clock: "manual" })
  const receiver = await receive()
  await call("POST", "/webhook-endpoint", { url: receiver.url, scope: "account" })
  const played = runtime.trigger({ type: `call.${name}` })
  // Silence lasts half a minute.
  await runtime.clock.advance(60_000)
  const { callId, events } = await played
  await runtime.webhooks.idle()
  return { call, runtime, receiver, callId, types: events?.map(({ type }) => type) }
}

describe("the gallery", () => {
  it.each(Object.entries(gallery))("%s", async (name, { webhooks }) => {
    const { types, runtime } = await play(name)
    assert.deepStrictEqual(types, webhooks)
    assert.deepStrictEqual(runtime.faults.list(), [])
  })

  it("doubled: the report comes twice, under one id", async () => {
    const { receiver } = await play("doubled")
    const reports = receiver.deliveries.filter(({ type }) => type === "end-of-call-report")
    assert.deepStrictEqual([reports.length, new Set(reports.map(({ id }) => id)).size], [2, 1])
  })

  it("tool-timeout: the tool has no result, and the call goes on", async () => {
    const { call, callId } = await play("tool-timeout")
    const { artifact } = (await call("GET", `/call/${callId}`)).body
    assert.notStrictEqual(
      artifact.messages.find(({ role }: { role: string }) => role === "tool_call_result").result,
      ""
    )
    assert.include(artifact.transcript, "I cannot see it right now.")
  })
})
