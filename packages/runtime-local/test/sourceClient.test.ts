/**
 * What the source API's own client, unmodified, expects of every operation that is served: each line is a check. At the end
 * every operation that docs/compatibility.md calls served must have been asked for by that client.
 */
import * as fs from "node:fs"
import { VapiClient, VapiError } from "@vapi-ai/server-sdk"
import { afterAll, assert, beforeAll, describe, expect, it } from "vitest"
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
      expect(row).toMatchObject({
        orgId: runtime.organizationId,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
        updatedAt: expect.any(String)
      })
    }
  })
  it("a get gives the same row", async () => {
    expect(await client.get(first().id)).toMatchObject({ id: first().id, createdAt: first().createdAt })
  })
  it("a list has the newest first", async () => {
    expect((await ids({})).slice(0, 3)).toEqual(rows.map(({ id }) => id).toReversed())
  })
  // The client's list of files takes a purpose, and nothing else.
  describe.skipIf(name === "files")("in windows", () => {
    it("a list has as many rows as it was asked for", async () => {
      expect(await ids({ limit: 2 })).toHaveLength(2)
    })
    it("a list may be asked for nothing", async () => {
      expect(await ids({ limit: 0 })).toEqual([])
    })
    it("a limit beyond 1,000 is refused", async () => {
      expect((await failure(client.list({ limit: 1001 }))).statusCode).toBe(400)
    })
    it.each(["createdAtGt", "createdAtGe", "updatedAtGt", "updatedAtGe"])("%s filters", async (name) => {
      expect(await ids({ [name]: "2099-01-01T00:00:00Z" })).toEqual([])
    })
    it.each(["createdAtLt", "createdAtLe", "updatedAtLt", "updatedAtLe"])("%s filters", async (name) => {
      expect(await ids({ [name]: "2020-01-01T00:00:00Z" })).toEqual([])
    })
    it("createdAtLe keeps the row of that very time", async () => {
      expect(await ids({ createdAtLe: last().createdAt })).toContain(last().id)
    })
  })
  it("an update changes what it has, and keeps the rest", async () => {
    expect(await client.update(first().id)).toMatchObject({ ...client.changed, createdAt: first().createdAt })
  })
  it("a body that is wrong is 400, and names the path", async () => {
    const error = await failure(client.wrong[0]())
    expect([error.statusCode, error.body]).toEqual([
      400,
      expect.objectContaining({ statusCode: 400, error: "Bad Request", message: expect.any(Array) })
    ])
    expect(JSON.stringify(error.body)).toContain(client.wrong[1])
  })
  it("a row that is not there is 404, for every operation", async () => {
    const calls = [client.get("none"), client.update("none"), client.remove("none")]
    const errors = await Promise.all(calls.map(failure))
    expect(errors.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404])
  })
  it("a delete gives the row, which is gone then", async () => {
    expect(await client.remove(last().id)).toMatchObject({ id: last().id })
    expect((await failure(client.get(last().id))).statusCode).toBe(404)
  })
  it("a key that nobody knows is 401", async () => {
    const own = vapi
    vapi = new VapiClient({ token: "nobody", baseUrl: runtime.baseUrl, maxRetries: 0 })
    const error = await failure(make().list({})).finally(() => (vapi = own))
    expect([error.statusCode, error.body]).toEqual([401, expect.objectContaining({ message: expect.any(String) })])
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
    expect(await failure(vapi.assistants.delete({ id: assistant.id }))).toMatchObject({
      statusCode: 409,
      body: { error: "assistant_pinned", message: expect.any(String) }
    })
  })

  it("a tool that an assistant uses is not deleted", async () => {
    const { id } = await vapi.tools.create({ type: "endCall" })
    await vapi.assistants.create({ model: { provider: "openai", model: "gpt-4o", toolIds: [id] } })
    expect(await failure(vapi.tools.delete({ id }))).toMatchObject({ statusCode: 409, body: { error: "tool_pinned" } })
  })

  it("files are listed by purpose", async () => {
    const file = await vapi.files.create({ file: new File(["Opening hours"], "hours.txt"), purpose: "assistant" })
    expect(file).toMatchObject({ name: "hours.txt", bytes: 13, status: "done" })
    expect((await vapi.files.list({ purpose: "assistant" })).map(({ id }) => id)).toContain(file.id)
    expect(await vapi.files.list({ purpose: "composer-attachment" })).toEqual([])
  })

  it("a batch of calls has a result or an error for each customer", async () => {
    const batch = await vapi.calls.create({
      assistant: {},
      customers: [{ number: "+14155550161" }, { number: "not a number" }]
    })
    assert("results" in batch)
    expect([batch.results.length, batch.errors.length]).toEqual([1, 1])
  })

  it("calls are listed by id, assistant and number", async () => {
    const assistant = await vapi.assistants.create({})
    const call = await vapi.calls.create({ assistantId: assistant.id, customer: { number: "+14155550171" } })
    assert("id" in call)
    const lists = [{ id: call.id }, { assistantId: assistant.id }, { assistantId: assistant.id, id: call.id }]
    for (const query of lists) expect((await vapi.calls.list(query)).map(({ id }) => id)).toEqual([call.id])
    expect(await vapi.calls.list({ phoneNumberId: "none" })).toEqual([])
  })

  it("a call has addresses to listen to and to control it, and its end a recording", async () => {
    const { callId = "" } = await runtime.trigger({ type: "call.completed" })
    const { monitor, artifact, endedReason, analysis } = await vapi.calls.get({ id: callId })
    expect([monitor, endedReason, analysis?.successEvaluation]).toEqual([
      { listenUrl: expect.stringMatching(/^ws:/), controlUrl: expect.stringMatching(/^http:/) },
      "customer-ended-call",
      "true"
    ])
    expect(artifact).toMatchObject({
      transcript: expect.stringMatching(/^AI: /),
      recording: { stereoUrl: expect.any(String), mono: { combinedUrl: expect.any(String) } }
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
    expect(answers.map(({ rawResponse }) => rawResponse.status)).toEqual([200, 200, 200, 200, 200])
    const none = [
      calls.callArtifactControllerMonoRecordingDownload({ id: "none" }),
      calls.callArtifactControllerCallLogsDownload({ id: "none" })
    ]
    expect((await Promise.all(none.map(failure))).map(({ statusCode }) => statusCode)).toEqual([404, 404])
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
    expect(page.results).toMatchObject([{ number: "+14155559903" }])
    expect(page.metadata).toEqual({
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
    expect(results.map(({ id }) => id)).toEqual([made.id])
    const run = await so.structuredOutputControllerRun({ structuredOutputId: made.id, callIds: [callId] })
    expect(run).toMatchObject({ results: { [callId]: { [made.id]: { result: "4711" } } } })
  })

  it("chats are created, continued, listed, read and deleted", async () => {
    const { id: assistantId } = await vapi.assistants.create({})
    runtime.calls.script({ assistantId }, [{ assistant: "Hello." }, { user: "Bye" }, { assistant: "So long." }])
    const first = await vapi.chats.create({ assistantId, input: "Hi" })
    assert("output" in first)
    expect(first.output).toEqual([{ role: "assistant", content: "Hello." }])
    const second = await vapi.chats.createResponse({ previousChatId: first.id, input: "Bye" })
    assert("output" in second)
    expect(second).toMatchObject({ object: "response", output: [{ content: [{ text: "So long." }] }] })
    const { results, metadata } = await vapi.chats.list({ assistantIdAny: assistantId, sortOrder: "ASC" })
    expect([results.map(({ id }) => id), metadata.totalItems]).toEqual([[first.id, second.id], 2])
    expect(await vapi.chats.get({ id: first.id })).toEqual(first)
    expect((await vapi.chats.delete({ id: first.id })).id).toBe(first.id)
    expect((await failure(vapi.chats.get({ id: first.id }))).statusCode).toBe(404)
    expect((await failure(vapi.chats.create({ input: "Hi" }))).statusCode).toBe(400)
  })

  it.each([
    ["squads", () => vapi.squads.list()],
    ["sessions", () => vapi.sessions.list()],
    ["campaigns", () => vapi.campaigns.campaignControllerFindAll()],
    ["evals", () => vapi.eval.evalControllerGetPaginated()],
    ["insights", () => vapi.insight.insightControllerFindAll()],
    ["scorecards", () => vapi.observabilityScorecard.scorecardControllerGetPaginated()]
  ])("%s are no part of this runtime, and it says so", async (_, list) => {
    expect(await failure(list())).toMatchObject({
      statusCode: 404,
      body: { code: "not_part_of_this_runtime", message: expect.stringContaining("docs/compatibility.md") }
    })
  })

  it("every operation that is called served was asked for", () => {
    const page = fs.readFileSync(new URL("../../../docs/compatibility.md", import.meta.url), "utf8")
    const served = [...page.matchAll(/^\| `(.+)` \| yes \|$/gm)].map(([, operation]) => operation)
    const asked = new Set(runtime.requests().map(({ method, route }) => `${method} ${route}`))
    expect(served.length).toBeGreaterThan(30)
    expect(served.filter((operation) => !asked.has(String(operation)))).toEqual([])
  })
})
