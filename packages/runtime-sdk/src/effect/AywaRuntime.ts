/**
 * A runtime as one client value, and as a Layer. Every call of `make` or of a layer function is a client of its own: a
 * program may hold several runtimes, side by side or one inside of the other, without mixing addresses or keys.
 *
 * @since 0.1.0
 */
import "./yieldable.ts"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { CurrentRecord, type Runtime } from "../call/call.ts"
import type { RequestOptions, ResponseInfo } from "../call/CallOptions.ts"
import { CallRecord } from "../call/record.ts"
import { variables } from "../config/checks.ts"
import { type ConfigOptions, configNames, makeUnsafe, orConfigError, refuseUnknown } from "../config/RuntimeConfig.ts"
import type { Names } from "../config/unknownNames.ts"
import { contract } from "../contract/contract.ts"
import { ConfigError } from "../errors/Errors.ts"
import * as Policy from "../policy/Policy.ts"
import type { TransportOptions } from "../transport/options.ts"
import type { TransportShape } from "../transport/port.ts"
import * as Transport from "../transport/Transport.ts"
import * as Assistants from "./Assistants.ts"
import * as PhoneNumbers from "./PhoneNumbers.ts"
import * as Tools from "./Tools.ts"
import * as Calls from "./Calls.ts"
import * as Credentials from "./Credentials.ts"
import * as WebhookEndpoints from "./WebhookEndpoints.ts"
import * as Files from "./Files.ts"
import * as StructuredOutputs from "./StructuredOutputs.ts"
import * as Imports from "./Imports.ts"
import * as WebhookLogs from "./WebhookLogs.ts"
import * as Operations from "./Operations.ts"
import { makeCalls } from "./Calls.ts"
import { effectObserver } from "./observe.ts"
import { makeRequests, type RequestError, type Service as Requests } from "./Request.ts"
import { makeService } from "./service.ts"

/**
 * A client of one runtime: every resource of the contract, and requests to routes beside it. The same tree as the
 * promise client.
 *
 * @since 0.2.0
 * @category models
 */
export interface Service extends Requests {
  /** The agents that answer and place calls. */
  readonly assistants: Assistants.Service
  /** Numbers that you bring, and the assistants that they are bound to. */
  readonly phoneNumbers: PhoneNumbers.Service
  /** What assistants may do during a call. */
  readonly tools: Tools.Service
  /** Calls: placed, read, and controlled while they last. */
  readonly calls: Calls.Service
  /** What the runtime needs to reach carriers, providers and your servers. Secrets go in and never come out. */
  readonly credentials: Credentials.Service
  /** Where the runtime sends its events. */
  readonly webhookEndpoints: WebhookEndpoints.Service
  /** What knowledge bases and assistants read. */
  readonly files: Files.Service
  /** What is extracted from calls, by a schema. */
  readonly structuredOutputs: StructuredOutputs.Service
  /** Imports of a source account, and the mapping of its ids. */
  readonly imports: Imports.Service
  /** The runtime's outbox: webhook jobs and their attempts. */
  readonly webhookLogs: WebhookLogs.Service
  /** Whether the runtime is well, and what it has done. */
  readonly operations: Operations.Service
}

/**
 * The client of the program's runtime.
 *
 * @since 0.2.0
 * @category services
 */
export class AywaRuntime extends Context.Service<AywaRuntime, Service>()("@aywa-ai/runtime-sdk/AywaRuntime") {}

/**
 * What the layers provide: the client, and each of its resources by a tag of its own. They are views of one client.
 *
 * @since 0.2.0
 * @category models
 */
export type Services =
  | AywaRuntime
  | Assistants.Assistants
  | PhoneNumbers.PhoneNumbers
  | Tools.Tools
  | Calls.Calls
  | Credentials.Credentials
  | WebhookEndpoints.WebhookEndpoints
  | Files.Files
  | StructuredOutputs.StructuredOutputs
  | Imports.Imports
  | WebhookLogs.WebhookLogs
  | Operations.Operations

/**
 * Where the runtime is, who asks, and how.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options extends ConfigOptions, TransportOptions {
  /** Changes the default policy: `Policy.retry({ times: 4 })`, or several of them through `flow`. */
  readonly policy?: Policy.Transform | undefined
}

/**
 * Options of `layerConfig`: each of the first three says where its value comes from.
 *
 * @since 0.2.0
 * @category models
 */
export interface ConfigLayerOptions extends Omit<Options, "baseUrl" | "apiKey" | "organizationId"> {
  /** Default: the variable `AYWA_RUNTIME_BASE_URL`. */
  readonly baseUrl?: Config.Config<string> | undefined
  /** Default: the variable `AYWA_RUNTIME_API_KEY`. */
  readonly apiKey?: Config.Config<Redacted.Redacted<string>> | undefined
  /** Default: the variable `AYWA_RUNTIME_ORGANIZATION_ID`, which may be unset. */
  readonly organizationId?: Config.Config<string> | undefined
}

const names: Names<Options> = { ...configNames, ...Transport.names, policy: true }

const serviceOf = (runtime: Runtime): Service => ({
  assistants: makeService(runtime, "assistants", contract.assistants),
  phoneNumbers: makeService(runtime, "phoneNumbers", contract.phoneNumbers),
  tools: makeService(runtime, "tools", contract.tools),
  calls: makeCalls(runtime),
  credentials: makeService(runtime, "credentials", contract.credentials),
  webhookEndpoints: makeService(runtime, "webhookEndpoints", contract.webhookEndpoints),
  files: makeService(runtime, "files", contract.files),
  structuredOutputs: makeService(runtime, "structuredOutputs", contract.structuredOutputs),
  imports: makeService(runtime, "imports", contract.imports),
  webhookLogs: makeService(runtime, "webhookLogs", contract.webhookLogs),
  operations: makeService(runtime, "operations", contract.operations),
  ...makeRequests(runtime)
})

/**
 * Makes a client over a transport of the program's own, which it also closes.
 *
 * @since 0.2.0
 * @category constructors
 */
export const makeWith = (
  options: ConfigOptions & Pick<Options, "policy">,
  transport: TransportShape
): Effect.Effect<Service, ConfigError> =>
  orConfigError(() => {
    refuseUnknown(options, { ...configNames, policy: true })
    return serviceOf({ config: makeUnsafe(options), policy: policyOf(options), transport, observer: effectObserver })
  })

/** The default policy, changed as the options say. */
const policyOf = ({ policy = identity }: Pick<Options, "policy">): Policy.Policy => {
  const made: unknown = typeof policy === "function" ? policy(Policy.defaults) : undefined
  if (typeof made === "object" && made !== null && "idempotency" in made) return made as Policy.Policy // As its type says.
  throw new ConfigError({
    field: "policy",
    message:
      "policy takes a function that changes the default policy and gives it back, such as Policy.retry({ times: 4 })."
  })
}

/**
 * Makes a client: a value, for programs that hold several runtimes at once. Its connections close with the scope.
 *
 * @since 0.2.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, ConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* orConfigError(() => refuseUnknown(options, names))
    yield* orConfigError(() => Transport.checkOptions(options))
    // Everything is checked before anything is opened.
    const config = yield* orConfigError(() => makeUnsafe(options))
    const policy = yield* orConfigError(() => policyOf(options))
    const transport = yield* Effect.acquireRelease(
      Effect.sync(() => Transport.open(options)),
      (open) => Effect.promise(() => open.close())
    )
    return serviceOf({ config, policy, transport, observer: effectObserver })
  })

/** A client under its own tag, and each resource under its. */
const contextOf = (service: Service): Context.Context<Services> =>
  Context.make(AywaRuntime, service).pipe(
    Context.add(Assistants.Assistants, service.assistants),
    Context.add(PhoneNumbers.PhoneNumbers, service.phoneNumbers),
    Context.add(Tools.Tools, service.tools),
    Context.add(Calls.Calls, service.calls),
    Context.add(Credentials.Credentials, service.credentials),
    Context.add(WebhookEndpoints.WebhookEndpoints, service.webhookEndpoints),
    Context.add(Files.Files, service.files),
    Context.add(StructuredOutputs.StructuredOutputs, service.structuredOutputs),
    Context.add(Imports.Imports, service.imports),
    Context.add(WebhookLogs.WebhookLogs, service.webhookLogs),
    Context.add(Operations.Operations, service.operations)
  )

/**
 * Provides a client that an effect makes, and its resources. Every call gives a new layer, which is never shared with
 * another one.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerFrom = <E, R>(
  client: Effect.Effect<Service, E, R>
): Layer.Layer<Services, E, Exclude<R, Scope.Scope>> =>
  // Fresh: one value of it may stand over two things that the program provides.
  Layer.fresh(Layer.effectContext(Effect.map(client, contextOf)))

/**
 * The runtime at a given address, and all its resources.
 *
 * **Details**
 *
 * Wrong options fail with ConfigError when the layer is built; nothing is sent. Every call of this function gives a
 * runtime of its own.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Assistants, AywaRuntime } from "@aywa-ai/runtime-sdk/effect"
 *
 * const program = Effect.gen(function* () {
 *   const assistants = yield* Assistants.Assistants
 *   return yield* assistants.list({ limit: 20 })
 * })
 *
 * export const main = program.pipe(
 *   Effect.provide(
 *     AywaRuntime.layer({
 *       baseUrl: process.env["AYWA_RUNTIME_BASE_URL"],
 *       apiKey: process.env["AYWA_RUNTIME_API_KEY"]
 *     })
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Services, ConfigError> => layerFrom(make(options))

/**
 * The runtime that the `AYWA_RUNTIME_*` variables name, read through `Config`; or any other `Config` that is given.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (options: ConfigLayerOptions = {}): Layer.Layer<Services, ConfigError> =>
  layerFrom(
    Effect.gen(function* () {
      // Missing values go on: the check of the options says which variable to set and how.
      const baseUrl = yield* read("baseUrl", options.baseUrl ?? Config.String(variables.baseUrl))
      const apiKey = yield* read("apiKey", options.apiKey ?? Config.Redacted(variables.apiKey))
      const organizationId = yield* read(
        "organizationId",
        options.organizationId ?? Config.String(variables.organizationId)
      )
      return yield* make({ ...options, baseUrl, apiKey, organizationId })
    })
  )

const read = <A>(field: keyof typeof variables, config: Config.Config<A>): Effect.Effect<A | undefined, ConfigError> =>
  Effect.mapBoth(Config.option(config), {
    onSuccess: Option.getOrUndefined,
    onFailure: () =>
      new ConfigError({
        field,
        variable: variables[field],
        message: `${field} cannot be read from ${variables[field]}. Set it to plain text.`
      })
  })

/**
 * Asks a route of the program's runtime that this SDK has no operation for.
 *
 * **Example**
 *
 * ```ts
 * import { AywaRuntime } from "@aywa-ai/runtime-sdk/effect"
 *
 * export const document = AywaRuntime.request({ method: "GET", path: "/openapi.json" })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const request = (options: RequestOptions): Effect.Effect<unknown, RequestError, AywaRuntime> =>
  Effect.flatMap(AywaRuntime, (runtime) => runtime.request(options))

/**
 * Runs a call and tells about its answer too: status, request id, headers, attempts. For an effect with several
 * calls it tells about the last one; `response` is `undefined` when there was none.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withResponse = <A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<{ readonly value: A; readonly response: ResponseInfo | undefined }, E, R> =>
  Effect.suspend(() => {
    const record = new CallRecord()
    return Effect.map(Effect.provideService(self, CurrentRecord, record), (value) => ({ value, response: record.info }))
  })
