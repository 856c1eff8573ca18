/** The ways to make a call, and everything that each of them shows of it: to its caller, and to who watches. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { inspect } from "node:util"
import { Assistants, AywaRuntime, Files, Operations, Policy } from "../../src/effect.ts"
import { layerHttpClient } from "../../src/http-client.ts"
import type { CallPromise } from "../../src/promise/ClientTypes.ts"
import { AywaRuntimeClient } from "../../src/index.ts"
import type { Operation } from "./places.ts"

/** How the key is given: a value, or something that is asked before every attempt. */
export type KeyKind = "fixed" | "asked"

export interface Options {
  readonly baseUrl: string
  readonly key: string
  readonly kind: KeyKind
  /** The next key, for one that is asked for. */
  readonly nextKey: () => string
  readonly headers: Readonly<Record<string, string>>
}

/** What a call shows: what is looked at, as text. */
export type Shown = Readonly<Record<string, string>>

export interface Face {
  readonly name: string
  readonly call: (
    options: Options,
    operation: Operation,
    callHeaders: Readonly<Record<string, string>>,
    retries: number
  ) => Promise<Shown>
}

const print = (value: unknown, getters = true): string =>
  inspect(value, { depth: 20, showHidden: true, getters, maxStringLength: null })

/** An error as its caller may come to see it. */
const errorShown = (error: unknown): Shown => {
  if (!(error instanceof Error)) return { "not an error": print(error) }
  return {
    message: error.message,
    string: String(error),
    json: JSON.stringify(error),
    stack: error.stack ?? "",
    inspect: print(error),
    cause: print(error.cause),
    pretty: Cause.pretty(Cause.fail(error))
  }
}

const spanShown = (span: Tracer.NativeSpan): string =>
  [
    span.name,
    print([...span.attributes]),
    print(span.events),
    print(span.links),
    span.status._tag === "Ended" && Exit.isFailure(span.status.exit)
      ? Cause.pretty(span.status.exit.cause) + print(Cause.squash(span.status.exit.cause))
      : ""
  ].join("\n")

const promiseFace = (transport: "auto" | "fetch"): Face => ({
  name: `promise client over ${transport === "auto" ? "the dispatcher" : "fetch"}`,
  call: async ({ baseUrl, key, kind, nextKey, headers }, operation, callHeaders, retries) => {
    const traced: Array<unknown> = []
    const aywa = new AywaRuntimeClient({
      baseUrl,
      apiKey: kind === "fixed" ? key : () => Promise.resolve(nextKey()),
      headers,
      transport,
      trace: (call) => {
        traced.push(call)
        return {
          attempt: () => ({ end: (result) => void traced.push(result, JSON.stringify(result)) }),
          end: (error) => void traced.push(error, JSON.stringify(error))
        }
      }
    })
    const options = { headers: callHeaders, retries }
    const begun: Array<Promise<unknown>> = []
    const responseOf = async (call: CallPromise<unknown>): Promise<unknown> => {
      begun.push(call)
      return (await call.withResponse()).response
    }
    const calls: Readonly<Record<Operation, () => Promise<unknown>>> = {
      get: () => responseOf(aywa.assistants.get("a1", options)),
      list: () => responseOf(aywa.assistants.list(undefined, options)),
      create: () => responseOf(aywa.assistants.create({ name: "n" }, options)),
      request: () => responseOf(aywa.request({ method: "GET", path: "/own", ...options })),
      metrics: () => responseOf(aywa.operations.metrics(options)),
      content: () => responseOf(aywa.files.content("f1", options)),
      contentStream: async () => {
        for await (const piece of aywa.files.contentStream("f1", options)) void piece
      }
    }
    const result = await calls[operation]().then(
      (response): Shown => ({ response: responseShown(response) }),
      errorShown
    )
    await aywa.close()
    // What a program holds on to, and may print. The value of a promise is the answer's own.
    const held = begun.map((one) => Object.getOwnPropertyDescriptors(one))
    return { ...result, trace: print(traced), client: print(aywa), held: print(held, false) }
  }
})

/** What is told of an answer. What a secret header holds may stand in its headers: a caller may look for it there. */
const responseShown = (response: unknown): string => print(response) + (JSON.stringify(response) ?? "")

type Runtime = Assistants.Assistants | Files.Files | Operations.Operations | AywaRuntime.AywaRuntime

const numbers = Schema.Record(Schema.String, Schema.Finite)

const effectFace = (name: string, layer: (options: AywaRuntime.Options) => Layer.Layer<Runtime, unknown>): Face => ({
  name: `Effect over ${name}`,
  call: async ({ baseUrl, key, kind, nextKey, headers }, operation, callHeaders, retries) => {
    const spans: Array<Tracer.NativeSpan> = []
    const logs: Array<string> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const logger = Logger.make((entry) => void logs.push(print(entry.message)))
    const options = { headers: callHeaders }
    const runtime = layer({
      baseUrl,
      apiKey: kind === "fixed" ? key : Effect.sync(nextKey),
      headers,
      policy: retries === 0 ? Policy.noRetry : Policy.retry({ times: retries, baseDelay: 1, maxDelay: 1 })
    })
    const program = Effect.gen(function* () {
      const assistants = yield* Assistants.Assistants
      const files = yield* Files.Files
      const operations = yield* Operations.Operations
      const calls: Readonly<Record<Operation, Effect.Effect<unknown, unknown>>> = {
        get: assistants.get("a1", options),
        list: assistants.list(undefined, options),
        create: assistants.create({ name: "n" }, options),
        // Keys and values of an answer that the schema does not allow.
        request: (yield* AywaRuntime.AywaRuntime).requestFor(numbers, { method: "GET", path: "/own", ...options }),
        metrics: operations.metrics(options),
        content: files.content("f1", options),
        contentStream: Stream.runDrain(files.contentStream("f1", options))
      }
      const { response } = yield* AywaRuntime.withResponse(calls[operation])
      return response
    }).pipe(
      Effect.tapCause((cause) => Effect.logError("failed", cause)),
      Effect.provide(runtime),
      Effect.withTracer(tracer),
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "Trace"),
      // A program that has its clients' headers in its spans.
      Effect.provideService(HttpClient.TracerHeaderFilter, () => true)
    )
    const exit = await Effect.runPromiseExit(program)
    const watched = { spans: spans.map(spanShown).join("\n"), logs: logs.join("\n") }
    return Exit.isSuccess(exit)
      ? { response: responseShown(exit.value), ...watched }
      : { ...errorShown(Cause.squash(exit.cause)), exit: Cause.pretty(exit.cause), ...watched }
  }
})

export const faces: ReadonlyArray<Face> = [
  promiseFace("auto"),
  promiseFace("fetch"),
  effectFace("the dispatcher", AywaRuntime.layer),
  effectFace("fetch", (options) => AywaRuntime.layer({ ...options, transport: "fetch" })),
  effectFace("FetchHttpClient", (options) => Layer.provide(layerHttpClient(options), FetchHttpClient.layer)),
  effectFace("NodeHttpClient over undici", (options) =>
    Layer.provide(layerHttpClient(options), NodeHttpClient.layerUndici)
  )
]
