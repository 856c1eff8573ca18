/** What the inspector's page is served as, and who gets nothing. */
import { globSync, readFileSync } from "node:fs"
import * as http from "node:http"
import { join } from "node:path"
import * as zlib from "node:zlib"
import { assert, describe, it } from "vitest"
import { assertMatches } from "../../runtime-sdk/test/support/assertions.ts"
import { start } from "./support.ts"

const html = { accept: "text/html,application/xhtml+xml" }
const files = ["/__aywa/", "/__aywa/page.js", "/__aywa/page.css"]

/** Headers that `fetch` would not send. */
const raw = (port: string, path: string, headers: http.OutgoingHttpHeaders): Promise<number> =>
  new Promise((resolve, reject) => {
    http
      .get({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      .on("error", reject)
  })

describe("the page", () => {
  it("comes from the package itself, under a policy that lets nothing else in", async () => {
    const { runtime } = await start()
    for (const path of files) {
      const response = await fetch(runtime.baseUrl + path)
      const policy = response.headers.get("content-security-policy") ?? ""
      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(policy.split("; "), [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'"
      ])
      const rest = ["x-content-type-options", "referrer-policy", "cross-origin-opener-policy", "cache-control"]
      assert.deepStrictEqual(
        rest.map((name) => response.headers.get(name)),
        ["nosniff", "no-referrer", "same-origin", "no-cache"]
      )
      const text = await response.text()
      // Of the data URL of the icon, the namespace of SVG is a name, not an address.
      assert.notMatch(text.replaceAll("http://www.w3.org/", ""), /(src|href)="(https?:)?\/\/|url\((?!data:)/)
      assert.notInclude(text, runtime.controlToken)
      assert.notInclude(text, runtime.apiKey)
    }
  })

  it("is at most 60 KB of script and style, compressed", async () => {
    const { runtime } = await start()
    const sizes = await Promise.all(
      files.slice(1).map(async (path) => zlib.gzipSync(await (await fetch(runtime.baseUrl + path)).text()).length)
    )
    assert.isTrue(sizes.every((size) => size > 1000))
    assert.isBelow(
      sizes.reduce((sum, size) => sum + size, 0),
      60_000
    )
  })

  it("makes no markup of text: nothing in its sources could", () => {
    const folder = join(import.meta.dirname, "../src/inspector/page")
    const sources = globSync("**/*.{ts,tsx}", { cwd: folder })
    assert.isAbove(sources.length, 20)
    for (const file of sources) {
      assert.notMatch(
        readFileSync(join(folder, file), "utf8"),
        /dangerouslySetInnerHTML|\b(inner|outer)HTML\b|insertAdjacentHTML|\beval\(|new Function/,
        file
      )
    }
  })

  it("is what a browser gets at /, and everybody else hears in JSON where things are", async () => {
    const { runtime } = await start()
    const page = await fetch(`${runtime.baseUrl}/`, { headers: html })
    assert.strictEqual(page.headers.get("content-type"), "text/html; charset=utf-8")
    const root = await fetch(`${runtime.baseUrl}/`)
    assert.deepStrictEqual(await root.json(), {
      name: "Aywa local runtime",
      inspector: "/__aywa/",
      control: "/__aywa/runtime",
      openapi: "/openapi.json",
      health: "/health",
      readiness: "/readyz"
    })
    const bare = await fetch(`${runtime.baseUrl}/__aywa`, { redirect: "manual" })
    assert.deepStrictEqual([bare.status, bare.headers.get("location")], [308, "/__aywa/"])
    assert.deepStrictEqual(runtime.requests(), [])
  })

  it.each([
    ["in production mode", { mode: "production" }],
    ["where it is not wanted", { inspector: false }]
  ] as const)("is not there %s", async (_, options) => {
    const { runtime } = await start(options)
    for (const path of files) assert.strictEqual((await fetch(runtime.baseUrl + path)).status, 401)
    assertMatches(await (await fetch(`${runtime.baseUrl}/`, { headers: html })).json(), { inspector: null })
    assert.isUndefined(runtime.inspectorUrl)
  })
})

describe("who gets nothing", () => {
  it("a page of another origin, whatever its token, and names that others point here", async () => {
    const { runtime } = await start()
    const { port } = new URL(runtime.baseUrl)
    const authorization = `Bearer ${runtime.controlToken}`
    const host = `127.0.0.1:${port}`
    const asked = (headers: http.OutgoingHttpHeaders) =>
      raw(port, "/__aywa/requests", { host, authorization, ...headers })
    assert.strictEqual(await asked({}), 200)
    assert.strictEqual(await asked({ origin: `http://${host}` }), 200)
    assert.strictEqual(await asked({ origin: "http://evil.test" }), 403)
    assert.strictEqual(await asked({ origin: "null" }), 403)
    assert.strictEqual(await asked({ origin: `http://127.0.0.1:1` }), 403)
    for (const path of ["/__aywa/", "/__aywa/page.js", "/", "/__aywa/requests"]) {
      assert.deepStrictEqual(
        [path, await raw(port, path, { host: "rebound.test", authorization, ...html })],
        [path, 421]
      )
    }
  })

  it("whoever has no token, or a wrong one", async () => {
    const { runtime } = await start()
    for (const path of ["stream", "requests", "contract", "runtime?show=secrets", "jobs/x/handler"]) {
      assert.strictEqual((await fetch(`${runtime.baseUrl}/__aywa/${path}`)).status, 401)
      const headers = { authorization: `Bearer ${runtime.apiKey}` }
      assert.strictEqual((await fetch(`${runtime.baseUrl}/__aywa/${path}`, { headers })).status, 401)
    }
  })
})

describe("what there is to choose from", () => {
  it("faults by kind, each of which can be added as it stands", async () => {
    const { runtime, call } = await start()
    const control = (method: string, path: string, body?: unknown) =>
      call(method, `/__aywa/${path}`, body, { apiKey: runtime.controlToken })
    const { items } = (await control("GET", "faults/kinds")).body
    assert.lengthOf(items, 27)
    for (const { action } of items) assert.strictEqual((await control("POST", "faults", { action })).status, 200)
    assert.lengthOf(
      items.filter(({ webhook }: { webhook: boolean }) => webhook),
      7
    )
  })

  it("events and conversations that trigger takes", async () => {
    const { runtime, call } = await start({ callPace: { ring: 0, answer: 0, turn: 0, end: 0 } })
    const control = (method: string, path: string, body?: unknown) =>
      call(method, `/__aywa/${path}`, body, { apiKey: runtime.controlToken })
    const { events, sequences } = (await control("GET", "trigger")).body
    for (const { type } of events) {
      assert.property((await control("POST", "trigger", { type, dryRun: true })).body, "message")
    }
    assert.include(
      sequences.map(({ type }: { type: string }) => type),
      "call.barge-in"
    )
    // Each says in a sentence what happens in it.
    assert.deepStrictEqual(
      sequences.filter(({ description }: { description: string }) => !/^[A-Z].*\.$/.test(description)),
      []
    )
    assert.isTrue(events.find(({ type }: { type: string }) => type === "tool-calls").question)
  })
})
