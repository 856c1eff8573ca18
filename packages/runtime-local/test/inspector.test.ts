/** What the inspector's page is served as, and who gets nothing. */
import { globSync, readFileSync } from "node:fs"
import * as http from "node:http"
import { join } from "node:path"
import * as zlib from "node:zlib"
import { describe, expect, it } from "vitest"
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
      expect(response.status).toBe(200)
      expect(policy.split("; ")).toEqual([
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
      expect(rest.map((name) => response.headers.get(name))).toEqual([
        "nosniff",
        "no-referrer",
        "same-origin",
        "no-cache"
      ])
      const text = await response.text()
      // Of the data URL of the icon, the namespace of SVG is a name, not an address.
      expect(text.replaceAll("http://www.w3.org/", "")).not.toMatch(/(src|href)="(https?:)?\/\/|url\((?!data:)/)
      expect(text).not.toContain(runtime.controlToken)
      expect(text).not.toContain(runtime.apiKey)
    }
  })

  it("is at most 60 KB of script and style, compressed", async () => {
    const { runtime } = await start()
    const sizes = await Promise.all(
      files.slice(1).map(async (path) => zlib.gzipSync(await (await fetch(runtime.baseUrl + path)).text()).length)
    )
    expect(sizes.every((size) => size > 1000)).toBe(true)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60_000)
  })

  it("makes no markup of text: nothing in its sources could", () => {
    const folder = join(import.meta.dirname, "../src/inspector/page")
    const sources = globSync("**/*.{ts,tsx}", { cwd: folder })
    expect(sources.length).toBeGreaterThan(20)
    for (const file of sources) {
      expect([file, readFileSync(join(folder, file), "utf8")]).toEqual([
        file,
        expect.not.stringMatching(
          /dangerouslySetInnerHTML|\b(inner|outer)HTML\b|insertAdjacentHTML|\beval\(|new Function/
        )
      ])
    }
  })

  it("is what a browser gets at /, and everybody else hears in JSON where things are", async () => {
    const { runtime } = await start()
    const page = await fetch(`${runtime.baseUrl}/`, { headers: html })
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8")
    const root = await fetch(`${runtime.baseUrl}/`)
    expect(await root.json()).toEqual({
      name: "Aywa local runtime",
      inspector: "/__aywa/",
      control: "/__aywa/runtime",
      openapi: "/openapi.json",
      health: "/health",
      readiness: "/readyz"
    })
    const bare = await fetch(`${runtime.baseUrl}/__aywa`, { redirect: "manual" })
    expect([bare.status, bare.headers.get("location")]).toEqual([308, "/__aywa/"])
    expect(runtime.requests()).toEqual([])
  })

  it.each([
    ["in production mode", { mode: "production" }],
    ["where it is not wanted", { inspector: false }]
  ] as const)("is not there %s", async (_, options) => {
    const { runtime } = await start(options)
    for (const path of files) expect((await fetch(runtime.baseUrl + path)).status).toBe(401)
    expect(await (await fetch(`${runtime.baseUrl}/`, { headers: html })).json()).toMatchObject({ inspector: null })
    expect(runtime.inspectorUrl).toBeUndefined()
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
    expect(await asked({})).toBe(200)
    expect(await asked({ origin: `http://${host}` })).toBe(200)
    expect(await asked({ origin: "http://evil.test" })).toBe(403)
    expect(await asked({ origin: "null" })).toBe(403)
    expect(await asked({ origin: `http://127.0.0.1:1` })).toBe(403)
    for (const path of ["/__aywa/", "/__aywa/page.js", "/", "/__aywa/requests"]) {
      expect([path, await raw(port, path, { host: "rebound.test", authorization, ...html })]).toEqual([path, 421])
    }
  })

  it("whoever has no token, or a wrong one", async () => {
    const { runtime } = await start()
    for (const path of ["stream", "requests", "contract", "runtime?show=secrets", "jobs/x/handler"]) {
      expect((await fetch(`${runtime.baseUrl}/__aywa/${path}`)).status).toBe(401)
      const headers = { authorization: `Bearer ${runtime.apiKey}` }
      expect((await fetch(`${runtime.baseUrl}/__aywa/${path}`, { headers })).status).toBe(401)
    }
  })
})

describe("what there is to choose from", () => {
  it("faults by kind, each of which can be added as it stands", async () => {
    const { runtime, call } = await start()
    const control = (method: string, path: string, body?: unknown) =>
      call(method, `/__aywa/${path}`, body, { apiKey: runtime.controlToken })
    const { items } = (await control("GET", "faults/kinds")).body
    expect(items).toHaveLength(27)
    for (const { action } of items) expect((await control("POST", "faults", { action })).status).toBe(200)
    expect(items.filter(({ webhook }: { webhook: boolean }) => webhook)).toHaveLength(7)
  })

  it("events and conversations that trigger takes", async () => {
    const { runtime, call } = await start({ callPace: { ring: 0, answer: 0, turn: 0, end: 0 } })
    const control = (method: string, path: string, body?: unknown) =>
      call(method, `/__aywa/${path}`, body, { apiKey: runtime.controlToken })
    const { events, sequences } = (await control("GET", "trigger")).body
    for (const { type } of events) {
      expect((await control("POST", "trigger", { type, dryRun: true })).body).toHaveProperty("message")
    }
    expect(sequences.map(({ type }: { type: string }) => type)).toContain("call.barge-in")
    // Each says in a sentence what happens in it.
    expect(sequences.filter(({ description }: { description: string }) => !/^[A-Z].*\.$/.test(description))).toEqual([])
    expect(events.find(({ type }: { type: string }) => type === "tool-calls").question).toBe(true)
  })
})
