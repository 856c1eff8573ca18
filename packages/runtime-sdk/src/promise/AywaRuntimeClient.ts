/**
 * The promise client: the same operations for code without Effect.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { CallPromise, CallWaiting, ClientOf, ClientRequestOptions } from "./ClientTypes.ts"
import { assistants } from "../contract/assistants.ts"
import { calls } from "../contract/calls.ts"
import { credentials } from "../contract/credentials.ts"
import { files } from "../contract/files.ts"
import { imports } from "../contract/imports.ts"
import type { Secret } from "../contract/Operation.ts"
import { operations } from "../contract/operations.ts"
import { phoneNumbers } from "../contract/phoneNumbers.ts"
import { structuredOutputs } from "../contract/structuredOutputs.ts"
import { tools } from "../contract/tools.ts"
import { webhookEndpoints } from "../contract/webhookEndpoints.ts"
import { webhookLogs } from "../contract/webhookLogs.ts"
import { ConfigError } from "../errors/Errors.ts"
import { clientPolicy } from "./clientPolicy.ts"
import type { Observer } from "../call/observe.ts"
import { logTrace } from "./log.ts"
import { observeHooks } from "./observe.ts"
import { makeCall, type Runtime } from "../call/call.ts"
import { promise, promisify } from "./promisify.ts"
import { makeRequest } from "../call/rawRequest.ts"
import * as Policy from "../policy/Policy.ts"
import { scopeOf } from "../policy/scope.ts"
import * as Transport from "../transport/Transport.ts"
import { makeWait } from "../call/waitUntilEnded.ts"
import type { TransportOptions } from "../transport/options.ts"
import type { DirectTransport } from "../transport/port.ts"
import type { Trace } from "../call/Trace.ts"
import { configNames, makeUnsafe, refuseUnknown, type RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { RuntimeProfile } from "../config/runtimeProfile.ts"
import type { Names } from "../config/unknownNames.ts"

/**
 * Options of `AywaRuntimeClient`. The first three take `undefined`, because that is what `process.env.X` may be; a
 * missing address or key throws a ConfigError that names the variable to set.
 *
 * @since 0.1.0
 * @category models
 */
export interface AywaRuntimeClientOptions extends TransportOptions {
  /** Address of your runtime, `https://host[:port][/path]`. There is no default. */
  readonly baseUrl: string | undefined
  /** A runtime API key, or a function that is asked for it before every attempt (for keys that rotate). */
  readonly apiKey: string | undefined | (() => string | Promise<string>)
  /** Sent as `X-Organization-Id`; optional when the key belongs to one organization. */
  readonly organizationId?: string | undefined
  /** Milliseconds for one attempt, 30,000 by default. */
  readonly timeout?: number | undefined
  /** Milliseconds for a whole call, 120,000 by default. */
  readonly deadline?: number | undefined
  /** Retries after the first attempt, 2 by default. Only what is safe to repeat is repeated. */
  readonly retries?: number | undefined
  /** `auto` (default): a create without a key gets one for all its attempts. `explicit`: only you give keys. */
  readonly idempotency?: "auto" | "explicit" | undefined
  /** Headers sent with every call; those that the SDK sets itself are refused. */
  readonly headers?: Readonly<Record<string, Secret | undefined>> | undefined
  /** Sees every call and attempt; see `Trace`. */
  readonly trace?: Trace | undefined
  /**
   * Takes a line for each attempt: operation, route, status, time, request id, and the end of the key. With `AYWA_LOG=debug`
   * in the environment the lines go to the error output by themselves.
   */
  readonly log?: ((line: string) => void) | undefined
  /** Allows plain http to hosts that are not loopback. */
  readonly allowInsecure?: boolean | undefined
  /**
   * What is known of the runtime, as `aywa-runtime conformance --save` found it: what is unsafe there is not done, and the
   * error says so. Without it the contract is taken to be kept.
   */
  readonly runtimeProfile?: RuntimeProfile | undefined
}

/**
 * Options that `withOptions` changes; all others stay as they are.
 *
 * @since 0.2.0
 * @category models
 */
export type DerivedOptions = Partial<Omit<AywaRuntimeClientOptions, keyof TransportOptions>>

/**
 * A client of one Aywa runtime.
 *
 * **Details**
 *
 * Calls return promises that reject with the errors of this package: `switch (error._tag)`. Building a client opens
 * no connection. `await using` or `close()` closes idle connections; a process ends without it too.
 *
 * **Example**
 *
 * ```ts
 * import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
 *
 * const aywa = new AywaRuntimeClient({
 *   baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
 *   apiKey: process.env["AYWA_RUNTIME_API_KEY"],
 *   organizationId: process.env["AYWA_RUNTIME_ORGANIZATION_ID"]
 * })
 *
 * export const assistants = await aywa.assistants.list({ limit: 20 })
 * ```
 *
 * @since 0.1.0
 * @category client
 */
export class AywaRuntimeClient {
  readonly #options: AywaRuntimeClientOptions
  readonly #config: RuntimeConfig
  readonly #policy: Policy.Policy
  readonly #observer: Observer | undefined
  #connections: Connections
  #scope: Policy.IdempotencyScope | undefined
  readonly #resources = new Map<string, unknown>()
  #calls: (ClientOf<typeof calls> & CallWaiting) | undefined

  constructor(options: AywaRuntimeClientOptions) {
    if (typeof options !== "object" || options === null) {
      throw new ConfigError({
        field: "baseUrl",
        variable: "AYWA_RUNTIME_BASE_URL",
        message: "AywaRuntimeClient needs options: { baseUrl, apiKey, organizationId? }. There is no default address."
      })
    }
    const { apiKey } = options
    atCaller(() => refuseUnknown(options, names))
    this.#options = options
    this.#config = atCaller(() =>
      makeUnsafe({ ...options, apiKey: typeof apiKey === "function" ? fromFunction(apiKey) : apiKey })
    )
    this.#policy = atCaller(() => clientPolicy(options)(Policy.defaults))
    atCaller(() => Transport.checkOptions(options))
    this.#observer = observeHooks([options.trace, logTrace(options.log, this.#config)])
    this.#connections = new Connections(options)
  }

  /**
   * A client with some options changed: another organization, key, timeout. It shares this one's connections, so that
   * one for each tenant or request costs nothing.
   *
   * **Gotchas**
   *
   * Another `baseUrl` needs an `apiKey` beside it, and takes neither organization, headers nor profile along: nothing is sent to
   * an address that it was not given for. `undefined` clears an option; `baseUrl` and `apiKey` are refused as `undefined`: they
   * would be this client's. Closing one of them closes the idle connections
   * of all.
   *
   * **Example**
   *
   * ```ts
   * import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
   *
   * export const ofTenant = (aywa: AywaRuntimeClient, organizationId: string) =>
   *   aywa.withOptions({ organizationId, timeout: 5_000 })
   * ```
   */
  withOptions(options: DerivedOptions): AywaRuntimeClient {
    if (typeof options !== "object" || options === null) {
      throw new ConfigError({
        field: "options",
        message: "withOptions takes options: an object with what is to be another one, such as { organizationId }."
      })
    }
    const { baseUrl, apiKey } = options
    // What was meant for another runtime or tenant, and is not there, must not become this one's.
    for (const field of ["baseUrl", "apiKey"] as const) {
      if (field in options && (options[field] ?? undefined) === undefined) {
        throw new ConfigError({
          field,
          message: `${field} is ${String(options[field])}. Leave it out to keep this client's.`
        })
      }
    }
    if (baseUrl !== undefined && baseUrl !== this.#options.baseUrl && apiKey === undefined) {
      throw new ConfigError({
        field: "apiKey",
        message: "apiKey is missing: withOptions with another baseUrl needs the key of that runtime beside it."
      })
    }
    for (const field of Object.keys(Transport.names)) {
      if (Object.hasOwn(options, field)) {
        throw new ConfigError({
          field,
          message: `${field} cannot be changed by withOptions, which shares connections. Make a new AywaRuntimeClient.`
        })
      }
    }
    // Another runtime gets nothing that was given for this one: neither its organization nor headers, which may be secret.
    const elsewhere = baseUrl !== undefined && baseUrl !== this.#options.baseUrl
    const { baseUrl: address, apiKey: key, organizationId, headers, runtimeProfile, ...rest } = this.#options
    const client = new AywaRuntimeClient({
      ...rest,
      ...(elsewhere ? {} : { organizationId, headers, runtimeProfile }),
      ...options,
      baseUrl: baseUrl ?? address,
      apiKey: apiKey ?? key
    })
    client.#connections = this.#connections
    client.#scope = this.#scope
    return client
  }

  /**
   * Runs a function that may be run again, by anybody, after any failure or crash, and makes each row once: the n-th create
   * of an operation through the client that it is given gets a key that follows from the scope's name, the operation and n.
   *
   * **Details**
   *
   * A further run has to make the same creates in the same order. One with another body than before is refused by the
   * runtime: InvalidRequest with code `idempotency_key_reused`. A create that failed and is repeated inside with the same
   * body keeps its key. Scopes nest; an `idempotencyKey` of a call wins.
   *
   * **Gotchas**
   *
   * Two creates of one operation at the same time have no order, and the second is refused before it is sent: give each
   * a scope of its own inside. The runtime remembers keys for 24 hours.
   *
   * **Example**
   *
   * ```ts
   * import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
   *
   * export const onboard = (aywa: AywaRuntimeClient, customer: string) =>
   *   aywa.idempotencyScope(`onboard-${customer}`, async (aywa) => {
   *     await aywa.tools.create({ type: "endCall" })
   *     return aywa.assistants.create({ name: "Desk" })
   *   })
   * ```
   *
   * @since 0.2.0
   */
  async idempotencyScope<A>(name: string, run: (aywa: AywaRuntimeClient) => A | PromiseLike<A>): Promise<A> {
    const scoped = this.withOptions({})
    scoped.#scope = scopeOf(name, this.#scope)
    return run(scoped)
  }

  /** What is known of the runtime, as it was given. */
  get runtimeProfile(): RuntimeProfile | undefined {
    return this.#config.profile
  }

  /** The agents that answer and place calls. */
  get assistants(): ClientOf<typeof assistants> {
    return this.#resource("assistants", assistants)
  }

  /** Numbers that you bring, and the assistants that they are bound to. */
  get phoneNumbers(): ClientOf<typeof phoneNumbers> {
    return this.#resource("phoneNumbers", phoneNumbers)
  }

  /** What assistants may do during a call. */
  get tools(): ClientOf<typeof tools> {
    return this.#resource("tools", tools)
  }

  /** Calls: placed, read, and controlled while they last. */
  get calls(): ClientOf<typeof calls> & CallWaiting {
    return (this.#calls ??= this.#waitingCalls())
  }

  /** What the runtime needs to reach carriers, providers and your servers. Secrets go in and never come out. */
  get credentials(): ClientOf<typeof credentials> {
    return this.#resource("credentials", credentials)
  }

  /** Where the runtime sends its events. */
  get webhookEndpoints(): ClientOf<typeof webhookEndpoints> {
    return this.#resource("webhookEndpoints", webhookEndpoints)
  }

  /** What knowledge bases and assistants read. */
  get files(): ClientOf<typeof files> {
    return this.#resource("files", files)
  }

  /** What is extracted from calls, by a schema. */
  get structuredOutputs(): ClientOf<typeof structuredOutputs> {
    return this.#resource("structuredOutputs", structuredOutputs)
  }

  /** Imports of a source account, and the mapping of its ids. */
  get imports(): ClientOf<typeof imports> {
    return this.#resource("imports", imports)
  }

  /** The runtime's outbox: webhook jobs and their attempts. */
  get webhookLogs(): ClientOf<typeof webhookLogs> {
    return this.#resource("webhookLogs", webhookLogs)
  }

  /** Whether the runtime is well, and what it has done. */
  get operations(): ClientOf<typeof operations> {
    return this.#resource("operations", operations)
  }

  /**
   * Asks a route that this SDK has no operation for: the same authorization, policy and errors, below `baseUrl` and
   * nowhere else. Gives the JSON of the answer, unchecked; `undefined` for an empty one.
   *
   * **Example**
   *
   * ```ts
   * import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
   *
   * export const document = (aywa: AywaRuntimeClient) => aywa.request({ method: "GET", path: "/openapi.json" })
   * ```
   */
  request(options: ClientRequestOptions): CallPromise<unknown> {
    return promise(makeRequest(this.#runtime(), options), { options })
  }

  /** Closes idle connections. Calls that are under way finish. */
  close(): Promise<void> {
    return this.#connections.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #runtime(): Runtime {
    const connections = this.#connections
    return {
      config: this.#config,
      policy: this.#scope === undefined ? this.#policy : { ...this.#policy, scope: this.#scope },
      get transport() {
        return connections.transport
      },
      observer: this.#observer
    }
  }

  #waitingCalls(): ClientOf<typeof calls> & CallWaiting {
    const wait = makeWait(makeCall(this.#runtime(), "calls.get", calls.get))
    const waits: CallWaiting = { waitUntilEnded: (id, options) => promise(wait, { id, options }) }
    return { ...this.#resource("calls", calls), ...waits }
  }

  #resource<G extends Parameters<typeof promisify>[2]>(name: string, group: G): ClientOf<G> {
    let resource = this.#resources.get(name)
    if (resource === undefined) {
      resource = promisify(this.#runtime(), name, group)
      this.#resources.set(name, resource)
    }
    return resource as ClientOf<G> // Kept under the name of the group that it was made from.
  }
}

const names: Names<AywaRuntimeClientOptions> = {
  ...configNames,
  timeout: true,
  deadline: true,
  retries: true,
  idempotency: true,
  ...Transport.names,
  trace: true,
  log: true
}

/** The connections of a client and of those that were derived from it. */
class Connections {
  readonly #options: Transport.TransportOptions
  #open: DirectTransport | undefined

  constructor(options: Transport.TransportOptions) {
    this.#options = options
  }

  /** Opened by the first call, and again by the first one after `close`. */
  get transport(): DirectTransport {
    return (this.#open ??= Transport.open(this.#options))
  }

  close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    return open === undefined ? Promise.resolve() : open.close()
  }
}

/** Runs checks of options; what is wrong with them is reported at the caller's line, not at ours. */
const atCaller = <A>(check: () => A): A => {
  try {
    return check()
  } catch (error) {
    if (error instanceof ConfigError) Error.captureStackTrace?.(error, AywaRuntimeClient)
    throw error
  }
}

/** Asks a function for the key; whatever goes wrong there is a ConfigError that does not repeat it. */
const fromFunction = (apiKey: () => string | Promise<string>): Effect.Effect<string, ConfigError> =>
  Effect.tryPromise({
    try: async () => apiKey(),
    catch: (error) =>
      new ConfigError({
        field: "apiKey",
        message: `apiKey: the function that supplies it failed (${error instanceof Error ? error.name : typeof error}). Make it return the key.`
      })
  })
