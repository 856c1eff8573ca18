/**
 * Which route a request is for: by its method and its path.
 */
import { nearestName } from "@aywa-ai/runtime-sdk/internal/contract"
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
  /** The second parameter of the path, where it has one. */
  readonly item: string | undefined
}

/** Finds the route of a request; throws 404, or 405 with the methods that there are. */
export type Router = (method: string, path: string) => Match

/** A router over routes; `foreign` are beginnings of paths that belong to the source API only. */
export const makeRouter = (routes: ReadonlyArray<Route>, foreign: ReadonlySet<string> = new Set()): Router => {
  const patterns = routes.map((route) => ({ route, segments: segmentsOf(route.path) }))
  // A literal segment wins over `:id`: `/call/phone` is not the call "phone".
  patterns.sort((a, b) => a.segments.filter(isParameter).length - b.segments.filter(isParameter).length)
  // Every path begins with a word, and has so many segments: few patterns are left to look at.
  const byShape = Map.groupBy(patterns, ({ segments }) => shapeOf(segments))
  return (method, path) => {
    const segments = segmentsOf(path)
    const allowed = new Set<string>()
    for (const { route, segments: pattern } of byShape.get(shapeOf(segments)) ?? []) {
      if (!matches(pattern, segments)) continue
      if (route.method === method) return { route, ...parametersOf(pattern, segments) }
      allowed.add(route.method)
    }
    if (allowed.size === 0) throw unknownPath(routes, foreign, path)
    if (allowed.has("GET")) allowed.add("HEAD")
    const allow = [...allowed].join(", ")
    throw new HttpError(405, `${path} takes ${allow}`, { headers: { allow } })
  }
}

const unknownPath = (routes: ReadonlyArray<Route>, foreign: ReadonlySet<string>, path: string): HttpError => {
  const [first = "", second = "", third = ""] = segmentsOf(path)
  if ([first, `${first}/${second}`, `${first}/:id/${third}`].some((one) => foreign.has(one))) {
    return new HttpError(
      404,
      `${path.slice(0, 200)} is no part of this runtime: docs/compatibility.md lists what is served of the source API`,
      { code: "not_part_of_this_runtime" }
    )
  }
  const meant = path.length > 200 ? undefined : nearestPath(routes, path)
  return new HttpError(404, `There is no ${path.slice(0, 200)}${meant === undefined ? "" : `. Did you mean ${meant}?`}`)
}

/** A path of a route that this one nearly is: too many slashes, or words that are nearly those of the route. */
const nearestPath = (routes: ReadonlyArray<Route>, path: string): string | undefined => {
  const segments = segmentsOf(path).filter((segment) => segment !== "")
  let nearest: { readonly path: string; readonly slips: number } | undefined
  for (const { path: template } of routes) {
    const pattern = segmentsOf(template)
    if (pattern.length !== segments.length) continue
    const right = pattern.map((part, index) => (isParameter(part) ? (segments[index] ?? "") : part))
    const wrong = segments.filter((segment, index) => segment !== right[index])
    const isNear = segments.every((segment, index) => {
      const part = right[index] ?? ""
      return segment === part || nearestName(segment, [part]) !== undefined
    })
    if (isNear && wrong.length < (nearest?.slips ?? segments.length + 1)) {
      nearest = { path: `/${right.join("/")}`, slips: wrong.length }
    }
  }
  return nearest?.path
}

const segmentsOf = (path: string) => path.split("/").slice(1)

const shapeOf = (segments: ReadonlyArray<string>) => `${segments.length} ${segments[0]}`

const isParameter = (segment: string) => segment.startsWith(":")

const matches = (pattern: ReadonlyArray<string>, segments: ReadonlyArray<string>) =>
  pattern.length === segments.length &&
  pattern.every((part, index) => (isParameter(part) ? segments[index] !== "" : part === segments[index]))

const parametersOf = (pattern: ReadonlyArray<string>, segments: ReadonlyArray<string>) => {
  const [id = "", item] = segments.filter((_, index) => isParameter(pattern[index] ?? "")).map(decoded)
  return { id, item }
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
