/** The control routes that pages, the command line and agents are built upon. */
import * as fs from "node:fs"
import * as path from "node:path"
import { assert, describe, it, onTestFinished, vi } from "vitest"
import { assertMatches, eventually, rejection } from "../../runtime-sdk/test/support/assertions.ts"
import { receive } from "./receiver.ts"
import { type Client, clientOf, start, temporaryFile } from "./support.ts"
import { publishChanges } from "../src/control/changes.ts"
import { makeFeed } from "../src/control/feed.ts"
import { startLocalRuntime } from "../src/index.ts"
import { outboxTables } from "../src/outbox/tables.ts"
import { rowTables } from "../src/rows/tables.ts"
import { openStore } from "../src/store/Store.ts"

const control = ({ runtime, call }: Client, method: string, target: string, body?: unknown) =>
  call(method, `/__aywa/${target}`, body, { apiKey: runtime.controlToken })

interface Piece {
  readonly id: string
  readonly event: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into JSON that they provoke
  readonly data: any
}

/** Reads a stream of events as a page does. */
const open = async ({ runtime }: Client, { types = "", lastId = "" } = {}) => {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const response = await fetch(`${runtime.baseUrl}/__aywa/stream${types === "" ? "" : `?types=${types}`}`, {
    signal: controller.signal,
    headers: {
      authorization: `Bearer ${runtime.controlToken}`,
      ...(lastId === "" ? {} : { "last-event-id": lastId })
    }
  })
  const pieces: Array<Piece> = []
  const decoder = new TextDecoder()
  let text = ""
  const read = async () => {
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true })
      const blocks = text.split("\n\n")
      text = blocks.pop() ?? ""
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? ""
        if (field("event") !== "") {
          pieces.push({ id: field("id"), event: field("event"), data: JSON.parse(field("data")) })
        }
      }
    }
  }
  const done = response.ok ? read().catch(() => {}) : Promise.resolve()
  return { response, pieces, done, close: () => controller.abort() }
}

describe("requests", () => {
  it("come in pages of summaries, newest first, each request once", async () => {
    const client = await start()
    for (let i = 0; i < 7; i++) await client.call("GET", `/assistant?limit=${i}`)
    const seen: Array<string> = []
    let cursor: string | null = ""
    while (cursor !== null) {
      const { body }: { body: { items: Array<{ query: string }>; nextCursor: string | null } } = await control(
        client,
        "GET",
        `requests?limit=3${cursor === "" ? "" : `&before=${cursor}`}`
      )
      seen.push(...body.items.map(({ query }) => query))
      cursor = body.nextCursor
    }
    assert.deepStrictEqual(
      seen,
      [6, 5, 4, 3, 2, 1, 0].map((i) => `limit=${i}`)
    )
  })

  it("are found by path, method, status, key and text; a filter that does not exist is 400", async () => {
    const client = await start()
    const { body: made } = await client.call("POST", "/assistant", { name: "needle" }, { key: "k1" })
    await client.call("POST", "/assistant", { nmae: "typo" }, { key: "k2" })
    await client.call("GET", "/tool")
    const ids = async (filter: string) =>
      (await control(client, "GET", `requests?${filter}`)).body.items.map(({ id }: { id: string }) => id)
    assert.deepStrictEqual(await ids("path=/tool"), ["3"])
    assert.deepStrictEqual(await ids("method=post"), ["2", "1"])
    assert.deepStrictEqual(await ids("status=400"), ["2"])
    assert.deepStrictEqual(await ids("key=k1"), ["1"])
    assert.deepStrictEqual(await ids("text=needle"), ["1"])
    // A row that only mentions another has not changed it.
    await client.call("PATCH", `/assistant/${made.id}`, { name: "haystack" })
    await client.call("POST", "/phone-number", { provider: "vapi", number: "+14155550123", assistantId: made.id })
    await client.call("GET", `/assistant/${made.id}`)
    assert.deepStrictEqual(await ids(`changed=${made.id}`), ["4", "1"])
    const wrong = await control(client, "GET", "requests?pth=/tool")
    assertMatches([wrong.status, String(wrong.body.message)], [400, /pth/])
  })

  it("one by its id has both sides; what may be secret is shown only when asked for", async () => {
    const client = await start()
    const row = { provider: "webhook", name: "c", authenticationPlan: { type: "bearer", token: "canary-token" } }
    await client.call("POST", "/credential", row, { key: "k", headers: { "x-secret-thing": "canary-header" } })
    await client.call("POST", "/credential", row, { key: "k" })
    const first = await control(client, "GET", "requests/1")
    assert.notInclude(first.text, "canary-")
    assert.notInclude(first.text, client.runtime.apiKey)
    assertMatches(first.body, {
      body: { provider: "webhook", authenticationPlan: { token: "[REDACTED]" } },
      answer: { status: 201, body: { name: "c" } },
      idempotency: { key: "k", replayed: false }
    })
    assertMatches((await control(client, "GET", "requests/2")).body.idempotency, {
      replayed: true,
      firstId: "1"
    })
    const shown = await control(client, "GET", "requests/1?show=secrets")
    assert.deepStrictEqual([shown.body.body, shown.body.headers["x-secret-thing"]], [row, "canary-header"])
    assert.strictEqual((await control(client, "GET", "requests/99")).status, 404)
    assert.strictEqual((await control(client, "GET", "requests/1?show=all")).status, 400)
  })

  it("are sent again through the pipeline: under the same key a replay, under a new one another row", async () => {
    const client = await start()
    const lost = client.call("POST", "/assistant", { name: "again" }, { key: "k", fault: "reset;when=after" })
    assert.include((await rejection(lost)).message, "fetch failed")
    // The fault is one of the request itself, so it hits the repetition, too.
    const again = await control(client, "POST", "requests/1/resend", {})
    assertMatches(again.body, { status: null, error: /^/ })
    assertMatches(client.runtime.requests().at(-1), { replayed: true, committed: false })
    await client.call("POST", "/assistant", { name: "plain" }, { key: "p" })
    const { items } = (await control(client, "GET", "requests?key=p")).body
    const fresh = await control(client, "POST", `requests/${items[0].id}/resend`, { newKey: true })
    assertMatches(fresh.body, { status: 201, requestId: /^req_/ })
    assert.strictEqual(client.runtime.count("assistants"), 3)
    // The key that it went under is good for nothing afterwards, and is not listed.
    assert.lengthOf((await control(client, "GET", "keys")).body, 1)
  })

  it("are not sent again without what is needed for that", async () => {
    const client = await start()
    await client.call("GET", "/assistant", undefined, { apiKey: "nobody" })
    const refused = await control(client, "POST", "requests/1/resend")
    assert.deepStrictEqual([refused.status, refused.body.code], [409, "not_authenticated"])
  })
})

describe("stream", () => {
  it("tells of requests, rows, calls, events, jobs, attempts, faults and the clock, and of no key", async () => {
    const client = await start({ clock: "manual" })
    const receiver = await receive()
    const stream = await open(client)
    assert.include(stream.response.headers.get("content-type"), "text/event-stream")
    const created = await client.call("POST", "/assistant", { name: "watched", server: { url: receiver.url } })
    await client.call("PATCH", `/assistant/${created.body.id}`, { name: "renamed" })
    client.runtime.faults.next({ type: "status", code: 503 })
    await client.call("GET", "/assistant")
    await client.call("POST", "/call", { assistantId: created.body.id, customer: { number: "+14155550188" } })
    await client.runtime.clock.advance(60_000)
    await client.call("DELETE", `/assistant/${created.body.id}`)
    const kinds = () => [...new Set(stream.pieces.map(({ event }) => event))].sort()
    await eventually(() =>
      assert.deepStrictEqual(kinds(), ["attempt", "call", "clock", "event", "fault", "job", "request", "row"])
    )
    const of = (event: string) => stream.pieces.filter((piece) => piece.event === event).map(({ data }) => data)
    await eventually(() =>
      assert.deepStrictEqual(
        of("row").map(({ action }) => action),
        ["created", "updated", "deleted"]
      )
    )
    assertMatches(of("row")[1], { resource: "assistants", id: created.body.id, name: "renamed" })
    assert.include(
      of("request").map(({ status }) => status),
      503
    )
    await eventually(() => assert.strictEqual(of("call").at(-1)?.status, "ended"))
    await eventually(() => assert.strictEqual(of("job").at(-1)?.status, "succeeded"))
    assert.notInclude(JSON.stringify(stream.pieces), client.runtime.apiKey)
  })

  it("goes on where a watcher was cut off, and says so when it cannot", async () => {
    const client = await start()
    const stream = await open(client, { types: "row" })
    await client.call("POST", "/assistant", { name: "first" })
    await eventually(() => assert.strictEqual(stream.pieces.length, 1))
    stream.close()
    await stream.done
    await client.call("POST", "/assistant", { name: "second" })
    const next = await open(client, { types: "row", lastId: stream.pieces[0]!.id })
    await eventually(() =>
      assert.deepStrictEqual(
        next.pieces.map(({ data }) => data.name),
        ["second"]
      )
    )
    const stranger = await open(client, { types: "row", lastId: "elsewhere-1" })
    await eventually(() =>
      assert.deepStrictEqual(
        stranger.pieces.map(({ event }) => event),
        ["reset"]
      )
    )
    client.runtime.reset()
    await eventually(() => assert.strictEqual(next.pieces.at(-1)?.event, "reset"))
  })

  it("does no harm to whoever closed the runtime, a minute after the last watcher left", () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const [store, feed] = [openStore("memory", [rowTables, outboxTables]), makeFeed()]
    publishChanges(store, feed)
    feed.watch(() => {})()
    store.close()
    assert.doesNotThrow(() => vi.advanceTimersByTime(60_000))
  })

  it("takes sixteen watchers, knows its types, and needs the token", async () => {
    const client = await start()
    const streams = await Promise.all(Array.from({ length: 16 }, () => open(client)))
    const { response } = await open(client)
    assert.deepStrictEqual(
      [response.status, ((await response.json()) as { code: string }).code],
      [429, "too_many_streams"]
    )
    streams[0]!.close()
    await eventually(async () => assert.strictEqual((await open(client)).response.status, 200))
    assert.strictEqual((await control(client, "GET", "stream?types=rows")).status, 400)
    assert.strictEqual((await client.call("GET", "/__aywa/stream")).status, 401)
  })

  it("works in a file over a restart", async () => {
    const client = await start({ store: { file: temporaryFile() } })
    const stream = await open(client, { types: "row" })
    await client.runtime.restart()
    await stream.done
    const next = await open(client, { types: "row" })
    await client.call("POST", "/assistant", { name: "after" })
    await eventually(() =>
      assert.deepStrictEqual(
        next.pieces.map(({ data }) => data.name),
        ["after"]
      )
    )
  })
})

describe("rows, calls and jobs of all organizations", () => {
  it("are listed as summaries, found by resource and text, page by page", async () => {
    const client = await start()
    const other = client.runtime.addKey({ organization: "org_2" })
    for (const name of ["a", "b", "c"]) await client.call("POST", "/assistant", { name, firstMessage: `hello ${name}` })
    await client.call("POST", "/assistant", { name: "d" }, { apiKey: other.key })
    const list = async (query: string) => (await control(client, "GET", `rows?resource=assistants${query}`)).body
    const first = await list("&limit=3")
    assertMatches(first.items, [{ name: "d", organizationId: "org_2" }, { name: "c" }, { name: "b" }])
    assertMatches((await list(`&limit=3&before=${first.nextCursor}`)).items, [{ name: "a" }])
    assertMatches((await list("&text=hello%20b")).items, [{ name: "b" }])
    assert.lengthOf((await list("&organization=org_2")).items, 1)
    assert.isNull((await list("&text=nowhere")).nextCursor)
  })

  it("of a kind or in a state that there is not: 400, with those that there are", async () => {
    const client = await start()
    const message = async (path: string) => (await control(client, "GET", path)).body.message
    assertMatches(await message("rows?resource=assistent"), [/there are assistants, /])
    assertMatches(await message("jobs?status=failed"), [/there are pending, /])
    const { status, body } = await client.call("GET", "/logs/webhooks?status=failed")
    assertMatches([status, body.message], [400, [/status: expected one of pending, /]])
  })

  it("calls under way, and webhook jobs", async () => {
    const client = await start({ clock: "manual" })
    const receiver = await receive()
    const { body: assistant } = await client.call("POST", "/assistant", { name: "a", server: { url: receiver.url } })
    const { body: call } = await client.call("POST", "/call", {
      assistantId: assistant.id,
      customer: { number: "+14155550188" }
    })
    assertMatches((await control(client, "GET", "calls/live")).body.items, [{ id: call.id, status: "queued" }])
    await client.runtime.clock.advance(60_000)
    assert.deepStrictEqual((await control(client, "GET", "calls/live")).body.items, [])
    const { items } = (await control(client, "GET", `jobs?callId=${call.id}&type=end-of-call-report`)).body
    assertMatches(items, [{ status: "succeeded", statusCode: 200, attempts: 1 }])
  })
})

describe("in the name of an organization", () => {
  it("every route of the contract is there, without an API key and without a line in the journal", async () => {
    const client = await start()
    const other = client.runtime.addKey({ organization: "org_2" })
    const { body: row } = await client.call("POST", "/assistant", { name: "a" }, { apiKey: other.key })
    const before = client.runtime.requests().length
    const read = await control(client, "GET", `as/org_2/assistant/${row.id}`)
    assert.deepStrictEqual(read.body, row)
    const etag = read.headers.get("etag") ?? ""
    const patch = (tag: string) =>
      client.call(
        "PATCH",
        `/__aywa/as/org_2/assistant/${row.id}`,
        { name: "b" },
        { apiKey: client.runtime.controlToken, headers: { "if-match": tag } }
      )
    assert.strictEqual((await patch(etag)).body.name, "b")
    assert.strictEqual((await patch(etag)).status, 412)
    assert.strictEqual(
      (await control(client, "GET", `as/${client.runtime.organizationId}/assistant/${row.id}`)).status,
      404
    )
    assert.strictEqual((await control(client, "GET", "as/nobody/assistant")).status, 404)
    assert.strictEqual((await client.call("GET", "/__aywa/as/org_2/assistant")).status, 401)
    assert.lengthOf(client.runtime.requests(), before)
  })
})

describe("snapshots", () => {
  it("bring back rows, calls, events and idempotency records; streams hear that all is different", async () => {
    const client = await start({ clock: "manual" })
    await client.call("POST", "/assistant", { name: "kept" }, { key: "k" })
    assertMatches((await control(client, "POST", "snapshot", { name: "base" })).body, { name: "base", rows: 1 })
    const stream = await open(client)
    await client.call("POST", "/assistant", { name: "gone" })
    await client.call("POST", "/call", { assistant: { name: "x" }, customer: { number: "+14155550188" } })
    assert.strictEqual((await control(client, "POST", "restore", { name: "base" })).status, 200)
    assert.deepStrictEqual(
      client.runtime.rows("assistants").map(({ name }) => name),
      ["kept"]
    )
    assert.deepStrictEqual([client.runtime.count("calls"), client.runtime.events.list()], [0, []])
    await eventually(() =>
      assert.include(
        stream.pieces.map(({ event }) => event),
        "reset"
      )
    )
    const replay = await client.call("POST", "/assistant", { name: "kept" }, { key: "k" })
    assert.strictEqual(replay.headers.get("idempotency-replayed"), "true")
    assertMatches((await control(client, "GET", "snapshots")).body.items, [{ name: "base" }])
    assert.strictEqual((await control(client, "DELETE", "snapshots/base")).status, 200)
    const missing = await control(client, "POST", "restore", { name: "base" })
    assert.deepStrictEqual([missing.status, missing.body.message], [400, 'There is no snapshot "base"; there are none'])
  })

  it("of one organization leave the others alone", async () => {
    const client = await start()
    const other = client.runtime.addKey({ organization: "org_2" })
    const create = (name: string, apiKey: string) => client.call("POST", "/assistant", { name }, { apiKey })
    await create("mine", client.runtime.apiKey)
    client.runtime.snapshot({ name: "mine", organization: client.runtime.organizationId })
    await create("mine later", client.runtime.apiKey)
    await create("theirs", other.key)
    client.runtime.restore({ name: "mine" })
    assert.deepStrictEqual(
      client.runtime.rows("assistants").map(({ name }) => name),
      ["mine", "theirs"]
    )
  })

  it("in a file go from one runtime to another, and overwrite nothing else", async () => {
    const file = path.join(path.dirname(temporaryFile()), "snapshot.sqlite")
    const client = await start({ organization: "org_1" })
    await client.call("POST", "/assistant", { name: "carried" })
    assertMatches((await control(client, "POST", "snapshot", { file })).body, { file, rows: 1 })
    const next = await start({ organization: "org_1", store: { file: temporaryFile() } })
    next.runtime.restore({ file })
    assertMatches((await next.call("GET", "/assistant")).body, [{ name: "carried" }])
    fs.writeFileSync(file, "something else")
    for (const target of ["snapshot", "restore"]) {
      const { status, body } = await control(client, "POST", target, { file })
      assertMatches([status, body.message], [400, /no snapshot/])
    }
    assert.strictEqual(fs.readFileSync(file, "utf8"), "something else")
  })

  it("of an exposed runtime have names only", async () => {
    const client = await start({ unsafeExpose: true })
    const { status, body } = await control(client, "POST", "snapshot", { file: "/tmp/never.sqlite" })
    assert.deepStrictEqual([status, body.code], [403, "files_refused"])
  })
})

describe("events", () => {
  it("come in pages, oldest first; the cursor waits for what is next", async () => {
    const client = await start()
    for (const type of ["hang", "status-update", "hang"]) await client.runtime.trigger({ type })
    const first = (await control(client, "GET", "events?limit=2")).body
    assertMatches(first.items, [{ type: "hang" }, { type: "status-update", message: { status: "in-progress" } }])
    const rest = (await control(client, "GET", `events?after=${first.nextCursor}`)).body
    assertMatches(rest.items, [{ type: "hang" }])
    const waiting = control(client, "GET", `events?after=${rest.nextCursor}&type=transcript&wait=20000`)
    await client.runtime.trigger({ type: "speech-update" })
    await client.runtime.trigger({ type: "transcript" })
    assertMatches((await waiting).body.items, [{ type: "transcript" }])
    const { id } = first.items[0]
    assertMatches((await control(client, "GET", `events/${id}`)).body, { id, type: "hang" })
  })

  it("a page has a megabyte at most; of a message that is larger it has the size", async () => {
    const client = await start()
    const trigger = (size: number) =>
      client.runtime.trigger({ type: "voice-input", merge: { input: "x".repeat(size) } })
    for (let i = 0; i < 12; i++) await trigger(150_000)
    await trigger(2_000_000)
    const sizes: Array<number> = []
    const events: Array<{ messageBytes?: number }> = []
    for (let cursor = "0"; events.length < 13;) {
      const { text, body } = await control(client, "GET", `events?after=${cursor}`)
      sizes.push(text.length)
      events.push(...body.items)
      cursor = body.nextCursor
    }
    assert.isBelow(Math.max(...sizes), 1_048_576)
    assert.isAbove(events.at(-1)?.messageBytes ?? 0, 2_000_000)
  })

  it("who expects one that does not come hears what came, and how often", async () => {
    const { runtime } = await start()
    for (const type of ["hang", "hang", "transcript"]) await runtime.trigger({ type })
    assert.include(
      (await rejection(runtime.events.expect("status-update", { timeout: 20 }))).message,
      "No matching status-update event within 20 ms; there were: hang (2), transcript"
    )
  })
})

describe("the runtime itself", () => {
  it("says how it is reached; its secrets only when asked for", async () => {
    const client = await start()
    const { runtime } = client
    const { body, text } = await control(client, "GET", "runtime")
    assertMatches(body, { baseUrl: runtime.baseUrl, mode: "development", store: "memory" })
    assert.deepStrictEqual([text.includes(runtime.apiKey), text.includes(runtime.webhookSecret)], [false, false])
    const shown = await control(client, "GET", "runtime?show=secrets")
    assertMatches(shown.body, { apiKey: runtime.apiKey, webhookSecret: runtime.webhookSecret })
  })

  it("has organizations, and takes more", async () => {
    const client = await start()
    assert.strictEqual((await control(client, "POST", "organizations", { id: "org_9" })).status, 201)
    assert.strictEqual(
      (await control(client, "POST", "organizations", { id: "org_9" })).body.code,
      "organization_exists"
    )
    const { items } = (await control(client, "GET", "organizations")).body
    assert.deepStrictEqual(
      items.map(({ id }: { id: string }) => id),
      [client.runtime.organizationId, "org_9"]
    )
  })
})

it("a reset gives the space of the file back", async () => {
  const file = temporaryFile()
  const runtime = await startLocalRuntime({ store: { file } })
  onTestFinished(() => runtime.close())
  const client = clientOf(runtime)
  for (let i = 0; i < 8; i++) await client.call("POST", "/assistant", { firstMessage: "x".repeat(1_000_000) })
  runtime.reset()
  assert.isBelow(fs.statSync(file).size, 1_000_000)
})
