import { findReferences, rewriteReferences } from "@aywa-ai/runtime-sdk/contract"
import * as fc from "fast-check"
import * as fs from "node:fs"
import { assert, describe, it } from "vitest"
import { assertMatches, eventually } from "../../runtime-sdk/test/support/assertions.ts"
import { type Client, type Reply, start, temporaryFile } from "./support.ts"

const fixture = (name: string) => JSON.parse(fs.readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8"))

const importVapi = (client: Client, bundle: unknown, query = "", options = {}) =>
  client.call("POST", `/imports/vapi${query}`, bundle, options)

interface Mapping {
  readonly resource: string
  readonly sourceId: string
  readonly runtimeId?: string
  readonly action: string
  readonly warnings: ReadonlyArray<string>
}

const mappingsOf = ({ body }: Reply): ReadonlyArray<Mapping> => body.mappings
const idOf = (reply: Reply, sourceId: string) =>
  mappingsOf(reply).find((mapping) => mapping.sourceId === sourceId)?.runtimeId
const actions = (reply: Reply) => mappingsOf(reply).map(({ sourceId, action }) => `${sourceId} ${action}`)

describe("an import", () => {
  it("makes rows with ids of the runtime and says which is which", async () => {
    const client = await start()
    const bundle = fixture("bundle.minimal.json")
    const reply = await importVapi(client, bundle)
    assert.deepStrictEqual([reply.status, reply.body.source, reply.body.status], [201, "vapi", "completed"])
    assert.deepStrictEqual(reply.body.counts, { created: 2, updated: 0, unchanged: 0, skipped: 0 })
    const [assistant, number] = [bundle.assistants[0], bundle.phoneNumbers[0]]
    const row = (await client.call("GET", `/assistant/${idOf(reply, assistant.id)}`)).body
    const { id, orgId, createdAt, updatedAt, latestVersion, ...fields } = assistant
    assertMatches(row, fields)
    assert.strictEqual(row.orgId, client.runtime.organizationId)
    assert.notInclude([row.id, row.createdAt, row.latestVersion], id)
    assert.notInclude([orgId, createdAt, updatedAt], row.createdAt)
    assert.isNull(latestVersion)
    const stored = (await client.call("GET", `/phone-number/${idOf(reply, number.id)}`)).body
    assertMatches(stored, { number: number.number, assistantId: row.id })
  })

  it("keeps the order of the bundle, fields that nobody knows, and null apart from absent", async () => {
    const client = await start()
    const assistants = ["a", "b", "c"].map((id) => ({ id, name: id, futureField: { deep: [1, null] }, voice: null }))
    await importVapi(client, { assistants })
    const { body } = await client.call("GET", "/assistant")
    assert.deepStrictEqual(
      body.map((row: { name: string }) => row.name),
      ["a", "b", "c"]
    )
    assertMatches(body[0], { futureField: { deep: [1, null] }, voice: null })
    assert.isFalse(Object.hasOwn(body[0], "model"))
    // What was kept can be written back.
    assert.strictEqual((await client.call("PATCH", `/assistant/${body[0].id}`, { futureField: 1 })).status, 200)
  })

  it("lists rows by the very instant that they say", async () => {
    const client = await start()
    await importVapi(client, { tools: Array.from({ length: 2000 }, (_, n) => ({ id: `t${n}`, type: "endCall" })) })
    const [first] = (await client.call("GET", "/tool?limit=1")).body
    assert.lengthOf((await client.call("GET", `/tool?limit=5&createdAtLe=${first.createdAt}`)).body, 5)
    assert.lengthOf((await client.call("GET", `/tool?limit=5&createdAtLt=${first.createdAt}`)).body, 0)
  })

  it("rewrites references by id in circles, and leaves what only looks like one", async () => {
    const client = await start()
    const reply = await importVapi(client, {
      assistants: [
        {
          id: "as1",
          name: "One",
          model: { provider: "openai", model: "m", toolIds: ["to1"] },
          metadata: { note: "to1" }
        },
        { id: "as2", artifactPlan: { structuredOutputIds: ["so1"] } }
      ],
      tools: [
        {
          id: "to1",
          type: "handoff",
          destinations: [
            { type: "assistant", assistantId: "as2" },
            { type: "assistant", assistantId: "as1" }
          ]
        }
      ],
      structuredOutputs: [{ id: "so1", name: "S", type: "ai", schema: { type: "object" }, assistantIds: ["as2"] }],
      phoneNumbers: [{ id: "ph1", provider: "vapi", number: "+14155550100", assistantId: "as1" }]
    })
    assert.strictEqual(reply.body.status, "completed")
    const id = (source: string) => idOf(reply, source)
    const get = async (path: string, source: string) => (await client.call("GET", `/${path}/${id(source)}`)).body
    assertMatches(await get("assistant", "as1"), { model: { toolIds: [id("to1")] }, metadata: { note: "to1" } })
    assert.deepStrictEqual((await get("tool", "to1")).destinations, [
      { type: "assistant", assistantId: id("as2") },
      { type: "assistant", assistantId: id("as1") }
    ])
    assert.deepStrictEqual((await get("assistant", "as2")).artifactPlan.structuredOutputIds, [id("so1")])
    assert.deepStrictEqual((await get("structured-output", "so1")).assistantIds, [id("as2")])
    assert.strictEqual((await get("phone-number", "ph1")).assistantId, id("as1"))
    // The references count: what is referred to cannot be deleted.
    assert.strictEqual((await client.call("DELETE", `/assistant/${id("as1")}`)).status, 409)
  })

  it("keeps and reports references to nothing", async () => {
    const client = await start()
    const bundle = fixture("bundle.dangling-refs.json")
    const reply = await importVapi(client, bundle)
    assert.strictEqual(reply.body.status, "completed_with_warnings")
    const known = new Set(
      ["assistants", "phoneNumbers", "tools", "credentials"].flatMap((name) =>
        bundle[name].map(({ id }: { id: string }) => id)
      )
    )
    const kinds = { assistant: "assistants", tool: "tools", "phone-number": "phoneNumbers" } as const
    const expected = Object.entries(kinds).flatMap(([resource, name]) =>
      bundle[name].flatMap((row: { id: string }) =>
        // The second phone number has the number of the first and is skipped.
        row.id === bundle.phoneNumbers[1].id
          ? []
          : findReferences(name, row as never)
              .filter(({ value }) => !known.has(value))
              .map(({ at, to, value }) => ({ resource, sourceId: row.id, path: at, to, value }))
      )
    )
    const sorted = (list: ReadonlyArray<unknown>) => list.map((item) => JSON.stringify(item)).sort()
    assert.deepStrictEqual(sorted(reply.body.unresolved), sorted(expected))
    assert.isAbove(expected.length, 5)
    const number = (await client.call("GET", `/phone-number/${idOf(reply, bundle.phoneNumbers[0].id)}`)).body
    assert.strictEqual(number.credentialId, bundle.phoneNumbers[0].credentialId)
    assertMatches(
      mappingsOf(reply).find(({ sourceId }) => sourceId === bundle.phoneNumbers[1].id),
      {
        action: "skipped",
        warnings: [/has its number already/]
      }
    )
    const assistant = mappingsOf(reply).find(({ sourceId }) => sourceId === bundle.assistants[0].id)
    const kept = /^model\.toolIds\[0\]: kept, but neither/
    assert.isTrue(
      assistant?.warnings.some((warning: string) => kept.test(warning)),
      assistant?.warnings.join("\n")
    )
  })

  it("says so of names: kept, missing, or more than one", async () => {
    const client = await start()
    await client.call("POST", "/assistant", { name: "Mine" })
    const to = (id: string, assistantName: string) => ({
      id,
      type: "transferCall",
      destinations: [{ type: "assistant", assistantName }]
    })
    const assistants = [
      { id: "1", name: "Once" },
      { id: "2", name: "Twice" },
      { id: "3", name: "Twice" },
      { id: "4", name: "Mine" }
    ]
    const tools = ["Once", "Twice", "Mine", "Never"].map((name) => to(`to ${name}`, name))
    const reply = await importVapi(client, { assistants, tools })
    const warnings = Object.fromEntries(mappingsOf(reply).map(({ sourceId, warnings }) => [sourceId, warnings]))
    assert.deepStrictEqual(warnings["to Once"], [])
    assertMatches(warnings["to Twice"], [/2 assistants of the bundle have the name "Twice"/])
    assertMatches(warnings["to Mine"], [/another assistant of this organization/])
    assertMatches(reply.body.unresolved, [{ sourceId: "to Never", to: "assistants", value: "Never" }])
  })

  it("rewrites names when the row has another name here", async () => {
    const client = await start()
    const assistants = [{ id: "1", name: "Order Desk" }]
    const tools = [
      { id: "t", type: "transferCall", destinations: [{ type: "assistant", assistantName: "Order Desk" }] }
    ]
    const first = await importVapi(client, { assistants, tools })
    await client.call("PATCH", `/assistant/${idOf(first, "1")}`, { name: "Orders" })
    const second = await importVapi(client, { assistants, tools })
    assert.deepStrictEqual(actions(second), ["t updated", "1 unchanged"])
    assert.strictEqual(
      (await client.call("GET", `/tool/${idOf(first, "t")}`)).body.destinations[0].assistantName,
      "Orders"
    )
  })
})

describe("secrets", () => {
  it("do not come along: credentials are disabled, and what to supply is named", async () => {
    const client = await start()
    const credentials = [
      {
        id: "c1",
        provider: "webhook",
        name: "Hook",
        authenticationPlan: { type: "bearer", token: "[REDACTED]", headerName: "X" }
      },
      { id: "c2", provider: "custom-credential", authenticationPlan: { type: "hmac", algorithm: "sha256" } },
      { id: "c3", provider: "twilio", accountSid: "AC1" },
      { id: "c4", provider: "openai", apiKey: "sk-leaked" },
      {
        id: "c5",
        provider: "byo-sip-trunk",
        gateways: [{ ip: "10.0.0.1" }],
        outboundAuthenticationPlan: { authUsername: "u" }
      }
    ]
    const reply = await importVapi(client, {
      credentials,
      tools: [{ id: "t", type: "apiRequest", method: "GET", url: "https://x.example", credentialId: "c1" }]
    })
    assert.deepStrictEqual(
      reply.body.secretsNeeded.map((one: { sourceId: string; fields: string }) => [one.sourceId, one.fields]),
      [
        ["c1", ["authenticationPlan.token"]],
        ["c2", ["authenticationPlan.secretKey"]],
        ["c3", ["authToken"]],
        ["c4", ["apiKey"]],
        ["c5", ["outboundAuthenticationPlan.authPassword"]]
      ]
    )
    assert.deepStrictEqual(mappingsOf(reply)[0]?.warnings, [
      "created disabled: supply authenticationPlan.token and set enabled to true"
    ])
    const { text, body } = await client.call("GET", `/credential/${idOf(reply, "c1")}`)
    assertMatches(body, {
      enabled: false,
      name: "Hook",
      authenticationPlan: { type: "bearer", headerName: "X" }
    })
    assert.notInclude(text, "REDACTED")
    assert.strictEqual((await client.call("GET", `/tool/${idOf(reply, "t")}`)).body.credentialId, idOf(reply, "c1"))
    assert.notInclude(reply.text, "sk-leaked")
    assert.notInclude(JSON.stringify(client.runtime.rows("credentials")), "sk-leaked")
    // Supplied by the operator: the next import neither asks again nor takes it away.
    const supplied = { authenticationPlan: { type: "bearer", token: "tok_1", headerName: "X" }, enabled: true }
    assert.strictEqual((await client.call("PATCH", `/credential/${idOf(reply, "c1")}`, supplied)).status, 200)
    const again = await importVapi(client, { credentials: credentials.slice(0, 1) })
    assert.deepStrictEqual([again.body.status, actions(again)], ["completed", ["c1 unchanged"]])
    assert.isTrue((await client.call("GET", `/credential/${idOf(reply, "c1")}`)).body.enabled)
  })

  it("of other rows are named, too", async () => {
    const client = await start()
    const reply = await importVapi(client, {
      assistants: [
        {
          id: "a",
          isServerUrlSecretSet: true,
          server: { url: "https://x.example", secret: "s1" },
          credentials: [{ provider: "openai", apiKey: "s2" }]
        }
      ],
      phoneNumbers: [
        { id: "p", provider: "twilio", number: "+14155550100", twilioAccountSid: "AC", twilioAuthToken: "s3" },
        { id: "q", provider: "vapi", sipUri: "sip:a@b", authentication: { username: "user", password: "s4" } }
      ]
    })
    assert.deepStrictEqual(
      reply.body.secretsNeeded.map((one: { fields: string }) => one.fields),
      [["server.secret", "credentials[0].apiKey", "serverUrlSecret"], ["twilioAuthToken"], ["authentication.password"]]
    )
    const stored = JSON.stringify([client.runtime.rows("assistants"), client.runtime.rows("phoneNumbers"), reply.body])
    for (const secret of ["s1", "s2", "s3", "s4"]) assert.notInclude(stored, `"${secret}"`)
    assert.include(stored, '"username":"user"')
  })

  it("a Twilio number whose server has a secret needs both", async () => {
    const client = await start()
    const number = { id: "p", provider: "twilio", number: "+14155550100", twilioAccountSid: "AC" }
    const reply = await importVapi(client, { phoneNumbers: [{ ...number, isServerUrlSecretSet: true }] })
    assert.deepStrictEqual(reply.body.secretsNeeded[0].fields, ["serverUrlSecret", "twilioAuthToken"])
  })
})

describe("importing again", () => {
  const bundle = {
    assistants: [
      { id: "a", name: "A", firstMessage: "Hello", model: { provider: "openai", model: "m", toolIds: ["t"] } }
    ],
    tools: [{ id: "t", type: "endCall" }]
  }

  it("changes nothing, in a file and after a restart", async () => {
    const client = await start({ store: { file: temporaryFile() } })
    const first = await importVapi(client, bundle)
    const before = (await client.call("GET", "/assistant")).text
    await client.runtime.restart()
    // fetch may still hold a connection of before.
    await eventually(async () => assert.strictEqual((await client.call("GET", "/health")).status, 200))
    const second = await importVapi(client, bundle)
    assert.deepStrictEqual(actions(second), ["t unchanged", "a unchanged"])
    assert.notStrictEqual(second.body.id, first.body.id)
    assert.strictEqual((await client.call("GET", "/assistant")).text, before)
    assert.strictEqual(client.runtime.count("assistants"), 1)
  })

  it("takes over what the source changed, and leaves what was changed here", async () => {
    const client = await start()
    const first = await importVapi(client, bundle)
    const path = `/assistant/${idOf(first, "a")}`
    await client.call("PATCH", path, { firstMessage: "Mine", voicemailMessage: "Also mine" })
    const { name, ...rest } = bundle.assistants[0]!
    const second = await importVapi(client, { assistants: [{ ...rest, endCallMessage: "Bye" }] })
    assert.deepStrictEqual([actions(second), mappingsOf(second)[0]?.warnings], [["a updated"], []])
    const { body } = await client.call("GET", path)
    assertMatches(body, { firstMessage: "Mine", voicemailMessage: "Also mine", endCallMessage: "Bye" })
    assert.deepStrictEqual([name, Object.hasOwn(body, "name")], ["A", false])
    // The tool was in the first bundle only; it is still known.
    assert.deepStrictEqual(body.model.toolIds, [idOf(first, "t")])
    const third = await importVapi(client, { assistants: [{ ...rest, firstMessage: "Theirs" }] })
    assert.deepStrictEqual(mappingsOf(third)[0]?.warnings, [
      "firstMessage: it was changed here, too; what the source has stands"
    ])
    assert.strictEqual((await client.call("GET", path)).body.firstMessage, "Theirs")
  })

  it("makes a row anew that was deleted here, and points to the new one", async () => {
    const client = await start()
    const first = await importVapi(client, { ...bundle, assistants: [] })
    await client.call("DELETE", `/tool/${idOf(first, "t")}`)
    const second = await importVapi(client, bundle)
    assert.deepStrictEqual(actions(second), ["t created", "a created"])
    assertMatches(mappingsOf(second)[0]?.warnings, [/deleted here since/])
    assert.notStrictEqual(idOf(second, "t"), idOf(first, "t"))
    const { body } = await client.call("GET", `/assistant/${idOf(second, "a")}`)
    assert.deepStrictEqual(body.model.toolIds, [idOf(second, "t")])
  })

  it("from another source, or into another organization, makes rows of their own", async () => {
    const client = await start()
    await importVapi(client, bundle)
    const other = await client.call("POST", "/imports", { source: "staging", bundle })
    assert.deepStrictEqual(
      [other.status, other.body.source, actions(other)],
      [201, "staging", ["t created", "a created"]]
    )
    const { key } = client.runtime.addKey({ organization: "org_other" })
    assert.deepStrictEqual(actions(await importVapi(client, bundle, "", { apiKey: key })), ["t created", "a created"])
    assert.strictEqual(client.runtime.count("assistants"), 3)
  })
})

describe("what cannot be imported", () => {
  it("is skipped, row by row, with the reason", async () => {
    const client = await start()
    const reply = await importVapi(client, {
      assistants: [{ name: "no id" }, { id: "x", name: 5 }, { id: "y" }, { id: "y", name: "again" }],
      squads: [{ id: "s" }],
      files: [{ id: "f", name: "f.pdf" }],
      workflows: [{ id: "w" }]
    })
    assert.deepStrictEqual(actions(reply), [
      "f skipped",
      "assistants[0] skipped",
      "x skipped",
      "y created",
      "y skipped",
      "s skipped"
    ])
    const reasons = mappingsOf(reply).map(({ warnings }) => warnings[0])
    assert.match(reasons[1] ?? "", /has no id/)
    assert.match(reasons[2] ?? "", /clients could not read it: name: /)
    assert.match(reasons[4] ?? "", /another row with this id/)
    assert.deepStrictEqual(reply.body.warnings, [
      "workflows: 1 skipped: the runtime has no such resource",
      "files: 1 skipped: a bundle does not carry the content of files: upload them",
      "assistants: 3 skipped",
      "squads: 1 skipped: the runtime has no such resource"
    ])
    assert.strictEqual((await importVapi(client, { squads: [{ id: "s" }] })).body.status, "failed")
    assertMatches((await importVapi(client, {})).body, { status: "completed", mappings: [] })
  })

  it("but what breaks a limit of creates is kept, with a warning", async () => {
    const client = await start()
    const name = "x".repeat(60)
    const reply = await importVapi(client, { assistants: [{ id: "a", name }] })
    assertMatches(mappingsOf(reply)[0]?.warnings, [/^kept, although a create would refuse it: name: /])
    assert.notInclude(mappingsOf(reply)[0]?.warnings[0], name)
    assert.strictEqual((await client.call("GET", `/assistant/${idOf(reply, "a")}`)).body.name, name)
  })

  it("is refused as a whole when it is no bundle", async () => {
    const client = await start()
    for (const [path, body] of [
      ["/imports/vapi", []],
      ["/imports/vapi", { assistants: {} }],
      ["/imports/vapi", { assistants: [1] }],
      ["/imports", { source: "vapi" }],
      ["/imports", { bundle: {} }],
      ["/imports", { source: "", bundle: {} }],
      ["/imports", { source: "a", bundle: {}, more: 1 }],
      ["/imports/vapi?dryRun=maybe", {}]
    ] as const) {
      assert.deepStrictEqual(
        [path, body, (await client.call("POST", path, body, { key: "k" })).status],
        [path, body, 400]
      )
    }
    // Validation leaves the key free.
    assert.strictEqual((await importVapi(client, {}, "", { key: "k" })).status, 201)
  })
})

describe("a dry run", () => {
  it("answers the same and writes nothing", async () => {
    const client = await start()
    const bundle = fixture("bundle.dangling-refs.json")
    const dry = await importVapi(client, bundle, "?dryRun=true")
    assert.deepStrictEqual([dry.status, dry.body.dryRun], [201, true])
    assert.deepStrictEqual([client.runtime.count("assistants"), client.runtime.count("imports")], [0, 0])
    assert.strictEqual((await client.call("GET", `/imports/${dry.body.id}`)).status, 404)
    const real = await importVapi(client, bundle)
    assert.deepStrictEqual(actions(dry), actions(real))
    assert.deepStrictEqual(
      [dry.body.counts, dry.body.warnings, dry.body.unresolved],
      [real.body.counts, real.body.warnings, real.body.unresolved]
    )
    const again = await client.call("POST", "/imports", { source: "vapi", bundle, dryRun: true })
    assertMatches(again.body.counts, { created: 0, unchanged: 4 })
  })
})

describe("reading imports", () => {
  it("lists them, gives one, and its mappings by page", async () => {
    for (const listShape of [1, 2, 3, 4] as const) {
      const client = await start({ listShape })
      const assistants = Array.from({ length: 7 }, (_, index) => ({ id: `a${index}` }))
      const { body: made } = await importVapi(client, { assistants })
      const { body: one } = await client.call("GET", `/imports/${made.id}`)
      assertMatches(one, { id: made.id, status: "completed", counts: { created: 7 } })
      const list = (await client.call("GET", "/imports")).body
      assert.deepStrictEqual(
        (list.results ?? list.items ?? list).map(({ id }: { id: string }) => id),
        [made.id]
      )
      const seen: Array<string> = []
      for (let page = 1, cursor = ""; page <= 3; page++) {
        const from = listShape === 2 ? `&page=${page}` : cursor
        const { body } = await client.call("GET", `/imports/${made.id}/mappings?limit=3${from}`)
        seen.push(...(body.items ?? body.results).map((row: Mapping) => row.sourceId))
        cursor = `&cursor=${body.nextCursor ?? body.metadata?.nextCursor}`
      }
      assert.deepStrictEqual([listShape, seen], [listShape, assistants.map(({ id }) => id)])
    }
  })

  it("gives the mapping as one file, JSON or CSV", async () => {
    const client = await start()
    const reply = await importVapi(client, { assistants: [{ id: 'a,"b"' }], squads: [{ id: "s" }] })
    const at = `/imports/${reply.body.id}/mapping`
    assert.deepStrictEqual((await client.call("GET", at)).body, mappingsOf(reply))
    const csv = await client.call("GET", `${at}?format=csv`)
    assert.include(csv.headers.get("content-type"), "text/csv")
    assert.strictEqual(
      csv.text,
      `resource,sourceId,runtimeId,action\r\nassistant,"a,""b""",${idOf(reply, 'a,"b"')},created\r\nsquad,s,,skipped\r\n`
    )
    assert.strictEqual((await client.call("GET", `${at}?format=sql`)).status, 400)
  })

  it("not those of another organization", async () => {
    const client = await start()
    const { body } = await importVapi(client, { assistants: [{ id: "a" }] })
    const { key: apiKey } = client.runtime.addKey({ organization: "org_other" })
    for (const path of ["", "/mappings", "/mapping"]) {
      assert.strictEqual((await client.call("GET", `/imports/${body.id}${path}`, undefined, { apiKey })).status, 404)
    }
    assert.deepStrictEqual((await client.call("GET", "/imports", undefined, { apiKey })).body, [])
  })

  it("has an older name for the route", async () => {
    const client = await start()
    const reply = await client.call("POST", "/import/vapi", { assistants: [{ id: "a" }] }, { key: "k" })
    const again = await client.call("POST", "/import/vapi", { assistants: [{ id: "a" }] }, { key: "k" })
    assert.deepStrictEqual(
      [reply.status, again.text, again.headers.get("idempotency-replayed")],
      [201, reply.text, "true"]
    )
    assert.strictEqual((await client.call("GET", "/import/vapi")).status, 405)
  })
})

describe("many rows", () => {
  const many = (count: number) => ({
    assistants: Array.from({ length: count }, (_, i) => ({
      id: `a${i}`,
      name: `A ${i}`,
      model: { provider: "openai", model: "m", toolIds: [`t${i}`, `t${(i + 1) % count}`] },
      firstMessage: "Hello there, how can I help you today?"
    })),
    tools: Array.from({ length: count }, (_, i) => ({
      id: `t${i}`,
      type: "handoff",
      destinations: [{ type: "assistant", assistantId: `a${(i * 7) % count}` }]
    }))
  })

  it("10,000 in one bundle, in one transaction, while others are served", async () => {
    const client = await start({ store: { file: temporaryFile() } })
    const bundle = many(5000)
    const progress = { done: false }
    const importing = importVapi(client, bundle, "", { key: "k" }).finally(() => (progress.done = true))
    let served = 0
    while (!progress.done) {
      const { status } = await client.call("POST", "/phone-number", { provider: "vapi", name: `n${served}` })
      assert.strictEqual(status, 201)
      served += 1
      // One transaction: what is seen in between is nothing of it, or all.
      assert.include([0, 5000], client.runtime.count("assistants"))
    }
    const reply = await importing
    assert.deepStrictEqual(reply.body.counts, { created: 10_000, updated: 0, unchanged: 0, skipped: 0 })
    assert.isAbove(served, 3)
    assert.strictEqual(client.runtime.count("phoneNumbers"), served)
    const pages = await client.call("GET", `/imports/${reply.body.id}/mappings?limit=1000`)
    assert.deepStrictEqual([pages.body.items.length, pages.body.nextCursor === null], [1000, false])
    assertMatches((await importVapi(client, bundle)).body.counts, { unchanged: 10_000 })
  })

  it("a twin of a running import hears that it is running, and the same answer later", async () => {
    const client = await start()
    const bundle = many(1500)
    const replies = await Promise.all([1, 2, 3].map(() => importVapi(client, bundle, "", { key: "k" })))
    const done = replies.filter(({ status }) => status === 201)
    const refused = replies.filter(({ status }) => status === 409)
    assert.strictEqual(done.length + refused.length, 3)
    assert.deepStrictEqual(
      refused.map(({ body }) => body.code),
      refused.map(() => "idempotency_key_in_use")
    )
    assert.strictEqual((await importVapi(client, bundle, "", { key: "k" })).text, done[0]?.text)
    assert.strictEqual(client.runtime.count("assistants"), 1500)
  })

  it("two imports of one source at once make each row once", async () => {
    const client = await start()
    const bundle = many(4000)
    const replies = await Promise.all([1, 2, 3].map(() => importVapi(client, bundle)))
    assert.deepStrictEqual(
      replies.map(({ status }) => status),
      [201, 201, 201]
    )
    assert.deepStrictEqual([client.runtime.count("assistants"), client.runtime.count("tools")], [4000, 4000])
    const ids = replies.map((reply) => JSON.stringify(mappingsOf(reply).map(({ runtimeId }) => runtimeId)))
    assert.strictEqual(new Set(ids).size, 1)
  })

  it("the listener going away in the middle leaves no trace", async () => {
    const client = await start({ store: { file: temporaryFile() } })
    const bundle = many(3000)
    const importing = importVapi(client, bundle, "", { key: "k" }).catch(() => undefined)
    await eventually(() =>
      assert.isTrue(client.runtime.requests({ path: "/imports/vapi" }).some(({ body }) => body !== undefined))
    )
    await client.runtime.restart()
    assert.isUndefined(await importing)
    assert.deepStrictEqual([client.runtime.count("assistants"), client.runtime.count("imports")], [0, 0])
    assert.strictEqual((await importVapi(client, bundle, "", { key: "k" })).status, 201)
  })
})

/** A row without what the runtime owns. */
const fieldsOf = (row: object) =>
  Object.fromEntries(Object.entries(row).filter(([key]) => !/^(id|orgId|createdAt|updatedAt)$/.test(key)))

describe("laws", () => {
  const names = fc.constantFrom("A", "B", "C", "D")
  const ids = (prefix: string) => fc.constantFrom(...[1, 2, 3, 4, 5].map((n) => `${prefix}${n}`))
  const assistant = fc.record(
    {
      id: ids("a"),
      name: names,
      model: fc.record({ provider: fc.constant("openai"), toolIds: fc.array(ids("t"), { maxLength: 3 }) }),
      artifactPlan: fc.record({ structuredOutputIds: fc.array(ids("s"), { maxLength: 2 }) }),
      credentialIds: fc.array(ids("c"), { maxLength: 2 }),
      extra: fc.jsonValue({ maxDepth: 2 })
    },
    { requiredKeys: ["id"] }
  )
  const tool = fc.record(
    {
      id: ids("t"),
      type: fc.constant("handoff"),
      destinations: fc.array(
        fc.oneof(
          fc.record({ type: fc.constant("assistant"), assistantId: ids("a") }),
          fc.record({ type: fc.constant("assistant"), assistantName: names }),
          fc.record({ type: fc.constant("squad"), squadId: fc.constant("q") })
        ),
        { maxLength: 3 }
      )
    },
    { requiredKeys: ["id", "type"] }
  )
  const output = fc.record({
    id: ids("s"),
    name: names,
    schema: fc.constant({ type: "object" }),
    assistantIds: fc.array(ids("a"), { maxLength: 3 })
  })
  const unique = <A extends { readonly id: string }>(row: fc.Arbitrary<A>) =>
    fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 5 })
  const bundles = fc.record({ assistants: unique(assistant), tools: unique(tool), structuredOutputs: unique(output) })

  it("read back through the mapping, every row is the source's; again, nothing changes; in any order, the same", async () => {
    const client = await start()
    await fc.assert(
      fc.asyncProperty(bundles, async (bundle) => {
        client.runtime.reset()
        const reply = await importVapi(client, bundle)
        assert.strictEqual(reply.status, 201)
        const back = new Map(mappingsOf(reply).map(({ runtimeId, sourceId }) => [runtimeId, sourceId]))
        for (const kind of ["assistants", "tools", "structuredOutputs"] as const) {
          const stored = client.runtime.rows(kind).map((row) => ({
            id: back.get(row.id),
            ...rewriteReferences(kind, fieldsOf(row), ({ by, value }) => (by === "id" ? back.get(value) : value)).row
          }))
          const byId = (rows: ReadonlyArray<unknown>) => rows.map((row) => JSON.stringify(row)).sort()
          assert.deepStrictEqual(byId(stored), byId(bundle[kind].map(({ id, ...row }) => ({ id, ...row }))))
        }
        const before = ["assistants", "tools", "structuredOutputs"].map((kind) => client.runtime.rows(kind))
        const reversed = Object.fromEntries(Object.entries(bundle).map(([kind, rows]) => [kind, rows.toReversed()]))
        const again = await importVapi(client, reversed)
        assert.deepStrictEqual(
          new Set(mappingsOf(again).map(({ action }) => action)),
          new Set(back.size === 0 ? [] : ["unchanged"])
        )
        assert.deepStrictEqual(
          ["assistants", "tools", "structuredOutputs"].map((kind) => client.runtime.rows(kind)),
          before
        )
      }),
      { numRuns: 150 }
    )
  })
})
