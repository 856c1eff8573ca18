/** Who answers when a program has put something in the place of `fetch`, or set a dispatcher: no call goes past it. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterEach, assert, describe, it, vi } from "vitest"
import { AywaRuntimeClient } from "../src/index.ts"
import { assistant, json, serve } from "./support/server.ts"

const platform = globalThis.fetch
afterEach(() => {
  globalThis.fetch = platform
})

const rows = [assistant("a")]
const stub = (answer: () => Response = () => Response.json(rows)) => {
  const seen: Array<string> = []
  const fetch: typeof globalThis.fetch = async (input) => {
    seen.push(String(input))
    return answer()
  }
  return { seen, fetch }
}

/** A client whose server must see nothing. */
const sealed = async (check: (aywa: AywaRuntimeClient) => Promise<void>) => {
  await using server = await serve((_, response) => json(response, 200, []))
  await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", retries: 0 })
  await check(aywa)
  assert.lengthOf(server.seen, 0)
}

describe("a replaced fetch", () => {
  it("answers, also when it was put there after the client's first call", async () => {
    await using server = await serve((_, response) => json(response, 200, []))
    await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
    await aywa.assistants.list()
    const { seen, fetch } = stub()
    globalThis.fetch = fetch
    assert.lengthOf((await aywa.assistants.list()).items, 1)
    assert.deepStrictEqual(seen, [`${server.baseUrl}/assistant`])
    globalThis.fetch = platform
    assert.lengthOf((await aywa.assistants.list()).items, 0)
    assert.lengthOf(server.seen, 2)
  })

  it("takes uploads and downloads too", () =>
    sealed(async (aywa) => {
      const { seen, fetch } = stub(() => new Response("content"))
      globalThis.fetch = fetch
      assert.strictEqual(new TextDecoder().decode(await aywa.files.content("a")), "content")
      globalThis.fetch = stub(() => Response.json(assistant("f"))).fetch
      assert.strictEqual((await aywa.files.upload({ file: new Blob(["x"]) })).id, "f")
      assert.lengthOf(seen, 1)
    }))

  it("is a mock whatever it knows of the platform's: spies, stubs and bound functions", () =>
    sealed(async (aywa) => {
      const { seen, fetch } = stub()
      const spy = vi.spyOn(globalThis, "fetch").mockImplementation(fetch)
      await aywa.assistants.list()
      spy.mockRestore()
      // As sinon leaves it.
      globalThis.fetch = Object.assign(stub().fetch.bind(undefined), { wrappedMethod: platform })
      assert.lengthOf((await aywa.assistants.list()).items, 1)
      assert.lengthOf(seen, 1)
    }))

  it("is passed by where it only wraps the platform's own, and says so", async () => {
    await using server = await serve((_, response) => json(response, 200, []))
    for (const name of ["_nextOriginalFetch", "__original", "__sentry_original__"]) {
      let wrapped = 0
      const wrap = (fetch: typeof globalThis.fetch) => {
        const wrapper = (...args: Parameters<typeof globalThis.fetch>) => {
          wrapped++
          return fetch(...args)
        }
        return Object.assign(wrapper, { [name]: fetch })
      }
      for (const [transport, times] of [
        ["auto", 0],
        ["fetch", 1]
      ] as const) {
        await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k", transport })
        globalThis.fetch = wrap(platform)
        await aywa.assistants.list()
        assert.strictEqual(wrapped, times, `${name} ${transport}`)
      }
      // Around a mock it is a mock.
      globalThis.fetch = wrap(stub().fetch)
      await using aywa = new AywaRuntimeClient({ baseUrl: server.baseUrl, apiKey: "k" })
      await aywa.assistants.list()
      assert.strictEqual(wrapped, 2, name)
    }
  })

  it("is asked past every cache", async () => {
    const caches: Array<unknown> = []
    globalThis.fetch = async (_, init) => {
      caches.push(init?.cache)
      return Response.json(rows)
    }
    await using aywa = new AywaRuntimeClient({ baseUrl: "http://127.0.0.1:1", apiKey: "k", transport: "fetch" })
    await aywa.assistants.list()
    assert.deepStrictEqual(caches, ["no-store"])
  })
})

describe("a sealed suite", () => {
  const check = async (library: string): Promise<string> => {
    const script = fileURLToPath(new URL("./support/sealed.ts", import.meta.url))
    return (await promisify(execFile)(process.execPath, [script, library])).stdout
  }
  for (const library of ["msw", "nock", "MockAgent"]) {
    it(`with ${library} lets nothing out`, async () =>
      assert.strictEqual(await check(library), "mocked, refused, 0 requests\n"))
  }
})
