/** Canaries: a secret stands in every string that is not named as public, and no answer shows it. */
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { receive } from "./receiver.ts"
import { start } from "./support.ts"

const canary = (at: string) => `canary-${at}`

describe("a credential", () => {
  it("shows the fields that are named as public, and a mask in place of every other string", async () => {
    const { call, runtime } = await start()
    const open = {
      provider: "webhook",
      name: "mine",
      authenticationPlan: { type: "bearer", headerName: "X-Key", includeTimestamp: true },
      gateways: [{ ip: "192.0.2.1", port: 5060 }]
    }
    const created = await call("POST", "/credential", {
      ...open,
      hushHush: canary("unknown"),
      bearerValue: canary("bearer"),
      authenticationPlan: { ...open.authenticationPlan, token: canary("token"), extra: { deep: [canary("deep")] } },
      gateways: [{ ...open.gateways[0], note: canary("gateway") }],
      headers: { "x-anything": canary("header") },
      region: `https://user:${canary("url")}@host.example/`
    })
    assert.strictEqual(created.status, 201)
    const { id } = created.body
    const answers = [created, await call("GET", `/credential/${id}`), await call("GET", "/credential")]
    for (const { text } of answers) assert.notInclude(text, "canary-")
    assertMatches(created.body, open)
    assert.notInclude(JSON.stringify(runtime.rows("credentials")), "canary-")
    // What was read may be written back: every mask stands for what was there.
    const back = await call("PATCH", `/credential/${id}`, {
      authenticationPlan: created.body.authenticationPlan,
      hushHush: created.body.hushHush
    })
    assert.deepStrictEqual([back.status, back.body.authenticationPlan], [200, created.body.authenticationPlan])
  })
})

describe("what receivers and the log get of an assistant", () => {
  it("has neither values of its servers' headers nor user info of URLs", async () => {
    const client = await start({ webhookSchedule: [] })
    const receiver = await receive()
    const { body } = await client.call("POST", "/assistant", {
      name: "a",
      server: { url: receiver.url, headers: { "x-plain": canary("header") } },
      voicemailMessage: "hello",
      metadata: { link: `https://user:${canary("url")}@host.example/path` }
    })
    await client.runtime.trigger({ type: "status-update", assistant: body.id })
    const [delivery] = await receiver.count(1)
    // Its server gets its header, and nobody reads it in a body or in the log.
    assert.strictEqual(delivery?.headers["x-plain"], canary("header"))
    assert.notInclude(delivery?.raw.toString(), "canary-")
    await client.runtime.webhooks.idle()
    const { items } = (await client.call("GET", "/logs/webhooks")).body
    assert.notInclude((await client.call("GET", `/logs/webhooks/${items[0].id}`)).text, "canary-")
  })
})
