/** Secrets are named in files, sent, and written nowhere. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { LocalRuntimeHandle } from "@aywa-ai/runtime-local"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { formatPlan, planConfig, planMarkdown, pullConfig, pushConfig, validateConfig } from "../src/index.ts"
import { makeFolder, only, open, problemsOf, reasonOf, start, write } from "./support.ts"

const canary = "canary-secret"
const variables = { SECRET: canary, URL: "http://127.0.0.1:9/from-env" }

const number = `provider: twilio
number: "+14155550123"
twilioAccountSid: AC1
twilioAuthToken: \${env:SECRET}
serverUrl: \${env:URL}
`
const assistant = `name: Desk
serverUrlSecret: \${env:SECRET}
server: { url: http://127.0.0.1:9/x, secret: "\${env:SECRET}" }
credentials: [{ provider: openai, apiKey: "\${env:SECRET}" }]
`

/** Every file below a folder that has a text in it. */
const filesWith = (folder: string, text: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => statSync(join(folder, name)).isFile() && readFileSync(join(folder, name), "utf8").includes(text)
  )

/** The bodies of requests as they came: the journal itself shows masks. */
const bodiesOf = (runtime: LocalRuntimeHandle, method = "POST"): Promise<ReadonlyArray<string>> => {
  const authorization = `Bearer ${runtime.controlToken}`
  const textOf = async ({ id }: { readonly id: string }) => {
    const url = `${runtime.baseUrl}/__aywa/requests/${id}?show=secrets`
    return (await fetch(url, { headers: { authorization } })).text()
  }
  return Promise.all(runtime.requests({ method }).map(textOf))
}

/** Every row in the file of a runtime. */
const rowsIn = (file: string): string => {
  using database = new DatabaseSync(file, { readOnly: true })
  return JSON.stringify(database.prepare("SELECT body, secrets FROM resource_rows").all())
}

describe("secrets", () => {
  it("reach the runtime, and no file, plan, backup or text", async () => {
    const { aywa, runtime } = await start()
    const folder = makeFolder({ "phone-numbers/main.yaml": number, "assistants/desk.yaml": assistant })
    const texts: Array<string> = []
    const see = async () => {
      const plan = await planConfig(aywa, open(folder))
      texts.push(JSON.stringify(plan), formatPlan(plan), planMarkdown(plan))
      texts.push(JSON.stringify(await pushConfig(aywa, open(folder), { variables })))
    }
    await see()
    assert.strictEqual((await bodiesOf(runtime)).filter((body) => body.includes(canary)).length, 2)
    assertMatches((await planConfig(aywa, open(folder))).counts, { unchanged: 2, update: 0 })
    write(folder, {
      "phone-numbers/main.yaml": number.replace("AC1", "AC2"),
      "assistants/desk.yaml": assistant.replace("/x", "/y")
    })
    await see()
    assert.isTrue((await bodiesOf(runtime, "PATCH")).some((body) => body.includes(canary)))
    await aywa.assistants.update(only(runtime.rows("assistants")).id, { firstMessage: "Theirs" })
    await pullConfig(aywa, open(folder, "keep"))
    assertMatches((await planConfig(aywa, open(folder))).counts, { unchanged: 2 })
    assert.deepStrictEqual(
      texts.filter((text) => text.includes(canary)),
      []
    )
    assert.deepStrictEqual(filesWith(join(folder, ".."), canary), [])
  })

  it("are refused where they stand in a file, and missing ones before anything is sent", async () => {
    const { aywa, runtime } = await start()
    const folder = makeFolder({ "assistants/desk.yaml": "name: Desk\nserverUrlSecret: literal\n" })
    assert.deepStrictEqual(
      validateConfig(open(folder)).errors.map(({ file, path }) => [file, path]),
      [["assistants/desk.yaml", "serverUrlSecret"]]
    )
    assert.deepStrictEqual(
      problemsOf(await reasonOf(pushConfig(aywa, open(folder)))).map(({ path }) => path),
      ["serverUrlSecret"]
    )
    write(folder, { "assistants/desk.yaml": "name: Desk\nserverUrlSecret: ${env:SECRET}\n" })
    const reason = await reasonOf(pushConfig(aywa, open(folder), { variables: {} }))
    const problems = problemsOf(reason)
    const [{ detail = "" } = {}] = problems
    assert.deepStrictEqual(problems, [{ file: "assistants/desk", path: "serverUrlSecret", detail }])
    assert.include(detail, "SECRET")
    assert.deepStrictEqual(runtime.requests({ method: "POST" }), [])
  })

  it("that only the runtime has are not erased by a change beside them", async () => {
    const file = join(makeFolder({}), "runtime.db")
    const { aywa, runtime } = await start({ store: { file } })
    const folder = makeFolder({ "assistants/desk.yaml": "name: Desk\nserver: { url: http://127.0.0.1:9/x }\n" })
    await pushConfig(aywa, open(folder))
    const { id } = only(runtime.rows("assistants"))
    await aywa.assistants.update(id, { server: { url: "http://127.0.0.1:9/x", secret: canary } })
    write(folder, { "assistants/desk.yaml": "name: Desk\nserver: { url: http://127.0.0.1:9/y }\n" })
    await pushConfig(aywa, open(folder))
    assertMatches(only(runtime.rows("assistants"))["server"], { url: "http://127.0.0.1:9/y" })
    assert.include(rowsIn(file), canary)
    assert.deepStrictEqual(filesWith(join(folder, ".."), canary), [])
  })
})

describe("credentials by name", () => {
  it("are found before anything is sent; missing and ambiguous names are errors", async () => {
    const { aywa, runtime } = await start()
    const folder = makeFolder({
      "phone-numbers/main.yaml":
        'provider: byo-phone-number\nnumber: "+14155550123"\ncredentialId: { credential: trunk }\n'
    })
    const problem = async () =>
      problemsOf(await reasonOf(pushConfig(aywa, open(folder)))).map(({ file, path }) => [file, path])
    assert.deepStrictEqual(await problem(), [["phone-numbers/main.yaml", "credentialId"]])
    const trunk = { provider: "byo-sip-trunk", name: "trunk", gateways: [{ ip: "203.0.113.1" }] } as const
    const { id } = await aywa.credentials.create(trunk)
    const second = await aywa.credentials.create(trunk)
    assert.deepStrictEqual(await problem(), [["phone-numbers/main.yaml", "credentialId"]])
    await aywa.credentials.delete(second.id)
    await pushConfig(aywa, open(folder))
    assert.strictEqual(only(runtime.rows("phoneNumbers"))["credentialId"], id)
    assert.deepStrictEqual((await pullConfig(aywa, open(folder))).written, [])
    assert.strictEqual((await planConfig(aywa, open(folder))).counts.unchanged, 1)
  })
})
