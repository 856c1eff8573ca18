/**
 * The inspector's page: three files that know nothing. Whoever has the control token sees something in it.
 */
import { type Answer, json } from "../http/answer.ts"
import type { Exchange } from "../http/exchange.ts"
import { HttpError } from "../http/errors.ts"
import type { PageFiles } from "./files.ts"

/** Answers `/`, and the page below `/__aywa/`; `undefined` for every other path. */
export type Inspector = (exchange: Exchange) => Promise<Answer | undefined>

/** Scripts and styles of this origin, connections to it, and nothing else; text never becomes script. */
const policy = [
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
].join("; ")

const headers = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache",
  vary: "accept"
}

const kinds: Readonly<Record<string, readonly [keyof PageFiles, string]>> = {
  "/": ["html", "text/html"],
  "/__aywa/": ["html", "text/html"],
  "/__aywa/page.js": ["js", "text/javascript"],
  "/__aywa/page.css": ["css", "text/css"]
}

/** Makes it; one that is not `on` answers `/` alone, in JSON. */
export const makeInspector = (on: boolean): Inspector => {
  let files: Promise<PageFiles> | undefined
  return async ({ method, path, request }) => {
    const [name, type] = Object.hasOwn(kinds, path) ? (kinds[path] ?? []) : []
    if (on && method === "GET" && path === "/__aywa")
      return { status: 308, headers: { location: "/__aywa/" }, body: "" }
    if (name === undefined) return undefined
    const isRoot = path === "/"
    if (method !== "GET" || (!on && !isRoot)) return undefined
    if (isRoot && !(on && request.headers.accept?.includes("text/html"))) return directory(on)
    files ??= import("./files.ts").then(({ readFiles }) => readFiles())
    try {
      const text = (await files)[name]
      return { status: 200, headers: { ...headers, "content-type": `${type}; charset=utf-8` }, body: text }
    } catch (error) {
      files = undefined
      throw new HttpError(500, `The inspector's page could not be bundled: ${String(error)}`)
    }
  }
}

/** Where things are; public, and says nothing of anybody. */
const directory = (on: boolean): Answer =>
  json(
    200,
    JSON.stringify({
      name: "Aywa local runtime",
      inspector: on ? "/__aywa/" : null,
      control: "/__aywa/runtime",
      openapi: "/openapi.json",
      health: "/health",
      readiness: "/readyz"
    }),
    { vary: "accept" }
  )
