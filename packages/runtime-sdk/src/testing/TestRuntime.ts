/**
 * The local runtime for tests of your own: a real server on a loopback port, a client that talks to it, rows to begin
 * with, faults, a clock to move, and what arrived. Needs `@aywa-ai/runtime-local` beside this package.
 *
 * @since 0.1.0
 */
import {
  LocalRuntime,
  type LocalRuntimeHandle,
  type LocalRuntimeOptions,
  startLocalRuntime
} from "@aywa-ai/runtime-local"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Names, unknownName } from "../config/unknownNames.ts"
import * as AywaRuntime from "../effect/AywaRuntime.ts"
import { ConfigError } from "../errors/Errors.ts"
import { AywaRuntimeClient, type AywaRuntimeClientOptions } from "../promise/AywaRuntimeClient.ts"

// In the order that references need: what is referred to comes first.
const seedable = [
  "credentials",
  "tools",
  "assistants",
  "phoneNumbers",
  "structuredOutputs",
  "webhookEndpoints"
] as const
type Seedable = (typeof seedable)[number]

/**
 * Rows to create before a test begins: what `create` of each resource takes.
 *
 * @since 0.1.0
 * @category models
 */
export type Seed = {
  readonly [K in Seedable]?: ReadonlyArray<Parameters<AywaRuntimeClient[K]["create"]>[0]>
}

/**
 * The rows of a seed as the runtime stored them, in the order that they were given.
 *
 * @since 0.1.0
 * @category models
 */
export type Seeded = {
  readonly [K in Seedable]: ReadonlyArray<Awaited<ReturnType<AywaRuntimeClient[K]["create"]>>>
}

/**
 * Options of `startTestRuntime`.
 *
 * @since 0.1.0
 * @category models
 */
export interface TestRuntimeOptions extends LocalRuntimeOptions {
  /** Rows to begin with. */
  readonly rows?: Seed | undefined
  /** Options of the client, beside address and key. */
  readonly client?: Partial<Omit<AywaRuntimeClientOptions, "baseUrl" | "apiKey">> | undefined
}

/**
 * A running runtime and its client.
 *
 * @since 0.1.0
 * @category models
 */
export interface TestRuntime extends AsyncDisposable {
  /** A client of this runtime, as your code would make it. */
  readonly aywa: AywaRuntimeClient
  /** The runtime: `faults`, `clock`, `requests`, `rows`, `baseUrl`, `apiKey`, … */
  readonly runtime: LocalRuntimeHandle
  /** The rows that it began with. */
  readonly rows: Seeded
  /** Creates more rows. */
  readonly seed: (rows: Seed) => Promise<Seeded>
  readonly close: () => Promise<void>
}

/**
 * Starts a runtime for a test.
 *
 * **Example**
 *
 * ```ts
 * import { startTestRuntime } from "@aywa-ai/runtime-sdk/testing"
 *
 * await using test = await startTestRuntime({ rows: { assistants: [{ name: "Desk" }] } })
 * test.runtime.faults.next("reset", { when: "after" })
 * await test.aywa.assistants.create({ name: "Once" }) // its answer is lost, it is sent again, there is one
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const startTestRuntime = async (options: TestRuntimeOptions = {}): Promise<TestRuntime> => {
  const { rows = {}, client = {}, ...rest } = options
  const runtime = await startLocalRuntime(rest)
  const { baseUrl, apiKey, organizationId } = runtime
  try {
    const aywa = new AywaRuntimeClient({ organizationId, ...client, baseUrl, apiKey })
    const close = async () => {
      await aywa.close()
      await runtime.close()
    }
    const seed = (rows: Seed) => seedWith(aywa, rows)
    return { aywa, runtime, rows: await seed(rows), seed, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await runtime.close()
    throw error
  }
}

/**
 * A runtime for a test of an Effect program: a client of it, every resource, and the runtime itself as
 * `LocalRuntime`.
 *
 * **Example**
 *
 * ```ts
 * import { LocalRuntime } from "@aywa-ai/runtime-local"
 * import { Assistants } from "@aywa-ai/runtime-sdk/effect"
 * import { layer } from "@aywa-ai/runtime-sdk/testing"
 * import * as Effect from "effect/Effect"
 *
 * export const test = Effect.gen(function* () {
 *   const assistants = yield* Assistants.Assistants
 *   const runtime = yield* LocalRuntime
 *   yield* assistants.create({ name: "Once" })
 *   return runtime.count("assistants")
 * }).pipe(Effect.provide(layer()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Omit<TestRuntimeOptions, "client"> & Pick<AywaRuntime.Options, "policy" | "headers"> = {}
): Layer.Layer<AywaRuntime.Services | LocalRuntime> => {
  const { rows = {}, policy, headers, ...rest } = options
  const client = Effect.gen(function* () {
    const { baseUrl, apiKey, organizationId } = yield* LocalRuntime
    yield* Effect.promise(async () => {
      await using aywa = new AywaRuntimeClient({ baseUrl, apiKey, organizationId })
      await seedWith(aywa, rows)
    })
    // The address is the runtime's own: it cannot be refused.
    return yield* Effect.orDie(AywaRuntime.make({ baseUrl, apiKey, organizationId, policy, headers }))
  })
  return AywaRuntime.layerFrom(client).pipe(Layer.provideMerge(LocalRuntime.layer(rest)))
}

const tables: Names<Seed> = {
  credentials: true,
  tools: true,
  assistants: true,
  phoneNumbers: true,
  structuredOutputs: true,
  webhookEndpoints: true
}

const seedWith = async (aywa: AywaRuntimeClient, rows: Seed): Promise<Seeded> => {
  const unknown = unknownName(rows, tables, "is no table that can be seeded")
  if (unknown !== undefined)
    throw new ConfigError({ field: `rows.${unknown.name}`, message: `rows: ${unknown.message}` })
  const seeded: Record<string, ReadonlyArray<unknown>> = {}
  for (const name of seedable) {
    const create: (body: never) => Promise<unknown> = aywa[name].create
    const created: Array<unknown> = []
    // One after the other: lists are newest first, and a test may rely on the order that it wrote.
    for (const body of rows[name] ?? []) created.push(await create(body as never))
    seeded[name] = created
  }
  return seeded as Seeded // The loop above is its type, spelled out.
}
