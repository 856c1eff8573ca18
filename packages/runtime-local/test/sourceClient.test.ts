/**
 * What the source API's own client, unmodified, expects of every operation that is served: each line is a check. At the end
 * every operation that docs/compatibility.md calls served must have been asked for by that client.
 */
import * as fs from "node:fs"
import { VapiClient, VapiError } from "@vapi-ai/server-sdk"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { type LocalRuntimeHandle, startLocalRuntime } from "../src/index.ts"

type Row = { readonly id: string; readonly createdAt: string; readonly updatedAt: string }

/** What the client does with one kind of rows. */
interface Resource {
  readonly create: (n: number) => PromiseLike<unknown>
  /** A body that the source API refuses, and the path that it names. */
  readonly wrong: readonly [create: () => PromiseLike<unknown>, path: string]
  readonly list: (query: object) => PromiseLike<unknown>
  readonly get: (id: string) => PromiseLike<unknown>
  readonly update: (id: string) => PromiseLike<unknown>
  readonly changed: object
  readonly remove: (id: string) => PromiseLike<unknown>
}

let runtime: LocalRuntimeHandle
let vapi: VapiClient

beforeAll(async () => {
  runtime = await startLocalRuntime({ rows: { credentials: [{ id: "trunk", provider: "byo-sip-trunk" }] } })
  vapi = new VapiClient({ token: runtime.apiKey, baseUrl: runtime.baseUrl, maxRetries: 0 })
})

afterAll(() => runtime.close())

/** The client takes bodies of its own types only; a wrong one is passed as if it were one. */
const wrongBody = (body: object) => body as never

const resources: Readonly<Record<string, () => Resource>> = {
  assistants: () => ({
    create: (n) => vapi.assistants.create({ name: `Desk ${n}`, firstMessage: "Hello" }),
    wrong: [() => vapi.assistants.create({ name: "x".repeat(41) }), "name"],
    list: (query) => vapi.assistants.list(query),
    get: (id) => vapi.assistants.get({ id }),
    update: (id) => vapi.assistants.update({ id, firstMessage: "Good morning" }),
    changed: { firstMessage: "Good morning" },
    remove: (id) => vapi.assistants.delete({ id })
  }),
  tools: () => ({
    create: (n) => vapi.tools.create({ type: "function", function: { name: `lookup${n}` } }),
    wrong: [() => vapi.tools.create(wrongBody({ type: "functoin" })), "type"],
    list: (query) => vapi.tools.list(query),
    get: (id) => vapi.tools.get({ id }),
    update: (id) => vapi.tools.update({ id, body: { type: "function", async: true } }),
    changed: { async: true },
    remove: (id) => vapi.tools.delete({ id })
  }),
  "phone numbers": () => ({
    create: (n) =>
      vapi.phoneNumbers.create({ provider: "byo-phone-number", number: `+1415555010${n}`, credentialId: "trunk" }),
    wrong: [() => vapi.phoneNumbers.create(wrongBody({ provider: "twilo", number: "+14155550199" })), "provider"],
    list: (query) => vapi.phoneNumbers.list(query),
    get: (id) => vapi.phoneNumbers.get({ id }),
    update: (id) => vapi.phoneNumbers.update({ id, body: { provider: "byo-phone-number", name: "Front" } }),
    changed: { name: "Front" },
    remove: (id) => vapi.phoneNumbers.delete({ id })
  }),
  calls: () => ({
    create: (n) => vapi.calls.create({ assistant: {}, customer: { number: `+1415555020${n}` } }),
    wrong: [() => vapi.calls.create({ assistant: {}, customer: { number: "" } }), "customer"],
    list: (query) => vapi.calls.list(query),
    get: (id) => vapi.calls.get({ id }),
    update: (id) => vapi.calls.update({ id, name: "First" }),
    changed: { name: "First" },
    remove: (id) => vapi.calls.delete({ id })
  }),
  files: () => ({
    create: (n) => vapi.files.create({ file: new File([`Hours ${n}`], `hours${n}.txt`), purpose: "assistant" }),
    wrong: [
      async () => {
        const { id } = await vapi.files.create({ file: new File(["x"], "x.txt") })
        return vapi.files.update({ id, name: "x".repeat(41) })
      },
      "name"
    ],
    list: () => vapi.files.list({ purpose: "assistant" }),
    get: (id) => vapi.files.get({ id }),
    update: (id) => vapi.files.update({ id, name: "opening.txt" }),
    changed: { name: "opening.txt" },
    remove: (id) => vapi.files.delete({ id })
  }),
  "structured outputs": () => ({
    create: (n) =>
      vapi.structuredOutputs.structuredOutputControllerCreate({ name: `Mood ${n}`, schema: { type: "string" } }),
    wrong: [
      () => vapi.structuredOutputs.structuredOutputControllerCreate({ name: "", schema: { type: "string" } }),
      "name"
    ],
    list: async (query) => (await vapi.structuredOutputs.structuredOutputControllerFindAll(query)).results,
    get: (id) => vapi.structuredOutputs.structuredOutputControllerFindOne({ id }),
    update: (id) =>
      vapi.structuredOutputs.structuredOutputControllerUpdate({ id, schemaOverride: "false", description: "A word" }),
    changed: { description: "A word" },
    remove: (id) => vapi.structuredOutputs.structuredOutputControllerRemove({ id })
  })
}

/** The error of a call that must fail. */
const failure = async (call: PromiseLike<unknown>): Promise<VapiError> => {
  try {
    await call
  } catch (error) {
    assert.instanceOf(error, VapiError)
    return error
  }
  throw new Error("The call succeeded")
}

const rowsOf = async (list: PromiseLike<unknown>) => (await list) as ReadonlyArray<Row>

describe.each(Object.entries(resources))("%s", (name, make) => {
  let client: Resource
  let rows: ReadonlyArray<Row>

  beforeAll(async () => {
    client = make()
    const [first, second, third] = [await client.create(1), await client.create(2), await client.create(3)]
    rows = [first, second, third] as ReadonlyArray<Row>
  })

  const ids = async (query: object) => (await rowsOf(client.list(query))).map(({ id }) => id)
  const first = () => rows[0] ?? assert.fail("There is no row")
  const last = () => rows[2] ?? assert.fail("There is no row")

  it("a create gives the row with id, organization and times", () => {
    for (const row of rows) {
      assertMatches(row, {
        orgId: runtime.organizationId,
        createdAt: /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/,
        updatedAt: /^/
      })
    }
  })
  it("a get gives the same row", async () => {
    assertMatches(await client.get(first().id), { id: first().id, createdAt: first().createdAt })
  })
  it("a list has the newest first", async () => {
    assert.deepStrictEqual((await ids({})).slice(0, 3), rows.map(({ id }) => id).toReversed())
  })
  // The client's list of files takes a purpose, and nothing else.
  describe.skipIf(name === "files")("in windows", () => {
    it("a list has as many rows as it was asked for", async () => {
      assert.lengthOf(await ids({ limit: 2 }), 2)
    })
    it("a list may be asked for nothing", async () => {
      assert.deepStrictEqual(await ids({ limit: 0 }), [])
    })
    it("a limit beyond 1,000 is refused", async () => {
      assert.strictEqual((await failure(client.list({ limit: 1001 }))).statusCode, 400)
    })
    it.each(["createdAtGt", "createdAtGe", "updatedAtGt", "updatedAtGe"])("%s filters", async (name) => {
      assert.deepStrictEqual(await ids({ [name]: "2099-01-01T00:00:00Z" }), [])
    })
    it.each(["createdAtLt", "createdAtLe", "updatedAtLt", "updatedAtLe"])("%s filters", async (name) => {
      assert.deepStrictEqual(await ids({ [name]: "2020-01-01T00:00:00Z" }), [])
    })
    it("createdAtLe keeps the row of that very time", async () => {
      assert.include(await ids({ createdAtLe: last().createdAt }), last().id)
    })
  })
  it("an update changes what it has, and keeps the rest", async () => {
    assertMatches(await client.update(first().id), { ...client.changed, createdAt: first().createdAt })
  })
  it("a body that is wrong is 400, and names the path", async () => {
    const error = await failure(client.wrong[0]())
    assertMatches(error, { statusCode: 400, body: { statusCode: 400, error: "Bad Request" } })
    assert.isArray(Object(error.body).message)
    assert.include(JSON.stringify(error.body), client.wrong[1])
  })
  it("a row that is not there is 404, for every operation", async () => {
    const calls = [client.get("none"), client.update("none"), client.remove("none")]
    const errors = await Promise.all(calls.map(failure))
    assert.deepStrictEqual(
      errors.map(({ statusCode }) => statusCode),
      [404, 404, 404]
    )
  })
  it("a delete gives the row, which is gone then", async () => {
    assertMatches(await client.remove(last().id), { id: last().id })
    assert.strictEqual((await failure(client.get(last().id))).statusCode, 404)
  })
  it("a key that nobody knows is 401", async () => {
    const own = vapi
    vapi = new VapiClient({ token: "nobody", baseUrl: runtime.baseUrl, maxRetries: 0 })
    const error = await failure(make().list({})).finally(() => (vapi = own))
    assert.strictEqual(error.statusCode, 401)
    assert.isString(Object(error.body).message)
  })
})

describe("what is particular", () => {
  it("an assistant that a number leads to is not deleted", async () => {
    const assistant = await vapi.assistants.create({})
    await vapi.phoneNumbers.create({
      provider: "byo-phone-number",
      number: "+14155550150",
      credentialId: "trunk",
      assistantId: assistant.id
    })
    assertMatches(await failure(vapi.assistants.delete({ id: assistant.id })), {
      statusCode: 409,
      body: { error: "assistant_pinned", message: /^/ }
    })
  })

  it("a tool that an assistant uses is not deleted", async () => {
    const { id } = await vapi.tools.create({ type: "endCall" })
    await vapi.assistants.create({ model: { provider: "openai", model: "gpt-4o", toolIds: [id] } })
    assertMatches(await failure(vapi.tools.delete({ id })), { statusCode: 409, body: { error: "tool_pinned" } })
  })

  it("files are listed by purpose", async () => {
    const file = await vapi.files.create({ file: new File(["Opening hours"], "hours.txt"), purpose: "assistant" })
    assertMatches(file, { name: "hours.txt", bytes: 13, status: "done" })
    assert.include(
      (await vapi.files.list({ purpose: "assistant" })).map(({ id }) => id),
      file.id
    )
    assert.deepStrictEqual(await vapi.files.list({ purpose: "composer-attachment" }), [])
  })

  it("a batch of calls has a result or an error for each customer", async () => {
    const batch = await vapi.calls.create({
      assistant: {},
      customers: [{ number: "+14155550161" }, { number: "not a number" }]
    })
    assert("results" in batch)
    assert.deepStrictEqual([batch.results.length, batch.errors.length], [1, 1])
  })

  it("calls are listed by id, assistant and number", async () => {
    const assistant = await vapi.assistants.create({})
    const call = await vapi.calls.create({ assistantId: assistant.id, customer: { number: "+14155550171" } })
    assert("id" in call)
    const lists = [{ id: call.id }, { assistantId: assistant.id }, { assistantId: assistant.id, id: call.id }]
    for (const query of lists)
      assert.deepStrictEqual(
        (await vapi.calls.list(query)).map(({ id }) => id),
        [call.id]
      )
    assert.deepStrictEqual(await vapi.calls.list({ phoneNumberId: "none" }), [])
  })

  it("a call has addresses to listen to and to control it, and its end a recording", async () => {
    const { callId = "" } = await runtime.trigger({ type: "call.completed" })
    const { monitor, artifact, endedReason, analysis } = await vapi.calls.get({ id: callId })
    const { listenUrl = "", controlUrl = "", ...rest } = monitor ?? {}
    assert.deepStrictEqual(rest, {})
    assert.match(listenUrl, /^ws:/)
    assert.match(controlUrl, /^http:/)
    assert.deepStrictEqual([endedReason, analysis?.successEvaluation], ["customer-ended-call", "true"])
    assertMatches(artifact, {
      transcript: /^AI: /,
      recording: { stereoUrl: /^/, mono: { combinedUrl: /^/ } }
    })
  })

  it("the recordings and the log of a call are downloaded", async () => {
    const { callId: id = "" } = await runtime.trigger({ type: "call.completed" })
    const { calls } = vapi
    const downloads = [
      calls.callArtifactControllerMonoRecordingDownload({ id }),
      calls.callArtifactControllerStereoRecordingDownload({ id }),
      calls.callArtifactControllerCustomerRecordingDownload({ id }),
      calls.callArtifactControllerAssistantRecordingDownload({ id }),
      calls.callArtifactControllerCallLogsDownload({ id })
    ]
    const answers = await Promise.all(downloads.map((download) => download.withRawResponse()))
    assert.deepStrictEqual(
      answers.map(({ rawResponse }) => rawResponse.status),
      [200, 200, 200, 200, 200]
    )
    const none = [
      calls.callArtifactControllerMonoRecordingDownload({ id: "none" }),
      calls.callArtifactControllerCallLogsDownload({ id: "none" })
    ]
    assert.deepStrictEqual(
      (await Promise.all(none.map(failure))).map(({ statusCode }) => statusCode),
      [404, 404]
    )
  })

  it("numbers are searched, sorted and counted", async () => {
    for (const number of ["+14155559901", "+14155559902", "+14155559903"]) {
      // oxlint-disable-next-line no-await-in-loop -- the order is looked at
      await vapi.phoneNumbers.create({ provider: "byo-phone-number", number, credentialId: "trunk" })
    }
    const page = await vapi.phoneNumbers.phoneNumberControllerFindAllPaginated({
      search: "5599",
      sortOrder: "ASC",
      sortBy: "createdAt",
      limit: 2,
      page: 2
    })
    assertMatches(page.results, [{ number: "+14155559903" }])
    assert.deepStrictEqual(page.metadata, {
      itemsPerPage: 2,
      totalItems: 3,
      currentPage: 2,
      totalPages: 2,
      hasNextPage: false,
      sortOrder: "ASC"
    })
  })

  it("structured outputs are listed by name, and run over calls", async () => {
    const so = vapi.structuredOutputs
    const { callId = "" } = await runtime.trigger({ type: "call.completed" })
    const made = await so.structuredOutputControllerCreate({
      name: "Order number",
      type: "regex",
      regex: "\\d{4}",
      schema: { type: "string" }
    })
    const { results } = await so.structuredOutputControllerFindAll({ name: "Order number" })
    assert.deepStrictEqual(
      results.map(({ id }) => id),
      [made.id]
    )
    const run = await so.structuredOutputControllerRun({ structuredOutputId: made.id, callIds: [callId] })
    assertMatches(run, { results: { [callId]: { [made.id]: { result: "4711" } } } })
  })

  it("chats are created, continued, listed, read and deleted", async () => {
    const { id: assistantId } = await vapi.assistants.create({})
    runtime.calls.script({ assistantId }, [{ assistant: "Hello." }, { user: "Bye" }, { assistant: "So long." }])
    const first = await vapi.chats.create({ assistantId, input: "Hi" })
    assert("output" in first)
    assert.deepStrictEqual(first.output, [{ role: "assistant", content: "Hello." }])
    const second = await vapi.chats.createResponse({ previousChatId: first.id, input: "Bye" })
    assert("output" in second)
    assertMatches(second, { object: "response", output: [{ content: [{ text: "So long." }] }] })
    const { results, metadata } = await vapi.chats.list({ assistantIdAny: assistantId, sortOrder: "ASC" })
    assert.deepStrictEqual([results.map(({ id }) => id), metadata.totalItems], [[first.id, second.id], 2])
    assert.deepStrictEqual(await vapi.chats.get({ id: first.id }), first)
    assert.strictEqual((await vapi.chats.delete({ id: first.id })).id, first.id)
    assert.strictEqual((await failure(vapi.chats.get({ id: first.id }))).statusCode, 404)
    assert.strictEqual((await failure(vapi.chats.create({ input: "Hi" }))).statusCode, 400)
  })

  it.each([
    ["squads", () => vapi.squads.list()],
    ["sessions", () => vapi.sessions.list()],
    ["campaigns", () => vapi.campaigns.campaignControllerFindAll()],
    ["evals", () => vapi.eval.evalControllerGetPaginated()],
    ["insights", () => vapi.insight.insightControllerFindAll()],
    ["scorecards", () => vapi.observabilityScorecard.scorecardControllerGetPaginated()]
  ])("%s are no part of this runtime, and it says so", async (_, list) => {
    assertMatches(await failure(list()), {
      statusCode: 404,
      body: { code: "not_part_of_this_runtime", message: /docs\/compatibility\.md/ }
    })
  })

  it("every operation that is called served was asked for", () => {
    const page = fs.readFileSync(new URL("../../../docs/compatibility.md", import.meta.url), "utf8")
    const served = [...page.matchAll(/^\| `(.+)` \| yes \|$/gm)].map(([, operation]) => operation)
    const asked = new Set(runtime.requests().map(({ method, route }) => `${method} ${route}`))
    assert.isAbove(served.length, 30)
    assert.deepStrictEqual(
      served.filter((operation) => !asked.has(String(operation))),
      []
    )
  })
})
