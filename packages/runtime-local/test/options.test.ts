/** Options are closed: what nobody reads, and what nobody knows, does not start. */
import { describe, expect, it } from "vitest"
import { type LocalRuntimeOptions, startLocalRuntime } from "../src/index.ts"
import { start } from "./support.ts"

describe("a value that nobody knows", () => {
  it.each<readonly [name: string, options: object, message: string]>([
    ["mode", { mode: "prod" }, 'mode takes development or production, not "prod". Did you mean production?'],
    ["mode", { mode: "staging" }, 'mode takes development or production, not "staging".'],
    ["clock", { clock: "manuel" }, 'clock takes system or manual, not "manuel". Did you mean manual?'],
    ["store", { store: "./rows.sqlite" }, 'store takes "memory" or { file }, not "./rows.sqlite".'],
    ["store.file", { store: { file: "" } }, "store.file takes the name of a file."],
    ["a name in store", { store: { path: "x" } }, "store.path is not an option."],
    ["webhookSchedule", { webhookSchedule: "fast" }, 'webhookSchedule takes standard or instant, not "fast".'],
    ["a delay", { webhookSchedule: [1, -1] }, "webhookSchedule takes delays in seconds"],
    ["webhookOrder", { webhookOrder: "random" }, 'webhookOrder takes created or shuffled, not "random".'],
    ["signWith", { signWith: "fake" }, 'signWith takes real or virtual, not "fake".'],
    ["listShape", { listShape: 5 }, "listShape takes 1, 2, 3 or 4, not a number."],
    ["strict", { strict: "false" }, "strict takes true or false, not a string."],
    ["unsafeExpose", { unsafeExpose: "no" }, "unsafeExpose takes true or false, not a string."],
    ["port", { port: 65_536 }, "port takes a whole number from 0 to 65535."],
    ["a limit", { limits: { bodybytes: 1 } }, "limits.bodybytes is not an option. Did you mean bodyBytes?"],
    ["a rate", { rateLimit: { limit: 1, window: 1 } }, "rateLimit.window is not an option."],
    ["the pace", { callPace: { rings: 1 } }, "callPace.rings is not an option. Did you mean ring?"],
    ["a role", { apiKeys: [{ key: "k", role: "admin" }] }, 'apiKeys.role takes full or read, not "admin".']
  ])("%s", async (_, options, message) => {
    // What plain JavaScript, or a file, may hand over.
    const given = options as LocalRuntimeOptions
    await expect(startLocalRuntime(given)).rejects.toThrow(TypeError)
    await expect(startLocalRuntime(given)).rejects.toThrow(message)
  })
})

describe("Aywa-Fault", () => {
  const fault = "status;code=503"

  it("needs a key, on every path", async () => {
    const { call } = await start()
    for (const path of ["/assistant", "/health", "/nowhere"]) {
      expect([path, (await call("GET", path, undefined, { fault, apiKey: "nobody" })).status]).toEqual([path, 401])
    }
    expect((await call("GET", "/health", undefined, { fault })).status).toBe(503)
  })

  it.each<readonly [string, LocalRuntimeOptions]>([
    ["in production mode", { mode: "production" }],
    ["where others can reach the runtime", { unsafeExpose: true }]
  ])("is off %s, unless asked for", async (_, options) => {
    const { call } = await start(options)
    const refused = await call("GET", "/assistant", undefined, { fault })
    expect([refused.status, refused.body.code]).toEqual([403, "fault_header_off"])
    const asked = await start({ ...options, faultHeader: true })
    expect((await asked.call("GET", "/assistant", undefined, { fault })).status).toBe(503)
  })

  it("stalls and refuses for a minute at most", async () => {
    const { call, runtime } = await start()
    for (const action of [
      { type: "stall", ms: 60_001 },
      { type: "refuse", ms: 60_001 }
    ] as const) {
      expect(() => runtime.faults.add({ action })).toThrow(/60000/)
    }
    expect(() => runtime.faults.refuse(60_001)).toThrow("refuse takes milliseconds from 0 to 60000")
    await expect(call("GET", "/assistant", undefined, { fault: "stall;ms=10" })).rejects.toThrow("terminated")
  })
})
