/** Alignment with a real runtime. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "fast-check"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Tools as Service } from "../../src/effect.ts"
import { layer, startTestRuntime, type TestRuntime } from "../../src/testing/TestRuntime.ts"
import { alignTools, applyTools } from "../../src/tools.ts"
import { Tool, ToolDefinitionError, Toolkit, Tools } from "../../src/tools/effect.ts"
import { kit, serverUrl } from "./support.ts"

const options = { serverUrl }
const writes = (test: TestRuntime) => test.runtime.requests().filter(({ method }) => method !== "GET").length

describe("align", () => {
  it("says what is missing, and after an apply nothing; a second apply writes nothing", async () => {
    await using test = await startTestRuntime()
    const before = await alignTools(test.aywa, kit(), options)
    assert.deepStrictEqual(before.findings, [
      { _tag: "Missing", name: "lookupOrder" },
      { _tag: "Missing", name: "refund" },
      { _tag: "Missing", name: "constructor" }
    ])
    assert.strictEqual(test.runtime.count("tools"), 0)
    const applied = await applyTools(test.aywa, kit(), options)
    assert.deepStrictEqual(applied.created.toSorted(), ["constructor", "lookupOrder", "refund"])
    assert.deepStrictEqual([applied.updated, applied.removed], [[], []])
    assert.deepStrictEqual(applied.alignment, { aligned: true, findings: [], ids: applied.alignment.ids })
    assert.deepStrictEqual(Object.keys(applied.alignment.ids), ["lookupOrder", "refund", "constructor"])
    const row = await test.aywa.tools.get(applied.alignment.ids["refund"] ?? "")
    const { id: _, orgId: _o, createdAt: _c, updatedAt: _u, ...stored } = row
    assert.deepStrictEqual<unknown>(stored, Tools.definitions(kit(), options)[1])
    const written = writes(test)
    const again = await applyTools(test.aywa, kit(), options)
    assert.deepStrictEqual(again, { created: [], updated: [], removed: [], alignment: applied.alignment })
    assert.strictEqual(writes(test), written)
  })

  it("reports each drifted field with its path, the wrong server, the wrong timeout, extra and double tools", async () => {
    await using test = await startTestRuntime()
    const { alignment } = await applyTools(test.aywa, kit(), options)
    const { ids } = alignment
    const lookup = ids["lookupOrder"] ?? ""
    await test.aywa.tools.update(lookup, {
      function: {
        name: "lookupOrder",
        description: "Finds an order",
        parameters: {
          type: "object",
          properties: {
            orderId: { type: "integer" },
            detail: { type: "string", enum: ["full", "short"] },
            more: { type: "string" }
          },
          required: []
        }
      }
    })
    const { id: credentialId } = await test.aywa.credentials.create({ provider: "openai", apiKey: "k-4711" })
    await test.aywa.tools.update(ids["refund"] ?? "", {
      async: false,
      server: { url: "https://old.example.test/hooks?token=t", timeoutSeconds: 20, credentialId }
    })
    const extra = await test.aywa.tools.create({
      type: "function",
      function: { name: "old" },
      server: { url: serverUrl }
    })
    // Another team's tool, another kind of tool: not ours.
    await test.aywa.tools.create({
      type: "function",
      function: { name: "theirs" },
      server: { url: "https://b.example.test" }
    })
    await test.aywa.tools.create({ type: "endCall" })
    const double = await test.aywa.tools.create({ type: "function", function: { name: "constructor" } })
    const found = await alignTools(test.aywa, kit(), options)
    assert.isFalse(found.aligned)
    assert.deepStrictEqual(found.findings, [
      {
        _tag: "Drifted",
        name: "lookupOrder",
        id: lookup,
        differences: [
          { path: ["function", "parameters", "properties", "orderId", "type"], expected: "string", actual: "integer" },
          { path: ["function", "parameters", "properties", "more"], actual: { type: "string" } },
          { path: ["function", "parameters", "required"], expected: ["orderId"] }
        ]
      },
      {
        _tag: "Drifted",
        name: "refund",
        id: ids["refund"] ?? "",
        differences: [{ path: ["async"], expected: true, actual: false }]
      },
      {
        _tag: "WrongServer",
        name: "refund",
        id: ids["refund"] ?? "",
        expected: serverUrl,
        actual: "https://old.example.test/hooks?token=t"
      },
      { _tag: "WrongTimeout", name: "refund", id: ids["refund"] ?? "", expected: 60, actual: 20 },
      { _tag: "Duplicate", name: "constructor", ids: [ids["constructor"] ?? "", double.id] },
      { _tag: "Extra", name: "old", id: extra.id }
    ])
    const text = Tools.format(found)
    assert.strictEqual(text.split("\n").length, 8)
    assert.match(text, /function\.parameters\.properties\.orderId\.type is "integer", should be "string"/)
    assert.notInclude(text, "token=t")

    const { alignment: rest, ...done } = await applyTools(test.aywa, kit(), { ...options, removeExtra: true })
    assert.deepStrictEqual(done, { created: [], updated: done.updated, removed: ["old"] })
    assert.deepStrictEqual(done.updated.toSorted(), ["lookupOrder", "refund"])
    // The second row of a name is the operator's to remove.
    assert.deepStrictEqual(
      rest.findings.map(({ _tag }) => _tag),
      ["Duplicate"]
    )
    const server = (await test.aywa.tools.get(ids["refund"] ?? "")).server
    assert.deepStrictEqual<unknown>(server, { url: serverUrl, timeoutSeconds: 60, credentialId })
    assert.strictEqual(Tools.format({ ...rest, findings: [] }), "The tools of the runtime are aligned.")
  })

  it("an apply puts back whatever was changed, one field or many", { timeout: 120_000 }, async () => {
    await using test = await startTestRuntime()
    const { alignment } = await applyTools(test.aywa, kit(), options)
    const id = alignment.ids["lookupOrder"] ?? ""
    const parameters = fc.record(
      {
        type: fc.constant("object"),
        properties: fc.dictionary(
          fc.constantFrom("orderId", "detail", "x"),
          fc.record(
            { type: fc.constantFrom("string", "number"), enum: fc.array(fc.constantFrom("short", "full")) },
            { requiredKeys: [] }
          )
        ),
        required: fc.subarray(["orderId", "detail"])
      },
      { requiredKeys: ["type"], noNullPrototype: true }
    )
    const change = fc.record(
      {
        function: fc.record(
          { name: fc.constant("lookupOrder"), description: fc.string(), parameters, strict: fc.boolean() },
          { requiredKeys: ["name"], noNullPrototype: true }
        ),
        async: fc.option(fc.boolean()),
        server: fc.option(
          fc.record(
            { url: fc.webUrl(), timeoutSeconds: fc.integer({ min: 1, max: 300 }) },
            { requiredKeys: [], noNullPrototype: true }
          )
        )
      },
      { requiredKeys: [], noNullPrototype: true }
    )
    await fc.assert(
      fc.asyncProperty(change, async (fields) => {
        await test.aywa.tools.update(id, fields)
        const applied = await applyTools(test.aywa, kit(), options)
        assert.isTrue(applied.alignment.aligned, Tools.format(applied.alignment))
        const written = writes(test)
        assert.isTrue((await applyTools(test.aywa, kit(), options)).alignment.aligned)
        assert.strictEqual(writes(test), written)
      }),
      { numRuns: 40 }
    )
    assert.strictEqual(test.runtime.count("tools"), 3)
  })

  it("a tool that the runtime writes another way is equal, and is not updated", async () => {
    await using test = await startTestRuntime()
    const { alignment } = await applyTools(test.aywa, kit(), options)
    const { ids } = alignment
    const forms = [
      { function: { name: "constructor", description: "A name that objects have by themselves" } },
      {
        function: {
          name: "constructor",
          description: "A name that objects have by themselves",
          parameters: { required: [], type: "object" }
        }
      },
      { server: { timeoutSeconds: 20, url: serverUrl.replace("https", "HTTPS") } },
      { server: { url: serverUrl } }
    ]
    for (const form of forms) {
      await test.aywa.tools.update(ids["constructor"] ?? "", form)
      const written = writes(test)
      assert.deepStrictEqual((await applyTools(test.aywa, kit(), options)).updated, [], JSON.stringify(form))
      assert.strictEqual(writes(test), written)
    }
    await test.aywa.tools.update(ids["lookupOrder"] ?? "", {
      function: {
        parameters: {
          required: ["orderId"],
          properties: { detail: { enum: ["full", "short"], type: "string" }, orderId: { type: "string" } },
          type: "object"
        },
        description: "Finds an order",
        name: "lookupOrder"
      }
    })
    assert.isTrue((await alignTools(test.aywa, kit(), options)).aligned)
  })

  it("an unusable address or timeout is an error of the definition, and nothing is written", async () => {
    await using test = await startTestRuntime()
    for (const wrong of [{ serverUrl: "/webhooks" }, { serverUrl: "ftp://a" }, { serverUrl, timeoutSeconds: 301 }]) {
      const error = await applyTools(test.aywa, kit(), wrong).catch((error: unknown) => error)
      assert.instanceOf(error, ToolDefinitionError)
    }
    const wrong: ReadonlyArray<unknown> = [
      undefined,
      {},
      { serverUrl: 7 },
      { serverUrl, timeoutSeconds: Number.NaN },
      { serverUrl, timeoutSeconds: "20" },
      { serverUrl, timeout: 20 }
    ]
    for (const options of wrong) {
      const error = await alignTools(test.aywa, kit(), options as never).catch((error: unknown) => error)
      assert.instanceOf(error, ToolDefinitionError, JSON.stringify(options))
    }
    const careless = { serverUrl, removeExtra: "no" } as never
    assert.match(
      String(await applyTools(test.aywa, kit(), careless).catch(String)),
      /removeExtra must be true or false/
    )
    // Nothing is asked, either.
    assert.strictEqual(test.runtime.requests().length, 0)
  })
})

describe("apply", () => {
  it("many at once make one row per tool, also when each wants another text", async () => {
    await using test = await startTestRuntime()
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, i) => applyTools(test.aywa, kit(`Finds an order, ${i % 3}`), options))
    )
    assert.strictEqual(test.runtime.count("tools"), 3)
    assert.strictEqual(new Set(all.map(({ alignment }) => JSON.stringify(alignment.ids))).size, 1)
    assert.isTrue((await applyTools(test.aywa, kit(), options)).alignment.aligned)
  })

  it("so do several processes", { timeout: 120_000 }, async () => {
    await using test = await startTestRuntime()
    const run = promisify(execFile)
    const file = new URL("./applyProcess.ts", import.meta.url).pathname
    const { baseUrl, apiKey } = test.runtime
    const outputs = await Promise.all(
      ["one", "one", "two"].map((text) => run(process.execPath, [file, baseUrl, apiKey, text]))
    )
    assert.strictEqual(new Set(outputs.map(({ stdout }) => stdout)).size, 1)
    assert.strictEqual(test.runtime.count("tools"), 3)
  })

  it("lost answers, resets and 503s in between make no second row", async () => {
    await using test = await startTestRuntime()
    for (let i = 0; i < 8; i++) {
      test.runtime.faults.next("reset", { when: i % 2 === 0 ? "after" : "before" })
      const applied = await applyTools(test.aywa, kit(`Finds an order, ${i}`), options)
      assert.isTrue(applied.alignment.aligned)
    }
    test.runtime.faults.next({ type: "status", code: 503 })
    assert.isTrue((await applyTools(test.aywa, kit(), options)).alignment.aligned)
    assert.strictEqual(test.runtime.count("tools"), 3)
  })

  it("a tool that was deleted is made again, and one that was renamed is left alone, though the runtime remembers the key", async () => {
    await using test = await startTestRuntime()
    const ids: Array<string> = []
    for (let i = 0; i < 3; i++) {
      const { alignment, created } = await applyTools(test.aywa, kit(), options)
      assert.isTrue(alignment.aligned)
      assert.include(created, "lookupOrder")
      const id = alignment.ids["lookupOrder"] ?? ""
      assert.notInclude(ids, id)
      ids.push(id)
      if (i === 1) await test.aywa.tools.update(id, { function: { name: "renamed" }, server: null })
      else await test.aywa.tools.delete(id)
    }
    assert.strictEqual((await test.aywa.tools.get(ids[1] ?? "")).function?.name, "renamed")
  })

  it("a change, its opposite, and the change again are all written", async () => {
    await using test = await startTestRuntime()
    for (const text of ["a", "b", "a", "b"]) {
      const { alignment } = await applyTools(test.aywa, kit(text), options)
      assert.isTrue(alignment.aligned)
      assert.strictEqual((await test.aywa.tools.get(alignment.ids["lookupOrder"] ?? "")).function?.description, text)
    }
  })

  it.live("with the service of an Effect program; errors are the operations' own", () =>
    Effect.gen(function* () {
      const tools = yield* Service.Tools
      const applied = yield* Tools.apply(tools, kit(), options)
      assert.strictEqual(applied.created.length, 3)
      assert.isTrue((yield* Tools.align(tools, kit(), options)).aligned)
      const broken = { ...tools, stream: () => tools.stream({ limit: 5000 }) }
      const exit = yield* Effect.exit(Tools.align(broken, kit(), options))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual((yield* Effect.flip(Tools.align(broken, kit(), options)))._tag, "InvalidRequest")
    }).pipe(Effect.provide(layer()))
  )

  it.live("a runtime that forgets what it makes is not filled without an end", () =>
    Effect.gen(function* () {
      const tools = yield* Service.Tools
      let made = 0
      const forgetful = {
        ...tools,
        create: (...args: Parameters<typeof tools.create>) => {
          made++
          assert.isAtMost(made, 1000)
          return tools.create(...args)
        },
        get: () => tools.get("nothing")
      }
      const one = Toolkit.make(Tool.make("one", { description: "One tool", execute: () => "" }))
      const exit = yield* Effect.exit(Tools.apply(forgetful, one, options))
      assert.isTrue(Exit.isFailure(exit))
      assert.match(String(exit), /one.*cannot be read/)
      assert.isAtMost(made, 20)
    }).pipe(Effect.provide(layer()))
  )

  it("more rows than one page", async () => {
    await using test = await startTestRuntime()
    await applyTools(test.aywa, kit(), options)
    for (let i = 0; i < 1100; i++) await test.aywa.tools.create({ type: "endCall" })
    assert.isTrue((await alignTools(test.aywa, kit(), options)).aligned)
    assert.deepStrictEqual((await applyTools(test.aywa, Toolkit.make(), options)).removed, [])
    assert.strictEqual(
      (await alignTools(test.aywa, Toolkit.make(Tool.make("x", { description: "x", execute: () => "" })), options))
        .findings.length,
      4
    )
  })
})
