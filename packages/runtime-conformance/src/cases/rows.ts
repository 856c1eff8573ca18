/** Rows: created, read, changed, removed; and what is refused. */
import type { Bench, Row } from "../bench/Bench.ts"
import { nameOf, type RowPath, trunk } from "../bench/marks.ts"
import { answerText, isSuccess } from "../bench/wire.ts"
import { fail, type Finding, pass, skip } from "../model/Case.ts"
import { at, type Json, sameJson, textAt } from "../model/json.ts"
import { define, type Definition, eachOf, expectStatus, expectThat } from "./define.ts"

/** A resource whose rows the run may make. */
interface Kind {
  readonly path: RowPath
  readonly word: string
  /** What a new row needs beside its marks. */
  readonly fields: (bench: Bench) => Promise<Json>
  /** A change that keeps the marks. */
  readonly change: (run: string) => Json
}

const nothing = async (): Promise<Json> => ({})

const numberFields = async ({ once, create, run }: Bench): Promise<Json> => {
  const { id } = await once("trunk", () => create("/credential", "trunk", trunk(run.id, "trunk")))
  return { credentialId: id }
}

const kinds = {
  assistant: { path: "/assistant", word: "assistant", fields: nothing, change: () => ({ firstMessage: "Changed." }) },
  tool: { path: "/tool", word: "tool", fields: nothing, change: () => ({ async: true }) },
  credential: {
    path: "/credential",
    word: "credential",
    fields: nothing,
    change: (run) => ({ name: nameOf(run, "changed") })
  },
  "webhook-endpoint": {
    path: "/webhook-endpoint",
    word: "webhook endpoint",
    fields: nothing,
    change: () => ({ events: ["status-update"] })
  },
  "structured-output": {
    path: "/structured-output",
    word: "structured output",
    fields: nothing,
    change: (run) => ({ name: nameOf(run, "changed") })
  },
  "phone-number": {
    path: "/phone-number",
    word: "phone number",
    fields: numberFields,
    change: (run) => ({ name: nameOf(run, "changed") })
  }
} as const satisfies Readonly<Record<string, Kind>>

const fresh = async (bench: Bench, kind: Kind, label: string): Promise<Row> =>
  bench.create(kind.path, label, await kind.fields(bench))

const shared = (bench: Bench, kind: Kind): Promise<Row> =>
  bench.once(`row ${kind.path}`, () => fresh(bench, kind, "row"))

const common = { level: "MUST", origin: "doc", power: "write" } as const

const createCase = (kind: Kind): Definition => ({
  ...common,
  title: `a ${kind.word} is created`,
  expected: "201 with the row: id, createdAt, updatedAt, and what was sent",
  consequence: `${kind.word}s cannot be created through the SDK.`,
  run: async (bench) => {
    const body = bench.body(kind.path, "create", await kind.fields(bench))
    const answer = await bench.send({ method: "POST", path: kind.path, body })
    const missing = ["id", "createdAt", "updatedAt"].filter((name) => textAt(answer.json, name) === undefined)
    // Secrets come back masked, or not at all.
    const lost = Object.entries(body).filter(
      ([name, value]) => name !== "authenticationPlan" && !sameJson(at(answer.json, name), value)
    )
    if (answer.status !== 201) return fail(answerText(answer))
    if (missing.length > 0) return fail(`the row has no ${missing.join(", ")}`)
    return expectThat(
      lost.length === 0,
      lost.length === 0 ? "status 201" : `${lost.map(([name]) => name).join(", ")} came back otherwise`
    )
  }
})

const readCase = (kind: Kind): Definition => ({
  ...common,
  title: `a ${kind.word} is read, alone and in its list`,
  expected: "200 with the row as it was created, and the row in the list",
  run: async (bench) => {
    const { id } = await shared(bench, kind)
    const answer = await bench.send({ path: `${kind.path}/${id}` })
    if (answer.status !== 200 || at(answer.json, "id") !== id) return fail(answerText(answer))
    const row = (await bench.rows(kind.path, { limit: 100 })).find((one) => one["id"] === id)
    if (row === undefined) return fail("the row is not in its list")
    return expectThat(
      sameJson(row, answer.json),
      sameJson(row, answer.json) ? "the same in both" : "the list has another row than GET"
    )
  }
})

const changeCase = (kind: Kind): Definition => ({
  ...common,
  title: `a ${kind.word} is changed by a shallow merge`,
  expected: "200 with the change, and every other field as it was",
  consequence: "Updates of the SDK clear fields that they do not name, or do not take effect.",
  workaround: "Read the row and send all of it.",
  run: async (bench) => {
    const { id, row } = await fresh(bench, kind, "change")
    const change = kind.change(bench.run.id)
    const answer = await bench.send({ method: "PATCH", path: `${kind.path}/${id}`, body: change })
    if (answer.status !== 200) return fail(answerText(answer))
    const changed = Object.entries(change).every(([name, value]) => sameJson(at(answer.json, name), value))
    const kept = Object.entries(row).filter(
      ([name, value]) => !(name in change) && name !== "updatedAt" && !sameJson(at(answer.json, name), value)
    )
    if (!changed) return fail("the change did not take effect")
    return expectThat(
      kept.length === 0,
      kept.length === 0 ? "changed" : `${kept.map(([name]) => name).join(", ")} changed, too`
    )
  }
})

const deleteCase = (kind: Kind): Definition => ({
  ...common,
  title: `a ${kind.word} is removed`,
  expected: "200 with the row, or 204; then 404",
  consequence: "Rows stay that were thought to be gone.",
  run: async (bench) => {
    const { id } = await fresh(bench, kind, "delete")
    const answer = await bench.send({ method: "DELETE", path: `${kind.path}/${id}` })
    if (answer.status !== 204 && !(answer.status === 200 && at(answer.json, "id") === id))
      return fail(answerText(answer))
    const again = await bench.send({ path: `${kind.path}/${id}` })
    return expectThat(again.status === 404, `afterwards ${answerText(again)}`)
  }
})

/** The lists whose rows the SDK is to read. */
const readers = {
  assistants: (bench: Bench) => bench.run.aywa.assistants.list({ limit: 100 }),
  tools: (bench: Bench) => bench.run.aywa.tools.list({ limit: 100 }),
  phoneNumbers: (bench: Bench) => bench.run.aywa.phoneNumbers.list({ limit: 100 }),
  credentials: (bench: Bench) => bench.run.aywa.credentials.list({ limit: 100 }),
  calls: (bench: Bench) => bench.run.aywa.calls.list({ limit: 100 })
} as const

const decodeCase = (name: keyof typeof readers): Definition => ({
  level: "MUST",
  origin: "compat",
  title: `${name} of this runtime are what the SDK's types say`,
  expected: "every row of the first page passes the SDK's checks",
  consequence: "The SDK fails with UnexpectedResponse for lists that have such a row.",
  workaround: "Read it with aywa.request, which checks nothing, and report the field that the error names.",
  run: async (bench) => {
    try {
      return pass(`${(await readers[name](bench)).items.length} rows`)
    } catch (error) {
      bench.run.signal.throwIfAborted()
      if (!(error instanceof Error) || Reflect.get(error, "_tag") !== "UnexpectedResponse") throw error
      return fail(String(Reflect.get(error, "issue")).slice(0, 300))
    }
  }
})

export const rows = define(
  "rows",
  {
    power: "write",
    consequence: "Rows are not what was written.",
    workaround: "Read a row after it was written, and compare."
  },
  {
    "assistant-create": createCase(kinds.assistant),
    "assistant-read": readCase(kinds.assistant),
    "assistant-change": changeCase(kinds.assistant),
    "assistant-delete": deleteCase(kinds.assistant),
    "tool-create": createCase(kinds.tool),
    "tool-read": readCase(kinds.tool),
    "tool-change": changeCase(kinds.tool),
    "tool-delete": deleteCase(kinds.tool),
    "credential-create": createCase(kinds.credential),
    "credential-read": readCase(kinds.credential),
    "credential-change": changeCase(kinds.credential),
    "credential-delete": deleteCase(kinds.credential),
    "webhook-endpoint-create": createCase(kinds["webhook-endpoint"]),
    "webhook-endpoint-read": readCase(kinds["webhook-endpoint"]),
    "webhook-endpoint-change": changeCase(kinds["webhook-endpoint"]),
    "webhook-endpoint-delete": deleteCase(kinds["webhook-endpoint"]),
    "structured-output-create": createCase(kinds["structured-output"]),
    "structured-output-read": readCase(kinds["structured-output"]),
    "structured-output-change": changeCase(kinds["structured-output"]),
    "structured-output-delete": deleteCase(kinds["structured-output"]),
    "phone-number-create": createCase(kinds["phone-number"]),
    "phone-number-read": readCase(kinds["phone-number"]),
    "phone-number-change": changeCase(kinds["phone-number"]),
    "phone-number-delete": deleteCase(kinds["phone-number"]),
    "decode-assistants": decodeCase("assistants"),
    "decode-tools": decodeCase("tools"),
    "decode-phone-numbers": decodeCase("phoneNumbers"),
    "decode-credentials": decodeCase("credentials"),
    "decode-calls": decodeCase("calls"),
    nested: {
      level: "MUST",
      origin: "compat",
      title: "a nested object is replaced as a whole",
      expected: "of model only what the change has",
      consequence: "An update keeps parts of objects that were meant to be gone.",
      run: async ({ create, send }) => {
        const model = { provider: "openai", model: "gpt-4o", temperature: 0.5 }
        const { id } = await create("/assistant", "nested", { model })
        const next = { provider: "openai", model: "gpt-4.1" }
        const answer = await send({ method: "PATCH", path: `/assistant/${id}`, body: { model: next } })
        const temperature = at(answer.json, "model", "temperature")
        return expectThat(
          isSuccess(answer) && temperature === undefined,
          isSuccess(answer) ? `temperature is ${String(temperature)}` : answerText(answer)
        )
      }
    },
    "null-clears": {
      level: "MUST",
      origin: "compat",
      title: "null clears a field",
      expected: "null, or no field",
      consequence: "A field cannot be cleared through the SDK.",
      run: async ({ create, send }) => {
        const { id } = await create("/assistant", "clear", { firstMessage: "Hello." })
        const answer = await send({ method: "PATCH", path: `/assistant/${id}`, body: { firstMessage: null } })
        const left = at(answer.json, "firstMessage")
        return expectThat(
          isSuccess(answer) && (left === null || left === undefined),
          isSuccess(answer) ? `it is ${left === null ? "null" : typeof left}` : answerText(answer)
        )
      }
    },
    "unknown-field": {
      level: "SHOULD",
      origin: "compat",
      title: "a field that nobody knows is refused",
      expected: "400 that names it",
      consequence: "A misspelt field does nothing, and nobody says so. The SDK refuses what is nearly a known one.",
      run: async ({ send, body }) => {
        const answer = await send({
          method: "POST",
          path: "/assistant",
          body: body("/assistant", "unknown", { aywaNoSuchField: 1 })
        })
        return expectThat(answer.status === 400 && answer.text.includes("aywaNoSuchField"), answerText(answer))
      }
    },
    "owned-field": {
      level: "MUST",
      origin: "compat",
      title: "id and orgId are the runtime's own",
      expected: "400, or a row with another id and orgId than were sent",
      consequence: "A row can be written into another organization, or over another row.",
      run: async ({ send, body }) => {
        const own = { id: "aywa-own-id", orgId: "aywa-own-org" }
        const answer = await send({ method: "POST", path: "/assistant", body: body("/assistant", "owned", own) })
        const taken = Object.entries(own).filter(([name, value]) => at(answer.json, name) === value)
        return expectThat(
          taken.length === 0,
          taken.length === 0 ? answerText(answer) : `${taken.map(([name]) => name).join(", ")} was taken`
        )
      }
    },
    "owned-change": {
      level: "MUST",
      origin: "compat",
      title: "id and orgId cannot be changed",
      expected: "400, or a row whose id and orgId stay",
      consequence: "A row can be moved into another organization.",
      run: async ({ send, create }) => {
        const { id } = await create("/assistant", "owned-change")
        const answer = await send({ method: "PATCH", path: `/assistant/${id}`, body: { orgId: "aywa-own-org" } })
        return expectThat(at(answer.json, "orgId") !== "aywa-own-org", answerText(answer))
      }
    },
    "delete-twice": {
      level: "MUST",
      origin: "compat",
      title: "what is gone is 404 when it is removed again",
      expected: "404 or 410",
      consequence: "A delete whose answer was lost cannot be told from one that failed.",
      run: async ({ send, create }) => {
        const { id } = await create("/assistant", "twice")
        await send({ method: "DELETE", path: `/assistant/${id}` })
        return expectStatus(await send({ method: "DELETE", path: `/assistant/${id}` }), 404, 410)
      }
    },
    pinned: {
      level: "SHOULD",
      origin: "compat",
      title: "an assistant that a number is bound to stays",
      expected: "409 with a machine code",
      consequence: "A number loses its assistant, and callers hear nothing.",
      workaround: "Look for numbers with that assistantId before you remove it.",
      run: async (bench) => {
        const { id } = await bench.create("/assistant", "pinned")
        await bench.create("/phone-number", "pinning", { ...(await numberFields(bench)), assistantId: id })
        const answer = await bench.send({ method: "DELETE", path: `/assistant/${id}` })
        const code = textAt(answer.json, "code") ?? textAt(answer.json, "error")
        return expectThat(answer.status === 409 && /^[a-z0-9_]+$/.test(code ?? ""), answerText(answer))
      }
    },
    etag: {
      level: "SHOULD",
      origin: "assumed",
      title: "a row has an ETag that changes with it",
      expected: "another ETag after a change",
      consequence:
        "A change that somebody made meanwhile is noticed only by comparing rows: config push has a weak guard.",
      workaround: "Push from one place.",
      run: async ({ send, create }) => {
        const { id, answer } = await create("/assistant", "etag")
        const path = `/assistant/${id}`
        const before = (await send({ path })).headers["etag"] ?? answer.headers["etag"]
        await send({ method: "PATCH", path, body: { firstMessage: "Again." } })
        const after = (await send({ path })).headers["etag"]
        return expectThat(
          before !== undefined && after !== undefined && before !== after,
          before === undefined ? "no ETag" : before === after ? "the same ETag" : "another one"
        )
      }
    },
    "if-match": {
      level: "SHOULD",
      origin: "assumed",
      title: "a change of another version is refused",
      expected: "412 for PATCH and DELETE with an If-Match of an older version",
      consequence: "ifMatch guards nothing: the later of two writers wins.",
      workaround: "Give the client the profile: it then refuses ifMatch. Compare rows before you write.",
      run: async ({ send, create }) => {
        const { id } = await create("/assistant", "if-match")
        const path = `/assistant/${id}`
        const stale = (await send({ path })).headers["etag"] ?? `"aywa-no-such-version"`
        await send({ method: "PATCH", path, body: { firstMessage: "Newer." } })
        const headers = { "if-match": stale }
        return eachOf(
          [
            { method: "PATCH", path, headers, body: { firstMessage: "Older." } },
            { method: "DELETE", path, headers }
          ],
          async (ask): Promise<Finding> => expectStatus(await send(ask), 412)
        )
      }
    },
    "if-match-holds": {
      level: "SHOULD",
      origin: "assumed",
      title: "a change of this version is taken",
      expected: "200 for PATCH with the If-Match that was just read",
      run: async ({ send, create }) => {
        const { id } = await create("/assistant", "if-match-ok")
        const path = `/assistant/${id}`
        const tag = (await send({ path })).headers["etag"]
        if (tag === undefined) return skip("rows have no ETag")
        return expectStatus(
          await send({ method: "PATCH", path, headers: { "if-match": tag }, body: { firstMessage: "Newer." } }),
          200
        )
      }
    },
    "wrong-type": {
      level: "MUST",
      origin: "compat",
      title: "a value of another type is refused",
      expected: "400 that names the field",
      run: async ({ send, body }) => {
        const answer = await send({
          method: "POST",
          path: "/assistant",
          body: body("/assistant", "type", { firstMessage: 7 })
        })
        return expectThat(
          [400, 422].includes(answer.status) && answer.text.includes("firstMessage"),
          answerText(answer)
        )
      }
    },
    dangling: {
      level: "SHOULD",
      origin: "compat",
      title: "a row that refers to nothing is refused",
      expected: "400 for a number whose assistant does not exist",
      consequence: "A number is bound to an assistant that does not exist, and its calls fail.",
      run: async (bench) => {
        const fields = { ...(await numberFields(bench)), assistantId: "00000000-0000-4000-8000-00000000a17a" }
        const body = bench.body("/phone-number", "dangling", fields)
        return expectStatus(await bench.send({ method: "POST", path: "/phone-number", body }), 400, 404, 422)
      }
    },
    duplicate: {
      level: "SHOULD",
      origin: "compat",
      title: "a number exists once",
      expected: "409 for the same number again",
      run: async (bench) => {
        const fields = await numberFields(bench)
        const { row } = await bench.create("/phone-number", "once", fields)
        const body = bench.body("/phone-number", "again", { ...fields, number: row["number"] })
        return expectStatus(await bench.send({ method: "POST", path: "/phone-number", body }), 409)
      }
    }
  }
)
