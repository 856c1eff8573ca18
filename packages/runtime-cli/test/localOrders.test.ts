/** Orders to a local runtime that is running: everything that they need is in the env file that it wrote. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { errorOf, launch, run, sets, startHandler, temporaryFolder, until } from "./support.ts"

/** A runtime as a process, and a way to give it orders with nothing but its env file. */
const start = async (...args: ReadonlyArray<string>) => {
  const file = join(temporaryFolder(), ".env.local")
  const running = launch(["local", "--write-env", file, ...args])
  await until(running, "stdout", "\n")
  const order = (...words: ReadonlyArray<string>) => run([...words, "--env-file", file])
  return { file, order, local: (...words: ReadonlyArray<string>) => order("local", ...words) }
}

// Each order is a process of its own, and a loaded machine starts one in seconds.
const patience = { timeout: 120_000 }

describe("orders to a local runtime", patience, () => {
  it("its clock is shown, set and moved", async () => {
    const { local } = await start("--clock", "manual")
    await local("clock", "--set", "2030-01-01T00:00:00.000Z")
    assertMatches((await local("clock", "--advance", "1h30m")).json, { now: "2030-01-01T01:30:00.000Z" })
    assert.deepStrictEqual((await local("clock")).json, { now: "2030-01-01T01:30:00.000Z", mode: "manual" })
    const wrong = await local("clock", "--advance", "soon", "--json")
    assert.deepStrictEqual([wrong.code, errorOf(wrong).message], [2, "soon is no length of time."])
  })

  it("faults come and go; requests are listed, shown and sent again", async () => {
    const { local, order } = await start()
    await local("fault", "status", "--set", "code=503", "--method", "POST", "--times", "1")
    await order("assistants", "create", "--set", "name=Once")
    const { items } = (await local("requests", "--method", "POST")).json
    assert.deepStrictEqual(
      items.map(({ status, attempt }: { status: number; attempt: number }) => [status, attempt]),
      [
        [201, 1],
        [503, 0]
      ]
    )
    assertMatches((await local("requests", items[0].id)).json, { body: { name: "Once" }, status: 201 })
    assert.strictEqual((await local("requests", items[0].id, "--resend", "--new-key")).json.status, 201)
    assert.lengthOf((await order("assistants", "list")).json.items, 2)
    assertMatches((await local("fault")).json.items, [{ hits: 1 }])
    assert.deepStrictEqual((await local("fault", "--clear")).json.items, [])
    const wrong = await local("fault", "explode", "--json")
    assertMatches([wrong.code, errorOf(wrong).message], [2, /explode/])
  })

  it("a snapshot is taken, and gone back to; a reset forgets", async () => {
    const { local, order } = await start()
    await order("assistants", "create", "--set", "name=Kept")
    assertMatches((await local("snapshot")).json, { rows: 1 })
    await order("assistants", "create", "--set", "name=Gone")
    await local("restore")
    const names = async () => (await order("assistants", "list")).json.items.map(({ name }: { name: string }) => name)
    assert.deepStrictEqual(await names(), ["Kept"])
    await local("reset")
    assert.deepStrictEqual(await names(), [])
  })

  it("a script says what happens in a call that comes in, and its events are followed", async () => {
    const { file, local, order } = await start()
    const script = join(temporaryFolder(), "script.json")
    writeFileSync(script, JSON.stringify([{ user: "Where is my order?" }, { hangup: "customer" }]))
    assert.match((await local("script", script)).json.id, /^script_/)
    await order("phone-numbers", "create", "--set", "provider=vapi", "--set", "number=+14155550100")
    const follower = launch([
      "local",
      "events",
      "--type",
      "end-of-call-report",
      "--follow",
      "--json",
      "--env-file",
      file
    ])
    const call = await local("inbound", "+14155550100")
    assertMatches(call.json, { type: "inboundPhoneCall" })
    await until(follower, "stdout", "\n")
    assertMatches(JSON.parse(follower.output.stdout.split("\n")[0] ?? ""), {
      callId: call.json.id,
      message: { type: "end-of-call-report" }
    })
  })
})

describe("call", patience, () => {
  /** A server for tools and events, and one that speaks like a chat model. */
  const servers = async () => {
    const handler = await startHandler(({ body }) => {
      const { message } = JSON.parse(body.toString())
      if (message.type !== "tool-calls") return [200, "{}"]
      const [call] = message.toolCallList
      return [200, JSON.stringify({ results: [{ toolCallId: call.id, result: "shipped" }] })]
    })
    const answers = [
      { tool_calls: [{ function: { name: "lookupOrder", arguments: '{"orderId":"4711"}' } }] },
      { content: "It is shipped." }
    ]
    const model = await startHandler(() => [200, JSON.stringify({ choices: [{ message: answers.shift() }] })])
    return { handler, model }
  }

  const create = async (order: (...words: ReadonlyArray<string>) => ReturnType<typeof run>, url: string) => {
    const tool = { type: "function", function: { name: "lookupOrder" } }
    const { json } = await order(
      "assistants",
      "create",
      ...sets({
        name: "Desk",
        firstMessage: "Hello!",
        server: { url },
        model: { provider: "openai", model: "m", tools: [tool] }
      })
    )
    return String(json.id)
  }

  it("the caller types, the file replies, the tool's server is really asked", async () => {
    const { handler } = await servers()
    const { file, order } = await start()
    const replies = join(temporaryFolder(), "replies.json")
    writeFileSync(
      replies,
      JSON.stringify([[{ tool: "lookupOrder", arguments: { orderId: "4711" } }], "Anything else?"])
    )
    const assistant = await create(order, handler.url)
    const result = await run(["call", "--assistant", assistant, "--replies", replies, "--json", "--env-file", file], {
      stdin: "Where is my order?\n\nThank you.\n"
    })
    const said = result.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    assert.deepStrictEqual(
      said.map(({ role, message, result }) => [role, message ?? result]),
      [
        ["bot", "Hello!"],
        ["user", "Where is my order?"],
        ["tool_calls", ""],
        ["tool_call_result", "shipped"],
        ["bot", "Anything else?"],
        ["user", "Thank you."]
      ]
    )
    assertMatches([result.code, result.stderr], [0, /customer-ended-call/])
  })

  it("a model behind an address speaks for the assistant; there is none by default", async () => {
    const { handler, model } = await servers()
    const { file, order } = await start()
    const assistant = await create(order, handler.url)
    const words = ["call", "--assistant", assistant, "--model-url", model.url, "--model", "m", "--env-file", file]
    const { stdout, code } = await run([...words, "--no-json"], { stdin: "Where is my order?\n" })
    assertMatches([code, stdout], [0, /AI    It is shipped\./])
    assertMatches(JSON.parse(model.got[1]?.body.toString() ?? "{}").messages.at(-1), {
      role: "tool",
      content: "shipped"
    })
    const nobody = await run(["call", "--assistant", assistant, "--env-file", file, "--json"])
    assert.deepStrictEqual([nobody.code, errorOf(nobody).message], [2, "It is not said who speaks for the assistant."])
    assert.include((await run(["call", "--help"])).stdout, "one of --replies, or --model-url with --model")
  })
})
