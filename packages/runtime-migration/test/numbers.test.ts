/** Phone numbers against a server that answers as Twilio documents its API of 2010-04-01, and the local runtime. */
import { startLocalRuntime } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import {
  type CarrierHttp,
  isMigrationError,
  type NumberRow,
  planNumbers,
  switchNumbers,
  switchNumbersBack,
  twilioNumbers,
  verifyNumbers
} from "../src/index.ts"
import { json, serve } from "../../runtime-sdk/test/support/server.ts"
import { refused } from "./databases.ts"

const folder = mkdtempSync(join(tmpdir(), "aywa-numbers-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const account = `AC${"0123456789abcdef".repeat(2)}`
const secret = "auth-token-that-nobody-prints"
const trunk = `TK${"a".repeat(32)}`
const application = `AP${"b".repeat(32)}`
const old = "https://source.example.test/twilio/inbound?secret=s3cr3t"
const next = "https://runtime.example.test/twilio/inbound"

type Row = Record<string, string | null>

/** A number as Twilio answers it. */
const numberOf = (at: number, more: Row = {}): Row => ({
  sid: `PN${String(at).padStart(32, "0")}`,
  account_sid: account,
  friendly_name: `Line ${at}`,
  phone_number: `+1415555010${at}`,
  voice_url: old,
  voice_method: "POST",
  voice_fallback_url: "https://source.example.test/fallback",
  voice_fallback_method: "POST",
  voice_application_sid: null,
  trunk_sid: null,
  status_callback: "https://source.example.test/status",
  status_callback_method: "POST",
  sms_url: "https://sms.example.test",
  sms_method: "POST",
  ...more
})

const snake = (name: string) => name.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()

/** The routes and rules of the documentation: pages, errors with a code, a trunk and an application exclude each other. */
const twilio = async (rows: ReadonlyArray<Row>) => {
  const state = {
    rows: new Map(rows.map((row) => [String(row["sid"]), { ...row }])),
    fail: undefined as ((index: number, method: string) => number | undefined) | undefined
  }
  const expected = `Basic ${Buffer.from(`${account}:${secret}`).toString("base64")}`
  const error = (code: number, message: string, status: number) => ({
    code,
    message,
    more_info: "https://docs.test",
    status
  })
  const server = await serve((seen, response, index) => {
    const url = new URL(seen.url, "http://x")
    const top = `/2010-04-01/Accounts/${account}/IncomingPhoneNumbers`
    const status = state.fail?.(index, seen.method)
    if (status !== undefined)
      return json(response, status, error(20429, "Too many requests", status), { "retry-after": "0" })
    if (seen.headers.authorization !== expected) return json(response, 401, error(20003, "Authenticate", 401))
    if (seen.method === "GET" && url.pathname === `${top}.json`) {
      const wanted = url.searchParams.get("PhoneNumber") ?? ""
      // As documented it also gives numbers of which this is a part.
      const found = [...state.rows.values()].filter((row) => String(row["phone_number"]).includes(wanted))
      return json(response, 200, {
        incoming_phone_numbers: found,
        page: 0,
        page_size: 50,
        next_page_uri: null,
        uri: seen.url
      })
    }
    const sid = new RegExp(`^${top}/(PN\\w+)\\.json$`).exec(url.pathname)?.[1] ?? ""
    const row = state.rows.get(sid)
    if (row === undefined || seen.method !== "POST")
      return json(response, 404, error(20404, "The requested resource was not found", 404))
    const form = new URLSearchParams(seen.body)
    for (const [name, value] of form) {
      if (!(snake(name) in row)) return json(response, 400, error(20001, `Unknown parameter ${name}`, 400))
      row[snake(name)] = value === "" ? null : value
    }
    if ((form.get("TrunkSid") ?? "") !== "") row["voice_application_sid"] = null
    if ((form.get("VoiceApplicationSid") ?? "") !== "") row["trunk_sid"] = null
    return json(response, 200, row)
  })
  return Object.assign(server, { state })
}

const setUp = async (name: string, rows: ReadonlyArray<Row>, imported: ReadonlyArray<object> = []) => {
  const stub = await twilio(rows)
  const runtime = await startLocalRuntime()
  const aywa = new AywaRuntimeClient({ baseUrl: runtime.baseUrl, apiKey: runtime.apiKey })
  const assistant = await aywa.assistants.create({ name: "Desk" })
  for (const row of rows) {
    const number = row["phone_number"] ?? ""
    await aywa.phoneNumbers.create({
      provider: "twilio",
      number,
      twilioAccountSid: account,
      twilioAuthToken: secret,
      assistantId: assistant.id
    })
  }
  for (const row of imported) await aywa.phoneNumbers.create(row as { readonly provider: string })
  const carrier = twilioNumbers({ baseUrl: stub.baseUrl, accountSid: account, secret })
  const file = join(folder, `${name}.json`)
  return {
    stub,
    runtime,
    aywa,
    carrier,
    file,
    options: { carrier, file },
    rows: () => structuredClone([...stub.state.rows.values()]),
    writes: () => stub.seen.filter(({ method }) => method === "POST"),
    [Symbol.asyncDispose]: async () => {
      await aywa[Symbol.asyncDispose]()
      await runtime[Symbol.asyncDispose]()
      await stub[Symbol.asyncDispose]()
    }
  }
}

const yes = { confirm: () => true }

describe("numbers", () => {
  it("are planned, switched once it is confirmed, verified, and put back field by field", async () => {
    const rows = [
      numberOf(1),
      numberOf(2, {
        voice_url: null,
        voice_fallback_url: null,
        trunk_sid: trunk,
        status_callback: "https://own.example.test/status"
      }),
      numberOf(3, { voice_application_sid: application })
    ]
    await using all = await setUp("way", rows)
    const { options, aywa, stub } = all
    const before = all.rows()
    const plan = await planNumbers(aywa, { ...options, to: { url: next } })
    assert.deepStrictEqual([plan.ok, plan.numbers.map(({ state }) => state)], [true, ["before", "before", "before"]])
    assert.isEmpty(all.writes())
    // Addresses may be keys; the file is their owner's.
    assert.notInclude(JSON.stringify(plan), "s3cr3t")
    assert.strictEqual(statSync(all.file).mode & 0o077, 0)
    assert.isFalse((await verifyNumbers(aywa, options)).ok)

    const asked: Array<NumberRow> = []
    const no = await refused(switchNumbers({ ...options, confirm: (changes) => (asked.push(...changes), false) }))
    assert.match(no, /not confirmed/)
    assert.deepStrictEqual([asked.length, all.writes().length, all.rows()], [3, 0, before])
    for (const confirm of [undefined, true, () => "yes"]) {
      const wrong: unknown = await switchNumbers({ ...options, confirm } as never).catch((error: unknown) => error)
      assert(isMigrationError(wrong), String(confirm))
    }
    assert.deepStrictEqual(all.rows(), before)

    const switched = await switchNumbers({ ...options, ...yes })
    assert.deepStrictEqual(
      [switched.ok, switched.numbers.map(({ state, written }) => [state, written])],
      [true, [1, 2, 3].map(() => ["target", true])]
    )
    for (const [at, row] of all.rows().entries()) {
      const status_callback = at === 1 ? "https://own.example.test/status" : at === 2 ? null : null
      assert.deepInclude(row, {
        voice_url: next,
        voice_application_sid: null,
        trunk_sid: null,
        voice_fallback_url: null,
        sms_url: "https://sms.example.test",
        status_callback
      })
    }
    assert.isTrue((await verifyNumbers(aywa, options)).ok)
    // Again, and planned again: nothing is written, and the way back stays the first one.
    const writes = all.writes().length
    await switchNumbers({ ...options, confirm: () => assert.fail("there is nothing to confirm") })
    await planNumbers(aywa, { ...options, to: { url: next } })
    assert.strictEqual(all.writes().length, writes)
    assert.match(await refused(switchNumbersBack({ ...options, confirm: () => false })), /not confirmed/)
    const back = await switchNumbersBack({ ...options, ...yes })
    assert.isTrue(back.ok)
    assert.deepStrictEqual(all.rows(), before)
    assert.deepStrictEqual(
      new Set(stub.seen.map(({ headers }) => headers["content-type"])),
      new Set([undefined, "application/x-www-form-urlencoded"])
    )
  }, 30_000)

  it("go to a trunk or an application, by one field, and back", async () => {
    await using all = await setUp("trunk", [numberOf(1), numberOf(2, { voice_application_sid: application })])
    const before = all.rows()
    for (const to of [{ trunk }, { application: `AP${"c".repeat(32)}` }]) {
      assert.isTrue((await planNumbers(all.aywa, { ...all.options, to })).ok)
      assert.isTrue((await switchNumbers({ ...all.options, ...yes })).ok)
      for (const row of all.rows())
        assert.strictEqual(row["trunk_sid"] ?? row["voice_application_sid"], Object.values(to)[0])
      assert.isTrue((await switchNumbersBack({ ...all.options, ...yes })).ok)
      assert.deepStrictEqual(all.rows(), before)
    }
    const bodies = all.writes().map(({ body }) => body)
    assert.include(bodies, `TrunkSid=${trunk}`)
  })

  it("that cannot be switched are named in the plan: unknown, unbound, of another carrier, not in the runtime", async () => {
    const others = [
      {
        provider: "twilio",
        number: "+14155550199",
        twilioAccountSid: account,
        twilioAuthToken: secret
      },
      { provider: "vapi", number: "+14155550177" }
    ]
    await using all = await setUp("named", [numberOf(1), numberOf(2)], others)
    const { numbers } = Object.groupBy((await all.aywa.phoneNumbers.list({ limit: 10 })).items, () => "numbers")
    const second = numbers?.find(({ number }) => number === "+14155550102")
    await all.aywa.phoneNumbers.update(second?.id ?? "", { assistantId: null })
    const plan = await planNumbers(all.aywa, { ...all.options, to: { url: next } })
    const found = Object.fromEntries(plan.numbers.map(({ number, problems }) => [number.slice(-2), problems.join()]))
    assert.isFalse(plan.ok)
    assert.strictEqual(found["01"], "")
    assert.match(found["02"] ?? "", /nobody answers it/)
    assert.match(found["99"] ?? "", /does not have it/)
    assert.match(found["77"] ?? "", /carrier is vapi/)
    const absent = await planNumbers(all.aywa, { ...all.options, to: { url: next }, numbers: ["+14155550101"] })
    assert.isTrue(absent.ok)
    await using empty = await setUp("empty", [])
    empty.stub.state.rows.set("PN1", numberOf(1))
    const unknown = await planNumbers(empty.aywa, { ...empty.options, to: { url: next }, numbers: ["+14155550101"] })
    assert.match(unknown.numbers[0]?.problems.join() ?? "", /import it first/)
  })

  it("that somebody led elsewhere since are left alone, both ways", async () => {
    await using all = await setUp("elsewhere", [numberOf(1), numberOf(2)])
    await planNumbers(all.aywa, { ...all.options, to: { url: next } })
    const [first, second] = [...all.stub.state.rows.values()]
    if (first !== undefined) first["voice_url"] = "https://somebody.example.test"
    const switched = await switchNumbers({ ...all.options, ...yes })
    assert.deepStrictEqual([switched.ok, switched.numbers.map(({ state }) => state)], [false, ["other", "target"]])
    assert.match(switched.numbers[0]?.problems.join() ?? "", /elsewhere since/)
    assert.strictEqual(first?.["voice_url"], "https://somebody.example.test")
    if (second !== undefined) second["voice_url"] = "https://somebody.example.test"
    const back = await switchNumbersBack({ ...all.options, ...yes })
    assert.deepStrictEqual(
      [back.ok, all.rows().map((row) => row["voice_url"])],
      [false, Array.from({ length: 2 }, () => "https://somebody.example.test")]
    )
  })

  it("survive an API that is busy or breaks off: run again it ends, and all of it can still be put back", async () => {
    await using all = await setUp(
      "busy",
      [1, 2, 3, 4].map((n) => numberOf(n))
    )
    const before = all.rows()
    await planNumbers(all.aywa, { ...all.options, to: { url: next } })
    all.stub.state.fail = (index) => (index % 2 === 0 ? 429 : undefined)
    assert.isTrue((await switchNumbers({ ...all.options, ...yes })).ok)
    await switchNumbersBack({ ...all.options, ...yes })
    assert.deepStrictEqual(all.rows(), before)
    let writes = 0
    all.stub.state.fail = (_, method) => (method === "POST" && ++writes > 2 ? 400 : undefined)
    const error: unknown = await switchNumbers({ ...all.options, ...yes }).catch((error: unknown) => error)
    assert(isMigrationError(error) && error.reason._tag === "SourceFailed")
    assert.match(error.message, /Too many requests \(20429\)/)
    all.stub.state.fail = undefined
    const half = await verifyNumbers(all.aywa, all.options)
    assert.deepStrictEqual(
      half.numbers.map(({ state }) => state),
      ["target", "target", "before", "before"]
    )
    assert.isTrue((await switchNumbers({ ...all.options, ...yes })).ok)
    assert.isTrue((await switchNumbersBack({ ...all.options, ...yes })).ok)
    assert.deepStrictEqual(all.rows(), before)
  }, 60_000)

  it("refuse wrong credentials, addresses and files, and print no secret", async () => {
    await using all = await setUp("wrong", [numberOf(1)])
    const at = all.stub.baseUrl
    const plan = (more: object, to: object = { url: next }) =>
      planNumbers(all.aywa, {
        carrier: twilioNumbers({ baseUrl: at, accountSid: account, secret, ...more }),
        file: all.file,
        to: to as { url: string }
      })
    const errors: Array<unknown> = []
    const reason = async (work: () => Promise<unknown>) => {
      const error: unknown = await (async () => work())().catch((error: unknown) => error)
      errors.push(error)
      return isMigrationError(error) ? error.reason._tag : String(error)
    }
    assert.strictEqual(await reason(() => plan({ secret: "another-token" })), "SourceFailed")
    assert.strictEqual(await reason(() => plan({ baseUrl: undefined })), "InvalidConfig")
    assert.strictEqual(await reason(() => plan({ baseUrl: "http://carrier.example.test" })), "InvalidConfig")
    assert.strictEqual(await reason(() => plan({ accountSid: "AC1" })), "InvalidConfig")
    assert.strictEqual(await reason(() => plan({ secret: undefined })), "InvalidConfig")
    assert.strictEqual(await reason(() => plan({}, { url: "http://runtime.example.test" })), "InvalidConfig")
    assert.strictEqual(await reason(() => plan({}, { trunk: "AP1" })), "InvalidConfig")
    // What a transport throws may hold the request.
    const http: CarrierHttp = (request) => Promise.reject(new Error(JSON.stringify(request)))
    const signal = AbortSignal.timeout(100)
    const lost = () =>
      planNumbers(all.aywa, {
        carrier: twilioNumbers({ baseUrl: at, accountSid: account, secret, http }),
        file: all.file,
        to: { url: next },
        numbers: ["+14155550101"],
        signal
      })
    await reason(lost)
    assert.strictEqual(await reason(() => switchNumbers({ ...all.options, ...yes })), "OutOfOrder")
    await planNumbers(all.aywa, { ...all.options, to: { url: next } })
    const table = readFileSync(all.file, "utf8")
    for (const text of [
      "{",
      "[]",
      table.replace(account, `AC${"f".repeat(32)}`),
      table.replace('"before"', '"after"')
    ]) {
      writeFileSync(all.file, text)
      assert.strictEqual(
        await reason(() => switchNumbers({ ...all.options, ...yes })),
        "UnreadableFile",
        text.slice(0, 10)
      )
    }
    const basic = Buffer.from(`${account}:${secret}`).toString("base64")
    for (const error of errors) {
      const printed = `${String(error)} ${JSON.stringify(error)} ${String(Reflect.get(Object(error), "stack"))} ${String(Reflect.get(Object(error), "cause"))}`
      assert.notInclude(printed, secret)
      assert.notInclude(printed, basic)
    }
    assert.isEmpty(all.writes())
  }, 30_000)
})
