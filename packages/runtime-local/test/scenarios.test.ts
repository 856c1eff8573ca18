import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { readScenario, readSeedRows, type Scenario, scenarios } from "../src/index.ts"
import { type Client, start, temporaryFile } from "./support.ts"

/** What a request came to: its status, or that there was no whole answer. */
const outcome = (client: Client, method = "GET", target = "/assistant", body?: unknown) =>
  client.call(method, target, body).then(
    ({ status }) => status,
    () => "lost" as const
  )

const outcomes = async (client: Client, count: number) => {
  const seen: Array<number | "lost"> = []
  // One after the other: the order of requests is what makes faults repeatable.
  // oxlint-disable-next-line no-await-in-loop
  for (let i = 0; i < count; i++) seen.push(await outcome(client))
  return seen
}

const control = ({ runtime, call }: Client, method: string, body?: unknown) =>
  call(method, "/__aywa/scenario", body, { apiKey: runtime.controlToken })

const file = (content: unknown): string => {
  const name = path.join(path.dirname(temporaryFile()), "file.json")
  fs.writeFileSync(name, typeof content === "string" ? content : JSON.stringify(content))
  return name
}

describe("a rule", () => {
  it("goes through a sequence, once or again and again", async () => {
    const client = await start()
    const sequence = ["pass", { type: "status", code: 500 }, { type: "status", code: 501 }] as const
    client.runtime.faults.add({ sequence })
    expect(await outcomes(client, 6)).toEqual([200, 500, 501, 200, 200, 200])
    client.runtime.faults.clear()
    client.runtime.faults.add({ sequence, repeat: true })
    expect(await outcomes(client, 6)).toEqual([200, 500, 501, 200, 500, 501])
    expect(client.runtime.faults.list()).toMatchObject([{ hits: 6 }])
    client.runtime.faults.clear()
    client.runtime.faults.add({ sequence, repeat: true, times: 2 })
    expect(await outcomes(client, 4)).toEqual([200, 500, 200, 200])
  })

  it("holds for a while of the runtime's clock", async () => {
    const client = await start({ clock: "manual" })
    client.runtime.faults.add({ action: { type: "status", code: 503 }, from: 1000, until: 3000 })
    const seen: Array<unknown> = []
    for (let second = 0; second < 5; second++) {
      seen.push(await outcome(client))
      client.runtime.clock.advance(1000)
    }
    expect(seen).toEqual([200, 503, 503, 200, 200])
  })

  it("has an action or a sequence, not both and not neither", async () => {
    const { runtime } = await start()
    for (const rule of [
      {},
      { action: "reset", sequence: ["reset"] },
      { sequence: [] },
      { sequence: ["explode"] },
      { action: "pass" }
    ]) {
      // @ts-expect-error -- rules that the types refuse, too
      expect(() => runtime.faults.add(rule)).toThrow()
    }
  })
})

describe("a scenario", () => {
  it("comes in the same order for the same seed, and in another for another", async () => {
    const run = async (seed: number) => outcomes(await start({ seed, scenario: "flaky" }), 150)
    const first = await run(7)
    expect(await run(7)).toEqual(first)
    expect(await run(8)).not.toEqual(first)
    expect(new Set(first)).toEqual(new Set([200, 502, 503, "lost"]))
    expect(first.filter((one) => one === 200).length).toBeGreaterThan(90)
  })

  it("deploy: 503 for five seconds, then cut connections, then all is well", async () => {
    const client = await start({ scenario: "deploy", clock: "manual" })
    const before = await client.call("GET", "/assistant")
    expect([before.status, before.headers.get("retry-after")]).toEqual([503, "1"])
    client.runtime.clock.advance(4999)
    expect(await outcome(client)).toBe(503)
    client.runtime.clock.advance(1)
    // The three cuts may hit one request more than once: fetch tries a read again on a new connection.
    const seen = await outcomes(client, 5)
    expect(seen[0]).toBe("lost")
    expect(seen.at(-1)).toBe(200)
  })

  it("lost-response: every second write is done and its answer lost; reads are spared", async () => {
    const client = await start({ scenario: "lost-response" })
    const seen: Array<unknown> = []
    for (let i = 0; i < 6; i++) seen.push(await outcome(client, "POST", "/assistant", { name: `A${i}` }))
    expect(seen).toEqual(["lost", 201, "lost", 201, "lost", 201])
    expect(client.runtime.count("assistants")).toBe(6)
    expect(await outcomes(client, 6)).toEqual([200, 200, 200, 200, 200, 200])
  })

  it("rate-limited: says how long to wait", async () => {
    const client = await start({ scenario: "rate-limited" })
    const { status, headers, body } = await client.call("GET", "/assistant")
    expect([status, headers.get("retry-after"), body.code]).toEqual([429, "1", "rate_limited"])
    expect(await outcomes(client, 5)).toEqual([429, 200, 429, 429, 200])
  })

  it("brownout: slow, and at times refused", async () => {
    const client = await start({ scenario: "brownout", seed: 3 })
    const seen = await Promise.all(Array.from({ length: 40 }, () => outcome(client)))
    expect(new Set(seen)).toEqual(new Set([200, 503, 504]))
    expect(client.runtime.requests().filter(({ fault }) => fault === "latency before").length).toBeGreaterThan(20)
  })

  it("gives way to rules that were added by themselves", async () => {
    const client = await start({ scenario: "rate-limited" })
    client.runtime.faults.next({ type: "status", code: 418 })
    expect(await outcomes(client, 2)).toEqual([418, 429])
    expect(client.runtime.faults.list()).toHaveLength(2)
  })

  it("is started, told and stopped by the control API", async () => {
    const client = await start()
    const { body } = await control(client, "GET")
    expect([body.active, body.available.map(({ name }: Scenario) => name)]).toEqual([null, Object.keys(scenarios)])
    const mine = { name: "mine", rules: [{ action: { type: "status", code: 418 }, match: { path: "/tool" } }] }
    expect((await control(client, "PUT", mine)).body.active).toEqual(mine)
    expect([await outcome(client), await outcome(client, "GET", "/tool")]).toEqual([200, 418])
    expect((await control(client, "PUT", { name: "rate-limited" })).body.active.name).toBe("rate-limited")
    expect([await outcome(client), await outcome(client, "GET", "/tool")]).toEqual([429, 429])
    expect((await control(client, "DELETE")).body.active).toBeNull()
    expect(await outcome(client)).toBe(200)
    for (const wrong of [
      {},
      { name: "none" },
      { name: "x", rules: [{}] },
      { name: "x", rules: [{ action: "reset", tims: 1 }] },
      []
    ]) {
      expect([wrong, (await control(client, "PUT", wrong)).status]).toEqual([wrong, 400])
    }
    client.runtime.scenarios.start("flaky")
    client.runtime.reset()
    expect((await control(client, "GET")).body.active).toBeNull()
  })

  it("comes from a file, by chance, in sequence and by route", async () => {
    const scenario = readScenario(
      file({
        name: "mine",
        seed: 5,
        rules: [
          {
            match: { method: "POST", path: "/assistant" },
            sequence: [{ type: "status", code: 503 }, "pass"],
            repeat: true
          },
          { match: { path: "/tool/*" }, action: { type: "status", code: 500 }, probability: 0.5 }
        ]
      })
    )
    const run = async () => {
      const client = await start({ scenario })
      const seen: Array<unknown> = []
      for (let i = 0; i < 12; i++) {
        seen.push(await outcome(client, "POST", "/assistant", {}), await outcome(client, "GET", "/tool/x"))
      }
      return seen
    }
    const first = await run()
    expect(first.filter((_, index) => index % 2 === 0).slice(0, 4)).toEqual([503, 201, 503, 201])
    expect(new Set(first.filter((_, index) => index % 2 === 1))).toEqual(new Set([404, 500]))
    expect(await run()).toEqual(first)
    expect(readScenario("deploy")).toBe(scenarios.deploy)
  })

  it("that is none is refused, by name of the file", async () => {
    const cases = [
      ["nowhere.json", /neither a file that can be read nor one of flaky/],
      [file("{"), /file\.json: /],
      [file({ name: "x", rules: [{ action: "explode" }] }), /file\.json: Not a scenario/],
      [file({ rules: [] }), /name/]
    ] as const
    for (const [name, message] of cases) expect(() => readScenario(name)).toThrow(message)
    // @ts-expect-error -- no such name
    await expect(start({ scenario: "none" })).rejects.toThrow(/There is no scenario "none"; there are flaky/)
  })
})

describe("rows to begin with", () => {
  const rows = {
    assistants: [
      { id: "support", name: "Support", model: { provider: "openai", model: "m", toolIds: ["end"] } },
      { name: "No id" }
    ],
    tools: [{ id: "end", type: "endCall" }],
    phoneNumbers: [{ id: "main", provider: "vapi", number: "+14155550100", assistantId: "support" }],
    credentials: [{ id: "cred", provider: "openai", apiKey: "sk-1" }]
  }

  it("are there, with their ids, and follow the rules of other rows", async () => {
    const { call, runtime } = await start({ rows: readSeedRows(file(rows)) })
    const { body } = await call("GET", "/assistant")
    expect(body).toMatchObject([{ id: "support", orgId: runtime.organizationId }, { name: "No id" }])
    expect((await call("GET", "/phone-number/main")).body).toMatchObject({ status: "active", assistantId: "support" })
    expect((await call("DELETE", "/assistant/support")).status).toBe(409)
    expect((await call("POST", "/phone-number", { provider: "vapi", number: "+14155550100" })).status).toBe(409)
    expect((await call("GET", "/credential/cred")).text).not.toContain("sk-1")
  })

  it("stay as they were changed over a restart of the process", async () => {
    const store = { file: temporaryFile() }
    const first = await start({ store, rows, apiKey: "sk_1" })
    await first.call("PATCH", "/assistant/support", { name: "Changed" })
    await first.runtime.close()
    const second = await start({ store, rows, apiKey: "sk_1" })
    const { body } = await second.call("GET", "/assistant")
    expect(body.map(({ name }: { name: string }) => name)).toEqual(["Changed", "No id"])
  })

  it("that are wrong are refused, all of them, with the place", async () => {
    const cases = [
      [{ squads: [] }, /There are no rows of squads; there are assistants/],
      [{ assistants: {} }, /assistants: expected a list/],
      [{ assistants: [{}, { name: 5 }] }, /assistants\[1\]: name: /],
      [[], /by resource/]
    ] as const
    for (const [wrong, message] of cases) {
      expect(() => readSeedRows(file(wrong))).toThrow(message)
      // @ts-expect-error -- refused by the types, too
      await expect(start({ rows: wrong })).rejects.toThrow(message)
    }
    expect(() => readSeedRows("nowhere.json")).toThrow(/nowhere\.json cannot be read/)
  })
})
