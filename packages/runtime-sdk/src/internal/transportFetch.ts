/**
 * `fetch` as transport: for runtimes without Node's dispatcher.
 */
import * as Effect from "effect/Effect"
import { streamFetch } from "./transportFetchStream.ts"
import { WireFailure, type ClosableTransport } from "./wire.ts"
import { connectionFailure } from "./wireFailure.ts"

export const makeFetch = (): ClosableTransport => ({
  close: () => Promise.resolve(),
  stream: streamFetch,
  execute: (request) =>
    Effect.callback((resume, signal) => {
      const headers: Array<[string, string]> = []
      for (let i = 0; i < request.headers.length; i += 2) {
        headers.push([request.headers[i] ?? "", request.headers[i + 1] ?? ""])
      }
      let begun = false
      const fail = (cause: unknown): void => {
        if (!signal.aborted) resume(Effect.fail(new WireFailure(connectionFailure(cause, begun))))
      }
      // `manual` gives the redirect itself, so that it can be refused by name; nothing is followed or forwarded.
      globalThis
        .fetch(request.origin + request.path, {
          method: request.method,
          headers,
          redirect: "manual",
          signal,
          ...(request.body === undefined ? undefined : { body: request.body })
        })
        .then(async (response) => {
          begun = true
          const body = await response.text()
          return resume(
            Effect.succeed({
              status: response.status,
              header: (name: string) => response.headers.get(name) ?? undefined,
              headers: () => Object.fromEntries(response.headers),
              body
            })
          )
        })
        .catch(fail)
    })
})
