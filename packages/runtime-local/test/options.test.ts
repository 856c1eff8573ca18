/** Options are closed: what nobody reads, and what nobody knows, does not start. */
import { assert, describe, it } from "vitest"
import { rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { type LocalRuntimeOptions, startLocalRuntime } from "../src/index.ts"
import { start } from "./support.ts"

describe("a value that nobody knows", () => {
  const wrong: ReadonlyArray<readonly [options: object, message: string]> = [
    [{ mode: "prod" }, 'mode takes development or production, not "prod". Did you mean production?'],
    [{ mode: "staging" }, 'mode takes development or production, not "staging".'],
    [{ clock: "manuel" }, 'clock takes system or manual, not "manuel". Did you mean manual?'],
    [{ store: "./rows.sqlite" }, 'store takes "memory" or { file }, not "./rows.sqlite".'],
    [{ store: { file: "" } }, "store.file takes the name of a file."],
    [{ store: { path: "x" } }, "store.path is not an option."],
    [{ webhookSchedule: "fast" }, 'webhookSchedule takes standard or instant, not "fast".'],
    [{ webhookSchedule: [1, -1] }, "webhookSchedule takes delays in seconds"],
    [{ webhookOrder: "random" }, 'webhookOrder takes created or shuffled, not "random".'],
    [{ signWith: "fake" }, 'signWith takes real or virtual, not "fake".'],
    [{ listShape: 5 }, "listShape takes 1, 2, 3 or 4, not a number."],
    [{ strict: "false" }, "strict takes true or false, not a string."],
    [{ unsafeExpose: "no" }, "unsafeExpose takes true or false, not a string."],
    [{ port: 65_536 }, "port takes a whole number from 0 to 65535."],
    [{ limits: { bodybytes: 1 } }, "limits.bodybytes is not an option. Did you mean bodyBytes?"],
    [{ rateLimit: { limit: 1, window: 1 } }, "rateLimit.window is not an option."],
    [{ callPace: { rings: 1 } }, "callPace.rings is not an option. Did you mean ring?"],
    [{ apiKeys: [{ key: "k", role: "admin" }] }, 'apiKeys.role takes full or read, not "admin".'],
    [{ seed: "4711" }, "seed takes a whole number."],
    [{ host: 5 }, "host takes a text that is not empty."],
    [{ apiKey: "" }, "apiKey takes visible ASCII characters without a space."],
    [{ apiKeys: [{ key: "a b" }] }, "apiKeys.key takes visible ASCII characters without a space."],
    [{ apiKeys: "sk_1" }, "apiKeys takes a list of texts or { key }."],
    [{ organization: " " }, "organization takes a text that is not empty."],
    [{ organizations: "org_1" }, "organizations takes a list of texts, none of them empty."],
    [{ allowTargets: "staging.example" }, "allowTargets takes a list of texts, none of them empty."],
    [{ toolAllowedHosts: [""] }, "toolAllowedHosts takes a list of texts, none of them empty."],
    [{ webhookSecret: "whsec_short" }, "webhookSecret takes a signing secret"],
    [{ idempotencyTtl: "1h" }, "idempotencyTtl takes milliseconds, 0 or more."],
    [{ resolve: "127.0.0.1" }, "resolve takes a function."],
    [{ rateLimit: 100 }, "rateLimit takes an object."],
    [{ limits: { bodyBytes: "1MB" } }, "limits.bodyBytes takes a number of 0 or more."],
    [{ callPace: { turn: Number.NaN } }, "callPace.turn takes a number of 0 or more."]
  ]
  it("does not start", async () => {
    for (const [options, message] of wrong) {
      // What plain JavaScript, or a file, may hand over.
      const failure = startLocalRuntime(options as LocalRuntimeOptions)
      // oxlint-disable-next-line no-await-in-loop -- a table
      assert.instanceOf(await rejection(failure), TypeError, message)
      // oxlint-disable-next-line no-await-in-loop
      assert.include((await rejection(failure)).message, message)
    }
  })
})

describe("Aywa-Fault", () => {
  const fault = "status;code=503"

  it("needs a key, on every path", async () => {
    const { call } = await start()
    for (const path of ["/assistant", "/health", "/nowhere"]) {
      assert.deepStrictEqual(
        [path, (await call("GET", path, undefined, { fault, apiKey: "nobody" })).status],
        [path, 401]
      )
    }
    assert.strictEqual((await call("GET", "/health", undefined, { fault })).status, 503)
  })

  it.each<readonly [string, LocalRuntimeOptions]>([
    ["in production mode", { mode: "production" }],
    ["where others can reach the runtime", { unsafeExpose: true }]
  ])("is off %s, unless asked for", async (_, options) => {
    const { call } = await start(options)
    const refused = await call("GET", "/assistant", undefined, { fault })
    assert.deepStrictEqual([refused.status, refused.body.code], [403, "fault_header_off"])
    const asked = await start({ ...options, faultHeader: true })
    assert.strictEqual((await asked.call("GET", "/assistant", undefined, { fault })).status, 503)
  })

  it("stalls and refuses for a minute at most", async () => {
    const { call, runtime } = await start()
    for (const action of [
      { type: "stall", ms: 60_001 },
      { type: "refuse", ms: 60_001 }
    ] as const) {
      assert.throws(() => runtime.faults.add({ action }), /60000/)
    }
    assert.throws(() => runtime.faults.refuse(60_001), "refuse takes milliseconds from 0 to 60000")
    assert.include(
      (await rejection(call("GET", "/assistant", undefined, { fault: "stall;ms=10" }))).message,
      "terminated"
    )
  })
})
