/**
 * Which route a request is for: by its method and its path.
 */
import { HttpError } from "./errors.ts"
import type { Handler } from "./handler.ts"

/** One operation of the contract, ready to serve. */
export interface Route {
  /** Name in the contract table, e.g. `assistants.create`. */
  readonly name: string
  readonly method: string
  /** Path template, `/assistant/:id`. */
  readonly path: string
  /** What the contract has as the body of the request. */
  readonly body: "none" | "json" | "form"
  readonly handler: Handler
}

/** A route with the `:id` of the path. */
export interface Match {
  readonly route: Route
  readonly id: string
}

/** Finds the route of a request; throws 404, or 405 with the methods that there are. */
export type Router = (method: string, path: string) => Match

/** A router over routes. */
export const makeRouter = (routes: ReadonlyArray<Route>): Router => {
  const patterns = routes.map((route) => ({ route, segments: segmentsOf(route.path) }))
  // A literal segment wins over `:id`: `/call/phone` is not the call "phone".
  patterns.sort((a, b) => a.segments.filter(isParameter).length - b.segments.filter(isParameter).length)
  return (method, path) => {
    const segments = segmentsOf(path)
    const allowed = new Set<string>()
    for (const { route, segments: pattern } of patterns) {
      if (!matches(pattern, segments)) continue
      if (route.method === method) return { route, id: idOf(pattern, segments) }
      allowed.add(route.method)
    }
    if (allowed.size === 0) throw new HttpError(404, `There is no ${path}`)
    const allow = [...allowed].join(", ")
    throw new HttpError(405, `${path} takes ${allow}`, { headers: { allow } })
  }
}

const segmentsOf = (path: string) => path.split("/").slice(1)

const isParameter = (segment: string) => segment.startsWith(":")

const matches = (pattern: ReadonlyArray<string>, segments: ReadonlyArray<string>) =>
  pattern.length === segments.length &&
  pattern.every((part, index) => (isParameter(part) ? segments[index] !== "" : part === segments[index]))

const idOf = (pattern: ReadonlyArray<string>, segments: ReadonlyArray<string>) => {
  const raw = segments[pattern.findIndex(isParameter)] ?? ""
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}
