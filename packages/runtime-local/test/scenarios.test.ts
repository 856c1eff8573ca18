import * as fs from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { assertMatches, rejection } from "../../runtime-sdk/test/support/assertions.ts"
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
    assert.deepStrictEqual(await outcomes(client, 6), [200, 500, 501, 200, 200, 200])
    client.runtime.faults.clear()
    client.runtime.faults.add({ sequence, repeat: true })
    assert.deepStrictEqual(await outcomes(client, 6), [200, 500, 501, 200, 500, 501])
    assertMatches(client.runtime.faults.list(), [{ hits: 6 }])
    client.runtime.faults.clear()
    client.runtime.faults.add({ sequence, repeat: true, times: 2 })
    assert.deepStrictEqual(await outcomes(client, 4), [200, 500, 200, 200])
  })

  it("holds for a while of the runtime's clock", async () => {
    const client = await start({ clock: "manual" })
    client.runtime.faults.add({ action: { type: "status", code: 503 }, from: 1000, until: 3000 })
    const seen: Array<unknown> = []
    for (let second = 0; second < 5; second++) {
      seen.push(await outcome(client))
      client.runtime.clock.advance(1000)
    }
    assert.deepStrictEqual(seen, [200, 503, 503, 200, 200])
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
      assert.throws(() => runtime.faults.add(rule))
    }
  })
})

describe("a scenario", () => {
  it("comes in the same order for the same seed, and in another for another", async () => {
    const run = async (seed: number) => outcomes(await start({ seed, scenario: "flaky" }), 150)
    const first = await run(7)
    assert.deepStrictEqual(await run(7), first)
    assert.notDeepEqual(await run(8), first)
    assert.deepStrictEqual(new Set(first), new Set([200, 502, 503, "lost"]))
    assert.isAbove(first.filter((one) => one === 200).length, 90)
  })

  it("deploy: 503 for five seconds, then cut connections, then all is well", async () => {
    const client = await start({ scenario: "deploy", clock: "manual" })
    const before = await client.call("GET", "/assistant")
    assert.deepStrictEqual([before.status, before.headers.get("retry-after")], [503, "1"])
    client.runtime.clock.advance(4999)
    assert.strictEqual(await outcome(client), 503)
    client.runtime.clock.advance(1)
    // The three cuts may hit one request more than once: fetch tries a read again on a new connection.
    const seen = await outcomes(client, 5)
    assert.strictEqual(seen[0], "lost")
    assert.strictEqual(seen.at(-1), 200)
  })

  it("lost-response: every second write is done and its answer lost; reads are spared", async () => {
    const client = await start({ scenario: "lost-response" })
    const seen: Array<unknown> = []
    for (let i = 0; i < 6; i++) seen.push(await outcome(client, "POST", "/assistant", { name: `A${i}` }))
    assert.deepStrictEqual(seen, ["lost", 201, "lost", 201, "lost", 201])
    assert.strictEqual(client.runtime.count("assistants"), 6)
    assert.deepStrictEqual(await outcomes(client, 6), [200, 200, 200, 200, 200, 200])
  })

  it("rate-limited: says how long to wait", async () => {
    const client = await start({ scenario: "rate-limited" })
    const { status, headers, body } = await client.call("GET", "/assistant")
    assert.deepStrictEqual([status, headers.get("retry-after"), body.code], [429, "1", "rate_limited"])
    assert.deepStrictEqual(await outcomes(client, 5), [429, 200, 429, 429, 200])
  })

  it("brownout: slow, and at times refused", async () => {
    const client = await start({ scenario: "brownout", seed: 3 })
    const seen = await Promise.all(Array.from({ length: 40 }, () => outcome(client)))
    assert.deepStrictEqual(new Set(seen), new Set([200, 503, 504]))
    assert.isAbove(client.runtime.requests().filter(({ fault }) => fault === "latency before").length, 20)
  })

  it("gives way to rules that were added by themselves", async () => {
    const client = await start({ scenario: "rate-limited" })
    client.runtime.faults.next({ type: "status", code: 418 })
    assert.deepStrictEqual(await outcomes(client, 2), [418, 429])
    assert.lengthOf(client.runtime.faults.list(), 2)
  })

  it("is started, told and stopped by the control API", async () => {
    const client = await start()
    const { body } = await control(client, "GET")
    assert.deepStrictEqual(
      [body.active, body.available.map(({ name }: Scenario) => name)],
      [null, Object.keys(scenarios)]
    )
    const mine = { name: "mine", rules: [{ action: { type: "status", code: 418 }, match: { path: "/tool" } }] }
    assert.deepStrictEqual((await control(client, "PUT", mine)).body.active, mine)
    assert.deepStrictEqual([await outcome(client), await outcome(client, "GET", "/tool")], [200, 418])
    assert.strictEqual((await control(client, "PUT", { name: "rate-limited" })).body.active.name, "rate-limited")
    assert.deepStrictEqual([await outcome(client), await outcome(client, "GET", "/tool")], [429, 429])
    assert.isNull((await control(client, "DELETE")).body.active)
    assert.strictEqual(await outcome(client), 200)
    for (const wrong of [
      {},
      { name: "none" },
      { name: "x", rules: [{}] },
      { name: "x", rules: [{ action: "reset", tims: 1 }] },
      []
    ]) {
      assert.deepStrictEqual([wrong, (await control(client, "PUT", wrong)).status], [wrong, 400])
    }
    client.runtime.scenarios.start("flaky")
    client.runtime.reset()
    assert.isNull((await control(client, "GET")).body.active)
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
    assert.deepStrictEqual(first.filter((_, index) => index % 2 === 0).slice(0, 4), [503, 201, 503, 201])
    assert.deepStrictEqual(new Set(first.filter((_, index) => index % 2 === 1)), new Set([404, 500]))
    assert.deepStrictEqual(await run(), first)
    assert.strictEqual(readScenario("deploy"), scenarios.deploy)
  })

  it("that is none is refused, by name of the file", async () => {
    const cases = [
      ["nowhere.json", /neither a file that can be read nor one of flaky/],
      [file("{"), /file\.json: /],
      [file({ name: "x", rules: [{ action: "explode" }] }), /file\.json: Not a scenario/],
      [file({ rules: [] }), /name/]
    ] as const
    for (const [name, message] of cases) assert.throws(() => readScenario(name), message)
    // @ts-expect-error -- no such name
    assert.match((await rejection(start({ scenario: "none" }))).message, /There is no scenario "none"; there are flaky/)
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
    assertMatches(body, [{ id: "support", orgId: runtime.organizationId }, { name: "No id" }])
    assertMatches((await call("GET", "/phone-number/main")).body, { status: "active", assistantId: "support" })
    assert.strictEqual((await call("DELETE", "/assistant/support")).status, 409)
    assert.strictEqual((await call("POST", "/phone-number", { provider: "vapi", number: "+14155550100" })).status, 409)
    assert.notInclude((await call("GET", "/credential/cred")).text, "sk-1")
  })

  it("stay as they were changed over a restart of the process", async () => {
    const store = { file: temporaryFile() }
    const first = await start({ store, rows, apiKey: "sk_1" })
    await first.call("PATCH", "/assistant/support", { name: "Changed" })
    await first.runtime.close()
    const second = await start({ store, rows, apiKey: "sk_1" })
    const { body } = await second.call("GET", "/assistant")
    assert.deepStrictEqual(
      body.map(({ name }: { name: string }) => name),
      ["Changed", "No id"]
    )
  })

  it("that are wrong are refused, all of them, with the place", async () => {
    const cases = [
      [{ squads: [] }, /There are no rows of squads; there are assistants/],
      [{ assistants: {} }, /assistants: expected a list/],
      [{ assistants: [{}, { name: 5 }] }, /assistants\[1\]: name: /],
      [[], /by resource/]
    ] as const
    for (const [wrong, message] of cases) {
      assert.throws(() => readSeedRows(file(wrong)), message)
      // @ts-expect-error -- refused by the types, too
      assert.match((await rejection(start({ rows: wrong }))).message, message)
    }
    assert.throws(() => readSeedRows("nowhere.json"), /nowhere\.json cannot be read/)
  })
})
