/**
 * What does not change between the calls of an operation, made once: the predicates of its bodies and answers, and the
 * headers of a call without options as one frozen list, so that one that only reads builds none.
 */
import * as Redacted from "effect/Redacted"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Operation } from "../contract/Operation.ts"
import { specOf, type Spec } from "../contract/table.ts"
import { version } from "../contract/version.ts"
import type * as Policy from "../policy/Policy.ts"
import { compile, compileRows, keysOf } from "../schema/codec.ts"
import type { TransportShape } from "../transport/port.ts"
import { streamer } from "../transport/streaming.ts"
import type { Observer } from "./observe.ts"
import { Secrets } from "./redact.ts"
import type { TracedCall } from "./Trace.ts"

/** What a service is built on. */
export interface Runtime {
  readonly config: RuntimeConfig
  /** The policy of a call without options, outside of any `Policy.with`. */
  readonly policy: Policy.Policy
  readonly transport: TransportShape
  readonly observer?: Observer | undefined
}

/** An operation of a runtime. */
export interface Prepared {
  readonly runtime: Runtime
  readonly name: string
  readonly spec: Spec
  /** Whether the operation only reads: then nothing can have been applied. */
  readonly reads: boolean
  /** Whether HTTP itself makes the operation safe to repeat: `GET`, `PUT`, `DELETE`. */
  readonly idempotentMethod: boolean
  readonly isSuccess: (u: unknown) => boolean
  readonly isBody: ((u: unknown) => boolean) | undefined
  readonly isQuery: ((u: unknown) => boolean) | undefined
  /** What may stand in a query; undefined for one that the program writes itself. */
  readonly queryFields: object | undefined
  /** Body fields that the operation takes, whoever owns them elsewhere. */
  readonly ownKeys: Pick<ReadonlySet<string>, "has">
  /** Headers that say nothing of who asks. */
  readonly ownHeaders: ReadonlyArray<string>
  /** Headers of a call without options; an attempt adds its own. */
  readonly headers: ReadonlyArray<string>
  /** All headers of the first attempt of such a call, when the key is known beforehand. */
  readonly firstHeaders: ReadonlyArray<string> | undefined
  /** How an attempt is sent when its body or its answer is streamed. */
  readonly streams: TransportShape["execute"] | undefined
  /** What every call sends and must not be seen again. */
  readonly secrets: Secrets
  /** The call as those who watch see it. */
  readonly traced: TracedCall
}

const allKeys = { has: () => true }

/** `streamed` asks an operation that gives bytes for a stream of them. */
export const prepareOperation = (runtime: Runtime, name: string, operation: Operation, streamed: boolean): Prepared => {
  const spec = specOf(operation)
  const { config } = runtime
  const bytes = spec.kind === "bytes"
  const ownHeaders = headersOf(spec, config.headers)
  const headers = Object.freeze(
    config.organizationId === undefined ? ownHeaders : [...ownHeaders, "x-organization-id", config.organizationId]
  )
  return {
    runtime,
    name,
    spec,
    reads: spec.method === "GET",
    idempotentMethod: spec.method !== "POST" && spec.method !== "PATCH",
    isSuccess: spec.kind === "page" ? compileRows(spec.success) : compile(spec.success),
    isBody: spec.body === undefined ? undefined : compile(spec.body),
    isQuery: spec.query === undefined ? undefined : compile(spec.query),
    queryFields: spec.query === undefined ? undefined : namesIn(spec.query, spec.kind === "page" ? ["prefetch"] : []),
    ownKeys: spec.verbatim ? allKeys : spec.body === undefined ? new Set() : keysOf(spec.body),
    ownHeaders,
    headers,
    firstHeaders: Redacted.isRedacted(config.apiKey)
      ? Object.freeze(withAuthorization(headers, config.apiKey, 0))
      : undefined,
    streams: bytes || spec.multipart ? streamer(runtime, bytes ? (streamed ? "stream" : "bytes") : "text") : undefined,
    secrets: new Secrets(Redacted.isRedacted(config.apiKey) ? [config.apiKey] : [], recordOf(config.headers)),
    traced: { operation: name, method: spec.method, path: spec.path, origin: config.origin }
  }
}

/** The names of a struct, none of anything else. */
const namesIn = (schema: Parameters<typeof keysOf>[0], more: ReadonlyArray<string>): object | undefined => {
  const names = keysOf(schema)
  return names.size === 0 ? undefined : Object.fromEntries([...names, ...more].map((name) => [name, true]))
}

const recordOf = (headers: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1] ?? ""]] : [])))

const headersOf = (spec: Spec, configured: ReadonlyArray<string>): ReadonlyArray<string> => {
  const bytes = spec.kind === "bytes"
  const ownAgent = configured.some((name, i) => i % 2 === 0 && name === "user-agent")
  return [
    "accept",
    bytes ? "*/*" : spec.text ? "text/plain" : "application/json",
    // `fetch` takes compressed content that was cut for whole.
    ...(bytes ? ["accept-encoding", "identity"] : []),
    ...(ownAgent ? [] : ["user-agent", `aywa-runtime-sdk/${version}`]),
    ...configured
  ]
}

/** Adds what an attempt adds. */
export const withAuthorization = (
  headers: ReadonlyArray<string>,
  key: Redacted.Redacted<string>,
  attempt: number
): Array<string> => [...headers, "authorization", `Bearer ${Redacted.value(key)}`, "x-aywa-attempt", String(attempt)]
