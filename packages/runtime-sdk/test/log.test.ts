/** The log of attempts: a line each, without anything secret. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { assert, it } from "vitest"
import { AywaRuntimeClient } from "../src/index.ts"
import { assistant, json, serve, tagOf } from "./support/server.ts"

const key = "sk_canary_0123456789_4711"

it("has a line for each attempt, with the end of the key", async () => {
  await using server = await serve((_, response, index) => {
    if (index === 0) json(response, 503, { message: "canary" }, { "retry-after": "0" })
    else json(response, index === 1 ? 201 : 404, assistant("a"), { "x-request-id": "req_2" })
  })
  const lines: Array<string> = []
  const traced: Array<number> = []
  await using aywa = new AywaRuntimeClient({
    baseUrl: server.baseUrl,
    apiKey: key,
    log: (line) => lines.push(line),
    trace: () => ({
      attempt: (attempt) => {
        traced.push(attempt)
        throw new Error("a hook of its own")
      }
    })
  })
  await aywa.assistants.create({ name: "canary" }, { headers: { "x-own": "canary" } })
  await tagOf(aywa.assistants.get("canary-id"))
  const shown = lines.map((line) => line.replace(/ in \d+ ms/, " in N ms").replace(server.baseUrl, "http://runtime"))
  assert.deepStrictEqual(shown, [
    "assistants.create attempt 0: POST http://runtime/assistant -> 503 ServerError in N ms, request req_test, key ***4711",
    "assistants.create attempt 1: POST http://runtime/assistant -> 201 in N ms, request req_2, key ***4711",
    "assistants.get attempt 0: GET http://runtime/assistant/:id -> 404 NotFound in N ms, request req_2, key ***4711"
  ])
  assert.deepStrictEqual(traced, [0, 1, 0])
  assert.notInclude(lines.join("\n"), "canary")
})

it("tells what no answer came of, and shows nothing of a short key or of one from a function", async () => {
  await using server = await serve((_, response) => void response.socket?.resetAndDestroy())
  const lines: Array<string> = []
  const log = (line: string) => {
    lines.push(line)
    throw new Error("a log that fails")
  }
  for (const apiKey of ["short-key", () => key]) {
    await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey, retries: 0, log })
    await tagOf(aywa.assistants.list())
  }
  assert.match(lines[0] ?? "", /-> ConnectionError in \d+ ms, key \*\*\*$/)
  assert.match(lines[1] ?? "", /-> ConnectionError in \d+ ms, key from a function$/)
})

it("goes to the error output where AYWA_LOG says debug, and nowhere else", async () => {
  await using server = await serve((_, response) => json(response, 200, []))
  const entry = new URL("../src/index.ts", import.meta.url).href
  const program = `
    const { AywaRuntimeClient } = await import(${JSON.stringify(entry)})
    await new AywaRuntimeClient({ baseUrl: ${JSON.stringify(server.baseUrl)}, apiKey: "k" }).assistants.list()
  `
  const run = async (AYWA_LOG: string): Promise<string> => {
    const args = ["--input-type=module", "--eval", program]
    const { stderr } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, AYWA_LOG } })
    return stderr.replace(/^.*(ExperimentalWarning|Use `node).*\n/gm, "")
  }
  assert.match(await run("debug"), /^aywa-runtime-sdk: assistants\.list attempt 0: GET .* -> 200 in \d+ ms.*\n$/)
  assert.strictEqual(await run("info"), "")
})
