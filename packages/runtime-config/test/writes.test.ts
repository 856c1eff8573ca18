/** Every write is safe to repeat: lost answers, dead processes, many rows. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { assert, describe, it, onTestFinished } from "vitest"
import type { LocalRuntimeHandle } from "@aywa-ai/runtime-local"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { findDrift, planConfig, pullConfig, pushConfig } from "../src/index.ts"
import { clientOf, type Files, makeFolder, only, open, read, reasonOf, start, write } from "./support.ts"

// `each`: at every write, before, after or when it is answered, by turns. `all`: all three at every write.
const kills = process.env["AYWA_CONFIG_KILLS"]
const many = kills === "all"

/** Tools, assistants that use them, and one circle: a tool that hands over to an assistant that has it. */
const rowsOf = (count: number): Files => {
  const half = Math.floor(count / 2)
  const numbers = Array.from({ length: half }, (_, n) => n)
  return Object.fromEntries([
    ...numbers.map((n) => [
      `tools/tool-${n}.yaml`,
      n === 0
        ? "type: handoff\nfunction: { name: tool_0 }\ndestinations: [{ type: assistant, assistantId: assistant-0 }]\n"
        : `type: function\nfunction: { name: tool_${n} }\n`
    ]),
    ...Array.from({ length: count - half }, (_, n) => [
      `assistants/assistant-${n}.md`,
      `---\nname: Assistant ${n}\nmodel: { provider: openai, model: gpt-4o, toolIds: [tool-${n % half}] }\n---\n\nPrompt ${n}\n`
    ])
  ])
}

const expectWhole = async (
  folder: string,
  runtime: LocalRuntimeHandle,
  count: number,
  aywa: Parameters<typeof planConfig>[0]
) => {
  assert.strictEqual(runtime.count("tools") + runtime.count("assistants"), count)
  assert.isTrue((await findDrift(aywa, open(folder))).ok)
  assertMatches((await planConfig(aywa, open(folder))).counts, {
    unchanged: count,
    create: 0,
    update: 0,
    adopt: 0
  })
  const [destination] = runtime
    .rows("tools")
    .flatMap(({ destinations }) => (Array.isArray(destinations) ? destinations : []))
  assert.include(
    runtime.rows("assistants").map(({ id }) => id),
    Reflect.get(Object(destination), "assistantId")
  )
}

describe("when the answer to a write is lost", () => {
  const count = many ? 30 : 4
  for (const when of ["before", "after"] as const) {
    it(`${when} it was applied, the same push goes on, wherever that was`, async () => {
      const { aywa, runtime } = await start({ rateLimit: { limit: 1_000_000 } })
      for (let skip = 0; skip <= count; skip++) {
        const folder = makeFolder(rowsOf(count))
        const isUpdate = skip === count
        runtime.faults.add({
          match: { method: isUpdate ? "PATCH" : "POST" },
          action: "reset",
          when,
          skip: isUpdate ? 0 : skip,
          times: 1
        })
        const reason = await reasonOf(pushConfig(aywa, open(folder)))
        assert.strictEqual(reason._tag, "MaybeApplied")
        await pushConfig(aywa, open(folder))
        await expectWhole(folder, runtime, count, aywa)
        runtime.reset()
      }
    }, 600_000)
  }
})

describe("when no answer comes at all", () => {
  it("a push ends in its time, and the same push goes on", async () => {
    const { runtime } = await start()
    const folder = makeFolder(rowsOf(4))
    const aywa = clientOf(runtime, 0, 500)
    runtime.faults.next("stall", { match: { method: "POST" }, when: "after" })
    assert.strictEqual((await reasonOf(pushConfig(aywa, open(folder))))._tag, "MaybeApplied")
    await pushConfig(aywa, open(folder))
    await expectWhole(folder, runtime, 4, aywa)
  })
})

/** A server in front of the runtime that stops the process which writes, at a write of one's choice. */
const guillotine = async (target: string, at: number, when: "before" | "after" | "answered", kill: () => void) => {
  let writes = 0
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming)
    const isWrite = incoming.method !== "GET"
    const isIt = isWrite && writes++ === at
    if (isIt && when === "before") return kill()
    const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
      typeof value === "string" && !["host", "connection", "content-length"].includes(name)
        ? [[name, value] as [string, string]]
        : []
    )
    const answer = await fetch(target + (incoming.url ?? ""), {
      method: incoming.method ?? "GET",
      headers,
      ...(isWrite ? { body } : {})
    })
    if (isIt && when === "after") return kill()
    const text = await answer.text()
    const etag = answer.headers.get("etag")
    outgoing.writeHead(answer.status, { "content-type": "application/json", ...(etag === null ? {} : { etag }) })
    outgoing.end(text, () => (isIt ? kill() : undefined))
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

describe("kill -9", () => {
  it("at any write: the next push ends in the same state, and nothing is there twice", async () => {
    const { aywa, runtime } = await start({ rateLimit: { limit: 1_000_000 } })
    const count = 30
    const points = kills === undefined ? [0, count] : Array.from({ length: count + 1 }, (_, n) => n)
    const turn = Math.floor(Math.random() * 3)
    const moments = ["before", "after", "answered"] as const
    const momentsOf = (at: number) =>
      many ? moments : ([kills === undefined ? "after" : (moments[(at + turn) % 3] ?? "after")] as const)
    for (const at of points) {
      for (const when of momentsOf(at)) {
        const folder = makeFolder(rowsOf(count))
        let killed = false
        const proxy = await guillotine(runtime.baseUrl, at, when, () => {
          killed = true
          child.kill("SIGKILL")
        })
        const child = spawn(process.execPath, [fileURLToPath(new URL("./pushes.ts", import.meta.url)), folder], {
          env: {
            PATH: process.env["PATH"],
            AYWA_RUNTIME_BASE_URL: proxy.baseUrl,
            AYWA_RUNTIME_API_KEY: runtime.apiKey
          },
          stdio: "inherit"
        })
        onTestFinished(() => void child.kill("SIGKILL"))
        await once(child, "exit")
        proxy.close()
        assert.isTrue(killed)
        await pushConfig(aywa, open(folder))
        await expectWhole(folder, runtime, count, aywa)
        runtime.reset()
      }
    }
  }, 1_800_000)
})

describe("five hundred rows", () => {
  it("unchanged cost a list each kind; one change costs one GET and one PATCH more", async () => {
    const rows = {
      assistants: Array.from({ length: 500 }, (_, n) => ({ name: `Assistant ${n}`, firstMessage: `Hello ${n}` }))
    }
    const { aywa, runtime } = await start({ rateLimit: { limit: 1_000_000 }, rows })
    const folder = makeFolder()
    await pullConfig(aywa, open(folder))
    const asked = async (run: () => Promise<unknown>) => {
      const before = runtime.requests().length
      await run()
      return runtime
        .requests()
        .slice(before)
        .map(({ method, path }) => `${method} ${path.split("?")[0]?.replace(/[0-9a-f-]{36}/, ":id")}`)
    }
    const lists = await asked(async () => {
      assertMatches((await planConfig(aywa, open(folder))).counts, { unchanged: 500 })
    })
    assert.isTrue(lists.every((request) => request.startsWith("GET")))
    assert.isAtMost(lists.length, 12)
    write(folder, {
      "assistants/assistant-7.yaml": read(folder, "assistants/assistant-7.yaml").replace("Hello 7", "Hi")
    })
    const all = await asked(() => pushConfig(aywa, open(folder)))
    assert.deepStrictEqual(all.slice(lists.length), ["GET /assistant/:id", "PATCH /assistant/:id"])
  }, 120_000)
})

describe("a create that is answered from an earlier one", () => {
  it("makes a new row when the earlier one was deleted", async () => {
    const { aywa, runtime } = await start()
    const folder = makeFolder({ "assistants/desk.yaml": "name: Desk\n" })
    await pushConfig(aywa, open(folder))
    await aywa.assistants.delete(only(runtime.rows("assistants")).id)
    assert.strictEqual((await reasonOf(pushConfig(aywa, open(folder))))._tag, "Conflict")
    await pushConfig(aywa, open(folder), { plan: { recreate: true } })
    assert.strictEqual(runtime.count("assistants"), 1)
    assert.strictEqual((await planConfig(aywa, open(folder))).counts.unchanged, 1)
  })
})

describe("a push whose state was lost whole", () => {
  it("finds every row again, references and circles too, and makes none", async () => {
    const { aywa, runtime } = await start()
    const files = rowsOf(6)
    await pushConfig(aywa, open(makeFolder(files)))
    const folder = makeFolder(files)
    const again = await pushConfig(aywa, open(folder))
    assert.deepStrictEqual(
      again.applied.map(({ action, address }) => [action, address]),
      [["update", "tools/tool-0"]]
    )
    await expectWhole(folder, runtime, 6, aywa)
  })
})
