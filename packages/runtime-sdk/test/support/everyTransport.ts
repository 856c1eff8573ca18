/** One program over every transport of the SDK: the promise client's two, and those over a client of `effect/http`. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { HttpClient } from "effect/http/HttpClient"
import type { CallOptions } from "../../src/call/CallOptions.ts"
import * as Assistants from "../../src/effect/Assistants.ts"
import * as Files from "../../src/effect/Files.ts"
import { layerHttpClient } from "../../src/http-client.ts"
import { AywaRuntimeClient } from "../../src/index.ts"

export type Which = "list" | "create" | "delete" | "content" | "upload"
/** Makes the call at an address; rejects with its error. */
export type Caller = (baseUrl: string, which: Which, options: CallOptions) => Promise<unknown>

const file = new TextEncoder().encode("content")

const byClient =
  (transport: "auto" | "fetch"): Caller =>
  async (baseUrl, which, options) => {
    await using aywa = new AywaRuntimeClient({ baseUrl, apiKey: "a-key", transport })
    switch (which) {
      case "list":
        return await aywa.assistants.list({}, options)
      case "create":
        return await aywa.assistants.create({}, options)
      case "delete":
        return await aywa.assistants.delete("a", options)
      case "content":
        return await aywa.files.content("a", options)
      case "upload":
        return await aywa.files.upload({ file }, options)
    }
  }

const byHttpClient =
  (client: Layer.Layer<HttpClient>): Caller =>
  (baseUrl, which, options) =>
    Effect.gen(function* () {
      const assistants = yield* Assistants.Assistants
      const files = yield* Files.Files
      switch (which) {
        case "list":
          return yield* assistants.list({}, options)
        case "create":
          return yield* assistants.create({}, options)
        case "delete":
          return yield* assistants.delete("a", options)
        case "content":
          return yield* files.content("a", options)
        case "upload":
          return yield* files.upload({ file }, options)
      }
    }).pipe(
      Effect.provide(layerHttpClient({ baseUrl, apiKey: "a-key" }).pipe(Layer.provide(client))),
      Effect.runPromise
    )

export const everyTransport: Readonly<Record<string, Caller>> = {
  "the dispatcher": byClient("auto"),
  fetch: byClient("fetch"),
  FetchHttpClient: byHttpClient(FetchHttpClient.layer),
  "NodeHttpClient over undici": byHttpClient(NodeHttpClient.layerUndici),
  "NodeHttpClient over node:http": byHttpClient(NodeHttpClient.layerNodeHttp)
}
