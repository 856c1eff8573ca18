/**
 * A map of handlers, ready to be looked up by type.
 *
 * @since 0.1.0
 */

/** A handler with what the map says about it. */
export interface Route<Handler> {
  readonly reply: Handler
  readonly timeoutSeconds?: number | undefined
  readonly fallback?: unknown
}

/** Handlers by type of event. */
export type Routes<Handler> = ReadonlyMap<string, Route<Handler>>

/** Reads a map of handlers, in their short form or as routes. A handler takes only the message of its own type. */
export const routesOf = <Handler>(map: object): Routes<Handler> => {
  const routes = new Map<string, Route<Handler>>()
  for (const [type, handler] of Object.entries(map)) {
    if (handler === undefined) continue
    const route: Route<Handler> = typeof handler === "function" ? { reply: handler } : handler
    const { timeoutSeconds = 1 } = route
    if (!(timeoutSeconds >= 1 && timeoutSeconds <= 300)) {
      throw new RangeError(`timeoutSeconds of ${type} must be 1 to 300 seconds, and is ${timeoutSeconds}.`)
    }
    routes.set(type, route)
  }
  return routes
}
